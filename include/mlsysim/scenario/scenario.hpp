#pragma once
/// \file
/// A scenario binds a workload, a system and its infrastructure, and says what counts as good enough.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/solvers/distributed.hpp"
#include "mlsysim/solvers/economics.hpp"
#include "mlsysim/solvers/efficiency.hpp"
#include "mlsysim/solvers/memory.hpp"
#include "mlsysim/solvers/serving_options.hpp"
#include "mlsysim/solvers/serving_simulation.hpp"
#include "mlsysim/solvers/tail.hpp"
#include "mlsysim/systems/cluster.hpp"
#include "mlsysim/workload/technique.hpp"

namespace mlsysim::scenario {

/// What the workload does.
enum class Phase : std::uint8_t {
  inference,  ///< one forward pass over the batch: vision, recommendation, encoders, tiny models
  prefill,    ///< one forward pass over the prompts
  decode,     ///< one token for every sequence of the batch
  serving,    ///< requests: prefill, then decode until the output is complete
  training,   ///< forward, backward, optimizer step
  communication,  ///< one collective of all or some devices, without a model
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
  bool overlap_tensor = false;                  ///< tensor ranks exchange behind the products of their layer
  std::optional<workload::Precision> gradient_format;  ///< in which gradients are reduced; that of the optimizer when left out
  Real expert_imbalance;                        ///< load of the busiest expert rank / mean
  solvers::Scaling scaling = solvers::Scaling::delayed;  ///< of values which become 8 bits wide
  solvers::Offload offload = solvers::Offload::none;     ///< of the optimizer's state
  bool offload_activations = false;             ///< activations wait in host memory
  std::optional<solvers::TrainedAdapters> adapters;  ///< trained beside frozen weights
};

/// How often a device works, and from which battery.
struct Duty {
  std::optional<Sourced<Quantity<"sample/s">>> rate;  ///< inferences per time
  std::optional<Sourced<Energy>> battery;
};

/// A collective on its own.
struct Exchange {
  solvers::Collective operation = solvers::Collective::all_reduce;  ///< what the ranks do together
  Sourced<Data> message;                                            ///< whole buffer of one rank
  std::optional<Count> ranks;                                       ///< all devices when left out
  Count stride{1, {}};                                              ///< devices between neighbours
  solvers::Algorithm algorithm = solvers::Algorithm::none;          ///< none: the fastest
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
  std::optional<Ref<solvers::Calibration>> engine;  ///< whose kernels run, and whose host and scheduler
  workload::Execution execution = workload::Execution::fused;
  workload::AttentionKernel attention = workload::AttentionKernel::by_execution;
  workload::Launch launch = workload::Launch::graph;  ///< who starts operators and collectives
  std::optional<Training> training;
  std::optional<Exchange> collective;                ///< for the phase `communication`
  std::optional<Sourced<RequestRate>> request_rate;  ///< offered load of a service
  std::optional<solvers::ServingOptions> serving;    ///< how a service is run
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

/// Data which are kept with a provider, or leave it.
struct StoredData {
  Ref<infrastructure::Price> price;
  std::optional<Sourced<Data>> stored;  ///< all the time
  std::optional<Sourced<Data>> egress;  ///< once per run or horizon
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
  std::optional<solvers::Ownership> ownership;            ///< what owning costs beside machines and electricity
  std::optional<solvers::Spot> spot;                      ///< interruptions of rented instances
  std::optional<Ref<infrastructure::Price>> alternative;  ///< renting against owning
  std::optional<StoredData> data;                         ///< storage and egress
  std::optional<Sourced<Quantity<"USD/gCO2e">>> carbon_price;
  std::vector<Ref<infrastructure::Grid>> regions;         ///< other grids for the same energy
  std::vector<Sourced<GridIntensity>> intensity_by_hour;  ///< of the 24 hours of a day
  std::optional<Count> hours_per_day;                     ///< cleanest hours in which a run works
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

/// How a length scatters around its mean, which the workload gives.
struct Lengths {
  solvers::LengthShape shape = solvers::LengthShape::lognormal;
  std::optional<Real> spread;  ///< standard deviation / mean
  std::vector<Count> samples;  ///< of an empirical shape, tokens; their mean counts, not the workload's
};

/// Calm and burst take turns.
struct Burst {
  Real ratio;            ///< rate in a burst / mean rate
  Real share;            ///< part of the time in bursts
  Sourced<Time> length;  ///< mean length of one
};

/// Requests which reach a service over time, and how it schedules them: what the simulation runs.
struct Traffic {
  std::optional<Sourced<RequestRate>> rate;  ///< offered to all replicas together; the same as `workload.request_rate`
  std::optional<Real> load;                  ///< in place of a rate: share of what the replicas can serve by the closed form
  solvers::ArrivalProcess arrivals = solvers::ArrivalProcess::poisson;
  std::optional<Real> variation;             ///< of gamma arrivals: standard deviation / mean of the times between them
  std::optional<Burst> burst;                ///< of modulated arrivals
  std::optional<Lengths> prompt, output;     ///< fixed where left out
  std::string trace;                         ///< file with arrivals, prompts and outputs, beside the scenario
  Count requests{10000, {}};
  Count seed{1, {}};
  std::optional<solvers::BatchingPolicy> policy;  ///< the engine's where left out, sarathi without an engine
  std::optional<Real> warm_up;                    ///< share of the requests which are not measured
  solvers::Routing routing = solvers::Routing::least_loaded;
};

/// How samples reach the accelerators. A stage which is not given does not exist.
struct DataPipeline {
  std::optional<Sourced<Quantity<"B/sample">>> sample_size;    ///< as stored
  std::optional<Sourced<Quantity<"B/sample">>> prepared_size;  ///< as copied to the accelerators
  std::optional<Sourced<Bandwidth>> storage;                   ///< of one drive
  Count drives{1, {}};
  std::optional<Sourced<Bandwidth>> network;                   ///< to the storage
  std::optional<Count> workers;
  std::optional<Sourced<SampleRate>> worker_rate;              ///< of one worker
  Real cached;                                                 ///< share of the samples in the host's memory
  std::optional<Sourced<Data>> dataset;                        ///< which comes over the network first
};

/// A law of how loss falls with size and data.
struct Scaling {
  Ref<workload::ScalingLaw> law;
  std::optional<Sourced<Tokens>> inference;  ///< read and written over the model's life
};

/// Several tries per problem.
struct Sampling {
  Count tries;
  Real first;                    ///< share of problems which one try solves
  std::optional<Real> exponent;  ///< of coverage over tries, below zero
};

/// Jobs like this one which share a cluster.
struct Orchestration {
  Count cluster;                         ///< devices
  Sourced<RequestRate> arrivals;         ///< jobs; a job counts as a request
  std::optional<Sourced<Time>> job_time; ///< the time of the run where not given
  Real variability;                      ///< variance / mean^2 of the job time
  Real arrival_variability;              ///< the same of the times between arrivals
};

/// The service level: every entry becomes a check of the scorecard.
struct Limits {
  std::optional<Sourced<Time>> latency;
  std::optional<Sourced<Time>> ttft;
  std::optional<Sourced<Time>> itl;
  std::optional<Sourced<Time>> ttft_p99;     ///< of 99 in 100 requests, simulated
  std::optional<Sourced<Time>> itl_p99;      ///< of 99 in 100 tokens, simulated
  std::optional<Sourced<Time>> tpot_p99;     ///< mean over the tokens of a request, of 99 in 100 requests, simulated
  std::optional<Sourced<Time>> latency_p99;  ///< of 99 in 100 requests, first token to last, simulated
  std::optional<Sourced<Time>> training_time;
  std::optional<Sourced<TokenRate>> token_rate;    ///< at least
  std::optional<Sourced<SampleRate>> sample_rate;  ///< at least
  std::optional<Sourced<Power>> power;
  std::optional<Sourced<Energy>> energy;           ///< per inference, request or run
  std::optional<Sourced<Money>> cost;              ///< of the run
  std::optional<Sourced<Quantity<"USD/token">>> cost_per_token;
  std::optional<Sourced<Carbon>> carbon;           ///< of the run
  std::optional<Sourced<Time>> battery_life;       ///< at least
  std::optional<Real> data_stall;                  ///< share of the time in which accelerators wait for data
  std::optional<Real> score_loss;                  ///< points which techniques may cost
  std::optional<Sourced<Time>> wait;               ///< of a job in a shared cluster
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
  std::optional<Traffic> traffic;
  std::optional<DataPipeline> data;
  std::vector<Ref<workload::Technique>> techniques;  ///< applied one upon the other
  std::optional<Scaling> scaling;
  std::optional<Sampling> sampling;
  std::optional<Orchestration> orchestration;
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
void describe(Exchange&, Fields&);
void describe(Workload&, Fields&);
void describe(System&, Fields&);
void describe(Infrastructure&, Fields&);
void describe(Reliability&, Fields&);
void describe(Tail&, Fields&);
void describe(Lengths&, Fields&);
void describe(Burst&, Fields&);
void describe(Traffic&, Fields&);
void describe(StoredData&, Fields&);
void describe(DataPipeline&, Fields&);
void describe(Scaling&, Fields&);
void describe(Sampling&, Fields&);
void describe(Orchestration&, Fields&);
void describe(Limits&, Fields&);
void describe(Assertion&, Fields&);
void describe(Scenario&, Fields&);

}  // namespace mlsysim::scenario
