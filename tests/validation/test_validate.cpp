#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/validation/validate.hpp"

using namespace mlsysim;
using namespace mlsysim::validation;

namespace {

registry::Catalogue const& catalogue() {
  static const registry::Catalogue c;
  return c;
}

Mapping mapping_of(std::string const& text, std::vector<Diagnostic>& problems) { return read_mapping(io::parse_yaml(text, "folder/m.yaml", problems), problems); }

Mapping good(std::string const& text) {
  std::vector<Diagnostic> problems;
  auto m = mapping_of(text, problems);
  for (auto const& p : problems) FAIL_CHECK(to_text(p));
  return m;
}

io::Csv table_of(std::string const& text) {
  std::vector<Diagnostic> problems;
  auto t = io::parse_csv(text, "t.csv", problems);
  REQUIRE(problems.empty());
  return t;
}

const std::string head =
    "id: mine\ntitle: My table\nfile: data/mine.csv\nsource: me\nlicence: mine\nname: $model on $gpu\ngroups: [gpu]\n"
    "maps:\n  gpu: {H100: nvidia_h100_sxm, A100: nvidia_a100_sxm_80gb}\n";
const std::string pass =
    "unit: ms\nmeasured: ms\npredicted: performance.latency\n"
    "scenario:\n  workload: {model: $model, phase: inference, batch: $batch}\n  system: {device: $gpu}\n";

/// Latency of ResNet-50 in ms on a device, by mlsysim itself.
double latency(std::string const& device, int batch, bool ideal = false) {
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml("workload: {model: ResNet-50, phase: inference, batch: " + std::to_string(batch) + "}\nsystem: {device: " + device + "}\n", "s.yaml", problems);
  auto loaded = scenario::load(catalogue(), d, problems);
  REQUIRE(problems.empty());
  if (ideal) {
    loaded.operators = {};
    loaded.scenario.efficiency = solvers::EfficiencyOverride{Real{1, {}}, Real{1, {}}};
  }
  return scenario::evaluate(loaded).metric("performance.latency")->value * 1e3;
}

std::string cell(double v) { return std::to_string(v * 1e6) + "e-6"; }

}  // namespace

TEST_CASE("errors are shares of the measured value") {
  // -50 %, 0, +5 %, +20 %, +100 %: median magnitude 20 %, bias 5 %.
  const auto e = errors_of({-0.5, 0, 0.05, 0.2, 1.0});
  CHECK(e.median == doctest::Approx(0.2));
  CHECK(e.bias == doctest::Approx(0.05));
  CHECK(e.mean == doctest::Approx(0.35));
  CHECK(e.within_10 == doctest::Approx(0.4));
  CHECK(e.within_25 == doctest::Approx(0.6));
  CHECK(errors_of({}).points == 0);
  CHECK(median({3, 1}) == 2);
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({}) == 0);
}

TEST_CASE("what share of a few rows right intervals hold is a matter of chance") {
  // One row is held 9 times of 10. Of ten all are held with probability 0.9^10 = 0.35, seven or fewer with 0.0702, six or fewer with 0.0128.
  CHECK(chance_of_coverage(1).low == 0);
  CHECK(chance_of_coverage(1).high == 1);
  CHECK(chance_of_coverage(10).low == doctest::Approx(0.7));
  CHECK(chance_of_coverage(10).high == 1);
  // Of many the share is normal about 0.9: 1.645 sqrt(0.9 x 0.1 / n).
  CHECK(chance_of_coverage(10000).low == doctest::Approx(0.9 - 1.645 * 0.003).epsilon(0.001));
  CHECK(chance_of_coverage(10000).high == doctest::Approx(0.9 + 1.645 * 0.003).epsilon(0.001));
}

TEST_CASE("a row which mlsysim itself measured has no error, and half of its time gives a hundred percent") {
  const auto m = good(head + pass);
  const auto t = table_of("model,gpu,batch,ms\nResNet-50,H100,8," + cell(latency("H100", 8)) + "\nResNet-50,A100,64," + cell(latency("A100", 64) / 2) + "\n");
  const auto r = validate(m, t, catalogue());
  REQUIRE(r.outcome.points.size() == 2);
  CHECK(r.outcome.points[0].error() == doctest::Approx(0).epsilon(1e-4));
  CHECK(r.outcome.points[1].error() == doctest::Approx(1).epsilon(1e-4));
  CHECK(r.outcome.points[0].name == "ResNet-50 on H100");
  CHECK(r.outcome.points[1].groups == std::vector<std::string>{"A100"});
  CHECK(r.outcome.points[1].line == 3);
  CHECK(r.outcome.used == 2);
  CHECK(r.outcome.judged == 2);
  CHECK(r.outcome.misjudged.empty());
}

TEST_CASE("the best constant is found where one exists, for times and for rates") {
  // 40 % of the data sheet on every row.
  std::string times = "model,gpu,batch,ms,rate\n";
  for (auto const& [gpu, batch] : {std::pair{"H100", 1}, {"H100", 64}, {"A100", 8}, {"A100", 256}}) {
    const double ms = latency(gpu, batch, true) / 0.4;
    times += std::string("ResNet-50,") + gpu + "," + std::to_string(batch) + "," + cell(ms) + "," + cell(batch / ms * 1e3) + "\n";
  }
  const auto by_time = validate(good(head + pass), table_of(times), catalogue());
  CHECK(by_time.baseline.efficiency == doctest::Approx(0.4).epsilon(1e-4));
  CHECK(by_time.baseline.errors.median == doctest::Approx(0).epsilon(1e-4));
  CHECK(by_time.baseline.errors.within_10 == 1);
  std::string rates = head + pass;
  const std::string timed = "unit: ms\nmeasured: ms\npredicted: performance.latency";
  rates.replace(rates.find(timed), timed.size(), "unit: sample/s\nmeasured: rate\npredicted: performance.sample_throughput");
  const auto by_rate = validate(good(rates), table_of(times), catalogue());
  CHECK(by_rate.baseline.efficiency == doctest::Approx(0.4).epsilon(1e-4));
  CHECK(by_rate.baseline.errors.median == doctest::Approx(0).epsilon(1e-4));
}

TEST_CASE("every row left out is counted under its reason") {
  const auto m = good(head + "rows:\n  - {column: batch, at_most: 64}\n  - {column: model, not_in: [Mine], reason: a model nobody knows}\n" + pass);
  const auto t = table_of("model,gpu,batch,ms\nResNet-50,H100,128,1\nMine,H100,1,1\nResNet-50,TPU,1,1\nResNet-50,H100,,1\nResNet-50,H100,1,\nResNet-50,H100,1,fast\nResNet-50,H100,1,0\nResNet-50,TPU,2,1\n");
  const auto r = validate(m, t, catalogue());
  CHECK(r.outcome.points.empty());
  CHECK(r.outcome.used == 0);
  CHECK(r.outcome.rows == 8);
  const auto count = [&](std::string_view reason) {
    std::size_t n = 0;
    for (auto const& [why, rows] : r.outcome.skipped)
      if (why == reason) n += rows;
    return n;
  };
  CHECK(count("batch is out of range") == 2);
  CHECK(count("a model nobody knows") == 1);
  CHECK(count("the map 'gpu' has no entry for 'TPU'") == 2);
  CHECK(count("ms is empty") == 1);
  CHECK(count("ms is not a number") == 1);
  CHECK(count("ms is not positive") == 1);
}

TEST_CASE("a map's entry may be a block of YAML which names columns, and texts may name several") {
  const auto m = good(head +
                      "  net:\n    from: $kind-${side}\n    to: {wide-4: {layered: {input: {features: $pixels}, layers: [{name: a $kind layer, op: linear, in: $pixels, out: 10}]}}}\n"
                      "computed: {pixels: 2 * side, twice: pixels / side}\n"
                      "unit: ms\nmeasured: ms\npredicted: performance.latency\n"
                      "scenario:\n  workload: {model: $net, phase: inference, batch: $twice}\n  system: {device: $gpu}\n");
  std::vector<Diagnostic> problems;
  const auto t = table_of("model,kind,side,gpu,ms\nx,wide,4,H100,1\n");
  check_columns(m, t, problems);
  CHECK(problems.empty());
  std::string problem;
  const RowScope row(m, m.cases[0], t, t.rows[0]);
  const auto d = instantiate(m, *m.cases[0].scenarios[0].second, row, problem);
  CHECK(problem.empty());
  auto const* workload = d.find(d.root(), "workload");
  CHECK(d.find(*workload, "batch")->text == "2");
  auto const* layered = d.find(*d.find(*workload, "model"), "layered");
  CHECK(d.find(*d.find(*layered, "input"), "features")->text == "8");
  CHECK(d.find(d.children(*d.find(*layered, "layers"))[0], "name")->text == "a wide layer");
  const auto r = validate(m, t, catalogue());
  CHECK(r.outcome.points.size() == 1);
}

TEST_CASE("a map gives numbers to arithmetic, and its own name within it means the column") {
  const auto m = good(head +
                      "  size: {from: $kind, to: {many: 64}, otherwise: 8}\n  batch: {from: $kind, to: {many: 64}, otherwise: $batch}\n"
                      "computed: {per: 2 * size}\n"
                      "unit: ms\nmeasured: ms\npredicted: 2 * performance.latency / per\n"
                      "scenario:\n  workload: {model: $model, phase: inference, batch: $batch}\n  system: {device: $gpu}\n");
  const auto t = table_of("model,kind,gpu,batch,ms\nResNet-50,many,H100,8,1\nResNet-50,few,H100,8,1\n");
  std::vector<Diagnostic> problems;
  check_columns(m, t, problems);
  CHECK(problems.empty());
  const auto r = validate(m, t, catalogue());
  REQUIRE(r.outcome.points.size() == 2);
  CHECK(r.outcome.points[0].predicted == doctest::Approx(latency("H100", 64) / 64 / 1e3));
  CHECK(r.outcome.points[1].predicted == doctest::Approx(latency("H100", 8) / 8 / 1e3));
}

TEST_CASE("maps which name each other end as a reason, not as a hang") {
  const auto m = good(head +
                      "  model: {ResNet-50: {layered: $again}}\n  again: {from: x, to: {x: {input: $again, layers: [$again]}}}\n"
                      "unit: ms\nmeasured: ms\npredicted: performance.latency\nscenario:\n  workload: {model: $model, phase: inference}\n  system: {device: $gpu}\n");
  const auto r = validate(m, table_of("model,gpu,ms\nResNet-50,H100,1\n"), catalogue());
  REQUIRE(r.outcome.skipped.size() == 1);
  CHECK(r.outcome.skipped[0].first == "the maps of the scenario name each other without end");
}

TEST_CASE("conditions select by part of a cell, by emptiness and by range") {
  const auto chosen = [&](std::string const& condition) {
    const auto m = good(head + "rows: [{column: kind, " + condition + "}]\n" + pass);
    std::string lines;
    for (auto const& p : validate(m, table_of("model,gpu,batch,ms,kind\nResNet-50,H100,1,1,TensorRT 9\nResNet-50,H100,1,1,\nResNet-50,H100,1,1,12\n"), catalogue()).outcome.points) lines += std::to_string(p.line);
    return lines;
  };
  CHECK(chosen("contains: TensorRT") == "2");
  CHECK(chosen("contains: [x, 12]") == "4");
  CHECK(chosen("empty: true") == "3");
  CHECK(chosen("empty: false") == "24");
  CHECK(chosen("at_least: 12, at_most: 12") == "4");
  CHECK(chosen("in: [a, '12']") == "4");
  CHECK(chosen("not_in: ['']") == "24");
}

TEST_CASE("a cell is never read as YAML or as a name") {
  const auto m = good(head + pass);
  std::string problem;
  const auto t = table_of("model,gpu,batch,ms\n\"$gpu, {a: 1}\",H100,1,1\n");
  const RowScope row(m, m.cases[0], t, t.rows[0]);
  const auto d = instantiate(m, *m.cases[0].scenarios[0].second, row, problem);
  CHECK(d.find(*d.find(d.root(), "workload"), "model")->text == "$gpu, {a: 1}");
  CHECK(d.find(*d.find(d.root(), "workload"), "model")->kind == io::Node::Kind::scalar);
}

TEST_CASE("whether it fits is compared row by row") {
  const auto m = good(head +
                      "unit: ms\nmeasured: ms\npredicted: performance.latency\nout_of_memory: [{column: oom, equals: yes}]\n"
                      "scenario:\n  workload: {model: $model, phase: decode, prompt: 128, batch: 1}\n  system: {device: $gpu}\n");
  const auto t = table_of("model,gpu,ms,oom\nLlama 3.1 8B,H100,7,no\nLlama 3.1 405B,H100,,yes\nLlama 3.1 405B,H100,9,no\nLlama 3.1 8B,H100,,yes\n");
  const auto r = validate(m, t, catalogue());
  CHECK(r.outcome.judged == 4);
  CHECK(r.outcome.points.size() == 1);
  REQUIRE(r.outcome.misjudged.size() == 2);
  CHECK(r.outcome.misjudged[0].line == 4);
  CHECK(r.outcome.misjudged[0].fitted);
  CHECK(r.outcome.misjudged[1].line == 5);
  CHECK(!r.outcome.misjudged[1].fitted);
}

TEST_CASE("exchanged measurements ruin a perfect prediction, the same way for the same seed") {
  std::string text = "model,gpu,batch,ms\n";
  for (int batch = 1; batch <= 256; batch *= 2)
    for (auto const* gpu : {"H100", "A100"}) text += std::string("ResNet-50,") + gpu + "," + std::to_string(batch) + "," + cell(latency(gpu, batch)) + "\n";
  const auto m = good(head + pass);
  const auto t = table_of(text);
  CHECK(validate(m, t, catalogue()).errors.median < 1e-4);
  const auto one = validate(m, t, catalogue(), {7}), same = validate(m, t, catalogue(), {7}), other = validate(m, t, catalogue(), {8});
  CHECK(one.errors.median > 0.4);
  CHECK(one.errors.mean == same.errors.mean);
  CHECK(one.errors.mean != other.errors.mean);
  double sum = 0, before = 0;
  for (auto const& p : one.outcome.points) sum += p.measured, before += p.predicted;
  CHECK(sum == doctest::Approx(before).epsilon(1e-4));
}

TEST_CASE("several scenarios of a row are told apart by their names") {
  const auto t = table_of("model,gpu,batch,ms\nResNet-50,H100,8,1\n");
  const std::string two = head +
                          "unit: ms\nmeasured: ms\npredicted: small.performance.latency + 3 * large.performance.latency\n"
                          "scenarios:\n  small:\n    workload: {model: $model, phase: inference, batch: $batch}\n    system: {device: $gpu}\n"
                          "  large:\n    workload: {model: $model, phase: inference, batch: 64}\n    system: {device: $gpu}\n";
  const auto r = validate(good(two), t, catalogue());
  REQUIRE(r.outcome.points.size() == 1);
  CHECK(r.outcome.points[0].predicted == doctest::Approx((latency("H100", 8) + 3 * latency("H100", 64)) / 1e3));
  std::string wrong = two;
  wrong.replace(wrong.find("small.performance"), 17, "performance");
  CHECK_THROWS_AS((void)validate(good(wrong), t, catalogue()), InputError);
}

TEST_CASE("rank correlation counts order alone") {
  CHECK(rank_correlation({1, 2, 3}, {10, 11, 500}) == doctest::Approx(1));
  CHECK(rank_correlation({1, 2, 3}, {3, 2, 1}) == doctest::Approx(-1));
  // Spearman: 1 - 6 * 2 / (4 * 15) for two neighbours which changed places.
  CHECK(rank_correlation({1, 2, 3, 4}, {1, 3, 2, 4}) == doctest::Approx(0.8));
  // Equal values share rank 1.5: (-1.5 -.5 .5 1.5) against (-1 -1 .5 1.5).
  CHECK(rank_correlation({1, 2, 3, 4}, {5, 5, 6, 7}) == doctest::Approx(4.5 / std::sqrt(5 * 4.5)));
  CHECK(rank_correlation({1, 2, 3}, {2, 2, 2}) == 0);
}

TEST_CASE("curves are judged by the order of their points") {
  const auto m = good(head + "curves: {of: [gpu], alike: [model], per: batch}\nexpect: {rank_correlation: 0.9}\n" + pass);
  // Time per image falls with the batch, in the prediction; measured it does on one GPU, and not on the other. Two points are no curve.
  const auto t = table_of("model,gpu,batch,ms\nResNet-50,H100,1,1\nResNet-50,H100,8,2\nResNet-50,H100,64,3\nResNet-50,A100,1,1\nResNet-50,A100,8,16\nResNet-50,A100,64,192\nResNet-18,A100,1,1\nResNet-18,A100,8,1\n");
  const auto r = validate(m, t, catalogue());
  REQUIRE(r.shapes.size() == 2);
  CHECK(r.shapes[0].subject == "H100");
  CHECK(r.shapes[0].correlation == doctest::Approx(1));
  CHECK(r.shapes[1].curves == 1);
  CHECK(r.shapes[1].correlation == doctest::Approx(-1));
  const auto c = checks(m, r);
  REQUIRE(c.size() == 1);
  CHECK(c[0].verdict == Verdict::fail);
  CHECK(c[0].value == doctest::Approx(-1));
}

TEST_CASE("targets become checks") {
  const auto m = good(head + "expect: {median_error: 0.1, within_25: 0.9, rows: 2}\n" + pass);
  const auto r = validate(m, table_of("model,gpu,batch,ms\nResNet-50,H100,8," + cell(latency("H100", 8)) + "\n"), catalogue());
  const auto c = checks(m, r);
  REQUIRE(c.size() == 3);
  CHECK(c[0].verdict == Verdict::pass);
  CHECK(c[1].verdict == Verdict::pass);
  CHECK(c[2].verdict == Verdict::fail);
  const auto nothing = validate(m, table_of("model,gpu,batch,ms\n"), catalogue());
  CHECK(checks(m, nothing)[0].verdict == Verdict::not_judged);
}

TEST_CASE("a mapping which cannot be meant is refused where it stands") {
  const auto code = [](std::string const& text) {
    std::vector<Diagnostic> problems;
    (void)mapping_of(text, problems);
    REQUIRE(!problems.empty());
    CHECK(problems[0].where.file == "folder/m.yaml");
    return problems[0].code;
  };
  CHECK(code(head + pass + "grupes: [gpu]\n") == 107);
  CHECK(code(head + "measured: ms\n") == 106);
  CHECK(code(head + pass + "rows: [{column: batch}]\n") == 106);
  CHECK(code(head + pass + "rows: [{column: batch, at_least: many}]\n") == 130);
  CHECK(code(head + pass + "role: neither\n") == 150);
  CHECK(code(head + pass + "computed: {x: 1 +}\n") == 172);
  CHECK(code(head + pass + "expect: {rank_correlation: 0.9}\n") == 106);
  CHECK(code(head + pass + "expect: {median_error: -0.1}\n") == 132);
  std::string unit = head + pass;
  unit.replace(unit.find("unit: ms"), 8, "unit: msec");
  CHECK(code(unit) == 144);
}

TEST_CASE("a column which is not there is an error, and so is a scenario which nobody could read") {
  std::vector<Diagnostic> problems;
  const auto m = good(head + "rows: [{column: bacth, empty: false}]\n" + pass);
  const auto t = table_of("model,gpu,batch,ms\nResNet-5000,H100,8,1\n");
  check_columns(m, t, problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == 171);
  CHECK(problems[0].help == "nearest: batch");
  CHECK(problems[0].where.column > 1);  // where the condition names it
  try {
    (void)validate(good(head + pass), t, catalogue());
    FAIL("an unknown model was accepted");
  } catch (InputError const& e) {
    REQUIRE(e.problems().size() == 1);
    CHECK(e.problems()[0].code == 160);
    CHECK(e.problems()[0].where.file == "folder/m.yaml");
    CHECK(e.problems()[0].why.find("t.csv:2") != std::string::npos);
  }
}

TEST_CASE("a time is not compared with a rate, and a metric must exist") {
  const auto t = table_of("model,gpu,batch,ms\nResNet-50,H100,8,1\n");
  const auto code = [&](std::string const& predicted) {
    std::string text = head + pass;
    text.replace(text.find("performance.latency"), 19, predicted);
    try {
      (void)validate(good(text), t, catalogue());
    } catch (InputError const& e) {
      return e.problems()[0].code;
    }
    return 0;
  };
  CHECK(code("performance.sample_throughput") == 172);
  CHECK(code("performance.latencie") == 204);
  CHECK(code("performance.latency * batch") == 0);
}

TEST_CASE("the best row of a group has its place among ours") {
  // Latency grows with the batch; per sample the largest is best. The table says so of one group, and the contrary of the other.
  std::string rows = "model,gpu,batch,ms,run\n";
  for (int b : {1, 8, 64, 256}) rows += "ResNet-50,H100," + std::to_string(b) + "," + cell(latency("H100", b)) + ",true\n";
  for (int b : {1, 8, 64, 256}) rows += "ResNet-50,H100," + std::to_string(b) + "," + cell(b * b) + ",false\n";
  rows += "ResNet-50,H100,1," + cell(1) + ",alone\n";
  const auto m = good(head + "ranking: {within: [run], per: batch, top: 2}\nexpect: {ranked: 0.6}\n" + pass);
  const auto r = validate(m, table_of(rows), catalogue());
  REQUIRE(r.contests.size() == 2);
  CHECK(r.contests[0].name == "true");
  CHECK(r.contests[0].rows == 4);
  CHECK(r.contests[0].place == 1);
  CHECK(r.contests[0].lost == 0);
  CHECK(r.contests[1].place == 4);
  CHECK(r.contests[1].lost == doctest::Approx(255));
  const auto c = checks(m, r);
  REQUIRE(c.size() == 1);
  CHECK(c[0].value == 0.5);
  CHECK(c[0].verdict == Verdict::fail);
  std::vector<Diagnostic> problems;
  (void)mapping_of(head + "ranking: {top: 2}\n" + pass, problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message == "'within' is missing");
}
