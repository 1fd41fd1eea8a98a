#include <doctest/doctest.h>

#include "mlsysim/solvers/sustainability.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

infrastructure::Grid grid() {
  infrastructure::Grid g;
  g.name = "textbook grid";
  g.intensity = {400 * unit<"gCO2e/kWh">, {}};
  g.water_intensity = Sourced<WaterPerEnergy>{2 * unit<"L/kWh">, {}};
  return g;
}

infrastructure::Datacentre datacentre(double pue) {
  infrastructure::Datacentre d;
  d.pue = {pue, {}};
  d.wue = Sourced<WaterPerEnergy>{1 * unit<"L/kWh">, {}};
  return d;
}

SustainabilityResult run(SustainabilityInput const& in) {
  Ledger ledger;
  return solve(in, ledger);
}

}  // namespace

TEST_CASE("10 kW for 100 h at PUE 1.2 on 400 g/kWh is 1200 kWh and 480 kg") {
  const auto g = grid();
  const auto d = datacentre(1.2);
  SustainabilityInput in;
  in.it_power = Sourced<Power>{10 * unit<"kW">, {}};
  in.duration = Sourced<Time>{100 * unit<"h">, {}};
  in.grid = &g, in.datacentre = &d;
  const auto r = run(in);
  CHECK(r.it_energy->value.in(unit<"kWh">) == doctest::Approx(1000));
  CHECK(r.energy->value.in(unit<"kWh">) == doctest::Approx(1200));
  CHECK(r.operational_carbon->value.in(unit<"kgCO2e">) == doctest::Approx(480));
  CHECK(r.carbon->value == r.operational_carbon->value);
  // 1000 kWh * 1 L/kWh on site, 1200 kWh * 2 L/kWh at the power station
  CHECK(r.water->value.in(unit<"L">) == doctest::Approx(1000 + 2400));
}

TEST_CASE("PUE is applied once: facility energy is IT energy times PUE whatever comes in") {
  const auto d = datacentre(1.5);
  SustainabilityInput by_power, by_energy;
  by_power.it_power = Sourced<Power>{3 * unit<"W">, {}};
  by_power.duration = Sourced<Time>{7 * unit<"s">, {}};
  by_energy.it_energy = Sourced<Energy>{21 * unit<"J">, {}};
  by_power.datacentre = by_energy.datacentre = &d;
  CHECK(run(by_power).energy->value == run(by_energy).energy->value);
  CHECK(run(by_energy).energy->value.raw() == doctest::Approx(31.5));
}

TEST_CASE("embodied carbon is not judged where nobody published it, and never zero") {
  systems::Cluster c;
  c.devices = c.devices_per_node = {8, {}};
  SustainabilityInput in;
  in.cluster = &c;
  in.it_energy = Sourced<Energy>{1 * unit<"kWh">, {}};
  const auto r = run(in);
  CHECK(!r.embodied_carbon);
  CHECK(!r.carbon);
  bool said = false;
  for (auto const& m : r.missing) said |= m == "embodied carbon: not published for this hardware";
  CHECK(said);
}

TEST_CASE("embodied carbon of a year out of five is a fifth") {
  systems::Cluster c;
  c.devices = c.devices_per_node = {8, {}};
  c.node_embodied_carbon = Sourced<Carbon>{1000 * unit<"kgCO2e">, {}};
  SustainabilityInput in;
  in.cluster = &c;
  in.it_power = Sourced<Power>{1 * unit<"kW">, {}};
  in.duration = Sourced<Time>{1 * unit<"year">, {}};
  in.lifetime = Sourced<Time>{5 * unit<"year">, {}};
  CHECK(run(in).embodied_carbon->value.in(unit<"kgCO2e">) == doctest::Approx(200));
}

TEST_CASE("a node of 10.2 kW with eight devices of 700 W draws 4.6 kW beside them") {
  systems::Cluster c;
  c.devices = {16, {}};
  c.devices_per_node = {8, {}};
  c.node_power.max = Sourced<Power>{10.2 * unit<"kW">, {}};
  c.device.power.tdp = Sourced<Power>{700 * unit<"W">, {}};
  Ledger ledger;
  // 16 * 500 W + 2 * (10.2 kW - 5.6 kW)
  CHECK(it_power(c, {500 * unit<"W">, {}}, ledger).value.in(unit<"kW">) == doctest::Approx(8 + 9.2));
}

TEST_CASE("a doorbell which sleeps at 1 mW and infers twice a second at 5 mJ uses 11 mW less what it sleeps less") {
  BatteryInput in;
  in.battery = {20 * unit<"Wh">, {}};
  in.rate = {2 * unit<"sample/s">, {}};
  in.energy = {5 * unit<"mJ/sample">, {}};
  in.latency = {50 * unit<"ms">, {}};
  in.sleep_power = Sourced<Power>{1 * unit<"mW">, {}};
  Ledger ledger;
  const auto r = solve(in, ledger);
  // awake 10 %: 10 mW + 0.9 mW = 10.9 mW; 72 kJ / 10.9 mW = 76.45 days
  CHECK(r.duty.value == doctest::Approx(0.1));
  CHECK(r.power->value.in(unit<"mW">) == doctest::Approx(10.9));
  CHECK(r.life->value.in(unit<"day">) == doctest::Approx(76.45).epsilon(1e-3));
}

TEST_CASE("without sleep power battery life is not judged") {
  BatteryInput in;
  in.battery = {20 * unit<"Wh">, {}};
  in.rate = {2 * unit<"sample/s">, {}};
  in.energy = {5 * unit<"mJ/sample">, {}};
  in.latency = {50 * unit<"ms">, {}};
  Ledger ledger;
  const auto r = solve(in, ledger);
  CHECK(!r.life);
  CHECK(r.missing.size() == 1);
}

TEST_CASE("the cleanest eight hours of a day which is half at 300 and half at 100 g/kWh halve the carbon and triple the time") {
  const auto d = datacentre(1.0);
  SustainabilityInput in;
  in.it_power = Sourced<Power>{10 * unit<"kW">, {}};
  in.duration = Sourced<Time>{100 * unit<"h">, {}};
  const auto g = grid();
  in.grid = &g, in.datacentre = &d;
  for (int hour = 0; hour < 24; ++hour) in.by_hour.push_back({(hour % 2 ? 300 : 100) * unit<"gCO2e/kWh">, {}});
  in.hours_per_day = Count{8, {}};
  in.carbon_price = Sourced<Quantity<"USD/gCO2e">>{70 * unit<"USD/tCO2e">, {}};
  const auto r = run(in);
  CHECK(r.round_the_clock->value.in(unit<"kgCO2e">) == doctest::Approx(200));
  CHECK(r.shifted->value.in(unit<"kgCO2e">) == doctest::Approx(100));
  CHECK(r.shift_saving->value == doctest::Approx(0.5));
  CHECK(r.shifted_time->value.in(unit<"h">) == doctest::Approx(300));
  // 400 kg by the grid's own factor at 70 USD a tonne
  CHECK(r.carbon_cost->value.in(unit<"USD">) == doctest::Approx(28));
  in.hours_per_day = Count{24, {}};
  CHECK(run(in).shift_saving->value == doctest::Approx(0).scale(1));
}

TEST_CASE("the same energy elsewhere differs by the grid alone, and factors of another basis are marked") {
  const auto home = grid();
  auto clean = grid(), direct = grid();
  clean.name = "clean", clean.intensity = {20 * unit<"gCO2e/kWh">, {}};
  direct.name = "direct", direct.basis = infrastructure::CarbonBasis::direct;
  const auto d = datacentre(1.2);
  SustainabilityInput in;
  in.it_energy = Sourced<Energy>{1000 * unit<"kWh">, {}};
  in.grid = &home, in.datacentre = &d;
  in.regions = {&clean, &direct};
  const auto r = run(in);
  REQUIRE(r.regions.size() == 3);
  CHECK(r.regions[0].carbon.value == r.operational_carbon->value);
  CHECK(r.regions[1].carbon.value.in(unit<"kgCO2e">) == doctest::Approx(24));
  CHECK(r.regions[1].comparable);
  CHECK(!r.regions[2].comparable);
}
