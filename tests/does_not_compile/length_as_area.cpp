// expect: length (m)
// expect: area (m^2)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

Area a = 5.0 * unit<"mm">;
