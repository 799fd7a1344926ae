// A server without speech behind a FakeTransport: it introduces itself, acknowledges settings, items and
// commits, and begins and ends responses. What it hears and says is up to the test. Executor's thread only,
// except where said.
#pragma once

#include "support/fake_transport.h"

#include <cstdint>
#include <set>
#include <span>
#include <string>

namespace rt::test {

class FakeSpeechlessServer {
 public:
  struct Options {
    bool greets = true;       // accepts and sends session.created
    bool acknowledges = true; // answers session.update
    bool responds = true;     // answers response.create with response.created
    std::string reply;        // PCM or G.711 bytes: then the rest of the response follows at once
  };

  // Takes the transport's hooks. Any thread, before the first dial; both live longer than the connection.
  FakeSpeechlessServer(FakeTransport& transport, const Options& options);
  explicit FakeSpeechlessServer(FakeTransport& transport) : FakeSpeechlessServer(transport, Options()) {}

  // What session.created says; any thread before the dial.
  protocol::SessionInfo& session() { return session_; }
  void introduce(); // accept and session.created
  void acknowledge(const protocol::SessionConfig& asked);

  // Returns the new response's id.
  std::string begin_response();
  void say(const std::string& response_id, const std::string& item_id, std::span<const std::uint8_t> audio);
  void end_item(const std::string& response_id, const std::string& item_id);
  void call_tool(const std::string& response_id, const std::string& item_id, const std::string& call_id,
                 const std::string& name, const std::string& arguments);
  // A tool of MCP server "docs": its call with its arguments, a request to approve it, its result.
  void call_mcp(const std::string& response_id, const std::string& item_id, const std::string& name,
                const std::string& arguments);
  void ask_approval(const std::string& response_id, const std::string& request_id, const std::string& name,
                    const std::string& arguments);
  void end_mcp(const std::string& item_id, const std::string& name, const std::string& output);
  void end_response(const std::string& response_id,
                    protocol::ResponseStatus status = protocol::ResponseStatus::completed);
  void commit(const std::string& item_id);
  void refuse(const std::string& event_id, const std::string& code);

 private:
  void answer(const protocol::ClientEvent& event);

  FakeTransport& transport_;
  const Options options_;
  protocol::SessionInfo session_;
  std::set<std::string> open_;
  unsigned next_id_ = 1;
};

} // namespace rt::test
