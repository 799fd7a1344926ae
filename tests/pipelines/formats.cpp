// Caps pick the wire's format: what goes in and what comes out is passed on bit by bit, in both dialects.
#include "support/elements.h"
#include "support/pipeline.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Coding {
  const char *element, *caps, *ga_name, *beta_name;
  std::size_t bytes_per_ms;
};
constexpr Coding pcm{"audioconvert", "audio/x-raw,format=S16LE,rate=24000,channels=1", "audio/pcm", "pcm16",
                     48};
constexpr Coding ulaw{"mulawenc", "audio/x-mulaw,rate=8000,channels=1", "audio/pcmu", "g711_ulaw", 8};
constexpr Coding alaw{"alawenc", "audio/x-alaw,rate=8000,channels=1", "audio/pcma", "g711_alaw", 8};

enum class Dialect { ga, beta, beta_found_out };

struct Row {
  const char* name;
  Coding in, out;
  Dialect dialect;
};

const Row rows[] = {
    {"PCM", pcm, pcm, Dialect::ga},
    {"u-law", ulaw, ulaw, Dialect::ga},
    {"A-law", alaw, alaw, Dialect::ga},
    {"u-law in, PCM out", ulaw, pcm, Dialect::ga},
    {"PCM in, A-law out", pcm, alaw, Dialect::ga},
    {"beta PCM", pcm, pcm, Dialect::beta},
    {"beta u-law", ulaw, ulaw, Dialect::beta},
    {"beta A-law in, PCM out", alaw, pcm, Dialect::beta},
    {"beta, told by the server", ulaw, pcm, Dialect::beta_found_out},
};

GstPadProbeReturn keep_bytes(GstPad*, GstPadProbeInfo* info, gpointer into) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  auto bytes = static_cast<Guarded<Bytes>*>(into)->lock();
  const std::size_t at = bytes->size();
  bytes->resize(at + gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes->data() + at, bytes->size() - at);
  return GST_PAD_PROBE_OK;
}

void choose_dialect(GstElement* element, Dialect dialect) {
  if (dialect == Dialect::beta) gst_util_set_object_arg(G_OBJECT(element), "provider", "openai-beta");
  if (dialect != Dialect::beta_found_out) return;
  // The server speaks as the header asks; the element must find that out.
  const GstStructurePtr headers(
      gst_structure_new("headers", "OpenAI-Beta", G_TYPE_STRING, "realtime=v1", nullptr));
  g_object_set(element, "extra-headers", headers.get(), nullptr);
}

// What the server was asked to take and to give, in the words of its dialect.
void check_asked(ServerFixture& server, const Row& row) {
  std::string asked;
  for (const std::string& text : server.sent(true, "session.update"))
    asked += text;
  const bool ga = row.dialect == Dialect::ga;
  for (const Coding& coding : {row.in, row.out}) {
    const std::string name = '"' + std::string(ga ? coding.ga_name : coding.beta_name) + '"';
    fail_unless(asked.find(name) != std::string::npos, "%s: %s is not in %s", row.name, name.c_str(),
                asked.c_str());
  }
  fail_unless((asked.find("input_audio_format") != std::string::npos) == !ga, "%s: wrong dialect", row.name);
}

} // namespace

GST_START_TEST(audio_passes_bit_by_bit) {
  const Row& row = rows[__i__];
  ServerFixture server(ramp_scenario(std::chrono::milliseconds(500)));
  Pipeline pipeline("audiotestsrc num-buffers=50 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! "
                    "audioconvert ! audioresample ! " +
                    std::string(row.in.element) + " ! " + row.in.caps + " ! realtimesink name=sink uri=" +
                    server.uri() + "  realtimesrc ! " + row.out.caps + " ! fakesink name=out sync=true");
  const auto sink = pipeline.element("sink");
  choose_dialect(sink.get(), row.dialect);
  Guarded<Bytes> given;
  const auto pad = GRef<GstPad>::adopt(gst_element_get_static_pad(sink.get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, keep_bytes, &given, nullptr);
  pipeline.play();
  pipeline.wait_for_eos();
  check_asked(server, row);

  const Bytes went_in = *given.lock(), sent = server.input_audio();
  fail_unless(went_in.size() >= 900 * row.in.bytes_per_ms);
  fail_unless(sent.size() >= went_in.size());
  fail_unless(std::equal(went_in.begin(), went_in.end(), sent.begin()), "%s: the input differs", row.name);

  Bytes came_out;
  for (const Captured& buffer : pipeline.captured())
    came_out.insert(came_out.end(), buffer.bytes.begin(), buffer.bytes.end());
  const Bytes reply = server.reply_audio();
  fail_unless_equals_int(reply.size(), 500 * row.out.bytes_per_ms);
  fail_unless(std::search(came_out.begin(), came_out.end(), reply.begin(), reply.end()) != came_out.end(),
              "%s: the reply differs", row.name);
  fail_unless_equals_int(server.sent(false, "error").size(), 0);
}
GST_END_TEST

static Suite* formats_suite() {
  Suite* suite = suite_create("formats");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_loop_test(tcase, audio_passes_bit_by_bit, 0, std::size(rows));
  return suite;
}

GST_CHECK_MAIN(formats)
