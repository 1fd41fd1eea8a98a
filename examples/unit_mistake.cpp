// A mistake which does not compile: work over a bandwidth is no time. The compiler names both sides; the test looks for its words.
#include "mlsysim/units/quantity.hpp"

using namespace mlsysim;

int main() {
  constexpr Work work = 16 * unit<"GFLOP">;
  constexpr Bandwidth bandwidth = 3.35 * unit<"TB/s">;
  const Time t = work / bandwidth;
  return t > 1 * unit<"s">;
}
