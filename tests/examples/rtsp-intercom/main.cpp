// realtime-rtsp-intercom: a camera or door station that a model talks through. See README.md.
#include "answers.h"
#include "camera.h"

#include <glib-unix.h>

#include <algorithm>
#include <clocale>
#include <mutex>
#include <optional>

namespace {

using namespace intercom;

constexpr guint first_pause_ms = 500, longest_pause_ms = 8000;

struct Options {
  std::string camera, record;
  Properties properties;
};

class Intercom {
 public:
  Intercom(Options options, GMainLoop* loop)
      : options_(std::move(options)), loop_(loop),
        answers_(session_, options_.properties, options_.record,
                 {[this](SamplePtr packet) { play(std::move(packet)); },
                  [this](const std::string& why) { fail(why); }}) {
    connect();
  }
  ~Intercom() { set_camera(nullptr); }

  bool failed() const { return failed_; }

 private:
  void connect() {
    set_camera(std::make_shared<Camera>(
        options_.camera, session_,
        Camera::Events{[this] { connected(); }, [this](const std::string& why) { lost(why); }}));
  }

  void connected() {
    pause_ms_ = first_pause_ms;
    say("camera connected");
    const auto camera = this->camera();
    if (options_.record.empty() && camera && !camera->has_loudspeaker())
      say("the camera has no ONVIF backchannel of PCMU: nobody hears the answers");
    answers_.listen(true);
  }

  void lost(const std::string& why) {
    if (again_) return;
    say("camera lost: %s", why.c_str());
    answers_.listen(false);
    again_ = SourceId(g_timeout_add(
        pause_ms_,
        [](gpointer self) -> gboolean {
          auto& intercom = *static_cast<Intercom*>(self);
          intercom.again_.ended();
          intercom.set_camera(nullptr);
          intercom.connect();
          return G_SOURCE_REMOVE;
        },
        this));
    pause_ms_ = std::min(pause_ms_ * 2, longest_pause_ms);
  }

  void fail(const std::string& why) {
    say("failed: %s", why.c_str());
    failed_ = true;
    g_main_loop_quit(loop_);
  }

  void play(SamplePtr packet) {
    if (const auto camera = this->camera()) camera->play(std::move(packet));
  }

  std::shared_ptr<Camera> camera() {
    const std::lock_guard lock(mutex_);
    return camera_;
  }
  void set_camera(std::shared_ptr<Camera> camera) {
    std::unique_lock lock(mutex_);
    std::swap(camera_, camera);
    lock.unlock(); // the old one ends without the lock
  }

  const Options options_;
  GMainLoop* const loop_;
  const std::string session_ = "intercom"; // one in this process
  std::mutex mutex_;
  std::shared_ptr<Camera> camera_; // with `mutex_`: the answers' streaming thread uses it
  Answers answers_;
  guint pause_ms_ = first_pause_ms;
  bool failed_ = false;
  SourceId again_;
};

int complain(const std::string& text) {
  std::fprintf(stderr, "realtime-rtsp-intercom: %s\n", text.c_str());
  return 2;
}

// What is wrong with the command line; empty when nothing is.
std::string parse(int argc, char** argv, Options& options) {
  const ElementPtr source(gst_element_factory_make("realtimesrc", nullptr));
  if (!source) return "the plugin is not found: set GST_PLUGIN_PATH";
  gst_object_ref_sink(source.get());
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (word == "--record" && i + 1 < argc)
      options.record = argv[++i];
    else if (word.starts_with("rtsp") && options.camera.empty())
      options.camera = word;
    else if (equals != std::string::npos && name != "session" &&
             g_object_class_find_property(G_OBJECT_GET_CLASS(source.get()), name.c_str()))
      options.properties[name] = word.substr(equals + 1);
    else
      return word + " is no PROPERTY=VALUE of realtimesrc that can be set here";
  }
  return options.camera.empty()
             ? "usage: realtime-rtsp-intercom [--record RTSP-URL] RTSP-URL [PROPERTY=VALUE...]"
             : "";
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  gst_init(&argc, &argv);
  Options options;
  if (const std::string problem = parse(argc, argv, options); !problem.empty()) return complain(problem);
  const MainLoopPtr loop(g_main_loop_new(nullptr, FALSE));
  const auto quit = [](gpointer data) -> gboolean {
    g_main_loop_quit(static_cast<GMainLoop*>(data));
    return G_SOURCE_CONTINUE;
  };
  const SourceId on_int(g_unix_signal_add(SIGINT, quit, loop.get()));
  const SourceId on_term(g_unix_signal_add(SIGTERM, quit, loop.get()));
  try {
    Intercom intercom(std::move(options), loop.get());
    g_main_loop_run(loop.get());
    return intercom.failed() ? 1 : 0;
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
