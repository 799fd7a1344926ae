// A connection whose owner is the test.
#pragma once

#include "session/connection.h"

#include "support/fake_executor.h"
#include "support/fake_transport.h"
#include "texts.h"

#include <glib.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt::session::test {

using rt::test::FakeTransport;

struct ConnectionFixture final : Connection::Owner {
  std::optional<std::string> need_api_key() override {
    if (on_key) on_key();
    return fresh_key;
  }
  void on_dialing(unsigned attempt, const std::string& masked_uri) override {
    attempts.push_back(attempt);
    dialed = masked_uri;
  }
  void on_frame(std::string_view text) override { frames.emplace_back(text); }
  void on_frames_wanted() override { ++wanted; }
  void on_retry(const Error& error, Nanoseconds delay) override {
    retried.push_back(error);
    delays.push_back(delay);
  }
  void on_lost(const Error& error) override { lost.push_back(error); }

  ConnectionFixture() {
    settings.uri = "ws://127.0.0.1:9/v1/realtime";
    g_unsetenv("OPENAI_API_KEY");
  }
  void start() {
    connection.start(settings);
    loop.run_until_idle();
  }
  std::string header(const char* name) {
    const auto opened = transport.opened();
    g_assert_cmpuint(opened.size(), >, 0);
    std::string value;
    for (const auto& [key, text] : opened.back().endpoint.headers)
      if (g_ascii_strcasecmp(key.c_str(), name) == 0) value += text;
    return value;
  }
  static Error refused() { return {ErrorKind::connection_refused, "refused"}; }

  rt::test::FakeExecutor loop;
  FakeTransport transport;
  Settings settings;
  std::optional<std::string> fresh_key;
  std::function<void()> on_key;
  std::vector<unsigned> attempts;
  std::string dialed;
  std::vector<std::string> frames;
  unsigned wanted = 0;
  std::vector<Error> retried, lost;
  std::vector<Nanoseconds> delays;
  transport::Listener* listener = nullptr; // the connection's ear
  Connection connection{loop,
                        [this](Executor& executor, transport::Listener& ear) {
                          listener = &ear;
                          return transport.factory()(executor, ear);
                        },
                        *this};
};

} // namespace rt::session::test
