#include <doctest/doctest.h>

#include "mlsysim/equations/collectives.hpp"
#include "mlsysim/solvers/distributed.hpp"
#include "textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using textbook::count;

namespace {

/// A plan for Llama 3 8B at sequence 2048; what a test varies it changes by hand.
struct Plan {
  workload::Model model = textbook::llama_3_8b();
  systems::Cluster cluster;
  Calibration calibration = textbook::calibration();
  Ledger ledger;
  EfficiencyModel efficiency;
  DistributedInput in;

  explicit Plan(int tensor, int pipeline, int data, int micro_batches, double oversubscription = 1, double ports = 1)
      : cluster{textbook::cluster(tensor * pipeline * data, oversubscription, ports)}, efficiency{calibration, cluster.device, workload::Precision::bf16, {}, ledger} {
    in.model = &model;
    in.cluster = &cluster;
    in.efficiency = &efficiency;
    in.parallel.tensor = count(tensor);
    in.parallel.pipeline = count(pipeline);
    in.parallel.data = count(data);
    in.micro_batch = count(1);
    in.global_batch = count(micro_batches * data);
    in.sequence = count(2048);
    in.tokens = Sourced<Tokens>{1e9 * unit<"token">, {}};
  }
  DistributedResult run() { return solve(in, ledger); }
};

Time parts(DistributedResult const& r) {
  return r.compute.value + r.tensor.value + r.pipeline.value + r.expert.value + r.bubble.value + r.data.value + r.optimizer.value;
}

DimensionCost const& dimension(DistributedResult const& r, std::string_view name) {
  for (auto const& d : r.dimensions)
    if (d.dimension == name) return d;
  FAIL("no such dimension");
  return r.dimensions.front();
}

}  // namespace

TEST_CASE("one device computes and updates, and pays for nothing else") {
  const auto r = Plan(1, 1, 1, 4).run();
  CHECK(r.dimensions.empty());
  CHECK(r.bubble.value == Time{});
  CHECK(r.bubble_fraction.value == 0);
  CHECK(r.step_time.value.raw() == doctest::Approx((r.compute.value + r.optimizer.value).raw()));
  CHECK(r.scaling_efficiency.value == doctest::Approx(1));
  CHECK(r.micro_batches.value == 4);
}

TEST_CASE("the parts of a step add up to the step") {
  for (int zero : {0, 1, 2, 3}) {
    CAPTURE(zero);
    Plan plan(4, 4, 8, 16);
    plan.in.parallel.zero = count(zero);
    const auto r = plan.run();
    CHECK(parts(r).raw() == doctest::Approx(r.step_time.value.raw()));
  }
}

TEST_CASE("the bubble of four stages and eight micro-batches is 3/8 of the busy time") {
  const auto r = Plan(1, 4, 1, 8).run();
  CHECK(r.bubble_over_ideal.value == doctest::Approx(3.0 / 8));
  CHECK(r.bubble_fraction.value == doctest::Approx(3.0 / 11));
  CHECK(r.bubble.value / (r.compute.value + r.tensor.value + r.pipeline.value) == doctest::Approx(3.0 / 8));
}

TEST_CASE("two tensor ranks all-reduce the layer boundary four times per layer and micro-batch") {
  // Shoeybi 2019: 2048 * 4096 * 2 B = 16.78 MB, 32 layers * 4 * 3 micro-batches = 384 times,
  // each 2 * 1 * (2 us + 16.78 MB / (2 * 200 GB/s)) on nominal links
  const auto r = Plan(2, 1, 1, 3).run();
  const auto& d = dimension(r, "tensor");
  CHECK(d.inside_node);
  CHECK(d.operations.value == 384);
  CHECK(d.message.value.in(unit<"B">) == 2048.0 * 4096 * 2);
  CHECK(r.tensor.value.in(unit<"ms">) == doctest::Approx(384 * 2 * (2e-3 + 16.777216 / 400)).epsilon(1e-6));
}

TEST_CASE("sequence parallelism moves the same bytes in two halves") {
  Plan plain(8, 1, 1, 2), sequence(8, 1, 1, 2);
  sequence.in.parallel.sequence = true;
  CHECK(sequence.run().tensor.value.raw() == doctest::Approx(plain.run().tensor.value.raw()));
}

TEST_CASE("full recomputation repeats two of the all-reduces and a third of the compute") {
  Plan plain(2, 1, 1, 2), full(2, 1, 1, 2);
  full.in.recompute = Recompute::full;
  const auto a = plain.run(), b = full.run();
  CHECK(b.tensor.value / a.tensor.value == doctest::Approx(6.0 / 4));
  // Forward once more; fused attention has its scores again already, so slightly less than a third.
  CHECK(b.compute.value / a.compute.value == doctest::Approx(4.0 / 3).epsilon(2e-3));
  CHECK(b.hfu.value > b.mfu.value);
  CHECK(a.hfu.value == a.mfu.value);
}

TEST_CASE("MFU is model work over what the devices could have done") {
  const auto r = Plan(2, 2, 4, 8).run();
  CHECK(r.mfu.value == doctest::Approx(r.step_work.value / (r.step_time.value * 16 * (100 * unit<"TFLOP/s">))));
  CHECK(r.mfu.value < 0.6);
  CHECK(r.achieved.value.in(unit<"TFLOP/s">) == doctest::Approx(100 * r.mfu.value));
}

TEST_CASE("tokens per second are the batch over the step, and the run takes its tokens over that") {
  const auto r = Plan(2, 1, 4, 8).run();
  CHECK(r.token_throughput->value.raw() == doctest::Approx(32 * 2048 / r.step_time.value.raw()));
  // steps are whole
  CHECK(r.training_time->value.raw() == doctest::Approx(1e9 / r.token_throughput->value.raw()).epsilon(1e-3));
}

TEST_CASE("the six-N-D rule differs from the run only by attention and embedding") {
  // 6 N counts the embedding table (0.525 of 8.03 B) and leaves out 12 L h s = 3.2 GFLOP per token beside 6 * 8.03 G: within 10 %
  const auto r = Plan(1, 1, 8, 4).run();
  CHECK(r.rule_ratio->value == doctest::Approx(1).epsilon(0.1));
}

TEST_CASE("more network never slows a step, oversubscription never helps") {
  double before = 1e300;
  for (double ports : {0.01, 0.1, 0.5, 1.0, 4.0}) {
    const double t = Plan(1, 2, 16, 4, 1, ports).run().step_time.value.raw();
    CHECK(t <= before);
    before = t;
  }
  before = 0;
  for (double o : {1.0, 2.0, 8.0, 64.0}) {
    const double t = Plan(1, 2, 16, 4, o).run().step_time.value.raw();
    CHECK(t >= before);
    before = t;
  }
}

TEST_CASE("gradients hide behind the backward pass until the network is too slow") {
  Plan fast(8, 1, 4, 4), slow(8, 1, 4, 4, 1, 0.01), loud(8, 1, 4, 4);
  loud.in.overlap_gradients = false;
  const auto hidden = fast.run(), exposed = slow.run(), not_overlapped = loud.run();
  CHECK(hidden.data.value < not_overlapped.data.value);
  CHECK(dimension(not_overlapped, "data").exposed.value == dimension(not_overlapped, "data").total.value);
  CHECK(exposed.scaling_efficiency.value < hidden.scaling_efficiency.value);
  CHECK(hidden.scaling_efficiency.value <= 1);
}

TEST_CASE("data ranks reduce all gradients of their rank") {
  // 8.03 B parameters / 8 tensor ranks * 2 B = 2.007 GB
  const auto r = Plan(8, 1, 4, 4).run();
  CHECK(dimension(r, "data").message.value.in(unit<"GB">) == doctest::Approx(8.0303 * 2 / 8).epsilon(1e-3));
  CHECK(!dimension(r, "data").inside_node);
}

TEST_CASE("ZeRO shards the optimizer step over the replicas") {
  Plan whole(1, 1, 8, 2), sharded(1, 1, 8, 2);
  sharded.in.parallel.zero = count(1);
  CHECK(whole.run().optimizer.value / sharded.run().optimizer.value == doctest::Approx(8));
}

TEST_CASE("ZeRO-3 gathers parameters twice in every micro-batch") {
  Plan plan(1, 1, 8, 5);
  plan.in.parallel.zero = count(3);
  double gathers = 0, scatters = 0;
  for (auto const& d : plan.run().dimensions) (d.operation.starts_with("all_gather") ? gathers : scatters) += d.operations.value;
  CHECK(gathers == 10 * 32);
  CHECK(scatters == 5 * 32);
}

TEST_CASE("when layers do not divide evenly the ends get fewer") {
  // 32 layers on 5 stages: 6 6 7 7 6 with the extra ones in the middle
  Plan plan(1, 5, 1, 10);
  const auto r = plan.run();
  CHECK(r.imbalance.value > Time{});
  CHECK(r.imbalance.value < r.compute.value);
}

TEST_CASE("more tokens take longer, in proportion") {
  Plan one(1, 1, 8, 4), two(1, 1, 8, 4);
  two.in.tokens = Sourced<Tokens>{2e9 * unit<"token">, {}};
  CHECK(two.run().training_time->value / one.run().training_time->value == doctest::Approx(2).epsilon(1e-4));
}

TEST_CASE("context ranks share the work of a long sequence evenly, and pass keys and values round behind their attention") {
  Plan alone(1, 1, 1, 1), ring(1, 1, 4, 1);
  for (auto* p : {&alone, &ring}) p->in.sequence = count(65536), p->in.global_batch = count(1);
  ring.in.parallel.data = count(1), ring.in.parallel.context = count(4);
  REQUIRE(problems(ring.in).empty());
  const auto a = alone.run(), r = ring.run();
  // A quarter of the tokens, and of the pairs of a causal mask.
  CHECK(a.compute.value / r.compute.value == doctest::Approx(4).epsilon(1e-2));
  auto const& d = dimension(r, "context");
  // 16,384 tokens x 8 heads x 128 x 2 for keys and values x 2 B, three times to three neighbours in each of 32 layers.
  CHECK(d.message.value.in(unit<"B">) == 16384.0 * 1024 * 2 * 2);
  CHECK(d.operations.value == 3 * 3 * 32);
  CHECK(d.exposed.value == Time{});
  CHECK(d.total.value > Time{});
  // They reduce gradients like data ranks, and no data rank is there.
  CHECK(dimension(r, "data").degree == 4);
  CHECK(r.token_throughput->value / a.token_throughput->value > 3.5);
}

TEST_CASE("short sequences leave the ring nothing to hide behind") {
  Plan ring(1, 1, 8, 1);
  ring.in.parallel.data = count(1), ring.in.parallel.context = count(8), ring.in.sequence = count(512), ring.in.global_batch = count(1);
  const auto r = ring.run();
  CHECK(r.context.value > Time{});
  CHECK(r.step_time.value.raw() == doctest::Approx((parts(r) + r.context.value).raw()));
}

TEST_CASE("plans nobody could run are refused in words") {
  Plan plan(3, 1, 1, 4);
  CHECK(problems(plan.in) == std::vector<std::string>{"32 heads cannot be shared evenly by 3 tensor ranks; nearest: 2, 4"});
  Plan uneven(1, 1, 8, 4);
  uneven.in.global_batch = count(33);
  CHECK(problems(uneven.in) == std::vector<std::string>{"global_batch 33 is not a multiple of batch 1 x data 8 x expert 1 = 8; nearest: 32, 40"});
  Plan deep(1, 64, 1, 64);
  CHECK(problems(deep.in) == std::vector<std::string>{"pipeline 64 x interleaving 1 is more than the 32 layers of 'llama_3_8b'"});
  Plan context(1, 1, 4, 4);
  context.in.parallel.context = count(2);
  context.in.parallel.data = count(2);
  CHECK(problems(context.in).empty());
  context.in.sequence = count(2049);
  CHECK(problems(context.in) == std::vector<std::string>{"sequence 2049 cannot be cut into 4 pieces of equal length, two for each context rank"});
  context.in.sequence = count(2048), context.in.execution = workload::Execution::eager;
  CHECK(problems(context.in) == std::vector<std::string>{"context parallelism passes keys and values round while attention runs: write attention: flash"});
  CHECK(problems(Plan(4, 2, 2, 4).in).empty());
}

TEST_CASE("everything reported has an origin when the ledger records") {
  Plan plan(2, 2, 4, 8);
  plan.ledger.recording = true;
  const auto given = [&](auto& v, char const* path) {
    v.origin = plan.ledger.add(Fact{path, 0, {}, {}, -1, {}, {}, {}, {}, {}, 0, Origin::Kind::given});
  };
  given(plan.in.micro_batch, "batch"), given(plan.in.global_batch, "global_batch"), given(plan.in.sequence, "sequence");
  given(plan.in.parallel.tensor, "tensor"), given(plan.in.parallel.pipeline, "pipeline"), given(plan.in.parallel.data, "data");
  given(plan.in.parallel.expert, "expert"), given(plan.in.parallel.interleaving, "interleaving"), given(plan.in.parallel.zero, "zero");
  for (auto const& m : report(plan.run()).metrics) {
    CAPTURE(m.id);
    CHECK(m.origin.kind() != Origin::Kind::unknown);
  }
}

TEST_CASE("experts which are exchanged behind another micro-batch cost what compute cannot hide") {
  Plan plain(1, 1, 2, 4);
  auto& t = *plain.model.transformer;
  t.mixture_of_experts.emplace();
  t.mixture_of_experts->experts = count(8), t.mixture_of_experts->active = count(2), t.mixture_of_experts->feed_forward = count(14336);
  plain.in.parallel.expert = count(4), plain.in.parallel.data = count(2);
  plain.cluster = textbook::cluster(8);
  plain.in.global_batch = count(32);
  REQUIRE(problems(plain.in).empty());
  const auto waits = plain.run();
  plain.in.overlap_experts = true;
  const auto hides = plain.run();
  CHECK(waits.expert.value > Time{});
  CHECK(hides.expert.value == max(waits.expert.value - waits.compute.value, Time{}));
  CHECK(dimension(hides, "expert").total.value == waits.expert.value);
}

namespace {

/// Experts on `expert` ranks; a token visits `active` of them.
struct Experts : Plan {
  Experts(int ranks, int data, int all = 8, int active = 2) : Plan(1, 1, ranks * data, 4) {
    model.transformer->mixture_of_experts = workload::MixtureOfExperts{count(all), count(active), count(0), count(14336), {}, count(0), false};
    in.parallel.expert = count(ranks), in.parallel.data = count(data);
    in.global_batch = count(4 * ranks * data);
  }
};

}  // namespace

TEST_CASE("the busiest expert rank is waited for, in its products and in the exchange") {
  Experts even(4, 2), uneven(4, 2), alone(1, 8);
  uneven.in.expert_imbalance = {1.5, {}};
  const auto a = even.run(), b = uneven.run();
  // Half as much again to send and to compute in the experts; everything else stays.
  CHECK(dimension(b, "expert").message.value / dimension(a, "expert").message.value == doctest::Approx(1.5));
  const double experts_share = (b.compute.value - a.compute.value) / a.compute.value / 0.5;
  CHECK(experts_share > 0.3);
  CHECK(experts_share < 0.9);
  CHECK(b.data.value == a.data.value);
  // Without expert ranks nobody waits for another.
  const Time together = alone.run().compute.value;
  alone.in.expert_imbalance = {1.5, {}};
  CHECK(alone.run().compute.value == together);
}

TEST_CASE("one copy of a token for each node crosses the network, where each expert asks for its own otherwise") {
  Experts each(16, 1, 64, 8), once(16, 1, 64, 8), near(8, 1, 64, 8);
  once.in.parallel.expert_dispatch = systems::ExpertDispatch::per_node;
  const auto a = each.run(), b = once.run();
  CHECK(dimension(b, "expert").algorithm == Algorithm::hierarchical);
  // Two nodes, eight experts of 64: on average 2 (1 - 2^-8) nodes are reached, half of them the token's own, and a copy takes
  // 2048 x 4096 x 2 B at 25 GB/s. Four times a layer and micro-batch.
  const double copies = 2 * (1 - 1.0 / 256) / 2, bytes = 2048.0 * 4096 * 2;
  CHECK(b.expert.value.in(unit<"ms">) == doctest::Approx(4 * 32 * 4 * copies * bytes / 25e9 * 1e3).epsilon(0.05));
  CHECK(a.expert.value > 3 * b.expert.value);
  // In one node there is nothing to save.
  const Time direct = near.run().expert.value;
  near.in.parallel.expert_dispatch = systems::ExpertDispatch::per_node;
  CHECK(near.run().expert.value == direct);
}

TEST_CASE("context ranks which gather keys and values wait for them, three times a layer") {
  Plan ring(1, 1, 4, 1), gather(1, 1, 4, 1);
  for (auto* p : {&ring, &gather}) p->in.sequence = count(65536), p->in.global_batch = count(1), p->in.parallel.data = count(1), p->in.parallel.context = count(4);
  gather.in.parallel.context_exchange = systems::ContextExchange::all_gather;
  const auto a = ring.run(), b = gather.run();
  auto const& d = dimension(b, "context");
  CHECK(d.operation == "all_gather");
  // Keys and values of all 65,536 tokens, 8 heads x 128 x 2 x 2 B; three quarters of them come from others at 200 GB/s.
  CHECK(d.message.value.in(unit<"B">) == 65536.0 * 1024 * 2 * 2);
  CHECK(d.operations.value == 3 * 32);
  CHECK(b.context.value.in(unit<"ms">) == doctest::Approx(96 * 0.75 * 65536.0 * 4096 / 200e9 * 1e3).epsilon(0.01));
  CHECK(b.compute.value == a.compute.value);
  CHECK(b.step_time.value > a.step_time.value);
}

TEST_CASE("activations go to the host and come back behind compute, as far as the link carries them") {
  Plan plan(1, 1, 1, 2);
  systems::Host host;
  host.host_link = hardware::Link{};
  host.host_link->per_direction = {1000 * unit<"GB/s">, {}};
  plan.cluster.host = host;
  plan.in.offload_activations = true;
  plan.in.offloaded_activations = Sourced<Data>{20 * unit<"GB">, {}};
  CHECK(plan.run().offload.value == Time{});
  plan.cluster.host->host_link->per_direction.value = 10 * unit<"GB/s">;
  const auto r = plan.run();
  // 20 GB there and back for each of two micro-batches: 8 s, less what is computed meanwhile.
  CHECK(r.offload.value.in(unit<"s">) == doctest::Approx(8 - r.compute.value.in(unit<"s">)));
  CHECK(r.step_time.value.raw() == doctest::Approx((parts(r) + r.offload.value).raw()));
}

TEST_CASE("tensor ranks which exchange piece by piece pay for the last piece only") {
  Plan plain(8, 1, 1, 2), pieces(8, 1, 1, 2);
  pieces.in.overlap_tensor = true;
  const auto a = plain.run(), b = pieces.run();
  CHECK(b.compute.value == a.compute.value);
  CHECK(b.tensor.value / a.tensor.value >= 1.0 / 8);
  CHECK(b.tensor.value < a.tensor.value);
  CHECK(parts(b).raw() == doctest::Approx(b.step_time.value.raw()));
}

TEST_CASE("gradients summed in fp32 are twice the bytes, unless the plan reduces them in 16 bits") {
  Plan half(1, 1, 4, 1), full(1, 1, 4, 1), told(1, 1, 4, 1);
  full.in.optimizer = told.in.optimizer = Optimizer::adam_main_gradients;
  told.in.gradient_format = workload::Precision::bf16;
  const auto bytes = [](Plan& p) { return dimension(p.run(), "data").message.value; };
  const Data h = bytes(half);
  CHECK(bytes(full) / h == doctest::Approx(2));
  CHECK(bytes(told) / h == doctest::Approx(1));
}

TEST_CASE("hybrid sharding gathers inside a group and adds up among groups") {
  Plan plan(1, 1, 16, 2);
  plan.in.parallel.zero = count(3);
  plan.in.parallel.shard = count(8);
  const auto r = plan.run();
  int inside = 0, between = 0;
  for (auto const& d : r.dimensions) {
    if (d.operation == "all_reduce") { ++between; CHECK(d.degree == 2); }
    else { ++inside; CHECK(d.degree == 8); }
  }
  CHECK(between == 1);
  CHECK(inside == 3);
}

TEST_CASE("stages dealt by hand hold what the plan says, and the largest sets the pace") {
  Plan even(1, 4, 1, 8), uneven(1, 4, 1, 8);
  uneven.in.parallel.stages = {count(5), count(11), count(11), count(5)};
  CHECK(uneven.run().compute.value > even.run().compute.value);
  CHECK(uneven.run().imbalance.value > even.run().imbalance.value);
  uneven.in.parallel.stages = {count(5), count(11), count(11), count(4)};
  CHECK(problems(uneven.in) == std::vector<std::string>{"stages hold 31 layers together, but 'llama_3_8b' has 32"});
}

TEST_CASE("ranks are placed in the order the plan gives") {
  // Two nodes of eight: with data ranks nearest, tensor ranks of four are eight devices apart
  Plan usual(4, 1, 4, 1), turned(4, 1, 4, 1);
  using enum systems::Axis;
  turned.in.parallel.order = {data, tensor, context, expert, pipeline};
  CHECK(dimension(usual.run(), "tensor").inside_node);
  CHECK_FALSE(dimension(turned.run(), "tensor").inside_node);
  CHECK(dimension(turned.run(), "data").inside_node);
  turned.in.parallel.order = {data, tensor};
  CHECK(problems(turned.in) == std::vector<std::string>{"order names each of tensor, context, expert, data and pipeline once"});
}

TEST_CASE("products in 8 bits pay for making them where no other kernel does, and twice for a factor of the values themselves") {
  Plan bits(1, 1, 1, 1), again(1, 1, 1, 1);
  bits.in.precision.compute = again.in.precision.compute = workload::Precision::fp8;
  again.in.scaling = Scaling::current;
  const auto one = bits.run().formats.value, two = again.run().formats.value;
  // Of a layer of Llama 3 8B: gradients of queries, keys and values (6144), both sides of the output (4096 each) and gradients of the second product
  // (4096) at 2 + 2 bytes, against inputs and gradients of all four (69,632) at 2 * 2 + 2
  CHECK(two / one == doctest::Approx(69632 * 6.0 / (18432 * 4)));
  CHECK(Plan(1, 1, 1, 1).run().formats.value == Time{});
}

TEST_CASE("an optimizer on the host leaves the device and waits for the link") {
  Plan plan(1, 1, 1, 1);
  systems::Host host;
  host.host_link = hardware::Link{};
  host.host_link->per_direction = {10 * unit<"GB/s">, {}};
  host.dram_bandwidth = Sourced<Bandwidth>{200 * unit<"GB/s">, {}};
  plan.cluster.host = host;
  plan.in.offload = Offload::cpu;
  const auto r = plan.run();
  // 8.03 billion parameters: 2 bytes up at 10 GB/s, 28 bytes touched at 200 GB/s of the one device
  CHECK(r.offload.value.in(unit<"s">) >= doctest::Approx(2 * 8.03e9 / 10e9).epsilon(1e-3));
  CHECK(r.optimizer.value.in(unit<"s">) == doctest::Approx(28 * 8.03e9 / 200e9).epsilon(1e-3));
  plan.in.offload = Offload::nvme;
  CHECK(problems(plan.in) == std::vector<std::string>{"offload: nvme needs the node's host.storage_bandwidth"});
}

TEST_CASE("products in 8 bits leave attention and head in 16") {
  // Llama 3 8B at 8,192 tokens: attention and head take as long as before, other products half.
  Plan wide(1, 1, 1, 1), narrow(1, 1, 1, 1);
  for (auto* p : {&wide, &narrow}) {
    p->in.sequence = count(8192);
    p->cluster.device.peak[workload::Precision::fp8] = Sourced<ComputeRate>{200 * unit<"TFLOP/s">, {}};
  }
  narrow.in.precision.compute = workload::Precision::fp8;
  const auto a = wide.run(), b = narrow.run();
  // 3 x 2 FLOP for each of 6.98 billion parameters of layers and token at 60 TFLOP/s is what is halved.
  const double halved = 6 * 6979588096.0 * 8192 / 60e12 / 2;
  CHECK((a.compute.value - b.compute.value + b.formats.value).in(unit<"s">) == doctest::Approx(halved).epsilon(1e-3));
}

TEST_CASE("a model which predicts a second token pays for a layer, a head and a projection more") {
  Plan one(1, 1, 1, 2), two(1, 1, 1, 2);
  two.model.transformer->predicted_ahead = count(1);
  // One of 32 layers, the head again, and 2 h x h: 218 + 525 + 34 million parameters beside 6,980 + 525.
  const double more = (218.1 + 525.3 + 33.6) / (6979.6 + 525.3);
  CHECK(two.run().compute.value / one.run().compute.value == doctest::Approx(1 + more).epsilon(0.02));
}

TEST_CASE("a last stage which predicts further tokens gets fewer layers") {
  // 32 layers, and 3 layers' worth behind them: 35 on four stages leave 5 for the last, 9 for each of the others.
  Plan plan(1, 4, 1, 8), even(1, 4, 1, 8);
  plan.model.transformer->predicted_ahead = even.model.transformer->predicted_ahead = count(1);
  even.in.parallel.stages = {count(8), count(8), count(8), count(8)};
  const auto a = plan.run(), b = even.run();
  CHECK(a.compute.value < b.compute.value);
  CHECK(a.ranks.front().forward / a.ranks[1].forward == doctest::Approx(1).epsilon(0.01));
  // A head of 128,256 tokens is 2.4 of these layers.
  CHECK(a.ranks.back().forward / a.ranks.front().forward == doctest::Approx((5 + 1 + 2 * 2.4) / 9).epsilon(0.05));
}

TEST_CASE("frozen weights need no gradients: two passes in place of three, and next to nothing to reduce") {
  Plan whole(1, 1, 8, 2), adapted(1, 1, 8, 2);
  adapted.in.adapters = TrainedAdapters{count(16), AdaptedProducts::attention};
  const auto a = whole.run(), b = adapted.run();
  CHECK(b.compute.value / a.compute.value > 2.0 / 3);
  CHECK(b.compute.value / a.compute.value < 0.75);
  // Rank 16 beside queries, keys and values (4096 -> 6144) and output (4096 -> 4096) of 32 layers.
  const double parameters = 32 * 16.0 * (4096 + 6144 + 4096 + 4096);
  CHECK(dimension(b, "data").message.value.in(unit<"B">) == doctest::Approx(2 * parameters));
  CHECK(b.optimizer.value / a.optimizer.value == doctest::Approx(parameters / 8030261248.0).epsilon(1e-3));
  CHECK(b.step_work.value / a.step_work.value > 2.0 / 3);
  CHECK(b.step_work.value / a.step_work.value < 0.7);
  Plan everywhere(1, 1, 8, 2);
  everywhere.in.adapters = TrainedAdapters{count(16), AdaptedProducts::all};
  CHECK(everywhere.run().compute.value > b.compute.value);
}

TEST_CASE("where every second product is computed again the step lies between keeping and repeating all") {
  Plan none(1, 1, 1, 2), second(1, 1, 1, 2), full(1, 1, 1, 2);
  second.in.recompute = Recompute::alternate, full.in.recompute = Recompute::full;
  const Time a = none.run().compute.value, b = second.run().compute.value, c = full.run().compute.value;
  CHECK(a < b);
  CHECK(b < c);
  // Keys (4096 x 1024), output (4096 x 4096) and up (4096 x 14336) of 218 million parameters a layer: 79.7 million, 36.5 %.
  CHECK((b - a) / (c - a) == doctest::Approx(0.365).epsilon(0.15));
}
