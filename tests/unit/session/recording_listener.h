// An element, as far as a session sees it: everything it is told, kept.
#pragma once

#include "base/guarded.h"
#include "session/members.h"

#include <glib.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt::session::test {

class RecordingListener final : public Listener {
 public:
  struct Heard {
    std::vector<Notice> notices;
    std::vector<Warning> warnings;
    std::vector<std::pair<ProgressKind, std::string>> progress;
    std::vector<Error> errors;
    unsigned wakes = 0, key_questions = 0;
  };

  void on_notice(const Notice& notice) override { heard_.lock()->notices.push_back(notice); }
  void on_warning(const Warning& warning) override { heard_.lock()->warnings.push_back(warning); }
  void on_progress(ProgressKind kind, const std::string& text) override {
    heard_.lock()->progress.emplace_back(kind, text);
  }
  void on_error(const Error& error) override { heard_.lock()->errors.push_back(error); }
  void on_wake() override { ++heard_.lock()->wakes; }
  std::optional<std::string> need_api_key() override {
    ++heard_.lock()->key_questions;
    return key;
  }

  Heard heard() { return *heard_.lock(); }
  std::vector<Notice> notices(NoticeKind kind) {
    std::vector<Notice> found;
    for (const Notice& notice : heard_.lock()->notices)
      if (notice.kind == kind) found.push_back(notice);
    return found;
  }
  std::vector<std::string> warnings(Warning::Kind kind) {
    std::vector<std::string> found;
    for (const Warning& warning : heard_.lock()->warnings)
      if (warning.kind == kind) found.push_back(warning.text);
    return found;
  }

  std::optional<std::string> key; // the answer to need-api-key

 private:
  Guarded<Heard> heard_;
};

// The value of a field; ends the test when it is not there or of another type.
template<typename T>
T field(const Notice& notice, std::string_view name) {
  for (const auto& [key, value] : notice.fields)
    if (key == name) {
      const T* typed = std::get_if<T>(&value);
      g_assert_nonnull(typed);
      return *typed;
    }
  g_error("no field %s", std::string(name).c_str());
}

inline bool has_field(const Notice& notice, std::string_view name) {
  for (const auto& [key, value] : notice.fields)
    if (key == name) return true;
  return false;
}

inline std::string text_of(const Notice& notice, std::string_view name) {
  return field<std::string>(notice, name);
}

} // namespace rt::session::test
