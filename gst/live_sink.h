// What the sinks have in common: a server is at the other end, so they are no part of the pipeline's latency,
// and what comes live is not made to wait.
#pragma once

#include "gst/gst_refs.h"

#include <gst/base/gstbasesink.h>
#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <optional>

namespace rt::gst {

// Whether upstream is live, asked with the first buffer and when that may have changed.
class UpstreamLiveness {
 public:
  void ask_again() { ask_again_ = true; } // any thread
  // Streaming thread. True when it was asked anew.
  bool refresh(GstBaseSink* sink);
  bool live() const { return live_; }

 private:
  std::atomic<bool> ask_again_{true};
  bool live_ = true;
};

// Whether the query was one for the latency, which is answered then.
bool answer_no_latency(GstQuery* query);

// Streaming thread; nothing for what has no time.
std::optional<std::uint64_t> running_time_of(GstBaseSink* sink, GstClockTime pts);

} // namespace rt::gst
