#include "keys.h"

#include <string_view>
#include <utility>

namespace telephone {

std::optional<char> TelephoneEvents::packet(std::uint32_t timestamp, std::span<const std::uint8_t> payload) {
  constexpr std::string_view names = "0123456789*#ABCD";
  if (payload.size() < 4) return std::nullopt;
  const Event event{timestamp, payload[0], static_cast<std::uint16_t>(payload[2] << 8 | payload[3]),
                    (payload[1] & 0x80) != 0};
  const std::optional<Event> before = std::exchange(last_, event);
  if (before && before->code == event.code) {
    if (before->timestamp == timestamp) {
      last_->ended |= before->ended;
      return std::nullopt;
    }
    // A key held for so long that its duration does not fit goes on as the next segment.
    if (!before->ended && timestamp == before->timestamp + before->duration) return std::nullopt;
  }
  if (event.code >= names.size()) return std::nullopt;
  return names[event.code];
}

} // namespace telephone
