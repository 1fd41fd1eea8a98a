#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "mlsysim/equations/tail.hpp"
#include "mlsysim/equations/catalogue.hpp"
#include "mlsysim/equations/equation.hpp"
#include "mlsysim/equations/roofline.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

namespace {

/// Evaluates a printed formula: sum = product { ("+"|"-") product }, with functions of the equations (Erlang C in syntax alone).
struct Calculator {
  std::string_view s;
  std::size_t i = 0;
  bool understood = true;

  void blanks() {
    while (i < s.size() && s[i] == ' ') ++i;
  }
  bool eat(char c) {
    blanks();
    if (i < s.size() && s[i] == c) return ++i, true;
    return false;
  }
  double sum() {
    double v = product();
    for (;;) {
      if (eat('+')) v += product();
      else if (eat('-')) v -= product();
      else return v;
    }
  }
  double product() {
    double v = factor();
    for (;;) {
      if (eat('*')) v *= factor();
      else if (eat('/')) v /= factor();
      else return v;
    }
  }
  double factor() {
    const double base = atom();
    return eat('^') ? std::pow(base, factor()) : base;
  }
  double atom() {
    blanks();
    if (eat('(')) {
      const double v = sum();
      understood = understood && eat(')');
      return v;
    }
    std::string name;
    while (i < s.size() && (std::isalpha(static_cast<unsigned char>(s[i])) || (!name.empty() && s[i] == '2'))) name += s[i++];
    if (!name.empty()) {
      std::vector<double> v;
      understood = understood && eat('(');
      do v.push_back(sum());
      while (eat(','));
      understood = understood && eat(')');
      if (name == "max") return *std::max_element(v.begin(), v.end());
      if (name == "min") return *std::min_element(v.begin(), v.end());
      if (name == "sqrt") return std::sqrt(v[0]);
      if (name == "CubeRoot") return std::cbrt(v[0]);
      if (name == "ceil") return std::ceil(v[0]);
      if (name == "floor") return std::floor(v[0]);
      if (name == "exp") return std::exp(v[0]);
      if (name == "log2") return std::log2(v[0]);
      if (name == "ln" || name == "log") return std::log(v[0]);
      if (name == "Gamma") return std::tgamma(v[0]);
      if (name == "NormalQuantile") return normal_quantile(v[0]);
      if (name == "Harmonic") return harmonic(v[0]);
      if (name == "OrderLevel" && v.size() == 3) return order_level(v[0], v[1], v[2]);
      if (name == "Poisson" && v.size() == 2) return poisson_at_most(v[0], v[1]);
      understood = understood && name == "ErlangC" && v.size() == 2;
      return v[0] / v.back();
    }
    const std::string rest(s.substr(i));
    char* end = nullptr;
    const double v = std::strtod(rest.c_str(), &end);
    understood = understood && end != rest.c_str();
    i += static_cast<std::size_t>(end - rest.c_str());
    return v;
  }
};

double evaluate(std::string const& text) {
  Calculator c{text};
  const double v = c.sum();
  c.blanks();
  CAPTURE(text);
  CHECK(c.understood);
  CHECK(c.i == text.size());
  return v;
}

/// With numbers for `N` arguments: what the lambda computes is what its printed form says.
template <std::size_t N, class F>
void prints_what_it_computes(F f) {
  std::uint64_t state = N;
  for (int round = 0; round < 200; ++round) {
    std::array<double, N> x{};
    for (auto& v : x) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      v = 0.5 + static_cast<double>(state >> 40) / static_cast<double>(1 << 22);
    }
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const std::string text = f(Symbol{shortest(x[I])}...).text;
      CAPTURE(text);
      CHECK(evaluate(text) == doctest::Approx(f(x[I]...)).epsilon(1e-12));
    }(std::make_index_sequence<N>{});
  }
}

std::string plain(Symbol const& s) { return s.text; }
const Symbol a{"a"}, b{"b"}, c{"c"};
const Symbol A{"a", 3, true}, B{"b", 3, true}, C{"c", 3, true};

}  // namespace

TEST_CASE("parentheses stand where they are needed and nowhere else") {
  CHECK(plain(a + b * c) == "a + b * c");
  CHECK(plain((a + b) * c) == "(a + b) * c");
  CHECK(plain(a - (b + c)) == "a - (b + c)");
  CHECK(plain(a - b + c) == "a - b + c");
  CHECK(plain(a - b * c) == "a - b * c");
  CHECK(plain(a / (b * c)) == "a / (b * c)");
  CHECK(plain(a / b / c) == "a / b / c");
  CHECK(plain(a / (b / c)) == "a / (b / c)");
  CHECK(plain(a * b / c) == "a * b / c");
  CHECK(plain((a + b) / (a - b)) == "(a + b) / (a - b)");
  CHECK(plain(max(a, b) + c) == "max(a, b) + c");
  CHECK(plain(2 * max(a + b, c)) == "2 * max(a + b, c)");
  CHECK(plain(1 - a) == "1 - a");
  CHECK(plain(a / 8) == "a / 8");
  CHECK(plain(sqrt(2 * a * b)) == "sqrt(2 * a * b)");
  CHECK(plain(ceil(a / b) * c) == "ceil(a / b) * c");
}

TEST_CASE("LaTeX uses fractions, so that divisions need no parentheses") {
  CHECK(plain(A / (B * C)) == "\\frac{a}{b \\cdot c}");
  CHECK(plain((A + B) / C) == "\\frac{a + b}{c}");
  CHECK(plain((A + B) * C) == "(a + b) \\cdot c");
  CHECK(plain(max(A, B)) == "\\max(a, b)");
  CHECK(plain(min(A, 1.0)) == "\\min(a, 1)");
  CHECK(plain(sqrt(2 * A * B)) == "\\sqrt{2 \\cdot a \\cdot b}");
  CHECK(plain(ceil(A / B)) == "\\lceil \\frac{a}{b} \\rceil");
  // A power takes all of its base: without parentheses it would be a power of the denominator.
  CHECK(plain(pow(A / B, C)) == "(\\frac{a}{b})^{c}");
  CHECK(plain(pow(A, B / C)) == "a^{\\frac{b}{c}}");
}

TEST_CASE("an equation prints itself with its symbols") {
  CHECK(eq::compute_time.info().formula() == "W / (P * eta_c)");
  CHECK(eq::roofline_time.info().formula() == "max(t_c, t_m) + t_launch");
  CHECK(eq::mean_power.info().formula() == "P_idle + (P_tdp - P_idle) * min(max(u_c, u_m), 1)");
  CHECK(eq::compute_time.info().formula(true) == "\\frac{W}{P \\cdot \\eta_{c}}");
  CHECK(latex_symbol("t_launch") == "t_{\\mathrm{launch}}");
  CHECK(latex_symbol("PUE") == "\\mathrm{PUE}");
  CHECK(latex_symbol("S_kv_request") == "S_{\\mathrm{kv\\_request}}");
  CHECK(eq::intensity.info().formula(true) == "\\frac{W}{Q}");
  CHECK(eq::compute_time.info().id == "roofline.compute_time");
  CHECK(eq::compute_time.info().cites == "williams2009");
  CHECK(eq::compute_time.arity == 3);
}

TEST_CASE("units within a formula vanish from its printed form") {
  constexpr auto six_n_d = equation<Work(double, Tokens)>("example", "definition", {"N", "D"},
                                                          [](auto n, auto d) { return 6 * n * unit<"FLOP/token"> * d; });
  CHECK(six_n_d.info().formula() == "6 * N * D");
  CHECK(six_n_d(7e9, 1e12 * unit<"token">) == 4.2e22 * unit<"FLOP">);
}

TEST_CASE("the printed form means what the lambda computes") {
  prints_what_it_computes<3>([](auto x, auto y, auto z) { return x / (y * z); });
  prints_what_it_computes<3>([](auto x, auto y, auto z) { return x - (y - z); });
  prints_what_it_computes<3>([](auto x, auto y, auto z) { return x / (y / z) / (x + y); });
  prints_what_it_computes<4>([](auto x, auto y, auto z, auto w) { return max(x + y, z) * min(w, 1.0) - (1 - x) * (y - 2); });
  prints_what_it_computes<3>([](auto x, auto y, auto z) { return mlsysim::ceil(x / y) * z + (x + y) / (z + 1); });
  prints_what_it_computes<2>([](auto x, auto y) {
    using std::sqrt;
    return sqrt(2 * x * y) - x;
  });
}

TEST_CASE("a recorded step evaluates to its value when the numbers are put in") {
  Ledger ledger;
  ledger.recording = true;
  const Sourced<Power> idle{100.0 * unit<"W">, {}}, tdp{700.0 * unit<"W">, {}};
  const auto compute = eq::compute_time.with(ledger, {2.0 * unit<"TFLOP">, {}}, {989.0 * unit<"TFLOP/s">, {}}, {0.6, {}});
  const auto memory = eq::memory_time.with(ledger, {3.0 * unit<"GB">, {}}, {3.35 * unit<"TB/s">, {}}, {0.8, {}});
  const auto time = eq::roofline_time.with(ledger, compute, memory, {5.0 * unit<"us">, {}});
  const auto power = eq::mean_power.with(ledger, idle, tdp, {0.4, {}}, {0.9, {}});
  eq::pass_energy.with(ledger, power, time);
  REQUIRE(ledger.steps().size() == 5);
  for (auto const& step : ledger.steps()) {
    REQUIRE(step.equation);
    CAPTURE(step.equation->id);
    std::vector<std::string> numbers;
    for (auto const& input : step.inputs) numbers.push_back(shortest(input.value));
    CHECK(evaluate(step.equation->write(numbers, false)) == doctest::Approx(step.value).epsilon(1e-14));
  }
}

TEST_CASE("every equation of the catalogue prints a formula which can be evaluated") {
  for (auto const& e : all_equations()) {
    CAPTURE(e.id);
    // Shares are below one, counts above: an equation takes one or the other.
    bool number = false;
    for (const double first : {0.9, 3.9}) {
      std::vector<std::string> numbers;
      for (std::size_t i = 0; i < e.symbols.size(); ++i) numbers.push_back(shortest(first - 0.1 * static_cast<double>(i)));
      number = number || !std::isnan(evaluate(e.write(numbers, false)));
    }
    CHECK(number);
  }
}

TEST_CASE("recording off stores nothing and gives the same value") {
  Ledger off, on;
  on.recording = true;
  const Sourced<Work> w{2.0 * unit<"TFLOP">, {}};
  const Sourced<ComputeRate> p{989.0 * unit<"TFLOP/s">, {}};
  const auto silent = eq::compute_time.with(off, w, p, {0.6, {}});
  const auto recorded = eq::compute_time.with(on, w, p, {0.6, {}});
  CHECK(silent.value == recorded.value);
  CHECK(silent.value == eq::compute_time(w.value, p.value, 0.6));
  CHECK(silent.origin == Origin{});
  CHECK(off.steps().empty());
  REQUIRE(on.step(recorded.origin));
  CHECK(on.steps().size() == 1);
}

TEST_CASE("a step keeps origins, values and dimensions of its inputs") {
  Ledger ledger;
  Fact f;
  f.path = "peak";
  const Origin peak = ledger.add(f);
  ledger.recording = true;
  const auto r = eq::compute_time.with(ledger, {2.0 * unit<"TFLOP">, {}}, {989.0 * unit<"TFLOP/s">, peak}, {0.6, {}});
  Step const* step = ledger.step(r.origin);
  REQUIRE(step);
  CHECK(step->equation->id == "roofline.compute_time");
  CHECK(step->value == r.value.raw());
  CHECK(step->dimension == Dimension("s"));
  REQUIRE(step->inputs.size() == 3);
  CHECK(step->inputs[0].dimension == Dimension("FLOP"));
  CHECK(step->inputs[1].origin == peak);
  CHECK(step->inputs[1].value == 989e12);
  CHECK(step->inputs[2].dimension == Dimension{});
  CHECK(ledger.facts_behind(r.origin) == std::vector<Origin>{peak});
}
