#include "support/stepped_conversation.h"

#include "server/sound.h"

#include <algorithm>
#include <utility>

namespace rt::test {

server::ReplyPart ramp_part(unsigned ms) {
  return words_of("something long", ms);
}

server::Scenario reply_of(std::vector<server::ReplyPart> parts, double pace) {
  server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(1000));
  scenario.replies.push_back({.match = "", .times = 1, .parts = std::move(parts), .pace = pace});
  return scenario;
}

SteppedConversation::SteppedConversation(server::Scenario scenario, const std::string& sink,
                                         const std::string& src_settings)
    : server(std::move(scenario)),
      pipeline(Caller::element() + "realtimesink silence-fill-delay=600000 uri=" + server.uri() + " " + sink +
               "  realtimesrc name=src " + src_settings + " ! queue name=out ! renderingsink name=speaker"),
      caller(pipeline.element("caller")), speaker(pipeline.element("speaker")), src(pipeline.element("src")) {
  clock.drive(pipeline.get());
}

SteppedConversation::~SteppedConversation() {
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

void SteppedConversation::start() {
  pipeline.play();
  pipeline.wait_for_element("realtime/session-updated");
  // The sink knows its latency once it has a buffer.
  clock.run_to(0, [&] { return pipeline.last_captured().has_value(); });
  gst_element_get_state(speaker.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  gst_bin_recalculate_latency(GST_BIN(pipeline.get()));
  fail_unless_equals_uint64(latency_of(speaker.get()), rendering_latency);
}

void SteppedConversation::ask() {
  caller.speak(300);
  caller.pause(800);
  pipeline.wait_for_element("realtime/response-started");
}

void SteppedConversation::wait_for_reply_audio(std::uint64_t ms) {
  for (guint64 waiting = 0; waiting < ms;) {
    GstStructure* raw = nullptr;
    g_object_get(src.get(), "stats", &raw, nullptr);
    const GstStructurePtr stats(raw);
    fail_unless(gst_structure_get_uint64(stats.get(), "waiting-ms", &waiting));
    g_thread_yield();
  }
}

void SteppedConversation::hear_until(unsigned ms) {
  const std::uint64_t end = ms * GST_MSECOND;
  for (std::uint64_t time = clock.running_time(); time < end;) {
    time = std::min(end, time + frame_ns);
    clock.run_to(time, [&] { return heard_until(time); });
  }
}

// Every frame that is due by `time` has left, and the sink has rendered what is due there.
bool SteppedConversation::heard_until(std::uint64_t time) {
  const auto last = pipeline.last_captured();
  if (!last || last->pts + frame_ns <= time) return false;
  if (time < rendering_latency + last->pts % frame_ns) return true;
  const std::uint64_t due =
      time - rendering_latency - (time - rendering_latency - last->pts % frame_ns) % frame_ns;
  return due <= flushed_at(speaker.get()) || due < rendered_until(speaker.get());
}

protocol::ItemTruncate SteppedConversation::truncation() {
  server.wait_for_sent(true, "conversation.item.truncate");
  server.wait_for_sent(false, "conversation.item.truncated");
  const auto all = sent_by_client<protocol::ItemTruncate>(server, "conversation.item.truncate");
  fail_unless_equals_int(all.size(), 1);
  return all.front();
}

std::int64_t SteppedConversation::heard() {
  const auto samples = rendered_samples(speaker.get());
  const auto loud = [](std::int16_t sample) { return sample != 0; };
  const auto first = std::find_if(samples.begin(), samples.end(), loud);
  const auto last = std::find_if(samples.rbegin(), samples.rend(), loud);
  return first == samples.end() ? 0 : last.base() - first;
}

std::int64_t SteppedConversation::loud_samples_from(std::uint64_t pts) {
  std::int64_t loud = 0;
  for (const Captured& buffer : pipeline.captured())
    if (buffer.pts >= pts)
      for (std::size_t i = 0; i + 1 < buffer.bytes.size(); i += 2)
        loud += buffer.bytes[i] != 0 || buffer.bytes[i + 1] != 0;
  return loud;
}

} // namespace rt::test
