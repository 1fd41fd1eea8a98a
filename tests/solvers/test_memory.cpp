#include <doctest/doctest.h>

#include <algorithm>

#include "mlsysim/solvers/memory.hpp"
#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using textbook::count;
using workload::Precision;

namespace {

struct Case {
  workload::Model model = textbook::llama_3_8b();
  hardware::Device device = textbook::accelerator();
  MemoryInput in;

  Case() {
    in.micro_batch = count(1);
    in.tokens = count(1024);
  }
  MemoryResult solve(bool recording = false) {
    in.model = &model;
    in.device = &device;
    Ledger ledger;
    ledger.recording = recording;
    return solvers::solve(in, ledger);
  }
  Data part(std::string_view category) {
    Data total{};
    for (auto const& p : solve().parts)
      if (p.category == category) total += p.size.value;
    return total;
  }
};

Case training() {
  Case c;
  c.in.training = true;
  c.in.tokens = count(2048);
  return c;
}

workload::Model llama_3_70b() {
  workload::Model m = textbook::llama_3_8b();
  auto& t = *m.transformer;
  t.layers = count(80), t.hidden = count(8192), t.heads = count(64), t.feed_forward = count(28672);
  return m;
}

hardware::Device microcontroller() {
  hardware::Device d;
  d.id = "textbook_microcontroller";
  d.tier = hardware::Tier::tiny;
  d.peak[Precision::int8] = Sourced<ComputeRate>{1 * unit<"GFLOP/s">, {}};
  d.memory.sram.emplace().marketed = {512 * unit<"KiB">, {}};
  d.memory.flash.emplace().marketed = {8 * unit<"MiB">, {}};
  return d;
}

/// One convolution of 8 to 16 channels with 3 x 3 weights on 32 x 32 positions.
workload::Model convolution() {
  workload::LayerRow r;
  r.in = count(8), r.out = count(16), r.kernel = count(3), r.stride = count(1), r.groups = count(1), r.repeat = count(1), r.height = r.width = count(32);
  r.bias = false;
  workload::Model m;
  m.layered.emplace();
  m.layered->steps = count(1);
  m.layered->layers = {r};
  return m;
}

}  // namespace

TEST_CASE("Llama 3 8B in bf16 weighs 16.06 GB and caches 131,072 B for each token of each sequence") {
  Case c;
  c.in.micro_batch = count(4);
  CHECK(c.part("weights").raw() == 2 * 8030261248.0);
  CHECK(c.part("kv_cache").raw() == 131072.0 * 1024 * 4);
}

TEST_CASE("one request of 8,192 tokens to Llama 3 70B caches 2.68 GB") {
  Case c;
  c.model = llama_3_70b();
  c.in.tokens = count(8192);
  CHECK(c.part("kv_cache").raw() == 2684354560.0);
}

TEST_CASE("tensor ranks divide the cache until each holds one key-value head") {
  Case c;
  const auto at = [&](int ranks) {
    c.in.parallel.tensor = count(ranks);
    return c.part("kv_cache");
  };
  const Data whole = at(1);
  CHECK(at(4) == whole / 4);
  CHECK(at(8) == whole / 8);
  CHECK(at(16) == whole / 8);
}

TEST_CASE("the compressed cache of latent attention is on every tensor rank") {
  Case c;
  c.model.transformer->latent_attention = workload::LatentAttention{{}, count(512), count(128), count(64), count(128)};
  const Data whole = c.part("kv_cache");
  c.in.parallel.tensor = count(4);
  CHECK(c.part("kv_cache") == whole);
}

TEST_CASE("mixed-precision Adam holds 16 bytes per parameter, and ZeRO divides them stage by stage") {
  // Rajbhandari 2020, figure 1: 16 N, (4 + 12/d) N, (2 + 14/d) N, 16/d N.
  Case c = training();
  const double n = 8030261248.0;
  c.in.parallel.data = count(64);
  const double per_parameter[] = {16, 4 + 12 / 64.0, 2 + 14 / 64.0, 16 / 64.0};
  for (int stage : {0, 1, 2, 3}) {
    c.in.parallel.zero = count(stage);
    CHECK((c.part("weights") + c.part("gradients") + c.part("optimizer")).raw() == doctest::Approx(n * per_parameter[stage]));
  }
}

TEST_CASE("expert ranks divide routed experts; with ZeRO everything is divided by data times expert") {
  Case c = training();
  c.model.transformer->mixture_of_experts = workload::MixtureOfExperts{count(8), count(2), count(0), count(14336), {}, count(0), false};
  Ledger ledger;
  const auto n = workload::count_parameters(c.model, ledger);
  const double dense = n.total.value - n.routed.value;
  CHECK(n.routed.value == 8.0 * 3 * 4096 * 14336 * 32);
  c.in.parallel.expert = count(8);
  c.in.parallel.data = count(2);
  CHECK(c.part("weights").raw() == doctest::Approx(2 * (dense + n.routed.value / 8)));
  c.in.parallel.zero = count(3);
  // Dense parts over 16 ranks; each expert over the 2 ranks which hold it.
  CHECK(c.part("weights").raw() == doctest::Approx(2 * (dense / 16 + n.routed.value / 8 / 2)));
}

TEST_CASE("activations follow Korthikanti: s b h (34 + 5 a s / h) per layer") {
  Case c = training();
  auto& t = *c.model.transformer;
  t.kv_heads_given.reset(), t.feed_forward = count(4 * 4096), t.gated = false, t.dropout = true;
  const double sbh = 2048.0 * 4096;
  CHECK(c.part("activations").raw() == doctest::Approx(32 * sbh * (34 + 5.0 * 32 * 2048 / 4096)));
  c.in.recompute = Recompute::selective;
  CHECK(c.part("activations").raw() == doctest::Approx(32 * sbh * 34));
  c.in.recompute = Recompute::full;
  CHECK(c.part("activations").raw() == doctest::Approx(32 * sbh * 2));
}

TEST_CASE("a gated MLP keeps three tensors of its width, grouped queries fewer keys, and nothing is masked without dropout") {
  // Llama 3 8B in 16 bits, per token: four inputs of 4096, queries and their result 2 x 4096, keys and values 2 x 1024, MLP 3 x 14336 values.
  Case c = training();
  c.in.recompute = Recompute::selective;
  CHECK(c.part("activations").raw() == doctest::Approx(32 * 2048.0 * 2 * (4 * 4096 + 2 * 4096 + 2 * 1024 + 3 * 14336)));
  c.in.precision.activations = c.in.precision.compute = Precision::fp32;
  CHECK(c.part("activations").raw() == doctest::Approx(32 * 2048.0 * 4 * (4 * 4096 + 2 * 4096 + 2 * 1024 + 3 * 14336)));
}

TEST_CASE("experts keep a copy of the token for each which it visits") {
  // Two of eight experts as wide as the MLP: twice its three tensors and twice the token.
  Case c = training();
  c.in.recompute = Recompute::selective;
  const Data plain = c.part("activations");
  c.model.transformer->mixture_of_experts = workload::MixtureOfExperts{count(8), count(2), count(0), count(14336), {}, count(0), false};
  CHECK((c.part("activations") - plain).raw() == doctest::Approx(32 * 2048.0 * 2 * (3 * 14336 + 2 * 4096)));
  // Half of the layers with experts: half of the difference.
  c.model.transformer->mixture_of_experts->dense_layers = count(16);
  CHECK((c.part("activations") - plain).raw() == doctest::Approx(16 * 2048.0 * 2 * (3 * 14336 + 2 * 4096)));
}

TEST_CASE("latent attention keeps queries and keys of every head, and what they were compressed to, before and after its norm") {
  Case c = training();
  c.in.recompute = Recompute::selective;
  c.in.recompute = Recompute::none, c.in.flash_attention = true;
  c.model.transformer->latent_attention = workload::LatentAttention{count(1536), count(512), count(128), count(64), count(128)};
  CHECK(c.part("activations").raw() == doctest::Approx(32 * 2048.0 * 2 * (4 * 4096 + 2 * (512 + 1536) + 2 * 32 * 192 + 2 * 32 * 128 + 3 * 14336)));
}

TEST_CASE("activations which wait on the host leave two layers on the device") {
  Case c = training();
  c.in.recompute = Recompute::selective;
  const Data all = c.part("activations");
  c.in.offload_activations = true;
  const auto r = c.solve();
  CHECK(c.part("activations").raw() == doctest::Approx((all / 16).raw()));
  CHECK(r.host->value == all);
  // One micro-batch at a time travels.
  CHECK(r.offloaded_activations->value == all);
  c.in.parallel.pipeline = count(4), c.in.in_flight = count(4);
  CHECK(c.solve().offloaded_activations->value == 0.25 * all);
  CHECK(c.solve().host->value == all);
}

TEST_CASE("the first stage of a pipeline holds the embedding beside its share of the layers") {
  Case c = training();
  const Data whole = c.part("weights");
  CHECK(c.part("embedding") == Data{});
  c.in.parallel.pipeline = count(4), c.in.parallel.tensor = count(2);
  // 128,256 x 4096 values; as many again are the head's, on the last stage.
  const double table = 128256.0 * 4096, layers = 8030261248.0 - 2 * table;
  CHECK(whole.raw() == 2 * 8030261248.0);
  CHECK(c.part("weights").raw() == doctest::Approx(2 * layers / 8));
  CHECK(c.part("embedding").raw() == doctest::Approx(16 * table / 2));
  c.in.parallel.zero = count(1), c.in.parallel.data = count(4);
  CHECK(c.part("embedding").raw() == doctest::Approx((4 + 12 / 4.0) * table / 2));
}

TEST_CASE("each stronger technique keeps less") {
  Case c = training();
  c.in.parallel.tensor = count(8);
  for (bool sequence : {false, true}) {
    c.in.parallel.sequence = sequence;
    Data before = 1 * unit<"PB">;
    for (Recompute r : {Recompute::none, Recompute::selective, Recompute::full}) {
      c.in.recompute = r;
      const Data kept = c.part("activations");
      if (r != Recompute::full) CHECK(kept < before);
      before = kept;
    }
  }
  c.in.recompute = Recompute::none;
  const Data divided = c.part("activations");
  c.in.parallel.sequence = false;
  CHECK(divided < c.part("activations"));
}

TEST_CASE("GPT-3 175B as in Korthikanti's figure 1: 45.56 GiB of state and 66.84 GiB of activations per rank") {
  Case c = training();
  auto& t = *c.model.transformer;
  t.layers = count(96), t.hidden = count(12288), t.heads = count(96), t.kv_heads_given.reset(), t.feed_forward = count(4 * 12288), t.gated = false;
  t.vocabulary = count(51200), t.tied_embeddings = true, t.positions = workload::Positions::learned, t.context = count(2048);
  t.norm = workload::Norm::layer_norm, t.qkv_bias = t.output_bias = t.mlp_bias = t.dropout = true;
  t.head_size_given.reset();
  c.in.parallel.tensor = count(8), c.in.parallel.pipeline = count(8), c.in.parallel.interleaving = count(3);
  c.in.in_flight = count(8), c.in.micro_batches = {64, {}};
  CHECK(c.part("activations").in(unit<"GiB">) == doctest::Approx(66.84).epsilon(5e-4));
  // The figure holds gradients in fp32, and no embedding.
  c.in.optimizer = Optimizer::adam_main_gradients;
  const Data state = c.part("weights") + c.part("gradients") + c.part("optimizer");
  CHECK(state.in(unit<"GiB">) == doctest::Approx(45.56).epsilon(5e-4));
}

TEST_CASE("a pipeline's first stage keeps a micro-batch for every stage behind it") {
  Case c = training();
  const Data alone = c.part("activations");
  c.in.parallel.pipeline = count(8);
  c.in.in_flight = count(8);
  CHECK(c.part("activations") == alone);  // an eighth of the layers, eight micro-batches
  c.in.in_flight = count(2);
  CHECK(c.part("activations") == 0.25 * alone);
}

TEST_CASE("logits of a large vocabulary count where one device holds the whole stack") {
  Case c = training();
  // 4 s b (h + V) bytes: 2048 * 4 * (4096 + 128256).
  CHECK(c.part("logits").raw() == 4.0 * 2048 * (4096 + 128256));
  c.in.parallel.pipeline = count(2);
  CHECK(c.part("logits").raw() == 0);
}

TEST_CASE("a microcontroller keeps weights in flash and live tensors in SRAM") {
  Case c;
  c.model = convolution();
  c.device = microcontroller();
  c.in.precision.weights = c.in.precision.activations = Precision::int8;
  const auto r = c.solve();
  REQUIRE(r.stores.size() == 2);
  CHECK(r.stores[0].where == "flash");
  CHECK(r.stores[0].needed.value.raw() == 8 * 16 * 9);
  CHECK(r.stores[0].capacity.value == 8 * unit<"MiB">);
  CHECK(r.stores[1].where == "sram");
  CHECK(r.stores[1].needed.value.raw() == 32 * 32 * (8 + 16));
  CHECK(r.stores[1].capacity.value == 512 * unit<"KiB">);
  CHECK(r.fits);
}

TEST_CASE("flash is not SRAM: a model fits only if both do") {
  Case c;
  c.model = convolution();
  c.device = microcontroller();
  c.model.layered->layers[0].height = c.model.layered->layers[0].width = count(1024);
  const auto r = c.solve(true);
  CHECK_FALSE(r.fits);
  CHECK(r.stores[0].fits());
  CHECK_FALSE(r.stores[1].fits());
  const auto s = report(r);
  REQUIRE(s.checks.size() == 2);
  CHECK(s.checks[0].verdict == Verdict::pass);
  CHECK(s.checks[1].verdict == Verdict::fail);
}

TEST_CASE("what does not fit says by how much, what dominates, and at least three changes of which those shown as sufficient are") {
  Case c;
  c.model = llama_3_70b();
  c.in.micro_batch = count(8);
  const auto r = c.solve(true);
  CHECK_FALSE(r.fits);
  CHECK(r.free.value == c.device.memory.hbm->marketed.value - r.stores[0].needed.value);
  CHECK(r.remedies.size() >= 3);
  CHECK(r.remedies[0].sufficient);
  bool insufficient = false;
  for (auto const& remedy : r.remedies) {
    CAPTURE(remedy.change);
    insufficient = insufficient || !remedy.sufficient;
    CHECK_FALSE((remedy.sufficient && insufficient));  // those which suffice come first
  }
  const auto s = report(r);
  CHECK(s.checks[0].detail.find("missing") != std::string::npos);
  CHECK(s.checks[0].detail.find("weights") != std::string::npos);

  // Apply the first one by hand.
  REQUIRE(r.remedies[0].change == "workload.precision.weights: int4");
  c.in.precision.weights = Precision::int4;
  CHECK(c.solve().fits);
}

TEST_CASE("training which does not fit is told to recompute, shard and divide") {
  Case c = training();
  c.in.parallel.data = count(8);
  const auto r = c.solve(true);
  CHECK_FALSE(r.fits);
  CHECK(r.remedies.size() >= 3);
  bool zero = false;
  for (auto const& remedy : r.remedies) zero = zero || remedy.change.find("zero") != std::string::npos;
  CHECK(zero);
}

TEST_CASE("more of anything never needs less") {
  for (bool train : {false, true}) {
    Case c = train ? training() : Case();
    Data before{};
    for (int batch : {1, 2, 8, 64}) {
      c.in.micro_batch = count(batch);
      const Data now = c.solve().stores[0].needed.value;
      CHECK(now > before);
      before = now;
    }
    c.in.tokens = count(2 * c.in.tokens.value);
    CHECK(c.solve().stores[0].needed.value > before);
  }
}

TEST_CASE("the parts of a store add up to what it needs, and every number has an origin when the ledger records") {
  for (bool train : {false, true}) {
    Case c = train ? training() : Case();
    const auto r = c.solve(true);
    Data total{};
    for (auto const& p : r.parts) {
      total += p.size.value;
      CHECK(p.size.origin.kind() == Origin::Kind::step);
    }
    CHECK(total == r.stores[0].needed.value);
    CHECK(r.free.origin.kind() == Origin::Kind::step);
  }
}

TEST_CASE("weights which on-chip memory cannot hold come over the link, where the device can stream them") {
  Case c;
  c.device.memory.hbm->marketed = {8 * unit<"GB">, {}};
  CHECK(!c.solve().fits);
  c.device.links.push_back({"PCIe", {10 * unit<"GB/s">, {}}, hardware::LinkRole::host});
  CHECK(!c.solve().fits);
  c.device.weights_over = hardware::LinkRole::host;
  const auto r = c.solve();
  CHECK(r.fits);
  // 16.06 GB of weights and what stays beside 8 GB: everything else is resident.
  Data resident{};
  for (auto const& s : r.stores) resident += s.needed.value;
  CHECK(resident / (8 * unit<"GB">) == doctest::Approx(1));
  CHECK((r.streamed->value + c.part("weights")).in(unit<"GB">) == doctest::Approx(16.06).epsilon(1e-3));
  c.device.memory.hbm->marketed = {64 * unit<"GB">, {}};
  CHECK(c.solve().streamed->value == Data{});
}

TEST_CASE("adapters are trained, weights are only held") {
  Case c = training();
  c.in.adapters = TrainedAdapters{count(16), AdaptedProducts::attention};
  CHECK(c.part("weights").raw() == 2 * 8030261248.0);
  CHECK(c.part("gradients") == Data{});
  CHECK(c.part("optimizer") == Data{});
  // Rank 16: (4096 + 6144) + (4096 + 4096) values in each of 32 layers, 16 bytes each.
  CHECK(c.part("adapters").raw() == doctest::Approx(16 * 32 * 16.0 * (4096 + 6144 + 4096 + 4096)));
  c.in.adapters->products = AdaptedProducts::all;
  CHECK(c.part("adapters").raw() == doctest::Approx(16 * 32 * 16.0 * (4096 + 6144 + 4096 + 4096 + 4096 + 2 * 14336 + 14336 + 4096)));
}

TEST_CASE("where every second product is computed again a layer keeps its input and the results of the others") {
  Case c = training();
  c.in.recompute = Recompute::alternate;
  CHECK(c.part("activations").raw() == doctest::Approx(32 * 2048.0 * 2 * (2 * 4096 + 2 * 4096 + 1024 + 14336)));
}

TEST_CASE("frozen products keep their input only for an adapter") {
  // Two norms and the input of queries, keys and values; those and the result of attention; gate and up: nothing for up and down themselves.
  Case c = training();
  c.in.recompute = Recompute::selective;
  c.in.adapters = TrainedAdapters{count(16), AdaptedProducts::attention};
  CHECK(c.part("activations").raw() == doctest::Approx(32 * 2048.0 * 2 * (3 * 4096 + 2 * 4096 + 2 * 1024 + 2 * 14336)));
}

TEST_CASE("products in 8 bits keep their inputs in 8 bits, and the result of attention twice") {
  Case c = training();
  c.in.recompute = Recompute::selective;
  const Data wide = c.part("activations");
  c.in.precision.compute = Precision::fp8;
  // One byte less for the inputs of queries, keys and values, of the MLP and of its second product; one more for that behind attention.
  CHECK((wide - c.part("activations")).raw() == doctest::Approx(32 * 2048.0 * (2 * 4096 + 14336 - 4096)));
}

TEST_CASE("with latent attention selective recomputation goes up from what was compressed again") {
  Case c = training();
  c.in.flash_attention = true;
  c.model.transformer->latent_attention = workload::LatentAttention{count(1536), count(512), count(128), count(64), count(128)};
  const Data all = c.part("activations");
  c.in.recompute = Recompute::selective;
  CHECK((all - c.part("activations")).raw() == doctest::Approx(32 * 2048.0 * 2 * (2 * 32 * 192 + 32 * 128)));
}

TEST_CASE("moments in 16 bits take four bytes of a parameter where others take eight") {
  Case c = training();
  c.in.optimizer = Optimizer::adam_half_moments;
  CHECK(c.part("optimizer").raw() == doctest::Approx(8 * 8030261248.0));
  CHECK(c.part("gradients").raw() == doctest::Approx(4 * 8030261248.0));
}

TEST_CASE("the layer which is computed again is there as a whole") {
  Case c = training();
  const Data all = c.part("activations");
  CHECK(c.part("workspace") == Data{});
  for (Recompute r : {Recompute::full, Recompute::alternate}) {
    c.in.recompute = r;
    CHECK(c.part("workspace").raw() == doctest::Approx((all / 32).raw()));
  }
}

TEST_CASE("a change which needs more devices says how many, and one which needs none comes first") {
  Case c = training();
  c.model = llama_3_70b();
  c.device.memory.hbm->marketed.value = 80 * unit<"GB">;
  c.in.parallel.tensor = count(4);
  c.in.parallel.data = count(16);
  c.in.parallel.zero = count(1);
  c.in.recompute = Recompute::full;
  c.in.micro_batches.value = 4;
  const auto r = c.solve(true);
  REQUIRE_FALSE(r.fits);
  REQUIRE(r.remedies.size() >= 2);
  bool more = false;
  for (auto const& remedy : r.remedies) {
    if (!remedy.sufficient) break;
    CAPTURE(remedy.change);
    const bool grows = remedy.effect.starts_with("on ");
    CHECK_FALSE((more && !grows));
    more = more || grows;
  }
  CHECK(r.remedies[0].sufficient);
  CHECK_FALSE(r.remedies[0].effect.starts_with("on "));
}

TEST_CASE("context ranks share a sharded state as data ranks do") {
  Case c = training();
  c.in.parallel.context = count(8);
  c.in.recompute = Recompute::full;
  const auto r = c.solve(true);
  REQUIRE_FALSE(r.fits);
  CHECK(std::any_of(r.remedies.begin(), r.remedies.end(), [](Remedy const& x) { return x.change.starts_with("system.parallel.zero: ") && x.sufficient; }));
}
