// What the server answers, as a pure function of the conversation. The default answer repeats what was
// understood, so that a listener can tell that the whole loop works.
#pragma once

#include "server/item_store.h"
#include "server/scenario.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

// One wording, chosen by how well a recogniser hears the server's own voice say it.
std::string repeat_of(std::string_view understood);
inline constexpr std::string_view not_understood = "I did not understand.";
inline constexpr std::string_view no_question_yet = "Hello, how can I help you?";
inline constexpr std::string_view saw_image = "I see an image.";
inline constexpr std::string_view still_there = "Are you still there?";

struct ReplyRequest {
  std::vector<const StoredItem*> context; // oldest first
  std::string instructions;       // of this response only; a quoted sentence in it is said as it stands
  std::string tools, tool_choice; // JSON
};

// The user's message that the answer is about; null when there is none.
const StoredItem* question_item(const ReplyRequest& request);
// Its words.
std::string question_of(const ReplyRequest& request);
std::vector<ReplyPart> default_reply(const ReplyRequest& request);

// The scripted reply for a question, by index; `used` counts uses.
std::optional<std::size_t> scripted_reply(const Scenario& scenario, const std::vector<unsigned>& used,
                                          std::string_view question);

} // namespace rt::server
