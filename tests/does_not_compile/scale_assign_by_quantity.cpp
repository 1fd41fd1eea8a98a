// expect: time (s)
// expect: operator*=
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto t = 2.0 * unit<"s">;
void f() {
  Time total = t;
  total *= t;
}
