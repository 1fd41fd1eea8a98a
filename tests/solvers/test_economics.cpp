#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/solvers/economics.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

systems::Cluster devices(int n) {
  systems::Cluster c;
  c.device.id = "textbook";
  c.devices = {n, {}};
  c.devices_per_node = {8, {}};
  return c;
}

infrastructure::Price rented(double per_hour) {
  infrastructure::Price p;
  p.name = "eight on demand";
  p.device = "textbook";
  p.devices = {8, {}};
  p.rate = Sourced<MoneyRate>{per_hour * unit<"USD/h">, {}};
  return p;
}

EconomicsResult run(EconomicsInput const& in) {
  Ledger ledger;
  return solve(in, ledger);
}

}  // namespace

TEST_CASE("sixteen devices rented for ten hours at 98.32 USD per instance of eight cost 1966.40 USD") {
  const auto c = devices(16);
  const auto price = rented(98.32);
  EconomicsInput in{&c, &price, {}, {}, {}, {}, {}, Sourced<Time>{10 * unit<"h">, {}}, {}, {}, {}};
  const auto r = run(in);
  CHECK(r.judged);
  CHECK(r.tenure == Tenure::rent);
  CHECK(r.instances->value == 2);
  CHECK(r.cost->value.in(unit<"USD">) == doctest::Approx(1966.40));
}

TEST_CASE("a rented instance is paid for whole") {
  const auto c = devices(9);
  const auto price = rented(98.32);
  EconomicsInput in{&c, &price, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  const auto r = run(in);
  CHECK(r.instances->value == 2);
  REQUIRE(!r.notes.empty());
  CHECK(r.notes[0] == "16 devices are paid for and 9 are used");
}

TEST_CASE("owning adds depreciation and electricity, and the parts are the whole") {
  auto c = devices(16);
  c.node_price = Sourced<Money>{300000 * unit<"USD">, {}};
  EconomicsInput in;
  in.cluster = &c;
  in.lifetime = Sourced<Time>{4 * unit<"year">, {}};
  in.electricity_price = Sourced<EnergyPrice>{0.1 * unit<"USD/kWh">, {}};
  in.pue = Real{1.1, {}};
  in.it_power = Sourced<Power>{16 * unit<"kW">, {}};
  const auto r = run(in);
  REQUIRE(r.judged);
  CHECK(r.tenure == Tenure::own);
  // 2 * 300000 / 35040 h + 16 kW * 1.1 * 0.1 = 17.123 + 1.76
  CHECK(r.rate->value.in(unit<"USD/h">) == doctest::Approx(18.883).epsilon(1e-4));
  MoneyRate parts;
  for (auto const& p : r.parts) parts += p.rate.value;
  CHECK(parts.raw() == doctest::Approx(r.rate->value.raw()));
}

TEST_CASE("what is missing is named, and no cost is given") {
  const auto c = devices(8);
  EconomicsInput in;
  in.cluster = &c;
  const auto r = run(in);
  CHECK(!r.judged);
  CHECK(!r.rate);
  CHECK(!r.cost);
  CHECK(r.parts.empty());
  CHECK(r.missing.size() == 5);
}

TEST_CASE("a service pays for its idle time too") {
  const auto c = devices(8);
  const auto price = rented(36);
  EconomicsInput in{&c, &price, {}, {}, {}, {}, Real{0.5, {}}, {}, Sourced<TokenRate>{1000 * unit<"token/s">, {}}, {}, {}};
  // 36 USD/h = 0.01 USD/s over 500 useful tokens per second on the mean: 20 USD per million
  CHECK(run(in).per_token->value.in(unit<"USD/Mtoken">) == doctest::Approx(20));
}

TEST_CASE("every part of owning adds up, and interest costs what the annuity says") {
  auto c = devices(8);
  c.node_price = Sourced<Money>{300000 * unit<"USD">, {}};
  EconomicsInput in;
  in.cluster = &c;
  in.lifetime = Sourced<Time>{4 * unit<"year">, {}};
  in.electricity_price = Sourced<EnergyPrice>{0.1 * unit<"USD/kWh">, {}};
  in.pue = Real{1.2, {}};
  in.it_power = Sourced<Power>{10 * unit<"kW">, {}};
  in.ownership = {Real{0.08, {}}, {}, Real{0.1, {}}, Sourced<Quantity<"USD/W">>{12 * unit<"USD/W">, {}}, Sourced<Time>{12 * unit<"year">, {}}, Real{0.05, {}}, Sourced<MoneyRate>{20000 * unit<"USD/year">, {}}};
  const auto r = run(in);
  REQUIRE(r.judged);
  const auto part = [&](std::string const& name) {
    for (auto const& p : r.parts)
      if (p.name == name) return p.rate.value.in(unit<"USD/year">);
    return 0.0;
  };
  // 300000 * 0.08 / (1 - 1.08^-4) = 90576.24 a year, by any annuity table
  CHECK(part("annuity") == doctest::Approx(90576.24).epsilon(1e-6));
  CHECK(part("network") == doctest::Approx(9057.624).epsilon(1e-6));
  CHECK(part("facility") == doctest::Approx(10000));   // 10 kW * 12 USD/W / 12 years
  CHECK(part("electricity") == doctest::Approx(10.0 * 1.2 * 8760 * 0.1));
  CHECK(part("maintenance") == doctest::Approx(15000));
  CHECK(part("staff") == doctest::Approx(20000));
  CHECK(r.capital->value.in(unit<"USD">) == doctest::Approx(330000));
  double all = 0;
  for (auto const& p : r.parts) all += p.rate.value.in(unit<"USD/year">);
  CHECK(all == doctest::Approx(r.rate->value.in(unit<"USD/year">)));
}

TEST_CASE("what ownership leaves out is said") {
  auto c = devices(8);
  c.node_price = Sourced<Money>{300000 * unit<"USD">, {}};
  EconomicsInput in;
  in.cluster = &c;
  in.lifetime = Sourced<Time>{4 * unit<"year">, {}};
  in.electricity_price = Sourced<EnergyPrice>{0.1 * unit<"USD/kWh">, {}};
  in.pue = Real{1.2, {}};
  in.it_power = Sourced<Power>{10 * unit<"kW">, {}};
  REQUIRE(!run(in).notes.empty());
  CHECK(run(in).notes[0] == "not in the cost, as `infrastructure.ownership` does not give them: interest, network, facility, maintenance, staff");
}

TEST_CASE("owning pays above the utilisation at which both cost the same") {
  auto c = devices(8);
  infrastructure::Price buy;
  buy.name = "eight bought", buy.device = "textbook", buy.devices = {8, {}}, buy.term = infrastructure::PriceTerm::purchase;
  buy.price = Sourced<Money>{350400 * unit<"USD">, {}};
  const auto rent = rented(40);
  EconomicsInput in;
  in.cluster = &c, in.price = &buy, in.alternative = &rent;
  in.lifetime = Sourced<Time>{4 * unit<"year">, {}};
  in.electricity_price = Sourced<EnergyPrice>{0.1 * unit<"USD/kWh">, {}};
  in.pue = Real{1.0, {}};
  in.it_power = Sourced<Power>{20 * unit<"kW">, {}};
  in.utilisation = Real{0.5, {}};
  // 350400 USD over 35040 h = 10 USD/h, 20 kW at 0.1 = 2 USD/h; 12 of 40 USD/h
  const auto r = run(in);
  CHECK(r.break_even_utilisation->value == doctest::Approx(0.3));
  // Half of 40 USD/h is saved and 2 USD/h still paid: 350400 / 18 h
  CHECK(r.break_even_time->value.in(unit<"h">) == doctest::Approx(350400.0 / 18));
  // The same seen from the renter's side.
  in.price = &rent, in.alternative = &buy;
  CHECK(run(in).break_even_utilisation->value == doctest::Approx(0.3));
  in.utilisation = Real{0.04, {}};
  CHECK(!run(in).break_even_time);
}

TEST_CASE("interruptions of spot instances cost what failures cost") {
  const auto c = devices(64);
  const auto price = rented(16);
  EconomicsInput in;
  in.cluster = &c, in.price = &price;
  in.duration = Sourced<Time>{100 * unit<"h">, {}};
  in.spot = Spot{{24 * unit<"h">, {}}, {1 * unit<"min">, {}}, {10 * unit<"min">, {}}};
  const auto r = run(in);
  // Eight instances: one goes every 3 h; interval sqrt(2 * 1 * 180) = 18.97 min; Daly's share of useful time
  const double m = 180, tau = std::sqrt(2 * 180.0), share = tau / (m * std::exp(10 / m) * (std::exp((tau + 1) / m) - 1));
  CHECK(r.spot_goodput->value == doctest::Approx(share));
  CHECK(r.cost->value.in(unit<"USD">) == doctest::Approx(8 * 16 * 100 / share));
}

TEST_CASE("storage runs with the time, egress is paid once") {
  const auto c = devices(8);
  const auto price = rented(36);
  infrastructure::Price store;
  store.name = "objects";
  store.storage = Sourced<Quantity<"USD/B/s">>{0.276 * unit<"USD/GB/year">, {}};
  store.egress = Sourced<Quantity<"USD/B">>{0.09 * unit<"USD/GB">, {}};
  EconomicsInput in;
  in.cluster = &c, in.price = &price, in.storage_price = &store;
  in.stored = Sourced<Data>{100 * unit<"TB">, {}};
  in.egress = Sourced<Data>{10 * unit<"TB">, {}};
  in.duration = Sourced<Time>{10 * unit<"h">, {}};
  const auto r = run(in);
  CHECK(r.egress->value.in(unit<"USD">) == doctest::Approx(900));
  CHECK(r.cost->value.in(unit<"USD">) == doctest::Approx(360 + 900 + 100000 * 0.276 / 876));
  store.egress.reset();
  CHECK(!run(in).judged);
}
