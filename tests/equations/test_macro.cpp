#include <doctest/doctest.h>

#include "mlsysim/equations/economics.hpp"
#include "mlsysim/equations/serving.hpp"
#include "mlsysim/equations/sustainability.hpp"

using namespace mlsysim;

TEST_CASE("carbon is energy times PUE times intensity") {
  // 1 MWh * 1.1 * 400 g/kWh = 440 kg
  const Energy e = eq::facility_energy(1 * unit<"MWh">, 1.1);
  CHECK(eq::operational_carbon(e, 400 * unit<"gCO2e/kWh">).in(unit<"kgCO2e">) == doctest::Approx(440));
}

TEST_CASE("water on site counts IT energy, not facility energy") {
  CHECK(eq::site_water(100 * unit<"kWh">, 1.8 * unit<"L/kWh">).in(unit<"L">) == doctest::Approx(180));
}

TEST_CASE("a machine used half its life carries twice the embodied carbon per useful hour") {
  const auto share = [](double u) { return eq::embodied_carbon(8, 150 * unit<"kgCO2e">, 1 * unit<"year">, 4 * unit<"year">, u); };
  CHECK(share(1).in(unit<"kgCO2e">) == doctest::Approx(300));
  CHECK(share(0.5) == 2 * share(1));
}

TEST_CASE("owning an 8-device node of 300,000 USD for four years costs 9.44 USD per hour with electricity") {
  // 300000 / (4 * 8760) = 8.562 USD/h; 8 kW * 1.1 * 0.10 USD/kWh = 0.88 USD/h
  const MoneyRate capital = eq::depreciation(1, 300000 * unit<"USD">, 4 * unit<"year">);
  const MoneyRate power = eq::electricity(8 * unit<"kW">, 1.1, 0.1 * unit<"USD/kWh">);
  CHECK((capital + power).in(unit<"USD/h">) == doctest::Approx(9.442).epsilon(1e-3));
}

TEST_CASE("98.32 USD per hour at 10,000 tokens per second is 2.73 USD per million tokens") {
  // 98.32 / 3600 / 10000 * 1e6
  CHECK(eq::cost_per_token(98.32 * unit<"USD/h">, 10000 * unit<"token/s">, 1).in(unit<"USD/Mtoken">) == doctest::Approx(2.731).epsilon(1e-3));
}

TEST_CASE("cost is linear in time and inverse in utilisation") {
  const MoneyRate c = 10 * unit<"USD/h">;
  CHECK(eq::run_cost(c, 2 * unit<"h">, 1) == 2 * eq::run_cost(c, 1 * unit<"h">, 1));
  CHECK(eq::run_cost(c, 1 * unit<"h">, 0.5) == 2 * eq::run_cost(c, 1 * unit<"h">, 1));
}

TEST_CASE("a device which infers once a second at 3 mJ and sleeps at 10 uW lives 38 days on 10 kJ") {
  // 3 mW + (1 - 0.1) * 10 uW = 3.009 mW; 1e4 J / 3.009e-3 W = 3.323e6 s
  const Power active = eq::active_power(1 * unit<"sample/s">, 3 * unit<"mJ/sample">);
  const double duty = eq::duty(1 * unit<"sample/s">, 100 * unit<"ms">);
  CHECK(duty == doctest::Approx(0.1));
  CHECK(eq::battery_life(10 * unit<"kJ">, eq::duty_cycled_power(active, duty, 10 * unit<"uW">)).in(unit<"day">) == doctest::Approx(38.465).epsilon(1e-3));
}

TEST_CASE("one request alone takes its prefill and its decode steps") {
  // 200 ms + 99 * 10 ms
  CHECK(eq::request_latency(1, 200 * unit<"ms">, 1, 100, 10 * unit<"ms">).in(unit<"ms">) == doctest::Approx(1190));
}

TEST_CASE("requests in the system are throughput times latency") {
  const Time l = eq::request_latency(16, 200 * unit<"ms">, 1, 100, 20 * unit<"ms">);
  CHECK((eq::request_throughput(16, l) * l).in(unit<"request">) == doctest::Approx(16));
}
