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

/// What the optimizer keeps per parameter: fp32 master weights, momentum and variance (`adam_mixed`), the same beside gradients which are
/// summed in fp32 (`adam_main_gradients`), the same beside gradients in the format of the weights and their sums in fp32
/// (`adam_summed_gradients`), fp32 master weights beside momentum and variance in 16 bits and gradients in fp32 (`adam_half_moments`), momentum and
/// variance beside fp32 weights (`adam_fp32`), momentum alone (`sgd_momentum`), or nothing.
enum class Optimizer : std::uint8_t { adam_mixed, adam_main_gradients, adam_fp32, sgd_momentum, none, adam_summed_gradients, adam_half_moments };
/// Which activations the backward pass computes again: none, the attention core, whole layers, or every second product and all between them
/// (torchtitan's selective mode for operators).
enum class Recompute : std::uint8_t { none, selective, full, alternate };
/// Which products have adapters beside them.
enum class AdaptedProducts : std::uint8_t { attention, all };
/// Low-rank adapters which are trained beside frozen weights (Hu et al. 2021, LoRA).
struct TrainedAdapters {
  Count rank;                                              ///< width of the bottleneck
  AdaptedProducts products = AdaptedProducts::attention;   ///< beside which they stand
};
/// Parameters of the adapters of the whole model.
Real adapter_parameters(workload::Transformer const& model, TrainedAdapters const& adapters, Ledger& ledger);
std::span<const std::string_view> names_of(AdaptedProducts);
void describe(TrainedAdapters&, Fields&);
/// Where the optimizer's state lives: on the device, or beside the CPU, which then does the update (Ren et al. 2021).
enum class Offload : std::uint8_t { none, cpu, nvme };
std::span<const std::string_view> names_of(Offload);
std::span<const std::string_view> names_of(Optimizer);
std::span<const std::string_view> names_of(Recompute);

/// Bytes which a checkpoint holds of one parameter: its weight and what the optimizer keeps.
Sourced<Data> checkpoint_state(Optimizer optimizer, workload::Precision weights, Ledger& ledger);

/// What a rank does.
struct MemoryInput {
  workload::Model const* model = nullptr;  ///< what runs
  hardware::Device const* device = nullptr;  ///< whose memory is filled
  workload::PrecisionPlan precision;  ///< formats by role
  systems::Parallel parallel;  ///< degrees of parallelism
  bool training = false;  ///< gradients, optimizer state and activations are kept
  Optimizer optimizer = Optimizer::adam_mixed;  ///< adam_mixed: 2 weights + 2 gradients + 12 states = 16 B per parameter
  Recompute recompute = Recompute::none;  ///< trades activations for work
  Offload offload = Offload::none;  ///< of the optimizer's state
  bool offload_activations = false;  ///< all but the layer at work waits in host memory
  std::optional<TrainedAdapters> adapters{};  ///< alone have gradients and state; none: all weights are trained
  bool flash_attention = false;  ///< scores are never stored: activations as with selective recomputation, without its work
  Count micro_batch;              ///< sequences or samples per rank at once
  Count in_flight{1, {}};         ///< micro-batches whose activations are alive on the first pipeline stage, without interleaving
  Real micro_batches{0, {}};      ///< per replica and step: bounds what interleaving keeps in flight; 0: `in_flight` holds as it is
  Count tokens;                   ///< sequence length in training; longest prompt + output in inference
  workload::Derived* derived = nullptr;  ///< what is known of the model from evaluations before; null: nothing
};

/// One kind of memory that must hold something.
struct MemoryPart {
  std::string category;  ///< weights, adapters, gradients, optimizer, embedding (of a first stage), activations, logits, kv_cache, workspace, runtime
  std::string where;     ///< hbm, sram, flash, …
  Sourced<Data> size;    ///< on one rank
};

/// What one rank holds, memory by memory.
struct MemoryResult {
  std::vector<MemoryPart> parts;  ///< in order of category
  /// One memory with what it must hold.
  struct Store {
    std::string where;                                            ///< its kind, e.g. `hbm`
    Sourced<Data> needed;                                         ///< sum of its parts
    Sourced<Data> capacity;                                       ///< reported where known, else marketed
    bool fits() const { return needed.value <= capacity.value; }  ///< needed is at most capacity
  };
  std::vector<Store> stores;  ///< one for most devices; flash and sram for microcontrollers
  bool fits = true;  ///< every store does
  std::optional<Sourced<Data>> streamed;  ///< weights which come over a link for every pass, on devices which can
  std::optional<Sourced<Data>> host;      ///< of one rank, offloaded
  std::optional<Sourced<Data>> offloaded_activations;  ///< of one micro-batch, which wait in host memory
  Real parameters;            ///< of the whole model
  Sourced<Data> free;         ///< of the main store, negative if it does not fit
  std::vector<Remedy> remedies;  ///< nearest changes which would fit, each one computed; empty if it fits, and when the ledger does not record
};

/// Training: weights, gradients, optimizer state (ZeRO: Rajbhandari 2020) and activations (Korthikanti 2022) of the fullest pipeline rank,
/// and on GPUs kernels and communicators of the runtime. Inference: weights, cache of the batch, workspace of the widest operator. Microcontrollers: weights
/// in flash, the peak of live tensors in SRAM. Fragments of a caching allocator are not counted. \throws std::invalid_argument if the device states no memory.
MemoryResult solve(MemoryInput const& in, Ledger& ledger);
Section report(MemoryResult const& r);

}  // namespace mlsysim::solvers
