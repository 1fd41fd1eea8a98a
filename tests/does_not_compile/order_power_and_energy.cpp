// expect: power (W)
// expect: energy (J)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

bool x = 700.0 * unit<"W"> > 700.0 * unit<"Wh">;
