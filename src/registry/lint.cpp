#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/hardware/device.hpp"
#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/units/math.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::registry {
namespace {

using hardware::Device;
using hardware::Precision;
using Peaks = EnumMap<Precision, Sourced<ComputeRate>>;

constexpr std::string_view device_rules[] = {"fp8_bf16_ratio", "int8_fp16_ratio",   "fp16_bf16_ratio",      "tf32_bf16_ratio", "sparse_dense_ratio", "bus_bandwidth",
                                             "macs_peak",      "units_peak",        "efficiency_plausible", "one_sku",         "reported_capacity",  "neighbour_outlier"};

Precision precision(std::size_t i) { return static_cast<Precision>(i); }
constexpr std::size_t precision_count = workload::precision_names.size();

/// Adds a finding, excused if the device says why it breaks the rule.
void say(std::vector<Finding>& out, Device const& d, std::string_view rule, std::string message) {
  const auto excuses = [&](hardware::LintException const& e) { return e.rule == rule && !e.note.empty(); };
  out.push_back({std::string(rule), d.id, std::move(message), std::any_of(d.lint_exceptions.begin(), d.lint_exceptions.end(), excuses)});
}

/// Every number of gigabytes which a text speaks of: `80 GB`, `96GB`, `40/80 GB`.
std::vector<double> capacities_in(std::string_view text) {
  std::vector<double> found;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end == i || end - i > 4) {
      i = std::max(end, i + 1);
      continue;
    }
    const double number = std::stod(std::string(text.substr(i, end - i)));
    std::size_t unit = end;
    while (unit < text.size() && (text[unit] == ' ' || text[unit] == '_' || text[unit] == '-')) ++unit;
    const bool gigabytes = normalised(text.substr(unit, 2)) == "gb" && (unit + 2 >= text.size() || normalised(text.substr(unit + 2, 1)).find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos);
    const bool another = end < text.size() && text[end] == '/' && end + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[end + 1]));
    if (gigabytes || (another && capacities_in(text.substr(end + 1)).size() == 1)) found.push_back(number);
    i = end;
  }
  return found;
}

/// Checks one device; every rule says what it compares and by how much it misses.
class DeviceLint {
 public:
  DeviceLint(Device const& d, std::vector<Finding>& out) : d_{d}, out_{out} {}

  void run() {
    // Tensor units double their rate with each halving of the format.
    ratio("fp8_bf16_ratio", Precision::fp8, Precision::bf16, 2);
    ratio("int8_fp16_ratio", Precision::int8, Precision::fp16, 2);
    ratio("fp16_bf16_ratio", Precision::fp16, Precision::bf16, 1);
    ratio("tf32_bf16_ratio", Precision::tf32, Precision::bf16, 0.5);
    for (std::size_t i = 0; i < precision_count; ++i) {
      const auto p = precision(i);
      if (d_.sparse_peak[p] && d_.peak[p]) within("sparse_dense_ratio", d_.sparse_peak[p]->value / d_.peak[p]->value, 2, 0.02, fmt::format("sparse {0} : dense {0}", workload::precision_names[i]));
    }
    buses();
    clocked_peaks();
    efficiency();
    one_sku();
    reported_capacity();
    exceptions();
  }

 private:
  void within(std::string_view rule, double have, double want, double tolerance, std::string const& what) {
    if (std::abs(have / want - 1) > tolerance) say(out_, d_, rule, fmt::format("{} is {:.3g}, usually {:.3g}", what, have, want));
  }
  void ratio(std::string_view rule, Precision a, Precision b, double want) {
    auto const& peaks = d_.peak;
    if (peaks[a] && peaks[b]) within(rule, peaks[a]->value / peaks[b]->value, want, 0.02, fmt::format("{} : {}", workload::name(a), workload::name(b)));
  }

  /// A bandwidth is what its pins carry.
  void buses() {
    auto const& m = d_.memory;
    for (auto const* level : {&m.hbm, &m.gddr, &m.lpddr, &m.dram}) {
      if (!*level || !(*level)->bandwidth || !(*level)->bus_width || !(*level)->pin_rate) continue;
      const double pins = (*level)->bus_width->value.in(unit<"bit">);
      within("bus_bandwidth", (*level)->bandwidth->value / (pins * (*level)->pin_rate->value), 1, 0.02, "bandwidth : bus width x pin rate");
    }
  }

  /// A peak is units x clock x what a unit does per cycle; where a GPU does not say the latter, it is a power of two.
  void clocked_peaks() {
    if (!d_.compute || !d_.compute->units || !d_.compute->clock) return;
    for (std::size_t i = 0; i < precision_count; ++i) {
      const auto p = precision(i);
      if (!d_.peak[p]) continue;
      const ComputeRate one = 2 * d_.compute->units->value * d_.compute->clock->value * unit<"FLOP">;
      const double macs = d_.peak[p]->value / one;
      if (auto const& stated = d_.compute->macs_per_cycle[p]) {
        within("macs_peak", macs / stated->value, 1, 0.05, fmt::format("{} peak : 2 x units x MAC/cycle x clock", workload::precision_names[i]));
      } else if (d_.kind == hardware::DeviceKind::gpu && (p == Precision::bf16 || p == Precision::fp16)) {
        const double power = std::exp2(std::round(std::log2(macs)));
        within("units_peak", macs / power, 1, 0.12, fmt::format("{} MAC per unit and cycle : the next power of two", workload::precision_names[i]));
      }
    }
  }

  /// Peaks per watt between what the slowest and the fastest known silicon of a tier reaches; a slipped prefix leaves the band.
  void efficiency() {
    if (!d_.power.tdp) return;
    // Of the 8-bit formats and wider: a 4-bit peak would hide a slip in the others.
    ComputeRate best{};
    for (auto p : {Precision::bf16, Precision::fp16, Precision::int8, Precision::fp32})
      if (d_.peak[p]) best = max(best, d_.peak[p]->value);
    if (!(best > ComputeRate{})) return;
    const double per_joule = (best / d_.power.tdp->value).in(unit<"GFLOP/J">);
    struct Band {
      hardware::Tier tier;
      double low, high;
    };
    static constexpr Band bands[] = {{hardware::Tier::cloud, 10, 8000}, {hardware::Tier::workstation, 5, 6000}, {hardware::Tier::mobile, 5, 20000}, {hardware::Tier::edge, 0.5, 20000}, {hardware::Tier::tiny, 0.1, 20000}};
    for (auto const& b : bands)
      if (b.tier == d_.tier && (per_joule < b.low || per_joule > b.high))
        say(out_, d_, "efficiency_plausible", fmt::format("{:.3g} GFLOP per joule of TDP; this tier lies between {} and {}", per_joule, b.low, b.high));
  }

  /// Figures of two products in one entry.
  void one_sku() {
    bool pcie = false, module = false;
    std::vector<double> capacities;
    // Labels of one product differ by what its makers count as usable.
    constexpr double same = 0.08;
    const auto look = [&](std::string_view text) {
      const std::string name = normalised(text);
      pcie = pcie || name.find("pcie") != name.npos;
      module = module || name.find("sxm") != name.npos || name.find("oam") != name.npos;
      for (double c : capacities_in(text))
        if (std::none_of(capacities.begin(), capacities.end(), [c](double known) { return std::abs(c / known - 1) < same; })) capacities.push_back(c);
    };
    look(d_.id), look(d_.name);
    for (auto const& a : d_.aliases) look(a);
    if (pcie && module) say(out_, d_, "one_sku", "its names speak of a PCIe card and of a module");
    if (capacities.size() > 1) say(out_, d_, "one_sku", fmt::format("its names speak of {} and of {} GB", capacities[0], capacities[1]));
    const auto memory = d_.memory.main();
    if (capacities.size() == 1 && memory.level) {
      const double have = memory.level->marketed.value.in(unit<"GB">);
      within("one_sku", have / capacities[0], 1, same, fmt::format("marketed {} : the capacity in its name", memory.name));
    }
    // Passive cards in servers end at 600 W; modules go on.
    if (pcie && d_.power.tdp && d_.power.tdp->value > 600 * unit<"W">) say(out_, d_, "one_sku", "a PCIe card does not draw more than 600 W: figures of a module are mixed in");
  }

  /// Drivers show less than the label by what is reserved, or more where the label counts in powers of two.
  void reported_capacity() {
    auto const& m = d_.memory;
    for (auto const* level : {&m.hbm, &m.gddr, &m.lpddr, &m.dram})
      if (*level && (*level)->reported) within("reported_capacity", (*level)->reported->value / (*level)->marketed.value, 1, 0.15, "reported : marketed capacity");
  }

  void exceptions() {
    for (auto const& e : d_.lint_exceptions)
      if (std::find(std::begin(device_rules), std::end(device_rules), e.rule) == std::end(device_rules)) out_.push_back({"unknown_rule", d_.id, fmt::format("an exception from '{}', which is no rule", e.rule), false});
  }

  Device const& d_;
  std::vector<Finding>& out_;
};

/// A peak per watt, or a main memory's bandwidth per watt, which is more than ten times off the median of its neighbours is a slip of the prefix.
class NeighbourLint {
 public:
  NeighbourLint(std::vector<Device> const& devices, std::vector<Finding>& out) : devices_{devices}, out_{out} {}

  void run() {
    for (auto const& d : devices_) {
      if (!d.power.tdp) continue;
      for (std::size_t i = 0; i < precision_count; ++i) {
        const auto p = precision(i);
        // What follows from units, clock and instruction set needs no neighbours.
        if (!d.peak[p] || (d.compute && d.compute->macs_per_cycle[p])) continue;
        const auto per_watt = [p](Device const& o) { return o.peak[p] ? (o.peak[p]->value / o.power.tdp->value).raw() : 0.0; };
        compare(d, per_watt, fmt::format("{} per watt", workload::precision_names[i]));
      }
      compare(d, bandwidth_per_watt, "memory bandwidth per watt");
    }
  }

 private:
  static double bandwidth_per_watt(Device const& d) {
    // Memories on the chip are another kind of thing.
    const auto memory = d.memory.main();
    return memory.level && memory.name != "sram" && memory.level->bandwidth ? (memory.level->bandwidth->value / d.power.tdp->value).raw() : 0.0;
  }

  template <class Value>
  void compare(Device const& d, Value const& value, std::string const& what) {
    if (value(d) <= 0) return;
    const auto family = [&](Device const& o) { return !d.family.empty() && o.family == d.family; };
    const auto peers = [&](Device const& o) { return o.tier == d.tier && o.year && d.year && std::abs(o.year->value - d.year->value) <= 1; };
    compare_within(d, value, what, family, 2, "family");
    if (d.tier == hardware::Tier::cloud || d.tier == hardware::Tier::workstation) compare_within(d, value, what, peers, 5, "tier and years");
  }

  template <class Value, class Group>
  void compare_within(Device const& d, Value const& value, std::string const& what, Group const& in_group, std::size_t least, char const* group) {
    std::vector<double> others;
    for (auto const& o : devices_)
      if (o.id != d.id && o.power.tdp && in_group(o) && value(o) > 0) others.push_back(value(o));
    if (others.size() < least) return;
    std::sort(others.begin(), others.end());
    const double factor = value(d) / others[others.size() / 2];
    if (factor > 10 || factor < 0.1) say(out_, d, "neighbour_outlier", fmt::format("{} is {:.2g} times the median of its {}", what, factor, group));
  }

  std::vector<Device> const& devices_;
  std::vector<Finding>& out_;
};

}  // namespace

std::vector<Finding> lint(Catalogue const& catalogue) {
  std::vector<Finding> out;
  std::vector<Device> devices;
  std::vector<Diagnostic> unreadable;
  const auto entry = [&](Entry const& e) {
    Ledger ledger;
    if (e.kind == EntryKind::price) {
      const auto price = catalogue.read<infrastructure::Price>(e, ledger);
      Entry const* device = catalogue.entry(EntryKind::hardware, price.device);
      if (!price.device.empty() && (!device || device->id != price.device)) out.push_back({"price_device", std::string(e.id), fmt::format("'{}' is the id of no device", price.device), false});
    } else if (e.kind == EntryKind::hardware) {
      devices.push_back(catalogue.read<Device>(e, ledger));
      DeviceLint(devices.back(), out).run();
    } else {
      (void)facts_of(catalogue, e);
    }
  };
  for (auto const& e : catalogue.entries()) try {
      entry(e);
    } catch (InputError const& error) {
      unreadable.insert(unreadable.end(), error.problems().begin(), error.problems().end());
    }
  if (!unreadable.empty()) throw InputError(std::move(unreadable));
  NeighbourLint(devices, out).run();
  return out;
}

}  // namespace mlsysim::registry
