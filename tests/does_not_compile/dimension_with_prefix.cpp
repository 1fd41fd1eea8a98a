// expect: not_a_unit_mlsysim_knows
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Quantity<"GB/s"> b;
