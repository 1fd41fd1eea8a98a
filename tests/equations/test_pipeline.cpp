#include <doctest/doctest.h>

#include "mlsysim/equations/pipeline.hpp"

using namespace mlsysim;

TEST_CASE("four stages and eight micro-batches idle for 3/8 of the ideal time, 3/11 of the total") {
  // Narayanan 2021, section 2.2.1: (p-1)/m of the ideal time; of the total (p-1)/(m+p-1)
  CHECK(eq::bubble_over_ideal(4, 1, 8) == doctest::Approx(3.0 / 8));
  CHECK(eq::bubble_fraction(4, 1, 8) == doctest::Approx(3.0 / 11));
}

TEST_CASE("two chunks per stage halve the bubble") {
  // Narayanan 2021, section 2.2.2: (1/v) (p-1)/m
  CHECK(eq::bubble_over_ideal(4, 2, 8) == doctest::Approx(3.0 / 16));
}

TEST_CASE("both bubble measures describe the same idle time") {
  for (int p : {1, 2, 4, 16})
    for (int v : {1, 2, 5})
      for (int m : {1, 4, 64}) {
        CAPTURE(p);
        CAPTURE(v);
        CAPTURE(m);
        const double over_ideal = eq::bubble_over_ideal(p, v, m);
        CHECK(eq::bubble_fraction(p, v, m) == doctest::Approx(over_ideal / (1 + over_ideal)));
        const Time t = 1 * unit<"s">;
        CHECK(eq::bubble_time(p, v, t).raw() / m == doctest::Approx(over_ideal));
      }
}

TEST_CASE("no pipeline, no bubble") {
  CHECK(eq::bubble_fraction(1, 1, 7) == 0);
  CHECK(eq::bubble_time(1, 1, 3 * unit<"s">) == 0 * unit<"s">);
}

TEST_CASE("GPT-3 on 1024 A100 takes 34 days by the six-N-D rule") {
  // Narayanan 2021, section 5.1 uses 8 T P / (n X) with recomputation at X = 140 TFLOP/s: 300e9 * 175e9 * 8 / (1024 * 140e12) = 34 days.
  // 6 N D at the same speed of useful work, 140 * 6/8 = 105 TFLOP/s, is the same time.
  const Time t = eq::six_nd_time(175e9, 300e9 * unit<"token">, 105.0 / 312, 312 * unit<"TFLOP/s">, 1024);
  CHECK(t.in(unit<"day">) == doctest::Approx(33.9).epsilon(0.002));
}

TEST_CASE("what does not fit behind the backward pass is exposed, and never less than the last bucket") {
  const auto exposed = [](double r, double w) { return eq::exposed_time(r * unit<"s">, w * unit<"s">, 10).raw(); };
  CHECK(exposed(5, 3) == doctest::Approx(2));
  CHECK(exposed(5, 100) == doctest::Approx(0.5));
  CHECK(exposed(0, 1) == 0);
}

TEST_CASE("routed experts follow from total and active parameters") {
  // Mixtral 8x7B: 46.7 B in all, 12.9 B active, 2 of 8 experts: (46.7 - 12.9) * 8 / 6 = 45.07 B in experts
  CHECK(eq::routed_parameters(46.7e9, 12.9e9, 8, 2) == doctest::Approx(45.07e9).epsilon(1e-3));
}
