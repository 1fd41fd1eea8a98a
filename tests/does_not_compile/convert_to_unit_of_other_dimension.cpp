// expect: data (B)
// expect: time (s)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto t = 2.0 * unit<"s">;
double x = t.in(unit<"GB">);
