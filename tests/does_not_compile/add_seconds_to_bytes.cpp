// expect: time (s)
// expect: data (B)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto t = 2.0 * unit<"s">;
constexpr auto q = 3.0 * unit<"GB">;
auto x = t + q;
