#include "gst/property_table.h"

#include "protocol/provider.h"

#include <array>
#include <string_view>

namespace rt::gst {
namespace {

constexpr std::array secret_headers = {"authorization", "proxy-authorization", "api-key", "x-api-key",
                                       "cookie"};

bool is_secret(const std::string& name) {
  for (const char* secret : secret_headers)
    if (g_ascii_strcasecmp(secret, name.c_str()) == 0) return true;
  return false;
}

const char* mutability_text(Mutability mutability) {
  switch (mutability) {
  case Mutability::ready:
    return "settable in NULL and READY";
  case Mutability::next_connection:
    return "settable always, used by the next connection";
  case Mutability::playing:
    return "settable always, takes effect at once";
  }
  return "";
}

std::string number(double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%.10g", value);
}

std::string range_and_default(double min, double max, double value) {
  return number(min) + " to " + number(max) + ", default " + number(value);
}

std::string range_and_default(GParamSpec* spec) {
  if (G_IS_PARAM_SPEC_UINT(spec)) {
    const auto* s = G_PARAM_SPEC_UINT(spec);
    return range_and_default(s->minimum, s->maximum, s->default_value);
  }
  if (G_IS_PARAM_SPEC_INT(spec)) {
    const auto* s = G_PARAM_SPEC_INT(spec);
    return range_and_default(s->minimum, s->maximum, s->default_value);
  }
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    const auto* s = G_PARAM_SPEC_DOUBLE(spec);
    return range_and_default(s->minimum, s->maximum, s->default_value);
  }
  if (GST_IS_PARAM_SPEC_FRACTION(spec)) {
    const auto* s = GST_PARAM_SPEC_FRACTION(spec);
    const auto text = [](int n, int d) { return std::to_string(n) + "/" + std::to_string(d); };
    return text(s->min_num, s->min_den) + " to " + text(s->max_num, s->max_den) + ", default " +
           text(s->def_num, s->def_den);
  }
  if (G_IS_PARAM_SPEC_BOOLEAN(spec))
    return std::string("default ") + (G_PARAM_SPEC_BOOLEAN(spec)->default_value ? "true" : "false");
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const auto* s = G_PARAM_SPEC_ENUM(spec);
    return std::string("default ") + g_enum_get_value(s->enum_class, s->default_value)->value_nick;
  }
  return "default NULL";
}

gboolean collect_header(GQuark field, const GValue* value, gpointer data) {
  auto& headers = *static_cast<std::vector<session::Header>*>(data);
  GValue text = G_VALUE_INIT;
  g_value_init(&text, G_TYPE_STRING);
  if (g_value_transform(value, &text) && g_value_get_string(&text))
    headers.emplace_back(g_quark_to_string(field), g_value_get_string(&text));
  g_value_unset(&text);
  return TRUE;
}

} // namespace

std::vector<session::Header> headers_from(const GstStructure* structure) {
  std::vector<session::Header> headers;
  if (structure) gst_structure_foreach(structure, collect_header, &headers);
  return headers;
}

GstStructure* masked_headers(const std::vector<session::Header>& headers) {
  GstStructure* structure = gst_structure_new_empty("extra-headers");
  for (const session::Header& header : headers)
    gst_structure_set(structure, header.first.c_str(), G_TYPE_STRING,
                      is_secret(header.first) ? "***" : header.second.c_str(), nullptr);
  return structure;
}

std::optional<std::string> masked_uri(const std::optional<std::string>& uri) {
  return uri ? std::optional(protocol::mask_uri(*uri)) : std::nullopt;
}

namespace detail {

GParamSpec* with_full_blurb(const char* blurb, Mutability mutability,
                            const std::function<GParamSpec*(const char*)>& make) {
  GParamSpec* plain = g_param_spec_ref_sink(make(blurb));
  const std::string text = std::string(blurb) + " (" + range_and_default(plain) + "; " +
                           mutability_text(mutability) + "; Since: 0.1)";
  g_param_spec_unref(plain);
  return make(text.c_str());
}

GParamFlags param_flags(Mutability mutability, bool write_only) {
  const int access = write_only ? G_PARAM_WRITABLE : G_PARAM_READWRITE;
  const int when = mutability == Mutability::ready ? GST_PARAM_MUTABLE_READY : GST_PARAM_MUTABLE_PLAYING;
  return static_cast<GParamFlags>(access | when | GST_PARAM_DOC_SHOW_DEFAULT | G_PARAM_STATIC_NAME |
                                  G_PARAM_STATIC_NICK);
}

} // namespace detail
} // namespace rt::gst
