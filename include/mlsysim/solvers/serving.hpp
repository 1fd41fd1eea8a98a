#pragma once
/// \file
/// Serving a language model: prefill and decode as separate passes, what fits, how fast, and how long requests wait.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/solvers/distributed.hpp"

namespace mlsysim::solvers {

/// A service.
struct ServingInput {
  workload::Model const* model = nullptr;            ///< what answers
  systems::Cluster const* cluster = nullptr;         ///< where it runs
  EfficiencyModel const* efficiency = nullptr;       ///< prices operators on its device
  Calibration const* collectives = nullptr;          ///< with `collectives` rows; null: nominal links
  systems::Parallel parallel;                        ///< tensor * pipeline devices make a replica, data counts replicas
  workload::PrecisionPlan precision;                 ///< formats by role
  Count prompt;                                      ///< tokens read per request
  Count output;                                      ///< tokens written per request, the first one by the prefill
  Count concurrency;                                 ///< requests at once per replica
  std::optional<Sourced<RequestRate>> request_rate;  ///< offered to all replicas together
  std::optional<Sourced<Time>> itl_limit;            ///< what a user may wait between tokens
  std::optional<Sourced<Time>> ttft_limit;           ///< what a user may wait for the first token
  std::optional<Real> arrival_variation;             ///< squared coefficient of variation of times between arrivals
  std::optional<Real> service_variation;             ///< the same of service times
  bool interval = true;  ///< also evaluate both ends of the efficiencies' intervals
  bool search = true;    ///< also what else fits, the largest batch within the ITL limit, and the frontier; otherwise those stay empty
  workload::Launch launch = workload::Launch::graph;  ///< of collectives
};

/// One batch size of the throughput-latency frontier.
struct ServingPoint {
  int concurrency = 1;                      ///< requests at once
  bool fits = true;                         ///< in memory
  Sourced<Time> itl;                        ///< of a step at this batch
  Sourced<Time> request_latency;            ///< without queue
  Sourced<TokenRate> token_throughput;      ///< output tokens, one replica
  Sourced<RequestRate> request_throughput;  ///< one replica
};

/// What users see, what fits, and the frontier between throughput and latency.
struct ServingResult {
  Sourced<Time> ttft;             ///< prefill of one prompt and its first token, empty queue
  Sourced<Time> itl;              ///< one decode step of the whole batch at mean context; excludes the first token
  Sourced<Time> request_latency;  ///< first token to last, prefills of the other requests in between included; no queue
  Sourced<Time> tpot;             ///< (request_latency - ttft) / (output - 1)
  Sourced<Time> tpot_with_first;  ///< request_latency / output
  Sourced<TokenRate> token_throughput;      ///< output tokens, one replica
  Sourced<TokenRate> total_token_throughput;///< output tokens, all replicas
  Sourced<RequestRate> request_throughput;  ///< one replica
  Sourced<Quantity<"token/s">> user_token_rate;  ///< 1 / itl: what one user sees
  Sourced<Time> communication;    ///< part of `itl`
  Real mbu;                       ///< of a decode step
  Real mfu;                       ///< of a prefill

  MemoryResult memory;            ///< of one rank at the asked concurrency
  Sourced<Data> kv_budget;        ///< per rank, left for the cache
  Sourced<Data> kv_per_request;   ///< per rank, at prompt + output tokens
  Sourced<Tokens> kv_capacity;    ///< of one replica
  Count max_concurrency;          ///< per replica, by memory; 0 if not even one request fits
  std::optional<Count> best_concurrency;  ///< largest which fits and meets the ITL limit; absent without a limit

  std::optional<Count> replicas_needed;   ///< fewest for the offered rate (and the TTFT limit, queue included)
  std::optional<Real> utilisation;        ///< offered / capacity of the replicas there are; 1 or more: no steady state
  std::optional<Sourced<Time>> waiting_time;     ///< mean time in the queue; absent when there is no steady state
  std::optional<Sourced<Time>> ttft_with_queue;  ///< waiting_time + ttft

  std::vector<ServingPoint> frontier;                 ///< doubling batches, then the largest which fits
  Sourced<Power> device_power;                        ///< mean of one device over a request's life at this batch
  Sourced<Quantity<"J/request">> energy_per_request;  ///< all devices of the replica, device boundary
  Sourced<Quantity<"J/token">> energy_per_token;      ///< per output token, device boundary
  Confidence confidence = Confidence::theoretical;    ///< of both latencies
  Interval itl_interval;                              ///< 90 %, s
  Interval ttft_interval;                             ///< 90 %, s
  Bound prefill_bound = Bound::compute;               ///< of the prefill
  Bound decode_bound = Bound::memory;                 ///< of a decode step
  Bound decode_next = Bound::compute;                 ///< of a decode step once that costs nothing
  bool efficiency_given = false;                      ///< the scenario put its own efficiency in place of the prediction
};

/// What makes the plan impossible to evaluate, in the words of the reader; empty if nothing does.
std::vector<std::string> problems(ServingInput const& in);

/// Prices prefill and decode, then composes requests from them. \pre `problems(in)` is empty
ServingResult solve(ServingInput const& in, Ledger& ledger);
Section report(ServingResult const& r);

}  // namespace mlsysim::solvers
