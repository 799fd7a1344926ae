#include "session/members.h"

#include <algorithm>
#include <map>
#include <utility>

namespace rt::session {
namespace {

// There may be several of such elements, and all that they have to say somebody else says better.
bool is_onlooker(Role role) {
  return role == Role::text || role == Role::image;
}

// The smaller, the better suited to post.
int rank(Role role, Direction direction) {
  if (is_onlooker(role)) return 2;
  return (role == Role::sink) == (direction == Direction::uplink) ? 0 : 1;
}

const char* element_of(Role role) {
  switch (role) {
  case Role::sink:
    return "realtimesink";
  case Role::src:
    return "realtimesrc";
  case Role::text:
    return "realtimetextsrc";
  case Role::image:
    return "realtimeimagesink";
  }
  return "";
}

} // namespace

Result<MemberId> Members::join(Role role, const void* pipeline, std::weak_ptr<Listener> listener) {
  auto state = state_.lock();
  const bool taken = !is_onlooker(role) && std::any_of(state->members.begin(), state->members.end(),
                                                       [&](const Member& m) { return m.role == role; });
  if (taken)
    return Error{ErrorKind::invalid_settings,
                 std::string("Another ") + element_of(role) +
                     " already belongs to this session; give each pair its own name with property 'session'"};
  std::erase_if(state->gone, [](const Member& m) { return m.listener.expired(); });
  const auto before = std::ranges::find_if(state->gone, [&](const Member& m) {
    return m.role == role && !m.listener.owner_before(listener) && !listener.owner_before(m.listener);
  });
  const bool known = before != state->gone.end();
  const MemberId id = known ? before->id : state->next_id++;
  if (known) state->gone.erase(before);
  state->members.push_back({id, role, pipeline, std::move(listener)});
  return id;
}

void Members::leave(MemberId id) {
  auto state = state_.lock();
  const auto member = std::ranges::find(state->members, id, &Member::id);
  if (member == state->members.end()) return;
  state->gone.push_back({id, member->role, nullptr, std::move(member->listener)});
  state->members.erase(member);
}

unsigned Members::set_open(MemberId id, bool open) {
  auto state = state_.lock();
  for (Member& member : state->members)
    if (member.id == id) member.open = open;
  return static_cast<unsigned>(
      std::count_if(state->members.begin(), state->members.end(), [](const Member& m) { return m.open; }));
}

std::optional<Role> Members::set_playing(MemberId id, bool playing) {
  auto state = state_.lock();
  for (Member& member : state->members) {
    if (member.id != id) continue;
    member.playing = playing;
    return member.role;
  }
  return std::nullopt;
}

bool Members::joined(Role role) {
  auto state = state_.lock();
  return std::any_of(state->members.begin(), state->members.end(),
                     [&](const Member& m) { return m.role == role; });
}

bool Members::open(Role role) {
  auto state = state_.lock();
  return std::any_of(state->members.begin(), state->members.end(),
                     [&](const Member& m) { return m.role == role && m.open; });
}

bool Members::playing(Role role) {
  auto state = state_.lock();
  return std::any_of(state->members.begin(), state->members.end(),
                     [&](const Member& m) { return m.role == role && m.playing; });
}

const void* Members::pipeline(Role role) {
  auto state = state_.lock();
  const auto it = std::find_if(state->members.begin(), state->members.end(),
                               [&](const Member& m) { return m.role == role; });
  return it == state->members.end() ? nullptr : it->pipeline;
}

std::vector<std::shared_ptr<Listener>> Members::posters(Direction direction) {
  std::map<const void*, const Member*> best;
  std::vector<std::shared_ptr<Listener>> listeners;
  auto state = state_.lock();
  for (const Member& member : state->members) {
    if (member.listener.expired()) continue;
    const Member*& chosen = best[member.pipeline];
    if (!chosen || rank(member.role, direction) < rank(chosen->role, direction)) chosen = &member;
  }
  for (const auto& [pipeline, member] : best)
    if (auto listener = member->listener.lock()) listeners.push_back(std::move(listener));
  return listeners;
}

std::vector<std::shared_ptr<Listener>> Members::all() {
  std::vector<std::shared_ptr<Listener>> listeners;
  auto state = state_.lock();
  for (const Member& member : state->members)
    if (auto listener = member.listener.lock()) listeners.push_back(std::move(listener));
  return listeners;
}

} // namespace rt::session
