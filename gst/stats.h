// The property `stats`: which counters there are, and the structure that carries them.
#pragma once

#include "session/session.h"

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <span>

namespace rt::gst {

struct StatsRow {
  const char* name;
  std::optional<std::uint64_t> (*value)(const session::Stats&); // nothing: left out
};
// But for session-id and model, which are strings.
std::span<const StatsRow> stats_rows();

// The caller owns it.
GstStructure* stats_structure(const session::Stats& stats);

} // namespace rt::gst
