// What happens 50 times a second and per session: no tree, no allocation.
#include "audio/base64.h"
#include "protocol/codec.h"
#include "protocol/event_names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace rt::protocol {

namespace {

constexpr EventName append_names =
    client_event_names[index_of<InputAudioAppend, decltype(ClientEvent::body)>()];

// The header of a WAV file with `size` bytes of samples.
std::array<std::uint8_t, 44> wav_header(const audio::Format& format, std::size_t size) {
  std::array<std::uint8_t, 44> header{};
  std::size_t at = 0;
  const auto text = [&](const char* four) {
    for (int i = 0; i < 4; ++i)
      header[at++] = static_cast<std::uint8_t>(four[i]);
  };
  const auto number = [&](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
      header[at++] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  const std::uint64_t unit = format.bytes_per_sample();
  const int tag = format.encoding == audio::Encoding::pcm16       ? 1
                  : format.encoding == audio::Encoding::g711_alaw ? 6
                                                                  : 7;
  text("RIFF"), number(header.size() - 8 + size, 4), text("WAVE");
  text("fmt "), number(16, 4), number(static_cast<std::uint64_t>(tag), 2), number(1, 2);
  number(format.rate, 4), number(format.rate * unit, 4), number(unit, 2), number(unit * 8, 2);
  text("data"), number(size, 4);
  return header;
}

// Base64 knows groups of three bytes: the one on the border is made by hand.
void append_wav(std::string& out, const audio::Format& format, std::span<const std::uint8_t> audio) {
  const auto header = wav_header(format, audio.size());
  constexpr std::size_t whole = header.size() / 3 * 3, rest = header.size() - whole;
  static_assert(rest == 2);
  audio::base64_append(out, std::span(header).first(whole));
  if (audio.empty()) return audio::base64_append(out, std::span(header).last(rest));
  const std::uint8_t border[] = {header[whole], header[whole + 1], audio.front()};
  audio::base64_append(out, border);
  audio::base64_append(out, audio.subspan(1));
}

} // namespace

void encode_append(std::string& out, std::span<const std::uint8_t> audio, const AppendForm& form,
                   const audio::Format& format) {
  static constexpr std::string_view head = R"({"type":")", middle = R"(","audio":")", tail = R"("})";
  const std::string_view type = append_names.in(form.dialect);
  out.clear();
  constexpr std::size_t room_for_header = 64;
  out.reserve(head.size() + type.size() + middle.size() + audio::base64_encoded_size(audio.size()) +
              room_for_header + tail.size());
  out.append(head).append(type).append(middle);
  if (form.wav)
    append_wav(out, format, audio);
  else
    audio::base64_append(out, audio);
  out += tail;
}

namespace {

constexpr EventName audio_delta =
    server_event_names[index_of<OutputAudioDelta, decltype(ServerEvent::body)>()];
constexpr EventName stream_delta =
    server_event_names[index_of<StreamAudioDelta, decltype(ServerEvent::body)>()];

// A flat JSON object of plain strings and numbers, and nothing that would need judgement.
class DeltaScanner {
 public:
  explicit DeltaScanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool run(AudioDeltaView& out) {
    skip_space();
    if (!take('{')) return false;
    do {
      skip_space();
      std::string_view name;
      if (!plain_string(name)) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      if (!member(name, out)) return false;
      skip_space();
    } while (take(','));
    if (!take('}')) return false;
    skip_space();
    const bool placed = out.stream || (!out.response_id.empty() && !out.item_id.empty());
    return at_ == end_ && seen_ & type_seen && placed && seen_ & delta_seen;
  }

 private:
  enum : unsigned {
    type_seen = 1,
    response_seen = 2,
    item_seen = 4,
    output_seen = 8,
    content_seen = 16,
    delta_seen = 32,
    rate_seen = 64
  };

  bool member(std::string_view name, AudioDeltaView& out) {
    if (name == "delta") return once(delta_seen) && plain_string(out.base64);
    if (name == "type") {
      if (!once(type_seen) || !plain_string(out.type)) return false;
      out.stream = stream_delta.is(out.type);
      return out.stream || audio_delta.is(out.type);
    }
    if (name == "response_id") return once(response_seen) && plain_string(out.response_id);
    if (name == "item_id") return once(item_seen) && plain_string(out.item_id);
    if (name == "output_index") return once(output_seen) && index(out.output_index);
    if (name == "sample_rate") return once(rate_seen) && index(out.sample_rate);
    if (name == "content_index") return once(content_seen) && index(out.content_index);
    return other();
  }

  bool once(unsigned bit) {
    const bool first = !(seen_ & bit);
    seen_ |= bit;
    return first;
  }

  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r'))
      ++at_;
  }

  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  // Printable ASCII without escapes.
  bool plain_string(std::string_view& out) {
    if (!take('"')) return false;
    const auto* close = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
    if (!close) return false;
    unsigned odd = 0; // without branches the compiler can do 16 at a time
    for (const char* p = at_; p < close; ++p) {
      const auto c = static_cast<unsigned char>(*p);
      odd |= static_cast<unsigned>(c < 0x20) | static_cast<unsigned>(c >= 0x80) |
             static_cast<unsigned>(c == '\\');
    }
    if (odd) return false;
    out = std::string_view(at_, static_cast<std::size_t>(close - at_));
    at_ = close + 1;
    return true;
  }

  bool digits(std::string_view& out) {
    const char* first = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9')
      ++at_;
    out = std::string_view(first, static_cast<std::size_t>(at_ - first));
    return !out.empty() && (out.size() == 1 || out[0] != '0');
  }

  bool index(std::uint32_t& out) {
    std::string_view number;
    if (!digits(number)) return false;
    const auto result = std::from_chars(number.data(), number.data() + number.size(), out);
    return result.ec == std::errc() && value_ends();
  }

  bool value_ends() const {
    return at_ < end_ &&
           (*at_ == ',' || *at_ == '}' || *at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t');
  }

  bool word(std::string_view text) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, text.size()) != text)
      return false;
    at_ += text.size();
    return value_ends();
  }

  bool other() {
    if (at_ == end_) return false;
    std::string_view ignored;
    switch (*at_) {
    case '"':
      return plain_string(ignored);
    case 'n':
      return word("null");
    case 't':
      return word("true");
    case 'f':
      return word("false");
    default:
      take('-');
      if (!digits(ignored)) return false;
      if (take('.')) {
        const char* first = at_;
        while (at_ < end_ && *at_ >= '0' && *at_ <= '9')
          ++at_;
        if (at_ == first) return false;
      }
      return value_ends();
    }
  }

  const char* at_;
  const char* end_;
  unsigned seen_ = 0;
};

} // namespace

bool scan_audio_delta(std::string_view text, AudioDeltaView& out) {
  out = {};
  return DeltaScanner(text).run(out);
}

} // namespace rt::protocol
