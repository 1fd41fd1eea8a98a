#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "commands.hpp"
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::cli {
namespace {

/// The same scenario on other hardware: a device in the number which was used, or a node. \throws InputError (E0302) if there is neither
scenario::Loaded on(scenario::Loaded l, registry::Catalogue const& catalogue, std::string const& name) {
  auto& y = l.scenario.system;
  const int ranks = static_cast<int>(y.parallel.ranks() / std::max(1, y.parallel.data.value));
  y.parallel.data.value = 1;
  y.node.reset(), y.fleet.reset(), y.device.reset();
  if (auto const* e = catalogue.entry(EntryKind::hardware, name)) y.device = Ref<hardware::Device>{std::string(e->id), catalogue.read<hardware::Device>(*e, l.ledger)};
  else if (auto const* n = catalogue.entry(EntryKind::node, name)) y.node = Ref<systems::Node>{std::string(n->id), catalogue.read<systems::Node>(*n, l.ledger)};
  else throw InputError({{302, fmt::format("no hardware or node '{}'", name), {}, "", fmt::format("`mlsysim list hardware {}`", name)}});
  y.devices = Count{ranks, y.parallel.tensor.origin};
  if (auto const* own = catalogue.entry(EntryKind::calibration, scenario::device_of(l.scenario).id + "_operators")) {
    const auto rows = catalogue.read<solvers::Calibration>(*own, l.ledger).operators;
    l.operators.operators.insert(l.operators.operators.end(), rows.begin(), rows.end());
  }
  // A price is of one kind of hardware.
  if (l.scenario.infrastructure) l.scenario.infrastructure->price.reset();
  return l;
}

}  // namespace

int serve(ServeOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  std::vector<Diagnostic> problems;
  const auto document = open_scenario(o.scenario);
  const auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  if (loaded.scenario.workload.phase != scenario::Phase::serving)
    throw InputError({{203, "hardware is compared for services; this scenario is none", {loaded.file, 0, 0, 1, {}}, "", "`mlsysim compare` compares single passes"}});

  Table t{"service", "one replica within the limits of the scenario", {}, {}};
  t.columns = {{"hardware", "hardware", {}, true, false, {}}, {"devices", "devices", {}, false, false, {}}, {"ttft", "TTFT", Dimension("s"), false, false, {}}, {"itl", "ITL", Dimension("s"), false, false, {}},
               {"batch", "largest batch", {}, false, false, {}}, {"goodput", "goodput", Dimension("request/s"), false, false, {}}, {"per_device", "per device", Dimension("request/s"), false, false, {}},
               {"energy", "energy", Dimension("J/token"), false, false, {}}, {"binds", "binds", {}, true, false, {}}};
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  bool no = false;
  for (auto const& name : o.hardware) {
    const auto here = on(loaded, catalogue, name);
    const Report r = scenario::evaluate(here);
    const auto number = [&](char const* path) {
      Metric const* m = r.metric(path);
      return Cell{m ? m->value : unknown, {}};
    };
    const double devices = here.scenario.system.devices->value;
    Cell good = number("serving.goodput");
    if (!r.metric("serving.goodput")) good = number("serving.request_throughput");
    Cell batch = number("serving.best_concurrency");
    if (!r.metric("serving.best_concurrency")) batch = number("serving.max_concurrency");
    no = no || !(good.number > 0);
    t.rows.push_back({{0, name}, {devices, {}}, number("serving.ttft"), number("serving.itl"), batch, good, {good.number / devices, {}}, number("serving.energy_per_token"), {0, r.card.binding}});
  }
  write(t, common);
  return no ? verdict_no : done;
}

}  // namespace mlsysim::cli
