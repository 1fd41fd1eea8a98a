#include <doctest/doctest.h>

#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using workload::OperatorKind;

namespace {

/// A share which was read from a registry, with the ends of its interval.
Real measured(Ledger& ledger, double value, double low, double high) {
  Fact f;
  f.path = "textbook.share";
  f.value = value;
  f.range = Interval{low, high};
  return {value, ledger.add(std::move(f))};
}

Calibration one_row(Ledger& ledger) {
  Calibration c;
  c.confidence = Confidence::calibrated;
  c.operators.push_back({hardware::Tier::cloud, OperatorKind::gemm, measured(ledger, 0.7, 0.4, 0.9), measured(ledger, 0.8, 0.75, 1.2)});
  c.dispatch.push_back({hardware::Tier::cloud, {4 * unit<"us">, {}}});
  return c;
}

}  // namespace

TEST_CASE("a class without measurements is priced at the bound, and says so") {
  Ledger ledger;
  ledger.recording = true;
  const EfficiencyModel model(one_row(ledger), textbook::accelerator(), {}, ledger);
  CHECK(model.of(OperatorKind::gemm).compute == 0.7);
  CHECK(model.of(OperatorKind::gemm).confidence == Confidence::calibrated);
  CHECK(model.of(OperatorKind::attention).compute == 1);
  CHECK(model.of(OperatorKind::attention).confidence == Confidence::theoretical);
  Fact const* why = ledger.fact(model.of(OperatorKind::attention).compute.origin);
  REQUIRE(why);
  CHECK(why->path == "efficiency.unmeasured");
}

TEST_CASE("a row holds for its tier alone") {
  Ledger ledger;
  hardware::Device edge = textbook::accelerator();
  edge.tier = hardware::Tier::edge;
  const EfficiencyModel model(one_row(ledger), edge, {}, ledger);
  CHECK(model.of(OperatorKind::gemm).compute == 1);
  CHECK(model.of(OperatorKind::gemm).dispatch.value == Time{});
}

TEST_CASE("the ends of the interval are those of the fact, no share above one") {
  Ledger ledger;
  const EfficiencyModel model(one_row(ledger), textbook::accelerator(), {}, ledger);
  auto const slow = model.at_end(-1).of(OperatorKind::gemm), fast = model.at_end(1).of(OperatorKind::gemm);
  CHECK(slow.compute == 0.4);
  CHECK(slow.bandwidth == 0.75);
  CHECK(fast.compute == 0.9);
  CHECK(fast.bandwidth == 1);
}

TEST_CASE("what a scenario puts in place of the prediction holds everywhere, without an interval, and marks the model") {
  Ledger ledger;
  EfficiencyOverride given;
  given.compute = Real{0.5, {}};
  const EfficiencyModel model(one_row(ledger), textbook::accelerator(), given, ledger);
  CHECK(model.overridden());
  for (OperatorKind k : {OperatorKind::gemm, OperatorKind::attention, OperatorKind::scan}) {
    CHECK(model.of(k).compute == 0.5);
    CHECK(model.of(k).confidence == Confidence::theoretical);
    CHECK(model.at_end(-1).of(k).compute == 0.5);
  }
  CHECK(model.of(OperatorKind::gemm).bandwidth == 0.8);
}
