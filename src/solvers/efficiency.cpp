#include "mlsysim/solvers/efficiency.hpp"

#include <algorithm>

namespace mlsysim::solvers {
namespace {

constexpr auto share = at_most(1.0);

/// The part of the fact's range which a share can have.
void bounds(Ledger const& ledger, Real const& value, double& low, double& high) {
  low = high = value.value;
  Fact const* f = ledger.fact(value.origin);
  if (!f || !f->range) return;
  low = std::clamp(f->range->low, 1e-6, 1.0);
  high = std::clamp(f->range->high, low, 1.0);
}

}  // namespace

void describe(CalibrationRow& r, Fields& f) {
  f("tier", r.tier, "devices it holds for");
  f("kind", r.kind, "operators it holds for");
  f("compute", r.compute, "achieved / dense peak, large shapes", positive, share);
  f("bandwidth", r.bandwidth, "achieved / nominal bandwidth, large transfers", positive, share);
}
void describe(DispatchRow& r, Fields& f) {
  f("tier", r.tier, "devices it holds for");
  f("dispatch", r.dispatch, "time to launch one kernel", not_negative);
}
void describe(EfficiencyOverride& o, Fields& f) {
  f("compute", o.compute, "share of the dense peak", positive, share);
  f("bandwidth", o.bandwidth, "share of the nominal bandwidth", positive, share);
}

EfficiencyModel::EfficiencyModel(Calibration const& calibration, hardware::Device const& device, EfficiencyOverride const& given, Ledger& ledger) {
  const auto dispatch = std::find_if(calibration.dispatch.begin(), calibration.dispatch.end(), [&](DispatchRow const& r) { return r.tier == device.tier; });
  overridden_ = given.compute || given.bandwidth;
  for (std::size_t i = 0; i < by_kind_.size(); ++i) {
    Efficiency& e = by_kind_[i];
    const auto kind = static_cast<workload::OperatorKind>(i);
    const auto row = std::find_if(calibration.operators.begin(), calibration.operators.end(), [&](CalibrationRow const& r) { return r.tier == device.tier && r.kind == kind; });
    e.confidence = calibration.confidence;
    if (row != calibration.operators.end()) {
      e.compute = row->compute;
      e.bandwidth = row->bandwidth;
    } else {
      e.compute = e.bandwidth = assumed(ledger, "efficiency.unmeasured", 1.0, "no measurement of this class: the data sheet is the bound, so times are lower bounds");
      e.confidence = Confidence::theoretical;
    }
    bounds(ledger, e.compute, e.compute_low, e.compute_high);
    bounds(ledger, e.bandwidth, e.bandwidth_low, e.bandwidth_high);
    if (given.compute) e.compute = *given.compute, e.compute_low = e.compute_high = e.compute.value;
    if (given.bandwidth) e.bandwidth = *given.bandwidth, e.bandwidth_low = e.bandwidth_high = e.bandwidth.value;
    if (overridden_) e.confidence = Confidence::theoretical;
    e.dispatch = dispatch != calibration.dispatch.end() ? dispatch->dispatch : assumed(ledger, "dispatch.unmeasured", Time{}, "no measurement of this class: kernels are launched for free, so times are lower bounds");
  }
}

EfficiencyModel EfficiencyModel::at_end(int end) const {
  EfficiencyModel m = *this;
  for (auto& e : m.by_kind_) {
    e.compute.value = end < 0 ? e.compute_low : e.compute_high;
    e.bandwidth.value = end < 0 ? e.bandwidth_low : e.bandwidth_high;
  }
  return m;
}

void describe(Calibration& c, Fields& f) {
  f("id", c.id, "unique name", optional_field);
  f("name", c.name, "name for people", optional_field);
  f("aliases", c.aliases, "other names", optional_field);
  f("confidence", c.confidence, "what it was fitted to", defaults_to(Confidence::theoretical, "class-wide values"));
  f("operators", c.operators, "achieved shares by tier and operator", optional_field);
  f("dispatch", c.dispatch, "launch cost by tier", optional_field);
  f("collectives", c.collectives, "achieved shares by kind of link", optional_field);
}

}  // namespace mlsysim::solvers
