// Keys of a telephone, as RFC 4733 sends them beside the audio.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace telephone {

// One pressed key is many packets with one timestamp; it is told once, with the first that comes.
class TelephoneEvents {
 public:
  // The payload of one RTP packet. The key, if it is newly pressed: 0 to 9, *, #, A to D.
  std::optional<char> packet(std::uint32_t timestamp, std::span<const std::uint8_t> payload);

 private:
  struct Event {
    std::uint32_t timestamp = 0;
    std::uint8_t code = 0;
    std::uint16_t duration = 0; // units of the timestamp
    bool ended = false;
  };
  std::optional<Event> last_;
};

} // namespace telephone
