// A sweep: batch sizes on three devices, as a table for any plotting program. Marks where the bottleneck changes.
#include <cstdio>
#include <string>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

int main() {
  const registry::Catalogue catalogue;
  std::printf("device,batch,throughput,binds\n");
  for (std::string device : {"L4", "A100", "H100"}) {
    std::vector<Diagnostic> problems;
    const auto document = io::parse_yaml("workload: {model: ResNet-50, phase: inference}\nsystem: {device: " + device + "}\n", "example", problems);
    auto loaded = scenario::load(catalogue, document, problems);
    if (!problems.empty()) return 2;
    std::string before;
    for (int batch = 1; batch <= 512; batch *= 2) {
      loaded.scenario.workload.batch.value = batch;
      const Report r = scenario::evaluate(loaded);
      Metric const* rate = r.metric("performance.sample_throughput");
      const std::string binds = r.card.binding.substr(0, r.card.binding.find(" ("));
      std::printf("%s,%d,%s,%s%s\n", device.c_str(), batch, display(rate->value, rate->dimension).c_str(), binds.c_str(), before.empty() || before == binds ? "" : "  <- changes here");
      before = binds;
    }
  }
}
