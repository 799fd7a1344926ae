// The conversation's items as a client may change them.
#include "harness.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::server;
using namespace rt::server::test;

Item message(Item::Role role, ContentPart::Type type, std::string text, std::string id = {}) {
  Item item;
  item.id = std::move(id);
  item.role = role;
  item.content.emplace_back().type = type;
  item.content.back().text = std::move(text);
  return item;
}

Item user(std::string text, std::string id) {
  return message(Item::Role::user, ContentPart::Type::input_text, std::move(text), std::move(id));
}

// An assistant's answer with one second of audio, complete; returns its id.
std::string spoken_item(Harness& h) {
  h.ask("hi");
  h.finish_responses();
  return h.last<OutputItemDone>().item.id;
}

Scenario one_second() {
  Scenario scenario;
  scenario.default_sound = Sound{Sound::Kind::ramp, Ms(1000)};
  return scenario;
}

void items_stand_where_they_are_put() {
  Harness h;
  h.client(ItemCreate{user("a", "a"), {}});
  g_assert_false(h.last<ItemAdded>().previous_item_id.has_value());
  h.client(ItemCreate{user("b", "b"), {}});
  equal(h.last<ItemAdded>().previous_item_id.value(), "a");
  h.client(ItemCreate{user("c", "c"), "a"});
  equal(h.last<ItemAdded>().previous_item_id.value(), "a");
  h.client(ItemCreate{user("d", "d"), "root"});
  g_assert_false(h.last<ItemAdded>().previous_item_id.has_value());
  // d a c b: the last question is b's.
  h.client(ResponseCreate{});
  equal(h.said(), "You said: b.");
  equal(h.last<ItemAdded>().previous_item_id.value(), "b");
}

void items_get_ids() {
  Harness h;
  h.client(ItemCreate{user("a", ""), {}});
  h.client(ItemCreate{user("a", ""), {}});
  const auto items = h.all<ItemDone>();
  g_assert_false(items.at(0).item.id.empty());
  g_assert_true(items.at(0).item.id != items.at(1).item.id);
  equal(items.at(0).item.status, "completed");
}

void impossible_items_are_refused() {
  Harness h;
  h.client(ItemCreate{user("a", "a"), {}});
  h.events();
  h.client(ItemCreate{user("again", "a"), {}}, "e1");
  equal(h.last<ErrorEvent>().error.event_id, "e1");
  equal(h.last<ErrorEvent>().error.param, "item.id");
  h.client(ItemCreate{user("x", "x"), "nowhere"}, "e2");
  equal(h.last<ErrorEvent>().error.param, "previous_item_id");
  h.client(ItemCreate{message(Item::Role::assistant, ContentPart::Type::output_audio, "x"), {}}, "e3");
  equal(h.last<ErrorEvent>().error.event_id, "e3");
  Item output;
  output.type = Item::Type::function_call_output;
  output.call_id = "nobody";
  h.client(ItemCreate{output, {}}, "e4");
  equal(h.last_error(), "invalid_tool_call_id");
  equal(h.events(), "error error error error");
}

void replayed_calls_may_be_answered() {
  Harness h;
  Item call;
  call.type = Item::Type::function_call;
  call.call_id = "c1";
  call.name = "get_time";
  call.arguments = "{}";
  h.client(ItemCreate{call, {}});
  Item output;
  output.type = Item::Type::function_call_output;
  output.call_id = "c1";
  output.output = R"({"hour":7,"zone":"UTC"})";
  h.client(ItemCreate{output, {}});
  h.client(ResponseCreate{});
  equal(h.said(), "The time: 7, UTC.");
}

void deleted_items_are_gone() {
  Harness h;
  h.client(ItemCreate{user("a", "a"), {}});
  h.client(ItemCreate{user("b", "b"), {}});
  h.client(ItemDelete{"b"});
  equal(h.last<ItemDeleted>().item_id, "b");
  h.client(ItemDelete{"b"}, "again");
  equal(h.last_error(), "item_delete_invalid_item_id");
  equal(h.last<ErrorEvent>().error.event_id, "again");
  h.client(ResponseCreate{});
  equal(h.said(), "You said: a.");
}

void retrieved_items_have_their_audio() {
  Harness h(one_second());
  const auto id = spoken_item(h);
  h.client(ItemRetrieve{id});
  const auto item = h.last<ItemRetrieved>().item;
  equal(item.id, id);
  const auto sent = h.audio_of(id);
  std::string text;
  audio::base64_append(text, sent);
  equal(item.content.at(0).audio.value(), text);
  h.client(ItemRetrieve{"nothing"}, "e");
  equal(h.last_error(), "item_retrieve_invalid_item_id");
}

void user_audio_is_kept_too() {
  Harness h;
  h.no_turn_detection();
  h.tone(200);
  h.client(InputAudioCommit{});
  h.client(ItemRetrieve{h.last<ItemDone>().item.id});
  const auto text = h.last<ItemRetrieved>().item.content.at(0).audio.value();
  g_assert_cmpuint(text.size(), ==, audio::base64_encoded_size(200 * 48));
}

void truncation_cuts_audio_and_transcript() {
  Harness h(one_second());
  const auto id = spoken_item(h);
  h.client(ItemTruncate{id, 0, 400});
  g_assert_true((h.last<ItemTruncated>() == ItemTruncated{id, 0, 400}));
  h.client(ItemRetrieve{id});
  const auto part = h.last<ItemRetrieved>().item.content.at(0);
  g_assert_false(part.transcript.has_value());
  g_assert_cmpuint(part.audio.value().size(), ==, audio::base64_encoded_size(400 * 48));
  // What is cut is gone.
  h.client(ItemTruncate{id, 0, 401}, "longer");
  equal(h.last<ErrorEvent>().error.event_id, "longer");
  equal(h.last<ErrorEvent>().error.message, "Audio content of 400ms is already shorter than 401ms");
  equal(h.last_error(), "invalid_value");
  h.client(ItemTruncate{id, 0, 0});
  g_assert_cmpuint(h.last<ItemTruncated>().audio_end_ms, ==, 0);
}

void truncation_knows_the_real_length() {
  Harness h(one_second());
  const auto id = spoken_item(h);
  h.client(ItemTruncate{id, 0, 1001});
  equal(h.last<ErrorEvent>().error.message, "Audio content of 1000ms is already shorter than 1001ms");
  h.client(ItemTruncate{id, 0, 1000});
  g_assert_cmpuint(h.all<ItemTruncated>().size(), ==, 1);
}

void impossible_truncations_are_refused() {
  Harness h(one_second());
  h.client(ItemTruncate{"nothing", 0, 0}, "e1");
  equal(h.last_error(), "item_truncate_invalid_item_id");
  h.client(ItemCreate{user("a", "a"), {}});
  h.client(ItemTruncate{"a", 0, 0});
  equal(h.last<ErrorEvent>().error.message, "Only model output audio messages can be truncated");
  h.client(ItemCreate{message(Item::Role::assistant, ContentPart::Type::output_text, "t", "text"), {}});
  h.client(ItemTruncate{"text", 0, 0});
  equal(h.last<ErrorEvent>().error.message, "Only model output audio messages can be truncated");
  const auto id = spoken_item(h);
  h.client(ItemTruncate{id, 1, 0});
  equal(h.last<ErrorEvent>().error.param, "content_index");
  g_assert_cmpuint(h.all<ItemTruncated>().size(), ==, 0);
}

// Barge-in: the response was cancelled when part of it had been sent.
void cancelled_audio_is_as_long_as_what_was_sent() {
  Harness h(one_second());
  h.ask("hi");
  h.advance(60); // deltas at 0, 20, 40 and 60 ms
  h.client(ResponseCancel{});
  const auto id = h.last<OutputItemDone>().item.id;
  h.client(ItemTruncate{id, 0, 401});
  equal(h.last<ErrorEvent>().error.message, "Audio content of 400ms is already shorter than 401ms");
  h.client(ItemTruncate{id, 0, 250});
  g_assert_cmpuint(h.last<ItemTruncated>().audio_end_ms, ==, 250);
}

void truncation_during_the_response_lasts() {
  Harness h(one_second());
  h.ask("hi");
  h.advance(60);
  const auto id = h.last<OutputItemAdded>().item.id;
  h.client(ItemTruncate{id, 0, 100});
  h.finish_responses();
  h.client(ItemRetrieve{id});
  const auto part = h.last<ItemRetrieved>().item.content.at(0);
  g_assert_false(part.transcript.has_value());
  g_assert_cmpuint(part.audio.value().size(), ==, audio::base64_encoded_size(100 * 48));
}

void deletion_during_the_response_lasts() {
  Harness h(one_second());
  h.ask("hi");
  const auto id = h.last<OutputItemAdded>().item.id;
  h.client(ItemDelete{id});
  h.finish_responses();
  g_assert_cmpuint(h.all<ResponseDone>().size(), ==, 1);
  h.client(ItemRetrieve{id});
  equal(h.last_error(), "item_retrieve_invalid_item_id");
}

void clients_may_send_audio_as_an_item() {
  Harness h;
  Item item;
  item.role = Item::Role::user;
  item.content.emplace_back().type = ContentPart::Type::input_audio;
  audio::base64_append(item.content.back().audio.emplace(), std::vector<std::uint8_t>(48000));
  h.client(ItemCreate{item, {}});
  g_assert_false(h.last<ItemDone>().item.content.at(0).audio.has_value());
  h.client(ResponseCreate{});
  g_assert_true(h.said().empty());
  h.understand("from a file");
  equal(h.said(), "You said: from a file.");
  item.content.back().audio = "????";
  h.client(ItemCreate{item, {}}, "bad");
  equal(h.last<ErrorEvent>().error.event_id, "bad");
}

void images_are_seen() {
  Harness h;
  Item item;
  item.role = Item::Role::user;
  item.content.emplace_back().type = ContentPart::Type::input_image;
  item.content.back().image_url = "data:image/png;base64,AAAA";
  h.client(ItemCreate{item, {}});
  h.client(ResponseCreate{});
  equal(h.said(), "I see an image.");
}

// The store keeps a bounded amount of audio, the newest.
void old_audio_makes_room() {
  ItemStore store;
  for (int i = 0; i < 3; ++i) {
    StoredItem stored;
    stored.item.id = std::to_string(i);
    stored.audio.resize(ItemStore::kept_audio_bytes / 2);
    stored.audio_samples = stored.audio.size() / 2;
    store.insert(std::move(stored), std::nullopt);
  }
  g_assert_true(store.find("0")->audio.empty());
  g_assert_cmpuint(store.find("0")->audio_samples, >, 0);
  g_assert_false(store.find("1")->audio.empty());
  g_assert_false(store.find("2")->audio.empty());
  store.append_audio("2", std::vector<std::uint8_t>(2));
  g_assert_true(store.find("1")->audio.empty());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/items/order", items_stand_where_they_are_put);
  g_test_add_func("/server/items/ids", items_get_ids);
  g_test_add_func("/server/items/impossible", impossible_items_are_refused);
  g_test_add_func("/server/items/replayed-calls", replayed_calls_may_be_answered);
  g_test_add_func("/server/items/delete", deleted_items_are_gone);
  g_test_add_func("/server/items/retrieve", retrieved_items_have_their_audio);
  g_test_add_func("/server/items/retrieve-user", user_audio_is_kept_too);
  g_test_add_func("/server/items/truncate", truncation_cuts_audio_and_transcript);
  g_test_add_func("/server/items/truncate-length", truncation_knows_the_real_length);
  g_test_add_func("/server/items/truncate-impossible", impossible_truncations_are_refused);
  g_test_add_func("/server/items/truncate-cancelled", cancelled_audio_is_as_long_as_what_was_sent);
  g_test_add_func("/server/items/truncate-during", truncation_during_the_response_lasts);
  g_test_add_func("/server/items/delete-during", deletion_during_the_response_lasts);
  g_test_add_func("/server/items/audio", clients_may_send_audio_as_an_item);
  g_test_add_func("/server/items/image", images_are_seen);
  g_test_add_func("/server/items/bounded-audio", old_audio_makes_room);
  return g_test_run();
}
