#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/teaching/diff.hpp"
#include "scenarios.hpp"

using namespace mlsysim;
using doctest::Approx;

namespace {
const std::string base = "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {grid: grid_us}\n";

teaching::Difference diff(std::string const& a, std::string const& b) { return teaching::diff(catalogue(), document_of(a), document_of(b)); }
teaching::Moved const& moved(teaching::Difference const& d, std::string_view metric) {
  for (auto const& m : d.results)
    if (m.metric == metric) return m;
  throw std::runtime_error("no metric");
}
}  // namespace

TEST_CASE("the same file twice differs in nothing; names and comments are no inputs") {
  const auto d = diff(base, "# other words\nname: other\nabout: a text\n" + base);
  CHECK(d.changes.empty());
  CHECK(d.method == teaching::Attribution::none);
  for (auto const& m : d.results) CHECK(m.before == m.after);
}

TEST_CASE("contributions add up to the change of every metric, whatever is compared with what") {
  const std::pair<std::string, std::string> pairs[] = {{"chatbot", "moe_serving"}, {"memory_wall", "compute_bound"}, {"serving_70b_tensor_parallel", "chatbot"}, {"pipeline_bubble", "training_7b_eight_gpus"}};
  for (auto const& pair : pairs) {
    CAPTURE(pair.first);
    const auto d = diff(builtin(pair.first), builtin(pair.second));
    for (auto const& m : d.results) {
      if (m.contributions.empty() || !std::isfinite(m.before) || !std::isfinite(m.after)) continue;
      CAPTURE(m.metric);
      double sum = 0;
      for (auto const& c : m.contributions) sum += c.value;
      CHECK(std::abs(sum - (m.after - m.before)) <= 1e-9 * std::max(std::abs(m.after), std::abs(m.before)));
    }
  }
}

TEST_CASE("one changed input is the whole cause, and what it does not touch is not blamed on it") {
  const auto d = diff(builtin("region_choice_poland"), builtin("region_choice_sweden"));
  REQUIRE(d.changes.size() == 1);
  CHECK(d.changes[0].path == "infrastructure.grid");
  CHECK(d.method == teaching::Attribution::shapley);
  auto const& carbon = moved(d, "sustainability.carbon");
  REQUIRE(carbon.contributions.size() == 1);
  CHECK(carbon.contributions[0].value == carbon.after - carbon.before);
  for (auto const& m : d.results)
    if (m.metric.starts_with("distributed.") || m.metric.starts_with("memory.")) CHECK(m.contributions.empty());
}

TEST_CASE("two factors share a product as Shapley says") {
  // The cache is proportional to batch x bytes: from 32 x 2 to 64 x 1 nothing changes, and both causes are worth half of what lies between.
  const auto d = diff(base, "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 96, precision: {kv: fp8}}\nsystem: {device: H100}\ninfrastructure: {grid: grid_us}\n");
  auto const& kv = moved(d, "memory.kv_cache");
  const double unit_size = kv.before / 64;  // one request, one byte per value
  REQUIRE(kv.contributions.size() == 2);
  double batch = 0, format = 0;
  for (auto const& c : kv.contributions) (d.changes[c.changes == 1 ? 0 : 1].path == "workload.batch" ? batch : format) = c.value;
  // v(b, w) = b w: batch: ((96-32) 2 + (96-32) 1) / 2 = 96, format: ((1-2) 32 + (1-2) 96) / 2 = -64.
  CHECK(batch == Approx(96 * unit_size));
  CHECK(format == Approx(-64 * unit_size));
}

TEST_CASE("changes which only work together share one contribution") {
  const auto d = diff("workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024, batch: 8}\nsystem: {device: H100}\n",
                      "workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024, batch: 16}\nsystem: {node: DGX H100, parallel: {tensor: 8}}\n");
  REQUIRE(d.changes.size() == 4);
  auto const& latency = moved(d, "performance.latency");
  CHECK(latency.contributions.size() == 2);
  for (auto const& c : latency.contributions) {
    int n = 0;
    bool has_batch = false;
    for (std::size_t i = 0; i < d.changes.size(); ++i)
      if (c.changes >> i & 1U) ++n, has_batch = has_batch || d.changes[i].path == "workload.batch";
    CHECK(n == (has_batch ? 1 : 3));
  }
}

TEST_CASE("with many changes a path is walked, and says so") {
  const auto d = diff(builtin("chatbot"), builtin("frontier"));
  CHECK(d.method != teaching::Attribution::none);
  CHECK(d.evaluations <= 200);
}

TEST_CASE("overrides, lists and texts in quotes survive being mixed") {
  const std::string a = base + "overrides: {system.device.memory.hbm.bandwidth: 3 TB/s}\nassert: [{metric: serving.itl, at_most: \"50 ms\"}]\nname: \"with: colon\"\n";
  const std::string b = base + "overrides: {system.device.memory.hbm.bandwidth: 4 TB/s}\nassert: [{metric: serving.itl, at_most: \"5 ms\"}]\n";
  const auto d = diff(a, b);
  CHECK(d.changes.size() == 2);
  auto const& itl = moved(d, "serving.itl");
  REQUIRE(itl.contributions.size() == 1);
  CHECK(itl.contributions[0].value == Approx(itl.after - itl.before));
}

TEST_CASE("a file which cannot be evaluated is refused as by eval") {
  CHECK_THROWS_AS(diff(base, "workload: {model: no_such_model, phase: inference}\nsystem: {device: H100}\n"), InputError);
}
