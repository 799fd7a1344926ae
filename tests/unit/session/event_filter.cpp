// Patterns of event names.
#include "session/event_filter.h"

#include "session/settings.h"
#include "texts.h"

#include <glib.h>

namespace {

using namespace rt::session;
using namespace rt::session::test;

bool takes(const char* patterns, const char* type) {
  return EventFilter(patterns).takes(type);
}

void patterns() {
  g_assert_false(EventFilter().any());
  g_assert_false(EventFilter().takes("error"));
  g_assert_true(takes("*", "error"));
  g_assert_true(takes("error", "error"));
  g_assert_false(takes("error", "errors"));
  g_assert_true(takes("response.*", "response.done"));
  g_assert_false(takes("response.*", "session.updated"));
  g_assert_true(takes(" response.* , error ", "error"));
}

void exclusions() {
  g_assert_true(takes("response.*,-*.delta", "response.done"));
  g_assert_false(takes("response.*,-*.delta", "response.output_text.delta"));
  g_assert_false(takes("-*.delta,response.*", "response.output_text.delta")); // wherever they stand
  g_assert_false(takes("response.*,-*.delta", "error"));
  g_assert_true(takes("-*.delta", "error")); // everything else
  g_assert_false(takes("-*.delta", "response.output_text.delta"));
}

void unusable() {
  g_assert_false(why_invalid_patterns(std::nullopt).has_value());
  g_assert_false(why_invalid_patterns("").has_value());
  g_assert_false(why_invalid_patterns("a.*, -b").has_value());
  for (const char* text : {"a,,b", ",", "a,", "-", "a, -"})
    g_assert_true(contains(why_invalid_patterns(text).value(), "empty"));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/event-filter/patterns", patterns);
  g_test_add_func("/event-filter/exclusions", exclusions);
  g_test_add_func("/event-filter/unusable", unusable);
  return g_test_run();
}
