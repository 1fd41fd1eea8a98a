// expect: USD*request/token
// expect: money (USD)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Money m = 2.0 * unit<"USD/Mtoken"> * (10.0 * unit<"request">);
