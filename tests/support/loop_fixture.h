// An I/O loop whose thread a test can enter and wait for.
#pragma once

#include "base/io_loop.h"

#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace rt::test {

class LoopFixture {
 public:
  // Runs `task` on the loop's thread; returns when it has run, and with it everything posted before.
  template<typename Task>
  auto run(Task&& task) {
    using Packaged = std::packaged_task<std::invoke_result_t<Task>()>;
    // Shared: the loop's thread may still be leaving it when this one has its result.
    auto packaged = std::make_shared<Packaged>(std::forward<Task>(task));
    auto result = packaged->get_future();
    loop_.post([packaged] { (*packaged)(); });
    return result.get();
  }
  // What the tasks posted so far have posted has run too.
  void settle() {
    run([] {});
    run([] {});
  }
  IoLoop& loop() { return loop_; }

 private:
  IoLoop loop_;
};

} // namespace rt::test
