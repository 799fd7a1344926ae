#include "session/pictures.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rt::session {
namespace {

constexpr std::size_t most_known = 1024;
constexpr MemberId nobody = 0;

} // namespace

bool WaitingPictures::put(Picture picture) {
  const MemberId camera = picture.camera;
  auto state = state_.lock();
  return !state->waiting.insert_or_assign(camera, std::move(picture)).second;
}

std::optional<Picture> WaitingPictures::take() {
  auto state = state_.lock();
  if (state->waiting.empty()) return std::nullopt;
  auto next = state->waiting.upper_bound(state->last);
  if (next == state->waiting.end()) next = state->waiting.begin();
  state->last = next->first;
  Picture picture = std::move(next->second);
  state->waiting.erase(next);
  return picture;
}

bool WaitingPictures::drop(MemberId camera) {
  return state_.lock()->waiting.erase(camera) > 0;
}

std::string ShownPictures::name(const Picture& picture) {
  std::string id = "gst_picture_" + std::to_string(next_++);
  if (picture.keep > 0) shown_.push_back({picture.camera, id, picture.keep, false});
  if (shown_.size() > most_known) shown_.erase(shown_.begin()); // of a server with ids of its own
  return id;
}

std::vector<std::string> ShownPictures::added(std::string_view item_id) {
  const auto newest = std::ranges::find(shown_, item_id, &Shown::item_id);
  if (newest == shown_.end()) return {};
  newest->added = true;
  const MemberId camera = newest->camera;
  const std::size_t keep = newest->keep;
  std::size_t held = 0;
  std::vector<std::string> too_many;
  for (auto each = std::make_reverse_iterator(std::next(newest)); each != shown_.rend(); ++each) {
    if (each->camera != camera) continue;
    if (each->added && ++held <= keep) continue;
    // Items are taken in in the order of sending: an older one that was not has been refused.
    if (each->added) too_many.push_back(each->item_id);
    each->camera = nobody;
  }
  std::erase_if(shown_, [](const Shown& s) { return s.camera == nobody; });
  return too_many;
}

void ShownPictures::deleted(std::string_view item_id) {
  std::erase_if(shown_, [&](const Shown& s) { return s.item_id == item_id; });
}

} // namespace rt::session
