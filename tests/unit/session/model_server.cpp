#include "model_server.h"

#include "audio/base64.h"

#include <algorithm>
#include <utility>

namespace rt::session::test {

using namespace protocol;

namespace {

constexpr std::uint64_t delta_ms = 40;

constexpr const char* mcp_arguments = R"({"q":"Ulm"})";

Item mcp_item(Item::Type type, const std::string& id, const char* arguments) {
  Item item;
  item.type = type;
  item.id = id;
  item.server_label = "docs";
  item.name = "search";
  item.arguments = arguments;
  return item;
}

std::string delta_audio() {
  std::string text;
  audio::base64_append(text, std::vector<std::uint8_t>(48 * delta_ms, 0x21));
  return text;
}

} // namespace

// ---- what the client sends ----

void ModelServer::receive(const ClientEvent& event) {
  ++time;
  std::visit([&](const auto& body) { on(body, event.event_id); }, event.body);
}

void ModelServer::refuse(const std::string& event_id, const std::string& code, const std::string& message) {
  ErrorInfo error;
  error.type = "invalid_request_error";
  error.code = manners_.has_no_codes ? "" : code;
  error.message = message;
  error.event_id = event_id;
  out.push_back(ErrorEvent{error});
}

void ModelServer::on(const SessionUpdate& update, const std::string&) {
  SessionInfo info;
  info.id = "sess_1";
  info.config = update.config;
  if (!info.config.turn_detection) info.config.turn_detection = TurnDetection{};
  out.push_back(SessionUpdated{info});
}

void ModelServer::on(const ItemCreate& create, const std::string& event_id) {
  Item item = create.item;
  if (item.id.empty()) item.id = next("item_");
  items_[item.id] = {};
  if (item.type == Item::Type::function_call_output) {
    const auto call = calls.find(item.call_id);
    if (call == calls.end() || !call->second.in_conversation) {
      if (call == calls.end() || manners_.tells_apart())
        blame("an output for a call that is not in the conversation: " + item.call_id);
      return refuse(event_id, "invalid_tool_call_id", "unknown call");
    }
    if (++call->second.outputs > 1) blame("a second output for " + item.call_id);
    if (!call->second.parent_over) blame("an output within the response that called: " + item.call_id);
    call->second.output = item.output;
    call->second.answered_at = time;
  }
  if (item.type == Item::Type::mcp_approval_response) {
    const auto call = std::ranges::find_if(
        mcp_calls, [&](const auto& each) { return each.second.request_id == item.approval_request_id; });
    if (call == mcp_calls.end()) return blame("an answer to the unknown request " + item.approval_request_id);
    if (++call->second.answers > 1) blame("a second answer to " + item.approval_request_id);
    if (item.approve)
      mcp_running_.push_back(call->first);
    else
      call->second.ended_at = time;
  }
  if (manners_.takes_items_silently) return;
  out.push_back(ItemAdded{item, std::nullopt});
  out.push_back(ItemDone{item, std::nullopt});
}

// The item of the conversation that the client may change; blamed when it is none.
ModelServer::Stored* ModelServer::changeable(const std::string& id, const std::string& event_id) {
  const auto item = items_.find(id);
  const bool there = item != items_.end() && !item->second.deleted;
  if (there && item->second.in_conversation) return &item->second;
  // Where nothing tells them apart, an out-of-band item may be taken for one of the conversation.
  if (!there || manners_.tells_apart()) blame("a change of " + id + ", which is not there");
  refuse(event_id, "invalid_item_id", "no such item");
  return nullptr;
}

void ModelServer::on(const ItemDelete& gone, const std::string& event_id) {
  Stored* item = changeable(gone.item_id, event_id);
  if (!item) return;
  item->deleted = true;
  out.push_back(ItemDeleted{gone.item_id});
}

void ModelServer::on(const ItemTruncate& cut, const std::string& event_id) {
  Stored* item = changeable(cut.item_id, event_id);
  if (!item) return;
  if (cut.audio_end_ms > item->audio_ms) return blame("a truncation beyond the end of " + cut.item_id);
  item->audio_ms = cut.audio_end_ms;
  out.push_back(ItemTruncated{cut.item_id, cut.content_index, cut.audio_end_ms});
}

// Ends the caller's turn, and answers nothing.
void ModelServer::on(const InputAudioCommit&, const std::string&) {
  const std::string item = next("item_");
  items_[item] = {};
  if (turn_ == Turn::speaking) turn_ = Turn::none;
  out.push_back(InputAudioCommitted{item, std::nullopt});
}

void ModelServer::on(const InputAudioClear&, const std::string&) {
  if (turn_ == Turn::speaking) turn_ = Turn::none;
  out.push_back(InputAudioCleared{});
}

void ModelServer::on(const ResponseCreate& create, const std::string& event_id) {
  if (const Running* running = create.options.conversation != "none" ? active() : nullptr) {
    // Only one of the server's own can be news to the client.
    if (!manners_.hides_ends && manners_.tells_apart() && !created_for[running->id].empty())
      blame("a response was asked for while another one that was is active: " + running->id);
    return refuse(event_id, "conversation_already_has_active_response",
                  "Conversation already has an active response in progress");
  }
  start(create.options, event_id);
}

void ModelServer::on(const ResponseCancel& cancel, const std::string& event_id) {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const auto& r) { return r->id == cancel.response_id; });
  if (found == running_.end())
    return refuse(event_id, "response_cancel_not_active", "Cancellation failed: no active response found");
  cut(**found, "client_cancelled");
}

// ---- responses ----

ModelServer::Running* ModelServer::active() {
  for (const auto& each : running_)
    if (each->in_conversation) return each.get();
  return nullptr;
}

Response ModelServer::response(const Running& running) const {
  Response response;
  response.id = running.id;
  if (running.in_conversation && !manners_.names_no_conversation) response.conversation_id = "conv_1";
  if (!manners_.returns_no_metadata) response.metadata = running.metadata;
  return response;
}

void ModelServer::start(const ResponseOptions& options, const std::string& event_id) {
  auto running = std::make_unique<Running>();
  running->id = next("resp_");
  created_for[running->id] = event_id;
  running->metadata = options.metadata;
  running->in_conversation = options.conversation != "none";
  running->hidden_end = manners_.hides_ends && chance(10);
  if (options.instructions) ++started[*options.instructions];
  if (running->in_conversation && !options.input) started_in_conversation.push_back(time);
  for (auto messages = random_() % 3; messages > 0; --messages)
    running->parts.push_back(
        {Part::Kind::message, next("item_"), "", 1 + static_cast<unsigned>(random_() % 4), 0});
  for (auto tools = chance(40) ? 1 + random_() % 3 : 0; tools > 0; --tools) {
    const bool mcp = running->in_conversation && chance(35);
    const auto kind = mcp ? Part::Kind::mcp : Part::Kind::call;
    running->parts.push_back({kind, next("item_"), next("call_"), 0, 0});
  }
  const bool hidden = manners_.hides_beginnings && chance(30);
  if (!hidden) out.push_back(ResponseCreated{response(*running)});
  if (!hidden && manners_.goes_on_after_the_end && chance(30)) out.push_back(out.back());
  running_.push_back(std::move(running));
}

void ModelServer::begin_part(Running& running, Part& part) {
  items_[part.item_id] = {running.in_conversation, false, 0};
  Item item;
  item.id = part.item_id;
  item.status = "in_progress";
  const bool call = part.kind == Part::Kind::call;
  item.type = call ? Item::Type::function_call : Item::Type::message;
  item.role = call ? Item::Role::none : Item::Role::assistant;
  item.call_id = part.call_id;
  item.name = call ? "weather" : "";
  if (part.kind == Part::Kind::mcp) item = mcp_item(Item::Type::mcp_call, part.item_id, "");
  out.push_back(OutputItemAdded{running.id, 0, item});
  running.part_open = true;
}

// It runs by itself from now on, or when it is approved; the response does not wait for it.
void ModelServer::end_mcp_call(Running& running, const Part& part, bool whole) {
  const char* arguments = whole ? mcp_arguments : R"({"q":"U)";
  out.push_back(McpArgumentsDone{{running.id, part.item_id, 0, 0}, arguments});
  out.push_back(OutputItemDone{running.id, 0, mcp_item(Item::Type::mcp_call, part.item_id, arguments)});
  if (!whole) return;
  McpCall& call = mcp_calls[part.item_id];
  call.response_id = running.id;
  if (chance(40)) return mcp_running_.push_back(part.item_id);
  call.request_id = next("mcpr_");
  const Item request = mcp_item(Item::Type::mcp_approval_request, call.request_id, mcp_arguments);
  out.push_back(OutputItemAdded{running.id, 0, request});
  out.push_back(ItemDone{request, std::nullopt});
  out.push_back(OutputItemDone{running.id, 0, request});
}

void ModelServer::finish_mcp_call(std::size_t which) {
  const std::string id = mcp_running_[which];
  mcp_running_.erase(mcp_running_.begin() + static_cast<std::ptrdiff_t>(which));
  Item item = mcp_item(Item::Type::mcp_call, id, mcp_arguments);
  item.approval_request_id = mcp_calls[id].request_id;
  mcp_calls[id].ended_at = time;
  out.push_back(McpCallInProgress{id, 0});
  if (chance(30)) {
    item.error = Json{R"({"type":"tool_execution_error","message":"no"})"};
    out.push_back(McpCallFailed{id, 0});
  } else {
    item.output = "found";
    out.push_back(McpCallCompleted{id, 0});
  }
  if (chance(80)) out.push_back(ItemDone{item, std::nullopt});
}

void ModelServer::end_part(Running& running, Part& part, bool whole) {
  const ContentRef at{running.id, part.item_id, 0, 0};
  Item item;
  item.id = part.item_id;
  item.status = whole ? "completed" : "incomplete";
  if (part.kind == Part::Kind::mcp) {
    running.part_open = false;
    ++running.part;
    return end_mcp_call(running, part, whole);
  }
  if (part.kind == Part::Kind::call) {
    item.type = Item::Type::function_call;
    item.call_id = part.call_id;
    item.name = "weather";
    item.arguments = whole ? R"({"city":"Ulm"})" : R"({"ci)";
    if (whole) calls[part.call_id] = {running.id, running.in_conversation};
    out.push_back(FunctionArgumentsDone{at, part.call_id, "weather", item.arguments});
  } else {
    item.role = Item::Role::assistant;
    out.push_back(OutputAudioDone{at});
    out.push_back(OutputTranscriptDone{at, "Some words."});
  }
  out.push_back(OutputItemDone{running.id, 0, item});
  running.part_open = false;
  ++running.part;
}

void ModelServer::advance(Running& running) {
  if (running.part == running.parts.size()) return finish(running, ResponseStatus::completed, "");
  Part& part = running.parts[running.part];
  if (!running.part_open) return begin_part(running, part);
  if (part.done == part.steps) return end_part(running, part, true);
  ++part.done;
  items_[part.item_id].audio_ms += delta_ms;
  const ContentRef at{running.id, part.item_id, 0, 0};
  static const std::string audio = delta_audio();
  out.push_back(OutputTranscriptDelta{at, "word "});
  out.push_back(OutputAudioDelta{at, audio});
}

void ModelServer::cut(Running& running, const char* reason) {
  if (running.part_open) end_part(running, running.parts[running.part], false);
  finish(running, ResponseStatus::cancelled, reason);
}

void ModelServer::finish(Running& running, ResponseStatus status, const std::string& reason) {
  for (auto& [id, call] : calls)
    if (call.response_id == running.id) call.parent_over = true;
  Response done = response(running);
  done.status = status;
  done.reason = reason;
  if (!running.hidden_end) out.push_back(ResponseDone{done});
  if (!running.hidden_end && manners_.goes_on_after_the_end) {
    out.push_back(OutputTranscriptDelta{{running.id, "item_late", 0, 0}, "late "});
    out.push_back(ResponseDone{done});
    out.push_back(ResponseCreated{done});
  }
  std::erase_if(running_, [&](const auto& r) { return r.get() == &running; });
  if (turn_ == Turn::waiting && !active()) answer_turn();
}

// ---- turns ----

void ModelServer::answer_turn() {
  turn_ = Turn::none;
  start({}, "");
}

void ModelServer::speech() {
  ++time;
  if (turn_ == Turn::speaking || turn_ == Turn::stopped) return advance_turn();
  turn_ = Turn::speaking; // an answer to the turn before that has not begun never will
  turn_item_ = next("item_");
  out.push_back(SpeechStarted{0, turn_item_});
  if (Running* running = active()) cut(*running, "turn_detected");
}

void ModelServer::advance_turn() {
  if (turn_ == Turn::speaking) {
    turn_ = Turn::stopped;
    out.push_back(SpeechStopped{0, turn_item_});
    items_[turn_item_] = {};
    out.push_back(InputAudioCommitted{turn_item_, std::nullopt});
    return;
  }
  if (turn_ != Turn::stopped) return;
  if (!active()) return answer_turn();
  turn_ = manners_.drops_waiting_turns ? Turn::none : Turn::waiting;
}

bool ModelServer::act() {
  const bool turn = turn_ == Turn::speaking || turn_ == Turn::stopped;
  const auto choices = running_.size() + mcp_running_.size() + (turn ? 1 : 0);
  if (choices == 0) return false;
  ++time;
  const auto which = random_() % choices;
  if (which < running_.size())
    advance(*running_[which]);
  else if (which < running_.size() + mcp_running_.size())
    finish_mcp_call(which - running_.size());
  else
    advance_turn();
  return true;
}

} // namespace rt::session::test
