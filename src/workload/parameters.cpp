#include <cmath>
#include <stdexcept>

#include "arithmetic.hpp"

namespace mlsysim::workload {
namespace {

/// Adds up parts; every part is count * rows * columns.
class Counter {
 public:
  explicit Counter(Ledger& ledger) : ledger_{ledger}, a_{ledger} {}

  void add(Real n, Real rows, Real columns) {
    if (n.value == 0 || rows.value == 0 || columns.value == 0) return;
    parts_.push_back(eq::matrix_parameters.with(ledger_, n, rows, columns));
  }
  void add(Real n, Real size) { add(n, size, one); }
  void add(Real n) { parts_.push_back(n); }
  Real total(std::string_view label) {
    Real t = sum<double>(ledger_, label, parts_);
    parts_.clear();
    return t;
  }
  Arithmetic const& a() const { return a_; }
  static constexpr Real one{1, {}};

 private:
  Ledger& ledger_;
  Arithmetic a_;
  std::vector<Real> parts_;
};

Real norm_size(Norm norm, Count hidden, Arithmetic const& a) { return norm == Norm::layer_norm ? a.times({2, {}}, Real(hidden)) : Real(hidden); }

/// One attention block without its normalisation, `n` times.
void attention(Counter& c, Transformer const& t, Real n) {
  auto const& a = c.a();
  const Real h = t.hidden, heads = t.heads, d = t.head_size(), g = t.kv_heads();
  if (t.latent_attention) {
    auto const& m = *t.latent_attention;
    const Real head = a.add(m.nope_size, m.rope_size);
    if (m.query_rank) {
      c.add(n, h, Real(*m.query_rank));
      c.add(n, Real(*m.query_rank));
      c.add(n, Real(*m.query_rank), a.times(heads, head));
    } else {
      c.add(n, h, a.times(heads, head));
    }
    c.add(n, h, a.add(m.kv_rank, m.rope_size));
    c.add(n, Real(m.kv_rank));
    c.add(n, Real(m.kv_rank), a.times(heads, a.add(m.nope_size, m.value_size)));
    c.add(n, a.times(heads, Real(m.value_size)), h);
    return;
  }
  c.add(n, h, a.times(heads, d));
  c.add(a.times(n, {2, {}}), h, a.times(g, d));
  c.add(n, a.times(heads, d), h);
  if (t.qkv_bias) c.add(n, a.add(a.times(heads, d), a.times({2, {}}, g, d)));
  if (t.output_bias) c.add(n, h);
  if (t.qk_norm) c.add(n, a.times({2, {}}, d));
}

void mlp(Counter& c, Transformer const& t, Real n, Real width) {
  const Real h = t.hidden;
  c.add(c.a().times(n, {t.gated ? 3.0 : 2.0, {}}), h, width);
  if (t.mlp_bias) c.add(n, c.a().add(c.a().times({t.gated ? 2.0 : 1.0, {}}, width), h));
}

ParameterCount transformer(Transformer const& t, Ledger& ledger) {
  Counter c(ledger);
  auto const& a = c.a();
  const Real h = t.hidden, layers = t.layers, norm = norm_size(t.norm, t.hidden, a), one{1, {}};

  if (t.vocabulary.value > 0) c.add(one, Real(t.vocabulary), h);
  if (t.patches) {
    auto const& p = *t.patches;
    const Real pixels = a.times(Real(p.size), Real(p.size), Real(p.channels));
    c.add(one, pixels, h), c.add(h);
    if (p.class_token) c.add(h);
    c.add(one, image_tokens(p, a), h);
  } else if (t.positions == Positions::learned) {
    c.add(one, Real(t.position_rows.value_or(t.context)), h);
  }
  c.add(one, Real(t.token_types), h);
  if (t.embedding_norm) c.add(norm);
  const Real embedding = c.total("embeddings");

  attention(c, t, layers);
  c.add(layers, Real(t.norms_per_layer), norm);
  Real plain_layers = layers;
  if (t.mixture_of_experts) plain_layers = Real(t.mixture_of_experts->dense_layers);
  if (plain_layers.value > 0) mlp(c, t, plain_layers, Real(t.feed_forward));
  if (t.encoder) {
    const Real n = t.encoder->layers;
    attention(c, t, n);
    mlp(c, t, n, Real(t.encoder->feed_forward.value_or(t.feed_forward)));
    c.add(n, Real(t.norms_per_layer), norm);
    // Cross attention of the decoder, with a normalisation of its own.
    attention(c, t, layers);
    c.add(layers, norm);
    if (t.final_norm) c.add(norm);
  }
  if (t.final_norm) c.add(norm);
  if (t.lm_head && !t.tied_embeddings && t.vocabulary.value > 0) c.add(one, Real(t.vocabulary), h);
  if (t.lm_head && t.lm_head_bias) c.add(Real(t.vocabulary));
  if (t.pooler) c.add(one, h, h), c.add(h);
  if (t.patches && t.patches->classes) c.add(one, Real(*t.patches->classes), h), c.add(Real(*t.patches->classes));
  if (t.extra_parameters.value > 0) c.add(t.extra_parameters);
  Real rest = c.total("layers and head");

  ParameterCount out;
  out.embedding = embedding;
  if (!t.mixture_of_experts) {
    out.total = a.add(embedding, rest);
    out.active = out.total;
    return out;
  }
  auto const& m = *t.mixture_of_experts;
  const Real moe_layers{layers.value - plain_layers.value, t.layers.origin};
  const Real matrices{t.gated ? 3.0 : 2.0, {}};
  const auto experts = [&](Real routed) {
    c.add(moe_layers, Real(m.experts), h);
    if (m.router_bias) c.add(moe_layers, Real(m.experts));
    c.add(a.times(moe_layers, matrices, routed), h, Real(m.feed_forward));
    if (m.shared_feed_forward) c.add(a.times(moe_layers, matrices), h, Real(*m.shared_feed_forward));
    else c.add(a.times(moe_layers, matrices, Real(m.shared)), h, Real(m.feed_forward));
    return c.total("mixture of experts");
  };
  out.total = a.add(a.add(embedding, rest), experts(Real(m.experts)));
  out.routed = a.times(a.times(moe_layers, matrices, Real(m.experts)), h, Real(m.feed_forward));
  out.active = a.add(a.add(embedding, rest), experts(Real(m.active)));
  return out;
}

ParameterCount state_space(StateSpace const& m, Ledger& ledger) {
  Counter c(ledger);
  auto const& a = c.a();
  const Real h = m.hidden, n = m.layers, inner = a.times(Real(m.expand), h), one{1, {}}, norm = norm_size(m.norm, m.hidden, a);
  c.add(one, Real(m.vocabulary), h);
  const Real embedding = c.total("embeddings");
  c.add(a.times(n, {2, {}}), h, inner);
  c.add(n, inner, Real(m.convolution)), c.add(n, inner);
  c.add(n, inner, a.add(Real(m.dt_rank), a.times({2, {}}, Real(m.state))));
  c.add(n, Real(m.dt_rank), inner), c.add(n, inner);
  c.add(n, inner, Real(m.state)), c.add(n, inner);
  c.add(n, inner, h);
  c.add(n, norm);
  c.add(norm);
  if (!m.tied_embeddings) c.add(one, Real(m.vocabulary), h);
  ParameterCount out;
  out.embedding = embedding;
  out.total = a.add(embedding, c.total("layers and head"));
  out.active = out.total;
  return out;
}

double value(std::optional<Count> const& c, double otherwise = 1) { return c ? c->value : otherwise; }
Real real(std::optional<Count> const& c, double otherwise = 1) { return c ? Real(*c) : Real{otherwise, {}}; }

ParameterCount layered(Layered const& l, Ledger& ledger) {
  Counter c(ledger);
  auto const& a = c.a();
  Real embedding{0, {}};
  for (auto const& r : l.layers) {
    const Real n = r.repeat, in = real(r.in), out = real(r.out);
    const Real kernel = a.times(r.kernel_h ? Real(*r.kernel_h) : real(r.kernel), r.kernel_w ? Real(*r.kernel_w) : real(r.kernel));
    switch (r.op) {
      case LayerKind::conv:
        c.add(n, a.over(in, Real(r.groups)), a.times(out, kernel));
        if (r.norm) c.add(n, a.times({2, {}}, out));
        if (r.bias.value_or(!r.norm)) c.add(n, out);
        break;
      case LayerKind::depthwise:
        c.add(n, in, kernel);
        if (r.norm) c.add(n, a.times({2, {}}, in));
        if (r.bias.value_or(!r.norm)) c.add(n, in);
        break;
      case LayerKind::linear:
        c.add(n, in, out);
        if (r.norm) c.add(n, a.times({2, {}}, out));
        if (r.bias.value_or(true)) c.add(n, out);
        break;
      case LayerKind::experts: c.add(n, a.times(real(r.experts), {r.gated ? 3.0 : 2.0, {}}), a.times(in, out)); break;
      case LayerKind::norm: c.add(n, a.times({2, {}}, in)); break;
      case LayerKind::embedding: c.add(n, real(r.rows), real(r.width)); break;
      default: break;
    }
  }
  ParameterCount out;
  out.embedding = embedding;
  out.total = c.total("layers");
  out.active = out.total;
  return out;
}

ParameterCount recommender(Recommender const& r, Ledger& ledger) {
  Counter c(ledger);
  auto const& a = c.a();
  for (auto const& rows : r.table_rows) c.add({1, {}}, Real(rows), Real(r.embedding_width));
  const Real embedding = c.total("embedding tables");
  Real in = r.dense_features;
  for (auto const& width : r.bottom_mlp) c.add({1, {}}, in, Real(width)), c.add(Real(width)), in = Real(width);
  const double vectors = static_cast<double>(r.table_rows.size()) + 1;
  const double met = r.interaction == Interaction::dot ? vectors * (vectors - 1) / 2 : (vectors - 1) * r.embedding_width.value;
  in = a.add(in, Real{met, r.embedding_width.origin});
  for (auto const& width : r.top_mlp) c.add({1, {}}, in, Real(width)), c.add(Real(width)), in = Real(width);
  ParameterCount out;
  out.embedding = embedding;
  out.total = a.add(embedding, c.total("MLPs"));
  out.active = out.total;
  return out;
}

}  // namespace

Extent output_of(LayerRow const& r) {
  const auto side = [&](std::optional<Count> const& given, std::optional<Count> const& in, std::optional<Count> const& kernel) {
    if (given) return value(given);
    const double size = value(in), stride = r.stride.value;
    return r.valid ? std::floor((size - value(kernel)) / stride) + 1 : std::ceil(size / stride);
  };
  return {side(r.out_height, r.height, r.kernel_h ? r.kernel_h : r.kernel), side(r.out_width, r.width, r.kernel_w ? r.kernel_w : r.kernel)};
}

Real image_tokens(Patches const& p, Arithmetic const& a) {
  const Real side = a.over(Real(p.image), Real(p.size));
  const Real patches = a.times(side, side);
  return p.class_token ? a.add(patches, Real{1, p.size.origin}) : patches;
}

ParameterCount count_parameters(Model const& m, Ledger& ledger) {
  if (m.transformer) return transformer(*m.transformer, ledger);
  if (m.layered) return layered(*m.layered, ledger);
  if (m.recommender) return recommender(*m.recommender, ledger);
  if (m.state_space) return state_space(*m.state_space, ledger);
  throw std::invalid_argument("the model has no architecture");
}

}  // namespace mlsysim::workload
