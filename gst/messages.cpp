#include "gst/messages.h"

#include "gst/gst_refs.h"

#include <optional>
#include <string>
#include <type_traits>

namespace rt::gst {
namespace {

using session::ClockTime;
using session::Notice;
using session::ProgressKind;

void set_plain(GstStructure* structure, const char* name, const std::string& value) {
  gst_structure_set(structure, name, G_TYPE_STRING, value.c_str(), nullptr);
}
void set_plain(GstStructure* structure, const char* name, std::uint64_t value) {
  gst_structure_set(structure, name, G_TYPE_UINT64, value, nullptr);
}
void set_plain(GstStructure* structure, const char* name, std::int64_t value) {
  gst_structure_set(structure, name, G_TYPE_INT64, value, nullptr);
}
void set_plain(GstStructure* structure, const char* name, double value) {
  gst_structure_set(structure, name, G_TYPE_DOUBLE, value, nullptr);
}
void set_plain(GstStructure* structure, const char* name, bool value) {
  gst_structure_set(structure, name, G_TYPE_BOOLEAN, static_cast<gboolean>(value), nullptr);
}

void set_fields(GstStructure* structure, const char* name, const Notice::Fields& fields) {
  const GstStructurePtr inner(gst_structure_new_empty(name));
  for (const auto& [field, value] : fields)
    std::visit([&, n = field.c_str()](const auto& v) { set_plain(inner.get(), n, v); }, value);
  gst_structure_set(structure, name, GST_TYPE_STRUCTURE, inner.get(), nullptr);
}

// Running time of the pipeline that posts; without a clock there is none. A time of its own is told as it was
// when it was noted, another pipeline's as the clock that both share has it.
std::optional<std::uint64_t> running_time(const ClockTime& time, GstElement* element, const void* pipeline) {
  const auto clock = GRef<GstClock>::adopt(gst_element_get_clock(element));
  const bool own = pipeline && time.pipeline == pipeline;
  const GstClockTime base = own ? time.base : gst_element_get_base_time(element);
  if (!clock || !GST_CLOCK_TIME_IS_VALID(base) || time.ns < base) return std::nullopt;
  return time.ns - base;
}

void set_field(GstStructure* structure, const char* name, const Notice::Value& value, GstElement* element,
               const void* pipeline) {
  std::visit(
      [&](const auto& v) {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, Notice::Fields>)
          set_fields(structure, name, v);
        else if constexpr (!std::is_same_v<V, ClockTime>)
          set_plain(structure, name, v);
        else if (const auto time = running_time(v, element, pipeline))
          set_plain(structure, name, *time);
      },
      value);
}

} // namespace

void post_notice(GstElement* element, const Notice& notice, const void* pipeline) {
  const std::string name = "realtime/" + std::string(info(notice.kind).name);
  GstStructure* structure = gst_structure_new_empty(name.c_str());
  for (const auto& [field, value] : notice.fields)
    set_field(structure, std::string(field).c_str(), value, element, pipeline);
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure));
}

void post_progress(GstElement* element, ProgressKind kind, const std::string& text) {
  GstProgressType type = GST_PROGRESS_TYPE_ERROR;
  switch (kind) {
  case ProgressKind::start:
    type = GST_PROGRESS_TYPE_START;
    break;
  case ProgressKind::progress:
    type = GST_PROGRESS_TYPE_CONTINUE;
    break;
  case ProgressKind::complete:
    type = GST_PROGRESS_TYPE_COMPLETE;
    break;
  case ProgressKind::canceled:
    type = GST_PROGRESS_TYPE_CANCELED;
    break;
  case ProgressKind::error:
    break;
  }
  gst_element_post_message(element,
                           gst_message_new_progress(GST_OBJECT(element), type, "connect", text.c_str()));
}

void post_warning(GstElement* element, const std::string& text, unsigned suppressed) {
  const std::string full =
      suppressed ? text + " (and " + std::to_string(suppressed) + " more of this kind since the last warning)"
                 : text;
  GST_ELEMENT_WARNING(element, RESOURCE, FAILED, ("%s", full.c_str()), (nullptr));
}

} // namespace rt::gst
