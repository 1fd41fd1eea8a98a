#include "common.hpp"

using namespace test;

namespace {

char const* const decode = "workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024, batch: 2}\nsystem: {device: H100}\n";

std::vector<double> numbers(explore::Axis const& a) {
  std::vector<double> out;
  for (auto const& l : a.levels) out.push_back(l.number);
  return out;
}
std::vector<std::string> texts(explore::Axis const& a) {
  std::vector<std::string> out;
  for (auto const& l : a.levels) out.push_back(l.text);
  return out;
}
std::vector<double> levels(std::string const& argument) {
  const auto d = document(decode);
  return numbers(axes(d, argument).at(0));
}

}  // namespace

TEST_CASE("a range doubles, adds its step, or multiplies by it") {
  CHECK(levels("workload.batch=1..64") == std::vector<double>{1, 2, 4, 8, 16, 32, 64});
  CHECK(levels("workload.batch=1..100") == std::vector<double>{1, 2, 4, 8, 16, 32, 64});
  CHECK(levels("batch=3..12:3") == std::vector<double>{3, 6, 9, 12});
  CHECK(levels("batch=1..100:x3") == std::vector<double>{1, 3, 9, 27, 81});
  CHECK(levels("batch=7|1..4|9") == std::vector<double>{7, 1, 2, 4, 9});
  CHECK(levels("system.device.memory.hbm.bandwidth=1TB/s..2 TB/s:0.5TB/s") == std::vector<double>{1e12, 1.5e12, 2e12});
  CHECK(levels("hardware.memory.bandwidth=1000 GB/s..2 TB/s") == std::vector<double>{1e12, 2e12});
}

TEST_CASE("relative values are of what the scenario says") {
  CHECK(levels("batch=2x|0.5x|+50%|-50%") == std::vector<double>{4, 1, 3, 1});
  CHECK(levels("batch=0.5x..2x") == std::vector<double>{1, 2, 4});
  const auto d = document(decode);
  const auto compute = axes(d, "hardware.compute=2x").at(0);
  CHECK(compute.paths.size() > 3);
  CHECK(compute.levels[0].text == "2x");
}

TEST_CASE("names, words and patterns are levels too") {
  const auto d = document(decode);
  CHECK(texts(axes(d, "system.device=H100|A100").at(0)) == std::vector<std::string>{"H100", "A100"});
  const auto all = axes(d, "hardware=nvidia_h*").at(0);
  CHECK(all.levels.size() > 2);
  for (auto const& l : all.levels) CHECK(l.text.starts_with("nvidia_h"));
  CHECK(texts(axes(d, "workload.precision.weights=fp*").at(0)) == std::vector<std::string>{"fp64", "fp32", "fp16", "fp8", "fp6", "fp4"});
  CHECK(axes(d, "precision=bf16|fp8").at(0).paths.size() == 4);
  const auto two = axes(d, "system.device=H100|A100, batch = 1..4");
  REQUIRE(two.size() == 2);
  CHECK(two[1].name == "batch");
  CHECK(two[1].levels.size() == 3);
}

TEST_CASE("the last axis runs fastest, and every point is met once") {
  const auto d = document(decode);
  const explore::Space s(axes(d, "system.device=H100|A100,batch=1..4"));
  CHECK(s.size() == 6);
  CHECK(explore::point_text(s, 0) == "system.device H100, batch 1");
  CHECK(explore::point_text(s, 1) == "system.device H100, batch 2");
  CHECK(explore::point_text(s, 5) == "system.device A100, batch 4");
  CHECK(explore::Space().size() == 1);
}

TEST_CASE("what is wrong with an argument is said where it is") {
  const auto d = document(decode);
  CHECK(complaint(d, "workload.batch") == "E0310 1: 'workload.batch' has no values");
  CHECK(complaint(d, "=1") == "E0310 1: the values have no name in front of them");
  CHECK(complaint(d, "batch=1|") == "E0310 8: 'batch' has an empty value");
  CHECK(complaint(d, "batch=1..") == "E0310 7: a range has two ends");
  CHECK(complaint(d, "batch=1..4:") == "E0310 11: a step is missing behind the colon");
  CHECK(complaint(d, "batch=8..1") == "E0310 7: the range ends before it begins");
  CHECK(complaint(d, "batch=1..8:0") == "E0310 12: the range would never end");
  CHECK(complaint(d, "batch=1..8:x1") == "E0310 12: the range would never end");
  CHECK(complaint(d, "batch=1..8:0.5").starts_with("E0310 12: the range leads to 1.5"));
  CHECK(complaint(d, "prompt=8,workload.bach=1").starts_with("E0311 10: this scenario has no field 'workload.bach'; nearest: workload.batch"));
  CHECK(complaint(d, "system.device=H100..A100") == "E0312 15: 'system.device' takes words, which have no range");
  CHECK(complaint(d, "workload.phase=2x") == "E0312 16: '2x' changes a number, but 'workload.phase' is none here");
  CHECK(complaint(d, "batch=0.3x").starts_with("E0312 7: 0.3 times 2 is not allowed"));
  CHECK(complaint(d, "batch=1|zwei").starts_with("E0130 9: 'batch' wants a whole number"));
  CHECK(complaint(d, "system.device.memory.hbm.bandwidth=3 TB").starts_with("E0141 36: 'bandwidth' wants a bandwidth"));
  CHECK(complaint(d, "system.device=H1000").starts_with("E0160 15: no hardware 'H1000' in the registry; nearest:"));
  CHECK(complaint(d, "workload.precision.kv=fp9").starts_with("E0150 23:"));
  CHECK(complaint(d, "batch=1,batch=2") == "E0310 9: 'batch' is varied twice");
  CHECK(complaint(d, "hardware=*none*").starts_with("E0310 10: no name looks like '*none*'"));
}

TEST_CASE("every short name leads to a field of a scenario which has it") {
  auto l = [] {
    std::vector<Diagnostic> problems;
    return scenario::load(catalogue(), document("workload: {model: Llama 3.1 8B, phase: serving, prompt: 8, output: 8, request_rate: 1 request/s}\n"
                                                "system: {node: DGX H100, parallel: {tensor: 8}}\ninfrastructure: {grid: Sweden, datacentre: datacentre_google, price: price_azure_nd96isr_h100_v5_on_demand}\n"), problems);
  }();
  const auto fields = explore::fields_of(l.scenario);
  for (char const* name : {"hardware", "hardware.memory.bandwidth", "hardware.memory.capacity", "hardware.compute", "hardware.scale_up.bandwidth", "hardware.network.bandwidth", "hardware.power.tdp", "precision", "model",
                           "batch", "sequence", "prompt", "output", "request_rate", "devices", "tensor", "pipeline", "data", "expert", "context", "zero"}) {
    const std::string shown = name;
    CAPTURE(shown);
    const auto paths = explore::paths_of(l.scenario, name);
    CHECK(!paths.empty());
    for (auto const& p : paths) CHECK(std::any_of(fields.begin(), fields.end(), [&](auto const& f) { return f.path == p; }));
  }
}
