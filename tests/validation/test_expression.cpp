#include <doctest/doctest.h>

#include "mlsysim/validation/expression.hpp"

using namespace mlsysim;
using validation::Expression;
using validation::Value;

namespace {

std::optional<Value> value(std::string_view text, std::string* why = nullptr) {
  std::string problem;
  const auto e = Expression::parse(text, problem);
  if (!problem.empty()) {
    if (why) *why = problem;
    return {};
  }
  const auto v = e.evaluate(
      [](std::string_view name) -> std::optional<Value> {
        if (name == "n") return Value{5, {}, {}};
        if (name == "serving.itl") return Value{0.02, of(Base::time), Interval{0.01, 0.04}};
        if (name == "serving.ttft") return Value{1, of(Base::time), {}};
        if (name == "odd name (ms)") return Value{7, {}, {}};
        return {};
      },
      problem);
  if (why) *why = problem;
  return v;
}

}  // namespace

TEST_CASE("products bind before sums, from the left, and parentheses before both") {
  CHECK(value("1 + 2 * 3")->number == 7);
  CHECK(value("(1 + 2) * 3")->number == 9);
  CHECK(value("8 / 4 / 2")->number == 1);
  CHECK(value("8 - 4 - 2")->number == 2);
  CHECK(value("2 * -3")->number == -6);
  CHECK(value("-n + 1e1")->number == 5);
  CHECK(value("1.5e-3*2")->number == doctest::Approx(0.003));
}

TEST_CASE("names are columns and paths of metrics; others stand in braces") {
  CHECK(value("${odd name (ms)} * $n")->number == 35);
  // 1 s + 4 * 20 ms = 1.08 s.
  const auto v = value("serving.ttft + (n - 1) * serving.itl");
  CHECK(v->number == doctest::Approx(1.08));
  CHECK(v->dimension == of(Base::time));
}

TEST_CASE("an interval goes through the arithmetic") {
  const auto sum = value("serving.ttft + (n - 1) * serving.itl");
  REQUIRE(sum->interval);
  CHECK(sum->interval->low == doctest::Approx(1.04));
  CHECK(sum->interval->high == doctest::Approx(1.16));
  // A rate is largest where the time is least.
  const auto rate = value("1 / serving.itl");
  CHECK(rate->interval->low == doctest::Approx(25));
  CHECK(rate->interval->high == doctest::Approx(100));
  CHECK(!value("serving.ttft * 2")->interval);
}

TEST_CASE("functions and quantities in quotes") {
  CHECK(value("max(2, min(7, n)) * ceil(1.2) - floor(1.9)")->number == 9);
  // sqrt(2 * 40 s * 50 s): the root of a time squared is a time.
  const auto young = value("sqrt(2 * '40 s' * 50 * serving.ttft)");
  CHECK(young->number == doctest::Approx(63.245553));
  CHECK(young->dimension == of(Base::time));
  CHECK(value("'80 GiB' / '1 GB'")->number == doctest::Approx(85.899345920));
  std::string why;
  CHECK(!value("sqrt('2 s')", &why));
  CHECK(why.find("no square root") != why.npos);
  CHECK(!value("max(n, '2 s')", &why));
  CHECK(why.find("compared") != why.npos);
  for (auto const* text : {"max(1)", "max(1, 2", "cos(1)", "'80 gb'", "'80", "ceil()", "min(,)"}) {
    CAPTURE(text);
    CHECK(!value(text, &why));
    CHECK(!why.empty());
  }
}

TEST_CASE("what cannot be computed says why") {
  std::string why;
  CHECK(!value("serving.ttft + n", &why));
  CHECK(why.find("are added") != why.npos);
  CHECK(!value("missing * 2", &why));
  CHECK(why == "'missing' has no value");
  CHECK(!value("1 / (n - 5)", &why));
  CHECK(why.find("no finite value") != why.npos);
  for (auto const* text : {"", "1 +", "(1", "1 2", "* 3", "n n", "${x", "1e", "0x10", "a b"}) {
    CAPTURE(text);
    CHECK(!value(text, &why));
    CHECK(!why.empty());
  }
  CHECK(!value(std::string(1000, '('), &why));
  CHECK(why == "it is nested too deep");
}
