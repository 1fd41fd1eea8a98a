#include <doctest/doctest.h>

#include <concepts>
#include <set>
#include <string>
#include <type_traits>

#include "mlsysim/units/math.hpp"

using namespace mlsysim;

static_assert(sizeof(Time) == sizeof(double));
static_assert(std::is_trivially_copyable_v<Time>);
static_assert(!std::is_convertible_v<double, Time> && std::is_constructible_v<Time, double>);
static_assert(!std::is_convertible_v<Time, double> && !std::is_constructible_v<double, Time>);
static_assert(!std::is_constructible_v<Time, Data>);

static_assert(std::same_as<decltype(Work{} / ComputeRate{}), Time>);
static_assert(std::same_as<decltype(Data{} / Bandwidth{}), Time>);
static_assert(std::same_as<decltype(Power{} * Time{}), Energy>);
static_assert(std::same_as<decltype(ComputeRate{} / Bandwidth{}), Intensity>);
static_assert(std::same_as<decltype(1.0 / Time{}), Frequency>);
static_assert(std::same_as<decltype(Length{} * Length{}), Area>);
static_assert(std::same_as<decltype(Energy{} * GridIntensity{}), Carbon>);
static_assert(std::same_as<decltype(Energy{} * WaterPerEnergy{}), Water>);
static_assert(std::same_as<decltype(MoneyRate{} * Time{}), Money>);
static_assert(std::same_as<decltype(Time{} / Time{}), double>);
static_assert(std::same_as<decltype(Time{} * Frequency{}), double>);
static_assert(std::same_as<decltype(sqrt(Time{} * Time{})), Time>);
static_assert(std::same_as<decltype(Work{} / Bandwidth{} * Bandwidth{}), Work>);

static_assert(1.0 * unit<"TB/s"> == 1e12 * unit<"B/s">);
static_assert(1.0 * unit<"GiB"> == 1073741824.0 * unit<"B">);
static_assert(1.0 * unit<"kWh"> == 3.6e6 * unit<"J">);
static_assert(1.0 * unit<"year"> == 8760.0 * unit<"h">);
static_assert(8.0 * unit<"Gbps"> == 1.0 * unit<"GB/s">);
static_assert(1.0 * unit<"GMAC"> == 2.0 * unit<"GFLOP">);
static_assert(1.0 * unit<"tCO2e"> == 1000.0 * unit<"kgCO2e">);
static_assert(50.0 * unit<"%"> == 50.0 * unit<"%"> && (50.0 * unit<"%">).raw() == 0.5);

static_assert(Dimension("B/s").view() == "bandwidth (B/s)");
static_assert(Dimension("B/s").name() == "bandwidth" && Dimension("B/s").unit() == "B/s");
static_assert(Dimension("FLOP*s/B").view() == "FLOP*s/B" && Dimension("FLOP*s/B").name().empty());
static_assert(Dimension("J/(B*s)").view() == "J/(B*s)");
static_assert(Dimension("W") == Dimension("J/s"));
static_assert(Dimension("s") * Dimension("Hz") == Dimension{});

TEST_CASE("arithmetic is that of the numbers in base units") {
  Time t = 2.0 * unit<"s">;
  CHECK((t + 3.0 * unit<"ms">).raw() == 2.003);
  CHECK((t - 3.0 * unit<"s">).raw() == -1);
  CHECK((-t).raw() == -2);
  CHECK((t * 2.0).raw() == 4);
  CHECK((2.0 * t).raw() == 4);
  CHECK((t / 4.0).raw() == 0.5);
  t += 1.0 * unit<"s">;
  CHECK(t.raw() == 3);
  t -= 2.0 * unit<"s">;
  CHECK(t.raw() == 1);
  t *= 6;
  CHECK(t.raw() == 6);
  t /= 4;
  CHECK(t.raw() == 1.5);
  CHECK(Time{}.raw() == 0);
}

TEST_CASE("six comparisons") {
  const Data small = 1.0 * unit<"GB">, large = 1.0 * unit<"GiB">;
  CHECK(small < large);
  CHECK(small <= large);
  CHECK(large > small);
  CHECK(large >= small);
  CHECK(small == small);
  CHECK(small != large);
}

TEST_CASE("in() leaves the system in a unit of one's choice") {
  CHECK((1.5 * unit<"h">).in(unit<"min">) == 90);
  CHECK((80.0 * unit<"GB">).in(unit<"GiB">) == doctest::Approx(74.5058));
  CHECK((400.0 * unit<"gCO2e/kWh">).in(unit<"gCO2e/kWh">) == doctest::Approx(400));
}

TEST_CASE("2 TFLOP at 1 PFLOP/s take 2 ms; 3.35 GB at 3.35 TB/s take 1 ms") {
  const Time compute = 2.0 * unit<"TFLOP"> / (1.0 * unit<"PFLOP/s">), memory = 3.35 * unit<"GB"> / (3.35 * unit<"TB/s">);
  CHECK(compute.in(unit<"ms">) == doctest::Approx(2));
  CHECK(memory.in(unit<"ms">) == doctest::Approx(1));
  CHECK(max(compute, memory) == compute);
  CHECK(min(compute, memory) == memory);
}

TEST_CASE("abs, isfinite and sqrt keep dimensions") {
  CHECK(abs(-2.0 * unit<"s">) == 2.0 * unit<"s">);
  CHECK(isfinite(2.0 * unit<"s">));
  CHECK_FALSE(isfinite(2.0 * unit<"s"> / 0.0));
  CHECK(sqrt(4.0 * unit<"s"> * (9.0 * unit<"s">)) == 6.0 * unit<"s">);
}

TEST_CASE("named dimensions have a name and exponents of their own, and the unit beside them has scale 1") {
  std::set<std::string_view> names;
  std::set<Exponents> exponents_seen;
  for (auto const& named : named_dimensions) {
    CAPTURE(named.name);
    CHECK(names.insert(named.name).second);
    CHECK(exponents_seen.insert(named.exponents).second);
    const auto r = parse_unit(named.unit);
    CHECK(r.error == UnitError::none);
    CHECK(r.unit.scale == 1);
    CHECK(r.unit.dimension == named.exponents);
    const Dimension d(named.exponents);
    CHECK(d.name() == named.name);
    CHECK(d.unit() == named.unit);
    CHECK(exponents(d) == named.exponents);
  }
}

TEST_CASE("any exponents from -9 to 9 have a text which reads back as the same exponents") {
  std::uint64_t state = 7;
  const auto next = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<int>((state >> 40) % 19) - 9;
  };
  for (int round = 0; round < 20000; ++round) {
    Exponents e{};
    for (auto& k : e) k = static_cast<std::int8_t>(round % 3 == 0 ? next() : next() / 7);
    const Dimension d(e);
    CAPTURE(std::string(d.view()));
    REQUIRE(exponents(d) == e);
  }
  for (int power : {-9, 9}) {
    Exponents e{};
    for (auto& k : e) k = static_cast<std::int8_t>(power);
    CHECK(exponents(Dimension(e)) == e);
  }
}
