// realtime-server: the local development server. See docs/devserver.md.
#include "base/gptr.h"
#include "base/io_loop.h"
#include "base/log.h"
#include "server/recorder.h"
#include "server/ws_server.h"

#include <glib-unix.h>

#include <array>
#include <clocale>
#include <cstdio>
#include <string>

namespace {

using namespace rt;

struct Options {
  GCharPtr host, api_key, bad_key, provider, scenario, record, log_level;
  gint port = 8765;
  bool version = false;
};

constexpr std::array<const char*, 5> level_names{"error", "warning", "info", "debug", "trace"};

void write_log(LogLevel level, std::string_view area, std::string_view text) {
  std::fprintf(stderr, "%s %.*s: %.*s\n", level_names[static_cast<std::size_t>(level)],
               static_cast<int>(area.size()), area.data(), static_cast<int>(text.size()), text.data());
}

int complain(const std::string& text) {
  std::fprintf(stderr, "realtime-server: %s\n", text.c_str());
  return 2;
}

bool parse(int& argc, char**& argv, Options& options) {
  gchar *host = nullptr, *api_key = nullptr, *bad_key = nullptr, *provider = nullptr, *scenario = nullptr,
        *record = nullptr, *log_level = nullptr;
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
      {"port", 'p', 0, G_OPTION_ARG_INT, &options.port, "Port; 0 lets the system choose (default 8765)",
       "PORT"},
      {"host", 0, 0, G_OPTION_ARG_STRING, &host, "IP address to listen on (default 127.0.0.1)", "ADDRESS"},
      {"api-key", 0, 0, G_OPTION_ARG_STRING, &api_key, "Refuse clients that do not send this key", "KEY"},
      {"bad-key", 0, 0, G_OPTION_ARG_STRING, &bad_key, "How to refuse them: http (401, default) or event",
       "HOW"},
      {"provider", 0, 0, G_OPTION_ARG_STRING, &provider, "Resemble a provider's servers, as far as is known",
       "NAME"},
      {"scenario", 0, 0, G_OPTION_ARG_FILENAME, &scenario, "Script replies and faults", "FILE"},
      {"record", 0, 0, G_OPTION_ARG_FILENAME, &record, "Write all traffic to FILE as JSON lines", "FILE"},
      {"log-level", 0, 0, G_OPTION_ARG_STRING, &log_level, "error, warning (default), info, debug or trace",
       "LEVEL"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Show the version and exit", nullptr},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  auto* context = g_option_context_new("- a local server that speaks the OpenAI Realtime protocol");
  g_option_context_add_main_entries(context, entries, nullptr);
  GErrorPtr error;
  const bool good = g_option_context_parse(context, &argc, &argv, OutError(error));
  g_option_context_free(context);
  options.host.reset(host);
  options.api_key.reset(api_key);
  options.bad_key.reset(bad_key);
  options.provider.reset(provider);
  options.scenario.reset(scenario);
  options.record.reset(record);
  options.log_level.reset(log_level);
  options.version = version;
  if (!good) complain(error->message);
  if (good && argc > 1) complain(std::string("unexpected argument '") + argv[1] + "'");
  return good && argc == 1;
}

// False when the level has no such name.
bool set_up_log(const char* wanted) {
  const std::string name = wanted ? wanted : "warning";
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (name != level_names[i]) continue;
    set_log_threshold(static_cast<LogLevel>(i));
    set_log_sink(write_log);
    return true;
  }
  return false;
}

Result<server::Scenario> load_scenario(const Options& options) {
  server::Scenario scenario;
  if (options.scenario) {
    gchar* text = nullptr;
    gsize size = 0;
    GErrorPtr error;
    if (!g_file_get_contents(options.scenario.get(), &text, &size, OutError(error))) {
      return Error{ErrorKind::invalid_settings, error->message};
    }
    const GCharPtr owner(text);
    auto parsed = server::parse_scenario({text, size});
    if (!parsed) return parsed.error();
    scenario = std::move(parsed.value());
  }
  const std::string how = options.bad_key ? options.bad_key.get() : "http";
  if (how == "event") scenario.bad_key = server::Scenario::BadKey::event_and_close;
  if (how != "event" && how != "http")
    return Error{ErrorKind::invalid_settings, "--bad-key is http or event"};
  return scenario;
}

void run_until_signal() {
  auto loop = GRef<GMainLoop>::adopt(g_main_loop_new(nullptr, FALSE));
  const auto quit = [](gpointer data) -> gboolean {
    g_main_loop_quit(static_cast<GMainLoop*>(data));
    return G_SOURCE_CONTINUE;
  };
  const auto on_int = g_unix_signal_add(SIGINT, quit, loop.get());
  const auto on_term = g_unix_signal_add(SIGTERM, quit, loop.get());
  g_main_loop_run(loop.get());
  g_source_remove(on_int);
  g_source_remove(on_term);
}

int run(Options& options) {
  if (!set_up_log(options.log_level.get())) return complain("unknown log level");
  if (options.port < 0 || options.port > 65535) return complain("a port is 0 to 65535");
  auto scenario = load_scenario(options);
  if (!scenario) return complain(scenario.error().message);

  std::unique_ptr<server::Recorder> recorder;
  server::WsServerOptions server_options;
  if (options.record) {
    auto opened = server::Recorder::open(options.record.get());
    if (!opened) return complain(opened.error().message);
    recorder = std::move(opened.value());
    server_options.on_traffic = [&recorder](const server::Traffic& traffic) { recorder->write(traffic); };
  }
  if (options.host) server_options.host = options.host.get();
  if (options.api_key) server_options.api_key = options.api_key.get();
  if (options.provider) server_options.provider = options.provider.get();
  server_options.port = static_cast<std::uint16_t>(options.port);
  server_options.scenario = std::move(scenario.value());
  server_options.speech = server::real_speech();
  server_options.warm_up = true;

  server::WsServer server(std::make_shared<IoLoop>());
  const auto uri = server.start(std::move(server_options));
  if (!uri) {
    complain(uri.error().message);
    return 1;
  }
  std::printf("listening on %s\n", uri.value().c_str());
  std::fflush(stdout);
  run_until_signal();
  server.stop();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  Options options;
  if (!parse(argc, argv, options)) return 2;
  if (options.version) {
    std::puts("realtime-server " RT_VERSION);
    return 0;
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
