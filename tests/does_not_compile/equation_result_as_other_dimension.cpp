// expect: arithmetic intensity (FLOP/B)
// expect: time (s)
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

Time t = eq::intensity(1.0 * unit<"GFLOP">, 1.0 * unit<"GB">);
