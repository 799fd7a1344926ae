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
    constexpr std::size_t delta_size = 8;
    if (item_.arguments.size() == arguments_.size()) return false;
    auto end = std::min(item_.arguments.size() + delta_size, arguments_.size());
    while (end < arguments_.size() && (static_cast<unsigned char>(arguments_[end]) & 0xC0) == 0x80)
      ++end;
    const auto delta = arguments_.substr(item_.arguments.size(), end - item_.arguments.size());
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

} // namespace rt::server
