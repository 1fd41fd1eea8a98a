// expect: not a unit mlsysim knows
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

auto x = 1.0 * unit<"J/B*s">;
