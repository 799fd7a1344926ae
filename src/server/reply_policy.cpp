#include "server/reply_policy.h"

#include "server/image_size.h"
#include "server/tools.h"

#include <algorithm>
#include <regex>

namespace rt::server {

using namespace protocol;

namespace {

ReplyPart said(std::string text) {
  ReplyPart part;
  part.text = std::move(text);
  return part;
}

bool is_question(const StoredItem* each) {
  return each->item.type == Item::Type::message && each->item.role == Item::Role::user;
}

// Position after the last item that fits, 0 when none does.
template<typename Fits>
std::size_t end_of_last(const std::vector<const StoredItem*>& items, Fits fits) {
  const auto last = std::find_if(items.rbegin(), items.rend(), fits);
  return static_cast<std::size_t>(items.rend() - last);
}

std::string quoted(const std::string& text) {
  static constexpr std::pair<std::string_view, std::string_view> marks[] = {{"\"", "\""},
                                                                            {"\u201c", "\u201d"}};
  for (const auto& [open, close] : marks) {
    const auto from = text.find(open);
    if (from == std::string::npos) continue;
    const auto to = text.find(close, from + open.size());
    if (to != std::string::npos) return text.substr(from + open.size(), to - from - open.size());
  }
  return {};
}

// What is seen of the newest picture since `from`; nothing without one.
std::string seen_since(const std::vector<const StoredItem*>& context, std::size_t from) {
  std::string text;
  for (auto i = from; i < context.size(); ++i) {
    for (const auto& part : context[i]->item.content) {
      if (part.type != ContentPart::Type::input_image) continue;
      const auto size = image_size(part.image_url.value_or(""));
      text = size ? "I see an image of " + std::to_string(size->width) + " by " +
                        std::to_string(size->height) + " pixels."
                  : std::string(saw_image);
    }
  }
  return text;
}

// Answers of functions that came after the last question.
std::string spoken_outputs(const std::vector<const StoredItem*>& context, std::size_t from) {
  std::string text;
  for (auto i = from; i < context.size(); ++i) {
    const auto& output = context[i]->item;
    if (output.type == Item::Type::mcp_call && !output.output.empty())
      text += (text.empty() ? "" : " ") + spoken_output(output.name, output.arguments, output.output);
    if (output.type != Item::Type::function_call_output) continue;
    const auto call = std::find_if(context.begin(), context.end(), [&](const auto* each) {
      return each->item.type == Item::Type::function_call && each->item.call_id == output.call_id;
    });
    const bool known = call != context.end();
    text += (text.empty() ? "" : " ") + spoken_output(known ? (*call)->item.name : "",
                                                      known ? (*call)->item.arguments : "", output.output);
  }
  return text;
}

// A scenario built by hand may hold a pattern that nobody checked; it fits nothing.
bool matches(const std::string& pattern, std::string_view text) {
  try {
    const std::regex compiled(pattern, std::regex::ECMAScript | std::regex::icase);
    return std::regex_search(text.begin(), text.end(), compiled);
  } catch (const std::regex_error&) {
    return false;
  }
}

} // namespace

std::string repeat_of(std::string_view understood) {
  while (!understood.empty() && std::string_view(" .?!").find(understood.back()) != std::string_view::npos) {
    understood.remove_suffix(1);
  }
  if (understood.empty()) return std::string(not_understood);
  return "You said: " + std::string(understood) + '.';
}

const StoredItem* question_item(const ReplyRequest& request) {
  const auto end = end_of_last(request.context, is_question);
  return end == 0 ? nullptr : request.context[end - 1];
}

std::string question_of(const ReplyRequest& request) {
  const auto* item = question_item(request);
  return item ? item->text() : "";
}

std::vector<ReplyPart> default_reply(const ReplyRequest& request) {
  const auto end = end_of_last(request.context, is_question);
  // An answer to the same question may have come between the outputs of an earlier round and now.
  const auto answered = end_of_last(request.context, [](const StoredItem* each) {
    return each->item.type == Item::Type::message && each->item.role == Item::Role::assistant;
  });
  if (auto words = quoted(request.instructions); !words.empty()) return {said(std::move(words))};
  if (auto words = spoken_outputs(request.context, std::max(end, answered)); !words.empty()) {
    return {said(std::move(words))};
  }
  const auto question = question_of(request);
  if (auto tool = choose_tool(parse_tools(request.tools), request.tool_choice, question)) {
    ReplyPart part;
    part.kind = ReplyPart::Kind::function_call;
    part.name = std::move(tool->name);
    part.arguments = std::move(tool->arguments);
    return {std::move(part)};
  }
  if (end == 0) return {said(std::string(no_question_yet))};
  std::string words = seen_since(request.context, answered);
  if (words.empty()) return {said(repeat_of(question))};
  if (!question.empty()) words += ' ' + repeat_of(question);
  return {said(std::move(words))};
}

std::optional<std::size_t> scripted_reply(const Scenario& scenario, const std::vector<unsigned>& used,
                                          std::string_view question) {
  for (std::size_t i = 0; i < scenario.replies.size(); ++i) {
    const auto& reply = scenario.replies[i];
    if (reply.times != 0 && i < used.size() && used[i] >= reply.times) continue;
    if (reply.match.empty()) return i;
    if (matches(reply.match, question)) return i;
  }
  return std::nullopt;
}

} // namespace rt::server
