#include "session/notice.h"

#include <array>
#include <cstddef>

namespace rt::session {
namespace {

using enum Direction;

constexpr std::array table = {
    NoticeInfo{NoticeKind::session_created, "session-created", downlink, "session-id,model,expires-at"},
    NoticeInfo{NoticeKind::session_updated, "session-updated", downlink, "session-id,model,session"},
    NoticeInfo{NoticeKind::speech_started, "speech-started", uplink, "item-id,audio-start-ms,time"},
    NoticeInfo{NoticeKind::speech_stopped, "speech-stopped", uplink, "item-id,audio-end-ms,time"},
    NoticeInfo{NoticeKind::turn_committed, "turn-committed", uplink, "item-id,previous-item-id"},
    NoticeInfo{NoticeKind::idle_timeout, "idle-timeout", uplink, "item-id,audio-start-ms,audio-end-ms"},
    NoticeInfo{NoticeKind::transcript, "transcript", downlink,
               "role,item-id,response-id,content-index,text,delta,final,truncated,start,end"},
    NoticeInfo{NoticeKind::transcript_segment, "transcript-segment", uplink,
               "item-id,segment-id,speaker,text,start-seconds,end-seconds"},
    NoticeInfo{NoticeKind::dtmf, "dtmf", uplink, "key,received-at"},
    NoticeInfo{NoticeKind::tool_call, "tool-call", downlink,
               "call-id,name,arguments,args,response-id,item-id,out-of-band,metadata"},
    NoticeInfo{NoticeKind::tool_call_cancelled, "tool-call-cancelled", downlink,
               "call-id,name,response-id,item-id,reason"},
    NoticeInfo{NoticeKind::mcp_list_tools, "mcp-list-tools", downlink, "item-id,server-label,status,tools"},
    NoticeInfo{NoticeKind::mcp_approval_request, "mcp-approval-request", downlink,
               "request-id,server-label,name,arguments,args,response-id,approve"},
    NoticeInfo{NoticeKind::mcp_approval_cancelled, "mcp-approval-cancelled", downlink,
               "request-id,server-label,name,response-id,reason"},
    NoticeInfo{NoticeKind::mcp_call, "mcp-call", downlink,
               "item-id,server-label,name,arguments,args,response-id"},
    NoticeInfo{NoticeKind::mcp_call_done, "mcp-call-done", downlink,
               "item-id,request-id,server-label,name,response-id,status,output,error-type,error-code,"
               "error-message"},
    NoticeInfo{NoticeKind::response_started, "response-started", downlink,
               "response-id,out-of-band,metadata"},
    NoticeInfo{NoticeKind::response_done, "response-done", downlink,
               "response-id,out-of-band,metadata,status,reason,error-type,error-code,error-message,total-"
               "tokens,input-tokens,"
               "output-tokens,input-text-tokens,input-audio-tokens,input-image-tokens,cached-tokens,"
               "cached-text-tokens,cached-audio-tokens,cached-image-tokens,output-text-tokens,"
               "output-audio-tokens"},
    NoticeInfo{NoticeKind::playback_started, "playback-started", downlink, "response-id,item-id,time"},
    NoticeInfo{NoticeKind::playback_finished, "playback-finished", downlink,
               "response-id,item-id,time,heard-ms"},
    NoticeInfo{NoticeKind::interrupted, "interrupted", downlink, "response-id,item-id,heard-ms,received-ms"},
    NoticeInfo{NoticeKind::item, "item", downlink, "item-id,text,json"},
    NoticeInfo{NoticeKind::rate_limits, "rate-limits", downlink,
               "requests-limit,requests-remaining,requests-reset,tokens-limit,tokens-remaining,tokens-reset"},
    NoticeInfo{NoticeKind::error, "error", downlink, "type,code,message,param,event-id,request"},
    NoticeInfo{NoticeKind::metrics, "metrics", downlink,
               "response-id,connect-ms,speech-end,speech-to-delta-ms,delta-to-push-ms,push-to-heard-ms,"
               "speech-to-heard-ms,underruns,gap-ms,cushion-used-ms,interrupted,item-id,heard-ms,received-ms,"
               "input-dropped-ms,input-filled-ms"},
    NoticeInfo{NoticeKind::event, "event", downlink, "type,json"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].kind) != i) return false;
  return table.size() == static_cast<std::size_t>(NoticeKind::event) + 1;
}
static_assert(in_order(), "one row per NoticeKind, in the order of the enum");

} // namespace

const NoticeInfo& info(NoticeKind kind) {
  return table[static_cast<std::size_t>(kind)];
}

std::span<const NoticeInfo> notices() {
  return table;
}

Notice Notice::with(std::string_view name, std::string value) && {
  fields.emplace_back(name, std::move(value));
  return std::move(*this);
}

Notice Notice::with(std::string_view name, std::uint64_t value) && {
  fields.emplace_back(name, value);
  return std::move(*this);
}

Notice Notice::with(std::string_view name, bool value) && {
  fields.emplace_back(name, value);
  return std::move(*this);
}

Notice Notice::with(std::string_view name, double value) && {
  fields.emplace_back(name, value);
  return std::move(*this);
}

Notice Notice::with(std::string_view name, Fields value) && {
  fields.emplace_back(name, std::move(value));
  return std::move(*this);
}

Notice Notice::with(std::string_view name, ClockTime value) && {
  fields.emplace_back(name, value);
  return std::move(*this);
}

} // namespace rt::session
