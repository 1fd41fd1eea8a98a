// expect: time (s)
// expect: money (USD)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto t = 2.0 * unit<"s">;
constexpr auto cost = 5.0 * unit<"USD">;
auto x = max(t, cost);
