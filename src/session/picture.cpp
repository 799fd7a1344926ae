#include "session/picture.h"

#include "audio/base64.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rt::session {
namespace {

// With the third that base64 adds, below what servers take in one message.
constexpr std::size_t largest_picture = 10 << 20;

constexpr std::array<std::uint8_t, 3> jpeg_start = {0xff, 0xd8, 0xff};
constexpr std::array<std::uint8_t, 8> png_start = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

template<std::size_t N>
bool starts_with(std::span<const std::uint8_t> bytes, const std::array<std::uint8_t, N>& start) {
  return bytes.size() > N && std::equal(start.begin(), start.end(), bytes.begin());
}

} // namespace

Result<std::string> picture_uri(std::span<const std::uint8_t> picture) {
  const bool jpeg = starts_with(picture, jpeg_start);
  if (!jpeg && !starts_with(picture, png_start))
    return Error{ErrorKind::invalid_settings,
                 "the picture is neither JPEG nor PNG; encode it with jpegenc or pngenc"};
  if (picture.size() > largest_picture)
    return Error{ErrorKind::invalid_settings, "the picture has " + std::to_string(picture.size()) +
                                                  " bytes, more than " + std::to_string(largest_picture) +
                                                  "; scale it down"};
  std::string uri = jpeg ? "data:image/jpeg;base64," : "data:image/png;base64,";
  audio::base64_append(uri, picture);
  return uri;
}

protocol::Item picture_item(std::string uri) {
  using namespace protocol;
  Item item;
  item.type = Item::Type::message;
  item.role = Item::Role::user;
  ContentPart part;
  part.type = ContentPart::Type::input_image;
  part.image_url = std::move(uri);
  item.content.push_back(std::move(part));
  return item;
}

} // namespace rt::session
