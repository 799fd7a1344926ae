#include "session/registry.h"

#include "base/io_loop.h"

#include <map>
#include <utility>

namespace rt::session {
namespace {

struct Registry {
  Factories factories;
  std::map<std::string, std::weak_ptr<Session>> sessions;
};

Guarded<Registry>& registry() {
  static Guarded<Registry> instance;
  return instance;
}

} // namespace

void set_factories(Factories factories) {
  if (!factories.executor) factories.executor = acquire_io_loop;
  registry().lock()->factories = std::move(factories);
}

std::shared_ptr<Session> find_or_create(const std::string& name) {
  auto r = registry().lock();
  std::erase_if(r->sessions, [](const auto& entry) { return entry.second.expired(); });
  if (auto session = r->sessions[name].lock()) return session;
  auto session = Session::create(r->factories.executor(), r->factories.transport);
  r->sessions[name] = session;
  return session;
}

} // namespace rt::session
