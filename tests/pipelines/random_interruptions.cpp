// A hundred interruptions at random moments, without a flush and with one: each time the server is told
// within one frame how much of the reply a sound card of 200 ms latency finally rendered, and it refuses
// nothing.
#include "support/elements.h"
#include "support/stepped_conversation.h"

#include "server/sound.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

constexpr unsigned interruptions = 100, seed = 20261125;
// Less than the ramp's period, so that a sample tells where in its reply it stands.
constexpr unsigned reply_ms = 1300;
constexpr std::int64_t reply_samples = reply_ms * samples_per_ms;

void wait_for_count(Pipeline& pipeline, const char* name, std::size_t count) {
  while (pipeline.seen(name).size() < count)
    pipeline.wait_for_element(name);
}

// Samples heard of each reply of which any was: a reply begins where the ramp does.
std::vector<std::int64_t> heard_of_replies(const std::vector<std::int16_t>& samples) {
  std::vector<std::int64_t> heard;
  std::size_t began = 0;
  for (std::size_t i = 0; i + 2 < samples.size(); ++i) {
    if (samples[i] == 0) continue;
    const bool begins = samples[i] == server::ramp_sample(0) && samples[i + 1] == server::ramp_sample(1) &&
                        samples[i + 2] == server::ramp_sample(2);
    if (begins) {
      heard.push_back(0);
      began = i;
    }
    fail_if(heard.empty(), "sound without a beginning");
    heard.back() = static_cast<std::int64_t>(i - began) + 1;
  }
  return heard;
}

// The replies' items in order, and the ms at which the server was told that each was cut.
struct Told {
  std::vector<std::string> items;
  std::map<std::string, std::int64_t> cuts; // 0: deleted
};

Told told(ServerFixture& server) {
  Told all;
  for (const std::string& text : server.sent(false, "response.output_item.added")) {
    const auto event = protocol::decode_server(text);
    fail_unless(event.ok());
    all.items.push_back(std::get<protocol::OutputItemAdded>(event.value().body).item.id);
  }
  for (const auto& cut : sent_by_client<protocol::ItemTruncate>(server, "conversation.item.truncate"))
    fail_unless(all.cuts.emplace(cut.item_id, cut.audio_end_ms).second, "an item is cut twice");
  for (const auto& cut : sent_by_client<protocol::ItemDelete>(server, "conversation.item.delete"))
    fail_unless(all.cuts.emplace(cut.item_id, 0).second, "an item is cut twice");
  return all;
}

struct Tally {
  unsigned truncated = 0, deleted = 0, whole = 0;
  std::int64_t worst = 0; // samples
};

Tally compare(const Told& told, const std::vector<std::int64_t>& heard) {
  Tally tally;
  auto rendered = heard.begin();
  for (std::size_t i = 0; i < told.items.size(); ++i) {
    const auto cut = told.cuts.find(told.items[i]);
    const std::int64_t wanted = cut == told.cuts.end() ? reply_samples : cut->second * samples_per_ms;
    if (wanted == 0) {
      ++tally.deleted;
      // Less than a millisecond of it may have been heard.
      if (rendered != heard.end() && *rendered < samples_per_ms) ++rendered;
      continue;
    }
    fail_unless(rendered != heard.end(), "reply %zu was not heard", i);
    const std::int64_t off = std::abs(wanted - *rendered);
    fail_unless(off <= frame_samples, "reply %zu: told %d samples, heard %d", i, static_cast<int>(wanted),
                static_cast<int>(*rendered));
    tally.worst = std::max(tally.worst, off);
    ++(wanted == reply_samples ? tally.whole : tally.truncated);
    ++rendered;
  }
  fail_unless(rendered == heard.end(), "more is heard than was told");
  return tally;
}

void converse(const char* src_settings) {
  server::Scenario scenario = ramp_scenario(std::chrono::milliseconds(reply_ms));
  scenario.pace = 0;
  scenario.transcripts = {};
  SteppedConversation talk(scenario, "", src_settings);
  talk.start();
  std::mt19937 random(seed);
  // From before the first sample leaves to behind the last one that is heard.
  std::uniform_int_distribution<unsigned> moment(0, reply_ms + 300);
  talk.ask();
  unsigned now_ms = 0;
  for (unsigned i = 1; i <= interruptions; ++i) {
    wait_for_count(talk.pipeline, "realtime/response-done", i);
    now_ms += moment(random);
    talk.hear_until(now_ms);
    // Interrupts, and is the next question.
    talk.caller.speak(300);
    talk.caller.pause(800);
  }
  wait_for_count(talk.pipeline, "realtime/response-done", interruptions + 1);
  talk.hear_until(now_ms + reply_ms + 500);

  // Each message goes with one event to the server.
  const std::size_t cuts = talk.pipeline.seen("realtime/interrupted").size();
  std::size_t sent = 0;
  for (; sent < cuts; g_thread_yield())
    sent = talk.server.sent(true, "conversation.item.truncate").size() +
           talk.server.sent(true, "conversation.item.delete").size();
  fail_unless_equals_int(sent, cuts);
  const Told all = told(talk.server);
  fail_unless_equals_int(all.items.size(), interruptions + 1);
  const Tally tally = compare(all, heard_of_replies(rendered_samples(talk.speaker.get())));
  talk.server.wait_for_sent(false, "conversation.item.truncated", tally.truncated);
  talk.expect_no_server_error();
  g_print("%s: %u truncated, %u deleted, %u heard in full, at most %.2f ms off\n", src_settings,
          tally.truncated, tally.deleted, tally.whole,
          static_cast<double>(tally.worst) / static_cast<double>(samples_per_ms));
  // The moments are as random as they should be.
  fail_unless(tally.truncated > interruptions / 2 && tally.whole > 5);
}

} // namespace

GST_START_TEST(without_a_flush) {
  converse("cushion=0 flush-on-interrupt=false");
}
GST_END_TEST

GST_START_TEST(with_a_flush) {
  converse("cushion=0 flush-on-interrupt=true");
}
GST_END_TEST

static void register_all() {
  register_elements();
  register_rendering_sink();
}

static Suite* random_interruptions_suite() {
  Suite* suite = suite_create("random_interruptions");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_checked_fixture(tcase, register_all, nullptr);
  tcase_add_test(tcase, without_a_flush);
  tcase_add_test(tcase, with_a_flush);
  return suite;
}

GST_CHECK_MAIN(random_interruptions)
