// The pictures of realtimeimagesink on their way into the conversation, and those that are in it.
#pragma once

#include "base/guarded.h"
#include "session/members.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::session {

struct Picture {
  MemberId camera = 0;
  std::string uri;
  std::uint32_t keep = 1; // so many of this camera's stay in the conversation; 0: all
};

// The newest picture of each camera that has not gone out. Any thread.
class WaitingPictures {
 public:
  bool put(Picture picture);     // whether an older one had to give way
  std::optional<Picture> take(); // of the cameras in turn
  bool drop(MemberId camera);    // whether there was one

 private:
  struct State {
    std::map<MemberId, Picture> waiting;
    MemberId last = 0; // served
  };
  Guarded<State> state_;
};

// Which pictures the conversation holds, so that older ones can go. Loop thread only.
class ShownPictures {
 public:
  void reset() { shown_.clear(); } // another conversation
  // Names the item that is about to be sent.
  std::string name(const Picture& picture);
  // The server has taken it in; returns the items that are too many now.
  std::vector<std::string> added(std::string_view item_id);
  void deleted(std::string_view item_id);

 private:
  struct Shown {
    MemberId camera;
    std::string item_id;
    std::uint32_t keep;
    bool added;
  };
  std::vector<Shown> shown_; // in the order of sending
  std::uint64_t next_ = 1;   // never begins anew: an id is used once
};

} // namespace rt::session
