// expect: samples (sample)
// expect: tokens (token)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

bool x = 8.0 * unit<"sample"> >= 8.0 * unit<"token">;
