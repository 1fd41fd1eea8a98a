// expect: bandwidth (B/s)
// expect: compute rate (FLOP/s)
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

auto t = eq::compute_time(1.0 * unit<"GFLOP">, 3.35 * unit<"TB/s">, 0.5);
