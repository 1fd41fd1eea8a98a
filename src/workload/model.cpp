#include "mlsysim/workload/model.hpp"

namespace mlsysim::workload {
namespace {

constexpr std::string_view positions[] = {"rotary", "learned", "alibi", "sinusoidal", "relative", "none"};
constexpr std::string_view norms[] = {"rms_norm", "layer_norm", "layer_norm_no_bias"};
constexpr std::string_view encoder_inputs[] = {"tokens", "mel"};
constexpr std::string_view layer_kinds[] = {"conv", "depthwise", "pool", "linear", "attention", "norm", "embedding", "elementwise", "matmul", "activation", "experts"};
constexpr std::string_view interactions[] = {"dot", "concatenate"};

constexpr auto once = defaults_to(1, "runs once");
constexpr auto none_of_them = defaults_to(0, "the architecture has none");

}  // namespace

std::span<const std::string_view> names_of(Positions) { return positions; }
std::span<const std::string_view> names_of(Norm) { return norms; }
std::span<const std::string_view> names_of(EncoderInput) { return encoder_inputs; }
std::span<const std::string_view> names_of(LayerKind) { return layer_kinds; }
std::span<const std::string_view> names_of(Interaction) { return interactions; }

void describe(SlidingWindow& w, Fields& f) {
  f("window", w.window, "tokens a local layer attends to", positive);
  f("layers", w.layers, "how many layers are local", positive);
}

void describe(MixtureOfExperts& m, Fields& f) {
  f("experts", m.experts, "routed experts per layer", positive);
  f("active", m.active, "routed experts a token visits", positive);
  f("shared", m.shared, "experts every token visits", not_negative, none_of_them);
  f("feed_forward", m.feed_forward, "width of one routed expert", positive);
  f("shared_feed_forward", m.shared_feed_forward, "width of all shared experts together", positive);
  f("dense_layers", m.dense_layers, "layers with the plain MLP instead of experts", not_negative, none_of_them);
  f("router_bias", m.router_bias, "one bias per routed expert", defaults_to(false, "usual router"));
}

void describe(LatentAttention& a, Fields& f) {
  f("query_rank", a.query_rank, "rank of the compressed query", positive);
  f("kv_rank", a.kv_rank, "rank of the compressed key and value: what the cache holds", positive);
  f("nope_size", a.nope_size, "size of a head's part without position", positive);
  f("rope_size", a.rope_size, "size of the rotary part, shared by all heads in the key", positive);
  f("value_size", a.value_size, "size of a head's value", positive);
}

void describe(Patches& p, Fields& f) {
  f("size", p.size, "height and width of a patch", positive);
  f("channels", p.channels, "channels of the image", positive);
  f("image", p.image, "height and width of the image", positive);
  f("class_token", p.class_token, "a learned token in front", defaults_to(true, "as in the original ViT"));
  f("classes", p.classes, "outputs of the classifier head", positive);
}

void describe(EncoderStack& e, Fields& f) {
  f("layers", e.layers, "encoder layers", positive);
  f("feed_forward", e.feed_forward, "width of the encoder's MLP, when it differs", positive);
  f("input", e.input, "what is encoded", defaults_to(EncoderInput::tokens, "text"));
  f("frames", e.frames, "length of the encoded sequence where it is fixed", positive);
}

void describe(Transformer& t, Fields& f) {
  f("layers", t.layers, "decoder layers, or encoder layers of an encoder-only model", positive);
  f("hidden", t.hidden, "width of the residual stream, h", positive);
  f("heads", t.heads, "attention heads, a", positive);
  f("kv_heads", t.kv_heads_given, "key-value heads, g; as many as heads when left out", positive);
  f("head_size", t.head_size_given, "size of a head, d; hidden / heads when left out", positive);
  f("feed_forward", t.feed_forward, "width of the MLP, f", positive);
  f("gated", t.gated, "gated MLP: three matrices instead of two", defaults_to(false, "plain MLP"));
  f("vocabulary", t.vocabulary, "rows of the embedding, V; 0 for a model without tokens", not_negative);
  f("tied_embeddings", t.tied_embeddings, "the LM head shares the embedding", defaults_to(false, "separate matrices"));
  f("lm_head", t.lm_head, "projects to the vocabulary", defaults_to(true, "language model"));
  f("causal", t.causal, "a token attends to earlier ones only", defaults_to(true, "decoder"));
  f("context", t.context, "longest sequence, s", positive);
  f("positions", t.positions, "position encoding", defaults_to(Positions::rotary, "usual today"));
  f("position_rows", t.position_rows, "rows of a learned position table", positive);
  f("norm", t.norm, "normalisation", defaults_to(Norm::layer_norm, "original Transformer"));
  f("norms_per_layer", t.norms_per_layer, "normalisations per layer", not_negative, defaults_to(2, "before attention and MLP"));
  f("final_norm", t.final_norm, "normalisation after the last layer", defaults_to(true, "pre-norm stack"));
  f("embedding_norm", t.embedding_norm, "normalisation of the embeddings", defaults_to(false, "usual stack"));
  f("qkv_bias", t.qkv_bias, "biases of query, key and value", defaults_to(false, "usual today"));
  f("output_bias", t.output_bias, "bias of the attention output", defaults_to(false, "usual today"));
  f("mlp_bias", t.mlp_bias, "biases of the MLP", defaults_to(false, "usual today"));
  f("lm_head_bias", t.lm_head_bias, "bias of the LM head", defaults_to(false, "usual today"));
  f("qk_norm", t.qk_norm, "normalises query and key heads", defaults_to(false, "usual stack"));
  f("token_types", t.token_types, "rows of the token-type embedding", not_negative, none_of_them);
  f("pooler", t.pooler, "a dense layer on the first token", defaults_to(false, "usual stack"));
  f("masked_share", t.masked_share, "share of the tokens which training hides and asks for", positive, at_most(1.0), optional_field);
  f("sliding_window", t.sliding_window, "layers which attend locally");
  f("mixture_of_experts", t.mixture_of_experts, "experts in place of the MLP");
  f("latent_attention", t.latent_attention, "multi-head latent attention");
  f("dropout", t.dropout, "trained with dropout of attention probabilities and of each block's result", defaults_to(false, "usual today"));
  f("predicted_ahead", t.predicted_ahead, "further tokens which training predicts at each position, by a layer and a head of their own each", not_negative, defaults_to(0, "the next token alone"));
  f("patches", t.patches, "image patches in front, classifier behind");
  f("encoder", t.encoder, "encoder stack of an encoder-decoder");
  f("extra_parameters", t.extra_parameters, "parameters which the fields cannot say", defaults_to(0.0, "none"));
}

void describe(LayerRow& r, Fields& f) {
  f("name", r.name, "what the row is called in the paper", optional_field);
  f("op", r.op, "kind of operator");
  f("in", r.in, "input channels or features", positive);
  f("out", r.out, "output channels or features", positive);
  f("kernel", r.kernel, "height and width of the kernel", positive);
  f("kernel_h", r.kernel_h, "height of the kernel", positive);
  f("kernel_w", r.kernel_w, "width of the kernel", positive);
  f("stride", r.stride, "stride in both directions", positive, defaults_to(1, "no stride"));
  f("height", r.height, "height of the input", positive);
  f("width", r.width, "width of the input; columns of an embedding table", positive);
  f("out_height", r.out_height, "height of the output, where not ceil(height / stride)", positive);
  f("out_width", r.out_width, "width of the output, where not ceil(width / stride)", positive);
  f("groups", r.groups, "groups of a convolution, products of a matmul", positive, defaults_to(1, "ungrouped"));
  f("valid", r.valid, "no padding", defaults_to(false, "padded to ceil(in / stride)"));
  f("norm", r.norm, "batch normalisation, two parameters per output channel", defaults_to(false, "no normalisation"));
  f("bias", r.bias, "has a bias; default: unless normalised");
  f("residual", r.residual, "a tensor as large as the output waits for a later addition", defaults_to(false, "a chain"));
  f("repeat", r.repeat, "how often the row runs, with its own weights each time", positive, once);
  f("tokens", r.tokens, "positions at which a linear or embedding row is applied", positive);
  f("heads", r.heads, "attention heads", positive);
  f("kv_heads", r.kv_heads, "key-value heads, where fewer than heads", positive);
  f("head_size", r.head_size, "size of an attention head", positive);
  f("queries", r.queries, "length of the query sequence", positive);
  f("keys", r.keys, "length of the key sequence", positive);
  f("causal", r.causal, "a query sees itself, the queries before it and what is cached", defaults_to(false, "every query sees every key"));
  f("cached", r.cached, "keys in front of the queries' own", not_negative, defaults_to(0, "none"));
  f("inputs", r.inputs, "tensors which an elementwise row or an activation reads", positive, defaults_to(1, "one"));
  f("experts", r.experts, "experts of a mixture", positive);
  f("active", r.active, "experts which a token visits", positive);
  f("gated", r.gated, "experts have a gate beside their first product", defaults_to(true, "as in most mixtures of experts"));
  f("converts", r.converts, "the input of a linear row is brought to the format of its products by a kernel of its own", defaults_to(false, "the kernel before writes that format"));
  f("rows", r.rows, "rows of an embedding table", positive);
}

void describe(LayeredInput& i, Fields& f) {
  f("channels", i.channels, "channels of the input", positive);
  f("height", i.height, "height of the input", positive);
  f("width", i.width, "width of the input", positive);
  f("features", i.features, "length of a vector input", positive);
}

void describe(Layered& l, Fields& f) {
  f("input", l.input, "shape of one sample");
  f("steps", l.steps, "how often the table runs per sample", positive, once);
  f("layers", l.layers, "operators in execution order");
}

void describe(Recommender& r, Fields& f) {
  f("dense_features", r.dense_features, "continuous inputs", positive);
  f("bottom_mlp", r.bottom_mlp, "widths of the bottom MLP", positive);
  f("top_mlp", r.top_mlp, "widths of the top MLP", positive);
  f("embedding_width", r.embedding_width, "columns of every table", positive);
  f("table_rows", r.table_rows, "rows of each table", positive);
  f("lookups_per_table", r.lookups_per_table, "rows read per table and sample", positive, defaults_to(1, "one-hot features"));
  f("interaction", r.interaction, "how features meet", defaults_to(Interaction::dot, "as in DLRM"));
}

void describe(StateSpace& m, Fields& f) {
  f("layers", m.layers, "layers", positive);
  f("hidden", m.hidden, "width of the residual stream", positive);
  f("expand", m.expand, "inner width / hidden", positive, defaults_to(2, "as in Mamba"));
  f("state", m.state, "state size per inner channel", positive);
  f("convolution", m.convolution, "width of the local convolution", positive, defaults_to(4, "as in Mamba"));
  f("dt_rank", m.dt_rank, "rank of the step-size projection", positive);
  f("vocabulary", m.vocabulary, "rows of the embedding", positive);
  f("tied_embeddings", m.tied_embeddings, "the LM head shares the embedding", defaults_to(true, "as in Mamba"));
  f("norm", m.norm, "normalisation", defaults_to(Norm::rms_norm, "as in Mamba"));
  f("context", m.context, "sequence length in training", positive);
}

void describe(Published& p, Fields& f) {
  f("parameters", p.parameters, "published number of parameters", positive);
  f("active_parameters", p.active_parameters, "published number of parameters a token uses", positive);
  f("forward_work", p.forward_work, "published forward work per sample; its note names the convention", positive);
}

void describe(Model& m, Fields& f) {
  f("id", m.id, "unique name", optional_field);
  f("name", m.name, "name for people", optional_field);
  f("aliases", m.aliases, "other names", optional_field);
  f("family", m.family, "model family", optional_field);
  f("year", m.year, "year of publication", at_least(1950), at_most(2100));
  f("published", m.published, "what the publication states");
  f("transformer", m.transformer, "Transformer architecture");
  f("layered", m.layered, "explicit operator table");
  f("recommender", m.recommender, "deep-learning recommendation model");
  f("state_space", m.state_space, "selective state-space model");
}

}  // namespace mlsysim::workload
