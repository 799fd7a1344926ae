// How periodic a sound is at the pitches of human voices, whatever its colour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rt::server {

// Second-order Butterworth filter.
class Biquad {
 public:
  static Biquad low_pass(double hz, double rate);
  static Biquad high_pass(double hz, double rate);
  double operator()(double in);

 private:
  Biquad(double b0, double b1, double a1, double a2) : b0_(b0), b1_(b1), a1_(a1), a2_(a2) {}
  double b0_, b1_, a1_, a2_; // b2 equals b0
  double z1_ = 0, z2_ = 0;
};

// 70 to 400 Hz.
constexpr std::size_t shortest_period = 40, longest_period = 228; // samples at 16 kHz
constexpr std::size_t periodicity_window = 480 + longest_period + 2;

// The highest normalised correlation of the window's end (30 ms) with itself a period earlier, 0..1. The
// window holds 16 kHz samples without DC. Noise of any colour stays below 0.5, because it is whitened first.
double periodicity(std::span<const double, periodicity_window> window);

} // namespace rt::server
