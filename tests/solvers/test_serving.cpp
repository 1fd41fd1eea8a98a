#include <doctest/doctest.h>

#include <algorithm>

#include "mlsysim/solvers/serving.hpp"
#include "textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using textbook::count;

namespace {

/// Llama 3 8B answering prompts of 1024 tokens with 256.
struct Offer {
  workload::Model model = textbook::llama_3_8b();
  systems::Cluster cluster;
  Calibration calibration = textbook::calibration();
  Ledger ledger;
  EfficiencyModel efficiency;
  ServingInput in;

  explicit Offer(int concurrency, int tensor = 1, int pipeline = 1, int data = 1)
      : cluster{textbook::cluster(tensor * pipeline * data)}, efficiency{calibration, cluster.device, workload::Precision::bf16, {}, ledger} {
    in.model = &model;
    in.cluster = &cluster;
    in.efficiency = &efficiency;
    in.parallel.tensor = count(tensor);
    in.parallel.pipeline = count(pipeline);
    in.parallel.data = count(data);
    in.prompt = count(1024);
    in.output = count(256);
    in.concurrency = count(concurrency);
  }
  ServingResult run() { return solve(in, ledger); }
};

}  // namespace

TEST_CASE("decoding one request cannot be faster than reading the weights") {
  // 8.03 B parameters at 2 B over 1 TB/s; the embedding is looked up, not read: 7.50 B * 2 B = 15.0 ms
  const auto r = Offer(1).run();
  CHECK(r.itl.value.in(unit<"ms">) > 15.0);
  CHECK(r.itl.value.in(unit<"ms">) < 2 * 15.0 / 0.8);
}

TEST_CASE("a prompt cannot be read faster than its work at the peak") {
  // 2 * 6.98 B parameters of the layers * 1024 tokens / 100 TFLOP/s = 143 ms
  CHECK(Offer(1).run().ttft.value.in(unit<"ms">) > 143);
}

TEST_CASE("the cache of one request is 131,072 B for each of its 1280 tokens") {
  // 2 * 32 layers * 8 heads * 128 * 2 B
  const auto r = Offer(4).run();
  CHECK(r.kv_per_request.value.in(unit<"B">) == doctest::Approx(131072.0 * 1280));
  CHECK(r.kv_capacity.value.in(unit<"token">) == doctest::Approx(r.kv_budget.value.in(unit<"B">) / 131072));
}

TEST_CASE("an engine which fills nine tenths of the memory caches fewer tokens") {
  Offer offer(4);
  const double all = offer.run().kv_capacity.value.in(unit<"token">);
  offer.in.options.memory = Real{0.9, {}};
  const auto r = offer.run();
  CHECK(r.kv_capacity.value.in(unit<"token">) == doctest::Approx(r.kv_budget.value.in(unit<"B">) / 131072));
  CHECK(all - r.kv_capacity.value.in(unit<"token">) == doctest::Approx(0.1 * r.memory.stores.front().capacity.value.in(unit<"B">) / 131072).epsilon(0.01));
}

TEST_CASE("the largest concurrency fits and one more does not") {
  Offer offer(1);
  const auto r = offer.run();
  REQUIRE(r.max_concurrency.value > 1);
  CHECK(Offer(r.max_concurrency.value).run().memory.fits);
  CHECK(!Offer(r.max_concurrency.value + 1).run().memory.fits);
}

TEST_CASE("requests in the system are throughput times latency") {
  for (int b : {1, 7, 64}) {
    const auto r = Offer(b).run();
    CHECK(r.request_throughput.value.raw() * r.request_latency.value.raw() == doctest::Approx(b));
    CHECK(r.token_throughput.value.raw() == doctest::Approx(256 * r.request_throughput.value.raw()));
  }
}

TEST_CASE("one request alone takes TTFT and then its tokens") {
  const auto r = Offer(1).run();
  CHECK(r.request_latency.value.raw() == doctest::Approx((r.ttft.value + 255 * r.itl.value).raw()));
  CHECK(r.tpot.value.raw() == doctest::Approx(r.itl.value.raw()));
  CHECK(r.tpot_with_first.value > r.tpot.value);
}

TEST_CASE("larger batches serve more and make each user wait longer") {
  const auto r = Offer(8).run();
  REQUIRE(r.frontier.size() > 3);
  for (std::size_t i = 1; i < r.frontier.size(); ++i) {
    CHECK(r.frontier[i].itl.value >= r.frontier[i - 1].itl.value);
    // flat once decoding is bound by compute
    CHECK(r.frontier[i].token_throughput.value.raw() >= r.frontier[i - 1].token_throughput.value.raw() * (1 - 1e-9));
  }
  CHECK(r.frontier.back().concurrency == r.max_concurrency.value);
  CHECK(r.frontier.back().fits);
}

TEST_CASE("the best concurrency meets the ITL limit and the next does not") {
  Offer offer(1);
  const Time limit = 1.2 * offer.run().itl.value;
  offer.in.itl_limit = Sourced<Time>{limit, {}};
  const int best = offer.run().best_concurrency->value;
  REQUIRE(best >= 1);
  CHECK(Offer(best).run().itl.value <= limit);
  if (best < offer.run().max_concurrency.value) CHECK(Offer(best + 1).run().itl.value > limit);
}

TEST_CASE("an ITL limit nobody can meet leaves no concurrency") {
  Offer offer(1);
  offer.in.itl_limit = Sourced<Time>{1 * unit<"us">, {}};
  CHECK(offer.run().best_concurrency->value == 0);
}

TEST_CASE("tensor ranks share the weights and pay in communication") {
  const auto one = Offer(1).run(), four = Offer(1, 4).run();
  CHECK(one.communication.value == Time{});
  CHECK(four.communication.value > Time{});
  CHECK(four.itl.value < one.itl.value);
  CHECK(four.itl.value > one.itl.value / 4);
  CHECK(four.max_concurrency.value > 4 * one.max_concurrency.value);
}

TEST_CASE("utilisation is offered over capacity, and the queue adds to TTFT") {
  Offer offer(16, 1, 1, 2);
  const double capacity = offer.run().request_throughput.value.raw() * 2;
  offer.in.request_rate = Sourced<RequestRate>{RequestRate{0.9 * capacity}, {}};
  const auto r = offer.run();
  CHECK(r.utilisation->value == doctest::Approx(0.9));
  REQUIRE(r.waiting_time);
  CHECK(r.ttft_with_queue->value > r.ttft.value);
  CHECK(r.replicas_needed->value == 2);
}

TEST_CASE("above capacity there is no steady state, and replicas are counted instead") {
  Offer offer(16);
  const double capacity = offer.run().request_throughput.value.raw();
  offer.in.request_rate = Sourced<RequestRate>{RequestRate{3.5 * capacity}, {}};
  const auto r = offer.run();
  CHECK(r.utilisation->value == doctest::Approx(3.5));
  CHECK(!r.waiting_time);
  CHECK(!r.ttft_with_queue);
  CHECK(r.replicas_needed->value == 4);
}

TEST_CASE("replicas never fall when the rate rises or the TTFT limit tightens") {
  Offer offer(16);
  const auto alone = offer.run();
  int before = 0;
  for (double rate = 0.5; rate < 200; rate *= 1.7) {
    offer.in.request_rate = Sourced<RequestRate>{rate * alone.request_throughput.value, {}};
    const int free = offer.run().replicas_needed->value;
    CHECK(free >= before);
    before = free;
    offer.in.ttft_limit = Sourced<Time>{1.05 * alone.ttft.value, {}};
    CHECK(offer.run().replicas_needed->value >= free);
    offer.in.ttft_limit.reset();
  }
}

TEST_CASE("no number of replicas meets a TTFT limit below the prefill") {
  Offer offer(4);
  offer.in.request_rate = Sourced<RequestRate>{1 * unit<"request/s">, {}};
  offer.in.ttft_limit = Sourced<Time>{1 * unit<"us">, {}};
  CHECK(!offer.run().replicas_needed);
}

TEST_CASE("a model which outgrows the device has no concurrency") {
  Offer offer(1);
  offer.cluster.device.memory.hbm->marketed.value = 8 * unit<"GB">;
  const auto r = offer.run();
  CHECK(r.max_concurrency.value == 0);
  CHECK(!r.memory.fits);
}

TEST_CASE("requests longer than the context are refused in words") {
  Offer offer(1);
  offer.in.prompt = count(8000);
  CHECK(problems(offer.in) == std::vector<std::string>{"prompt 8000 + output 256 is longer than the context of 'llama_3_8b', 8192 tokens"});
}

TEST_CASE("however short the answers, prompts are read as fast as iterations have room for them, and no faster") {
  // Two iterations of 2048 tokens read a prompt; with so few tokens to write nothing else limits.
  for (int output : {2, 4, 16}) {
    CAPTURE(output);
    Offer offer(32);
    offer.in.prompt = count(4096), offer.in.output = count(output);
    offer.in.options.batched_tokens = count(2048);
    const auto r = offer.run();
    const double prompts = (r.request_throughput.value * r.ttft.value).in(unit<"request">);
    CHECK(prompts < 1);
    CHECK(prompts > 0.6);
    CHECK(r.mean_iteration.value < r.ttft.value);
    CHECK(r.ttft_loaded.value < r.request_latency.value);
  }
}

TEST_CASE("a long prefill keeps no unit busier than it is, whatever MFU counts") {
  Offer offer(1);
  offer.model.transformer->context = count(200000);
  offer.cluster.device.memory.hbm->marketed.value = 800 * unit<"GB">;
  offer.in.prompt = count(150000);
  const auto r = offer.run();
  CHECK(r.prefill_utilisation.value < 1);
  CHECK(r.mfu.value > 1.5 * r.prefill_utilisation.value);  // the full matrix of attention against its half
}

TEST_CASE("more expert ranks than experts are refused in words") {
  Offer offer(8);
  offer.model.transformer->mixture_of_experts.emplace().experts = count(4);
  offer.in.parallel.expert = count(8);
  offer.cluster = textbook::cluster(8);
  const auto found = problems(offer.in);
  CHECK(std::find(found.begin(), found.end(), "8 expert ranks are more than the 4 experts of 'llama_3_8b'") != found.end());
}
