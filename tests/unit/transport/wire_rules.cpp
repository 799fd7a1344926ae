#include "transport/wire_rules.h"

#include <glib.h>

#include <string>

namespace {

using namespace rt::transport;

void headers() {
  g_assert_true(valid_header("X-Name", "any value: with anything"));
  g_assert_true(valid_header("X-Name", ""));
  for (const char* name : {"", "two words", "colon:", "line\n", "tab\t"})
    g_assert_false(valid_header(name, "value"));
  for (const char* value : {"line\nbreak", "carriage\rreturn"})
    g_assert_false(valid_header("X-Name", value));
  g_assert_false(valid_header("X-Name", std::string_view("nul\0byte", 8)));
}

void close_codes() {
  for (const std::uint16_t code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 3000, 4000, 4999})
    g_assert_cmpuint(sendable_close_code(code), ==, code);
  for (const std::uint16_t code : {0, 999, 1004, 1005, 1006, 1010, 1011, 1015, 2999, 5000})
    g_assert_cmpuint(sendable_close_code(code), ==, 1000);
}

void close_reasons() {
  g_assert_true(fitting_close_reason("bye") == "bye");
  g_assert_true(fitting_close_reason(std::string(123, 'x')) == std::string(123, 'x'));
  g_assert_true(fitting_close_reason(std::string(500, 'x')) == std::string(123, 'x'));
  const std::string two_byte_character_at_the_edge = std::string(122, 'x') + "\xC3\xA4";
  g_assert_true(fitting_close_reason(two_byte_character_at_the_edge) == std::string(122, 'x'));
  g_assert_true(fitting_close_reason("\xC3\x28").empty());
}

void texts() {
  g_assert_true(valid_utf8(""));
  g_assert_true(valid_utf8("plain"));
  g_assert_true(valid_utf8("gr\xC3\xBC\xC3\x9F dich"));
  g_assert_false(valid_utf8("\xC3\x28"));
  g_assert_false(valid_utf8("cut \xE2\x82"));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/transport/wire-rules/headers", headers);
  g_test_add_func("/transport/wire-rules/close-codes", close_codes);
  g_test_add_func("/transport/wire-rules/close-reasons", close_reasons);
  g_test_add_func("/transport/wire-rules/texts", texts);
  return g_test_run();
}
