#include "mlsysim/solvers/scaling.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>

#include "mlsysim/equations/scaling.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::solvers {
namespace {

using workload::ScalingForm;
using workload::ScalingLaw;

/// Where `f` is smallest between two positive ends, on a logarithmic scale; `f` falls and then rises.
template <class F>
double smallest(double low, double high, F f) {
  constexpr double golden = 0.6180339887498949;
  double a = std::log(low), b = std::log(high), c = b - golden * (b - a), d = a + golden * (b - a);
  double fc = f(std::exp(c)), fd = f(std::exp(d));
  for (int i = 0; i < 90; ++i) {
    if (fc < fd) b = d, d = c, fd = fc, c = b - golden * (b - a), fc = f(std::exp(c));
    else a = c, c = d, fc = fd, d = a + golden * (b - a), fd = f(std::exp(d));
  }
  return std::exp((a + b) / 2);
}

double plain_loss(ScalingLaw const& l, double n, Tokens d) {
  if (l.form == ScalingForm::joint) return eq::joint_loss(l.parameter_scale.value, l.parameter_exponent.value, l.token_scale.value, l.token_exponent.value, n, d);
  return eq::additive_loss(l.irreducible ? l.irreducible->value : 0, l.parameter_scale.value, l.parameter_exponent.value, l.token_scale.value, l.token_exponent.value, n, d);
}

class Planner {
 public:
  Planner(ScalingInput const& in, Ledger& ledger) : in_{in}, l_{*in.law}, ledger_{ledger}, irreducible_{l_.irreducible.value_or(Real{0, l_.parameter_scale.origin})} {}

  ScalingResult make() {
    r_.law = l_.name.empty() ? l_.id : l_.name;
    if (in_.parameters && in_.tokens) r_.given = plan(*in_.parameters, *in_.tokens);
    const Sourced<Work> budget = in_.budget ? *in_.budget : r_.given->training;
    if (in_.parameters && !in_.tokens) r_.given = plan(*in_.parameters, eq::affordable_tokens.with(ledger_, budget, *in_.parameters));
    r_.optimal = best(budget);
    for (double factor : {0.25, 0.5, 2.0, 4.0}) {
      Ledger quiet;
      const Real n{r_.optimal.parameters.value * factor, {}};
      r_.around.push_back(plan_in(quiet, n, eq::affordable_tokens.with(quiet, budget, n)));
    }
    // The joint law has no closed inverse; over-training and inference are then not judged.
    if (l_.form == ScalingForm::additive) {
      if (r_.given) overtrained();
      if (in_.inference) for_life();
    } else if (r_.given || in_.inference) {
      r_.notes.emplace_back("over-training and inference need a law of the additive form");
    }
    if (budget.value < 6e18 * unit<"FLOP"> || budget.value > 3e24 * unit<"FLOP">)
      r_.notes.emplace_back("the laws were fitted between 6e18 and 3e21 FLOP; they are used for larger runs, and this budget is beyond those too");
    return std::move(r_);
  }

 private:
  ScalingPlan plan_in(Ledger& ledger, Real n, Sourced<Tokens> d) const {
    ScalingPlan p;
    p.parameters = n, p.tokens = d;
    p.training = eq::training_budget.with(ledger, n, d);
    if (in_.inference) p.lifetime = eq::lifetime_budget.with(ledger, p.training, eq::inference_budget.with(ledger, n, *in_.inference));
    p.loss = loss(l_, n, d, ledger);
    p.tokens_per_parameter = eq::tokens_per_parameter.with(ledger, d, n);
    return p;
  }
  ScalingPlan plan(Real n, Sourced<Tokens> d) { return plan_in(ledger_, n, d); }

  ScalingPlan best(Sourced<Work> budget) {
    Real n;
    if (l_.optimum_parameters && l_.optimum_exponent) n = eq::optimal_parameters_power.with(ledger_, *l_.optimum_parameters, budget, *l_.optimum_exponent);
    else if (l_.form == ScalingForm::additive) n = eq::optimal_parameters.with(ledger_, l_.parameter_scale, l_.parameter_exponent, l_.token_scale, l_.token_exponent, budget);
    else n = Real{smallest(1e3, 1e16, [&](double p) { return plain_loss(l_, p, eq::affordable_tokens(budget.value, p)); }), budget.origin};
    return plan(n, eq::affordable_tokens.with(ledger_, budget, n));
  }

  Sourced<Tokens> tokens_at(double wanted, Origin origin, Real n) {
    return eq::tokens_for_loss.with(ledger_, Real{wanted, origin}, irreducible_, l_.parameter_scale, l_.parameter_exponent, l_.token_scale, l_.token_exponent, n);
  }
  double plain_tokens(double wanted, double n) const {
    return eq::tokens_for_loss(wanted, irreducible_.value, l_.parameter_scale.value, l_.parameter_exponent.value, l_.token_scale.value, l_.token_exponent.value, n).raw();
  }
  /// Least size which can reach the loss at all.
  double floor_of(double wanted) const { return std::pow(l_.parameter_scale.value / (wanted - irreducible_.value), 1 / l_.parameter_exponent.value); }

  void overtrained() {
    const double wanted = r_.given->loss.value;
    // Compute of the optimum grows with falling loss: halve until the loss is met.
    double low = 1, high = r_.given->training.value.raw() * 1.0001;
    for (int i = 0; i < 200; ++i) {
      const double middle = std::sqrt(low * high);
      const double n = eq::optimal_parameters(l_.parameter_scale.value, l_.parameter_exponent.value, l_.token_scale.value, l_.token_exponent.value, middle * unit<"FLOP">);
      (plain_loss(l_, n, eq::affordable_tokens(middle * unit<"FLOP">, n)) > wanted ? low : high) = middle;
    }
    r_.overtraining = eq::compute_ratio.with(ledger_, r_.given->training, Sourced<Work>{std::sqrt(low * high) * unit<"FLOP">, r_.given->loss.origin});
  }

  void for_life() {
    ScalingPlan const& target = r_.given ? *r_.given : r_.optimal;
    const double wanted = target.loss.value, served = in_.inference->value.raw();
    const double least = floor_of(wanted) * 1.0000001;
    const double n = smallest(least, least * 1e6, [&](double p) { return 6 * p * plain_tokens(wanted, p) + 2 * p * served; });
    const Real size{n, target.loss.origin};
    r_.inference_aware = plan(size, tokens_at(wanted, target.loss.origin, size));
    r_.lifetime_saving = eq::compute_saving.with(ledger_, *target.lifetime, *r_.inference_aware->lifetime);
  }

  ScalingInput const& in_;
  ScalingLaw const& l_;
  Ledger& ledger_;
  Real irreducible_;
  ScalingResult r_;
};

void add(Section& s, char const* id, char const* label, char const* note, ScalingPlan const& p) {
  const auto name = [&](char const* part) { return std::string(id).empty() ? part : fmt::format("{}_{}", id, part); };
  const auto words = [&](char const* part) { return fmt::format("{} {}", label, part); };
  s.estimate(name("parameters"), words("parameters"), p.parameters, Confidence::theoretical).note = note;
  s.estimate(name("tokens"), words("training tokens"), p.tokens, Confidence::theoretical);
  s.estimate(name("tokens_per_parameter"), words("tokens per parameter"), p.tokens_per_parameter, Confidence::theoretical);
  s.estimate(name("training"), words("training compute"), p.training, Confidence::theoretical).note = "6 N D";
  if (p.lifetime) s.estimate(name("lifetime"), words("compute of a life"), *p.lifetime, Confidence::theoretical).note = "6 N D + 2 N D_inf";
  s.estimate(name("loss"), words("loss"), p.loss, Confidence::theoretical).note = "nats per token, on the data of the law";
}

}  // namespace

Real loss(ScalingLaw const& l, Real n, Sourced<Tokens> d, Ledger& ledger) {
  if (l.form == ScalingForm::joint) return eq::joint_loss.with(ledger, l.parameter_scale, l.parameter_exponent, l.token_scale, l.token_exponent, n, d);
  return eq::additive_loss.with(ledger, l.irreducible.value_or(Real{0, l.parameter_scale.origin}), l.parameter_scale, l.parameter_exponent, l.token_scale, l.token_exponent, n, d);
}

ScalingResult solve(ScalingInput const& in, Ledger& ledger) {
  assert(in.law && (in.budget || (in.parameters && in.tokens)));
  return Planner(in, ledger).make();
}

Section report(ScalingResult const& r) {
  Section s{"scaling", "Scaling law: " + r.law, {}, {}, {}, {}, {}};
  if (r.given) add(s, "given", "given", "", *r.given);
  add(s, "optimal", "optimal", "least loss for this training compute", r.optimal);
  if (r.overtraining) s.estimate("overtraining", "compute / least for this loss", *r.overtraining, Confidence::theoretical).note = "1: compute-optimal";
  if (r.inference_aware) {
    add(s, "inference", "lifetime", "the same loss at the least compute of a life", *r.inference_aware);
    s.estimate("lifetime_saving", "compute of a life saved", *r.lifetime_saving, Confidence::theoretical).percent = true;
  }
  Table t{"sizes", "other sizes for the same training compute", {{"parameters", "parameters", {}, false, false, {}}, {"tokens", "tokens", Dimension("token"), false, false, {}}, {"tokens_per_parameter", "per parameter", {}, false, false, {}}, {"loss", "loss", {}, false, false, {}}}, {}};
  const auto row = [&](ScalingPlan const& p) { t.rows.push_back({{p.parameters.value, {}}, {p.tokens.value.raw(), {}}, {p.tokens_per_parameter.value, {}}, {p.loss.value, {}}}); };
  for (std::size_t i = 0; i < r.around.size(); ++i) {
    if (i == 2) row(r.optimal);
    row(r.around[i]);
  }
  s.tables.push_back(std::move(t));
  for (auto const& n : r.notes) s.notes.push_back(n);
  return s;
}

RepeatedSamplingResult solve(RepeatedSamplingInput const& in, Ledger& ledger) {
  RepeatedSamplingResult r;
  r.tries = in.tries;
  r.equally_hard = eq::independent_coverage.with(ledger, in.first, in.tries);
  r.coverage = in.exponent ? eq::repeated_coverage.with(ledger, in.first, in.tries, *in.exponent) : r.equally_hard;
  if (in.cost_per_try) {
    r.cost_per_solution = eq::cost_per_solution.with(ledger, in.tries, *in.cost_per_try, r.coverage);
    r.first_cost = eq::cost_per_solution.with(ledger, Real{1, in.tries.origin}, *in.cost_per_try, in.first);
  }
  return r;
}

Section report(RepeatedSamplingResult const& r) {
  Section s{"sampling", "Repeated sampling", {}, {}, {}, {}, {}};
  s.metric("tries", "tries per problem", r.tries);
  s.estimate("coverage", "share of problems solved", r.coverage, Confidence::theoretical).percent = true;
  auto& equal = s.estimate("equally_hard", "if all problems were equally hard", r.equally_hard, Confidence::theoretical);
  equal.percent = true;
  equal.note = "an upper bound: hard problems stay unsolved";
  if (r.cost_per_solution) s.estimate("cost_per_solution", "cost of a solved problem", *r.cost_per_solution, Confidence::theoretical);
  if (r.first_cost) s.estimate("first_cost", "cost of a solved problem with one try", *r.first_cost, Confidence::theoretical);
  s.notes.emplace_back("a checker which knows a solution when it sees one, such as unit tests, is taken for granted");
  return s;
}

}  // namespace mlsysim::solvers
