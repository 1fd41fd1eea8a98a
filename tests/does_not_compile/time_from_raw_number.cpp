// expect: time (s)
// expect: double
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Time t = 0.5;
