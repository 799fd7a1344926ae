// Builds the pipeline of a launch line without running it. Exit code 0: it can be built; 2: an element is not
// installed, its name is printed; 1: anything else.
#include "base/gptr.h"

#include <gst/gst.h>

#include <cstdio>

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  GError* raw = nullptr;
  GstParseContext* context = gst_parse_context_new();
  GstElement* pipeline =
      gst_parse_launchv_full(const_cast<const gchar**>(argv + 1), context, GST_PARSE_FLAG_FATAL_ERRORS, &raw);
  const rt::GErrorPtr error(raw);
  gchar** missing = gst_parse_context_get_missing_elements(context);
  gst_parse_context_free(context);
  if (pipeline) gst_object_unref(gst_object_ref_sink(pipeline));
  // Elements with a property they do not have are in that list, too.
  const bool absent = g_error_matches(error.get(), GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT);
  for (gchar** name = missing; absent && name && *name; ++name)
    std::printf("%s\n", *name);
  g_strfreev(missing);
  if (absent) return 2;
  if (error || !pipeline) std::fprintf(stderr, "%s\n", error ? error->message : "no pipeline");
  return error || !pipeline ? 1 : 0;
}
