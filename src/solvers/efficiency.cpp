#include "mlsysim/solvers/efficiency.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "mlsysim/equations/power.hpp"
#include "mlsysim/equations/training.hpp"
#include "mlsysim/equations/transformer.hpp"

namespace mlsysim::solvers {
namespace {

using workload::OperatorKind;
using workload::Precision;

constexpr auto share = at_most(1.0);
// Engines may multiply in a narrower format than the one they are asked for, at up to twice its rate.
constexpr auto engine_share = at_most(2.0);

/// The ends of the 90 % interval of the time which the row predicts: its residuals, or else the range of its shares.
void interval(Ledger const& ledger, CalibrationRow const& row, Efficiency& e) {
  if (row.residuals) {
    // A transfer may be biased: the prediction itself lies within its interval.
    e.fastest = std::min(row.residuals->low.value, 1.0), e.slowest = std::max(row.residuals->high.value, 1.0);
    e.shared = row.residuals->shared ? row.residuals->shared->value : 1, e.of_passes = !row.residuals->shared;
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

bool is_attention(OperatorKind k) { return k == OperatorKind::attention || k == OperatorKind::decode_attention; }
bool is_half(Precision p) { return p == Precision::bf16 || p == Precision::fp16; }

/// Half precision of either layout runs on the same units at the same rate.
bool same_rate(Precision a, Precision b) { return a == b || (is_half(a) && is_half(b)); }

/// Which class stands in for one without measurements: kernels of the same build.
std::optional<OperatorKind> stand_in(OperatorKind k) {
  switch (k) {
    case OperatorKind::convolution: return OperatorKind::gemm;  // implicit GEMM (Chetlur et al. 2014, cuDNN)
    case OperatorKind::grouped_gemm: return OperatorKind::gemm;
    case OperatorKind::decode_attention: return OperatorKind::attention;
    case OperatorKind::activation:
    case OperatorKind::depthwise:
    case OperatorKind::pooling:
    case OperatorKind::normalization:
    case OperatorKind::embedding:
    case OperatorKind::scan: return OperatorKind::elementwise;
    default: return {};
  }
}

/// Classes whose rows in the registry are those of the class which stands in, with the spread of a test of it.
bool never_measured(OperatorKind k, Precision p) {
  const bool measured = p == Precision::fp16 || p == Precision::bf16;
  if (k == OperatorKind::convolution) return !measured && p != Precision::fp32 && p != Precision::tf32;
  return k == OperatorKind::pooling || (k == OperatorKind::depthwise && !measured);
}

enum Scope { nothing, tier, device_kind, vendor, family, device_itself };

Scope scope(CalibrationRow const& r, hardware::Device const& d) {
  if (!r.device.empty()) return r.device == d.id ? device_itself : nothing;
  if (!r.family.empty()) return r.family == d.family ? family : nothing;
  if (r.devices && *r.devices != d.kind) return nothing;
  if (!r.vendor.empty()) return r.vendor == d.vendor ? vendor : nothing;
  if (r.tier && *r.tier != d.tier) return nothing;
  return r.devices ? device_kind : r.tier ? tier : nothing;
}

struct Match {
  CalibrationRow const* row = nullptr;
  Confidence confidence = Confidence::theoretical;
};

Match match(Calibration const& c, hardware::Device const& d, OperatorKind kind, Precision precision, std::optional<Precision> weights) {
  Match best;
  int most = 0;
  for (auto const& r : c.operators) {
    if (r.kind != kind) continue;
    const Scope s = scope(r, d);
    if (s == nothing || (r.precision && !same_units(*r.precision, precision)) || (r.weights && r.weights != weights)) continue;
    const bool exact = !r.precision || *r.precision == precision;
    const bool near = r.precision && same_rate(*r.precision, precision);
    // Kernels for weights of another width are built for one format of products; attention keeps 16 bits.
    if (r.weights && r.precision && !exact && !near && !is_attention(kind)) continue;
    const int score = (r.of_engine ? 64 : 0) + 8 * s + (r.weights ? 4 : 0) + (exact ? (r.precision ? 3 : 2) : near ? 2 : 0);
    if (score <= most) continue;
    most = score;
    best = {&r, s == device_itself && (exact || near) && !r.anchored ? Confidence::calibrated : s >= family ? Confidence::interpolated : Confidence::theoretical};
  }
  return best;
}

// Largest share which products were measured to reach anywhere (Arc Pro B60; an A100 reaches 0.93 in fp32): what limits them then is issuing them.
constexpr double most_issued = 0.95;

/// How many times as fast the matrix units of `d` could multiply in 16 bits if accumulating in fp32 did not halve their rate, as it does on boards for
/// games: half their rate in 8 bits over the rate which the data sheet states.
double unhalved(hardware::Device const& d, Precision precision) {
  auto const& peak = d.peak[precision];
  auto const& narrow = d.peak[Precision::int8];
  if (!is_half(precision) || d.kind != hardware::DeviceKind::gpu || !peak || !narrow) return 1;
  return std::max(1.0, narrow->value / peak->value / 2);
}

/// What `d` sustains of the clock behind its peaks, from its own products in fp32 over those of its class: less than 1 where power throttles it.
double sustained(Calibration const& c, hardware::Device const& d) {
  Match own;
  double all = 0;
  for (auto const& r : c.operators) {
    if (r.kind != OperatorKind::gemm || r.precision != Precision::fp32 || r.of_engine) continue;
    if (scope(r, d) == device_itself) own.row = &r;
    if (scope(r, d) == device_kind) all = r.compute.value;
  }
  return own.row && all > 0 ? std::min(1.0, own.row->compute.value / all) : 1;
}

}  // namespace

void describe(Residuals& r, Fields& f) {
  f("low", r.low, "measured / predicted time, 5 % quantile", positive);
  f("high", r.high, "measured / predicted time, 95 % quantile", positive);
  f("rows", r.rows, "measurements behind them", positive);
  f("shared", r.shared, "part of their variance common to all operators of a pass; none: of whole passes", not_negative, share, optional_field);
}
void describe(CalibrationRow& r, Fields& f) {
  f("device", r.device, "the one device it holds for", optional_field);
  f("family", r.family, "devices it holds for, by family", optional_field);
  f("vendor", r.vendor, "devices it holds for, by vendor", optional_field);
  f("devices", r.devices, "devices it holds for, by kind", optional_field);
  f("tier", r.tier, "devices it holds for, by tier", optional_field);
  f("kind", r.kind, "operators it holds for");
  f("precision", r.precision, "of the products; none: any", optional_field);
  f("weights", r.weights, "format in which weights are stored, or of attention the cache; none: any", optional_field);
  f("compute", r.compute, "achieved / dense peak, once tiles fill the machine", positive, engine_share);
  f("bandwidth", r.bandwidth, "achieved / nominal bandwidth, large transfers", positive, share);
  f("moving", r.moving, "the same of what only moves rows around products", positive, share, optional_field);
  f("overhead", r.overhead, "time of a kernel with nothing to do", not_negative, optional_field);
  f("residuals", r.residuals, "spread of measured / predicted time", optional_field);
  f("anchored", r.anchored, "brought to fewer rows of the device than a fit needs", defaults_to(false, "fitted, or the median of fits"));
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
void describe(Engine& e, Fields& f) {
  f("iteration", e.iteration, "host time of an iteration", not_negative);
  f("sequence", e.sequence, "the same for every sequence in the iteration", not_negative);
  f("request", e.request, "time of a request before its first iteration: HTTP, tokenizer, scheduling", not_negative);
  f("token", e.token, "the same of every token of a prompt: the tokenizer", not_negative, optional_field);
  f("overlaps", e.overlaps, "the host works behind the device: an iteration takes the longer of both", defaults_to(false, "the device waits for the host"));
  f("batched_tokens", e.batched_tokens, "most tokens of one iteration", positive);
  f("sequences", e.sequences, "most requests which run at once", positive);
  f("memory", e.memory, "share of the device's memory which it fills", positive, share);
  f("block", e.block, "tokens of a page of the cache", positive);
  f("mixed", e.mixed, "pieces of prompts run beside tokens of others, in one iteration", defaults_to(true, "chunked prefill, as engines do by default"));
  f("per_head", e.per_head, "decode attention reads the cache once for each query head", defaults_to(false, "query heads which share keys read them together"));
  f("late", e.late, "what an iteration wrote reaches its reader when the next one ends", defaults_to(false, "a token is handed out at the end of its iteration"));
  f("reserves", e.reserves, "a request starts only if its longest cache is free", defaults_to(false, "pages are taken as the request grows"));
}

void describe(FrameworkRow& r, Fields& f) {
  f("family", r.family, "devices it holds for, by family");
  f("kind", r.kind, "operators it holds for");
  f("kernel", r.kernel, "of attention: which kernel", optional_field);
  f("compute", r.compute, "achieved / dense peak, by the work of both passes", positive, share, optional_field);
  f("bandwidth", r.bandwidth, "achieved / nominal bandwidth, by three times the data of the forward pass", positive, share, optional_field);
  f("overhead", r.overhead, "time of a kernel with nothing to do", not_negative, optional_field);
  f("residuals", r.residuals, "spread of measured / predicted time", optional_field);
}
void describe(SustainedRow& r, Fields& f) {
  f("device", r.device, "the one device it was measured on");
  f("family", r.family, "of that device");
  f("precision", r.precision, "of the products");
  f("share", r.share, "rate of matrix units after seconds over that of short runs", positive, share);
  f("units", r.units, "of the device", positive);
  f("nominal", r.nominal, "clock behind its peak", positive);
  f("clock", r.clock, "held meanwhile", positive);
  f("power", r.power, "drawn meanwhile", positive);
  f("idle", r.idle, "drawn at rest", positive);
}
void describe(EngineTraits& e, Fields& f) {
  f("chunk", e.chunk, "tokens of a prompt which go through the layers at once", positive);
  f("attention", e.attention, "how attention is computed, where the workload leaves it open", optional_field);
  f("kernels", e.kernels, "calibration entry with what its own kernels reach", optional_field);
  f("service", e.service, "host and scheduler of a service; without it they cost nothing and have no limits");
}
void describe(Spread& s, Fields& f) {
  f("passes", s.passes, "measured / predicted time of whole passes where operators were measured", optional_field);
  f("passes_left_out", s.passes_left_out, "the same of devices of which nothing was measured", optional_field);
  f("power", s.power, "measured / predicted power of a device under load, from energies", optional_field);
  f("power_by_use", s.power_by_use, "the same in proportion to use, where nothing is known of energies", optional_field);
  f("most_power", s.most_power, "largest measured power / thermal design power", positive, optional_field);
}
void describe(EfficiencyOverride& o, Fields& f) {
  f("compute", o.compute, "share of the dense peak", positive, share);
  f("bandwidth", o.bandwidth, "share of the nominal bandwidth", positive, share);
}

EfficiencyModel::EfficiencyModel(Calibration const& calibration, hardware::Device const& device, Precision compute, EfficiencyOverride const& given, Ledger& ledger,
                                 std::optional<Precision> weights, std::optional<Precision> cache) {
  const auto dispatch = std::find_if(calibration.dispatch.begin(), calibration.dispatch.end(), [&](DispatchRow const& r) { return r.tier == device.tier; });
  overridden_ = given.compute || given.bandwidth;
  for (std::size_t i = 0; i < by_kind_.size(); ++i) {
    Efficiency& e = by_kind_[i];
    const auto kind = static_cast<OperatorKind>(i);
    const auto stored = is_attention(kind) ? cache : weights;
    Match m = match(calibration, device, kind, compute, stored);
    // Where only the class of the device was measured, its own rows of the class which stands in say more; how far such shares carry is the class's.
    CalibrationRow const* spread = m.row;
    if (auto const other = stand_in(kind)) {
      const Match o = match(calibration, device, *other, compute, stored);
      const bool engines_own = m.row && o.row && o.row->of_engine && !m.row->of_engine;
      if (o.row && (!m.row || engines_own || (never_measured(kind, compute) && !m.row->of_engine && scope(*o.row, device) > scope(*m.row, device)))) {
        if (!m.row || o.row->of_engine) spread = o.row;
        m = {o.row, weakest(o.confidence, Confidence::interpolated)};
      }
    }
    if (m.row) {
      e.compute = m.row->compute;
      const bool own = scope(*m.row, device) == device_itself;
      // Engines which bring their own kernels accumulate in 16 bits: a share of a class is one of the rate without halving.
      if (const double rate = unhalved(device, compute); !own && m.row->of_engine && rate > 1 && m.row->kind == OperatorKind::gemm)
        e.compute = assumed(ledger, "efficiency.accumulated", rate * e.compute.value, "the engine accumulates in 16 bits, at the rate which the data sheet halves for fp32");
      if (!own && !m.row->of_engine && device.kind == hardware::DeviceKind::gpu && (m.row->kind == OperatorKind::gemm || m.row->kind == OperatorKind::grouped_gemm || m.row->kind == OperatorKind::convolution) && compute != Precision::fp32) {
        const double clock = sustained(calibration, device), rate = unhalved(device, compute);
        if (clock < 1 || rate > 1) {
          const double share = clock * (rate > 1 ? std::max(e.compute.value, std::min(most_issued, rate * e.compute.value)) : e.compute.value);
          e.compute = assumed(ledger, "efficiency.transferred", share, rate > 1 ? "what feeds the matrix units on a like device suffices for more than their rate with fp32 accumulation; the largest share measured anywhere" : "the share of a like device, at the clock which this one sustains in its own fp32 products");
        }
      }
      e.bandwidth = m.row->bandwidth;
      e.moving = m.row->moving ? *m.row->moving : e.bandwidth;
      e.confidence = m.confidence;
      interval(ledger, *spread, e);
      e.of_kin = scope(*spread, device) >= family && (!spread->precision || same_rate(*spread->precision, compute));
    } else {
      e.compute = e.bandwidth = e.moving = assumed(ledger, "efficiency.unmeasured", 1.0, "no measurement of this class: the data sheet is the bound, so times are lower bounds");
    }
    if (m.row && m.row->overhead) e.dispatch = *m.row->overhead;
    else e.dispatch = dispatch != calibration.dispatch.end() ? dispatch->dispatch : assumed(ledger, "dispatch.unmeasured", Time{}, "no measurement of this class: kernels are launched for free, so times are lower bounds");
    // Only kernels which were fitted with tiles are priced with them.
    const bool products = kind == OperatorKind::gemm || kind == OperatorKind::grouped_gemm || kind == OperatorKind::convolution || kind == OperatorKind::attention;
    e.tiled = products && calibration.depth_ramp && device.kind == hardware::DeviceKind::gpu && device.compute && device.compute->units;
    if (e.tiled && kind != OperatorKind::attention) e.depth_ramp = *calibration.depth_ramp;
    if (given.compute) e.compute = *given.compute, e.tiled = false;
    if (given.bandwidth) e.bandwidth = e.moving = *given.bandwidth;
    if (overridden_) e.confidence = Confidence::theoretical, e.fastest = e.slowest = 1;
  }
}

void EfficiencyModel::started_by(workload::Launch launch, Calibration const& hosts, Ledger& ledger) {
  if (launch != workload::Launch::executor && launch != workload::Launch::interpreter) return;
  const auto row = std::find_if(hosts.hosts.begin(), hosts.hosts.end(), [&](HostRow const& r) { return r.launch == launch; });
  host_dispatch_ = row != hosts.hosts.end() ? row->dispatch : assumed(ledger, "host.unmeasured", Time{}, "no measurement of this host: operators are started for free, so times are lower bounds");
  Fact const* f = row != hosts.hosts.end() ? ledger.fact(row->dispatch.origin) : nullptr;
  if (f && f->range && f->range->low > 0) host_fastest_ = f->range->low / host_dispatch_.value.raw(), host_slowest_ = f->range->high / host_dispatch_.value.raw();
}

void EfficiencyModel::framework_kernels(std::vector<FrameworkRow> const& rows, workload::AttentionKernel attention, hardware::Device const& device) {
  if (overridden_) return;
  for (auto const& r : rows) {
    if (r.family != device.family || (r.kernel && r.kernel != attention)) continue;
    Efficiency& e = by_kind_[static_cast<std::size_t>(r.kind)];
    // Engines' norms are slower than a framework's; where an engine's kernel is the faster one, it was measured on the device itself.
    if (r.bandwidth && (r.kernel || e.bandwidth.value < r.bandwidth->value)) e.bandwidth = *r.bandwidth;
    if (r.compute) e.compute = *r.compute;
    if (r.overhead) e.dispatch = *r.overhead;
    if (r.residuals) e.fastest = std::min(r.residuals->low.value, 1.0), e.slowest = std::max(r.residuals->high.value, 1.0);
    if (r.kernel) e.whole = e.both = e.serial = true, e.confidence = Confidence::interpolated;
  }
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
    const Real second_share = assumed(ledger, "attention.flash_2", 328 / 989.4, "FlashAttention-2 of PyTorch forward on an H100 with 8192 causal tokens and 32 heads of 128: 313 of 989 TFLOP/s (benchmarks/gpu.py), over 0.955 for tiles, waves and the diagonal");
    e.compute = first ? eq::half_rate.with(ledger, second_share) : second_share;
  } else {
    return;
  }
  e.whole = true;
  // What is published of the first generation holds for both passes together.
  e.both = first;
  e.confidence = weakest(e.confidence, Confidence::interpolated);
}

void EfficiencyModel::throttled(std::vector<SustainedRow> const& rows, hardware::Device const& device, Precision compute, Ledger& ledger) {
  const auto find = [&](auto&& belongs) {
    return std::find_if(rows.begin(), rows.end(), [&](SustainedRow const& r) { return belongs(r) && (r.precision == compute || (is_half(r.precision) && is_half(compute))); });
  };
  const auto own = find([&](SustainedRow const& r) { return r.device == device.id; });
  const auto row = own != rows.end() ? own : find([&](SustainedRow const& r) { return r.family == device.family; });
  if (row == rows.end() || overridden_) return;
  const auto slow = [&](Real const& share, std::initializer_list<OperatorKind> kinds) {
    for (auto kind : kinds) {
      Efficiency& e = by_kind_[static_cast<std::size_t>(kind)];
      e.compute = eq::sustained_share.with(ledger, e.compute, share);
    }
  };
  slow(row->share, {OperatorKind::gemm, OperatorKind::grouped_gemm, OperatorKind::convolution});
  if (own != rows.end() || !device.compute || !device.compute->units || !device.compute->clock || !device.power.tdp) return;
  const Real units = *device.compute->units;
  const auto idle = device.power.idle ? *device.power.idle : assumed(ledger, "power.idle", units.value / row->units.value * row->idle.value, "not published: in proportion to the units of a measured device of the family");
  if (device.power.tdp->value <= idle.value) return;
  const auto clock = eq::sustained_clock.with(ledger, *device.compute->clock, row->clock, *device.power.tdp, idle, units, row->power, row->idle, Real(row->units));
  const auto share = eq::clock_share.with(ledger, clock, *device.compute->clock, row->clock, row->nominal);
  // Fused attention draws as much as products do.
  if (share.value < 1) slow(share, {OperatorKind::gemm, OperatorKind::grouped_gemm, OperatorKind::convolution, OperatorKind::attention});
}

void EfficiencyModel::whole_passes(Spread const& spread) { passes_ = spread.passes, passes_left_out_ = spread.passes_left_out; }

EfficiencyModel EfficiencyModel::at_end(int end) const {
  EfficiencyModel m = *this;
  m.end_ = end;
  m.host_dispatch_.value *= end < 0 ? host_slowest_ : host_fastest_;
  return m;
}

double EfficiencyModel::stretch(std::span<const OperatorShare> pass) const {
  double all = 0;
  for (auto const& o : pass) all += o.time;
  if (end_ == 0 || all <= 0) return 1;
  // Of a log-normal quantity with these ends: its middle, and half its width.
  struct Width {
    double middle, half;
  };
  const auto width = [](double fastest, double slowest) { return Width{(std::log(fastest) + std::log(slowest)) / 2, (std::log(slowest) - std::log(fastest)) / 2}; };
  double middle = 0, variance = 0;  // both of the logarithm, in units of half widths
  double of_passes = 0;             // half widths of what moves together
  std::array<double, static_cast<std::size_t>(OperatorKind::count)> common{};
  struct Shape {
    OperatorKind kind;
    double work, bytes, half;
  };
  std::vector<Shape> shapes;
  for (auto const& o : pass) {
    Efficiency const& e = of(o.op->kind);
    // Without residuals there is no interval to widen: such a time is a bound.
    if (e.fastest == e.slowest) continue;
    const double part = o.time / all;
    const Width w = width(e.fastest, e.slowest);
    middle += part * w.middle;
    if (e.of_passes) {
      of_passes += part * w.half;
      continue;
    }
    common[static_cast<std::size_t>(o.op->kind)] += part * w.half * std::sqrt(e.shared);
    // The layers of a network repeat their shapes.
    const double work = o.op->work.value.raw(), bytes = o.op->bytes().raw(), half = part * w.half * std::sqrt(1 - e.shared);
    const auto same = std::find_if(shapes.begin(), shapes.end(), [&](Shape const& s) { return s.kind == o.op->kind && s.work == work && s.bytes == bytes; });
    if (same == shapes.end()) shapes.push_back({o.op->kind, work, bytes, half});
    else same->half += half;
    if (auto const& p = e.of_kin ? passes_ : passes_left_out_) {
      const Width added = width(p->low.value, p->high.value);
      middle += part * added.middle, of_passes += part * added.half;
    }
  }
  for (double c : common) variance += c * c;
  for (auto const& s : shapes) variance += s.half * s.half;
  variance += of_passes * of_passes;
  // A transfer may be biased: the prediction itself lies within its interval.
  return end_ < 0 ? std::max(1.0, std::exp(middle + std::sqrt(variance))) : std::min(1.0, std::exp(middle - std::sqrt(variance)));
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
  f("frameworks", c.frameworks, "what kernels of training frameworks reach", optional_field);
  f("sustained", c.sustained, "what power limits leave of short runs", optional_field);
  f("hosts", c.hosts, "what starting an operator costs the host", optional_field);
  f("engine", c.engine, "how an engine computes and serves");
  f("spread", c.spread, "of predictions of more than single operators", optional_field);
  f("collectives", c.collectives, "achieved shares by kind of link", optional_field);
}

}  // namespace mlsysim::solvers
