#include "gst/actions.h"

#include "gst/messages.h"
#include "gst/session_link.h"

GST_DEBUG_CATEGORY_STATIC(realtime_action_debug);
#define GST_CAT_DEFAULT realtime_action_debug

namespace rt::gst {
namespace {

using session::Outcome;
using session::Session;

// Runs the action; one that cannot act says why in the log and on the bus.
template<typename Action>
gboolean act(GstElement* element, const char* name, Action action) {
  const auto link = link_of(element);
  const auto session = link ? link->session() : nullptr;
  const Outcome outcome = session ? action(*session) : Outcome{false, "the element is in state NULL"};
  if (outcome.accepted) return TRUE;
  GST_WARNING_OBJECT(element, "%s: %s", name, outcome.why.c_str());
  post_notice(element, session::Notice(session::NoticeKind::error)
                           .with("type", "request")
                           .with("message", outcome.why)
                           .with("request", name));
  return FALSE;
}

gboolean send_text(GstElement* element, const char* text) {
  return act(element, "send-text", [&](Session& s) { return s.send_text(text ? text : ""); });
}

gboolean send_image(GstElement* element, GstSample* sample) {
  return act(element, "send-image", [&](Session& s) -> Outcome {
    GstBuffer* buffer = sample ? gst_sample_get_buffer(sample) : nullptr;
    GstMapInfo map;
    if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return {false, "the sample holds no picture"};
    Outcome outcome = s.send_image({map.data, map.size});
    gst_buffer_unmap(buffer, &map);
    return outcome;
  });
}

gboolean delete_item(GstElement* element, const char* item_id) {
  return act(element, "delete-item", [&](Session& s) { return s.delete_item(item_id ? item_id : ""); });
}

gboolean retrieve_item(GstElement* element, const char* item_id) {
  return act(element, "retrieve-item", [&](Session& s) { return s.retrieve_item(item_id ? item_id : ""); });
}

gboolean send_tool_output(GstElement* element, const char* call_id, const char* output) {
  return act(element, "send-tool-output",
             [&](Session& s) { return s.send_tool_output(call_id ? call_id : "", output ? output : ""); });
}

gboolean send_tool_output_silent(GstElement* element, const char* call_id, const char* output) {
  return act(element, "send-tool-output-silent", [&](Session& s) {
    return s.send_tool_output(call_id ? call_id : "", output ? output : "", false);
  });
}

gboolean approve_mcp(GstElement* element, const char* request_id, gboolean approve) {
  return act(element, "approve-mcp",
             [&](Session& s) { return s.approve_mcp(request_id ? request_id : "", approve != FALSE); });
}

gboolean create_response(GstElement* element, const char* options) {
  return act(element, "create-response", [&](Session& s) {
    return s.create_response(options ? std::optional<std::string>(options) : std::nullopt);
  });
}

gboolean cancel_response(GstElement* element) {
  return act(element, "cancel-response", [](Session& s) { return s.cancel_response(); });
}

gboolean interrupt(GstElement* element) {
  return act(element, "interrupt", [](Session& s) { return s.interrupt(); });
}

gboolean commit(GstElement* element) {
  return act(element, "commit", [](Session& s) { return s.commit(); });
}

gboolean clear_input(GstElement* element) {
  return act(element, "clear-input", [](Session& s) { return s.clear_input(); });
}

gboolean send_event(GstElement* element, const char* json) {
  return act(element, "send-event", [&](Session& s) { return s.send_event(json ? json : ""); });
}

gboolean first_key(GSignalInvocationHint*, GValue* result, const GValue* handler_result, gpointer) {
  const char* key = g_value_get_string(handler_result);
  if (!key || !*key) return TRUE;
  g_value_copy(handler_result, result);
  return FALSE; // the first handler that knows one is enough
}

template<typename... Types>
void install_action(GType type, const char* name, GCallback callback, Types... types) {
  g_signal_new_class_handler(name, type, static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             callback, nullptr, nullptr, nullptr, G_TYPE_BOOLEAN, sizeof...(types), types...);
}

} // namespace

void install_signals(GObjectClass* klass) {
  static gsize once = 0;
  if (g_once_init_enter(&once)) {
    GST_DEBUG_CATEGORY_INIT(realtime_action_debug, "realtimeaction", 0,
                            "Action signals of a Realtime session");
    g_once_init_leave(&once, 1);
  }
  const GType type = G_OBJECT_CLASS_TYPE(klass);
  install_action(type, "send-text", G_CALLBACK(send_text), G_TYPE_STRING);
  install_action(type, "send-image", G_CALLBACK(send_image), GST_TYPE_SAMPLE);
  install_action(type, "delete-item", G_CALLBACK(delete_item), G_TYPE_STRING);
  install_action(type, "retrieve-item", G_CALLBACK(retrieve_item), G_TYPE_STRING);
  install_action(type, "send-tool-output", G_CALLBACK(send_tool_output), G_TYPE_STRING, G_TYPE_STRING);
  install_action(type, "send-tool-output-silent", G_CALLBACK(send_tool_output_silent), G_TYPE_STRING,
                 G_TYPE_STRING);
  install_action(type, "approve-mcp", G_CALLBACK(approve_mcp), G_TYPE_STRING, G_TYPE_BOOLEAN);
  install_action(type, "create-response", G_CALLBACK(create_response), G_TYPE_STRING);
  install_action(type, "cancel-response", G_CALLBACK(cancel_response));
  install_action(type, "interrupt", G_CALLBACK(interrupt));
  install_action(type, "commit", G_CALLBACK(commit));
  install_action(type, "clear-input", G_CALLBACK(clear_input));
  install_action(type, "send-event", G_CALLBACK(send_event), G_TYPE_STRING);
  g_signal_new("need-api-key", type, G_SIGNAL_RUN_LAST, 0, first_key, nullptr, nullptr, G_TYPE_STRING, 0);
}

} // namespace rt::gst
