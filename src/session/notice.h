// What a session tells the application: the values behind the bus messages `realtime/<name>`. One table says
// which exist, which way they face and which fields they carry; docs/messages.md is compared with it by a
// test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rt::session {

enum class NoticeKind {
  session_created,
  session_updated,
  speech_started,
  speech_stopped,
  turn_committed,
  idle_timeout,
  transcript,
  transcript_segment,
  dtmf,
  tool_call,
  tool_call_cancelled,
  mcp_list_tools,
  mcp_approval_request,
  mcp_approval_cancelled,
  mcp_call,
  mcp_call_done,
  response_started,
  response_done,
  playback_started,
  playback_finished,
  interrupted,
  item,
  rate_limits,
  error,
  metrics,
  event,
};

// Uplink notices are posted by realtimesink, downlink ones by realtimesrc, either by the one that is there.
enum class Direction { uplink, downlink };

struct NoticeInfo {
  NoticeKind kind;
  std::string_view name;
  Direction direction;
  std::string_view fields; // comma separated; each may be absent
};
const NoticeInfo& info(NoticeKind kind);
std::span<const NoticeInfo> notices();

// A point in time as the clock of the pipeline that noted it showed it (base time included), in ns, and what
// makes it running time again in that pipeline: a pause between noting and telling moves the base time on.
struct ClockTime {
  std::uint64_t ns = 0;
  std::uint64_t base = 0;         // when it was noted
  const void* pipeline = nullptr; // which noted it; only compared
};

struct Notice {
  using Plain = std::variant<std::string, std::uint64_t, std::int64_t, double, bool>;
  using Fields = std::vector<std::pair<std::string, Plain>>; // a structure within
  using Value = std::variant<std::string, std::uint64_t, std::int64_t, double, bool, ClockTime, Fields>;

  NoticeKind kind;
  std::vector<std::pair<std::string_view, Value>> fields; // names are literals
  Direction direction;                                    // the table's, but a user's transcript goes uplink

  explicit Notice(NoticeKind k) : kind(k), direction(info(k).direction) {}
  Notice with(std::string_view name, std::string value) &&;
  Notice with(std::string_view name, std::string_view value) && {
    return std::move(*this).with(name, std::string(value));
  }
  Notice with(std::string_view name, const char* value) && {
    return std::move(*this).with(name, std::string(value));
  }
  Notice with(std::string_view name, std::uint64_t value) &&;
  Notice with(std::string_view name, bool value) &&;
  Notice with(std::string_view name, double value) &&;
  Notice with(std::string_view name, ClockTime value) &&;
  Notice with(std::string_view name, Fields value) &&;
};

enum class ProgressKind { start, progress, complete, error, canceled };

// Something the user asked for was lost, though the session goes on: becomes a GST WARNING. Repetitions of a
// text are limited there, and how many come of one kind.
struct Warning {
  enum class Kind {
    uplink_dropped,
    setting_rejected,
    setting_differs,
    drain_timed_out,
    playback_refused,
    response_failed,
    response_timed_out,
    retrying,
    tool_timed_out,
    mcp_list_failed,
    request_refused,
    unusable_picture,
    unsupported
  };
  Kind kind;
  std::string text;
};

} // namespace rt::session
