#include "tools.h"

namespace telephone {
namespace {

struct Run {
  ObjectPtr<GSubprocess> process;
  ObjectPtr<GCancellable> cancellable;
  ToolRunner::Done done;
};

std::string failed(const std::string& why) {
  return "The function failed: " + why;
}

void on_finished(GObject* process, GAsyncResult* result, gpointer data) {
  const std::unique_ptr<Run> run(static_cast<Run*>(data));
  char* output = nullptr;
  GError* error = nullptr;
  g_subprocess_communicate_utf8_finish(G_SUBPROCESS(process), result, &output, nullptr, &error);
  const StringPtr owned_output(output);
  const ErrorPtr owned_error(error);
  if (g_cancellable_is_cancelled(run->cancellable.get())) {
    g_subprocess_force_exit(G_SUBPROCESS(process));
    return;
  }
  if (error) return run->done(failed(error->message));
  if (!g_subprocess_get_if_exited(G_SUBPROCESS(process))) return run->done(failed("it was killed"));
  if (const int code = g_subprocess_get_exit_status(G_SUBPROCESS(process)))
    return run->done(failed("exit code " + std::to_string(code)));
  run->done(output ? output : "");
}

} // namespace

ToolRunner::ToolRunner() : cancellable_(g_cancellable_new()) {}

ToolRunner::~ToolRunner() {
  g_cancellable_cancel(cancellable_.get());
}

void ToolRunner::run(const Tool& tool, const std::string& arguments, Done done) {
  std::vector<const char*> words;
  for (const std::string& word : tool.command)
    words.push_back(word.c_str());
  words.push_back(nullptr);
  GError* error = nullptr;
  ObjectPtr<GSubprocess> process(g_subprocess_newv(
      words.data(),
      static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE), &error));
  const ErrorPtr owned(error);
  if (!process) return done(failed(error->message));
  GSubprocess* raw = process.get();
  auto run = std::make_unique<Run>(
      Run{std::move(process), ObjectPtr<GCancellable>(G_CANCELLABLE(g_object_ref(cancellable_.get()))),
          std::move(done)});
  g_subprocess_communicate_utf8_async(raw, arguments.c_str(), cancellable_.get(), on_finished, run.release());
}

} // namespace telephone
