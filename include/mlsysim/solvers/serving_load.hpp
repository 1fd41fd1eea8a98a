#pragma once
/// \file
/// A service under load: the simulation beside the closed forms, the curve of latency over throughput, and replicas for a service level.
#include "mlsysim/describe/plot.hpp"
#include "mlsysim/solvers/serving_simulation.hpp"

namespace mlsysim::solvers {

/// What is asked.
struct LoadInput {
  ServingInput const* service = nullptr;  ///< whose passes are priced
  ServingResult const* closed = nullptr;  ///< its closed form, at the same rate
  SimulationInput simulation;             ///< the rate stands in `traffic.rate`
  Sourced<RequestRate> rate;              ///< the same, with where it came from
  std::optional<Sourced<Time>> ttft_p99;      ///< limits for which replicas are counted
  std::optional<Sourced<Time>> itl_p99;       ///< the same
  std::optional<Sourced<Time>> tpot_p99;      ///< the same
  std::optional<Sourced<Time>> latency_p99;   ///< the same
  bool count_replicas = true;             ///< search the fewest replicas which keep the limits, where there are any
  bool find_rate = true;                  ///< search the highest rate which keeps them
  bool frontier = false;                  ///< also simulate other rates
  std::vector<ServedRequest>* served = nullptr;  ///< receives every request of the run; may be null
  IterationPrices* readers = nullptr;     ///< prices of the replicas which only read; null: the same
};

/// One rate of the curve.
struct LoadCurvePoint {
  double load = 0;       ///< offered rate / capacity by the closed form
  double rate = 0;       ///< request/s offered
  SimulationResult run;  ///< without its timeline
};

/// How a service does under load.
struct LoadResult {
  BatchingPolicy policy = BatchingPolicy::sarathi;  ///< which was simulated
  int slots = 1;                              ///< of a replica
  int replicas = 1;                           ///< all of them
  int prefill_replicas = 0;                   ///< of these, those which only read
  std::uint64_t seed = 1;                     ///< of the random numbers
  double token_budget = 0;                    ///< of an iteration
  Sourced<RequestRate> rate;                  ///< offered
  double load = 0;                            ///< rate / capacity by the closed form
  SimulationResult run;                       ///< what happened
  Origin origin;                              ///< of everything which was simulated
  std::optional<SteadyState> balance;         ///< closed form of the means; absent where it does not apply
  std::optional<Sourced<Time>> closed_wait;   ///< for a slot, Allen-Cunneen; absent without a steady state
  std::optional<Sourced<Time>> closed_ttft_p99;  ///< with the quantile of that wait
  std::vector<std::string> limits_of_the_closed_form;  ///< why the closed form does not apply here, in sentences
  ServiceLevel level;                         ///< limits, for the pictures
  std::optional<int> replicas_needed;         ///< fewest which keep the limits; 0: not even the most which are tried do; absent without limits
  std::optional<Sourced<RequestRate>> rate_within_limits;  ///< highest which all replicas serve within the limits; 0: none; absent without limits and for traces
  double warm_up = 0;                         ///< share of the requests which was not measured
  std::vector<LoadCurvePoint> frontier;       ///< of rising rates
  Confidence confidence = Confidence::theoretical;  ///< of the prices
};

/// Simulates. \pre `problems(*service)` is empty
LoadResult solve(LoadInput const& in, IterationPrices& prices, Ledger& ledger);
/// Metrics for a report: section `traffic`.
Section report(LoadResult const& r);
/// All percentiles, with the standard errors of the simulation.
Table percentile_table(LoadResult const& r);
/// Closed forms beside the simulation.
Table agreement_table(LoadResult const& r);
/// The curve.
Table frontier_table(LoadResult const& r);

/// Latency over the offered rate, with the limits where there are any. Empty series without a curve.
Plot frontier_plot(LoadResult const& r);
/// Goodput and what is served over the offered rate.
Plot throughput_plot(LoadResult const& r);
/// Queue and batch over time.
Plot requests_plot(LoadResult const& r);
/// Cache in use and replicas at work over time.
Plot occupancy_plot(LoadResult const& r);
/// Share of requests (of tokens, for ITL) within a time.
Plot distribution_plot(LoadResult const& r);

}  // namespace mlsysim::solvers
