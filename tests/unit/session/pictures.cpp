// The pictures of cameras: which go out when, and which stay in the conversation.
#include "session/pictures.h"

#include "conversation.h"
#include "session/picture.h"

#include <algorithm>

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

using Names = std::vector<std::string>;

void the_newest_waits() {
  WaitingPictures waiting;
  g_assert_false(waiting.take().has_value());
  g_assert_false(waiting.put({1, "old", 1}));
  g_assert_true(waiting.put({1, "new", 1}));
  g_assert_false(waiting.put({2, "other", 1}));
  assert_text(waiting.take()->uri, "new");
  g_assert_false(waiting.put({1, "newer", 1}));
  assert_text(waiting.take()->uri, "other"); // in turn
  assert_text(waiting.take()->uri, "newer");
  g_assert_false(waiting.drop(1));
  waiting.put({1, "last", 1});
  g_assert_true(waiting.drop(1));
  g_assert_false(waiting.take().has_value());
}

void older_ones_go() {
  ShownPictures shown;
  const auto show = [&](MemberId camera, std::uint32_t keep) { return shown.name({camera, "", keep}); };
  const std::string one = show(1, 2), two = show(1, 2), three = show(1, 2), other = show(2, 1);
  g_assert_true(shown.added(one).empty());
  g_assert_true(shown.added(two).empty());
  g_assert_true(shown.added(three) == Names{one});
  g_assert_true(shown.added(three).empty()); // told twice
  g_assert_true(shown.added(other).empty());
  g_assert_true(shown.added("item_of_somebody").empty());
  shown.deleted(three); // by the application
  const std::string four = show(1, 2), refused = show(1, 2), five = show(1, 1);
  g_assert_true(shown.added(four).empty());
  g_assert_true((shown.added(five) == Names{four, two})); // fewer are kept from now on
  g_assert_true(shown.added(refused).empty());            // was given up
  const std::string all = show(1, 0);
  g_assert_true(shown.added(all).empty());
}

// ---- through a session ----

std::vector<std::uint8_t> picture(std::uint8_t number) {
  return {0xff, 0xd8, 0xff, 0xe0, number};
}

struct Watching : Conversation {
  explicit Watching(const FakeSpeechlessServer::Options& options = FakeSpeechlessServer::Options())
      : Conversation(options) {
    join(camera);
    open(camera);
    play(camera);
  }
  ~Watching() {
    if (camera.id) close(camera);
    if (camera.id) leave(camera);
  }
  void show(std::uint8_t number, std::uint32_t keep = 1) {
    g_assert_true(session->show(camera.id, picture(number), keep).accepted);
  }
  static std::string uri(std::uint8_t number) { return picture_uri(picture(number)).value(); }
  static std::string url_of(const ItemCreate& create) {
    return create.item.content.at(0).image_url.value_or("");
  }
  Element camera{Role::image};
};

void only_the_newest_waits_for_the_session() {
  Watching c({.greets = false});
  c.start();
  c.show(1);
  c.show(2);
  c.show(3);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.server.introduce();
  c.run();
  const auto sent = c.take_only<ItemCreate>();
  g_assert_cmpuint(sent.size(), ==, 1);
  assert_text(Watching::url_of(sent[0]), Watching::uri(3));
  g_assert_true(sent[0].item.role == Item::Role::user);
  g_assert_cmpuint(c.session->stats().images_sent, ==, 1);
  g_assert_cmpuint(c.session->stats().images_dropped, ==, 2);
}

void a_greeting_knows_the_picture() {
  Watching c({.greets = false});
  c.set([](Settings& s) { s.greeting = "Say what you see."; });
  c.start();
  c.show(1);
  c.server.introduce();
  c.run();
  const auto events = c.take();
  const auto at = [&](auto is) { return std::ranges::find_if(events, is) - events.begin(); };
  const auto item = at([](const ClientEvent& e) { return std::holds_alternative<ItemCreate>(e.body); });
  const auto ask = at([](const ClientEvent& e) { return std::holds_alternative<ResponseCreate>(e.body); });
  g_assert_cmpint(item, <, ask);
  g_assert_cmpint(ask, <, static_cast<long>(events.size()));
}

// Through NULL and back it is the same camera: its picture of before goes.
void a_camera_that_comes_back() {
  Watching c;
  c.start();
  c.show(1);
  c.run();
  const std::string old = c.take_only<ItemCreate>().at(0).item.id;
  c.close(c.camera);
  c.leave(c.camera);
  c.run();
  g_assert_cmpuint(c.take_only<ItemDelete>().size(), ==, 0); // it was shown
  c.join(c.camera);
  c.open(c.camera);
  c.show(2);
  c.run();
  assert_text(c.take_only<ItemDelete>().at(0).item_id, old);
}

void the_one_before_goes_when_the_next_is_in() {
  Watching c;
  c.start();
  c.take();
  c.show(1);
  c.run();
  const auto first = c.take();
  g_assert_cmpuint(first.size(), ==, 1); // nothing is to go, and no answer is asked for
  const std::string old = only<ItemCreate>(first).at(0).item.id;
  c.show(2);
  c.run();
  const auto second = c.take();
  g_assert_cmpuint(second.size(), ==, 2);
  g_assert_true(std::holds_alternative<ItemCreate>(second[0].body)); // never without any
  assert_text(std::get<ItemDelete>(second[1].body).item_id, old);
  c.show(3, 0); // all stay
  c.run();
  g_assert_cmpuint(c.take_only<ItemDelete>().size(), ==, 0);
}

void a_refused_one_is_not_deleted() {
  Watching c;
  c.start();
  c.take();
  c.show(1);
  c.run();
  const auto kept = c.take_only<ItemCreate>().at(0).item.id;
  c.transport.when_sent([](Executor&, const std::string&) {}); // and is answered so:
  c.show(2);
  c.run();
  c.server.refuse(c.take().at(0).event_id, "invalid_value");
  c.run();
  g_assert_cmpuint(c.take_only<ItemDelete>().size(), ==, 0);
  assert_text(text_of(c.src.ear->notices(NoticeKind::error).at(0), "request"), "send-image");
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::request_refused).size(), ==, 1);
  c.show(3);
  c.run();
  Item taken = c.take_only<ItemCreate>().at(0).item;
  c.transport.deliver(ItemAdded{taken, std::nullopt});
  c.run();
  const auto deleted = c.take_only<ItemDelete>();
  g_assert_cmpuint(deleted.size(), ==, 1);
  assert_text(deleted[0].item_id, kept);
}

// A picture is large: what the network does not take must not pile up, and the voice goes first.
void a_slow_network_gets_the_newest() {
  Watching c;
  c.start();
  c.take();
  c.transport.set_writable(false);
  for (std::uint8_t i = 1; i <= 5; ++i)
    c.show(i);
  c.push(20);
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.transport.set_writable(true);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 2);
  g_assert_true(std::holds_alternative<InputAudioAppend>(events[0].body));
  assert_text(Watching::url_of(std::get<ItemCreate>(events[1].body)), Watching::uri(5));
  g_assert_cmpuint(c.session->stats().images_dropped, ==, 4);
}

// Told once; the conversation is as good as without a camera.
void servers_without_pictures_get_none() {
  for (const bool beta : {true, false}) {
    Watching c;
    if (beta) c.transport.set_dialect(Dialect::beta);
    c.set([beta](Settings& s) {
      s.provider = beta ? ProviderId::openai_beta : ProviderId::hf_speech_to_speech;
    });
    c.start();
    c.take();
    for (std::uint8_t i = 1; i <= 5; ++i) {
      c.show(i);
      c.run();
    }
    g_assert_cmpuint(c.take().size(), ==, 0);
    g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::unsupported).size(), ==, 1);
    g_assert_cmpuint(c.src.ear->heard().errors.size(), ==, 0);
    g_assert_cmpuint(c.src.ear->notices(NoticeKind::error).size(), ==, 0);
    g_assert_cmpuint(c.session->stats().images_sent, ==, 0);
    g_assert_cmpuint(c.session->stats().images_dropped, ==, 5);
    c.reply("item_a", 100); // goes on
    g_assert_cmpuint(c.listen(200), >, 0);
  }
}

void what_is_no_picture_is_said() {
  Watching c;
  c.start();
  c.take();
  for (const std::vector<std::uint8_t>& bad : {std::vector<std::uint8_t>{}, {1, 2, 3, 4}}) {
    const Outcome outcome = c.session->show(c.camera.id, bad, 1);
    g_assert_false(outcome.accepted);
    g_assert_true(contains(outcome.why, "JPEG"));
  }
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  g_assert_cmpuint(c.session->stats().images_dropped, ==, 2);
}

// What still waits when the camera goes was never shown; a new conversation begins with a new one.
void a_camera_that_leaves_takes_its_picture_along() {
  Watching c;
  c.start();
  c.take();
  c.transport.set_writable(false);
  c.show(1);
  c.close(c.camera);
  c.transport.set_writable(true);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
  c.open(c.camera);
  c.show(2);
  c.run();
  assert_text(Watching::url_of(c.take_only<ItemCreate>().at(0)), Watching::uri(2));
}

void nobody_looks_after_the_end() {
  Watching c;
  c.start();
  c.begin_drain();
  c.listen(1000);
  g_assert_true(c.drained());
  c.take();
  c.show(1);
  c.run();
  g_assert_cmpuint(c.take().size(), ==, 0);
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/pictures/waiting", the_newest_waits);
  g_test_add_func("/session/pictures/shown", older_ones_go);
  g_test_add_func("/session/pictures/before-the-session", only_the_newest_waits_for_the_session);
  g_test_add_func("/session/pictures/greeting", a_greeting_knows_the_picture);
  g_test_add_func("/session/pictures/keep", the_one_before_goes_when_the_next_is_in);
  g_test_add_func("/session/pictures/camera-again", a_camera_that_comes_back);
  g_test_add_func("/session/pictures/refused", a_refused_one_is_not_deleted);
  g_test_add_func("/session/pictures/slow", a_slow_network_gets_the_newest);
  g_test_add_func("/session/pictures/provider", servers_without_pictures_get_none);
  g_test_add_func("/session/pictures/unusable", what_is_no_picture_is_said);
  g_test_add_func("/session/pictures/leaves", a_camera_that_leaves_takes_its_picture_along);
  g_test_add_func("/session/pictures/end", nobody_looks_after_the_end);
  return g_test_run();
}
