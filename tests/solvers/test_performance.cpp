#include <doctest/doctest.h>

#include <stdexcept>

#include "mlsysim/solvers/performance.hpp"
#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using textbook::count;
using workload::Precision;

namespace {

/// Kernels which reach their bounds and start at once.
Calibration ideal() {
  Calibration c = textbook::calibration();
  for (auto& row : c.operators) row.compute.value = row.bandwidth.value = 1;
  return c;
}

PerformanceResult run(hardware::Device const& device, workload::Model const& model, workload::PassShape const& shape, Calibration const& calibration = textbook::calibration()) {
  Ledger ledger;
  const EfficiencyModel efficiency(calibration, device, Precision::bf16, {}, ledger);
  return solve({&model, &device, &efficiency, shape}, ledger);
}

workload::PassShape decode(int batch, int cached) {
  workload::PassShape s;
  s.batch = count(batch), s.new_tokens = count(1), s.cached_tokens = count(cached), s.last_token_logits = true;
  return s;
}
workload::PassShape prefill(int batch, int tokens) {
  workload::PassShape s;
  s.batch = count(batch), s.new_tokens = count(tokens), s.last_token_logits = true;
  return s;
}

hardware::Device h100() {
  hardware::Device d = textbook::accelerator();
  d.peak[Precision::bf16] = Sourced<ComputeRate>{989.4 * unit<"TFLOP/s">, {}};
  d.memory.hbm->bandwidth = Sourced<Bandwidth>{3.35 * unit<"TB/s">, {}};
  return d;
}

workload::PassShape const shapes[] = {decode(1, 0), decode(1, 8000), decode(64, 1000), prefill(1, 16), prefill(8, 2048)};

}  // namespace

TEST_CASE("one matrix product takes the longer of computing and moving, and the launch") {
  // 2 * 1000^3 FLOP over 100 TFLOP/s * 0.6 = 33.3 us; 3 * 1000^2 * 2 B over 1 TB/s * 0.8 = 7.5 us; 4 us to launch; 10 times.
  workload::Operator o;
  o.work = {2e9 * unit<"FLOP">, {}};
  o.weights = o.input = o.output = {2 * unit<"MB">, {}};
  o.repeat = {10, {}};
  Calibration c = textbook::calibration();
  c.dispatch[0].dispatch.value = 4 * unit<"us">;
  Ledger ledger;
  const auto device = textbook::accelerator();
  const EfficiencyModel efficiency(c, device, Precision::bf16, {}, ledger);
  const PassPrice p = price({o}, device, efficiency, {{1, {}}, {1, {}}, {1, {}}}, ledger);
  CHECK(p.operators[0].compute_time.value.in(unit<"us">) == doctest::Approx(10 * 33.333).epsilon(1e-4));
  CHECK(p.operators[0].memory_time.value.in(unit<"us">) == doctest::Approx(10 * 7.5));
  CHECK(p.time.value.in(unit<"us">) == doctest::Approx(10 * 37.333).epsilon(1e-4));
  CHECK(p.bound == Bound::compute);
  CHECK(p.next_bound == Bound::memory);
}

namespace {

/// A product of 2e9 FLOP with operands of 2 MB each.
workload::Operator product() {
  workload::Operator o;
  o.work = {2e9 * unit<"FLOP">, {}};
  o.weights = o.input = o.output = {2 * unit<"MB">, {}};
  o.repeat = {1, {}};
  return o;
}

/// 16 MB of cache at 4 TB/s in front of 1 TB/s.
hardware::Device cached() {
  hardware::Device d = textbook::accelerator();
  d.memory.l2.emplace();
  d.memory.l2->marketed = {16 * unit<"MB">, {}};
  d.memory.l2->bandwidth = Sourced<Bandwidth>{4 * unit<"TB/s">, {}};
  return d;
}

PassPrice priced(workload::Pass const& pass, hardware::Device const& device, bool kept = false) {
  Ledger ledger;
  const EfficiencyModel efficiency(ideal(), device, Precision::bf16, {}, ledger);
  return price(pass, device, efficiency, {{1, {}}, {1, {}}, {1, {}}, kept}, ledger);
}

}  // namespace

TEST_CASE("activations come from the cache when the operator fits into it, weights when the whole pass does") {
  // Three products: 18 MB in all, more than the cache. Each leaves 2 MB of weights to main memory (2 us) and takes 6 MB / 4 TB/s = 1.5 us from the cache.
  const workload::Pass large{product(), product(), product()};
  const auto swept = priced(large, cached());
  CHECK(swept.operators[0].memory_time.value.in(unit<"us">) == doctest::Approx(2));
  CHECK(!swept.operators[0].cached);
  CHECK(swept.main_bytes.value.in(unit<"MB">) == doctest::Approx(6));
  CHECK(swept.bytes.value.in(unit<"MB">) == doctest::Approx(18));
  // Two products are 12 MB: everything stays.
  const workload::Pass small{product(), product()};
  const auto held = priced(small, cached());
  CHECK(held.operators[0].memory_time.value.in(unit<"us">) == doctest::Approx(1.5));
  CHECK(held.operators[0].cached);
  CHECK(held.main_bytes.value == Data{});
  // Without a cache, and with activations kept for a backward pass, main memory moves all 6 MB of each.
  CHECK(priced(small, textbook::accelerator()).operators[0].memory_time.value.in(unit<"us">) == doctest::Approx(6));
  CHECK(priced(small, cached(), true).operators[0].memory_time.value.in(unit<"us">) == doctest::Approx(6));
}

TEST_CASE("an operator larger than the cache gains nothing from it") {
  workload::Operator o = product();
  o.input = {20 * unit<"MB">, {}};
  const workload::Pass pass{o, o};
  CHECK(priced(pass, cached()).operators[0].memory_time.value == priced(pass, textbook::accelerator()).operators[0].memory_time.value);
}

TEST_CASE("narrow weights are turned back on the vector units before each row of tiles multiplies them") {
  // 1e6 weights, 300 rows are 3 tiles of 128: 3 * 1e6 * 2 FLOP over 20 TFLOP/s = 0.3 us, beside 20 us of products.
  workload::Operator o = product();
  o.m = 300;
  o.dequantized = {1e6, {}};
  workload::Operator plain = o;
  plain.dequantized = {0, {}};
  const workload::Pass with{o}, without{plain};
  CHECK((priced(with, textbook::accelerator()).operators[0].compute_time.value - priced(without, textbook::accelerator()).operators[0].compute_time.value).in(unit<"us">) == doctest::Approx(0.3));
}

TEST_CASE("weights are only turned back where they are stored narrower than products compute") {
  Ledger ledger;
  auto shape = decode(1, 16);
  const auto dequantized = [&] {
    double all = 0;
    for (auto const& op : workload::lower(textbook::llama_3_8b(), shape, ledger)) all += op.dequantized.value * op.repeat.value;
    return all;
  };
  CHECK(dequantized() == 0);
  shape.precision.weights = Precision::int4;
  // All matrices of the layers and the head: 8.03e9 parameters less the embedding and the norms.
  CHECK(dequantized() == doctest::Approx(7.504e9).epsilon(1e-3));
  shape.precision.compute = Precision::int4;
  CHECK(dequantized() == 0);
}

TEST_CASE("a pass waits for a host which starts operators more slowly than the device finishes them") {
  Ledger ledger;
  Calibration hosts;
  hosts.hosts.push_back({workload::Launch::interpreter, {50 * unit<"us">, {}}});
  const auto device = textbook::accelerator();
  const workload::Pass pass{product(), product(), product()};
  const auto with = [&](workload::Launch launch) {
    EfficiencyModel efficiency(ideal(), device, Precision::bf16, {}, ledger);
    efficiency.started_by(launch, hosts, ledger);
    return price(pass, device, efficiency, {{1, {}}, {1, {}}, {1, {}}}, ledger);
  };
  const auto waits = with(workload::Launch::interpreter);
  CHECK(waits.time.value.in(unit<"us">) == doctest::Approx(150));
  CHECK(waits.bound == Bound::dispatch);
  CHECK(waits.next_bound == Bound::compute);
  CHECK(with(workload::Launch::graph).time.value.in(unit<"us">) == doctest::Approx(60));
  hosts.hosts[0].dispatch.value = 10 * unit<"us">;
  CHECK(with(workload::Launch::interpreter).time.value.in(unit<"us">) == doctest::Approx(60));
}

TEST_CASE("a pass waits for weights which are streamed over a link while it computes") {
  auto device = textbook::accelerator();
  device.links.push_back({"PCIe", {10 * unit<"GB/s">, {}}, hardware::LinkRole::host});
  device.weights_over = hardware::LinkRole::host;
  Ledger ledger;
  const auto model = textbook::llama_3_8b();
  const EfficiencyModel efficiency(ideal(), device, Precision::bf16, {}, ledger);
  PerformanceInput in{&model, &device, &efficiency, decode(1, 16)};
  const Time alone = solve(in, ledger).latency.value;
  in.streamed = Sourced<Data>{8 * unit<"GB">, {}};
  const auto r = solve(in, ledger);
  CHECK(r.latency.value.in(unit<"s">) == doctest::Approx(0.8));  // 8 GB / 10 GB/s
  CHECK(r.pass.bound == Bound::streaming);
  in.streamed = Sourced<Data>{1 * unit<"MB">, {}};
  CHECK(solve(in, ledger).latency.value == alone);
}

TEST_CASE("decoding Llama 3 8B on an H100 takes at least the 4.48 ms in which its layers and head are read") {
  // 8.03e9 parameters less the 128256 * 4096 of the embedding, which is looked up: 15.01 GB over 3.35 TB/s.
  const auto r = run(h100(), textbook::llama_3_8b(), decode(1, 0), ideal());
  CHECK(r.latency.value.in(unit<"ms">) == doctest::Approx(4.481).epsilon(2e-3));
  CHECK(r.pass.bound == Bound::memory);
  CHECK(r.mbu == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("a pass never beats its lower bounds, and the parts add up to it") {
  const auto device = textbook::accelerator();
  for (auto const& shape : shapes) {
    CAPTURE(shape.batch.value);
    CAPTURE(shape.new_tokens.value);
    const auto r = run(device, textbook::llama_3_8b(), shape);
    CHECK(r.latency.value >= r.pass.bytes.value / device.memory.hbm->bandwidth->value);
    CHECK(r.latency.value >= r.pass.model_work.value / device.peak[Precision::bf16]->value * (shape.cached_tokens.value > 0 ? 1.0 : 0.5));
    CHECK(r.mbu <= 1);
    CHECK(r.compute_utilisation <= 1);
    Time parts{};
    Work work{};
    for (auto const& p : r.pass.operators) {
      parts += p.time.value;
      CHECK(p.time.value >= p.compute_time.value);
      CHECK(p.time.value >= p.memory_time.value);
      work += p.op->work.value * p.op->repeat.value;
    }
    CHECK(parts / r.latency.value == doctest::Approx(1).epsilon(1e-12));
    CHECK(work / r.pass.work.value == doctest::Approx(1).epsilon(1e-12));
    CHECK(r.energy.value.raw() == doctest::Approx(r.power.value.raw() * r.latency.value.raw()));
  }
}

TEST_CASE("a faster memory or a faster core never slows a pass down") {
  const auto device = textbook::accelerator();
  for (auto const& shape : shapes)
    for (double factor : {1.01, 2.0, 100.0}) {
      auto memory = device, core = device;
      memory.memory.hbm->bandwidth->value *= factor;
      core.peak[Precision::bf16]->value *= factor;
      const Time before = run(device, textbook::llama_3_8b(), shape).latency.value;
      CHECK(run(memory, textbook::llama_3_8b(), shape).latency.value <= before);
      CHECK(run(core, textbook::llama_3_8b(), shape).latency.value <= before);
    }
}

TEST_CASE("large batches are bound by compute, single tokens by memory") {
  CHECK(run(textbook::accelerator(), textbook::llama_3_8b(), prefill(32, 2048)).pass.bound == Bound::compute);
  CHECK(run(textbook::accelerator(), textbook::llama_3_8b(), decode(1, 128)).pass.bound == Bound::memory);
  // With growing batches the share of the peak approaches what matrix products reach.
  double before = 0;
  for (int batch : {1, 4, 16, 64, 256, 1024}) {
    const double reached = run(textbook::accelerator(), textbook::llama_3_8b(), decode(batch, 16)).compute_utilisation;
    CHECK(reached > before);
    before = reached;
  }
  CHECK(before > 0.5);
  CHECK(before < 0.6);
}

TEST_CASE("latency grows with the batch, throughput too") {
  Time latency{};
  TokenRate rate{};
  for (int batch : {1, 2, 8, 64, 512}) {
    const auto r = run(textbook::accelerator(), textbook::llama_3_8b(), decode(batch, 512));
    CHECK(r.latency.value > latency);
    CHECK(r.token_throughput->value > rate);
    latency = r.latency.value;
    rate = r.token_throughput->value;
  }
}

TEST_CASE("training takes three times the work of its forward pass, recomputation is executed but not counted by MFU") {
  const auto device = textbook::accelerator();
  const auto model = textbook::llama_3_8b();
  Ledger ledger;
  const EfficiencyModel efficiency(textbook::calibration(), device, Precision::bf16, {}, ledger);
  const auto with = [&](double f) { return solve({&model, &device, &efficiency, prefill(1, 2048), {{f, {}}, {f, {}}, {f, {}}}}, ledger); };
  const auto forward = with(1), training = with(3), recomputing = with(4);
  CHECK(training.pass.work.value / forward.pass.work.value == doctest::Approx(3));
  CHECK(recomputing.pass.work.value / forward.pass.work.value == doctest::Approx(4));
  CHECK(recomputing.pass.model_work.value == training.pass.model_work.value);
  CHECK(recomputing.mfu < training.mfu);
  CHECK(recomputing.compute_utilisation == doctest::Approx(training.compute_utilisation));
}

TEST_CASE("without residuals the interval is the value, with them it is priced at both ends") {
  const auto exact = run(textbook::accelerator(), textbook::llama_3_8b(), decode(1, 64));
  CHECK(exact.latency_interval.low == exact.latency.value.raw());
  CHECK(exact.latency_interval.high == exact.latency.value.raw());

  Ledger ledger;
  Fact f;
  f.path = "textbook.share";
  f.range = Interval{0.4, 1.0};
  const Origin measured = ledger.add(std::move(f));
  Calibration c = textbook::calibration();
  for (auto& row : c.operators) row.compute.origin = row.bandwidth.origin = measured;
  const auto device = textbook::accelerator();
  const auto model = textbook::llama_3_8b();
  const EfficiencyModel efficiency(c, device, Precision::bf16, {}, ledger);
  const auto r = solve({&model, &device, &efficiency, decode(1, 64)}, ledger);
  // The wider of both shares counts: bandwidth 0.8 is twice as slow at 0.4, compute 0.6 takes 0.6 of the time at 1.
  CHECK(r.latency_interval.high / r.latency.value.raw() == doctest::Approx(2).epsilon(1e-3));
  CHECK(r.latency_interval.low / r.latency.value.raw() == doctest::Approx(0.6).epsilon(1e-3));
}

TEST_CASE("a format which the device lacks runs on the next wider one, and the result says so") {
  Ledger ledger;
  ledger.recording = true;
  const auto device = textbook::accelerator();
  CHECK(peak_for(device, Precision::fp8, true, ledger).value == 100 * unit<"TFLOP/s">);
  REQUIRE(ledger.facts().size() == 1);
  CHECK(ledger.facts()[0].path == "precision.matrix");
  CHECK(ledger.facts()[0].note.find("bf16 is used") != std::string::npos);
  CHECK(peak_for(device, Precision::bf16, true, ledger).value == 100 * unit<"TFLOP/s">);
  CHECK(ledger.facts().size() == 1);
}

TEST_CASE("a format narrower than everything asked for never stands in for a wider one") {
  Ledger ledger;
  hardware::Device d = textbook::accelerator();
  CHECK_THROWS_AS(peak_for(d, Precision::fp64, true, ledger), std::invalid_argument);
  d.peak[Precision::fp8] = Sourced<ComputeRate>{200 * unit<"TFLOP/s">, {}};
  CHECK(peak_for(d, Precision::bf16, true, ledger).value == 100 * unit<"TFLOP/s">);
}

TEST_CASE("operators without products run on the vector units") {
  Ledger ledger;
  CHECK(peak_for(textbook::accelerator(), Precision::bf16, false, ledger).value == 20 * unit<"TFLOP/s">);
}

TEST_CASE("power lies between idle and the design power") {
  for (auto const& shape : shapes) {
    const auto r = run(textbook::accelerator(), textbook::llama_3_8b(), shape);
    CHECK(r.power.value >= 60 * unit<"W">);
    CHECK(r.power.value <= 300 * unit<"W">);
  }
}

TEST_CASE("every reported number of a pass has an origin when the ledger records") {
  Ledger ledger;
  ledger.recording = true;
  const auto model = textbook::llama_3_8b();
  auto device = textbook::accelerator();
  const EfficiencyModel efficiency(textbook::calibration(), device, Precision::bf16, {}, ledger);
  for (auto const& m : report(solve({&model, &device, &efficiency, decode(4, 100)}, ledger)).metrics) {
    CAPTURE(m.id);
    if (m.id == "peak" || m.id == "bandwidth") continue;  // the device's own, which the textbook made up
    CHECK(m.origin.kind() != Origin::Kind::unknown);
  }
}

TEST_CASE("a 3 x 3 convolution in fp32 multiplies a quarter as often by minimal filtering, where moving the transformed tensors pays") {
  auto device = textbook::accelerator();
  device.peak[Precision::fp32] = Sourced<ComputeRate>{10 * unit<"TFLOP/s">, {}};
  device.compute.emplace();
  device.compute->units = textbook::count(4);
  Calibration c = ideal();
  c.depth_ramp = Real{0, {}};
  Ledger ledger;
  const EfficiencyModel efficiency(c, device, Precision::fp32, {}, ledger);
  const auto with = [&](double channels, double blocks, Precision precision = Precision::fp32) {
    workload::Operator op;
    op.kind = workload::OperatorKind::convolution, op.compute = precision, op.repeat = {1, {}};
    op.m = 16 * 1024, op.n = channels, op.k = 9 * channels, op.blocks = blocks;
    op.work = op.model_work = {2 * op.m * op.n * op.k * unit<"FLOP">, {}};
    op.input = op.output = {4 * op.m * channels * unit<"B">, {}};
    op.weights = {4 * 9 * channels * channels * unit<"B">, {}};
    return price({op}, device, efficiency, {{1, {}}, {1, {}}, {1, {}}}, ledger);
  };
  // 1024 blocks, 512 channels: 36 * 2 * 1024 * 512^2 = 19.3 GFLOP in 1.933 ms where 144 products take 7.731 ms. The products move
  // 36 * 4 B * (1024 * 1024 + 512^2) = 188.7 MB, and the transforms as much and the operator's own 76.5 MB: 0.265 ms at 1 TB/s.
  const auto fast = with(512, 1024), direct = with(512, 0);
  CHECK(direct.time.value.in(unit<"ms">) == doctest::Approx(7.731).epsilon(1e-3));
  CHECK(fast.time.value.in(unit<"ms">) == doctest::Approx(1.933 + 0.265).epsilon(1e-3));
  CHECK(fast.work.value.raw() == doctest::Approx(direct.work.value.raw() / 4));
  CHECK(fast.model_work.value == direct.model_work.value);
  CHECK(fast.bytes.value > 2 * direct.bytes.value);
  // With few channels there is little to save, and a filter of four channels fills no tile of 128.
  CHECK(with(4, 1024).time.value == with(4, 0).time.value);
  // Matrix units multiply faster than tensors can be transformed: libraries do not filter there.
  CHECK(with(512, 1024, Precision::bf16).work.value.raw() == direct.work.value.raw());
}
