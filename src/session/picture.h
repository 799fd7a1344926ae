// A picture as the protocol takes it.
#pragma once

#include "base/result.h"
#include "protocol/item.h"

#include <cstdint>
#include <span>
#include <string>

namespace rt::session {

// A data URI of a JPEG or PNG file, told by its first bytes; else an Error that says what is wrong.
Result<std::string> picture_uri(std::span<const std::uint8_t> picture);

// What the user shows: a message that is a picture.
protocol::Item picture_item(std::string uri);

} // namespace rt::session
