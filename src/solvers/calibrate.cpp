#include "mlsysim/solvers/calibrate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "mlsysim/solvers/performance.hpp"

namespace mlsysim::solvers {
namespace {

/// A row under ceilings of one and no overhead: t = overhead + max(compute / share, memory / share), or by minimal filtering, where that is faster,
/// overhead + max(products / share, between / share) + around / share.
struct Terms {
  double compute, memory, measured;
  bool has_filter = false;
  double products = 0, between = 0, around = 0;
};

struct Shares {
  double compute, bandwidth, overhead;
};

std::vector<Terms> terms_of(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp) {
  Ledger quiet;
  Calibration ideal;
  ideal.depth_ramp = Real{depth_ramp, {}};
  std::vector<Terms> terms;
  if (rows.empty()) return terms;
  const EfficiencyModel model(ideal, device, rows[0].op.compute, {}, quiet);
  for (auto const& row : rows) {
    Efficiency e = model.of(row.op.kind);
    e.dispatch = {};
    workload::Operator direct = row.op;
    direct.blocks = 0;
    const auto p = price({direct}, device, model.with(row.op.kind, e), {{1, {}}, {1, {}}, {1, {}}}, quiet);
    terms.push_back({p.operators[0].compute_time.value.raw(), p.operators[0].memory_time.value.raw(), row.time.raw()});
    auto const& memory = device.memory.main().level->bandwidth;
    if (const auto f = memory && row.op.blocks > 0 ? filtered(row.op, peak_for(device, row.op.compute, true, quiet), device, e, quiet) : std::nullopt) {
      auto& t = terms.back();
      t.has_filter = true, t.products = f->compute.value.raw(), t.between = (f->products.value / memory->value).raw(), t.around = (f->transforms.value / memory->value).raw();
    }
  }
  return terms;
}

double predicted(Terms const& t, Shares const& s) {
  const double direct = std::max(t.compute / s.compute, t.memory / s.bandwidth);
  if (!t.has_filter) return s.overhead + direct;
  return s.overhead + std::min(direct, std::max(t.products / s.compute, t.between / s.bandwidth) + t.around / s.bandwidth);
}

/// Mean |log| of the ratio over the rows with `index % 2 != without`; one row counts for at most a factor e.
double loss(std::vector<Terms> const& terms, Shares const& s, std::size_t without) {
  double total = 0;
  for (std::size_t i = 0; i < terms.size(); ++i)
    if (i % 2 != without) total += std::min(std::abs(std::log(predicted(terms[i], s) / terms[i].measured)), 1.0);
  return total;
}

/// Whether the rows can tell what a kernel with nothing to do takes: an eighth of them are short, or hardly explained by peak and bandwidth.
bool overhead_seen(std::vector<Terms> const& terms, FitStart const& start) {
  const auto brief = std::count_if(terms.begin(), terms.end(), [&](Terms const& t) { return t.measured < 10 * start.overhead.raw() || std::max(t.compute, t.memory) < 0.1 * t.measured; });
  return 8 * static_cast<std::size_t>(brief) >= terms.size();
}

Shares search(std::vector<Terms> const& terms, FitStart const& start, std::size_t without) {
  const bool free = overhead_seen(terms, start);
  Shares best{start.compute, start.bandwidth, start.overhead.raw()};
  double least = loss(terms, best, without);
  for (double compute : {start.compute, 0.5 * start.compute})
    for (double bandwidth : {start.bandwidth, 0.5 * start.bandwidth})
      for (double factor : {0.5, 2.0}) {
        Shares at{compute, bandwidth, start.overhead.raw() * (free ? factor : 1)};
        double here = loss(terms, at, without);
        for (double step = 0.3; step > 0.004;) {
          bool better = false;
          for (int axis = 0; axis < (free ? 3 : 2); ++axis)
            for (double sign : {-1.0, 1.0}) {
              Shares next = at;
              (axis == 0 ? next.compute : axis == 1 ? next.bandwidth : next.overhead) *= std::exp(sign * step);
              next.compute = std::min(next.compute, 1.0);
              next.bandwidth = std::min(next.bandwidth, 1.0);
              if (const double there = loss(terms, next, without); there < here * (1 - 1e-9)) at = next, here = there, better = true;
            }
          if (!better) step /= 2;
        }
        if (here < least * (1 - 1e-6)) best = at, least = here;
      }
  return best;
}

/// Classes which only move data reach the same share whatever the width of a value.
bool moves_only(workload::OperatorKind k) {
  using workload::OperatorKind;
  return k == OperatorKind::normalization || k == OperatorKind::elementwise || k == OperatorKind::pooling || k == OperatorKind::embedding;
}

/// fp16 and bf16 run on the same units at the same rate.
workload::Precision same_rate(workload::Precision p) { return p == workload::Precision::fp16 ? workload::Precision::bf16 : p; }

double median_or(std::vector<double> values, double otherwise) { return values.empty() ? otherwise : quantile(std::move(values), 0.5); }

/// Medians of the fits: of each value over those which saw it.
void medians(std::vector<ClassFit const*> const& fits, Transfer& t) {
  std::vector<double> compute, bandwidth, overhead;
  for (auto const* f : fits) {
    if (f->fit->compute_seen) compute.push_back(f->fit->compute);
    if (f->fit->bandwidth_seen) bandwidth.push_back(f->fit->bandwidth);
    if (f->fit->overhead_seen) overhead.push_back(f->fit->overhead.raw());
  }
  // What few of the devices saw holds for them, not for the class.
  if (2 * compute.size() >= fits.size()) t.compute = median_or(std::move(compute), 1);
  if (2 * bandwidth.size() >= fits.size()) t.bandwidth = median_or(std::move(bandwidth), 1);
  t.overhead = Time{median_or(std::move(overhead), FitStart{}.overhead.raw())};
}

/// Ratios of every device by the medians of the others.
std::vector<double> left_out(std::vector<ClassFit const*> const& fits, double depth_ramp) {
  std::vector<double> all;
  for (auto const* f : fits) {
    std::vector<ClassFit const*> others;
    for (auto const* g : fits)
      if (g != f) others.push_back(g);
    if (others.empty()) continue;
    Transfer t;
    medians(others, t);
    const auto r = ratios(f->rows, *f->device, depth_ramp, t.compute, t.bandwidth, t.overhead);
    all.insert(all.end(), r.begin(), r.end());
  }
  return all;
}

/// Ratios of every device's rows of one class by what the other devices reach in another: what a stand-in would have said.
std::vector<double> stood_in(std::vector<ClassFit> const& fits, workload::OperatorKind tested, workload::OperatorKind stand_in, double depth_ramp) {
  std::vector<double> all;
  for (auto const& f : fits) {
    if (!f.fit || f.kind != tested) continue;
    std::vector<ClassFit const*> others;
    for (auto const& g : fits)
      if (g.fit && g.kind == stand_in && (!g.precision || g.precision == f.precision) && g.device->id != f.device->id) others.push_back(&g);
    if (others.empty()) continue;
    Transfer t;
    medians(others, t);
    const auto r = ratios(f.rows, *f.device, depth_ramp, t.compute, t.bandwidth, t.overhead);
    all.insert(all.end(), r.begin(), r.end());
  }
  return all;
}

/// Classes which nobody measured: what stands in for them, and on which class that was tested.
struct Untested {
  workload::OperatorKind kind, stand_in, tested;
};
constexpr Untested untested[] = {{workload::OperatorKind::convolution, workload::OperatorKind::gemm, workload::OperatorKind::convolution},
                                 {workload::OperatorKind::depthwise, workload::OperatorKind::elementwise, workload::OperatorKind::normalization},
                                 {workload::OperatorKind::pooling, workload::OperatorKind::elementwise, workload::OperatorKind::normalization}};

}  // namespace

std::vector<ClassFit> fit_classes(std::vector<MeasuredDevice> const& devices, double depth_ramp) {
  std::vector<ClassFit> fits;
  for (auto const& d : devices) {
    const std::size_t first = fits.size();
    for (auto const& row : d.rows) {
      std::optional<workload::Precision> precision;
      if (!moves_only(row.op.kind)) precision = same_rate(row.op.compute);
      auto at = std::find_if(fits.begin() + static_cast<std::ptrdiff_t>(first), fits.end(), [&](ClassFit const& f) { return f.kind == row.op.kind && f.precision == precision; });
      if (at == fits.end()) {
        fits.push_back({&d.device, row.op.kind, precision, {}, {}});
        at = fits.end() - 1;
      }
      at->rows.push_back(row);
    }
  }
  for (auto& f : fits) {
    if (f.rows.size() < least_rows) continue;
    f.fit = fit(f.rows, *f.device, depth_ramp, {0.8, 0.8});
  }
  return fits;
}

std::vector<Transfer> transfers(std::vector<ClassFit> const& fits, double depth_ramp) {
  std::vector<Transfer> out;
  std::vector<std::pair<workload::OperatorKind, std::optional<workload::Precision>>> classes;
  for (auto const& f : fits)
    if (f.fit && std::find(classes.begin(), classes.end(), std::pair(f.kind, f.precision)) == classes.end()) classes.emplace_back(f.kind, f.precision);
  for (auto const& each : classes) {
    const auto kind = each.first;
    const auto precision = each.second;
    std::vector<ClassFit const*> all;
    std::vector<std::string> families;
    for (auto const& f : fits) {
      if (!f.fit || f.kind != kind || f.precision != precision) continue;
      all.push_back(&f);
      if (!f.device->family.empty() && std::find(families.begin(), families.end(), f.device->family) == families.end()) families.push_back(f.device->family);
    }
    if (all.size() < 2) continue;
    const auto add = [&](std::vector<ClassFit const*> const& from, std::string family) {
      Transfer t;
      t.family = std::move(family);
      t.kind = kind;
      t.precision = precision;
      medians(from, t);
      for (auto const* f : from) t.from.push_back(f->device->id);
      t.family_residuals = from.size() > 1;
      t.ratios = left_out(t.family_residuals ? from : all, depth_ramp);
      out.push_back(std::move(t));
    };
    for (auto const& family : families) {
      std::vector<ClassFit const*> from;
      for (auto const* f : all)
        if (f->device->family == family) from.push_back(f);
      add(from, family);
    }
    add(all, "");
  }
  std::vector<Transfer> stand_ins;
  for (auto const& u : untested)
    for (auto const& t : out) {
      if (t.kind != u.stand_in || !t.family.empty()) continue;
      if (std::any_of(out.begin(), out.end(), [&](Transfer const& o) { return o.kind == u.kind && o.precision == t.precision; })) continue;
      Transfer s = t;
      s.kind = u.kind;
      s.stand_in = true;
      s.ratios = stood_in(fits, u.tested, u.stand_in, depth_ramp);
      if (!s.ratios.empty()) stand_ins.push_back(std::move(s));
    }
  out.insert(out.end(), stand_ins.begin(), stand_ins.end());
  return out;
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

Fit fit(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp, FitStart start) {
  const auto terms = terms_of(rows, device, depth_ramp);
  constexpr std::size_t none = 2;
  const Shares all = search(terms, start, none);
  Fit f;
  f.compute = all.compute, f.bandwidth = all.bandwidth, f.overhead = Time{all.overhead};
  f.overhead_seen = overhead_seen(terms, start);
  const std::array<Shares, 2> halves{search(terms, start, 0), search(terms, start, 1)};
  std::vector<double> errors;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const double time = predicted(terms[i], halves[i % 2]);
    f.ratios.push_back(terms[i].measured / time);
    errors.push_back(std::abs(time / terms[i].measured - 1));
    const double compute = terms[i].compute / all.compute, memory = terms[i].memory / all.bandwidth;
    if (std::max(compute, memory) < all.overhead) continue;
    (compute > memory ? f.compute_seen : f.bandwidth_seen) = true;
    if (terms[i].around > 0 && predicted(terms[i], all) < all.overhead + std::max(compute, memory)) f.bandwidth_seen = true;
  }
  f.median_error = quantile(errors, 0.5);
  return f;
}

std::vector<double> ratios(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp, double compute, double bandwidth, Time overhead) {
  std::vector<double> r;
  for (auto const& t : terms_of(rows, device, depth_ramp)) r.push_back(t.measured / predicted(t, {compute, bandwidth, overhead.raw()}));
  return r;
}

}  // namespace mlsysim::solvers
