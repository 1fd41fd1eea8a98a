#pragma once
/// \file
/// What a rank must hold, by category, and whether it fits.
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/hardware/device.hpp"
#include "mlsysim/systems/cluster.hpp"
#include "mlsysim/workload/operator.hpp"

namespace mlsysim::solvers {

enum class Optimizer : std::uint8_t { adam_mixed, adam_fp32, sgd_momentum, none };
enum class Recompute : std::uint8_t { none, selective, full };
std::span<const std::string_view> names_of(Optimizer);
std::span<const std::string_view> names_of(Recompute);

struct MemoryInput {
  workload::Model const* model = nullptr;
  hardware::Device const* device = nullptr;
  workload::PrecisionPlan precision;
  systems::Parallel parallel;
  bool training = false;
  Optimizer optimizer = Optimizer::adam_mixed;  ///< adam_mixed: 2 weights + 2 gradients + 12 states = 16 B per parameter
  Recompute recompute = Recompute::none;
  Count micro_batch;              ///< sequences or samples per rank at once
  Count in_flight{1, {}};         ///< micro-batches whose activations are alive on the first pipeline stage, without interleaving
  Real micro_batches{0, {}};      ///< per replica and step: bounds what interleaving keeps in flight; 0: `in_flight` holds as it is
  Count tokens;                   ///< sequence length in training; longest prompt + output in inference
};

/// One kind of memory that must hold something.
struct MemoryPart {
  std::string category;  ///< weights, gradients, optimizer, activations, logits, kv_cache, workspace
  std::string where;     ///< hbm, sram, flash, …
  Sourced<Data> size;
};

struct MemoryResult {
  std::vector<MemoryPart> parts;
  struct Store {
    std::string where;
    Sourced<Data> needed;
    Sourced<Data> capacity;
    bool fits() const { return needed.value <= capacity.value; }
  };
  std::vector<Store> stores;  ///< one for most devices; flash and sram for microcontrollers
  bool fits = true;
  Real parameters;            ///< of the whole model
  Sourced<Data> free;         ///< of the main store, negative if it does not fit
  std::vector<Remedy> remedies;  ///< nearest changes which would fit, each one computed; empty if it fits, and when the ledger does not record
};

/// Training: weights, gradients, optimizer state (ZeRO: Rajbhandari 2020) and activations of the first pipeline stage (Korthikanti 2022).
/// Inference: weights, cache of the batch, workspace of the widest operator. Microcontrollers: weights in flash, the peak of live
/// tensors in SRAM. No reserve for a runtime is counted. \throws std::invalid_argument if the device states no memory.
MemoryResult solve(MemoryInput const& in, Ledger& ledger);
Section report(MemoryResult const& r);

}  // namespace mlsysim::solvers
