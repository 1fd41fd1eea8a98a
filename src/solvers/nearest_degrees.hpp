#pragma once
// Degrees of a plan near one which cannot be, for messages.
#include <fmt/format.h>

#include <string>

namespace mlsysim::solvers {

/// The divisors of `whole` on both sides of `asked`: "2, 4".
inline std::string nearest_divisors(int whole, int asked) {
  int below = 1, above = 0;
  for (int d = 1; d <= whole; ++d) {
    if (whole % d != 0) continue;
    if (d < asked) below = d;
    else if (above == 0) above = d;
  }
  return above > 0 ? fmt::format("{}, {}", below, above) : fmt::format("{}", below);
}

/// The multiples of `of` on both sides of `asked`: "62, 64".
inline std::string nearest_multiples(long long asked, long long of) {
  const long long below = asked / of * of;
  return below > 0 ? fmt::format("{}, {}", below, below + of) : fmt::format("{}", of);
}

}  // namespace mlsysim::solvers
