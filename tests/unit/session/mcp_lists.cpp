// What the servers of tools offer: told once, when both the item and the news of its end have come.
#include "session/mcp_lists.h"
#include "fake_wire.h"
#include "recording_listener.h"
#include "texts.h"

namespace {

using namespace rt;
using namespace rt::protocol;
using namespace rt::session;
using namespace rt::session::test;

constexpr const char* tools = R"([{"name":"search","input_schema":{}}])";

Item list(const char* offered) {
  Item item;
  item.type = Item::Type::mcp_list_tools;
  item.id = "item_1";
  item.server_label = "docs";
  item.tools = Json{offered};
  return item;
}

void told_when_both_have_come() {
  for (const bool item_first : {true, false}) {
    FakeWire wire;
    McpLists lists(wire);
    lists.item_added(list("[]"));
    if (item_first)
      lists.item_done(list(tools));
    else
      lists.ended("item_1", true);
    g_assert_cmpuint(wire.notices.size(), ==, 0);
    if (item_first)
      lists.ended("item_1", true);
    else
      lists.item_done(list(tools));
    g_assert_cmpuint(wire.notices.size(), ==, 1);
    const Notice& notice = wire.notices[0];
    g_assert_true(notice.kind == NoticeKind::mcp_list_tools);
    assert_text(text_of(notice, "item-id"), "item_1");
    assert_text(text_of(notice, "server-label"), "docs");
    assert_text(text_of(notice, "status"), "completed");
    assert_text(text_of(notice, "tools"), tools);
    g_assert_cmpuint(wire.warnings.size(), ==, 0);
  }
}

void a_failure_is_told_and_warned_of() {
  for (const bool known : {true, false}) {
    FakeWire wire;
    McpLists lists(wire);
    if (known) lists.item_added(list("[]"));
    lists.ended("item_1", false);
    g_assert_cmpuint(wire.notices.size(), ==, 1);
    assert_text(text_of(wire.notices[0], "status"), "failed");
    assert_text(text_of(wire.notices[0], "server-label"), known ? "docs" : "");
    g_assert_false(has_field(wire.notices[0], "tools"));
    g_assert_cmpuint(wire.warnings.size(), ==, 1);
    g_assert_true(wire.warnings[0].kind == Warning::Kind::mcp_list_failed);
    g_assert_true(contains(wire.warnings[0].text, known ? "'docs'" : "an MCP server"));
    g_assert_true(contains(wire.warnings[0].text, "'tools'"));
  }
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/mcp-lists/completed", told_when_both_have_come);
  g_test_add_func("/mcp-lists/failed", a_failure_is_told_and_warned_of);
  return g_test_run();
}
