// expect: time (s)
// expect: data (B)
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

constexpr auto mixed = equation<Time(Time, Data)>("example", "definition", {"t", "Q"}, [](auto a, auto b) { return a + b; });
auto t = mixed(1.0 * unit<"s">, 1.0 * unit<"B">);
