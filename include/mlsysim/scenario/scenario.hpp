#pragma once
/// \file
/// A scenario binds a workload, a system and its infrastructure, and says what counts as good enough.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/solvers/efficiency.hpp"
#include "mlsysim/solvers/memory.hpp"
#include "mlsysim/solvers/tail.hpp"
#include "mlsysim/systems/cluster.hpp"
#include "mlsysim/workload/model.hpp"

namespace mlsysim::scenario {

/// What the workload does.
enum class Phase : std::uint8_t {
  inference,  ///< one forward pass over the batch: vision, recommendation, encoders, tiny models
  prefill,    ///< one forward pass over the prompts
  decode,     ///< one token for every sequence of the batch
  serving,    ///< requests: prefill, then decode until the output is complete
  training,   ///< forward, backward, optimizer step
};
std::span<const std::string_view> names_of(Phase);

/// Number formats by role.
struct Precisions {
  workload::Precision weights = workload::Precision::bf16;
  workload::Precision activations = workload::Precision::bf16;
  workload::Precision kv = workload::Precision::bf16;
  workload::Precision compute = workload::Precision::bf16;
  std::optional<Real> weight_bits;
};

/// What training needs beside the workload.
struct Training {
  Count global_batch;                           ///< sequences or samples per optimizer step
  std::optional<Sourced<Tokens>> tokens;        ///< of the whole run, language models
  std::optional<Sourced<Samples>> samples;      ///< of the whole run, other models
  solvers::Optimizer optimizer = solvers::Optimizer::adam_mixed;
  solvers::Recompute recompute = solvers::Recompute::none;
  bool overlap_experts = false;                 ///< experts are exchanged behind the compute of another micro-batch
  bool overlap_gradients = true;                ///< gradients are reduced behind the backward pass, not after it
};

/// How often a device works, and from which battery.
struct Duty {
  std::optional<Sourced<Quantity<"sample/s">>> rate;  ///< inferences per time
  std::optional<Sourced<Energy>> battery;
};

/// What runs and how.
struct Workload {
  Ref<workload::Model> model;
  Phase phase = Phase::inference;
  Count batch;                    ///< sequences or samples at once per replica; micro-batch in training
  std::optional<Count> sequence;  ///< tokens per sequence in training
  std::optional<Count> prompt;    ///< tokens read per request
  std::optional<Count> output;    ///< tokens written per request
  Precisions precision;
  std::optional<Ref<solvers::Calibration>> engine;  ///< whose kernels run, where they were measured apart from the vendors' libraries
  workload::Execution execution = workload::Execution::fused;
  workload::AttentionKernel attention = workload::AttentionKernel::by_execution;
  workload::Launch launch = workload::Launch::graph;  ///< who starts operators and collectives
  std::optional<Training> training;
  std::optional<Sourced<RequestRate>> request_rate;  ///< offered load of a service
  std::optional<Duty> duty;
};

/// What it runs on: exactly one of device, node and fleet.
struct System {
  std::optional<Ref<hardware::Device>> device;
  std::optional<Ref<systems::Node>> node;
  std::optional<Ref<systems::Fleet>> fleet;
  std::optional<Count> devices;  ///< how many of them the workload uses
  systems::Parallel parallel;
};

/// Where it stands and what it costs; all of it optional, and what is missing is not judged.
struct Infrastructure {
  std::optional<Ref<infrastructure::Grid>> grid;
  std::optional<Ref<infrastructure::Datacentre>> datacentre;
  std::optional<Ref<infrastructure::Price>> price;
  std::optional<Real> utilisation;          ///< share of the time in which the hardware does useful work
  std::optional<Sourced<Time>> lifetime;    ///< service life for depreciation and embodied carbon
  std::optional<Sourced<Time>> horizon;     ///< how long a service runs
  std::optional<Sourced<EnergyPrice>> electricity_price;  ///< replaces the grid's
};

/// Failures and checkpoints of a long run.
struct Reliability {
  std::optional<Sourced<Time>> device_mtbf;
  std::optional<Sourced<Time>> checkpoint_time;
  std::optional<Sourced<Time>> restart_time;
  std::optional<Sourced<Bandwidth>> storage_bandwidth;  ///< to which all devices write checkpoints together
  std::optional<Real> blocking;                         ///< share of the writing for which the run stops
  std::optional<Count> spares;                          ///< devices which stand by
  std::optional<Sourced<Time>> repair_time;             ///< for which a failed device is away
  Count seed{1, {}};                                    ///< of the simulation
};

/// Participants who are not all equally fast.
struct Tail {
  solvers::TimeShape shape = solvers::TimeShape::lognormal;  ///< of one participant's time
  std::optional<Real> spread;                                ///< standard deviation / mean
  std::vector<Sourced<Time>> samples;                        ///< of an empirical shape
  std::optional<Count> participants;                         ///< devices in training, where not given
  Count backups{0, {}};                                      ///< the slowest so many are not waited for
  std::optional<Real> hedge_after;                           ///< quantile at which a second try is started
  Count seed{1, {}};                                         ///< of the simulation
};

/// The service level: every entry becomes a check of the scorecard.
struct Limits {
  std::optional<Sourced<Time>> latency;
  std::optional<Sourced<Time>> ttft;
  std::optional<Sourced<Time>> itl;
  std::optional<Sourced<Time>> training_time;
  std::optional<Sourced<TokenRate>> token_rate;    ///< at least
  std::optional<Sourced<SampleRate>> sample_rate;  ///< at least
  std::optional<Sourced<Power>> power;
  std::optional<Sourced<Energy>> energy;           ///< per inference, request or run
  std::optional<Sourced<Money>> cost;              ///< of the run
  std::optional<Sourced<Quantity<"USD/token">>> cost_per_token;
  std::optional<Sourced<Carbon>> carbon;           ///< of the run
  std::optional<Sourced<Time>> battery_life;       ///< at least
};

/// A check on any metric by its path, in any compatible unit.
struct Assertion {
  std::string metric;    ///< e.g. `performance.mfu`
  std::string at_least;  ///< quantity text
  std::string at_most;   ///< quantity text
};

/// A whole scenario file.
struct Scenario {
  std::string name;
  std::string about;
  Workload workload;
  System system;
  std::optional<Infrastructure> infrastructure;
  std::optional<Reliability> reliability;
  std::optional<Tail> tail;
  std::optional<Limits> limits;
  std::vector<Assertion> assertions;  ///< key `assert`
  std::optional<solvers::EfficiencyOverride> efficiency;
  std::optional<Ref<solvers::Calibration>> calibration;
};

/// The device of the system, whether named alone, in a node or in a fleet.
inline hardware::Device& device_of(Scenario& s) {
  auto& y = s.system;
  return y.device ? y.device->value : y.node ? y.node->value.device.value : y.fleet->value.node.value.device.value;
}

void describe(Precisions&, Fields&);
void describe(Training&, Fields&);
void describe(Duty&, Fields&);
void describe(Workload&, Fields&);
void describe(System&, Fields&);
void describe(Infrastructure&, Fields&);
void describe(Reliability&, Fields&);
void describe(Tail&, Fields&);
void describe(Limits&, Fields&);
void describe(Assertion&, Fields&);
void describe(Scenario&, Fields&);

}  // namespace mlsysim::scenario
