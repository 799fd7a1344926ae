// Speech work on the pool's threads, answered on the executor's.
#include "server/speech_pool.h"
#include "harness.h"

#include <atomic>
#include <future>
#include <thread>

namespace {

using namespace rt;
using namespace rt::server;
using namespace rt::server::test;

std::atomic<int> recognizers_alive{0};

// Understands how many samples it was fed.
class CountingRecognizer final : public Recognizer {
 public:
  CountingRecognizer() { ++recognizers_alive; }
  ~CountingRecognizer() override { --recognizers_alive; }
  void start() override { heard_ = 0; }
  void feed(std::span<const std::int16_t> samples) override { heard_ += samples.size(); }
  std::string partial() override { return heard_ < 1000 ? "" : std::to_string(heard_ / 1000); }
  std::string finish() override { return std::to_string(heard_); }

 private:
  std::size_t heard_ = 0;
};

class ConstantSynthesizer final : public Synthesizer {
 public:
  std::vector<std::int16_t> speak(std::string_view text, double speed, std::uint32_t rate) override {
    if (text == "throw") throw std::runtime_error("no voice");
    return std::vector<std::int16_t>(static_cast<std::size_t>(rate / speed),
                                     static_cast<std::int16_t>(text.size()));
  }
};

SpeechFactory counting_factory() {
  SpeechFactory factory;
  factory.recognizer = [] { return std::make_unique<CountingRecognizer>(); };
  factory.synthesizer = [] { return std::make_unique<ConstantSynthesizer>(); };
  return factory;
}

struct Fixture {
  explicit Fixture(SpeechFactory factory = counting_factory()) : pool(executor, std::move(factory)) {}
  std::shared_ptr<rt::test::FakeExecutor> executor = std::make_shared<rt::test::FakeExecutor>();
  SpeechPool pool;
};

void an_utterance_is_recognised() {
  Fixture f;
  std::string text;
  auto utterance = f.pool.listen([&](std::string heard) { text = std::move(heard); });
  for (int i = 0; i < 10; ++i)
    utterance->feed(std::vector<std::int16_t>(320));
  utterance->finish();
  f.executor->run_until([&] { return !text.empty(); });
  equal(text, "3200");
}

// Each state once, before the whole; nothing after the utterance is dropped.
void progress_is_told() {
  Fixture f;
  std::string text;
  std::vector<std::string> states;
  auto utterance = f.pool.listen([&](std::string heard) { text = std::move(heard); },
                                 [&](const std::string& so_far) { states.push_back(so_far); });
  for (const char* state : {"1", "2"}) {
    for (int i = 0; i < 4; ++i)
      utterance->feed(std::vector<std::int16_t>(250));
    f.executor->run_until([&] { return !states.empty() && states.back() == state; });
  }
  utterance->finish();
  f.executor->run_until([&] { return !text.empty(); });
  g_assert_true((states == std::vector<std::string>{"1", "2"}));
  equal(text, "2000");
}

void recognisers_are_used_again() {
  Fixture f;
  for (int i = 0; i < 20; ++i) {
    std::string text;
    auto utterance = f.pool.listen([&](std::string heard) { text = std::move(heard); });
    utterance->feed(std::vector<std::int16_t>(static_cast<std::size_t>(i)));
    utterance->finish();
    f.executor->run_until([&] { return !text.empty(); });
    equal(text, std::to_string(i));
  }
  g_assert_cmpint(recognizers_alive, ==, 1);
}

// More utterances are open than there may be recognisers: none is lost, none is mixed up.
void many_utterances_share_few_recognisers() {
  constexpr unsigned count = SpeechPool::max_recognizers * 4;
  Fixture f;
  std::vector<std::string> texts(count);
  std::vector<std::unique_ptr<Utterance>> utterances;
  for (unsigned i = 0; i < count; ++i) {
    utterances.push_back(f.pool.listen([&texts, i](std::string heard) { texts[i] = std::move(heard); }));
    utterances[i]->feed(std::vector<std::int16_t>(100 + i));
  }
  for (const auto& each : utterances)
    each->feed(std::vector<std::int16_t>(1000));
  for (const auto& each : utterances)
    each->finish();
  f.executor->run_until(
      [&] { return std::none_of(texts.begin(), texts.end(), [](auto& each) { return each.empty(); }); });
  for (unsigned i = 0; i < count; ++i)
    equal(texts[i], std::to_string(1100 + i));
  g_assert_cmpint(recognizers_alive, <=, static_cast<int>(SpeechPool::max_recognizers));
}

void abandoned_utterances_give_their_recogniser_back() {
  Fixture f;
  std::vector<std::unique_ptr<Utterance>> utterances;
  for (unsigned i = 0; i < SpeechPool::max_recognizers * 3; ++i) {
    utterances.push_back(f.pool.listen([](std::string) { g_error("nobody listens any more"); }));
    utterances.back()->feed(std::vector<std::int16_t>(320));
  }
  utterances.clear();
  std::string text;
  auto last = f.pool.listen([&](std::string heard) { text = std::move(heard); });
  last->feed(std::vector<std::int16_t>(7));
  last->finish();
  f.executor->run_until([&] { return !text.empty(); });
  equal(text, "7");
}

void dropped_utterances_do_not_answer() {
  Fixture f;
  auto dropped = f.pool.listen([](std::string) { g_error("nobody listens any more"); });
  dropped->finish();
  std::string text;
  auto kept = f.pool.listen([&](std::string heard) { text = std::move(heard); });
  kept->finish();
  // The answer of the dropped one may be posted already.
  dropped.reset();
  f.executor->run_until([&] { return !text.empty(); });
}

void an_answer_may_drop_its_utterance() {
  Fixture f;
  std::unique_ptr<Utterance> utterance;
  bool answered = false;
  utterance = f.pool.listen([&](std::string) {
    utterance.reset();
    answered = true;
  });
  utterance->finish();
  f.executor->run_until([&] { return answered; });
}

void texts_are_spoken() {
  Fixture f;
  std::vector<std::int16_t> samples;
  auto job =
      f.pool.speak("four", 2, 8000, [&](std::vector<std::int16_t> said) { samples = std::move(said); });
  f.executor->run_until([&] { return !samples.empty(); });
  g_assert_cmpuint(samples.size(), ==, 4000);
  g_assert_cmpint(samples.front(), ==, 4);
}

void dropped_texts_do_not_answer() {
  Fixture f;
  auto dropped =
      f.pool.speak("never", 1, 8000, [](std::vector<std::int16_t>) { g_error("nobody listens any more"); });
  dropped.reset();
  bool done = false;
  auto kept = f.pool.speak("kept", 1, 8000, [&](std::vector<std::int16_t>) { done = true; });
  f.executor->run_until([&] { return done; });
}

void a_failing_voice_does_not_end_the_pool() {
  Fixture f;
  bool said_nothing = false;
  auto failing =
      f.pool.speak("throw", 1, 8000, [&](std::vector<std::int16_t> said) { said_nothing = said.empty(); });
  bool done = false;
  auto kept = f.pool.speak("kept", 1, 8000, [&](std::vector<std::int16_t>) { done = true; });
  f.executor->run_until([&] { return done && said_nothing; });
}

void a_failing_model_understands_nothing() {
  SpeechFactory factory;
  std::atomic<unsigned> attempts{0};
  factory.recognizer = [&]() -> std::unique_ptr<Recognizer> {
    if (++attempts <= 2 * SpeechPool::max_recognizers) throw std::runtime_error("no model");
    return std::make_unique<CountingRecognizer>();
  };
  Fixture f(std::move(factory));
  for (unsigned i = 0; i < 2 * SpeechPool::max_recognizers; ++i) {
    bool answered = false;
    auto utterance = f.pool.listen([&](std::string heard) {
      g_assert_true(heard.empty());
      answered = true;
    });
    utterance->finish();
    f.executor->run_until([&] { return answered; });
  }
  std::string text;
  auto utterance = f.pool.listen([&](std::string heard) { text = std::move(heard); });
  utterance->finish();
  f.executor->run_until([&] { return !text.empty(); });
}

void without_models_there_is_a_tone() {
  Fixture f{SpeechFactory{}};
  g_assert_null(f.pool.listen([](std::string) {}).get());
  std::vector<std::int16_t> samples;
  auto job =
      f.pool.speak("two words", 1, 8000, [&](std::vector<std::int16_t> said) { samples = std::move(said); });
  f.executor->run_until_idle();
  g_assert_cmpuint(samples.size(), ==, 6400);
  g_assert_nonnull(f.pool.make_detector().get());
  g_assert_nonnull(f.pool.make_resampler(24000, 16000).get());
  g_assert_null(f.pool.make_resampler(16000, 16000).get());
}

void warming_up_loads_a_recogniser() {
  SpeechFactory factory = counting_factory();
  std::promise<void> loaded;
  factory.recognizer = [&] {
    loaded.set_value(); // a second one would throw
    return std::make_unique<CountingRecognizer>();
  };
  Fixture f(std::move(factory));
  f.pool.warm_up();
  loaded.get_future().wait();
}

void the_pool_may_go_first() {
  auto executor = std::make_shared<rt::test::FakeExecutor>();
  auto pool = std::make_unique<SpeechPool>(executor, counting_factory());
  pool->warm_up();
  auto utterance = pool->listen([](std::string) {});
  utterance->feed(std::vector<std::int16_t>(320));
  pool.reset();
  utterance->feed(std::vector<std::int16_t>(320));
  utterance->finish();
  utterance.reset();
  executor->run_until_idle();
  g_assert_cmpint(recognizers_alive, ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/speech-pool/utterance", an_utterance_is_recognised);
  g_test_add_func("/server/speech-pool/progress", progress_is_told);
  g_test_add_func("/server/speech-pool/again", recognisers_are_used_again);
  g_test_add_func("/server/speech-pool/many", many_utterances_share_few_recognisers);
  g_test_add_func("/server/speech-pool/abandoned", abandoned_utterances_give_their_recogniser_back);
  g_test_add_func("/server/speech-pool/dropped", dropped_utterances_do_not_answer);
  g_test_add_func("/server/speech-pool/drop-in-answer", an_answer_may_drop_its_utterance);
  g_test_add_func("/server/speech-pool/speak", texts_are_spoken);
  g_test_add_func("/server/speech-pool/dropped-text", dropped_texts_do_not_answer);
  g_test_add_func("/server/speech-pool/failing-voice", a_failing_voice_does_not_end_the_pool);
  g_test_add_func("/server/speech-pool/failing-model", a_failing_model_understands_nothing);
  g_test_add_func("/server/speech-pool/no-models", without_models_there_is_a_tone);
  g_test_add_func("/server/speech-pool/warm-up", warming_up_loads_a_recogniser);
  g_test_add_func("/server/speech-pool/goes-first", the_pool_may_go_first);
  return g_test_run();
}
