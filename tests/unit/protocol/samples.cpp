#include "samples.h"

namespace rt::protocol::samples {

namespace {

ContentPart part(ContentPart::Type type, std::optional<std::string> text,
                 std::optional<std::string> transcript = {}, std::optional<std::string> audio = {}) {
  ContentPart out;
  out.type = type;
  out.text = std::move(text);
  out.transcript = std::move(transcript);
  out.audio = std::move(audio);
  return out;
}

Item message(Item::Role role, std::vector<ContentPart> content, std::string id = "item_1") {
  Item item;
  item.id = std::move(id);
  item.role = role;
  item.status = "completed";
  item.content = std::move(content);
  return item;
}

Item call() {
  Item item;
  item.id = "item_2";
  item.type = Item::Type::function_call;
  item.status = "completed";
  item.call_id = "call_1";
  item.name = "get_weather";
  item.arguments = R"({"city":"Köln"})";
  return item;
}

Item call_output() {
  Item item;
  item.id = "item_3";
  item.type = Item::Type::function_call_output;
  item.call_id = "call_1";
  item.output = R"({"sky":"grey"})";
  return item;
}

Item mcp_item(Item::Type type, const char* id) {
  Item item;
  item.id = id;
  item.type = type;
  item.server_label = "docs";
  return item;
}

std::vector<Item> mcp_items() {
  Item offered = mcp_item(Item::Type::mcp_list_tools, "item_4");
  offered.tools = Json{R"([{"name":"find","description":null,"input_schema":{"type":"object"}}])"};
  Item asked = mcp_item(Item::Type::mcp_approval_request, "item_5");
  asked.name = "find";
  asked.arguments = R"({"q":"Köln"})";
  Item called = mcp_item(Item::Type::mcp_call, "item_6");
  called.name = "find";
  called.arguments = asked.arguments;
  Item answered = called, failed = called;
  answered.approval_request_id = asked.id;
  answered.output = awkward;
  failed.error = Json{R"({"type":"http_error","code":503,"message":"busy"})"};
  Item approved;
  approved.id = "item_7";
  approved.type = Item::Type::mcp_approval_response;
  approved.approval_request_id = asked.id;
  approved.approve = true;
  Item refused = approved;
  refused.approve = false;
  refused.reason = awkward;
  return {offered, asked, called, answered, failed, approved, refused};
}

// The dialect with GA's events, but beta's sessions, says nothing of a response's sound.
Response finished_response(Dialect dialect) {
  Response response;
  response.id = "resp_1";
  response.status = ResponseStatus::completed;
  response.conversation_id = "conv_1";
  response.output = {message(Item::Role::assistant, {part(ContentPart::Type::output_audio, {}, awkward)}),
                     call()};
  Usage usage;
  usage.total = 15, usage.input = 10, usage.output = 5, usage.input_text = 4, usage.input_audio = 5;
  usage.input_image = 1, usage.cached = 3, usage.cached_text = 1, usage.cached_audio = 1,
  usage.cached_image = 1;
  usage.output_text = 2, usage.output_audio = 3;
  response.usage = usage;
  response.metadata = Json{R"({"purpose":"test"})"};
  response.output_modality = Modality::audio;
  if (dialect != Dialect::hybrid) {
    response.voice = "marin";
    response.output_format = audio::pcm16_24k;
  }
  response.max_output_tokens = infinite_tokens;
  return response;
}

std::vector<Response> ended_responses(Dialect dialect) {
  std::vector<Response> all(4, finished_response(dialect));
  all[0].status = ResponseStatus::cancelled, all[0].reason = "turn_detected";
  all[0].output.clear();
  all[1].status = ResponseStatus::failed, all[1].error_type = "server_error";
  all[1].error_code = "rate_limit_exceeded", all[1].error_message = awkward;
  all[1].usage.reset();
  all[2].status = ResponseStatus::incomplete, all[2].reason = "max_output_tokens";
  if (dialect != Dialect::hybrid) all[2].output_format = audio::alaw_8k;
  all[3].conversation_id.reset();
  all[3].output_modality = Modality::text;
  return all;
}

SessionInfo session_info(SessionConfig config, SessionType type = SessionType::conversation) {
  SessionInfo info;
  info.id = "sess_1";
  info.model = type == SessionType::conversation ? "gpt-realtime" : "";
  info.type = type;
  info.expires_at = 1785217650;
  info.config = std::move(config);
  return info;
}

const ContentRef at{"resp_1", "item_1", 1, 2};
const ContentRef call_at{"resp_1", "item_2", 1, 0};

bool has_events_of_ga(Dialect dialect) {
  return dialect == Dialect::ga || dialect == Dialect::hybrid;
}

void add_turn_events(std::vector<ServerEvent>& out, Dialect dialect) {
  const Item user = message(Item::Role::user, {part(ContentPart::Type::input_audio, {}, "hello")});
  out.push_back({"ev_10", SpeechStarted{120, "item_1"}});
  out.push_back({"ev_11", SpeechStopped{4500, "item_1"}});
  out.push_back({"ev_12", InputAudioCommitted{"item_1", std::nullopt}});
  out.push_back({"ev_13", InputAudioCommitted{"item_1", "item_0"}});
  out.push_back({"ev_14", InputAudioCleared{}});
  if (has_events_of_ga(dialect)) {
    out.push_back({"ev_15", IdleTimeout{1000, 7000, "item_1"}});
    out.push_back({"", DtmfReceived{"#", 1785217650}});
  }
  out.push_back({"ev_16", ConversationCreated{"conv_1"}});
  out.push_back({"ev_17", ItemAdded{user, "item_0"}});
  if (has_events_of_ga(dialect)) out.push_back({"ev_18", ItemDone{user, std::nullopt}});
  out.push_back({"ev_19", ItemRetrieved{user}});
  out.push_back({"ev_20", ItemDeleted{"item_1"}});
  out.push_back({"ev_21", ItemTruncated{"item_1", 0, 1500}});
  const Json logprobs{R"([{"token":"hi","logprob":-0.5,"bytes":[104,105]}])"};
  out.push_back({"ev_22", InputTranscriptDelta{"item_1", 0, awkward}});
  out.push_back({"ev_22", InputTranscriptDelta{"item_1", 0, "hi", logprobs}});
  out.push_back({"ev_23", InputTranscriptCompleted{"item_1", 0, awkward, 1.5}});
  out.push_back(
      {"ev_23", InputTranscriptCompleted{"item_1", 0, "hi", 0.0, Usage{}, {"de", "en"}, logprobs, true}});
  out.push_back({"ev_23", InputTranscriptSegment{"item_1", 1, "seg_1", "B", awkward, 0.5, 2.25}});
  out.push_back(
      {"ev_24",
       InputTranscriptFailed{"item_1", 0, {"transcription_error", "audio_unintelligible", "what?", "", ""}}});
  for (const Item& item : items(dialect))
    out.push_back({"ev_25", ItemAdded{item, "item_0"}});
}

void add_response_events(std::vector<ServerEvent>& out, Dialect dialect) {
  const Item reply = message(Item::Role::assistant, {});
  Response started;
  started.id = "resp_1";
  out.push_back({"ev_30", ResponseCreated{started}});
  Response finished = finished_response(dialect);
  if (dialect == Dialect::beta) finished.temperature = 0.8;
  out.push_back({"ev_31", ResponseDone{std::move(finished)}});
  for (Response& response : ended_responses(dialect))
    out.push_back({"ev_32", ResponseDone{std::move(response)}});
  out.push_back({"ev_33", OutputItemAdded{"resp_1", 0, reply}});
  out.push_back({"ev_34", OutputItemDone{"resp_1", 1, call()}});
  out.push_back({"ev_35", ContentPartAdded{at, part(ContentPart::Type::output_audio, {}, "")}});
  out.push_back({"ev_36", ContentPartDone{at, part(ContentPart::Type::output_text, awkward)}});
  out.push_back({"ev_37", OutputAudioDelta{at, "AAECAwQF"}});
  out.push_back({"ev_38", OutputAudioDone{at}});
  out.push_back({"ev_39", OutputTranscriptDelta{at, awkward}});
  out.push_back({"ev_40", OutputTranscriptDone{at, awkward}});
  out.push_back({"ev_41", OutputTextDelta{at, awkward}});
  out.push_back({"ev_42", OutputTextDone{at, awkward}});
  out.push_back({"ev_43", FunctionArgumentsDelta{call_at, "call_1", "{\"ci"}});
  out.push_back({"ev_44", FunctionArgumentsDone{call_at, "call_1", "get_weather", "{\"city\":1}"}});
  out.push_back({"ev_45", RateLimits{{{"requests", 100, 99, 0.5}, {"tokens", 40000, 39000, 60}}}});
}

void add_mcp_events(std::vector<ServerEvent>& out) {
  out.push_back({"ev_50", McpListToolsInProgress{"item_4"}});
  out.push_back({"ev_51", McpListToolsCompleted{"item_4"}});
  out.push_back({"ev_52", McpListToolsFailed{"item_4"}});
  out.push_back({"ev_53", McpArgumentsDelta{call_at, "{\"ci"}});
  out.push_back({"ev_54", McpArgumentsDone{call_at, "{\"city\":1}"}});
  out.push_back({"ev_55", McpCallInProgress{"item_6", 1}});
  out.push_back({"ev_56", McpCallCompleted{"item_6", 1}});
  out.push_back({"ev_57", McpCallFailed{"item_6", 1}});
  out.push_back({"ev_58", OutputBufferStarted{"resp_1"}});
  out.push_back({"ev_59", OutputBufferStopped{"resp_1"}});
  out.push_back({"ev_60", OutputBufferCleared{"resp_1"}});
}

ResponseOptions all_options(Dialect dialect) {
  ResponseOptions options;
  options.instructions = awkward;
  options.output_modality = Modality::audio;
  if (dialect != Dialect::hybrid) {
    options.voice = "cedar";
    options.output_format = audio::ulaw_8k;
    options.tools = tools;
    options.tool_choice = Json{R"("required")"};
  }
  options.max_output_tokens = infinite_tokens;
  options.conversation = "none";
  options.metadata = Json{R"({"topic":"test"})"};
  options.input = Json{R"([{"type":"item_reference","id":"item_1"},)"
                       R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}])"};
  if (dialect == Dialect::beta) options.temperature = 0.7;
  if (dialect == Dialect::ga)
    options.extra = Json{R"({"parallel_tool_calls":true,"reasoning":{"effort":"low"}})"};
  return options;
}

} // namespace

namespace {

std::vector<ServerEvent> translation_server_events() {
  std::vector<ServerEvent> out;
  out.push_back(
      {"ev_1", ErrorEvent{{"invalid_request_error", "invalid_value", awkward, "session.audio", "my_1"}}});
  for (const SessionConfig& config : configs(Dialect::translation)) {
    SessionInfo info = session_info(config, SessionType::translation);
    info.model = "gpt-realtime-translate";
    if (info.config.transcription && info.config.transcription->model)
      info.config.transcription->language = "en";
    out.push_back({"ev_2", SessionCreated{info}});
    out.push_back({"ev_3", SessionUpdated{std::move(info)}});
  }
  out.push_back({"ev_4", StreamAudioDelta{"AAECAwQF", 24000, 1200}});
  out.push_back({"ev_5", StreamAudioDelta{"AAECAwQF", 24000, {}}});
  out.push_back({"ev_6", StreamOutputText{awkward, 1200}});
  out.push_back({"ev_7", StreamInputText{awkward, 1400}});
  out.push_back({"ev_8", SessionClosed{}});
  return out;
}

std::vector<ClientEvent> translation_client_events() {
  std::vector<ClientEvent> out;
  for (SessionConfig& config : configs(Dialect::translation))
    out.push_back({"my_1", SessionUpdate{std::move(config), SessionType::translation}});
  out.push_back({"", InputAudioAppend{"AAAA"}});
  out.push_back({"my_2", SessionClose{}});
  return out;
}

} // namespace

std::vector<Item> items(Dialect dialect) {
  if (dialect == Dialect::translation) return {};
  ContentPart image = part(ContentPart::Type::input_image, {});
  image.image_url = "data:image/png;base64,AAAA";
  image.detail = "low";
  std::vector<Item> out = {
      message(Item::Role::user, {part(ContentPart::Type::input_text, awkward)}),
      message(Item::Role::user, {part(ContentPart::Type::input_audio, {}, "hi", "AAAA")}, ""),
      message(Item::Role::system, {part(ContentPart::Type::input_text, "Be brief.")}),
      message(Item::Role::assistant, {part(ContentPart::Type::output_text, awkward)}),
      message(Item::Role::assistant, {part(ContentPart::Type::output_audio, {}, "yes")}),
      message(Item::Role::assistant, {}),
      call(),
      call_output(),
  };
  if (dialect == Dialect::ga) {
    out.push_back(message(Item::Role::user, {part(ContentPart::Type::input_text, "look"), image}));
    for (Item& item : mcp_items())
      out.push_back(std::move(item));
  }
  std::erase_if(out, [](const Item& item) { return item.id.empty(); });
  return out;
}

std::vector<ServerEvent> server_events(Dialect dialect) {
  if (dialect == Dialect::translation) return translation_server_events();
  std::vector<ServerEvent> out;
  out.push_back(
      {"ev_1", ErrorEvent{{"invalid_request_error", "unknown_parameter", awkward, "session.foo", "my_1"}}});
  out.push_back({"ev_2", ErrorEvent{{"server_error", "", "oops", "", ""}}});
  for (const SessionConfig& config : configs(dialect)) {
    if (config.prompt == Json{"null"}) continue;
    out.push_back({"ev_3", SessionCreated{session_info(config)}});
    out.push_back({"ev_4", SessionUpdated{session_info(config)}});
  }
  if (dialect != Dialect::hybrid) {
    out.push_back({"ev_5", SessionCreated{session_info(ear(dialect), SessionType::transcription)}});
    out.push_back({"ev_6", SessionUpdated{session_info(ear(dialect), SessionType::transcription)}});
  }
  add_turn_events(out, dialect);
  add_response_events(out, dialect);
  add_mcp_events(out);
  return out;
}

std::vector<ClientEvent> client_events(Dialect dialect) {
  if (dialect == Dialect::translation) return translation_client_events();
  std::vector<ClientEvent> out;
  for (SessionConfig& config : configs(dialect))
    out.push_back({"my_1", SessionUpdate{std::move(config), SessionType::conversation}});
  if (dialect != Dialect::hybrid)
    out.push_back({"", SessionUpdate{ear(dialect), SessionType::transcription}});
  out.push_back({"", InputAudioAppend{"AAAA"}});
  out.push_back({"my_2", InputAudioCommit{}});
  out.push_back({"my_3", InputAudioClear{}});
  for (Item& item : items(dialect))
    out.push_back({"my_4", ItemCreate{std::move(item), "root"}});
  out.push_back(
      {"", ItemCreate{message(Item::Role::user, {part(ContentPart::Type::input_text, "hi")}, ""), {}}});
  out.push_back({"my_5", ItemRetrieve{"item_1"}});
  out.push_back({"my_6", ItemDelete{"item_1"}});
  out.push_back({"my_7", ItemTruncate{"item_1", 0, 1234567}});
  out.push_back({"my_8", ResponseCreate{}});
  out.push_back({"my_9", ResponseCreate{all_options(dialect)}});
  ResponseOptions text;
  text.output_modality = Modality::text;
  text.max_output_tokens = 50;
  out.push_back({"", ResponseCreate{text}});
  out.push_back({"my_10", ResponseCancel{}});
  out.push_back({"my_11", ResponseCancel{"resp_1"}});
  out.push_back({"my_12", OutputBufferClear{}});
  return out;
}

} // namespace rt::protocol::samples
