#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/hardware/device.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/units/math.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::registry {
namespace {

using hardware::Device;
using hardware::Precision;

/// Checks one device; every rule says what it compares and by how much it misses.
class DeviceLint {
 public:
  DeviceLint(Device const& d, std::vector<Finding>& out) : d_{d}, out_{out} {}

  void run() {
    ratio("fp8_bf16_ratio", d_.peak, Precision::fp8, Precision::bf16, 2);
    ratio("int8_fp16_ratio", d_.peak, Precision::int8, Precision::fp16, 2);
    ratio("fp16_bf16_ratio", d_.peak, Precision::fp16, Precision::bf16, 1);
    ratio("tf32_bf16_ratio", d_.peak, Precision::tf32, Precision::bf16, 0.5);
    for (std::size_t i = 0; i < workload::precision_names.size(); ++i) {
      const auto p = static_cast<Precision>(i);
      if (d_.sparse_peak[p] && d_.peak[p]) within("sparse_dense_ratio", d_.sparse_peak[p]->value / d_.peak[p]->value, 2, 0.02, fmt::format("sparse {} : dense {}", workload::precision_names[i], workload::precision_names[i]));
    }
    buses();
    macs();
    efficiency();
    sku();
  }

 private:
  void say(char const* rule, std::string message) {
    Finding f{rule, d_.id, std::move(message), false};
    for (auto const& e : d_.lint_exceptions) f.excused = f.excused || (e.rule == rule && !e.note.empty());
    out_.push_back(std::move(f));
  }
  void within(char const* rule, double have, double want, double tolerance, std::string const& what) {
    if (std::abs(have / want - 1) > tolerance) say(rule, fmt::format("{} is {:.3g}, usually {:.3g}", what, have, want));
  }
  void ratio(char const* rule, EnumMap<Precision, Sourced<ComputeRate>> const& peaks, Precision a, Precision b, double want) {
    if (peaks[a] && peaks[b]) within(rule, peaks[a]->value / peaks[b]->value, want, 0.02, fmt::format("{} : {}", workload::name(a), workload::name(b)));
  }
  void buses() {
    auto const& m = d_.memory;
    for (auto const* level : {&m.hbm, &m.gddr, &m.lpddr, &m.dram}) {
      if (!*level || !(*level)->bandwidth || !(*level)->bus_width || !(*level)->pin_rate) continue;
      // Bits of the bus times bits per second of a pin: the width is a count of pins.
      const double pins = (*level)->bus_width->value.in(unit<"bit">);
      within("bus_bandwidth", (*level)->bandwidth->value / (pins * (*level)->pin_rate->value), 1, 0.02, "bandwidth : bus width x pin rate");
    }
  }
  void macs() {
    if (!d_.compute || !d_.compute->units || !d_.compute->clock) return;
    for (std::size_t i = 0; i < workload::precision_names.size(); ++i) {
      const auto p = static_cast<Precision>(i);
      if (!d_.compute->macs_per_cycle[p] || !d_.peak[p]) continue;
      const ComputeRate made = 2 * d_.compute->units->value * d_.compute->macs_per_cycle[p]->value * d_.compute->clock->value * unit<"FLOP">;
      within("macs_peak", d_.peak[p]->value / made, 1, 0.05, fmt::format("{} peak : 2 x units x MAC/cycle x clock", workload::precision_names[i]));
    }
  }
  /// Peaks per watt between what the slowest and the fastest known silicon of a tier reaches; a slipped prefix leaves the band.
  void efficiency() {
    if (!d_.power.tdp) return;
    ComputeRate best{};
    for (std::size_t i = 0; i < workload::precision_names.size(); ++i) {
      const auto p = static_cast<Precision>(i);
      // The 16-bit peak or, where there is none, the best there is: 4-bit peaks would hide a slip in the others.
      if (d_.peak[p] && (p == Precision::bf16 || p == Precision::fp16 || p == Precision::int8 || p == Precision::fp32)) best = max(best, d_.peak[p]->value);
    }
    if (!(best > ComputeRate{})) return;
    const double per_joule = (best / d_.power.tdp->value).in(unit<"GFLOP/J">);
    struct Band {
      hardware::Tier tier;
      double low, high;
    };
    static constexpr Band bands[] = {{hardware::Tier::cloud, 10, 8000}, {hardware::Tier::workstation, 5, 6000}, {hardware::Tier::mobile, 5, 20000}, {hardware::Tier::edge, 0.5, 20000}, {hardware::Tier::tiny, 0.1, 20000}};
    for (auto const& b : bands)
      if (b.tier == d_.tier && (per_joule < b.low || per_joule > b.high)) say("efficiency_plausible", fmt::format("{:.3g} GFLOP per joule of TDP; this tier lies between {} and {}", per_joule, b.low, b.high));
  }
  void sku() {
    const std::string name = normalised(d_.name);
    const bool pcie = name.find("pcie") != name.npos, sxm = name.find("sxm") != name.npos || name.find("oam") != name.npos;
    if (pcie && sxm) say("one_sku", "the name speaks of two SKUs");
    // An SXM module of a generation draws more than its card; a PCIe name with a module's power is a mixture.
    if (pcie && d_.power.tdp && d_.power.tdp->value > 600 * unit<"W"> && d_.family != "blackwell") say("one_sku", "a PCIe card does not draw more than 600 W: figures of two SKUs are mixed");
  }

  Device const& d_;
  std::vector<Finding>& out_;
};

}  // namespace

std::vector<Finding> lint(Catalogue const& catalogue) {
  std::vector<Finding> out;
  std::vector<Device> devices;
  for (auto const& e : catalogue.entries()) {
    Ledger ledger;
    if (e.kind != EntryKind::hardware) continue;
    Device d = catalogue.read<Device>(e, ledger);
    DeviceLint(d, out).run();
    devices.push_back(std::move(d));
  }
  // A value far from every neighbour of its tier and family is a slip of the prefix.
  for (auto const& d : devices) {
    if (d.family.empty()) continue;
    for (std::size_t i = 0; i < workload::precision_names.size(); ++i) {
      const auto p = static_cast<Precision>(i);
      if (!d.peak[p] || !d.power.tdp) continue;
      std::vector<double> others;
      for (auto const& o : devices)
        if (o.id != d.id && o.family == d.family && o.peak[p] && o.power.tdp) others.push_back((o.peak[p]->value / o.power.tdp->value).raw());
      if (others.size() < 2) continue;
      std::sort(others.begin(), others.end());
      const double factor = (d.peak[p]->value / d.power.tdp->value).raw() / others[others.size() / 2];
      if (factor > 10 || factor < 0.1) {
        Finding f{"neighbour_outlier", d.id, fmt::format("{} per watt is {:.2g} times the median of its family", workload::precision_names[i], factor), false};
        for (auto const& e : d.lint_exceptions) f.excused = f.excused || (e.rule == f.rule && !e.note.empty());
        out.push_back(std::move(f));
      }
    }
  }
  return out;
}

}  // namespace mlsysim::registry
