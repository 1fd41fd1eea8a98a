// A device of one's own in a few lines of YAML: what it would do, beside one which exists.
#include <cstdio>
#include <string>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

int main() {
  const registry::Catalogue catalogue;
  const std::string workload = "workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024, batch: 8}\n";
  // Half the arithmetic of an H100 and twice its bandwidth: what would that be worth?
  for (std::string device : {"H100", "{name: Bandwidth First, peak: {bf16: 500 TFLOP/s}, memory: {hbm: {marketed: 96 GB, bandwidth: 6.7 TB/s}}, power: {tdp: 700 W}}"}) {
    std::vector<Diagnostic> problems;
    const auto document = io::parse_yaml(workload + "system: {device: " + device + "}\n", "example", problems);
    const auto loaded = scenario::load(catalogue, document, problems);
    if (!problems.empty()) {
      std::fputs(to_text(problems).c_str(), stderr);
      return 2;
    }
    const Report r = scenario::evaluate(loaded);
    Metric const* latency = r.metric("performance.latency");
    std::printf("%s\n  a token for each of 8 requests: %s (%s)\n  binds: %s\n", r.summary.c_str(), display(latency->value, latency->dimension).c_str(),
                std::string(confidence_name[static_cast<std::size_t>(latency->confidence)]).c_str(), r.card.binding.c_str());
  }
}
