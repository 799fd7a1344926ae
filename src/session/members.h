// The elements of one conversation, and who of them tells the application what.
#pragma once

#include "base/error.h"
#include "base/guarded.h"
#include "base/result.h"
#include "session/notice.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt::session {

enum class Role { sink, src, text, image };

// An element, as the session sees it. Called on the loop thread with no lock held.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_notice(const Notice& notice) = 0;
  virtual void on_warning(const Warning& warning) = 0;
  virtual void on_progress(ProgressKind kind, const std::string& text) = 0;
  virtual void on_error(const Error& error) = 0;
  // Something changed that a waiting streaming thread should look at: a flush, the end.
  virtual void on_wake() = 0;
  virtual std::optional<std::string> need_api_key() = 0;
};

using MemberId = std::uint64_t;

class Members {
 public:
  // `pipeline` only tells members of one pipeline from those of another. An Error when the role is taken. Who
  // comes back is known by its id of before.
  Result<MemberId> join(Role role, const void* pipeline, std::weak_ptr<Listener> listener);
  void leave(MemberId id);

  // Changes one member's state; returns how many members of any role are open afterwards.
  unsigned set_open(MemberId id, bool open);
  // Returns the member's role; nothing when it has left.
  std::optional<Role> set_playing(MemberId id, bool playing);
  bool joined(Role role);
  bool open(Role role);
  bool playing(Role role);
  const void* pipeline(Role role); // of the first that joined; null: nobody

  // One listener a pipeline: the sink for uplink matters, the src for downlink ones, whoever is there
  // otherwise.
  std::vector<std::shared_ptr<Listener>> posters(Direction direction);
  std::vector<std::shared_ptr<Listener>> all();

 private:
  struct Member {
    MemberId id;
    Role role;
    const void* pipeline;
    std::weak_ptr<Listener> listener;
    bool open = false, playing = false;
  };
  struct State {
    std::vector<Member> members, gone;
    MemberId next_id = 1;
  };
  Guarded<State> state_;
};

} // namespace rt::session
