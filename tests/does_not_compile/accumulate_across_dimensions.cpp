// expect: time (s)
// expect: data (B)
#include "mlsysim/units/math.hpp"

using namespace mlsysim;

constexpr auto q = 3.0 * unit<"GB">;
void f() {
  Time total;
  total += q;
}
