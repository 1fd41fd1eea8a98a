// expect: energy (J)
// expect: data (B)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto q = 3.0 * unit<"GB">;
constexpr auto e = 1.0 * unit<"kWh">;
auto x = q - e;
