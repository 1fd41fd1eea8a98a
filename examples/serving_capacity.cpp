// Capacity planning: how many replicas does a service need for its load, if no request may wait long?
#include <cstdio>
#include <string>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

int main() {
  const registry::Catalogue catalogue;
  for (int load : {5, 20, 80}) {
    for (int replicas = 1; replicas <= 64; ++replicas) {
      std::vector<Diagnostic> problems;
      const auto document = io::parse_yaml("workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32, request_rate: " + std::to_string(load) +
                                               " request/s}\nsystem: {device: H100, devices: " + std::to_string(replicas) + ", parallel: {data: " + std::to_string(replicas) + "}}\nlimits: {ttft: 500 ms, itl: 50 ms}\n",
                                           "example", problems);
      const auto loaded = scenario::load(catalogue, document, problems);
      if (!problems.empty()) {
        std::fputs(to_text(problems).c_str(), stderr);
        return 2;
      }
      const Report r = scenario::evaluate(loaded);
      if (r.card.verdict != Verdict::pass) continue;
      std::printf("%2d requests per second: %d replicas, %.0f %% busy\n", load, replicas, 100 * r.metric("serving.utilisation")->value);
      break;
    }
  }
}
