#include "mlsysim/solvers/distributed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "mlsysim/equations/memory.hpp"
#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/equations/training.hpp"
#include "mlsysim/solvers/power.hpp"
#include "nearest_degrees.hpp"

namespace mlsysim::solvers {
namespace {

using systems::GroupPlacement;
using systems::Parallel;
using workload::PassShape;

constexpr Time no_time{};
constexpr std::string_view scalings[] = {"delayed", "current", "block"};

/// One kind of pipeline stage; `count` stages are alike.
struct Stage {
  int count = 1;
  int layers = 0;  ///< 0: the whole model
  bool first = true;
  bool last = true;
  Sourced<Time> time{};   ///< compute of a micro-batch, forward and backward
  Sourced<Time> attention{};  ///< of it, without what is computed again
  Sourced<Time> products{};   ///< of it, matrix products with weights
  Sourced<Time> formats{};    ///< of it, turning values into 8 bits
  Sourced<Time> repeated{};  ///< of it: forward passes computed again
  Sourced<Work> again{};  ///< forward work of a micro-batch which the backward pass repeats
  Sourced<Power> power{};
  Bound bound = Bound::compute;
  Confidence confidence = Confidence::theoretical;
};

/// Kinds of stages, first, last, then the others in order, neighbours which are alike together.
std::vector<Stage> kinds(std::vector<Count> const& layers) {
  if (layers.size() < 2) return {Stage{}};
  std::vector<Stage> dealt{{1, layers.front().value, true, false}, {1, layers.back().value, false, true}};
  for (std::size_t i = 1; i + 1 < layers.size(); ++i) {
    if (dealt.size() > 2 && dealt.back().layers == layers[i].value) ++dealt.back().count;
    else dealt.push_back({1, layers[i].value, false, false});
  }
  return dealt;
}

/// Chunks of an interleaved pipeline which may hold embedding or head alone (Megatron-LM, account_for_embedding_in_pipeline_split).
int chunks_without_layers(workload::Model const& model) { return model.transformer && model.transformer->lm_head ? 2 : 0; }

/// One evaluation at given efficiencies.
class Step {
 public:
  Step(DistributedInput const& in, EfficiencyModel const& efficiency, LinkModel const& links, Ledger& ledger)
      : in_{in}, efficiency_{efficiency}, links_{links}, ledger_{ledger}, at_{systems::strides(in.parallel, ledger)} {}

  DistributedResult evaluate() {
    batches();
    compute();
    inside_layers();
    between_stages();
    schedule();
    gradients();
    optimizer();
    offload();
    total();
    return std::move(r_);
  }

 private:
  Parallel const& parallel() const { return in_.parallel; }
  bool pipelined() const { return parallel().pipeline.value > 1; }
  template <class E, class... A>
  auto eval(E const& equation, A const&... a) {
    return equation.with(ledger_, a...);
  }
  GroupPlacement group(Real ranks, Real stride) { return systems::place_group(*in_.cluster, ranks, stride, ledger_); }

  void batches() {
    replicas_ = eval(eq::replicas, parallel().data, parallel().expert);
    r_.micro_batches = eval(eq::micro_batches, in_.global_batch, in_.micro_batch, replicas_);
  }

  void price(Stage& stage) {
    PassShape shape;
    shape.batch = in_.micro_batch;
    shape.new_tokens = own_tokens();
    shape.cached_tokens = {0, in_.sequence.origin};
    if (parallel().context.value > 1) {
      const Real before = eval(eq::context_before, Real(in_.sequence), Real(parallel().context));
      shape.cached_tokens = {static_cast<int>(before.value), before.origin};
    }
    shape.precision = in_.precision;
    shape.execution = in_.execution;
    shape.attention = in_.attention;
    shape.training = true;
    shape.tensor_parallel = parallel().tensor;
    shape.expert_parallel = parallel().expert;
    shape.sequence_parallel = parallel().sequence;
    shape.layers = {stage.layers, parallel().pipeline.origin};
    shape.first_stage = stage.first;
    shape.last_stage = stage.last;
    const Real three = assumed(ledger_, "training.work_factor", 3.0, "backward is twice forward: gradients of inputs and of weights");
    PassFactors factors{three, three, three, true, {}, {}};
    if (in_.adapters) factors.frozen = assumed(ledger_, "training.frozen_factor", 2.0, "frozen weights have no gradients: forward, and gradients of inputs (Hu et al. 2021)");
    if (workload::is_flash(in_.attention, in_.execution)) {
      const bool both = efficiency_.of(workload::OperatorKind::attention).both;
      const Real rate = both ? assumed(ledger_, "training.attention_backward", 1.0, "the share of this kernel covers both passes")
                             : assumed(ledger_, "training.attention_backward", 0.865, "rate of the backward over that of the forward kernel, heads of 128 on an H100: cuDNN 516 / 595, FlashAttention-2 322 / 370, FlashAttention-3 561 / 648 TFLOP/s (Shah et al. 2024, figures 5 and 6)");
      factors.attention = eval(eq::attention_factor, rate);
    }
    const PerformanceResult forward_backward =
        solve(PerformanceInput{in_.model, &in_.cluster->device, &efficiency_, shape, factors, false, {}, in_.derived}, ledger_);
    stage.time = forward_backward.pass.time;
    stage.power = forward_backward.power;
    stage.bound = forward_backward.pass.bound;
    stage.confidence = forward_backward.confidence;
    stage.attention = {no_time, in_.sequence.origin};
    stage.products = stage.attention;
    for (auto const& p : forward_backward.pass.operators) {
      if (p.op->kind == workload::OperatorKind::attention) stage.attention = sum(ledger_, "attention", {stage.attention, p.time});
      if (in_.overlap_tensor && p.op->kind == workload::OperatorKind::gemm) stage.products = sum(ledger_, "products", {stage.products, p.time});
    }
    if (in_.adapters) add_adapters(stage, *forward_backward.operators, three);
    experts_wait(stage, forward_backward.pass);
    to_eight_bits(stage, *forward_backward.operators);
    stage.again = {Work{}, in_.sequence.origin};
    stage.repeated = {no_time, in_.sequence.origin};
    const workload::Pass part = not_kept(*forward_backward.operators);
    if (part.empty()) return;
    const Real one = assumed(ledger_, "training.recompute_factor", 1.0, "recomputation repeats the forward pass of what was not kept");
    const PassPrice again = solvers::price(part, in_.cluster->device, efficiency_, {one, one, one, true, {}}, ledger_);
    stage.time = sum(ledger_, "pass and recomputation", {stage.time, again.time});
    stage.repeated = again.time;
    stage.again = again.work;
  }

  /// What of a forward pass is not kept, and computed again.
  workload::Pass not_kept(workload::Pass const& pass) const {
    if (in_.recompute == Recompute::full) return pass;
    workload::Pass part;
    if (in_.recompute == Recompute::none) return part;
    // Fused attention computes its scores again anyway.
    const bool flash = workload::is_flash(in_.attention, in_.execution);
    for (auto const& op : pass) {
      const bool attention = op.kind == workload::OperatorKind::attention || op.kind == workload::OperatorKind::decode_attention;
      if (in_.recompute == Recompute::selective) {
        // With latent attention, queries, keys and values from what was compressed (DeepSeek-AI 2024, section 3.2.3).
        const bool up = op.name == "attention.query_up" || op.name == "attention.kv_up";
        if (up || (attention && !flash)) part.push_back(op);
      } else if (!attention && op.name != "lm_head" && op.name != "embedding") {
        part.push_back(op);
        if (op.kind == workload::OperatorKind::gemm) part.back().repeat.value *= computed_again(op.name);
      }
    }
    return part;
  }

  /// Share of a product which is computed again where every second one is: of queries, keys, values, output, gate, up and down those are keys,
  /// output and up; of queries, keys, values, output, up and down keys, output and down.
  double computed_again(std::string_view name) const {
    if (!in_.model->transformer) return 0.5;
    auto const& t = *in_.model->transformer;
    const double q = t.heads.value, k = t.kv_heads().value;
    if (name == "attention.qkv") return k / (q + 2 * k);
    if (name == "attention.output") return 1;
    if (name.ends_with(".up")) return t.gated ? 0.5 : 0;
    if (name.ends_with(".down")) return t.gated ? 0 : 1;
    return 0.5;
  }

  /// Two thin products beside each which has an adapter, and their sum with its result.
  void add_adapters(Stage& stage, workload::Pass const& products, Real const& three) {
    workload::Pass beside;
    const double r = in_.adapters->rank.value;
    const Data w = workload::size_of(in_.precision.activations);
    for (auto const& op : products) {
      const bool attention = op.name == "attention.qkv" || op.name == "attention.output", mlp = op.name == "mlp.up" || op.name == "mlp.down";
      if (!attention && !(mlp && in_.adapters->products == AdaptedProducts::all)) continue;
      const auto thin = [&](char const* name, double n, double k) {
        workload::Operator o = op;
        o.name = op.name + name;
        o.n = n, o.k = k;
        o.work.value = o.model_work.value = 2 * op.m * n * k * unit<"FLOP">;
        o.weights.value = n * k * w, o.input.value = op.m * k * w, o.output.value = op.m * n * w;
        beside.push_back(std::move(o));
      };
      thin(".adapter_down", r, op.k);
      thin(".adapter_up", op.n, r);
      workload::Operator o = op;
      o.name = op.name + ".adapter_sum", o.kind = workload::OperatorKind::elementwise, o.matrix = false;
      o.m = op.m * op.n, o.n = o.k = o.batch = 1;
      o.work.value = o.m * unit<"FLOP">, o.model_work.value = Work{}, o.weights.value = Data{};
      o.input.value = 2 * o.m * w, o.output.value = o.m * w;
      beside.push_back(std::move(o));
    }
    const PassPrice more = solvers::price(beside, in_.cluster->device, efficiency_, {three, three, three, true, {}, {}}, ledger_);
    stage.time = sum(ledger_, "pass and adapters", {stage.time, more.time});
  }

  /// The busiest expert rank keeps the others waiting.
  void experts_wait(Stage& stage, PassPrice const& pass) {
    if (in_.expert_imbalance.value <= 1 || parallel().expert.value <= 1) return;
    Sourced<Time> experts{no_time, in_.expert_imbalance.origin};
    for (auto const& p : pass.operators)
      if (p.op->name.starts_with("experts.")) experts = sum(ledger_, "routed experts", {experts, p.time});
    stage.time = sum(ledger_, "pass and waiting for the busiest expert rank", {stage.time, eval(eq::expert_wait, experts, in_.expert_imbalance)});
  }

  /// Inputs and gradients of products are read in 16 bits and written in 8, by rows for one product and by columns for the other. Where scaling factors
  /// are known before, norms and activation functions write 8 bits at once, in both directions, and only the rest is turned (Transformer Engine, layernorm_mlp.py).
  void to_eight_bits(Stage& stage, workload::Pass const& pass) {
    stage.formats = {no_time, parallel().tensor.origin};
    auto const& device = in_.cluster->device;
    auto const memory = device.memory.main();
    const Data wide = workload::size_of(in_.precision.activations);
    if (workload::size_of(in_.precision.compute) > 1 * unit<"B"> || wide <= 1 * unit<"B"> || !memory.level || !memory.level->bandwidth) return;
    const bool blackwell = device.family == "blackwell", block = in_.scaling == Scaling::block;
    const Real passes = assumed(ledger_, "training.scaling_passes", in_.scaling == Scaling::current ? 2.0 : 1.0,
                                in_.scaling == Scaling::current ? "values are read once for their largest and once to be scaled" : "factors are known beforehand, or found block by block on the way");
    const Sourced<Data> in = assumed(ledger_, "training.wide_value", wide, "activations and gradients between products");
    const Sourced<Data> out = blackwell && !block ? assumed(ledger_, "training.narrow_values", 1 * unit<"B">, "one byte, which Blackwell reads by rows and by columns (Transformer Engine, fp8_current_scaling.rst)")
                                                  : assumed(ledger_, "training.narrow_values", 2 * unit<"B">, "one byte by rows and one by columns");
    // Blocks of 32 with factors of their own are those of Blackwell; blocks on Hopper are turned by kernels of their own.
    const bool fused = in_.scaling == Scaling::delayed || (block && blackwell);
    double values = 0;
    for (auto const& op : pass) {
      if (op.kind != workload::OperatorKind::gemm || op.weights.value <= Data{} || workload::size_of(op.compute) > 1 * unit<"B">) continue;
      const bool up = op.name == "mlp.up", down = op.name == "mlp.down", normed = op.name == "attention.qkv" || up;
      values += op.batch * op.m * ((fused && (normed || down) ? 0 : op.k) + (fused && up ? 0 : op.n)) * op.repeat.value;
    }
    const Real all = assumed(ledger_, "training.scaled_values", values, "inputs of products with weights and gradients of their results, of one micro-batch, which no other kernel turns");
    const Sourced<Data> moved = eval(eq::scaling_traffic, all, passes, in, out);
    stage.formats = eval(eq::elementwise_time, moved, *memory.level->bandwidth, efficiency_.of(workload::OperatorKind::elementwise).bandwidth);
    stage.time = sum(ledger_, "pass and conversion to 8 bits", {stage.time, stage.formats});
  }

  void compute() {
    stages_ = kinds(pipelined() ? layers_of_ranks(*in_.model, parallel()) : std::vector<Count>{});
    std::vector<Sourced<Time>> all;
    std::vector<Sourced<Work>> again;
    for (auto& stage : stages_) {
      price(stage);
      const Real count{static_cast<double>(stage.count), parallel().pipeline.origin};
      all.push_back(eval(eq::repeated, count, stage.time));
      again.push_back(eval(eq::recomputed_work, stage.again, r_.micro_batches, count));
      if (!slowest_ || stage.time.value > slowest_->time.value) slowest_ = &stage;
    }
    const Sourced<Time> mean = eval(eq::mean_stage_time, sum<Time>(ledger_, "all stages", all), parallel().pipeline);
    recomputed_per_rank_ = sum<Work>(ledger_, "recomputed on all stages", again);
    r_.compute = eval(eq::repeated, r_.micro_batches, slowest_->time);
    r_.imbalance = eval(eq::imbalance_time, r_.micro_batches, slowest_->time, mean);
    r_.bound = slowest_->bound;
    confidence_ = slowest_->confidence;
    layers_ = stack_layers(*in_.model).value_or(Count{1, parallel().pipeline.origin});
    stage_layers_ = eval(eq::stage_layers, layers_, parallel().pipeline);
    for (auto const& stage : parallel().stages)
      if (stage.value > stage_layers_.value || &stage == &parallel().stages.front()) stage_layers_ = stage;
    r_.formats = eval(eq::repeated, r_.micro_batches, slowest_->formats);
  }

  /// What the step pays for communication which could run behind `window`: what is left over, and the units which its kernels hold meanwhile.
  Sourced<Time> paid(Sourced<Time> const& total, Sourced<Time> const& left) {
    auto const& device = in_.cluster->device;
    if (device.kind != hardware::DeviceKind::gpu || !device.compute || !device.compute->units || total.value <= left.value) return left;
    const Real held = assumed(ledger_, "overlap.units", 24.0, "NCCL's all-gather holds 24 of the 132 multiprocessors of an H100 while it runs (NVIDIA developer forum, compute-communication overlap, topic 337991)");
    if (held.value >= device.compute->units->value) return left;
    return sum(ledger_, "not hidden, and taken from compute", {left, eval(eq::units_taken, eval(eq::without, total, left), held, Real(*device.compute->units))});
  }

  DimensionCost& dimension(std::string name, Real degree, Collective kind, CollectiveTime const& once, GroupPlacement const& g,
                           Sourced<Data> message, Real operations) {
    DimensionCost d;
    d.dimension = std::move(name);
    d.degree = static_cast<int>(degree.value);
    d.inside_node = !g.between && !g.across;
    d.operation = solvers::name(kind);
    d.algorithm = once.algorithm;
    d.message = message;
    d.operations = operations;
    d.link = (g.across ? *g.across : g.between ? *g.between : *g.inside).per_direction;
    d.total = d.exposed = eval(eq::repeated, operations, once.time);
    r_.dimensions.push_back(std::move(d));
    return r_.dimensions.back();
  }

  /// Tensor and expert parallelism stop the layer until everybody has arrived: nothing to overlap with.
  void inside_layers() {
    r_.tensor = {no_time, parallel().tensor.origin};
    r_.context = {no_time, parallel().context.origin};
    r_.expert = {no_time, parallel().expert.origin};
    if (!in_.model->transformer) return;
    auto const& t = *in_.model->transformer;
    value_ = assumed(ledger_, "communication.value_size", workload::size_of(in_.precision.activations),
                     "ranks exchange activations in their storage format");
    tokens_ = eval(eq::micro_batch_tokens, in_.micro_batch, own_tokens());
    const bool full = in_.recompute == Recompute::full;
    const Real per_layer = assumed(ledger_, "communication.operations_per_layer", full ? 6.0 : 4.0,
                                   full ? "two forward, two backward and two when the layer is recomputed (Shoeybi 2019)"
                                        : "two forward and two backward (Shoeybi 2019)");
    if (parallel().tensor.value > 1) {
      const auto g = group(parallel().tensor, at_.tensor);
      const Sourced<Data> size = eval(eq::boundary_activations, tokens_, t.hidden, value_);
      const Real operations = eval(eq::layer_operations, per_layer, stage_layers_, r_.micro_batches);
      if (!parallel().sequence) {
        const auto once = collective_time(Collective::all_reduce, g, size, links_, ledger_);
        r_.tensor = behind_products(dimension("tensor", parallel().tensor, Collective::all_reduce, once, g, size, operations));
      } else {
        // Sequence parallelism replaces each all-reduce by its two halves (Korthikanti 2022).
        const auto half = collective_time(Collective::all_gather, g, size, links_, ledger_);
        const Sourced<Time> scatter = behind_products(dimension("tensor", parallel().tensor, Collective::reduce_scatter, half, g, size, operations));
        const Sourced<Time> gather = behind_products(dimension("tensor", parallel().tensor, Collective::all_gather, half, g, size, operations));
        r_.tensor = sum(ledger_, "reduce-scatter and all-gather", {scatter, gather});
      }
    }
    if (parallel().context.value > 1) ring(t);
    if (parallel().expert.value > 1 && t.mixture_of_experts) exchange_with_experts(t, per_layer);
  }

  /// Tensor ranks which exchange piece by piece as products finish: the last piece has nothing left to hide behind (Wang et al. 2023).
  Sourced<Time> behind_products(DimensionCost& d) {
    if (!in_.overlap_tensor) return d.exposed;
    const Sourced<Time> window = eval(eq::tensor_window, r_.micro_batches, slowest_->products);
    d.exposed = paid(d.total, eval(eq::exposed_time, d.total, window, Real(parallel().tensor)));
    return d.exposed;
  }

  void exchange_with_experts(workload::Transformer const& t, Real per_layer) {
    auto const& moe = *t.mixture_of_experts;
    const auto g = group(parallel().expert, at_.expert);
    // With sequence parallelism each tensor rank sends its own part of the tokens.
    const bool divided = parallel().sequence && parallel().tensor.value > 1;
    const Real tokens = divided ? eval(eq::context_tokens, tokens_, Real(parallel().tensor)) : tokens_;
    const Sourced<Data> mean = eval(eq::dispatched_activations, tokens, moe.active, t.hidden, value_);
    const Sourced<Data> size = in_.expert_imbalance.value > 1 ? eval(eq::scaled, mean, in_.expert_imbalance) : mean;
    auto once = collective_time(Collective::all_to_all, g, size, links_, ledger_);
    if (parallel().expert_dispatch == systems::ExpertDispatch::per_node && g.between && g.nodes.value > 1) once = per_node(g, moe, t, size, tokens);
    const Real moe_layers = eval(eq::moe_stage_layers, stage_layers_, moe.dense_layers, layers_);
    DimensionCost& d = dimension("expert", parallel().expert, Collective::all_to_all, once, g, size, eval(eq::layer_operations, per_layer, moe_layers, r_.micro_batches));
    if (in_.overlap_experts) d.exposed = paid(d.total, eval(eq::behind, d.total, r_.compute));
    r_.expert = d.exposed;
  }

  /// One copy of a token for each node, handed on inside it: both parts run at once.
  CollectiveTime per_node(GroupPlacement const& g, workload::MixtureOfExperts const& moe, workload::Transformer const& t, Sourced<Data> const& size, Real const& tokens) {
    const Real reached = eval(eq::nodes_reached, g.nodes, Real(moe.active));
    const Sourced<Data> token = eval(eq::boundary_activations, tokens, t.hidden, value_);
    const GroupPlacement pair{{2, g.nodes.origin}, {1, g.nodes.origin}, {2, g.nodes.origin}, {}, g.between, {1, g.nodes.origin}, {}};
    // Achieved bandwidth of the network for what one rank sends.
    const auto probe = collective_time(Collective::point_to_point, pair, token, links_, ledger_);
    const Sourced<Bandwidth> rate{token.value / probe.time.value, probe.time.origin};
    const Sourced<Time> no_step{no_time, g.nodes.origin};
    const auto between = eval(eq::dispatch_between, g.nodes, reached, no_step, token, rate);
    if (!g.inside) return {between, Algorithm::hierarchical};
    GroupPlacement own = g;
    own.ranks = g.ranks_per_node, own.nodes = {1, g.nodes.origin}, own.between.reset();
    const auto inside = collective_time(Collective::all_to_all, own, size, links_, ledger_).time;
    return {inside.value < between.value ? between : inside, Algorithm::hierarchical};
  }

  Count own_tokens() {
    if (parallel().context.value <= 1) return in_.sequence;
    const Real own = eval(eq::context_tokens, Real(in_.sequence), Real(parallel().context));
    return {static_cast<int>(own.value), own.origin};
  }

  /// Keys and values go round a ring behind the attention to those which have arrived (Liu 2023).
  void ring(workload::Transformer const& t) {
    const auto g = group(parallel().context, at_.context);
    const Real groups = t.kv_heads().value >= parallel().tensor.value ? eval(eq::context_tokens, Real(t.kv_heads()), Real(parallel().tensor)) : Real{1, parallel().tensor.origin};
    const Real width = eval(eq::stride, groups, Real(t.head_size()));
    const Sourced<Data> size = eval(eq::ring_message, tokens_, width, value_);
    if (parallel().context_exchange == systems::ContextExchange::all_gather) {
      // Gathered before attention, once forward and once backward; gradients are reduced and scattered on the way back.
      const Sourced<Data> all = eval(eq::gathered_keys, size, Real(parallel().context));
      const auto once = collective_time(Collective::all_gather, g, all, links_, ledger_);
      const Real three = assumed(ledger_, "context.gathers", 3.0, "keys and values forward, again backward, and their gradients");
      r_.context = dimension("context", parallel().context, Collective::all_gather, once, g, all, eval(eq::layer_operations, three, stage_layers_, r_.micro_batches)).exposed;
      return;
    }
    const auto once = collective_time(Collective::point_to_point, g, size, links_, ledger_);
    const Real operations = eval(eq::layer_operations, eval(eq::ring_messages, Real(parallel().context)), stage_layers_, r_.micro_batches);
    DimensionCost& d = dimension("context", parallel().context, Collective::point_to_point, once, g, size, operations);
    d.exposed = paid(d.total, eval(eq::behind, d.total, eval(eq::repeated, r_.micro_batches, slowest_->attention)));
    r_.context = d.exposed;
  }

  void between_stages() {
    r_.pipeline = {no_time, parallel().pipeline.origin};
    if (!pipelined() || !in_.model->transformer) return;
    const auto g = group(parallel().pipeline, at_.pipeline);
    // Each tensor rank sends its part of the boundary; where all need the whole, they gather it inside the node (Narayanan 2021, section 4.1).
    const Sourced<Data> whole = eval(eq::boundary_activations, tokens_, in_.model->transformer->hidden, value_);
    const Sourced<Data> size = eval(eq::node_shard, whole, parallel().tensor);
    const auto once = collective_time(Collective::point_to_point, g, size, links_, ledger_);
    r_.message = once.time.value;
    DimensionCost& d = dimension("pipeline", parallel().pipeline, Collective::point_to_point, once, g, size, eval(eq::stage_messages, parallel().interleaving, r_.micro_batches));
    // While a message travels an interleaved rank works on another chunk (overlap_p2p_comm, which NVIDIA Megatron Bridge sets where stages are interleaved and nowhere else: its guide to communication overlap, read 2026-11-26).
    if (parallel().interleaving.value > 1) d.exposed = paid(d.total, eval(eq::behind, d.total, r_.compute));
    r_.pipeline = d.exposed;
    if (parallel().tensor.value <= 1 || parallel().sequence) return;
    const auto inside = group(parallel().tensor, at_.tensor);
    const auto gather = collective_time(Collective::all_gather, inside, whole, links_, ledger_);
    const Sourced<Time> gathered = dimension("pipeline", parallel().tensor, Collective::all_gather, gather, inside, whole,
                                             eval(eq::stage_messages, parallel().interleaving, r_.micro_batches)).exposed;
    r_.pipeline = sum(ledger_, "sending and gathering", {r_.pipeline, gathered});
  }

  void schedule() {
    auto const& p = parallel();
    const Sourced<Time> busy = sum(ledger_, "micro-batches of the slowest stage", {r_.compute, r_.tensor, r_.context, r_.expert, r_.pipeline});
    micro_batch_time_ = eval(eq::per_micro_batch, busy, r_.micro_batches);
    lay_ranks();
    if (p.schedule == systems::Schedule::zero_bubble && pipelined()) {
      const Real third = assumed(ledger_, "training.forward_part", 1.0 / 3, "forward, gradients of inputs and gradients of weights take equally long");
      const Sourced<Time> again = slowest_->repeated;
      const Sourced<Time> once = eval(eq::part, eval(eq::without, micro_batch_time_, again), third);
      r_.bubble = eval(eq::zero_bubble_time, p.pipeline, once, sum(ledger_, "gradients of inputs and recomputation", {once, again}), once);
      r_.bubble_fraction = eval(eq::idle_share, r_.bubble, busy);
      r_.bubble_over_ideal = eval(eq::idle_over_busy, r_.bubble, busy);
      return;
    }
    r_.bubble = eval(eq::bubble_time, p.pipeline, p.interleaving, micro_batch_time_);
    r_.bubble_fraction = eval(eq::bubble_fraction, p.pipeline, p.interleaving, r_.micro_batches);
    r_.bubble_over_ideal = eval(eq::bubble_over_ideal, p.pipeline, p.interleaving, r_.micro_batches);
  }

  /// What one micro-batch takes on every pipeline rank; communication inside layers is spread over forward and backward as its operations are.
  void lay_ranks() {
    const double m = r_.micro_batches.value;
    const double forward_part = in_.recompute == Recompute::full ? 2.0 / 6 : 2.0 / 4;
    const Time inside = (r_.tensor.value + r_.context.value + r_.expert.value) / m;
    const auto add = [&](Stage const& s, int count) {
      const Time once = (s.time.value - s.repeated.value) / 3;
      for (int i = 0; i < count; ++i) r_.ranks.push_back({once + inside * forward_part, once + s.repeated.value + inside * (1 - forward_part), once});
    };
    add(stages_[0], 1);
    for (std::size_t i = 2; i < stages_.size(); ++i) add(stages_[i], stages_[i].count);
    if (stages_.size() > 1) add(stages_[1], 1);
  }

  /// Parameters on the rank which holds most: those all tokens visit, and its share of the routed experts.
  void count_rank_parameters() {
    if (in_.adapters && in_.model->transformer) {
      const auto count = workload::parameters_of(in_.derived, *in_.model, ledger_);
      total_parameters_ = count.total, active_parameters_ = count.active;
      routed_ = {0, parallel().expert.origin};
      dense_ = eq::sharded_parameters.with(ledger_, adapter_parameters(*in_.model->transformer, *in_.adapters, ledger_), Real(parallel().tensor), Real(parallel().pipeline));
      return;
    }
    const auto count = workload::parameters_of(in_.derived, *in_.model, ledger_);
    total_parameters_ = count.total;
    active_parameters_ = count.active;
    routed_ = {0, parallel().expert.origin};
    if (!in_.model->transformer) {
      dense_ = count.total;
      return;
    }
    auto const& t = *in_.model->transformer;
    const Real none{0, parallel().pipeline.origin};
    const Real head = t.lm_head && !t.tied_embeddings ? eval(eq::head_parameters, t.vocabulary, t.hidden) : none;
    const Real layers = eval(eq::layer_parameters, count.total, count.embedding, head);
    Real dense = layers;
    if (parallel().expert.value > 1 && t.mixture_of_experts && t.mixture_of_experts->active.value < t.mixture_of_experts->experts.value) {
      auto const& moe = *t.mixture_of_experts;
      const Real routed = eval(eq::routed_parameters, count.total, count.active, moe.experts, moe.active);
      dense = eval(eq::dense_parameters, layers, routed);
      routed_ = eval(eq::stage_parameters, routed, stage_layers_, layers_, none, eval(eq::stride, parallel().tensor, parallel().expert));
    }
    if (!pipelined()) {
      dense_ = eval(eq::stage_parameters, dense, layers_, layers_, eval(eq::sum_of_parameters, count.embedding, head), parallel().tensor);
      return;
    }
    for (auto const& stage : stages_) {
      const Real own{static_cast<double>(stage.layers), parallel().pipeline.origin};
      // A tied head is a second copy of the embedding on the last stage.
      const Real ends = stage.first ? count.embedding : !stage.last ? none : t.tied_embeddings ? count.embedding : head;
      const Real here = eval(eq::stage_parameters, dense, own, layers_, ends, parallel().tensor);
      if (here.value > dense_.value) dense_ = here;
    }
  }

  /// A collective of the data ranks, `operations` times per step, each behind a window of compute. Sharded parameters come layer by layer.
  void reduce(std::string const& name, Real ranks, Real stride, Collective kind, Sourced<Data> size, Real operations,
              std::optional<Sourced<Time>> window, std::vector<Sourced<Time>>& exposed) {
    const auto g = group(ranks, stride);
    if (parallel().zero.value == 3) {
      const Sourced<Data> layer = eval(eq::node_shard, size, stage_layers_);
      auto once = collective_time(kind, g, layer, links_, ledger_);
      const Sourced<Time> each = once.time;
      once.time = eval(eq::repeated, stage_layers_, each);
      DimensionCost& d = dimension(name, ranks, kind, once, g, layer, operations);
      d.operations = eval(eq::stride, operations, stage_layers_);
      if (window) d.exposed = paid(d.total, eval(eq::repeated, operations, eval(eq::exposed_time, once.time, window_of(g, *window), stage_layers_)));
      exposed.push_back(d.exposed);
      return;
    }
    const auto once = collective_time(kind, g, size, links_, ledger_);
    DimensionCost& d = dimension(name, ranks, kind, once, g, size, operations);
    if (window) {
      const Sourced<Data> bucket = assumed(ledger_, "data_parallel.bucket", 25 * unit<"MB">, "default of PyTorch DistributedDataParallel (Li 2020)");
      const Real buckets = eval(eq::buckets, size, bucket);
      d.exposed = paid(d.total, eval(eq::repeated, operations, eval(eq::exposed_time, once.time, window_of(g, *window), buckets)));
    }
    exposed.push_back(d.exposed);
  }

  /// What is left of a window when other dimensions use the same ports meanwhile: the compute for which nobody else holds them.
  Sourced<Time> window_of(GroupPlacement const& g, Sourced<Time> const& window) {
    if (!g.between) return window;
    Sourced<Time> busy{no_time, parallel().data.origin};
    for (auto const& d : r_.dimensions)
      if (!d.inside_node && d.dimension != "data" && d.dimension != "expert data") busy = sum(ledger_, "network used by other dimensions", {busy, d.total});
    if (busy.value <= no_time) return window;
    const Sourced<Time> each = eval(eq::per_micro_batch, busy, r_.micro_batches);
    // Of a micro-batch the window is a part, and so is the other traffic in it.
    const Real part{window.value / micro_batch_time_.value, window.origin};
    return eval(eq::free_window, window, eval(eq::part, each, part));
  }

  void gradients() {
    count_rank_parameters();
    r_.data = {no_time, parallel().data.origin};
    // Context ranks hold the same parameters as data ranks.
    const Real copies = parallel().context.value > 1 ? eval(eq::stride, replicas_, Real(parallel().context)) : replicas_;
    if (copies.value <= 1) return;
    const bool mixed = in_.optimizer == Optimizer::adam_mixed || in_.optimizer == Optimizer::adam_main_gradients || in_.optimizer == Optimizer::adam_summed_gradients || in_.optimizer == Optimizer::adam_half_moments;
    const Sourced<Data> width = assumed(ledger_, "data_parallel.parameter_size", mixed ? 2 * unit<"B"> : 4 * unit<"B">,
                                        mixed ? "parameters travel in 16 bits in mixed precision" : "parameters travel in fp32");
    const bool summed_in_half = in_.optimizer == Optimizer::adam_mixed;
    const Sourced<Data> gradient_width =
        in_.gradient_format ? assumed(ledger_, "data_parallel.gradient_size", workload::size_of(*in_.gradient_format), "the plan says in which format gradients are reduced")
                            : assumed(ledger_, "data_parallel.gradient_size", summed_in_half ? 2 * unit<"B"> : 4 * unit<"B">,
                                      summed_in_half ? "gradients are reduced in 16 bits in mixed precision" : "gradients are summed and reduced in fp32");
    std::optional<Sourced<Time>> forward, backward;
    if (in_.overlap_gradients) {
      forward = eval(eq::forward_share, micro_batch_time_);
      backward = eval(eq::backward_share, micro_batch_time_);
    }
    const Real once = assumed(ledger_, "data_parallel.reductions", 1.0,
                              "gradients are summed over micro-batches first; the reduction runs behind the last backward pass (Li 2020)");
    std::vector<Sourced<Time>> exposed;
    const auto exchange = [&](std::string const& name, Real all, Real stride, Real parameters) {
      if (all.value <= 1 || parameters.value <= 0) return;
      const Sourced<Data> size = eval(eq::shard_bytes, parameters, width), gradients = eval(eq::shard_bytes, parameters, gradient_width);
      const bool hybrid = parallel().zero.value > 0 && parallel().shard && parallel().shard->value < all.value;
      const Real ranks = hybrid ? Real(*parallel().shard) : all;
      if (hybrid) {
        // Groups which hold the same shard add it up among themselves.
        const Real operations = parallel().zero.value >= 2 ? r_.micro_batches : once;
        reduce(name, eval(eq::shard_replicas, all, ranks), eval(eq::stride, stride, ranks), Collective::all_reduce, eval(eq::node_shard, gradients, ranks), operations, backward, exposed);
      }
      switch (parallel().zero.value) {
        case 0: reduce(name, ranks, stride, Collective::all_reduce, gradients, once, backward, exposed); break;
        case 1:
          reduce(name, ranks, stride, Collective::reduce_scatter, gradients, once, backward, exposed);
          reduce(name, ranks, stride, Collective::all_gather, size, once, forward, exposed);
          break;
        case 2:
          // Sharded gradients cannot be summed in place: each micro-batch is reduced on its own (Rajbhandari 2020).
          reduce(name, ranks, stride, Collective::reduce_scatter, gradients, r_.micro_batches, backward, exposed);
          reduce(name, ranks, stride, Collective::all_gather, size, once, forward, exposed);
          break;
        default:
          // Gradients and, once more, parameters share the backward pass as their window.
          reduce(name, ranks, stride, Collective::all_gather, size, r_.micro_batches, forward, exposed);
          const auto half = [&](std::optional<Sourced<Time>> const& w) {
            return w ? std::optional(eval(eq::half_window, *w)) : std::nullopt;
          };
          reduce(name, ranks, stride, Collective::all_gather, size, r_.micro_batches, half(backward), exposed);
          r_.dimensions.back().operation += ", backward";
          reduce(name, ranks, stride, Collective::reduce_scatter, gradients, r_.micro_batches, half(backward), exposed);
      }
    };
    // Neighbours of the group are those of its nearest dimension.
    Real nearest = at_.data;
    if (parallel().expert.value > 1 && (parallel().data.value <= 1 || at_.expert.value < nearest.value)) nearest = at_.expert;
    if (parallel().context.value > 1 && (replicas_.value <= 1 || at_.context.value < nearest.value)) nearest = at_.context;
    exchange("data", copies, nearest, dense_);
    exchange("expert data", parallel().data, at_.data, routed_);
    if (!exposed.empty()) r_.data = sum<Time>(ledger_, "exposed communication of data ranks", exposed);
  }

  void optimizer() {
    r_.optimizer = unsharded_optimizer_ = {no_time, parallel().zero.origin};
    auto const memory = in_.cluster->device.memory.main();
    if (in_.optimizer == Optimizer::none || !memory.level || !memory.level->bandwidth) return;
    const bool sgd = in_.optimizer == Optimizer::sgd_momentum, eager = in_.execution == workload::Execution::eager && !sgd;
    const Sourced<Data> touched =
        assumed(ledger_, "training.optimizer_bytes", sgd ? 20 * unit<"B"> : eager ? 86 * unit<"B"> : 28 * unit<"B">,
                sgd     ? "per parameter: gradient read (4), weight and momentum read and written (16), all fp32"
                : eager ? "per parameter, operation by operation in fp32 (Kingma, Ba 2015, algorithm 1): decay 8, momentum 12, variance 8 + 12, root 8, correction 8, epsilon 8, update 16, 16-bit weight 6"
                        : "per parameter: gradient read and 16-bit weight written (4), fp32 weight and two moments read and written (24); or all in fp32 (28)");
    const Real all = eval(eq::sum_of_parameters, dense_, routed_);
    const Real whole = assumed(ledger_, "training.unsharded", 1.0, "one rank updates all its parameters");
    const Real shards = parallel().zero.value > 0 ? parallel().shard ? Real(*parallel().shard) : eval(eq::stride, replicas_, Real(parallel().context)) : whole;
    if (in_.offload != Offload::none) return update_on_host(all, touched, shards);
    const Real eta = efficiency_.of(workload::OperatorKind::elementwise).bandwidth;
    r_.optimizer = eval(eq::optimizer_time, all, touched, shards, *memory.level->bandwidth, eta);
    unsharded_optimizer_ = eval(eq::optimizer_time, all, touched, whole, *memory.level->bandwidth, eta);
  }

  /// The CPU reads and writes the state in its own memory, or on local storage, and devices wait for it (Ren et al. 2021).
  void update_on_host(Real const& all, Sourced<Data> const& touched, Real const& shards) {
    auto const& host = in_.cluster->host;
    const Count sharing = in_.cluster->devices.value < in_.cluster->devices_per_node.value ? in_.cluster->devices : in_.cluster->devices_per_node;
    const std::optional<Sourced<Bandwidth>> source = !host ? std::nullopt : in_.offload == Offload::nvme ? host->storage_bandwidth : host->dram_bandwidth;
    if (!source) {
      (void)assumed(ledger_, "offload.update", no_time, "the node states no bandwidth of host memory: the update there is not priced, so times are lower bounds");
      return;
    }
    r_.optimizer = unsharded_optimizer_ = eval(eq::host_update_time, all, touched, shards, eval(eq::measured_share, *source, sharing));
  }

  std::optional<Sourced<Bandwidth>> host_link() const {
    if (in_.cluster->host && in_.cluster->host->host_link) return in_.cluster->host->host_link->per_direction;
    for (auto const& link : in_.cluster->device.links)
      if (link.role == hardware::LinkRole::host) return link.per_direction;
    return std::nullopt;
  }

  /// Gradients go down behind the backward pass, parameters come up after the update; activations go down and come back behind compute.
  void offload() {
    r_.offload = {no_time, parallel().zero.origin};
    const auto link = host_link();
    if (!link) return;
    std::vector<Sourced<Time>> exposed;
    if (in_.offload != Offload::none) {
      const Real all = eval(eq::sum_of_parameters, dense_, routed_);
      const Real shards = parallel().zero.value > 0 ? eval(eq::stride, replicas_, Real(parallel().context)) : assumed(ledger_, "training.unsharded", 1.0, "one rank updates all its parameters");
      const Sourced<Data> width = assumed(ledger_, "offload.value", 2 * unit<"B">, "gradients down and parameters up in 16 bits");
      const Sourced<Time> way = eval(eq::offload_time, eval(eq::state_size, all, width, shards), *link);
      exposed = {eval(eq::behind, way, eval(eq::backward_share, micro_batch_time_)), way};
    }
    if (in_.offloaded_activations && in_.offloaded_activations->value > Data{}) {
      // Forward passes send while backward passes fetch: each direction carries them once per micro-batch.
      const Sourced<Time> way = eval(eq::repeated, r_.micro_batches, eval(eq::offload_time, *in_.offloaded_activations, *link));
      exposed.push_back(eval(eq::behind, sum(ledger_, "activations to the host and back", {way, way}), r_.compute));
    }
    if (!exposed.empty()) r_.offload = sum<Time>(ledger_, "transfers which compute does not hide", exposed);
  }

  void total() {
    r_.step_time = sum(ledger_, "step", {r_.compute, r_.tensor, r_.context, r_.pipeline, r_.expert, r_.bubble, r_.data, r_.optimizer, r_.offload});
    const Sourced<Time> alone =
        sum(ledger_, "step of one replica alone", {r_.compute, r_.tensor, r_.context, r_.pipeline, r_.expert, r_.bubble, unsharded_optimizer_});
    r_.scaling_efficiency = eval(eq::scaling_efficiency, alone, r_.step_time);

    Count tokens = in_.sequence;
    const Sourced<Work> forward = workload::forward_work_of(in_.derived, *in_.model, tokens, false, ledger_);
    r_.step_work = in_.adapters ? eval(eq::frozen_step_work, forward, workload::forward_work_of(in_.derived, *in_.model, tokens, true, ledger_), in_.global_batch) : eval(eq::step_work, forward, in_.global_batch);
    const auto peak = peak_for(in_.cluster->device, in_.precision.compute, true, ledger_);
    const Real devices = in_.cluster->devices;
    const Real rows = eval(eq::stride, eval(eq::stride, parallel().tensor, parallel().context), replicas_);
    const Real one{1, parallel().tensor.origin};
    const Sourced<Work> again = eval(eq::recomputed_work, recomputed_per_rank_, one, rows);
    r_.mfu = eval(eq::step_mfu, r_.step_work, r_.step_time, devices, peak);
    r_.hfu = eval(eq::step_hfu, r_.step_work, again, r_.step_time, devices, peak);
    r_.achieved = eval(eq::step_rate, r_.step_work, r_.step_time, devices);
    r_.bisection = systems::bisection_bandwidth(*in_.cluster, ledger_);

    if (workload::is_language_model(*in_.model)) {
      r_.token_throughput = eval(eq::step_token_rate, in_.global_batch, in_.sequence, r_.step_time);
      if (in_.tokens) r_.steps = eval(eq::steps_for_tokens, *in_.tokens, in_.global_batch, in_.sequence);
    } else {
      r_.sample_throughput = eval(eq::step_sample_rate, in_.global_batch, r_.step_time);
      if (in_.samples) r_.steps = eval(eq::steps_for_samples, *in_.samples, in_.global_batch);
    }
    if (r_.steps) {
      r_.training_time = eval(eq::run_time, *r_.steps, r_.step_time);
      r_.training_work = eval(eq::run_work, *r_.steps, r_.step_work);
      if (in_.tokens && r_.token_throughput) {
        r_.training_time_rule = eval(eq::six_nd_time, active_parameters_, *in_.tokens, r_.mfu, peak, devices);
        r_.rule_ratio = eval(eq::time_ratio, *r_.training_time_rule, *r_.training_time);
      }
    }
    auto const& device = in_.cluster->device;
    if (device.power.idle && device.power.tdp) {
      const bool on_host = in_.offload != Offload::none;
      r_.device_power = eval(eq::step_power, slowest_->power, r_.compute, on_host ? awake_power(device, ledger_) : streaming_power(device, efficiency_.of(workload::OperatorKind::elementwise).bandwidth, ledger_), r_.optimizer,
                             awake_power(device, ledger_), r_.step_time);
    } else {
      r_.device_power = slowest_->power;
    }

    const std::pair<std::string_view, Time> losses[] = {{"tensor communication", r_.tensor.value}, {"context communication", r_.context.value}, {"pipeline communication", r_.pipeline.value},
                                                        {"expert communication", r_.expert.value}, {"data communication", r_.data.value},
                                                        {"bubble", r_.bubble.value},               {"optimizer", r_.optimizer.value},         {"offload", r_.offload.value}};
    auto const* worst = std::max_element(std::begin(losses), std::end(losses), [](auto const& a, auto const& b) { return a.second < b.second; });
    r_.largest_loss = worst->second > no_time ? worst->first : "";
    r_.confidence = r_.dimensions.empty() ? confidence_ : weakest(confidence_, links_.confidence());
    r_.efficiency_given = efficiency_.overridden();
  }

  DistributedInput const& in_;
  EfficiencyModel const& efficiency_;
  LinkModel const& links_;
  Ledger& ledger_;
  systems::Strides at_;
  DistributedResult r_;
  std::vector<Stage> stages_;
  Stage const* slowest_ = nullptr;
  Real replicas_, stage_layers_, layers_, tokens_, dense_, routed_, total_parameters_, active_parameters_;
  Sourced<Data> value_;
  Sourced<Time> micro_batch_time_, unsharded_optimizer_;
  Sourced<Work> recomputed_per_rank_;
  Confidence confidence_ = Confidence::theoretical;
};

}  // namespace

std::span<const std::string_view> names_of(Scaling) { return scalings; }

std::vector<std::string> problems(DistributedInput const& in) {
  std::vector<std::string> found = systems::placement_problems(*in.cluster, in.parallel);
  auto const& p = in.parallel;
  const auto say = [&]<class... A>(fmt::format_string<A...> text, A&&... a) { found.push_back(fmt::format(text, std::forward<A>(a)...)); };
  const long long shared = 1LL * in.micro_batch.value * p.data.value * p.expert.value;
  if (in.global_batch.value % shared != 0)
    say("global_batch {} is not a multiple of batch {} x data {} x expert {} = {}; nearest: {}", in.global_batch.value, in.micro_batch.value, p.data.value,
        p.expert.value, shared, nearest_multiples(in.global_batch.value, shared));
  if (p.context.value > 1 && !in.model->transformer) say("context parallelism needs attention; '{}' has none", in.model->id);
  if (p.context.value > 1 && !workload::is_flash(in.attention, in.execution)) say("context parallelism passes keys and values round while attention runs: write attention: flash");
  if (p.context.value > 1 && in.sequence.value % (2 * p.context.value) != 0) say("sequence {} cannot be cut into {} pieces of equal length, two for each context rank", in.sequence.value, 2 * p.context.value);
  const auto layers = stack_layers(*in.model);
  if (p.tensor.value > 1 && !in.model->transformer) say("tensor parallelism needs a transformer; '{}' is none", in.model->id);
  if (p.pipeline.value > 1 && (!in.model->transformer || in.model->transformer->encoder))
    say("pipeline parallelism needs one stack of equal layers; '{}' has none", in.model->id);
  else if (layers && p.pipeline.value * p.interleaving.value > layers->value + (p.interleaving.value > 1 ? chunks_without_layers(*in.model) : 0))
    say("pipeline {} x interleaving {} is more than the {} layers of '{}'", p.pipeline.value, p.interleaving.value, layers->value, in.model->id);
  if (!p.stages.empty() && p.pipeline.value > 1 && layers) {
    int all = 0;
    for (auto const& stage : p.stages) all += stage.value;
    if (all != layers->value) say("stages hold {} layers together, but '{}' has {}", all, in.model->id, layers->value);
  }
  if ((in.offload != Offload::none || in.offload_activations) && !in.cluster->host && std::none_of(in.cluster->device.links.begin(), in.cluster->device.links.end(), [](auto const& l) { return l.role == hardware::LinkRole::host; }))
    say("offload needs a link to the host; neither the node nor '{}' states one", in.cluster->device.id);
  if (in.offload == Offload::nvme && (!in.cluster->host || !in.cluster->host->storage_bandwidth)) say("offload: nvme needs the node's host.storage_bandwidth");
  if (p.interleaving.value > 1 && p.schedule != systems::Schedule::one_f_one_b) say("only one_f_one_b can be interleaved; write schedule: one_f_one_b or interleaving: 1");
  if (p.interleaving.value > 1 && p.pipeline.value > 1 && in.global_batch.value % shared == 0 && in.global_batch.value / shared % p.pipeline.value != 0)
    say("an interleaved schedule deals micro-batches in groups of pipeline {}: {} micro-batches are no multiple of it", p.pipeline.value, in.global_batch.value / shared);
  if (p.interleaving.value > 1 && p.pipeline.value == 1) say("interleaving {} needs pipeline stages", p.interleaving.value);
  if (p.expert.value > 1) {
    if (!in.model->transformer || !in.model->transformer->mixture_of_experts)
      say("expert parallelism needs a mixture of experts; '{}' is none", in.model->id);
    else if (in.model->transformer->mixture_of_experts->experts.value % p.expert.value != 0)
      say("{} experts cannot be shared evenly by {} expert ranks; nearest: {}", in.model->transformer->mixture_of_experts->experts.value, p.expert.value,
          nearest_divisors(in.model->transformer->mixture_of_experts->experts.value, p.expert.value));
  }
  if (in.model->transformer && in.model->transformer->heads.value % p.tensor.value != 0)
    say("{} heads cannot be shared evenly by {} tensor ranks; nearest: {}", in.model->transformer->heads.value, p.tensor.value, nearest_divisors(in.model->transformer->heads.value, p.tensor.value));
  return found;
}

ScheduleResult timeline(DistributedInput const& in, DistributedResult const& r) {
  return lay_out({in.parallel.schedule, static_cast<int>(r.micro_batches.value), in.parallel.interleaving.value, r.ranks, r.message, r.data.value, r.optimizer.value});
}

DistributedResult solve(DistributedInput const& in, Ledger& ledger) {
  assert(problems(in).empty());
  const LinkModel links(in.collectives, ledger, in.cluster->device.id);
  DistributedResult r = Step(in, *in.efficiency, links, ledger).evaluate();
  if (!in.interval) {
    r.step_interval = {r.step_time.value.raw(), r.step_time.value.raw()};
    return r;
  }
  Ledger scratch;
  const auto at = [&](int end) { return Step(in, in.efficiency->at_end(end), links.at_end(end), scratch).evaluate().step_time.value.raw(); };
  r.step_interval = {std::min(at(1), r.step_time.value.raw()), std::max(at(-1), r.step_time.value.raw())};
  return r;
}

Section report(DistributedResult const& r) {
  Section s{"distributed", "Distributed training", {}, {}, {}, {}, {}};
  Metric& step = s.estimate("step_time", "step time", r.step_time, r.confidence);
  step.interval = r.step_interval;
  const auto part = [&](char const* id, char const* label, auto const& v) { s.estimate(id, label, v, r.confidence); };
  part("compute", "compute", r.compute);
  part("tensor_communication", "exposed tensor communication", r.tensor);
  if (r.context.value > no_time) part("context_communication", "exposed context communication", r.context);
  part("pipeline_communication", "exposed pipeline communication", r.pipeline);
  part("expert_communication", "exposed expert communication", r.expert);
  part("bubble", "pipeline bubble", r.bubble);
  part("data_communication", "exposed data communication", r.data);
  part("optimizer", "optimizer step", r.optimizer);
  if (r.offload.value > no_time) part("offload", "exposed transfers to and from the host", r.offload);
  if (r.formats.value > no_time) part("formats", "of compute: turning values into 8 bits", r.formats);
  part("imbalance", "of compute: waiting for the slowest stage", r.imbalance);
  s.metric("micro_batches", "micro-batches per replica", r.micro_batches);
  Metric& idle = s.metric("bubble_fraction", "bubble fraction", r.bubble_fraction);
  idle.percent = true;
  idle.note = "idle time / total time of the schedule, (p-1) / (v m + p-1)";
  Metric& ideal = s.metric("bubble_over_ideal", "bubble over ideal time", r.bubble_over_ideal);
  ideal.percent = true;
  ideal.note = "idle time / ideal time, (p-1) / (v m), as in Narayanan 2021";
  s.utilisation("mfu", "MFU", r.mfu, r.confidence, "model FLOP with the full attention matrix / (time x devices x dense peak)");
  s.utilisation("hfu", "HFU", r.hfu, r.confidence, "as MFU, recomputed work included");
  Metric& scaling = s.estimate("scaling_efficiency", "scaling efficiency", r.scaling_efficiency, r.confidence);
  scaling.percent = true;
  scaling.note = r.scaling_efficiency.value > 1 ? "against one replica which does its share of the batch alone; above 100 %: alone it updates all parameters, here each rank a part of them"
                                                : "against one replica which does its share of the batch alone";
  s.estimate("achieved", "achieved per device", r.achieved, r.confidence);
  if (r.token_throughput) s.estimate("token_throughput", "throughput", *r.token_throughput, r.confidence);
  if (r.sample_throughput) s.estimate("sample_throughput", "throughput", *r.sample_throughput, r.confidence);
  s.metric("step_work", "model work of a step", r.step_work).note = "3 x forward, full attention matrix";
  if (r.steps) s.metric("steps", "steps of the run", *r.steps);
  if (r.training_time) s.estimate("training_time", "time of the run", *r.training_time, r.confidence);
  if (r.training_work) s.metric("training_work", "model work of the run", *r.training_work);
  if (r.training_time_rule) {
    s.estimate("training_time_rule", "cross-check 6ND / (MFU x peak x devices)", *r.training_time_rule, r.confidence);
    s.metric("rule_ratio", "cross-check / time of the run", *r.rule_ratio).note =
        "below 1: 6ND leaves out attention scores; above 1: it counts the embedding table";
  }
  s.metric("bisection", "bisection bandwidth", r.bisection);
  if (r.device_power.value > Power{}) s.estimate("device_power", "mean power of a device", r.device_power, r.confidence);
  else s.notes.emplace_back("power and energy are not judged: the device states no TDP");

  if (!r.dimensions.empty()) {
    Table t{"dimensions",
            "Communication by dimension",
            {{"dimension", "dimension", {}, true, false, {}},
             {"degree", "ranks", {}, false, false, {}},
             {"where", "where", {}, true, false, {}},
             {"operation", "operation", {}, true, false, {}},
             {"algorithm", "algorithm", {}, true, false, {}},
             {"message", "message", "B", false, false, {}},
             {"operations", "per step", {}, false, false, {}},
             {"link", "link per rank", "B/s", false, false, {}},
             {"total", "time", "s", false, false, {}},
             {"exposed", "exposed", "s", false, false, {}}},
            {}};
    for (auto const& d : r.dimensions)
      t.rows.push_back({{0, d.dimension},
                        {static_cast<double>(d.degree), {}},
                        {0, d.inside_node ? "inside a node" : "between nodes"},
                        {0, d.operation},
                        {0, std::string(name(d.algorithm))},
                        {d.message.value.raw(), {}},
                        {d.operations.value, {}},
                        {d.link.value.raw(), {}},
                        {d.total.value.raw(), {}},
                        {d.exposed.value.raw(), {}}});
    s.tables.push_back(std::move(t));
  }
  if (!r.largest_loss.empty()) s.notes.push_back(fmt::format("most time beside compute goes into {}", r.largest_loss));
  if (r.efficiency_given) s.notes.emplace_back("uses efficiencies given in the scenario in place of the predicted ones");
  return s;
}

}  // namespace mlsysim::solvers
