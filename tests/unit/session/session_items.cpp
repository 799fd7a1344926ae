// Pictures into the conversation, and items out of it.
#include "conversation.h"

#include "session/picture.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

const std::vector<std::uint8_t> png = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0};
const std::vector<std::uint8_t> jpeg = {0xff, 0xd8, 0xff, 0xe0, 0};

void pictures() {
  assert_text(picture_uri(png).value(), "data:image/png;base64,iVBORw0KGgoA");
  g_assert_true(picture_uri(jpeg)->starts_with("data:image/jpeg;base64,"));
  for (const std::vector<std::uint8_t>& bad :
       {std::vector<std::uint8_t>{}, {'G', 'I', 'F', '8', '9', 'a'}, {0xff, 0xd8}})
    g_assert_true(contains(picture_uri(bad).error().message, "JPEG"));
  std::vector<std::uint8_t> large = png;
  large.resize(11 << 20);
  g_assert_true(contains(picture_uri(large).error().message, "scale"));
}

void a_picture_is_sent() {
  Conversation c;
  c.start();
  c.take();
  g_assert_true(c.session->send_image(jpeg).accepted);
  g_assert_false(c.session->send_image({}).accepted);
  c.run();
  const auto events = c.take();
  g_assert_cmpuint(events.size(), ==, 1); // and no answer is asked for
  const Item item = only<ItemCreate>(events).at(0).item;
  g_assert_true(item.role == Item::Role::user);
  g_assert_true(item.content.at(0).type == ContentPart::Type::input_image);
  g_assert_true(item.content[0].image_url->starts_with("data:image/jpeg;base64,"));
  c.server.refuse(events[0].event_id, "invalid_value");
  c.run();
  assert_text(text_of(c.src.ear->notices(NoticeKind::error).at(0), "request"), "send-image");
  g_assert_cmpuint(c.src.ear->warnings(Warning::Kind::request_refused).size(), ==, 1);
}

void an_item_is_deleted() {
  Conversation c;
  c.start();
  c.take();
  g_assert_false(c.session->delete_item("").accepted);
  g_assert_true(c.session->delete_item("item_1").accepted);
  c.run();
  assert_text(c.take_only<ItemDelete>().at(0).item_id, "item_1");
}

void an_item_is_retrieved() {
  Conversation c;
  c.start();
  c.take();
  g_assert_false(c.session->retrieve_item("").accepted);
  g_assert_true(c.session->retrieve_item("item_1").accepted);
  c.run();
  assert_text(c.take_only<ItemRetrieve>().at(0).item_id, "item_1");
  Item item;
  item.id = "item_1";
  item.role = Item::Role::user;
  ContentPart words, picture;
  words.type = ContentPart::Type::input_audio;
  words.audio = "AAAA";
  words.transcript = "Look here";
  picture.type = ContentPart::Type::input_image;
  picture.image_url = "data:image/png;base64,BBBB";
  item.content = {words, picture};
  c.transport.deliver(ItemRetrieved{item});
  c.run();
  const auto notice = c.src.ear->notices(NoticeKind::item).at(0);
  assert_text(text_of(notice, "item-id"), "item_1");
  assert_text(text_of(notice, "text"), "Look here");
  g_assert_true(contains(text_of(notice, "json"), "input_image"));
  g_assert_false(contains(text_of(notice, "json"), "AAAA"));
  g_assert_false(contains(text_of(notice, "json"), "BBBB"));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/session/items/pictures", pictures);
  g_test_add_func("/session/items/picture", a_picture_is_sent);
  g_test_add_func("/session/items/delete", an_item_is_deleted);
  g_test_add_func("/session/items/retrieve", an_item_is_retrieved);
  return g_test_run();
}
