#include "base/io_loop.h"

#include <glib.h>

#include <future>
#include <set>
#include <thread>
#include <vector>

namespace {

using rt::acquire_io_loop;
using rt::io_loops_running;
using rt::sessions_per_loop;
using Users = std::vector<std::shared_ptr<rt::Executor>>;

Users acquire(unsigned count) {
  Users users;
  for (unsigned i = 0; i < count; ++i)
    users.push_back(acquire_io_loop());
  return users;
}

void a_loop_serves_no_more_than_its_share() {
  auto users = acquire(sessions_per_loop);
  g_assert_cmpuint(io_loops_running(), ==, 1);
  for (const auto& user : users)
    g_assert_true(user.get() == users.front().get());
  auto one_more = acquire_io_loop();
  g_assert_cmpuint(io_loops_running(), ==, 2);
  g_assert_true(one_more.get() != users.front().get());
}

void the_oldest_loop_with_room_is_filled_first() {
  auto users = acquire(3 * sessions_per_loop);
  g_assert_cmpuint(io_loops_running(), ==, 3);
  rt::Executor* const second = users[sessions_per_loop].get();
  users[2 * sessions_per_loop].reset();
  users[sessions_per_loop].reset();
  auto next = acquire_io_loop();
  g_assert_true(next.get() == second);
  g_assert_cmpuint(io_loops_running(), ==, 3);
}

void copies_of_a_handle_are_one_user() {
  auto user = acquire_io_loop();
  const Users copies(2 * sessions_per_loop, user);
  auto other = acquire_io_loop();
  g_assert_true(other.get() == user.get());
  g_assert_cmpuint(io_loops_running(), ==, 1);
}

void threads_are_gone_with_the_last_user() {
  auto users = acquire(sessions_per_loop + 1);
  g_assert_cmpuint(io_loops_running(), ==, 2);
  users.pop_back();
  g_assert_cmpuint(io_loops_running(), ==, 1);
  users.clear();
  g_assert_cmpuint(io_loops_running(), ==, 0);
}

void the_last_user_may_leave_on_the_loop_s_thread() {
  auto user = acquire_io_loop();
  std::promise<void> gate;
  user->post([opened = gate.get_future().share()] { opened.wait(); });
  user->post([user]() mutable { user.reset(); });
  user.reset();
  gate.set_value();
  while (io_loops_running() != 0)
    std::this_thread::yield();
}

void many_threads_come_and_go() {
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([] {
        for (int i = 0; i < 100; ++i) {
          auto user = acquire_io_loop();
          std::promise<bool> ran;
          user->post([&] { ran.set_value(user->on_thread()); });
          g_assert_true(ran.get_future().get());
        }
      });
  }
  g_assert_cmpuint(io_loops_running(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/base/loop-pool/share", a_loop_serves_no_more_than_its_share);
  g_test_add_func("/base/loop-pool/oldest-first", the_oldest_loop_with_room_is_filled_first);
  g_test_add_func("/base/loop-pool/copies", copies_of_a_handle_are_one_user);
  g_test_add_func("/base/loop-pool/gone", threads_are_gone_with_the_last_user);
  g_test_add_func("/base/loop-pool/own-thread", the_last_user_may_leave_on_the_loop_s_thread);
  g_test_add_func("/base/loop-pool/many-threads", many_threads_come_and_go);
  return g_test_run();
}
