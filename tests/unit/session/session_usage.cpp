// What was used: told with each response by modality, and summed over the session with the transcripts.
#include "conversation.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

// Every count differs, so that none can stand for another.
constexpr const char* usage =
    R"({"total_tokens":1000,"input_tokens":700,"output_tokens":300,)"
    R"("input_token_details":{"text_tokens":400,"audio_tokens":250,"image_tokens":50,)"
    R"("cached_tokens":120,"cached_tokens_details":{"text_tokens":64,"audio_tokens":36,)"
    R"("image_tokens":20}},"output_token_details":{"text_tokens":90,"audio_tokens":210}})";

void end_response(Conversation& c, const char* status, const char* used) {
  const std::string id = c.server.begin_response();
  const std::string text = R"({"type":"response.done","event_id":"e","response":{"id":")" + id +
                           R"(","object":"realtime.response","status":")" + status +
                           R"(","conversation_id":"conv_1","output":[],"usage":)" + used + "}}";
  c.transport.deliver(std::string_view(text));
  c.run();
}

void each_response_tells_its_own() {
  Conversation c;
  c.start();
  end_response(c, "completed", usage);
  end_response(c, "completed", "null");
  const auto done = c.src.ear->notices(NoticeKind::response_done);
  g_assert_cmpuint(done.size(), ==, 2);
  const std::pair<const char*, std::uint64_t> counts[] = {
      {"total-tokens", 1000},      {"input-tokens", 700},       {"output-tokens", 300},
      {"input-text-tokens", 400},  {"input-audio-tokens", 250}, {"input-image-tokens", 50},
      {"cached-tokens", 120},      {"cached-text-tokens", 64},  {"cached-audio-tokens", 36},
      {"cached-image-tokens", 20}, {"output-text-tokens", 90},  {"output-audio-tokens", 210}};
  for (const auto& [name, count] : counts) {
    g_assert_cmpuint(field<std::uint64_t>(done[0], name), ==, count);
    g_assert_false(has_field(done[1], name)); // not told is not 0
  }
}

void the_session_sums_them() {
  Conversation c;
  c.start();
  end_response(c, "completed", usage);
  end_response(c, "cancelled", usage); // what was cut is billed, too
  end_response(c, "failed", "null");
  const Usage sum = c.session->stats().usage.responses;
  g_assert_cmpuint(sum.total, ==, 2000);
  g_assert_cmpuint(sum.input, ==, 1400);
  g_assert_cmpuint(sum.input_text, ==, 800);
  g_assert_cmpuint(sum.input_audio, ==, 500);
  g_assert_cmpuint(sum.input_image, ==, 100);
  g_assert_cmpuint(sum.cached, ==, 240);
  g_assert_cmpuint(sum.cached_text, ==, 128);
  g_assert_cmpuint(sum.cached_audio, ==, 72);
  g_assert_cmpuint(sum.cached_image, ==, 40);
  g_assert_cmpuint(sum.output, ==, 600);
  g_assert_cmpuint(sum.output_text, ==, 180);
  g_assert_cmpuint(sum.output_audio, ==, 420);
  g_assert_cmpuint(c.session->stats().responses, ==, 3);
}

void transcripts_count_tokens_or_time() {
  Conversation c;
  c.start();
  InputTranscriptCompleted by_tokens;
  by_tokens.item_id = "item_1";
  by_tokens.tokens = Usage{.total = 25, .input = 17, .output = 8};
  InputTranscriptCompleted by_time;
  by_time.item_id = "item_2";
  by_time.seconds = 1.35;
  c.transport.deliver(by_tokens);
  c.transport.deliver(by_time);
  c.transport.deliver(by_time);
  c.run();
  const UsageTotals totals = c.session->stats().usage;
  g_assert_cmpuint(totals.transcription_input, ==, 17);
  g_assert_cmpuint(totals.transcription_output, ==, 8);
  g_assert_cmpuint(totals.transcription_ms(), ==, 2700);
  g_assert_true(totals.responses == Usage{}); // another model, another bill
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/usage/response", each_response_tells_its_own);
  g_test_add_func("/session/usage/session", the_session_sums_them);
  g_test_add_func("/session/usage/transcripts", transcripts_count_tokens_or_time);
  return g_test_run();
}
