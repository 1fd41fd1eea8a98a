// expect: (double, mlsysim::Quantity<
// expect: data (B)
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

auto t = eq::memory_time(1e9, 3.35 * unit<"TB/s">, 0.5);
