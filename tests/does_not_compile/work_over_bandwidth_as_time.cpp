// expect: FLOP*s/B
// expect: time (s)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Time t = 1.0 * unit<"GFLOP"> / (1.0 * unit<"GB/s">);
