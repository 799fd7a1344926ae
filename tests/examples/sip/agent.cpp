#include "agent.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>

namespace telephone {
namespace {

// What the agent does; UPDATE is left out, so that a peer changes a call by re-INVITE.
constexpr const char* methods = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK";

} // namespace

Agent::Agent(Settings settings, std::string sip_password, std::function<void()> finished)
    : settings_(std::move(settings)), sip_password_(std::move(sip_password)), finished_(std::move(finished)) {
  root_ = su_glib_root_create(nullptr);
  su_root_threading(root_, 0); // everything of SIP on this thread
  g_source_attach(su_glib_root_gsource(root_), nullptr);
}

Agent::~Agent() {
  dialogs_.clear();
  registration_.reset();
  if (nua_) nua_destroy(nua_);
  su_root_destroy(root_);
}

bool Agent::start() {
  const std::string port = settings_.port ? std::to_string(settings_.port) : "*";
  const std::string url = "sip:" + settings_.host() + ":" + port;
  nua_ = nua_create(root_, on_event, reinterpret_cast<nua_magic_t*>(this),
                    NUTAG_URL(URL_STRING_MAKE(url.c_str())), NUTAG_MEDIA_ENABLE(0), SIPTAG_ALLOW_STR(methods),
                    SIPTAG_SUPPORTED_STR("100rel"), NUTAG_SESSION_TIMER(0), NUTAG_USER_AGENT("realtime-sip"),
                    TAG_END());
  if (!nua_) return false;
  nua_get_params(nua_, TAG_ANY(), TAG_END()); // tells the port
  return true;
}

void Agent::started(const tagi_t tags[]) {
  const sip_contact_t* contact = nullptr;
  tl_gets(tags, NTATAG_CONTACT_REF(contact), TAG_END());
  if (!contact) return;
  const char* port = contact->m_url->url_port;
  say("listening on sip:%s:%s", settings_.host().c_str(), port ? port : "5060");
  if (settings_.registrar) registration_.emplace(nua_, *settings_.registrar, sip_password_);
}

// ---- events ----

void Agent::on_event(nua_event_t event, int status, const char* phrase, nua_t*, nua_magic_t* self,
                     nua_handle_t* handle, nua_hmagic_t*, const sip_t* message, tagi_t tags[]) {
  reinterpret_cast<Agent*>(self)->dispatch(event, status, phrase, handle, message, tags);
}

void Agent::dispatch(nua_event_t event, int status, const char* phrase, nua_handle_t* handle,
                     const sip_t* message, tagi_t tags[]) {
  const auto found = dialogs_.find(handle);
  Call* call = found == dialogs_.end() ? nullptr : found->second.call.get();
  switch (event) {
  case nua_i_invite:
    if (call)
      call->invited(message);
    else if (found == dialogs_.end())
      invited(handle, message);
    else
      nua_respond(handle, SIP_481_NO_TRANSACTION, TAG_END());
    break;
  case nua_i_ack:
    if (call) call->acknowledged(message);
    break;
  case nua_i_bye:
    if (call) call->ended_by_peer("the caller has hung up");
    break;
  case nua_i_cancel:
    if (call) call->ended_by_peer("the caller has cancelled");
    break;
  case nua_i_terminated:
    terminated(handle, std::to_string(status) + " " + phrase);
    break;
  case nua_r_register:
  case nua_r_unregister:
    if (registration_) registration_->answered(status, phrase, message);
    break;
  case nua_r_get_params:
    started(tags);
    break;
  case nua_r_shutdown:
    if (status >= 200) finished_();
    break;
  default:
    break;
  }
}

void Agent::invited(nua_handle_t* handle, const sip_t* message) {
  const unsigned id = next_id_++;
  Dialog& dialog = dialogs_[handle];
  const auto refuse = [&](int status, const char* phrase, const char* why) {
    nua_respond(handle, status, phrase, TAG_IF(draining_, SIPTAG_RETRY_AFTER_STR("60")), TAG_END());
    say("call %u: refused: %d, %s", id, status, why);
  };
  if (draining_) return refuse(SIP_503_SERVICE_UNAVAILABLE, "shutting down");
  const Number* number = called_number(message);
  if (!number) return refuse(SIP_404_NOT_FOUND, "nobody answers at that number");
  if (running() >= settings_.max_calls) return refuse(SIP_486_BUSY_HERE, "max_calls are running");
  dialog.call = std::make_unique<Call>(id, handle, settings_, *number, [this, handle] { ended(handle); });
  dialog.call->invited(message);
}

// Behind a registrar the called number may stand in To only.
const Number* Agent::called_number(const sip_t* message) const {
  for (const url_t* url : {message->sip_request->rq_url, message->sip_to->a_url}) {
    const auto found = settings_.numbers.find(url->url_user ? url->url_user : "");
    if (found != settings_.numbers.end()) return &found->second;
  }
  const auto any = settings_.numbers.find("*");
  return any == settings_.numbers.end() ? nullptr : &any->second;
}

void Agent::terminated(nua_handle_t* handle, const std::string& how) {
  if (registration_ && handle == registration_->handle()) return;
  const auto found = dialogs_.find(handle);
  if (found == dialogs_.end()) {
    nua_handle_destroy(handle);
    return;
  }
  found->second.terminated = true;
  if (found->second.call)
    found->second.call->ended_by_peer(how);
  else
    ended(handle);
}

void Agent::ended(nua_handle_t* handle) {
  const auto found = dialogs_.find(handle);
  found->second.call.reset();
  if (found->second.terminated) {
    dialogs_.erase(found);
    nua_handle_destroy(handle);
  }
  shut_down_when_idle();
}

// ---- the end ----

unsigned Agent::running() const {
  return static_cast<unsigned>(std::count_if(dialogs_.begin(), dialogs_.end(),
                                             [](const auto& d) { return d.second.call != nullptr; }));
}

void Agent::drain() {
  if (std::exchange(draining_, true)) return end_calls("stopped");
  say("draining: %u calls run", running());
  if (registration_) registration_->end();
  if (running() > 0)
    drain_limit_ = SourceId(g_timeout_add_seconds(
        settings_.drain_s,
        [](gpointer self) -> gboolean {
          static_cast<Agent*>(self)->drain_limit_.ended();
          static_cast<Agent*>(self)->end_calls("stopped after drain_s");
          return G_SOURCE_REMOVE;
        },
        this));
  shut_down_when_idle();
}

void Agent::end_calls(const std::string& why) {
  for (const auto& [handle, dialog] : dialogs_)
    if (dialog.call) dialog.call->hang_up(SIP_503_SERVICE_UNAVAILABLE, why);
}

void Agent::shut_down_when_idle() {
  if (!draining_ || running() > 0 || std::exchange(shutting_down_, true)) return;
  drain_limit_ = {};
  // One that was refused would be waited for.
  if (registration_ && !registration_->registered()) registration_.reset();
  nua_shutdown(nua_);
}

} // namespace telephone
