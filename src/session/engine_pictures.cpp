// What realtimeimagesinks show to the model.
#include "session/engine.h"

#include <utility>

namespace rt::session {

using namespace protocol;

// Behind the audio: a picture is large, and a voice cannot wait for it.
void Engine::send_pictures() {
  while (phase_ == Phase::active && connection_.writable()) {
    auto picture = shared_->pictures.take();
    if (!picture) return;
    Item item = picture_item(std::move(picture->uri));
    item.id = pictures_.name(*picture);
    const bool sent = !send(ItemCreate{std::move(item), std::nullopt}, "send-image").empty();
    if (sent) turn_too_short_ = false;
    auto statistics = shared_->statistics.lock();
    ++(sent ? statistics->images_sent : statistics->images_dropped);
  }
}

// The newer is in the conversation: at no moment the model sees nothing.
void Engine::picture_added(const std::string& item_id) {
  for (const std::string& old : pictures_.added(item_id))
    send(ItemDelete{old}, "delete-item");
}

} // namespace rt::session
