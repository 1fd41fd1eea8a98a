// expect: carbon mass (gCO2e)
// expect: money (USD)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Money m = 1.0 * unit<"tCO2e">;
