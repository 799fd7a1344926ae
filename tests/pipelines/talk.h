// What pipeline tests ask of elements and messages, and the answer that tells its own position.
#pragma once

#include "support/elements.h"
#include "support/pipeline.h"

#include "server/sound.h"

#include <gst/check/gstcheck.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::test {

template<typename... Args>
bool act(GstElement* element, const char* action, Args... args) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(element, action, args..., &accepted);
  return accepted;
}

inline std::string field(const GstStructure* structure, const char* name) {
  const char* value = gst_structure_get_string(structure, name);
  return value ? value : "";
}

inline std::string field(GstMessage* message, const char* name) {
  return field(gst_message_get_structure(message), name);
}

inline std::string field(const GRef<GstMessage>& message, const char* name) {
  return field(message.get(), name);
}

inline std::vector<std::int16_t> without_silence(Pipeline& pipeline) {
  std::vector<std::int16_t> samples = pipeline.captured_samples();
  std::erase(samples, std::int16_t{0});
  return samples;
}

inline void expect_ramp(Pipeline& pipeline, std::uint64_t ms) {
  const auto heard = without_silence(pipeline);
  fail_unless_equals_uint64(heard.size(), ms * samples_per_ms);
  for (std::uint64_t i = 0; i < heard.size(); ++i)
    fail_unless_equals_int(heard[i], server::ramp_sample(i));
}

inline server::Scenario ramp_of(unsigned ms) {
  return ramp_scenario(std::chrono::milliseconds(ms));
}

inline server::ReplyPart call_of(const char* name, const char* call_id) {
  server::ReplyPart call;
  call.kind = server::ReplyPart::Kind::function_call;
  call.name = name;
  call.arguments = "{}";
  call.call_id = call_id;
  return call;
}

// Until that many messages of the name were seen.
inline std::vector<const GstStructure*> wait_for_seen(Pipeline& pipeline, const char* name,
                                                      std::size_t count) {
  while (pipeline.seen(name).size() < count)
    pipeline.wait_for_element(name);
  return pipeline.seen(name);
}

// The frames of one direction whose type is `type` and which hold `part`.
inline std::vector<std::string> sent_with(ServerFixture& server, bool by_client, const char* type,
                                          std::string_view part) {
  std::vector<std::string> found;
  for (const std::string& text : server.sent(by_client, type))
    if (text.find(part) != std::string::npos) found.push_back(text);
  return found;
}

} // namespace rt::test
