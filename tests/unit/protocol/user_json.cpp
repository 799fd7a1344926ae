#include "protocol/codec.h"

#include "support.h"

namespace {

using namespace rt;
using namespace rt::protocol;

template<typename T>
void refused(const Result<T>& result, std::string_view part) {
  g_assert_false(result.ok());
  g_assert_true(result.error().kind == ErrorKind::invalid_settings);
  has(result.error().message, part);
}

void objects_and_arrays() {
  equal(parse_json_object(" { \"a\" : [ 1, 2.50 ] } ")->text, R"({"a":[1,2.50]})");
  equal(parse_json_array("[{}]")->text, "[{}]");
  refused(parse_json_object("[]"), "object");
  refused(parse_json_array("{}"), "array");
  refused(parse_json_object("{\"a\": }"), "line 1, column 7");
  refused(parse_json_array("@tools.json"), "not valid JSON");
  refused(parse_json_object(""), "not valid JSON");
  refused(parse_json_object("{'a':1}"), "double quotes");
}

void tool_choices() {
  equal(parse_tool_choice("auto")->text, "\"auto\"");
  equal(parse_tool_choice(" required\n")->text, "\"required\"");
  equal(parse_tool_choice("get_weather")->text, R"({"type":"function","name":"get_weather"})");
  equal(parse_tool_choice(R"({"type":"mcp","server_label":"x"})")->text,
        R"({"type":"mcp","server_label":"x"})");
  refused(parse_tool_choice(""), "function's name");
  refused(parse_tool_choice("two words"), "function's name");
  refused(parse_tool_choice("[]"), "function's name");
  refused(parse_tool_choice("{"), "not valid JSON");
  refused(parse_tool_choice("{}"), "`type`");
  refused(parse_tool_choice(R"({"type":"function"})"), "`name`");
  refused(parse_tool_choice(R"({"type":"mcp"})"), "`server_label`");
}

void items() {
  const auto items = parse_items(R"([
    {"type":"message","role":"user","content":[{"type":"input_text","text":"hi"},
      {"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"low"}]},
    {"type":"message","role":"assistant","content":[{"type":"text","text":"a"},{"type":"output_text","text":"b"}]},
    {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
    {"type":"function_call_output","call_id":"c","output":"done"},
    {"type":"mcp_approval_response","id":"i","approval_request_id":"m","approve":true}])");
  g_assert_true(items.ok());
  g_assert_cmpuint(items->size(), ==, 5);
  g_assert_true(items.value()[0].content[1].detail == "low");
  g_assert_true(items.value()[1].content[0].type == ContentPart::Type::output_text);
  g_assert_true(items.value()[2].type == Item::Type::function_call);
  g_assert_true(items.value()[4].type == Item::Type::mcp_approval_response);
  equal(items.value()[4].approval_request_id, "m");
  g_assert_true(parse_items("[]")->empty());
}

void items_say_where() {
  refused(parse_items("{}"), "array");
  refused(parse_items("[1]"), "[0]");
  refused(parse_items("[{}]"), "[0].type");
  refused(parse_items(R"([{"type":"smell"}])"), "[0].type");
  refused(
      parse_items(R"([{"type":"message","role":"user","content":[]},{"type":"message","role":"nobody"}])"),
      "[1].role");
  refused(parse_items(R"([{"type":"message","role":"user","content":[{"type":"input_text","txt":"x"}]}])"),
          "[0].content[0].txt");
  refused(parse_items(R"([{"type":"function_call_output","call_id":"c"}])"), "[0].output");
  refused(parse_items(R"([{"type":"mcp_approval_response","approval_request_id":"m","approve":true}])"),
          "[0].id");
}

void response_options() {
  auto options = parse_response_options(
      R"({"instructions":"x","output_modalities":["text"],"audio":{"output":{"voice":"ash"}},"max_output_tokens":"inf",)"
      R"("conversation":"none","metadata":{"a":"b"},"something_new":{"y":1}})");
  g_assert_true(options.ok());
  g_assert_true(options->output_modality == Modality::text);
  g_assert_true(options->voice == "ash");
  g_assert_true(options->max_output_tokens == infinite_tokens);
  equal(options->extra->text, R"({"something_new":{"y":1}})");
  options = parse_response_options(
      R"({"modalities":["audio","text"],"voice":"ash","output_audio_format":"g711_ulaw"})");
  g_assert_true(options->output_modality == Modality::audio);
  g_assert_true(options->output_format == audio::ulaw_8k);
  g_assert_false(options->extra.has_value());
  g_assert_true(parse_response_options("{}")->empty());
  refused(parse_response_options("x"), "not valid JSON");
  refused(parse_response_options(R"({"instructions":7})"), "instructions");
  refused(parse_response_options(R"({"audio":{"output":{"speed":9}}})"), "audio.output.speed");
}

void raw_events() {
  equal(parse_raw_event(R"({"type":"x.y","n":1})")->type, "x.y");
  equal(parse_raw_event(R"( {"type":"x.y","n":1})")->json.text, R"({"type":"x.y","n":1})");
  refused(parse_raw_event("{}"), "`type`");
  refused(parse_raw_event(R"({"type":1})"), "`type`");
  refused(parse_raw_event("[]"), "object");
}

void quoting() {
  equal(json_quote("a\"b"), R"("a\"b")");
  equal(json_quote("\xff"), "\"\xEF\xBF\xBD\"");
}

void names_of_tools() {
  const auto names =
      tool_names(Json{R"([{"type":"function","name":"a"},{"type":"mcp","name":"b"},{"name":"c"},7])"});
  g_assert_true(names == (std::vector<std::string>{"a", "c"}));
  g_assert_true(tool_names(Json{"nonsense"}).empty());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/user-json/containers", objects_and_arrays);
  g_test_add_func("/user-json/tool-choice", tool_choices);
  g_test_add_func("/user-json/items", items);
  g_test_add_func("/user-json/items-where", items_say_where);
  g_test_add_func("/user-json/response", response_options);
  g_test_add_func("/user-json/raw", raw_events);
  g_test_add_func("/user-json/quote", quoting);
  g_test_add_func("/user-json/tool-names", names_of_tools);
  return g_test_run();
}
