// expect: token rate (token/s)
// expect: request rate (request/s)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

bool x = 100.0 * unit<"token/s"> < 2.0 * unit<"request/s">;
