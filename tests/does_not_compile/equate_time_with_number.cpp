// expect: time (s)
// expect: double
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto t = 2.0 * unit<"s">;
bool x = t == 2.0;
