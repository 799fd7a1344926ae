#include "server/image_size.h"

#include "audio/base64.h"

#include <span>
#include <vector>

namespace rt::server {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint32_t big_endian(Bytes bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes)
    value = value << 8 | byte;
  return value;
}

std::optional<ImageSize> png_size(Bytes file) {
  constexpr std::size_t header = 16; // signature, then the length and name of the first chunk
  if (file.size() < header + 8 || big_endian(file.subspan(0, 4)) != 0x89504e47) return std::nullopt;
  return ImageSize{big_endian(file.subspan(header, 4)), big_endian(file.subspan(header + 4, 4))};
}

// A frame header: 0xc0 to 0xcf without the tables and the reserved one among them.
bool is_frame(std::uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

std::optional<ImageSize> jpeg_size(Bytes file) {
  if (file.size() < 2 || file[0] != 0xff || file[1] != 0xd8) return std::nullopt;
  for (std::size_t at = 2; at + 9 <= file.size();) {
    if (file[at] != 0xff) return std::nullopt;
    const std::uint8_t marker = file[at + 1];
    if (marker == 0xff) { // padding
      ++at;
      continue;
    }
    if (is_frame(marker))
      return ImageSize{big_endian(file.subspan(at + 7, 2)), big_endian(file.subspan(at + 5, 2))};
    at += 2 + big_endian(file.subspan(at + 2, 2));
  }
  return std::nullopt;
}

} // namespace

std::optional<ImageSize> image_size(std::string_view data_uri) {
  constexpr std::string_view mark = ";base64,";
  const auto at = data_uri.find(mark);
  if (!data_uri.starts_with("data:image/") || at == std::string_view::npos) return std::nullopt;
  const std::string_view text = data_uri.substr(at + mark.size());
  std::vector<std::uint8_t> file(audio::base64_decoded_bound(text.size()));
  const auto size = audio::base64_decode(text, file.data());
  if (!size) return std::nullopt;
  file.resize(*size);
  const auto png = png_size(file);
  return png ? png : jpeg_size(file);
}

} // namespace rt::server
