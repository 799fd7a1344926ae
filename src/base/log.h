// Where the core writes its log lines. The plugin points it at its GST_CAT; the server at stderr; the default
// drops them. No line may contain a key, a token or a header's value.
#pragma once

#include <string>
#include <string_view>

namespace rt {

enum class LogLevel { error, warning, info, debug, trace };

using LogSink = void (*)(LogLevel level, std::string_view area, std::string_view text);

// Any thread; the sink must be thread-safe. Set once at start-up.
void set_log_sink(LogSink sink);
// The most verbose level that the sink wants, so that texts are not built in vain.
void set_log_threshold(LogLevel level);
bool log_wanted(LogLevel level);
void log(LogLevel level, std::string_view area, std::string_view text);

} // namespace rt
