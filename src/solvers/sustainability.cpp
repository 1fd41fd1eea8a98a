#include "mlsysim/solvers/sustainability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "mlsysim/equations/economics.hpp"
#include "mlsysim/equations/sustainability.hpp"

namespace mlsysim::solvers {
namespace {

std::string date_of(Ledger const& ledger, Origin origin) {
  Fact const* fact = ledger.fact(origin);
  return fact && !fact->as_of.empty() ? " as of " + fact->as_of : std::string{};
}

class Balance {
 public:
  Balance(SustainabilityInput const& in, Ledger& ledger) : in_{in}, ledger_{ledger} {}

  SustainabilityResult make() {
    energy();
    if (r_.it_energy) operational();
    embodied();
    carbon();
    if (r_.carbon && in_.carbon_price) r_.carbon_cost = eq::carbon_cost.with(ledger_, *r_.carbon, *in_.carbon_price);
    if (r_.it_energy) regions(), hours();
    water();
    per_unit();
    return std::move(r_);
  }

 private:
  void regions() {
    if (in_.regions.empty()) return;
    const auto there = [&](infrastructure::Grid const& g) {
      Region r{g.name.empty() ? g.id : g.name, g.intensity, eq::operational_carbon.with(ledger_, metered(), g.intensity), {}, true};
      if (g.water_intensity) r.water = eq::grid_water.with(ledger_, metered(), *g.water_intensity);
      r.comparable = !in_.grid || (g.basis == in_.grid->basis && g.accounting == in_.grid->accounting);
      if (!r.comparable) r_.notes.push_back(fmt::format("{}: its factor is {}, {}, the scenario's {}, {}; the two do not compare", r.name, names_of(g.accounting)[static_cast<std::size_t>(g.accounting)],
                                                        names_of(g.basis)[static_cast<std::size_t>(g.basis)], names_of(in_.grid->accounting)[static_cast<std::size_t>(in_.grid->accounting)], names_of(in_.grid->basis)[static_cast<std::size_t>(in_.grid->basis)]));
      r_.regions.push_back(std::move(r));
    };
    if (in_.grid) there(*in_.grid);
    for (auto const* g : in_.regions) there(*g);
  }

  void hours() {
    if (in_.by_hour.empty()) return;
    std::vector<Sourced<GridIntensity>> sorted = in_.by_hour;
    std::stable_sort(sorted.begin(), sorted.end(), [](auto const& a, auto const& b) { return a.value < b.value; });
    const auto mean = [&](std::size_t n, char const* label) {
      return eq::mean_intensity.with(ledger_, sum<GridIntensity>(ledger_, label, std::span<const Sourced<GridIntensity>>(sorted.data(), n)), Real{static_cast<double>(n), sorted.front().origin});
    };
    r_.round_the_clock = eq::operational_carbon.with(ledger_, metered(), mean(sorted.size(), "intensity of all hours"));
    if (!in_.hours_per_day) return;
    const auto n = static_cast<std::size_t>(in_.hours_per_day->value);
    r_.shifted = eq::operational_carbon.with(ledger_, metered(), mean(std::min(n, sorted.size()), "intensity of the cleanest hours"));
    r_.shift_saving = eq::carbon_saving.with(ledger_, *r_.round_the_clock, *r_.shifted);
    if (in_.duration) r_.shifted_time = eq::shifted_time.with(ledger_, *in_.duration, *in_.hours_per_day);
  }

  void energy() {
    if (in_.it_energy) r_.it_energy = in_.it_energy;
    else if (in_.it_power && in_.duration) r_.it_energy = eq::it_energy.with(ledger_, *in_.it_power, *in_.duration);
    if (!r_.it_energy) {
      r_.missing.emplace_back(in_.it_power ? "energy: how long the system runs" : "energy: the devices state no power");
      return;
    }
    if (!in_.datacentre) {
      r_.missing.emplace_back("facility energy: name a datacentre for its PUE");
      return;
    }
    r_.pue = in_.datacentre->pue;
    r_.energy = eq::facility_energy.with(ledger_, *r_.it_energy, *r_.pue);
  }

  /// What leaves the meter: with no datacentre the IT energy itself, said aloud.
  Sourced<Energy> metered() const { return r_.energy ? *r_.energy : *r_.it_energy; }

  void operational() {
    if (!in_.grid) {
      r_.missing.emplace_back("operational carbon: name a grid");
      return;
    }
    auto const& g = *in_.grid;
    if (!r_.energy) r_.notes.emplace_back("no datacentre named: carbon is of the IT energy, without PUE");
    r_.operational_carbon = eq::operational_carbon.with(ledger_, metered(), g.intensity);
    r_.notes.emplace_back("grid: ").append(g.name).append(", ").append(names_of(g.accounting)[static_cast<std::size_t>(g.accounting)]).append(", ").append(names_of(g.basis)[static_cast<std::size_t>(g.basis)]).append(date_of(ledger_, g.intensity.origin));
  }

  void embodied() {
    if (!in_.cluster) return;
    auto const& c = *in_.cluster;
    Real units;
    std::optional<Sourced<Carbon>> each;
    if (c.node_embodied_carbon) {
      units = eq::whole_instances.with(ledger_, c.devices, c.devices_per_node);
      each = c.node_embodied_carbon;
    } else if (c.device.embodied_carbon) {
      units = c.devices;
      each = c.device.embodied_carbon;
      if (c.devices_per_node.value > 1) r_.notes.emplace_back("embodied carbon is of the devices alone: the node's is not published");
    }
    if (!each) {
      r_.missing.emplace_back("embodied carbon: not published for this hardware");
      return;
    }
    if (!in_.lifetime || !in_.duration) {
      r_.missing.emplace_back(in_.lifetime ? "embodied carbon: how long the system runs" : "embodied carbon: lifetime of the hardware");
      return;
    }
    const Real useful = in_.utilisation ? *in_.utilisation
                                        : assumed(ledger_, "sustainability.utilisation", 1.0, "not given: the hardware works all its life, a lower bound");
    r_.embodied_carbon = eq::embodied_carbon.with(ledger_, units, *each, *in_.duration, *in_.lifetime, useful);
  }

  void carbon() {
    if (!r_.operational_carbon) return;
    r_.carbon = r_.embodied_carbon ? sum(ledger_, "operational and embodied carbon", {*r_.operational_carbon, *r_.embodied_carbon})
                                   : *r_.operational_carbon;
    if (!r_.embodied_carbon) r_.notes.emplace_back("carbon is operational only");
  }

  void water() {
    if (!r_.it_energy) return;
    if (in_.datacentre && in_.datacentre->wue) r_.site_water = eq::site_water.with(ledger_, *r_.it_energy, *in_.datacentre->wue);
    else r_.missing.emplace_back("site water: WUE of the datacentre");
    if (in_.grid && in_.grid->water_intensity) r_.grid_water = eq::grid_water.with(ledger_, metered(), *in_.grid->water_intensity);
    else r_.missing.emplace_back("grid water: water intensity of the grid");
    if (r_.site_water && r_.grid_water) r_.water = sum(ledger_, "site and grid water", {*r_.site_water, *r_.grid_water});
    else if (r_.site_water) r_.water = r_.site_water;
    else if (r_.grid_water) r_.water = r_.grid_water;
  }

  void per_unit() {
    if (!r_.it_energy) return;
    const Sourced<Energy> e = metered();
    if (in_.tokens) {
      r_.energy_per_token = eq::metered_energy_per_token.with(ledger_, e, *in_.tokens);
      if (r_.carbon) r_.carbon_per_token = eq::carbon_per_token.with(ledger_, *r_.carbon, *in_.tokens);
    }
    if (in_.requests) {
      r_.energy_per_request = eq::metered_energy_per_request.with(ledger_, e, *in_.requests);
      if (r_.carbon) r_.carbon_per_request = eq::carbon_per_request.with(ledger_, *r_.carbon, *in_.requests);
    }
    if (in_.samples) {
      r_.energy_per_sample = eq::metered_energy_per_sample.with(ledger_, e, *in_.samples);
      if (r_.carbon) r_.carbon_per_sample = eq::carbon_per_sample.with(ledger_, *r_.carbon, *in_.samples);
    }
  }

  SustainabilityInput const& in_;
  Ledger& ledger_;
  SustainabilityResult r_;
};

template <class T>
void number(Section& s, char const* id, char const* label, std::optional<T> const& v, char const* note = "") {
  if (v) s.estimate(id, label, *v, Confidence::theoretical).note = note;
}

void list_missing(Section& s, std::vector<std::string> const& missing) {
  for (auto const& m : missing) s.notes.push_back("not judged for want of data: " + m);
}

}  // namespace

Sourced<Power> it_power(systems::Cluster const& c, Sourced<Power> device_power, Ledger& ledger) {
  Sourced<Power> overhead;
  if (c.node_power.max && c.device.power.tdp)
    overhead = eq::node_overhead.with(ledger, *c.node_power.max, c.devices_per_node, *c.device.power.tdp);
  else
    overhead = assumed(ledger, "energy.node_overhead", 0 * unit<"W">, "power of the whole node not known: devices alone, a lower bound");
  return eq::it_power.with(ledger, c.devices, device_power, eq::whole_instances.with(ledger, c.devices, c.devices_per_node), overhead);
}

SustainabilityResult solve(SustainabilityInput const& in, Ledger& ledger) { return Balance(in, ledger).make(); }

Section report(SustainabilityResult const& r) {
  Section s{"sustainability", "Sustainability", {}, {}, {}, {}, {}};
  number(s, "it_energy", "IT energy", r.it_energy, "before PUE");
  if (r.pue) s.metric("pue", "PUE", *r.pue).note = "applied once, from IT energy to facility energy";
  number(s, "energy", "facility energy", r.energy, "IT energy x PUE");
  number(s, "operational_carbon", "operational carbon", r.operational_carbon);
  number(s, "embodied_carbon", "embodied carbon", r.embodied_carbon);
  number(s, "carbon", "carbon", r.carbon, r.embodied_carbon ? "operational + embodied" : "operational only");
  number(s, "carbon_cost", "cost of the carbon", r.carbon_cost);
  number(s, "round_the_clock", "operational carbon at the mean of all hours", r.round_the_clock);
  number(s, "shifted", "operational carbon in the cleanest hours", r.shifted);
  if (r.shift_saving) s.estimate("shift_saving", "share which that saves", *r.shift_saving, Confidence::theoretical).percent = true;
  number(s, "shifted_time", "time on the clock in these hours", r.shifted_time);
  number(s, "site_water", "water on site", r.site_water);
  number(s, "grid_water", "water of generation", r.grid_water);
  number(s, "water", "water", r.water, r.site_water && r.grid_water ? "site + generation" : r.site_water ? "site only" : "generation only");
  char const* boundary = r.energy ? "facility" : "IT equipment, without PUE";
  number(s, "energy_per_token", "energy per token", r.energy_per_token, boundary);
  number(s, "energy_per_request", "energy per request", r.energy_per_request, boundary);
  number(s, "energy_per_sample", "energy per sample", r.energy_per_sample, boundary);
  number(s, "carbon_per_token", "carbon per token", r.carbon_per_token);
  number(s, "carbon_per_request", "carbon per request", r.carbon_per_request);
  number(s, "carbon_per_sample", "carbon per sample", r.carbon_per_sample);
  if (!r.regions.empty()) {
    Table t{"regions", "the same energy elsewhere", {{"region", "region", {}, true, false, {}}, {"intensity", "grid", Dimension("gCO2e/J"), false, false, "gCO2e/kWh"}, {"carbon", "operational carbon", Dimension("gCO2e"), false, false, {}}, {"ratio", "of the first", {}, false, true, {}}, {"water", "water of generation", Dimension("L"), false, false, {}}}, {}};
    for (auto const& g : r.regions)
      t.rows.push_back({{0, g.name + (g.comparable ? "" : " (other basis)")}, {g.intensity.value.raw(), {}}, {g.carbon.value.raw(), {}}, {g.carbon.value / r.regions.front().carbon.value, {}}, {g.water ? g.water->value.raw() : std::numeric_limits<double>::quiet_NaN(), {}}});
    s.tables.push_back(std::move(t));
  }
  list_missing(s, r.missing);
  for (auto const& n : r.notes) s.notes.push_back(n);
  return s;
}

BatteryResult solve(BatteryInput const& in, Ledger& ledger) {
  BatteryResult r;
  r.duty = eq::duty.with(ledger, in.rate, in.latency);
  const Sourced<Power> active = eq::active_power.with(ledger, in.rate, in.energy);
  r.active_power = active;
  if (!in.sleep_power) {
    r.missing.emplace_back("battery life: sleep power of the device");
    r.energy_per_day = eq::energy_per_day.with(ledger, active);
    return r;
  }
  if (r.duty.value > 1) {
    r.missing.emplace_back("battery life: the device cannot keep up with the rate");
    r.energy_per_day = eq::energy_per_day.with(ledger, active);
    return r;
  }
  r.power = eq::duty_cycled_power.with(ledger, active, r.duty, *in.sleep_power);
  r.life = eq::battery_life.with(ledger, in.battery, *r.power);
  r.energy_per_day = eq::energy_per_day.with(ledger, *r.power);
  return r;
}

Section report(BatteryResult const& r) {
  Section s{"battery", "Battery", {}, {}, {}, {}, {}};
  s.estimate("duty", "share of the time awake", r.duty, Confidence::theoretical).percent = true;
  number(s, "active_power", "mean power of inferences", r.active_power);
  number(s, "power", "mean power", r.power, "sleep included; camera, radio and regulators are not");
  s.estimate("energy_per_day", "energy per day", r.energy_per_day, Confidence::theoretical).note = r.power ? "" : "inferences alone";
  number(s, "life", "battery life", r.life);
  list_missing(s, r.missing);
  return s;
}

}  // namespace mlsysim::solvers
