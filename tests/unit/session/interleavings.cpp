// A whole session against a server that keeps the protocol's books, in thousands of random interleavings of
// caller, application, tools, server and network. What must hold in all of them is checked as it happens and
// when everything has come to rest. RT_SEED=n runs one of them.
#include "model_server.h"

#include "session/session.h"
#include "support/fake_executor.h"
#include "support/fake_transport.h"

#include <glib.h>

#include <map>
#include <set>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using rt::session::test::ModelServer;

[[noreturn]] void fail(unsigned seed, const std::string& why) {
  g_error("RT_SEED=%u: %s", seed, why.c_str());
}

template<typename T>
const T* field(const Notice& notice, std::string_view name) {
  for (const auto& [key, value] : notice.fields)
    if (key == name) return std::get_if<T>(&value);
  return nullptr;
}

std::string text(const Notice& notice, std::string_view name) {
  const auto* value = field<std::string>(notice, name);
  return value ? *value : "";
}

// The application's ear: which calls were announced and cancelled, and that nothing is told of what is over.
class Ear final : public Listener {
 public:
  explicit Ear(unsigned seed) : seed_(seed) {}

  void on_notice(const Notice& notice) override {
    const std::string response = text(notice, "response-id");
    switch (notice.kind) {
    case NoticeKind::response_started:
      if (over_.contains(response)) fail(seed_, "the beginning of " + response + " was told after its end");
      if (!begun_.insert(response).second) fail(seed_, "the beginning of " + response + " was told twice");
      break;
    case NoticeKind::response_done:
      if (!over_.insert(response).second) fail(seed_, "the end of " + response + " was told twice");
      break;
    case NoticeKind::tool_call:
      if (over_.contains(response)) fail(seed_, "a call of a response that is over: " + response);
      if (!(field<bool>(notice, "out-of-band") ? beside : announced).insert(text(notice, "call-id")).second)
        fail(seed_, "a call was announced twice");
      break;
    case NoticeKind::tool_call_cancelled:
      if (!cancelled.insert(text(notice, "call-id")).second) fail(seed_, "a call was cancelled twice");
      break;
    case NoticeKind::mcp_approval_request:
      if (!requests.insert(text(notice, "request-id")).second) fail(seed_, "a request was told twice");
      break;
    case NoticeKind::mcp_approval_cancelled:
      cancelled.insert(text(notice, "request-id"));
      break;
    case NoticeKind::mcp_call:
      if (!mcp_called.insert(text(notice, "item-id")).second) fail(seed_, "an MCP call was told twice");
      break;
    case NoticeKind::mcp_call_done:
      if (!mcp_called.contains(text(notice, "item-id"))) fail(seed_, "the end of an MCP call nobody told");
      if (!mcp_done.insert(text(notice, "item-id")).second) fail(seed_, "an MCP call ended twice");
      break;
    case NoticeKind::transcript:
      on_words(notice, response);
      break;
    default:
      break;
    }
  }
  void on_warning(const Warning& warning) override { warnings.push_back(warning); }
  void on_progress(ProgressKind, const std::string&) override {}
  void on_error(const Error& error) override { fail(seed_, "the session failed: " + error.message); }
  void on_wake() override {}
  std::optional<std::string> need_api_key() override { return "key"; }

  std::set<std::string> announced, beside; // calls of the conversation and out-of-band ones
  std::set<std::string> cancelled, requests, mcp_called, mcp_done;
  std::set<std::string> unfinished; // items whose words were told, but not for good
  std::vector<Warning> warnings;

 private:
  // For good once, when it was heard or cut, which may be after the response.
  void on_words(const Notice& notice, const std::string& response) {
    const std::string item = text(notice, "item-id");
    if (finished_.contains(item)) fail(seed_, "words of an item after its last: " + item);
    if (*field<bool>(notice, "final")) {
      unfinished.erase(item);
      finished_.insert(item);
    } else {
      unfinished.insert(item);
      if (over_.contains(response)) fail(seed_, "words of a response that is over: " + response);
    }
  }

  const unsigned seed_;
  std::set<std::string> begun_, over_, finished_;
};

class Run {
 public:
  Run(unsigned seed, const ModelServer::Manners& manners)
      : seed_(seed), random_(seed), manners_(manners), server_(random_, manners),
        ear_(std::make_shared<Ear>(seed)) {
    transport_.when_sent([this](Executor&, const std::string& sent) { on_sent(sent); });
    session_ = Session::create(loop_, transport_.factory());
    session_->change_settings([](Settings& s) {
      s.uri = "ws://127.0.0.1:9/v1/realtime";
      s.tool_timeout_ms = 4000;
    });
    for (const Role role : {Role::sink, Role::src}) {
      ids_.push_back(session_->join(role, nullptr, ear_).value());
      session_->open(ids_.back(), role);
    }
    session_->set_output_format(audio::pcm16_24k);
    session_->set_input_format(audio::pcm16_24k);
    audio::Playout::Options options;
    options.cushion_ns = 0;
    session_->downlink().set_options(options);
    for (const MemberId id : ids_)
      session_->set_playing(id, true);
    loop_->run_until_idle();
    transport_.accept();
    SessionInfo info;
    info.id = "sess_1";
    info.config.turn_detection = TurnDetection{};
    transport_.deliver(SessionCreated{info});
    began_ = loop_->now();
  }

  void go(unsigned steps) {
    while (steps-- > 0)
      step();
    settle();
    judge();
    end();
  }

 private:
  // ---- what may happen ----

  void step() {
    const unsigned dice = random_() % 100;
    if (dice < 28)
      carry_up();
    else if (dice < 58)
      carry_down();
    else if (dice < 74)
      server_.act();
    else if (dice < 84)
      application();
    else if (dice < 89)
      tool();
    else if (dice < 91)
      approve();
    else if (dice < 94)
      server_.speech();
    else
      listen(20 * (1 + random_() % 5));
    loop_->run_until_idle();
    if (!server_.violation.empty()) fail(seed_, server_.violation);
  }

  void application() {
    const unsigned dice = random_() % 100;
    if (dice < 40) {
      ask();
    } else if (dice < 52) {
      // Without it every bare request is one of those that follow tools.
      if (!only_follow_ups_are_bare_) session_->send_text("Hello");
    } else if (dice < 58) {
      input();
    } else if (dice < 68) {
      const std::string mark = "mark_" + std::to_string(next_mark_++);
      session_->create_response(R"({"conversation":"none","instructions":")" + mark + R"("})");
      asked_beside_.insert(mark);
    } else if (dice < 84) {
      session_->interrupt();
      given_up();
    } else {
      session_->cancel_response();
      calls_cancelled_ = true;
      given_up();
      // What is asked for in the same moment is not meant.
      if (random_() % 3 == 0) ask();
    }
  }

  void ask() {
    const std::string mark = "mark_" + std::to_string(next_mark_++);
    const std::string options = R"({"instructions":")" + mark + R"("})";
    const bool raw = random_() % 4 == 0;
    const Outcome outcome =
        raw ? session_->send_event(R"({"type":"response.create","response":)" + options + "}")
            : session_->create_response(options);
    g_assert_true(outcome.accepted);
    asked_.insert(mark);
  }

  // The application ends or drops what the caller says.
  void input() {
    if (random_() % 2 == 0) return void(session_->clear_input());
    const std::vector<std::uint8_t> audio(48 * 120, 0x11);
    const auto now = static_cast<std::uint64_t>(loop_->now().count());
    Uplink::Input captured{audio, 0, now};
    session_->note_clock(Role::sink, now);
    session_->push(captured, true);
    session_->commit();
  }

  // Of what was asked so far some may never be started.
  void given_up() {
    excused_.insert(asked_.begin(), asked_.end());
    for (const auto& [item, call] : server_.mcp_calls)
      excused_.insert(item);
    for (auto& [call, wants] : answered_)
      wants = false;
  }

  void tool() {
    std::vector<std::string> open;
    for (const std::string& call : ear_->announced)
      if (!answered_.contains(call) && !ear_->cancelled.contains(call)) open.push_back(call);
    for (const std::string& call : ear_->beside)
      if (session_->send_tool_output(call, "?").accepted)
        fail(seed_, "an output of " + call + " was accepted");
    if (!answered_.empty() && random_() % 5 == 0)
      if (session_->send_tool_output(answered_.begin()->first, "again").accepted)
        fail(seed_, "a second output was accepted");
    if (open.empty()) return;
    const std::string call = open[random_() % open.size()];
    const bool respond = random_() % 3 != 0;
    if (session_->send_tool_output(call, "output of " + call, respond).accepted) answered_[call] = respond;
  }

  void approve() {
    for (const std::string& request : ear_->requests) {
      if (answered_requests_.contains(request) || ear_->cancelled.contains(request)) continue;
      if (!session_->approve_mcp(request, random_() % 3 != 0).accepted)
        fail(seed_, "an answer to an open request was refused");
      answered_requests_.insert(request);
      if (session_->approve_mcp(request, true).accepted) fail(seed_, "a second answer was accepted");
      return;
    }
  }

  // ---- the network and time ----

  void on_sent(const std::string& sent) {
    if (sent.find("input_audio_buffer.append") != std::string::npos) return; // the server hears none of it
    ClientEvent event = rt::test::decode_client(sent);
    if (const auto* create = std::get_if<ResponseCreate>(&event.body);
        create && create->options.conversation != "none") {
      if (well_mannered() && (!view_.empty() || !unanswered_.empty()))
        fail(seed_, "a response was asked for while one is open or asked for");
      if (only_follow_ups_are_bare_ && caller_speaks_ && !create->options.instructions)
        fail(seed_, "the model is made to talk over the caller");
      unanswered_.insert(event.event_id);
    }
    if (const auto* cancel = std::get_if<ResponseCancel>(&event.body))
      excused_.insert(cancel->response_id.value_or(""));
    up_.push_back(std::move(event));
  }

  void carry_up() {
    if (up_.empty()) return;
    const ClientEvent event = std::move(up_.front());
    up_.pop_front();
    server_.receive(event);
  }

  // The client learns something; so do the books of what it may know.
  void carry_down() {
    if (server_.out.empty()) return;
    const ModelServer::Body body = std::move(server_.out.front());
    server_.out.pop_front();
    if (const auto* created = std::get_if<ResponseCreated>(&body); created && !is_beside(created->response)) {
      if (!ended_.contains(created->response.id)) view_.insert(created->response.id);
      unanswered_.erase(server_.created_for[created->response.id]);
    }
    if (std::holds_alternative<SpeechStarted>(body)) caller_speaks_ = true;
    if (std::holds_alternative<SpeechStopped>(body) || std::holds_alternative<InputAudioCommitted>(body) ||
        std::holds_alternative<InputAudioCleared>(body))
      caller_speaks_ = false;
    if (const auto* done = std::get_if<ResponseDone>(&body)) {
      view_.erase(done->response.id);
      ended_.insert(done->response.id);
    }
    if (const auto* error = std::get_if<ErrorEvent>(&body)) unanswered_.erase(error->error.event_id);
    transport_.deliver(body);
  }

  bool is_beside(const Response& response) const { return !response.conversation_id; }
  bool well_mannered() const {
    return manners_.tells_apart() && !manners_.hides_ends && !manners_.names_no_conversation &&
           !manners_.drops_waiting_turns;
  }

  void listen(std::uint64_t milliseconds) {
    std::vector<std::uint8_t> frame(48 * 20);
    for (std::uint64_t at = 0; at < milliseconds; at += 20) {
      const auto pts = static_cast<std::uint64_t>((loop_->now() - began_).count());
      session_->downlink().read(frame, pts);
      loop_->advance(Milliseconds(20));
      auto marks = session_->downlink().advance(pts + 20'000'000, 0);
      if (!marks.empty()) session_->report_playback(std::move(marks), 0);
      loop_->run_until_idle();
    }
  }

  // ---- the end ----

  void settle() {
    // Longer than every timeout that the run's faults need.
    for (unsigned idle = 0; idle < 3;) {
      const bool moved = !up_.empty() || !server_.out.empty();
      carry_up();
      carry_down();
      loop_->run_until_idle();
      approve();
      if (moved || server_.act()) {
        idle = 0;
        continue;
      }
      listen(20);
      if (!session_->downlink().idle()) continue;
      ++idle;
      loop_->advance(std::chrono::seconds(well_mannered() ? 5 : 31));
    }
    if (!server_.violation.empty()) fail(seed_, server_.violation);
  }

  void judge() {
    for (const auto& [mark, count] : server_.started)
      if (count > 1) fail(seed_, mark + " was asked for " + std::to_string(count) + " times");
    for (const auto* all : {&asked_, &asked_beside_})
      for (const std::string& mark : *all)
        if (!server_.started.contains(mark) && !excused_.contains(mark)) fail(seed_, mark + " was lost");
    for (const auto& [call, record] : server_.calls)
      judge_call(call, record);
    for (const auto& [item, call] : server_.mcp_calls)
      judge_mcp_call(item, call);
    for (const Warning& warning : ear_->warnings)
      if (well_mannered() && warning.kind != Warning::Kind::tool_timed_out)
        fail(seed_, "a warning without a reason: " + warning.text);
  }

  void judge_call(const std::string& call, const ModelServer::Call& record) {
    const bool told = ear_->announced.contains(call), told_beside = ear_->beside.contains(call);
    if (told && told_beside) fail(seed_, call + " was announced twice");
    if (manners_.tells_apart() && (record.in_conversation ? told_beside : told || !told_beside))
      fail(seed_, call + " is not where it belongs");
    if (!record.in_conversation || told_beside) return;
    if (record.outputs != 1) fail(seed_, call + " has " + std::to_string(record.outputs) + " outputs");
    const auto answer = answered_.find(call);
    const bool ours = record.output == "output of " + call;
    if (!told) {
      if (!calls_cancelled_ || record.output.find("cancelled") == std::string::npos)
        fail(seed_, call + " was not announced");
      return;
    }
    if (ours == ear_->cancelled.contains(call)) fail(seed_, call + " was answered and cancelled, or neither");
    if (answer == answered_.end() || !answer->second || !ours) return;
    if (!manners_.tells_apart()) return; // it may be another response that was taken for the answer
    for (const std::uint64_t started : server_.started_in_conversation)
      if (started >= record.answered_at) return;
    fail(seed_, "nothing was said after the output of " + call);
  }

  void judge_mcp_call(const std::string& item, const ModelServer::McpCall& call) {
    const bool told = ear_->requests.contains(call.request_id);
    if (told && call.answers != 1) fail(seed_, call.request_id + " was not answered once");
    const bool excused = excused_.contains(item) || excused_.contains(call.response_id);
    if (call.ended_at == 0 || excused || !well_mannered()) return;
    if (!ear_->mcp_done.contains(item)) fail(seed_, "the end of " + item + " was not told");
    for (const std::uint64_t started : server_.started_in_conversation)
      if (started >= call.ended_at) return;
    fail(seed_, "nothing was said after the MCP call " + item);
  }

  // Nothing is left open: the conversation drains.
  void end() {
    session_->begin_drain();
    for (unsigned i = 0; i < 400 && !session_->downlink().ended(); ++i) {
      loop_->run_until_idle();
      carry_up();
      carry_down();
      loop_->run_until_idle();
      if (i % 10 == 9) listen(20);
    }
    if (!session_->downlink().ended()) fail(seed_, "the conversation does not come to rest");
    if (!ear_->unfinished.empty()) fail(seed_, "the words have no end: " + *ear_->unfinished.begin());
    session_->close(ids_[0], Role::sink);
    session_->close(ids_[1], Role::src);
    for (const MemberId id : ids_)
      session_->leave(id);
    session_.reset();
    loop_->advance(std::chrono::seconds(1));
    if (loop_->timers() != 0) fail(seed_, "a timer is left");
  }

  const unsigned seed_;
  std::mt19937 random_;
  const ModelServer::Manners manners_;
  ModelServer server_;
  std::shared_ptr<rt::test::FakeExecutor> loop_ = std::make_shared<rt::test::FakeExecutor>();
  rt::test::FakeTransport transport_;
  std::shared_ptr<Ear> ear_;
  std::shared_ptr<Session> session_;
  std::vector<MemberId> ids_;
  Nanoseconds began_{0};
  std::deque<ClientEvent> up_;
  // As the client can know: open responses of the conversation, requests neither created nor refused.
  std::set<std::string> view_, ended_, unanswered_;
  std::set<std::string> asked_, asked_beside_, answered_requests_;
  std::set<std::string> excused_;        // requests for responses and MCP calls
  std::map<std::string, bool> answered_; // call id -> whether something is said about it
  bool calls_cancelled_ = false, caller_speaks_ = false;
  const bool only_follow_ups_are_bare_ = seed_ % 3 == 0;
  unsigned next_mark_ = 1;
};

ModelServer::Manners manners_of(unsigned seed) {
  ModelServer::Manners manners;
  if (seed % 2 == 0) return manners;
  const unsigned bits = seed / 2;
  manners.drops_waiting_turns = bits % 2;
  manners.names_no_conversation = bits / 2 % 2;
  manners.returns_no_metadata = bits / 4 % 2;
  manners.hides_beginnings = bits / 8 % 2;
  manners.hides_ends = bits / 16 % 2;
  manners.has_no_codes = bits / 32 % 2;
  manners.takes_items_silently = bits / 64 % 2;
  manners.goes_on_after_the_end = bits / 128 % 2;
  return manners;
}

constexpr unsigned runs = 2000, steps = 70;

void interleavings() {
  if (const char* one = g_getenv("RT_SEED")) {
    const auto seed = static_cast<unsigned>(std::stoul(one));
    return Run(seed, manners_of(seed)).go(steps);
  }
  for (unsigned seed = 0; seed < runs; ++seed)
    Run(seed, manners_of(seed)).go(steps);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_unsetenv("OPENAI_API_KEY");
  g_test_add_func("/session/interleavings", interleavings);
  return g_test_run();
}
