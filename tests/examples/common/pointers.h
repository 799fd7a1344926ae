// Owning pointers for what GLib and GStreamer hand out, and the line that a program says.
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

#include <cstdarg>
#include <cstdio>
#include <memory>
#include <utility>

template<auto Free>
struct FreeWith {
  template<typename T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};

struct UnrefMiniObject {
  template<typename T>
  void operator()(T* p) const noexcept {
    gst_mini_object_unref(GST_MINI_OBJECT_CAST(p));
  }
};

template<typename T>
using ObjectPtr = std::unique_ptr<T, FreeWith<g_object_unref>>;
using ElementPtr = std::unique_ptr<GstElement, FreeWith<gst_object_unref>>;
using PadPtr = std::unique_ptr<GstPad, FreeWith<gst_object_unref>>;
using BusPtr = std::unique_ptr<GstBus, FreeWith<gst_object_unref>>;
using CapsPtr = std::unique_ptr<GstCaps, UnrefMiniObject>;
using MessagePtr = std::unique_ptr<GstMessage, UnrefMiniObject>;
using BufferPtr = std::unique_ptr<GstBuffer, UnrefMiniObject>;
using SamplePtr = std::unique_ptr<GstSample, UnrefMiniObject>;
using MainLoopPtr = std::unique_ptr<GMainLoop, FreeWith<g_main_loop_unref>>;
using StringPtr = std::unique_ptr<char, FreeWith<g_free>>;
using ErrorPtr = std::unique_ptr<GError, FreeWith<g_error_free>>;

// A source of the main loop that ends with its owner.
class SourceId {
 public:
  SourceId() = default;
  explicit SourceId(guint id) : id_(id) {}
  SourceId(SourceId&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  SourceId& operator=(SourceId&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~SourceId() {
    if (id_) g_source_remove(id_);
  }
  explicit operator bool() const { return id_ != 0; }
  // From within its own callback, which then returns G_SOURCE_REMOVE.
  void ended() { id_ = 0; }

 private:
  guint id_ = 0;
};

// One line on stdout, seen at once by whoever reads it.
[[gnu::format(printf, 1, 2)]] inline void say(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::putchar('\n');
  std::fflush(stdout);
}
