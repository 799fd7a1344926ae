#include "session/members.h"

#include "recording_listener.h"
#include "texts.h"

#include <algorithm>
namespace {

using namespace rt;
using namespace rt::session;
using namespace rt::session::test;

using Ear = std::shared_ptr<RecordingListener>;

Ear ear() {
  return std::make_shared<RecordingListener>();
}

const int pipelines[2] = {};
constexpr const void* one = &pipelines[0];
constexpr const void* two = &pipelines[1];

bool posts(Members& members, Direction direction, const std::vector<Ear>& expected) {
  const auto posters = members.posters(direction);
  if (posters.size() != expected.size()) return false;
  for (const Ear& e : expected)
    if (std::find(posters.begin(), posters.end(), e) == posters.end()) return false;
  return true;
}

void one_of_each() {
  Members members;
  const Ear a = ear(), b = ear();
  const auto sink = members.join(Role::sink, one, a);
  g_assert_true(sink.ok());
  g_assert_true(members.join(Role::src, one, a).ok());
  const auto second = members.join(Role::sink, two, b);
  g_assert_false(second.ok());
  g_assert_true(contains(second.error().message, "'session'"));
  g_assert_true(contains(second.error().message, "realtimesink"));
  g_assert_false(members.join(Role::src, two, b).ok());
  for (int i = 0; i < 5; ++i)
    g_assert_true(members.join(Role::text, two, b).ok()); // any number
  members.leave(sink.value());
  g_assert_false(members.joined(Role::sink));
  g_assert_true(members.join(Role::sink, two, b).ok());
}

// A role is a name of its own: one element may have had several.
void who_comes_back_is_known() {
  Members members;
  const Ear a = ear(), b = ear();
  const MemberId camera = members.join(Role::image, one, a).value();
  members.leave(camera);
  members.leave(camera);
  g_assert_cmpuint(members.join(Role::image, one, b).value(), !=, camera);
  g_assert_cmpuint(members.join(Role::text, one, a).value(), !=, camera);
  g_assert_cmpuint(members.join(Role::image, two, a).value(), ==, camera);
  g_assert_cmpuint(members.join(Role::image, two, a).value(), !=, camera); // it is there already
}

void states() {
  Members members;
  const Ear a = ear();
  const MemberId sink = members.join(Role::sink, one, a).value();
  const MemberId src = members.join(Role::src, one, a).value();
  g_assert_true(members.joined(Role::src));
  g_assert_false(members.open(Role::src));
  g_assert_cmpuint(members.set_open(sink, true), ==, 1);
  g_assert_cmpuint(members.set_open(src, true), ==, 2);
  g_assert_true(members.open(Role::src));
  g_assert_false(members.playing(Role::src));
  g_assert_true(members.set_playing(src, true) == Role::src);
  g_assert_true(members.playing(Role::src));
  g_assert_false(members.playing(Role::sink));
  g_assert_cmpuint(members.set_open(sink, false), ==, 1);
  members.leave(src);
  g_assert_false(members.playing(Role::src));
  g_assert_false(members.set_playing(src, true).has_value());
  g_assert_cmpuint(members.set_open(src, true), ==, 0);
}

void one_poster_a_pipeline() {
  Members members;
  const Ear sink = ear(), src = ear(), text = ear(), other = ear();
  members.join(Role::text, one, text).value();
  g_assert_true(posts(members, Direction::uplink, {text}));
  const MemberId sink_id = members.join(Role::sink, one, sink).value();
  g_assert_true(posts(members, Direction::uplink, {sink}));
  g_assert_true(posts(members, Direction::downlink, {sink}));
  members.join(Role::src, one, src).value();
  g_assert_true(posts(members, Direction::uplink, {sink}));
  g_assert_true(posts(members, Direction::downlink, {src}));
  members.join(Role::text, two, other).value();
  g_assert_true(posts(members, Direction::uplink, {sink, other}));
  g_assert_true(posts(members, Direction::downlink, {src, other}));
  members.leave(sink_id);
  g_assert_true(posts(members, Direction::uplink, {src, other}));
  g_assert_cmpuint(members.all().size(), ==, 3);
}

// Each in its own pipeline: both tell their application everything.
void two_pipelines() {
  Members members;
  const Ear sink = ear(), src = ear();
  members.join(Role::sink, one, sink).value();
  members.join(Role::src, two, src).value();
  g_assert_true(posts(members, Direction::uplink, {sink, src}));
  g_assert_true(posts(members, Direction::downlink, {sink, src}));
}

// An element that is being destroyed leaves the posting to the next.
void gone_without_leaving() {
  Members members;
  Ear sink = ear();
  const Ear src = ear();
  members.join(Role::sink, one, sink).value();
  members.join(Role::src, one, src).value();
  sink.reset();
  g_assert_true(posts(members, Direction::uplink, {src}));
  g_assert_cmpuint(members.all().size(), ==, 1);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/members/busy", one_of_each);
  g_test_add_func("/members/again", who_comes_back_is_known);
  g_test_add_func("/members/states", states);
  g_test_add_func("/members/posters/one-pipeline", one_poster_a_pipeline);
  g_test_add_func("/members/posters/two-pipelines", two_pipelines);
  g_test_add_func("/members/posters/gone", gone_without_leaving);
  return g_test_run();
}
