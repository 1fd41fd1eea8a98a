// expect: water volume (L)
// expect: water per energy (L/J)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

auto x = 3.0 * unit<"L"> + 1.8 * unit<"L/kWh">;
