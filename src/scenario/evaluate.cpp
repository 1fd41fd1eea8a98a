#include "mlsysim/scenario/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "dates.hpp"
#include "defaults.hpp"
#include "load_input.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/scenario/evaluator.hpp"
#include "mlsysim/equations/compression.hpp"
#include "mlsysim/equations/data.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/equations/sustainability.hpp"
#include "mlsysim/solvers/data_pipeline.hpp"
#include "mlsysim/equations/serving.hpp"
#include "mlsysim/solvers/distributed.hpp"
#include "mlsysim/solvers/economics.hpp"
#include "mlsysim/solvers/exchange.hpp"
#include "mlsysim/solvers/memory.hpp"
#include "mlsysim/solvers/orchestration.hpp"
#include "mlsysim/solvers/performance.hpp"
#include "mlsysim/solvers/reliability.hpp"
#include "mlsysim/solvers/scaling.hpp"
#include "mlsysim/solvers/serving.hpp"
#include "mlsysim/solvers/sustainability.hpp"
#include "mlsysim/systems/renew.hpp"
#include "mlsysim/units/text.hpp"
#include "place.hpp"
#include "techniques.hpp"

namespace mlsysim::scenario {
namespace {

using namespace solvers;

[[noreturn]] void refuse(int code, std::string message, std::string help) {
  throw InputError({{code, std::move(message), {}, "", std::move(help)}});
}

std::vector<Request> const* trace_of(Loaded const& l) { return l.trace.empty() ? nullptr : &l.trace; }

/// Whether the model is more than one operator, so that a framework or an engine runs it.
bool is_network(workload::Model const& m) { return !m.layered || m.layered->layers.size() > 1; }

workload::PrecisionPlan plan_of(Precisions const& p) { return {p.weights, p.activations, p.kv, p.compute, p.weight_bits}; }

/// Puts the system into a cluster, which is new or was made of this system before its numbers changed.
void renew(systems::Cluster& c, System const& y, Ledger& ledger) {
  if (y.device && y.devices && y.devices->value > 1) return systems::renew(c, y.device->value, *y.devices, ledger);
  if (y.device) systems::renew(c, y.device->value, ledger);
  else if (y.node) systems::renew(c, y.node->value, ledger);
  else systems::renew(c, y.fleet->value, ledger);
  if (!y.devices) return;
  if (y.devices->value > c.devices.value)
    refuse(203, fmt::format("the scenario uses {} devices, but the system has {}", y.devices->value, c.devices.value), "lower `system.devices` or name a larger system");
  c.devices = *y.devices;
}

systems::Cluster cluster_for(System const& y, Ledger& ledger) {
  systems::Cluster c;
  renew(c, y, ledger);
  return c;
}

/// A network is run by a framework or an engine, which no operator's residuals know. Host times of services were fitted on two machines: how far they
/// carry to others nothing says but what engines were off by on devices left out.
void widen(EfficiencyModel& e, Scenario const& s, Calibration const& collectives) {
  if (!collectives.spread || !is_network(s.workload.model.value)) return;
  solvers::Spread spread = *collectives.spread;
  if (s.workload.phase == Phase::serving) spread.passes = spread.passes_left_out;
  e.whole_passes(spread);
}

/// What every kind of operator of the workload reaches on the device.
EfficiencyModel efficiency_for(Scenario const& s, hardware::Device const& device, Calibration const& operators, Calibration const& collectives, Ledger& ledger) {
  auto const& w = s.workload;
  EfficiencyModel e(operators, device, w.precision.compute, s.efficiency.value_or(EfficiencyOverride{}), ledger, w.precision.weights, w.precision.kv);
  e.started_by(w.launch, collectives, ledger);
  e.attention_kernel(w.attention, device, ledger);
  if (w.phase == Phase::training && w.execution != workload::Execution::eager) {
    const bool fused = workload::is_flash(w.attention, w.execution);
    e.framework_kernels(collectives.frameworks, !fused ? workload::AttentionKernel::unfused : w.attention == workload::AttentionKernel::by_execution ? workload::AttentionKernel::flash : w.attention, device);
  }
  if (w.phase == Phase::training || w.phase == Phase::serving) e.throttled(collectives.sustained, device, w.precision.compute, ledger);
  widen(e, s, collectives);
  return e;
}

/// What one evaluation leaves for the next one of the same scenario with other values.
struct Before {
  systems::Cluster cluster;                   ///< of the system as it is
  std::optional<EfficiencyModel> efficiency;  ///< as long as what it depends on stays the same
  std::optional<MemoryResult> memory;         ///< of the same plan in the same memory; none: to be counted
  workload::Derived derived;                  ///< from models as they are
};

/// One evaluation: asks the solvers in order. What was not asked stays empty.
class Evaluation {
 public:
  /// \param end -1 or 1: everything at the slow or fast end of the efficiencies' 90 % intervals
  /// \param lean neither intervals, nor simulations, nor a search for other batch sizes: the plan's own numbers alone
  /// \param before what evaluations before left, which must outlive this one; null: nothing
  Evaluation(Scenario const& s, Calibration const& operators, Calibration const& collectives, Ledger& ledger, int end = 0, bool lean = false, Before* before = nullptr)
      : lean_{lean}, full_{end == 0 && !lean}, s_{s}, model_{s.workload.model.value}, operators_{operators}, collectives_{collectives}, ledger_{ledger}, before_{before},
        cluster_{before ? before->cluster : own_cluster_.emplace(cluster_for(s.system, ledger))}, parallel_{s.system.parallel},
        efficiency_{before ? *before->efficiency : own_efficiency_.emplace(efficiency_for(s, cluster_.device, operators, collectives, ledger))} {
    if (s.workload.engine && s.workload.engine->value.engine) engine_ = &*s.workload.engine->value.engine;
    if (end != 0) own_efficiency_ = own_efficiency_->at_end(end);
  }
  Evaluation(Evaluation const&) = delete;

  /// Memory first: nothing else means anything if it does not fit.
  void run(bool macro) {
    if (s_.workload.phase == Phase::communication) return solve_exchange();
    // What cannot be laid out is wrong, however much memory there is.
    if (s_.workload.phase == Phase::training) check(problems(training_step()));
    if (s_.workload.phase == Phase::serving) check(problems(service_plan()));
    solve_memory();
    if (!fits()) return;
    switch (s_.workload.phase) {
      case Phase::training: solve_training(); break;
      case Phase::serving: solve_serving(); break;
      default: solve_pass(); break;
    }
    if (s_.data) solve_data();
    if (macro) solve_macro();
  }

  bool fits() const { return memory ? memory->fits : true; }

  /// One side of a comparison of techniques.
  Weighed weighed() const {
    Weighed w;
    w.memory = memory->stores.front().needed;
    if (!fits()) return w;
    w.time = distributed ? distributed->step_time : performance ? latency : eq::token_time.with(ledger_, serving->total_token_throughput);
    if (power) w.energy = eq::it_energy.with(ledger_, *power, *w.time);
    return w;
  }

  /// What the knobs improve, as "more is better"; 0 if it does not fit.
  double goodness() const { return data ? (1 - data->stall.value) * computing() : computing(); }
  double computing() const {
    if (!fits()) return 0;
    if (serving) return serving->total_token_throughput.value.raw();
    if (distributed) return 1 / distributed->step_time.value.raw();
    if (performance) return 1 / latency.value.raw();
    if (exchange) return 1 / exchange->fastest.time.value.raw();
    return 0;
  }

  std::vector<Request> const* trace = nullptr;  ///< of the traffic; null: none
  LoadOptions load_options{{}, false, true, nullptr};
  std::optional<Sourced<RequestRate>> offered;  ///< where the traffic states a load: the rate which it means
  ScheduleResult* laid_out = nullptr;  ///< where the pieces of a training step go; null: nobody asks for them
  std::optional<MemoryResult> memory;
  std::optional<PerformanceResult> performance;
  std::optional<DistributedResult> distributed;
  std::optional<ServingResult> serving;
  std::optional<ServingInput> service;  ///< what `serving` was asked
  std::optional<ServingCost> serving_price;
  std::optional<LoadResult> traffic;
  std::optional<EconomicsResult> economics;
  std::optional<SustainabilityResult> sustainability;
  std::optional<BatteryResult> battery;
  std::optional<ReliabilityResult> reliability;
  std::optional<TailResult> tail;
  std::optional<ExchangeResult> exchange;
  std::optional<DataPipelineResult> data;
  std::optional<ScalingResult> scaling;
  std::optional<RepeatedSamplingResult> sampling;
  std::optional<OrchestrationResult> orchestration;
  std::optional<Sourced<Time>> run_time;  ///< of training on the clock: overheads, stalls and failures included
  Sourced<Time> latency;  ///< of a pass with its communication
  std::optional<Sourced<Time>> communication;
  std::optional<Sourced<SampleRate>> samples_per_time;  ///< all replicas
  std::optional<Sourced<TokenRate>> tokens_per_time;
  std::optional<Sourced<Power>> power;  ///< IT power of everything used

  systems::Cluster const& cluster() const { return cluster_; }
  /// Mean power of one device, where the phase has one.
  std::optional<Power> device_power() const {
    if (performance) return performance->power.value;
    if (distributed) return distributed->device_power.value;
    if (serving) return serving->device_power.value;
    return {};
  }
  /// The device draws `factor` times the power which its data sheet suggests. Before `run`, and not with a cluster of another evaluation.
  void scale_power(double factor) {
    auto& p = own_cluster_->device.power;
    if (p.tdp) p.tdp->value *= factor;
    if (p.idle) p.idle->value *= factor;
    p.stretch *= factor;
  }
  systems::Parallel const& parallel() const { return parallel_; }

 private:
  workload::Derived* derived() const { return before_ ? &before_->derived : nullptr; }

  workload::AttentionKernel attention() const {
    const auto asked = s_.workload.attention;
    return engine_ && engine_->attention && asked == workload::AttentionKernel::by_execution ? *engine_->attention : asked;
  }

  void check(std::vector<std::string> const& problems) const {
    if (problems.empty()) return;
    std::vector<Diagnostic> all;
    for (auto const& p : problems) all.push_back({203, p, {}, "", p.starts_with("tail.") ? "see `tail:` in `mlsysim schema scenario`" : "change `system.parallel` or the workload"});
    throw InputError(std::move(all));
  }

  Count tokens_in_memory() const {
    auto const& w = s_.workload;
    if (w.phase == Phase::training) return w.sequence.value_or(Count{0, {}});
    Count t = w.prompt.value_or(Count{0, {}});
    if (w.output) t.origin = eq::longest_context.with(ledger_, Real(t), Real(*w.output)).origin, t.value += w.output->value;
    else if (w.phase == Phase::decode) t.value += 1;
    return t;
  }

  void solve_memory() {
    auto const& w = s_.workload;
    check(systems::placement_problems(cluster_, parallel_));
    if (before_ && before_->memory) {
      memory = std::move(before_->memory);
      return;
    }
    MemoryInput in;
    in.derived = derived();
    in.model = &model_;
    in.device = &cluster_.device;
    in.precision = plan_of(w.precision);
    in.parallel = parallel_;
    in.micro_batch = w.batch;
    // Each expert rank of a service attends to requests of its own.
    if (w.phase == Phase::serving && parallel_.expert.value > 1) in.micro_batch.value = (w.batch.value + parallel_.expert.value - 1) / parallel_.expert.value;
    in.tokens = tokens_in_memory();
    if (w.phase == Phase::training) {
      in.training = true;
      in.flash_attention = workload::is_flash(attention(), w.execution);
      in.optimizer = w.training->optimizer;
      in.recompute = w.training->recompute;
      in.offload = w.training->offload;
      in.offload_activations = w.training->offload_activations;
      in.adapters = w.training->adapters;
      const double replicas = static_cast<double>(parallel_.data.value) * parallel_.expert.value;
      const double micro_batches = std::max(1.0, w.training->global_batch.value / (replicas * w.batch.value));
      const auto flight = eq::micro_batches_in_flight.with(ledger_, parallel_.pipeline, Real{micro_batches, w.training->global_batch.origin});
      in.in_flight = {static_cast<int>(std::ceil(flight.value)), flight.origin};
      // GPipe holds every micro-batch until the backward passes begin.
      if (parallel_.schedule == systems::Schedule::gpipe && parallel_.pipeline.value > 1) in.in_flight = {static_cast<int>(micro_batches), w.training->global_batch.origin};
      in.micro_batches = {micro_batches, w.training->global_batch.origin};
    }
    memory = solve(in, ledger_);
  }

  void solve_pass() {
    auto const& w = s_.workload;
    if (parallel_.context.value > 1) check({"context parallelism divides the sequences of training; write context: 1"});
    PerformanceInput in;
    in.derived = derived();
    in.interval = full_;
    in.model = &model_;
    in.device = &cluster_.device;
    in.efficiency = &efficiency_;
    if (memory) in.streamed = memory->streamed;
    in.shape.batch = w.batch;
    in.shape.precision = plan_of(w.precision);
    in.shape.tensor_parallel = parallel_.tensor;
    in.shape.execution = w.execution;
    in.shape.attention = attention();
    if (engine_ && engine_->chunk && w.phase == Phase::prefill) in.shape.chunk = *engine_->chunk;
    in.shape.last_token_logits = w.execution == workload::Execution::fused;
    if (w.phase == Phase::decode) {
      in.shape.new_tokens = {1, w.prompt->origin};
      in.shape.cached_tokens = *w.prompt;
    } else {
      in.shape.new_tokens = w.prompt.value_or(Count{0, {}});
    }
    performance = solve(in, ledger_);
    latency = performance->latency;
    if (parallel_.tensor.value * parallel_.pipeline.value > 1) {
      LinkModel links(&collectives_, ledger_, cluster_.device.id);
      if (w.launch != workload::Launch::graph) links.launched_by_host(&collectives_, cluster_.device.id, ledger_);
      ForwardCommunicationInput c;
      c.model = &model_;
      c.cluster = &cluster_;
      c.parallel = parallel_;
      c.activations = w.precision.activations;
      c.tokens = {w.batch.value * std::max(1, in.shape.new_tokens.value), w.batch.origin};
      c.links = &links;
      communication = forward_communication(c, ledger_).total;
      latency = eq::pass_with_communication.with(ledger_, latency, *communication);
    }
    if (performance->sample_throughput) samples_per_time = eq::replicated_samples.with(ledger_, *performance->sample_throughput, parallel_.data);
    if (performance->token_throughput) tokens_per_time = eq::replicated_tokens.with(ledger_, *performance->token_throughput, parallel_.data);
    if (cluster_.device.power.tdp) power = it_power(cluster_, performance->power, ledger_);
  }

  DistributedInput training_step() const {
    auto const& w = s_.workload;
    DistributedInput in;
    in.derived = derived();
    in.interval = full_;
    in.model = &model_;
    in.cluster = &cluster_;
    in.efficiency = &efficiency_;
    in.collectives = &collectives_;
    in.parallel = parallel_;
    in.precision = plan_of(w.precision);
    in.execution = w.execution;
    in.attention = attention();
    in.micro_batch = w.batch;
    in.global_batch = w.training->global_batch;
    in.sequence = w.sequence.value_or(Count{0, {}});
    in.optimizer = w.training->optimizer;
    in.recompute = w.training->recompute;
    in.overlap_experts = w.training->overlap_experts;
    in.overlap_gradients = w.training->overlap_gradients;
    in.overlap_tensor = w.training->overlap_tensor;
    in.gradient_format = w.training->gradient_format;
    in.expert_imbalance = w.training->expert_imbalance;
    in.scaling = w.training->scaling;
    in.offload = w.training->offload;
    in.offload_activations = w.training->offload_activations;
    in.adapters = w.training->adapters;
    in.tokens = w.training->tokens;
    in.samples = w.training->samples;
    return in;
  }

  void solve_training() {
    DistributedInput in = training_step();
    if (memory) in.offloaded_activations = memory->offloaded_activations;
    distributed = solve(in, ledger_);
    if (laid_out) *laid_out = timeline(in, *distributed);
    samples_per_time = distributed->sample_throughput;
    tokens_per_time = distributed->token_throughput;
    if (cluster_.device.power.tdp) power = it_power(cluster_, distributed->device_power, ledger_);
  }

  void solve_exchange() {
    auto const& x = *s_.workload.collective;
    ExchangeInput in;
    in.cluster = &cluster_;
    in.collectives = &collectives_;
    in.operation = x.operation, in.message = x.message, in.algorithm = x.algorithm;
    in.ranks = x.ranks ? Real(*x.ranks) : Real(cluster_.devices);
    in.stride = x.stride;
    in.launched_by_host = s_.workload.launch != workload::Launch::graph;
    check(problems(in));
    exchange = solve(in, ledger_);
  }

  ServingInput service_plan() const {
    auto const& w = s_.workload;
    ServingInput in;
    in.interval = full_;
    in.launch = s_.workload.launch;
    if (s_.workload.serving) in.options = *s_.workload.serving;
    if (engine_ && engine_->service) in.engine = &*engine_->service;
    in.model = &model_;
    in.cluster = &cluster_;
    in.efficiency = &efficiency_;
    in.collectives = &collectives_;
    in.parallel = parallel_;
    in.precision = plan_of(w.precision);
    in.prompt = *w.prompt;
    in.output = *w.output;
    in.concurrency = w.batch;
    in.search = !lean_ || s_.traffic;
    in.request_rate = w.request_rate;
    if (s_.limits) in.itl_limit = s_.limits->itl, in.ttft_limit = s_.limits->ttft;
    return in;
  }

  void solve_serving() {
    auto const& w = s_.workload;
    ServingInput in = service_plan();
    if (in.options.disaggregation && in.options.disaggregation->prefill_device) {
      in.prefill_efficiency = &prefill_.emplace(operators_, in.options.disaggregation->prefill_device->value, w.precision.compute, s_.efficiency.value_or(EfficiencyOverride{}), ledger_);
      widen(*prefill_, s_, collectives_);
    }
    if (s_.traffic && s_.traffic->rate) in.request_rate = s_.traffic->rate;
    else if (s_.traffic && !in.request_rate) in.request_rate = offered = offered ? offered : offered_rate(*s_.traffic, solve(in, ledger_), parallel_, trace, ledger_);
    if (s_.traffic) scatter(*s_.traffic, in, trace, ledger_);
    serving = solve(in, ledger_);
    service = in;
    if (s_.traffic && s_.traffic->load) serving->replicas_needed.reset();
    tokens_per_time = serving->total_token_throughput;
    if (cluster_.device.power.tdp) power = it_power(cluster_, serving->device_power, ledger_);
  }

  void solve_data() {
    auto const& given = *s_.data;
    DataPipelineInput d;
    d.devices = cluster_.devices;
    d.sample_size = given.sample_size, d.prepared_size = given.prepared_size;
    d.storage = given.storage, d.drives = given.drives, d.network = given.network;
    if (given.workers) d.workers = Real(*given.workers);
    d.worker_rate = given.worker_rate, d.cached = given.cached, d.dataset = given.dataset;
    for (auto const& link : cluster_.device.links)
      if (link.role == hardware::LinkRole::host) d.host_link = link.per_direction;
    if (distributed) d.run_time = distributed->training_time;
    if (samples_per_time) d.demand = *samples_per_time;
    else if (s_.workload.phase == Phase::training && tokens_per_time) d.demand = eq::sequence_rate.with(ledger_, *tokens_per_time, *s_.workload.sequence);
    std::vector<std::string> wrong = problems(d);
    if (d.demand.value.raw() <= 0) wrong.emplace_back("data: this phase consumes no samples; it is for training, and for inference of models without tokens");
    std::vector<Diagnostic> all;
    for (auto& p : wrong) all.push_back({244, std::move(p), {}, "", "see `data:` in `mlsysim schema scenario`"});
    if (!all.empty()) throw InputError(std::move(all));
    data = solve(d, ledger_);
  }

  void solve_orchestration(std::optional<Sourced<Time>> const& duration) {
    auto const& given = *s_.orchestration;
    if (cluster_.devices.value > given.cluster.value)
      refuse(243, fmt::format("a job of {} devices is larger than the cluster of {}", cluster_.devices.value, given.cluster.value), "raise `orchestration.cluster`, or use fewer devices");
    OrchestrationInput o;
    o.cluster = given.cluster, o.devices_per_job = cluster_.devices;
    o.arrivals = given.arrivals, o.variability = given.variability, o.arrival_variability = given.arrival_variability;
    o.job_time = given.job_time ? *given.job_time : *duration;
    orchestration = solve(o, ledger_);
  }

  /// Devices which take part in a step, or servers which a request asks at once.
  void solve_tail() {
    Tail const& given = *s_.tail;
    TailInput t;
    t.shape = given.shape;
    t.backups = given.backups, t.seed = given.seed, t.hedge_after = given.hedge_after;
    t.participants = given.participants.value_or(cluster_.devices);
    for (auto const& sample : given.samples) t.samples.push_back(sample.value.raw());
    t.mean = distributed ? distributed->step_time : serving ? serving->ttft : latency;
    std::vector<std::string> wrong;
    const bool empirical = t.shape == TimeShape::empirical;
    if (empirical && t.samples.empty()) wrong.emplace_back("tail.shape: empirical needs `samples`");
    if (!empirical && !given.spread) wrong.emplace_back("tail.spread is missing: standard deviation / mean of one participant's time");
    if (t.shape == TimeShape::exponential && given.spread && given.spread->value > 1) wrong.emplace_back("tail.spread above 1: an exponential part cannot scatter more than its mean");
    if (t.backups.value >= t.participants.value) wrong.push_back(fmt::format("tail.backups {} leave nobody to wait for among {} participants", t.backups.value, t.participants.value));
    if (distributed && t.hedge_after) wrong.emplace_back("tail.hedge_after starts a second try of a request; ranks of a training step have none, write `backups`");
    check(wrong);
    if (given.spread) t.spread = *given.spread;
    t.simulate = full_;
    tail = solve(t, ledger_);
  }

  void solve_traffic() {
    IterationPrices prices = iteration_prices(*service);
    LoadInput in = load_input(s_, *service, *serving, trace, ledger_);
    systems::Cluster cluster;
    std::optional<ServingInput> reader;
    std::optional<IterationPrices> reading;
    if (service->options.disaggregation) in.readers = &reading.emplace(iteration_prices(reader.emplace(prefill_pool(*service, cluster))));
    in.frontier = load_options.frontier, in.served = load_options.served, in.simulation.progress = load_options.progress;
    in.count_replicas = load_options.count_replicas && full_;
    in.find_rate = load_options.count_replicas && !lean_;
    traffic = solve(in, prices, ledger_);
  }

  void solve_macro() {
    if (s_.tail) solve_tail();
    if (serving && s_.traffic) solve_traffic();
    static const Infrastructure nothing;
    Infrastructure const& i = s_.infrastructure ? *s_.infrastructure : nothing;
    std::optional<Sourced<Time>> duration;
    if (distributed) duration = distributed->training_time;
    if (distributed && duration) {
      if (auto f = training_factor(s_, ledger_)) duration = eq::overhead_time.with(ledger_, *duration, *f);
      if (data) duration = eq::stalled_time.with(ledger_, *duration, data->stall);
    }
    if (distributed && duration && (s_.reliability || cluster_.devices.value > 64)) {
      ReliabilityInput r;
      r.devices = cluster_.devices;
      if (s_.reliability) r.device_mtbf = s_.reliability->device_mtbf, r.checkpoint_time = s_.reliability->checkpoint_time, r.restart_time = s_.reliability->restart_time;
      if (s_.reliability) {
        r.storage = s_.reliability->storage_bandwidth, r.spares = s_.reliability->spares, r.repair_time = s_.reliability->repair_time, r.seed = s_.reliability->seed;
        if (s_.reliability->blocking) r.blocking = *s_.reliability->blocking;
        if (memory) r.parameters = memory->parameters;
        r.state = checkpoint_state(s_.workload.training->optimizer, s_.workload.precision.weights, ledger_);
      }
      r.simulate = full_;
      r.useful_time = duration;
      reliability = solve(r, ledger_);
      if (reliability->run_time) duration = reliability->run_time;
    }
    if (distributed) run_time = duration;
    if (s_.orchestration) solve_orchestration(duration);
    if (s_.scaling) {
      ScalingInput law;
      law.law = &s_.scaling->law.value;
      law.parameters = memory->parameters;
      law.tokens = s_.workload.training->tokens;
      law.inference = s_.scaling->inference;
      scaling = solve(law, ledger_);
    }
    if (serving || (!distributed && s_.infrastructure && !s_.workload.duty))
      duration = i.horizon ? *i.horizon : assumed(ledger_, "infrastructure.horizon", 1 * unit<"h">, "cost, energy and carbon are given per hour of full load");

    std::optional<Sourced<RequestRate>> requests_per_time;
    if (serving) requests_per_time = eq::replicated_requests.with(ledger_, serving->request_throughput, parallel_.data);

    if (s_.infrastructure) {
      EconomicsInput e;
      e.cluster = &cluster_;
      if (i.price) e.price = &i.price->value;
      e.lifetime = i.lifetime;
      e.electricity_price = i.electricity_price ? i.electricity_price : i.grid ? i.grid->value.electricity_price : std::nullopt;
      if (i.datacentre) e.pue = i.datacentre->value.pue;
      e.it_power = power;
      e.utilisation = i.utilisation;
      e.duration = duration;
      e.token_rate = tokens_per_time;
      e.request_rate = requests_per_time;
      e.sample_rate = samples_per_time;
      if (i.ownership) e.ownership = *i.ownership;
      e.spot = i.spot;
      if (i.alternative) e.alternative = &i.alternative->value;
      if (i.data) e.storage_price = &i.data->price.value, e.stored = i.data->stored, e.egress = i.data->egress;
      economics = solve(e, ledger_);
      if (serving && economics->per_request) serving_price = serving_cost(*service, *serving, *economics->per_request, ledger_);

      SustainabilityInput u;
      u.cluster = &cluster_;
      u.it_power = power;
      u.duration = duration;
      if (i.grid) u.grid = &i.grid->value;
      if (i.datacentre) u.datacentre = &i.datacentre->value;
      u.lifetime = i.lifetime;
      u.utilisation = i.utilisation;
      if (distributed) u.tokens = s_.workload.training->tokens, u.samples = s_.workload.training->samples;
      else if (duration && tokens_per_time) u.tokens = eq::tokens_in_time.with(ledger_, *tokens_per_time, *duration);
      if (duration && requests_per_time) u.requests = eq::requests_in_time.with(ledger_, *requests_per_time, *duration);
      if (performance && !workload::is_language_model(model_) && !u.duration) {
        if (power) u.it_energy = eq::energy_of_devices.with(ledger_, performance->energy, Real(cluster_.devices));
        u.samples = Sourced<Samples>{s_.workload.batch.value * unit<"sample">, s_.workload.batch.origin};
      }
      for (auto const& g : i.regions) u.regions.push_back(&g.value);
      u.by_hour = i.intensity_by_hour, u.hours_per_day = i.hours_per_day, u.carbon_price = i.carbon_price;
      sustainability = solve(u, ledger_);
    }
    if (s_.sampling) {
      RepeatedSamplingInput p;
      p.tries = Real(s_.sampling->tries), p.first = s_.sampling->first, p.exponent = s_.sampling->exponent;
      if (economics) p.cost_per_try = economics->per_request;
      sampling = solve(p, ledger_);
    }
    if (performance && s_.workload.duty && s_.workload.duty->rate && s_.workload.duty->battery) {
      BatteryInput b;
      b.battery = *s_.workload.duty->battery;
      b.rate = *s_.workload.duty->rate;
      b.energy = eq::energy_per_sample.with(ledger_, performance->energy, Sourced<Samples>{s_.workload.batch.value * unit<"sample">, s_.workload.batch.origin});
      b.latency = performance->latency;
      b.sleep_power = cluster_.device.power.sleep;
      battery = solve(b, ledger_);
    }
  }

  bool lean_, full_;
  Scenario const& s_;
  workload::Model const& model_;
  Calibration const& operators_;
  Calibration const& collectives_;
  Ledger& ledger_;
  Before* before_;
  std::optional<systems::Cluster> own_cluster_;
  systems::Cluster const& cluster_;
  systems::Parallel const& parallel_;
  std::optional<EfficiencyModel> own_efficiency_;
  EfficiencyModel const& efficiency_;
  solvers::EngineTraits const* engine_ = nullptr;
  std::optional<EfficiencyModel> prefill_;  ///< of a pool of its own kind which reads prompts
};

Section pass_section(Evaluation const& e) {
  Section s = report(*e.performance);
  if (e.communication) {
    s.estimate("communication", "communication", *e.communication, e.performance->confidence).note = "tensor and pipeline ranks";
    s.estimate("total_latency", "latency with communication", e.latency, e.performance->confidence);
  }
  if (e.parallel().data.value > 1) {
    if (e.samples_per_time) s.estimate("system_sample_throughput", "throughput, all replicas", *e.samples_per_time, e.performance->confidence);
    if (e.tokens_per_time) s.estimate("system_token_throughput", "throughput, all replicas", *e.tokens_per_time, e.performance->confidence);
  }
  return s;
}

std::vector<Section> sections_of(Evaluation const& e) {
  std::vector<Section> sections;
  if (e.memory) sections.push_back(report(*e.memory));
  if (e.performance) sections.push_back(pass_section(e));
  if (e.serving) sections.push_back(report(*e.serving));
  if (e.serving_price) report(*e.serving_price, sections.back());
  if (e.traffic) sections.push_back(report(*e.traffic));
  if (e.distributed) sections.push_back(report(*e.distributed));
  if (e.exchange) sections.push_back(report(*e.exchange));
  if (e.data) sections.push_back(report(*e.data));
  if (e.tail) sections.push_back(report(*e.tail));
  if (e.reliability) sections.push_back(report(*e.reliability));
  if (e.economics) sections.push_back(report(*e.economics));
  if (e.sustainability) sections.push_back(report(*e.sustainability));
  if (e.battery) sections.push_back(report(*e.battery));
  if (e.scaling) sections.push_back(report(*e.scaling));
  if (e.sampling) sections.push_back(report(*e.sampling));
  if (e.orchestration) sections.push_back(report(*e.orchestration));
  return sections;
}

/// Collectives at the slow or fast end of what was measured of their kind of link.
Calibration at_end(Calibration c, Ledger const& ledger, int end) {
  // More bandwidth is faster; more of the others is slower.
  const auto range = [&](auto const& q) {
    Fact const* f = ledger.fact(q.origin);
    return f ? f->range : std::nullopt;
  };
  for (auto& row : c.collectives) {
    if (const auto r = range(row.bandwidth)) row.bandwidth.value = end < 0 ? r->low : r->high;
    if (const auto r = range(row.latency)) row.latency.value = Time{end < 0 ? r->high : r->low};
    if (const auto r = row.start ? range(*row.start) : std::nullopt) row.start->value = Time{end < 0 ? r->high : r->low};
    if (const auto r = row.half ? range(*row.half) : std::nullopt) row.half->value = Data{end < 0 ? r->high : r->low};
  }
  return c;
}

/// Gives every estimate without an interval of its own the one between the slow and the fast end of what it rests on.
void spread(std::vector<Section>& sections, std::vector<Section> const& slow, std::vector<Section> const& fast) {
  const auto value = [](std::vector<Section> const& from, Section const& like, Metric const& m) -> Metric const* {
    for (auto const& s : from)
      if (s.id == like.id) return s.find_metric(m.id);
    return nullptr;
  };
  for (auto& s : sections)
    for (auto& m : s.metrics) {
      if (!m.estimate || m.interval) continue;
      Metric const *a = value(slow, s, m), *b = value(fast, s, m);
      if (a && b) m.interval = Interval{std::min({a->value, b->value, m.value}), std::max({a->value, b->value, m.value})};
      if (m.utilisation && m.interval) m.interval->high = std::max(std::min(m.interval->high, 1.0), m.value);
    }
}

/// Widens the interval of every estimate which depends on the power of the device, by its values at the least and the most power.
void spread_by_power(std::vector<Section>& sections, std::vector<Section> const& least, std::vector<Section> const& most) {
  for (std::size_t i = 0; i < sections.size() && i < least.size() && i < most.size(); ++i)
    for (auto& m : sections[i].metrics) {
      Metric const *a = least[i].find_metric(m.id), *b = most[i].find_metric(m.id);
      if (!m.estimate || !a || !b || a->value == b->value || m.value <= 0) continue;
      const Interval from = m.interval.value_or(Interval{m.value, m.value});
      m.interval = Interval{from.low * std::min(a->value, b->value) / m.value, from.high * std::max(a->value, b->value) / m.value};
    }
}

/// Builds the scorecard and the sections from an evaluation.
class Writer {
 public:
  Writer(Loaded const& loaded, Evaluation const& e, Report& report) : l_{loaded}, s_{loaded.scenario}, e_{e}, r_{report} {}

  void write(bool intervals) {
    r_.sections = sections_of(e_);
    for (auto& s : r_.sections)
      if (s.id == "memory") name_capacities(s);
    if (!s_.techniques.empty()) techniques();
    if (intervals && e_.fits()) spread(r_.sections, at(-1), at(1)), by_power();
    // Without residuals there is no interval: one of no width would claim certainty.
    for (auto& section : r_.sections)
      for (auto& m : section.metrics)
        if (m.interval && (!intervals || m.interval->low == m.interval->high)) m.interval.reset();
    bounds();
    card();
  }

  /// Every limit and assertion of the scenario, held against the evaluation.
  std::vector<Check> judged() {
    Level all{"all", Verdict::not_judged, {}, {}};
    limits(all, all);
    assertions(all, all, all);
    return std::move(all.checks);
  }

  static std::string_view limit_name(Bound b) { return b == Bound::compute ? "compute" : b == Bound::memory ? "memory bandwidth" : b == Bound::streaming ? "weight streaming" : "kernel dispatch"; }

 private:
  std::vector<Section> at(int end) const {
    Ledger scratch = l_.ledger;
    scratch.recording = false;
    const Calibration collectives = at_end(l_.collectives, l_.ledger, end);
    Evaluation e(s_, l_.operators, collectives, scratch, end);
    e.trace = trace_of(l_), e.offered = e_.offered;
    e.run(true);
    return sections_of(e);
  }

  /// Times of kernels which nobody measured are those of the data sheet: said where they are read.
  void bounds() {
    auto const& facts = r_.ledger.facts();
    if (std::none_of(facts.begin(), facts.end(), [](Fact const& f) { return f.path == "efficiency.unmeasured"; })) return;
    for (auto& s : r_.sections)
      if (s.id == "performance" || s.id == "serving" || s.id == "distributed") s.notes.emplace_back("kernels of this class were not measured: times are lower bounds by the data sheet, without an interval");
  }

  /// The formula for power was held against measured kernels: what it missed them by, between the idle power and the most which was measured.
  void by_power() {
    auto const& known = l_.collectives.spread;
    const auto drawn = e_.device_power();
    auto const& power = e_.cluster().device.power;
    if (!known || !known->power || !known->power_by_use || !known->most_power || !drawn || *drawn <= Power{} || !power.tdp || e_.cluster().device.tier == hardware::Tier::tiny) return;
    // A device which never idles draws what the scenario says that it drew.
    if (power.idle && power.idle->value >= power.tdp->value) return;
    auto const& memory = e_.cluster().device.memory;
    auto const& missed = memory.hbm || memory.gddr ? *known->power : *known->power_by_use;
    const double least = std::max(missed.low.value, power.idle ? power.idle->value / *drawn : 0.0);
    const double most = std::min(missed.high.value, known->most_power->value * power.tdp->value / *drawn);
    spread_by_power(r_.sections, powered(std::min(least, 1.0)), powered(std::max(most, 1.0)));
  }
  std::vector<Section> powered(double factor) const {
    Ledger scratch = l_.ledger;
    scratch.recording = false;
    Evaluation e(s_, l_.operators, l_.collectives, scratch, 0, true);
    e.trace = trace_of(l_), e.offered = e_.offered;
    e.scale_power(factor);
    e.run(true);
    return sections_of(e);
  }

  void techniques() {
    std::optional<Weighed> without, with;
    if (e_.memory && l_.without) {
      Evaluation plain(*l_.without, l_.operators, l_.collectives, r_.ledger);
      plain.run(false);
      without = plain.weighed();
      with = e_.weighed();
    }
    const auto place = std::find_if(r_.sections.begin(), r_.sections.end(), [](Section const& s) { return s.id != "memory"; });
    r_.sections.insert(place, technique_section(s_, without, with, l_.technique_notes, r_.ledger));
  }

  /// A vendor's 80 GB and a driver's 81559 MiB are two facts about one memory; say so once, since the report has a third spelling.
  void name_capacities(Section& memory) const {
    auto const& m = e_.cluster().device.memory;
    const std::pair<char const*, std::optional<hardware::MemoryLevel> const*> levels[] = {{"hbm", &m.hbm}, {"gddr", &m.gddr}, {"lpddr", &m.lpddr}, {"dram", &m.dram}};
    for (auto const& [name, level] : levels) {
      if (!*level || !(*level)->reported || !memory.find_metric(std::string(name) + "_capacity")) continue;
      Fact const* marketed = r_.ledger.fact((*level)->marketed.origin);
      Fact const* reported = r_.ledger.fact((*level)->reported->origin);
      if (marketed && reported)
        memory.notes.push_back(fmt::format("{}: {} as marketed, {} as the driver reports, {} in this report", name, marketed->as_written, reported->as_written, display((*level)->reported->value)));
    }
  }

  template <class T>
  Check limit(std::string id, std::string label, std::optional<Sourced<T>> const& value, Sourced<T> const& bound, bool at_most, std::string const& why_not = "") {
    Check c;
    c.id = std::move(id);
    c.label = std::move(label);
    c.limit = detail::base_value(bound.value);
    c.dimension = detail::dimension_of<T>;
    c.at_most = at_most;
    if (!value) {
      c.detail = why_not.empty() ? "this scenario does not yield it" : why_not;
      return c;
    }
    c.value = detail::base_value(value->value);
    c.origin = value->origin;
    c.verdict = (at_most ? c.value <= c.limit : c.value >= c.limit) ? Verdict::pass : Verdict::fail;
    return c;
  }

  void card() {
    Level feasibility{"feasibility", Verdict::not_judged, {}, {}}, performance{"performance", Verdict::not_judged, {}, {}}, macro{"macro", Verdict::not_judged, {}, {}};
    for (auto const& section : r_.sections)
      if (section.id == "memory") feasibility.checks.insert(feasibility.checks.end(), section.checks.begin(), section.checks.end());
    if (e_.battery && e_.battery->duty.value > 1) {
      Check keeps;
      keeps.id = "keeps_up";
      keeps.label = "time awake";
      keeps.value = e_.battery->duty.value;
      keeps.limit = 1;
      keeps.origin = e_.battery->duty.origin;
      keeps.verdict = Verdict::fail;
      keeps.detail = "inferences arrive faster than the device computes them";
      feasibility.checks.push_back(std::move(keeps));
    }
    judge(feasibility);

    if (feasibility.verdict == Verdict::fail) performance.why_not = macro.why_not = "it does not fit";
    else limits(performance, macro);
    assertions(feasibility, performance, macro);
    judge(feasibility), judge(performance), judge(macro);
    if (feasibility.verdict == Verdict::fail) skip(performance, "it does not fit"), skip(macro, "it does not fit");
    else if (performance.verdict == Verdict::fail) skip(macro, "the performance limits are missed");
    if (performance.checks.empty() && performance.why_not.empty()) performance.why_not = "the scenario states no limit";
    if (macro.checks.empty() && macro.why_not.empty()) macro.why_not = "the scenario states no limit";

    auto& card = r_.card;
    card.verdict = Verdict::pass;
    for (auto const* l : {&feasibility, &performance, &macro})
      if (l->verdict == Verdict::fail) card.verdict = Verdict::fail;
    card.levels = {feasibility, performance, macro};
    binding();
  }

  static void judge(Level& l) {
    l.verdict = Verdict::not_judged;
    for (auto const& c : l.checks) {
      if (c.verdict == Verdict::fail) l.verdict = Verdict::fail;
      else if (c.verdict == Verdict::pass && l.verdict == Verdict::not_judged) l.verdict = Verdict::pass;
    }
  }
  static void skip(Level& l, std::string why) {
    l.verdict = Verdict::not_judged;
    for (auto& c : l.checks) c.verdict = Verdict::not_judged;
    l.why_not = std::move(why);
  }

  /// A queue which grows without end misses a limit which nobody has to state.
  void offered_load(Level& performance) {
    if (!e_.serving || !e_.serving->utilisation) return;
    Check load;
    load.id = "load";
    load.label = "offered load / capacity";
    load.value = e_.serving->utilisation->value;
    load.limit = 1;
    load.origin = e_.serving->utilisation->origin;
    load.verdict = load.value < 1 ? Verdict::pass : Verdict::fail;
    if (load.verdict == Verdict::fail && e_.serving->replicas_needed)
      load.remedies.push_back({fmt::format("system.parallel.data: {}", e_.serving->replicas_needed->value), "enough replicas for the offered rate", true});
    performance.checks.push_back(std::move(load));
  }

  void limits(Level& performance, Level& macro) {
    if (!s_.limits) return offered_load(performance);
    Limits const& l = *s_.limits;
    const auto value_of = [](auto const& owner, auto member) { return owner ? std::optional((*owner).*member) : std::nullopt; };
    std::optional<Sourced<Time>> pass_latency;
    if (e_.performance) pass_latency = e_.latency;
    if (e_.serving) pass_latency = e_.serving->request_latency;
    if (l.latency) performance.checks.push_back(limit("latency", "latency", pass_latency, *l.latency, true));
    auto ttft = e_.serving && e_.serving->ttft_with_queue ? e_.serving->ttft_with_queue : value_of(e_.serving, &ServingResult::ttft);
    if (l.ttft) performance.checks.push_back(limit("ttft", e_.serving && e_.serving->ttft_with_queue ? "TTFT with queue" : "TTFT", ttft, *l.ttft, true));
    if (l.itl) performance.checks.push_back(limit("itl", "ITL", value_of(e_.serving, &ServingResult::itl), *l.itl, true));
    const auto under_load = [&](char const* id, char const* label, std::optional<Sourced<Time>> const& bound, Percentiles SimulationResult::*of) {
      if (!bound) return;
      std::optional<Sourced<Time>> p99;
      if (e_.traffic) p99 = {(e_.traffic->run.*of).p99 * unit<"s">, e_.traffic->origin};
      Check c = limit(id, label, p99, *bound, true, "only the simulation of `traffic:` has percentiles");
      if (c.verdict == Verdict::fail && e_.traffic->replicas_needed && *e_.traffic->replicas_needed > e_.traffic->replicas)
        c.remedies.push_back({fmt::format("system.parallel.data: {}", *e_.traffic->replicas_needed), "enough replicas for the P99 limits at this rate", true});
      performance.checks.push_back(std::move(c));
    };
    under_load("ttft_p99", "TTFT P99 under load", l.ttft_p99, &SimulationResult::ttft);
    under_load("itl_p99", "ITL P99 under load", l.itl_p99, &SimulationResult::itl);
    under_load("tpot_p99", "TPOT P99 under load", l.tpot_p99, &SimulationResult::tpot);
    under_load("latency_p99", "request latency P99", l.latency_p99, &SimulationResult::latency);
    offered_load(performance);
    std::optional<Sourced<Time>> const& run = e_.run_time;
    if (l.training_time) performance.checks.push_back(limit("training_time", "time of the run", run, *l.training_time, true, "training.tokens or training.samples is not given"));
    if (l.token_rate) performance.checks.push_back(limit("token_rate", "token throughput", e_.tokens_per_time, *l.token_rate, false));
    if (l.sample_rate) performance.checks.push_back(limit("sample_rate", "sample throughput", e_.samples_per_time, *l.sample_rate, false));

    if (l.data_stall) performance.checks.push_back(stall(*l.data_stall));
    if (l.wait) performance.checks.push_back(limit("wait", "wait for the cluster", e_.orchestration ? e_.orchestration->wait : std::nullopt, *l.wait, true, e_.orchestration ? "the queue grows without end" : "`orchestration:` is not given"));
    if (l.score_loss) performance.checks.push_back(score(*l.score_loss));

    if (l.power) macro.checks.push_back(limit("power", "IT power", e_.power, *l.power, true));
    std::optional<Sourced<Energy>> energy;
    if (e_.performance) energy = e_.performance->energy;
    else if (e_.sustainability) energy = e_.sustainability->energy ? e_.sustainability->energy : e_.sustainability->it_energy;
    if (l.energy) macro.checks.push_back(limit("energy", "energy", energy, *l.energy, true));
    if (l.cost) macro.checks.push_back(limit("cost", "cost", e_.economics ? e_.economics->cost : std::nullopt, *l.cost, true, missing(e_.economics)));
    if (l.cost_per_token) macro.checks.push_back(limit("cost_per_token", "cost per token", e_.economics ? e_.economics->per_token : std::nullopt, *l.cost_per_token, true, missing(e_.economics)));
    if (l.carbon) macro.checks.push_back(limit("carbon", "carbon", e_.sustainability ? e_.sustainability->carbon : std::nullopt, *l.carbon, true, missing(e_.sustainability)));
    if (l.battery_life) macro.checks.push_back(limit("battery_life", "battery life", e_.battery ? e_.battery->life : std::nullopt, *l.battery_life, false, missing(e_.battery)));
  }

  static Check plain(char const* id, char const* label, std::optional<Real> const& value, Real const& bound, char const* why_not) {
    Check c;
    c.id = id, c.label = label;
    c.limit = bound.value;
    if (!value) {
      c.detail = why_not;
      return c;
    }
    c.value = value->value, c.origin = value->origin;
    c.verdict = c.value <= c.limit ? Verdict::pass : Verdict::fail;
    return c;
  }
  Check stall(Real const& bound) {
    Check c = plain("data_stall", "data stall", e_.data ? std::optional(e_.data->stall) : std::nullopt, bound, "`data:` is not given");
    if (c.verdict == Verdict::fail) {
      c.detail = "slowest stage: " + e_.data->slowest;
      for (auto const& stage : e_.data->stages)
        if (!stage.fix.empty()) c.remedies.push_back({stage.fix, "the stage keeps up", false});
      if (c.remedies.size() == 1) c.remedies.front().sufficient = true;
    }
    return c;
  }
  Check score(Real const& bound) { return plain("score_loss", "points lost", score_loss(s_, r_.ledger), bound, "no technique was measured on this model"); }

  template <class R>
  static std::string missing(std::optional<R> const& r) {
    if (!r || r->missing.empty()) return {};
    std::string all = "missing: ";
    for (auto const& m : r->missing) all += (all.size() > 9 ? ", " : "") + m;
    return all;
  }

  void assertions(Level& feasibility, Level& performance, Level& macro) {
    std::vector<Diagnostic> problems;
    const auto metrics = r_.metrics();
    for (std::size_t i = 0; i < s_.assertions.size(); ++i) {
      auto const& a = s_.assertions[i];
      const auto where = place_of(l_.document, fmt::format("assert.{}.{}", i, "metric"));
      Metric const* m = r_.metric(a.metric);
      const std::string section = a.metric.substr(0, a.metric.find('.'));
      Level& level = section == "memory" ? feasibility : section == "economics" || section == "sustainability" || section == "battery" || section == "reliability" || section == "scaling" || section == "sampling" ? macro : performance;
      if (!m && e_.fits()) {
        std::vector<std::string_view> names;
        for (auto const& [path, metric] : metrics) names.push_back(path);
        const auto near = nearest(a.metric, names, 3);
        std::string list;
        for (auto const& n : near) list += (list.empty() ? "" : ", ") + n;
        problems.push_back({204, fmt::format("no metric '{}' in this result{}{}", a.metric, near.empty() ? "" : "; nearest: ", list), where, "", "`mlsysim eval FILE --format csv` lists the paths"});
        continue;
      }
      for (const bool at_most : {false, true}) {
        std::string const& text = at_most ? a.at_most : a.at_least;
        if (text.empty()) continue;
        Check c;
        c.id = a.metric;
        c.label = a.metric;
        c.at_most = at_most;
        const auto q = parse_quantity(text);
        if (!m) {
          c.detail = "it does not fit";
          c.limit = q.base_value();
          c.dimension = q.dimension();
        } else {
          if (!(q.dimension() == m->dimension)) {
            problems.push_back({205, fmt::format("'{}' is {}, but '{}' is {}", a.metric, m->dimension.view(), text, q.dimension().view()), place_of(l_.document, fmt::format("assert.{}.{}", i, at_most ? "at_most" : "at_least")), "", fmt::format("write it in {}", m->dimension.unit())});
            continue;
          }
          c.value = m->value;
          c.limit = q.base_value();
          c.dimension = m->dimension;
          c.percent = m->percent;
          c.origin = m->origin;
          c.verdict = (at_most ? c.value <= c.limit : c.value >= c.limit) ? Verdict::pass : Verdict::fail;
        }
        level.checks.push_back(std::move(c));
      }
    }
    if (!problems.empty()) throw InputError(std::move(problems));
  }

  void binding() {
    auto& card = r_.card;
    if (!e_.fits()) {
      for (auto const& c : card.levels[0].checks)
        if (c.verdict == Verdict::fail) card.binding = fmt::format("memory capacity: {} needed, {} there", display(c.value, c.dimension), display(c.limit, c.dimension));
      card.next = "not known until it fits";
      return;
    }
    if (e_.performance) {
      card.headline = "performance.latency";
      card.binding = describe_bound(e_.performance->pass);
      card.next = limit_name(e_.performance->pass.next_bound);
    } else if (e_.serving) {
      card.headline = "serving.total_token_throughput";
      card.binding = fmt::format("{} in decode, {} in prefill", limit_name(e_.serving->decode_bound), limit_name(e_.serving->prefill_bound));
      card.next = fmt::format("{} in decode", limit_name(e_.serving->decode_next));
    } else if (e_.exchange) {
      card.headline = "collective.time";
      card.binding = fmt::format("{}", e_.exchange->across ? "the links between sites" : e_.exchange->between ? "the network between nodes" : "the links inside a node");
      card.next = "steps of the algorithm";
    } else if (e_.distributed) {
      card.headline = "distributed.step_time";
      card.binding = fmt::format("{} ({:.0f} % of the step)", limit_name(e_.distributed->bound), 100 * (e_.distributed->compute.value / e_.distributed->step_time.value));
      card.next = e_.distributed->largest_loss;
    }
    if (e_.data && e_.data->stall.value > 0) {
      card.next = card.binding;
      card.binding = fmt::format("data: {} deliver{} {:.0f} % of what the accelerators consume", e_.data->slowest, e_.data->slowest == "workers" ? "" : "s", 100 * (1 - e_.data->stall.value));
    }
    knobs();
  }

  static std::string describe_bound(PassPrice const& p) {
    if (p.waits) return fmt::format("{} (all of the time)", p.bound == Bound::streaming ? "weight streaming" : "the framework's host");
    Time bound{}, total{};
    for (auto const& o : p.operators) {
      total += o.time.value;
      if (o.bound == p.bound) bound += o.time.value;
    }
    return fmt::format("{} ({:.0f} % of the time)", limit_name(p.bound), total.raw() > 0 ? 100 * (bound / total) : 0.0);
  }

  void knobs() {
    const double before = e_.goodness();
    if (before <= 0) return;
    const auto knob = [&](std::string change, auto&& apply) {
      Scenario changed = s_;
      if (!apply(changed)) return;
      double after = 0;
      try {
        after = headline(changed, l_.operators, l_.collectives);
      } catch (InputError const&) {
        return;
      }
      Knob k;
      k.change = std::move(change);
      k.factor = after / before;
      const char* what = e_.serving ? "throughput" : "speed";
      k.effect = after <= 0 ? "does not fit" : fmt::format("{} x {:.2f}", what, k.factor);
      r_.card.knobs.push_back(std::move(k));
    };
    knob("memory bandwidth x 2", [](Scenario& s) {
      auto& m = device_of(s).memory;
      bool any = false;
      for (auto* level : {&m.hbm, &m.gddr, &m.lpddr, &m.dram, &m.sram})
        if (*level && (*level)->bandwidth) (*level)->bandwidth->value *= 2, any = true;
      return any;
    });
    knob("compute peak x 2", [](Scenario& s) {
      for (std::size_t i = 0; i < workload::precision_names.size(); ++i) {
        const auto p = static_cast<workload::Precision>(i);
        if (device_of(s).peak[p]) device_of(s).peak[p]->value *= 2;
        if (device_of(s).vector_peak[p]) device_of(s).vector_peak[p]->value *= 2;
      }
      return true;
    });
    if (e_.data && e_.data->stall.value > 0) {
      if (e_.data->workers_needed && e_.data->workers_needed->value > s_.data->workers->value)
        knob(fmt::format("data.workers: {:.0f}", e_.data->workers_needed->value), [&](Scenario& s) {
          s.data->workers->value = static_cast<int>(e_.data->workers_needed->value);
          return true;
        });
      knob("data.storage x 2", [](Scenario& s) { return s.data->storage ? (s.data->storage->value *= 2, true) : false; });
      knob("data.network x 2", [](Scenario& s) { return s.data->network ? (s.data->network->value *= 2, true) : false; });
    }
    if (e_.cluster().devices.value > 1 || (e_.performance && e_.performance->streaming))
      knob("link bandwidth x 2", [](Scenario& s) {
        auto& y = s.system;
        auto* node = y.node ? &y.node->value : y.fleet ? &y.fleet->value.node.value : nullptr;
        if (node && node->scale_up) node->scale_up->per_direction.value *= 2;
        if (node && node->network) node->network->port_rate.value *= 2;
        if (y.fleet && y.fleet->value.fabric) y.fleet->value.fabric->value.port_rate.value *= 2;
        for (auto& link : device_of(s).links) link.per_direction.value *= 2;
        return true;
      });
    if (e_.serving)
      knob(fmt::format("workload.batch: {}", 2 * s_.workload.batch.value), [](Scenario& s) {
        s.workload.batch.value *= 2;
        return true;
      });
    if (s_.workload.phase != Phase::training && workload::size_of(s_.workload.precision.weights) > workload::size_of(workload::Precision::int8))
      knob("workload.precision.weights: int8", [](Scenario& s) {
        s.workload.precision.weights = workload::Precision::int8;
        s.workload.precision.weight_bits.reset();
        return true;
      });
    if (s_.workload.phase == Phase::training && s_.workload.training->recompute != Recompute::none)
      knob("workload.training.recompute: none", [](Scenario& s) {
        s.workload.training->recompute = Recompute::none;
        return true;
      });
    if (s_.workload.phase == Phase::training)
      knob(fmt::format("workload.batch: {}", 2 * s_.workload.batch.value), [](Scenario& s) {
        s.workload.batch.value *= 2;
        return true;
      });
    std::stable_sort(r_.card.knobs.begin(), r_.card.knobs.end(), [](Knob const& a, Knob const& b) { return a.factor > b.factor; });
  }

  Loaded const& l_;
  Scenario const& s_;
  Evaluation const& e_;
  Report& r_;
};

std::string summary_of(Loaded const& l, Evaluation const& e) {
  auto const& s = l.scenario;
  auto const& c = e.cluster();
  std::string on = fmt::format("{} x {}", c.devices.value, c.device.name.empty() ? c.device.id : c.device.name);
  if (s.workload.collective && s.workload.phase == Phase::communication) return fmt::format("{} of {} on {}", name(s.workload.collective->operation), display(s.workload.collective->message.value), on);
  return fmt::format("{} of {} on {}", names_of(s.workload.phase)[static_cast<std::size_t>(s.workload.phase)],
                     s.workload.model.value.name.empty() ? s.workload.model.id : s.workload.model.value.name, on);
}

}  // namespace

double headline(Scenario const& scenario, Calibration const& operators, Calibration const& collectives) {
  Ledger quiet;
  Evaluation e(scenario, operators, collectives, quiet, 0, true);
  e.run(false);
  return e.goodness();
}

Step step(Loaded const& loaded) {
  auto const& s = loaded.scenario;
  const auto refused = [&](std::string_view field, std::string message, std::string help) { return InputError({{203, std::move(message), place_of(loaded.document, field), "", std::move(help)}}); };
  if (s.workload.phase != Phase::training)
    throw refused("workload.phase", fmt::format("a timeline shows a step of training; the phase of this scenario is '{}'", names_of(s.workload.phase)[static_cast<std::size_t>(s.workload.phase)]), "`mlsysim list scenarios training` names scenarios which train");
  Ledger quiet = loaded.ledger;
  Evaluation e(s, loaded.operators, loaded.collectives, quiet);
  ScheduleResult pieces;
  e.laid_out = &pieces;
  try {
    e.run(false);
  } catch (InputError const& error) {
    throw InputError(placed(error.problems(), loaded));
  }
  if (!e.fits()) throw refused("workload", "this scenario does not fit into memory, so no step can run", "`mlsysim eval` says what is missing and what would fit");

  auto const& d = *e.distributed;
  auto const& p = s.system.parallel;
  Step out;
  Timeline& t = out.picture;
  t.lanes = std::move(pieces.lanes);
  t.length = pieces.length.raw();
  // Formulas take the slowest stage for all; laid out piece by piece, only who waits for it waits.
  const double closed = d.step_time.value.raw();
  t.title = fmt::format("{}: one step, {}{}", s.name, display(t.length, Dimension("s")),
                        std::abs(t.length / closed - 1) > 0.005 ? fmt::format(" laid out, {} by the closed form", display(closed, Dimension("s"))) : "");
  const auto schedule = names_of(p.schedule)[static_cast<std::size_t>(p.schedule)];
  const double idle = 1 - d.micro_batches.value * (d.ranks[0].forward + d.ranks[0].backward + d.ranks[0].weight_gradient).raw() / pieces.pipeline.raw();
  t.subtitle = p.pipeline.value > 1 ? fmt::format("{} pipeline ranks, {:.0f} micro-batches{}, {}; bubble of rank 0: {:.1f} % laid out, {:.1f} % by the closed form", p.pipeline.value, d.micro_batches.value,
                                                  p.interleaving.value > 1 ? fmt::format(", {} chunks a rank", p.interleaving.value) : "", schedule, 100 * idle, 100 * d.bubble_fraction.value)
                                    : fmt::format("no pipeline, {:.0f} micro-batches", d.micro_batches.value);
  out.ranks = {"ranks", "pipeline ranks", {{"rank", "rank", {}, true, false, {}}, {"busy", "busy", Dimension("s"), false, false, {}}, {"idle", "idle", Dimension("s"), false, false, {}}, {"idle_share", "idle share", {}, false, true, {}}, {"in_flight", "micro-batches held", {}, false, false, {}}}, {}};
  out.slots = {"slots", "pieces of the step", {{"rank", "rank", {}, true, false, {}}, {"kind", "kind", {}, true, false, {}}, {"micro_batch", "micro-batch", {}, true, false, {}}, {"chunk", "chunk", {}, false, false, {}}, {"start", "start", Dimension("s"), false, false, {}}, {"end", "end", Dimension("s"), false, false, {}}}, {}};
  for (std::size_t i = 0; i < t.lanes.size(); ++i) {
    auto const& lane = t.lanes[i];
    out.ranks.rows.push_back({{0, lane.name}, {lane.busy, {}}, {t.length - lane.busy, {}}, {1 - lane.busy / t.length, {}}, {static_cast<double>(pieces.in_flight[i]) / p.interleaving.value, {}}});
    for (auto const& slot : lane.slots)
      out.slots.rows.push_back({{0, lane.name}, {0, std::string(name(slot.kind))}, {0, slot.micro_batch >= 0 ? fmt::format("{}", slot.micro_batch) : ""}, {static_cast<double>(slot.chunk), {}}, {slot.start, {}}, {slot.end, {}}});
  }
  return out;
}

LoadResult simulate(Loaded const& loaded, LoadOptions const& options) {
  if (loaded.scenario.workload.phase != Phase::serving)
    throw InputError({{233, fmt::format("only a service has traffic; the phase of this scenario is '{}'", names_of(loaded.scenario.workload.phase)[static_cast<std::size_t>(loaded.scenario.workload.phase)]), place_of(loaded.document, "workload.phase"), "", "`mlsysim list scenarios serving` names scenarios which serve"}});
  Scenario s = loaded.scenario;
  if (!s.traffic) s.traffic.emplace();
  Ledger quiet = loaded.ledger;
  quiet.recording = false;
  try {
    Evaluation e(s, loaded.operators, loaded.collectives, quiet);
    e.trace = trace_of(loaded), e.load_options = options;
    e.run(true);
    if (!e.traffic) refuse(233, "this scenario does not fit into memory, so nothing can be served", "`mlsysim eval` says what is missing and what would fit");
    return *e.traffic;
  } catch (std::invalid_argument const& error) {
    throw InputError({{208, error.what(), {loaded.file, 0, 0, 1, {}}, "", "name hardware which states what is missing, or add it under `overrides:`"}});
  } catch (InputError const& error) {
    throw InputError(placed(error.problems(), loaded));
  }
}

Report evaluate(Loaded const& loaded, bool intervals) {
  Report r;
  r.title = loaded.scenario.name;
  r.about = loaded.scenario.about;
  r.file = loaded.file;
  r.ledger = loaded.ledger;
  r.ledger.recording = true;
  try {
    Evaluation e(loaded.scenario, loaded.operators, loaded.collectives, r.ledger);
    e.trace = trace_of(loaded);
    e.run(true);
    r.summary = summary_of(loaded, e);
    Writer(loaded, e, r).write(intervals);
    report_dates(loaded, r);
  } catch (std::invalid_argument const& error) {
    refuse(208, error.what(), "name hardware which states what is missing, or add it under `overrides:`");
  } catch (InputError const& error) {
    throw InputError(placed(error.problems(), loaded));
  }
  return r;
}

namespace {

constexpr double absent = std::numeric_limits<double>::quiet_NaN();

template <class T>
double number(Sourced<T> const& v) {
  return detail::base_value(v.value);
}
template <class T>
double number(std::optional<Sourced<T>> const& v) {
  return v ? number(*v) : absent;
}
template <class T>
constexpr Dimension dimension_in = {};
template <class T>
constexpr Dimension dimension_in<Sourced<T>> = detail::dimension_of<T>;
template <class T>
constexpr Dimension dimension_in<std::optional<Sourced<T>>> = detail::dimension_of<T>;

/// A number which is at hand after every evaluation: the same as the report's metric of this path, which a test holds it to.
struct AtHand {
  std::string_view path;
  Dimension dimension;
  double (*get)(Evaluation const&);
  bool percent = false;
};
/// A member of one of the results of an evaluation.
template <auto Result, auto Member>
constexpr AtHand at_hand(std::string_view path, bool percent = false) {
  using Of = typename std::remove_cvref_t<decltype(std::declval<Evaluation>().*Result)>::value_type;
  return {path, dimension_in<std::remove_cvref_t<decltype(std::declval<Of const&>().*Member)>>, [](Evaluation const& e) { return e.*Result ? number(*(e.*Result).*Member) : absent; }, percent};
}

/// The same of power and energy, which nobody knows where a device states no power.
template <auto Result, auto Member>
constexpr AtHand of_power(std::string_view path) {
  AtHand n = at_hand<Result, Member>(path);
  n.get = [](Evaluation const& e) { return e.power && e.*Result ? number(*(e.*Result).*Member) : absent; };
  return n;
}

constexpr std::string_view store_names[] = {"hbm", "gddr", "lpddr", "dram", "sram", "flash"};

/// `memory.hbm_needed` and its like: memories are listed by name.
template <std::size_t Store, bool Needed>
constexpr AtHand of_store(std::string_view path) {
  return {path, Dimension("B"), [](Evaluation const& e) {
            if (e.memory)
              for (auto const& s : e.memory->stores)
                if (s.where == store_names[Store]) return (Needed ? s.needed : s.capacity).value.raw();
            return absent;
          }};
}

using E = Evaluation;
constexpr AtHand numbers_at_hand[] = {
    at_hand<&E::performance, &PerformanceResult::latency>("performance.latency"),
    {"performance.total_latency", Dimension("s"), [](E const& e) { return e.performance && e.communication ? number(e.latency) : absent; }},
    {"performance.communication", Dimension("s"), [](E const& e) { return e.performance ? number(e.communication) : absent; }},
    at_hand<&E::performance, &PerformanceResult::token_throughput>("performance.token_throughput"),
    at_hand<&E::performance, &PerformanceResult::sample_throughput>("performance.sample_throughput"),
    at_hand<&E::performance, &PerformanceResult::intensity>("performance.intensity"),
    at_hand<&E::performance, &PerformanceResult::mfu>("performance.mfu", true),
    at_hand<&E::performance, &PerformanceResult::compute_utilisation>("performance.compute_utilisation", true),
    {"performance.mbu", Dimension(), [](E const& e) { return e.performance && e.performance->mbu.value > 0 ? e.performance->mbu.value : absent; }, true},
    of_power<&E::performance, &PerformanceResult::power>("performance.power"),
    of_power<&E::performance, &PerformanceResult::energy>("performance.energy"),
    at_hand<&E::serving, &ServingResult::ttft>("serving.ttft"),
    at_hand<&E::serving, &ServingResult::itl>("serving.itl"),
    at_hand<&E::serving, &ServingResult::request_latency>("serving.request_latency"),
    at_hand<&E::serving, &ServingResult::tpot>("serving.tpot"),
    at_hand<&E::serving, &ServingResult::user_token_rate>("serving.user_token_rate"),
    at_hand<&E::serving, &ServingResult::token_throughput>("serving.token_throughput"),
    at_hand<&E::serving, &ServingResult::total_token_throughput>("serving.total_token_throughput"),
    at_hand<&E::serving, &ServingResult::request_throughput>("serving.request_throughput"),
    at_hand<&E::serving, &ServingResult::mfu>("serving.prefill_mfu", true),
    at_hand<&E::serving, &ServingResult::mbu>("serving.decode_mbu", true),
    at_hand<&E::serving, &ServingResult::utilisation>("serving.utilisation", true),
    at_hand<&E::serving, &ServingResult::waiting_time>("serving.waiting_time"),
    at_hand<&E::serving, &ServingResult::ttft_with_queue>("serving.ttft_with_queue"),
    at_hand<&E::serving, &ServingResult::replicas_needed>("serving.replicas_needed"),
    of_power<&E::serving, &ServingResult::energy_per_request>("serving.energy_per_request"),
    of_power<&E::serving, &ServingResult::energy_per_token>("serving.energy_per_token"),
    of_power<&E::serving, &ServingResult::device_power>("serving.device_power"),
    at_hand<&E::distributed, &DistributedResult::step_time>("distributed.step_time"),
    at_hand<&E::distributed, &DistributedResult::compute>("distributed.compute"),
    at_hand<&E::distributed, &DistributedResult::tensor>("distributed.tensor_communication"),
    at_hand<&E::distributed, &DistributedResult::pipeline>("distributed.pipeline_communication"),
    at_hand<&E::distributed, &DistributedResult::expert>("distributed.expert_communication"),
    at_hand<&E::distributed, &DistributedResult::data>("distributed.data_communication"),
    at_hand<&E::distributed, &DistributedResult::bubble>("distributed.bubble"),
    at_hand<&E::distributed, &DistributedResult::bubble_fraction>("distributed.bubble_fraction", true),
    at_hand<&E::distributed, &DistributedResult::mfu>("distributed.mfu", true),
    at_hand<&E::distributed, &DistributedResult::hfu>("distributed.hfu", true),
    at_hand<&E::distributed, &DistributedResult::scaling_efficiency>("distributed.scaling_efficiency", true),
    at_hand<&E::distributed, &DistributedResult::achieved>("distributed.achieved"),
    at_hand<&E::distributed, &DistributedResult::token_throughput>("distributed.token_throughput"),
    at_hand<&E::distributed, &DistributedResult::sample_throughput>("distributed.sample_throughput"),
    at_hand<&E::distributed, &DistributedResult::training_time>("distributed.training_time"),
    of_power<&E::distributed, &DistributedResult::device_power>("distributed.device_power"),
    at_hand<&E::reliability, &ReliabilityResult::run_time>("reliability.run_time"),
    at_hand<&E::economics, &EconomicsResult::rate>("economics.rate"),
    at_hand<&E::economics, &EconomicsResult::cost>("economics.cost"),
    at_hand<&E::economics, &EconomicsResult::per_token>("economics.per_token"),
    at_hand<&E::economics, &EconomicsResult::per_request>("economics.per_request"),
    at_hand<&E::economics, &EconomicsResult::per_sample>("economics.per_sample"),
    at_hand<&E::sustainability, &SustainabilityResult::energy>("sustainability.energy"),
    at_hand<&E::sustainability, &SustainabilityResult::carbon>("sustainability.carbon"),
    at_hand<&E::sustainability, &SustainabilityResult::water>("sustainability.water"),
    at_hand<&E::sustainability, &SustainabilityResult::energy_per_token>("sustainability.energy_per_token"),
    at_hand<&E::sustainability, &SustainabilityResult::carbon_per_token>("sustainability.carbon_per_token"),
    at_hand<&E::memory, &MemoryResult::parameters>("memory.parameters"),
    of_store<0, true>("memory.hbm_needed"), of_store<0, false>("memory.hbm_capacity"),
    of_store<1, true>("memory.gddr_needed"), of_store<1, false>("memory.gddr_capacity"),
    of_store<2, true>("memory.lpddr_needed"), of_store<2, false>("memory.lpddr_capacity"),
    of_store<3, true>("memory.dram_needed"), of_store<3, false>("memory.dram_capacity"),
    of_store<4, true>("memory.sram_needed"), of_store<4, false>("memory.sram_capacity"),
    of_store<5, true>("memory.flash_needed"), of_store<5, false>("memory.flash_capacity"),
};

constexpr std::string_view losses[] = {"", "tensor communication", "context communication", "pipeline communication", "expert communication", "data communication", "bubble", "optimizer"};
constexpr std::uint8_t nothing_bound = 255;

}  // namespace

struct Evaluator::State {
  explicit State(Loaded& l) : loaded{l} {}

  Loaded& loaded;
  Ledger quiet;
  std::vector<Section> sections;  ///< of the last evaluation, once asked for
  bool have_sections = false;
  bool lean = true;
  Status status = Status::refused;
  std::string refusal = "not evaluated yet";

  /// Everything on which the efficiencies of a device depend, as long as its calibration stays the same.
  struct Basis {
    Phase phase;
    workload::Precision precision, weights;
    workload::Launch launch;
    workload::AttentionKernel attention;
    workload::Execution execution;
    hardware::DeviceKind kind;
    hardware::Tier tier;
    bool units;
    double compute, bandwidth, peak, narrow_peak;
    double clock, tdp, idle;  ///< which decide the clock under a power limit
    friend bool operator==(Basis const&, Basis const&) = default;
  };
  std::optional<Basis> basis;
  Before before;
  bool have_cluster = false;              ///< the cluster of `before` is that of the scenario
  std::optional<Evaluation> evaluation;   ///< refers to `before`

  void look_up_efficiency(Scenario& s) {
    auto const& device = device_of(s);
    auto const& w = s.workload;
    const auto of = [](auto const& value) { return value ? detail::base_value(value->value) : -1; };
    const Basis now{w.phase, w.precision.compute, w.precision.weights, w.launch, w.attention, w.execution, device.kind, device.tier, device.compute && device.compute->units,
                    s.efficiency ? of(s.efficiency->compute) : -1, s.efficiency ? of(s.efficiency->bandwidth) : -1, of(device.peak[w.precision.compute]), of(device.peak[workload::Precision::int8]),
                    device.compute ? of(device.compute->clock) : -1, of(device.power.tdp), of(device.power.idle)};
    if (basis && *basis == now) return;
    before.efficiency.emplace(efficiency_for(s, device, loaded.operators, loaded.collectives, quiet));
    basis = now;
  }

  /// Takes what the evaluation before leaves for this one, as far as it still holds.
  void keep(Scenario& s, Changed changed) {
    before.memory.reset();
    if (evaluation && !has(changed, Changed::plan)) before.memory = std::move(evaluation->memory);
    evaluation.reset();
    if (has(changed, Changed::model)) before.derived.forget();
    if (!have_cluster || has(changed, Changed::rates)) {
      have_cluster = false;
      if (changed == Changed::anything) before.cluster = cluster_for(s.system, quiet);
      else renew(before.cluster, s.system, quiet);
      have_cluster = true;
    }
    look_up_efficiency(s);
  }

  Status evaluate(Changed changed) {
    auto& s = loaded.scenario;
    s.system.parallel.data.value = replicas_of(s);
    have_sections = false;
    refusal.clear();
    try {
      keep(s, changed);
      evaluation.emplace(s, loaded.operators, loaded.collectives, quiet, 0, lean, &before);
      evaluation->trace = trace_of(loaded);
      evaluation->run(true);
      status = evaluation->fits() ? Status::evaluated : Status::does_not_fit;
    } catch (InputError const& error) {
      evaluation.reset();
      status = Status::refused;
      refusal = error.problems().empty() ? error.what() : error.problems().front().message;
    } catch (std::invalid_argument const& error) {
      evaluation.reset();
      status = Status::refused;
      refusal = error.what();
    }
    return status;
  }

  /// Sections of an evaluation which leaves nothing out; this one keeps doing so.
  std::vector<Section> const& all_sections() {
    if (have_sections) return sections;
    if (lean) lean = false, evaluate(Changed::anything);
    sections.clear();
    if (evaluation) sections = sections_of(*evaluation);
    have_sections = true;
    return sections;
  }

  Metric const* in_sections(std::string_view path) {
    const auto dot = path.find('.');
    if (dot == path.npos) return nullptr;
    for (auto const& s : all_sections())
      if (s.id == path.substr(0, dot)) return s.find_metric(path.substr(dot + 1));
    return nullptr;
  }
};

Evaluator::Evaluator(Loaded& loaded) : state_{std::make_unique<State>(loaded)} {}
Evaluator::~Evaluator() = default;

Status Evaluator::evaluate(Changed changed) { return state_->evaluate(changed); }
Status Evaluator::status() const { return state_->status; }
void Evaluator::calibration_changed() { state_->basis.reset(); }

std::string Evaluator::reason() const {
  if (state_->status == Status::refused) return state_->refusal;
  if (state_->status == Status::evaluated) return {};
  for (auto const& store : state_->evaluation->memory->stores)
    if (!store.fits()) return fmt::format("does not fit into {}", store.where);
  return "does not fit";
}

std::optional<MetricHandle> Evaluator::find(std::string_view path) {
  for (std::size_t i = 0; i < std::size(numbers_at_hand); ++i)
    if (auto const& n = numbers_at_hand[i]; n.path == path) return MetricHandle{std::string(path), n.dimension, n.percent, static_cast<int>(i)};
  if (Metric const* m = state_->in_sections(path)) return MetricHandle{std::string(path), m->dimension, m->percent, -1};
  return std::nullopt;
}

std::vector<std::string> Evaluator::metrics() {
  std::vector<std::string> paths;
  for (auto const& s : state_->all_sections())
    for (auto const& m : s.metrics) paths.push_back(s.id + '.' + m.id);
  return paths;
}

std::vector<std::string> Evaluator::at_hand() {
  std::vector<std::string> paths;
  for (auto const& n : numbers_at_hand) paths.emplace_back(n.path);
  return paths;
}

std::vector<MetricHandle> Evaluator::headline() {
  auto const& s = state_->loaded.scenario;
  std::vector<std::string_view> wanted;
  const bool language = workload::is_language_model(s.workload.model.value);
  switch (s.workload.phase) {
    case Phase::serving: wanted = {"serving.ttft", "serving.itl", "serving.total_token_throughput"}; break;
    case Phase::training:
      wanted = {"distributed.step_time", "distributed.mfu", language ? "distributed.token_throughput" : "distributed.sample_throughput"};
      if (s.workload.training && (s.workload.training->tokens || s.workload.training->samples)) wanted.push_back("distributed.training_time");
      break;
    default: wanted = {"performance.latency", language ? "performance.token_throughput" : "performance.sample_throughput"}; break;
  }
  if (s.infrastructure) {
    const bool run = s.workload.phase == Phase::training;
    if (s.infrastructure->price || s.infrastructure->lifetime) wanted.push_back(run || !language ? "economics.cost" : "economics.per_token");
    if (s.infrastructure->grid) wanted.push_back(run || !language ? "sustainability.carbon" : "sustainability.carbon_per_token");
  }
  std::vector<MetricHandle> found;
  for (auto path : wanted) found.push_back(*find(path));
  return found;
}

double Evaluator::value(MetricHandle const& m) {
  if (m.index >= 0) return state_->evaluation ? numbers_at_hand[m.index].get(*state_->evaluation) : absent;
  Metric const* found = state_->evaluation ? state_->in_sections(m.path) : nullptr;
  return found ? found->value : absent;
}

Binding Evaluator::binding() const {
  auto const& e = state_->evaluation;
  if (!e || !e->fits()) return {nothing_bound, 0};
  const auto code = [](Bound b) { return static_cast<std::uint8_t>(b); };
  if (e->performance) return {code(e->performance->pass.bound), 0};
  if (e->serving) return {code(e->serving->decode_bound), code(e->serving->prefill_bound)};
  if (!e->distributed) return {nothing_bound, 0};
  const auto loss = std::find(std::begin(losses), std::end(losses), e->distributed->largest_loss);
  return {code(e->distributed->bound), static_cast<std::uint8_t>(loss == std::end(losses) ? 0 : loss - std::begin(losses))};
}

std::string Evaluator::binding_text() const {
  const Binding b = binding();
  if (b.first == nothing_bound) return state_->status == Status::does_not_fit ? "memory capacity" : "";
  const auto limit = [](std::uint8_t code) { return Writer::limit_name(static_cast<Bound>(code)); };
  if (state_->evaluation->serving) return fmt::format("decode: {}, prefill: {}", limit(b.first), limit(b.second));
  if (state_->evaluation->distributed && b.second > 0) return fmt::format("{}, then {}", limit(b.first), losses[b.second]);
  return std::string(limit(b.first));
}

std::vector<Check> Evaluator::missed() {
  std::vector<Check> out;
  if (state_->status != Status::evaluated) return out;
  auto const& s = state_->loaded.scenario;
  if (!s.limits && s.assertions.empty() && !(state_->evaluation->serving && state_->evaluation->serving->utilisation)) return out;
  Report scratch;
  if (!s.assertions.empty()) scratch.sections = state_->all_sections();
  for (auto& c : Writer(state_->loaded, *state_->evaluation, scratch).judged())
    if (c.verdict == Verdict::fail) out.push_back(std::move(c));
  return out;
}

}  // namespace mlsysim::scenario
