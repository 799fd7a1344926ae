#include "base/log.h"

#include <glib.h>

#include <string>
#include <vector>

namespace {

using rt::LogLevel;

std::vector<std::string> lines;

void remember(LogLevel level, std::string_view area, std::string_view text) {
  lines.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(area) + ": " +
                  std::string(text));
}

void nothing_is_wanted_without_a_sink() {
  rt::set_log_sink(nullptr);
  rt::set_log_threshold(LogLevel::trace);
  g_assert_false(rt::log_wanted(LogLevel::error));
  rt::log(LogLevel::error, "test", "dropped");
}

void lines_up_to_the_threshold_reach_the_sink() {
  lines.clear();
  rt::set_log_sink(remember);
  rt::set_log_threshold(LogLevel::warning);
  g_assert_true(rt::log_wanted(LogLevel::error));
  g_assert_true(rt::log_wanted(LogLevel::warning));
  g_assert_false(rt::log_wanted(LogLevel::info));
  rt::log(LogLevel::warning, "io", "kept");
  rt::log(LogLevel::info, "io", "dropped");
  rt::set_log_sink(nullptr);
  g_assert_true(lines == std::vector<std::string>{"1 io: kept"});
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/base/log/no-sink", nothing_is_wanted_without_a_sink);
  g_test_add_func("/base/log/threshold", lines_up_to_the_threshold_reach_the_sink);
  return g_test_run();
}
