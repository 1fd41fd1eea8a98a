#include "mlsysim/solvers/serving_pass.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mlsysim/equations/memory.hpp"
#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/equations/roofline.hpp"
#include "mlsysim/equations/serving.hpp"
#include "mlsysim/equations/transformer.hpp"
#include "mlsysim/solvers/power.hpp"

namespace mlsysim::solvers {
namespace {

using workload::Operator;
using workload::OperatorKind;
using workload::Pass;
using workload::PassShape;

Count whole(Real const& r) { return {static_cast<int>(r.value), r.origin}; }

bool is_attention(Operator const& o) { return o.kind == OperatorKind::attention || o.kind == OperatorKind::decode_attention; }
bool is_routed(Operator const& o) { return o.name.starts_with("experts."); }

/// Adds the tokens of `more` to an operator which sees every token alike: its weights are read once for all of them.
void add_tokens(Operator& o, Operator const& more, Ledger& ledger) {
  const auto both = [&]<class T>(Sourced<T>& into, Sourced<T> const& other) { into = sum<T>(ledger, o.name + " of both groups of tokens", {into, other}); };
  if (o.is_product()) {
    // Routed products have a batch of experts of their own: rows are counted over all of them.
    o.m = (o.m * o.batch + more.m * more.batch) / o.batch;
  } else {
    o.m += more.m;
  }
  both(o.work, more.work), both(o.model_work, more.model_work);
  both(o.input, more.input), both(o.output, more.output), both(o.cache_read, more.cache_read), both(o.cache_write, more.cache_write);
  if (o.kind == OperatorKind::embedding) both(o.weights, more.weights);
}

/// The pass of both: attention for each of them, everything else together. Both were lowered from the same stage of a model.
Pass together(Pass first, Pass const& second, Ledger& ledger) {
  if (first.empty()) return second;
  for (auto const& more : second) {
    const auto same = std::find_if(first.begin(), first.end(), [&](Operator const& o) { return o.name == more.name && o.repeat.value == more.repeat.value; });
    if (is_attention(more) || same == first.end()) first.push_back(more);
    else add_tokens(*same, more, ledger);
  }
  return first;
}

/// What the routed experts of one rank have to do: `all` tokens of all expert ranks visit experts, of which this rank has its share.
/// \param own_tokens for which the pass was lowered
void route(Pass& pass, workload::MixtureOfExperts const& m, Real own_tokens, Real all, Real ranks, Ledger& ledger) {
  const Real visited = eq::experts_visited.with(ledger, Real(m.experts), Real(m.active), all);
  const Real here = eq::quotient.with(ledger, visited, ranks), routed = eq::quotient.with(ledger, eq::product.with(ledger, all, Real(m.active)), ranks);
  const Real own = eq::product.with(ledger, own_tokens, Real(m.active));
  for (auto& o : pass) {
    if (!is_routed(o)) continue;
    // Work and activations follow the rows, weights the experts. A row of an activation is one of a product, `width` values wide.
    const double rows = o.is_product() ? routed.value / (o.m * o.batch) : own.value > 0 ? routed.value / own.value : 1;
    o.work.value *= rows, o.model_work.value *= rows, o.input.value *= rows, o.output.value *= rows;
    if (!o.is_product()) {
      o.m *= rows;
      continue;
    }
    const double experts = here.value / o.batch;
    o.weights.value *= experts, o.dequantized.value *= experts;
    o.batch = here.value, o.m = routed.value / here.value;
  }
}

/// Gives each of `ranks` tensor ranks whole experts in place of a slice of each: as many weights, in fewer and wider products.
void keep_experts_whole(Pass& pass, double ranks) {
  for (auto& o : pass) {
    if (!is_routed(o) || !o.is_product()) continue;
    const bool up = o.name == "experts.up";
    o.batch /= ranks;
    (up ? o.n : o.k) *= ranks;
    (up ? o.input : o.output).value /= ranks;
  }
}

/// The busiest rank has `imbalance` times the mean number of tokens.
void crowd(Pass& pass, double imbalance) {
  for (auto& o : pass) {
    if (!is_routed(o)) continue;
    o.m *= imbalance;
    o.work.value *= imbalance, o.input.value *= imbalance, o.output.value *= imbalance;
  }
}

/// Puts low-rank factors beside every product with weights: each token passes those of its own adapter, and each adapter which occurs is read.
void add_adapters(Pass& pass, Adapters const& adapters, Real requests, workload::PrecisionPlan const& precision, Ledger& ledger) {
  const Real met = eq::adapters_met.with(ledger, Real(adapters.number), requests), rank = adapters.rank;
  Pass factors;
  for (auto const& o : pass) {
    if (!o.is_product() || o.weights.value <= Data{} || is_routed(o) || o.name == "lm_head" || o.name == "router") continue;
    const Real rows{o.m * o.batch, {}}, each = eq::quotient.with(ledger, rows, met), values = eq::adapter_parameters.with(ledger, rank, {o.n, {}}, {o.k, {}});
    const Sourced<Data> width{workload::size_of(precision.activations), {}};
    Operator f;
    f.name = o.name + ".adapter";
    f.compute = precision.activations;
    f.repeat = o.repeat;
    f.m = each.value, f.n = o.n + o.k, f.k = rank.value, f.batch = met.value;
    f.work = f.model_work = eq::gemm_work.with(ledger, met, each, {f.n, {}}, rank);
    f.weights = eq::tensor_size.with(ledger, eq::product.with(ledger, met, values), width);
    f.input = o.input, f.output = o.output;
    factors.push_back(std::move(f));
  }
  pass.insert(pass.end(), factors.begin(), factors.end());
}

/// Weights of all adapters on one rank.
Sourced<Data> adapters_size(ServingInput const& in, Adapters const& adapters, Ledger& ledger) {
  PassShape shape;
  shape.batch = shape.new_tokens = {1, adapters.rank.origin};
  shape.precision = in.precision, shape.tensor_parallel = in.parallel.tensor, shape.last_token_logits = true;
  Pass pass = workload::lower(*in.model, shape, ledger);
  const std::size_t plain = pass.size();
  add_adapters(pass, {{1, adapters.number.origin}, adapters.rank}, {1, {}}, in.precision, ledger);
  std::vector<Sourced<Data>> parts;
  for (std::size_t k = plain; k < pass.size(); ++k) parts.push_back(eq::scaled.with(ledger, pass[k].weights, pass[k].repeat));
  return eq::cache_of_batch.with(ledger, sum<Data>(ledger, "factors of one adapter", parts), Real(adapters.number), {1, {}}, Real(in.parallel.pipeline));
}

/// Tokens which one of `ranks` attention ranks works on.
Count share(Count const& all, Count const& ranks) { return ranks.value <= 1 ? all : Count{(all.value + ranks.value - 1) / ranks.value, all.origin}; }

}  // namespace

PromptShare prompt_share(ServingInput const& in, Ledger& ledger) {
  auto const& o = in.options;
  if (o.prefix_hit.value <= 0 && !o.offload) return {in.prompt, {0, in.prompt.origin}};
  const Real stored = o.offload ? o.offload->hit : Real{0, {}};
  const Count fresh = whole(eq::new_prompt_tokens.with(ledger, in.prompt, o.prefix_hit, stored));
  return {fresh, whole(eq::cached_prompt_tokens.with(ledger, in.prompt, fresh))};
}

IterationPrice IterationModel::price(Iteration const& i, Ledger& ledger) const {
  auto const& in = *in_;
  auto const& p = in.parallel;
  auto const& device = in.cluster->device;
  const int stages = p.pipeline.value;
  const int layers = in.model->transformer ? in.model->transformer->layers.value : 0;
  const Count prompts = share(i.prompts, p.expert), decodes = share(i.decodes, p.expert);
  const Count tokens{prompts.value * i.prompt_tokens.value + decodes.value * i.decode_tokens.value, decodes.value > 0 ? decodes.origin : prompts.origin};
  assert(tokens.value > 0);

  IterationPrice out;
  std::vector<Sourced<Time>> times;
  std::vector<Sourced<Energy>> energies;
  for (int stage = 0; stage < stages; ++stage) {
    PassShape shape;
    shape.precision = in.precision;
    shape.tensor_parallel = p.tensor;
    // Stages are equal to within a layer.
    shape.layers = {stages == 1 ? 0 : layers / stages + (stage < layers % stages ? 1 : 0), p.pipeline.origin};
    shape.first_stage = stage == 0;
    shape.last_stage = stage == stages - 1;
    shape.last_token_logits = i.decode_tokens.value == 1;
    Pass pass;
    if (decodes.value > 0) {
      shape.batch = decodes, shape.new_tokens = i.decode_tokens, shape.cached_tokens = i.decode_context;
      pass = workload::lower(*in.model, shape, ledger);
      // A few tokens per request stream the cache like one.
      for (auto& o : pass)
        if (o.kind == OperatorKind::attention) o.kind = OperatorKind::decode_attention;
      if (in.engine && in.engine->per_head && in.model->transformer) {
        auto const& t = *in.model->transformer;
        for (auto& o : pass)
          if (o.kind == OperatorKind::decode_attention) o.cache_read = eq::scaled.with(ledger, o.cache_read, eq::quotient.with(ledger, Real(t.heads), Real(t.kv_heads())));
      }
    }
    const std::size_t of_decodes = pass.size();
    if (prompts.value > 0 && i.prompt_tokens.value > 0) {
      shape.batch = prompts, shape.new_tokens = i.prompt_tokens, shape.cached_tokens = i.prompt_context;
      shape.last_token_logits = true;
      pass = together(std::move(pass), workload::lower(*in.model, shape, ledger), ledger);
    }
    // Tokens of two groups visit fewer different experts than each of them alone would.
    if (auto const& t = in.model->transformer; t && t->mixture_of_experts && (p.expert.value > 1 || (of_decodes > 0 && prompts.value > 0))) {
      const double all = static_cast<double>(i.prompts.value) * i.prompt_tokens.value + static_cast<double>(i.decodes.value) * i.decode_tokens.value;
      route(pass, *t->mixture_of_experts, {static_cast<double>(tokens.value), tokens.origin}, {all, tokens.origin}, Real(p.expert), ledger);
    }
    const bool whole_experts = in.options.whole_experts && p.tensor.value > 1;
    if (whole_experts) keep_experts_whole(pass, p.tensor.value);
    if (whole_experts || p.expert.value > 1) crowd(pass, in.options.expert_imbalance.value);
    if (in.options.adapters) {
      const Count requests{decodes.value + prompts.value, in.options.adapters->number.origin};
      add_adapters(pass, *in.options.adapters, requests, in.precision, ledger);
    }
    const PassPrice priced = solvers::price(pass, device, *efficiency_, {{1, {}}, {1, {}}, {1, {}}}, ledger);
    for (std::size_t k = 0; k < pass.size(); ++k) {
      Time& part = pass[k].name == "lm_head" || pass[k].name == "final_norm" ? out.head : !is_attention(pass[k]) ? out.tokens : k < of_decodes ? out.decode_attention : out.prompt_attention;
      part += priced.operators[k].time.value;
    }
    times.push_back(priced.time);
    const auto peak = peak_for(device, in.precision.compute, true, ledger);
    const auto used = eq::compute_utilisation.with(ledger, priced.work, priced.time, peak);
    Real mbu;
    if (auto const& level = device.memory.main().level; level->bandwidth) mbu = eq::mbu.with(ledger, priced.main_bytes, priced.time, *level->bandwidth);
    if (stage == 0) {
      out.mfu = eq::mfu.with(ledger, priced.model_work, priced.time, peak);
      out.mbu = mbu;
      out.compute_utilisation = used;
      out.bound = priced.bound, out.next_bound = priced.next_bound;
      out.confidence = Confidence::calibrated;
      for (auto const& o : pass) out.confidence = weakest(out.confidence, efficiency_->of(o.kind).confidence);
    }
    if (device.power.tdp) {
      const auto energy = energy_of(device, priced, priced.time, ledger);
      energies.push_back(energy ? *energy : eq::pass_energy.with(ledger, device.tier == hardware::Tier::tiny ? *device.power.tdp : eq::mean_power.with(ledger, awake_power(device, ledger), *device.power.tdp, used, mbu), priced.time));
    }
  }
  out.device = stages == 1 ? times.front() : sum<Time>(ledger, "all stages", times);
  out.communication = forward_communication({in.model, in.cluster, p, in.precision.activations, tokens, links_}, ledger).total;
  times.push_back(out.communication);
  out.host = {Time{}, in.concurrency.origin};
  if (in.engine) {
    const Count sequences{prompts.value + decodes.value, decodes.origin};
    out.host = eq::engine_time.with(ledger, in.engine->iteration, sequences, in.engine->sequence);
    if (!in.engine->overlaps) times.push_back(out.host);
  }
  out.time = sum<Time>(ledger, in.engine && !in.engine->overlaps ? "all stages, their communication, and the host" : "all stages and their communication", times);
  if (in.engine && in.engine->overlaps && stages == 1) out.time = eq::host_bound.with(ledger, out.time, out.host);
  // While one micro-batch passes all stages, the host prepares one for each of them. With as many micro-batches as stages, each waits for the host once before its
  // tokens enter the first stage again (NVIDIA/TensorRT-LLM pull request 3878).
  if (in.engine && in.engine->overlaps && stages > 1)
    out.time = eq::host_bound.with(ledger, sum<Time>(ledger, "all stages, their communication, and the host once", {out.time, out.host}), eq::repeated.with(ledger, Real(p.pipeline), out.host));
  if (!energies.empty()) {
    out.energy = stages == 1 ? energies.front() : eq::mean_energy.with(ledger, sum<Energy>(ledger, "all stages", energies), p.pipeline);
    if (device.power.idle && out.time.value > out.device.value) {
      const auto waiting = eq::waiting_energy.with(ledger, awake_power(device, ledger), out.communication, in.engine && in.engine->overlaps ? Sourced<Time>{} : out.host);
      out.energy = eq::energy_of_both.with(ledger, out.energy, waiting);
    }
  }
  return out;
}

Sourced<Time> guess(ServingInput const& in, EfficiencyModel const& efficiency, LinkModel const& links, Iteration const& decode, Ledger& ledger) {
  auto const& s = *in.options.speculation;
  if (!s.draft) {
    const Real cost = s.draft_cost ? *s.draft_cost : assumed(ledger, "speculation.draft_cost", 0.0, "no draft is named and no cost given: guesses cost nothing, as n-grams do");
    return eq::relative_draft.with(ledger, cost, IterationModel(in, efficiency, links).price(decode, ledger).time);
  }
  ServingInput draft = in;
  draft.model = &s.draft->value;
  draft.options.speculation.reset();
  draft.options.adapters.reset();
  draft.engine = nullptr;  // the host prepares a step, not a guess
  return IterationModel(draft, efficiency, links).price(decode, ledger).time;
}

std::optional<Count> batched_tokens(ServingInput const& in) {
  if (in.options.batched_tokens) return in.options.batched_tokens;
  return in.engine ? in.engine->batched_tokens : std::nullopt;
}

std::optional<Count> most_sequences(ServingInput const& in) {
  if (in.options.sequences) return in.options.sequences;
  return in.engine ? in.engine->sequences : std::nullopt;
}

LinkModel links_of(ServingInput const& in, Ledger& ledger) {
  LinkModel links(in.collectives, ledger, in.cluster->device.id);
  if (in.launch != workload::Launch::graph) links.launched_by_host(in.collectives, in.cluster->device.id, ledger);
  return links;
}

Data KvBudget::held(double tokens) const {
  const double pages = std::ceil(tokens / block.value) * block.value;
  return fixed.value + per_token.value * pages + per_local_token.value * std::min(pages, static_cast<double>(window.value));
}

Data KvBudget::used(double tokens) const {
  return fixed.value + per_token.value * tokens + per_local_token.value * std::min(tokens, static_cast<double>(window.value));
}

double KvBudget::blocks() const {
  const Data page = per_token.value * block.value;
  return page > Data{} ? std::floor(std::max(0.0, capacity.value / page)) : 0;
}

KvBudget kv_budget(ServingInput const& in, Ledger& ledger) {
  KvBudget b;
  MemoryInput m;
  m.model = in.model;
  m.device = &in.cluster->device;
  m.precision = in.precision;
  m.parallel = in.parallel;
  m.parallel.data = {1, in.parallel.data.origin};
  m.training = false;
  m.micro_batch = {1, in.concurrency.origin};
  m.tokens = whole(eq::longest_context.with(ledger, in.prompt, in.output));
  const MemoryResult held = solve(m, ledger);
  Sourced<Data> cache{};
  for (auto const& part : held.parts)
    if (part.category == "kv_cache") cache = part.size;
  auto const& store = held.stores.front();
  Sourced<Data> capacity = store.capacity;
  if (auto const share = in.options.memory ? in.options.memory : in.engine ? in.engine->memory : std::nullopt) capacity = eq::scaled.with(ledger, capacity, *share);
  b.capacity = eq::kv_budget.with(ledger, capacity, store.needed, cache);
  const auto take = [&](Sourced<Data> const& part) { b.capacity = eq::left.with(ledger, b.capacity, part); };
  if (in.options.adapters) take(adapters_size(in, *in.options.adapters, ledger));
  if (in.options.speculation && in.options.speculation->draft) {
    MemoryInput d = m;
    d.model = &in.options.speculation->draft->value;
    for (auto const& part : solve(d, ledger).parts)
      if (part.category == "weights") take(part.size);
  }
  if (in.options.block) b.block = *in.options.block;
  else if (in.engine && in.engine->block) b.block = *in.engine->block;

  // What a request holds is linear in its length up to the window and linear beyond it: three lengths give the three parts.
  const auto of = [&](int tokens) {
    MemoryInput one = m;
    one.tokens = {tokens, m.tokens.origin};
    Ledger quiet;
    for (auto const& part : solve(one, quiet).parts)
      if (part.category == "kv_cache") return part.size.value;
    return Data{};
  };
  const auto origin = cache.origin;
  const int window = in.model->transformer && in.model->transformer->sliding_window ? in.model->transformer->sliding_window->window.value : 0;
  b.window = {window, origin};
  const int far = std::max(window, 1) + 1;
  const Data beyond = of(far + 1) - of(far), before = window > 1 ? of(2) - of(1) : beyond;
  b.per_token = {beyond, origin};
  b.per_local_token = {before - beyond, origin};
  b.fixed = {of(far) - beyond * static_cast<double>(far) - (before - beyond) * static_cast<double>(std::min(far, window)), origin};
  return b;
}

Count requests_at_once(ServingInput const& in, KvBudget const& budget, Ledger& ledger) {
  const bool reserves = in.engine && in.engine->reserves;
  const Real tokens = reserves ? eq::longest_context.with(ledger, in.prompt, in.output) : eq::mean_context.with(ledger, in.prompt, in.output);
  // Where nothing needs a cache, memory does not bound requests.
  const Data each = budget.held(tokens.value);
  if (each <= Data{}) return {1 << 16, budget.capacity.origin};
  // A request which starts must be able to end, even if the others are sent back to the queue.
  if (budget.held(in.prompt.value + in.output.value) > budget.capacity.value) return {0, budget.capacity.origin};
  const Real fit = eq::requests_at_mean.with(ledger, budget.capacity, {each, tokens.origin});
  return {static_cast<int>(std::min(fit.value, 65536.0)) * in.parallel.expert.value, fit.origin};
}

}  // namespace mlsysim::solvers
