// What the parts of one conversation share. All of it lives on the connection's thread.
#pragma once

#include "base/executor.h"
#include "server/allowance.h"
#include "server/item_store.h"
#include "server/manner.h"
#include "server/mcp_tools.h"
#include "server/outbox.h"
#include "server/scenario.h"
#include "server/session_state.h"
#include "server/speech_service.h"

namespace rt::server {

// A server's count of what was used up, across its connections.
struct ScenarioProgress {
  std::vector<unsigned> replies_used; // by index in Scenario::replies
  std::size_t transcripts_used = 0;
  std::size_t connections = 0;
  Allowance requests, tokens;
};

struct Context {
  const Manner& manner;
  Executor& executor;
  SpeechService& speech;
  const Scenario& scenario;
  ScenarioProgress& progress;
  Outbox& out;
  SessionState& session;
  ItemStore& items;
  McpTools& mcp;
};

} // namespace rt::server
