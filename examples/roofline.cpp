// Where is the ridge? One device, one operator, three intensities: the first program to read.
#include <cstdio>

#include "mlsysim/equations/roofline.hpp"
#include "mlsysim/hardware/device.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

int main() {
  const registry::Catalogue catalogue;
  Ledger ledger;
  const auto h100 = catalogue.read<hardware::Device>(*catalogue.entry(EntryKind::hardware, "H100"), ledger);
  const ComputeRate peak = h100.peak[workload::Precision::bf16]->value;
  const Bandwidth bandwidth = h100.memory.hbm->bandwidth->value;
  const Intensity ridge = eq::ridge(peak, bandwidth);
  std::printf("%s: ridge at %s\n", h100.name.c_str(), display(ridge).c_str());
  for (const Intensity intensity : {ridge / 10, ridge, 10 * ridge}) {
    const Work work = 1 * unit<"TFLOP">;
    const Time t = max(work / peak, work / intensity / bandwidth);
    std::printf("  %-14s %s\n", display(intensity).c_str(), display(work / t).c_str());
  }
}
