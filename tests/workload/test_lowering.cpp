#include <doctest/doctest.h>

#include <optional>

#include "mlsysim/workload/operator.hpp"
#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::workload;

namespace {

Count n(int value) { return {value, {}}; }

Model decoder(int layers, int hidden, int heads, int kv_heads, int feed_forward, int vocabulary, bool gated) {
  Transformer t;
  t.layers = n(layers), t.hidden = n(hidden), t.heads = n(heads), t.kv_heads_given = n(kv_heads), t.feed_forward = n(feed_forward);
  t.vocabulary = n(vocabulary), t.gated = gated, t.context = n(8192), t.norm = Norm::rms_norm, t.norms_per_layer = n(2);
  Model m;
  m.transformer = t;
  return m;
}
Model llama_3_8b() { return decoder(32, 4096, 32, 8, 14336, 128256, true); }
Model llama_3_70b() { return decoder(80, 8192, 64, 8, 28672, 128256, true); }

PassShape shape(int batch, int fresh, int cached) {
  PassShape s;
  s.batch = n(batch), s.new_tokens = n(fresh), s.cached_tokens = n(cached);
  return s;
}

Work total(Pass const& pass) {
  Work w{};
  for (auto const& o : pass) w += o.work.value * o.repeat.value;
  return w;
}

}  // namespace

TEST_CASE("training ends in the cross-entropy of every token's logits, which inference does not compute") {
  Ledger ledger;
  PassShape shape;
  shape.batch = Count{2, {}}, shape.new_tokens = Count{1024, {}}, shape.tensor_parallel = Count{4, {}};
  const auto model = textbook::llama_3_8b();
  const auto find = [&]() -> std::optional<Operator> {
    for (auto const& o : lower(model, shape, ledger))
      if (o.name == "cross_entropy") return o;
    return std::nullopt;
  };
  CHECK(!find());
  shape.training = true;
  const auto o = find();
  REQUIRE(o);
  // 2 x 1024 tokens, a quarter of 128,256 logits each: read in 16 bits, written in 32.
  CHECK(o->input.value.in(unit<"B">) == 2048.0 * 32064 * 2);
  CHECK(o->output.value.in(unit<"B">) == 2048.0 * 32064 * 4);
  shape.last_stage = false;
  CHECK(!find());
}

TEST_CASE("Llama 3 8B has 8,030,261,248 parameters") {
  // Embedding and head 2 * 128256 * 4096; per layer q, o 2 * 4096^2, k, v 2 * 4096 * 1024, MLP 3 * 4096 * 14336, two norms; one final norm.
  Ledger ledger;
  CHECK(count_parameters(llama_3_8b(), ledger).total.value == 8030261248.0);
}

TEST_CASE("the GPT-2 XL shape with a gated MLP and an untied head has 2,127,057,600 parameters") {
  // 2 * 50257 * 1600 + 48 * (4 * 1600^2 + 3 * 1600 * 6400 + 2 * 1600) + 1600.
  Ledger ledger;
  CHECK(count_parameters(decoder(48, 1600, 25, 25, 6400, 50257, true), ledger).total.value == 2127057600.0);
}

TEST_CASE("its forward pass over 1024 tokens takes 4.513e12 FLOP with the full attention matrix") {
  Ledger ledger;
  const Model m = decoder(48, 1600, 25, 25, 6400, 50257, true);
  // Per layer 2 * 1024 * (4 * 1600^2 + 3 * 1600 * 6400) + 4 * 1024^2 * 1600; head 2 * 1024 * 1600 * 50257.
  CHECK(forward_work(m, n(1024), false, ledger).value.in(unit<"TFLOP">) == doctest::Approx(4.5133).epsilon(1e-4));
  CHECK(forward_work(m, n(1024), true, ledger).value < forward_work(m, n(1024), false, ledger).value);
}

TEST_CASE("the cache of a token follows the number of key-value heads") {
  Ledger ledger;
  CHECK(cache_per_token(llama_3_8b(), Precision::bf16, ledger).value.raw() == 131072);   // 2 * 32 * 8 * 128 * 2 B
  CHECK(cache_per_token(llama_3_70b(), Precision::bf16, ledger).value.raw() == 327680);  // 2 * 80 * 8 * 128 * 2 B
  CHECK(cache_size(llama_3_70b(), Precision::bf16, n(8192), ledger).value.raw() == 2684354560.0);
}

TEST_CASE("latent attention caches one compressed vector per layer") {
  // DeepSeek-V3: 61 layers * (512 + 64) * 2 B = 70,272 B.
  Model m = decoder(61, 7168, 128, 128, 18432, 129280, true);
  m.transformer->latent_attention = LatentAttention{n(1536), n(512), n(128), n(64), n(128)};
  Ledger ledger;
  CHECK(cache_per_token(m, Precision::bf16, ledger).value.raw() == 70272);
}

TEST_CASE("a sliding window caps what a sequence holds") {
  Model m = llama_3_8b();
  m.transformer->sliding_window = SlidingWindow{n(1024), n(16)};
  Ledger ledger;
  const Data full = cache_size(llama_3_8b(), Precision::bf16, n(4096), ledger).value;
  CHECK(cache_size(m, Precision::bf16, n(4096), ledger).value == full * 0.625);  // half of the layers hold a quarter
  CHECK(cache_size(m, Precision::bf16, n(1000), ledger).value == cache_size(llama_3_8b(), Precision::bf16, n(1000), ledger).value);
}

TEST_CASE("decoding one token with a cache does the work which a longer prefill adds for its last token") {
  Ledger ledger;
  const Model m = llama_3_8b();
  const Work with = total(lower(m, shape(1, 513, 0), ledger)), without = total(lower(m, shape(1, 512, 0), ledger));
  const Work step = total(lower(m, shape(1, 1, 512), ledger));
  CHECK((with - without) / step == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("work and data grow with the batch, and weights are read once") {
  Ledger ledger;
  const auto one = lower(llama_3_8b(), shape(1, 1, 1024), ledger), eight = lower(llama_3_8b(), shape(8, 1, 1024), ledger);
  REQUIRE(one.size() == eight.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CAPTURE(one[i].name);
    CHECK(eight[i].work.value == 8 * one[i].work.value);
    if (one[i].kind != OperatorKind::embedding) CHECK(eight[i].weights.value == one[i].weights.value);
    CHECK(eight[i].cache_read.value == 8 * one[i].cache_read.value);
  }
}

TEST_CASE("tensor ranks divide the matrix products evenly") {
  Ledger ledger;
  auto s = shape(4, 128, 0);
  const Work whole = total(lower(llama_3_8b(), s, ledger));
  s.tensor_parallel = n(8);
  const Work rank = total(lower(llama_3_8b(), s, ledger));
  CHECK(8 * rank >= whole);
  CHECK(8 * rank < 1.01 * whole);  // norms and residuals are repeated
}

TEST_CASE("pipeline stages add up to the model") {
  Ledger ledger;
  auto s = shape(1, 256, 0);
  const Work whole = total(lower(llama_3_8b(), s, ledger));
  s.layers = n(16), s.last_stage = false;
  const Work first = total(lower(llama_3_8b(), s, ledger));
  s.first_stage = false, s.last_stage = true;
  const Work last = total(lower(llama_3_8b(), s, ledger));
  CHECK((first + last) / whole == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("a convolution counts 2 * out_h * out_w * k * k * in * out FLOP") {
  // First layer of ResNet-50: 112 * 112 * 7 * 7 * 3 * 64 MAC = 118,013,952.
  Layered l;
  LayerRow r;
  r.op = LayerKind::conv, r.in = n(3), r.out = n(64), r.kernel = n(7), r.stride = n(2), r.height = n(224), r.width = n(224), r.groups = n(1), r.repeat = n(1), r.norm = true;
  l.layers = {r};
  l.steps = n(1);
  Model m;
  m.layered = l;
  Ledger ledger;
  const auto pass = lower(m, shape(1, 1, 0), ledger);
  REQUIRE(pass.size() == 1);
  CHECK(pass[0].work.value.raw() == 2 * 118013952.0);
  CHECK(count_parameters(m, ledger).total.value == 7 * 7 * 3 * 64 + 2 * 64);
  CHECK(peak_activations(m, Precision::int8, ledger).value.raw() == 224 * 224 * 3 + 112 * 112 * 64);
}

TEST_CASE("a mixture of experts reads more experts the more tokens arrive, up to all of them") {
  Model m = decoder(32, 4096, 32, 8, 14336, 32000, true);
  m.transformer->mixture_of_experts = MixtureOfExperts{n(8), n(2), n(0), n(14336), {}, n(0), false};
  Ledger ledger;
  const auto experts = [&](int batch) {
    for (auto const& o : lower(m, shape(batch, 1, 128), ledger))
      if (o.name == "experts.up") return o.weights.value;
    return Data{};
  };
  CHECK(experts(1).raw() == doctest::Approx(2 * 2.0 * 14336 * 4096 * 2));
  CHECK(experts(4) > experts(1));
  CHECK(experts(512).raw() == doctest::Approx(8 * 2.0 * 14336 * 4096 * 2));
}

namespace {

Model mixture() {
  Model m = decoder(1, 64, 4, 4, 128, 1000, true);
  m.transformer->mixture_of_experts = MixtureOfExperts{n(8), n(2), n(0), n(128), {}, n(0), false};
  return m;
}

Pass experts_of(Pass const& pass) {
  Pass out;
  for (auto const& o : pass)
    if (o.name.starts_with("experts")) out.push_back(o);
  return out;
}

std::vector<std::string_view> names(Pass const& pass) {
  std::vector<std::string_view> out;
  for (auto const& o : pass) out.push_back(o.name);
  return out;
}

}  // namespace

TEST_CASE("experts of an engine run in grouped kernels, of a training framework as products with sorted copies of the tokens") {
  Ledger ledger;
  PassShape s = shape(1, 16, 0);
  const Pass engine = experts_of(lower(mixture(), s, ledger));
  CHECK(names(engine) == std::vector<std::string_view>{"experts.up", "experts.activation", "experts.down", "experts.combine"});
  for (auto const& o : engine) CHECK(o.kind == OperatorKind::grouped_gemm);
  CHECK(engine[0].is_product());
  CHECK(!engine[3].is_product());
  // 16 tokens with 2 copies each of 64 values in two bytes are added up to 16 rows.
  CHECK(engine[3].input.value.raw() == 16 * 2 * 64 * 2);
  CHECK(engine[3].output.value.raw() == 16 * 64 * 2);
  s.training = true;
  const Pass framework = experts_of(lower(mixture(), s, ledger));
  CHECK(names(framework) == std::vector<std::string_view>{"experts.permute", "experts.combine", "experts.up", "experts.activation", "experts.down"});
  for (auto const& o : framework) CHECK(o.kind == (o.is_product() ? OperatorKind::gemm : OperatorKind::elementwise));
}

TEST_CASE("experts whose products are narrower than their tokens convert a token once, and each row between the products") {
  Ledger ledger;
  PassShape s = shape(1, 16, 0);
  s.precision.weights = s.precision.compute = Precision::fp8;
  const Pass narrow = experts_of(lower(mixture(), s, ledger));
  CHECK(names(narrow) == std::vector<std::string_view>{"experts.quantize_tokens", "experts.up", "experts.activation", "experts.quantize", "experts.down", "experts.combine"});
  CHECK(narrow[0].input.value.raw() == 16 * 64 * 2);
  CHECK(narrow[0].output.value.raw() == 16 * 64 * 1);
  CHECK(narrow[3].output.value.raw() == 16 * 2 * 128 * 1);
  // The products then read one byte a value.
  CHECK(narrow[4].input.value.raw() == doctest::Approx(16 * 2 * 128 * 1));
  // Weights alone in 8 bits, or tokens which come in 8 bits, need no conversion.
  s.precision.compute = Precision::bf16;
  CHECK(experts_of(lower(mixture(), s, ledger)).size() == 4);
  s.precision.compute = s.precision.activations = Precision::fp8;
  CHECK(experts_of(lower(mixture(), s, ledger)).size() == 4);
}

TEST_CASE("attention of an engine keeps 16 bits where its products are narrower") {
  Ledger ledger;
  PassShape s = shape(1, 16, 0);
  s.precision.weights = s.precision.compute = s.precision.kv = Precision::fp8;
  for (auto const& o : lower(llama_3_8b(), s, ledger))
    if (o.name == "attention.core") CHECK(o.compute == Precision::bf16);
}

TEST_CASE("a row of experts is the mixture of a transformer, and counts its parameters") {
  LayerRow r;
  r.op = LayerKind::experts, r.in = n(64), r.out = n(128), r.experts = n(8), r.active = n(2), r.tokens = n(16), r.groups = n(1), r.repeat = n(1), r.stride = n(1);
  Model m;
  m.layered.emplace();
  m.layered->layers = {r}, m.layered->steps = n(1);
  Ledger ledger;
  const Pass row = lower(m, shape(1, 1, 0), ledger), mix = experts_of(lower(mixture(), shape(1, 16, 0), ledger));
  REQUIRE(row.size() == mix.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    CHECK(row[i].name == mix[i].name);
    CHECK(row[i].work.value == mix[i].work.value);
    CHECK(row[i].bytes() == mix[i].bytes());
  }
  CHECK(count_parameters(m, ledger).total.value == 8 * 3 * 64 * 128);
  m.layered->layers[0].gated = false;
  CHECK(count_parameters(m, ledger).total.value == 8 * 2 * 64 * 128);
  CHECK(peak_activations(m, Precision::bf16, ledger).value > Data{});
}

TEST_CASE("a linear row converts its input by a kernel of its own where it says so and its products are narrower") {
  LayerRow r;
  r.op = LayerKind::linear, r.in = n(64), r.out = n(32), r.tokens = n(16), r.groups = n(1), r.repeat = n(1), r.stride = n(1), r.converts = true;
  Model m;
  m.layered.emplace();
  m.layered->layers = {r}, m.layered->steps = n(1);
  Ledger ledger;
  PassShape s = shape(1, 1, 0);
  CHECK(lower(m, s, ledger).size() == 1);
  s.precision.weights = s.precision.compute = Precision::fp8;
  const Pass pass = lower(m, s, ledger);
  REQUIRE(pass.size() == 2);
  CHECK(pass[0].kind == OperatorKind::gemm);
  CHECK(!pass[0].is_product());
  CHECK(pass[0].bytes().raw() == 16 * 64 * 3);
  CHECK(pass[1].input.value.raw() == 16 * 64);
  m.layered->layers[0].converts = false;
  CHECK(lower(m, s, ledger).size() == 1);
}

TEST_CASE("an encoder guesses masked tokens in training alone, through a head of its own over their share") {
  // 10 sequences of 100 tokens, 64 wide, 500 words: 150 tokens are guessed, 2 * 150 * 64 * (64 + 500) FLOP.
  Model m;
  m.transformer.emplace();
  auto& t = *m.transformer;
  t.layers = n(1), t.hidden = n(64), t.heads = n(2), t.feed_forward = n(256), t.vocabulary = n(500);
  t.causal = t.lm_head = false;
  t.masked_share = Real{0.15, {}};
  Ledger ledger;
  PassShape s = shape(10, 100, 0);
  const auto work = [](Pass const& pass) {
    Work sum{};
    for (auto const& o : pass)
      if (o.name == "masked.transform" || o.name == "lm_head") sum += o.work.value;
    return sum.raw();
  };
  CHECK(work(lower(m, s, ledger)) == 0);
  s.training = true;
  CHECK(work(lower(m, s, ledger)) == doctest::Approx(2.0 * 150 * 64 * (64 + 500)));
  t.masked_share.reset();
  CHECK(work(lower(m, s, ledger)) == 0);
}

namespace {

Data moved(Pass const& pass, std::string_view part) {
  Data total{};
  for (auto const& o : pass)
    if (o.name.contains(part)) total += o.bytes() * o.repeat.value;
  return total;
}

}  // namespace

TEST_CASE("eager attention writes and reads the score matrix which fused attention keeps on the chip") {
  // GPT-2 XL shape at 1024 tokens: 25 heads of 1024 x 1024 scores in 2 bytes are 52.4 MB a layer. Written by the products, read and written by
  // scale, mask and softmax, read again: 8 times; compiled: written, softmax, read: 4 times.
  Model m;
  m.transformer.emplace();
  auto& t = *m.transformer;
  t.layers = n(48), t.hidden = n(1600), t.heads = n(25), t.feed_forward = n(6400), t.vocabulary = n(50257), t.norm = Norm::layer_norm, t.norms_per_layer = n(2);
  PassShape s;
  s.batch = n(1), s.new_tokens = n(1024);
  Ledger ledger;
  const double scores = 48 * 25 * 1024. * 1024 * 2, qkv = 48 * 4 * 1024 * 1600. * 2, merge = 48 * 2 * 1024 * 1600. * 2;
  const auto fused = lower(m, s, ledger);
  s.execution = Execution::compiled;
  const auto compiled = lower(m, s, ledger);
  s.execution = Execution::eager;
  const auto eager = lower(m, s, ledger);
  const auto core = [](Pass const& p) { return (moved(p, "attention.s") + moved(p, "attention.values") + moved(p, "attention.m")).raw(); };
  CHECK(core(compiled) == doctest::Approx(4 * scores + qkv));
  CHECK(core(eager) == doctest::Approx(8 * scores + qkv + merge));
  CHECK(moved(fused, "attention.core").raw() < 0.1 * core(compiled));
  // The same model, whatever the kernels.
  const auto model_work = [](Pass const& p) {
    Work w{};
    for (auto const& o : p) w += o.model_work.value * o.repeat.value;
    return w.raw();
  };
  CHECK(model_work(eager) == doctest::Approx(model_work(fused)));
  CHECK(model_work(compiled) == doctest::Approx(model_work(fused)));
}

TEST_CASE("dropout runs in training, where the model has it") {
  Model m;
  m.transformer.emplace();
  auto& t = *m.transformer;
  t.layers = n(2), t.hidden = n(64), t.heads = n(4), t.feed_forward = n(256), t.vocabulary = n(100), t.norms_per_layer = n(2);
  PassShape s;
  s.batch = n(1), s.new_tokens = n(16), s.execution = Execution::eager, s.training = true;
  Ledger ledger;
  CHECK(moved(lower(m, s, ledger), "dropout") == Data{});
  t.dropout = true;
  // A layer: 4 heads of 16 x 16 probabilities, and twice 16 x 64 values; each read and written in 2 bytes.
  CHECK(moved(lower(m, s, ledger), "dropout").raw() == 2 * 2 * 2 * (4 * 16 * 16 + 2 * 16 * 64));
  s.training = false;
  CHECK(moved(lower(m, s, ledger), "dropout") == Data{});
}

TEST_CASE("a prompt in chunks reads the weights once a chunk and meets each earlier chunk in the cache") {
  Ledger ledger;
  const Model m = llama_3_8b();
  PassShape s = shape(1, 4096, 0);
  s.last_token_logits = true;
  const auto whole = lower(m, s, ledger);
  s.chunk = n(512);
  const auto chunks = lower(m, s, ledger);
  const auto find = [](Pass const& p, std::string_view name) {
    for (auto const& o : p)
      if (o.name == name) return o;
    return Operator{};
  };
  CHECK(find(chunks, "mlp.up").repeat == doctest::Approx(8 * find(whole, "mlp.up").repeat));
  CHECK(find(chunks, "mlp.up").m == 512);
  CHECK(find(chunks, "lm_head").repeat == doctest::Approx(1));
  // The same pairs of queries and keys, and the same products, whichever way the prompt is cut.
  CHECK(total(chunks).raw() == doctest::Approx(total(whole).raw()).epsilon(1e-3));
  s.new_tokens = n(512);
  CHECK(lower(m, s, ledger).size() == whole.size());
  CHECK(find(lower(m, s, ledger), "mlp.up").repeat == doctest::Approx(find(whole, "mlp.up").repeat));
}

TEST_CASE("gated activations and rotary embedding are kernels of their own in an engine, streams in a framework") {
  Ledger ledger;
  const auto kinds = [&](Execution execution, bool training) {
    PassShape s = shape(1, 128, 0);
    s.execution = execution, s.training = training;
    std::vector<OperatorKind> out;
    for (auto const& op : lower(llama_3_8b(), s, ledger))
      if (op.name == "rotary" || op.name == "mlp.activation") out.push_back(op.kind);
    return out;
  };
  const std::vector<OperatorKind> own{OperatorKind::activation, OperatorKind::activation}, streams{OperatorKind::elementwise, OperatorKind::elementwise};
  CHECK(kinds(Execution::fused, false) == own);
  CHECK(kinds(Execution::fused, true) == streams);
  CHECK(kinds(Execution::eager, false) == streams);
}
