// expect: not a unit mlsysim knows
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

auto x = 80.0 * unit<"KB">;
