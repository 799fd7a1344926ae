#include "server/speech/speakable.h"

#include <glib.h>

namespace {

using rt::server::speakable_pieces;
using Pieces = std::vector<std::string>;

void expect(std::string_view text, const Pieces& wanted, std::size_t piece = 300, std::size_t limit = 4000) {
  const Pieces got = speakable_pieces(text, piece, limit);
  if (got != wanted)
    for (const auto& each : got)
      g_test_message("got: '%s'", each.c_str());
  g_assert_true(got == wanted);
}

void test_sentences() {
  expect("Hello there. How are you? Fine!", {"Hello there.", "How are you?", "Fine!"});
  expect("  one\n\ntwo\t three ", {"one  two  three"});
  expect("Pi is 3.14159 or so.", {"Pi is 3.14159 or so."});
  expect("Mr. Smith met Dr. Jones.", {"Mr. Smith met Dr. Jones."});
}

void test_nothing_to_say() {
  expect("", {});
  expect(" \r\n ", {});
  expect("... !? --", {});
  expect("日本語", {});
}

void test_other_characters() {
  expect("caf\u00e9 \u2018ol\u00e9\u2019", {"cafe 'ole'"});
  expect("say 日本 now", {"say    now"});
  expect(std::string_view("a\0b", 3), {"a b"});
  expect("bad \xff\xfe bytes", {"bad    bytes"});
  expect("bell\x07 and \x1b[31mred", {"bell  and  [31mred"});
}

void test_long_sentence_is_cut_at_a_comma() {
  expect("one two, three four five", {"one two,", "three four five"}, 20);
}

void test_long_sentence_is_cut_at_a_blank() {
  expect("alpha beta gamma delta", {"alpha beta", "gamma delta"}, 11);
}

void test_long_word_is_cut_anywhere() {
  expect(std::string(25, 'a'), {std::string(10, 'a'), std::string(10, 'a'), std::string(5, 'a')}, 10);
}

void test_limit() {
  expect("abcdef", {"abc"}, 300, 3);
  std::size_t said = 0;
  for (const auto& piece : speakable_pieces(std::string(100000, 'x'), 300, 4000))
    said += piece.size();
  g_assert_cmpuint(said, ==, 4000);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/speakable/sentences", test_sentences);
  g_test_add_func("/speakable/nothing-to-say", test_nothing_to_say);
  g_test_add_func("/speakable/other-characters", test_other_characters);
  g_test_add_func("/speakable/cut-at-comma", test_long_sentence_is_cut_at_a_comma);
  g_test_add_func("/speakable/cut-at-blank", test_long_sentence_is_cut_at_a_blank);
  g_test_add_func("/speakable/cut-anywhere", test_long_word_is_cut_anywhere);
  g_test_add_func("/speakable/limit", test_limit);
  return g_test_run();
}
