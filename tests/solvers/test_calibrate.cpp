#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/solvers/calibrate.hpp"
#include "mlsysim/solvers/performance.hpp"
#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using workload::OperatorKind;

namespace {

constexpr double ramp = 32;

hardware::Device gpu() {
  hardware::Device d = textbook::accelerator();
  d.compute.emplace();
  d.compute->units = textbook::count(100);
  return d;
}

/// Products of many shapes, timed by a machine which reaches known shares; every `noise`th row takes a tenth longer.
std::vector<Measurement> synthetic(double compute, double bandwidth, Time overhead, int noise = 0) {
  Calibration ideal;
  ideal.depth_ramp = Real{ramp, {}};
  CalibrationRow r = textbook::row(OperatorKind::gemm, {compute, {}}, {bandwidth, {}});
  r.overhead = Sourced<Time>{overhead, {}};
  ideal.operators.push_back(r);
  Ledger ledger;
  const EfficiencyModel model(ideal, gpu(), workload::Precision::bf16, {}, ledger);
  std::vector<Measurement> rows;
  for (double m : {1.0, 16.0, 100.0, 512.0, 2000.0, 8192.0})
    for (double n : {256.0, 4096.0})
      for (double k : {128.0, 1000.0, 8192.0}) {
        Measurement x;
        auto& op = x.operators.emplace_back();
        op.m = m, op.n = n, op.k = k, op.repeat = {1, {}};
        op.work = {2 * m * n * k * unit<"FLOP">, {}};
        op.weights = {2 * (m * k + n * k + m * n) * unit<"B">, {}};
        x.time = price({op}, gpu(), model, {{1, {}}, {1, {}}, {1, {}}}, ledger).time.value;
        if (noise && rows.size() % static_cast<std::size_t>(noise) == 0) x.time *= 1.1;
        rows.push_back(std::move(x));
      }
  return rows;
}

}  // namespace

TEST_CASE("a fit finds the shares of the machine which was measured") {
  const auto rows = synthetic(0.7, 0.6, 5 * unit<"us">);
  const Fit f = fit(rows, gpu(), ramp, {});
  CHECK(f.compute == doctest::Approx(0.7).epsilon(0.02));
  CHECK(f.bandwidth == doctest::Approx(0.6).epsilon(0.02));
  CHECK(f.overhead.in(unit<"us">) == doctest::Approx(5).epsilon(0.02));
  CHECK(f.compute_seen);
  CHECK(f.bandwidth_seen);
  CHECK(f.overhead_seen);
  CHECK(f.median_error < 0.02);
}

TEST_CASE("residuals are those of rows which the fit had not seen, and show noise") {
  const Fit f = fit(synthetic(0.7, 0.6, 5 * unit<"us">, 3), gpu(), ramp, {});
  CHECK(f.ratios.size() == 36);
  CHECK(quantile(f.ratios, 0.95) == doctest::Approx(1.1).epsilon(0.03));
}

TEST_CASE("the variance which groups share is found by analysis of variance") {
  // Three groups of two about 1, 2 and 4, members a factor 1.1 apart: by hand, the means' variance less half the members' over their sum.
  const double step = std::sqrt(1.1);
  const std::vector<double> ratios{1 / step, step, 2 / step, 2 * step, 4 / step, 4 * step};
  const std::vector<std::size_t> groups{0, 0, 1, 1, 2, 2};
  const double members = std::pow(std::log(1.1), 2) / 2, between = std::pow(std::log(2), 2) - members / 2;
  CHECK(shared_variance(ratios, groups) == doctest::Approx(between / (between + members)));
  CHECK(shared_variance(ratios, std::vector<std::size_t>{0, 1, 2, 0, 1, 2}) < 0.5);
  // Less between groups than chance explains; groups of one; one group.
  CHECK(shared_variance(std::vector<double>{1, 2, 1, 2}, std::vector<std::size_t>{0, 0, 1, 1}) == 0);
  CHECK(shared_variance(ratios, std::vector<std::size_t>{0, 1, 2, 3, 4, 5}) == 0);
  CHECK(shared_variance(ratios, std::vector<std::size_t>(6, 0)) == 0);
}

TEST_CASE("what no row depends on stays where it started") {
  auto rows = synthetic(0.7, 0.6, Time{});
  for (auto& r : rows) r.operators[0].work = {}, r.operators[0].matrix = false, r.operators[0].weights.value *= 1e6, r.time = r.operators[0].weights.value / (0.6 * unit<"TB/s">);
  FitStart start;
  start.compute = 0.123;
  const Fit f = fit(rows, gpu(), ramp, start);
  CHECK(!f.compute_seen);
  CHECK(f.compute == 0.123);
  // Rows of seconds say nothing about microseconds.
  CHECK(!f.overhead_seen);
  CHECK(f.overhead == start.overhead);
}

TEST_CASE("shuffled measurements cannot be fitted") {
  auto rows = synthetic(0.7, 0.6, 5 * unit<"us">);
  for (std::size_t i = 0; i < rows.size(); ++i) std::swap(rows[i].time, rows[(i * 17 + 5) % rows.size()].time);
  CHECK(fit(rows, gpu(), ramp, {}).median_error > 0.3);
}

namespace {

/// Mixtures of experts, timed as a whole by a machine which reaches known shares.
std::vector<Measurement> mixtures(Shares const& known) {
  Calibration ideal;
  ideal.depth_ramp = Real{ramp, {}};
  CalibrationRow r = textbook::row(OperatorKind::grouped_gemm, {known.compute, {}}, {known.bandwidth, {}});
  r.overhead = Sourced<Time>{known.overhead, {}}, r.moving = Real{known.moving, {}};
  ideal.operators.push_back(r);
  Ledger ledger;
  const EfficiencyModel model(ideal, gpu(), workload::Precision::bf16, {}, ledger);
  std::vector<Measurement> rows;
  for (int tokens : {1, 8, 64, 512, 4096, 16384})
    for (int hidden : {512, 4096})
      for (int width : {512, 8192}) {
        workload::LayerRow row;
        row.op = workload::LayerKind::experts, row.in = textbook::count(hidden), row.out = textbook::count(width), row.experts = textbook::count(16), row.active = textbook::count(2);
        row.tokens = textbook::count(tokens), row.repeat = row.groups = row.stride = textbook::count(1);
        workload::Model m;
        m.layered.emplace();
        m.layered->layers = {row}, m.layered->steps = textbook::count(1);
        workload::PassShape shape;
        shape.batch = shape.new_tokens = textbook::count(1);
        Measurement x;
        x.operators = workload::lower(m, shape, ledger);
        for (auto const& op : x.operators) x.time += price({op}, gpu(), model, {{1, {}}, {1, {}}, {1, {}}}, ledger).time.value;
        rows.push_back(std::move(x));
      }
  return rows;
}

}  // namespace

TEST_CASE("operators which a table times together are fitted together, what moves rows apart from the products") {
  const Shares known{0.5, 0.8, 6 * unit<"us">, 0.3};
  const auto rows = mixtures(known);
  const Fit f = fit(rows, gpu(), ramp, {0.8, 0.8});
  CHECK(f.compute == doctest::Approx(0.5).epsilon(0.05));
  CHECK(f.bandwidth == doctest::Approx(0.8).epsilon(0.05));
  REQUIRE(f.moving.has_value());
  CHECK(*f.moving == doctest::Approx(0.3).epsilon(0.1));
  CHECK(f.overhead.in(unit<"us">) == doctest::Approx(6).epsilon(0.05));
  for (double r : ratios(rows, gpu(), ramp, known)) CHECK(r == doctest::Approx(1));
  // Dense products move no rows.
  CHECK(!fit(synthetic(0.7, 0.6, 5 * unit<"us">), gpu(), ramp, {}).moving);
}

TEST_CASE("rows with narrower weights are a class of their own") {
  MeasuredDevice d{gpu(), synthetic(0.7, 0.6, 5 * unit<"us">)};
  auto narrow = synthetic(0.3, 0.6, 5 * unit<"us">);
  for (auto& r : narrow) r.weights = workload::Precision::int4;
  d.rows.insert(d.rows.end(), narrow.begin(), narrow.end());
  const std::vector<MeasuredDevice> devices{d};
  const auto fits = fit_classes(devices, ramp);
  REQUIRE(fits.size() == 2);
  CHECK(fits[0].fit->compute == doctest::Approx(0.7).epsilon(0.02));
  CHECK(!fits[0].weights);
  CHECK(fits[1].fit->compute == doctest::Approx(0.3).epsilon(0.02));
  CHECK(fits[1].weights == workload::Precision::int4);
}

TEST_CASE("few rows move the shares on which they depend, and no others") {
  // Two large products which reach half of the peak: nothing is learned of bandwidth and overhead.
  auto rows = synthetic(0.5, 0.6, Time{});
  std::erase_if(rows, [](Measurement const& r) { return r.operators[0].m < 8192 || r.operators[0].n < 4096 || r.operators[0].k < 1000; });
  REQUIRE(rows.size() == 2);
  const Fit f = anchor(rows, gpu(), ramp, {0.8, 0.7, 3 * unit<"us">});
  CHECK(f.compute == doctest::Approx(0.5).epsilon(0.02));
  CHECK(f.bandwidth == 0.7);
  CHECK(f.overhead.in(unit<"us">) == 3);
  CHECK(f.median_error < 0.02);
}

namespace {

MeasuredDevice device(char const* id, char const* family, char const* vendor, double compute, std::size_t rows = 100) {
  MeasuredDevice d{gpu(), synthetic(compute, 0.6, 5 * unit<"us">)};
  d.device.id = id, d.device.family = family, d.device.vendor = vendor, d.device.kind = hardware::DeviceKind::gpu;
  // The last ones are the largest products.
  if (rows < d.rows.size()) d.rows.erase(d.rows.begin(), d.rows.end() - static_cast<std::ptrdiff_t>(rows));
  return d;
}

Transfer const* find(std::vector<Transfer> const& all, std::string_view family, std::string_view vendor) {
  for (auto const& t : all)
    if (t.family == family && t.vendor == vendor) return &t;
  return nullptr;
}

}  // namespace

TEST_CASE("a vendor without measurements is judged by vendors left out") {
  const std::vector<MeasuredDevice> devices{device("a", "first", "One", 0.8), device("b", "first", "One", 0.8), device("c", "second", "Two", 0.4)};
  const auto fits = fit_classes(devices, ramp);
  const auto all = transfers(fits, ramp);
  auto const *family = find(all, "first", ""), *vendor = find(all, "", "One"), *everything = find(all, "", "");
  REQUIRE(family);
  REQUIRE(vendor);
  REQUIRE(everything);
  CHECK(find(all, "", "Two"));
  // Within the family nothing is missed; the device of the other vendor takes twice as long where it computes.
  CHECK(quantile(family->ratios, 0.95) == doctest::Approx(1).epsilon(0.03));
  CHECK(quantile(vendor->ratios, 0.95) == doctest::Approx(1).epsilon(0.03));
  // Products so small that they only show launching are left aside.
  CHECK(everything->ratios.size() >= least_rows);
  CHECK(everything->ratios.size() < devices[2].rows.size());
  CHECK(quantile(everything->ratios, 0.95) == doctest::Approx(2).epsilon(0.03));
}

TEST_CASE("fewer rows than a fit needs anchor what stands in for the device") {
  const std::vector<MeasuredDevice> devices{device("a", "first", "One", 0.8), device("b", "first", "One", 0.8), device("c", "second", "Two", 0.4, 4)};
  auto fits = fit_classes(devices, ramp);
  auto all = transfers(fits, ramp);
  CHECK(!find(all, "second", ""));
  anchor_few(fits, all, ramp);
  CHECK(fits[0].fit);
  CHECK(!fits[0].anchored);
  CHECK(!fits[2].fit);
  REQUIRE(fits[2].anchored);
  CHECK(fits[2].anchored->compute == doctest::Approx(0.4).epsilon(0.05));
  // Where four rows say little of the next one, the spread is that of devices left out.
  CHECK(fits[2].anchored->ratios == find(all, "", "")->ratios);
  auto const* family = find(all, "second", "");
  REQUIRE(family);
  CHECK(family->anchored);
  CHECK(family->compute == fits[2].anchored->compute);
}

TEST_CASE("a transfer between equal machines has no residual") {
  for (double r : ratios(synthetic(0.7, 0.6, 5 * unit<"us">), gpu(), ramp, {0.7, 0.6, 5 * unit<"us">})) CHECK(r == doctest::Approx(1));
}

TEST_CASE("quantiles lie between neighbours") {
  CHECK(quantile({3, 1, 2}, 0.5) == 2);
  CHECK(quantile({1, 2}, 0.25) == 1.25);
  CHECK(quantile({7}, 0.95) == 7);
}

TEST_CASE("one family says what its class reaches, not how far that carries to others") {
  std::vector<MeasuredDevice> devices;
  const auto add = [&](std::string id, std::string family, workload::Precision p, double compute) {
    MeasuredDevice d{gpu(), synthetic(compute, 0.6, 5 * unit<"us">)};
    d.device.id = std::move(id), d.device.family = std::move(family);
    for (auto& r : d.rows) r.operators[0].compute = p;
    devices.push_back(std::move(d));
  };
  add("a", "old", workload::Precision::bf16, 0.4);
  add("b", "new", workload::Precision::bf16, 0.8);
  add("c", "new", workload::Precision::fp8, 0.8);
  add("d", "new", workload::Precision::fp8, 0.8);
  const auto fits = fit_classes(devices, ramp);
  const auto all = transfers(fits, ramp);
  const auto find = [&](std::string const& family, workload::Precision p) {
    return *std::find_if(all.begin(), all.end(), [&](Transfer const& t) { return t.family == family && t.precision == p; });
  };
  const auto everywhere = find({}, workload::Precision::fp8), family = find("new", workload::Precision::fp8), other = find({}, workload::Precision::bf16);
  CHECK(everywhere.compute == family.compute);
  CHECK(everywhere.ratios == other.ratios);
  CHECK_FALSE(everywhere.own_residuals);
  CHECK(family.own_residuals);
  CHECK(quantile(family.ratios, 0.95) < 1.05);
  CHECK(quantile(everywhere.ratios, 0.95) > 1.2);
}
