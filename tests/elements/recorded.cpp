// Recorded sessions with real servers (SHARED_DATA) through the elements: the bus, the sound and what goes
// out are as the recording has them.
#include "protocol/json_value.h"
#include "session/registry.h"
#include "support/element_harness.h"
#include "support/recording.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace rt;
using namespace rt::test;
using namespace rt::protocol;

namespace {

FakeSpeechlessServer::Options silent() {
  FakeSpeechlessServer::Options options;
  options.greets = options.acknowledges = options.responds = false;
  return options;
}

std::string fields(const GstStructure* message, std::initializer_list<const char*> names) {
  std::string out;
  for (const char* name : names)
    out += string_field(message, name) + " ";
  return out + '\n';
}

// What the messages say, as expected() has it.
std::string told(ElementHarness& h) {
  std::string out;
  for (const auto& message : h.messages()) {
    const GstStructure* structure = gst_message_get_structure(message.get());
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT || !structure) continue;
    const std::string name = gst_structure_get_name(structure);
    gboolean final = FALSE;
    gst_structure_get_boolean(structure, "final", &final);
    if (name == "realtime/transcript" && final)
      out += string_field(structure, "role") + ": " + fields(structure, {"text"});
    else if (name == "realtime/tool-call")
      out += "tool: " + fields(structure, {"call-id", "name", "arguments"});
    else if (name == "realtime/response-done")
      out += "done: " + fields(structure, {"response-id", "status"});
  }
  return out;
}

class Replay {
 public:
  explicit Replay(const Recording& recording) : recording_(recording) {
    h.transport.set_dialect(recording.provider->dialect.value());
    h.use_one_pipeline();
    const PropertyTexts settings = {{"provider", recording.provider->name}, {"model", "m"}, {"cushion", "0"}};
    const bool speaks = recording.speaks();
    if (speaks) h.add_src(settings);
    sink = h.add_sink({settings.begin(), settings.end() - 1});
    gst_element_set_state(sink, GST_STATE_PLAYING);
    if (speaks) h.play_src();
    if (speaks) h.wait_for_frame();
    h.send_start();
    h.run();
  }

  void play() {
    h.transport.accept();
    // A connection to a call under way has missed its beginning.
    if (!recording_.has("S", "session.created")) h.transport.deliver(SessionCreated{h.server.session()});
    h.run();
    for (const RecordedLine& line : recording_.lines) {
      if (line.dir == "S")
        h.transport.deliver(to_text(line.event));
      else
        act(line);
      h.run();
      answer_calls();
    }
    fail_unless(outputs_.empty());
  }

  // To the end of what the server said; returns how many samples that was.
  std::uint64_t listen() {
    char* name = nullptr;
    g_object_get(sink, "session", &name, nullptr);
    const GCharPtr owned(name);
    const auto session = session::find_or_create("name:" + std::string(name));
    std::uint64_t samples = 0;
    while (!session->downlink().idle()) {
      const GRef<GstBuffer> frame = h.crank();
      if (!is_gap(frame)) samples += gst_buffer_get_size(frame.get()) / 2;
      h.wait_for_frame();
      h.run();
    }
    return samples;
  }

  ElementHarness h{silent()};
  GstElement* sink = nullptr;

 private:
  // The client's acts as an application's.
  void act(const RecordedLine& line) {
    if (line.type() == "input_audio_buffer.append") {
      fail_unless_equals_int(h.push_ramp(0, 480), GST_FLOW_OK);
    } else if (line.type() == "conversation.item.create") {
      const JsonValue& item = line.event["item"];
      if (item["type"].text() != "message") {
        outputs_.emplace_back(item["call_id"].text(), item["output"].text());
        return;
      }
      gboolean accepted = FALSE;
      const std::string text(item["content"].elements().at(0)["text"].text());
      g_signal_emit_by_name(sink, "send-text", text.c_str(), &accepted);
      fail_unless(accepted);
    }
  }

  // The recorded client answered at the end of the arguments, we do when the call is told.
  void answer_calls() {
    for (std::size_t i = 0; const GstStructure* call = h.find("realtime/tool-call", i); ++i) {
      const std::string id = string_field(call, "call-id");
      const auto output = std::ranges::find(outputs_, id, &std::pair<std::string, std::string>::first);
      if (output == outputs_.end()) continue;
      gboolean accepted = FALSE;
      g_signal_emit_by_name(sink, "send-tool-output", id.c_str(), output->second.c_str(), &accepted);
      fail_unless(accepted);
      outputs_.erase(output);
      h.run();
    }
  }

  const Recording& recording_;
  std::vector<std::pair<std::string, std::string>> outputs_; // of calls that were not told yet
};

} // namespace

GST_START_TEST(recorded_sessions) {
  unsigned played = 0;
  for (const Provider& row : providers())
    for (const auto& file : recordings_of(row.name)) {
      const Recording recording = read_recording(file, row);
      Replay replay(recording);
      replay.play();
      const std::uint64_t heard = recording.speaks() ? replay.listen() : 0;
      replay.h.run();
      assert_text(words_last(told(replay.h)), words_last(expected(recording)));
      fail_unless(sent_types(replay.h.transport.sent()) == asked(recording), "%s", file.c_str());
      fail_unless(replay.h.texts_of(GST_MESSAGE_ERROR).empty(), "%s", file.c_str());
      fail_unless_equals_uint64(replay.h.count("realtime/error"), recording.failures());
      // A reply's last frame is filled up with silence.
      const std::uint64_t said = recording.speaks() ? audio_samples(recording) : 0;
      fail_unless(heard >= said && heard < said + 480 * 10, "%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT,
                  file.c_str(), heard, said);
      ++played;
    }
  fail_unless(played >= 10);
}
GST_END_TEST

static Suite* recorded_suite() {
  Suite* suite = suite_create("recorded");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_fake_elements, nullptr);
  tcase_add_test(tcase, recorded_sessions);
  return suite;
}

int main(int argc, char** argv) {
  constexpr int skipped = 77;
  gst_check_init(&argc, &argv);
  if (recordings_of("openai").empty()) {
    g_print("skipped: no recordings beside the source tree\n");
    return skipped;
  }
  return gst_check_run_suite(recorded_suite(), "recorded", __FILE__);
}
