// An element's hold on its session: membership through the state changes, the session properties, and what
// the session has to say to the application. It is the session's Listener and knows its element only weakly.
#pragma once

#include "base/guarded.h"
#include "gst/property_table.h"
#include "gst/warning_limit.h"
#include "session/session.h"

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace rt::gst {

class SessionLink final : public session::Listener, public std::enable_shared_from_this<SessionLink> {
 public:
  // `on_wake`: see session::Listener; called with the element alive. `element` must outlive construction
  // only.
  static std::shared_ptr<SessionLink> create(GstElement* element, session::Role role,
                                             std::function<void(GstElement*)> on_wake);
  ~SessionLink() override;

  // Installs the session properties and `session`, `stats` from `first_id` on; returns the next free id.
  static guint install_properties(GObjectClass* klass, guint first_id);
  // Both are false for an id that is none of theirs.
  bool set_property(guint id, guint first_id, const GValue* value);
  bool get_property(guint id, guint first_id, GValue* value);

  // The element's state changes, in its change_state: `before` the parent's (false: fail), `after` it.
  bool before(GstStateChange transition);
  void after(GstStateChange transition, GstStateChangeReturn result);

  // Null while the element is in NULL.
  std::shared_ptr<session::Session> session();
  // Of the element in that session.
  session::MemberId member();
  // Of the session, or what this element would bring to one.
  session::Settings settings();

  // session::Listener, loop thread; on_warning from any
  void on_notice(const session::Notice& notice) override;
  void on_warning(const session::Warning& warning) override;
  void on_progress(session::ProgressKind kind, const std::string& text) override;
  void on_error(const Error& error) override;
  void on_wake() override;
  std::optional<std::string> need_api_key() override;

 private:
  SessionLink(GstElement* element, session::Role role, std::function<void(GstElement*)> on_wake);
  bool join();
  void leave();
  void apply_settings(const std::shared_ptr<session::Session>& session);
  std::string session_name(GstElement* element) const;
  GRef<GstElement> element() const;

  struct State {
    session::Settings settings;      // of this element
    std::set<std::size_t> set_rows;  // indexes of the properties that were set explicitly
    std::optional<std::string> name; // property `session`
    std::shared_ptr<session::Session> session;
    session::MemberId member = 0;
    const void* pipeline = nullptr; // of this element, only to be compared
    bool open = false;
  };
  mutable GWeakRef element_;
  const session::Role role_;
  const std::function<void(GstElement*)> on_wake_;
  Guarded<State> state_;
  Guarded<WarningLimit> warnings_;
};

// The link of an element of ours, for action signals.
std::shared_ptr<SessionLink> link_of(GstElement* element);
// The outermost parent: mostly the pipeline, the element itself where it has none.
GRef<GstObject> top_level(GstElement* element);

} // namespace rt::gst
