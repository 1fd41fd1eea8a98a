// A Pareto front: how many requests at once, on how many devices? Kept is what no other design beats in both latency and throughput per device.
#include <cstdio>
#include <string>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

struct Design {
  int tensor, batch;
  double itl, per_device;
};

int main() {
  const registry::Catalogue catalogue;
  std::vector<Design> designs;
  for (int tensor : {1, 2, 4, 8}) {
    std::vector<Diagnostic> problems;
    const auto document = io::parse_yaml("workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256}\nsystem: {node: DGX H100, devices: " + std::to_string(tensor) + ", parallel: {tensor: " + std::to_string(tensor) + "}}\n", "example", problems);
    auto loaded = scenario::load(catalogue, document, problems);
    if (!problems.empty()) return 2;
    for (int batch = 1; batch <= 256; batch *= 4) {
      loaded.scenario.workload.batch.value = batch;
      const Report r = scenario::evaluate(loaded);
      if (r.card.verdict == Verdict::fail) continue;  // does not fit
      designs.push_back({tensor, batch, r.metric("serving.itl")->value, r.metric("serving.total_token_throughput")->value / tensor});
    }
  }
  std::printf("%zu designs; on the front:\n", designs.size());
  for (auto const& d : designs) {
    bool beaten = false;
    for (auto const& other : designs) beaten = beaten || (other.itl <= d.itl && other.per_device >= d.per_device && (other.itl < d.itl || other.per_device > d.per_device));
    if (!beaten) std::printf("  tensor %d, batch %3d: ITL %s, %s per device\n", d.tensor, d.batch, display(d.itl, Dimension("s")).c_str(), display(d.per_device, Dimension("token/s")).c_str());
  }
}
