// expect: data (B)
// expect: bandwidth (B/s)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto q = 3.0 * unit<"GB">;
double share(Bandwidth);
double x = share(q);
