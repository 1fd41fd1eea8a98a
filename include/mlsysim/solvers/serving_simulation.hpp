#pragma once
/// \file
/// A service under load, iteration by iteration: requests arrive, wait, are batched by a scheduler, and leave token by token.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/solvers/iteration_prices.hpp"
#include "mlsysim/solvers/traffic.hpp"

namespace mlsysim::solvers {

/// How an engine chooses what runs in its next iteration.
enum class BatchingPolicy : std::uint8_t {
  static_batch,  ///< a batch is read together and written until its longest answer ends; nobody joins or leaves
  orca,          ///< requests join and leave between iterations, each with its whole prompt; cache is reserved for the whole answer (Yu 2022)
  vllm,          ///< iterations of prompts go first; cache in blocks as it grows, and when it is full the youngest starts again (Kwon 2023)
  sarathi,       ///< as vllm, but an iteration decodes first and fills the rest of its token budget with pieces of prompts (Agrawal 2024)
};
std::span<const std::string_view> names_of(BatchingPolicy);

/// Which replica gets a request.
enum class Routing : std::uint8_t {
  round_robin,   ///< one after another
  least_loaded,  ///< the one with the fewest requests waiting or running
};
std::span<const std::string_view> names_of(Routing);

/// The engines.
struct SchedulerInput {
  BatchingPolicy policy = BatchingPolicy::sarathi;  ///< of every replica
  Routing routing = Routing::least_loaded;          ///< of requests to replicas
  int replicas = 1;                                 ///< engines; those which write, where others only read
  int prefill_replicas = 0;                         ///< engines of a pool of their own which only read prompts and hand the cache over (Zhong 2024)
  int slots = 1;                                    ///< sequences which run at once on a replica
  int token_budget = 2048;                          ///< tokens of one iteration (sarathi), of one iteration of prompts (vllm, and those who only read)
  int block = 16;                                   ///< tokens of a block of cache
  bool reserves = false;                            ///< a request starts only when blocks for its whole answer are free, whatever the policy (always so for orca and static)
  double kv_tokens = 1e300;                         ///< which the cache of a replica holds
  double prefill_kv_tokens = 1e300;                 ///< which the cache of one that only reads holds
  bool late = false;                                ///< a token reaches its reader at the end of the iteration after the one which wrote it, where there is one
  int pipeline = 1;                                 ///< stages: a prompt goes through all, but holds one at a time
  double overhead = 0;                              ///< s, of a request before it reaches the scheduler: HTTP, tokenizer
  double prefix_hits = 0;                           ///< share of a prompt's tokens which are in the cache already
  double transfer_per_token = 0;                    ///< s, to hand over the cache of a token
  double transfer_latency = 0;                      ///< s, to hand over anything
  double idle_power = 0;                            ///< W, of all devices of a replica while it has nothing to do
  double prefill_idle_power = 0;                    ///< W, the same of one which only reads
  int verified = 1;                                 ///< tokens of each sequence in a decode step: the guesses of a draft, and one more
  double acceptance = 0;                            ///< probability that a guess is right, where the ones before it were
  std::uint64_t seed = 1;                           ///< of the draws of accepted guesses
};

/// When a request counts as served well (goodput): both limits hold.
struct ServiceLevel {
  std::optional<double> ttft;  ///< s
  std::optional<double> itl;   ///< s, mean over the tokens of the request after the first
};

/// One request, as it went.
struct ServedRequest {
  double arrival = 0;    ///< s
  double start = -1;     ///< s, of the first iteration which worked on it; negative: never
  double first = -1;     ///< s, of the first token
  double end = -1;       ///< s, of the last token; negative: refused, since even alone it does not fit
  int prompt = 0;        ///< tokens
  int output = 0;        ///< tokens asked for
  int written = 0;       ///< tokens
  int preemptions = 0;   ///< how often it had to start again
  int replica = 0;       ///< which wrote it
};

/// A distribution of times, in seconds.
struct Percentiles {
  double mean = 0;  ///< of all
  double p50 = 0;   ///< median
  double p90 = 0;   ///< 90th percentile
  double p99 = 0;   ///< 99th percentile
  double p999 = 0;  ///< 99.9th percentile
  double most = 0;  ///< the longest
  double mean_error = 0, p99_error = 0;  ///< standard errors by batch means (Law and Kelton); 0 where the run is too short to say
};

/// The state of all replicas over a piece of time.
struct LoadPoint {
  double begin = 0;    ///< s
  double queue = 0;    ///< requests which wait, mean
  double running = 0;  ///< sequences in the batch, mean over all replicas together
  double kv = 0;       ///< share of all cache which is in use, mean
  double busy = 0;     ///< share of the time in which replicas run
};

/// What happened.
struct SimulationResult {
  Percentiles ttft, itl, tpot, latency, queue;  ///< first token; between tokens; mean between a request's tokens; end to end; before the first iteration
  double duration = 0;                          ///< s, from the first arrival to the last token
  double window = 0;                            ///< s, of arrivals which are measured
  double request_rate = 0;                      ///< request/s which arrive in the window
  double request_throughput = 0;                ///< request/s, over the time from the first arrival to the last completion
  double token_throughput = 0;                  ///< output token/s, the same
  double goodput = 0;                           ///< request/s of the window which are served well
  double good_share = 1;                        ///< of the requests in the window
  double utilisation = 0;                       ///< share of the time in which replicas run
  double mean_batch = 0;                        ///< sequences per decode step
  double mean_in_system = 0;                    ///< requests which wait or run, over time
  double mean_decoding = 0;                     ///< requests between their first and their last token, over time
  double kv_mean = 0, kv_most = 0;              ///< share of the cache
  double energy = 0;                            ///< J, all devices, idle time included
  long long iterations = 0;                     ///< of all replicas
  long long completed = 0;                      ///< requests
  long long refused = 0;                        ///< requests which no replica can hold
  long long measured = 0;                       ///< requests after the warm-up
  long long preemptions = 0;                    ///< restarts
  long long recomputed = 0;                     ///< tokens which restarts read again
  long long tokens_read = 0;                    ///< prompts without hits and recomputation
  long long tokens_written = 0;                 ///< outputs
  std::vector<LoadPoint> timeline;              ///< equal pieces up to the last arrival
  std::vector<double> ttft_curve, itl_curve, latency_curve;  ///< quantiles at 0, 1/200, ... 1: the distributions for a picture
};

/// A simulation.
struct SimulationInput {
  SchedulerInput scheduler;  ///< the engines
  TrafficInput traffic;      ///< the requests
  ServiceLevel level;        ///< for goodput
  double warm_up = 0.1;      ///< share of the requests, from the first on, which are not measured, since the service starts empty
  /// Called now and then with the share which is done; may be empty.
  std::function<void(double)> progress;
};

/// Expected tokens of a decode step: 1 without guesses.
double tokens_of_step(SchedulerInput const& scheduler);

/// Runs all requests to their end. The same input gives the same result; `served`, if wanted, receives every request in order of arrival.
/// With guesses the cache grows by their expected number in every step, while each request draws the steps which it needs.
/// \param readers prices of the replicas which only read; null: the same
SimulationResult simulate(SimulationInput const& in, IterationPrices& prices, std::vector<ServedRequest>* served = nullptr, IterationPrices* readers = nullptr);

/// Mean values of a service which admits everybody at once (no queue for a slot): decode steps are stretched by the prompts between them,
/// and Little's law gives the batch at which as many requests leave as arrive.
struct SteadyState {
  double batch = 0;          ///< sequences which decode, mean
  double itl = 0;            ///< s, the prompts in between included
  double ttft = 0;           ///< s: the rest of the iteration in progress, other prompts, the own one
  double latency = 0;        ///< s
  double prefill_share = 0;  ///< of the time, which prompts take from decode steps
};
/// Lengths which requests have on average. \param rate request/s, all replicas together. \param readers as for `simulate`. Absent where there is no balance within the slots,
/// and for static batches, which have no such form.
std::optional<SteadyState> steady_state(IterationPrices& prices, SchedulerInput const& scheduler, double rate, LengthMoments prompt, LengthMoments output, IterationPrices* readers = nullptr);

/// Fewest replicas with which `good` holds, between 1 and `most`: doubles, then halves the distance. 0 if none. More replicas must not be worse.
int fewest_replicas(int first, int most, std::function<bool(int)> const& good);

/// Largest rate at which `good` holds, to within two hundredths below: from `first` up or down by halves and quarters, then halving what is left. 0 if it fails at a thousandth of
/// `first` too. Higher rates must not be better.
double highest_rate(double first, std::function<bool(double)> const& good);

}  // namespace mlsysim::solvers
