#include "base/io_loop.h"

#include <glib.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using rt::Executor;
using rt::IoLoop;
using rt::Milliseconds;

// Runs `task` on the loop and waits for it, and with it for everything posted before.
template<typename Task>
void run_on(Executor& loop, Task task) {
  std::promise<void> done;
  loop.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void settle(Executor& loop) {
  run_on(loop, [] {});
}

// Two turns: a source made due by the first turn's tasks has run when this returns.
void settle_sources(Executor& loop) {
  settle(loop);
  settle(loop);
}

struct CountsItsEnd {
  explicit CountsItsEnd(std::atomic<int>& end_count) : ends(end_count) {}
  ~CountsItsEnd() { ++ends; }
  std::atomic<int>& ends;
};

void tasks_run_in_order_on_the_loop_s_thread() {
  IoLoop loop;
  constexpr int most = 1000;
  std::vector<int> seen;
  g_assert_false(loop.on_thread());
  for (int i = 0; i < most; ++i)
    loop.post([&, i] {
      g_assert_true(loop.on_thread());
      seen.push_back(i);
    });
  settle(loop);
  g_assert_cmpuint(seen.size(), ==, most);
  for (int i = 0; i < most; ++i)
    g_assert_cmpint(seen[i], ==, i);
}

void a_task_s_captures_go_before_the_next_task_runs() {
  IoLoop loop;
  std::atomic<int> ends{0};
  int seen = -1;
  std::promise<void> gate;
  loop.post([opened = gate.get_future().share()] { opened.wait(); });
  loop.post([held = std::make_shared<CountsItsEnd>(ends)] {});
  loop.post([&] { seen = ends; });
  gate.set_value();
  settle(loop);
  g_assert_cmpint(seen, ==, 1);
}

void a_task_that_throws_harms_no_other() {
  IoLoop loop;
  bool ran = false;
  loop.post([] { throw std::runtime_error("on purpose"); });
  run_on(loop, [&] { ran = true; });
  g_assert_true(ran);
}

void the_loop_s_context_is_the_thread_s_default() {
  IoLoop loop;
  GMainContext* context = nullptr;
  run_on(loop, [&] { context = g_main_context_get_thread_default(); });
  g_assert_true(context == loop.context());
}

void tasks_from_many_threads_all_run() {
  IoLoop loop;
  constexpr int threads = 4;
  constexpr int each = 500;
  int count = 0; // loop's thread only
  {
    std::vector<std::jthread> posters;
    for (int t = 0; t < threads; ++t)
      posters.emplace_back([&] {
        for (int i = 0; i < each; ++i)
          loop.post([&] { ++count; });
      });
  }
  settle(loop);
  g_assert_cmpint(count, ==, threads * each);
}

void requests_to_a_waker_are_coalesced() {
  IoLoop loop;
  int runs = 0;
  auto waker = loop.make_waker([&] { ++runs; });
  run_on(loop, [&] {
    for (int i = 0; i < 100; ++i)
      waker->wake();
  });
  settle_sources(loop);
  g_assert_cmpint(runs, ==, 1);
  run_on(loop, [&] { waker->wake(); });
  settle_sources(loop);
  g_assert_cmpint(runs, ==, 2);
}

void a_request_made_while_the_waker_runs_is_one_more_run() {
  IoLoop loop;
  std::promise<void> twice;
  int runs = 0;
  std::unique_ptr<rt::Waker> waker;
  waker = loop.make_waker([&] {
    if (++runs == 1) waker->wake();
    if (runs == 2) twice.set_value();
  });
  waker->wake();
  twice.get_future().wait();
  settle_sources(loop);
  g_assert_cmpint(runs, ==, 2);
}

// Each request must be followed by a run that sees what was written before it.
void no_request_from_another_thread_is_lost() {
  IoLoop loop;
  constexpr int last = 20000;
  std::atomic<int> written{0};
  std::promise<void> seen_last;
  int seen = 0;
  auto waker = loop.make_waker([&] {
    const int now = written;
    if (seen != last && now == last) seen_last.set_value();
    seen = now;
  });
  for (int i = 1; i <= last; ++i) {
    written = i;
    waker->wake();
  }
  seen_last.get_future().wait();
  run_on(loop, [&] { waker.reset(); });
}

void a_destroyed_waker_never_runs_again() {
  IoLoop loop;
  int runs = 0;
  auto waker = loop.make_waker([&] { ++runs; });
  run_on(loop, [&] {
    waker->wake();
    waker.reset();
  });
  settle_sources(loop);
  g_assert_cmpint(runs, ==, 0);
}

void a_waker_may_be_destroyed_by_its_own_task() {
  IoLoop loop;
  std::atomic<int> ends{0};
  std::unique_ptr<rt::Waker> waker;
  std::promise<int> ends_while_running;
  waker = loop.make_waker([&, held = std::make_shared<CountsItsEnd>(ends)] {
    waker->wake();
    waker.reset();
    ends_while_running.set_value(held->ends); // the captures are still there
  });
  waker->wake();
  g_assert_cmpint(ends_while_running.get_future().get(), ==, 0);
  settle_sources(loop);
  g_assert_cmpint(ends, ==, 1);
}

void a_waker_may_outlive_the_loop() {
  std::atomic<int> ends{0};
  int runs = 0;
  auto loop = std::make_unique<IoLoop>();
  auto waker = loop->make_waker([&, held = std::make_shared<CountsItsEnd>(ends)] { ++runs; });
  loop.reset();
  waker->wake();
  waker.reset();
  g_assert_cmpint(runs, ==, 0);
  g_assert_cmpint(ends, ==, 1);
}

void timers_run_when_due_and_in_order() {
  IoLoop loop;
  std::vector<int> order;
  std::promise<void> last_ran;
  const auto start = loop.now();
  rt::Nanoseconds ran_at{};
  run_on(loop, [&] {
    loop.post_after(20ms, [&] {
      order.push_back(3);
      ran_at = loop.now();
      last_ran.set_value();
    });
    loop.post_after(5ms, [&] { order.push_back(1); });
    loop.post_after(5ms, [&] { order.push_back(2); });
    loop.post_after(-1s, [&] { order.push_back(0); });
  });
  last_ran.get_future().wait();
  g_assert_true((order == std::vector{0, 1, 2, 3}));
  g_assert_true(ran_at - start >= 20ms);
}

void a_cancelled_timer_does_not_run() {
  IoLoop loop;
  std::atomic<int> ends{0};
  bool ran = false;
  std::promise<void> later_ran;
  run_on(loop, [&] {
    const auto id = loop.post_after(1ms, [&, held = std::make_shared<CountsItsEnd>(ends)] { ran = true; });
    g_assert_cmpuint(id, !=, 0);
    loop.post_after(2ms, [&] { later_ran.set_value(); });
    loop.cancel(id);
    g_assert_cmpint(ends, ==, 1);
    loop.cancel(id);
    loop.cancel(0);
  });
  later_ran.get_future().wait();
  g_assert_false(ran);
}

void a_timer_may_cancel_and_start_timers() {
  IoLoop loop;
  std::vector<int> order;
  std::promise<void> done;
  run_on(loop, [&] {
    const auto id = std::make_shared<Executor::TimerId>();
    loop.post_after(1ms, [&, id] {
      order.push_back(1);
      loop.cancel(*id);
      loop.post_after(0ms, [&] {
        order.push_back(3);
        done.set_value();
      });
    });
    *id = loop.post_after(1ms, [&] { order.push_back(2); });
  });
  done.get_future().wait();
  g_assert_true((order == std::vector{1, 3}));
}

// Every turn finds the timer due, so posted tasks must get their turn in between.
void a_timer_without_delay_starves_nobody() {
  std::function<void()> again;
  IoLoop loop;
  again = [&] { loop.post_after(0ms, again); };
  run_on(loop, again);
  settle(loop);
  settle(loop);
}

void what_has_not_run_is_dropped_with_the_loop() {
  std::atomic<int> ends{0};
  auto loop = std::make_unique<IoLoop>();
  run_on(*loop, [&] {
    loop->post_after(1h, [held = std::make_shared<CountsItsEnd>(ends)] { g_assert_not_reached(); });
    loop->post_after(2h, [held = std::make_shared<CountsItsEnd>(ends)] { g_assert_not_reached(); });
  });
  g_assert_cmpint(ends, ==, 0);
  loop.reset();
  g_assert_cmpint(ends, ==, 2);
}

// The thread itself gives up the last reference: neither a deadlock nor a leak, and nothing runs afterwards.
void the_loop_may_end_on_its_own_thread() {
  const unsigned before = rt::io_loops_running();
  std::atomic<int> ends{0};
  std::atomic<bool> ran{false};
  std::promise<void> dropped;
  struct Reports {
    std::promise<void>& promise;
    ~Reports() { promise.set_value(); }
  };
  auto loop = std::make_shared<IoLoop>();
  std::promise<void> gate;
  loop->post([opened = gate.get_future().share()] { opened.wait(); });
  loop->post([loop]() mutable {
    loop->post_after(0ms, [] { g_assert_not_reached(); });
    loop.reset();
  });
  loop->post([&, held = std::make_shared<CountsItsEnd>(ends)] { ran = true; });
  loop->post([&, reports = std::make_shared<Reports>(dropped)] { ran = true; });
  loop.reset();
  gate.set_value();
  dropped.get_future().wait();
  g_assert_cmpint(ends, ==, 1);
  g_assert_false(ran);
  while (rt::io_loops_running() != before)
    std::this_thread::yield();
}

// What a socket's owner left behind completes in the last turns, on the loop's thread.
void cancellations_under_way_complete_before_the_thread_ends() {
  struct Seen {
    bool completed = false;
    bool on_loop = false;
    IoLoop* loop = nullptr;
  } seen;
  auto loop = std::make_unique<IoLoop>();
  seen.loop = loop.get();
  std::promise<void> started;
  loop->post([&] {
    GTask* task = g_task_new(
        nullptr, nullptr,
        [](GObject*, GAsyncResult*, gpointer data) {
          auto& result = *static_cast<Seen*>(data);
          result.completed = true;
          result.on_loop = result.loop->on_thread();
        },
        &seen);
    started.set_value();
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
  });
  started.get_future().wait();
  IoLoop* raw = loop.get();
  g_assert_true(raw == seen.loop);
  loop.reset();
  g_assert_true(seen.completed);
  g_assert_true(seen.on_loop);
}

// What a hold waits for may take the loop several turns that are not ready yet when the loop is told to end.
void a_hold_lets_what_is_under_way_complete() {
  struct Slow {
    std::shared_ptr<void> hold;
    bool completed = false;
  } slow;
  auto loop = std::make_unique<IoLoop>();
  run_on(*loop, [&] {
    slow.hold = loop->hold();
    GTask* task = g_task_new(
        nullptr, nullptr,
        [](GObject*, GAsyncResult*, gpointer data) {
          auto& self = *static_cast<Slow*>(data);
          self.completed = true;
          self.hold.reset();
        },
        &slow);
    g_task_run_in_thread(task, [](GTask* self, gpointer, gpointer, GCancellable*) {
      std::this_thread::yield();
      g_task_return_boolean(self, TRUE);
    });
    g_object_unref(task);
  });
  loop.reset();
  g_assert_true(slow.completed);
}

void a_hold_that_nobody_gives_up_is_bounded() {
  std::shared_ptr<void> hold;
  {
    IoLoop loop;
    run_on(loop, [&] { hold = loop.hold(); });
  }
  hold.reset();
}

void the_thread_is_gone_with_the_loop() {
  const unsigned before = rt::io_loops_running();
  {
    IoLoop loop;
    g_assert_cmpuint(rt::io_loops_running(), ==, before + 1);
  }
  g_assert_cmpuint(rt::io_loops_running(), ==, before);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/base/io-loop/order", tasks_run_in_order_on_the_loop_s_thread);
  g_test_add_func("/base/io-loop/captures", a_task_s_captures_go_before_the_next_task_runs);
  g_test_add_func("/base/io-loop/throwing-task", a_task_that_throws_harms_no_other);
  g_test_add_func("/base/io-loop/thread-default", the_loop_s_context_is_the_thread_s_default);
  g_test_add_func("/base/io-loop/many-threads", tasks_from_many_threads_all_run);
  g_test_add_func("/base/waker/coalesced", requests_to_a_waker_are_coalesced);
  g_test_add_func("/base/waker/while-running", a_request_made_while_the_waker_runs_is_one_more_run);
  g_test_add_func("/base/waker/none-lost", no_request_from_another_thread_is_lost);
  g_test_add_func("/base/waker/destroyed", a_destroyed_waker_never_runs_again);
  g_test_add_func("/base/waker/destroyed-by-its-task", a_waker_may_be_destroyed_by_its_own_task);
  g_test_add_func("/base/waker/outlives-the-loop", a_waker_may_outlive_the_loop);
  g_test_add_func("/base/timer/order", timers_run_when_due_and_in_order);
  g_test_add_func("/base/timer/cancel", a_cancelled_timer_does_not_run);
  g_test_add_func("/base/timer/from-a-timer", a_timer_may_cancel_and_start_timers);
  g_test_add_func("/base/timer/no-starvation", a_timer_without_delay_starves_nobody);
  g_test_add_func("/base/io-loop/drops-the-rest", what_has_not_run_is_dropped_with_the_loop);
  g_test_add_func("/base/io-loop/ends-on-its-own-thread", the_loop_may_end_on_its_own_thread);
  g_test_add_func("/base/io-loop/settles", cancellations_under_way_complete_before_the_thread_ends);
  g_test_add_func("/base/io-loop/hold", a_hold_lets_what_is_under_way_complete);
  g_test_add_func("/base/io-loop/hold-bounded", a_hold_that_nobody_gives_up_is_bounded);
  g_test_add_func("/base/io-loop/thread-gone", the_thread_is_gone_with_the_loop);
  return g_test_run();
}
