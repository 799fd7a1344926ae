// One response from response.created to response.done.
#pragma once

#include "server/output_item.h"
#include "server/response_settings.h"
#include "server/timer.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::server {

struct ReplyPlan {
  std::vector<ReplyPart> parts; // texts final
  double pace = 5;              // 0: all at once
  Ms before_first_delta{0};
  protocol::ResponseStatus status = protocol::ResponseStatus::completed;
  std::string reason;                    // incomplete
  std::string error_code, error_message; // failed
};

class ResponseRun {
 public:
  using Finished = std::function<void(ResponseRun&)>;
  // `finished` may not destroy the run.
  ResponseRun(Context& context, ResponseSettings settings, std::string conversation_id, Finished finished);

  const std::string& id() const { return response_.id; }
  const ResponseSettings& settings() const { return settings_; }
  bool announced() const { return announced_; }
  bool planned() const { return planned_; }
  bool finished() const { return response_.status != protocol::ResponseStatus::in_progress; }
  std::uint64_t audio_ms() const { return audio_ms_; }

  void announce();
  void play(ReplyPlan plan);
  // Ends it now, with the done events of what is open.
  void cancel(std::string_view reason);

 private:
  void next_part();
  void start_mcp_call(const ReplyPart& part);
  void start_item(std::unique_ptr<OutputItem> item);
  void run_steps();
  OutputItem::Place place() const;
  bool over_budget() const;
  void end_item(bool cut);
  void close_item(bool completed);
  void finish(protocol::ResponseStatus status, std::string reason);
  void tell_limits();
  protocol::Usage usage() const;

  Context& context_;
  ResponseSettings settings_;
  Finished finished_callback_;
  protocol::Response response_;
  bool announced_ = false, planned_ = false;
  ReplyPlan plan_;
  std::size_t next_part_ = 0;
  std::unique_ptr<OutputItem> item_; // open
  std::unique_ptr<SpeechJob> speech_;
  Timer timer_;
  Nanoseconds steps_started_{0};
  std::uint64_t steps_ = 0;
  std::uint64_t text_tokens_ = 0, audio_tokens_ = 0, audio_ms_ = 0; // of closed items
};

} // namespace rt::server
