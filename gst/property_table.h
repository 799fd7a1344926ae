// GObject properties as rows of a table: a row names a member of a settings struct, and its type, default,
// reading and writing follow from that. Adding a property is adding a row.
#pragma once

#include "gst/gst_refs.h"
#include "session/settings.h"

#include <gst/gst.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace rt::gst {

enum class Mutability { ready, next_connection, playing };

struct Range {
  double min = 0, max = 0;
};

struct Fraction {
  int numerator = 0, denominator = 1;
  bool operator==(const Fraction&) const = default;
};

// The GType of an enum of the settings; specialised in gst/enums.h.
template<typename E>
GType enum_type();

// extra-headers: written as it is, read back with secret values masked.
std::vector<session::Header> headers_from(const GstStructure* structure);
GstStructure* masked_headers(const std::vector<session::Header>& headers);
std::optional<std::string> masked_uri(const std::optional<std::string>& uri);

template<typename S>
struct Property {
  const char* name;
  const char* blurb; // what it is, with its unit; range, default and mutability are appended
  Mutability mutability;
  Range range;
  GParamSpec* (*make)(const Property&);
  void (*set)(S&, const GValue*);
  void (*get)(const S&, GValue*);
  void (*copy)(const S& from, S& to);
  bool (*equal)(const S&, const S&);
  // Why the value cannot be used; the property then keeps its old one.
  std::optional<std::string> (*why_invalid)(const S&);
};

namespace detail {

// What `make` makes, with a blurb that also says range, default, when it may change and since when it exists.
GParamSpec* with_full_blurb(const char* blurb, Mutability mutability,
                            const std::function<GParamSpec*(const char*)>& make);
GParamFlags param_flags(Mutability mutability, bool write_only);

// One specialisation a value type: to and from a GValue.
template<typename T, typename = void>
struct Codec;

template<>
struct Codec<Fraction> {
  static GParamSpec* make(const char* name, const char* blurb, Range r, Fraction v, GParamFlags flags) {
    Fraction min, max;
    gst_util_double_to_fraction(r.min, &min.numerator, &min.denominator);
    gst_util_double_to_fraction(r.max, &max.numerator, &max.denominator);
    return gst_param_spec_fraction(name, name, blurb, min.numerator, min.denominator, max.numerator,
                                   max.denominator, v.numerator, v.denominator, flags);
  }
  static Fraction from(const GValue* value) {
    return {gst_value_get_fraction_numerator(value), gst_value_get_fraction_denominator(value)};
  }
  static void to(Fraction v, GValue* value) { gst_value_set_fraction(value, v.numerator, v.denominator); }
};

template<>
struct Codec<std::optional<std::string>> {
  static GParamSpec* make(const char* name, const char* blurb, Range, const std::optional<std::string>& value,
                          GParamFlags flags) {
    return g_param_spec_string(name, name, blurb, value ? value->c_str() : nullptr, flags);
  }
  static std::optional<std::string> from(const GValue* value) {
    const char* text = g_value_get_string(value);
    if (!text) return std::nullopt;
    return text;
  }
  static void to(const std::optional<std::string>& v, GValue* value) {
    g_value_set_string(value, v ? v->c_str() : nullptr);
  }
};

template<>
struct Codec<std::uint32_t> {
  static GParamSpec* make(const char* name, const char* blurb, Range r, std::uint32_t v, GParamFlags flags) {
    return g_param_spec_uint(name, name, blurb, static_cast<guint>(r.min), static_cast<guint>(r.max), v,
                             flags);
  }
  static std::uint32_t from(const GValue* value) { return g_value_get_uint(value); }
  static void to(std::uint32_t v, GValue* value) { g_value_set_uint(value, v); }
};

template<>
struct Codec<std::int32_t> {
  static GParamSpec* make(const char* name, const char* blurb, Range r, std::int32_t v, GParamFlags flags) {
    return g_param_spec_int(name, name, blurb, static_cast<gint>(r.min), static_cast<gint>(r.max), v, flags);
  }
  static std::int32_t from(const GValue* value) { return g_value_get_int(value); }
  static void to(std::int32_t v, GValue* value) { g_value_set_int(value, v); }
};

template<>
struct Codec<double> {
  static GParamSpec* make(const char* name, const char* blurb, Range r, double v, GParamFlags flags) {
    return g_param_spec_double(name, name, blurb, r.min, r.max, v, flags);
  }
  static double from(const GValue* value) { return g_value_get_double(value); }
  static void to(double v, GValue* value) { g_value_set_double(value, v); }
};

template<>
struct Codec<bool> {
  static GParamSpec* make(const char* name, const char* blurb, Range, bool v, GParamFlags flags) {
    return g_param_spec_boolean(name, name, blurb, v, flags);
  }
  static bool from(const GValue* value) { return g_value_get_boolean(value); }
  static void to(bool v, GValue* value) { g_value_set_boolean(value, v); }
};

template<typename E>
struct Codec<E, std::enable_if_t<std::is_enum_v<E>>> {
  static GParamSpec* make(const char* name, const char* blurb, Range, E v, GParamFlags flags) {
    return g_param_spec_enum(name, name, blurb, enum_type<E>(), static_cast<gint>(v), flags);
  }
  static E from(const GValue* value) { return static_cast<E>(g_value_get_enum(value)); }
  static void to(E v, GValue* value) { g_value_set_enum(value, static_cast<gint>(v)); }
};

template<typename T>
struct Codec<GRef<T>> {
  static GType type();
  static GParamSpec* make(const char* name, const char* blurb, Range, const GRef<T>&, GParamFlags flags) {
    return g_param_spec_object(name, name, blurb, type(), flags);
  }
  static GRef<T> from(const GValue* value) {
    return GRef<T>::share(reinterpret_cast<T*>(g_value_get_object(value)));
  }
  static void to(const GRef<T>& v, GValue* value) { g_value_set_object(value, v.get()); }
};
template<>
inline GType Codec<GRef<GTlsDatabase>>::type() {
  return G_TYPE_TLS_DATABASE;
}
template<>
inline GType Codec<GRef<GTlsInteraction>>::type() {
  return G_TYPE_TLS_INTERACTION;
}

template<>
struct Codec<std::vector<session::Header>> {
  static GParamSpec* make(const char* name, const char* blurb, Range, const std::vector<session::Header>&,
                          GParamFlags flags) {
    return g_param_spec_boxed(name, name, blurb, GST_TYPE_STRUCTURE, flags);
  }
  static std::vector<session::Header> from(const GValue* value) {
    return headers_from(static_cast<const GstStructure*>(g_value_get_boxed(value)));
  }
  static void to(const std::vector<session::Header>& v, GValue* value) {
    g_value_take_boxed(value, v.empty() ? nullptr : masked_headers(v));
  }
};

template<typename M>
struct MemberOf;
template<typename S, typename T>
struct MemberOf<T S::*> {
  using Struct = S;
  using Type = T;
};

} // namespace detail

// uri_without_key: what a URI's query or user part holds may be secret, and is read back as ***.
enum class Access { read_write, write_only, uri_without_key };

template<auto Member, Access access = Access::read_write>
constexpr auto property(const char* name, const char* blurb, Mutability mutability, Range range = {},
                        std::optional<std::string> (*why_invalid)(
                            const typename detail::MemberOf<decltype(Member)>::Struct&) = nullptr) {
  using S = typename detail::MemberOf<decltype(Member)>::Struct;
  using T = typename detail::MemberOf<decltype(Member)>::Type;
  using C = detail::Codec<T>;
  return Property<S>{
      name,
      blurb,
      mutability,
      range,
      [](const Property<S>& p) {
        const GParamFlags flags = detail::param_flags(p.mutability, access == Access::write_only);
        return detail::with_full_blurb(p.blurb, p.mutability, [&](const char* full) {
          return C::make(p.name, full, p.range, S{}.*Member, flags);
        });
      },
      [](S& s, const GValue* value) { s.*Member = C::from(value); },
      [](const S& s, GValue* value) {
        if constexpr (access == Access::uri_without_key)
          C::to(masked_uri(s.*Member), value);
        else if constexpr (access == Access::read_write)
          C::to(s.*Member, value);
      },
      [](const S& from, S& to) { to.*Member = from.*Member; },
      [](const S& a, const S& b) { return a.*Member == b.*Member; },
      why_invalid,
  };
}

} // namespace rt::gst
