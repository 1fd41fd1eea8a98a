#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "mlsysim/equations/portable.hpp"

using namespace mlsysim;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Distance in units in the last place of the true value, as the library of C gives it.
double units(double ours, double theirs) { return std::abs(ours - theirs) / (std::nextafter(std::abs(theirs), infinity) - std::abs(theirs)); }

}  // namespace

TEST_CASE("portable logarithm and exponential lie within a few units in the last place of the library's") {
  std::mt19937_64 engine(7);
  double log_error = 0, exp_error = 0, cosine_error = 0, pow_error = 0;
  for (int i = 0; i < 200000; ++i) {
    const double u = (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53;
    log_error = std::max({log_error, units(portable::log(u), std::log(u)), units(portable::log(0.5 + u), std::log(0.5 + u)), units(portable::log(std::exp(1400 * u - 700)), std::log(std::exp(1400 * u - 700)))});
    exp_error = std::max({exp_error, units(portable::exp(2 * u - 1), std::exp(2 * u - 1)), units(portable::exp(1400 * u - 700), std::exp(1400 * u - 700))});
    cosine_error = std::max(cosine_error, std::abs(portable::cosine_of_turns(u) - std::cos(6.283185307179586 * u)));
    pow_error = std::max(pow_error, std::abs(portable::pow(1 + u, 37.5) / std::pow(1 + u, 37.5) - 1));
  }
  CHECK(log_error <= 3);
  CHECK(exp_error <= 2);
  CHECK(cosine_error < 2e-15);  // the library is given an angle which is rounded itself
  CHECK(pow_error < 1e-14);
}

TEST_CASE("portable functions keep what is exact, and their limits") {
  CHECK(portable::log(1) == 0);
  CHECK(portable::exp(0) == 1);
  CHECK(portable::log(8) == doctest::Approx(3 * std::log(2.0)).epsilon(1e-16));
  CHECK(portable::log(0) == -infinity);
  CHECK(std::isnan(portable::log(-1)));
  CHECK(portable::log(infinity) == infinity);
  CHECK(portable::exp(710) == infinity);
  CHECK(portable::exp(-746) == 0);
  CHECK(portable::exp(-infinity) == 0);
  CHECK(std::isnan(portable::exp(std::nan(""))));
  CHECK(portable::exp(-740) > 0);
  CHECK(portable::pow(3, 4) == 81);
  CHECK(portable::pow(-2, 3) == -8);
  CHECK(portable::pow(2, -2) == 0.25);
  CHECK(portable::pow(9, 0.5) == 3);
  CHECK(portable::pow(0, 0) == 1);
  CHECK(portable::pow(0, 2.5) == 0);
  CHECK(portable::pow(0, -2.5) == infinity);
  CHECK(std::isnan(portable::pow(-2, 2.5)));
  CHECK(portable::cosine_of_turns(0) == 1);
  CHECK(portable::cosine_of_turns(0.25) == 0);
  CHECK(portable::cosine_of_turns(0.5) == -1);
  CHECK(portable::cosine_of_turns(0.75) == 0);
}
