// expect: time (s)
// expect: sqrt
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto t = 2.0 * unit<"s">;
auto x = mlsysim::sqrt(t);
