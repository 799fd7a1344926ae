// Lines out of an endless text: where they end, and what they are called.
#include "session/stream_track.h"

#include "support/fake_executor.h"
#include "texts.h"

#include <glib.h>

#include <initializer_list>
#include <utility>
#include <vector>

namespace {

using namespace rt;
using namespace rt::session;
using namespace rt::session::test;

struct Fixture {
  rt::test::FakeExecutor loop;
  std::string lines; // "id text|"
  StreamTrack track{loop, "said",
                    [this](const auto& id, const auto& text) { lines += id + " " + text + "|"; }};

  void add(std::initializer_list<const char*> pieces) {
    for (const char* piece : pieces)
      track.add(piece);
  }
};

void a_sentence_ends_before_the_next_word() {
  Fixture f;
  f.add({"Good", " mor", "ning", "."});
  assert_text(f.lines, "");
  assert_text(f.track.text(), "Good morning.");
  assert_text(f.track.id(), "said_1");
  f.add({" How"});
  assert_text(f.lines, "said_1 Good morning.|");
  assert_text(f.track.id(), "said_2");
  assert_text(f.track.text(), " How");
}

void a_number_is_no_end() {
  Fixture f;
  f.add({"It is 3", ".", "5 degrees", "。", " Cold"});
  assert_text(f.lines, "said_1 It is 3.5 degrees。|");
}

void a_pause_ends_a_sentence() {
  Fixture f;
  f.add({"Done.\""});
  f.loop.advance(Milliseconds(999));
  assert_text(f.lines, "");
  f.loop.advance(Milliseconds(1));
  assert_text(f.lines, "said_1 Done.\"|");
  f.add({"not done"});
  f.loop.advance(Milliseconds(60'000));
  assert_text(f.lines, "said_1 Done.\"|");
  g_assert_cmpuint(f.loop.timers(), ==, 0);
}

void what_follows_a_pause_in_a_sentence_belongs_to_it() {
  Fixture f;
  f.add({"e.", "g"});
  f.loop.advance(Milliseconds(5000));
  assert_text(f.lines, "");
}

void long_lines_end_at_a_word() {
  Fixture f;
  const std::string word = " wordwordword";
  for (int i = 0; i < 100; ++i)
    f.track.add(word);
  f.track.finish();
  std::size_t lines = 0;
  for (const char c : f.lines)
    lines += c == '|';
  g_assert_cmpuint(lines, >, 2);
  g_assert_false(contains(f.lines, "wordwordword|w"));
}

void the_end() {
  Fixture f;
  f.track.finish();
  assert_text(f.lines, "");
  f.add({"and so", ""});
  f.track.finish();
  assert_text(f.lines, "said_1 and so|");
  f.add({"More."});
  f.track.reset();
  f.loop.advance(Milliseconds(5000));
  assert_text(f.lines, "said_1 and so|");
  assert_text(f.track.id(), "said_1"); // of another session
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/stream-track/sentence", a_sentence_ends_before_the_next_word);
  g_test_add_func("/stream-track/number", a_number_is_no_end);
  g_test_add_func("/stream-track/pause", a_pause_ends_a_sentence);
  g_test_add_func("/stream-track/no-pause", what_follows_a_pause_in_a_sentence_belongs_to_it);
  g_test_add_func("/stream-track/long", long_lines_end_at_a_word);
  g_test_add_func("/stream-track/end", the_end);
  return g_test_run();
}
