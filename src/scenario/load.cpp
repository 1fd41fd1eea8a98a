#include <fmt/format.h>

#include "defaults.hpp"
#include "mlsysim/io/trace.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "place.hpp"
#include "techniques.hpp"
#include "mlsysim/units/text.hpp"
#include "mlsysim/workload/operator.hpp"

namespace mlsysim::scenario {
namespace {

/// Checks which no single field can make. Points at the most specific place the file has.
class Binding {
 public:
  Binding(Scenario const& s, io::Document const& d, std::vector<Diagnostic>& problems) : s_{s}, d_{d}, problems_{problems} {}

  void check() {
    system();
    phase();
    if (s_.traffic) traffic(*s_.traffic);
    assertions();
    macro();
  }

 private:
  void system() {
    const int named = s_.system.device.has_value() + s_.system.node.has_value() + s_.system.fleet.has_value();
    if (named != 1) say(201, "system", named == 0 ? "the system names nothing to run on" : fmt::format("the system names {} things to run on", named), "", "write exactly one of `device:`, `node:` and `fleet:`");
  }

  void phase() {
    auto const& w = s_.workload;
    if (w.phase == Phase::communication) {
      if (!w.collective) say(202, "workload", "the phase 'communication' needs `collective`", "", "e.g. `collective: {operation: all_reduce, message: 1 GB}`");
      return;
    }
    auto const& m = w.model.value;
    auto const* workload = d_.find(d_.root(), "workload");
    if (!workload) return;  // what could not be parsed has been said
    if (!d_.find(*workload, "model")) {
      say(202, "workload", "the workload names no model", "", "`mlsysim list models` names those of the registry; `phase: communication` alone needs none");
      return;
    }
    const int architectures = m.transformer.has_value() + m.layered.has_value() + m.recommender.has_value() + m.state_space.has_value();
    if (architectures != 1) {
      say(207, "workload.model", fmt::format("the model has {} architectures", architectures), "", "write exactly one of transformer, layered, recommender and state_space");
      return;
    }
    if (w.engine && !w.engine->value.engine)
      say(220, "workload.engine", fmt::format("'{}' is no engine", w.engine->id), "it holds what operators reach on a device", "registry/calibration/engines/ has those which are known; leave it out for an ideal one");
    const bool language = workload::is_language_model(m);
    const auto need = [&](bool there, char const* field, char const* what) {
      if (!there) say(202, "workload", fmt::format("the phase '{}' needs `{}`", names_of(w.phase)[static_cast<std::size_t>(w.phase)], field), "", fmt::format("add `{}:` — {}", field, what));
    };
    switch (w.phase) {
      case Phase::serving:
      case Phase::prefill:
      case Phase::decode:
        if (!language) say(206, "workload.phase", fmt::format("'{}' is not a language model", m.name), "only language models are prefilled, decoded or served token by token", "write `phase: inference`");
        need(w.prompt.has_value(), "prompt", "tokens read per request");
        if (w.phase == Phase::serving) need(w.output.has_value(), "output", "tokens written per request");
        break;
      case Phase::training:
        need(w.training.has_value(), "training", "e.g. {global_batch: 1024, tokens: 1 Ttoken}");
        if (language) need(w.sequence.has_value(), "sequence", "tokens per sequence");
        break;
      case Phase::communication: break;
      case Phase::inference:
        if (language || (m.transformer && !m.transformer->patches && !m.transformer->encoder)) need(w.prompt.has_value(), "prompt", "tokens per sequence");
        break;
    }
  }

  void traffic(Traffic const& t) {
    using solvers::ArrivalProcess;
    using solvers::LengthShape;
    if (s_.workload.phase != Phase::serving) {
      say(233, "traffic", fmt::format("only a service has traffic; the phase is '{}'", names_of(s_.workload.phase)[static_cast<std::size_t>(s_.workload.phase)]), "", "write `phase: serving`, or leave `traffic:` out");
      return;
    }
    const auto wrong = [&](std::string_view path, std::string message, std::string help) { say(230, path, std::move(message), "", std::move(help)); };
    const int rates = t.rate.has_value() + t.load.has_value() + s_.workload.request_rate.has_value();
    if (rates > 1) wrong(t.load ? "traffic.load" : "traffic.rate", "the rate is stated more than once", "keep one of workload.request_rate, traffic.rate and traffic.load");
    if (!t.trace.empty() && (t.prompt || t.output)) wrong("traffic.trace", "a trace has its own lengths", "leave `prompt:` and `output:` of the traffic out, or the trace");
    if (t.arrivals == ArrivalProcess::at_once && rates > 0) wrong(t.load ? "traffic.load" : "traffic.rate", "requests which are all there at the start have no rate", "leave the rate out, or choose other arrivals");
    if (t.arrivals == ArrivalProcess::gamma && !t.variation) wrong("traffic.arrivals", "gamma arrivals need `variation`", "standard deviation / mean of the times between arrivals; 1 is Poisson, bursty above");
    if (t.arrivals == ArrivalProcess::modulated && !t.burst) wrong("traffic.arrivals", "modulated arrivals need `burst`", "e.g. `burst: {ratio: 4, share: 0.1, length: 30 s}`");
    if (t.burst && t.burst->ratio.value * t.burst->share.value > 1) wrong("traffic.burst", fmt::format("bursts of {:.3g} times the rate in {:.3g} of the time are more than all requests", t.burst->ratio.value, t.burst->share.value), "ratio * share is at most 1");
    const auto lengths = [&](std::string_view path, std::optional<Lengths> const& l) {
      if (!l) return;
      const bool empirical = l->shape == LengthShape::empirical;
      if (empirical && l->samples.empty()) wrong(path, "empirical lengths need `samples`", "a list of lengths in tokens");
      if (!empirical && !l->samples.empty()) wrong(path, "`samples` are for shape: empirical", "write `shape: empirical`, or leave them out");
      if ((l->shape == LengthShape::uniform || l->shape == LengthShape::lognormal) && !l->spread) wrong(path, "the lengths need `spread`", "standard deviation / mean, e.g. `spread: 0.5`");
      if (l->shape == LengthShape::uniform && l->spread && l->spread->value > 0.57) wrong(path, fmt::format("uniform lengths with a spread of {:.3g} would begin below zero", l->spread->value), "at most 0.57; lognormal lengths scatter more");
    };
    lengths("traffic.prompt", t.prompt), lengths("traffic.output", t.output);
    if (t.policy == solvers::BatchingPolicy::static_batch && s_.workload.serving && s_.workload.serving->disaggregation)
      wrong("traffic.policy", "requests leave a static batch together, so that nobody can hand one over", "choose another policy, or leave `workload.serving.disaggregation` out");
  }

  void macro() {
    auto const& w = s_.workload;
    const bool trains = w.phase == Phase::training;
    if (s_.scaling && !(trains && workload::is_language_model(w.model.value) && w.training && w.training->tokens))
      say(241, "scaling", "a scaling law needs a language model which is trained on a number of tokens", "it predicts the loss from parameters and training tokens", "write `phase: training` with `training: {tokens: …}`; `mlsysim scaling` plans a model for a budget");
    if (s_.orchestration && !s_.orchestration->job_time && !(trains && w.training && (w.training->tokens || w.training->samples)))
      say(243, "orchestration", "how long a job runs is not known", "", "add `job_time:`, or give the training its `tokens:` or `samples:`");
    if (!s_.infrastructure) return;
    auto const& i = *s_.infrastructure;
    if (!i.intensity_by_hour.empty() && i.intensity_by_hour.size() != 24)
      say(245, "infrastructure.intensity_by_hour", fmt::format("a day has 24 hours, this list {}", i.intensity_by_hour.size()), "", "write one mean per hour, midnight first");
    if (i.hours_per_day && i.intensity_by_hour.empty())
      say(245, "infrastructure.hours_per_day", "which hours are clean is not known", "", "add `intensity_by_hour:`, 24 means, midnight first");
  }

  void assertions() {
    for (std::size_t i = 0; i < s_.assertions.size(); ++i) {
      auto const& a = s_.assertions[i];
      const std::string path = fmt::format("assert.{}", i);
      if (a.at_least.empty() && a.at_most.empty()) say(205, path, fmt::format("the assertion on '{}' has no limit", a.metric), "", "add `at_least:` or `at_most:`");
      for (auto const* text : {&a.at_least, &a.at_most})
        if (!text->empty() && parse_quantity(*text).error != QuantityTextError::none) say(205, path, fmt::format("'{}' is not a quantity", *text), "", "e.g. `at_most: 5 ms`");
    }
  }

  void say(int code, std::string_view path, std::string message, std::string why, std::string help) {
    problems_.push_back({code, std::move(message), place_of(d_, path), std::move(why), std::move(help)});
  }

  Scenario const& s_;
  io::Document const& d_;
  std::vector<Diagnostic>& problems_;
};

/// bf16 suits what has 16-bit units; microcontrollers and integer accelerators compute in int8.
void integer_defaults(Scenario& s, Ledger& ledger) {
  auto const& y = s.system;
  auto const& device = y.device ? y.device->value : y.node ? y.node->value.device.value : y.fleet->value.node.value.device.value;
  using workload::Precision;
  const bool floats = device.peak[Precision::bf16] || device.peak[Precision::fp16];
  if (!device.peak[Precision::int8] || floats) return;
  const auto role = [&](char const* path, Precision& p) {
    if (ledger.restate(path, static_cast<double>(static_cast<int>(Precision::int8)), "int8", "the device has no 16-bit floating-point units")) p = Precision::int8;
  };
  auto& p = s.workload.precision;
  role("workload.precision.weights", p.weights);
  role("workload.precision.activations", p.activations);
  role("workload.precision.kv", p.kv);
  role("workload.precision.compute", p.compute);
}

/// Devices which the plan leaves over become replicas, unless the plan says how many there are.
void fill_replicas(Scenario& s, Ledger& ledger) {
  const int replicas = replicas_of(s);
  if (replicas == s.system.parallel.data.value) return;
  if (ledger.restate("system.parallel.data", replicas, std::to_string(replicas), "replicas fill the devices which the plan leaves over")) s.system.parallel.data.value = replicas;
}

}  // namespace

int replicas_of(Scenario const& s) {
  auto const& y = s.system;
  auto const& p = y.parallel;
  if (p.data.origin.kind() != Origin::Kind::assumed) return p.data.value;
  long long devices = 1;
  if (y.devices) devices = y.devices->value;
  else if (y.node) devices = y.node->value.devices.value;
  else if (y.fleet) devices = 1LL * y.fleet->value.nodes.value * y.fleet->value.node.value.devices.value;
  const long long ranks = 1LL * p.tensor.value * p.pipeline.value * p.expert.value * p.context.value;
  if (ranks <= 0 || devices <= ranks || devices % ranks != 0 || devices / ranks > 2000000000) return 1;
  return static_cast<int>(devices / ranks);
}

Loaded load(registry::Catalogue const& catalogue, io::Document const& document, std::vector<Diagnostic>& problems) {
  return load(catalogue, document, io::overrides_of(document), problems);
}

namespace {

/// A profile without the operators of other devices, which are most of it and need not be read.
solvers::Calibration profile_for(hardware::Device const& device, registry::Catalogue const& catalogue, registry::Entry const& entry, Ledger& ledger) {
  io::Node const* rows = entry.document->find(*entry.node, "operators");
  if (!rows || rows->kind != io::Node::Kind::list) return catalogue.read<solvers::Calibration>(entry, ledger);
  const auto kind = hardware::names_of(device.kind)[static_cast<std::size_t>(device.kind)], tier = hardware::names_of(device.tier)[static_cast<std::size_t>(device.tier)];
  const auto holds = [&](io::Node const& row) {
    const std::pair<std::string_view, std::string_view> asked[] = {{"device", device.id}, {"family", device.family}, {"vendor", device.vendor}, {"devices", kind}, {"tier", tier}};
    return std::all_of(std::begin(asked), std::end(asked), [&](auto const& a) {
      io::Node const* given = entry.document->find(row, a.first);
      return !given || given->text == a.second;
    });
  };
  std::vector<io::Node> nodes(entry.document->nodes.begin(), entry.document->nodes.end());
  const auto first = nodes.size();
  for (auto const& row : entry.document->children(*rows))
    if (holds(row)) nodes.push_back(row);
  auto const* begin = entry.document->nodes.data();
  auto& kept = nodes[static_cast<std::size_t>(rows - begin)];
  kept.first = static_cast<std::uint32_t>(first), kept.count = static_cast<std::uint32_t>(nodes.size() - first);
  io::Document document = *entry.document;
  document.nodes = nodes;
  registry::Entry own = entry;
  own.document = &document, own.node = &nodes[static_cast<std::size_t>(entry.node - begin)];
  return catalogue.read<solvers::Calibration>(own, ledger);
}

}  // namespace

Loaded load(registry::Catalogue const& catalogue, io::Document const& document, io::Overrides const& overrides, std::vector<Diagnostic>& problems) {
  Loaded l;
  l.file = document.files.empty() ? "" : std::string(document.files[0].name);
  l.document = document;
  l.today = catalogue.date();
  const auto before = problems.size();
  io::read(l.scenario, document, document.root(), {&catalogue, Origin::Kind::given, false, {}}, overrides, l.ledger, problems);
  if (problems.size() == before) Binding(l.scenario, document, problems).check();
  if (problems.size() == before && l.scenario.traffic) {
    auto& t = *l.scenario.traffic;
    if (!t.trace.empty()) {
      const auto slash = l.file.rfind('/');
      for (auto const& r : io::read_trace_file(t.trace.starts_with('/') || slash == l.file.npos ? t.trace : l.file.substr(0, slash + 1) + t.trace, problems)) l.trace.push_back({r.arrival, r.prompt, r.output});
    }
  }
  if (problems.size() == before) integer_defaults(l.scenario, l.ledger), fill_replicas(l.scenario, l.ledger);
  if (problems.size() == before && !l.scenario.techniques.empty()) {
    l.without = l.scenario;
    l.technique_notes = apply_techniques(l.scenario);
  }
  const auto calibration = [&](char const* id, solvers::Calibration& into) {
    if (auto const* e = catalogue.entry(EntryKind::calibration, id)) into = problems.size() == before ? profile_for(device_of(l.scenario), catalogue, *e, l.ledger) : catalogue.read<solvers::Calibration>(*e, l.ledger);
  };
  if (l.scenario.calibration) l.operators = l.scenario.calibration->value;
  else {
    calibration("class_defaults", l.operators);
    solvers::Calibration small;
    calibration("small_devices", small);
    l.operators.operators.insert(l.operators.operators.end(), small.operators.begin(), small.operators.end());
    solvers::Calibration own;
    if (problems.size() == before) calibration((device_of(l.scenario).id + "_operators").c_str(), own);
    l.operators.operators.insert(l.operators.operators.end(), own.operators.begin(), own.operators.end());
  }
  if (l.scenario.workload.engine) {
    auto const& engine = l.scenario.workload.engine->value;
    const auto add = [&](solvers::Calibration const& profile) {
      for (auto row : profile.operators) {
        row.of_engine = true;
        l.operators.operators.push_back(std::move(row));
      }
    };
    add(engine);
    if (engine.engine && !engine.engine->kernels.empty()) {
      solvers::Calibration kernels;
      calibration(engine.engine->kernels.c_str(), kernels);
      add(kernels);
    }
  }
  calibration("collective_defaults", l.collectives);
  solvers::Calibration passes;
  calibration("whole_passes", passes);
  l.collectives.spread = passes.spread;
  solvers::Calibration long_runs;
  calibration("long_runs", long_runs);
  l.collectives.frameworks = long_runs.frameworks;
  l.collectives.sustained = long_runs.sustained;
  return l;
}

}  // namespace mlsysim::scenario
