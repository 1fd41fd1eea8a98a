// expect: grid intensity (gCO2e/J)
// expect: carbon mass (gCO2e)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

auto x = 400.0 * unit<"gCO2e/kWh"> + 10.0 * unit<"gCO2e">;
