#include "session/configuration.h"

#include "protocol/config_fields.h"

#include <algorithm>
#include <utility>

namespace rt::session {
namespace {

using namespace protocol;

constexpr std::string_view request_name = "session-update";

} // namespace

void Configuration::reset() {
  pending_.clear();
  asked_ = answered_ = own_ = {};
  effective_ = {};
}

bool Configuration::send(SessionConfig config, Purpose purpose) {
  const std::string id = wire_.send(SessionUpdate{config, type_}, request_name);
  if (id.empty()) return false;
  overlay(asked_, config);
  pending_.push_back({id, {purpose, std::move(config)}});
  return true;
}

std::optional<Configuration::Answered> Configuration::acknowledged() {
  if (pending_.empty()) return std::nullopt;
  Answered update = std::move(pending_.front().update);
  pending_.pop_front();
  overlay(answered_, update.asked);
  return update;
}

std::optional<Configuration::Answered> Configuration::refused(const std::string& event_id) {
  const auto it = std::find_if(pending_.begin(), pending_.end(),
                               [&](const Pending& p) { return p.event_id == event_id; });
  if (event_id.empty() || it == pending_.end()) return std::nullopt;
  Answered update = std::move(it->update);
  pending_.erase(it);
  asked_ = answered_;
  for (const Pending& pending : pending_)
    overlay(asked_, pending.update.asked);
  return update;
}

std::optional<Configuration::Answered> Configuration::initial_refused() {
  if (pending_.empty() || pending_.front().update.purpose != Purpose::initial) return std::nullopt;
  return refused(pending_.front().event_id);
}

bool Configuration::under_way(Purpose purpose) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&](const Pending& p) { return p.update.purpose == purpose; });
}

std::optional<audio::Format> Configuration::output_format() const {
  const auto& told = effective_.config.output_format;
  return told ? told : answered_.output_format;
}

bool Configuration::detects_turns() const {
  const auto& turn = effective_.config.turn_detection;
  return !streams() && (!turn || turn->mode != TurnDetection::Mode::none);
}

// As the server has it, else as it was asked.
std::uint64_t Configuration::in_turns_ms(std::optional<std::uint32_t> TurnDetection::*length) const {
  const auto& asked = asked_.turn_detection;
  const auto& turn = effective_.config.turn_detection ? effective_.config.turn_detection : asked;
  if (!turn || turn->mode != TurnDetection::Mode::server_vad) return 0;
  return ((*turn).*length).value_or(asked ? ((*asked).*length).value_or(0) : 0);
}

std::uint64_t Configuration::silence_in_turns_ms() const {
  return in_turns_ms(&TurnDetection::silence_duration_ms);
}

std::uint64_t Configuration::padding_in_turns_ms() const {
  return in_turns_ms(&TurnDetection::prefix_padding_ms);
}

bool Configuration::interrupts_on_speech() const {
  const auto& turn = effective_.config.turn_detection;
  return converses() && detects_turns() && (!turn || turn->interrupt_response.value_or(true));
}

bool Configuration::responds_to_turns() const {
  const auto& turn = effective_.config.turn_detection;
  return converses() && detects_turns() && (!turn || turn->create_response.value_or(true));
}

bool Configuration::transcribes_input() const {
  const auto& transcription = effective_.config.transcription;
  return transcription && transcription->model;
}

std::optional<std::string> Configuration::format_mismatch() const {
  for (const ConfigDifference& d : differences(answered_, effective_.config)) {
    const bool input =
        d.field.find("input") != std::string::npos && d.field.find("format") != std::string::npos;
    const bool output =
        d.field.find("output") != std::string::npos && d.field.find("format") != std::string::npos;
    if (!input && !output) continue;
    return std::string(input ? "realtimesink sends " : "realtimesrc expects ") + d.asked +
           ", but the server's session has " + d.effective + "; choose caps that the server supports";
  }
  return std::nullopt;
}

std::vector<std::string> Configuration::other_differences(const SessionConfig& asked) const {
  std::vector<std::string> lines;
  for (const ConfigDifference& d : differences(asked, effective_.config)) {
    if (d.field.find("format") != std::string::npos) continue;
    lines.push_back(d.field + " was asked to be " + d.asked + " and is " + d.effective);
  }
  return lines;
}

} // namespace rt::session
