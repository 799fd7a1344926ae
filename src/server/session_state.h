// The session object in force: its defaults, and which changes are accepted.
#pragma once

#include "protocol/client_event.h"
#include "protocol/server_event.h"
#include "server/manner.h"

#include <cstdint>
#include <optional>
#include <string>

namespace rt::server {

struct Refusal {
  std::string code, message, param;
};

// What a server of that manner starts a session with.
protocol::SessionConfig default_config(protocol::SessionType type, const Manner& manner);

class SessionState {
 public:
  SessionState(protocol::SessionInfo info, const Manner& manner) : manner_(manner), info_(std::move(info)) {}

  const protocol::SessionInfo& info() const { return info_; }
  const protocol::SessionConfig& config() const { return info_.config; }
  // All of the update or nothing of it.
  std::optional<Refusal> apply(const protocol::SessionUpdate& update);
  // Once the model has spoken, its voice stays.
  void fix_voice() { voice_fixed_ = true; }

 private:
  std::optional<Refusal> check_transcription(const protocol::SessionConfig& wanted) const;
  void merge(const protocol::SessionConfig& update);
  const Manner& manner_;
  protocol::SessionInfo info_;
  bool voice_fixed_ = false;
};

std::optional<Refusal> check_voice(const Manner& manner, const std::string& voice, const char* param);
std::optional<Refusal> check_output_format(const audio::Format& format, const char* param);
std::optional<Refusal> check_max_output_tokens(std::int64_t tokens, const char* param);

} // namespace rt::server
