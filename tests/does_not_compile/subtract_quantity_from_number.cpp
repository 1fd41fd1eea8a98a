// expect: data (B)
// expect: double
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto q = 3.0 * unit<"GB">;
auto x = 1.0 - q;
