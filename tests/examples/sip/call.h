// One call: its SIP dialog, its audio, and what the model does in it.
#pragma once

#include "farewell.h"
#include "media.h"
#include "tools.h"

#include <sofia-sip/nua.h>

#include <functional>
#include <optional>

namespace telephone {

class Call : private Media::Listener {
 public:
  // `ended` is called once, on the main loop and not from within a method of this: the call may then be
  // deleted. The handle outlives the call.
  Call(unsigned id, nua_handle_t* handle, const Settings& settings, const Number& number,
       std::function<void()> ended);
  ~Call() override;

  // Events of the dialog. The first INVITE is answered when the conversation is open.
  void invited(const sip_t* message);
  void acknowledged(const sip_t* message);
  void ended_by_peer(const std::string& how);

  // Ends it from our side: with BYE, or before it is answered with this status; its phrase is a literal.
  void hang_up(int status, const char* phrase, const std::string& why, unsigned retry_after_s = 0);

 private:
  enum class State { ringing, answered, ended };

  void accept(const sip_t* message);      // the first INVITE
  void renegotiate(const sip_t* message); // a later one
  void answer();
  void apply_remote(); // it was answered, or has answered
  void refuse(const Refusal& refusal);
  void respond(const std::string& description);
  Local local();
  void end(const std::string& how);
  void step(Farewell::Step step);
  void tool_call(const GstStructure* fields);
  void transcript(const GstStructure* fields);
  void tell_keys();

  void on_message(const std::string& name, const GstStructure* fields) override;
  void on_warning(const std::string& text) override;
  void on_failed(const std::string& error_kind, const std::string& text) override;
  void on_key(char key) override;
  void on_silence() override;

  const unsigned id_;
  nua_handle_t* const handle_;
  const Settings& settings_;
  const Number& number_;
  const std::function<void()> ended_;

  State state_ = State::ringing;
  std::optional<Remote> remote_;               // of the offer that is being or was answered
  bool awaits_answer_ = false;                 // of the peer, to our offer; it comes with the ACK
  std::uint64_t session_id_ = 0, version_ = 0; // of our descriptions
  gint64 answered_at_ = 0;
  Farewell farewell_;
  std::string keys_; // pressed, not told yet
  // Last, so that they end first: their callbacks use the rest.
  std::optional<Media> media_;
  ToolRunner tools_;
  SourceId settled_, keys_pause_, farewell_limit_, deletion_;
};

} // namespace telephone
