#include <doctest/doctest.h>

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
