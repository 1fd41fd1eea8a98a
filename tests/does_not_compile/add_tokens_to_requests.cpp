// expect: tokens (token)
// expect: requests (request)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

auto x = 1.0 * unit<"token"> + 1.0 * unit<"request">;
