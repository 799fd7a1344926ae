#include "support/fake_speechless_server.h"

#include "audio/base64.h"
#include "protocol/config_fields.h"

#include <utility>

namespace rt::test {

using namespace protocol;

FakeSpeechlessServer::FakeSpeechlessServer(FakeTransport& transport, const Options& options)
    : transport_(transport), options_(options) {
  session_.id = "sess_1";
  session_.model = "test-model";
  session_.config.output_modality = Modality::audio;
  session_.config.input_format = audio::pcm16_24k;
  session_.config.output_format = audio::pcm16_24k;
  session_.config.turn_detection = TurnDetection{};
  session_.config.voice = "alloy";
  // A connection that has ended meanwhile hears no answer.
  transport_.when_opened([this](Executor& executor) {
    if (options_.greets)
      executor.post([this] {
        if (transport_.dialing()) introduce();
      });
  });
  transport_.when_sent([this](Executor& executor, const std::string& text) {
    if (text.find("input_audio_buffer.append") != std::string::npos) return;
    executor.post([this, text] {
      if (transport_.connected()) answer(decode_client(text, transport_.dialect()));
    });
  });
}

void FakeSpeechlessServer::introduce() {
  transport_.accept();
  transport_.deliver(SessionCreated{session_});
}

namespace {

// As servers do: what an object leaves out stays, while its kind does.
void keep_absent_parts(SessionConfig& config, const SessionConfig& before) {
  const auto keep = [](const auto& old, auto& now) {
    if (!now) now = old;
  };
  if (config.turn_detection && before.turn_detection &&
      config.turn_detection->mode == before.turn_detection->mode) {
    TurnDetection& turn = *config.turn_detection;
    const TurnDetection& old = *before.turn_detection;
    keep(old.threshold, turn.threshold);
    keep(old.prefix_padding_ms, turn.prefix_padding_ms);
    keep(old.silence_duration_ms, turn.silence_duration_ms);
    keep(old.idle_timeout_ms, turn.idle_timeout_ms);
    keep(old.eagerness, turn.eagerness);
    keep(old.create_response, turn.create_response);
    keep(old.interrupt_response, turn.interrupt_response);
  }
  if (config.transcription && *config.transcription != Transcription{} && before.transcription) {
    keep(before.transcription->model, config.transcription->model);
    keep(before.transcription->language, config.transcription->language);
    keep(before.transcription->prompt, config.transcription->prompt);
  }
}

} // namespace

void FakeSpeechlessServer::acknowledge(const SessionConfig& asked) {
  const SessionConfig before = session_.config;
  overlay(session_.config, asked);
  keep_absent_parts(session_.config, before);
  transport_.deliver(SessionUpdated{session_});
}

void FakeSpeechlessServer::answer(const ClientEvent& event) {
  if (const auto* update = std::get_if<SessionUpdate>(&event.body)) {
    if (options_.acknowledges) acknowledge(update->config);
  } else if (const auto* create = std::get_if<ItemCreate>(&event.body)) {
    Item item = create->item;
    if (item.id.empty()) item.id = "item_" + std::to_string(next_id_++);
    transport_.deliver(ItemAdded{item, std::nullopt});
    transport_.deliver(ItemDone{item, std::nullopt});
  } else if (std::holds_alternative<InputAudioCommit>(event.body)) {
    commit("item_" + std::to_string(next_id_++));
  } else if (std::holds_alternative<InputAudioClear>(event.body)) {
    transport_.deliver(InputAudioCleared{});
  } else if (std::holds_alternative<SessionClose>(event.body)) {
    transport_.deliver(SessionClosed{});
    if (transport_.connected()) transport_.end({ErrorKind::closed_by_server, "closed"});
  } else if (const auto* truncate = std::get_if<ItemTruncate>(&event.body)) {
    transport_.deliver(ItemTruncated{truncate->item_id, truncate->content_index, truncate->audio_end_ms});
  } else if (const auto* gone = std::get_if<ItemDelete>(&event.body)) {
    transport_.deliver(ItemDeleted{gone->item_id});
  } else if (std::holds_alternative<ResponseCancel>(event.body)) {
    while (!open_.empty())
      end_response(std::string(*open_.begin()), ResponseStatus::cancelled);
  } else if (std::holds_alternative<ResponseCreate>(event.body) && options_.responds) {
    const std::string id = begin_response();
    if (options_.reply.empty()) return;
    const std::string item_id = "item_" + std::to_string(next_id_++);
    say(id, item_id, {reinterpret_cast<const std::uint8_t*>(options_.reply.data()), options_.reply.size()});
    end_item(id, item_id);
    end_response(id);
  }
}

std::string FakeSpeechlessServer::begin_response() {
  Response response;
  response.id = "resp_" + std::to_string(next_id_++);
  response.conversation_id = "conv_1";
  open_.insert(response.id);
  transport_.deliver(ResponseCreated{response});
  return response.id;
}

void FakeSpeechlessServer::say(const std::string& response_id, const std::string& item_id,
                               std::span<const std::uint8_t> bytes) {
  std::string text;
  audio::base64_append(text, bytes);
  transport_.deliver(OutputAudioDelta{{response_id, item_id, 0, 0}, std::move(text)});
}

void FakeSpeechlessServer::end_item(const std::string& response_id, const std::string& item_id) {
  transport_.deliver(OutputAudioDone{{response_id, item_id, 0, 0}});
}

void FakeSpeechlessServer::call_tool(const std::string& response_id, const std::string& item_id,
                                     const std::string& call_id, const std::string& name,
                                     const std::string& arguments) {
  Item call;
  call.id = item_id;
  call.type = Item::Type::function_call;
  call.status = "in_progress";
  call.call_id = call_id;
  call.name = name;
  transport_.deliver(OutputItemAdded{response_id, 0, call});
  transport_.deliver(FunctionArgumentsDone{{response_id, item_id, 0, 0}, call_id, name, arguments});
  call.status = "completed";
  call.arguments = arguments;
  transport_.deliver(OutputItemDone{response_id, 0, call});
}

namespace {

Item mcp_item(Item::Type type, const std::string& id, const std::string& name, const std::string& arguments) {
  Item item;
  item.type = type;
  item.id = id;
  item.server_label = "docs";
  item.name = name;
  item.arguments = arguments;
  return item;
}

} // namespace

void FakeSpeechlessServer::call_mcp(const std::string& response_id, const std::string& item_id,
                                    const std::string& name, const std::string& arguments) {
  const Item call = mcp_item(Item::Type::mcp_call, item_id, name, "");
  transport_.deliver(OutputItemAdded{response_id, 0, call});
  transport_.deliver(ItemAdded{call, std::nullopt});
  transport_.deliver(McpArgumentsDone{{response_id, item_id, 0, 0}, arguments});
}

void FakeSpeechlessServer::ask_approval(const std::string& response_id, const std::string& request_id,
                                        const std::string& name, const std::string& arguments) {
  const Item request = mcp_item(Item::Type::mcp_approval_request, request_id, name, arguments);
  transport_.deliver(OutputItemAdded{response_id, 1, request});
  transport_.deliver(ItemAdded{request, std::nullopt});
  transport_.deliver(ItemDone{request, std::nullopt});
  transport_.deliver(OutputItemDone{response_id, 1, request});
}

void FakeSpeechlessServer::end_mcp(const std::string& item_id, const std::string& name,
                                   const std::string& output) {
  Item call = mcp_item(Item::Type::mcp_call, item_id, name, "{}");
  call.output = output;
  transport_.deliver(McpCallInProgress{item_id, 0});
  transport_.deliver(McpCallCompleted{item_id, 0});
  transport_.deliver(ItemDone{call, std::nullopt});
}

void FakeSpeechlessServer::end_response(const std::string& response_id, ResponseStatus status) {
  Response response;
  response.id = response_id;
  response.status = status;
  response.conversation_id = "conv_1";
  open_.erase(response_id);
  transport_.deliver(ResponseDone{response});
}

void FakeSpeechlessServer::commit(const std::string& item_id) {
  transport_.deliver(InputAudioCommitted{item_id, std::nullopt});
}

void FakeSpeechlessServer::refuse(const std::string& event_id, const std::string& code) {
  ErrorInfo error;
  error.type = "invalid_request_error";
  error.code = code;
  error.message = "Refused: " + code;
  error.event_id = event_id;
  transport_.deliver(ErrorEvent{error});
}

} // namespace rt::test
