#pragma once
/// \file
/// Logarithm, exponential, power and cosine which give the same bits on every platform. Libraries of C differ in the last bit of these functions, and
/// a simulation whose draws differ in a bit can end with another schedule. Here they are made of additions, multiplications, divisions and square roots
/// alone, each of which IEEE 754 rounds in one way; the build forbids the compiler to fuse them. Largest error against the true value, as tested: two
/// units in the last place, for `pow` with a broken exponent that of its logarithm times the exponent.
#include <cmath>
#include <limits>

namespace mlsysim::portable {

inline constexpr double ln2_high = 0x1.62e42feep-1;       ///< upper part of ln 2: its product with any exponent of a double is exact
inline constexpr double ln2_low = 0x1.a39ef35793c76p-33;  ///< ln 2 less its upper part

/// Natural logarithm: -infinity at zero, NaN below. By 2 artanh((m - 1) / (m + 1)) of a mantissa m between sqrt(1/2) and sqrt(2), a series whose first
/// term left out is below 2^-57. Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 4.1.27.
inline double log(double x) {
  if (!(x > 0)) return x == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (x == std::numeric_limits<double>::infinity()) return x;
  int e = 0;
  double m = std::frexp(x, &e);  // 1/2 to 1, exact
  if (m < 0.70710678118654752) m *= 2, --e;
  const double s = (m - 1) / (m + 1), z = s * s;
  double sum = 0;
  for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * z;
  return e * ln2_high + (2 * s + (2 * s * sum + e * ln2_low));
}

/// Exponential: infinity above 709.78, zero below -745.13. By 2^k e^r with r at most ln(2) / 2, and Taylor's series of e^r, whose first term left out is
/// below 2^-57.
inline double exp(double x) {
  if (!(x <= 709.782712893384)) return x > 0 ? std::numeric_limits<double>::infinity() : x;
  if (x < -745.2) return 0;
  const double k = std::floor(x * 1.4426950408889634 + 0.5), r = (x - k * ln2_high) - k * ln2_low;
  double sum = 0;
  for (int n = 14; n >= 2; --n) sum = (sum + 1) * r / n;
  return std::ldexp(1 + (r + r * sum), static_cast<int>(k));  // exact but where the result is subnormal
}

/// Power: repeated products where the exponent is an integer up to 64, exp(b log a) elsewhere; NaN for a base below zero and a broken exponent.
inline double pow(double a, double b) {
  if (b == 0.5 && a >= 0) return std::sqrt(a);
  if (std::abs(b) <= 64 && b == std::floor(b)) {
    double power = 1, square = a;
    for (auto n = static_cast<int>(std::abs(b)); n > 0; n /= 2, square *= square)
      if (n % 2 == 1) power *= square;
    return b < 0 ? 1 / power : power;
  }
  return a == 0 ? (b > 0 ? 0 : std::numeric_limits<double>::infinity()) : exp(b * log(a));
}

/// Cosine of `turns` full turns, between 0 and 1: of at most an eighth of a turn by Taylor's series, elsewhere by symmetry.
inline double cosine_of_turns(double turns) {
  const double quarter = std::floor(4 * turns + 0.5), angle = (turns - quarter / 4) * 6.283185307179586, z = angle * angle;
  const auto series = [&](int last) {  // 1 - z / (l (l-1)) (1 - ...), down to the first pair
    double sum = 1;
    for (int l = last; l >= 2; l -= 2) sum = 1 - z / (l * (l - 1)) * sum;
    return sum;
  };
  switch (static_cast<int>(quarter) % 4) {
    case 0: return series(18);
    case 1: return -angle * series(17);
    case 2: return -series(18);
    default: return angle * series(17);
  }
}

}  // namespace mlsysim::portable
