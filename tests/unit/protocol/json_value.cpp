#include "protocol/json_value.h"

#include "support.h"

#include <json-glib/json-glib.h>

#include <limits>

namespace {

using namespace rt::protocol;

std::string through(std::string_view text) {
  std::string problem;
  const auto value = read_json(text, &problem);
  return value ? to_text(*value) : "refused: " + problem;
}

void accepts_what_json_is() {
  for (const char* text : {"null", "true", "false", "0", "-0", "12", "-1.5e+10", "1E5", "\"\"", "[]", "{}",
                           R"({"a":[1,2,{"b":null}],"c":"d"})", R"("ä€🎤")"})
    equal(through(text), text);
  equal(through(" \t\r\n[ 1 , 2 ]\n"), "[1,2]");
  equal(through(R"({ "a" : 1 })"), R"({"a":1})");
}

void refuses_what_json_is_not() {
  for (const char* text :
       {"",        " ",         "nul",         "tru",        "True",     "NaN",   "Infinity",    "01",
        "+1",      ".5",        "1.",          "1e",         "0x10",     "-",     "'a'",         "\"a",
        "\"\\q\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\tb\"",   "[1,]",     "[1 2]", "[",           "]",
        "{",       "{\"a\"}",   "{\"a\":}",    "{\"a\":1,}", "{a:1}",    "{1:2}", "{\"a\":1}{}", "1 2",
        "/*x*/1",  "//x\n1",    "var x = 1",   "[1}",        "{\"a\":1]"})
    g_assert_false(read_json(text).has_value());
  g_assert_false(read_json("\"\xff\"").has_value());
  g_assert_false(read_json("\"\xc3\"").has_value());
  g_assert_false(read_json("\"\xed\xa0\x80\"").has_value());
  g_assert_false(read_json(std::string_view("\"a\0b\"", 5)).has_value());
  g_assert_false(read_json(std::string_view("1\0", 2)).has_value());
}

void says_where() {
  equal(through("{\n  \"a\": 1\n  \"b\": 2\n}"), "refused: ',' or '}' is missing (line 3, column 3)");
  equal(through("[1, x]"), "refused: not a JSON value (line 1, column 5)");
  equal(through("\"\xff\""), "refused: not valid UTF-8 text (line 1, column 2)");
}

void depth_is_bounded() {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  g_assert_true(read_json(nested(200)).has_value());
  g_assert_true(read_json(nested(max_json_depth + 1)).has_value());
  g_assert_false(read_json(nested(max_json_depth + 2)).has_value());
  g_assert_false(read_json(nested(1'000'000)).has_value());
  g_assert_false(read_json(std::string(1'000'000, '[')).has_value());
  std::string objects;
  for (int i = 0; i < 100'000; ++i)
    objects += "{\"a\":";
  g_assert_false(read_json(objects).has_value());
}

void escapes_become_utf8() {
  const auto text = [](std::string_view json) { return read_json(json)->as_string().value(); };
  equal(text(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  equal(text(R"("\u0041\u00e4\u20AC\ud83c\udfa4")"), "Aä€🎤");
  // A surrogate without its other half is no character.
  equal(text(R"("\ud800")"), "\xEF\xBF\xBD");
  equal(text(R"("\ud800x")"), "\xEF\xBF\xBDx");
  equal(text(R"("\udc00\ud83c")"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  equal(text(R"("\ud800\u0041")"), "\xEF\xBF\xBD"
                                   "A");
  equal(text(R"("\ud800\ud83c\udfa4")"), "\xEF\xBF\xBD🎤");
  equal(text(R"("a\u0000b")"), std::string_view("a\0b", 3));
}

void writing_escapes() {
  equal(to_text(JsonValue("a\"b\\c/\n\t\x01\x7f")), R"("a\"b\\c/\n\u0009\u0001\u007f")");
  equal(to_text(JsonValue(std::string("a\0b", 3))), R"("a\u0000b")");
  equal(to_text(JsonValue("ä\xff€\xc3")), "\"ä\xEF\xBF\xBD€\xEF\xBF\xBD\"");
}

void numbers_keep_their_digits() {
  equal(through("[12345678901234567890,1e999,0.1,1.10,-0]"), "[12345678901234567890,1e999,0.1,1.10,-0]");
  equal(to_text(JsonValue(0.3)), "0.3");
  equal(to_text(JsonValue(1.0)), "1");
  equal(to_text(JsonValue(std::uint64_t{18446744073709551615u})), "18446744073709551615");
  equal(to_text(JsonValue(std::int64_t{-9223372036854775807 - 1})), "-9223372036854775808");
  g_assert_false(JsonValue(std::numeric_limits<double>::infinity()).present());
  g_assert_false(JsonValue(std::numeric_limits<double>::quiet_NaN()).present());
}

void typed_access_checks_range() {
  const auto number = [](const char* literal) { return JsonValue::number(literal); };
  g_assert_true(number("3").as_integer() == 3);
  g_assert_true(number("3.0").as_integer() == 3);
  g_assert_true(number("1.5e3").as_integer() == 1500);
  g_assert_false(number("3.5").as_integer().has_value());
  g_assert_false(number("9223372036854775808").as_integer().has_value());
  g_assert_false(number("1e300").as_integer().has_value());
  g_assert_false(number("-1").as_count().has_value());
  g_assert_true(number("4294967295").as_count32() == 4294967295u);
  g_assert_false(number("4294967296").as_count32().has_value());
  g_assert_false(number("1e999").as_number().has_value());
  g_assert_false(JsonValue("3").as_integer().has_value());
  g_assert_false(JsonValue(3).as_bool().has_value());
  g_assert_false(JsonValue(nullptr).as_string().has_value());
}

void lookups_never_fail() {
  const auto value = read_json(R"({"a":{"b":[1]},"a":{"b":2}})");
  g_assert_true((*value)["a"]["b"].as_integer() == 2); // the last one counts
  g_assert_false((*value)["x"]["y"]["z"].present());
  g_assert_false(JsonValue(1)["x"].present());
  g_assert_true(JsonValue("x").elements().empty());
}

void merging_replaces_all_but_objects() {
  auto value = read_json(R"({"a":{"b":1,"c":[1,2]},"d":1})").value();
  value.merge(read_json(R"({"a":{"c":[3],"e":null},"d":{"f":1}})").value());
  equal(to_text(value), R"({"a":{"b":1,"c":[3],"e":null},"d":{"f":1}})");
}

void comparing() {
  const auto same = [](const char* a, const char* b) { return same_json(*read_json(a), *read_json(b)); };
  g_assert_true(same(R"({"a":1,"b":[1.0]})", R"({"b":[1],"a":1e0})"));
  g_assert_false(same(R"({"a":1})", R"({"a":1,"b":2})"));
  g_assert_false(same(R"({"a":1,"b":2})", R"({"a":1})"));
  g_assert_false(same("[1,2]", "[2,1]"));
  g_assert_false(same("[1]", "[1,2]"));
  g_assert_false(same("1", "\"1\""));
  const auto contains = [](const char* a, const char* b) {
    return contains_json(*read_json(a), *read_json(b));
  };
  g_assert_true(contains(R"([{"a":1,"b":2}])", R"([{"a":1,"c":null}])"));
  g_assert_false(contains(R"([{"a":1}])", R"([{"a":1},{}])"));
}

// A second opinion on all that json-glib can be trusted with.
void agrees_with_json_glib() {
  for (const char* text :
       {R"({"a":[1,-2.5,true,null,"x\ny\u00e4"],"b":{"c":{}}})", "[[[]],[{}]]", R"(["\ud83c\udfa4","\\"])"}) {
    g_autoptr(JsonNode) theirs = json_from_string(text, nullptr);
    g_autoptr(JsonNode) ours = json_from_string(through(text).c_str(), nullptr);
    g_assert_true(json_node_equal(theirs, ours));
  }
}

// Neither a crash nor an endless loop, and what is accepted is stable.
void survives_noise() {
  static constexpr std::string_view pieces[] = {
      "{", "}", "[", "]",    ":",    ",", "\"", "\\",   "\\u",  "d83c",   "1",
      "-", ".", "e", "true", "null", " ", "a",  "\xc3", "\xa4", "\"k\":", "\"v\""};
  unsigned accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (int n = g_test_rand_int_range(1, 12); n > 0; --n)
      text += pieces[g_test_rand_int_range(0, std::size(pieces))];
    const auto value = read_json(text);
    if (!value) continue;
    ++accepted;
    const std::string once = to_text(*value);
    equal(through(once), once);
  }
  g_assert_cmpuint(accepted, >, 100);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/json/accepts", accepts_what_json_is);
  g_test_add_func("/json/refuses", refuses_what_json_is_not);
  g_test_add_func("/json/position", says_where);
  g_test_add_func("/json/depth", depth_is_bounded);
  g_test_add_func("/json/escapes", escapes_become_utf8);
  g_test_add_func("/json/writing", writing_escapes);
  g_test_add_func("/json/numbers", numbers_keep_their_digits);
  g_test_add_func("/json/typed", typed_access_checks_range);
  g_test_add_func("/json/lookups", lookups_never_fail);
  g_test_add_func("/json/merge", merging_replaces_all_but_objects);
  g_test_add_func("/json/compare", comparing);
  g_test_add_func("/json/json-glib", agrees_with_json_glib);
  g_test_add_func("/json/noise", survives_noise);
  return g_test_run();
}
