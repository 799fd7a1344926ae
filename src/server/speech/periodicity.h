// How periodic a sound is at the pitches of human voices, whatever its colour.
#pragma once

#include <cstddef>
#include <span>

namespace rt::server {

// 70 to 400 Hz.
constexpr std::size_t shortest_period = 40, longest_period = 228; // samples at 16 kHz
constexpr std::size_t periodicity_window = 480 + longest_period + 2;

// The highest normalised correlation of the window's end (30 ms) with itself a period earlier, 0..1. The
// window holds 16 kHz samples without DC. Noise of any colour stays below 0.5, because it is whitened first.
double periodicity(std::span<const double, periodicity_window> window);

} // namespace rt::server
