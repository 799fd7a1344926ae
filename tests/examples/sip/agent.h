// The telephone: takes calls until it is told to stop.
#pragma once

#include "call.h"
#include "registration.h"

#include <sofia-sip/su_glib.h>

#include <map>

namespace telephone {

class Agent {
 public:
  // Runs on the default main context; `finished` is called when nothing is left to do.
  Agent(Settings settings, std::string sip_password, std::function<void()> finished);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // False: the address cannot be bound.
  bool start();
  // Takes no new calls, and waits for those that run. Asked again, it ends them.
  void drain();

 private:
  // A handle lives until SIP has done with it and the call is gone, whichever comes last.
  struct Dialog {
    std::unique_ptr<Call> call;
    bool terminated = false;
  };

  static void on_event(nua_event_t event, int status, const char* phrase, nua_t*, nua_magic_t* self,
                       nua_handle_t* handle, nua_hmagic_t*, const sip_t* message, tagi_t tags[]);
  void dispatch(nua_event_t event, int status, const char* phrase, nua_handle_t* handle, const sip_t* message,
                tagi_t tags[]);
  void invited(nua_handle_t* handle, const sip_t* message);
  const Number* called_number(const sip_t* message) const;
  void terminated(nua_handle_t* handle, const std::string& how);
  void ended(nua_handle_t* handle);
  void started(const tagi_t tags[]);
  void end_calls(const std::string& why);
  void shut_down_when_idle();
  unsigned running() const;

  const Settings settings_;
  const std::string sip_password_;
  const std::function<void()> finished_;
  su_root_t* root_ = nullptr;
  nua_t* nua_ = nullptr;
  std::optional<Registration> registration_;
  std::map<nua_handle_t*, Dialog> dialogs_;
  unsigned next_id_ = 1;
  bool draining_ = false, shutting_down_ = false;
  SourceId drain_limit_;
};

} // namespace telephone
