// A scenario evaluated from C++: change one field, evaluate again.
#include <cstdio>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

int main() {
  const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  const auto document = io::parse_yaml("workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024}\nsystem: {device: H100}\n", "example", problems);
  auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) {
    std::fputs(to_text(problems).c_str(), stderr);
    return 2;
  }
  for (int batch : {1, 8, 64}) {
    loaded.scenario.workload.batch.value = batch;
    const Report r = scenario::evaluate(loaded);
    Metric const* rate = r.metric("performance.token_throughput");
    std::printf("batch %2d: %s\n", batch, display(rate->value, rate->dimension).c_str());
  }
}
