#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "mlsysim/units/text.hpp"

using namespace mlsysim;

namespace {

struct Random {
  std::uint64_t state = 42;
  double next() {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 11) / 9007199254740992.0;
  }
};

template <Dimension D>
void reads_back(double smallest, double largest) {
  CAPTURE(std::string(D.view()));
  Random random;
  int failures = 0;
  for (int i = 0; i < 20000; ++i) {
    const double x = (i % 7 == 0 ? -1 : 1) * smallest * std::pow(largest / smallest, random.next());
    const std::string text = exact(Quantity<D>{x});
    const auto r = parse_quantity(text);
    if (r.error == QuantityTextError::none && r.base_value() == x && r.dimension() == D) continue;
    CAPTURE(text);
    CAPTURE(x);
    CHECK(++failures == 0);
    if (failures > 3) return;
  }
}

}  // namespace

TEST_CASE("exact text reads back as the same double") {
  reads_back<Dimension("s")>(1e-15, 1e12);
  reads_back<Dimension("B")>(1e-3, 1e21);
  reads_back<Dimension("B/s")>(1e-3, 1e18);
  reads_back<Dimension("FLOP/s")>(1, 1e24);
  reads_back<Dimension("J")>(1e-15, 1e18);
  reads_back<Dimension("J/FLOP")>(1e-18, 1e-6);
  reads_back<Dimension("gCO2e/J")>(1e-9, 1);
  reads_back<Dimension("USD/s")>(1e-9, 1e3);
  reads_back<Dimension("USD/token")>(1e-12, 1);
  reads_back<Dimension("FLOP*s/B")>(1e-9, 1e9);
  reads_back<Dimension{}>(1e-9, 1e15);
}

TEST_CASE("no unit which the display chooses is unknown to the parser") {
  for (auto const& named : named_dimensions) {
    CAPTURE(named.name);
    for (int power = -24; power <= 27; ++power) {
      const double x = 1.5 * std::pow(10.0, power);
      const std::string text = display(x, Dimension(named.exponents));
      CAPTURE(text);
      const auto r = parse_quantity(text);
      CHECK(r.error == QuantityTextError::none);
      CHECK(r.base_value() == doctest::Approx(x).epsilon(1e-3));
      if (r.has_unit) CHECK(r.unit.dimension == named.exponents);
    }
  }
}

TEST_CASE("display chooses the prefix a reader would") {
  CHECK(display(3.35 * unit<"TB/s">) == "3.35 TB/s");
  CHECK(display(12.4 * unit<"ms">) == "12.4 ms");
  CHECK(display(0.11 * unit<"USD/kWh">) == "0.11 USD/kWh");
  CHECK(display(400.0 * unit<"gCO2e/kWh">) == "400 gCO2e/kWh");
  CHECK(display(989.4 * unit<"TFLOP/s">) == "989.4 TFLOP/s");
  CHECK(display(90.0 * unit<"s">) == "90 s");
  CHECK(display(120.0 * unit<"s">) == "2 min");
  CHECK(display(36.0 * unit<"h">) == "36 h");
  CHECK(display(34.0 * unit<"days">) == "34 days");
  CHECK(display(2.5 * unit<"USD/Mtoken">) == "2.5 USD/Mtoken");
  CHECK(display(0.5 * unit<"pJ/FLOP">) == "500 fJ/FLOP");
  CHECK(display(Time{}) == "0 s");
  CHECK(display(-2.0 * unit<"GB">) == "-2 GB");
  CHECK(display(7e9, Dimension{}) == "7e9");
  CHECK(display(96, Dimension{}) == "96");
  CHECK(display(0.123456, Dimension{}) == "0.1235");
}

TEST_CASE("a value which rounds up to the next prefix is shown there, whatever the number of digits") {
  CHECK(display(999.96 * unit<"MB">) == "1 GB");
  CHECK(display(999.94 * unit<"MB">) == "999.9 MB");
  CHECK(display(999.6 * unit<"MB">, 3) == "1 GB");
  CHECK(display(999.4 * unit<"MB">, 3) == "999 MB");
  CHECK(display(9999.7 * unit<"USD">) == "10000 USD");
  CHECK(display(12345.0 * unit<"USD">) == "12345 USD");
}

TEST_CASE("a unit of the caller's choice") {
  CHECK(in_unit(80e9, "GiB") == "74.51 GiB");
  CHECK(in_unit(0.25, "") == "0.25");
}

TEST_CASE("shortest text of a double") {
  CHECK(shortest(1) == "1");
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(1e22) == "1e+22");
}

TEST_CASE("a number with or without a unit") {
  const auto r = parse_quantity("3.35 TB/s");
  CHECK(r.error == QuantityTextError::none);
  CHECK(r.number == 3.35);
  CHECK(r.base_value() == 3.35e12);
  CHECK(r.unit_text == "TB/s");
  CHECK(r.dimension() == Dimension("B/s"));
  CHECK(parse_quantity("80GB").base_value() == 80e9);
  CHECK(parse_quantity("2e3   s").base_value() == 2000);
  CHECK(parse_quantity("-5 s").base_value() == -5);
  const auto bare = parse_quantity("12");
  CHECK(bare.error == QuantityTextError::none);
  CHECK_FALSE(bare.has_unit);
  CHECK(parse_quantity("0 s").base_value() == 0);
  CHECK(parse_quantity("0e5 s").base_value() == 0);
}

TEST_CASE("numbers which are refused") {
  for (const char* text : {"", "GB", " 3 s", "+3 s", "--3", "0x10 B", "1_000 B", "1,000 B", "1'000 B", "1.2.3 s", "inf s", "-inf", "nan", "NaN s",
                           "infinity", "1e999 s", "-1e999", "1e-400 s", "1e300 YFLOP", "e5 s", ".", "- 3 s"}) {
    CAPTURE(text);
    CHECK(parse_quantity(text).error != QuantityTextError::none);
  }
}

TEST_CASE("trouble with a unit says where it is") {
  const auto r = parse_quantity("80 GB/parsec");
  CHECK(r.error == QuantityTextError::bad_unit);
  CHECK(r.unit_error == UnitError::unknown_symbol);
  CHECK(r.at == 6);
  CHECK(parse_quantity("80 GB ").error == QuantityTextError::bad_unit);
}

TEST_CASE("a unit text with all eleven bases at their highest power is read without harm") {
  const auto r = parse_quantity("1 $^9*gCO2^9*L^9*J^9*OP^9*B^9*token^9*image^9*request^9*m^9*s^9");
  CHECK(r.error == QuantityTextError::none);
  CHECK(exponents(r.dimension()) == r.unit.dimension);
}

TEST_CASE("advice for common misspellings, and only for them") {
  for (const char* text : {"KB", "mB", "TFLOPs", "TFLOPs/s", "gflops", "secs", "month", "kg", "EUR", "tok/s", "KW"}) {
    CAPTURE(text);
    CHECK(!unit_advice(text).empty());
    CHECK(parse_unit(text).error != UnitError::none);
  }
  CHECK(unit_advice("KB").find("kB") != std::string_view::npos);
  CHECK(unit_advice("parsec").empty());
  for (auto const& u : unit_table) {
    CAPTURE(u.symbol);
    CHECK(unit_advice(u.symbol).empty());
  }
}
