#pragma once
/// \file
/// Serving a language model: prefill and decode as separate passes, what fits, how fast, and how long requests wait.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/solvers/serving_pass.hpp"

namespace mlsysim::solvers {

/// One batch size of the throughput-latency frontier.
struct ServingPoint {
  int concurrency = 1;                      ///< requests at once
  bool fits = true;                         ///< in memory
  Sourced<Time> itl;                        ///< of a step at this batch
  Sourced<Time> ttft;                       ///< while the others are served, no queue
  Sourced<Time> request_latency;            ///< without queue
  Sourced<TokenRate> token_throughput;      ///< output tokens, one replica
  Sourced<RequestRate> request_throughput;  ///< one replica
};

/// Guesses of a draft, verified together.
struct SpeculationResult {
  Real accepted;              ///< expected tokens of a step
  Sourced<Time> verify;       ///< pass which verifies
  Sourced<Time> draft;        ///< one guess
  Sourced<Time> step;         ///< guesses and verification
  Real speedup;               ///< ITL without / with
  bool pays = false;          ///< speedup above 1
};

/// Prompts and tokens in pools of their own, beside the same devices used together.
struct PoolsResult {
  Sourced<Time> prefill;             ///< of one prompt on a prefill replica
  Sourced<Time> transfer;            ///< of its cache
  Sourced<Time> ttft;                ///< prefill, then the transfer
  Sourced<RequestRate> prefill_rate; ///< of the prefill pool
  Sourced<RequestRate> decode_rate;  ///< of the decode pool, at the largest batch within the ITL limit or the asked one
  Sourced<RequestRate> rate;         ///< of both
  Sourced<RequestRate> per_device;   ///< rate / devices of both pools
  Sourced<RequestRate> together;     ///< per device of the system where both share replicas, within the same limits; 0: none meets them
  Count decode_concurrency;          ///< at which the decode pool runs
  bool pays = false;                 ///< per_device above together
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
  Real prefill_utilisation;       ///< executed FLOP of a prefill over what the peak could do

  MemoryResult memory;            ///< of one rank at the asked concurrency
  Sourced<Data> kv_budget;        ///< per rank, left for the cache
  Sourced<Data> kv_per_request;   ///< per rank, at prompt + output tokens
  Sourced<Tokens> kv_capacity;    ///< of one replica
  Count max_concurrency;          ///< per replica, by memory; 0 if not even one request fits
  std::optional<Count> best_concurrency;  ///< largest which fits and meets the ITL limit; absent without a limit

  Count steady_concurrency;               ///< requests which run at once when memory is full and lengths are mixed; bounded by the engine
  Real page_waste;                        ///< share of held pages which is empty
  Sourced<Time> mean_iteration;           ///< with the pieces of prompts which run beside tokens; the ITL where none do
  Sourced<Time> ttft_loaded;              ///< TTFT of a request while the others are served
  Sourced<Time> host;                     ///< part of an iteration in which the engine's host works
  Sourced<Time> overhead;                 ///< of a request before its first iteration: HTTP and tokenizer
  std::optional<Sourced<Time>> cache_load;///< time to read the stored share of a prompt's cache
  Sourced<TokenRate> offline_throughput;  ///< output tokens of all replicas at `offline_concurrency`, requests never lacking
  Count offline_concurrency;              ///< of the batches which fit, the one which yields most
  Sourced<Time> batch_ttft;               ///< until all prompts of a batch which arrives at once are read
  Sourced<Time> batch_latency;            ///< until all its tokens are written
  Sourced<TokenRate> batch_throughput;    ///< tokens read and written of that batch per time
  std::optional<SpeculationResult> speculation; ///< absent without guesses
  std::optional<PoolsResult> pools;       ///< absent without disaggregation
  std::optional<Count> goodput_concurrency;     ///< batch at which it is reached; 0 if no batch meets the limits
  std::optional<Sourced<RequestRate>> goodput;  ///< requests of one replica within both limits; absent without limits
  std::optional<Real> users;              ///< whom all replicas serve; absent without `requests_per_user`

  std::optional<Count> replicas_needed;   ///< fewest for the offered rate (and the TTFT limit, queue included)
  std::optional<Real> utilisation;        ///< offered / capacity of the replicas there are; 1 or more: no steady state
  std::optional<Sourced<Time>> waiting_time;     ///< mean time in the queue; absent when there is no steady state
  std::optional<Sourced<Time>> ttft_with_queue;  ///< waiting_time + ttft
  std::optional<Sourced<Time>> ttft_p50, ttft_p99;  ///< quantiles of the wait + ttft
  std::optional<Count> replicas_p99;             ///< fewest which meet the TTFT limit for 99 of 100 requests

  std::vector<ServingPoint> frontier;                 ///< doubling batches, then the largest which fits
  Sourced<Power> device_power;                        ///< mean of one device over a request's life at this batch
  Sourced<Quantity<"J/request">> energy_per_request;  ///< all devices of the replica, device boundary
  Sourced<Quantity<"J/token">> energy_per_token;      ///< per output token, device boundary
  Sourced<Quantity<"J/token">> energy_input;          ///< of it, reading, per token read
  Sourced<Quantity<"J/token">> energy_output;         ///< of it, writing, per token written
  std::optional<Sourced<Energy>> energy_user;         ///< of one user in a month; absent without `requests_per_user`
  Confidence confidence = Confidence::theoretical;    ///< of both latencies
  Interval itl_interval;                              ///< 90 %, s
  Interval ttft_interval;                             ///< 90 %, s
  Bound prefill_bound = Bound::compute;               ///< of the prefill
  Bound decode_bound = Bound::memory;                 ///< of a decode step
  Bound decode_next = Bound::compute;                 ///< of a decode step once that costs nothing
  bool efficiency_given = false;                      ///< the scenario put its own efficiency in place of the prediction
};

/// What tokens cost, from what a request costs.
struct ServingCost {
  Sourced<Quantity<"USD/token">> input;    ///< reading, per token read
  Sourced<Quantity<"USD/token">> output;   ///< writing, per token written
  std::optional<Sourced<Money>> user;      ///< of one user in a month
};
/// Divides the cost of a request by the time for which a replica reads and writes.
ServingCost serving_cost(ServingInput const& in, ServingResult const& r, Sourced<Quantity<"USD/request">> per_request, Ledger& ledger);
/// Appends them to the section of the result.
void report(ServingCost const& c, Section& section);

/// One replica of the pool which only reads prompts. \param cluster receives its devices and must outlive the result
/// \pre the options have a disaggregation
ServingInput prefill_pool(ServingInput const& in, systems::Cluster& cluster);

/// What makes the plan impossible to evaluate, in the words of the reader; empty if nothing does.
std::vector<std::string> problems(ServingInput const& in);

/// Prices prefill and decode, then composes requests from them. \pre `problems(in)` is empty
ServingResult solve(ServingInput const& in, Ledger& ledger);
Section report(ServingResult const& r);

}  // namespace mlsysim::solvers
