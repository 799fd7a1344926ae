// Text to tree and back.
#include "protocol/json_value.h"

#include <glib.h>

#include <cstring>

namespace rt::protocol {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text)
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  std::optional<JsonValue> document(std::string* problem) {
    JsonValue value;
    bool ok = valid_utf8() && read(value, 0);
    if (ok) {
      skip_space();
      ok = at_ == end_ || fail("more text after the end of the JSON");
    }
    if (!ok && problem) *problem = where();
    return ok ? std::optional(std::move(value)) : std::nullopt;
  }

 private:
  bool valid_utf8() {
    const char* first_bad = nullptr;
    // With a length GLib also refuses NUL, which no JSON text contains.
    if (g_utf8_validate_len(begin_, static_cast<gsize>(end_ - begin_), &first_bad)) return true;
    at_ = first_bad;
    return fail("not valid UTF-8 text");
  }

  bool fail(const char* what) {
    if (!problem_) problem_ = what;
    return false;
  }

  std::string where() const {
    std::size_t line = 1, column = 1;
    for (const char* p = begin_; p < at_; ++p) {
      ++column;
      if (*p == '\n') ++line, column = 1;
    }
    return std::string(problem_) + " (line " + std::to_string(line) + ", column " + std::to_string(column) +
           ")";
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

  bool read(JsonValue& out, unsigned depth) {
    if (depth > max_json_depth) return fail("nested too deeply");
    skip_space();
    if (at_ == end_) return fail("the text ends where a value should be");
    switch (*at_) {
    case '{':
      return read_object(out, depth);
    case '[':
      return read_array(out, depth);
    case '"': {
      std::string text;
      if (!read_string(text)) return false;
      out = JsonValue(std::move(text));
      return true;
    }
    case 't':
      return read_word("true", true, out);
    case 'f':
      return read_word("false", false, out);
    case 'n':
      return read_word("null", nullptr, out);
    default:
      return read_number(out);
    }
  }

  template<typename T>
  bool read_word(std::string_view word, T value, JsonValue& out) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word)
      return fail("not a JSON value");
    at_ += word.size();
    out = JsonValue(value);
    return true;
  }

  bool read_object(JsonValue& out, unsigned depth) {
    ++at_;
    JsonValue::Object members;
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        if (at_ == end_ || *at_ != '"') return fail("a member's name in double quotes is missing");
        auto& member = members.emplace_back();
        if (!read_string(member.name)) return false;
        skip_space();
        if (!take(':')) return fail("':' is missing after a member's name");
        if (!read(member.value, depth + 1)) return false;
        skip_space();
      } while (take(','));
      if (!take('}')) return fail("',' or '}' is missing");
    }
    out.data_ = std::move(members);
    return true;
  }

  bool read_array(JsonValue& out, unsigned depth) {
    ++at_;
    JsonValue::Array elements;
    skip_space();
    if (!take(']')) {
      do {
        if (!read(elements.emplace_back(), depth + 1)) return false;
        skip_space();
      } while (take(','));
      if (!take(']')) return fail("',' or ']' is missing");
    }
    out.data_ = std::move(elements);
    return true;
  }

  bool digits() {
    const char* first = at_;
    while (at_ < end_ && g_ascii_isdigit(*at_))
      ++at_;
    return at_ != first;
  }

  bool read_number(JsonValue& out) {
    const char* first = at_;
    take('-');
    if (!take('0') && !digits()) return fail("not a JSON value");
    if (take('.') && !digits()) return fail("a digit is missing after the decimal point");
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (!take('+')) take('-');
      if (!digits()) return fail("a digit is missing in the exponent");
    }
    out = JsonValue::number(std::string(first, at_));
    return true;
  }

  bool read_string(std::string& out) {
    ++at_;
    for (;;) {
      const char* first = at_;
      while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
        ++at_;
      out.append(first, at_);
      if (at_ == end_) return fail("a string has no end");
      if (take('"')) return true;
      if (*at_ != '\\') return fail("a control character inside a string");
      if (!read_escape(out)) return false;
    }
  }

  bool read_escape(std::string& out) {
    ++at_;
    static constexpr char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (at_ == end_) return fail("a string has no end");
    if (*at_ == 'u') {
      ++at_;
      return read_unicode(out);
    }
    const char* found = static_cast<const char*>(std::memchr(letters, *at_, sizeof letters - 1));
    if (!found) return fail("an unknown escape in a string");
    out += meanings[found - letters];
    ++at_;
    return true;
  }

  bool hex4(gunichar& out) {
    if (end_ - at_ < 4) return fail("\\u needs four hexadecimal digits");
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = g_ascii_xdigit_value(*at_);
      if (digit < 0) return fail("\\u needs four hexadecimal digits");
      out = out << 4 | static_cast<gunichar>(digit);
    }
    return true;
  }

  bool read_unicode(std::string& out) {
    gunichar unit = 0;
    if (!hex4(unit)) return false;
    if (unit >= 0xD800 && unit < 0xDC00 && end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u') {
      const char* second = at_;
      gunichar low = 0;
      at_ += 2;
      if (!hex4(low)) return false;
      if (low >= 0xDC00 && low < 0xE000)
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      else
        at_ = second;
    }
    if (unit >= 0xD800 && unit < 0xE000) unit = 0xFFFD;
    char utf8[6];
    out.append(utf8, static_cast<std::size_t>(g_unichar_to_utf8(unit, utf8)));
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* problem_ = nullptr;
};

std::optional<JsonValue> read_json(std::string_view text, std::string* problem) {
  return JsonReader(text).document(problem);
}

namespace {

// Bytes of the valid sequence at the start of `text`, or 0: a property may hold what no peer would accept.
std::size_t utf8_sequence(std::string_view text) {
  const gunichar c = g_utf8_get_char_validated(text.data(), static_cast<gssize>(text.size()));
  return c >= 0xFFFFFFFEu ? 0 : static_cast<std::size_t>(g_unichar_to_utf8(c, nullptr));
}

} // namespace

void append_quoted(std::string_view text, std::string& out) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else if (byte < 0x80) {
      out += c;
    } else {
      const std::size_t size = utf8_sequence(text.substr(i));
      out += size ? text.substr(i, size) : "\xEF\xBF\xBD";
      i += size ? size - 1 : 0;
    }
  }
  out += '"';
}

namespace {

template<typename List, typename Each>
void write_list(const List& list, char open, char close, std::string& out, Each each) {
  out += open;
  bool first = true;
  for (const auto& entry : list) {
    if (!first) out += ',';
    first = false;
    each(entry);
  }
  out += close;
}

} // namespace

void write_json(const JsonValue& value, std::string& out) {
  switch (value.kind()) {
  case JsonValue::Kind::absent:
    break;
  case JsonValue::Kind::null:
    out += "null";
    break;
  case JsonValue::Kind::boolean:
    out += *value.as_bool() ? "true" : "false";
    break;
  case JsonValue::Kind::number:
    out += value.literal();
    break;
  case JsonValue::Kind::string:
    append_quoted(value.text(), out);
    break;
  case JsonValue::Kind::array:
    write_list(value.elements(), '[', ']', out, [&](const JsonValue& element) { write_json(element, out); });
    break;
  case JsonValue::Kind::object:
    write_list(value.members(), '{', '}', out, [&](const JsonValue::Member& member) {
      append_quoted(member.name, out);
      out += ':';
      write_json(member.value, out);
    });
    break;
  }
}

std::string to_text(const JsonValue& value) {
  std::string out;
  write_json(value, out);
  return out;
}

} // namespace rt::protocol
