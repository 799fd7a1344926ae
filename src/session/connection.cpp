#include "session/connection.h"

#include "base/log.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rt::session {
namespace {

constexpr std::uint16_t normal_closure = 1000;

// The words of an `error` event say more than the close that follows it; the close says what to do.
Error with_reason(Error error, const std::optional<Error>& reason) {
  if (!reason) return error;
  error.message = reason->message;
  if (error.code.empty()) error.code = reason->code;
  return error;
}

Header key_header(protocol::KeyStyle style, const std::string& key) {
  switch (style) {
  case protocol::KeyStyle::api_key:
    return {"api-key", key};
  case protocol::KeyStyle::basic:
    return {"Authorization", "Basic " + key};
  case protocol::KeyStyle::bearer:
    break;
  }
  return {"Authorization", "Bearer " + key};
}

} // namespace

std::vector<Header> request_headers(const protocol::Provider& provider, const std::string& key,
                                    const std::vector<Header>& extra) {
  std::vector<Header> headers;
  if (!key.empty()) headers.push_back(key_header(provider.key_style, key));
  if (provider.beta_header) headers.emplace_back("OpenAI-Beta", "realtime=v1");
  for (const Header& header : extra) {
    std::erase_if(headers, [&](const Header& h) {
      return g_ascii_strcasecmp(h.first.c_str(), header.first.c_str()) == 0;
    });
    headers.push_back(header);
  }
  return headers;
}

Connection::Connection(Executor& executor, const transport::Factory& factory, Owner& owner)
    : executor_(executor), factory_(factory), owner_(owner),
      provider_(&protocol::provider(protocol::ProviderId::automatic)) {}

Connection::~Connection() {
  clear_timers();
}

void Connection::start(const Settings& settings) {
  settings_ = settings;
  provider_ = &protocol::provider_for_uri(settings_.provider, settings_.uri.value_or(""));
  running_ = true;
  attempt_ = 0;
  dial();
}

void Connection::dial() {
  open_ = established_ = false;
  reason_.reset();
  ++attempt_;
  const std::uint64_t generation = ++generation_;
  auto address = endpoint();
  if (!running_ || generation != generation_) return; // need_api_key may have closed us
  if (!address) {
    attempt_ = 0;
    executor_.post([this, generation, alive = std::weak_ptr<char>(alive_), error = address.error()] {
      if (alive.lock() && generation == generation_ && running_) {
        running_ = false;
        clear_timers();
        owner_.on_lost(error);
      }
    });
    return;
  }
  owner_.on_dialing(attempt_, protocol::mask_uri(address->uri));
  connect_timer_ = executor_.post_after(Milliseconds(settings_.connect_timeout_ms), [this] {
    connect_timer_ = 0;
    attempt_failed({ErrorKind::timed_out,
                    open_ ? "The server accepted the connection but sent no session.created within "
                            "connect-timeout"
                          : "No connection within connect-timeout"});
  });
  if (!transport_) transport_ = factory_(executor_, *this);
  transport_->open(address.value(), generation);
}

Result<transport::Endpoint> Connection::endpoint() {
  auto uri = protocol::connect_uri(*provider_, settings_.uri.value_or(""), settings_.model.value_or(""),
                                   settings_.session_type);
  if (!uri) return uri.error();
  std::string key;
  if (auto fresh = owner_.need_api_key(); fresh && !fresh->empty())
    key = *fresh;
  else if (settings_.api_key)
    key = *settings_.api_key;
  else if (const char* variable = provider_->key_variable ? g_getenv(provider_->key_variable) : nullptr)
    key = variable;
  if (std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x21 || c > 0x7e; }))
    return Error{
        ErrorKind::invalid_settings,
        "Property 'api-key' (or the environment variable it comes from) holds a character that cannot "
        "be part of a key; a trailing newline is the usual one"};
  transport::Endpoint endpoint;
  endpoint.uri = uri.value();
  endpoint.headers = request_headers(*provider_, key, settings_.extra_headers);
  endpoint.tls_database = settings_.tls_database;
  endpoint.tls_interaction = settings_.tls_interaction;
  endpoint.ssl_strict = settings_.ssl_strict;
  endpoint.proxy = settings_.proxy.value_or("");
  endpoint.keepalive_interval_ms = settings_.keepalive_interval_ms;
  return endpoint;
}

void Connection::clear_timers() {
  if (connect_timer_) executor_.cancel(std::exchange(connect_timer_, 0));
  if (retry_timer_) executor_.cancel(std::exchange(retry_timer_, 0));
}

void Connection::established() {
  established_ = true;
  if (connect_timer_) executor_.cancel(std::exchange(connect_timer_, 0));
}

Nanoseconds Connection::backoff() const {
  const double base = settings_.retry_backoff_factor * std::pow(2.0, std::min(attempt_, 30U) - 1);
  const double seconds = std::clamp(base, 0.0, settings_.retry_backoff_max);
  // Up to a quarter more, so that many clients of one failed server do not come back in step.
  return Nanoseconds(static_cast<std::int64_t>(seconds * (1.0 + 0.25 * g_random_double()) * 1e9));
}

void Connection::attempt_failed(const Error& error) {
  clear_timers();
  ++generation_;
  if (transport_) transport_->close(normal_closure, "");
  const bool was_established = std::exchange(established_, false);
  open_ = false;
  const bool again = !was_established && error.severity() == Severity::retryable &&
                     (settings_.retries < 0 || attempt_ <= static_cast<unsigned>(settings_.retries));
  if (!again) {
    running_ = false;
    owner_.on_lost(error);
    return;
  }
  const Nanoseconds delay = backoff();
  const std::uint64_t generation = generation_;
  owner_.on_retry(error, delay);
  if (!running_ || generation != generation_) return;
  retry_timer_ = executor_.post_after(delay, [this] {
    retry_timer_ = 0;
    dial();
  });
}

void Connection::fail(const Error& error) {
  if (running_) attempt_failed(error);
}

void Connection::stop() {
  if (!running_) return;
  running_ = open_ = established_ = false;
  clear_timers();
  ++generation_;
  if (transport_) transport_->close(normal_closure, "");
}

bool Connection::writable() const {
  return running_ && open_ && transport_->writable();
}

bool Connection::send(std::string_view text) {
  return running_ && open_ && transport_->send(text);
}

void Connection::on_open(std::uint64_t generation) {
  if (generation == generation_) open_ = true;
}

void Connection::on_text(std::uint64_t generation, std::string_view text) {
  if (generation == generation_ && running_) owner_.on_frame(text);
}

void Connection::on_writable(std::uint64_t generation) {
  if (generation == generation_ && running_) owner_.on_frames_wanted();
}

void Connection::on_closed(std::uint64_t generation, const Error& error) {
  if (generation != generation_ || !running_) return;
  attempt_failed(with_reason(error, reason_));
}

} // namespace rt::session
