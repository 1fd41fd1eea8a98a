// The right way to write what the other files get wrong.
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

constexpr auto work = 1.0 * unit<"GFLOP">;
constexpr auto data = 3.0 * unit<"GB">;
constexpr Time computing = work / (989.0 * unit<"TFLOP/s">);
constexpr Time moving = data / (3.35 * unit<"TB/s">);
static_assert(max(computing, moving) == moving && computing + moving > moving && moving > Time{});
constexpr Money bill = 2.0 * unit<"USD/Mtoken"> * (500.0 * unit<"token/request">) * (10.0 * unit<"request">);
constexpr Carbon carbon = 400.0 * unit<"gCO2e/kWh"> * (3.0 * unit<"kWh">);
constexpr Water water = 3.0 * unit<"L"> + 1.8 * unit<"L/kWh"> * (3.0 * unit<"kWh">);
constexpr double milliseconds = moving.in(unit<"ms">);
constexpr double share = moving / computing;
constexpr Time by_equation = eq::compute_time(work, 989.0 * unit<"TFLOP/s">, 0.5);
const Time root = sqrt(computing * moving);
Time total() {
  Time t;
  t += computing;
  t -= moving;
  t *= 2;
  return t;
}
