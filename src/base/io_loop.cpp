#include "base/io_loop.h"

#include "base/guarded.h"
#include "base/log.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace rt {
namespace {

std::atomic<unsigned> running_threads{0};

constexpr gint64 never = -1;

// Every source here is due when its ready time is set, by any thread, and rests until the next time.
gboolean dispatch_due(GSource* source, GSourceFunc callback, gpointer data) {
  g_source_set_ready_time(source, never);
  return callback(data);
}

GSourceFuncs due_source_funcs = {nullptr, nullptr, dispatch_due, nullptr, nullptr, nullptr};

GRef<GSource> attach_source(GMainContext* context, const char* name, GSourceFunc callback, gpointer data,
                            GDestroyNotify free_data = nullptr) {
  auto source = GRef<GSource>::adopt(g_source_new(&due_source_funcs, sizeof(GSource)));
  g_source_set_static_name(source.get(), name);
  g_source_set_priority(source.get(), G_PRIORITY_DEFAULT);
  g_source_set_ready_time(source.get(), never);
  g_source_set_callback(source.get(), callback, data, free_data);
  g_source_attach(source.get(), context);
  return source;
}

void make_due(const GRef<GSource>& source) {
  g_source_set_ready_time(source.get(), 0);
}

// Tasks run below a C frame, which no exception may cross.
void run(const Executor::Task& task) noexcept {
  try {
    task();
  } catch (const std::exception& error) {
    log(LogLevel::error, "io", std::string("a task threw: ") + error.what());
  } catch (...) {
    log(LogLevel::error, "io", "a task threw something that is no std::exception");
  }
}

// Rounded up: a timer never fires early.
gint64 to_microseconds(Nanoseconds time) {
  return std::chrono::ceil<std::chrono::microseconds>(time).count();
}

Nanoseconds monotonic_now() {
  return std::chrono::microseconds(g_get_monotonic_time());
}

} // namespace

struct IoLoop::State {
  using DueTime = std::pair<Nanoseconds, TimerId>; // the id keeps equal times in order

  State();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void run_until_quit();
  void run_posted();
  void run_due_timers();
  void arm_timer_source();
  void finish();
  void drop_tasks();
  void settle();

  GRef<GMainContext> context = GRef<GMainContext>::adopt(g_main_context_new());
  std::atomic<bool> quit{false};
  std::thread thread;
  std::thread::id thread_id;

  Guarded<std::vector<Task>> posted;
  GRef<GSource> post_source;

  // Loop's thread only.
  std::map<DueTime, Task> timers;
  std::unordered_map<TimerId, Nanoseconds> due_times;
  TimerId last_timer = 0;
  GRef<GSource> timer_source;
  std::shared_ptr<unsigned> holds = std::make_shared<unsigned>(0);
};

IoLoop::State::State() {
  // Sources stay few on purpose: GMainContext visits every one at each wake-up, so tasks share one and timers
  // another.
  post_source = attach_source(
      context.get(), "realtime-tasks",
      [](gpointer state) -> gboolean {
        static_cast<State*>(state)->run_posted();
        return G_SOURCE_CONTINUE;
      },
      this);
  timer_source = attach_source(
      context.get(), "realtime-timers",
      [](gpointer state) -> gboolean {
        static_cast<State*>(state)->run_due_timers();
        return G_SOURCE_CONTINUE;
      },
      this);
}

IoLoop::State::~State() {
  g_source_destroy(post_source.get());
  g_source_destroy(timer_source.get());
}

void IoLoop::State::run_until_quit() {
  pthread_setname_np(pthread_self(), "realtime-io"); // the kernel keeps 15 characters
  g_main_context_push_thread_default(context.get());
  while (!quit.load(std::memory_order_acquire))
    g_main_context_iteration(context.get(), TRUE);
  finish();
  g_main_context_pop_thread_default(context.get());
}

void IoLoop::State::run_posted() {
  std::vector<Task> batch;
  batch.swap(*posted.lock());
  for (Task& slot : batch) {
    if (quit.load(std::memory_order_acquire)) break;
    const Task task = std::move(slot); // its captures go before the next task runs
    run(task);
  }
}

void IoLoop::State::run_due_timers() {
  const Nanoseconds now = monotonic_now();
  const TimerId newest = last_timer; // what a timer starts now waits for the next turn of the loop
  while (!timers.empty() && !quit.load(std::memory_order_acquire)) {
    const auto& [due, id] = timers.begin()->first;
    if (due > now || id > newest) break;
    due_times.erase(id);
    const auto timer = timers.extract(timers.begin());
    run(timer.mapped());
  }
  if (!quit.load(std::memory_order_acquire)) arm_timer_source();
}

void IoLoop::State::arm_timer_source() {
  g_source_set_ready_time(timer_source.get(),
                          timers.empty() ? never : to_microseconds(timers.begin()->first.first));
}

// The socket's owners cancel and close asynchronously, and a GTask whose result is never delivered keeps the
// context alive for ever.
void IoLoop::State::finish() {
  drop_tasks();
  settle();
}

void IoLoop::State::settle() {
  constexpr auto longest = std::chrono::seconds(1);
  const Nanoseconds deadline = monotonic_now() + longest;
  g_source_set_ready_time(timer_source.get(), to_microseconds(deadline)); // ends the wait, timers are gone
  while (*holds > 0 && monotonic_now() < deadline)
    g_main_context_iteration(context.get(), TRUE);
  constexpr int most_turns = 100;
  for (int turn = 0; turn < most_turns && g_main_context_iteration(context.get(), FALSE); ++turn) {
  }
}

// A task's destructor may post another.
void IoLoop::State::drop_tasks() {
  for (;;) {
    std::vector<Task> tasks;
    tasks.swap(*posted.lock());
    auto waiting = std::exchange(timers, {});
    due_times.clear();
    if (tasks.empty() && waiting.empty()) return;
  }
}

namespace {

// What a Waker and its source share: the task may be running while its Waker is destroyed.
struct WakeSlot {
  WakeSlot(const std::atomic<bool>& quit, Executor::Task callback)
      : loop_quit(quit), task(std::move(callback)) {}

  const std::atomic<bool>& loop_quit; // of the loop whose thread runs the source
  Executor::Task task;
  std::atomic<bool> requested{false}; // coalesces without the context's lock
};
using SharedSlot = std::shared_ptr<WakeSlot>;

gboolean run_slot(gpointer data) {
  const SharedSlot slot = *static_cast<SharedSlot*>(data);
  // Cleared before the task runs: a request made while it runs is one more run.
  slot->requested.exchange(false, std::memory_order_acq_rel);
  if (!slot->loop_quit.load(std::memory_order_acquire)) run(slot->task);
  return G_SOURCE_CONTINUE;
}

class SourceWaker final : public Waker {
 public:
  SourceWaker(GRef<GMainContext> context, SharedSlot slot)
      : context_(std::move(context)), slot_(std::move(slot)) {
    source_ = attach_source(context_.get(), "realtime-waker", run_slot, new SharedSlot(slot_),
                            [](gpointer share) { delete static_cast<SharedSlot*>(share); });
  }
  ~SourceWaker() override { g_source_destroy(source_.get()); }

  void wake() override {
    if (!slot_->requested.exchange(true, std::memory_order_acq_rel)) make_due(source_);
  }

 private:
  GRef<GMainContext> context_; // a source must not lose its context while a thread calls wake()
  SharedSlot slot_;
  GRef<GSource> source_;
};

} // namespace

IoLoop::IoLoop() : state_(std::make_shared<State>()) {
  ++running_threads;
  try {
    state_->thread = std::thread([state = state_]() mutable {
      state->run_until_quit();
      state.reset();
      --running_threads;
    });
  } catch (...) {
    --running_threads;
    throw;
  }
  state_->thread_id = state_->thread.get_id();
}

IoLoop::~IoLoop() {
  state_->quit.store(true, std::memory_order_release);
  if (on_thread()) {
    state_->thread.detach();
    return;
  }
  g_main_context_wakeup(state_->context.get());
  state_->thread.join();
}

void IoLoop::post(Task task) {
  bool first;
  {
    auto posted = state_->posted.lock();
    first = posted->empty();
    posted->push_back(std::move(task));
  }
  if (first) make_due(state_->post_source);
}

std::unique_ptr<Waker> IoLoop::make_waker(Task task) {
  return std::make_unique<SourceWaker>(state_->context,
                                       std::make_shared<WakeSlot>(state_->quit, std::move(task)));
}

Executor::TimerId IoLoop::post_after(Nanoseconds delay, Task task) {
  const TimerId id = ++state_->last_timer;
  const Nanoseconds due = monotonic_now() + std::max(delay, Nanoseconds::zero());
  state_->due_times.emplace(id, due);
  state_->timers.emplace(State::DueTime{due, id}, std::move(task));
  state_->arm_timer_source();
  return id;
}

void IoLoop::cancel(TimerId id) {
  const auto found = state_->due_times.find(id);
  if (found == state_->due_times.end()) return;
  const auto timer =
      state_->timers.extract(State::DueTime{found->second, id}); // destroyed last: it may own the caller
  state_->due_times.erase(found);
  state_->arm_timer_source();
}

Nanoseconds IoLoop::now() const {
  return monotonic_now();
}

bool IoLoop::on_thread() const {
  return std::this_thread::get_id() == state_->thread_id;
}

std::shared_ptr<void> IoLoop::hold() {
  ++*state_->holds;
  return {nullptr, [holds = state_->holds](std::nullptr_t) { --*holds; }};
}

GMainContext* IoLoop::context() {
  return state_->context.get();
}

unsigned io_loops_running() {
  return running_threads.load();
}

} // namespace rt
