#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/validation/operators.hpp"

namespace mlsysim::cli {
namespace {

using solvers::ClassFit;
using solvers::Transfer;

// Fitted once to all measured products, see the source `calibration_fit`.
constexpr double depth_ramp = 32;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::string joined(std::set<std::string> const& words, char const* between) {
  std::string out;
  for (auto const& w : words) out += (out.empty() ? "" : between) + w;
  return out;
}

/// The source of most rows, and what to say of the others.
std::pair<std::string, std::string> source_of(ClassFit const& f) {
  std::map<std::string, std::size_t> rows;
  for (auto const& r : f.rows) ++rows[r.source];
  const auto most = std::max_element(rows.begin(), rows.end(), [](auto const& a, auto const& b) { return a.second < b.second; })->first;
  std::string others;
  for (auto const& [source, n] : rows)
    if (source != most) others += fmt::format(", {} of them from {}", n, source);
  return {most, others};
}

/// One row of a calibration file. A value which no row depends on says so.
std::string row(std::string_view scope, workload::OperatorKind kind, std::optional<workload::Precision> precision, std::optional<workload::Precision> weights, double compute, bool compute_seen, double bandwidth, bool bandwidth_seen, std::optional<double> moving, Time overhead,
                std::vector<double> const& ratios, double shared, std::string_view source, std::string_view note, bool anchored = false) {
  const auto value = [&](std::string const& v, std::string const& why = {}) { return fmt::format("{{value: {}, source: {}{}}}", v, source, why.empty() ? "" : fmt::format(", note: \"{}\"", why)); };
  std::string out = fmt::format("  - {{{}, kind: {}", scope, workload::name(kind));
  if (precision) out += fmt::format(", precision: {}", workload::name(*precision));
  if (weights) out += fmt::format(", weights: {}", workload::name(*weights));
  out += fmt::format(", compute: {}", value(fmt::format("{:.3g}", compute_seen ? compute : 1), std::string(note) + (compute_seen ? "" : "; no row is bound by compute")));
  out += fmt::format(", bandwidth: {}", value(fmt::format("{:.3g}", bandwidth_seen ? bandwidth : 1), std::string(note) + (bandwidth_seen ? "" : "; no row is bound by memory")));
  if (moving) out += fmt::format(", moving: {}", value(fmt::format("{:.3g}", *moving)));
  out += fmt::format(", overhead: {}", value(fmt::format("{:.3g} us", overhead.in(unit<"us">))));
  out += fmt::format(", residuals: {{low: {}, high: {}, rows: {}, shared: {}}}{}}}\n", value(fmt::format("{:.3g}", solvers::quantile(ratios, 0.05))), value(fmt::format("{:.3g}", solvers::quantile(ratios, 0.95))), value(fmt::format("{}", ratios.size())), value(fmt::format("{:.2f}", shared)), anchored ? ", anchored: true" : "");
  return out;
}

/// Rows of classes on devices.
std::string rows_of(std::vector<ClassFit> const& fits, std::string_view device) {
  std::string out;
  for (auto const& f : fits) {
    if (f.device->id != device || !(f.fit || f.anchored)) continue;
    auto const& fit = f.fit ? *f.fit : *f.anchored;
    const auto [source, others] = source_of(f);
    out += row("device: " + f.device->id, f.kind, f.precision, f.weights, fit.compute, fit.compute_seen, fit.bandwidth, fit.bandwidth_seen, fit.moving, fit.overhead, fit.ratios, fit.shared, source,
               f.fit ? fmt::format("{} rows{}, median error {:.1f} %", f.rows.size(), others, 100 * fit.median_error) : fmt::format("{} of the {} rows which a fit needs{}; residuals of devices left out", f.rows.size(), solvers::least_rows, others), !f.fit);
  }
  return out;
}

/// Rows of families, vendors and all devices.
std::string rows_of(std::vector<Transfer> const& transfers) {
  std::string out;
  for (auto const& t : transfers) {
    const auto add = [&](std::string_view scope, std::string const& note) { out += row(scope, t.kind, t.precision, t.weights, t.compute, true, t.bandwidth, true, t.moving, t.overhead, t.ratios, t.shared, "calibration_transfer", note); };
    const std::string few = t.anchored ? ", which have fewer rows than a fit needs" : "";
    if (!t.family.empty()) {
      add("family: " + t.family, fmt::format("median of {}{}{}", joined({t.from.begin(), t.from.end()}, ", "), few, t.own_residuals ? "" : "; residuals of other measured devices"));
      continue;
    }
    if (!t.vendor.empty()) {
      add("vendor: " + t.vendor + ", devices: gpu", fmt::format("median of {} device{}{}{}", t.from.size(), t.from.size() > 1 ? "s" : "", few, t.own_residuals ? "" : "; residuals of other measured devices"));
      continue;
    }
    const std::string note = fmt::format("median of {} devices{}", t.from.size(), t.stand_in ? " in the class which stands in; residuals of the nearest class which was measured, by such shares" : "");
    add("devices: gpu", note);
    add("devices: soc, tier: workstation", note + ", all of them GPUs of their own");
    add("tier: cloud", note + ", all of them GPUs");
  }
  return out;
}

std::string profile(hardware::Device const& device, std::vector<ClassFit> const& fits) {
  std::string out = "# Fitted to measured operators by `mlsysim calibrate`: share of peak and bandwidth and overhead of each class, with the 5-95 % range of\n"
                    "# measured over predicted time of rows which the fit had not seen. Anchored classes have too few rows for a fit: what stands in for the\n"
                    "# device, brought to these rows, with the range of devices left out.\n";
  out += fmt::format("id: {}_operators\nname: Operators measured on {}\ndepth_ramp: {{value: {}, source: calibration_fit}}\noperators:\n", device.id, device.name, depth_ramp);
  return out + rows_of(fits, device.id);
}

std::string class_defaults(std::vector<Transfer> const& transfers) {
  std::string out = "# What stands in for a device without measured operators, by `mlsysim calibrate`: medians over the measured devices of its family, else over\n"
                    "# all of them. Residuals are those of devices left out: what this transfer would have said of a device which was measured.\n";
  out += fmt::format("id: class_defaults\nname: Operators, by family and class\ndepth_ramp: {{value: {}, source: calibration_fit}}\noperators:\n", depth_ramp);
  return out + rows_of(transfers);
}

/// What the kernels of one engine reach, on devices which were measured and on others.
std::string kernels(std::string const& id, std::vector<ClassFit> const& fits, std::vector<Transfer> const& transfers) {
  std::string out = "# Fitted to operators measured in the kernels of one engine by `mlsysim calibrate`: of each device, then medians over the measured devices\n"
                    "# of a family, of a vendor and over all. Engines name this entry; its rows go before those of devices and classes.\n";
  out += fmt::format("id: {}\noperators:\n", id);
  std::set<std::string> devices;
  for (auto const& f : fits) devices.insert(f.device->id);
  for (auto const& d : devices) out += rows_of(fits, d);
  return out + rows_of(transfers);
}

/// Measurements which are fitted together, and what that gives.
struct Group {
  std::string kernels;  ///< entry of the engine to which they belong; empty: of none
  std::vector<solvers::MeasuredDevice> devices;
  std::vector<ClassFit> fits;
  std::vector<Transfer> shared;

  void add(solvers::MeasuredDevice&& d) {
    const auto at = std::find_if(devices.begin(), devices.end(), [&](auto const& known) { return known.device.id == d.device.id; });
    if (at == devices.end()) devices.push_back(std::move(d));
    else at->rows.insert(at->rows.end(), std::make_move_iterator(d.rows.begin()), std::make_move_iterator(d.rows.end()));
  }
  void solve() {
    std::sort(devices.begin(), devices.end(), [](auto const& a, auto const& b) { return a.device.id < b.device.id; });
    fits = solvers::fit_classes(devices, depth_ramp);
    shared = solvers::transfers(fits, depth_ramp);
    solvers::anchor_few(fits, shared, depth_ramp);
  }
  void write(std::filesystem::path const& folder) const {
    if (!kernels.empty()) {
      std::filesystem::create_directories(folder / "kernels");
      io::write_whole((folder / "kernels" / (kernels + ".yaml")).string(), cli::kernels(kernels, fits, shared));
      return;
    }
    std::filesystem::create_directories(folder / "devices");
    for (auto const& d : devices)
      if (std::any_of(fits.begin(), fits.end(), [&](ClassFit const& f) { return (f.fit || f.anchored) && f.device->id == d.device.id; }))
        io::write_whole((folder / "devices" / (d.device.id + "_operators.yaml")).string(), profile(d.device, fits));
    if (!shared.empty()) io::write_whole((folder / "class_defaults.yaml").string(), class_defaults(shared));
  }
};

std::string formats(std::optional<workload::Precision> precision, std::optional<workload::Precision> weights) {
  return (precision ? std::string(workload::name(*precision)) : "any") + (weights ? fmt::format(", {} weights", workload::name(*weights)) : "");
}

/// Lines of the report.
void show(Group const& g, Table& t) {
  const std::string of = g.kernels.empty() ? "" : ", " + g.kernels;
  for (auto const& f : g.fits) {
    std::vector<Cell> r{{0, f.device->id + of}, {0, std::string(workload::name(f.kind))}, {0, formats(f.precision, f.weights)}, {static_cast<double>(f.rows.size()), {}}};
    if (!f.fit) {
      // Too few to fit: what stands in for the device, brought to them, or nothing.
      auto const& a = f.anchored;
      r.insert(r.end(), {{0, a ? fmt::format("{:.3f}", a->compute) : fmt::format("fewer than {} rows", solvers::least_rows)}, {0, a ? fmt::format("{:.3f}", a->bandwidth) : std::string("-")}, {a ? a->overhead.raw() : unknown, {}}, {a ? a->median_error : unknown, {}},
                         {0, a ? "anchored" : "-"}, {0, "-"}});
    } else {
      const auto share = [](double v, bool seen) { return seen ? fmt::format("{:.3f}", v) : std::string("not seen"); };
      r.insert(r.end(), {{0, share(f.fit->compute, f.fit->compute_seen)}, {0, share(f.fit->bandwidth, f.fit->bandwidth_seen)}, {f.fit->overhead.raw(), {}}, {f.fit->median_error, {}},
                         {0, fmt::format("{:.2f}", solvers::quantile(f.fit->ratios, 0.05))}, {0, fmt::format("{:.2f}", solvers::quantile(f.fit->ratios, 0.95))}});
    }
    t.rows.push_back(std::move(r));
  }
  for (auto const& s : g.shared) {
    std::vector<double> errors;
    for (double ratio : s.ratios) errors.push_back(std::abs(1 / ratio - 1));
    t.rows.push_back({{0, (s.anchored ? fmt::format("{}, anchored", s.family + s.vendor) : s.family.empty() && s.vendor.empty() ? "all, one left out" : fmt::format("{}, one left out", s.family + s.vendor)) + of}, {0, std::string(workload::name(s.kind))}, {0, formats(s.precision, s.weights)},
                      {static_cast<double>(s.ratios.size()), {}}, {0, fmt::format("{:.3f}", s.compute)}, {0, fmt::format("{:.3f}", s.bandwidth)}, {s.overhead.raw(), {}}, {solvers::quantile(errors, 0.5), {}},
                      {0, fmt::format("{:.2f}", solvers::quantile(s.ratios, 0.05))}, {0, fmt::format("{:.2f}", solvers::quantile(s.ratios, 0.95))}});
  }
}

}  // namespace

int calibrate(CalibrateOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = common.registries.empty() ? registry::Catalogue() : registry::Catalogue(common.registries);
  std::vector<Group> groups;
  std::vector<Diagnostic> problems;
  for (auto const& file : mapping_files(o.tables, o.data)) {
    const auto before = problems.size();
    auto document = io::read_yaml_file(file, problems);
    if (problems.size() > before) continue;
    const auto mapping = validation::read_mapping(std::move(document), problems);
    // Only what is declared as calibration is ever fitted: a row is either fitted or predicted.
    if (problems.size() > before || (o.tables.empty() && mapping.role != validation::Role::calibration)) continue;
    if (mapping.role != validation::Role::calibration) {
      problems.push_back({173, fmt::format("'{}' is a set of the validation, which nothing is fitted to", mapping.id), {file, 0, 0, 1, {}}, "a row which was fitted says nothing as a prediction", "write `role: calibration` into the mapping if its rows are measured operators"});
      continue;
    }
    const auto table = validation::with_parts(mapping, io::read_csv_file(mapping.table, problems));
    if (problems.size() == before) validation::check_columns(mapping, table, problems);
    if (problems.size() > before) continue;
    auto group = std::find_if(groups.begin(), groups.end(), [&](Group const& g) { return g.kernels == mapping.kernels; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{mapping.kernels, {}, {}, {}});
    for (auto& d : validation::measured_operators(mapping, table, catalogue).devices) group->add(std::move(d));
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  Table t{"fits", "fits", {}, {}};
  t.columns = {{"device", "device", {}, true, false, {}},       {"operators", "operators", {}, true, false, {}}, {"precision", "precision", {}, true, false, {}}, {"rows", "rows", {}, false, false, {}},
               {"compute", "of peak", {}, true, false, {}},     {"bandwidth", "of bandwidth", {}, true, false, {}}, {"overhead", "overhead", Dimension("s"), false, false, {}},
               {"median_error", "median error", {}, false, true, {}}, {"low", "5 %", {}, true, false, {}},        {"high", "95 %", {}, true, false, {}}};
  std::size_t known = 0;
  for (auto& g : groups) {
    g.solve();
    show(g, t);
    known += static_cast<std::size_t>(std::count_if(g.fits.begin(), g.fits.end(), [](ClassFit const& f) { return f.fit.has_value(); }));
    if (!o.write.empty()) g.write(o.write);
  }
  write(t, common);
  return known == 0 ? verdict_no : done;
}

}  // namespace mlsysim::cli
