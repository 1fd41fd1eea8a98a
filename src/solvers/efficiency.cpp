#include "mlsysim/solvers/efficiency.hpp"

#include <algorithm>

#include "mlsysim/equations/training.hpp"

namespace mlsysim::solvers {
namespace {

using workload::OperatorKind;
using workload::Precision;

constexpr auto share = at_most(1.0);
// Winograd F(2x2, 3x3) needs 16 products where the direct method needs 36 (Lavin and Gray, CVPR 2016).
constexpr auto fast_share = at_most(2.25);

/// The ends of the 90 % interval of the time which the row predicts: its residuals, or else the range of its shares.
void interval(Ledger const& ledger, CalibrationRow const& row, Efficiency& e) {
  if (row.residuals) {
    e.fastest = row.residuals->low.value, e.slowest = row.residuals->high.value;
    return;
  }
  const auto widen = [&](Real const& share) {
    Fact const* f = ledger.fact(share.origin);
    if (!f || !f->range || f->range->low <= 0) return;
    e.slowest = std::max(e.slowest, share.value / f->range->low);
    e.fastest = std::min(e.fastest, share.value / std::max(f->range->high, share.value));
  };
  if (row.compute.value < 1) widen(row.compute);
  widen(row.bandwidth);
}

/// Products on the CUDA cores and on matrix units are different kernels: what one reaches says nothing about the other.
bool same_units(Precision a, Precision b) {
  const auto wide = [](Precision p) { return p == Precision::fp32 || p == Precision::fp64; };
  return wide(a) == wide(b);
}

/// Which class stands in for one without measurements: kernels of the same build.
std::optional<OperatorKind> stand_in(OperatorKind k) {
  switch (k) {
    case OperatorKind::convolution: return OperatorKind::gemm;  // implicit GEMM (Chetlur et al. 2014, cuDNN)
    case OperatorKind::decode_attention: return OperatorKind::attention;
    case OperatorKind::depthwise:
    case OperatorKind::pooling:
    case OperatorKind::normalization:
    case OperatorKind::embedding:
    case OperatorKind::scan: return OperatorKind::elementwise;
    default: return {};
  }
}

enum Scope { nothing, tier, device_kind, family, device_itself };

Scope scope(CalibrationRow const& r, hardware::Device const& d) {
  if (!r.device.empty()) return r.device == d.id ? device_itself : nothing;
  if (!r.family.empty()) return r.family == d.family ? family : nothing;
  if (r.devices && *r.devices != d.kind) return nothing;
  if (r.tier && *r.tier != d.tier) return nothing;
  return r.devices ? device_kind : r.tier ? tier : nothing;
}

struct Match {
  CalibrationRow const* row = nullptr;
  Confidence confidence = Confidence::theoretical;
};

Match match(Calibration const& c, hardware::Device const& d, OperatorKind kind, Precision precision) {
  Match best;
  int most = 0;
  for (auto const& r : c.operators) {
    if (r.kind != kind) continue;
    const Scope s = scope(r, d);
    if (s == nothing || (r.precision && !same_units(*r.precision, precision))) continue;
    const bool exact = !r.precision || *r.precision == precision;
    // Half precision of either layout runs on the same units at the same rate.
    const auto half = [](Precision p) { return p == Precision::bf16 || p == Precision::fp16; };
    const bool near = r.precision && half(*r.precision) && half(precision);
    const int score = 4 * s + (exact ? (r.precision ? 3 : 2) : near ? 2 : 0);
    if (score <= most) continue;
    most = score;
    best = {&r, s == device_itself && (exact || near) ? Confidence::calibrated : s >= family ? Confidence::interpolated : Confidence::theoretical};
  }
  return best;
}

}  // namespace

void describe(Residuals& r, Fields& f) {
  f("low", r.low, "measured / predicted time, 5 % quantile", positive);
  f("high", r.high, "measured / predicted time, 95 % quantile", positive);
  f("rows", r.rows, "measurements behind them", positive);
}
void describe(CalibrationRow& r, Fields& f) {
  f("device", r.device, "the one device it holds for", optional_field);
  f("family", r.family, "devices it holds for, by family", optional_field);
  f("devices", r.devices, "devices it holds for, by kind", optional_field);
  f("tier", r.tier, "devices it holds for, by tier", optional_field);
  f("kind", r.kind, "operators it holds for");
  f("precision", r.precision, "of the products; none: any", optional_field);
  f("compute", r.compute, "achieved / dense peak, once tiles fill the machine", positive, fast_share);
  f("bandwidth", r.bandwidth, "achieved / nominal bandwidth, large transfers", positive, share);
  f("overhead", r.overhead, "time of a kernel with nothing to do", not_negative, optional_field);
  f("residuals", r.residuals, "spread of measured / predicted time", optional_field);
}
void describe(DispatchRow& r, Fields& f) {
  f("tier", r.tier, "devices it holds for");
  f("dispatch", r.dispatch, "time to launch one kernel", not_negative);
}
void describe(LaunchRow& r, Fields& f) {
  f("device", r.device, "the one device it was measured on; any when left out", optional_field);
  f("launch", r.launch, "time of a collective launched by the host, less that of a captured one", not_negative);
}
void describe(HostRow& r, Fields& f) {
  f("launch", r.launch, "how the framework starts operators");
  f("dispatch", r.dispatch, "time of the host for one operator", positive);
}
void describe(EfficiencyOverride& o, Fields& f) {
  f("compute", o.compute, "share of the dense peak", positive, share);
  f("bandwidth", o.bandwidth, "share of the nominal bandwidth", positive, share);
}

EfficiencyModel::EfficiencyModel(Calibration const& calibration, hardware::Device const& device, Precision compute, EfficiencyOverride const& given, Ledger& ledger) {
  const auto dispatch = std::find_if(calibration.dispatch.begin(), calibration.dispatch.end(), [&](DispatchRow const& r) { return r.tier == device.tier; });
  overridden_ = given.compute || given.bandwidth;
  for (std::size_t i = 0; i < by_kind_.size(); ++i) {
    Efficiency& e = by_kind_[i];
    const auto kind = static_cast<OperatorKind>(i);
    Match m = match(calibration, device, kind, compute);
    if (auto const other = stand_in(kind); !m.row && other) {
      m = match(calibration, device, *other, compute);
      m.confidence = weakest(m.confidence, Confidence::interpolated);
    }
    if (m.row) {
      e.compute = m.row->compute;
      e.bandwidth = m.row->bandwidth;
      e.confidence = m.confidence;
      interval(ledger, *m.row, e);
    } else {
      e.compute = e.bandwidth = assumed(ledger, "efficiency.unmeasured", 1.0, "no measurement of this class: the data sheet is the bound, so times are lower bounds");
    }
    if (m.row && m.row->overhead) e.dispatch = *m.row->overhead;
    else e.dispatch = dispatch != calibration.dispatch.end() ? dispatch->dispatch : assumed(ledger, "dispatch.unmeasured", Time{}, "no measurement of this class: kernels are launched for free, so times are lower bounds");
    // Only kernels which were fitted with tiles are priced with them.
    const bool products = kind == OperatorKind::gemm || kind == OperatorKind::convolution || kind == OperatorKind::attention;
    e.tiled = products && calibration.depth_ramp && device.kind == hardware::DeviceKind::gpu && device.compute && device.compute->units;
    if (e.tiled && kind != OperatorKind::attention) e.depth_ramp = *calibration.depth_ramp;
    if (given.compute) e.compute = *given.compute, e.tiled = false;
    if (given.bandwidth) e.bandwidth = *given.bandwidth;
    if (overridden_) e.confidence = Confidence::theoretical, e.fastest = e.slowest = 1;
  }
}

void EfficiencyModel::started_by(workload::Launch launch, Calibration const& hosts, Ledger& ledger) {
  if (launch != workload::Launch::executor && launch != workload::Launch::interpreter) return;
  const auto row = std::find_if(hosts.hosts.begin(), hosts.hosts.end(), [&](HostRow const& r) { return r.launch == launch; });
  host_dispatch_ = row != hosts.hosts.end() ? row->dispatch : assumed(ledger, "host.unmeasured", Time{}, "no measurement of this host: operators are started for free, so times are lower bounds");
}

void EfficiencyModel::framework_kernels(hardware::Device const& device, Ledger& ledger) {
  // Measured on Ampere alone, so they hold for its family.
  if (overridden_ || device.family != "ampere") return;
  const auto at_least = [&](OperatorKind kind, char const* name, double share, char const* why) {
    Efficiency& e = by_kind_[static_cast<std::size_t>(kind)];
    if (e.bandwidth.value < share) e.bandwidth = assumed(ledger, name, share, why);
  };
  at_least(OperatorKind::normalization, "framework.normalization", 0.654, "layer norms and softmax of PyTorch on an A100 PCIe 80 GB (NeuSight, 33 rows); engines' RMSNorm is slower");
  at_least(OperatorKind::elementwise, "framework.elementwise", 0.871, "additions, products and GELU of PyTorch on an A100 PCIe 80 GB (NeuSight, 20 rows)");
}

void EfficiencyModel::attention_kernel(workload::AttentionKernel kernel, hardware::Device const& device, Ledger& ledger) {
  using workload::AttentionKernel;
  const bool first = kernel == AttentionKernel::flash_1, second = kernel == AttentionKernel::flash_2;
  if ((!first && !second) || overridden_) return;
  Efficiency& e = by_kind_[static_cast<std::size_t>(OperatorKind::attention)];
  if (device.family == "ampere") {
    // Whole kernels, in published shares of the dense peak.
    e.compute = first ? assumed(ledger, "attention.flash_1", 0.325, "FlashAttention reaches 25-40 % of the peak of an A100; the middle (Dao 2023, FlashAttention-2, abstract)")
                      : assumed(ledger, "attention.flash_2", 0.615, "FlashAttention-2 reaches 50-73 % of the peak of an A100; the middle (Dao 2023, FlashAttention-2, abstract)");
  } else if (device.family == "hopper") {
    const Real second_share = assumed(ledger, "attention.flash_2", 370.0 / 989.4, "FlashAttention-2 forward on an H100 with heads of 128: 370 of 989 TFLOP/s (Shah et al. 2024, FlashAttention-3, figure 5)");
    e.compute = first ? eq::half_rate.with(ledger, second_share) : second_share;
  } else {
    return;
  }
  e.whole = true;
  e.confidence = weakest(e.confidence, Confidence::interpolated);
}

EfficiencyModel EfficiencyModel::at_end(int end) const {
  EfficiencyModel m = *this;
  for (auto& e : m.by_kind_) e.stretch = end < 0 ? e.slowest : e.fastest;
  return m;
}

EfficiencyModel EfficiencyModel::with(OperatorKind kind, Efficiency const& e) const {
  EfficiencyModel m = *this;
  m.by_kind_[static_cast<std::size_t>(kind)] = e;
  return m;
}

void describe(Calibration& c, Fields& f) {
  f("id", c.id, "unique name", optional_field);
  f("name", c.name, "name for people", optional_field);
  f("aliases", c.aliases, "other names", optional_field);
  f("depth_ramp", c.depth_ramp, "depth of a product at which tiles reach half their speed", not_negative, optional_field);
  f("operators", c.operators, "achieved shares by device and operator", optional_field);
  f("dispatch", c.dispatch, "launch cost by tier", optional_field);
  f("launches", c.launches, "what launching a collective costs the host", optional_field);
  f("hosts", c.hosts, "what starting an operator costs the host", optional_field);
  f("collectives", c.collectives, "achieved shares by kind of link", optional_field);
}

}  // namespace mlsysim::solvers
