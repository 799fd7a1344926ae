// Owning pointers for GLib reference-counted types: adopt takes a full transfer, share adds a reference,
// release gives the reference away to a (transfer full) callee. Nothing else touches a raw reference.
#pragma once

#include <gio/gio.h>

#include <memory>
#include <utility>

namespace rt {

template<typename T>
struct RefTraits { // the default: any GObject type
  static void ref(T* p) { g_object_ref(p); }
  static void unref(T* p) { g_object_unref(p); }
};

#define RT_REF_TRAITS(Type, ref_function, unref_function)                                                    \
  template<>                                                                                                 \
  struct RefTraits<Type> {                                                                                   \
    static void ref(Type* p) { ref_function(p); }                                                            \
    static void unref(Type* p) { unref_function(p); }                                                        \
  };

RT_REF_TRAITS(GBytes, g_bytes_ref, g_bytes_unref)
RT_REF_TRAITS(GSource, g_source_ref, g_source_unref)
RT_REF_TRAITS(GMainContext, g_main_context_ref, g_main_context_unref)
RT_REF_TRAITS(GMainLoop, g_main_loop_ref, g_main_loop_unref)
RT_REF_TRAITS(GUri, g_uri_ref, g_uri_unref)

template<typename T>
class GRef {
 public:
  constexpr GRef() noexcept = default;
  constexpr GRef(std::nullptr_t) noexcept {}
  GRef(const GRef& other) noexcept : p_(other.p_) {
    if (p_) RefTraits<T>::ref(p_);
  }
  GRef(GRef&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  GRef& operator=(GRef other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~GRef() {
    if (p_) RefTraits<T>::unref(p_);
  }

  static GRef adopt(T* p) noexcept { return GRef(p); }
  static GRef share(T* p) noexcept {
    if (p) RefTraits<T>::ref(p);
    return GRef(p);
  }
  [[nodiscard]] T* release() noexcept { return std::exchange(p_, nullptr); }
  void reset() noexcept { *this = GRef(); }

  T* get() const noexcept { return p_; }
  T* operator->() const noexcept { return p_; }
  explicit operator bool() const noexcept { return p_ != nullptr; }
  bool operator==(const GRef& other) const noexcept { return p_ == other.p_; }

 private:
  explicit constexpr GRef(T* p) noexcept : p_(p) {}
  T* p_ = nullptr;
};

template<auto Free>
struct FreeWith {
  template<typename T>
  void operator()(T* p) const noexcept {
    if (p) Free(p);
  }
};

using GCharPtr = std::unique_ptr<char, FreeWith<g_free>>;
using GErrorPtr = std::unique_ptr<GError, FreeWith<g_error_free>>;

// For the `GError**` out parameter of a GLib call: `call(..., OutError(error))`.
class OutError {
 public:
  explicit OutError(GErrorPtr& target) : target_(target) {}
  ~OutError() { target_.reset(raw_); }
  OutError(const OutError&) = delete;
  OutError& operator=(const OutError&) = delete;
  operator GError**() { return &raw_; }

 private:
  GErrorPtr& target_;
  GError* raw_ = nullptr;
};

} // namespace rt
