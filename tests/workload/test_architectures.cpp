#include <doctest/doctest.h>

#include <stdexcept>

#include "mlsysim/workload/operator.hpp"

using namespace mlsysim;
using namespace mlsysim::workload;

namespace {

Count n(int value) { return {value, {}}; }

Transformer stack(int layers, int hidden, int heads, int feed_forward, int vocabulary) {
  Transformer t;
  t.layers = n(layers), t.hidden = n(hidden), t.heads = n(heads), t.feed_forward = n(feed_forward), t.vocabulary = n(vocabulary);
  t.norms_per_layer = n(2), t.norm = Norm::rms_norm;
  return t;
}
Model of(Transformer const& t) {
  Model m;
  m.transformer = t;
  return m;
}
PassShape shape(int batch, int fresh, int cached) {
  PassShape s;
  s.batch = n(batch), s.new_tokens = n(fresh), s.cached_tokens = n(cached);
  return s;
}
double parameters(Model const& m) {
  Ledger ledger;
  return count_parameters(m, ledger).total;
}
Operator find(Pass const& pass, std::string_view name) {
  for (auto const& o : pass)
    if (o.name == name) return o;
  FAIL("no operator " << name);
  return {};
}

LayerRow convolution(int in, int out, int kernel, int size, bool residual = false) {
  LayerRow r;
  r.op = LayerKind::conv, r.in = n(in), r.out = n(out), r.kernel = n(kernel), r.stride = n(1), r.groups = n(1), r.repeat = n(1);
  r.height = n(size), r.width = n(size), r.residual = residual;
  return r;
}
LayerRow addition(int channels, int size) {
  LayerRow r = convolution(channels, channels, 1, size);
  r.op = LayerKind::elementwise, r.out.reset(), r.kernel.reset();
  return r;
}
Model layered(std::vector<LayerRow> rows) {
  Layered l;
  l.layers = std::move(rows), l.steps = n(1);
  Model m;
  m.layered = l;
  return m;
}
double arena(Model const& m) {
  Ledger ledger;
  return peak_activations(m, Precision::int8, ledger).value.raw();
}

}  // namespace

TEST_CASE("each flag of a transformer adds the parameters which it stands for") {
  // h = 8, 2 heads of 4, f = 16, V = 10, one layer: 80 + 4 * 64 + 2 * 128 + 2 * 8 + 8 + head 80.
  Transformer t = stack(1, 8, 2, 16, 10);
  const double base = parameters(of(t));
  CHECK(base == 80 + 256 + 256 + 16 + 8 + 80);
  const auto with = [&](auto change) {
    Transformer c = t;
    change(c);
    return parameters(of(c)) - base;
  };
  CHECK(with([](auto& c) { c.tied_embeddings = true; }) == -80);
  CHECK(with([](auto& c) { c.gated = true; }) == 128);
  CHECK(with([](auto& c) { c.qkv_bias = true; }) == 24);
  CHECK(with([](auto& c) { c.output_bias = true; }) == 8);
  CHECK(with([](auto& c) { c.mlp_bias = true; }) == 16 + 8);
  CHECK(with([](auto& c) { c.gated = c.mlp_bias = true; }) == 128 + 32 + 8);
  CHECK(with([](auto& c) { c.lm_head_bias = true; }) == 10);
  CHECK(with([](auto& c) { c.qk_norm = true; }) == 8);
  CHECK(with([](auto& c) { c.norm = Norm::layer_norm; }) == 24);  // a bias for each of three norms
  CHECK(with([](auto& c) { c.embedding_norm = true; }) == 8);
  CHECK(with([](auto& c) { c.kv_heads_given = n(1); }) == -2 * 8 * 4);
  CHECK(with([](auto& c) { c.positions = Positions::learned, c.context = n(32); }) == 256);
  CHECK(with([](auto& c) { c.positions = Positions::learned, c.context = n(32), c.position_rows = n(34); }) == 272);
  CHECK(with([](auto& c) { c.token_types = n(2); }) == 16);
  CHECK(with([](auto& c) { c.pooler = true; }) == 72);
  CHECK(with([](auto& c) { c.extra_parameters = {5, {}}; }) == 5);
}

TEST_CASE("an encoder-decoder has a second stack, cross attention with a norm, and a second final norm") {
  Transformer t = stack(1, 8, 2, 16, 10);
  const double decoder = parameters(of(t));
  t.encoder = EncoderStack{n(3), {}, EncoderInput::tokens, {}};
  CHECK(parameters(of(t)) - decoder == 3 * (256 + 256 + 16) + 8 + (256 + 8));
}

TEST_CASE("the encoder of a speech model works once per prompt, the decoder reads what it left") {
  Transformer t = stack(2, 8, 2, 16, 10);
  t.encoder = EncoderStack{n(2), {}, EncoderInput::mel, n(100)};
  Ledger ledger;
  auto s = shape(1, 4, 0);
  s.last_token_logits = true;
  CHECK(find(lower(of(t), s, ledger), "cross_attention.kv").m == 100);
  const Pass step = lower(of(t), shape(1, 1, 4), ledger);
  for (auto const& o : step) CHECK(o.name != "cross_attention.kv");
  CHECK(find(step, "cross_attention.core").cache_read.value.raw() == 2.0 * 100 * 8 * 2);
  // The cache holds the hundred encoded frames beside four decoded tokens.
  CHECK(cache_size(of(t), Precision::bf16, n(4), ledger).value.raw() == 2.0 * 2 * 8 * 2 * 104);
}

TEST_CASE("ViT-B/16 has 86,567,656 parameters and reads 197 tokens") {
  // Dosovitskiy 2020 with the head of 1000 classes: 768 * 768 + 768 patches, 768 class token, 197 * 768 positions,
  // 12 * (4 * 768^2 + 4 * 768 + 2 * 768 * 3072 + 3072 + 768 + 4 * 768), 2 * 768 final norm, 769 * 1000 classifier.
  Transformer t = stack(12, 768, 12, 3072, 0);
  t.norm = Norm::layer_norm, t.qkv_bias = t.output_bias = t.mlp_bias = true, t.causal = t.lm_head = false, t.positions = Positions::learned;
  t.patches = Patches{n(16), n(3), n(224), true, n(1000)};
  CHECK(parameters(of(t)) == 86567656);
  Ledger ledger;
  const Pass pass = lower(of(t), shape(2, 0, 0), ledger);
  CHECK(find(pass, "attention.qkv").m == 2 * 197);
  CHECK(find(pass, "patch_embedding").m == 2 * 196);
  CHECK(find(pass, "attention.core").cache_read.value.raw() == 0);
}

TEST_CASE("latent attention reads the compressed cache and multiplies in its width") {
  Transformer t = stack(1, 7168, 128, 18432, 0);
  t.lm_head = false;
  t.latent_attention = LatentAttention{n(1536), n(512), n(128), n(64), n(128)};
  Ledger ledger;
  const Operator step = find(lower(of(t), shape(4, 1, 1000), ledger), "attention.core");
  CHECK(step.cache_read.value.raw() == 4.0 * 1000 * 576 * 2);
  // DeepSeek-V2, arXiv:2405.04434, section 2.1: scores over 512 + 64, values over 512, for each of 128 heads and 1001 tokens.
  CHECK(step.work.value.raw() == 2.0 * 4 * 1001 * 128 * (576 + 512));
  const Operator prompt = find(lower(of(t), shape(1, 64, 0), ledger), "attention.core");
  CHECK(prompt.model_work.value.raw() == 2.0 * 64 * 64 * 128 * (192 + 128));
}

TEST_CASE("Mamba 130M has 129,135,360 parameters and a state which does not grow") {
  // Gu and Dao 2023: 24 layers, h = 768, inner 1536, state 16, convolution 4, rank 48, 50,280 rows.
  StateSpace s;
  s.layers = n(24), s.hidden = n(768), s.expand = n(2), s.state = n(16), s.convolution = n(4), s.dt_rank = n(48), s.vocabulary = n(50280);
  Model m;
  m.state_space = s;
  CHECK(parameters(m) == 129135360);
  Ledger ledger;
  CHECK(cache_size(m, Precision::bf16, n(10), ledger).value == cache_size(m, Precision::bf16, n(100000), ledger).value);
  CHECK(cache_per_token(m, Precision::bf16, ledger).value.raw() == 0);
}

TEST_CASE("a recommender's top MLP reads the bottom output and every pair of vectors") {
  // 3 tables and the bottom output make 4 vectors, 6 pairs; 2 + 6 inputs.
  Recommender r;
  r.dense_features = n(5), r.bottom_mlp = {n(2)}, r.top_mlp = {n(1)}, r.embedding_width = n(2), r.table_rows = {n(10), n(20), n(30)}, r.lookups_per_table = n(1);
  Model m;
  m.recommender = r;
  CHECK(parameters(m) == 60 * 2 + (5 * 2 + 2) + (8 * 1 + 1));
  Ledger ledger;
  CHECK(find(lower(m, shape(7, 0, 0), ledger), "top_mlp").k == 8);
  CHECK(find(lower(m, shape(7, 0, 0), ledger), "embedding_tables").weights.value.raw() == 7.0 * 3 * 2 * 2);
}

TEST_CASE("MFU counts the full attention matrix, a causal kernel computes about half of it") {
  Ledger ledger;
  const Operator o = find(lower(of(stack(1, 8, 2, 16, 10)), shape(1, 1000, 0), ledger), "attention.core");
  CHECK(o.model_work.value.raw() == 4.0 * 1000 * 1000 * 8);
  CHECK(o.work.value.raw() == 4.0 * (1000 * 1001 / 2) * 8);
}

TEST_CASE("an identity shortcut is alive beside input and output of the layer before the addition") {
  // Two convolutions of one size: the second one's input, its output, and the block's input.
  CHECK(arena(layered({convolution(3, 16, 3, 32), convolution(16, 16, 3, 32), convolution(16, 16, 3, 32, true), addition(16, 32)})) == 3 * 16 * 32 * 32);
  CHECK(arena(layered({convolution(3, 16, 3, 32), convolution(16, 16, 3, 32), convolution(16, 16, 3, 32)})) == 2 * 16 * 32 * 32);
}

TEST_CASE("an inverted bottleneck keeps its narrow input alive through the wide layers") {
  // Sandler 2018, arXiv:1801.04381: 8 -> 48 -> 48 -> 8 channels.
  CHECK(arena(layered({convolution(3, 8, 3, 16), convolution(8, 48, 1, 16), convolution(48, 48, 3, 16), convolution(48, 8, 1, 16, true), addition(8, 16)})) ==
        (48 + 48 + 8) * 16 * 16);
}

TEST_CASE("while a projected shortcut runs the main path's result waits") {
  // 16 -> 4 -> 64 channels, shortcut 16 -> 64: the shortcut's input, its output, and the waiting 64.
  CHECK(arena(layered({convolution(3, 16, 3, 8), convolution(16, 4, 1, 8), convolution(4, 64, 1, 8, true), convolution(16, 64, 1, 8), addition(64, 8)})) ==
        (16 + 64 + 64) * 8 * 8);
}

TEST_CASE("a model without an architecture is refused") {
  Ledger ledger;
  CHECK_THROWS_AS(lower(Model{}, shape(1, 1, 0), ledger), std::invalid_argument);
  CHECK_THROWS_AS(count_parameters(Model{}, ledger), std::invalid_argument);
}

TEST_CASE("an engine adds in the epilogue of the convolution; frameworks start kernels for it, for norms and for activations") {
  auto body = convolution(8, 8, 3, 16, true);
  auto first = convolution(8, 8, 3, 16);
  body.norm = first.norm = true;
  const Model m = layered({first, body, addition(8, 16)});
  Ledger ledger;
  const auto pass = [&](Execution e) {
    PassShape s;
    s.batch = n(1), s.new_tokens = n(1), s.execution = e;
    return lower(m, s, ledger);
  };
  const auto bytes = [](Pass const& p) {
    double b = 0;
    for (auto const& o : p) b += o.bytes().raw();
    return b;
  };
  const double tensor = 2 * 8 * 16 * 16, weights = 2 * 9 * 8 * 8;
  // Two convolutions, the second of which reads the addition's other operand as well.
  CHECK(pass(Execution::fused).size() == 2);
  CHECK(bytes(pass(Execution::fused)) == 2 * weights + 5 * tensor);
  // One kernel for norm and activation of the first; the addition reads two tensors and merges the norm of the second.
  CHECK(pass(Execution::compiled).size() == 4);
  CHECK(bytes(pass(Execution::compiled)) == 2 * weights + (4 + 2 + 3) * tensor);
  // Norm, activation, norm, addition.
  CHECK(pass(Execution::eager).size() == 6);
  CHECK(bytes(pass(Execution::eager)) == 2 * weights + (4 + 2 + 2 + 2 + 3) * tensor);
}

TEST_CASE("blocks of 4 x 4 cover a 3 x 3 convolution of stride 1, and no other") {
  Ledger ledger;
  PassShape s;
  s.batch = n(3), s.new_tokens = n(1);
  auto wide = convolution(8, 8, 3, 14);
  CHECK(lower(layered({wide}), s, ledger)[0].blocks == 3 * 4 * 4);
  CHECK(lower(layered({convolution(8, 8, 1, 14)}), s, ledger)[0].blocks == 0);
  CHECK(lower(layered({convolution(8, 8, 5, 14)}), s, ledger)[0].blocks == 0);
  wide.stride = n(2);
  CHECK(lower(layered({wide}), s, ledger)[0].blocks == 0);
  wide.stride = n(1), wide.groups = n(2);
  CHECK(lower(layered({wide}), s, ledger)[0].blocks == 0);
}
