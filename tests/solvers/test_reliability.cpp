#include <doctest/doctest.h>

#include <cmath>

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
  CHECK(r.missing[0] == "checkpoint time, or the storage bandwidth from which it follows: interval and goodput");
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

TEST_CASE("simulated runs agree with Daly's closed form within their error") {
  for (double mtbf : {3.0, 12.0, 100.0}) {
    ReliabilityInput in;
    in.devices = {1000, {}};
    in.device_mtbf = Sourced<Time>{mtbf * 1000 * unit<"h">, {}};
    in.checkpoint_time = Sourced<Time>{3 * unit<"min">, {}};
    in.restart_time = Sourced<Time>{10 * unit<"min">, {}};
    Ledger ledger;
    const auto r = solve(in, ledger);
    CAPTURE(mtbf);
    CHECK(r.trials > 0);
    CHECK(std::abs(r.simulated_goodput.mean - r.goodput->value) < 4 * r.simulated_goodput.standard_error);
  }
}

TEST_CASE("node failures of RSC-1 stop a job of 16,384 GPUs every 1.8 hours") {
  // arXiv:2410.21680: 6.5e-3 failures per node and day, eight GPUs to a node; 2,048 nodes: 13.3 a day. 131,072 GPUs: 0.23 h.
  ReliabilityInput in;
  in.device_mtbf = Sourced<Time>{8 / 6.5e-3 * unit<"day">, {}};
  Ledger ledger;
  in.devices = {16384, {}};
  CHECK(solve(in, ledger).fleet_mtbf.value.in(unit<"h">) == doctest::Approx(1.8).epsilon(0.01));
  in.devices = {131072, {}};
  CHECK(solve(in, ledger).fleet_mtbf.value.in(unit<"h">) == doctest::Approx(0.23).epsilon(0.02));
}

TEST_CASE("a checkpoint is as large as weights and optimizer state, and stops the run while it is written") {
  // 1e9 parameters at 14 B are 14 GB; at 2 GB/s 7 s, of which a tenth stops the run.
  ReliabilityInput in;
  in.devices = {1000, {}};
  in.storage = Sourced<Bandwidth>{2 * unit<"GB/s">, {}};
  in.parameters = {1e9, {}};
  in.state = Sourced<Data>{14 * unit<"B">, {}};
  Ledger ledger;
  CHECK(solve(in, ledger).checkpoint_time->value.in(unit<"s">) == doctest::Approx(7));
  in.blocking = {0.1, {}};
  const auto r = solve(in, ledger);
  CHECK(r.checkpoint_time->value.in(unit<"s">) == doctest::Approx(0.7));
  CHECK(r.checkpoint_size->value.in(unit<"GB">) == doctest::Approx(14));
}

TEST_CASE("spares suffice as a Poisson count says") {
  // A failure a day, away for two: mean 2. P(N <= 0) = e^-2, P(N <= 2) = 5 e^-2 = 0.677.
  ReliabilityInput in;
  in.devices = {100, {}};
  in.device_mtbf = Sourced<Time>{100 * unit<"day">, {}};
  in.repair_time = Sourced<Time>{2 * unit<"day">, {}};
  in.spares = Count{2, {}};
  Ledger ledger;
  CHECK(*solve(in, ledger).spares_suffice == doctest::Approx(5 * std::exp(-2.0)));
  double before = 0;
  for (int k : {1, 3, 6, 12}) {
    in.spares = Count{k, {}};
    const double now = solve(in, ledger).spares_suffice->value;
    CHECK(now > before);
    before = now;
  }
  CHECK(before == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("a run of days is simulated at its own length, and agrees with wall time and failures of the closed form") {
  // Llama 3 405B: 54 days of 16,384 GPUs with 419 interruptions.
  ReliabilityInput in;
  in.devices = {16384, {}};
  in.checkpoint_time = Sourced<Time>{30 * unit<"s">, {}};
  in.restart_time = Sourced<Time>{10 * unit<"min">, {}};
  in.useful_time = Sourced<Time>{54 * unit<"day">, {}};
  const auto r = run(in);
  REQUIRE(r.simulated_run_time);
  CHECK(std::abs(r.simulated_run_time->mean - r.run_time->value.raw()) < 4 * r.simulated_run_time->standard_error);
  CHECK(std::abs(r.simulated_failures->mean - r.failures->value) < 4 * r.simulated_failures->standard_error);
  CHECK(r.goodput_low < r.goodput->value);
  CHECK(r.goodput_high > r.goodput->value);
  // A Poisson count of about 470 has a standard deviation of 22 in one run.
  CHECK(r.simulated_failures->standard_error * std::sqrt(r.trials) == doctest::Approx(std::sqrt(r.failures->value)).epsilon(0.2));
  bool shown = false;
  for (auto const& t : report(r).tables) shown = shown || t.id == "agreement";
  CHECK(shown);
}

TEST_CASE("a short run is less certain than a long one") {
  ReliabilityInput in = thousand_devices();
  in.restart_time = Sourced<Time>{600 * unit<"s">, {}};
  const auto width = [&](double days) {
    in.useful_time = Sourced<Time>{days * unit<"day">, {}};
    const auto r = run(in);
    return r.goodput_high - r.goodput_low;
  };
  CHECK(width(20) > width(500));
}
