#include "support/fake_executor.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace rt::test {
namespace {

constexpr std::chrono::seconds patience{20};

} // namespace

struct FakeExecutor::State {
  mutable std::mutex mutex;
  std::condition_variable posted;
  std::deque<Task> tasks;
  std::map<std::pair<Nanoseconds, TimerId>, Task> timers; // in the order they are due
  TimerId next_timer = 1;
  // Not 0: a timestamp that was never set must not look like now.
  Nanoseconds now = std::chrono::seconds(1000);
  std::thread::id thread = std::this_thread::get_id();

  void post(Task task) {
    {
      const std::lock_guard lock(mutex);
      tasks.push_back(std::move(task));
    }
    posted.notify_all();
  }
};

namespace {

struct Wish {
  std::mutex mutex;
  bool pending = false;
  Executor::Task task; // empty once the waker is gone
};

} // namespace

FakeExecutor::FakeExecutor() : state_(std::make_shared<State>()) {}

FakeExecutor::~FakeExecutor() {
  // What they hold may post or cancel while it goes.
  std::deque<Task> tasks;
  std::map<std::pair<Nanoseconds, TimerId>, Task> timers;
  const std::lock_guard lock(state_->mutex);
  tasks.swap(state_->tasks);
  timers.swap(state_->timers);
}

void FakeExecutor::post(Task task) {
  state_->post(std::move(task));
}

std::unique_ptr<Waker> FakeExecutor::make_waker(Task task) {
  class FakeWaker final : public Waker {
   public:
    FakeWaker(std::weak_ptr<State> state, Task task) : state_(std::move(state)) {
      wish_->task = std::move(task);
    }
    ~FakeWaker() override {
      const std::lock_guard lock(wish_->mutex);
      wish_->task = nullptr;
    }
    void wake() override {
      {
        const std::lock_guard lock(wish_->mutex);
        if (std::exchange(wish_->pending, true)) return;
      }
      if (const auto state = state_.lock())
        state->post([wish = wish_] {
          Task run;
          {
            const std::lock_guard lock(wish->mutex);
            wish->pending = false;
            run = wish->task;
          }
          if (run) run();
        });
    }

   private:
    std::weak_ptr<State> state_;
    std::shared_ptr<Wish> wish_ = std::make_shared<Wish>();
  };
  return std::make_unique<FakeWaker>(state_, std::move(task));
}

Executor::TimerId FakeExecutor::post_after(Nanoseconds delay, Task task) {
  g_assert_true(on_thread());
  const std::lock_guard lock(state_->mutex);
  const TimerId id = state_->next_timer++;
  state_->timers.emplace(std::pair(state_->now + std::max(delay, Nanoseconds(0)), id), std::move(task));
  return id;
}

void FakeExecutor::cancel(TimerId id) {
  g_assert_true(on_thread());
  Task cancelled; // destroyed without the lock
  const std::lock_guard lock(state_->mutex);
  for (auto it = state_->timers.begin(); it != state_->timers.end(); ++it) {
    if (it->first.second != id) continue;
    cancelled = std::move(it->second);
    state_->timers.erase(it);
    return;
  }
}

Nanoseconds FakeExecutor::now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->now;
}

bool FakeExecutor::on_thread() const {
  return std::this_thread::get_id() == state_->thread;
}

std::size_t FakeExecutor::timers() const {
  const std::lock_guard lock(state_->mutex);
  return state_->timers.size();
}

void FakeExecutor::run_until_idle() {
  g_assert_true(on_thread());
  const auto next = [state = state_]() -> Task { // the last task may hold the last reference to us
    const std::lock_guard lock(state->mutex);
    Task task;
    if (!state->tasks.empty()) {
      task = std::move(state->tasks.front());
      state->tasks.pop_front();
    } else if (auto due = state->timers.begin();
               due != state->timers.end() && due->first.first <= state->now) {
      task = std::move(due->second);
      state->timers.erase(due);
    }
    return task;
  };
  while (Task task = next())
    task();
}

void FakeExecutor::advance(Nanoseconds time) {
  const Nanoseconds until = now() + time;
  const auto state = state_;
  for (run_until_idle(); true; run_until_idle()) {
    const std::lock_guard lock(state->mutex);
    if (state->timers.empty() || state->timers.begin()->first.first > until) {
      state->now = until;
      break;
    }
    state->now = state->timers.begin()->first.first;
  }
  run_until_idle();
}

void FakeExecutor::wait_for_post() {
  std::unique_lock lock(state_->mutex);
  const bool came = state_->posted.wait_for(lock, patience, [this] { return !state_->tasks.empty(); });
  if (!came) g_error("the test waits for something that does not come");
}

} // namespace rt::test
