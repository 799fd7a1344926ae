#include "server/speech_pool.h"

#include "base/guarded.h"
#include "base/log.h"
#include "server/level_detector.h"
#include "server/linear_resampler.h"
#include "server/sound.h"
#include "server/words.h"

#include <pthread.h>

#include <deque>
#include <exception>
#include <thread>
#include <utility>

namespace rt::server {

namespace {

// One utterance: fed on the executor's thread, recognised by one worker at a time.
struct Recognition {
  struct Mail {
    std::deque<std::vector<std::int16_t>> chunks;
    bool finish = false, abandoned = false;
    bool scheduled = false; // a worker has it or will take it
  };
  Guarded<Mail> mail;
  // Executor's thread only; empty once called or no longer wanted.
  SpeechService::Text understood;
  SpeechService::Progress so_far;
  // The worker's that has it.
  bool tells_progress = false; // from the beginning
  std::string told;
  std::unique_ptr<Recognizer> recognizer;
  bool counted = false; // among Recognizers::alive, though it may have failed to load
};

struct Speaking {
  SpeechService::Samples ready; // executor's thread only
};

} // namespace

struct SpeechPool::Workshop {
  // What one thread keeps for itself.
  struct Worker {
    std::unique_ptr<Synthesizer> synthesizer;
  };
  using Task = std::function<void(Worker&)>;
  struct Queue {
    std::deque<Task> tasks;
    bool quit = false;
  };
  struct Recognizers {
    std::vector<std::unique_ptr<Recognizer>> idle;
    unsigned alive = 0;
    std::deque<std::shared_ptr<Recognition>> waiting;
  };

  Workshop(std::shared_ptr<Executor> to, SpeechFactory with);
  void add(Task task);
  void work();
  void schedule(std::shared_ptr<Recognition> recognition);
  void recognise(const std::shared_ptr<Recognition>& recognition);
  bool take_recognizer(const std::shared_ptr<Recognition>& recognition);
  void give_back(std::unique_ptr<Recognizer> recognizer);
  void give_up(const std::shared_ptr<Recognition>& recognition);
  void answer(const std::shared_ptr<Recognition>& recognition, std::string text);
  void tell_progress(const std::shared_ptr<Recognition>& recognition);
  void serve_waiting();
  Synthesizer& synthesizer_of(Worker& worker);

  const std::shared_ptr<Executor> executor;
  const SpeechFactory factory;
  Guarded<Queue> queue;
  Guarded<Recognizers> recognizers;
  Guarded<int> loading; // held while a model is loaded: the libraries have process-wide registries
  std::vector<std::thread> threads;
};

namespace {

// Runs what may throw below a thread's frame; false when it did.
template<typename Call>
bool guarded_call(Call call) noexcept {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    log(LogLevel::error, "speech", std::string("speech work failed: ") + error.what());
  } catch (...) {
    log(LogLevel::error, "speech", "speech work failed");
  }
  return false;
}

} // namespace

SpeechPool::Workshop::Workshop(std::shared_ptr<Executor> to, SpeechFactory with)
    : executor(std::move(to)), factory(std::move(with)) {
  if (!factory.recognizer && !factory.synthesizer) return;
  while (threads.size() < SpeechPool::threads) {
    threads.emplace_back([this] { work(); });
    pthread_setname_np(threads.back().native_handle(), "rt-speech");
  }
}

void SpeechPool::Workshop::add(Task task) {
  auto locked = queue.lock();
  locked->tasks.push_back(std::move(task));
  locked.notify();
}

void SpeechPool::Workshop::work() {
  Worker worker;
  for (;;) {
    Task task;
    {
      auto locked = queue.lock();
      locked.wait([](const Queue& each) { return each.quit || !each.tasks.empty(); });
      if (locked->quit) return;
      task = std::move(locked->tasks.front());
      locked->tasks.pop_front();
    }
    guarded_call([&] { task(worker); });
  }
}

Synthesizer& SpeechPool::Workshop::synthesizer_of(Worker& worker) {
  if (!worker.synthesizer) {
    auto one_at_a_time = loading.lock();
    worker.synthesizer = factory.synthesizer();
  }
  return *worker.synthesizer;
}

void SpeechPool::Workshop::schedule(std::shared_ptr<Recognition> recognition) {
  add([this, recognition = std::move(recognition)](Worker&) {
    if (!guarded_call([&] { recognise(recognition); })) give_up(recognition);
  });
}

// False when it has to wait: then it is scheduled again when its time has come.
bool SpeechPool::Workshop::take_recognizer(const std::shared_ptr<Recognition>& recognition) {
  {
    auto locked = recognizers.lock();
    if (!locked->idle.empty()) {
      recognition->recognizer = std::move(locked->idle.back());
      locked->idle.pop_back();
    } else if (locked->alive < max_recognizers) {
      ++locked->alive;
      recognition->counted = true;
    } else {
      locked->waiting.push_back(recognition);
      return false;
    }
  }
  if (!recognition->recognizer) {
    auto one_at_a_time = loading.lock();
    recognition->recognizer = factory.recognizer();
  }
  recognition->recognizer->start();
  return true;
}

void SpeechPool::Workshop::give_back(std::unique_ptr<Recognizer> recognizer) {
  recognizers.lock()->idle.push_back(std::move(recognizer));
  serve_waiting();
}

void SpeechPool::Workshop::serve_waiting() {
  std::shared_ptr<Recognition> next;
  {
    auto locked = recognizers.lock();
    const bool room = !locked->idle.empty() || locked->alive < max_recognizers;
    if (room && !locked->waiting.empty()) {
      next = std::move(locked->waiting.front());
      locked->waiting.pop_front();
    }
  }
  if (next) schedule(std::move(next));
}

void SpeechPool::Workshop::recognise(const std::shared_ptr<Recognition>& recognition) {
  if (!recognition->recognizer) {
    // It may have been called because a recogniser became free: then that is for the next.
    if (recognition->mail.lock()->abandoned) return serve_waiting();
    if (!take_recognizer(recognition)) return;
  }
  for (;;) {
    std::deque<std::vector<std::int16_t>> chunks;
    bool finish = false, abandoned = false;
    {
      auto mail = recognition->mail.lock();
      chunks.swap(mail->chunks);
      finish = mail->finish;
      abandoned = mail->abandoned;
      if (chunks.empty() && !finish && !abandoned) {
        mail->scheduled = false;
        return;
      }
    }
    if (!abandoned) {
      for (const auto& chunk : chunks)
        recognition->recognizer->feed(chunk);
      if (!finish) {
        if (recognition->tells_progress) tell_progress(recognition);
        continue;
      }
    }
    auto text = recognition->recognizer->finish();
    give_back(std::move(recognition->recognizer));
    if (!abandoned) answer(recognition, std::move(text));
    return;
  }
}

// A recogniser that failed is not used again; nothing was understood.
void SpeechPool::Workshop::give_up(const std::shared_ptr<Recognition>& recognition) {
  if (recognition->recognizer || recognition->counted) --recognizers.lock()->alive;
  recognition->recognizer.reset();
  serve_waiting();
  answer(recognition, {});
}

void SpeechPool::Workshop::answer(const std::shared_ptr<Recognition>& recognition, std::string text) {
  executor->post([weak = std::weak_ptr(recognition), text = std::move(text)]() mutable {
    const auto alive = weak.lock();
    if (!alive || !alive->understood) return;
    const auto understood = std::move(alive->understood);
    understood(std::move(text));
  });
}

void SpeechPool::Workshop::tell_progress(const std::shared_ptr<Recognition>& recognition) {
  std::string text = recognition->recognizer->partial();
  if (text == recognition->told) return;
  recognition->told = text;
  executor->post([weak = std::weak_ptr(recognition), text = std::move(text)] {
    const auto alive = weak.lock();
    if (alive && alive->so_far) alive->so_far(text);
  });
}

namespace {

class PooledJob final : public SpeechJob {
 public:
  explicit PooledJob(std::shared_ptr<Speaking> speaking) : speaking_(std::move(speaking)) {}

 private:
  std::shared_ptr<Speaking> speaking_; // the work holds it weakly
};

// What a mouth without a model says.
std::vector<std::int16_t> hum(std::string_view text, double speed, std::uint32_t rate) {
  constexpr double ms_per_word = 400;
  const auto words = static_cast<double>(split_words(text).size());
  return make_sound(
      {Sound::Kind::tone, std::chrono::milliseconds(static_cast<int>(words * ms_per_word / speed))}, rate);
}

} // namespace

SpeechPool::SpeechPool(std::shared_ptr<Executor> executor, SpeechFactory factory)
    : workshop_(std::make_shared<Workshop>(std::move(executor), std::move(factory))) {}

SpeechPool::~SpeechPool() {
  {
    auto locked = workshop_->queue.lock();
    locked->quit = true;
    locked.notify();
  }
  for (auto& thread : workshop_->threads)
    thread.join();
  // Tasks that were left hold the utterances that they were for.
  std::deque<Workshop::Task> left;
  workshop_->queue.lock()->tasks.swap(left);
  std::deque<std::shared_ptr<Recognition>> waiting;
  workshop_->recognizers.lock()->waiting.swap(waiting);
}

void SpeechPool::warm_up() {
  const auto workshop = workshop_.get();
  if (workshop->factory.recognizer) {
    workshop->add([workshop](Workshop::Worker&) {
      const auto recognition = std::make_shared<Recognition>();
      const bool loaded = guarded_call([&] {
        if (!workshop->take_recognizer(recognition)) return;
        recognition->recognizer->finish();
        workshop->give_back(std::move(recognition->recognizer));
      });
      if (!loaded) workshop->give_up(recognition);
    });
  }
  if (!workshop->factory.synthesizer) return;
  workshop->add([workshop](Workshop::Worker& worker) { workshop->synthesizer_of(worker); });
}

std::unique_ptr<Utterance> SpeechPool::listen(Text understood, Progress so_far) {
  class Pooled final : public Utterance {
   public:
    Pooled(std::weak_ptr<Workshop> workshop, Text done, Progress progress) : workshop_(std::move(workshop)) {
      recognition_->tells_progress = progress != nullptr;
      recognition_->understood = std::move(done);
      recognition_->so_far = std::move(progress);
    }
    ~Pooled() override {
      recognition_->understood = nullptr; // an answer may be on its way
      recognition_->so_far = nullptr;
      tell([](Recognition::Mail& mail) {
        mail.abandoned = true;
        mail.chunks.clear();
      });
    }
    void feed(std::vector<std::int16_t> samples) override {
      tell([&](Recognition::Mail& mail) { mail.chunks.push_back(std::move(samples)); });
    }
    void finish() override {
      tell([](Recognition::Mail& mail) { mail.finish = true; });
    }

   private:
    void tell(const std::function<void(Recognition::Mail&)>& change) {
      {
        auto mail = recognition_->mail.lock();
        change(*mail);
        if (std::exchange(mail->scheduled, true)) return;
      }
      if (const auto workshop = workshop_.lock()) workshop->schedule(recognition_);
    }
    std::weak_ptr<Workshop> workshop_;
    std::shared_ptr<Recognition> recognition_ = std::make_shared<Recognition>();
  };
  if (!workshop_->factory.recognizer) return nullptr;
  return std::make_unique<Pooled>(workshop_, std::move(understood), std::move(so_far));
}

std::unique_ptr<SpeechJob> SpeechPool::speak(std::string text, double speed, std::uint32_t rate,
                                             Samples ready) {
  auto speaking = std::make_shared<Speaking>(Speaking{std::move(ready)});
  const std::weak_ptr<Speaking> weak = speaking;
  const auto deliver = [executor = workshop_->executor, weak](std::vector<std::int16_t> samples) {
    executor->post([weak, samples = std::move(samples)]() mutable {
      if (const auto alive = weak.lock()) alive->ready(std::move(samples));
    });
  };
  if (!workshop_->factory.synthesizer) {
    deliver(hum(text, speed, rate));
  } else {
    const auto workshop = workshop_.get(); // outlives its threads
    workshop->add([workshop, deliver, weak, text = std::move(text), speed, rate](Workshop::Worker& worker) {
      if (weak.expired()) return;
      std::vector<std::int16_t> samples;
      // A failing voice says nothing, but the reply goes on.
      guarded_call([&] { samples = workshop->synthesizer_of(worker).speak(text, speed, rate); });
      deliver(std::move(samples));
    });
  }
  return std::make_unique<PooledJob>(std::move(speaking));
}

std::unique_ptr<SpeechDetector> SpeechPool::make_detector() {
  if (workshop_->factory.detector) return workshop_->factory.detector();
  return std::make_unique<LevelDetector>();
}

std::unique_ptr<Resampler> SpeechPool::make_resampler(std::uint32_t from, std::uint32_t to) {
  if (from == to) return nullptr;
  if (workshop_->factory.resampler) return workshop_->factory.resampler(from, to);
  return std::make_unique<LinearResampler>(from, to);
}

} // namespace rt::server
