// One connection to a Realtime server, from the first dial to its end: address and key, the timer over DNS to
// session.created, attempts before it, and what a refusal means. Loop thread only.
#pragma once

#include "base/executor.h"
#include "protocol/provider.h"
#include "session/settings.h"
#include "transport/transport.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rt::session {

class Connection : private transport::Listener {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual std::optional<std::string>
    need_api_key() = 0; // signal; none: use the property or the environment
    virtual void on_dialing(unsigned attempt, const std::string& masked_uri) = 0;
    virtual void on_frame(std::string_view text) = 0;
    virtual void on_frames_wanted() = 0; // writable again
    // Another attempt follows after `delay`.
    virtual void on_retry(const Error& error, Nanoseconds delay) = 0;
    // It is over: refused with no attempt left, or lost after established().
    virtual void on_lost(const Error& error) = 0;
  };

  Connection(Executor& executor, const transport::Factory& factory, Owner& owner);
  ~Connection() override;

  // `attempt` counters start anew. Errors of the settings come through on_lost, asynchronously.
  void start(const Settings& settings);
  // The server proved to be one: session.created came. The timer stops; a loss is final from now on.
  void established();
  // A failure that the frames told of (an `error` event, malformed text): as if the connection had ended with
  // it.
  void fail(const Error& error);
  // A reason heard before the close that it explains: the close's own error takes its words.
  void remember(const Error& reason) { reason_ = reason; }
  void stop();

  bool writable() const;
  bool send(std::string_view text);
  const protocol::Provider& provider() const { return *provider_; }
  bool is_established() const { return established_; }

 private:
  void dial();
  Result<transport::Endpoint> endpoint();
  void attempt_failed(const Error& error);
  void clear_timers();
  Nanoseconds backoff() const;

  void on_open(std::uint64_t generation) override;
  void on_text(std::uint64_t generation, std::string_view text) override;
  void on_writable(std::uint64_t generation) override;
  void on_closed(std::uint64_t generation, const Error& error) override;

  Executor& executor_;
  transport::Factory factory_;
  Owner& owner_;
  std::unique_ptr<transport::Transport> transport_; // made at the first dial, on the loop
  Settings settings_;
  const protocol::Provider* provider_;
  std::optional<Error> reason_;
  std::uint64_t generation_ = 0; // words of an older one are dropped
  unsigned attempt_ = 0;
  bool running_ = false, open_ = false, established_ = false;
  Executor::TimerId connect_timer_ = 0, retry_timer_ = 0;
  std::shared_ptr<char> alive_ = std::make_shared<char>(); // watched by what is posted
};

// The header lines for a provider's server: authorization, the beta switch, then the user's own.
std::vector<Header> request_headers(const protocol::Provider& provider, const std::string& key,
                                    const std::vector<Header>& extra);

} // namespace rt::session
