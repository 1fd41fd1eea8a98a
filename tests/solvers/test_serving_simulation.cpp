#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mlsysim/equations/queueing.hpp"
#include "mlsysim/solvers/serving_simulation.hpp"
#include "textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using textbook::count;

namespace {

/// A machine of round numbers: 1 ms for each prompt whatever its length, 10 ms for a decode step whatever its batch.
IterationPrices round_prices(double prompt = 1e-3, double step = 10e-3) {
  return {[=](int, int, int cached) -> PassParts { return cached > 0 ? PassParts{{step, 1}, {}, {}} : PassParts{{prompt, 1}, {}, {}}; }, 8192};
}

SimulationInput offered(double rate, int requests, int prompt, int output) {
  SimulationInput in;
  in.traffic.rate = rate, in.traffic.requests = requests;
  in.traffic.prompt.mean = prompt, in.traffic.output.mean = output;
  in.warm_up = 0;
  return in;
}

/// Llama 3 8B on the textbook machine, with its solver's prices.
struct Service {
  workload::Model model = textbook::llama_3_8b();
  systems::Cluster cluster = textbook::cluster(1);
  Calibration calibration = textbook::calibration();
  Ledger ledger;
  EfficiencyModel efficiency{calibration, cluster.device, workload::Precision::bf16, {}, ledger};
  ServingInput in;

  explicit Service(int concurrency) {
    in.model = &model, in.cluster = &cluster, in.efficiency = &efficiency;
    in.prompt = count(1024), in.output = count(256), in.concurrency = count(concurrency);
  }
};

constexpr BatchingPolicy all_policies[] = {BatchingPolicy::static_batch, BatchingPolicy::orca, BatchingPolicy::vllm, BatchingPolicy::sarathi};

SimulationInput crowded(BatchingPolicy policy) {
  SimulationInput in = offered(30, 4000, 300, 40);
  in.traffic.prompt.shape = LengthShape::lognormal, in.traffic.prompt.spread = 1, in.traffic.prompt.most = 2000;
  in.traffic.output.shape = LengthShape::exponential, in.traffic.output.most = 400;
  in.scheduler.policy = policy;
  in.scheduler.slots = 16;
  in.scheduler.token_budget = 512;
  in.scheduler.kv_tokens = 4000;  // little room: blocks run out
  return in;
}

/// Guesses which are right as often as this.
SimulationInput guessed(SimulationInput in, int guesses, double acceptance) {
  in.scheduler.verified = guesses + 1, in.scheduler.acceptance = acceptance;
  return in;
}

}  // namespace

TEST_CASE("every request and every token is accounted for, whatever the policy") {
  std::vector<SimulationInput> all;
  for (auto policy : all_policies) {
    all.push_back(crowded(policy));
    all.push_back(guessed(crowded(policy), 3, 0.7));
  }
  for (auto policy : {BatchingPolicy::vllm, BatchingPolicy::sarathi}) {
    all.push_back(crowded(policy));
    all.back().scheduler.prefill_replicas = 1;
  }
  for (auto const& in : all) {
    const auto policy = in.scheduler.policy;
    CAPTURE(static_cast<int>(policy));
    CAPTURE(in.scheduler.verified);
    CAPTURE(in.scheduler.prefill_replicas);
    auto prices = round_prices();
    std::vector<ServedRequest> served;
    const auto r = simulate(in, prices, &served);
    REQUIRE(served.size() == 4000);
    CHECK(r.completed + r.refused == 4000);
    CHECK(r.refused == 0);
    long long written = 0, wanted = 0, read = 0;
    for (auto const& q : served) {
      written += q.written, wanted += q.output, read += q.prompt;
      CHECK(q.arrival <= q.start);
      CHECK(q.start < q.first);
      CHECK((q.output > 1 ? q.first < q.end : q.first == q.end));
    }
    CHECK(written == wanted);
    CHECK(r.tokens_written == wanted);
    CHECK(r.tokens_read == read);
    CHECK(r.kv_most <= 1);
    if (policy == BatchingPolicy::vllm || policy == BatchingPolicy::sarathi) CHECK(r.preemptions > 0);
    if (policy == BatchingPolicy::orca || policy == BatchingPolicy::static_batch) CHECK(r.preemptions == 0);
  }
}

TEST_CASE("Little: requests in the system are their rate times their time in it") {
  // The number is integrated over time by the engines; rate and time come from the requests.
  for (auto policy : {BatchingPolicy::static_batch, BatchingPolicy::orca, BatchingPolicy::vllm, BatchingPolicy::sarathi}) {
    CAPTURE(static_cast<int>(policy));
    auto prices = round_prices();
    std::vector<ServedRequest> served;
    const auto r = simulate(crowded(policy), prices, &served);
    double total = 0;
    for (auto const& q : served) total += q.end - q.arrival;
    CHECK(r.mean_in_system == doctest::Approx(total / r.duration).epsilon(1e-9));
  }
}

TEST_CASE("a request which could never fit is refused, and the others are served") {
  auto prices = round_prices();
  SimulationInput in = offered(10, 100, 100, 10);
  in.traffic.prompt.shape = LengthShape::empirical, in.traffic.prompt.samples = {100, 5000};
  in.scheduler.slots = 4, in.scheduler.kv_tokens = 1000;
  std::vector<ServedRequest> served;
  const auto r = simulate(in, prices, &served);
  const auto large = std::count_if(served.begin(), served.end(), [](auto const& q) { return q.prompt == 5000; });
  CHECK(large > 20);
  CHECK(r.refused == large);
  CHECK(r.completed == 100 - large);
}

TEST_CASE("the same seed gives the same run, another seed another") {
  auto prices = round_prices();
  SimulationInput in = crowded(BatchingPolicy::sarathi);
  std::vector<ServedRequest> a, b, c;
  simulate(in, prices, &a), simulate(in, prices, &b);
  in.traffic.seed = 2;
  simulate(in, prices, &c);
  bool same = true, differs = false;
  for (std::size_t i = 0; i < a.size(); ++i) same = same && a[i].end == b[i].end && a[i].first == b[i].first, differs = differs || a[i].end != c[i].end;
  CHECK(same);
  CHECK(differs);
}

TEST_CASE("a queue of prompts alone is M/D/1") {
  // One place, one token: each request is its prompt. Mean wait rho * S / (2 (1 - rho)), Kleinrock 1975.
  auto prices = round_prices(1e-3);
  for (double load : {0.3, 0.6, 0.8}) {
    SimulationInput in = offered(load / 1e-3, 200000, 100, 1);
    in.warm_up = 0.05;
    in.scheduler.policy = BatchingPolicy::orca;
    const auto r = simulate(in, prices);
    const double expected = load * 1e-3 / (2 * (1 - load));
    CAPTURE(load);
    REQUIRE(r.queue.mean_error > 0);
    CHECK(std::abs(r.queue.mean - expected) < 3 * r.queue.mean_error);
    CHECK(r.queue.mean_error < 0.1 * expected);
  }
}

TEST_CASE("many short steps with memoryless answers are M/M/c") {
  // Steps which take as long with one sequence as with eight, prompts which take nothing: a request holds its place for an exponential time.
  constexpr double step = 1e-4, length = 500;
  constexpr int places = 8;
  auto prices = round_prices(0, step);
  for (double load : {0.7, 0.9}) {
    const double service = step * length;
    SimulationInput in = offered(load * places / service, 150000, 16, static_cast<int>(length));
    in.traffic.output.shape = LengthShape::exponential, in.traffic.output.most = 1 << 20;
    in.warm_up = 0.1;
    in.scheduler.policy = BatchingPolicy::orca;
    in.scheduler.slots = places;
    const auto r = simulate(in, prices);
    const double a = load * places;
    const double expected = eq::allen_cunneen_wait(eq::waiting_probability(places, a), places, a, service * unit<"s">, 1, 1).raw();
    CAPTURE(load);
    // Arrivals also wait for the step in progress, half of one on average.
    CHECK(std::abs(r.queue.mean - step / 2 - expected) < 3 * r.queue.mean_error + 0.01 * expected);
    CHECK(r.queue.mean_error < 0.1 * expected);
  }
}

TEST_CASE("pipes fill: a higher load never makes the mean wait shorter, nor the tail") {
  auto prices = round_prices();
  for (auto policy : all_policies) {
    double last_mean = 0, last_tail = 0;
    for (double rate : {5.0, 10.0, 20.0, 30.0, 40.0}) {
      SimulationInput in = crowded(policy);
      in.scheduler.kv_tokens = 1e9;
      in.traffic.rate = rate;
      const auto r = simulate(in, prices);
      CAPTURE(static_cast<int>(policy));
      CAPTURE(rate);
      CHECK(r.latency.mean >= last_mean * 0.999);
      CHECK(r.latency.p99 >= last_tail * 0.98);
      last_mean = r.latency.mean, last_tail = r.latency.p99;
    }
  }
}

TEST_CASE("alone, a request takes the solver's prefill and its decode steps one by one") {
  Service one(1);
  const auto closed = solve(one.in, one.ledger);
  auto prices = iteration_prices(one.in);
  for (auto policy : {BatchingPolicy::static_batch, BatchingPolicy::orca, BatchingPolicy::vllm}) {
    CAPTURE(static_cast<int>(policy));
    SimulationInput in = offered(1e-3, 1, 1024, 256);
    in.scheduler.policy = policy;
    std::vector<ServedRequest> served;
    const auto r = simulate(in, prices, &served);
    CHECK(served[0].first - served[0].arrival == doctest::Approx(closed.ttft.value.raw()).epsilon(1e-12));
    // The closed form takes every step at the mean context.
    CHECK(served[0].end - served[0].arrival == doctest::Approx(closed.request_latency.value.raw()).epsilon(1e-3));
    CHECK(r.itl.mean == doctest::Approx(closed.itl.value.raw()).epsilon(1e-3));
  }
}

TEST_CASE("a batch which starts together and ends together decodes at the closed form's step time") {
  for (int b : {2, 8, 32}) {
    CAPTURE(b);
    Service service(b);
    const auto closed = solve(service.in, service.ledger);
    auto prices = iteration_prices(service.in);
    SimulationInput in = offered(1, b, 1024, 256);
    std::vector<Request> together(static_cast<std::size_t>(b), Request{0, 1024, 256});
    in.traffic.trace = &together;
    in.scheduler.policy = BatchingPolicy::static_batch, in.scheduler.slots = b;
    const auto r = simulate(in, prices);
    CHECK(r.itl.mean == doctest::Approx(closed.itl.value.raw()).epsilon(1e-3));
    CHECK(r.iterations == 256);
    // Prompts one after another before the first step: what the closed form adds up for continuous batching.
    in.scheduler.policy = BatchingPolicy::vllm, in.scheduler.token_budget = 1024;
    const auto v = simulate(in, prices);
    // Between its nodes the table is linear, the price of attention not quite.
    CHECK(v.latency.most == doctest::Approx(closed.request_latency.value.raw()).epsilon(2e-3));
  }
}

TEST_CASE("the table of decode steps is the solver's own price at its nodes") {
  Service service(24);
  auto prices = iteration_prices(service.in);
  service.in.prompt = count(1024 - 128);  // mean context 1024, a node
  const auto closed = solve(service.in, service.ledger);
  CHECK(prices.decode(24, 1024).time == doctest::Approx(closed.itl.value.raw()).epsilon(1e-12));
  CHECK((prices.body(896) + prices.head(1) + prices.prompt_attention(896, 0)).time == doctest::Approx(closed.ttft.value.raw()).epsilon(1e-12));
}

TEST_CASE("pieces of prompts keep decode steps short, whole prompts do not") {
  Service service(32);
  auto prices = iteration_prices(service.in);
  SimulationInput in = offered(2, 1500, 1024, 64);
  in.scheduler.slots = 32, in.scheduler.token_budget = 256;
  in.scheduler.policy = BatchingPolicy::sarathi;
  const auto pieces = simulate(in, prices);
  in.scheduler.policy = BatchingPolicy::orca;
  const auto whole = simulate(in, prices);
  CHECK(pieces.itl.p99 < 0.7 * whole.itl.p99);
  CHECK(pieces.ttft.p50 > whole.ttft.p50);
}

TEST_CASE("readers apart from writers never stall a decode step") {
  Service service(32);
  auto prices = iteration_prices(service.in);
  SimulationInput in = offered(2, 1000, 1024, 64);
  in.scheduler.slots = 32;
  in.scheduler.prefill_replicas = 1;
  in.scheduler.transfer_per_token = 1e-6;
  std::vector<ServedRequest> served;
  const auto r = simulate(in, prices, &served);
  CHECK(r.itl.p90 <= prices.decode(32, 1088).time);
  // Between the first two tokens lies the transfer.
  for (auto const& q : served) CHECK(q.end - q.first >= 1024e-6 + 63 * prices.decode(1, 1024).time * 0.999);
}

TEST_CASE("readers of another kind have prices of their own") {
  auto slow = round_prices(5e-3, 10e-3), fast = round_prices(1e-3, 10e-3);
  SimulationInput in = offered(1e-3, 2, 100, 3);
  in.scheduler.prefill_replicas = 1;
  std::vector<ServedRequest> served;
  simulate(in, slow, &served, &fast);
  CHECK(served[0].first - served[0].arrival == doctest::Approx(1e-3));
  CHECK(served[0].end - served[0].first == doctest::Approx(20e-3));
}

TEST_CASE("guesses which are always right end a request in a fraction of the steps, wrong ones in as many") {
  // Three guesses and one token more: 40 tokens after the first in 10 steps of 10 ms.
  auto prices = round_prices();
  std::vector<ServedRequest> served;
  simulate(guessed(offered(1e-3, 2, 100, 41), 3, 1), prices, &served);
  CHECK(served[0].end - served[0].first == doctest::Approx(0.1));
  simulate(guessed(offered(1e-3, 2, 100, 41), 3, 0), prices, &served);
  CHECK(served[0].end - served[0].first == doctest::Approx(0.4));
}

TEST_CASE("guesses which are right now and then write the tokens of a step which theory expects") {
  // Leviathan 2023, equation 1: (1 - 0.6^4) / (1 - 0.6) = 2.176 tokens of a step with three guesses.
  auto prices = round_prices();
  const SimulationInput in = guessed(offered(1, 4000, 100, 201), 3, 0.6);
  CHECK(tokens_of_step(in.scheduler) == doctest::Approx(2.176));
  const auto r = simulate(in, prices);
  CHECK(r.tpot.mean == doctest::Approx(10e-3 / 2.176).epsilon(0.02));
  CHECK(r.itl.mean == doctest::Approx(10e-3 / 2.176).epsilon(0.02));
  const auto s = steady_state(prices, in.scheduler, 1e-3, {100, 0}, {201, 0});
  REQUIRE(s);
  CHECK(s->itl == doctest::Approx(10e-3 / 2.176).epsilon(0.01));
}

TEST_CASE("a hit in the prefix cache saves the reading of it") {
  Service service(8);
  auto prices = iteration_prices(service.in);
  SimulationInput in = offered(1e-3, 1, 1024, 2);
  in.scheduler.prefix_hits = 0.75;
  std::vector<ServedRequest> served;
  const auto r = simulate(in, prices, &served);
  CHECK(r.tokens_read == 256);
  CHECK(served[0].first - served[0].arrival == doctest::Approx((prices.body(256) + prices.head(1) + prices.prompt_attention(256, 768)).time));
}

TEST_CASE("more replicas share the load, and the router which looks does no worse than the one which counts") {
  auto prices = round_prices();
  SimulationInput in = crowded(BatchingPolicy::vllm);
  in.scheduler.kv_tokens = 1e9;
  const auto one = simulate(in, prices);
  in.scheduler.replicas = 4;
  in.traffic.rate *= 4, in.traffic.requests *= 4;
  const auto looks = simulate(in, prices);
  in.scheduler.routing = Routing::round_robin;
  const auto counts = simulate(in, prices);
  CHECK(looks.latency.mean < one.latency.mean);
  CHECK(looks.latency.mean <= counts.latency.mean * 1.01);
}

TEST_CASE("in balance, Little's law gives the batch and the time between tokens") {
  Service service(64);
  auto prices = iteration_prices(service.in);
  SimulationInput in = offered(0, 6000, 512, 128);
  in.warm_up = 0.2;
  in.scheduler.slots = 256, in.scheduler.policy = BatchingPolicy::vllm, in.scheduler.token_budget = 512;
  for (double rate : {1.0, 2.0, 4.0}) {
    CAPTURE(rate);
    in.traffic.rate = rate;
    const auto s = steady_state(prices, in.scheduler, rate, {512, 0}, {128, 0});
    REQUIRE(s);
    const auto r = simulate(in, prices);
    CHECK(r.tpot.mean == doctest::Approx(s->itl).epsilon(0.05));
    // Latency is convex in the batch, so that its mean lies above that of the mean batch; the more, the higher the load.
    CHECK(r.latency.mean == doctest::Approx(s->latency).epsilon(0.1));
    CHECK(r.latency.mean > 0.98 * s->latency);
  }
  CHECK(!steady_state(prices, in.scheduler, 1000, {512, 0}, {128, 0}));
}

TEST_CASE("the search for replicas finds the first which suffices") {
  for (int first : {1, 3})
    for (int wanted : {1, 2, 3, 7, 40, 99, 100}) CHECK(fewest_replicas(first, 100, [&](int n) { return n >= wanted; }) == std::max(first, wanted));
  CHECK(fewest_replicas(1, 100, [](int) { return false; }) == 0);
}

TEST_CASE("goodput counts requests within both limits") {
  auto prices = round_prices();
  SimulationInput in = crowded(BatchingPolicy::vllm);
  in.level.ttft = 50e-3;
  std::vector<ServedRequest> served;
  const auto r = simulate(in, prices, &served);
  const auto good = std::count_if(served.begin(), served.end(), [](auto const& q) { return q.first - q.arrival <= 50e-3; });
  CHECK(good > 0);
  CHECK(good < 4000);
  CHECK(r.good_share == doctest::Approx(static_cast<double>(good) / 4000));
}

TEST_CASE("a late engine hands a token over when the next iteration ends") {
  // Alone: the prompt takes 1 ms and every step 10 ms. The first token of 4 waits for the first step, and so do all but the last, behind which nothing runs.
  auto prices = round_prices();
  SimulationInput in = offered(1, 1, 100, 4);
  std::vector<ServedRequest> served;
  simulate(in, prices, &served);
  const double prompt = served.front().first - served.front().arrival, all = served.front().end - served.front().arrival;
  CHECK(prompt == doctest::Approx(1e-3));
  CHECK(all == doctest::Approx(31e-3));
  in.scheduler.late = true;
  simulate(in, prices, &served);
  CHECK(served.front().first - served.front().arrival == doctest::Approx(11e-3));
  CHECK(served.front().end - served.front().arrival == doctest::Approx(31e-3));
}

TEST_CASE("an engine which reserves never starts a request again, and runs fewer at once") {
  for (auto policy : {BatchingPolicy::vllm, BatchingPolicy::sarathi}) {
    auto prices = round_prices();
    SimulationInput in = crowded(policy);
    const auto grows = simulate(in, prices);
    in.scheduler.reserves = true;
    const auto reserves = simulate(in, prices);
    CHECK(grows.preemptions > 0);
    CHECK(reserves.preemptions == 0);
    CHECK(reserves.mean_batch < grows.mean_batch);
    CHECK(reserves.tokens_written == grows.tokens_written);
  }
}

TEST_CASE("requests which are all there at the start take whole waves, and the last one is as long as the first") {
  // Ten slots, 25 requests of 5 tokens: three waves of a prompt iteration and four steps.
  auto prices = round_prices();
  SimulationInput in = offered(1, 25, 100, 5);
  in.traffic.arrivals = ArrivalProcess::at_once;
  in.scheduler.policy = BatchingPolicy::vllm;
  in.scheduler.slots = 10, in.scheduler.token_budget = 4096;
  const auto r = simulate(in, prices);
  CHECK(r.duration == doctest::Approx(3 * 4 * 10e-3).epsilon(0.3));
  CHECK(r.token_throughput == doctest::Approx(25 * 5 / r.duration));
  CHECK(r.request_rate == doctest::Approx(25 / r.duration));
}

TEST_CASE("the search for a rate ends just below the last good one") {
  for (double wanted : {0.05, 0.9, 1.0, 3.7, 40.0}) {
    const double found = highest_rate(1, [&](double rate) { return rate <= wanted; });
    CHECK(found <= wanted);
    CHECK(found > wanted / 1.021);
  }
  CHECK(highest_rate(1, [](double) { return false; }) == 0);
}
