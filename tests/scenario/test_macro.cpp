#include <doctest/doctest.h>

#include "mlsysim/scenario/evaluate.hpp"

using namespace mlsysim;

namespace {

std::vector<Diagnostic> problems_of(std::string const& text, Report* report = nullptr) {
  static const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  try {
    const auto document = io::parse_yaml(text, "test.yaml", problems);
    const auto loaded = scenario::load(catalogue, document, problems);
    if (problems.empty()) {
      Report r = scenario::evaluate(loaded);
      if (report) *report = std::move(r);
    }
  } catch (InputError const& e) {
    problems.insert(problems.end(), e.problems().begin(), e.problems().end());
  }
  return problems;
}

Report evaluated(std::string const& text) {
  Report r;
  const auto problems = problems_of(text, &r);
  REQUIRE_MESSAGE(problems.empty(), (problems.empty() ? "" : problems[0].message));
  return r;
}

double value(Report const& r, char const* path) {
  Metric const* m = r.metric(path);
  REQUIRE_MESSAGE(m, path);
  return m->value;
}

std::string images(std::string const& more) {
  return "workload: {model: ResNet-50, phase: training, batch: 64, training: {global_batch: 512, samples: 1000000 sample}}\nsystem: {node: DGX A100 80GB, parallel: {data: 8}}\n" + more;
}

}  // namespace

TEST_CASE("a data stall lengthens the run, its cost and its energy, and names the stage") {
  const std::string paid = "infrastructure: {price: price_lambda_gpu_8x_a100_on_demand, grid: grid_us, datacentre: hyperscale}\n";
  const auto fed = evaluated(images(paid)), starved = evaluated(images(paid + "data: {workers: 8, worker_rate: 393 sample/s}\n"));
  const double stall = value(starved, "data.stall");
  CHECK(stall > 0.5);
  CHECK(stall == doctest::Approx(1 - 8 * 393 / value(starved, "data.demand")));
  CHECK(value(starved, "economics.cost") == doctest::Approx(value(fed, "economics.cost") / (1 - stall)));
  CHECK(value(starved, "sustainability.it_energy") == doctest::Approx(value(fed, "sustainability.it_energy") / (1 - stall)));
  CHECK(starved.card.binding.find("data: workers") == 0);
  REQUIRE(!starved.card.knobs.empty());
  CHECK(starved.card.knobs[0].change.find("data.workers: ") == 0);
}

TEST_CASE("a limit of the stall fails with the fix") {
  const auto r = evaluated(images("data: {workers: 8, worker_rate: 393 sample/s}\nlimits: {data_stall: 5 %}\n"));
  CHECK(r.card.verdict == Verdict::fail);
  for (auto const& c : r.card.levels[1].checks)
    if (c.id == "data_stall") {
      REQUIRE(c.remedies.size() == 1);
      CHECK(c.remedies[0].sufficient);
    }
}

TEST_CASE("a technique changes the scenario exactly as its fields say") {
  const std::string plain = "workload: {model: llama_3_1_8b, phase: decode, prompt: 1024, batch: 1}\nsystem: {device: H100}\n";
  const auto by_hand = evaluated("workload: {model: llama_3_1_8b, phase: decode, prompt: 1024, batch: 1, precision: {weights: int4}}\nsystem: {device: H100}\n");
  const auto by_name = evaluated(plain + "techniques: [int4_llama_3_1_8b]\n");
  CHECK(value(by_name, "performance.latency") == doctest::Approx(value(by_hand, "performance.latency")));
  CHECK(value(by_name, "techniques.speedup") == doctest::Approx(value(evaluated(plain), "performance.latency") / value(by_hand, "performance.latency")));
  CHECK(value(by_name, "techniques.speedup") > 2);
  // 69.32 - 67.57
  CHECK(value(by_name, "techniques.score_loss") == doctest::Approx(1.75));
}

TEST_CASE("zeros anywhere save nothing, and a score of another model is not taken over") {
  const auto r = evaluated("workload: {model: llama_3_1_8b, phase: decode, prompt: 1024, batch: 1}\nsystem: {device: H100}\ntechniques: [wanda_50_llama_2_7b]\n");
  CHECK(value(r, "techniques.speedup") == doctest::Approx(1));
  CHECK(!r.metric("techniques.score_loss"));
}

TEST_CASE("two safety techniques multiply the training time") {
  const std::string paid = "infrastructure: {price: price_lambda_gpu_8x_a100_on_demand}\n";
  const auto plain = evaluated(images(paid)), safe = evaluated(images(paid + "techniques: [dp_sgd, fairness_grid_search]\n"));
  CHECK(value(safe, "techniques.training_factor") == doctest::Approx(45.6));
  CHECK(value(safe, "economics.cost") == doctest::Approx(45.6 * value(plain, "economics.cost")));
  CHECK(value(safe, "distributed.step_time") == doctest::Approx(value(plain, "distributed.step_time")));
}

TEST_CASE("what a macro section lacks is said with its place") {
  const auto law = problems_of("workload: {model: ResNet-50, phase: inference}\nsystem: {device: H100}\nscaling: {law: chinchilla}\n");
  REQUIRE(law.size() == 1);
  CHECK(law[0].code == 241);
  CHECK(law[0].where.line == 3);
  CHECK(law[0].message == "a scaling law needs a language model which is trained on a number of tokens");
  const auto hours = problems_of(images("infrastructure: {grid: grid_us, datacentre: hyperscale, intensity_by_hour: [100 gCO2e/kWh]}\n"));
  REQUIRE(hours.size() == 1);
  CHECK(hours[0].code == 245);
  CHECK(hours[0].message == "a day has 24 hours, this list 1");
  const auto job = problems_of(images("orchestration: {cluster: 4, arrivals: 5 request/day}\n"));
  REQUIRE(job.size() == 1);
  CHECK(job[0].message == "a job of 8 devices is larger than the cluster of 4");
  const auto stage = problems_of(images("data: {workers: 4}\n"));
  REQUIRE(stage.size() == 1);
  CHECK(stage[0].code == 244);
  CHECK(stage[0].message == "data.worker_rate is missing: samples per time which one worker prepares");
}
