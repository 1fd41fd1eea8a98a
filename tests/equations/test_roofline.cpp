#include <doctest/doctest.h>

#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

TEST_CASE("the ridge points of A100 and H100 are 153 and 295 FLOP/B") {
  // Data sheets: 312 TFLOP/s over 2.039 TB/s; 989.4 TFLOP/s over 3.35 TB/s.
  CHECK(eq::ridge(312 * unit<"TFLOP/s">, 2.039 * unit<"TB/s">).raw() == doctest::Approx(153.02).epsilon(1e-4));
  CHECK(eq::ridge(989.4 * unit<"TFLOP/s">, 3.35 * unit<"TB/s">).raw() == doctest::Approx(295.34).epsilon(1e-4));
}

TEST_CASE("reading the 16.06 GB of Llama 3 8B once takes 4.79 ms on an H100 at full bandwidth") {
  CHECK(eq::memory_time(16.06 * unit<"GB">, 3.35 * unit<"TB/s">, 1).in(unit<"ms">) == doctest::Approx(4.794).epsilon(1e-3));
}

TEST_CASE("at the ridge point computing and moving take equally long, on either side one of them more") {
  // Williams 2009, figure 1: attainable = min(peak, bandwidth * intensity).
  const ComputeRate peak = 100 * unit<"TFLOP/s">;
  const Bandwidth bandwidth = 1 * unit<"TB/s">;
  const Data moved = 1 * unit<"GB">;
  const auto time = [&](Intensity i) {
    return std::pair{eq::compute_time(i * moved, peak, 1), eq::memory_time(moved, bandwidth, 1)};
  };
  const Intensity ridge = eq::ridge(peak, bandwidth);
  CHECK(time(ridge).first / time(ridge).second == doctest::Approx(1));
  CHECK(time(0.5 * ridge).first < time(0.5 * ridge).second);
  CHECK(time(2 * ridge).first > time(2 * ridge).second);
}

TEST_CASE("computing hides behind moving, launching hides behind nothing") {
  CHECK(eq::roofline_time(3 * unit<"us">, 5 * unit<"us">, 4 * unit<"us">) == 5 * unit<"us"> + 4 * unit<"us">);
}

TEST_CASE("mean power stays between idle and the design power") {
  const Power idle = 60 * unit<"W">, tdp = 300 * unit<"W">;
  CHECK(eq::mean_power(idle, tdp, 0, 0) == idle);
  CHECK(eq::mean_power(idle, tdp, 0.5, 0.25) == 180 * unit<"W">);
  CHECK(eq::mean_power(idle, tdp, 0.25, 0.5) == 180 * unit<"W">);
  CHECK(eq::mean_power(idle, tdp, 1.5, 0) == tdp);
}
