#include "gst/session_link.h"

#include "gst/error_map.h"
#include "gst/messages.h"
#include "gst/session_properties.h"
#include "gst/stats.h"
#include "session/registry.h"

#include <utility>

GST_DEBUG_CATEGORY_STATIC(realtime_link_debug);
#define GST_CAT_DEFAULT realtime_link_debug

namespace rt::gst {
namespace {

using session::Session;

GQuark link_quark() {
  static const GQuark quark = g_quark_from_static_string("realtime-session-link");
  return quark;
}

void free_link(gpointer data) {
  delete static_cast<std::shared_ptr<SessionLink>*>(data);
}

} // namespace

GRef<GstObject> top_level(GstElement* element) {
  auto current = GRef<GstObject>::share(GST_OBJECT(element));
  while (auto parent = GRef<GstObject>::adopt(gst_object_get_parent(current.get())))
    current = parent;
  return current;
}

std::shared_ptr<SessionLink> link_of(GstElement* element) {
  auto* link =
      static_cast<std::shared_ptr<SessionLink>*>(g_object_get_qdata(G_OBJECT(element), link_quark()));
  return link ? *link : nullptr;
}

std::shared_ptr<SessionLink> SessionLink::create(GstElement* element, session::Role role,
                                                 std::function<void(GstElement*)> on_wake) {
  static gsize once = 0;
  if (g_once_init_enter(&once)) {
    GST_DEBUG_CATEGORY_INIT(realtime_link_debug, "realtimelink", 0, "Elements of a Realtime session");
    g_once_init_leave(&once, 1);
  }
  std::shared_ptr<SessionLink> link(new SessionLink(element, role, std::move(on_wake)));
  g_object_set_qdata_full(G_OBJECT(element), link_quark(), new std::shared_ptr<SessionLink>(link), free_link);
  return link;
}

SessionLink::SessionLink(GstElement* element, session::Role role, std::function<void(GstElement*)> on_wake)
    : role_(role), on_wake_(std::move(on_wake)) {
  g_weak_ref_init(&element_, element);
}

SessionLink::~SessionLink() {
  leave(); // an element that was dropped outside NULL
  g_weak_ref_clear(&element_);
}

GRef<GstElement> SessionLink::element() const {
  return GRef<GstElement>::adopt(static_cast<GstElement*>(g_weak_ref_get(&element_)));
}

std::shared_ptr<Session> SessionLink::session() {
  return state_.lock()->session;
}

session::MemberId SessionLink::member() {
  return state_.lock()->member;
}

// ---- properties ----

guint SessionLink::install_properties(GObjectClass* klass, guint first_id) {
  guint id = first_id;
  for (const auto& row : session_properties())
    g_object_class_install_property(klass, id++, row.make(row));
  const auto make_session = [](const char* blurb) {
    return g_param_spec_string("session", "session", blurb, nullptr,
                               detail::param_flags(Mutability::ready, false));
  };
  g_object_class_install_property(
      klass, id++,
      detail::with_full_blurb(
          "Name of the conversation; elements with the same name share it, process-wide. NULL: "
          "the elements of one top-level bin share one",
          Mutability::ready, make_session));
  g_object_class_install_property(
      klass, id++,
      g_param_spec_boxed(
          "stats", "stats", "Counters of the session, application/x-realtime-stats (Since: 0.1)",
          GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  return id;
}

bool SessionLink::set_property(guint id, guint first_id, const GValue* value) {
  const auto rows = session_properties();
  const std::size_t index = id - first_id;
  if (index == rows.size()) {
    const char* name = g_value_get_string(value);
    auto state = state_.lock();
    if (name && *name)
      state->name = name;
    else
      state->name.reset();
    return true;
  }
  if (index > rows.size()) return false;
  const auto& row = rows[index];
  session::Settings candidate;
  row.set(candidate, value);
  if (row.why_invalid) {
    if (const auto why = row.why_invalid(candidate)) {
      if (const auto e = element())
        GST_ELEMENT_WARNING(e.get(), LIBRARY, SETTINGS,
                            ("Property '%s' keeps its old value: %s", row.name, why->c_str()), (nullptr));
      return true;
    }
  }
  std::shared_ptr<Session> session;
  {
    auto state = state_.lock();
    row.copy(candidate, state->settings);
    state->set_rows.insert(index);
    session = state->session;
  }
  if (session) session->change_settings([&](session::Settings& s) { row.copy(candidate, s); });
  return true;
}

session::Settings SessionLink::settings() {
  std::shared_ptr<Session> session;
  session::Settings own;
  {
    auto state = state_.lock();
    session = state->session;
    own = state->settings;
  }
  return session ? session->settings() : own;
}

bool SessionLink::get_property(guint id, guint first_id, GValue* value) {
  const auto rows = session_properties();
  const std::size_t index = id - first_id;
  if (index < rows.size()) {
    rows[index].get(settings(), value);
    return true;
  }
  std::shared_ptr<Session> session;
  std::optional<std::string> name;
  {
    auto state = state_.lock();
    session = state->session;
    name = state->name;
  }
  if (index == rows.size())
    g_value_set_string(value, name ? name->c_str() : nullptr);
  else if (index == rows.size() + 1)
    g_value_take_boxed(value, stats_structure(session ? session->stats() : session::Stats{}));
  else
    return false;
  return true;
}

// ---- membership ----

std::string SessionLink::session_name(GstElement* element) const {
  if (const auto& name = const_cast<SessionLink*>(this)->state_.lock()->name) return "name:" + *name;
  return "bin:" + std::to_string(reinterpret_cast<std::uintptr_t>(top_level(element).get()));
}

void SessionLink::apply_settings(const std::shared_ptr<Session>& session) {
  session::Settings own;
  std::set<std::size_t> set_rows;
  {
    auto state = state_.lock();
    own = state->settings;
    set_rows = state->set_rows;
  }
  if (set_rows.empty()) return;
  const session::Settings defaults, before = session->settings();
  const auto rows = session_properties();
  for (const std::size_t index : set_rows) {
    const auto& row = rows[index];
    if (row.equal(before, own) || row.equal(before, defaults)) continue;
    if (const auto e = element())
      GST_ELEMENT_WARNING(
          e.get(), LIBRARY, SETTINGS,
          ("Property '%s' was set differently on another element of the session; this element's "
           "value is used",
           row.name),
          (nullptr));
  }
  session->change_settings([&](session::Settings& s) {
    for (const std::size_t index : set_rows)
      rows[index].copy(own, s);
  });
}

bool SessionLink::join() {
  const auto e = element();
  if (!e) return false;
  std::shared_ptr<Session> session = session::find_or_create(session_name(e.get()));
  const void* pipeline = top_level(e.get()).get(); // only to be compared
  auto member = session->join(role_, pipeline, weak_from_this());
  if (!member) {
    GST_ELEMENT_ERROR(e.get(), RESOURCE, BUSY, ("%s.", member.error().message.c_str()), (nullptr));
    return false;
  }
  apply_settings(session);
  auto state = state_.lock();
  state->session = std::move(session);
  state->member = member.value();
  state->pipeline = pipeline;
  return true;
}

void SessionLink::leave() {
  std::shared_ptr<Session> session;
  session::MemberId member = 0;
  bool open = false;
  {
    auto state = state_.lock();
    session = std::exchange(state->session, nullptr);
    member = state->member;
    open = std::exchange(state->open, false);
  }
  if (!session) return;
  if (open) session->close(member, role_);
  session->leave(member);
}

bool SessionLink::before(GstStateChange transition) {
  const auto act = [this](auto action) {
    std::shared_ptr<Session> session;
    session::MemberId member = 0;
    {
      auto state = state_.lock();
      session = state->session;
      member = state->member;
    }
    if (session) action(*session, member);
  };
  switch (transition) {
  case GST_STATE_CHANGE_NULL_TO_READY:
    return join();
  case GST_STATE_CHANGE_READY_TO_PAUSED:
    state_.lock()->open = true;
    *warnings_.lock() = {}; // another run
    act([this](Session& s, session::MemberId m) { s.open(m, role_); });
    return true;
  case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
    act([](Session& s, session::MemberId m) { s.set_playing(m, true); });
    return true;
  case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
    act([](Session& s, session::MemberId m) { s.set_playing(m, false); });
    return true;
  default:
    return true;
  }
}

void SessionLink::after(GstStateChange transition, GstStateChangeReturn result) {
  const bool failed_to_join =
      transition == GST_STATE_CHANGE_NULL_TO_READY && result == GST_STATE_CHANGE_FAILURE;
  const bool failed_to_open =
      transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY || failed_to_open) {
    std::shared_ptr<Session> session;
    session::MemberId member = 0;
    {
      auto state = state_.lock();
      if (!std::exchange(state->open, false)) return;
      session = state->session;
      member = state->member;
    }
    if (session) session->close(member, role_);
  }
  if (transition == GST_STATE_CHANGE_READY_TO_NULL || failed_to_join) leave();
}

// ---- what the session says: loop thread, no lock held ----

void SessionLink::on_notice(const session::Notice& notice) {
  const void* pipeline = state_.lock()->pipeline;
  if (const auto e = element()) post_notice(e.get(), notice, pipeline);
}

void SessionLink::on_warning(const session::Warning& warning) {
  const auto kept_back = warnings_.lock()->pass(warning, g_get_monotonic_time());
  if (!kept_back) return;
  if (const auto e = element()) post_warning(e.get(), warning.text, *kept_back);
}

void SessionLink::on_progress(session::ProgressKind kind, const std::string& text) {
  if (const auto e = element()) post_progress(e.get(), kind, text);
}

void SessionLink::on_error(const Error& error) {
  if (const auto e = element()) post_error(e.get(), error);
}

void SessionLink::on_wake() {
  if (const auto e = element()) on_wake_(e.get());
}

std::optional<std::string> SessionLink::need_api_key() {
  const auto e = element();
  if (!e) return std::nullopt;
  char* key = nullptr;
  g_signal_emit_by_name(e.get(), "need-api-key", &key);
  const GCharPtr owned(key);
  if (!key || !*key) return std::nullopt;
  return std::string(key);
}

} // namespace rt::gst
