// The action signals' side of a session: each says at once whether it is taken up, and if not, why.
#include "protocol/json_value.h"
#include "session/engine.h"
#include "session/picture.h"
#include "session/session.h"

#include <utility>

namespace rt::session {

using namespace protocol;

Outcome Session::ready_for_action() {
  switch (shared().status.lock()->life) {
  case SharedState::Life::open:
    return {};
  case SharedState::Life::closed:
    return {false, "the session is not open; set the pipeline to PAUSED first"};
  case SharedState::Life::failed:
    return {false, "the session has failed; set the pipeline to READY and start again"};
  case SharedState::Life::over:
    return {false, "the session is over; set the pipeline to READY and start again"};
  }
  return {};
}

// After the end of the stream nobody would hear what comes.
Outcome Session::ready_for_answers() {
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  if (!shared().status.lock()->drained) return {};
  return {false,
          "the conversation has come to its end (end of stream); set realtimesink to READY and start again"};
}

// Of what asks for an answer. Behind a commit that waits in the audio queue what comes after that turn must
// wait as well; meanwhile the answer may be cancelled.
void Session::post_answer(std::function<void(Engine&, bool wanted)> task) {
  std::optional<std::uint64_t> number;
  {
    auto status = shared().status.lock();
    if (status->ordered_pending > 0) number = status->creates.add();
  }
  if (number)
    post_ordered([number = *number, task = std::move(task)](Engine& e) { task(e, e.still_wanted(number)); });
  else
    post([task = std::move(task)](Engine& e) { task(e, true); });
}

Outcome Session::send_text(const std::string& text) {
  if (text.empty()) return {false, "the text is empty"};
  if (Outcome outcome = ready_for_answers(); !outcome.accepted) return outcome;
  Item item;
  item.type = Item::Type::message;
  item.role = Item::Role::user;
  ContentPart part;
  part.type = ContentPart::Type::input_text;
  part.text = text;
  item.content.push_back(std::move(part));
  post_answer([item = std::move(item)](Engine& e, bool wanted) { e.send_item(item, "send-text", wanted); });
  return {};
}

Outcome Session::create_response(const std::optional<std::string>& options_json) {
  return create_response(options_json, {"create-response"});
}

Outcome Session::create_response(const std::optional<std::string>& options_json, const Asked& asked) {
  if (Outcome outcome = ready_for_answers(); !outcome.accepted) return outcome;
  ResponseOptions options;
  if (options_json && !options_json->empty()) {
    auto parsed = parse_response_options(*options_json);
    if (!parsed) return {false, "the options are not usable: " + parsed.error().message};
    options = std::move(parsed.value());
  }
  post_answer([options = std::move(options), asked](Engine& e, bool wanted) {
    if (wanted) e.create_response(options, asked);
  });
  return {};
}

Outcome Session::send_image(std::span<const std::uint8_t> picture) {
  if (Outcome outcome = ready_for_answers(); !outcome.accepted) return outcome;
  auto uri = picture_uri(picture);
  if (!uri) return {false, uri.error().message};
  const auto send = [item = picture_item(std::move(uri.value()))](Engine& e) {
    e.send_item(item, "send-image", false);
  };
  if (shared().status.lock()->ordered_pending > 0)
    post_ordered(send);
  else
    post(send);
  return {};
}

Outcome Session::show(MemberId camera, std::span<const std::uint8_t> picture, std::uint32_t keep) {
  auto uri = picture_uri(picture);
  if (!uri) {
    leave_out_picture();
    return {false, uri.error().message};
  }
  if (!ready_for_answers().accepted) { // the end has come: nobody looks any more
    leave_out_picture();
    return {};
  }
  if (shared().pictures.put({camera, std::move(uri.value()), keep}))
    leave_out_picture();
  else
    post([](Engine& e) { e.send_pictures(); });
  return {};
}

void Session::leave_out_picture() {
  ++shared().statistics.lock()->images_dropped;
}

void Session::forget_picture(MemberId camera) {
  if (shared().pictures.drop(camera)) leave_out_picture();
}

Outcome Session::delete_item(const std::string& item_id) {
  if (item_id.empty()) return {false, "the item's id is empty"};
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  post([item_id](Engine& e) { e.delete_item(item_id); });
  return {};
}

Outcome Session::retrieve_item(const std::string& item_id) {
  if (item_id.empty()) return {false, "the item's id is empty"};
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  post([item_id](Engine& e) { e.retrieve_item(item_id); });
  return {};
}

Outcome Session::cancel_response() {
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  const bool queued = shared().status.lock()->creates.cancel();
  post([queued](Engine& e) { e.cancel_response(queued); });
  return {};
}

Outcome Session::interrupt() {
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  const bool queued = shared().status.lock()->creates.cancel();
  post([queued](Engine& e) { e.interrupt(queued); });
  return {};
}

Outcome Session::commit() {
  return commit({"commit"});
}

Outcome Session::commit(const Asked& asked) {
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  post_ordered([asked](Engine& e) { e.commit(asked); });
  return {};
}

Outcome Session::clear_input() {
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  post_ordered([](Engine& e) { e.clear_input(true); });
  return {};
}

Outcome Session::send_tool_output(const std::string& call_id, const std::string& output, bool respond) {
  if (Outcome outcome = ready_for_answers(); !outcome.accepted) return outcome;
  {
    auto status = shared().status.lock();
    if (status->calls_beside.contains(call_id))
      return {false,
              "tool call '" + call_id +
                  "' was made out of band: no conversation takes its output; for the model to read it, "
                  "put the call and its output into the 'input' of another create-response"};
    if (!status->tool_calls.erase(call_id))
      return {false, "no tool call '" + call_id + "' waits for an output"};
  }
  post([call_id, output, respond](Engine& e) { e.tool_output(call_id, output, respond); });
  return {};
}

Outcome Session::approve_mcp(const std::string& request_id, bool approve, const std::string& reason) {
  if (Outcome outcome = ready_for_answers(); !outcome.accepted) return outcome;
  {
    auto status = shared().status.lock();
    if (!status->no_mcp.empty()) return {false, "there are no MCP tools: " + status->no_mcp};
    if (!status->mcp_approvals.erase(request_id))
      return {false, "no MCP approval request '" + request_id + "' waits for an answer"};
  }
  post([=](Engine& e) { e.approve_mcp(request_id, approve, reason); });
  return {};
}

Outcome Session::send_event(const std::string& json) {
  if (Outcome outcome = ready_for_action(); !outcome.accepted) return outcome;
  auto event = parse_raw_event(json);
  if (!event) return {false, event.error().message};
  // What the session counts goes the way of its own actions.
  const JsonValue parsed = read_json(event->json.text).value_or(JsonValue());
  if (event->type == "response.create")
    return create_response(to_text(parsed["response"]), {"create-response", event->event_id});
  if (event->type == "response.cancel" && parsed["response_id"].text().empty()) {
    const bool queued = shared().status.lock()->creates.cancel();
    post([raw = std::move(event.value()), queued](Engine& e) { e.cancel_raw(raw, queued); });
    return {};
  }
  const JsonValue& item = parsed["item"];
  if (event->type == "conversation.item.create" && item["type"].text() == "function_call_output" &&
      shared().status.lock()->tool_calls.contains(std::string(item["call_id"].text())))
    return send_tool_output(std::string(item["call_id"].text()), std::string(item["output"].text()), false);
  const std::string request_id(item["approval_request_id"].text());
  if (event->type == "conversation.item.create" && item["type"].text() == "mcp_approval_response" &&
      shared().status.lock()->mcp_approvals.contains(request_id))
    return approve_mcp(request_id, item["approve"].as_bool().value_or(false),
                       std::string(item["reason"].text()));
  if (event->type == "input_audio_buffer.commit") return commit({"commit", event->event_id});
  if (event->type == "input_audio_buffer.clear") {
    post_ordered([asked = Asked{"clear-input", event->event_id}](Engine& e) { e.clear_input(false, asked); });
    return {};
  }
  const bool ordered = event->type.starts_with("input_audio_buffer.") || event->type == "session.update";
  const auto send = [raw = std::move(event.value())](Engine& e) { e.send_raw(raw); };
  if (ordered)
    post_ordered(send);
  else
    post(send);
  return {};
}

} // namespace rt::session
