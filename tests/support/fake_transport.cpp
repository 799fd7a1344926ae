#include "support/fake_transport.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace rt::test {
namespace {

constexpr std::chrono::seconds patience{20};

} // namespace

struct FakeTransport::State {
  struct Record {
    std::vector<Opened> opened;
    std::vector<Closed> closed;
    std::vector<std::string> sent;
    std::size_t taken = 0;
    protocol::Dialect dialect = protocol::Dialect::ga;
  };
  mutable std::mutex mutex; // guards record
  mutable std::condition_variable changed;
  Record record;

  // The executor's thread only.
  Connection* connection = nullptr; // the newest that lives
  std::uint64_t next_event = 1;
  std::function<void(Executor&)> opened_hook;
  std::function<void(Executor&, const std::string&)> sent_hook;
};

class FakeTransport::Connection final : public transport::Transport {
 public:
  Connection(std::shared_ptr<State> state, Executor& executor, transport::Listener& listener)
      : state_(std::move(state)), executor_(executor), listener_(listener) {
    state_->connection = this;
  }
  ~Connection() override {
    if (state_->connection == this) state_->connection = nullptr;
  }

  void open(const transport::Endpoint& endpoint, std::uint64_t generation) override {
    g_assert_true(executor_.on_thread());
    g_assert_cmpint(static_cast<int>(phase_), ==, static_cast<int>(Phase::closed));
    phase_ = Phase::dialing;
    generation_ = generation;
    writable_ = true;
    {
      const std::lock_guard lock(state_->mutex);
      state_->record.opened.push_back({endpoint, generation});
    }
    if (state_->opened_hook) state_->opened_hook(executor_);
  }
  bool writable() const override {
    g_assert_true(executor_.on_thread());
    return phase_ == Phase::open && writable_;
  }
  bool send(std::string_view text) override {
    g_assert_true(executor_.on_thread());
    if (phase_ != Phase::open) return false;
    {
      const std::lock_guard lock(state_->mutex);
      state_->record.sent.emplace_back(text);
    }
    state_->changed.notify_all();
    if (state_->sent_hook) state_->sent_hook(executor_, std::string(text));
    return true;
  }
  void close(std::uint16_t code, std::string_view reason) override {
    g_assert_true(executor_.on_thread());
    if (std::exchange(phase_, Phase::closed) == Phase::closed) return;
    const std::lock_guard lock(state_->mutex);
    state_->record.closed.push_back({code, std::string(reason)});
  }
  std::size_t queued_bytes() const override { return 0; }

  bool dialing() const { return phase_ == Phase::dialing; }
  bool connected() const { return phase_ == Phase::open; }
  void accept() {
    g_assert_cmpint(static_cast<int>(phase_), ==, static_cast<int>(Phase::dialing));
    phase_ = Phase::open;
    listener_.on_open(generation_);
  }
  void deliver(std::string_view text) {
    g_assert_cmpint(static_cast<int>(phase_), ==, static_cast<int>(Phase::open));
    listener_.on_text(generation_, text);
  }
  void set_writable(bool writable) {
    const bool before = std::exchange(writable_, writable);
    if (phase_ == Phase::open && writable && !before) listener_.on_writable(generation_);
  }
  void end(const Error& error) {
    g_assert_cmpint(static_cast<int>(phase_), !=, static_cast<int>(Phase::closed));
    phase_ = Phase::closed;
    listener_.on_closed(generation_, error);
  }

 private:
  enum class Phase { closed, dialing, open };
  const std::shared_ptr<State> state_;
  Executor& executor_;
  transport::Listener& listener_;
  Phase phase_ = Phase::closed;
  std::uint64_t generation_ = 0;
  bool writable_ = true;
};

FakeTransport::FakeTransport() : state_(std::make_shared<State>()) {}

transport::Factory FakeTransport::factory() {
  return [state = state_](Executor& executor, transport::Listener& listener) {
    return std::make_unique<Connection>(state, executor, listener);
  };
}

void FakeTransport::set_dialect(protocol::Dialect dialect) {
  const std::lock_guard lock(state_->mutex);
  state_->record.dialect = dialect;
}

std::vector<FakeTransport::Opened> FakeTransport::opened() const {
  const std::lock_guard lock(state_->mutex);
  return state_->record.opened;
}

std::vector<FakeTransport::Closed> FakeTransport::closed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->record.closed;
}

std::vector<std::string> FakeTransport::sent() const {
  const std::lock_guard lock(state_->mutex);
  return state_->record.sent;
}

std::vector<protocol::ClientEvent> FakeTransport::take() {
  std::vector<std::string> texts;
  {
    const std::lock_guard lock(state_->mutex);
    State::Record& record = state_->record;
    texts.assign(record.sent.begin() + static_cast<std::ptrdiff_t>(record.taken), record.sent.end());
    record.taken = record.sent.size();
  }
  std::vector<protocol::ClientEvent> events;
  for (const std::string& text : texts)
    events.push_back(decode_client(text, dialect()));
  return events;
}

void FakeTransport::wait_sent(const std::function<bool(const std::vector<std::string>&)>& holds) const {
  std::unique_lock lock(state_->mutex);
  const bool came = state_->changed.wait_for(lock, patience, [&] { return holds(state_->record.sent); });
  if (!came) g_error("the client does not send what the test waits for");
}

protocol::Dialect FakeTransport::dialect() const {
  const std::lock_guard lock(state_->mutex);
  return state_->record.dialect;
}

bool FakeTransport::dialing() const {
  return state_->connection && state_->connection->dialing();
}

bool FakeTransport::connected() const {
  return state_->connection && state_->connection->connected();
}

void FakeTransport::accept() {
  g_assert_nonnull(state_->connection);
  state_->connection->accept();
}

void FakeTransport::deliver(std::string_view text) {
  g_assert_nonnull(state_->connection);
  state_->connection->deliver(text);
}

void FakeTransport::deliver(decltype(protocol::ServerEvent::body) body) {
  protocol::ServerEvent event;
  event.event_id = "event_" + std::to_string(state_->next_event++);
  event.body = std::move(body);
  const std::string text = protocol::Codec::of(dialect()).encode(event);
  if (!text.empty()) deliver(text);
}

void FakeTransport::set_writable(bool writable) {
  g_assert_nonnull(state_->connection);
  state_->connection->set_writable(writable);
}

void FakeTransport::end(const Error& error) {
  g_assert_nonnull(state_->connection);
  state_->connection->end(error);
}

void FakeTransport::when_opened(std::function<void(Executor&)> hook) {
  state_->opened_hook = std::move(hook);
}

void FakeTransport::when_sent(std::function<void(Executor&, const std::string&)> hook) {
  state_->sent_hook = std::move(hook);
}

protocol::ClientEvent decode_client(const std::string& text, protocol::Dialect dialect) {
  auto event = protocol::Codec::of(dialect).decode_client(text);
  if (event) return std::move(event.value());
  auto raw = protocol::parse_raw_event(text);
  if (!raw) g_error("the client sent what is no event: %s", text.c_str());
  return {protocol::event_id_of(text).value_or(""), std::move(raw.value())};
}

} // namespace rt::test
