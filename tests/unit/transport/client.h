// A soup transport on a loop of its own, and a listener that remembers what it was told.
#pragma once

#include "base/guarded.h"
#include "support/loop_fixture.h"
#include "support/raw_server.h"
#include "support/texts.h"
#include "transport/soup_transport.h"

#include <functional>
#include <string>
#include <vector>

namespace rt::test {

inline std::string tls_file(const char* name) {
  return std::string(TEST_DATA_DIR "/tls/") + name;
}

inline GRef<GTlsDatabase> test_authority() {
  GErrorPtr error;
  auto database = GRef<GTlsDatabase>::adopt(
      G_TLS_DATABASE(g_tls_file_database_new(tls_file("authority.pem").c_str(), OutError(error))));
  g_assert_no_error(error.get());
  return database;
}

struct Heard {
  unsigned opened = 0;
  unsigned writable = 0;
  std::vector<std::string> texts;
  std::vector<Error> ends;
  std::uint64_t last_generation = 0;
};

class Client final : public transport::Listener {
 public:
  static constexpr std::uint64_t generation = 7;

  Client() {
    fixture_.run([this] { transport_ = transport::make_soup_transport(fixture_.loop(), *this); });
  }
  ~Client() override {
    fixture_.run([this] { transport_.reset(); });
  }

  void open(transport::Endpoint endpoint, std::uint64_t as_generation = generation) {
    fixture_.run([&] { transport_->open(endpoint, as_generation); });
  }
  bool send(std::string_view text) {
    return fixture_.run([&] { return transport_->send(text); });
  }
  // On the loop's thread.
  transport::Transport& transport() { return *transport_; }
  void destroy_transport() { transport_.reset(); }

  void wait_open() {
    heard_.lock().wait([](const Heard& heard) { return heard.opened > 0 || !heard.ends.empty(); });
    g_assert_cmpuint(heard_.lock()->opened, >, 0);
  }
  Error wait_end() {
    auto heard = heard_.lock();
    heard.wait([](const Heard& h) { return !h.ends.empty(); });
    return heard->ends.front();
  }
  std::string wait_text(std::size_t index = 0) {
    auto heard = heard_.lock();
    heard.wait([&](const Heard& h) { return h.texts.size() > index || !h.ends.empty(); });
    g_assert_cmpuint(heard->texts.size(), >, index);
    return heard->texts[index];
  }
  Guarded<Heard>& heard() { return heard_; }
  LoopFixture& fixture() { return fixture_; }

  // Run first in the callback of that name, on the loop's thread.
  std::function<void()> in_on_open = [] {}, in_on_text = [] {}, in_on_closed = [] {}, in_on_writable = [] {};

 private:
  void note(std::uint64_t as_generation, const std::function<void(Heard&)>& change) {
    auto heard = heard_.lock();
    heard->last_generation = as_generation;
    change(*heard);
    heard.notify();
  }
  void on_open(std::uint64_t as_generation) override {
    in_on_open();
    note(as_generation, [](Heard& heard) { ++heard.opened; });
  }
  void on_text(std::uint64_t as_generation, std::string_view text) override {
    const std::string copy(text);
    in_on_text();
    note(as_generation, [&](Heard& heard) { heard.texts.push_back(copy); });
  }
  void on_writable(std::uint64_t as_generation) override {
    in_on_writable();
    note(as_generation, [](Heard& heard) { ++heard.writable; });
  }
  void on_closed(std::uint64_t as_generation, const Error& error) override {
    in_on_closed();
    note(as_generation, [&](Heard& heard) { heard.ends.push_back(error); });
  }

  Guarded<Heard> heard_;
  LoopFixture fixture_;
  std::unique_ptr<transport::Transport> transport_;
};

} // namespace rt::test
