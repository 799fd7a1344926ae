// Which function a sentence asks for.
#include "server/tools.h"
#include "harness.h"

namespace {

using namespace rt::server;
using namespace rt::server::test;

constexpr std::string_view weather =
    R"({"type":"function","name":"get_weather","description":"Weather for a city","parameters":{"type":"object",)"
    R"("properties":{"city":{"type":"string"}},"required":["city"]}})";
constexpr std::string_view light =
    R"({"type":"function","name":"setLightState","description":"Turn a lamp in a room on or off.","parameters":)"
    R"({"type":"object","properties":{"on":{"type":"boolean"},"room":{"type":"string"},"level":{"type":"integer"}},)"
    R"("required":["room","on"]}})";
constexpr std::string_view units =
    R"({"type":"function","name":"convert","parameters":{"type":"object","properties":{"amount":{"type":"number"},)"
    R"("unit":{"type":"string","enum":["miles","kilometers"]},"tags":{"type":"array"},"extra":{"type":"object"}},)"
    R"("required":["amount","unit","tags","extra"]}})";
constexpr std::string_view bare = R"({"type":"function","name":"hang_up"})";

std::string list(std::initializer_list<std::string_view> tools) {
  std::string text = "[";
  for (const auto tool : tools)
    text += (text.size() > 1 ? "," : "") + std::string(tool);
  return text + "]";
}

struct Case {
  std::string tools, choice, text, name, arguments; // no name: no call
};

void sentences_choose_tools() {
  const auto all = list({weather, light, units, bare});
  const Case cases[] = {
      {all, "\"auto\"", "What is the weather in Paris?", "get_weather", R"({"city":"Paris"})"},
      {all, "\"auto\"", "weather in New York, please", "get_weather", R"({"city":"New York"})"},
      {all, "\"auto\"", "weather paris", "get_weather", R"({"city":"paris"})"},
      {all, "\"auto\"", "turn off the light in the kitchen", "setLightState",
       R"({"on":false,"room":"kitchen"})"},
      {all, "\"auto\"", "turn the light on in the kitchen to 5", "setLightState",
       R"({"on":true,"room":"kitchen","level":5})"},
      {all, "\"auto\"", "convert ten miles", "convert",
       R"({"amount":10,"unit":"miles","tags":[],"extra":{}})"},
      {all, "\"auto\"", "please hang up now", "hang_up", "{}"},
      {all, "\"auto\"", "go forward ten meters", "", ""},
      {all, "\"auto\"", "", "", ""},
      {all, "\"none\"", "weather in Paris", "", ""},
      {all, "\"required\"", "go forward", "get_weather", R"({"city":"go forward"})"},
      {all, R"({"type":"function","name":"hang_up"})", "weather in Paris", "hang_up", "{}"},
      {all, R"({"type":"function","name":"nothing"})", "weather in Paris", "", ""},
      {"[]", "\"required\"", "weather", "", ""},
      {R"([{"type":"mcp","server_label":"weather"}])", "\"auto\"", "weather", "", ""},
      {"broken", "\"auto\"", "weather", "", ""},
  };
  for (const auto& each : cases) {
    const auto call = choose_tool(parse_tools(each.tools), each.choice, each.text);
    equal(call ? call->name : "", each.name);
    equal(call ? call->arguments : "", each.arguments);
  }
}

void outputs_become_sentences() {
  equal(spoken_output("get_weather", R"({"city":"Paris"})", "sunny"), "The weather in Paris: sunny.");
  equal(spoken_output("get_weather", R"({"city":"Paris"})", R"({"temp":21,"sky":"sunny"})"),
        "The weather in Paris: 21, sunny.");
  equal(spoken_output("lookup", R"({"name":"Ann"})", R"(["a",{"b":true,"c":null}])"),
        "The lookup for Ann: a, true.");
  equal(spoken_output("get", "{}", ""), "The answer: done.");
  equal(spoken_output("get_time", "broken", "7 o'clock."), "The time: 7 o'clock.");
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/tools/choose", sentences_choose_tools);
  g_test_add_func("/server/tools/outputs", outputs_become_sentences);
  return g_test_run();
}
