#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "arithmetic.hpp"
#include "mlsysim/equations/roofline.hpp"
#include "mlsysim/equations/training.hpp"

namespace mlsysim::workload {
namespace {

constexpr std::string_view kind_names[] = {"gemm", "grouped_gemm", "attention", "decode_attention", "convolution", "depthwise", "normalization", "elementwise", "activation", "pooling", "embedding", "scan"};

constexpr std::string_view launch_names[] = {"graph", "host", "executor", "interpreter"};
constexpr std::string_view attention_names[] = {"by_execution", "flash", "unfused", "flash_1", "flash_2"};
constexpr std::string_view execution_names[] = {"fused", "compiled", "eager"};

constexpr Real one{1, {}};

constexpr std::size_t usual_operators = 24;

/// Appends operators; every size goes through an equation.
class Builder {
 public:
  Builder(PassShape const& shape, Ledger& ledger, std::size_t about = usual_operators)
      : p_{shape.precision}, a_{ledger}, training_{shape.training}, engine_{shape.execution == Execution::fused && !shape.training} {
    pass_.reserve(about);
  }

  Arithmetic const& a() const { return a_; }
  void repeat(Real n) { repeat_ = n; }
  /// Of gated activations and rotary embedding: engines have kernels of their own for them, frameworks compose streams.
  OperatorKind gating() const { return engine_ ? OperatorKind::activation : OperatorKind::elementwise; }
  /// Whether the kernels are an engine's own.
  bool engine() const { return engine_; }

  /// Whether an engine's operands are narrower than what lies between operators.
  bool narrows() const { return engine_ && size_of(p_.compute) < size_of(p_.activations); }
  /// Reads `values` of activations and writes them in the format of the products, by a kernel of its own. \param kind of the products
  void quantize(OperatorName name, OperatorKind kind, Real values) { elementwise(name, kind, values, 2, 1).output = a_.tensor(values, p_.compute); }
  /// The same product with rows which `quantize` has written.
  void converted(Operator& o) {
    if (narrows()) o.input = a_.tensor({o.batch * o.m * o.k, o.input.origin}, p_.compute);
  }
  /// Of narrow products rows are read as the kernel before has written them: that of a norm or an activation converts on the way.
  Operator& gemm(OperatorName name, Real batch, Real m, Real n, Real k, bool weights = true) {
    Operator& o = start(name, OperatorKind::gemm, true);
    o.m = m.value, o.n = n.value, o.k = k.value, o.batch = batch.value;
    o.work = o.model_work = eq::gemm_work.with(a_.ledger(), batch, m, n, k);
    if (weights) {
      const Real values = a_.times(batch, n, k);
      o.weights = weights_of(values);
      if (size_of(p_.weights) < size_of(p_.compute)) o.dequantized = values;
    }
    o.input = a_.tensor(a_.times(batch, m, k), p_.activations);
    o.output = a_.tensor(a_.times(batch, m, n), p_.activations);
    return o;
  }
  /// `flop` per value; reads `reads` tensors of `n` values and writes one.
  Operator& elementwise(OperatorName name, OperatorKind kind, Real n, double flop, double reads, Real parameters = {0, {}}) {
    Operator& o = start(name, kind, false);
    o.m = n.value;
    o.work = eq::elementwise_work.with(a_.ledger(), n, {flop, {}});
    if (kind == OperatorKind::depthwise) o.model_work = o.work;
    o.input = a_.tensor(a_.times({reads, {}}, n), p_.activations);
    o.output = a_.tensor(n, p_.activations);
    if (parameters.value > 0) o.weights = weights_of(parameters);
    return o;
  }
  /// Attention, router and head keep the format of the activations where a training run makes its other products narrower (NVIDIA, Megatron-LM,
  /// docs/discussions/deepseek-v3-gb200-optimization.md, section 1).
  Operator& kept_wide(Operator& o) {
    if (training_ && size_of(o.compute) < size_of(p_.activations)) o.compute = p_.activations;
    return o;
  }
  /// The same for attention, also in engines: with a cache in 8 bits their kernels were measured to be no faster over prompts than with one in 16.
  Operator& attention(Operator& o) {
    if (engine_ && size_of(o.compute) < size_of(Precision::bf16) && size_of(o.compute) < size_of(p_.activations)) o.compute = p_.activations;
    return kept_wide(o);
  }
  Operator& start(OperatorName name, OperatorKind kind, bool matrix) {
    Operator& o = pass_.emplace_back();
    o.name = name;
    o.kind = kind;
    o.compute = p_.compute;
    o.matrix = matrix;
    o.repeat = repeat_;
    return o;
  }
  PrecisionPlan const& precision() const { return p_; }
  /// The operator before, if there is one.
  Operator* last() { return pass_.empty() ? nullptr : &pass_.back(); }
  Sourced<Data> weights_of(Real n) const { return eq::tensor_size.with(a_.ledger(), n, weight_size(p_, a_.ledger())); }
  Pass take() { return std::move(pass_); }

 private:
  PrecisionPlan p_;
  Arithmetic a_;
  Real repeat_ = one;
  bool training_ = false;
  bool engine_ = false;
  Pass pass_;
};

struct Stack {
  Real batch;       ///< sequences
  Real fresh;       ///< new tokens per sequence
  Real cached;      ///< tokens in the cache
  Real ranks;       ///< tensor-parallel degree
  bool causal = true;
  Execution execution = Execution::fused;
  bool flash = true;
  bool dropout = false;
  std::optional<Real> window{};  ///< of a local layer
  Real expert_ranks{1, {}};
  Real token_ranks{1, {}};  ///< which divide the tokens of norms and residuals
  bool training = false;
};

/// Pairs of query and key of one sequence: those which a causal kernel computes, or the full matrix by which MFU is counted.
Real pairs(Stack const& s, bool causal, Ledger& ledger) {
  if (s.window) return causal ? eq::causal_window_pairs.with(ledger, s.fresh, s.cached, *s.window) : eq::window_pairs.with(ledger, s.fresh, s.cached, *s.window);
  return causal ? eq::causal_pairs.with(ledger, s.fresh, s.cached) : eq::full_pairs.with(ledger, s.fresh, s.cached);
}

/// One new token per sequence streams the cache.
OperatorKind attention_kind(Stack const& s) { return s.fresh.value == 1 ? OperatorKind::decode_attention : OperatorKind::attention; }

/// Attention whose kernels read and write the whole score matrix, the half which a causal mask hides included.
void unfused_attention(Builder& b, Stack const& s, Real heads, Real groups, Real d, Real keys, bool cached) {
  auto const& a = b.a();
  auto const& p = b.precision();
  const Real each = a.times(s.batch, heads), scores = a.times(each, s.fresh, keys), held = a.times(s.batch, keys, groups, d);
  Operator& qk = b.attention(b.gemm("attention.scores", each, s.fresh, keys, d, false));
  (cached ? qk.cache_read : qk.weights) = a.tensor(held, cached ? p.kv : p.activations);
  const bool apart = s.execution == Execution::eager;
  if (apart) b.elementwise("attention.scale", OperatorKind::elementwise, scores, 1, 1);
  if (apart && s.causal) b.elementwise("attention.mask", OperatorKind::elementwise, scores, 1, 1);
  b.elementwise("attention.softmax", OperatorKind::normalization, scores, 5, 1);
  if (apart && s.dropout) b.elementwise("attention.dropout", OperatorKind::elementwise, scores, 1, 1);
  Operator& pv = b.attention(b.gemm("attention.values", each, s.fresh, d, keys, false));
  (cached ? pv.cache_read : pv.weights) = a.tensor(held, cached ? p.kv : p.activations);
  if (apart) b.elementwise("attention.merge_heads", OperatorKind::elementwise, a.times(each, s.fresh, d), 0, 1);
}

/// Scores and weighted values of `heads` heads, `width` values of query and value together per pair.
Operator& attention_core(Builder& b, Stack const& s, Real heads, Real width) {
  auto const& a = b.a();
  Operator& o = b.attention(b.start("attention.core", attention_kind(s), true));
  const Real d = a.over(width, {2, {}});
  o.m = s.fresh.value, o.n = s.cached.value + s.fresh.value, o.k = d.value, o.batch = s.batch.value * heads.value;
  o.model_work = eq::attention_work.with(a.ledger(), s.batch, pairs(s, false, a.ledger()), heads, d);
  o.work = s.causal ? eq::attention_work.with(a.ledger(), s.batch, pairs(s, true, a.ledger()), heads, d) : o.model_work;
  return o;
}

void norm(Builder& b, Transformer const& t, Real tokens, OperatorName name, Real times = one) {
  auto const& a = b.a();
  const Real size = t.norm == Norm::layer_norm ? a.times({2, {}}, Real(t.hidden)) : Real(t.hidden);
  Operator& o = b.elementwise(name, OperatorKind::normalization, a.times(tokens, Real(t.hidden)), 5, 1, size);
  o.repeat = a.times(o.repeat, times);
}

void attention(Builder& b, Transformer const& t, Stack const& s, Real layers) {
  auto const& a = b.a();
  const Real h = t.hidden, d = t.head_size();
  const Real heads = a.over(Real(t.heads), s.ranks);
  // Key-value heads are copied, not split, where there are fewer of them than ranks.
  const Real groups = t.kv_heads().value >= s.ranks.value ? a.over(Real(t.kv_heads()), s.ranks) : one;
  const Real tokens = a.times(s.batch, s.fresh);
  const Real held = s.window && s.window->value < s.cached.value ? *s.window : s.cached;
  auto const& p = b.precision();
  b.repeat(layers);
  if (t.latent_attention) {
    auto const& m = *t.latent_attention;
    const Real head = a.add(m.nope_size, m.rope_size), latent = a.add(m.kv_rank, m.rope_size);
    if (m.query_rank) {
      b.gemm("attention.query_down", one, tokens, Real(*m.query_rank), h);
      b.gemm("attention.query_up", one, tokens, a.times(heads, head), Real(*m.query_rank));
    } else {
      b.gemm("attention.query", one, tokens, a.times(heads, head), h);
    }
    b.gemm("attention.kv_down", one, tokens, latent, h);
    b.elementwise("rotary", b.gating(), a.times(tokens, a.add(heads, one), Real(m.rope_size)), 3, 1);
    // With a cache the up-projection is absorbed into query and output; its weights are read either way.
    b.gemm("attention.kv_up", one, tokens, a.times(heads, a.add(m.nope_size, m.value_size)), Real(m.kv_rank));
    const bool absorbed = s.cached.value > 0;
    Operator& o = attention_core(b, s, heads, absorbed ? a.add(latent, Real(m.kv_rank)) : a.add(head, Real(m.value_size)));
    const Real query = absorbed ? latent : head, value = absorbed ? Real(m.kv_rank) : Real(m.value_size);
    const Real unpacked = absorbed ? query : a.add(a.times({2, {}}, query), value);  // keys and values of every head beside the queries
    o.input = a.tensor(a.times(tokens, heads, unpacked), p.activations);
    o.output = a.tensor(a.times(tokens, heads, value), p.activations);
    o.cache_read = a.tensor(a.times(s.batch, held, latent), p.kv);
    o.cache_write = a.tensor(a.times(tokens, latent), p.kv);
    b.gemm("attention.output", one, tokens, h, a.times(heads, Real(m.value_size)));
    return;
  }
  const Real width = a.times(heads, d), kv_width = a.times(groups, d);
  b.gemm("attention.qkv", one, tokens, a.add(width, a.times({2, {}}, kv_width)), h);
  if (t.qk_norm) b.elementwise("attention.qk_norm", OperatorKind::normalization, a.times(tokens, a.add(width, kv_width)), 5, 1, a.times({2, {}}, d));
  if (t.positions == Positions::rotary) b.elementwise("rotary", b.gating(), a.times(tokens, a.add(width, kv_width)), 3, 1);
  if (!s.flash) {
    unfused_attention(b, s, heads, groups, d, a.add(held, s.fresh), s.cached.value > 0);
    b.gemm("attention.output", one, tokens, h, width);
    return;
  }
  Operator& o = attention_core(b, s, heads, a.times({2, {}}, d));
  o.input = a.tensor(a.times(tokens, a.add(width, a.times({2, {}}, kv_width))), p.activations);
  o.output = a.tensor(a.times(tokens, width), p.activations);
  if (s.causal) {
    o.cache_read = a.tensor(a.times({2, {}}, s.batch, held, kv_width), p.kv);
    o.cache_write = a.tensor(a.times({2, {}}, tokens, kv_width), p.kv);
  }
  b.gemm("attention.output", one, tokens, h, width);
}

/// Attention of the decoder to `keys` encoded tokens.
void cross_attention(Builder& b, Transformer const& t, Stack const& s, Real layers, Real keys, bool first) {
  auto const& a = b.a();
  const Real h = t.hidden, d = t.head_size(), heads = a.over(Real(t.heads), s.ranks), width = a.times(heads, d);
  const Real tokens = a.times(s.batch, s.fresh);
  b.repeat(layers);
  b.gemm("cross_attention.query", one, tokens, width, h);
  if (first) b.gemm("cross_attention.kv", one, a.times(s.batch, keys), a.times({2, {}}, width), h);
  Operator& o = b.attention(b.start("cross_attention.core", attention_kind(s), true));
  o.m = s.fresh.value, o.n = keys.value, o.k = d.value, o.batch = s.batch.value * heads.value;
  o.work = o.model_work = eq::attention_work.with(a.ledger(), s.batch, a.times(s.fresh, keys), heads, d);
  o.input = a.tensor(a.times(tokens, width), b.precision().activations);
  o.output = a.tensor(a.times(tokens, width), b.precision().activations);
  o.cache_read = a.tensor(a.times({2, {}}, s.batch, keys, width), b.precision().kv);
  b.gemm("cross_attention.output", one, tokens, h, width);
  norm(b, t, tokens, "cross_attention.norm");
}

void mlp(Builder& b, Transformer const& t, Real tokens, Real width, Real layers, OperatorName up, OperatorName act, OperatorName down) {
  auto const& a = b.a();
  b.repeat(layers);
  b.gemm(up, one, tokens, a.times({t.gated ? 2.0 : 1.0, {}}, width), Real(t.hidden));
  b.elementwise(act, t.gated ? b.gating() : OperatorKind::elementwise, a.times(tokens, width), t.gated ? 6 : 5, t.gated ? 2 : 1);
  b.gemm(down, one, tokens, Real(t.hidden), width);
}

/// Experts to which tokens are routed, on one of the ranks which share them out.
struct Routed {
  Real experts, active;  ///< how many, and how many a token visits
  Real hidden, width;    ///< of a token, and between the products
  bool gated = true;
  Real expert_ranks{1, {}};
  Real token_ranks{1, {}};  ///< which divide the tokens between layers
  bool training = false;
};

/// The products of routed experts, with what moves their tokens. Engines run one kernel for all experts, which gathers rows itself and is followed by
/// one which gates and one which adds up the copies of a token; frameworks sort the copies by expert first.
void routed_experts(Builder& b, Routed const& r, Real tokens) {
  auto const& a = b.a();
  // Expert ranks serve the tokens of all of them with their own experts: fewer products, each with more rows.
  const bool shared_out = r.expert_ranks.value > 1;
  Real visited = eq::experts_visited.with(a.ledger(), r.experts, r.active, shared_out ? a.times(tokens, r.expert_ranks) : tokens);
  if (shared_out) visited = eq::experts_per_rank.with(a.ledger(), visited, r.expert_ranks);
  const Real routed = a.times(tokens, r.active), each = a.over(routed, visited);
  const OperatorKind products = b.engine() ? OperatorKind::grouped_gemm : OperatorKind::gemm, moves = b.engine() ? OperatorKind::grouped_gemm : OperatorKind::elementwise;
  const auto move = [&](OperatorName name, double flop, Real own) -> Operator& { return b.elementwise(name, moves, a.times(own, r.active, r.hidden), flop, 1); };
  const Real mine = r.token_ranks.value > 1 ? a.over(tokens, r.token_ranks) : tokens;
  if (r.training) {
    move("experts.permute", 0, mine).input = a.tensor(a.times(mine, r.hidden), b.precision().activations);
    move("experts.combine", 2, mine).output = a.tensor(a.times(mine, r.hidden), b.precision().activations);
  }
  // Between the kernels of experts rows are converted by kernels of their own; a token once for all its experts.
  if (b.narrows()) b.quantize("experts.quantize_tokens", products, a.times(tokens, r.hidden));
  const auto product = [&](OperatorName name, Real n, Real k) {
    Operator& o = b.gemm(name, visited, each, n, k);
    o.kind = products;
    b.converted(o);
  };
  product("experts.up", a.times({r.gated ? 2.0 : 1.0, {}}, r.width), r.hidden);
  b.elementwise("experts.activation", moves, a.times(routed, r.width), r.gated ? 6 : 5, r.gated ? 2 : 1);
  if (b.narrows()) b.quantize("experts.quantize", products, a.times(routed, r.width));
  product("experts.down", r.hidden, r.width);
  if (b.engine()) move("experts.combine", 2, tokens).output = a.tensor(a.times(tokens, r.hidden), b.precision().activations);
}

void experts(Builder& b, Transformer const& t, MixtureOfExperts const& m, Real tokens, Real layers, Stack const& s) {
  auto const& a = b.a();
  b.repeat(layers);
  b.kept_wide(b.gemm("router", one, tokens, Real(m.experts), Real(t.hidden)));
  routed_experts(b, {m.experts, m.active, t.hidden, a.over(Real(m.feed_forward), s.ranks), t.gated, s.expert_ranks, s.token_ranks, s.training}, tokens);
  if (m.shared.value > 0 || m.shared_feed_forward) {
    const Real shared = m.shared_feed_forward ? Real(*m.shared_feed_forward) : a.times(Real(m.shared), Real(m.feed_forward));
    mlp(b, t, tokens, a.over(shared, s.ranks), layers, "shared_experts.up", "shared_experts.activation", "shared_experts.down");
  }
}

/// Reads the logits of every token, and writes their probabilities in fp32, from which the backward pass begins (Shoeybi et al. 2019, section 3).
void cross_entropy(Builder& b, Real tokens, Real vocabulary) {
  auto const& a = b.a();
  const Real logits = a.times(tokens, vocabulary);
  Operator& o = b.elementwise("cross_entropy", OperatorKind::normalization, logits, 5, 1);
  o.output = a.tensor(logits, Precision::fp32);
}

/// `layers` decoder (or encoder) layers.
void layers_of(Builder& b, Transformer const& t, Stack const& s, Real layers, double share) {
  auto const& a = b.a();
  const Real tokens = a.times(s.batch, s.fresh);
  Real local{0, {}};
  if (t.sliding_window) local = {t.sliding_window->layers.value * share, t.sliding_window->layers.origin};
  const Real global{layers.value - local.value, layers.origin};
  if (global.value > 0) attention(b, t, s, global);
  if (local.value > 0) {
    Stack seen = s;
    seen.window = Real(t.sliding_window->window);
    attention(b, t, seen, local);
  }
  b.repeat(layers);
  const Real own = s.token_ranks.value > 1 ? a.over(tokens, s.token_ranks) : tokens;
  norm(b, t, own, "norm", Real(t.norms_per_layer));
  Operator& residual = b.elementwise("residual", OperatorKind::elementwise, a.times(own, Real(t.hidden)), 1, 2);
  residual.repeat = a.times(residual.repeat, {2, {}});
  if (s.dropout && s.execution == Execution::eager) {
    Operator& dropout = b.elementwise("dropout", OperatorKind::elementwise, a.times(own, Real(t.hidden)), 1, 1);
    dropout.repeat = a.times(dropout.repeat, {2, {}});
  }
  Real plain = layers;
  if (t.mixture_of_experts) plain = {t.mixture_of_experts->dense_layers.value * share, t.mixture_of_experts->dense_layers.origin};
  if (plain.value > 0) mlp(b, t, tokens, a.over(Real(t.feed_forward), s.ranks), plain, "mlp.up", "mlp.activation", "mlp.down");
  if (t.mixture_of_experts) experts(b, t, *t.mixture_of_experts, tokens, {layers.value - plain.value, layers.origin}, s);
}

/// Further layers behind the last, each with a projection of two embeddings and the head once more (DeepSeek-AI 2024, arXiv:2412.19437, section 2.2).
/// Masked tokens are guessed through a dense layer, its activation and norm, and the embedding table (Devlin et al. 2018, section 3.1).
void predict_masked(Builder& b, Transformer const& t, Real tokens, Real vocabulary) {
  auto const& a = b.a();
  const Real masked = a.times(tokens, *t.masked_share), values = a.times(masked, Real(t.hidden));
  b.kept_wide(b.gemm("masked.transform", one, masked, Real(t.hidden), Real(t.hidden)));
  b.elementwise("masked.activation", b.gating(), values, 5, 1);
  b.elementwise("masked.norm", OperatorKind::normalization, values, 5, 1);
  b.kept_wide(b.gemm("lm_head", one, masked, vocabulary, Real(t.hidden)));
  cross_entropy(b, masked, vocabulary);
}

void predict_ahead(Builder& b, Transformer const& t, Stack const& s) {
  auto const& a = b.a();
  const Real tokens = a.times(s.batch, s.fresh), own = a.over(Real(t.vocabulary), s.ranks);
  b.repeat(Real(t.predicted_ahead));
  b.gemm("ahead.projection", one, tokens, a.over(Real(t.hidden), s.ranks), a.times({2, {}}, Real(t.hidden)));
  b.kept_wide(b.gemm("ahead.head", one, tokens, own, Real(t.hidden)));
  cross_entropy(b, tokens, own);
  Transformer layer = t;
  if (layer.mixture_of_experts) layer.mixture_of_experts->dense_layers.value = 0;
  layer.sliding_window.reset();
  layers_of(b, layer, s, Real(t.predicted_ahead), 1);
}

Pass transformer(Transformer const& t, PassShape const& shape, Ledger& ledger) {
  Builder b(shape, ledger);
  auto const& a = b.a();
  Stack s;
  s.batch = shape.batch, s.fresh = shape.new_tokens, s.cached = shape.cached_tokens, s.ranks = shape.tensor_parallel, s.causal = t.causal, s.execution = shape.execution, s.flash = is_flash(shape.attention, shape.execution), s.dropout = shape.training && t.dropout, s.expert_ranks = shape.expert_parallel, s.token_ranks = shape.sequence_parallel ? Real(shape.tensor_parallel) : one, s.training = shape.training;
  const Real all_layers = t.layers;
  const Real layers = shape.layers.value > 0 ? Real(shape.layers) : all_layers;
  const double share = layers.value / all_layers.value;

  if (t.patches) {
    s.fresh = image_tokens(*t.patches, a);
    s.cached = {0, {}};
    const Real pixels = a.times(Real(t.patches->size), Real(t.patches->size), Real(t.patches->channels));
    // The class token is learned, not projected.
    const Real patches = t.patches->class_token ? Real{s.fresh.value - 1, s.fresh.origin} : s.fresh;
    b.gemm("patch_embedding", one, a.times(s.batch, patches), Real(t.hidden), pixels);
  }
  const bool prefill = s.cached.value == 0;
  Real keys{0, {}};
  if (t.encoder) {
    keys = t.encoder->frames ? Real(*t.encoder->frames) : prefill ? s.fresh : s.cached;
    // Where the prompt goes to the encoder, what is cached is the encoded prompt: cross attention reads it.
    if (!t.encoder->frames) s.cached = {0, shape.cached_tokens.origin};
    if (prefill) {
      // The encoder reads the prompt once; the decoder starts with its first token.
      Stack e = s;
      e.fresh = keys, e.causal = false;
      Transformer plain = t;
      plain.mixture_of_experts.reset();
      plain.feed_forward = t.encoder->feed_forward.value_or(t.feed_forward);
      layers_of(b, plain, e, Real(t.encoder->layers), 1);
      if (shape.last_token_logits) s.fresh = {1, shape.new_tokens.origin};
    }
  }
  const Real tokens = a.times(s.batch, s.fresh);
  if (shape.first_stage && t.vocabulary.value > 0) {
    b.repeat(one);
    Operator& o = b.start("embedding", OperatorKind::embedding, false);
    o.m = tokens.value * t.hidden.value;
    o.output = a.tensor(a.times(tokens, Real(t.hidden)), shape.precision.activations);
    o.weights = b.weights_of(a.times(tokens, Real(t.hidden)));
    o.has_gradient = false;
    if (t.embedding_norm) norm(b, t, tokens, "embedding_norm");
  }
  layers_of(b, t, s, layers, share);
  if (t.encoder) cross_attention(b, t, s, layers, keys, prefill);
  if (shape.last_stage) {
    b.repeat(one);
    if (t.final_norm) norm(b, t, s.token_ranks.value > 1 ? a.over(tokens, s.token_ranks) : tokens, "final_norm");
    const Real predicted = shape.last_token_logits ? s.batch : tokens;
    if (t.lm_head && t.vocabulary.value > 0) {
      const Real own = a.over(Real(t.vocabulary), s.ranks);
      b.kept_wide(b.gemm("lm_head", one, predicted, own, Real(t.hidden)));
      if (shape.training) cross_entropy(b, predicted, own);
    }
    if (shape.training && t.masked_share) predict_masked(b, t, a.times(s.batch, s.fresh), a.over(Real(t.vocabulary), s.ranks));
    if (shape.training && t.predicted_ahead.value > 0) predict_ahead(b, t, s);
    if (t.patches && t.patches->classes) b.gemm("classifier", one, s.batch, Real(*t.patches->classes), Real(t.hidden));
    if (t.pooler) b.gemm("pooler", one, s.batch, Real(t.hidden), Real(t.hidden));
  }
  return b.take();
}

Pass state_space(StateSpace const& m, PassShape const& shape, Ledger& ledger) {
  Builder b(shape, ledger);
  auto const& a = b.a();
  const Real tokens = a.times(Real(shape.batch), Real(shape.new_tokens)), h = m.hidden, inner = a.over(a.times(Real(m.expand), h), Real(shape.tensor_parallel));
  const Real layers = shape.layers.value > 0 ? Real(shape.layers) : Real(m.layers);
  if (shape.first_stage) {
    Operator& o = b.start("embedding", OperatorKind::embedding, false);
    o.output = a.tensor(a.times(tokens, h), shape.precision.activations);
    o.weights = b.weights_of(a.times(tokens, h));
    o.has_gradient = false;
  }
  b.repeat(layers);
  b.elementwise("norm", OperatorKind::normalization, a.times(tokens, h), 4, 1, h);
  b.gemm("ssm.in", one, tokens, a.times({2, {}}, inner), h);
  b.elementwise("ssm.convolution", OperatorKind::depthwise, a.times(tokens, inner), 2.0 * m.convolution.value, 1, a.times(inner, Real(m.convolution)));
  b.gemm("ssm.x", one, tokens, a.add(Real(m.dt_rank), a.times({2, {}}, Real(m.state))), inner);
  b.gemm("ssm.dt", one, tokens, inner, Real(m.dt_rank));
  // Per state value and token: step * A, its exponential, times the state, step * B * x (2), the addition, times C and its sum (2).
  Operator& scan = b.start("ssm.scan", OperatorKind::scan, false);
  const Real values = a.times(tokens, inner, Real(m.state));
  scan.m = values.value;
  scan.work = eq::elementwise_work.with(ledger, values, {8, {}});
  scan.input = a.tensor(a.times({2, {}}, tokens, inner), shape.precision.activations);
  scan.output = a.tensor(a.times(tokens, inner), shape.precision.activations);
  scan.weights = a.tensor(a.times(inner, Real(m.state)), Precision::fp32);
  scan.cache_read = a.tensor(a.times(Real(shape.batch), inner, Real(m.state)), Precision::fp32);
  scan.cache_write = scan.cache_read;
  b.gemm("ssm.out", one, tokens, h, inner);
  b.elementwise("residual", OperatorKind::elementwise, a.times(tokens, h), 1, 2);
  b.repeat(one);
  if (shape.last_stage) {
    b.elementwise("final_norm", OperatorKind::normalization, a.times(tokens, h), 4, 1, h);
    b.gemm("lm_head", one, shape.last_token_logits ? Real(shape.batch) : tokens, a.over(Real(m.vocabulary), Real(shape.tensor_parallel)), h);
  }
  return b.take();
}

Real real(std::optional<Count> const& c, double otherwise = 1) { return c ? Real(*c) : Real{otherwise, {}}; }

/// \param merged additions behind a convolution become its epilogue where an engine fuses; else each row is one operator
Pass layered(Layered const& l, PassShape const& shape, bool merged, Ledger& ledger) {
  Builder b(shape, ledger, l.layers.size());
  auto const& a = b.a();
  const Real batch = shape.batch;
  const bool eager = shape.execution == Execution::eager, compiled = shape.execution == Execution::compiled;
  // Batch norm and activation as kernels of their own, or merged into one: compilers of frameworks call the library for the convolution itself.
  // What ends a block is followed by its addition instead, into which they merge its norm.
  const auto epilogue = [&](OperatorName name, LayerRow const& r, Real values) {
    if (!r.norm) return;
    if (compiled) {
      if (!r.residual) b.elementwise("", OperatorKind::elementwise, values, 3, 1).name = name + ".norm_activation";
      return;
    }
    b.elementwise("", OperatorKind::normalization, values, 2, 1).name = name + ".norm";
    if (!r.residual) b.elementwise("", OperatorKind::elementwise, values, 1, 1).name = name + ".activation";
  };
  bool awaited = false;  // the addition which ends a residual block
  for (auto const& r : l.layers) {
    const Extent out = output_of(r);
    const auto size_origin = r.height ? r.height->origin : r.repeat.origin;
    const Real positions = a.times(batch, {out.height * out.width, size_origin});
    const Real in_positions = a.times(batch, {real(r.height).value * real(r.width).value, size_origin});
    const Real kernel = a.times(r.kernel_h ? Real(*r.kernel_h) : real(r.kernel), r.kernel_w ? Real(*r.kernel_w) : real(r.kernel));
    b.repeat(a.times(Real(r.repeat), Real(l.steps)));
    static constexpr OperatorName fallback[] = {"conv", "depthwise", "pool", "linear", "attention", "norm", "embedding", "elementwise", "matmul", "activation", "experts"};
    const OperatorName name = r.name.empty() ? fallback[static_cast<std::size_t>(r.op)] : OperatorName(r.name);
    if (r.residual) awaited = true;
    switch (r.op) {
      case LayerKind::conv: {
        const Real channels = a.over(real(r.in), Real(r.groups));
        Operator& o = b.gemm("", Real(r.groups), positions, a.over(real(r.out), Real(r.groups)), a.times(channels, kernel));
        o.name = name;
        o.kind = kernel.value > 1 ? OperatorKind::convolution : OperatorKind::gemm;
        const bool square = !r.kernel_h && !r.kernel_w && real(r.kernel).value == 3;
        if (square && r.stride.value == 1 && r.groups.value == 1) o.blocks = batch.value * std::ceil(out.height / 4) * std::ceil(out.width / 4);
        o.input = a.tensor(a.times(in_positions, real(r.in)), shape.precision.activations);
        if (eager || compiled) epilogue(name, r, a.times(positions, real(r.out)));
        break;
      }
      case LayerKind::depthwise: {
        Operator& o = b.elementwise("", OperatorKind::depthwise, a.times(positions, real(r.in)), 2 * kernel.value, 1, a.times(real(r.in), kernel));
        o.name = name;
        o.input = a.tensor(a.times(in_positions, real(r.in)), shape.precision.activations);
        if (eager || compiled) epilogue(name, r, a.times(positions, real(r.in)));
        break;
      }
      case LayerKind::linear: {
        if (r.converts && b.narrows()) b.quantize("quantize", OperatorKind::gemm, a.times(batch, real(r.tokens), real(r.in)));
        Operator& o = b.gemm("", one, a.times(batch, real(r.tokens)), real(r.out), real(r.in));
        if (r.converts) b.converted(o);
        o.name = name;
        break;
      }
      case LayerKind::attention: {
        const Real queries = real(r.queries), cached = r.cached, fresh = r.keys ? Real(*r.keys) : queries, keys = a.add(cached, fresh), heads = real(r.heads);
        const Real width = a.times(heads, real(r.head_size)), kv_width = r.kv_heads ? a.times(Real(*r.kv_heads), real(r.head_size)) : width;
        Operator& o = b.start(name, r.causal && queries.value == 1 ? OperatorKind::decode_attention : OperatorKind::attention, true);
        o.m = queries.value, o.n = keys.value, o.k = real(r.head_size).value, o.batch = batch.value * heads.value;
        o.model_work = eq::attention_work.with(ledger, batch, a.times(queries, keys), heads, real(r.head_size));
        o.work = r.causal ? eq::attention_work.with(ledger, batch, eq::causal_pairs.with(ledger, queries, cached), heads, real(r.head_size)) : o.model_work;
        o.input = a.tensor(a.times(batch, a.add(a.times(queries, width), a.times({2, {}}, fresh, kv_width))), shape.precision.activations);
        o.output = a.tensor(a.times(batch, queries, width), shape.precision.activations);
        if (cached.value > 0) o.cache_read = a.tensor(a.times({2, {}}, batch, cached, kv_width), shape.precision.kv);
        break;
      }
      case LayerKind::pool: {
        Operator& o = b.elementwise("", OperatorKind::pooling, a.times(positions, real(r.in)), kernel.value, 1);
        o.name = name;
        o.input = a.tensor(a.times(in_positions, real(r.in)), shape.precision.activations);
        break;
      }
      case LayerKind::norm: b.elementwise("", OperatorKind::normalization, a.times(in_positions, real(r.in)), 5, 1, a.times({2, {}}, real(r.in))).name = name; break;
      case LayerKind::elementwise: {
        const bool addition = awaited && r.inputs.value <= 2;
        awaited = false;
        const Real values = a.times(in_positions, real(r.in));
        const Sourced<Data> tensor = a.tensor(values, shape.precision.activations);
        Operator* before = merged && addition && shape.execution == Execution::fused && !shape.training ? b.last() : nullptr;
        if (before && (before->kind == OperatorKind::convolution || before->kind == OperatorKind::gemm) && before->output.value == tensor.value && before->repeat.value == r.repeat.value * l.steps.value) {
          before->input = sum<Data>(ledger, "operands, and the other one of the addition", {before->input, tensor});
          before->work = sum<Work>(ledger, "products, and the addition", {before->work, eq::elementwise_work.with(ledger, values, one)});
          break;
        }
        b.elementwise("", OperatorKind::elementwise, values, 1, merged && addition ? 2 : r.inputs.value).name = name;  // counted alone it works in place
        break;
      }
      case LayerKind::activation: b.elementwise("", b.gating(), a.times(in_positions, real(r.in)), 6, r.inputs.value).name = name; break;
      case LayerKind::matmul: {
        Operator& o = b.gemm("", a.times(batch, Real(r.groups)), real(r.tokens), real(r.out), real(r.in), false);
        o.name = name;
        o.weights = a.tensor(a.times(batch, Real(r.groups), real(r.in), real(r.out)), shape.precision.activations);
        break;
      }
      case LayerKind::experts:
        routed_experts(b, {real(r.experts), real(r.active), real(r.in), real(r.out), r.gated, one, one, shape.training}, a.times(batch, real(r.tokens)));
        break;
      case LayerKind::embedding: {
        Operator& o = b.start(name, OperatorKind::embedding, false);
        const Real values = a.times(batch, real(r.tokens), real(r.width));
        o.m = values.value;
        o.weights = b.weights_of(values);
        o.output = a.tensor(values, shape.precision.activations);
        break;
      }
    }
  }
  return b.take();
}

Pass recommender(Recommender const& r, PassShape const& shape, Ledger& ledger) {
  Builder b(shape, ledger);
  auto const& a = b.a();
  const Real batch = shape.batch;
  const auto mlp = [&](std::vector<Count> const& widths, Real in, OperatorName name) {
    for (auto const& w : widths) {
      b.gemm(name, one, batch, Real(w), in);
      in = Real(w);
    }
    return in;
  };
  Real in = mlp(r.bottom_mlp, Real(r.dense_features), "bottom_mlp");
  const Real tables{static_cast<double>(r.table_rows.size()), r.embedding_width.origin};
  Operator& look_up = b.start("embedding_tables", OperatorKind::embedding, false);
  const Real rows = a.times(batch, tables, Real(r.lookups_per_table), Real(r.embedding_width));
  look_up.m = rows.value;
  look_up.work = eq::elementwise_work.with(ledger, rows, {1, {}});
  look_up.weights = b.weights_of(rows);
  look_up.output = a.tensor(a.times(batch, tables, Real(r.embedding_width)), shape.precision.activations);
  const Real vectors = a.add(tables, one);
  Real met = a.times(tables, Real(r.embedding_width));
  if (r.interaction == Interaction::dot) {
    Operator& o = b.gemm("interaction", batch, vectors, vectors, Real(r.embedding_width), false);
    o.kind = OperatorKind::gemm;
    met = {vectors.value * (vectors.value - 1) / 2, tables.origin};
  }
  mlp(r.top_mlp, a.add(in, met), "top_mlp");
  return b.take();
}

/// Values which enter and leave a row of a layered model.
double values_in(LayerRow const& r) { return real(r.in).value * real(r.height).value * real(r.width).value * real(r.tokens).value; }
double values_out(LayerRow const& r) {
  const Extent e = output_of(r);
  return (r.out ? r.out->value : real(r.in).value) * e.height * e.width * real(r.tokens).value;
}

/// For every operator of a layered model the row whose input is still waited for by an addition, or -1.
/// A row with `residual` ends the main path of a block; the skipped tensor entered at the block's first row.
std::vector<int> skipped(Layered const& l) {
  auto const& rows = l.layers;
  std::vector<int> kept(rows.size(), -1);
  const auto starts_anew = [&](std::size_t i) { return rows[i].op == LayerKind::elementwise || rows[i].op == LayerKind::pool; };
  for (std::size_t end = 0; end < rows.size(); ++end) {
    if (!rows[end].residual) continue;
    const bool projected = end + 1 < rows.size() && !starts_anew(end + 1);
    const double size = projected ? values_in(rows[end + 1]) : values_out(rows[end]);
    // The skipped tensor is the input of the first row of the block: the farthest of the adjacent rows with an input of its size.
    std::size_t first = end;
    while (first > 0 && values_in(rows[first]) != size && !starts_anew(first - 1)) --first;
    while (first > 0 && values_in(rows[first - 1]) == size && !starts_anew(first - 1) && !rows[first - 1].residual) --first;
    if (values_in(rows[first]) != size) continue;
    for (std::size_t i = first + 1; i <= end; ++i) kept[i] = static_cast<int>(first);
    if (projected) kept[end + 1] = static_cast<int>(end) + 1;
  }
  return kept;
}

}  // namespace

std::span<const std::string_view> names_of(OperatorKind) { return kind_names; }
std::span<const std::string_view> names_of(Launch) { return launch_names; }
std::span<const std::string_view> names_of(AttentionKernel) { return attention_names; }
bool is_flash(AttentionKernel attention, Execution execution) {
  return attention == AttentionKernel::flash || attention == AttentionKernel::flash_1 || attention == AttentionKernel::flash_2 || (attention == AttentionKernel::by_execution && execution == Execution::fused);
}
std::span<const std::string_view> names_of(Execution) { return execution_names; }
std::string_view name(OperatorKind k) { return kind_names[static_cast<std::size_t>(k)]; }

Sourced<Data> weight_size(PrecisionPlan const& plan, Ledger& ledger) {
  if (plan.weight_bits) return eq::bits_to_bytes.with(ledger, *plan.weight_bits);
  return {size_of(plan.weights), {}};
}

/// A prompt in chunks: as many passes as there are chunks, whose mean finds half of the others in the cache. Logits are those of the last one.
Pass chunked(Model const& m, PassShape const& shape, Ledger& ledger) {
  const Arithmetic a(ledger);
  PassShape one_chunk = shape;
  one_chunk.new_tokens = shape.chunk;
  one_chunk.cached_tokens = {(shape.new_tokens.value - shape.chunk.value) / 2, shape.new_tokens.origin};
  one_chunk.chunk = {0, {}};
  const Real chunks = a.over(Real(shape.new_tokens), Real(shape.chunk));
  Pass pass = lower(m, one_chunk, ledger);
  for (auto& op : pass)
    if (!shape.last_token_logits || (op.name != "lm_head" && op.name != "final_norm")) op.repeat = a.times(op.repeat, chunks);
  return pass;
}

Pass lower(Model const& m, PassShape const& shape, Ledger& ledger) {
  if (m.transformer && m.transformer->causal && !m.transformer->encoder && shape.chunk.value > 0 && shape.cached_tokens.value == 0 && shape.new_tokens.value > shape.chunk.value)
    return chunked(m, shape, ledger);
  if (m.transformer) return transformer(*m.transformer, shape, ledger);
  if (m.layered) return layered(*m.layered, shape, true, ledger);
  if (m.recommender) return recommender(*m.recommender, shape, ledger);
  if (m.state_space) return state_space(*m.state_space, shape, ledger);
  throw std::invalid_argument("the model has no architecture");
}

Sourced<Quantity<"B/token">> cache_per_token(Model const& m, Precision kv, Ledger& ledger) {
  if (!m.transformer || !m.transformer->causal) return {};
  auto const& t = *m.transformer;
  const Sourced<Data> width{size_of(kv), {}};
  if (t.latent_attention) return eq::latent_per_token.with(ledger, Real(t.layers), Real(t.latent_attention->kv_rank), Real(t.latent_attention->rope_size), width);
  return eq::kv_per_token.with(ledger, Real(t.layers), Real(t.kv_heads()), Real(t.head_size()), width);
}

Sourced<Data> cache_size(Model const& m, Precision kv, Count tokens, Ledger& ledger) {
  const Arithmetic a(ledger);
  if (m.state_space) {
    auto const& s = *m.state_space;
    const Real inner = a.times(Real(s.expand), Real(s.hidden));
    return a.tensor(a.times(Real(s.layers), inner, a.add(s.state, s.convolution)), Precision::fp32);
  }
  if (!m.transformer || !m.transformer->causal) return {};
  auto const& t = *m.transformer;
  // Keys and values of a fixed-length encoder are held beside those of the decoder.
  const int encoded = t.encoder && t.encoder->frames ? t.encoder->frames->value : 0;
  const Sourced<Tokens> length{(tokens.value + encoded) * unit<"token">, tokens.origin};
  if (!t.sliding_window || tokens.value <= t.sliding_window->window.value) return eq::kv_size.with(ledger, cache_per_token(m, kv, ledger), length);
  const Sourced<Data> width{size_of(kv), {}};
  const auto layers = [&](double n, Origin origin, double held, Origin of_length) {
    const auto per_token = eq::kv_per_token.with(ledger, {n, origin}, Real(t.kv_heads()), Real(t.head_size()), width);
    return eq::kv_size.with(ledger, per_token, {held * unit<"token">, of_length});
  };
  auto const& w = *t.sliding_window;
  return sum<Data>(ledger, "global and local layers", {layers(t.layers.value - w.layers.value, t.layers.origin, tokens.value, tokens.origin),
                                                       layers(w.layers.value, w.layers.origin, w.window.value, w.window.origin)});
}

Sourced<Data> peak_activations(Model const& m, Precision activations, Ledger& ledger) {
  PassShape shape;
  shape.batch = {1, {}};
  shape.new_tokens = {1, {}};
  shape.precision.activations = activations;
  const Pass pass = m.layered ? layered(*m.layered, shape, false, ledger) : lower(m, shape, ledger);
  // Experts are several operators in one row, without residual blocks around single rows.
  const std::vector<int> kept = m.layered && m.layered->layers.size() == pass.size() ? skipped(*m.layered) : std::vector<int>(pass.size(), -1);
  Sourced<Data> worst;
  for (std::size_t i = 0; i < pass.size(); ++i) {
    std::vector<Sourced<Data>> alive{pass[i].input, pass[i].output};
    // A projected shortcut runs while the main path's result, as large as its own, waits.
    if (kept[i] >= 0) alive.push_back(kept[i] == static_cast<int>(i) ? pass[i].output : pass[static_cast<std::size_t>(kept[i])].input);
    Data total{};
    for (auto const& x : alive) total += x.value;
    if (total > worst.value) worst = sum<Data>(ledger, "tensors alive at " + pass[i].name, alive);
  }
  return worst;
}

Sourced<Work> forward_work(Model const& m, Count tokens, bool causal_only, Ledger& ledger) {
  PassShape shape;
  shape.batch = {1, {}};
  shape.new_tokens = tokens;
  std::vector<Sourced<Work>> parts;
  for (auto const& o : lower(m, shape, ledger)) {
    // Products only: elementwise work, a per-mille of it, is outside the convention.
    if (o.model_work.value.raw() == 0) continue;
    parts.push_back(eq::repeated_work.with(ledger, causal_only ? o.work : o.model_work, o.repeat, one));
  }
  return sum<Work>(ledger, "matrix products", parts);
}

std::string_view architecture_name(Model const& m) {
  return m.transformer ? "transformer" : m.layered ? "layered" : m.recommender ? "recommender" : m.state_space ? "state space" : "none";
}
bool is_language_model(Model const& m) {
  if (m.state_space) return true;
  return m.transformer && !m.transformer->patches && m.transformer->lm_head && m.transformer->vocabulary.value > 0 && (m.transformer->causal || m.transformer->encoder);
}

}  // namespace mlsysim::workload
