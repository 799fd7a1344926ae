// JSON as a tree, for everything off the hot path. Our own because json-glib 1.6 cannot be given what a
// stranger sends: deep nesting overflows its stack, a lone surrogate leaves invalid UTF-8, \u0000 cuts a
// string, an integer above 64 bits becomes -1, and comments, hexadecimal numbers and text after the document
// pass.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rt::protocol {

// A template, so that it is complete as soon as its value is.
template<typename Value>
struct JsonMember {
  std::string name;
  Value value;
};

class JsonValue {
 public:
  enum class Kind { absent, null, boolean, number, string, array, object };
  using Member = JsonMember<JsonValue>;
  using Array = std::vector<JsonValue>;
  using Object = std::vector<Member>;

  JsonValue() = default; // absent: what a lookup of a missing member gives, and what no container keeps
  JsonValue(std::nullptr_t) : data_(nullptr) {}
  JsonValue(std::string text) : data_(std::move(text)) {}
  JsonValue(std::string_view text) : data_(std::string(text)) {}
  JsonValue(const char* text) : data_(std::string(text)) {}
  JsonValue(std::same_as<bool> auto value) : data_(value) {}
  JsonValue(std::integral auto value) requires(!std::same_as<decltype(value), bool>)
      : data_(Number{std::to_string(value)}) {}
  JsonValue(double value); // absent unless finite
  template<typename T>
  JsonValue(const std::optional<T>& value) {
    if (value) *this = JsonValue(*value);
  }
  static JsonValue array() { return JsonValue(Data(Array())); }
  static JsonValue object() { return JsonValue(Data(Object())); }
  // `literal` as the JSON grammar has it; kept as it is, so that nothing is lost on the way through.
  static JsonValue number(std::string literal) { return JsonValue(Data(Number{std::move(literal)})); }

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool present() const { return kind() != Kind::absent; }
  bool is_null() const { return kind() == Kind::null; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_object() const { return kind() == Kind::object; }

  // Empty unless of that kind and in the range of the type. 3.0 is an integer, 3.5 is not.
  std::optional<bool> as_bool() const;
  std::optional<double> as_number() const;
  std::optional<std::int64_t> as_integer() const;
  std::optional<std::uint64_t> as_count() const;
  std::optional<std::uint32_t> as_count32() const;
  std::optional<std::string> as_string() const;
  // The string, or nothing.
  std::string_view text() const;
  // The literal of a number, or nothing.
  std::string_view literal() const;

  // Empty unless an array or object.
  const Array& elements() const;
  const Object& members() const;
  // Absent unless this is an object with that member; the last one where a name is there twice.
  const JsonValue& operator[](std::string_view name) const;

  // Replaces in place or appends; an absent value changes nothing. This must be an object.
  JsonValue& set(std::string_view name, JsonValue value);
  void erase(std::string_view name);
  // This must be an array; an absent value changes nothing.
  void push(JsonValue value);
  // Objects merge member by member, anything else replaces what is there.
  void merge(const JsonValue& other);

 private:
  friend class JsonReader;
  struct Number {
    std::string literal;
  };
  using Data = std::variant<std::monostate, std::nullptr_t, bool, Number, std::string, Array, Object>;
  explicit JsonValue(Data data) : data_(std::move(data)) {}
  JsonValue* find(std::string_view name);

  Data data_; // in the order of Kind
};

// Equal as JSON: the order of members does not matter and numbers compare by value.
bool same_json(const JsonValue& a, const JsonValue& b);
// Every member and element of `part` is in `whole` with the same value; null equals absent.
bool contains_json(const JsonValue& whole, const JsonValue& part);
bool same_number(double a, double b);

inline constexpr unsigned max_json_depth = 256;
// One document in strict RFC 8259 JSON. On failure empty, with what is wrong and where in `problem`.
// Lone surrogates become U+FFFD: the C++ side is UTF-8 everywhere.
std::optional<JsonValue> read_json(std::string_view text, std::string* problem = nullptr);

// Compact text; absent gives nothing.
void write_json(const JsonValue& value, std::string& out);
std::string to_text(const JsonValue& value);
void append_quoted(std::string_view text, std::string& out);

} // namespace rt::protocol
