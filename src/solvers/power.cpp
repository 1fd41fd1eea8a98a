#include "mlsysim/solvers/power.hpp"

#include "mlsysim/equations/power.hpp"

namespace mlsysim::solvers {
namespace {

/// Energy of one byte of main memory on its way to the units and back, where streams were measured with their power.
std::optional<Sourced<EnergyPerData>> energy_per_byte(hardware::Device const& device, Ledger& ledger) {
  const auto said = [&](double pj, char const* why) { return assumed(ledger, "power.energy_per_byte", device.power.stretch * pj * unit<"pJ/B">, why); };
  if (device.memory.hbm && device.family == "hopper") return said(137.0, "HBM of Hopper: mean of copies, sums and products with 1 to 16 rows on H100 and H200, 134 to 147 and 122 to 142 pJ/B over the power of a device which is awake (benchmarks/gpu.py)");
  if (device.memory.hbm) return said(124.0, "HBM: mean of 137 of Hopper and 111 of A100, the latter by least squares of its power over constant, bytes and FLOP, 22 points within 3 W (gpu-benches at 1c36d509ee, gpu-roofline)");
  if (device.memory.gddr) return said(259.0, "GDDR: A40 207 W at 0.68 TB/s less its idle power (gpu-benches at 1c36d509ee, gpu-roofline)");
  return {};
}

}  // namespace

Sourced<Power> awake_power(hardware::Device const& device, Ledger& ledger) {
  const auto idle = device.power.idle ? *device.power.idle : assumed(ledger, "power.idle", Power{}, "no idle power published: the mean is a lower bound");
  if (!device.memory.hbm) return idle;
  const Real share = assumed(ledger, "power.clocks", 0.067, "of the design power, above idle, with a process and full clocks: H100 117 W, H200 122 W (benchmarks/gpu.py), less 70 and 74 W; A100 77 less 52 W (gpu-benches, gpu-roofline, least squares)");
  return eq::awake_power.with(ledger, idle, *device.power.tdp, share);
}

Sourced<Power> streaming_power(hardware::Device const& device, Real const& share, Ledger& ledger) {
  const auto awake = awake_power(device, ledger);
  const auto byte = energy_per_byte(device, ledger);
  auto const& bandwidth = device.memory.main().level->bandwidth;
  return byte && bandwidth ? eq::streaming_power.with(ledger, awake, *byte, *bandwidth, share, *device.power.tdp) : awake;
}

std::optional<Sourced<Energy>> energy_of(hardware::Device const& device, PassPrice const& pass, Sourced<Time> const& time, Ledger& ledger) {
  const auto byte = energy_per_byte(device, ledger);
  if (!byte) return {};
  const auto vector = assumed(ledger, "power.vector_operation", device.power.stretch * 5.9 * unit<"pJ/FLOP">, "single precision on an A40 and an A100, with instructions and registers: 6.1 and 5.6 pJ/FLOP over what their traffic draws (gpu-benches, gpu-roofline)");
  return eq::busy_energy.with(ledger, awake_power(device, ledger), time, *byte, pass.main_bytes, vector, pass.vector_work, *device.power.tdp, pass.products);
}

}  // namespace mlsysim::solvers
