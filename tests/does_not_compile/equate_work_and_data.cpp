// expect: work (FLOP)
// expect: data (B)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto q = 3.0 * unit<"GB">;
bool x = q == 3.0 * unit<"GFLOP">;
