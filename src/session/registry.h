// How the elements of one conversation find the same Session: by a name, process-wide. Sessions live as long
// as somebody holds them.
#pragma once

#include "session/session.h"
#include "transport/transport.h"

#include <memory>
#include <string>

namespace rt::session {

// What a new session is made of. The plugin sets the real transport; tests set a fake one. Any thread.
struct Factories {
  transport::Factory transport;
  std::function<std::shared_ptr<Executor>()> executor;
};
void set_factories(Factories factories);

// The session of that name, made when there is none. Any thread.
std::shared_ptr<Session> find_or_create(const std::string& name);

} // namespace rt::session
