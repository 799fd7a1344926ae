#include "call.h"

#include "failure.h"

#include <sofia-sip/sip.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <stdexcept>

namespace telephone {
namespace {

// A server that acknowledges no settings: they are taken as accepted.
constexpr guint settle_ms = 2000;
// A farewell that is never heard must not keep the line.
constexpr guint farewell_limit_s = 30;

std::string text_of(const GstStructure* fields, const char* name) {
  const char* text = gst_structure_get_string(fields, name);
  return text ? text : "";
}

bool flag_of(const GstStructure* fields, const char* name) {
  gboolean value = FALSE;
  return gst_structure_get_boolean(fields, name, &value) && value;
}

std::string_view description_of(const sip_t* message) {
  const sip_payload_t* payload = message ? message->sip_payload : nullptr;
  return payload ? std::string_view(payload->pl_data, payload->pl_len) : std::string_view();
}

std::string url_text(const url_t* url) {
  return std::string(url->url_user ? url->url_user : "") + "@" + (url->url_host ? url->url_host : "");
}

} // namespace

Call::Call(unsigned id, nua_handle_t* handle, const Settings& settings, const Number& number,
           std::function<void()> ended)
    : id_(id), handle_(handle), settings_(settings), number_(number), ended_(std::move(ended)),
      session_id_(g_random_int()), version_(session_id_) {}

Call::~Call() = default;

// ---- SIP ----

void Call::invited(const sip_t* message) {
  const sip_content_type_t* type = message->sip_content_type;
  if (!description_of(message).empty() &&
      (!type || !type->c_type || g_ascii_strcasecmp(type->c_type, "application/sdp") != 0)) {
    nua_respond(handle_, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR("application/sdp"), TAG_END());
    if (state_ == State::ringing) end("refused: 415, the offer is no application/sdp");
    return;
  }
  if (!media_)
    accept(message);
  else
    renegotiate(message);
}

void Call::accept(const sip_t* message) {
  say("call %u: from %s to %s", id_, url_text(message->sip_from->a_url).c_str(),
      url_text(message->sip_to->a_url).c_str());
  Codec codec = known_codecs.front();
  if (const auto offer = description_of(message); offer.empty()) {
    awaits_answer_ = true;
  } else {
    const auto read = read_description(offer, known_codecs, settings_.address);
    if (const auto* refusal = std::get_if<Refusal>(&read)) return refuse(*refusal);
    remote_ = std::get<Remote>(read);
    codec = remote_->codec;
  }
  auto sockets = open_rtp_sockets(settings_.address, settings_.rtp_low, settings_.rtp_high);
  if (!sockets) return hang_up(SIP_503_SERVICE_UNAVAILABLE, "no RTP port is free");
  try {
    media_.emplace(settings_, number_.realtime, std::move(*sockets), codec,
                   static_cast<Media::Listener&>(*this));
  } catch (const std::runtime_error& error) {
    return hang_up(SIP_500_INTERNAL_SERVER_ERROR, error.what());
  }
  nua_respond(handle_, SIP_180_RINGING, TAG_END());
  media_->dial();
}

void Call::renegotiate(const sip_t* message) {
  const auto offer = description_of(message);
  if (offer.empty()) {
    awaits_answer_ = true;
    return respond(write_offer(media_->codec(), local()));
  }
  const auto read = read_description(offer, {media_->codec()}, settings_.address);
  const auto* remote = std::get_if<Remote>(&read);
  if (!remote || remote->codec != media_->codec()) {
    // The call goes on as it was.
    const std::string why = remote ? "the payload type cannot change" : std::get<Refusal>(read).text;
    say("call %u: change refused: %s", id_, why.c_str());
    nua_respond(handle_, SIP_488_NOT_ACCEPTABLE, TAG_END());
    return;
  }
  remote_ = *remote;
  apply_remote();
  respond(write_answer(*remote_, local()));
}

void Call::acknowledged(const sip_t* message) {
  if (!std::exchange(awaits_answer_, false) || state_ != State::answered) return;
  const auto read = read_description(description_of(message), {media_->codec()}, settings_.address);
  const auto* remote = std::get_if<Remote>(&read);
  if (!remote || remote->codec != media_->codec())
    return hang_up(SIP_488_NOT_ACCEPTABLE, "the answer to our offer cannot be used");
  remote_ = *remote;
  apply_remote();
  media_->start();
}

void Call::ended_by_peer(const std::string& how) {
  end(how);
}

void Call::hang_up(int status, const char* phrase, const std::string& why, unsigned retry_after_s) {
  const std::string reason = "SIP;cause=" + std::to_string(status) + ";text=\"" + phrase + "\"";
  const std::string later = std::to_string(retry_after_s);
  if (state_ == State::ringing) {
    nua_respond(handle_, status, phrase, TAG_IF(retry_after_s > 0, SIPTAG_RETRY_AFTER_STR(later.c_str())),
                TAG_END());
    end("refused: " + std::to_string(status) + ", " + why);
  } else if (state_ == State::answered) {
    nua_bye(handle_, SIPTAG_REASON_STR(reason.c_str()), TAG_END());
    end(why);
  }
}

void Call::refuse(const Refusal& refusal) {
  const std::string warning =
      std::to_string(refusal.warning) + " " + settings_.host() + " \"" + refusal.text + "\"";
  nua_respond(handle_, refusal.status, refusal.phrase, SIPTAG_WARNING_STR(warning.c_str()), TAG_END());
  end("refused: " + std::to_string(refusal.status) + ", " + refusal.text);
}

void Call::respond(const std::string& description) {
  nua_respond(handle_, SIP_200_OK, SIPTAG_CONTENT_TYPE_STR("application/sdp"),
              SIPTAG_PAYLOAD_STR(description.c_str()), TAG_END());
}

Local Call::local() {
  return {{settings_.address, media_->port()}, session_id_, version_++};
}

// ---- life ----

void Call::answer() {
  if (state_ != State::ringing) return;
  state_ = State::answered;
  settled_ = {};
  answered_at_ = g_get_monotonic_time();
  say("call %u: answered, %s, RTP %s:%u", id_, media_->codec().name.c_str(), settings_.address.c_str(),
      media_->port());
  if (!remote_) return respond(write_offer(media_->codec(), local()));
  respond(write_answer(*remote_, local()));
  apply_remote();
  media_->start();
}

void Call::apply_remote() {
  media_->set_remote(*remote_);
  if (media_->hold(!remote_->receives)) say("call %u: %s", id_, remote_->receives ? "resumed" : "on hold");
  media_->expect_audio(remote_->receives && remote_->sends);
}

void Call::end(const std::string& how) {
  if (std::exchange(state_, State::ended) == State::ended) return;
  keys_pause_ = {};
  farewell_limit_ = {};
  settled_ = {};
  const double seconds = answered_at_ ? static_cast<double>(g_get_monotonic_time() - answered_at_) / 1e6 : 0;
  const Media::Counts counts = media_ && answered_at_ ? media_->counts() : Media::Counts{};
  say("call %u: ended after %.1f s: %s; packets received %" G_GUINT64_FORMAT ", lost %" G_GUINT64_FORMAT
      ", sent %" G_GUINT64_FORMAT,
      id_, seconds, how.c_str(), counts.received, counts.lost, counts.sent);
  // No idle priority: SIP that is busy would put it off.
  deletion_ = SourceId(g_timeout_add(
      0,
      [](gpointer self) -> gboolean {
        auto& call = *static_cast<Call*>(self);
        call.deletion_.ended();
        const auto ended = call.ended_; // deletes the call
        ended();
        return G_SOURCE_REMOVE;
      },
      this));
}

// ---- the conversation ----

void Call::on_message(const std::string& name, const GstStructure* fields) {
  if (state_ == State::ended) return;
  if (name == "session-created") {
    settled_ = SourceId(g_timeout_add(
        settle_ms,
        [](gpointer self) -> gboolean {
          static_cast<Call*>(self)->settled_.ended();
          static_cast<Call*>(self)->answer();
          return G_SOURCE_REMOVE;
        },
        this));
  } else if (name == "session-updated") {
    answer();
  } else if (name == "transcript") {
    transcript(fields);
  } else if (name == "tool-call") {
    tool_call(fields);
  } else if (name == "response-done") {
    step(farewell_.response_done(text_of(fields, "response-id")));
  } else if (name == "playback-finished") {
    guint64 heard_ms = 0;
    gst_structure_get_uint64(fields, "heard-ms", &heard_ms);
    say("call %u: answer heard, %" G_GUINT64_FORMAT " ms", id_, heard_ms);
  } else if (name == "interrupted") {
    say("call %u: interrupted", id_);
    step(farewell_.interrupted(text_of(fields, "item-id")));
  } else if (name == "error") {
    say("call %u: the server says: %s", id_, text_of(fields, "message").c_str());
  }
}

void Call::transcript(const GstStructure* fields) {
  const bool model = text_of(fields, "role") == "assistant", final_text = flag_of(fields, "final");
  const bool truncated = flag_of(fields, "truncated");
  if (final_text)
    say("call %u: %s%s: %s", id_, model ? "model" : "caller", truncated ? " (heard)" : "",
        text_of(fields, "text").c_str());
  if (!model || truncated) return; // what was cut is told by "interrupted"
  Farewell::Part part{text_of(fields, "item-id"), 0};
  gst_structure_get_uint64(fields, "content-index", &part.index);
  farewell_.words(text_of(fields, "response-id"), part);
  if (final_text) step(farewell_.heard(part)); // the last word on a part comes when it was heard
}

void Call::tool_call(const GstStructure* fields) {
  const std::string name = text_of(fields, "name"), call_id = text_of(fields, "call-id"),
                    arguments = text_of(fields, "arguments");
  say("call %u: %s(%s)", id_, name.c_str(), arguments.c_str());
  if (number_.hang_up && name == hang_up_tool) {
    farewell_limit_ = SourceId(g_timeout_add_seconds(
        farewell_limit_s,
        [](gpointer self) -> gboolean {
          static_cast<Call*>(self)->farewell_limit_.ended();
          static_cast<Call*>(self)->step(Farewell::Step::hang_up);
          return G_SOURCE_REMOVE;
        },
        this));
    return step(farewell_.asked(call_id, text_of(fields, "response-id")));
  }
  for (const Tool& tool : number_.tools)
    if (tool.name == name)
      return tools_.run(tool, arguments, [this, call_id](const std::string& output) {
        media_->send_tool_output(call_id, output);
      });
  media_->send_tool_output(call_id, "There is no function " + name + ".");
}

void Call::step(Farewell::Step step) {
  switch (step) {
  case Farewell::Step::wait:
    return;
  case Farewell::Step::hang_up:
    return hang_up(SIP_200_OK, "the model has said goodbye");
  case Farewell::Step::ask_for_words:
    media_->send_tool_output(farewell_.take_call_id(), "Say goodbye now; then the call ends.");
    return;
  case Farewell::Step::go_on:
    farewell_limit_ = {};
    if (const std::string call_id = farewell_.take_call_id(); !call_id.empty())
      media_->send_tool_output(call_id, "The caller went on speaking: the call was not ended.");
    return;
  }
}

void Call::on_key(char key) {
  if (state_ != State::answered) return;
  say("call %u: key %c", id_, key);
  keys_ += key;
  keys_pause_ = SourceId(g_timeout_add(
      settings_.keys_pause_ms,
      [](gpointer self) -> gboolean {
        static_cast<Call*>(self)->keys_pause_.ended();
        static_cast<Call*>(self)->tell_keys();
        return G_SOURCE_REMOVE;
      },
      this));
}

void Call::tell_keys() {
  media_->send_text("The caller has pressed these keys of the telephone: " + std::exchange(keys_, {}));
}

void Call::on_warning(const std::string& text) {
  say("call %u: warning: %s", id_, text.c_str());
}

void Call::on_failed(const std::string& error_kind, const std::string& text) {
  const Status status = status_for(error_kind);
  hang_up(status.code, status.phrase, (error_kind.empty() ? "" : error_kind + ": ") + text,
          status.retry_after_s);
}

void Call::on_silence() {
  hang_up(SIP_408_REQUEST_TIMEOUT,
          "no audio came from the caller for " + std::to_string(settings_.rtp_timeout_s) + " s");
}

} // namespace telephone
