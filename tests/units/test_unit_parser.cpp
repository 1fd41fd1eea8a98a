#include <doctest/doctest.h>

#include <set>
#include <span>
#include <string>

#include "mlsysim/units/unit.hpp"

using namespace mlsysim;

TEST_CASE("every unit with every prefix it takes is a spelling of its own and parses") {
  std::set<std::string> spellings;
  const auto check = [&](std::string const& text, double scale, UnitEntry const& u) {
    CAPTURE(text);
    CHECK(spellings.insert(text).second);
    const auto r = parse_unit(text);
    CHECK(r.error == UnitError::none);
    CHECK(r.unit.scale == scale);
    CHECK(r.unit.dimension == u.dimension);
    CHECK(r.unit.spelling == static_cast<std::uint8_t>(u.spelling));
  };
  for (auto const& u : unit_table) {
    const std::string symbol(u.symbol);
    check(symbol, u.scale, u);
    const auto with = [&](unsigned bit, std::span<const UnitPrefix> table) {
      for (auto const& p : table) {
        const std::string text = std::string(p.symbol) + symbol;
        if (static_cast<unsigned>(u.prefixes) & bit) check(text, p.scale * u.scale, u);
      }
    };
    with(1, prefixes_up);
    with(2, prefixes_down);
    with(4, prefixes_iec);
  }
  CHECK(spellings.size() > 250);
}

TEST_CASE("a prefix which a unit does not take makes nothing, or another unit of the table") {
  for (auto const& u : unit_table) {
    const auto refuse = [&](unsigned bit, std::span<const UnitPrefix> table) {
      if (static_cast<unsigned>(u.prefixes) & bit) return;
      for (auto const& p : table) {
        const std::string text = std::string(p.symbol) + std::string(u.symbol);
        CAPTURE(text);
        if (parse_unit(text).error == UnitError::none) CHECK((text == "km" || text == "min"));
      }
    };
    refuse(1, prefixes_up);
    refuse(2, prefixes_down);
    refuse(4, prefixes_iec);
  }
}

TEST_CASE("spellings which are refused") {
  for (const char* text : {"KB",    "mB",   "mb",     "gb",     "kb/S", "TFLOPs", "TFLOPs/s", "flops",  "secs", "sec",  "hr",  "d",
                           "month", "watt", "bytes",  "g",      "kg",   "t",      "EUR",      "usd",    "l",    "tok",  "mtoken", "KiB ",
                           " GB",   "G B",  "kUSD$",  "mUSD",   "mHz",  "kmin",   "kyear",    "µ",      "k",    "Mi",   "kGPU",   "Gstep",
                           "k1",    "k%",   "YiB",    "us/tok", "GB/S", "gco2e",  "Kgco2e",   "TB\n/s", "H100"}) {
    CAPTURE(text);
    CHECK(parse_unit(text).error != UnitError::none);
  }
}

TEST_CASE("grammar errors and where they are") {
  struct Case {
    const char* text;
    UnitError error;
    std::size_t at;
  };
  for (auto const& c : {Case{"", UnitError::empty, 0}, Case{"GB/", UnitError::empty, 3}, Case{"GB//s", UnitError::empty, 3},
                        Case{"*s", UnitError::empty, 0}, Case{"()", UnitError::empty, 1}, Case{"GB/parsec", UnitError::unknown_symbol, 3},
                        Case{"J/B*s", UnitError::ambiguous_product, 3}, Case{"(J", UnitError::unbalanced, 2},
                        Case{"J)", UnitError::unbalanced, 1}, Case{"m^", UnitError::bad_exponent, 2}, Case{"m^0", UnitError::bad_exponent, 2},
                        Case{"m^-1", UnitError::bad_exponent, 2}, Case{"m^22", UnitError::unbalanced, 3},
                        Case{"(((((s)))))", UnitError::too_deep, 5}}) {
    CAPTURE(c.text);
    const auto r = parse_unit(c.text);
    CHECK(r.error == c.error);
    CHECK(r.at == c.at);
  }
  CHECK(parse_unit("m^9*m").error == UnitError::bad_exponent);
  CHECK(parse_unit("(m^3)*(m^3)*(m^3)*m").error == UnitError::bad_exponent);
  CHECK(parse_unit("1/m^9/m").error == UnitError::bad_exponent);
  CHECK(parse_unit(std::string(1000, 's')).error == UnitError::too_deep);
  CHECK(parse_unit(std::string(60, '(')).error == UnitError::too_deep);
}

TEST_CASE("products, quotients, parentheses and powers") {
  struct Case {
    const char* text;
    double scale;
    Dimension dimension;
  };
  for (auto const& c : {Case{"USD/GPU-hour", 1.0 / 3600, "USD/s"}, Case{"J/(B*s)", 1, "J/(B*s)"}, Case{"GB*s", 1e9, "B*s"},
                        Case{"gCO2e/kWh", 1 / 3.6e6, "gCO2e/J"}, Case{"J/s/s", 1, "J/(s*s)"}, Case{"mm^2", 1e-6, "m^2"},
                        Case{"TOPS/W", 1e12, "FLOP/J"}, Case{"1/s", 1, "Hz"}, Case{"µs", 1e-6, "s"},
                        Case{"us", 1e-6, "s"}, Case{"Gb/s", 1.25e8, "B/s"}, Case{"kW-h", 3.6e6, "J"}}) {
    CAPTURE(c.text);
    const auto r = parse_unit(c.text);
    CHECK(r.error == UnitError::none);
    CHECK(r.unit.scale == doctest::Approx(c.scale).epsilon(1e-15));
    CHECK(Dimension(r.unit.dimension) == c.dimension);
  }
  CHECK(parse_unit("(GB/s)^2").error == UnitError::unbalanced);
}

TEST_CASE("bits and MAC leave a mark wherever they stand") {
  CHECK(parse_unit("Gb/s").unit.uses(Spelling::bits));
  CHECK(parse_unit("Gbps").unit.uses(Spelling::bits));
  CHECK(parse_unit("J/(bit*s)").unit.uses(Spelling::bits));
  CHECK(parse_unit("TMAC/s").unit.uses(Spelling::macs));
  CHECK(parse_unit("MAC/bit").unit.uses(Spelling::macs));
  CHECK(parse_unit("MAC/bit").unit.uses(Spelling::bits));
  for (const char* text : {"GB/s", "GBps", "GiB", "TFLOP/s", "TOPS"}) {
    CAPTURE(text);
    CHECK(parse_unit(text).unit.spelling == 0);
  }
}
