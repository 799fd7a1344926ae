#include "base/log.h"

#include <atomic>

namespace rt {
namespace {
std::atomic<LogSink> current_sink{nullptr};
std::atomic<int> threshold{static_cast<int>(LogLevel::info)};
} // namespace

void set_log_sink(LogSink sink) {
  current_sink = sink;
}

void set_log_threshold(LogLevel level) {
  threshold = static_cast<int>(level);
}

bool log_wanted(LogLevel level) {
  return current_sink.load(std::memory_order_relaxed) && static_cast<int>(level) <= threshold.load();
}

void log(LogLevel level, std::string_view area, std::string_view text) {
  if (!log_wanted(level)) return;
  if (LogSink sink = current_sink.load()) sink(level, area, text);
}

} // namespace rt
