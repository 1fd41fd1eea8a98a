#include <doctest/doctest.h>

#include "mlsysim/solvers/orchestration.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

OrchestrationResult run(int cluster, int job, double per_day, double variability = 1) {
  OrchestrationInput in;
  in.cluster = {cluster, {}}, in.devices_per_job = {job, {}};
  in.arrivals = {per_day * unit<"request/day">, {}};
  in.job_time = {8 * unit<"h">, {}};
  in.variability = {variability, {}}, in.arrival_variability = {1, {}};
  Ledger ledger;
  return solve(in, ledger);
}

}  // namespace

TEST_CASE("one slot is M/M/1: the wait is rho / (1 - rho) of the job time") {
  // 2.4 jobs of 8 h a day keep one slot busy 0.8 of the time: 8 h * 0.8 / 0.2 = 32 h
  const auto r = run(64, 64, 2.4);
  CHECK(r.slots.value == 1);
  CHECK(r.utilisation.value == doctest::Approx(0.8));
  CHECK(r.wait->value.in(unit<"h">) == doctest::Approx(32));
  CHECK(r.slowdown->value == doctest::Approx(5));
  // Constant job times halve it (Pollaczek-Khinchine).
  CHECK(run(64, 64, 2.4, 0).wait->value.in(unit<"h">) == doctest::Approx(16));
}

TEST_CASE("at the same utilisation a larger cluster waits less") {
  CHECK(run(512, 64, 8 * 2.4).wait->value < run(64, 64, 2.4).wait->value);
}

TEST_CASE("devices which no job fills stay idle, and an overloaded cluster has no wait to report") {
  const auto r = run(500, 64, 10);
  CHECK(r.slots.value == 7);
  CHECK(r.stranded == 52);
  const auto full = run(64, 64, 4);
  CHECK(full.slot_utilisation.value == doctest::Approx(4.0 / 3));
  CHECK(!full.wait);
  CHECK(full.utilisation.value == 1);
}
