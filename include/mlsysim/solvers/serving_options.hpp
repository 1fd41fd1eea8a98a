#pragma once
/// \file
/// How a service is run: what a scenario says under `workload.serving`.
#include <optional>

#include "mlsysim/hardware/device.hpp"
#include "mlsysim/workload/model.hpp"

namespace mlsysim::solvers {

/// Tokens guessed by a draft and verified together (Leviathan, Kalman, Matias 2023, "Fast Inference from Transformers via Speculative Decoding").
struct Speculation {
  Count tokens;                               ///< guessed per step
  Real acceptance;                            ///< probability that a guess is accepted, 0 to 1
  std::optional<Ref<workload::Model>> draft;  ///< who guesses, on the same devices
  std::optional<Real> draft_cost;             ///< time of one guess / time of one decode step, where no draft is named (n-grams: 0)
};

/// Low-rank adapters beside the weights (Hu et al. 2021, LoRA; served together: Sheng et al. 2023, S-LoRA).
struct Adapters {
  Count number;  ///< different ones among the requests
  Count rank;    ///< of each
};

/// A further store for keys and values of requests which wait or come back: host memory or NVMe.
struct CacheOffload {
  Sourced<Data> capacity;        ///< of one replica
  Sourced<Bandwidth> bandwidth;  ///< per device, one direction
  Real hit;                      ///< share of a prompt whose cache is read from there instead of computed
};

/// Prompts are read by one pool of replicas, tokens written by another (Zhong et al. 2024, DistServe; Patel et al. 2024, Splitwise).
struct Disaggregation {
  Count prefill_devices;                                   ///< devices of all prefill replicas
  Count prefill_tensor;                                    ///< tensor ranks of one of them
  std::optional<Ref<hardware::Device>> prefill_device;     ///< where the pools are of different kinds
  std::optional<Sourced<Bandwidth>> transfer;              ///< of the cache, per prefill replica; the network of the node when left out
};

/// How a service is run.
struct ServingOptions {
  std::optional<Count> batched_tokens;          ///< most tokens of one iteration
  std::optional<Count> sequences;               ///< most requests which run at once
  std::optional<Count> block;                   ///< tokens of a page of the cache
  std::optional<Real> memory;                   ///< share of the memory which the engine fills
  Real prefix_hit{0, {}};                       ///< share of a prompt which is cached from an earlier request
  bool whole_experts = false;                   ///< tensor ranks hold whole experts instead of a slice of each
  Real expert_imbalance{1, {}};                 ///< tokens of the busiest expert rank / mean
  std::optional<Speculation> speculation;       ///< none: one token per step
  std::optional<Adapters> adapters;             ///< none: all requests use the weights alone
  std::optional<CacheOffload> offload;          ///< none: what leaves the device's memory is computed again
  std::optional<Disaggregation> disaggregation; ///< none: prompts and tokens share replicas
  std::optional<Real> requests_per_user;        ///< of one user in a month
};
void describe(Speculation&, Fields&);
void describe(Adapters&, Fields&);
void describe(CacheOffload&, Fields&);
void describe(Disaggregation&, Fields&);
void describe(ServingOptions&, Fields&);

}  // namespace mlsysim::solvers
