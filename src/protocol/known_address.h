// Which provider an address belongs to.
#pragma once

#include "protocol/provider.h"

#include <optional>
#include <string_view>

namespace rt::protocol {

std::optional<ProviderId> known_address(std::string_view host, std::string_view path);

} // namespace rt::protocol
