#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/solvers/scaling.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

workload::ScalingLaw hoffmann(double alpha, double beta) {
  workload::ScalingLaw l;
  l.name = "additive";
  l.irreducible = Real{1.69, {}};
  l.parameter_scale = {406.4, {}}, l.token_scale = {410.7, {}};
  l.parameter_exponent = {alpha, {}}, l.token_exponent = {beta, {}};
  return l;
}

workload::ScalingLaw kaplan() {
  workload::ScalingLaw l;
  l.form = workload::ScalingForm::joint;
  l.parameter_scale = {8.8e13, {}}, l.token_scale = {5.4e13, {}};
  l.parameter_exponent = {0.076, {}}, l.token_exponent = {0.095, {}};
  return l;
}

ScalingResult run(ScalingInput const& in) {
  Ledger ledger;
  return solve(in, ledger);
}

ScalingResult budget(workload::ScalingLaw const& law, double flop) {
  ScalingInput in;
  in.law = &law;
  in.budget = Sourced<Work>{flop * unit<"FLOP">, {}};
  return run(in);
}

}  // namespace

TEST_CASE("Gopher's compute buys forty billion parameters by approach 3 of Hoffmann 2022") {
  // G = (0.3392 * 406.4 / (0.2849 * 410.7))^(1 / 0.6241) = 1.300; N = G (5.76e23 / 6)^(0.2849 / 0.6241) = 4.03e10
  const auto law = hoffmann(0.3392, 0.2849);
  const auto r = budget(law, 5.76e23);
  CHECK(r.optimal.parameters.value == doctest::Approx(4.03e10).epsilon(0.01));
  CHECK(r.optimal.tokens.value.raw() == doctest::Approx(2.38e12).epsilon(0.01));
  CHECK(r.optimal.training.value.raw() == doctest::Approx(5.76e23));
}

TEST_CASE("no other size has less loss for the same compute, by any law") {
  for (auto const& law : {hoffmann(0.3392, 0.2849), hoffmann(0.34, 0.28), kaplan()}) {
    const auto r = budget(law, 1e23);
    for (auto const& p : r.around) {
      CHECK(p.training.value.raw() == doctest::Approx(1e23));
      CHECK(p.loss.value > r.optimal.loss.value);
    }
  }
}

TEST_CASE("13 billion parameters and 2 trillion tokens of inference: the 7B model of Sardana 2023 saves 1.7e22 FLOP, 17 %") {
  // Figure 1 of arXiv:2401.00448, with the exponents which that paper uses.
  const auto law = hoffmann(0.336, 0.283);
  // The compute for which 13e9 is optimal: N = G (C/6)^(beta/(alpha+beta)) solved for C.
  const double g = std::pow(0.336 * 406.4 / (0.283 * 410.7), 1 / 0.619);
  ScalingInput in;
  in.law = &law;
  in.budget = Sourced<Work>{6 * std::pow(13e9 / g, 0.619 / 0.283) * unit<"FLOP">, {}};
  in.inference = Sourced<Tokens>{2e12 * unit<"token">, {}};
  const auto r = run(in);
  CHECK(r.optimal.parameters.value == doctest::Approx(13e9).epsilon(1e-6));
  CHECK(r.inference_aware->parameters.value == doctest::Approx(7e9).epsilon(0.02));
  CHECK(r.inference_aware->loss.value == doctest::Approx(r.optimal.loss.value).epsilon(1e-9));
  CHECK((r.optimal.lifetime->value - r.inference_aware->lifetime->value).raw() == doctest::Approx(1.7e22).epsilon(0.02));
  CHECK(r.lifetime_saving->value == doctest::Approx(0.17).epsilon(0.05));
}

TEST_CASE("a model at the optimum is not over-trained, one beyond it is, and without inference the optimum stays") {
  const auto law = hoffmann(0.3392, 0.2849);
  const auto best = budget(law, 1e23).optimal;
  ScalingInput in;
  in.law = &law;
  in.parameters = best.parameters, in.tokens = best.tokens;
  CHECK(run(in).overtraining->value == doctest::Approx(1).epsilon(1e-3));
  in.tokens = Sourced<Tokens>{20 * best.tokens.value, {}};
  CHECK(run(in).overtraining->value > 2);
  in.tokens = best.tokens;
  in.inference = Sourced<Tokens>{1 * unit<"token">, {}};
  CHECK(run(in).inference_aware->parameters.value == doctest::Approx(best.parameters.value).epsilon(0.01));
}

TEST_CASE("a fitted optimum of Kaplan 2020 grows as the 0.73rd power of compute") {
  auto law = kaplan();
  law.optimum_parameters = Real{1.3e9, {}}, law.optimum_exponent = Real{0.73, {}};
  CHECK(budget(law, 86.4e18).optimal.parameters.value == doctest::Approx(1.3e9));
  CHECK(budget(law, 86.4e19).optimal.parameters.value == doctest::Approx(1.3e9 * std::pow(10, 0.73)));
}

TEST_CASE("250 tries lift 15.9 % to 56 % by the curve through Brown's points; equally hard problems would all be solved") {
  RepeatedSamplingInput in;
  in.tries = {250, {}}, in.first = {0.159, {}}, in.exponent = Real{-0.209, {}};
  in.cost_per_try = Sourced<Quantity<"USD/request">>{0.01 * unit<"USD/request">, {}};
  Ledger ledger;
  const auto r = solve(in, ledger);
  CHECK(r.coverage.value == doctest::Approx(0.56).epsilon(0.01));
  CHECK(r.equally_hard.value == doctest::Approx(1).epsilon(1e-9));
  CHECK(r.cost_per_solution->value.in(unit<"USD">) == doctest::Approx(250 * 0.01 / r.coverage.value));
  CHECK(r.first_cost->value.in(unit<"USD">) == doctest::Approx(0.01 / 0.159));
  in.tries = {1, {}};
  CHECK(solve(in, ledger).coverage.value == doctest::Approx(0.159));
}
