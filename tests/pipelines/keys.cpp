// Where the key of each provider goes in the handshake, whichever way it was given; and that no other key and
// no other place gets one. The server writes the request down as it came.
#include "support/elements.h"
#include "support/pipeline.h"
#include "support/raw_server.h"

#include "protocol/provider.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::test;

namespace {

// As the providers' own pages have it; all others: Authorization: Bearer.
const std::map<std::string, std::string> header_of = {
    {"azure", "api-key: "},
    {"azure-preview", "api-key: "},
    {"azure-voice-live", "api-key: "},
    {"inworld", "Authorization: Basic "},
};
// Who takes a key from the environment, and from which variable; another's is never sent.
const std::map<std::string, std::string> variable_of = {
    {"auto", "OPENAI_API_KEY"},
    {"openai", "OPENAI_API_KEY"},
    {"openai-beta", "OPENAI_API_KEY"},
    {"azure", "AZURE_OPENAI_API_KEY"},
    {"azure-preview", "AZURE_OPENAI_API_KEY"},
    {"azure-voice-live", "AZURE_VOICELIVE_API_KEY"},
    {"xai", "XAI_API_KEY"},
    {"qwen", "DASHSCOPE_API_KEY"},
    {"glm", "ZHIPUAI_API_KEY"},
    {"stepfun", "STEPFUN_API_KEY"},
    {"localai", "LOCALAI_API_KEY"},
    {"speaches", "SPEACHES_API_KEY"},
    {"inworld", "INWORLD_API_KEY"},
};

// The word is in every key, so that a trace of any is found.
constexpr const char* mark = "KEYMARK";

std::string key_in(const std::string& variable) {
  return std::string(mark) + "-environment-" + variable;
}

// Every variable that any provider reads, for as long as a test runs.
struct Environment {
  Environment() {
    for (const auto& [provider, variable] : variable_of)
      g_setenv(variable.c_str(), key_in(variable).c_str(), TRUE);
  }
  ~Environment() {
    for (const auto& [provider, variable] : variable_of)
      g_unsetenv(variable.c_str());
  }
};

enum class Way { environment, property, signal };

char* fresh_key(GstElement*, gpointer) {
  return g_strdup((std::string(mark) + "-signal").c_str());
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

// All that is said of the message, as an application could print it.
std::string all_of(GstMessage* message) {
  std::string text;
  if (const GstStructure* structure = gst_message_get_structure(message))
    text = GCharPtr(gst_structure_to_string(structure)).get();
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return text;
  GErrorPtr error;
  char* debug = nullptr;
  gst_message_parse_error(message, OutError(error), &debug);
  return text + error->message + GCharPtr(debug).get();
}

struct Handshake {
  std::string head;     // of the request
  std::string messages; // of the pipeline
};

Handshake connect(const char* provider, Way way) {
  Guarded<std::string> head;
  RawServer server([&](RawPeer& peer) {
    *head.lock() = peer.read_head();
    peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_end();
  });
  Pipeline pipeline("realtimesrc name=src model=any provider=" + std::string(provider) +
                    " uri=ws://127.0.0.1:" + std::to_string(server.port()) + "/v1/realtime ! fakesink");
  const auto src = pipeline.element("src");
  if (way == Way::property)
    g_object_set(src.get(), "api-key", (std::string(mark) + "-property").c_str(), nullptr);
  if (way == Way::signal) g_signal_connect(src.get(), "need-api-key", G_CALLBACK(fresh_key), nullptr);
  Handshake result;
  pipeline.play();
  pipeline.wait_for(
      [&](GstMessage* message) {
        result.messages += all_of(message);
        return GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
      },
      "the refusal");
  result.head = *head.lock();
  return result;
}

void expect(const char* provider, const Handshake& handshake, const std::string& key) {
  const auto& [head, messages] = handshake;
  const auto own = header_of.find(provider);
  const std::string header = own == header_of.end() ? "Authorization: Bearer " : own->second;
  if (!key.empty())
    fail_unless(count(head, "\r\n" + header + key + "\r\n") == 1, "%s: %s", provider, head.c_str());
  fail_unless(count(head, mark) == (key.empty() ? 0 : 1), "%s: another key, or place: %s", provider,
              head.c_str());
  if (key.empty()) fail_unless(count(head, "\r\nAuthorization:") + count(head, "\r\napi-key:") == 0);
  fail_unless(count(messages, "401") > 0, "%s", messages.c_str()); // it was told why
  fail_unless(count(messages, mark) == 0, "%s: %s", provider, messages.c_str());
}

int provider_count() {
  return static_cast<int>(protocol::providers().size());
}

} // namespace

GST_START_TEST(the_key_goes_where_the_provider_has_it) {
  const Environment environment;
  const char* provider = protocol::providers()[static_cast<std::size_t>(__i__)].name;
  const auto variable = variable_of.find(provider);
  expect(provider, connect(provider, Way::environment),
         variable == variable_of.end() ? "" : key_in(variable->second));
  expect(provider, connect(provider, Way::property), std::string(mark) + "-property");
  expect(provider, connect(provider, Way::signal), std::string(mark) + "-signal");
}
GST_END_TEST

static Suite* keys_suite() {
  Suite* suite = suite_create("keys");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_checked_fixture(tcase, register_elements, wait_for_loops_to_end);
  tcase_add_loop_test(tcase, the_key_goes_where_the_provider_has_it, 0, provider_count());
  return suite;
}

GST_CHECK_MAIN(keys)
