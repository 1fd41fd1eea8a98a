#include <doctest/doctest.h>

#include "mlsysim/solvers/data_pipeline.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

/// Eight accelerators at 2,500 images/s each; 108 kB an image; one drive, one 25 Gb/s link, sixteen workers.
DataPipelineInput images() {
  DataPipelineInput in;
  in.demand = {20000 * unit<"sample/s">, {}};
  in.devices = {8, {}};
  in.sample_size = Sourced<Quantity<"B/sample">>{108 * unit<"kB/sample">, {}};
  in.storage = Sourced<Bandwidth>{6.5 * unit<"GB/s">, {}};
  in.drives = {1, {}};
  in.network = Sourced<Bandwidth>{25 * unit<"Gb/s">, {}};
  in.workers = Real{16, {}};
  in.worker_rate = Sourced<SampleRate>{393 * unit<"sample/s">, {}};
  return in;
}

DataPipelineResult run(DataPipelineInput const& in) {
  REQUIRE(problems(in).empty());
  Ledger ledger;
  return solve(in, ledger);
}

}  // namespace

TEST_CASE("sixteen workers of 393 images/s leave eight accelerators waiting 69 % of the time") {
  const auto r = run(images());
  CHECK(r.stages[0].rate.value.raw() == doctest::Approx(6.5e9 / 108e3));
  // Bits, not bytes: 25 Gb/s are 3.125 GB/s.
  CHECK(r.stages[1].rate.value.raw() == doctest::Approx(3.125e9 / 108e3));
  CHECK(r.supply.value.raw() == doctest::Approx(6288));
  CHECK(r.slowest == "workers");
  CHECK(r.stall.value == doctest::Approx(1 - 6288.0 / 20000));
  CHECK(r.workers_needed->value == 51);
}

TEST_CASE("with the workers which were asked for, the stall is gone or stands at the next stage") {
  auto in = images();
  in.workers = run(in).workers_needed;
  CHECK(run(in).stall.value == 0);
  in.network = Sourced<Bandwidth>{10 * unit<"Gb/s">, {}};
  const auto r = run(in);
  CHECK(r.slowest == "network");
  CHECK(r.supply.value.raw() == doctest::Approx(1.25e9 / 108e3));
}

TEST_CASE("the share in memory which is asked for ends the stall of the link") {
  auto in = images();
  in.workers = Real{64, {}};
  in.network = Sourced<Bandwidth>{10 * unit<"Gb/s">, {}};
  const auto r = run(in);
  CHECK(r.cache_needed->value == doctest::Approx(1 - 1.25e9 / (20000 * 108e3)));
  in.cached = *r.cache_needed;
  CHECK(run(in).stall.value == doctest::Approx(0).scale(1));
  in.cached = Real{1, {}};
  CHECK(run(in).stages.size() == 1);
}

TEST_CASE("a stalled run takes longer by supply over demand") {
  auto in = images();
  in.run_time = Sourced<Time>{1 * unit<"h">, {}};
  in.dataset = Sourced<Data>{150 * unit<"TB">, {}};
  const auto r = run(in);
  CHECK(r.run_time->value.in(unit<"h">) == doctest::Approx(20000.0 / 6288));
  CHECK(r.staging->value.in(unit<"s">) == doctest::Approx(150e12 / 3.125e9));
}

TEST_CASE("a pipeline which says too little is not solved") {
  DataPipelineInput in;
  CHECK(problems(in).size() == 1);
  in.storage = Sourced<Bandwidth>{6.5 * unit<"GB/s">, {}};
  in.workers = Real{16, {}};
  const auto p = problems(in);
  REQUIRE(p.size() == 2);
  CHECK(p[0] == "data.sample_size is missing: what storage and network carry per sample");
  CHECK(p[1] == "data.worker_rate is missing: samples per time which one worker prepares");
}
