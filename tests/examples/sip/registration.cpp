#include "registration.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

namespace telephone {
namespace {

constexpr guint retry_s = 30;

std::string identity(const Registrar& registrar) {
  return "sip:" + registrar.user + "@" + registrar.address.substr(std::string_view("sip:").size());
}

} // namespace

Registration::Registration(nua_t* nua, const Registrar& registrar, std::string password)
    : registrar_(registrar), password_(std::move(password)), identity_(identity(registrar)),
      handle_(nua_handle(nua, nullptr, SIPTAG_TO_STR(identity_.c_str()), SIPTAG_FROM_STR(identity_.c_str()),
                         NUTAG_M_USERNAME(registrar.user.c_str()), NUTAG_OUTBOUND("no-natify no-validate"),
                         NUTAG_KEEPALIVE(0), TAG_END())) {
  ask();
}

Registration::~Registration() {
  nua_handle_destroy(handle_);
}

void Registration::ask() {
  challenged_ = false;
  nua_register(handle_, NUTAG_REGISTRAR(URL_STRING_MAKE(registrar_.address.c_str())),
               SIPTAG_EXPIRES_STR(std::to_string(registrar_.expires_s).c_str()), TAG_END());
}

void Registration::answered(int status, const char* phrase, const sip_t* message) {
  if (status < 200) return;
  if (status < 300) {
    challenged_ = false;
    registered_ = !ending_;
    say(ending_ ? "unregistered %s" : "registered %s", identity_.c_str());
    return;
  }
  const msg_auth_t* challenge = nullptr;
  if (message && status == 401) challenge = message->sip_www_authenticate;
  if (message && status == 407) challenge = message->sip_proxy_authenticate;
  const char* realm = challenge ? msg_params_find(challenge->au_params, "realm=") : nullptr;
  // A second challenge to the same request means that the password is wrong.
  if (realm && !std::exchange(challenged_, true)) {
    const std::string credentials =
        std::string(challenge->au_scheme) + ":" + realm + ":" + registrar_.user + ":" + password_;
    nua_authenticate(handle_, NUTAG_AUTH(credentials.c_str()), TAG_END());
    return;
  }
  registered_ = false;
  say("registration of %s refused: %d %s%s", identity_.c_str(), status, phrase,
      realm ? "; is SIP_PASSWORD right?" : "");
  if (ending_) return;
  retry_ = SourceId(g_timeout_add_seconds(
      retry_s,
      [](gpointer self) -> gboolean {
        static_cast<Registration*>(self)->retry_.ended();
        static_cast<Registration*>(self)->ask();
        return G_SOURCE_REMOVE;
      },
      this));
}

void Registration::end() {
  retry_ = {};
  if (std::exchange(ending_, true) || !registered_) return;
  challenged_ = false;
  nua_unregister(handle_, TAG_END());
}

} // namespace telephone
