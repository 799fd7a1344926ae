// What a client may do with the conversation's items, and the answers to it.
#pragma once

#include "server/context.h"
#include "server/input_turns.h"

#include <string_view>

namespace rt::server {

class ItemRequests {
 public:
  ItemRequests(Context& context, InputTurns& turns) : context_(context), turns_(turns) {}
  void create(const protocol::ItemCreate& event, std::string_view event_id);
  void retrieve(const protocol::ItemRetrieve& event, std::string_view event_id);
  void erase(const protocol::ItemDelete& event, std::string_view event_id);
  void truncate(const protocol::ItemTruncate& event, std::string_view event_id);

 private:
  std::optional<Refusal> check(const protocol::ItemCreate& event) const;
  Context& context_;
  InputTurns& turns_;
};

} // namespace rt::server
