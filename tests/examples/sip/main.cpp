// realtime-sip: answers telephone calls with a Realtime AI server. See README.md.
#include "agent.h"

#include <glib-unix.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_log.h>

#include <clocale>

namespace {

using namespace telephone;

int complain(const std::string& text) {
  std::fprintf(stderr, "realtime-sip: %s\n", text.c_str());
  return 2;
}

Settings load(const char* path) {
  char* text = nullptr;
  gsize size = 0;
  GError* error = nullptr;
  g_file_get_contents(path, &text, &size, &error);
  const StringPtr owned(text);
  const ErrorPtr owned_error(error);
  if (error) throw SettingsError(error->message);
  try {
    return parse_settings({text, size});
  } catch (const SettingsError& wrong) {
    throw SettingsError(std::string(path) + ": " + wrong.what());
  }
}

// Said now rather than to the first caller.
void check_numbers(const Settings& settings) {
  for (const auto& [called, number] : settings.numbers) {
    try {
      Media::check(number.realtime);
    } catch (const std::runtime_error& error) {
      throw SettingsError("numbers." + called + ": " + error.what());
    }
  }
}

// The library's own words about what goes on, for SOFIA_LOG=1.
void log_sofia(void*, const char* format, va_list arguments) {
  if (g_getenv("SOFIA_LOG")) std::vfprintf(stderr, format, arguments);
}

int run(Settings settings) {
  const MainLoopPtr loop(g_main_loop_new(nullptr, FALSE));
  const char* password = g_getenv("SIP_PASSWORD");
  Agent agent(std::move(settings), password ? password : "", [&loop] { g_main_loop_quit(loop.get()); });
  if (!agent.start()) return complain("the address and port of the settings cannot be listened on");
  const auto stop = [](gpointer data) -> gboolean {
    static_cast<Agent*>(data)->drain();
    return G_SOURCE_CONTINUE;
  };
  const SourceId on_term(g_unix_signal_add(SIGTERM, stop, &agent));
  const SourceId on_int(g_unix_signal_add(SIGINT, stop, &agent));
  g_main_loop_run(loop.get());
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  gst_init(&argc, &argv);
  if (argc != 2) return complain("usage: realtime-sip SETTINGS.json");
  su_init();
  su_log_redirect(nullptr, log_sofia, nullptr);
  int code = 0;
  try {
    Settings settings = load(argv[1]);
    check_numbers(settings);
    code = run(std::move(settings));
  } catch (const std::exception& error) {
    code = complain(error.what());
  }
  su_deinit();
  gst_deinit();
  return code;
}
