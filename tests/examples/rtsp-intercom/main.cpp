// realtime-rtsp-intercom: a camera or door station that a model talks through. See README.md.
#include "answers.h"
#include "camera.h"
#include "recorder.h"

#include <glib-unix.h>

#include <algorithm>
#include <clocale>
#include <mutex>
#include <optional>
#include <utility>

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
        answers_(session_, options_.properties, options_.record.empty(),
                 {[this](SamplePtr audio) { play(std::move(audio)); },
                  [this](const std::string& why) { fail(why); }}) {
    connect();
  }
  ~Intercom() { set_device(nullptr, nullptr); }

  bool failed() const { return failed_; }

 private:
  void connect() {
    auto camera = std::make_shared<Camera>(
        options_.camera, session_,
        Camera::Events{[this] { connected(); }, [this](const std::string& why) { lost("camera", why); }});
    std::shared_ptr<Recorder> recorder;
    if (!options_.record.empty())
      recorder = std::make_shared<Recorder>(options_.record,
                                            [this](const std::string& why) { lost("recorder", why); });
    set_device(std::move(camera), std::move(recorder));
  }

  void connected() {
    if (again_) return; // the recorder was lost meanwhile
    pause_ms_ = first_pause_ms;
    say("camera connected");
    const auto camera = device().first;
    if (options_.record.empty() && camera && !camera->has_loudspeaker())
      say("the camera has no ONVIF backchannel of PCMU: nobody hears the answers");
    answers_.listen(true);
  }

  // Both are connected to anew: mostly they are one device.
  void lost(const char* which, const std::string& why) {
    if (again_) return;
    say("%s lost: %s", which, why.c_str());
    answers_.listen(false);
    again_ = SourceId(g_timeout_add(
        pause_ms_,
        [](gpointer self) -> gboolean {
          auto& intercom = *static_cast<Intercom*>(self);
          intercom.again_.ended();
          intercom.set_device(nullptr, nullptr);
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

  void play(SamplePtr audio) {
    const auto [camera, recorder] = device();
    if (recorder)
      recorder->play(std::move(audio));
    else if (camera && options_.record.empty())
      camera->play(std::move(audio));
  }

  std::pair<std::shared_ptr<Camera>, std::shared_ptr<Recorder>> device() {
    const std::lock_guard lock(mutex_);
    return {camera_, recorder_};
  }
  void set_device(std::shared_ptr<Camera> camera, std::shared_ptr<Recorder> recorder) {
    std::unique_lock lock(mutex_);
    std::swap(camera_, camera);
    std::swap(recorder_, recorder);
    lock.unlock(); // the old ones end without the lock
  }

  const Options options_;
  GMainLoop* const loop_;
  const std::string session_ = "intercom"; // one in this process
  std::mutex mutex_;
  // With `mutex_`: the answers' streaming thread uses them.
  std::shared_ptr<Camera> camera_;
  std::shared_ptr<Recorder> recorder_;
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
