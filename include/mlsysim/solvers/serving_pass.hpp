#pragma once
/// \file
/// What one iteration of an inference engine costs and what its cache holds: the prices which the closed form and the simulator share.
#include <optional>

#include "mlsysim/solvers/distributed.hpp"
#include "mlsysim/solvers/engine.hpp"
#include "mlsysim/solvers/serving_options.hpp"

namespace mlsysim::solvers {

/// A service.
struct ServingInput {
  workload::Model const* model = nullptr;            ///< what answers
  systems::Cluster const* cluster = nullptr;         ///< where it runs
  EfficiencyModel const* efficiency = nullptr;       ///< prices operators on its device
  Calibration const* collectives = nullptr;          ///< with `collectives` rows; null: nominal links
  Engine const* engine = nullptr;                    ///< who schedules; null: nobody loses time and nothing is limited
  systems::Parallel parallel;                        ///< tensor * pipeline * expert devices make a replica, data counts replicas
  workload::PrecisionPlan precision;                 ///< formats by role
  Count prompt;                                      ///< tokens read per request
  Count output;                                      ///< tokens written per request, the first one by the prefill
  Count concurrency;                                 ///< requests at once per replica
  std::optional<Sourced<RequestRate>> request_rate;  ///< offered to all replicas together
  std::optional<Sourced<Time>> itl_limit;            ///< what a user may wait between tokens
  std::optional<Sourced<Time>> ttft_limit;           ///< what a user may wait for the first token
  std::optional<Real> arrival_variation;             ///< squared coefficient of variation of times between arrivals
  std::optional<Real> service_variation;             ///< the same of service times
  EfficiencyModel const* prefill_efficiency = nullptr;  ///< of `options.disaggregation->prefill_device`; null: that of the decode pool
  bool interval = true;  ///< also evaluate both ends of the efficiencies' intervals
  bool search = true;    ///< also what else fits: other batches, pools, the frontier; otherwise those numbers stay empty
  workload::Launch launch = workload::Launch::graph;  ///< of collectives
  ServingOptions options;                            ///< how the service is run
};

/// Tokens of a prompt which are computed, and tokens which an earlier request left in the cache.
struct PromptShare {
  Count fresh;   ///< computed
  Count cached;  ///< found
};
/// What hits of prefixes and of a further store leave to compute.
PromptShare prompt_share(ServingInput const& in, Ledger& ledger);

/// What an engine runs through the model at once: pieces of prompts, and one token for every request which is being answered
/// (Orca: Yu et al. 2022; with pieces of prompts beside the tokens: Agrawal et al. 2024, "Sarathi-Serve"). Counts are of one replica,
/// or of one micro-batch where pipeline stages work on several.
struct Iteration {
  Count prompts{0, {}};         ///< prompts of which a piece is read
  Count prompt_tokens{0, {}};   ///< tokens of each piece
  Count prompt_context{0, {}};  ///< tokens of each of these prompts which are cached already
  Count decodes{0, {}};         ///< requests which are being answered
  Count decode_tokens{1, {}};   ///< tokens for each of them: 1, or more where guesses are verified
  Count decode_context{0, {}};  ///< tokens cached for each of them, on average
};

/// Price of an iteration on one replica, from the first stage to the last.
struct IterationPrice {
  Sourced<Time> time;           ///< device + communication + host
  Sourced<Time> device;         ///< all stages
  Sourced<Time> communication;  ///< between ranks, all of it exposed
  Sourced<Time> host;           ///< of the engine, while the device waits
  Sourced<Energy> energy;       ///< of the mean rank, waiting included
  /// \{
  /// Parts of `device`, which depend on different things, so that a simulator may tabulate each of them: operators which see only tokens
  /// (`prompts * prompt_tokens + decodes * decode_tokens`), attention of the pieces of prompts, attention of the others, and the head
  /// (`prompts + decodes * decode_tokens`).
  Time tokens{}, prompt_attention{}, decode_attention{}, head{};
  /// \}
  Real mfu;                                         ///< of the first stage
  Real mbu;                                         ///< of the first stage
  Real compute_utilisation;                         ///< of the first stage
  Bound bound = Bound::memory;                      ///< of the first stage
  Bound next_bound = Bound::compute;                ///< once that costs nothing
  Confidence confidence = Confidence::theoretical;  ///< the weakest among the operators
};

/// Prices iterations of a service at given efficiencies. The referred objects must outlive it.
class IterationModel {
 public:
  /// \pre `problems(in)` is empty
  IterationModel(ServingInput const& in, EfficiencyModel const& efficiency, LinkModel const& links) : in_{&in}, efficiency_{&efficiency}, links_{&links} {}
  /// The price of an iteration. \pre it has at least one token
  IterationPrice price(Iteration const& iteration, Ledger& ledger) const;

 private:
  ServingInput const* in_;
  EfficiencyModel const* efficiency_;
  LinkModel const* links_;
};

/// Time of one guess for every sequence of `decode`, which has one token for each: of the draft, or its stated share of a decode step.
/// \pre the options have a speculation
Sourced<Time> guess(ServingInput const& in, EfficiencyModel const& efficiency, LinkModel const& links, Iteration const& decode, Ledger& ledger);

/// Most tokens of one iteration: of the scenario, or of the engine; none: whole prompts.
std::optional<Count> batched_tokens(ServingInput const& in);
/// Most requests which run at once, by the scenario or the engine.
std::optional<Count> most_sequences(ServingInput const& in);

/// Links of a service, launched as the input says.
LinkModel links_of(ServingInput const& in, Ledger& ledger);

/// What the fullest rank of a replica holds of the keys and values of its requests.
struct KvBudget {
  Sourced<Data> capacity;          ///< left for the cache beside weights and work space
  Sourced<Data> per_token{};       ///< of layers which keep every token
  Sourced<Data> per_local_token{}; ///< of layers which keep a window
  Sourced<Data> fixed{};           ///< of a request whatever its length: recurrent state, encoded input
  Count window{0, {}};             ///< tokens which local layers keep
  Count block{1, {}};              ///< tokens of a page; a request holds whole pages

  /// What a request holds when it is `tokens` long, rounded up to whole pages.
  Data held(double tokens) const;
  /// Of a request, without the empty end of its last page.
  Data used(double tokens) const;
  /// Whole pages of the budget, where every layer keeps every token: what a scheduler deals out.
  double blocks() const;
};
/// Requests of one replica whose caches fit at once: at their mean length where pages are taken as they grow, at their longest where
/// the engine reserves it.
Count requests_at_once(ServingInput const& in, KvBudget const& budget, Ledger& ledger);

/// The budget of one replica. Independent of the concurrency of the input.
KvBudget kv_budget(ServingInput const& in, Ledger& ledger);

}  // namespace mlsysim::solvers
