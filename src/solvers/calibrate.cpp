#include "mlsysim/solvers/calibrate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "mlsysim/solvers/performance.hpp"

namespace mlsysim::solvers {
namespace {

/// An operator under ceilings of one and no overhead: t = overhead + max(compute / share, memory / share), or by minimal filtering, where that is faster,
/// overhead + max(products / share, between / share) + around / share.
struct Part {
  double compute, memory;
  bool moves = false;  ///< rows around products
  double launch = 0;   ///< of a product behind a kernel which converts its input: rows cannot tell the two, and only the conversion takes what is fitted
  bool has_filter = false;
  double products = 0, between = 0, around = 0;
};

/// A row: the operators which were timed together.
struct Terms {
  std::vector<Part> parts;
  double measured;
};

std::vector<Terms> terms_of(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp) {
  Ledger quiet;
  Calibration ideal;
  ideal.depth_ramp = Real{depth_ramp, {}};
  std::vector<Terms> terms;
  if (rows.empty()) return terms;
  const EfficiencyModel model(ideal, device, rows[0].compute(), {}, quiet);
  Efficiency e = model.of(rows[0].kind());
  e.dispatch = {};
  const EfficiencyModel bare = model.with(rows[0].kind(), e);
  for (auto const& row : rows) {
    Terms& t = terms.emplace_back(Terms{{}, row.time.raw()});
    for (auto const& op : row.operators) {
      workload::Operator direct = op;
      direct.blocks = 0;
      const auto p = price({direct}, device, bare, {{1, {}}, {1, {}}, {1, {}}}, quiet);
      Part& part = t.parts.emplace_back(Part{p.operators[0].compute_time.value.raw(), p.operators[0].memory_time.value.raw(), !op.matrix && (op.kind == workload::OperatorKind::gemm || op.kind == workload::OperatorKind::grouped_gemm)});
      auto const& memory = device.memory.main().level->bandwidth;
      if (const auto f = memory && op.blocks > 0 ? filtered(op, peak_for(device, op.compute, true, quiet), device, e, quiet) : std::nullopt)
        part.has_filter = true, part.products = f->compute.value.raw(), part.between = (f->products.value / memory->value).raw(), part.around = (f->transforms.value / memory->value).raw();
    }
    // Dense products of engines read what the kernel before has converted: the conversion is no part of them.
    if (row.kind() == workload::OperatorKind::gemm && row.operators.size() > 1)
      for (auto& part : t.parts)
        if (!part.moves) part.launch = FitStart{}.overhead.raw();
  }
  return terms;
}

/// Without filtering.
double direct(Part const& p, Shares const& s) { return p.moves ? p.memory / s.moving : std::max(p.compute / s.compute, p.memory / s.bandwidth); }

double predicted(Part const& p, Shares const& s) {
  const double overhead = p.launch > 0 ? p.launch : s.overhead.raw();
  if (!p.has_filter) return overhead + direct(p, s);
  return overhead + std::min(direct(p, s), std::max(p.products / s.compute, p.between / s.bandwidth) + p.around / s.bandwidth);
}
double predicted(Terms const& t, Shares const& s) {
  double all = 0;
  for (auto const& p : t.parts) all += predicted(p, s);
  return all;
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
  const auto brief = std::count_if(terms.begin(), terms.end(), [&](Terms const& t) {
    double explained = 0;
    for (auto const& p : t.parts) explained += std::max(p.compute, p.memory);
    return t.measured < 10 * start.overhead.raw() * static_cast<double>(t.parts.size()) || explained < 0.1 * t.measured;
  });
  return 8 * static_cast<std::size_t>(brief) >= terms.size();
}

/// Which values a search may change.
struct Free {
  bool compute = true, bandwidth = true, overhead = true, moving = false;
};

bool any_moves(std::vector<Terms> const& terms) {
  return std::any_of(terms.begin(), terms.end(), [](Terms const& t) { return std::any_of(t.parts.begin(), t.parts.end(), [](Part const& p) { return p.moves; }); });
}

// Products and what moves their rows both take longer with every token, so that rows hardly tell their shares apart. Grouped products reach no more of the
// peak than dense ones, 0.71 to 0.79 of it in bf16 on the data-centre GPUs which were measured.
constexpr double most_grouped = 0.8;

Shares search(std::vector<Terms> const& terms, FitStart const& start, std::size_t without, Free const& free) {
  Shares best{start.compute, start.bandwidth, start.overhead, start.moving};
  double least = loss(terms, best, without);
  for (double compute : {1.0, 0.5})
    for (double bandwidth : {1.0, 0.5})
      for (double overhead : {0.5, 2.0}) {
        Shares at{start.compute * (free.compute ? compute : 1), start.bandwidth * (free.bandwidth ? bandwidth : 1), start.overhead * (free.overhead ? overhead : 1), start.moving};
        double here = loss(terms, at, without);
        for (double step = 0.3; step > 0.004;) {
          bool better = false;
          const auto attempt = [&](bool may, auto&& change) {
            if (!may) return;
            for (double sign : {-1.0, 1.0}) {
              Shares next = at;
              change(next, std::exp(sign * step));
              if (const double there = loss(terms, next, without); there < here * (1 - 1e-9)) at = next, here = there, better = true;
            }
          };
          attempt(free.compute, [&](Shares& s, double f) { s.compute = std::min(s.compute * f, free.moving ? most_grouped : 1.0); });
          attempt(free.bandwidth, [](Shares& s, double f) { s.bandwidth = std::min(s.bandwidth * f, 1.0); });
          attempt(free.overhead, [](Shares& s, double f) { s.overhead *= f; });
          attempt(free.moving, [](Shares& s, double f) { s.moving = std::min(s.moving * f, 1.0); });
          if (!better) step /= 2;
        }
        if (here < least * (1 - 1e-6)) best = at, least = here;
      }
  return best;
}

/// Classes which only move data reach the same share whatever the width of a value.
bool moves_only(workload::OperatorKind k) {
  using workload::OperatorKind;
  return k == OperatorKind::normalization || k == OperatorKind::elementwise || k == OperatorKind::activation || k == OperatorKind::pooling || k == OperatorKind::embedding;
}

/// fp16 and bf16 run on the same units at the same rate.
workload::Precision same_rate(workload::Precision p) { return p == workload::Precision::fp16 ? workload::Precision::bf16 : p; }

double median_or(std::vector<double> values, double otherwise) { return values.empty() ? otherwise : quantile(std::move(values), 0.5); }

Shares shares_of(Transfer const& t) { return {t.compute, t.bandwidth, t.overhead, t.moving.value_or(1)}; }

/// Medians of the fits: of each value over those which saw it.
void medians(std::vector<ClassFit const*> const& fits, Transfer& t) {
  std::vector<double> compute, bandwidth, overhead, moving;
  for (auto const* f : fits) {
    Fit const& known = f->fit ? *f->fit : *f->anchored;
    if (known.compute_seen) compute.push_back(known.compute);
    if (known.bandwidth_seen) bandwidth.push_back(known.bandwidth);
    if (known.overhead_seen) overhead.push_back(known.overhead.raw());
    if (known.moving) moving.push_back(*known.moving);
  }
  // What few of the devices saw holds for them, not for the class.
  if (2 * compute.size() >= fits.size()) t.compute = median_or(std::move(compute), 1);
  if (2 * bandwidth.size() >= fits.size()) t.bandwidth = median_or(std::move(bandwidth), 1);
  if (!moving.empty()) t.moving = quantile(std::move(moving), 0.5);
  t.overhead = Time{median_or(std::move(overhead), FitStart{}.overhead.raw())};
}

/// Which rows one pass could hold: of one device with as many rows m, since all products of a pass multiply the same tokens. Networks of convolutions
/// have as many m as layers: what those have in common is the kernel, by filtering or not. Where few rows share either, the groups are the devices.
class Passes {
 public:
  void add(hardware::Device const* device, Measurement const& row) {
    const auto product = std::find_if(row.operators.begin(), row.operators.end(), [](workload::Operator const& o) { return o.is_product(); });
    auto const& op = product != row.operators.end() ? *product : row.operators.front();
    rows_.emplace_back(place(devices_, device), op.kind == workload::OperatorKind::convolution ? double(op.blocks > 0) : op.kind == workload::OperatorKind::grouped_gemm ? op.m * op.batch : op.m);
  }
  std::vector<std::size_t> groups() const {
    std::vector<std::pair<std::size_t, double>> known;
    std::vector<std::size_t> by_pass, by_device, members;
    for (auto const& row : rows_) {
      by_device.push_back(row.first), by_pass.push_back(place(known, row));
      members.resize(known.size());
      ++members[by_pass.back()];
    }
    const auto together = std::count_if(by_pass.begin(), by_pass.end(), [&](std::size_t g) { return members[g] > 1; });
    return 2 * static_cast<std::size_t>(together) >= rows_.size() ? by_pass : by_device;
  }

 private:
  template <class T>
  static std::size_t place(std::vector<T>& known, T const& value) {
    const auto at = std::find(known.begin(), known.end(), value);
    if (at != known.end()) return static_cast<std::size_t>(at - known.begin());
    known.push_back(value);
    return known.size() - 1;
  }
  std::vector<hardware::Device const*> devices_;
  std::vector<std::pair<std::size_t, double>> rows_;
};

/// What devices left out were off by.
struct LeftOut {
  std::vector<double> ratios;
  Passes passes;
  double shared() const { return shared_variance(ratios, passes.groups()); }
};

/// Ratios of the rows of `tested` by the medians of those of `fits` of which `stands_in(tested, other)` holds, where these are at least `least` devices.
/// \param long_ones only rows which the medians expect to take longer than launching
template <class Predicate>
LeftOut left_out(std::vector<ClassFit const*> const& tested, std::vector<ClassFit const*> const& fits, double depth_ramp, std::size_t least, bool long_ones, Predicate stands_in) {
  LeftOut all;
  for (auto const* f : tested) {
    std::vector<ClassFit const*> others;
    for (auto const* g : fits)
      if (stands_in(*f, *g)) others.push_back(g);
    if (others.size() < least) continue;
    Transfer t;
    medians(others, t);
    const auto r = ratios(f->rows, *f->device, depth_ramp, shares_of(t));
    for (std::size_t i = 0; i < r.size(); ++i)
      if (!long_ones || f->rows[i].time / r[i] > 2 * t.overhead) all.ratios.push_back(r[i]), all.passes.add(f->device, f->rows[i]);
  }
  return all;
}

bool another_device(ClassFit const& a, ClassFit const& b) { return a.device->id != b.device->id; }
bool another_vendor(ClassFit const& a, ClassFit const& b) { return a.device->vendor != b.device->vendor; }

/// Ratios of every device's rows of one class by what the other devices reach in another: what a stand-in would have said.
LeftOut stood_in(std::vector<ClassFit> const& fits, workload::OperatorKind tested, workload::OperatorKind stand_in, double depth_ramp) {
  LeftOut all;
  for (auto const& f : fits) {
    if (!f.fit || f.kind != tested || f.weights) continue;
    std::vector<ClassFit const*> others;
    for (auto const& g : fits)
      if (g.fit && g.kind == stand_in && !g.weights && (!g.precision || g.precision == f.precision) && g.device->id != f.device->id) others.push_back(&g);
    if (others.empty()) continue;
    Transfer t;
    medians(others, t);
    const auto r = ratios(f.rows, *f.device, depth_ramp, shares_of(t));
    for (std::size_t i = 0; i < r.size(); ++i) all.ratios.push_back(r[i]), all.passes.add(f.device, f.rows[i]);
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
      if (!moves_only(row.kind())) precision = same_rate(row.compute());
      auto at = std::find_if(fits.begin() + static_cast<std::ptrdiff_t>(first), fits.end(), [&](ClassFit const& f) { return f.kind == row.kind() && f.precision == precision && f.weights == row.weights; });
      if (at == fits.end()) {
        fits.push_back({&d.device, row.kind(), precision, row.weights, {}, {}, {}});
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
  std::vector<ClassFit const*> classes;  // the first fit of each
  const auto same_class = [](ClassFit const& a, ClassFit const& b) { return a.kind == b.kind && a.precision == b.precision && a.weights == b.weights; };
  for (auto const& f : fits)
    if (f.fit && std::none_of(classes.begin(), classes.end(), [&](ClassFit const* c) { return same_class(*c, f); })) classes.push_back(&f);
  for (auto const* each : classes) {
    const auto kind = each->kind;
    const auto precision = each->precision;
    std::vector<ClassFit const*> all, rows;  // fitted ones, and whatever was measured
    std::vector<std::string> families, vendors;
    const auto once = [](std::vector<std::string>& names, std::string const& name) {
      if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    for (auto const& f : fits) {
      if (!same_class(f, *each)) continue;
      rows.push_back(&f);
      if (!f.fit) continue;
      all.push_back(&f);
      once(families, f.device->family);
      if (f.device->kind == hardware::DeviceKind::gpu) once(vendors, f.device->vendor);
    }
    if (all.size() < 2) continue;
    // For a device of another vendor, what devices of other vendors would have said of those measured. Launching is a matter of each vendor's driver,
    // so that short operators would measure nothing else.
    auto strangers = left_out(rows, all, depth_ramp, 2, true, another_vendor);
    if (strangers.ratios.size() < least_rows) strangers = left_out(all, all, depth_ramp, 1, false, another_device);
    const auto group = [&](auto&& belongs) {
      std::vector<ClassFit const*> from;
      for (auto const* f : all)
        if (belongs(*f->device)) from.push_back(f);
      return from;
    };
    const auto add = [&](std::vector<ClassFit const*> const& from, std::string family, std::string vendor, LeftOut residuals, bool own) {
      Transfer t;
      t.family = std::move(family);
      t.vendor = std::move(vendor);
      t.kind = kind;
      t.precision = precision;
      t.weights = each->weights;
      medians(from, t);
      for (auto const* f : from) t.from.push_back(f->device->id);
      t.own_residuals = own;
      t.shared = residuals.shared();
      t.ratios = std::move(residuals.ratios);
      out.push_back(std::move(t));
    };
    const auto of_vendor = [&](std::string const& vendor) { return group([&](hardware::Device const& d) { return d.vendor == vendor && d.kind == hardware::DeviceKind::gpu; }); };
    for (auto const& family : families) {
      const auto from = group([&](hardware::Device const& d) { return d.family == family; });
      if (from.size() > 1) {
        add(from, family, {}, left_out(from, from, depth_ramp, 1, false, another_device), true);
      } else {
        const auto kin = of_vendor(from[0]->device->vendor);
        add(from, family, {}, kin.size() > 1 ? left_out(kin, kin, depth_ramp, 1, false, another_device) : strangers, false);
      }
    }
    if (vendors.size() > 1)
      for (auto const& vendor : vendors) {
        const auto from = of_vendor(vendor);
        add(from, {}, vendor, from.size() > 1 ? left_out(from, from, depth_ramp, 1, false, another_device) : strangers, from.size() > 1);
      }
    add(all, {}, {}, strangers, true);
  }
  // Devices of one family say little of another: beyond it, the spread is that of the class at another precision, or of the class which was tested instead.
  const auto family_of = [&](std::string const& id) { return std::find_if(fits.begin(), fits.end(), [&](ClassFit const& f) { return f.device->id == id; })->device->family; };
  const auto one_family = [&](Transfer const& t) {
    return std::all_of(t.from.begin(), t.from.end(), [&](std::string const& id) { return !family_of(id).empty() && family_of(id) == family_of(t.from.front()); });
  };
  for (auto& t : out) {
    if (!t.family.empty() || !one_family(t)) continue;
    const auto wider = std::find_if(out.begin(), out.end(), [&](Transfer const& o) { return o.kind == t.kind && o.family.empty() && o.vendor.empty() && o.precision != t.precision && !one_family(o); });
    const auto tested = std::find_if(std::begin(untested), std::end(untested), [&](Untested const& u) { return u.kind == t.kind; });
    if (wider != out.end()) {
      t.ratios = wider->ratios, t.shared = wider->shared, t.own_residuals = false;
    } else if (tested != std::end(untested)) {
      auto residuals = stood_in(fits, tested->tested, tested->stand_in, depth_ramp);
      if (residuals.ratios.empty()) continue;
      t.shared = residuals.shared(), t.ratios = std::move(residuals.ratios), t.own_residuals = false;
    }
  }
  std::vector<Transfer> stand_ins;
  for (auto const& u : untested)
    for (auto const& t : out) {
      if (t.kind != u.stand_in || !t.family.empty() || !t.vendor.empty()) continue;
      if (std::any_of(out.begin(), out.end(), [&](Transfer const& o) { return o.kind == u.kind && o.precision == t.precision; }) || t.weights) continue;
      Transfer s = t;
      s.kind = u.kind;
      s.stand_in = true;
      auto residuals = stood_in(fits, u.tested, u.stand_in, depth_ramp);
      s.shared = residuals.shared();
      s.ratios = std::move(residuals.ratios);
      if (!s.ratios.empty()) stand_ins.push_back(std::move(s));
    }
  out.insert(out.end(), stand_ins.begin(), stand_ins.end());
  return out;
}

namespace {

/// What stands in for a device in a class: of its family, of its vendor's GPUs, of all, at this precision or else at 16 bits, whose kernels are built alike.
Transfer const* stands_in(std::vector<Transfer> const& known, ClassFit const& f) {
  auto const& d = *f.device;
  auto const& precision = f.precision;
  Transfer const* best = nullptr;
  int most = 0;
  for (auto const& t : known) {
    const bool same = t.precision == precision, near = precision && t.precision == workload::Precision::bf16 && *precision != workload::Precision::fp32;
    if (t.kind != f.kind || t.weights != f.weights || t.stand_in || !(same || near)) continue;
    if (!t.family.empty() && t.family != d.family) continue;
    if (!t.vendor.empty() && (t.vendor != d.vendor || d.kind != hardware::DeviceKind::gpu)) continue;
    const int score = 4 * same + (!t.family.empty() ? 3 : !t.vendor.empty() ? 2 : 1);
    if (score > most) most = score, best = &t;
  }
  return best;
}

}  // namespace

void anchor_few(std::vector<ClassFit>& fits, std::vector<Transfer>& known, double depth_ramp) {
  const std::vector<Transfer> fitted = known;
  std::vector<Transfer> more;
  for (auto& f : fits) {
    if (f.fit || f.rows.empty()) continue;
    Transfer const* const base = stands_in(fitted, f);
    if (!base) continue;
    // Streams which are not several times the last cache find it warm, and say nothing of the memory behind it.
    auto rows = f.rows;
    if (auto const level = f.device->memory.cache().level; level && moves_only(f.kind)) std::erase_if(rows, [&](Measurement const& r) { return r.operators.front().bytes() < 4 * level->capacity().value; });
    if (rows.empty()) continue;
    f.anchored = anchor(rows, *f.device, depth_ramp, {base->compute, base->bandwidth, base->overhead, base->moving.value_or(FitStart{}.moving)});
    f.anchored->ratios = base->ratios, f.anchored->shared = base->shared;
  }
  const auto add = [&](ClassFit const& like, std::string const& family, std::string const& vendor) {
    const auto same = [&](Transfer const& t) { return t.kind == like.kind && t.precision == like.precision && t.weights == like.weights && t.family == family && t.vendor == vendor; };
    const auto fits_itself = [&](ClassFit const& f) { return f.fit && f.kind == like.kind && f.precision == like.precision && f.weights == like.weights && f.device->vendor == vendor; };
    if (std::any_of(known.begin(), known.end(), same) || std::any_of(more.begin(), more.end(), same) || std::any_of(fits.begin(), fits.end(), fits_itself)) return;
    Transfer t;
    t.family = family, t.vendor = vendor, t.kind = like.kind, t.precision = like.precision, t.weights = like.weights;
    t.anchored = true, t.own_residuals = false;
    auto const& base = *stands_in(fitted, like);
    t.ratios = base.ratios, t.shared = base.shared;
    std::vector<ClassFit const*> from;
    for (auto const& f : fits)
      if (f.anchored && f.kind == like.kind && f.precision == like.precision && f.weights == like.weights && (family.empty() ? f.device->vendor == vendor && f.device->kind == hardware::DeviceKind::gpu : f.device->family == family)) from.push_back(&f), t.from.push_back(f.device->id);
    medians(from, t);
    more.push_back(std::move(t));
  };
  for (auto const& f : fits) {
    if (!f.anchored) continue;
    if (!f.device->family.empty()) add(f, f.device->family, {});
    if (f.device->kind == hardware::DeviceKind::gpu) add(f, {}, f.device->vendor);
  }
  known.insert(known.end(), more.begin(), more.end());
}

double shared_variance(std::span<const double> ratios, std::span<const std::size_t> groups) {
  struct Group {
    double n = 0, sum = 0, squares = 0;
  };
  std::vector<Group> all;
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    if (groups[i] >= all.size()) all.resize(groups[i] + 1);
    const double x = std::log(ratios[i]);
    ++all[groups[i]].n, all[groups[i]].sum += x, all[groups[i]].squares += x * x;
  }
  std::erase_if(all, [](Group const& g) { return g.n < 2; });
  if (all.size() < 2) return 0;
  double n = 0, sum = 0, within = 0, sizes = 0;
  for (auto const& g : all) n += g.n, sum += g.sum, sizes += g.n * g.n, within += g.squares - g.sum * g.sum / g.n;
  double between = 0;
  for (auto const& g : all) between += g.n * (g.sum / g.n - sum / n) * (g.sum / g.n - sum / n);
  const double count = static_cast<double>(all.size());
  const double of_members = within / (n - count);
  const double of_groups = (between / (count - 1) - of_members) / ((n - sizes / n) / (count - 1));
  return of_groups > 0 ? of_groups / (of_groups + of_members) : 0;
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
  const bool free = overhead_seen(terms, start);
  const Free axes{true, true, free, any_moves(terms)};
  const Shares all = search(terms, start, none, axes);
  Fit f;
  f.compute = all.compute, f.bandwidth = all.bandwidth, f.overhead = all.overhead;
  if (axes.moving) f.moving = all.moving;
  f.overhead_seen = free;
  if (terms.front().parts.front().moves && terms.front().parts.back().launch > 0) f.overhead = FitStart{}.overhead, f.overhead_seen = false;
  const std::array<Shares, 2> halves{search(terms, start, 0, axes), search(terms, start, 1, axes)};
  std::vector<double> errors;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const double time = predicted(terms[i], halves[i % 2]);
    f.ratios.push_back(terms[i].measured / time);
    errors.push_back(std::abs(time / terms[i].measured - 1));
    for (auto const& p : terms[i].parts) {
      if (p.moves || direct(p, all) < all.overhead.raw()) continue;
      (p.compute / all.compute > p.memory / all.bandwidth ? f.compute_seen : f.bandwidth_seen) = true;
      if (p.around > 0 && predicted(p, all) < all.overhead.raw() + direct(p, all)) f.bandwidth_seen = true;
    }
  }
  f.median_error = quantile(errors, 0.5);
  Passes passes;
  for (auto const& row : rows) passes.add(&device, row);
  f.shared = shared_variance(f.ratios, passes.groups());
  return f;
}

Fit anchor(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp, FitStart start) {
  const auto terms = terms_of(rows, device, depth_ramp);
  constexpr std::size_t none = 2;
  // A share is only brought to rows which it binds, as things stand: two values explain a few rows in many ways.
  Free free{false, false, 4 * rows.size() >= least_rows && overhead_seen(terms, start), false};
  for (auto const& t : terms)
    for (auto const& p : t.parts) p.moves ? free.moving = true : (p.compute / start.compute > p.memory / start.bandwidth ? free.compute : free.bandwidth) = true;
  const Shares all = search(terms, start, none, free);
  Fit f;
  f.compute = all.compute, f.bandwidth = all.bandwidth, f.overhead = all.overhead;
  if (any_moves(terms)) f.moving = all.moving;
  // What the rows do not show is what stands in: seen elsewhere.
  f.compute_seen = f.bandwidth_seen = f.overhead_seen = true;
  std::vector<double> errors;
  for (auto const& t : terms) errors.push_back(std::abs(predicted(t, all) / t.measured - 1));
  f.median_error = quantile(errors, 0.5);
  return f;
}

std::vector<double> ratios(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp, Shares const& shares) {
  std::vector<double> r;
  for (auto const& t : terms_of(rows, device, depth_ramp)) r.push_back(t.measured / predicted(t, shares));
  return r;
}

}  // namespace mlsysim::solvers
