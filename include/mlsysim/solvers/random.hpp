#pragma once
/// \file
/// Random numbers for simulations: the same sequence for a seed, to the last bit, with every compiler and standard library.
#include <cmath>
#include <cstdint>
#include <random>

#include "mlsysim/equations/portable.hpp"

namespace mlsysim::solvers {

/// Numbers which are uniform between zero and one, both excluded. The standard fixes the engine; its distributions it does not.
class Uniform {
 public:
  /// The same seed gives the same sequence.
  explicit Uniform(std::uint64_t seed) : engine_{seed} {}
  /// The next number: 53 random bits, and half of one so that it is never 0.
  double operator()() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }
  /// Exponential with mean one.
  double exponential() { return -portable::log((*this)()); }
  /// Normal with mean zero and deviation one. Source: Box and Muller, Annals of Mathematical Statistics 29 (1958).
  double normal() {
    const double r = std::sqrt(-2 * portable::log((*this)()));
    return r * portable::cosine_of_turns((*this)());
  }
  /// Gamma with this shape and scale one. Source: Marsaglia and Tsang, ACM Transactions on Mathematical Software 26 (2000), with
  /// their step from shape + 1 where the shape is below one. \pre shape > 0
  double gamma(double shape) {
    if (shape < 1) {
      const double larger = gamma(shape + 1);  // drawn first: compilers order the factors of a product as they like
      return larger * portable::pow((*this)(), 1 / shape);
    }
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal(), t = 1 + c * x;
      if (t <= 0) continue;
      const double v = t * t * t;
      if (portable::log((*this)()) < 0.5 * x * x + d - d * v + d * portable::log(v)) return d * v;
    }
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace mlsysim::solvers
