#include "mlsysim/solvers/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "mlsysim/equations/memory.hpp"
#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/equations/serving.hpp"
#include "mlsysim/equations/training.hpp"
#include "mlsysim/equations/transformer.hpp"
#include "mlsysim/solvers/pipeline_schedule.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::solvers {
namespace {

constexpr std::string_view optimizers[] = {"adam_mixed", "adam_main_gradients", "adam_fp32", "sgd_momentum", "none", "adam_summed_gradients", "adam_half_moments"};
constexpr std::string_view recomputes[] = {"none", "selective", "full", "alternate"};
constexpr std::string_view adapted[] = {"attention", "all"};
constexpr std::string_view offloads[] = {"none", "cpu", "nvme"};

/// Bytes of state per parameter beside weights and gradients, and what it consists of.
struct StateBytes {
  double weights, gradients, optimizer;
  char const* what;
};
StateBytes state_of(Optimizer o, workload::Precision weights) {
  const double w = workload::size_of(weights).raw(), g = std::max(w, 2.0);  // gradients of 8-bit weights are summed in 16 bits
  switch (o) {
    case Optimizer::adam_mixed: return {w, g, 12, "fp32 master weights, momentum and variance: 4 + 4 + 4 B (Rajbhandari 2020)"};
    case Optimizer::adam_main_gradients: return {w, 4, 12, "fp32 master weights, momentum and variance beside fp32 gradients: 4 + 4 + 4 B (Megatron-LM, distributed optimizer)"};
    case Optimizer::adam_fp32: return {4, 4, 8, "fp32 momentum and variance: 4 + 4 B"};
    case Optimizer::sgd_momentum: return {w, g, 4, "fp32 momentum: 4 B"};
    case Optimizer::adam_summed_gradients: return {w, g + 4, 12, "fp32 master weights, momentum and variance beside 16-bit gradients and their fp32 sums: 4 + 4 + 4 B (DeepSpeed, bf16 optimizer)"};
    case Optimizer::adam_half_moments: return {w, 4, 8, "fp32 master weights, momentum and variance in bf16: 4 + 2 + 2 B (DeepSeek-AI 2024, section 3.3.2)"};
    case Optimizer::none: return {w, g, 0, "no optimizer state"};
  }
  return {w, g, 12, ""};
}

bool is_microcontroller(hardware::Device const& d) { return d.memory.flash && d.memory.sram && d.memory.main().name == "sram"; }

class Accountant {
 public:
  /// \param rank of the pipeline, whose memory is counted
  Accountant(MemoryInput const& in, Ledger& ledger, int rank = 0) : in_{in}, ledger_{ledger}, rank_{rank} {}

  MemoryResult run() {
    r_.parts.reserve(8);
    const auto count = workload::parameters_of(in_.derived, *in_.model, ledger_);
    r_.parameters = count.total;
    routed_ = count.routed;
    embedding_ = count.embedding;
    if (is_microcontroller(*in_.device)) microcontroller();
    else if (in_.training) training(), runtime();
    else inference();
    close();
    return std::move(r_);
  }

 private:
  void add(char const* category, std::string where, Sourced<Data> size) {
    if (size.value.raw() > 0) r_.parts.push_back({category, std::move(where), size});
  }
  std::string main_name() const {
    const auto main = in_.device->memory.main();
    if (!main.level) throw std::invalid_argument(fmt::format("'{}' states no memory", in_.device->id));
    return std::string(main.name);
  }

  /// In a pipeline which trains, the first stage holds the embedding beside its layers, and keeps more micro-batches than the last, which has the head.
  bool table_apart() const { return in_.training && in_.parallel.pipeline.value > 1 && in_.model->transformer; }
  /// Parameters which pipeline ranks share evenly.
  Real staged() {
    if (!table_apart()) return r_.parameters;
    auto const& t = *in_.model->transformer;
    const Real head = t.lm_head && !t.tied_embeddings ? eq::head_parameters.with(ledger_, t.vocabulary, t.hidden) : Real{0, t.vocabulary.origin};
    return eq::layer_parameters.with(ledger_, r_.parameters, embedding_, head);
  }
  /// Pipeline ranks which would share the layers evenly if each held as many as this one.
  Real sharers() {
    auto const& p = in_.parallel;
    if (!table_apart()) return p.pipeline;
    auto const& t = *in_.model->transformer;
    const Count own = layers_of_ranks(*in_.model, p)[static_cast<std::size_t>(rank_)];
    return own.value * p.pipeline.value == t.layers.value ? Real(p.pipeline) : eq::quotient.with(ledger_, Real(t.layers), Real(own));
  }
  /// Of the embedding on a rank of the first stage; 0 where it counts among the others.
  Real first_stage_table() {
    if (rank_ > 0 || !table_apart()) return {0, in_.parallel.pipeline.origin};
    return eq::quotient.with(ledger_, embedding_, Real(in_.parallel.tensor));
  }
  /// Of one rank before ZeRO divides them, without the embedding of a first stage.
  Real rank_parameters() {
    auto const& p = in_.parallel;
    if (routed_.value > 0 && p.expert.value > 1) return eq::sharded_expert_parameters.with(ledger_, staged(), routed_, Real(p.tensor), sharers(), Real(p.expert));
    return eq::sharded_parameters.with(ledger_, staged(), Real(p.tensor), sharers());
  }

  /// Tensor ranks which divide the cache: no more than there are key-value heads.
  Real cache_ranks() const {
    Count ranks = in_.parallel.tensor;
    if (!in_.model->transformer) return ranks;
    auto const& t = *in_.model->transformer;
    const Count heads = t.latent_attention ? Count{1, t.heads.origin} : t.kv_heads();
    return ranks.value <= heads.value ? ranks : heads;
  }

  void microcontroller() {
    add("weights", "flash", eq::tensor_size.with(ledger_, r_.parameters, workload::weight_size(in_.precision, ledger_)));
    const auto arena = workload::peak_activations(*in_.model, in_.precision.activations, ledger_);
    add("activations", "sram", eq::scaled.with(ledger_, arena, Real(in_.micro_batch)));
  }

  void inference() {
    const std::string main = main_name();
    const auto weights = eq::tensor_size.with(ledger_, rank_parameters(), workload::weight_size(in_.precision, ledger_));
    if (!hardware::weight_link(*in_.device)) add("weights", main, weights);
    const auto cache = workload::cache_size(*in_.model, in_.precision.kv, in_.tokens, ledger_);
    if (cache.value.raw() > 0) add("kv_cache", main, eq::cache_of_batch.with(ledger_, cache, Real(in_.micro_batch), cache_ranks(), Real(in_.parallel.pipeline)));
    workspace(main);
    if (hardware::weight_link(*in_.device)) stream(main, weights);
  }

  /// Weights stay as far as there is room beside everything else; the rest comes over the link.
  void stream(std::string const& main, Sourced<Data> weights) {
    std::vector<Sourced<Data>> rest;
    for (auto const& p : r_.parts) rest.push_back(p.size);
    const auto room = eq::left.with(ledger_, capacity(main), sum<Data>(ledger_, "beside weights", rest));
    if (room.value <= Data{}) {
      r_.streamed = weights;
      return;
    }
    const auto resident = eq::resident_weights.with(ledger_, weights, room);
    add("weights", main, resident);
    r_.streamed = eq::streamed_weights.with(ledger_, weights, resident);
  }

  /// Input and output of the widest operator: a decode step of the whole batch or a chunk of a prompt, whichever has more tokens.
  void workspace(std::string const& main) {
    if (in_.model->layered) {
      const auto peak = workload::peak_activations(*in_.model, in_.precision.activations, ledger_);
      add("workspace", main, eq::scaled.with(ledger_, peak, Real(in_.micro_batch)));
      return;
    }
    workload::PassShape shape;
    shape.batch = in_.micro_batch;
    shape.new_tokens = {1, in_.micro_batch.origin};
    if (in_.model->transformer && !in_.model->transformer->causal) {
      shape.new_tokens = in_.tokens;
    } else if (workload::is_language_model(*in_.model)) {
      const Count chunk = assumed(ledger_, "memory.prompt_chunk", 2048, "prompts are read in chunks of so many tokens, as serving engines do by default");
      if (in_.tokens.value > 0 && in_.micro_batch.value < chunk.value) {
        shape.batch = {1, in_.micro_batch.origin};
        shape.new_tokens = in_.tokens.value < chunk.value ? in_.tokens : chunk;
      }
    }
    shape.precision = in_.precision;
    shape.tensor_parallel = in_.parallel.tensor;
    shape.last_token_logits = true;
    const auto pass = workload::pass_of(in_.derived, *in_.model, shape, ledger_);
    const auto size = [](workload::Operator const& o) { return o.input.value + o.output.value; };
    const auto largest = std::max_element(pass->begin(), pass->end(), [&](auto const& a, auto const& b) { return size(a) < size(b); });
    if (largest != pass->end()) add("workspace", main, sum<Data>(ledger_, ledger_.recording ? "input and output of " + largest->name : std::string(), {largest->input, largest->output}));
  }

  void training() {
    const std::string main = main_name();
    auto const& p = in_.parallel;
    if (in_.adapters && in_.model->transformer) return adapters(main);
    const auto bytes = state_of(in_.optimizer, in_.precision.weights);
    const Real ranks = p.shard ? Real(*p.shard) : eq::product.with(ledger_, eq::product.with(ledger_, Real(p.data), Real(p.expert)), Real(p.context));
    const Real whole = rank_parameters(), one{1, p.zero.origin};
    // Data ranks share everything but routed experts, which only ranks with the same experts share: together 1 / (data * expert) of all.
    const Real shared = eq::sharded_parameters.with(ledger_, staged(), Real(p.tensor), sharers());
    const Real table = first_stage_table();
    std::vector<Sourced<Data>> of_table, on_host;
    const auto state = [&](char const* category, char const* name, double b, char const* why, int stage, bool here) {
      const bool divided = p.zero.value >= stage;
      const auto each = assumed(ledger_, name, b * unit<"B">, why);
      const auto size = eq::state_size.with(ledger_, divided ? shared : whole, each, divided ? ranks : one);
      if (here) add(category, main, size);
      else on_host.push_back(size);
      if (table.value > 0) (here ? of_table : on_host).push_back(eq::state_size.with(ledger_, table, each, divided ? ranks : one));
    };
    state("weights", "memory.weight_bytes", bytes.weights, "stored weights", 3, true);
    state("gradients", "memory.gradient_bytes", bytes.gradients, bytes.gradients > bytes.weights ? "gradients summed in fp32" : "gradients in the format of the weights", 2, true);
    if (bytes.optimizer > 0) state("optimizer", "memory.optimizer_bytes", bytes.optimizer, bytes.what, 1, in_.offload == Offload::none);
    if (!on_host.empty()) r_.host = sum<Data>(ledger_, "optimizer on the host", on_host);
    if (!of_table.empty()) add("embedding", main, sum<Data>(ledger_, "state of the embedding", of_table));
    activations(main);
  }

  /// What a framework holds on a GPU beside tensors: its kernels, and buffers of one communicator for each dimension along which ranks talk.
  void runtime() {
    if (in_.device->kind != hardware::DeviceKind::gpu) return;
    auto const& p = in_.parallel;
    std::vector<Sourced<Data>> held{assumed(ledger_, "memory.kernels", 1408.2 * unit<"MB">, "1343 MiB of PyTorch with one value on a V100 (Hugging Face, transformers, model_memory_anatomy.md)")};
    for (int ranks : {p.tensor.value, p.pipeline.value, p.context.value, p.data.value * p.expert.value}) {
      if (ranks == 2) held.push_back(assumed(ledger_, "memory.communicator_of_two", 544 * unit<"MB">, "NCCL between two A100 (NVIDIA/nccl, issue 964)"));
      else if (ranks > 2) held.push_back(assumed(ledger_, "memory.communicator", 688 * unit<"MB">, "NCCL among more than two A100 (NVIDIA/nccl, issue 964); more channels take more"));
    }
    add("runtime", main_name(), sum<Data>(ledger_, "kernels and communicators", held));
  }

  /// Frozen weights have neither gradients nor state; adapters, of which every data rank holds all, have both.
  void adapters(std::string const& main) {
    const Real one{1, in_.parallel.zero.origin}, own = eq::sharded_parameters.with(ledger_, adapter_parameters(*in_.model->transformer, *in_.adapters, ledger_), Real(in_.parallel.tensor), sharers());
    const auto bytes = state_of(in_.optimizer, in_.precision.weights);
    const auto weights = eq::tensor_size.with(ledger_, rank_parameters(), workload::weight_size(in_.precision, ledger_));
    const Real table = first_stage_table();
    add("weights", main, table.value > 0 ? sum<Data>(ledger_, "layers and embedding", {weights, eq::tensor_size.with(ledger_, table, workload::weight_size(in_.precision, ledger_))}) : weights);
    add("adapters", main, eq::state_size.with(ledger_, own, assumed(ledger_, "memory.adapter_bytes", (bytes.weights + bytes.gradients + bytes.optimizer) * unit<"B">, "weight, gradient and optimizer state"), one));
    activations(main);
  }

  void activations(std::string const& main) {
    if (!in_.model->transformer || in_.model->transformer->patches) {
      workload::PassShape shape;
      shape.training = true;
      shape.batch = in_.micro_batch;
      shape.new_tokens = in_.tokens;
      shape.precision = in_.precision;
      shape.tensor_parallel = in_.parallel.tensor;
      std::vector<Sourced<Data>> kept;
      const auto pass = workload::pass_of(in_.derived, *in_.model, shape, ledger_);
      for (auto const& o : *pass)
        if (o.has_gradient) kept.push_back(eq::scaled.with(ledger_, o.output, o.repeat));
      const auto all = sum<Data>(ledger_, "outputs kept for the backward pass", kept);
      add("activations", main, eq::scaled.with(ledger_, all, in_flight()));
      return;
    }
    auto const& t = *in_.model->transformer;
    const Real s = in_.parallel.context.value > 1 ? eq::context_tokens.with(ledger_, Real(in_.tokens), Real(in_.parallel.context)) : Real(in_.tokens), b = in_.micro_batch, h = t.hidden, ranks = in_.parallel.tensor;
    const Sourced<Data> layer = in_.recompute == Recompute::full ? eq::layer_inputs.with(ledger_, s, b, h, value(), in_.parallel.sequence ? ranks : Real{1, ranks.origin}) : kept_of_layer(t, s, b, in_.recompute);
    const Real layers = t.layers, sharing = sharers();
    const auto kept = eq::stage_activations.with(ledger_, layer, layers, sharing, in_flight());
    if (in_.offload_activations) {
      const Real one{1, in_.micro_batch.origin}, two = assumed(ledger_, "memory.layers_on_device", 2.0, "the layer at work and the one which is fetched or sent");
      r_.offloaded_activations = eq::stage_activations.with(ledger_, layer, layers, sharing, one);
      const auto held = eq::scaled.with(ledger_, layer, two);
      add("activations", main, held.value < kept.value ? held : kept);
      r_.host = r_.host ? sum<Data>(ledger_, "held by the host", {*r_.host, kept}) : kept;
    } else {
      add("activations", main, kept);
    }
    // While the backward pass works on a layer, what was computed again of it is there as a whole.
    if (in_.recompute == Recompute::full || in_.recompute == Recompute::alternate) add("workspace", main, kept_of_layer(t, s, b, Recompute::none));
    // In a pipeline the head is on the last stage, which keeps one micro-batch and so is never the fullest.
    if (in_.parallel.pipeline.value == 1 && t.lm_head && t.vocabulary.value > 0) add("logits", main, eq::head_activations.with(ledger_, s, b, h, Real(t.vocabulary), ranks));
  }

  Sourced<Data> value() { return assumed(ledger_, "memory.activation_value", workload::size_of(in_.precision.activations), "activations wait for the backward pass in their storage format"); }

  /// Activations of one layer and micro-batch on one rank, counted part by part; layers with experts and without by their mean.
  Sourced<Data> kept_of_layer(workload::Transformer const& t, Real s, Real b, Recompute recompute) {
    const Real ranks = in_.parallel.tensor, dropout{t.dropout ? 1.0 : 0.0, t.layers.origin}, gated{t.gated ? 1.0 : 0.0, t.layers.origin};
    const Sourced<Data> w = value();
    Real query = eq::product.with(ledger_, Real(t.heads), Real(t.head_size())), key = eq::product.with(ledger_, Real(t.kv_heads()), Real(t.head_size())), weighted = query, latent{0, t.heads.origin};
    Real values = key;
    if (t.latent_attention) {
      auto const& m = *t.latent_attention;
      query = key = eq::product.with(ledger_, Real(t.heads), eq::plus.with(ledger_, Real(m.nope_size), Real(m.rope_size)));
      values = weighted = eq::product.with(ledger_, Real(t.heads), Real(m.value_size));
      latent = eq::plus.with(ledger_, Real(m.kv_rank), m.query_rank ? Real(*m.query_rank) : Real{0, m.kv_rank.origin});
    }
    // What is compressed is normalised: both are kept, on every rank.
    const Sourced<Data> compressed = eq::token_attention.with(ledger_, latent, latent, Real{0, latent.origin}, Real{0, latent.origin}, w);
    const Sourced<Data> p = input_of_products(w), inputs = eq::token_whole.with(ledger_, Real(t.hidden), dropout, w, p);
    if (in_.adapters) return frozen_layer(t, s, b, query, key, values, weighted, w, recompute);
    const Sourced<Data> whole = t.latent_attention ? sum<Data>(ledger_, "inputs and compressed keys, values and queries", {inputs, compressed}) : inputs;
    if (recompute == Recompute::alternate) {
      const Sourced<Data> divided = eq::token_alternate.with(ledger_, Real{0, latent.origin}, query, values, kept_width(t), w), inputs = eq::token_alternate.with(ledger_, Real(t.hidden), Real{0, latent.origin}, Real{0, latent.origin}, Real{0, latent.origin}, w);
      return in_.parallel.sequence ? eq::layer_activations_sequence_parallel.with(ledger_, s, b, inputs, divided, ranks) : eq::layer_activations.with(ledger_, s, b, inputs, divided, ranks);
    }
    // Up from what was compressed is computed again rather than kept (DeepSeek-AI 2024, section 3.2.3).
    const bool again = t.latent_attention && recompute == Recompute::selective;
    const Real none{0, t.heads.origin};
    std::vector<Sourced<Data>> divided{again ? eq::token_attention.with(ledger_, none, none, none, weighted, w) : eq::token_attention.with(ledger_, query, key, values, weighted, w), kept_of_mlp(t, gated, w, p)};
    // Attention keeps its result in its own format, and the product behind it in the one which it reads.
    if (p.value < w.value) divided.push_back(eq::token_attention.with(ledger_, none, none, none, weighted, p));
    if (recompute == Recompute::none && !in_.flash_attention) divided.push_back(eq::token_scores.with(ledger_, Real(t.heads), s, dropout, w));
    const Sourced<Data> shared = sum<Data>(ledger_, "divided by tensor ranks", divided);
    return in_.parallel.sequence ? eq::layer_activations_sequence_parallel.with(ledger_, s, b, whole, shared, ranks) : eq::layer_activations.with(ledger_, s, b, whole, shared, ranks);
  }

  /// A product with frozen weights needs its input only where an adapter stands beside it.
  Sourced<Data> frozen_layer(workload::Transformer const& t, Real s, Real b, Real query, Real key, Real values, Real weighted, Sourced<Data> const& w, Recompute recompute) {
    const bool all = in_.adapters->products == AdaptedProducts::all;
    const Real ranks = in_.parallel.tensor, none{0, t.layers.origin}, h = t.hidden, f = t.feed_forward;
    const Sourced<Data> inputs = eq::token_attention.with(ledger_, h, h, h, all ? h : none, w);
    std::vector<Sourced<Data>> divided{eq::token_attention.with(ledger_, query, key, values, weighted, w), eq::token_attention.with(ledger_, f, t.gated ? f : none, all ? f : none, none, w)};
    if (recompute == Recompute::none && !in_.flash_attention) divided.push_back(eq::token_scores.with(ledger_, Real(t.heads), s, none, w));
    const Sourced<Data> shared = sum<Data>(ledger_, "divided by tensor ranks", divided);
    return in_.parallel.sequence ? eq::layer_activations_sequence_parallel.with(ledger_, s, b, inputs, shared, ranks) : eq::layer_activations.with(ledger_, s, b, inputs, shared, ranks);
  }

  /// Mean width of what is between the products of an MLP, of all experts which a token visits.
  Real kept_width(workload::Transformer const& t) {
    if (!t.mixture_of_experts) return t.feed_forward;
    auto const& m = *t.mixture_of_experts;
    return eq::product.with(ledger_, eq::plus.with(ledger_, Real(m.active), Real(m.shared)), Real(m.feed_forward));
  }

  /// Inputs of products wait as they were multiplied, where that is narrower (NVIDIA, Megatron-LM, docs/discussions/deepseek-v3-gb200-optimization.md, section 2.2.2).
  Sourced<Data> input_of_products(Sourced<Data> const& w) {
    const Data narrow = workload::size_of(in_.precision.compute);
    return narrow < w.value ? assumed(ledger_, "memory.product_input", narrow, "inputs of products wait for the backward pass in the format in which they were multiplied") : w;
  }

  Sourced<Data> kept_of_mlp(workload::Transformer const& t, Real gated, Sourced<Data> const& w, Sourced<Data> const& p) {
    const Sourced<Data> plain = eq::token_mlp.with(ledger_, Real(t.feed_forward), gated, w, p);
    if (!t.mixture_of_experts) return plain;
    auto const& m = *t.mixture_of_experts;
    Sourced<Data> visited = eq::token_experts.with(ledger_, Real(m.active), Real(t.hidden), eq::token_mlp.with(ledger_, Real(m.feed_forward), gated, w, p), p);
    if (m.shared.value > 0 || m.shared_feed_forward) {
      const Real width = m.shared_feed_forward ? Real(*m.shared_feed_forward) : eq::product.with(ledger_, Real(m.shared), Real(m.feed_forward));
      visited = sum<Data>(ledger_, "routed and shared experts", {visited, eq::token_mlp.with(ledger_, width, gated, w, p)});
    }
    return eq::mean_layer.with(ledger_, plain, visited, Real(m.dense_layers), Real(t.layers));
  }

  Real in_flight() const {
    auto const& p = in_.parallel;
    if (p.interleaving.value > 1 && in_.micro_batches.value > 0) return eq::interleaved_in_flight.with(ledger_, Real(p.pipeline), Real(p.interleaving), in_.micro_batches, Real{static_cast<double>(rank_), p.pipeline.origin});
    // All forward passes come first in GPipe; else a rank holds one micro-batch for each rank behind it and its own.
    if (rank_ == 0 || p.schedule == systems::Schedule::gpipe) return in_.in_flight;
    return {std::min<double>(in_.in_flight.value, p.pipeline.value - rank_), in_.in_flight.origin};
  }

  void close() {
    for (auto const& p : r_.parts) {
      const auto known = std::find_if(r_.stores.begin(), r_.stores.end(), [&](auto const& s) { return s.where == p.where; });
      if (known != r_.stores.end()) continue;
      std::vector<Sourced<Data>> here;
      for (auto const& q : r_.parts)
        if (q.where == p.where) here.push_back(q.size);
      MemoryResult::Store store{p.where, sum<Data>(ledger_, "held in " + p.where, here), capacity(p.where)};
      r_.fits = r_.fits && store.fits();
      r_.stores.push_back(std::move(store));
    }
    if (!r_.stores.empty()) r_.free = eq::left.with(ledger_, r_.stores.front().capacity, r_.stores.front().needed);
  }

  Sourced<Data> capacity(std::string const& where) const {
    auto const& m = in_.device->memory;
    if (where == "flash") return m.flash->capacity();
    if (where == "sram") return m.sram->capacity();
    return m.main().level->capacity();
  }

  MemoryInput const& in_;
  Ledger& ledger_;
  MemoryResult r_;
  Real routed_, embedding_;
  int rank_ = 0;
};

/// What the fullest rank holds: the first one, which has the embedding and keeps most micro-batches, or the second where it has more layers.
MemoryResult fullest(MemoryInput const& in, Ledger& ledger) {
  int rank = 0;
  if (in.training && in.parallel.pipeline.value > 2 && in.model->transformer) {
    const auto layers = layers_of_ranks(*in.model, in.parallel);
    Ledger quiet;
    if (layers[1].value > layers[0].value && Accountant(in, quiet, 1).run().free.value < Accountant(in, quiet).run().free.value) rank = 1;
  }
  return Accountant(in, ledger, rank).run();
}

// Tensor ranks talk twice a layer: more of them than two nodes hold are no remedy.
constexpr int most_tensor_ranks = 16;

/// Changes, each computed: single ones and, until three fit, a few together. Those which fit come first, then those which help most.
std::vector<Remedy> remedies(MemoryInput const& in) {
  struct Candidate {
    Remedy remedy;
    double worst;
    long long devices;
  };
  std::vector<Candidate> found;
  Ledger quiet;
  const auto worst_of = [](MemoryResult const& r) {
    double worst = 0;
    for (auto const& s : r.stores) worst = std::max(worst, s.needed.value / s.capacity.value);
    return worst;
  };
  const double before = worst_of(fullest(in, quiet));
  const auto attempt = [&](std::string change, MemoryInput const& changed) {
    const MemoryResult r = fullest(changed, quiet);
    const double worst = worst_of(r);
    if (worst >= before) return;
    std::string effect;
    // As many ranks as devices: what multiplies ranks needs more of them.
    if (const auto ranks = changed.parallel.ranks(); ranks != in.parallel.ranks()) effect = fmt::format("on {} devices: ", ranks);
    bool first = true;
    for (auto const& s : r.stores) effect += fmt::format("{}{} of {} {}", std::exchange(first, false) ? "" : ", ", display(s.needed.value), display(s.capacity.value), s.where);
    found.push_back({{std::move(change), effect + (r.fits ? "" : " (not enough alone)"), r.fits}, worst, changed.parallel.ranks()});
  };
  using workload::Precision;
  const bool tiny = is_microcontroller(*in.device);
  // Nobody joins telephones or boards by tensor ranks.
  const bool joined = in.device->tier == hardware::Tier::cloud || in.device->tier == hardware::Tier::workstation;
  const auto fitting = [&] { return std::count_if(found.begin(), found.end(), [](Candidate const& c) { return c.remedy.sufficient; }); };
  if (!in.training) {
    for (Precision p : {Precision::bf16, Precision::int8, Precision::int4}) {
      if (workload::size_of(p) >= workload::size_of(in.precision.weights)) continue;
      MemoryInput c = in;
      c.precision.weights = p;
      c.precision.weight_bits.reset();
      if (tiny) c.precision.activations = p;
      attempt(fmt::format("workload.precision.weights: {}{}", workload::name(p), tiny ? " (activations too)" : ""), c);
    }
    if (workload::size_of(in.precision.kv) > workload::size_of(Precision::fp8) && in.model->transformer && !tiny) {
      MemoryInput c = in;
      c.precision.kv = Precision::fp8;
      attempt("workload.precision.kv: fp8", c);
    }
  }
  if (joined) {
    for (int k : {2, 4, 8, 16, 32}) {
      MemoryInput c = in;
      c.parallel.tensor.value *= k;
      if (!in.model->transformer || in.model->transformer->heads.value % c.parallel.tensor.value != 0 || c.parallel.tensor.value > most_tensor_ranks) break;
      attempt(fmt::format("system.parallel.tensor: {}", c.parallel.tensor.value), c);
      if (!found.empty() && found.back().remedy.sufficient) break;
    }
  }
  // The same devices, dealt out otherwise: replicas become ranks which share a model.
  for (int k : {2, 4, 8, 16, 32}) {
    if (!joined || !in.model->transformer || in.parallel.data.value % k != 0) break;
    MemoryInput c = in;
    c.parallel.data.value /= k;
    c.micro_batches.value *= k;
    c.parallel.tensor.value *= k;
    if (in.model->transformer->heads.value % c.parallel.tensor.value == 0 && c.parallel.tensor.value <= most_tensor_ranks)
      attempt(fmt::format("system.parallel: {{tensor: {}, data: {}}}", c.parallel.tensor.value, c.parallel.data.value), c);
    c.parallel.tensor = in.parallel.tensor;
    c.parallel.pipeline.value *= k;
    const bool all_held = in.parallel.schedule == systems::Schedule::gpipe;
    if (in.training) c.in_flight.value = static_cast<int>(std::ceil(all_held ? c.micro_batches.value : eq::micro_batches_in_flight(static_cast<double>(c.parallel.pipeline.value), c.micro_batches.value)));
    if (!in.model->transformer->encoder && in.parallel.stages.empty() && c.parallel.pipeline.value * in.parallel.interleaving.value <= in.model->transformer->layers.value)
      attempt(fmt::format("system.parallel: {{pipeline: {}, data: {}}}", c.parallel.pipeline.value, c.parallel.data.value), c);
    if (!found.empty() && found.back().remedy.sufficient) break;
  }
  if (in.training) {
    for (Recompute k : {Recompute::selective, Recompute::full}) {
      if (k == in.recompute || in.recompute == Recompute::full || (k == Recompute::selective && in.recompute == Recompute::alternate)) continue;
      MemoryInput c = in;
      c.recompute = k;
      attempt(fmt::format("workload.training.recompute: {}", recomputes[static_cast<std::size_t>(k)]), c);
    }
    for (int stage = in.parallel.zero.value + 1; stage <= 3 && in.parallel.data.value * in.parallel.expert.value * in.parallel.context.value > 1; ++stage) {
      MemoryInput c = in;
      c.parallel.zero.value = stage;
      attempt(fmt::format("system.parallel.zero: {}", stage), c);
    }
    if (in.parallel.data.value == 1 && joined) {
      MemoryInput c = in;
      c.parallel.data.value = 8;
      c.parallel.zero.value = 3;
      attempt("system.parallel: {data: 8, zero: 3}", c);
      if (in.recompute != Recompute::full && in.model->transformer) {
        c.recompute = Recompute::full;
        attempt("system.parallel: {data: 8, zero: 3} and workload.training.recompute: full", c);
      }
    }
  }
  for (int divide : {2, 4, 8, 16}) {
    if (in.micro_batch.value / divide < 1) break;
    MemoryInput c = in;
    c.micro_batch.value /= divide;
    attempt(fmt::format("workload.batch: {}", c.micro_batch.value), c);
    if (!found.empty() && found.back().remedy.sufficient) break;
  }
  for (int divide : {2, 4, 8, 16}) {
    if (!in.training || !in.model->transformer || in.micro_batch.value / divide < 1 || fitting() >= 3) break;
    MemoryInput c = in;
    c.micro_batch.value /= divide;
    c.recompute = Recompute::full;
    attempt(fmt::format("workload.batch: {} and workload.training.recompute: full", c.micro_batch.value), c);
    if (!found.empty() && found.back().remedy.sufficient) break;
  }
  if (fitting() < 3 && joined && in.model->transformer) {
    for (int k : {2, 4, 8, 16, 32, 64}) {
      MemoryInput c = in;
      c.parallel.tensor.value *= k;
      if (in.model->transformer->heads.value % c.parallel.tensor.value != 0 || c.parallel.tensor.value > most_tensor_ranks) break;
      std::string change = fmt::format("system.parallel.tensor: {}, ", c.parallel.tensor.value);
      if (in.training) {
        c.recompute = Recompute::full;
        c.parallel.zero.value = 3;
        c.parallel.data.value = std::max(in.parallel.data.value, 8);
        change += fmt::format("data: {}, zero: 3 and workload.training.recompute: full", c.parallel.data.value);
      } else {
        c.precision.weights = Precision::int4;
        c.precision.weight_bits.reset();
        change += "workload.precision.weights: int4";
      }
      attempt(std::move(change), c);
      if (!found.empty() && found.back().remedy.sufficient) break;
    }
  }
  std::stable_sort(found.begin(), found.end(), [](Candidate const& a, Candidate const& b) {
    if (a.remedy.sufficient != b.remedy.sufficient) return a.remedy.sufficient;
    // Among those which fit the nearest change is the one which needs no more devices, then the one which frees least.
    if (a.remedy.sufficient && a.devices != b.devices) return a.devices < b.devices;
    return a.remedy.sufficient ? a.worst > b.worst : a.worst < b.worst;
  });
  std::vector<Remedy> out;
  for (auto const& c : found)
    if (out.size() < 4) out.push_back(c.remedy);
  return out;
}

}  // namespace

std::span<const std::string_view> names_of(Offload) { return offloads; }
std::span<const std::string_view> names_of(Optimizer) { return optimizers; }
std::span<const std::string_view> names_of(Recompute) { return recomputes; }
std::span<const std::string_view> names_of(AdaptedProducts) { return adapted; }
void describe(TrainedAdapters& a, Fields& f) {
  f("rank", a.rank, "width of the bottleneck", positive);
  f("products", a.products, "beside which products they stand", defaults_to(AdaptedProducts::attention, "as in the paper"));
}

Real adapter_parameters(workload::Transformer const& t, TrainedAdapters const& adapters, Ledger& ledger) {
  const Real head = t.head_size(), h = t.hidden, f = t.feed_forward, width = eq::product.with(ledger, Real(t.heads), head), keys = eq::product.with(ledger, Real(t.kv_heads()), head);
  const auto beside = [&](Real in, Real out) { return eq::adapter_parameters.with(ledger, Real(adapters.rank), out, in); };
  Real all = eq::plus.with(ledger, beside(h, eq::plus.with(ledger, width, eq::product.with(ledger, {2, keys.origin}, keys))), beside(width, h));
  if (adapters.products == AdaptedProducts::all) all = eq::plus.with(ledger, all, eq::plus.with(ledger, beside(h, eq::product.with(ledger, {t.gated ? 2.0 : 1.0, f.origin}, f)), beside(f, h)));
  return eq::product.with(ledger, Real(t.layers), all);
}

Sourced<Data> checkpoint_state(Optimizer optimizer, workload::Precision weights, Ledger& ledger) {
  const auto bytes = state_of(optimizer, weights);
  return assumed(ledger, "reliability.checkpoint_bytes", (bytes.weights + bytes.optimizer) * unit<"B">, "per parameter: its weight and the optimizer's state; gradients are not kept");
}

MemoryResult solve(MemoryInput const& in, Ledger& ledger) {
  MemoryResult r = fullest(in, ledger);
  if (!r.fits && ledger.recording) r.remedies = remedies(in);
  return r;
}

Section report(MemoryResult const& r) {
  Section s{"memory", "Memory of one device", {}, {}, {}, {}, {}};
  s.metric("parameters", "parameters of the model", r.parameters);
  if (r.streamed && r.streamed->value > Data{}) s.metric("streamed_weights", "weights streamed for every pass", *r.streamed).note = "on-chip memory has no room for them";
  for (auto const& p : r.parts) {
    std::string words = p.category;
    std::replace(words.begin(), words.end(), '_', ' ');
    s.metric(p.category, words, p.size).note = "in " + p.where;
  }
  if (r.host) s.metric("host", "held in host memory or storage", *r.host).note = "of one rank";
  for (auto const& store : r.stores) {
    s.metric(store.where + "_needed", store.where + " needed", store.needed);
    s.metric(store.where + "_capacity", store.where + " there", store.capacity);
    Check c;
    c.id = store.where + "_fits";
    c.label = store.where + " memory";
    c.value = store.needed.value.raw();
    c.limit = store.capacity.value.raw();
    c.dimension = Dimension("B");
    c.origin = store.needed.origin;
    c.verdict = store.fits() ? Verdict::pass : Verdict::fail;
    if (!store.fits()) {
      MemoryPart const* largest = nullptr;
      for (auto const& p : r.parts)
        if (p.where == store.where && (!largest || p.size.value > largest->size.value)) largest = &p;
      c.detail = fmt::format("missing {}; largest part: {} {} ({:.0f} %)", display(store.needed.value - store.capacity.value), largest->category, display(largest->size.value), 100 * (largest->size.value / store.needed.value));
      if (s.checks.empty()) c.remedies = r.remedies;
    }
    s.checks.push_back(std::move(c));
  }
  if (std::none_of(r.parts.begin(), r.parts.end(), [](auto const& p) { return p.category == "runtime"; })) s.notes.emplace_back("no reserve for the runtime is counted");
  return s;
}

}  // namespace mlsysim::solvers
