#include "mlsysim/hardware/device.hpp"

namespace mlsysim::hardware {
namespace {

constexpr std::string_view tiers[] = {"cloud", "workstation", "mobile", "edge", "tiny"};
constexpr std::string_view kinds[] = {"gpu", "tpu", "npu", "asic", "soc", "cpu", "mcu"};
constexpr std::string_view roles[] = {"scale_up", "host", "network"};

}  // namespace

std::span<const std::string_view> names_of(Tier) { return tiers; }
std::span<const std::string_view> names_of(DeviceKind) { return kinds; }
std::span<const std::string_view> names_of(LinkRole) { return roles; }

Memories::Named Memories::main() const {
  const std::pair<std::string_view, std::optional<MemoryLevel> const*> order[] = {
      {"hbm", &hbm}, {"gddr", &gddr}, {"lpddr", &lpddr}, {"dram", &dram}, {"sram", &sram}};
  for (auto const& [name, level] : order)
    if (*level) return {name, &**level};
  return {{}, nullptr};
}

Memories::Named Memories::cache() const {
  if (l3 && l3->bandwidth) return {"l3", &*l3};
  if (l2 && l2->bandwidth) return {"l2", &*l2};
  return {{}, nullptr};
}

Link const* weight_link(Device const& device) {
  if (device.weights_over)
    for (auto const& link : device.links)
      if (link.role == *device.weights_over) return &link;
  return nullptr;
}

void describe(MemoryLevel& m, Fields& f) {
  f("marketed", m.marketed, "capacity as the vendor prints it", positive);
  f("reported", m.reported, "capacity as the driver or operating system reports it", positive);
  f("bandwidth", m.bandwidth, "nominal bandwidth to the compute units", positive);
  f("technology", m.technology, "e.g. HBM3", optional_field);
  f("bus_width", m.bus_width, "bits transferred at once", positive, in_bits);
  f("pin_rate", m.pin_rate, "rate of one pin", positive, in_bits);
}

void describe(Memories& m, Fields& f) {
  f("hbm", m.hbm, "stacked memory beside the chip");
  f("gddr", m.gddr, "graphics memory");
  f("lpddr", m.lpddr, "low-power memory, often shared with the host");
  f("dram", m.dram, "ordinary DDR memory");
  f("sram", m.sram, "on-chip memory a program addresses; the tensor arena of a microcontroller");
  f("psram", m.psram, "pseudo-static RAM beside a microcontroller");
  f("flash", m.flash, "non-volatile memory: weights of a microcontroller");
  f("scratchpad", m.scratchpad, "software-managed buffer of an accelerator");
  f("l1", m.l1, "level-1 caches together");
  f("l2", m.l2, "level-2 cache");
  f("l3", m.l3, "level-3 or last-level cache");
}

void describe(Compute& c, Fields& f) {
  f("units", c.units, "number of processing units", positive);
  f("unit", c.unit, "what a processing unit is: SM, CU, core", optional_field);
  f("clock", c.clock, "clock at which the peaks are reached", positive);
  f("base_clock", c.base_clock, "guaranteed clock", positive);
  f("macs_per_cycle", c.macs_per_cycle, "multiply-accumulates per unit and cycle", positive, optional_field);
}

void describe(Link& l, Fields& f) {
  f("technology", l.technology, "e.g. NVLink 4", optional_field);
  f("per_direction", l.per_direction, "bandwidth of all ports of the device in one direction", positive);
  f("role", l.role, "what it connects to", defaults_to(LinkRole::host, "most links lead to the host"));
}

void describe(DevicePower& p, Fields& f) {
  f("tdp", p.tdp, "thermal design power; of a microcontroller the active power at full clock", positive);
  f("idle", p.idle, "power when idle", not_negative);
  f("sleep", p.sleep, "power when asleep", not_negative);
}

void describe(Die& d, Fields& f) {
  f("area", d.area, "area of all compute dies", positive);
  f("process", d.process, "manufacturing process", optional_field);
  f("transistors", d.transistors, "number of transistors", positive);
}

void describe(LintException& e, Fields& f) {
  f("rule", e.rule, "lint rule this device breaks");
  f("note", e.note, "why the rule does not hold here");
}

void describe(Device& d, Fields& f) {
  f("id", d.id, "unique name", optional_field);
  f("name", d.name, "name for people", optional_field);
  f("aliases", d.aliases, "other names", optional_field);
  f("vendor", d.vendor, "who makes it", optional_field);
  f("tier", d.tier, "where it is used", defaults_to(Tier::cloud, "most accelerators"));
  f("kind", d.kind, "what it is", defaults_to(DeviceKind::gpu, "most accelerators"));
  f("family", d.family, "generation whose members resemble each other", optional_field);
  f("year", d.year, "year of availability", at_least(1990), at_most(2100));
  f("peak", d.peak, "dense peak rate of the fastest unit", positive);
  f("sparse_peak", d.sparse_peak, "peak rate with structured sparsity", positive, optional_field);
  f("vector_peak", d.vector_peak, "peak rate of the non-matrix units", positive, optional_field);
  f("memory", d.memory, "memories by kind");
  f("compute", d.compute, "processing units and clocks");
  f("links", d.links, "ports of the device itself", optional_field);
  f("weights_over", d.weights_over, "link over which weights come that its memory cannot hold", optional_field);
  f("power", d.power, "electrical power", optional_field);
  f("die", d.die, "silicon");
  f("price", d.price, "price of one device", positive);
  f("embodied_carbon", d.embodied_carbon, "carbon of manufacturing one device", positive);
  f("lint_exceptions", d.lint_exceptions, "lint rules it breaks for a reason", optional_field);
}

}  // namespace mlsysim::hardware
