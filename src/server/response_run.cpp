#include "server/response_run.h"

#include "server/words.h"

#include <utility>

namespace rt::server {

using namespace protocol;

ResponseRun::ResponseRun(Context& context, ResponseSettings settings, std::string conversation_id,
                         Finished finished)
    : context_(context), settings_(std::move(settings)), finished_callback_(std::move(finished)),
      timer_(context.executor) {
  response_.id = context.out.next_id("resp");
  if (settings_.in_conversation) response_.conversation_id = std::move(conversation_id);
  response_.metadata = settings_.metadata;
  response_.output_modality = settings_.modality;
  response_.voice = settings_.voice;
  response_.output_format = settings_.format;
  response_.max_output_tokens = settings_.max_output_tokens;
}

void ResponseRun::announce() {
  if (std::exchange(announced_, true)) return;
  context_.out.send(ResponseCreated{response_});
}

void ResponseRun::play(ReplyPlan plan) {
  planned_ = true;
  plan_ = std::move(plan);
  timer_.start(plan_.before_first_delta, [this] { next_part(); });
}

void ResponseRun::next_part() {
  if (next_part_ == plan_.parts.size()) return finish(plan_.status, plan_.reason);
  const auto part = plan_.parts[next_part_++];
  switch (part.kind) {
  case ReplyPart::Kind::message:
    break;
  case ReplyPart::Kind::function_call:
    return start_item(make_function_call(context_, place(), part.call_id, part.name, part.arguments));
  case ReplyPart::Kind::mcp_call:
    return start_mcp_call(part);
  case ReplyPart::Kind::mcp_approval_request: {
    const auto index = static_cast<std::uint32_t>(response_.output.size() - 1);
    return start_item(
        make_mcp_approval_request(context_, place(), {response_.output.back(), index, part.outcome}));
  }
  }
  if (settings_.modality == Modality::text)
    return start_item(make_text_message(context_, place(), part.text));

  const auto start = [this, place = place(), text = part.text](const std::vector<std::int16_t>& samples) {
    start_item(make_audio_message(context_, place, text, samples, settings_.format, context_.scenario.delta));
  };
  if (part.sound.kind != Sound::Kind::speech) return start(make_sound(part.sound, settings_.format.rate));
  auto job = context_.speech.speak(part.text, settings_.speed, settings_.format.rate,
                                   [start](const std::vector<std::int16_t>& samples) { start(samples); });
  // A service that answered at once has moved on already.
  if (!item_ && !finished()) speech_ = std::move(job);
}

OutputItem::Place ResponseRun::place() const {
  return {response_.id, static_cast<std::uint32_t>(response_.output.size()), settings_.in_conversation};
}

// One that needs approval is followed by the request, and runs when the response is over.
void ResponseRun::start_mcp_call(const ReplyPart& part) {
  const auto approval = needs_approval(settings_.tools, part.server_label, part.name);
  std::optional<McpOutcome> outcome = part.outcome;
  if (!approval) outcome = unknown_server(part.server_label);
  if (approval.value_or(false)) {
    outcome.reset();
    ReplyPart request = part;
    request.kind = ReplyPart::Kind::mcp_approval_request;
    plan_.parts.insert(plan_.parts.begin() + static_cast<std::ptrdiff_t>(next_part_), std::move(request));
  }
  start_item(make_mcp_call(context_, place(), part, std::move(outcome)));
}

void ResponseRun::start_item(std::unique_ptr<OutputItem> item) {
  item_ = std::move(item);
  item_->open();
  steps_started_ = context_.executor.now();
  steps_ = 0;
  run_steps();
}

void ResponseRun::run_steps() {
  do {
    const bool more = item_->step();
    const bool cut = over_budget();
    if (!more || cut) return end_item(cut);
    ++steps_;
  } while (plan_.pace == 0);
  // Against the start, so that late timers do not add up.
  const auto each = std::chrono::duration<double, std::nano>(context_.scenario.delta) / plan_.pace;
  const auto due =
      steps_started_ + std::chrono::duration_cast<Nanoseconds>(each * static_cast<double>(steps_));
  timer_.start(std::max(due - context_.executor.now(), Nanoseconds(0)), [this] { run_steps(); });
}

void ResponseRun::end_item(bool cut) {
  if (cut) {
    close_item(false);
    return finish(ResponseStatus::incomplete, "max_output_tokens");
  }
  const auto close = [this] {
    close_item(true);
    // Not deeper on this stack: a reply may have many parts.
    timer_.start(Nanoseconds(0), [this] { next_part(); });
  };
  const Ms work = item_->work();
  if (work.count() == 0) return close();
  timer_.start(work, close);
}

bool ResponseRun::over_budget() const {
  if (settings_.max_output_tokens == infinite_tokens) return false;
  const auto sent = text_tokens_ + audio_tokens_ + item_->text_tokens() + item_->audio_tokens();
  return sent > static_cast<std::uint64_t>(settings_.max_output_tokens);
}

void ResponseRun::close_item(bool completed) {
  item_->close(completed);
  text_tokens_ += item_->text_tokens();
  audio_tokens_ += item_->audio_tokens();
  audio_ms_ += item_->audio_ms();
  response_.output.push_back(item_->item());
  item_.reset();
}

void ResponseRun::cancel(std::string_view reason) {
  if (finished()) return;
  announce();
  speech_.reset();
  if (item_) close_item(false);
  finish(ResponseStatus::cancelled, std::string(reason));
}

void ResponseRun::finish(ResponseStatus status, std::string reason) {
  timer_.stop();
  response_.status = status;
  response_.reason = std::move(reason);
  if (status == ResponseStatus::failed) {
    response_.error_type = "server_error";
    response_.error_code = plan_.error_code;
    response_.error_message = plan_.error_message;
  }
  response_.usage = usage();
  context_.out.send(ResponseDone{response_});
  tell_limits();
  finished_callback_(*this);
}

// What a response that failed cost is not counted, or a client at its limit would never get away from it.
void ResponseRun::tell_limits() {
  const auto& limit = context_.scenario.rate_limit;
  const auto now = context_.executor.now();
  auto& requests = context_.progress.requests;
  auto& tokens = context_.progress.tokens;
  if (response_.status != ResponseStatus::failed) {
    requests.spend(1, limit.requests, now);
    tokens.spend(static_cast<double>(response_.usage->total), limit.tokens, now);
  }
  context_.out.send(RateLimits{
      {requests.describe("requests", limit.requests, now), tokens.describe("tokens", limit.tokens, now)}});
}

Usage ResponseRun::usage() const {
  Usage usage;
  for (const auto& each : settings_.context) {
    const auto* stored = std::get_if<StoredItem>(&each);
    if (!stored) stored = context_.items.find(std::get<std::string>(each));
    if (!stored) continue;
    if (stored->audio_samples > 0) {
      usage.input_audio += stored->audio_ms() / 100;
    } else {
      usage.input_text +=
          split_words(stored->text() + ' ' + stored->item.arguments + ' ' + stored->item.output).size();
    }
  }
  usage.input_text += split_words(context_.session.config().instructions.value_or("")).size();
  usage.input = usage.input_text + usage.input_audio;
  usage.output_text = text_tokens_;
  usage.output_audio = audio_tokens_;
  usage.output = usage.output_text + usage.output_audio;
  usage.total = usage.input + usage.output;
  return usage;
}

} // namespace rt::server
