#pragma once
/// \file
/// Scaling laws: which parameters and tokens a budget buys, what over-training costs and saves, and what more tries buy.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/workload/technique.hpp"

namespace mlsysim::solvers {

/// Loss in nats per token which the law predicts for `parameters` trained on `tokens`.
Real loss(workload::ScalingLaw const& law, Real parameters, Sourced<Tokens> tokens, Ledger& ledger);

/// A size and how long it is trained.
struct ScalingPlan {
  Real parameters;              ///< N
  Sourced<Tokens> tokens;       ///< D
  Sourced<Work> training;       ///< 6 N D
  std::optional<Sourced<Work>> lifetime;  ///< with inference, 6 N D + 2 N D_inf
  Real loss;                    ///< by the law
  Real tokens_per_parameter;    ///< D / N
};

/// What is asked. Either a budget, or a model of `parameters` with `tokens` whose 6 N D is then the budget.
struct ScalingInput {
  workload::ScalingLaw const* law = nullptr;      ///< required
  std::optional<Sourced<Work>> budget;            ///< of training
  std::optional<Real> parameters;                 ///< of a model which is given
  std::optional<Sourced<Tokens>> tokens;          ///< on which it is trained; absent: what the budget pays for
  std::optional<Sourced<Tokens>> inference;       ///< tokens read and written over its life
};

/// Plans by the law.
struct ScalingResult {
  std::string law;                            ///< its name
  ScalingPlan optimal;                        ///< least loss for the training budget
  std::optional<ScalingPlan> given;           ///< the model which is given
  std::optional<Real> overtraining;           ///< compute of the given model over the least compute which reaches its loss
  std::optional<ScalingPlan> inference_aware; ///< the loss of the given model, else of the optimal one, at the least compute of its life
  std::optional<Real> lifetime_saving;        ///< share of that compute which it saves
  std::vector<ScalingPlan> around;            ///< other sizes at the same training budget
  std::vector<std::string> notes;             ///< range of validity
};

/// \pre `in.law`, and `in.budget` or both of `in.parameters` and `in.tokens`
ScalingResult solve(ScalingInput const& in, Ledger& ledger);
Section report(ScalingResult const& r);

/// Several tries at each problem, with a checker which knows a solution when it sees one.
struct RepeatedSamplingInput {
  Real tries;                                                    ///< per problem
  Real first;                                                    ///< share which one try solves
  std::optional<Real> exponent;                                  ///< of the set, below zero; absent: all problems equally hard, an upper bound
  std::optional<Sourced<Quantity<"USD/request">>> cost_per_try;  ///< of one try
};
/// What they solve and cost.
struct RepeatedSamplingResult {
  Real tries;                                      ///< per problem
  Real coverage;                                   ///< share of the problems which at least one try solves
  Real equally_hard;                               ///< the same if all problems were equally hard
  std::optional<Sourced<Money>> cost_per_solution; ///< all tries over the problems solved
  std::optional<Sourced<Money>> first_cost;        ///< the same with one try
};
/// How many problems several tries solve, and what one solution costs.
RepeatedSamplingResult solve(RepeatedSamplingInput const& in, Ledger& ledger);
Section report(RepeatedSamplingResult const& r);

}  // namespace mlsysim::solvers
