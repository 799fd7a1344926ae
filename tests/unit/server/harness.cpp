#include "harness.h"

#include "protocol/json_value.h"
#include "server/conversation.h"
#include "server/level_detector.h"
#include "server/linear_resampler.h"
#include "server/translation.h"
#include "server/words.h"

#include <unistd.h>

#include <cmath>
#include <fstream>

namespace rt::server::test {

using namespace protocol;

struct FakeSpeech::Hearing {
  Text understood;
  Progress so_far;
};
struct FakeSpeech::Speaking {
  Samples ready;
  std::vector<std::int16_t> samples;
};

std::unique_ptr<Utterance> FakeSpeech::listen(Text understood, Progress so_far) {
  class FakeUtterance final : public Utterance {
   public:
    FakeUtterance(FakeSpeech& owner, Text done, Progress progress) : owner_(owner) {
      hearing_->understood = std::move(done);
      hearing_->so_far = std::move(progress);
      owner_.newest = hearing_;
      owner_.samples_heard = 0;
      ++owner_.utterances_open;
    }
    ~FakeUtterance() override { --owner_.utterances_open; }
    void feed(std::vector<std::int16_t> samples) override { owner_.samples_heard += samples.size(); }
    void finish() override { owner_.finished.push_back(hearing_); }

   private:
    FakeSpeech& owner_;
    std::shared_ptr<Hearing> hearing_ = std::make_shared<Hearing>();
  };
  return std::make_unique<FakeUtterance>(*this, std::move(understood), std::move(so_far));
}

bool FakeSpeech::understand_so_far(const std::string& text) {
  const auto hearing = newest.lock();
  if (!hearing || !hearing->so_far) return false;
  hearing->so_far(text);
  return true;
}

void FakeSpeech::understand(std::string text) {
  if (finished.empty()) g_error("nobody waits to be understood");
  const auto hearing = finished.back().lock();
  finished.pop_back();
  if (hearing) hearing->understood(std::move(text));
}

std::unique_ptr<SpeechJob> FakeSpeech::speak(std::string text, double speed, std::uint32_t rate,
                                             Samples ready) {
  class FakeJob final : public SpeechJob {
   public:
    explicit FakeJob(std::shared_ptr<Speaking> job) : speaking_(std::move(job)) {}

   private:
    std::shared_ptr<Speaking> speaking_;
  };
  spoken.push_back(text);
  speeds.push_back(speed);
  std::vector<std::int16_t> samples(split_words(text).size() * rate / 10, 1000);
  if (speaks_at_once) {
    ready(std::move(samples));
    return nullptr;
  }
  auto job = std::make_shared<Speaking>(Speaking{std::move(ready), std::move(samples)});
  speaking.push_back(job);
  return std::make_unique<FakeJob>(std::move(job));
}

void FakeSpeech::finish_speaking() {
  if (speaking.empty()) g_error("nothing waits to be spoken");
  const auto job = speaking.front().lock();
  speaking.erase(speaking.begin());
  if (job) job->ready(std::move(job->samples));
}

std::unique_ptr<SpeechDetector> FakeSpeech::make_detector() {
  return std::make_unique<LevelDetector>();
}

std::unique_ptr<Resampler> FakeSpeech::make_resampler(std::uint32_t from, std::uint32_t to) {
  return std::make_unique<LinearResampler>(from, to);
}

Harness::Harness(Scenario with, SessionType type) : scenario(std::move(with)), type_(type) {
  // A transcription session's address has no model.
  const std::string model = type == SessionType::transcription ? "" : "test-model";
  const ClientSession::Options options{"1", model, type, 1000};
  const auto send = [this](const ServerEvent& event) { log.push_back(event); };
  if (type == SessionType::translation) {
    session = std::make_unique<Translation>(speech, scenario, progress, options, send);
  } else {
    session = std::make_unique<Conversation>(executor, speech, scenario, progress, options, send);
  }
  session->start();
  events();
}

Harness::~Harness() {
  leave_for_the_judge(dialect(), type_, log);
  if (judged_in_beta) leave_for_the_judge(Dialect::beta, type_, log);
}

Dialect Harness::dialect() const {
  return type_ == SessionType::translation ? Dialect::translation : Dialect::ga;
}

void Harness::client_text(std::string_view text) {
  const auto event = Codec::of(dialect()).decode_client(text);
  if (!event) g_error("%s: %s", event.error().code.c_str(), event.error().message.c_str());
  session->handle(event.value());
  executor.run_until_idle();
}

void Harness::append(unsigned ms, std::int16_t level) {
  for (unsigned done = 0; done < ms; done += 20) {
    std::vector<std::uint8_t> bytes;
    for (unsigned i = 0; i < 480; ++i) {
      const auto sample = static_cast<std::int16_t>(level * std::sin(i * 0.1));
      bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
      bytes.push_back(static_cast<std::uint8_t>(sample >> 8 & 0xFF));
    }
    InputAudioAppend event;
    audio::base64_append(event.audio, bytes);
    client(std::move(event));
  }
}

void Harness::say(std::string text) {
  Item item;
  item.role = Item::Role::user;
  item.content.emplace_back().text = std::move(text);
  client(ItemCreate{std::move(item), {}});
}

void Harness::ask(std::string text) {
  say(std::move(text));
  client(ResponseCreate{});
}

void Harness::configure(SessionConfig config) {
  client(SessionUpdate{std::move(config), SessionType::conversation});
}

void Harness::no_turn_detection() {
  SessionConfig config;
  config.turn_detection.emplace().mode = TurnDetection::Mode::none;
  configure(config);
}

std::string Harness::events() {
  std::string names, previous;
  for (; seen_ < log.size(); ++seen_) {
    const auto json = read_json(Codec::of(dialect()).encode(log[seen_]));
    if (!json) g_error("an event that the codec cannot write");
    std::string name((*json)["type"].text());
    for (const std::string_view prefix : {"conversation.", "response.", "session.", "input_audio_buffer."}) {
      if (name.starts_with(prefix)) name.erase(0, prefix.size());
    }
    if (name == previous && name.ends_with("delta")) continue;
    names += (names.empty() ? "" : " ") + name;
    previous = name;
  }
  return names;
}

std::vector<std::uint8_t> Harness::audio_of(const std::string& item_id) const {
  std::vector<std::uint8_t> bytes;
  for (const auto& delta : all<OutputAudioDelta>()) {
    if (delta.at.item_id != item_id) continue;
    const auto start = bytes.size();
    bytes.resize(start + audio::base64_decoded_bound(delta.audio.size()));
    const auto size = audio::base64_decode(delta.audio, bytes.data() + start);
    g_assert_true(size.has_value());
    bytes.resize(start + *size);
  }
  return bytes;
}

void leave_for_the_judge(Dialect dialect, SessionType type, const std::vector<ServerEvent>& events) {
  const char* folder = g_getenv("RT_TRAFFIC_DIR");
  if (!folder) return;
  const char* kind = dialect == Dialect::beta             ? "beta"
                     : dialect == Dialect::translation    ? "translation"
                     : type == SessionType::transcription ? "transcription"
                                                          : "ga";
  std::ofstream out(std::string(folder) + '/' + kind + '-' + std::to_string(getpid()) + ".jsonl",
                    std::ios::app);
  for (const auto& event : events) {
    const auto text = Codec::of(dialect).encode(event);
    if (!text.empty()) out << text << '\n';
  }
}

} // namespace rt::server::test
