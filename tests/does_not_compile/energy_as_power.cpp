// expect: energy (J)
// expect: power (W)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Power p = 700.0 * unit<"Wh">;
