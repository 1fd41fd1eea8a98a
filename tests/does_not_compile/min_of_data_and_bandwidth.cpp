// expect: data (B)
// expect: bandwidth (B/s)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto q = 3.0 * unit<"GB">;
auto x = min(q, 1.0 * unit<"GB/s">);
