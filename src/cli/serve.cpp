#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "commands.hpp"
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::cli {
namespace {

/// The lowest rent, on demand, of so many devices; instances are rented whole. Null if the registry knows none of this device.
registry::Entry const* cheapest(registry::Catalogue const& catalogue, std::string const& device, int devices) {
  registry::Entry const* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  Ledger quiet;
  for (auto const& e : catalogue.entries()) {
    if (e.kind != EntryKind::price) continue;
    const auto p = catalogue.read<infrastructure::Price>(e, quiet);
    if (p.device != device || !p.rate || p.term != infrastructure::PriceTerm::on_demand) continue;
    const int instances = (devices + p.devices.value - 1) / p.devices.value;
    if (const double rate = p.rate->value.raw() * instances; rate < least) least = rate, best = &e;
  }
  return best;
}

/// The same scenario on other hardware: a device in the number which was used, or a node. \throws InputError (E0302) if there is neither
scenario::Loaded on(scenario::Loaded l, registry::Catalogue const& catalogue, std::string const& name) {
  auto& y = l.scenario.system;
  const int ranks = static_cast<int>(y.parallel.ranks() / std::max(1, y.parallel.data.value));
  y.parallel.data.value = 1;
  y.node.reset(), y.fleet.reset(), y.device.reset();
  if (auto const* e = catalogue.entry(EntryKind::hardware, name)) y.device = Ref<hardware::Device>{std::string(e->id), catalogue.read<hardware::Device>(*e, l.ledger)};
  else if (auto const* n = catalogue.entry(EntryKind::node, name)) y.node = Ref<systems::Node>{std::string(n->id), catalogue.read<systems::Node>(*n, l.ledger)};
  else {
    auto near = catalogue.near(EntryKind::hardware, name);
    const auto nodes = catalogue.near(EntryKind::node, name);
    near.insert(near.end(), nodes.begin(), nodes.end());
    throw InputError({{302, fmt::format("no hardware or node '{}'{}{}", name, near.empty() ? "" : "; nearest: ", fmt::join(near, ", ")), {}, "", "`mlsysim list hardware` and `mlsysim list nodes` show all"}});
  }
  y.devices = Count{ranks, y.parallel.tensor.origin};
  if (auto const* own = catalogue.entry(EntryKind::calibration, scenario::device_of(l.scenario).id + "_operators")) {
    const auto rows = catalogue.read<solvers::Calibration>(*own, l.ledger).operators;
    l.operators.operators.insert(l.operators.operators.end(), rows.begin(), rows.end());
  }
  // A price is of one kind of hardware.
  if (!l.scenario.infrastructure) l.scenario.infrastructure.emplace();
  auto& price = l.scenario.infrastructure->price;
  price.reset();
  if (auto const* e = cheapest(catalogue, scenario::device_of(l.scenario).id, ranks)) price = Ref<infrastructure::Price>{std::string(e->id), catalogue.read<infrastructure::Price>(*e, l.ledger)};
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

  const Dimension time("s"), per_token("USD/token");
  Table t{"service", "one replica at the largest batch within the limits of the scenario", {}, {}};
  t.columns = {{"hardware", "hardware", {}, true, false, {}}, {"devices", "devices", {}, false, false, {}}, {"batch", "batch", {}, false, false, {}}, {"ttft", "TTFT", time, false, false, {}}, {"itl", "ITL", time, false, false, {}},
               {"goodput", "goodput", Dimension("request/s"), false, false, {}}, {"per_device", "per device", Dimension("request/s"), false, false, {}}, {"binds", "binds", {}, true, false, {}}};
  Table money{"cost", "what it costs at this batch, always busy", {}, {}};
  money.columns = {{"hardware", "hardware", {}, true, false, {}}, {"cost_input", "read", per_token, false, false, {}}, {"cost_output", "written", per_token, false, false, {}}, {"cost_request", "a request", Dimension("USD/request"), false, false, {}},
                   {"cost_user", "a user's month", Dimension("USD"), false, false, {}}, {"energy_input", "energy read", Dimension("J/token"), false, false, {}}, {"energy_output", "written", Dimension("J/token"), false, false, {}},
                   {"energy_request", "a request", Dimension("J/request"), false, false, {}}, {"energy_user", "a user's month", Dimension("J"), false, false, {}}, {"price", "price", {}, true, false, {}}};
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  bool no = false;
  for (auto const& name : o.hardware) {
    auto here = on(loaded, catalogue, name);
    Report r = scenario::evaluate(here);
    Metric const* good = r.metric("serving.goodput");
    // The largest batch within the limits; without limits that of the scenario.
    const auto best = [&](char const* path) { return r.metric(path) ? static_cast<int>(r.metric(path)->value) : 0; };
    const int batch = best("serving.goodput_concurrency"), fit = best("serving.max_concurrency");
    const int run = good ? batch : std::min(fit, here.scenario.workload.batch.value);
    no = no || run < 1;
    if (run >= 1 && run != here.scenario.workload.batch.value) here.scenario.workload.batch.value = run, r = scenario::evaluate(here);
    const auto number = [&](char const* path) {
      Metric const* m = run >= 1 ? r.metric(path) : nullptr;
      return Cell{m ? m->value : unknown, {}};
    };
    const double devices = here.scenario.system.devices->value;
    const Cell rate = number("serving.request_throughput");
    t.rows.push_back({{0, name}, {devices, {}}, {static_cast<double>(run), {}}, number("serving.ttft_loaded"), number(r.metric("serving.mean_iteration") ? "serving.mean_iteration" : "serving.itl"), rate, {rate.number / devices, {}}, {0, run >= 1 ? r.card.binding : fit >= 1 ? "the limits" : "memory"}});
    auto const& price = here.scenario.infrastructure->price;
    money.rows.push_back({{0, name}, number("serving.cost_input"), number("serving.cost_output"), number("economics.per_request"), number("serving.cost_user"), number("serving.energy_input"), number("serving.energy_output"), number("serving.energy_per_request"), number("serving.energy_user"), {0, price ? price->value.name : "none known"}});
  }
  // A month needs to know how often a user asks.
  if (!loaded.scenario.workload.serving || !loaded.scenario.workload.serving->requests_per_user)
    for (std::size_t c : {std::size_t{8}, std::size_t{4}}) {
      money.columns.erase(money.columns.begin() + static_cast<std::ptrdiff_t>(c));
      for (auto& row : money.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
    }
  if (common.format == "text") {
    write(render::text(t, style(common)) + '\n' + render::text(money, style(common)), common);
    return no ? verdict_no : done;
  }
  t.columns.insert(t.columns.end(), money.columns.begin() + 1, money.columns.end());
  for (std::size_t i = 0; i < t.rows.size(); ++i) t.rows[i].insert(t.rows[i].end(), money.rows[i].begin() + 1, money.rows[i].end());
  write(t, common);
  return no ? verdict_no : done;
}

}  // namespace mlsysim::cli
