#include "server/responses.h"

#include <algorithm>

namespace rt::server {

using namespace protocol;

namespace {

std::string with_question(std::string text, std::string_view question) {
  constexpr std::string_view mark = "{text}";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + question.size())) {
    text.replace(at, mark.size(), question);
  }
  return text;
}

ResponseStatus status_of(std::string_view name) {
  if (name == "failed") return ResponseStatus::failed;
  return name == "incomplete" ? ResponseStatus::incomplete : ResponseStatus::completed;
}

} // namespace

Responses::Responses(Context& context, std::string conversation_id, Listener& listener)
    : context_(context), conversation_id_(std::move(conversation_id)), listener_(listener),
      sweep_(context.executor) {}

ResponseRun* Responses::in_conversation() const {
  for (const auto& each : open_) {
    if (each.run->settings().in_conversation) return each.run.get();
  }
  return nullptr;
}

void Responses::create(const ResponseCreate& event, std::string_view event_id) {
  auto settings = response_settings(context_, event.options);
  if (const auto* bad = std::get_if<Refusal>(&settings)) {
    return context_.out.refuse(event_id, bad->code, bad->message, bad->param);
  }
  auto& wanted = std::get<ResponseSettings>(settings);
  if (const auto* other = in_conversation(); other && wanted.in_conversation) {
    return context_.out.refuse(event_id, "conversation_already_has_active_response",
                               "Conversation already has an active response in progress: " + other->id() +
                                   ". Wait until the response is finished before creating a new one.");
  }
  try_plan(start(std::move(wanted)));
}

void Responses::create_for_turn() {
  if (active()) {
    turn_waits_ = true;
    return;
  }
  try_plan(start(std::get<ResponseSettings>(response_settings(context_, {}))));
}

void Responses::create_for_silence() {
  if (active()) return;
  auto& run = start(std::get<ResponseSettings>(response_settings(context_, {})));
  ReplyPlan words;
  words.pace = context_.scenario.pace;
  words.parts.emplace_back().text = still_there;
  if (context_.scenario.default_sound) words.parts.back().sound = *context_.scenario.default_sound;
  run.announce();
  run.play(std::move(words));
}

void Responses::cancel(const ResponseCancel& event, std::string_view event_id) {
  ResponseRun* target = nullptr;
  if (event.response_id) {
    for (const auto& each : open_) {
      if (each.run->id() == *event.response_id) target = each.run.get();
    }
  } else {
    target = in_conversation();
  }
  if (!target) {
    return context_.out.refuse(event_id, "response_cancel_not_active",
                               "Cancellation failed: no active response found");
  }
  target->cancel("client_cancelled");
}

void Responses::interrupt() {
  turn_waits_ = false;
  if (auto* run = in_conversation()) run->cancel("turn_detected");
}

void Responses::on_heard() {
  // Planning may finish a response at once, which changes the list.
  std::vector<ResponseRun*> waiting;
  for (const auto& each : open_)
    waiting.push_back(each.run.get());
  for (auto* run : waiting)
    try_plan(*run);
}

ResponseRun& Responses::start(ResponseSettings settings) {
  const bool in_conversation = settings.in_conversation;
  open_.push_back({std::make_unique<ResponseRun>(context_, std::move(settings), conversation_id_,
                                                 [this](ResponseRun& run) { on_finished(run); }),
                   std::make_unique<Timer>(context_.executor)});
  auto& run = *open_.back().run;
  if (in_conversation) listener_.on_response_started();
  return run;
}

void Responses::on_finished(ResponseRun& run) {
  const auto at =
      std::find_if(open_.begin(), open_.end(), [&](const Open& each) { return each.run.get() == &run; });
  if (at == open_.end()) return;
  finished_.push_back(std::move(*at));
  open_.erase(at);
  sweep_.start(Nanoseconds(0), [this] { finished_.clear(); });
  if (!run.settings().in_conversation) return;
  listener_.on_response_finished(run.audio_ms());
  if (std::exchange(turn_waits_, false)) create_for_turn();
}

void Responses::try_plan(ResponseRun& run) {
  if (run.planned() || run.finished()) return;
  const auto at =
      std::find_if(open_.begin(), open_.end(), [&](const Open& each) { return each.run.get() == &run; });
  if (!run.announced()) {
    // The question may still be unknown; a delay scripted for it counts from the moment that it is known.
    if (context_.scenario.before_created.count() == 0) {
      run.announce();
    } else if (!at->announcement->running()) {
      return at->announcement->start(context_.scenario.before_created, [this, &run] {
        run.announce();
        try_plan(run);
      });
    } else {
      return;
    }
  }
  const auto request = request_of(run);
  const auto* question = question_item(request);
  if (question && question->unheard) return;
  run.play(plan(request));
}

ReplyRequest Responses::request_of(const ResponseRun& run) const {
  const auto& settings = run.settings();
  ReplyRequest request{{}, settings.instructions, settings.tools, settings.tool_choice};
  for (const auto& each : settings.context) {
    const auto* stored = std::get_if<StoredItem>(&each);
    if (!stored) stored = context_.items.find(std::get<std::string>(each));
    if (stored) request.context.push_back(stored);
  }
  return request;
}

// Its name, or null.
const char* Responses::used_up_limit() const {
  const auto& limit = context_.scenario.rate_limit;
  const auto now = context_.executor.now();
  if (!limit.enforced) return nullptr;
  if (context_.progress.requests.used_up(limit.requests, now)) return "requests";
  return context_.progress.tokens.used_up(limit.tokens, now) ? "tokens" : nullptr;
}

ReplyPlan Responses::plan(const ReplyRequest& request) {
  const auto& scenario = context_.scenario;
  if (const char* limit = used_up_limit()) {
    ReplyPlan none;
    none.status = ResponseStatus::failed;
    none.error_code = "rate_limit_exceeded";
    none.error_message = std::string("Rate limit reached on ") + limit + " per minute.";
    return none;
  }
  auto& used = context_.progress.replies_used;
  used.resize(scenario.replies.size());
  const auto question = question_of(request);
  ReplyPlan plan;
  plan.pace = scenario.pace;
  plan.before_first_delta = scenario.before_first_delta;
  const auto scripted = scripted_reply(scenario, used, question);
  if (!scripted) {
    plan.parts = default_reply(request);
    for (auto& part : plan.parts) {
      if (scenario.default_sound) part.sound = *scenario.default_sound;
    }
    return plan;
  }
  ++used[*scripted];
  const auto& reply = scenario.replies[*scripted];
  plan.parts = reply.parts;
  for (auto& part : plan.parts)
    part.text = with_question(std::move(part.text), question);
  plan.pace = reply.pace.value_or(plan.pace);
  plan.before_first_delta = reply.before_first_delta.value_or(plan.before_first_delta);
  plan.status = status_of(reply.status);
  if (plan.status == ResponseStatus::incomplete) plan.reason = "content_filter";
  plan.error_code = reply.error_code;
  plan.error_message = reply.error_message;
  return plan;
}

} // namespace rt::server
