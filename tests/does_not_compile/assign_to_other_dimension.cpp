// expect: time (s)
// expect: frequency (Hz)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto t = 2.0 * unit<"s">;
void f() {
  Frequency f = 1.0 * unit<"GHz">;
  f = t;
}
