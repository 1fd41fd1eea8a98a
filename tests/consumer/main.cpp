// What a user of the library writes: no header but mlsysim's, no dependency but find_package(mlsysim).
#include <cstdio>

#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/hardware/device.hpp"
#include "mlsysim/units/text.hpp"

int main() {
  const mlsysim::registry::Catalogue catalogue;
  auto const* entry = catalogue.entry(mlsysim::EntryKind::hardware, "H100");
  if (!entry) return 1;
  mlsysim::Ledger ledger;
  const auto device = catalogue.read<mlsysim::hardware::Device>(*entry, ledger);
  const mlsysim::Time t = 16.06 * mlsysim::unit<"GB"> / device.memory.hbm->bandwidth->value;
  std::printf("%s reads 16.06 GB in %s\n", device.name.c_str(), mlsysim::display(t).c_str());
  return t > 4 * mlsysim::unit<"ms"> && t < 6 * mlsysim::unit<"ms"> ? 0 : 1;
}
