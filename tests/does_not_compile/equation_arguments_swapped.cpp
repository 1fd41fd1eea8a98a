// expect: (mlsysim::Quantity<mlsysim::Dimension{"compute rate (FLOP/s)"}>, mlsysim::Quantity<mlsysim::Dimension{"work (FLOP)"}>, double)
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

auto t = eq::compute_time(989.0 * unit<"TFLOP/s">, 1.0 * unit<"GFLOP">, 0.5);
