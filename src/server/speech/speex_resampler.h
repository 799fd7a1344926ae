#pragma once

#include "server/speech.h"

namespace rt::server {

// Output is aligned with the input (no filter delay), and after flush() its length is exactly the input's
// times to/from, rounded; then it starts anew. Equal rates pass through untouched. Rates are above 0.
std::unique_ptr<Resampler> make_speex_resampler(std::uint32_t from, std::uint32_t to);

} // namespace rt::server
