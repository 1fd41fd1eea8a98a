// expect: energy (J)
// expect: power (W)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

void f() {
  Energy battery = 10.0 * unit<"Wh">;
  battery -= 5.0 * unit<"W">;
}
