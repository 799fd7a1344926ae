// Data and its mutex in one type: the value is reachable only through a Locker, so "lock held" is visible in
// the signature of every helper that takes one. Never call GStreamer, libsoup or a listener with a Locker
// alive.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace rt {

template<typename T>
class Guarded {
 public:
  template<typename... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  class Locker {
   public:
    T* operator->() const { return &owner_->value_; }
    T& operator*() const { return owner_->value_; }
    // Waits until `ready` holds; something else must notify() after each change.
    template<typename Ready>
    void wait(Ready ready) {
      owner_->changed_.wait(lock_, [&] { return ready(owner_->value_); });
    }
    void notify() { owner_->changed_.notify_all(); }

   private:
    friend class Guarded;
    explicit Locker(Guarded& owner) : owner_(&owner), lock_(owner.mutex_) {}
    Guarded* owner_;
    std::unique_lock<std::mutex> lock_;
  };

  [[nodiscard]] Locker lock() { return Locker(*this); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  T value_;
};

} // namespace rt
