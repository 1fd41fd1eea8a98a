#include "mlsysim/scenario/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dates.hpp"
#include "load_input.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/solvers/distributed.hpp"
#include "mlsysim/solvers/economics.hpp"
#include "mlsysim/solvers/memory.hpp"
#include "mlsysim/solvers/performance.hpp"
#include "mlsysim/solvers/reliability.hpp"
#include "mlsysim/solvers/serving.hpp"
#include "mlsysim/solvers/sustainability.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::scenario {
namespace {

using namespace solvers;

[[noreturn]] void refuse(int code, std::string message, std::string help) {
  throw InputError({{code, std::move(message), {}, "", std::move(help)}});
}

std::vector<Request> const* trace_of(Loaded const& l) { return l.trace.empty() ? nullptr : &l.trace; }

workload::PrecisionPlan plan_of(Precisions const& p) { return {p.weights, p.activations, p.kv, p.compute, p.weight_bits}; }

/// One evaluation: asks the solvers in order. What was not asked stays empty.
class Evaluation {
 public:
  /// \param end -1 or 1: everything at the slow or fast end of the efficiencies' 90 % intervals
  Evaluation(Scenario const& s, Calibration const& operators, Calibration const& collectives, Ledger& ledger, int end = 0)
      : end_{end}, s_{s}, model_{s.workload.model.value}, operators_{operators}, collectives_{collectives}, ledger_{ledger}, cluster_{make_cluster()},
        parallel_{s.system.parallel}, efficiency_{operators, cluster_.device, s.workload.precision.compute, s.efficiency.value_or(EfficiencyOverride{}), ledger} {
    efficiency_.started_by(s.workload.launch, collectives, ledger);
    if (end != 0) efficiency_ = efficiency_.at_end(end);
  }

  /// Memory first: nothing else means anything if it does not fit.
  void run(bool macro) {
    solve_memory();
    if (!fits()) return;
    switch (s_.workload.phase) {
      case Phase::training: solve_training(); break;
      case Phase::serving: solve_serving(); break;
      default: solve_pass(); break;
    }
    if (macro) solve_macro();
  }

  bool fits() const { return memory ? memory->fits : true; }

  /// What the knobs improve, as "more is better"; 0 if it does not fit.
  double goodness() const {
    if (!fits()) return 0;
    if (serving) return serving->total_token_throughput.value.raw();
    if (distributed) return 1 / distributed->step_time.value.raw();
    if (performance) return 1 / latency.value.raw();
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
  Sourced<Time> latency;  ///< of a pass with its communication
  std::optional<Sourced<Time>> communication;
  std::optional<Sourced<SampleRate>> samples_per_time;  ///< all replicas
  std::optional<Sourced<TokenRate>> tokens_per_time;
  std::optional<Sourced<Power>> power;  ///< IT power of everything used

  systems::Cluster const& cluster() const { return cluster_; }
  systems::Parallel const& parallel() const { return parallel_; }

 private:
  systems::Cluster make_cluster() {
    auto const& y = s_.system;
    if (y.device && y.devices && y.devices->value > 1) return systems::cluster_of(y.device->value, *y.devices, ledger_);
    systems::Cluster c = y.device ? systems::cluster_of(y.device->value, ledger_)
                         : y.node ? systems::cluster_of(y.node->value, ledger_)
                                  : systems::cluster_of(y.fleet->value, ledger_);
    if (y.devices) {
      if (y.devices->value > c.devices.value)
        refuse(203, fmt::format("the scenario uses {} devices, but the system has {}", y.devices->value, c.devices.value), "lower `system.devices` or name a larger system");
      c.devices = *y.devices;
    }
    return c;
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
    if (w.output) t.value += w.output->value;
    else if (w.phase == Phase::decode) t.value += 1;
    return t;
  }

  void solve_memory() {
    auto const& w = s_.workload;
    check(systems::placement_problems(cluster_, parallel_));
    MemoryInput in;
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
      in.flash_attention = workload::is_flash(w.attention, w.execution);
      in.optimizer = w.training->optimizer;
      in.recompute = w.training->recompute;
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
    in.interval = end_ == 0;
    in.model = &model_;
    in.device = &cluster_.device;
    in.efficiency = &efficiency_;
    if (memory) in.streamed = memory->streamed;
    in.shape.batch = w.batch;
    in.shape.precision = plan_of(w.precision);
    in.shape.tensor_parallel = parallel_.tensor;
    in.shape.execution = w.execution;
    in.shape.attention = w.attention;
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
      LinkModel links(&collectives_, ledger_);
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
    power = it_power(cluster_, performance->power, ledger_);
  }

  void solve_training() {
    auto const& w = s_.workload;
    DistributedInput in;
    in.interval = end_ == 0;
    in.model = &model_;
    in.cluster = &cluster_;
    in.efficiency = &efficiency_;
    in.collectives = &collectives_;
    in.parallel = parallel_;
    in.precision = plan_of(w.precision);
    in.execution = w.execution;
    in.attention = w.attention;
    in.micro_batch = w.batch;
    in.global_batch = w.training->global_batch;
    in.sequence = w.sequence.value_or(Count{0, {}});
    in.optimizer = w.training->optimizer;
    in.recompute = w.training->recompute;
    in.overlap_experts = w.training->overlap_experts;
    in.overlap_gradients = w.training->overlap_gradients;
    in.tokens = w.training->tokens;
    in.samples = w.training->samples;
    check(problems(in));
    distributed = solve(in, ledger_);
    if (laid_out) *laid_out = timeline(in, *distributed);
    samples_per_time = distributed->sample_throughput;
    tokens_per_time = distributed->token_throughput;
    power = it_power(cluster_, distributed->device_power, ledger_);
  }

  void solve_serving() {
    auto const& w = s_.workload;
    ServingInput in;
    in.interval = end_ == 0;
    in.launch = s_.workload.launch;
    if (s_.workload.serving) in.options = *s_.workload.serving;
    in.engine = engine_named(in.options.engine);
    in.model = &model_;
    in.cluster = &cluster_;
    in.efficiency = &efficiency_;
    in.collectives = &collectives_;
    in.parallel = parallel_;
    in.precision = plan_of(w.precision);
    in.prompt = *w.prompt;
    in.output = *w.output;
    in.concurrency = w.batch;
    in.request_rate = w.request_rate;
    if (s_.limits) in.itl_limit = s_.limits->itl, in.ttft_limit = s_.limits->ttft;
    std::optional<EfficiencyModel> prefill;
    if (in.options.disaggregation && in.options.disaggregation->prefill_device)
      in.prefill_efficiency = &prefill.emplace(operators_, in.options.disaggregation->prefill_device->value, w.precision.compute, s_.efficiency.value_or(EfficiencyOverride{}), ledger_);
    check(problems(in));
    if (s_.traffic && s_.traffic->rate) in.request_rate = s_.traffic->rate;
    else if (s_.traffic && !in.request_rate) in.request_rate = offered = offered ? offered : offered_rate(*s_.traffic, solve(in, ledger_), parallel_, trace, ledger_);
    if (s_.traffic) scatter(*s_.traffic, in, trace, ledger_);
    serving = solve(in, ledger_);
    service = in;
    if (s_.traffic && s_.traffic->load) serving->replicas_needed.reset();
    tokens_per_time = serving->total_token_throughput;
    power = it_power(cluster_, serving->device_power, ledger_);
  }

  /// The engine which the scenario names; null without a name.
  Engine const* engine_named(std::string const& id) const {
    if (id.empty()) return nullptr;
    std::vector<std::string_view> ids;
    for (auto const& e : collectives_.engines) {
      if (e.engine == id) return &e;
      ids.push_back(e.engine);
    }
    std::string list;
    for (auto const& n : nearest(id, ids, 3)) list += (list.empty() ? "" : ", ") + n;
    refuse(220, fmt::format("no engine '{}'{}{}", id, list.empty() ? "" : "; nearest: ", list), "`workload.serving.engine` names one of registry/calibration/engines.yaml; leave it out for an ideal engine");
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
    t.simulate = end_ == 0;
    tail = solve(t, ledger_);
  }

  void solve_traffic() {
    IterationPrices prices = iteration_prices(*service);
    LoadInput in = load_input(s_, *service, *serving, trace, ledger_);
    in.frontier = load_options.frontier, in.served = load_options.served, in.simulation.progress = load_options.progress;
    in.count_replicas = load_options.count_replicas && end_ == 0;
    traffic = solve(in, prices, ledger_);
  }

  void solve_macro() {
    if (s_.tail) solve_tail();
    if (serving && s_.traffic) solve_traffic();
    static const Infrastructure nothing;
    Infrastructure const& i = s_.infrastructure ? *s_.infrastructure : nothing;
    std::optional<Sourced<Time>> duration;
    if (distributed) duration = distributed->training_time;
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
      r.simulate = end_ == 0;
      r.useful_time = duration;
      reliability = solve(r, ledger_);
      if (reliability->run_time) duration = reliability->run_time;
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
        u.it_energy = eq::energy_of_devices.with(ledger_, performance->energy, Real(cluster_.devices));
        u.samples = Sourced<Samples>{s_.workload.batch.value * unit<"sample">, s_.workload.batch.origin};
      }
      sustainability = solve(u, ledger_);
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

  int end_;
  Scenario const& s_;
  workload::Model const& model_;
  Calibration const& operators_;
  Calibration const& collectives_;
  Ledger& ledger_;
  systems::Cluster cluster_;
  systems::Parallel parallel_;
  EfficiencyModel efficiency_;
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
  if (e.tail) sections.push_back(report(*e.tail));
  if (e.reliability) sections.push_back(report(*e.reliability));
  if (e.economics) sections.push_back(report(*e.economics));
  if (e.sustainability) sections.push_back(report(*e.sustainability));
  if (e.battery) sections.push_back(report(*e.battery));
  return sections;
}

/// Collectives at the slow or fast end of what was measured of their kind of link.
Calibration at_end(Calibration c, Ledger const& ledger, int end) {
  for (auto& row : c.collectives)
    if (Fact const* f = ledger.fact(row.bandwidth.origin); f && f->range) row.bandwidth.value = end < 0 ? f->range->low : f->range->high;
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
    }
}

/// Builds the scorecard and the sections from an evaluation.
class Writer {
 public:
  Writer(Loaded const& loaded, Evaluation const& e, Report& report) : l_{loaded}, s_{loaded.scenario}, e_{e}, r_{report} {}

  void write() {
    r_.sections = sections_of(e_);
    for (auto& s : r_.sections)
      if (s.id == "memory") name_capacities(s);
    if (e_.fits()) spread(r_.sections, at(-1), at(1));
    // Without residuals there is no interval: one of no width would claim certainty.
    for (auto& section : r_.sections)
      for (auto& m : section.metrics)
        if (m.interval && m.interval->low == m.interval->high) m.interval.reset();
    card();
  }

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

  void limits(Level& performance, Level& macro) {
    if (!s_.limits) return;
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
    under_load("latency_p99", "request latency P99", l.latency_p99, &SimulationResult::latency);
    if (e_.serving && e_.serving->utilisation) {
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
    std::optional<Sourced<Time>> run;
    if (e_.reliability && e_.reliability->run_time) run = e_.reliability->run_time;
    else if (e_.distributed) run = e_.distributed->training_time;
    if (l.training_time) performance.checks.push_back(limit("training_time", "time of the run", run, *l.training_time, true, "training.tokens or training.samples is not given"));
    if (l.token_rate) performance.checks.push_back(limit("token_rate", "token throughput", e_.tokens_per_time, *l.token_rate, false));
    if (l.sample_rate) performance.checks.push_back(limit("sample_rate", "sample throughput", e_.samples_per_time, *l.sample_rate, false));

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
    for (auto const& a : s_.assertions) {
      Metric const* m = r_.metric(a.metric);
      const std::string section = a.metric.substr(0, a.metric.find('.'));
      Level& level = section == "memory" ? feasibility : section == "economics" || section == "sustainability" || section == "battery" || section == "reliability" ? macro : performance;
      if (!m && e_.fits()) {
        std::vector<std::string_view> names;
        for (auto const& [path, metric] : metrics) names.push_back(path);
        const auto near = nearest(a.metric, names, 3);
        std::string list;
        for (auto const& n : near) list += (list.empty() ? "" : ", ") + n;
        problems.push_back({204, fmt::format("no metric '{}' in this result{}{}", a.metric, near.empty() ? "" : "; nearest: ", list), {l_.file, 0, 0, 1, {}}, "", "`mlsysim eval FILE --format csv` lists the paths"});
        continue;
      }
      for (const bool at_most : {false, true}) {
        std::string const& text = at_most ? a.at_most : a.at_least;
        if (text.empty()) continue;
        Check c;
        c.id = a.metric;
        c.label = a.metric;
        c.at_most = at_most;
        if (!m) {
          c.detail = "it does not fit";
        } else {
          const auto q = parse_quantity(text);
          if (!(q.dimension() == m->dimension)) {
            problems.push_back({205, fmt::format("'{}' is {}, but '{}' is {}", a.metric, m->dimension.view(), text, q.dimension().view()), {l_.file, 0, 0, 1, {}}, "", fmt::format("write it in {}", m->dimension.unit())});
            continue;
          }
          c.value = m->value;
          c.limit = q.base_value();
          c.dimension = m->dimension;
          c.origin = m->origin;
          c.verdict = (at_most ? c.value <= c.limit : c.value >= c.limit) ? Verdict::pass : Verdict::fail;
        }
        level.checks.push_back(std::move(c));
      }
    }
    if (!problems.empty()) throw InputError(std::move(problems));
  }

  static std::string_view limit_name(Bound b) { return b == Bound::compute ? "compute" : b == Bound::memory ? "memory bandwidth" : b == Bound::streaming ? "weight streaming" : "kernel dispatch"; }

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
    } else if (e_.distributed) {
      card.headline = "distributed.step_time";
      card.binding = fmt::format("{} ({:.0f} % of the step)", limit_name(e_.distributed->bound), 100 * (e_.distributed->compute.value / e_.distributed->step_time.value));
      card.next = e_.distributed->largest_loss;
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
  return fmt::format("{} of {} on {}", names_of(s.workload.phase)[static_cast<std::size_t>(s.workload.phase)],
                     s.workload.model.value.name.empty() ? s.workload.model.id : s.workload.model.value.name, on);
}

}  // namespace

double headline(Scenario const& scenario, Calibration const& operators, Calibration const& collectives) {
  Ledger quiet;
  Evaluation e(scenario, operators, collectives, quiet);
  e.run(false);
  return e.goodness();
}

Step step(Loaded const& loaded) {
  auto const& s = loaded.scenario;
  const auto refused = [&](std::string message, std::string help) { return InputError({{203, std::move(message), {loaded.file, 0, 0, 1, {}}, "", std::move(help)}}); };
  if (s.workload.phase != Phase::training)
    throw refused(fmt::format("a timeline shows a step of training; the phase of this scenario is '{}'", names_of(s.workload.phase)[static_cast<std::size_t>(s.workload.phase)]), "`mlsysim list scenarios training` names scenarios which train");
  Ledger quiet = loaded.ledger;
  Evaluation e(s, loaded.operators, loaded.collectives, quiet);
  ScheduleResult pieces;
  e.laid_out = &pieces;
  e.run(false);
  if (!e.fits()) throw refused("this scenario does not fit into memory, so no step can run", "`mlsysim eval` says what is missing and what would fit");

  auto const& d = *e.distributed;
  auto const& p = s.system.parallel;
  Step out;
  Timeline& t = out.picture;
  t.lanes = std::move(pieces.lanes);
  t.length = pieces.length.raw();
  t.title = fmt::format("{}: one step, {}", s.name, display(t.length, Dimension("s")));
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
    throw InputError({{233, fmt::format("only a service has traffic; the phase of this scenario is '{}'", names_of(loaded.scenario.workload.phase)[static_cast<std::size_t>(loaded.scenario.workload.phase)]), {loaded.file, 0, 0, 1, {}}, "", "`mlsysim list scenarios serving` names scenarios which serve"}});
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
    std::vector<Diagnostic> problems = error.problems();
    for (auto& p : problems)
      if (p.where.file.empty()) p.where.file = loaded.file;
    throw InputError(std::move(problems));
  }
}

Report evaluate(Loaded const& loaded) {
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
    Writer(loaded, e, r).write();
    report_dates(loaded, r);
  } catch (std::invalid_argument const& error) {
    refuse(208, error.what(), "name hardware which states what is missing, or add it under `overrides:`");
  } catch (InputError const& error) {
    std::vector<Diagnostic> problems = error.problems();
    for (auto& p : problems)
      if (p.where.file.empty()) p.where.file = loaded.file;
    throw InputError(std::move(problems));
  }
  return r;
}

}  // namespace mlsysim::scenario
