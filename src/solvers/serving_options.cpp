#include "mlsysim/solvers/serving_options.hpp"

namespace mlsysim::solvers {
namespace {

constexpr auto share = at_most(1.0);

}  // namespace

void describe(Speculation& s, Fields& f) {
  f("tokens", s.tokens, "guessed per step", positive, at_most(64.0));
  f("acceptance", s.acceptance, "probability that a guess is accepted", not_negative, at_most(0.999));
  f("draft", s.draft, "model which guesses, on the same devices");
  f("draft_cost", s.draft_cost, "time of one guess / time of one decode step, where no draft is named; 0 for n-grams", not_negative);
}

void describe(Adapters& a, Fields& f) {
  f("number", a.number, "different adapters among the requests", positive);
  f("rank", a.rank, "of each adapter", positive, at_most(1024.0));
}

void describe(CacheOffload& o, Fields& f) {
  f("capacity", o.capacity, "of the further store, for one replica", positive);
  f("bandwidth", o.bandwidth, "to each device, one direction", positive);
  f("hit", o.hit, "share of a prompt whose keys and values are read from there instead of computed", not_negative, share, defaults_to(0.0, "no request comes back"));
}

void describe(Disaggregation& d, Fields& f) {
  f("prefill_devices", d.prefill_devices, "devices of all prefill replicas together", positive);
  f("prefill_tensor", d.prefill_tensor, "tensor ranks of one prefill replica", positive, defaults_to(1, "a prompt is read by one device"));
  f("prefill_device", d.prefill_device, "their kind, where it is not that of the system");
  f("transfer", d.transfer, "bandwidth at which a cache moves to the decode pool, per prefill replica; the network's when left out", positive);
}

void describe(ServingOptions& o, Fields& f) {
  f("batched_tokens", o.batched_tokens, "most tokens of one iteration: longer prompts are read in chunks; the engine's when left out", positive);
  f("sequences", o.sequences, "most requests which run at once; the engine's when left out", positive);
  f("block", o.block, "tokens of a page of the cache; the engine's when left out", positive, at_most(4096.0));
  f("memory", o.memory, "share of the device's memory which the engine fills; the engine's when left out", positive, share);
  f("prefix_hit", o.prefix_hit, "share of a prompt which an earlier request has left in the cache", not_negative, at_most(0.999), defaults_to(0.0, "every prompt is new"));
  f("whole_experts", o.whole_experts, "tensor ranks hold whole experts instead of a slice of each", defaults_to(false, "every expert is sliced, as tensor parallelism does"));
  f("expert_imbalance", o.expert_imbalance, "tokens of the busiest expert rank / mean", at_least(1.0), at_most(64.0), defaults_to(1.0, "routing is even"));
  f("speculation", o.speculation, "tokens guessed by a draft and verified together");
  f("adapters", o.adapters, "low-rank adapters which requests bring");
  f("offload", o.offload, "a further store for keys and values: host memory or NVMe");
  f("disaggregation", o.disaggregation, "prompts are read by a pool of their own");
  f("requests_per_user", o.requests_per_user, "requests of one user in a month", positive);
}

}  // namespace mlsysim::solvers
