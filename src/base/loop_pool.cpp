#include "base/guarded.h"
#include "base/io_loop.h"

#include <algorithm>
#include <vector>

namespace rt {
namespace {

struct PooledLoop {
  std::unique_ptr<IoLoop> loop;
  unsigned users = 0;
};

// Oldest first, so that a new user fills the longest-lived loop that has room. Never destroyed: users may
// leave during static destruction.
Guarded<std::vector<PooledLoop>>& pool() {
  static auto* const loops = new Guarded<std::vector<PooledLoop>>();
  return *loops;
}

void leave(const Executor* executor) {
  std::unique_ptr<IoLoop> unused; // ends its thread after the lock is gone
  auto loops = pool().lock();
  const auto found =
      std::ranges::find_if(*loops, [&](const PooledLoop& entry) { return entry.loop.get() == executor; });
  if (found == loops->end() || --found->users > 0) return;
  unused = std::move(found->loop);
  loops->erase(found);
}

IoLoop* take_place() {
  auto loops = pool().lock();
  auto found =
      std::ranges::find_if(*loops, [](const PooledLoop& entry) { return entry.users < sessions_per_loop; });
  if (found == loops->end()) {
    loops->push_back({std::make_unique<IoLoop>(), 0});
    found = std::prev(loops->end());
  }
  ++found->users;
  return found->loop.get();
}

} // namespace

std::shared_ptr<Executor> acquire_io_loop() {
  return {take_place(), leave};
}

} // namespace rt
