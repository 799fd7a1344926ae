#include "gst/messages.h"

#include "gst/gst_refs.h"

#include <string>
#include <type_traits>

namespace rt::gst {
namespace {

using session::ClockTime;
using session::Notice;
using session::ProgressKind;

void set_field(GstStructure* structure, const char* name, const Notice::Value& value, GstElement* element) {
  std::visit(
      [&](const auto& v) {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, std::string>)
          gst_structure_set(structure, name, G_TYPE_STRING, v.c_str(), nullptr);
        else if constexpr (std::is_same_v<V, std::uint64_t>)
          gst_structure_set(structure, name, G_TYPE_UINT64, v, nullptr);
        else if constexpr (std::is_same_v<V, std::int64_t>)
          gst_structure_set(structure, name, G_TYPE_INT64, v, nullptr);
        else if constexpr (std::is_same_v<V, double>)
          gst_structure_set(structure, name, G_TYPE_DOUBLE, v, nullptr);
        else if constexpr (std::is_same_v<V, bool>)
          gst_structure_set(structure, name, G_TYPE_BOOLEAN, static_cast<gboolean>(v), nullptr);
        else {
          // Running time of the pipeline that posts; without a clock there is none.
          const auto clock = GRef<GstClock>::adopt(gst_element_get_clock(element));
          const GstClockTime base = gst_element_get_base_time(element);
          if (clock && GST_CLOCK_TIME_IS_VALID(base) && v.ns >= base)
            gst_structure_set(structure, name, G_TYPE_UINT64, v.ns - base, nullptr);
        }
      },
      value);
}

} // namespace

void post_notice(GstElement* element, const Notice& notice) {
  const std::string name = "realtime/" + std::string(info(notice.kind).name);
  GstStructure* structure = gst_structure_new_empty(name.c_str());
  for (const auto& [field, value] : notice.fields)
    set_field(structure, std::string(field).c_str(), value, element);
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
