#pragma once
/// \file
/// Layer B: one device. Peaks are dense; memories are named by kind; links are per direction.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/fields.hpp"
#include "mlsysim/workload/precision.hpp"

namespace mlsysim::hardware {

using workload::Precision;

/// Where a device is used, from the data centre to the microcontroller.
enum class Tier : std::uint8_t { cloud, workstation, mobile, edge, tiny };
/// What a device is.
enum class DeviceKind : std::uint8_t { gpu, tpu, npu, asic, soc, cpu, mcu };
/// What a link connects a device to: its like in the node, the host, or the network.
enum class LinkRole : std::uint8_t { scale_up, host, network };

std::span<const std::string_view> names_of(Tier);
std::span<const std::string_view> names_of(DeviceKind);
std::span<const std::string_view> names_of(LinkRole);

/// One kind of memory. `marketed` is what the vendor prints, `reported` what the driver shows; solvers use `capacity()`.
struct MemoryLevel {
  Sourced<Data> marketed;
  std::optional<Sourced<Data>> reported;
  std::optional<Sourced<Bandwidth>> bandwidth;  ///< nominal, to the compute units
  std::string technology;
  std::optional<Sourced<Data>> bus_width;      ///< bits transferred at once
  std::optional<Sourced<Bandwidth>> pin_rate;  ///< per pin

  /// What a program can hope for: the reported capacity where known.
  Sourced<Data> capacity() const { return reported.value_or(marketed); }
};

/// Kinds are fields, never "the capacity": flash is not SRAM and host DRAM is not HBM.
struct Memories {
  std::optional<MemoryLevel> hbm, gddr, lpddr, dram, sram, psram, flash, scratchpad, l1, l2, l3;

  /// A memory with its kind.
  struct Named {
    std::string_view name;     ///< kind, e.g. `hbm`
    MemoryLevel const* level;  ///< null if there is none
  };
  /// The memory which holds weights and activations while computing: the first of hbm, gddr, lpddr, dram, sram; null level if none.
  Named main() const;
  /// The last cache in front of the main memory whose bandwidth is known: l3, else l2; null level if none.
  Named cache() const;
};

/// Processing units and clocks, from which waves and peaks follow.
struct Compute {
  std::optional<Count> units;  ///< SMs, CUs, cores, tensor cores
  std::string unit;            ///< what `units` counts
  std::optional<Sourced<Frequency>> clock;  ///< at which the peaks are reached
  std::optional<Sourced<Frequency>> base_clock;
  EnumMap<Precision, Real> macs_per_cycle;  ///< per unit
};

/// Ports of one technology.
struct Link {
  std::string technology;
  Sourced<Bandwidth> per_direction;
  LinkRole role = LinkRole::host;
};

/// Electrical power of one device.
struct DevicePower {
  std::optional<Sourced<Power>> tdp;  ///< of a microcontroller: active at full clock
  double stretch = 1;                  ///< factor on energies of operations and bytes, for evaluations at an end of an interval
  std::optional<Sourced<Power>> idle;
  std::optional<Sourced<Power>> sleep;
};

/// Silicon of one device.
struct Die {
  std::optional<Sourced<Area>> area;
  std::string process;
  std::optional<Real> transistors;
};

/// A lint rule which this device breaks for a stated reason.
struct LintException {
  std::string rule;
  std::string note;
};

/// A device as sold: one SKU.
struct Device {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string vendor;
  Tier tier = Tier::cloud;
  DeviceKind kind = DeviceKind::gpu;
  std::string family;
  std::optional<Count> year;
  EnumMap<Precision, Sourced<ComputeRate>> peak;         ///< dense, fastest unit for that precision
  EnumMap<Precision, Sourced<ComputeRate>> sparse_peak;  ///< with structured sparsity
  EnumMap<Precision, Sourced<ComputeRate>> vector_peak;  ///< non-matrix units
  Memories memory;
  std::optional<Compute> compute;
  std::vector<Link> links;
  /// Link over which weights come for every pass which the memory cannot hold; none: weights must fit.
  std::optional<LinkRole> weights_over;
  DevicePower power;
  std::optional<Die> die;
  std::optional<Sourced<Money>> price;
  std::optional<Sourced<Carbon>> embodied_carbon;
  std::vector<LintException> lint_exceptions;
};

/// Link over which weights are streamed; null if the device does not, or states no such link.
Link const* weight_link(Device const& device);

void describe(MemoryLevel&, Fields&);
void describe(Memories&, Fields&);
void describe(Compute&, Fields&);
void describe(Link&, Fields&);
void describe(DevicePower&, Fields&);
void describe(Die&, Fields&);
void describe(LintException&, Fields&);
void describe(Device&, Fields&);
constexpr EntryKind entry_kind(Device const&) { return EntryKind::hardware; }

}  // namespace mlsysim::hardware
