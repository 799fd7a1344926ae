// A caller, replies that play to a sink with latency, and time that the test moves: both elements against the
// development server, every frame of both sides in its place.
#pragma once

#include "protocol/codec.h"
#include "support/pipeline.h"
#include "support/rendering_sink.h"
#include "support/stepped_clock.h"

#include <gst/check/gstcheck.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rt::test {

inline constexpr std::uint64_t frame_ns = 20 * GST_MSECOND;
inline constexpr std::int64_t frame_samples = 480;

template<typename Event>
std::vector<Event> sent_by_client(ServerFixture& server, std::string_view type) {
  std::vector<Event> events;
  for (const std::string& text : server.sent(true, type)) {
    const auto event = protocol::Codec::of(protocol::Dialect::ga).decode_client(text);
    fail_unless(event.ok());
    if (const auto* body = std::get_if<Event>(&event.value().body)) events.push_back(*body);
  }
  return events;
}

// Of a ramp that tells its own position.
server::ReplyPart ramp_part(unsigned ms);
// One reply of those items; later questions are answered too, by a ramp of a second.
server::Scenario reply_of(std::vector<server::ReplyPart> parts, double pace = 0);

class SteppedConversation {
 public:
  // `sink` and `src_settings`: properties of realtimesink and realtimesrc.
  SteppedConversation(server::Scenario scenario, const std::string& sink, const std::string& src_settings);
  ~SteppedConversation();

  void start();
  void ask();
  // Until so much of a reply waits in the source; the clock stands meanwhile.
  void wait_for_reply_audio(std::uint64_t ms);
  // Frame by frame, so that neither side falls behind the clock.
  void hear_until(unsigned ms);
  // Where the reply was cut, as the server was told; there must be one.
  protocol::ItemTruncate truncation();
  // Reply samples that the listener heard: from the first that is no silence to the last.
  std::int64_t heard();
  // Of the buffers with that time or later.
  std::int64_t loud_samples_from(std::uint64_t pts);
  void expect_no_server_error() { fail_unless_equals_int(server.sent(false, "error").size(), 0); }

  ServerFixture server;
  SteppedClock clock;
  Pipeline pipeline;
  Caller caller;
  GRef<GstElement> speaker, src;

 private:
  bool heard_until(std::uint64_t time);
};

} // namespace rt::test
