// realtime-rtsp-server: a conversation for every RTSP client. See README.md.
#include "conversation.h"

#include <glib-unix.h>

#include <clocale>

namespace {

using namespace rtsp;

struct Options {
  StringPtr address;
  gint port = 8554;
  Properties properties;
};

int complain(const std::string& text) {
  std::fprintf(stderr, "realtime-rtsp-server: %s\n", text.c_str());
  return 2;
}

// What is wrong with the command line; empty when nothing is.
std::string parse(int& argc, char**& argv, Options& options) {
  char* address = nullptr;
  const GOptionEntry entries[] = {{"port", 'p', 0, G_OPTION_ARG_INT, &options.port,
                                   "Port; 0 lets the system choose (default 8554)", "PORT"},
                                  {"address", 0, 0, G_OPTION_ARG_STRING, &address,
                                   "IP address to listen on (default 127.0.0.1)", "ADDRESS"},
                                  {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  GOptionContext* context = g_option_context_new("PROPERTY=VALUE... - a conversation for every RTSP client");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  GError* raw = nullptr;
  g_option_context_parse(context, &argc, &argv, &raw);
  const ErrorPtr error(raw);
  g_option_context_free(context);
  options.address.reset(address ? address : g_strdup("127.0.0.1"));
  if (error) return error->message;

  const ElementPtr source(gst_element_factory_make("realtimesrc", nullptr));
  if (!source) return "the plugin is not found: set GST_PLUGIN_PATH";
  gst_object_ref_sink(source.get());
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (equals == std::string::npos || name == "session" ||
        !g_object_class_find_property(G_OBJECT_GET_CLASS(source.get()), name.c_str()))
      return word + " is no PROPERTY=VALUE of realtimesrc that can be set here";
    options.properties[name] = word.substr(equals + 1);
  }
  return {};
}

// Clients that went without a word are forgotten.
gboolean clean_up(gpointer server) {
  const ObjectPtr<GstRTSPSessionPool> pool(gst_rtsp_server_get_session_pool(GST_RTSP_SERVER(server)));
  gst_rtsp_session_pool_cleanup(pool.get());
  return G_SOURCE_CONTINUE;
}

GstRTSPFilterResult close_client(GstRTSPServer*, GstRTSPClient*, gpointer) {
  return GST_RTSP_FILTER_REMOVE;
}

int run(const Options& options) {
  const MainLoopPtr loop(g_main_loop_new(nullptr, FALSE));
  const ObjectPtr<GstRTSPServer> server(gst_rtsp_onvif_server_new());
  gst_rtsp_server_set_address(server.get(), options.address.get());
  gst_rtsp_server_set_service(server.get(), std::to_string(options.port).c_str());
  const ObjectPtr<GstRTSPMountPoints> mounts(gst_rtsp_server_get_mount_points(server.get()));
  gst_rtsp_mount_points_add_factory(mounts.get(), "/talk", new_conversation_factory(options.properties));

  const SourceId attached(gst_rtsp_server_attach(server.get(), nullptr));
  if (!attached) return complain("the address and port cannot be listened on");
  say("listening on rtsp://%s:%d/talk", options.address.get(), gst_rtsp_server_get_bound_port(server.get()));
  const SourceId cleaning(g_timeout_add_seconds(2, clean_up, server.get()));
  const auto quit = [](gpointer data) -> gboolean {
    g_main_loop_quit(static_cast<GMainLoop*>(data));
    return G_SOURCE_CONTINUE;
  };
  const SourceId on_int(g_unix_signal_add(SIGINT, quit, loop.get()));
  const SourceId on_term(g_unix_signal_add(SIGTERM, quit, loop.get()));
  g_main_loop_run(loop.get());
  gst_rtsp_server_client_filter(server.get(), close_client, nullptr);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  gst_init(&argc, &argv);
  Options options;
  if (const std::string problem = parse(argc, argv, options); !problem.empty()) return complain(problem);
  return run(options);
}
