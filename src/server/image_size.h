// How large a picture is, by its file's header.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rt::server {

struct ImageSize {
  std::uint32_t width = 0, height = 0;
  bool operator==(const ImageSize&) const = default;
};
// Of a data URI with a JPEG or PNG file in base64; nothing when it is none.
std::optional<ImageSize> image_size(std::string_view data_uri);

} // namespace rt::server
