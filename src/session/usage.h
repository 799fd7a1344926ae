// What was used of the models: told of each response, and summed over a session.
#pragma once

#include "protocol/server_input_event.h"
#include "session/notice.h"

#include <cstdint>

namespace rt::session {

Notice with_usage(Notice notice, const protocol::Usage& usage);

struct UsageTotals {
  protocol::Usage responses;
  // Of the transcripts of the input, which servers bill by tokens or by time.
  std::uint64_t transcription_input = 0, transcription_output = 0; // tokens
  double transcription_seconds = 0;

  void add(const protocol::Usage& response);
  void add(const protocol::InputTranscriptCompleted& transcript);
  std::uint64_t transcription_ms() const;
};

} // namespace rt::session
