#include "server/output_item.h"

#include "audio/base64.h"
#include "audio/g711.h"

#include <algorithm>

namespace rt::server {

using namespace protocol;

namespace {

// "You said: go." -> "You", " said:", " go."
std::vector<std::string> text_deltas(const std::string& text) {
  std::vector<std::string> deltas;
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find(' ', text.find_first_not_of(' ', from)), text.size());
    deltas.push_back(text.substr(from, to - from));
    from = to;
  }
  return deltas;
}

Item assistant_message(Context& context) {
  Item item;
  item.id = context.out.next_id("item");
  item.role = Item::Role::assistant;
  item.status = "in_progress";
  return item;
}

std::vector<std::uint8_t> encode(const std::vector<std::int16_t>& samples, const audio::Format& format) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(format.bytes(samples.size()));
  for (const auto sample : samples) {
    if (format.encoding == audio::Encoding::g711_ulaw) {
      bytes.push_back(audio::ulaw_encode(sample));
    } else if (format.encoding == audio::Encoding::g711_alaw) {
      bytes.push_back(audio::alaw_encode(sample));
    } else {
      bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
      bytes.push_back(static_cast<std::uint8_t>(sample >> 8 & 0xFF));
    }
  }
  return bytes;
}

// Of arguments, as they are written; empty at the end.
std::string next_piece(const std::string& text, std::size_t from) {
  constexpr std::size_t size = 8;
  auto end = std::min(from + size, text.size());
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    ++end;
  return text.substr(from, end - from);
}

class TextMessage final : public OutputItem {
 public:
  TextMessage(Context& context, Place place, const std::string& text)
      : OutputItem(context, std::move(place), assistant_message(context)), deltas_(text_deltas(text)) {}

  bool step() override {
    if (next_ == deltas_.size()) return false;
    context_.out.send(OutputTextDelta{at(), deltas_[next_]});
    sent_ += deltas_[next_++];
    ++text_tokens_;
    return true;
  }

 private:
  ContentPart part() const {
    ContentPart part;
    part.type = ContentPart::Type::output_text;
    part.text = sent_;
    return part;
  }
  void open_content() override { context_.out.send(ContentPartAdded{at(), part()}); }
  void close_content() override {
    context_.out.send(OutputTextDone{at(), sent_});
    context_.out.send(ContentPartDone{at(), part()});
    item_.content = {part()};
  }

  std::vector<std::string> deltas_;
  std::size_t next_ = 0;
  std::string sent_;
};

class AudioMessage final : public OutputItem {
 public:
  AudioMessage(Context& context, Place place, const std::string& transcript,
               const std::vector<std::int16_t>& samples, const audio::Format& format, Ms delta)
      : OutputItem(context, std::move(place), assistant_message(context)), words_(text_deltas(transcript)),
        bytes_(encode(samples, format)), format_(format),
        chunk_(std::max<std::size_t>(
            format.bytes(format.samples_of_ms(static_cast<std::uint64_t>(delta.count()))),
            format.bytes_per_sample())) {}

  bool step() override {
    if (sent_bytes_ == bytes_.size()) return send_words(words_.size());
    const auto size = std::min(chunk_, bytes_.size() - sent_bytes_);
    // As many words as have been said when this chunk has been played.
    send_words((words_.size() * (sent_bytes_ + size) + bytes_.size() - 1) / bytes_.size());
    const std::vector<std::uint8_t> chunk(bytes_.begin() + static_cast<std::ptrdiff_t>(sent_bytes_),
                                          bytes_.begin() + static_cast<std::ptrdiff_t>(sent_bytes_ + size));
    std::string text;
    audio::base64_append(text, chunk);
    context_.session.fix_voice();
    context_.out.send(OutputAudioDelta{at(), std::move(text)});
    sent_bytes_ += size;
    if (place_.in_conversation) context_.items.append_audio(item_.id, chunk);
    return true;
  }
  std::uint64_t audio_ms() const override { return format_.ms_of_samples(format_.samples(sent_bytes_)); }

 private:
  bool send_words(std::size_t end) {
    const bool any = next_word_ < end;
    for (; next_word_ < end; ++next_word_, ++text_tokens_) {
      context_.out.send(OutputTranscriptDelta{at(), words_[next_word_]});
      transcript_ += words_[next_word_];
    }
    return any;
  }
  ContentPart part() const {
    ContentPart part;
    part.type = ContentPart::Type::output_audio;
    part.transcript = transcript_;
    return part;
  }
  void open_content() override {
    if (auto* stored = context_.items.find(item_.id)) stored->format = format_;
    context_.out.send(ContentPartAdded{at(), part()});
  }
  void close_content() override {
    const bool audio_last = context_.manner.audio_done_last;
    if (!audio_last) context_.out.send(OutputAudioDone{at()});
    context_.out.send(OutputTranscriptDone{at(), transcript_});
    context_.out.send(ContentPartDone{at(), part()});
    if (audio_last) context_.out.send(OutputAudioDone{at()});
    item_.content = {part()};
  }

  std::vector<std::string> words_;
  std::size_t next_word_ = 0;
  std::string transcript_; // of the words sent
  std::vector<std::uint8_t> bytes_;
  audio::Format format_;
  std::size_t chunk_, sent_bytes_ = 0;
};

class FunctionCall final : public OutputItem {
 public:
  FunctionCall(Context& context, Place place, Item item, std::string arguments)
      : OutputItem(context, std::move(place), std::move(item)), arguments_(std::move(arguments)) {}

  bool step() override {
    const auto delta = next_piece(arguments_, item_.arguments.size());
    if (delta.empty()) return false;
    context_.out.send(FunctionArgumentsDelta{at(), item_.call_id, delta});
    item_.arguments += delta;
    ++text_tokens_;
    return true;
  }

 private:
  void close_content() override {
    context_.out.send(FunctionArgumentsDone{at(), item_.call_id, item_.name, item_.arguments});
  }

  std::string arguments_;
};

class McpCall final : public OutputItem {
 public:
  McpCall(Context& context, Place place, Item item, std::string arguments, std::optional<McpOutcome> outcome)
      : OutputItem(context, std::move(place), std::move(item)), arguments_(std::move(arguments)),
        outcome_(std::move(outcome)) {}

  bool step() override {
    const auto delta = next_piece(arguments_, item_.arguments.size());
    if (delta.empty()) return false;
    context_.out.send(McpArgumentsDelta{at(), delta});
    item_.arguments += delta;
    ++text_tokens_;
    return true;
  }
  Ms work() override {
    tell_arguments();
    if (!outcome_) return Ms(0);
    context_.out.send(McpCallInProgress{item_.id, place_.output_index});
    return outcome_->duration;
  }

 private:
  void tell_arguments() {
    if (!std::exchange(arguments_told_, true)) context_.out.send(McpArgumentsDone{at(), item_.arguments});
  }
  void close_content() override {
    tell_arguments();
    if (!outcome_ || item_.status != "completed") return;
    set_outcome(item_, *outcome_);
    if (item_.error)
      context_.out.send(McpCallFailed{item_.id, place_.output_index});
    else
      context_.out.send(McpCallCompleted{item_.id, place_.output_index});
  }

  std::string arguments_;
  std::optional<McpOutcome> outcome_;
  bool arguments_told_ = false;
};

class McpApprovalRequest final : public OutputItem {
 public:
  McpApprovalRequest(Context& context, Place place, Item item, McpTools::Call call)
      : OutputItem(context, std::move(place), std::move(item)), call_(std::move(call)) {}

  bool step() override { return false; }

 private:
  void close_content() override { context_.mcp.await_approval(item_.id, std::move(call_)); }

  McpTools::Call call_;
};

} // namespace

void OutputItem::open() {
  context_.out.send(OutputItemAdded{place_.response_id, place_.output_index, item_});
  if (place_.in_conversation) {
    const auto previous = context_.items.last_id();
    StoredItem stored;
    stored.item = item_;
    context_.items.insert(std::move(stored), std::nullopt);
    context_.out.send(ItemAdded{item_, previous});
  }
  open_content();
}

void OutputItem::close(bool completed) {
  item_.status = completed ? "completed" : "incomplete";
  close_content();
  if (place_.in_conversation) {
    context_.items.replace(item_);
    context_.out.send(ItemDone{item_, context_.items.id_before(item_.id)});
  }
  context_.out.send(OutputItemDone{place_.response_id, place_.output_index, item_});
}

std::unique_ptr<OutputItem> make_text_message(Context& context, OutputItem::Place place,
                                              const std::string& text) {
  return std::make_unique<TextMessage>(context, std::move(place), text);
}

std::unique_ptr<OutputItem> make_audio_message(Context& context, OutputItem::Place place,
                                               const std::string& transcript,
                                               const std::vector<std::int16_t>& samples,
                                               const audio::Format& format, Ms delta) {
  return std::make_unique<AudioMessage>(context, std::move(place), transcript, samples, format, delta);
}

std::unique_ptr<OutputItem> make_function_call(Context& context, OutputItem::Place place, std::string call_id,
                                               std::string name, std::string arguments) {
  Item item;
  item.id = context.out.next_id("item");
  item.type = Item::Type::function_call;
  item.status = "in_progress";
  item.call_id = call_id.empty() ? context.out.next_id("call") : std::move(call_id);
  item.name = std::move(name);
  return std::make_unique<FunctionCall>(context, std::move(place), std::move(item), std::move(arguments));
}

std::unique_ptr<OutputItem> make_mcp_call(Context& context, OutputItem::Place place, const ReplyPart& part,
                                          std::optional<McpOutcome> outcome) {
  Item item;
  item.id = context.out.next_id("mcp");
  item.type = Item::Type::mcp_call;
  item.server_label = part.server_label;
  item.name = part.name;
  return std::make_unique<McpCall>(context, std::move(place), std::move(item), part.arguments,
                                   std::move(outcome));
}

std::unique_ptr<OutputItem> make_mcp_approval_request(Context& context, OutputItem::Place place,
                                                      McpTools::Call call) {
  Item item;
  item.id = context.out.next_id("mcpr");
  item.type = Item::Type::mcp_approval_request;
  item.server_label = call.item.server_label;
  item.name = call.item.name;
  item.arguments = call.item.arguments;
  return std::make_unique<McpApprovalRequest>(context, std::move(place), std::move(item), std::move(call));
}

} // namespace rt::server
