// expect: compute rate (FLOP/s)
// expect: bandwidth (B/s)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Bandwidth b = 989.0 * unit<"TFLOP/s">;
