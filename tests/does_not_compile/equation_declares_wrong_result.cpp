// expect: frequency (Hz)
// expect: time (s)
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

constexpr auto upside_down = equation<Time(Work, ComputeRate)>("example", "definition", {"W", "P"}, [](auto w, auto p) { return p / w; });
auto t = upside_down(1.0 * unit<"GFLOP">, 1.0 * unit<"TFLOP/s">);
