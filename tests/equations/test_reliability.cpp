#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/equations/reliability.hpp"

using namespace mlsysim;

TEST_CASE("a thousand devices of 50,000 h fail every 50 h, ten thousand every 5 h") {
  CHECK(eq::fleet_mtbf(50000 * unit<"h">, 1000).in(unit<"h">) == doctest::Approx(50));
  CHECK(eq::fleet_mtbf(50000 * unit<"h">, 10000).in(unit<"h">) == doctest::Approx(5));
}

TEST_CASE("Young's interval for a checkpoint of 2450 s is 8.25 h at 50 h and 156 min at 5 h") {
  // sqrt(2 * 2450 s * 180000 s) = 29698 s; sqrt(2 * 2450 s * 18000 s) = 9391 s
  CHECK(eq::young_interval(2450 * unit<"s">, 50 * unit<"h">).in(unit<"h">) == doctest::Approx(8.25).epsilon(0.001));
  CHECK(eq::young_interval(2450 * unit<"s">, 5 * unit<"h">).in(unit<"min">) == doctest::Approx(156.5).epsilon(0.001));
}

TEST_CASE("Daly's interval tends to Young's when checkpoints are free") {
  const Time m = 50 * unit<"h">;
  for (double seconds : {1e-3, 1.0}) {
    const Time d = seconds * unit<"s">;
    CHECK(eq::daly_interval(d, m).raw() == doctest::Approx(eq::young_interval(d, m).raw()).epsilon(0.01));
  }
}

TEST_CASE("Daly's interval is the best one: neighbours on both sides do worse") {
  for (double seconds : {60.0, 600.0, 2450.0}) {
    CAPTURE(seconds);
    const Time d = seconds * unit<"s">, m = 5 * unit<"h">, r = 300 * unit<"s">, best = eq::daly_interval(d, m);
    CHECK(eq::goodput(best, d, r, m) >= eq::goodput(best * 1.1, d, r, m));
    CHECK(eq::goodput(best, d, r, m) >= eq::goodput(best * 0.9, d, r, m));
  }
}

TEST_CASE("without failures the only loss is the checkpoint") {
  // tau / (tau + delta) = 3600 / 3660
  CHECK(eq::goodput(3600 * unit<"s">, 60 * unit<"s">, 60 * unit<"s">, 1e9 * unit<"h">) == doctest::Approx(3600.0 / 3660).epsilon(1e-6));
}

TEST_CASE("the shares of a failing run are never negative") {
  for (double restart : {0.0, 60.0, 7200.0})
    for (double delta : {10.0, 2450.0}) {
      const Time d = delta * unit<"s">, r = restart * unit<"s">, m = 5 * unit<"h">, tau = eq::daly_interval(d, m);
      const double g = eq::goodput(tau, d, r, m), c = eq::checkpoint_share(g, d, tau), again = eq::restart_share(r, m);
      CHECK(eq::rework_share(g, c, again) >= 0);
    }
}

TEST_CASE("the interruptions of the Llama 3 run make a device fail every 50,676 h") {
  // 16384 * 54 d * 24 h/d / 419 (arXiv:2407.21783, section 3.3.4)
  CHECK(eq::observed_mtbf(16384, 54 * unit<"day">, 419).in(unit<"h">) == doctest::Approx(50676).epsilon(1e-4));
}
