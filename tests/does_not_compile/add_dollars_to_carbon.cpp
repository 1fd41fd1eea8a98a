// expect: money (USD)
// expect: carbon mass (gCO2e)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto cost = 5.0 * unit<"USD">;
auto x = cost + 1.0 * unit<"kgCO2e">;
