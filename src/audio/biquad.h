// Second-order Butterworth filters.
#pragma once

namespace rt::audio {

class Biquad {
 public:
  static Biquad low_pass(double hz, double rate);
  static Biquad high_pass(double hz, double rate);
  double operator()(double in) {
    const double out = b0_ * in + z1_;
    z1_ = b1_ * in - a1_ * out + z2_;
    z2_ = b0_ * in - a2_ * out;
    return out;
  }

 private:
  Biquad(double b0, double b1, double a1, double a2) : b0_(b0), b1_(b1), a1_(a1), a2_(a2) {}
  double b0_, b1_, a1_, a2_; // b2 equals b0
  double z1_ = 0, z2_ = 0;
};

} // namespace rt::audio
