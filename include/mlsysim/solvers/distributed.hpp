#pragma once
/// \file
/// Training on many devices: one step of tensor, pipeline, expert and data parallel ranks, and the run it is repeated for.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/solvers/collectives.hpp"
#include "mlsysim/solvers/memory.hpp"
#include "mlsysim/solvers/pipeline_schedule.hpp"
#include "mlsysim/solvers/performance.hpp"
#include "mlsysim/systems/cluster.hpp"

namespace mlsysim::solvers {

/// How values get into 8 bits.
enum class Scaling : std::uint8_t {
  delayed,  ///< with the factor of steps before: one pass over the values
  current,  ///< with the factor of the values themselves: one pass to find it, one to apply it
  block,    ///< with a factor for each block, found on the way
};
std::span<const std::string_view> names_of(Scaling);

/// A training plan.
struct DistributedInput {
  workload::Model const* model = nullptr;                      ///< what is trained
  systems::Cluster const* cluster = nullptr;                   ///< where it runs
  EfficiencyModel const* efficiency = nullptr;                 ///< prices operators on its device
  Calibration const* collectives = nullptr;                    ///< with `collectives` rows; null: nominal links
  systems::Parallel parallel;                                  ///< degrees of parallelism
  workload::PrecisionPlan precision;                           ///< formats by role
  workload::Execution execution = workload::Execution::fused;  ///< kernels of an engine, or of a framework
  workload::AttentionKernel attention = workload::AttentionKernel::by_execution;  ///< whether scores stay on the chip
  Count micro_batch;                                           ///< sequences or samples per replica at once
  Count global_batch;                                          ///< sequences or samples per optimizer step, all replicas
  Count sequence;                                              ///< tokens per sequence; ignored by models without tokens
  Optimizer optimizer = Optimizer::adam_mixed;                 ///< decides the state per parameter
  Recompute recompute = Recompute::none;                       ///< work which is done again to save memory
  bool interval = true;  ///< also evaluate both ends of the efficiencies' intervals
  bool overlap_experts = false;                                ///< the exchange with experts runs behind another micro-batch (DeepSeek-AI 2024, DualPipe)
  bool overlap_gradients = true;                               ///< gradient reduction runs behind the backward pass
  bool overlap_tensor = false;                                 ///< tensor ranks exchange piece by piece behind the products (Wang et al. 2023)
  std::optional<workload::Precision> gradient_format{};        ///< in which gradients are reduced; none: that in which the optimizer sums them
  Real expert_imbalance{1, {}};                                ///< load of the busiest expert rank / mean load
  Scaling scaling = Scaling::delayed;                          ///< how values get into 8 bits, where products run in FP8
  Offload offload = Offload::none;                             ///< where the optimizer's state lives and is updated
  std::optional<TrainedAdapters> adapters{};                   ///< trained beside frozen weights; none: all weights are trained
  bool offload_activations = false;                            ///< kept activations wait in host memory
  std::optional<Sourced<Data>> offloaded_activations{};        ///< of one micro-batch, which go there and come back
  std::optional<Sourced<Tokens>> tokens;                       ///< of the whole run
  std::optional<Sourced<Samples>> samples;                     ///< of the whole run, models without tokens
};

/// One parallel dimension of a step.
struct DimensionCost {
  std::string dimension;                  ///< tensor, pipeline, expert, data
  int degree = 1;                         ///< ranks along it
  bool inside_node = true;                ///< its ranks share a node
  std::string operation;                  ///< e.g. `all_reduce`
  Algorithm algorithm = Algorithm::none;  ///< the one priced
  Sourced<Data> message;                  ///< of one operation
  Real operations;                        ///< per step and rank
  Sourced<Bandwidth> link;                ///< nominal bandwidth per rank on the slowest part, one direction
  Sourced<Time> total;                    ///< communication of the step
  Sourced<Time> exposed;                  ///< what the step pays for it
};

/// One step by its parts, and the run.
struct DistributedResult {
  Sourced<Time> step_time;                               ///< = compute + tensor + context + pipeline + expert + bubble + data + optimizer + offload
  Sourced<Time> compute;                                 ///< all micro-batches of the slowest stage
  Sourced<Time> tensor;                                  ///< exposed
  Sourced<Time> context;                                 ///< exposed, of rings of keys and values
  Sourced<Time> pipeline;                                ///< exposed point to point
  Sourced<Time> expert;                                  ///< exposed
  Sourced<Time> data;                                    ///< exposed
  Sourced<Time> bubble;                                  ///< stages wait for the first and last micro-batches
  Sourced<Time> optimizer;                               ///< reading and writing its state, on the host where that has it
  Sourced<Time> offload;                                 ///< transfers to and from the host which compute does not hide
  Sourced<Time> formats;                                 ///< part of `compute` which turns values into 8 bits
  Sourced<Time> imbalance;                               ///< part of `compute` in which the mean stage waits for the slowest
  Real bubble_fraction;                                  ///< idle / (pipeline schedule) = (p-1) / (v*m + p-1)
  Real bubble_over_ideal;                                ///< idle / ideal time = (p-1) / (v*m)
  Real micro_batches;                                    ///< m, per replica and step
  Real mfu;                                              ///< model FLOP with the full attention matrix / (step * devices * dense peak)
  Real hfu;                                              ///< executed FLOP, recomputation included
  Real scaling_efficiency;                               ///< against one replica which does its share alone
  Sourced<ComputeRate> achieved;                         ///< model FLOP/s per device
  std::optional<Sourced<TokenRate>> token_throughput;    ///< all devices, language models
  std::optional<Sourced<SampleRate>> sample_throughput;  ///< all devices, models without tokens
  Sourced<Work> step_work;                               ///< model FLOP of a step
  std::optional<Real> steps;                             ///< of the run; absent without its length
  std::optional<Sourced<Time>> training_time;            ///< all steps, without failures
  std::optional<Sourced<Work>> training_work;            ///< model FLOP of the run
  std::optional<Sourced<Time>> training_time_rule;       ///< 6 N D / (MFU * peak * devices)
  std::optional<Real> rule_ratio;                        ///< training_time_rule / training_time
  std::vector<DimensionCost> dimensions;                 ///< each which communicates
  std::vector<StageTimes> ranks;                         ///< of one micro-batch, first pipeline rank first
  Time message{};                                        ///< from one pipeline rank to the next
  Sourced<Bandwidth> bisection;                          ///< of the used nodes; 0 within one
  Sourced<Power> device_power;                           ///< mean of one device over the step
  Bound bound = Bound::compute;                          ///< of the compute part
  std::string largest_loss;                              ///< which part other than compute costs most, e.g. `bubble`
  Confidence confidence = Confidence::theoretical;       ///< the weakest of operators and links
  Interval step_interval;                                ///< both ends of the efficiency intervals, evaluated again
  bool efficiency_given = false;                         ///< the scenario put its own efficiency in place of the prediction
};

/// What makes the plan impossible to evaluate, in the words of the reader; empty if nothing does.
/// Callers turn these into diagnostics: `solve` asserts that there are none.
std::vector<std::string> problems(DistributedInput const& in);

/// The step of a result, piece by piece, on each pipeline rank. \pre `in` and `r` belong together
ScheduleResult timeline(DistributedInput const& in, DistributedResult const& r);

/// Composes a step from the prices of its parts. \pre `problems(in)` is empty
DistributedResult solve(DistributedInput const& in, Ledger& ledger);
Section report(DistributedResult const& r);

}  // namespace mlsysim::solvers
