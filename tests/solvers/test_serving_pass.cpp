#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/equations/serving.hpp"
#include "mlsysim/equations/transformer.hpp"
#include "mlsysim/solvers/serving.hpp"
#include "textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using textbook::count;

namespace {

struct Engined {
  workload::Model model = textbook::llama_3_8b();
  systems::Cluster cluster = textbook::cluster(1);
  Calibration calibration = textbook::calibration();
  Ledger ledger;
  EfficiencyModel efficiency{calibration, cluster.device, workload::Precision::bf16, {}, ledger};
  Engine engine;
  ServingInput in;

  Engined() {
    in.model = &model;
    in.cluster = &cluster;
    in.efficiency = &efficiency;
    in.prompt = count(1024);
    in.output = count(256);
    in.concurrency = count(16);
  }
  IterationPrice price(Iteration const& i) {
    const LinkModel links = links_of(in, ledger);
    return IterationModel(in, efficiency, links).price(i, ledger);
  }
  ServingResult run() { return solve(in, ledger); }
};

Iteration reading(int prompts, int tokens, int context = 0) {
  Iteration i;
  i.prompts = count(prompts), i.prompt_tokens = count(tokens), i.prompt_context = count(context);
  return i;
}
Iteration writing(int requests, int context, int tokens = 1) {
  Iteration i;
  i.decodes = count(requests), i.decode_context = count(context), i.decode_tokens = count(tokens);
  return i;
}
Iteration both(Iteration a, Iteration const& b) {
  a.decodes = b.decodes, a.decode_context = b.decode_context, a.decode_tokens = b.decode_tokens;
  return a;
}

}  // namespace

TEST_CASE("the parts of an iteration add up to it") {
  Engined e;
  const auto p = e.price(both(reading(1, 512, 256), writing(16, 1000)));
  CHECK((p.tokens + p.prompt_attention + p.decode_attention + p.head).raw() == doctest::Approx(p.device.value.raw()));
  CHECK(p.prompt_attention > Time{});
  CHECK(p.decode_attention > Time{});
}

TEST_CASE("a piece of a prompt beside tokens reads the weights once for both") {
  Engined e;
  const auto alone = e.price(reading(1, 64)), tokens = e.price(writing(16, 1000)), mixed = e.price(both(reading(1, 64), writing(16, 1000)));
  // Each of the two passes is bound by its 15 GB of weights, at 1 TB/s and 80 %: 18.8 ms.
  CHECK(mixed.time.value < 0.6 * (alone.time.value + tokens.time.value));
  CHECK(mixed.time.value > tokens.time.value);
  // Attention is computed for each apart.
  CHECK(mixed.prompt_attention.raw() == doctest::Approx(alone.prompt_attention.raw()));
  CHECK(mixed.decode_attention.raw() == doctest::Approx(tokens.decode_attention.raw()));
}

TEST_CASE("chunks of a prompt compute what the whole prompt computes") {
  Engined e;
  // Large enough to be bound by arithmetic: work of the products is linear in tokens, pairs of queries and keys are split between chunks.
  const auto whole = e.price(reading(1, 4096)), first = e.price(reading(1, 2048)), second = e.price(reading(1, 2048, 2048));
  CHECK((first.device.value + second.device.value).raw() == doctest::Approx(whole.device.value.raw()).epsilon(0.02));
}

TEST_CASE("the host of an engine adds to an iteration, or is hidden behind it") {
  Engined e;
  const Time ideal = e.price(writing(16, 1000)).time.value;
  e.engine.iteration = {1 * unit<"ms">, {}}, e.engine.sequence = {50 * unit<"us">, {}};
  e.in.engine = &e.engine;
  // 1 ms + 16 * 50 us
  CHECK((e.price(writing(16, 1000)).time.value - ideal).in(unit<"ms">) == doctest::Approx(1.8));
  e.engine.overlaps = true;
  CHECK(e.price(writing(16, 1000)).time.value.raw() == doctest::Approx(ideal.raw()));
  e.engine.iteration.value = 1 * unit<"s">;
  CHECK(e.price(writing(16, 1000)).time.value.in(unit<"ms">) == doctest::Approx(1000.8));
}

TEST_CASE("a cached prefix is not computed") {
  Engined e;
  const auto cold = e.run();
  e.in.options.prefix_hit = {0.75, {}};
  // 256 of 1024 tokens are new.
  CHECK(prompt_share(e.in, e.ledger).fresh.value == 256);
  CHECK(prompt_share(e.in, e.ledger).cached.value == 768);
  const auto warm = e.run();
  CHECK(warm.ttft.value < 0.4 * cold.ttft.value);
  CHECK(warm.itl.value == cold.itl.value);
}

TEST_CASE("guesses which are verified together yield (1 - a^(k+1)) / (1 - a) tokens") {
  // 0.8 and four guesses: 1 + 0.8 + 0.64 + 0.512 + 0.4096
  CHECK(eq::accepted_tokens(0.8, 4) == doctest::Approx(3.3616));
  Engined e;
  e.in.concurrency = count(1);
  const Time plain = e.run().itl.value;
  e.in.options.speculation = Speculation{count(4), {0.8, {}}, {}, Real{0.05, {}}};
  const auto r = e.run();
  REQUIRE(r.speculation);
  // Five tokens read the weights once: verifying costs hardly more than a decode step, guesses 4 * 5 %.
  CHECK(r.speculation->verify.value.raw() == doctest::Approx(plain.raw()).epsilon(0.02));
  CHECK(r.speculation->speedup.value == doctest::Approx(3.3616 / 1.2).epsilon(0.02));
  CHECK(r.speculation->pays);
}

TEST_CASE("guesses which nobody accepts cost their time") {
  Engined e;
  e.in.options.speculation = Speculation{count(4), {0, {}}, {}, Real{0.1, {}}};
  const auto r = e.run();
  CHECK(r.speculation->accepted.value == 1);
  CHECK(r.speculation->speedup.value < 1);
  CHECK(!r.speculation->pays);
}

TEST_CASE("the cache of a request is whole pages") {
  Engined e;
  e.in.options.block = count(16);
  const KvBudget b = kv_budget(e.in, e.ledger);
  // 131,072 B a token: 17 tokens hold two pages of 16.
  CHECK(b.per_token.value.in(unit<"B">) == doctest::Approx(131072));
  CHECK(b.held(17).in(unit<"B">) == doctest::Approx(32 * 131072.0));
  CHECK(b.used(17).in(unit<"B">) == doctest::Approx(17 * 131072.0));
  CHECK(b.blocks() == std::floor(b.capacity.value / (16 * 131072.0 * unit<"B">)));
  // Half a page less half a token is empty on average.
  CHECK(eq::page_waste(16, 92.5) == doctest::Approx(7.5 / 100));
}

TEST_CASE("local layers keep a window, and the budget knows it at any length") {
  Engined e;
  e.model.transformer->sliding_window = workload::SlidingWindow{count(512), count(16)};
  const KvBudget b = kv_budget(e.in, e.ledger);
  for (int tokens : {1, 100, 512, 513, 1280}) {
    CAPTURE(tokens);
    CHECK(b.used(tokens).raw() == doctest::Approx(workload::cache_size(e.model, workload::Precision::bf16, count(tokens), e.ledger).value.raw()));
  }
}

TEST_CASE("a kernel which reads the cache for each query head reads it as often as heads share it") {
  Engined e;
  const auto shared = e.price(writing(64, 8000));
  e.in.engine = &e.engine;
  e.engine.per_head = true;
  // 32 query heads on 8 of Llama 3 8B; the cache is nearly all that decode attention moves.
  const auto apart = e.price(writing(64, 8000));
  CHECK(apart.decode_attention / shared.decode_attention == doctest::Approx(4).epsilon(0.02));
  CHECK(apart.tokens.raw() == doctest::Approx(shared.tokens.raw()));
}

TEST_CASE("an engine which fills less memory runs fewer requests, and more at their mean length than at their longest") {
  Engined e;
  e.engine.memory = Real{0.9, {}}, e.engine.block = count(16);
  e.in.engine = &e.engine;
  const auto paged = e.run();
  CHECK(paged.steady_concurrency.value > paged.max_concurrency.value);
  e.engine.reserves = true;
  const auto reserved = e.run();
  CHECK(reserved.steady_concurrency.value == reserved.max_concurrency.value);
  e.engine.sequences = count(7);
  CHECK(e.run().steady_concurrency.value == 7);
}

TEST_CASE("an adapter for every product: 2 r (n + k) bytes each, and only those which occur are read") {
  Engined e;
  const Time plain = e.price(writing(8, 1000)).time.value;
  e.in.options.adapters = Adapters{count(1), count(16)};
  const Time one = e.price(writing(8, 1000)).time.value;
  e.in.options.adapters->number = count(1000);
  const Time many = e.price(writing(8, 1000)).time.value;
  CHECK(plain < one);
  CHECK(one < many);
  // Products of a layer of Llama 3 8B: qkv (6144, 4096), output (4096, 4096), up (28672, 4096), down (4096, 14336), sums 10240 + 8192 + 32768 + 18432 = 69632.
  // Rank 16, 32 layers, 2 B: 71.3 MB an adapter; eight requests with eight adapters read 0.57 GB at 0.8 TB/s: 0.71 ms.
  CHECK((many - plain).in(unit<"ms">) == doctest::Approx(0.71).epsilon(0.05));
  CHECK(eq::adapters_met(1000, 8) == doctest::Approx(7.97).epsilon(0.001));
  const KvBudget with = kv_budget(e.in, e.ledger);
  e.in.options.adapters.reset();
  CHECK((kv_budget(e.in, e.ledger).capacity.value - with.capacity.value).in(unit<"GB">) == doctest::Approx(71.3).epsilon(0.001));
}

TEST_CASE("the stored part of a prompt is read over its link") {
  Engined e;
  e.in.options.offload = CacheOffload{{1 * unit<"TB">, {}}, {50 * unit<"GB/s">, {}}, {0.5, {}}};
  const auto r = e.run();
  REQUIRE(r.cache_load);
  // 512 tokens * 131,072 B / 50 GB/s
  CHECK(r.cache_load->value.in(unit<"ms">) == doctest::Approx(1.342).epsilon(0.001));
}

TEST_CASE("pieces of prompts beside tokens serve more requests than prompts which interrupt them") {
  Engined e;
  e.in.concurrency = count(16);
  const auto apart = e.run();
  e.in.options.batched_tokens = count(2048);
  const auto mixed = e.run();
  CHECK(mixed.request_throughput.value > apart.request_throughput.value);
  CHECK(mixed.mean_iteration.value > mixed.itl.value);
  CHECK(mixed.ttft_loaded.value > mixed.ttft.value);
}

TEST_CASE("a batch which arrives at once is read, then written") {
  Engined e;
  e.in.concurrency = count(8);
  const auto r = e.run();
  // Eight prompts of 1024 tokens in one iteration.
  CHECK(r.batch_ttft.value.raw() == doctest::Approx(e.price(reading(8, 1024)).time.value.raw()));
  CHECK(r.batch_latency.value.raw() == doctest::Approx((r.batch_ttft.value + 255 * r.itl.value).raw()));
  CHECK(r.batch_throughput.value.raw() * r.batch_latency.value.raw() == doctest::Approx(8 * 1280));
}

TEST_CASE("more devices for prompts read more of them, and the slower pool is waited for") {
  Engined e;
  e.in.options.disaggregation = Disaggregation{count(1), count(1), {}, Sourced<Bandwidth>{50 * unit<"GB/s">, {}}};
  const auto one = e.run();
  REQUIRE(one.pools);
  // 1024 * 131,072 B / 50 GB/s
  CHECK(one.pools->transfer.value.in(unit<"ms">) == doctest::Approx(2.684).epsilon(0.001));
  CHECK(one.pools->prefill_rate.value.raw() == doctest::Approx(1 / one.ttft.value.raw()));
  e.in.options.disaggregation->prefill_devices = count(2);
  const auto two = e.run();
  CHECK(two.pools->prefill_rate.value.raw() == doctest::Approx(2 * one.pools->prefill_rate.value.raw()));
  CHECK(two.pools->rate.value == min(two.pools->prefill_rate.value, two.pools->decode_rate.value));
  CHECK(two.pools->per_device.value.raw() == doctest::Approx(two.pools->rate.value.raw() / 3));
}

TEST_CASE("experts on eight ranks: each reads its share of those which all tokens visit") {
  Engined e;
  auto& t = *e.model.transformer;
  t.mixture_of_experts = workload::MixtureOfExperts{count(64), count(2), count(0), count(2048), {}, count(0), false};
  e.cluster = textbook::cluster(8);
  e.in.parallel.expert = count(8);
  const auto shared = e.price(writing(64, 1000));
  Engined alone;
  alone.model = e.model;
  const auto single = alone.price(writing(8, 1000));
  // Eight requests on each rank: 64 tokens visit 55.6 of 64 experts, an eighth of them here; a rank alone would visit 14.3 with its 8 tokens.
  CHECK(eq::experts_visited(64, 2, 64) / 8 == doctest::Approx(6.951).epsilon(0.001));
  CHECK(eq::experts_visited(64, 2, 8) == doctest::Approx(14.3).epsilon(0.01));
  CHECK(shared.tokens < single.tokens);
  CHECK(shared.communication.value > Time{});
}
