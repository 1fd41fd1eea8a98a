#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/equations/tiling.hpp"
#include "mlsysim/solvers/performance.hpp"
#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using workload::OperatorKind;
using workload::Precision;

namespace {

/// A share which was read from a registry, with the ends of its interval.
Real measured(Ledger& ledger, double value, double low, double high) {
  Fact f;
  f.path = "textbook.share";
  f.value = value;
  f.range = Interval{low, high};
  return {value, ledger.add(std::move(f))};
}

Calibration one_row(Ledger& ledger) {
  Calibration c;
  c.operators.push_back(textbook::row(OperatorKind::gemm, measured(ledger, 0.7, 0.4, 0.9), measured(ledger, 0.8, 0.75, 1.2)));
  c.dispatch.push_back({hardware::Tier::cloud, {4 * unit<"us">, {}}});
  return c;
}

EfficiencyModel model_of(Calibration const& c, hardware::Device const& d, Ledger& ledger, Precision p = Precision::bf16) { return {c, d, p, {}, ledger}; }

CalibrationRow of_device(std::string device, std::optional<Precision> p, double compute) {
  CalibrationRow r;
  r.device = std::move(device);
  r.precision = p;
  r.compute = {compute, {}}, r.bandwidth = {1, {}};
  return r;
}

/// A GPU of 100 units and a peak of 100 TFLOP/s.
hardware::Device gpu() {
  hardware::Device d = textbook::accelerator();
  d.family = "textbook";
  d.compute.emplace();
  d.compute->units = textbook::count(100);
  d.compute->clock = Sourced<Frequency>{1 * unit<"GHz">, {}};
  return d;
}

Calibration tiled() {
  Calibration c;
  c.depth_ramp = Real{0, {}};
  for (OperatorKind k : {OperatorKind::gemm, OperatorKind::attention}) {
    CalibrationRow r = textbook::row(k, {1, {}}, {1, {}});
    c.operators.push_back(r);
  }
  c.dispatch.push_back({hardware::Tier::cloud, {}});
  return c;
}

Time time_of(workload::Operator const& op, Calibration const& c, hardware::Device const& d) {
  Ledger ledger;
  return price({op}, d, model_of(c, d, ledger), {{1, {}}, {1, {}}, {1, {}}}, ledger).time.value;
}

workload::Operator product(double m, double n, double k) {
  workload::Operator o;
  o.m = m, o.n = n, o.k = k;
  o.repeat = {1, {}};
  o.work = o.model_work = {2 * m * n * k * unit<"FLOP">, {}};
  return o;
}

}  // namespace

TEST_CASE("a class without measurements is priced at the bound, and says so") {
  Ledger ledger;
  ledger.recording = true;
  const auto model = model_of(one_row(ledger), textbook::accelerator(), ledger);
  CHECK(model.of(OperatorKind::gemm).compute == 0.7);
  CHECK(model.of(OperatorKind::attention).compute == 1);
  CHECK(model.of(OperatorKind::attention).confidence == Confidence::theoretical);
  Fact const* why = ledger.fact(model.of(OperatorKind::attention).compute.origin);
  REQUIRE(why);
  CHECK(why->path == "efficiency.unmeasured");
}

TEST_CASE("a row holds for its tier alone") {
  Ledger ledger;
  hardware::Device edge = textbook::accelerator();
  edge.tier = hardware::Tier::edge;
  const auto model = model_of(one_row(ledger), edge, ledger);
  CHECK(model.of(OperatorKind::gemm).compute == 1);
  CHECK(model.of(OperatorKind::gemm).dispatch.value == Time{});
}

TEST_CASE("the most specific row counts, and says how much it is worth") {
  Ledger ledger;
  Calibration c = one_row(ledger);
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::gemm).confidence == Confidence::theoretical);
  CalibrationRow family = textbook::row(OperatorKind::gemm, {0.6, {}}, {1, {}});
  family.tier.reset();
  family.family = "textbook";
  c.operators.push_back(family);
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::gemm).compute == 0.6);
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::gemm).confidence == Confidence::interpolated);
  c.operators.push_back(of_device("textbook_accelerator", Precision::fp8, 0.4));
  c.operators.push_back(of_device("textbook_accelerator", Precision::bf16, 0.5));
  c.operators.push_back(of_device("another", Precision::bf16, 0.1));
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::gemm).compute == 0.5);
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::gemm).confidence == Confidence::calibrated);
  CHECK(model_of(c, gpu(), ledger, Precision::fp16).of(OperatorKind::gemm).confidence == Confidence::calibrated);
  CHECK(model_of(c, gpu(), ledger, Precision::fp8).of(OperatorKind::gemm).compute == 0.4);
}

TEST_CASE("a row of the vendor goes before one of the kind of device, and counts no more") {
  Ledger ledger;
  Calibration c;
  CalibrationRow any = textbook::row(OperatorKind::gemm, {0.6, {}}, {1, {}}), ours = any;
  any.tier.reset(), ours.tier.reset();
  any.devices = ours.devices = hardware::DeviceKind::gpu;
  ours.vendor = "Textbook Inc.", ours.compute = {0.3, {}};
  c.operators = {ours, any};
  auto d = gpu();
  d.kind = hardware::DeviceKind::gpu;
  CHECK(model_of(c, d, ledger).of(OperatorKind::gemm).compute == 0.6);
  d.vendor = "Textbook Inc.";
  CHECK(model_of(c, d, ledger).of(OperatorKind::gemm).compute == 0.3);
  CHECK(model_of(c, d, ledger).of(OperatorKind::gemm).confidence == Confidence::theoretical);
}

TEST_CASE("shares brought to a few rows of the device are no calibration of it") {
  Ledger ledger;
  Calibration c;
  c.operators.push_back(of_device("textbook_accelerator", Precision::bf16, 0.5));
  c.operators[0].anchored = true;
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::gemm).compute == 0.5);
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::gemm).confidence == Confidence::interpolated);
}

TEST_CASE("gated activations without rows of their own are streams, also those of an engine") {
  Ledger ledger;
  Calibration c;
  c.operators.push_back(textbook::row(OperatorKind::elementwise, {1, {}}, {0.9, {}}));
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::activation).bandwidth == 0.9);
  c.operators.push_back(textbook::row(OperatorKind::activation, {1, {}}, {0.5, {}}));
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::activation).bandwidth == 0.5);
  c.operators.push_back(textbook::row(OperatorKind::elementwise, {1, {}}, {0.7, {}}));
  c.operators.back().of_engine = true;
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::activation).bandwidth == 0.7);
}

TEST_CASE("products on CUDA cores say nothing about matrix units") {
  Ledger ledger;
  Calibration c;
  c.operators.push_back(of_device("textbook_accelerator", Precision::fp32, 0.9));
  CHECK(model_of(c, gpu(), ledger, Precision::bf16).of(OperatorKind::gemm).compute == 1);
  CHECK(model_of(c, gpu(), ledger, Precision::fp32).of(OperatorKind::gemm).compute == 0.9);
}

TEST_CASE("a convolution without rows of its own is an implicit product, as trustworthy as a transfer") {
  Ledger ledger;
  Calibration c;
  c.operators.push_back(of_device("textbook_accelerator", Precision::bf16, 0.5));
  const auto e = model_of(c, gpu(), ledger).of(OperatorKind::convolution);
  CHECK(e.compute == 0.5);
  CHECK(e.confidence == Confidence::interpolated);
}

TEST_CASE("the interval is that of the residuals, or else of the shares' ranges") {
  Ledger ledger;
  // 0.7 / 0.4 = 1.75 slower at worst, 0.7 / 0.9 at best; bandwidth 0.8 / 0.75 and 0.8 / 1.2.
  const auto ranged = model_of(one_row(ledger), textbook::accelerator(), ledger);
  const auto op = product(512, 512, 512);
  const std::vector<OperatorShare> alone{{&op, 1}};
  CHECK(ranged.at_end(-1).stretch(alone) == doctest::Approx(1.75));
  CHECK(ranged.at_end(1).stretch(alone) == doctest::Approx(0.8 / 1.2));
  CHECK(ranged.stretch(alone) == 1);
  Calibration c = one_row(ledger);
  c.operators[0].residuals = Residuals{{0.9, {}}, {1.2, {}}, textbook::count(100), Real{0.3, {}}};
  const auto fitted = model_of(c, textbook::accelerator(), ledger);
  CHECK(fitted.at_end(-1).stretch(alone) == doctest::Approx(1.2));
  CHECK(fitted.at_end(1).stretch(alone) == doctest::Approx(0.9));
}

TEST_CASE("deviations of shapes average out over a pass, and what they share does not") {
  Ledger ledger;
  Calibration c = one_row(ledger);
  const auto wide = [&](std::optional<double> shared) {
    c.operators[0].residuals = Residuals{{0.5, {}}, {2, {}}, textbook::count(100), {}};
    if (shared) c.operators[0].residuals->shared = Real{*shared, {}};
    return model_of(c, textbook::accelerator(), ledger);
  };
  const std::vector<workload::Operator> four{product(512, 512, 512), product(512, 512, 1024), product(512, 512, 2048), product(512, 512, 4096)};
  std::vector<OperatorShare> pass;
  for (auto const& op : four) pass.push_back({&op, 1});
  // ln 2 halves in the mean of four.
  CHECK(wide(0).at_end(-1).stretch(pass) == doctest::Approx(std::sqrt(2)));
  CHECK(wide(0).at_end(1).stretch(pass) == doctest::Approx(std::sqrt(0.5)));
  CHECK(wide(1).at_end(-1).stretch(pass) == doctest::Approx(2));
  CHECK(wide({}).at_end(-1).stretch(pass) == doctest::Approx(2));
  // A quarter shared: (1/4 + 3/4 / 4) of the variance.
  CHECK(wide(0.25).at_end(-1).stretch(pass) == doctest::Approx(std::exp(std::log(2) * std::sqrt(7.0 / 16))));
  // Layers repeat their shapes: four of one shape are no surer than one.
  CHECK(wide(0).at_end(-1).stretch(std::vector<OperatorShare>(4, OperatorShare{&four[0], 1})) == doctest::Approx(2));
}

TEST_CASE("a pass adds what whole passes were off by, but not to residuals of whole passes, and what has no interval gets none") {
  Ledger ledger;
  Calibration c = one_row(ledger);
  Spread spread;
  spread.passes = Residuals{{0.8, {}}, {1.25, {}}, textbook::count(50), {}};
  spread.passes_left_out = Residuals{{0.5, {}}, {2, {}}, textbook::count(50), {}};
  const auto op = product(512, 512, 512);
  const std::vector<OperatorShare> pass{{&op, 1}};
  const auto slow = [&](std::optional<Real> shared) {
    c.operators[0].residuals = Residuals{{0.8, {}}, {1.25, {}}, textbook::count(100), shared};
    auto model = model_of(c, textbook::accelerator(), ledger);
    model.whole_passes(spread);
    return model.at_end(-1).stretch(pass);
  };
  // The row is of no device and of no family.
  CHECK(slow(Real{0, {}}) == doctest::Approx(std::exp(std::hypot(std::log(1.25), std::log(2)))));
  CHECK(slow({}) == doctest::Approx(1.25));
  c.operators[0].device = textbook::accelerator().id;
  CHECK(slow(Real{0, {}}) == doctest::Approx(std::exp(std::hypot(std::log(1.25), std::log(1.25)))));
  workload::Operator scan = op;
  scan.kind = OperatorKind::scan;
  auto model = model_of(c, textbook::accelerator(), ledger);
  model.whole_passes(spread);
  CHECK(model.at_end(-1).stretch(std::vector<OperatorShare>{{&scan, 1}}) == 1);
}

TEST_CASE("the host's time has the interval of the hosts which were measured") {
  Ledger ledger;
  Fact f;
  f.path = "textbook.host";
  f.value = (20 * unit<"us">).raw();
  f.range = Interval{(15 * unit<"us">).raw(), (40 * unit<"us">).raw()};
  Calibration hosts;
  hosts.hosts.push_back({workload::Launch::interpreter, {20 * unit<"us">, ledger.add(std::move(f))}});
  auto model = model_of(one_row(ledger), textbook::accelerator(), ledger);
  model.started_by(workload::Launch::interpreter, hosts, ledger);
  CHECK(model.at_end(-1).host_dispatch().value.in(unit<"us">) == doctest::Approx(40));
  CHECK(model.at_end(1).host_dispatch().value.in(unit<"us">) == doctest::Approx(15));
  // A pass of three operators which waits for its host.
  const workload::Pass pass{product(1, 1, 1), product(1, 1, 1), product(1, 1, 1)};
  const auto time = [&](EfficiencyModel const& m) { return price(pass, textbook::accelerator(), m, {{1, {}}, {1, {}}, {1, {}}}, ledger).time.value.in(unit<"us">); };
  CHECK(time(model) == doctest::Approx(60));
  CHECK(time(model.at_end(-1)) == doctest::Approx(120));
  CHECK(time(model.at_end(1)) == doctest::Approx(45));
}

TEST_CASE("what a scenario puts in place of the prediction holds everywhere, without an interval, and marks the model") {
  Ledger ledger;
  EfficiencyOverride given;
  given.compute = Real{0.5, {}};
  const EfficiencyModel model(one_row(ledger), textbook::accelerator(), Precision::bf16, given, ledger);
  CHECK(model.overridden());
  for (OperatorKind k : {OperatorKind::gemm, OperatorKind::attention, OperatorKind::scan}) {
    CHECK(model.of(k).compute == 0.5);
    CHECK(model.of(k).confidence == Confidence::theoretical);
    const auto op = product(512, 512, 512);
    CHECK(model.at_end(-1).stretch(std::vector<OperatorShare>{{&op, 1}}) == 1);
  }
  CHECK(model.of(OperatorKind::gemm).bandwidth == 0.8);
}

TEST_CASE("a product one row wider than its tiles pays for another row of tiles") {
  // 100 units. 1280 x 1280 fills 100 tiles of 128 x 128: the machine runs at its peak, 2 * 1280^3 / 100 TFLOP/s = 41.9 us.
  auto const full = time_of(product(1280, 1280, 1280), tiled(), gpu());
  CHECK(full.in(unit<"us">) == doctest::Approx(2 * 1280. * 1280 * 1280 / 100e12 * 1e6));
  CHECK(time_of(product(1281, 1280, 1280), tiled(), gpu()) > 1.05 * full);
}

TEST_CASE("no cut is better than the peak, and more work of one shape never takes less time") {
  for (double m : {1.0, 17.0, 100.0, 1000.0, 5000.0})
    for (double n : {64.0, 1000.0, 8192.0})
      for (double k : {64.0, 1000.0, 16384.0}) {
        auto const t = time_of(product(m, n, k), tiled(), gpu());
        CHECK(t.raw() >= 2 * m * n * k / 100e12 * (1 - 1e-12));
        auto bigger = product(m, n, k);
        bigger.batch = 2, bigger.work.value *= 2.0;
        CHECK(time_of(bigger, tiled(), gpu()) >= t);
      }
}

TEST_CASE("a deep product with few tiles is cut along its depth") {
  // 64 x 64 x 25600 is one tile: alone it would use 1 of 100 units.
  auto const t = time_of(product(64, 64, 25600), tiled(), gpu());
  CHECK(t.raw() < 0.1 * 2 * 64. * 64 * 25600 / 1e12);
}

TEST_CASE("an expert's rows are padded by half a tile in the mean, and no expert which is visited has less than one") {
  CHECK(eq::grouped_tiles(8, 100, 256, 64, 128) == doctest::Approx(8 * (100. / 64 + 0.5) * 2));
  CHECK(eq::grouped_tiles(8, 1, 256, 64, 128) == 8 * 2);
  // 100 experts with 128 rows of 128 columns: with tiles of 128 x 128 there are 150 of them, two waves of 100 units; the shares of tiles and waves are
  // 100 / 150 and 150 / 200. Plain products of these shapes fill one wave.
  auto o = product(128, 128, 1024);
  o.batch = 100, o.work.value *= 100.0;
  Calibration c = tiled();
  c.operators.push_back(textbook::row(OperatorKind::grouped_gemm, {1, {}}, {1, {}}));
  const auto plain = time_of(o, c, gpu());
  o.kind = OperatorKind::grouped_gemm;
  const auto grouped = time_of(o, c, gpu());
  CHECK(grouped >= plain);
  CHECK(grouped <= plain * 2.0 * (1 + 1e-9));
}

TEST_CASE("products of experts without measurements are priced as dense ones") {
  Ledger ledger;
  Calibration c;
  c.operators.push_back(of_device("textbook_accelerator", Precision::bf16, 0.7));
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::grouped_gemm).compute.value == 0.7);
}

TEST_CASE("what only moves rows around products has a share of its own where that was measured") {
  Ledger ledger;
  Calibration c;
  CalibrationRow r = of_device("textbook_accelerator", Precision::bf16, 0.7);
  r.kind = OperatorKind::grouped_gemm, r.bandwidth = {0.8, {}};
  c.operators.push_back(r);
  CHECK(model_of(c, gpu(), ledger).of(OperatorKind::grouped_gemm).moving.value == 0.8);
  c.operators.back().moving = Real{0.2, {}};
  const auto model = model_of(c, gpu(), ledger);
  workload::Operator o;
  o.kind = OperatorKind::grouped_gemm, o.matrix = false, o.repeat = {1, {}};
  o.input = {1e9 * unit<"B">, {}};
  CHECK(price({o}, gpu(), model, {{1, {}}, {1, {}}, {1, {}}}, ledger).operators[0].memory_time.value.raw() == doctest::Approx(1e9 / 0.2e12));
  o.matrix = true, o.work = {1 * unit<"FLOP">, {}};
  CHECK(price({o}, gpu(), model, {{1, {}}, {1, {}}, {1, {}}}, ledger).operators[0].memory_time.value.raw() == doctest::Approx(1e9 / 0.8e12));
}

TEST_CASE("causal attention computes half a tile beyond the diagonal, and waits for its exponentials") {
  // One head, 128 queries: 128 * 129 / 2 = 8256 pairs count. In one tile of 128 queries 8256 + 128 * 64 are computed, by one of 100 units;
  // in two tiles of 64 queries 8256 + 128 * 32, by two: 8256 / 12352 * 2 / 100 of the peak. Then 8256 exponentials at 16 * 100 a ns.
  workload::Operator o;
  o.kind = OperatorKind::attention;
  o.m = 128, o.n = 128, o.k = 64, o.batch = 1;
  o.repeat = {1, {}};
  o.work = {4 * 64 * 8256 * unit<"FLOP">, {}};
  o.model_work = {4 * 64. * 128 * 128 * unit<"FLOP">, {}};
  const double products = 4 * 64 * 8256 / (100e12 * (8256. / 12352) * 0.02), exponentials = 8256 / (16 * 100 * 1e9);
  CHECK(time_of(o, tiled(), gpu()).raw() == doctest::Approx(products + exponentials));
}

TEST_CASE("kernels for narrow weights stand for one format of products, those of attention for the cache") {
  Ledger ledger;
  Calibration c;
  c.operators.push_back(of_device("textbook_accelerator", Precision::bf16, 0.9));
  CalibrationRow r = of_device("textbook_accelerator", Precision::bf16, 0.3);
  r.weights = Precision::fp8;
  c.operators.push_back(r);
  r.kind = OperatorKind::attention, r.compute = {0.2, {}};
  c.operators.push_back(r);
  r.weights = {}, r.compute = {0.4, {}};
  c.operators.push_back(r);
  const auto with = [&](Precision compute, Precision weights, Precision cache) { return EfficiencyModel(c, gpu(), compute, {}, ledger, weights, cache); };
  CHECK(with(Precision::bf16, Precision::fp8, Precision::bf16).of(OperatorKind::gemm).compute.value == 0.3);
  CHECK(with(Precision::bf16, Precision::bf16, Precision::fp8).of(OperatorKind::gemm).compute.value == 0.9);
  // Products in fp8 of weights in fp8 are other kernels than products in bf16 of weights in fp8.
  CHECK(with(Precision::fp8, Precision::fp8, Precision::bf16).of(OperatorKind::gemm).compute.value == 0.9);
  CHECK(with(Precision::bf16, Precision::bf16, Precision::fp8).of(OperatorKind::attention).compute.value == 0.2);
  CHECK(with(Precision::fp8, Precision::fp8, Precision::fp8).of(OperatorKind::attention).compute.value == 0.2);
  CHECK(with(Precision::bf16, Precision::fp8, Precision::bf16).of(OperatorKind::attention).compute.value == 0.4);
}

TEST_CASE("rows of the engine go before all others, and those of its stored weights before its others") {
  Ledger ledger;
  Calibration c;
  c.operators.push_back(of_device("textbook_accelerator", Precision::bf16, 0.9));
  CalibrationRow r = of_device("", {}, 0.5);
  r.devices = hardware::DeviceKind::gpu, r.of_engine = true;
  c.operators.push_back(r);
  r.compute = {0.3, {}}, r.weights = Precision::int4;
  c.operators.push_back(r);
  const auto with = [&](Precision weights) { return EfficiencyModel(c, gpu(), Precision::bf16, {}, ledger, weights).of(OperatorKind::gemm).compute.value; };
  CHECK(with(Precision::int4) == 0.3);
  CHECK(with(Precision::bf16) == 0.5);
  // Convolutions are products of the same engine.
  CHECK(EfficiencyModel(c, gpu(), Precision::bf16, {}, ledger, Precision::int4).of(OperatorKind::convolution).compute == 0.3);
}

TEST_CASE("a board whose rate with fp32 accumulation is halved feeds its units easily; one which throttles in fp32 throttles in 16 bits") {
  Ledger ledger;
  Calibration c;
  CalibrationRow r = of_device("", Precision::bf16, 0.7);
  r.devices = hardware::DeviceKind::gpu;
  c.operators.push_back(r);
  auto d = gpu();
  const auto share = [&] { return model_of(c, d, ledger).of(OperatorKind::gemm).compute.value; };
  d.peak[Precision::int8] = Sourced<ComputeRate>{200 * unit<"TFLOP/s">, {}};
  CHECK(share() == 0.7);
  d.peak[Precision::int8] = Sourced<ComputeRate>{240 * unit<"TFLOP/s">, {}};
  CHECK(share() == doctest::Approx(0.84));
  d.peak[Precision::int8] = Sourced<ComputeRate>{400 * unit<"TFLOP/s">, {}};
  CHECK(share() == 0.95);
  // In fp32 the class reaches 0.8 and this device 0.4: it holds half of its clock.
  r.precision = Precision::fp32, r.compute = {0.8, {}};
  c.operators.push_back(r);
  c.operators.push_back(of_device("textbook_accelerator", Precision::fp32, 0.4));
  d.peak[Precision::int8].reset();
  CHECK(share() == doctest::Approx(0.35));
}

TEST_CASE("kernels of a framework hold for their family and for the attention which runs, over both passes and with their data apart") {
  Ledger ledger;
  Calibration c = tiled();
  FrameworkRow norm, fused;
  norm.family = "textbook", norm.kind = OperatorKind::normalization, norm.bandwidth = Real{0.5, {}};
  fused.family = "textbook", fused.kind = OperatorKind::attention, fused.kernel = workload::AttentionKernel::flash_2;
  fused.compute = Real{0.25, {}}, fused.bandwidth = Real{0.5, {}};
  const std::vector<FrameworkRow> rows{norm, fused};

  auto model = model_of(c, gpu(), ledger);
  model.framework_kernels(rows, workload::AttentionKernel::flash, gpu());
  CHECK(model.of(OperatorKind::attention).compute == 1);
  model.framework_kernels(rows, workload::AttentionKernel::flash_2, gpu());
  auto const& e = model.of(OperatorKind::attention);
  CHECK(e.compute == 0.25);
  CHECK((e.both && e.whole && e.serial));

  hardware::Device other = gpu();
  other.family = "another";
  auto elsewhere = model_of(c, other, ledger);
  elsewhere.framework_kernels(rows, workload::AttentionKernel::flash_2, other);
  CHECK(elsewhere.of(OperatorKind::attention).compute == 1);

  // 100 heads of 128 queries and keys fill the 100 units once: 4 * 128 * 128 * 128 FLOP a head at a quarter of 100 TFLOP/s, and 1 GB at half of the
  // bandwidth, one after the other.
  workload::Operator o;
  o.kind = OperatorKind::attention, o.m = o.n = o.k = 128, o.batch = 100, o.repeat = {1, {}};
  o.work = o.model_work = {4.0 * 128 * 128 * 128 * 100 * unit<"FLOP">, {}};
  o.input = {1e9 * unit<"B">, {}};
  Ledger quiet;
  const auto price_of = [&](EfficiencyModel const& m) { return price({o}, gpu(), m, {{1, {}}, {1, {}}, {1, {}}}, quiet).operators.front(); };
  const auto p = price_of(model);
  CHECK(p.compute_time.value.in(unit<"us">) == doctest::Approx(4.0 * 128 * 128 * 128 * 100 / 25e12 * 1e6));
  CHECK(p.time.value.raw() == doctest::Approx((p.compute_time.value + p.memory_time.value).raw()));
  auto const plain = price_of(model_of(c, gpu(), ledger));
  CHECK(plain.time.value.raw() == doctest::Approx(std::max(plain.compute_time.value.raw(), plain.memory_time.value.raw())));
}

TEST_CASE("a power limit slows products alone, and only those of the device it was measured on") {
  Ledger ledger;
  const Calibration c = tiled();
  SustainedRow row;
  row.device = "textbook_accelerator", row.share = {0.9, {}};
  auto model = model_of(c, gpu(), ledger);
  model.throttled({row}, gpu(), Precision::bf16, ledger);
  CHECK(model.of(OperatorKind::gemm).compute.value == doctest::Approx(0.9));
  CHECK(model.of(OperatorKind::attention).compute == 1);
  CHECK(model.of(OperatorKind::gemm).bandwidth == 1);
  row.device = "another";
  auto other = model_of(c, gpu(), ledger);
  other.throttled({row}, gpu(), Precision::bf16, ledger);
  CHECK(other.of(OperatorKind::gemm).compute == 1);
  EfficiencyOverride given;
  given.compute = Real{0.5, {}};
  EfficiencyModel students(c, gpu(), Precision::bf16, given, ledger);
  row.device = "textbook_accelerator";
  students.throttled({row}, gpu(), Precision::bf16, ledger);
  CHECK(students.of(OperatorKind::gemm).compute == 0.5);
}
