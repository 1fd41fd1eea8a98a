#include <doctest/doctest.h>

#include "mlsysim/solvers/reliability.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

ReliabilityInput thousand_devices() {
  ReliabilityInput in;
  in.devices = {1000, {}};
  in.device_mtbf = Sourced<Time>{50000 * unit<"h">, {}};
  in.checkpoint_time = Sourced<Time>{2450 * unit<"s">, {}};
  return in;
}

ReliabilityResult run(ReliabilityInput const& in) {
  Ledger ledger;
  return solve(in, ledger);
}

}  // namespace

TEST_CASE("a thousand devices with a checkpoint of 2450 s should write one every 8.25 h") {
  const auto r = run(thousand_devices());
  CHECK(r.fleet_mtbf.value.in(unit<"h">) == doctest::Approx(50));
  CHECK(r.young_interval->value.in(unit<"h">) == doctest::Approx(8.25).epsilon(0.001));
  CHECK(r.checkpoint_is_small);
}

TEST_CASE("the parts of the wall time add up to all of it") {
  auto in = thousand_devices();
  in.restart_time = Sourced<Time>{600 * unit<"s">, {}};
  const auto r = run(in);
  CHECK(r.goodput->value + r.checkpoint_share->value + r.rework_share->value + r.restart_share->value == doctest::Approx(1));
}

TEST_CASE("more devices, less goodput") {
  double before = 1;
  for (int n = 100; n < 200000; n *= 3) {
    auto in = thousand_devices();
    in.devices = {n, {}};
    const double g = run(in).goodput->value;
    CHECK(g < before);
    before = g;
  }
}

TEST_CASE("a checkpoint of more than half the MTBF is warned about") {
  auto in = thousand_devices();
  in.devices = {100000, {}};
  const auto r = run(in);
  CHECK(!r.checkpoint_is_small);
  CHECK(!r.notes.empty());
}

TEST_CASE("without an MTBF the rate of the Llama 3 run is used, by name") {
  ReliabilityInput in;
  in.devices = {16384, {}};
  in.useful_time = Sourced<Time>{54 * unit<"day">, {}};
  Ledger ledger;
  ledger.recording = true;
  const auto r = solve(in, ledger);
  CHECK(r.failures->value == doctest::Approx(419));
  CHECK(!r.goodput);
  REQUIRE(r.missing.size() == 1);
  CHECK(r.missing[0] == "checkpoint time: interval and goodput");
  bool cited = false;
  for (Origin o : ledger.facts_behind(r.failures->origin)) cited |= ledger.fact(o)->note.find("2407.21783") != std::string::npos;
  CHECK(cited);
}

TEST_CASE("expected failures count the wall time, not the useful time") {
  auto in = thousand_devices();
  in.useful_time = Sourced<Time>{30 * unit<"day">, {}};
  const auto r = run(in);
  CHECK(r.run_time->value > in.useful_time->value);
  CHECK(r.failures->value == doctest::Approx(r.run_time->value / r.fleet_mtbf.value));
}
