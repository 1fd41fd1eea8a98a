#include "mlsysim/solvers/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mlsysim/equations/training.hpp"

namespace mlsysim::solvers {
namespace {

/// Bytes on the busiest link of a rank over the message, as nccl-tests count them (doc/PERFORMANCE.md).
Real bus_factor(Collective kind, Real const& ranks, Ledger& ledger) {
  switch (kind) {
    case Collective::all_reduce: return eq::all_reduce_factor.with(ledger, ranks);
    case Collective::reduce_scatter:
    case Collective::all_gather:
    case Collective::all_to_all: return eq::gather_factor.with(ledger, ranks);
    default: return assumed(ledger, "exchange.bus_factor", 1.0, "the whole message crosses a link once");
  }
}

std::vector<CollectiveTime> choices(ExchangeInput const& in, systems::GroupPlacement const& g, LinkModel const& links, Ledger& ledger) {
  auto all = collective_choices(in.operation, g, in.message, links, ledger);
  if (links.launch().value > Time{})
    for (auto& c : all) c.time = sum(ledger, "collective and its launch", {c.time, links.launch()});
  if (in.algorithm != Algorithm::none) std::stable_partition(all.begin(), all.end(), [&](CollectiveTime const& c) { return c.algorithm == in.algorithm; });
  return all;
}

}  // namespace

std::vector<std::string> problems(ExchangeInput const& in) {
  std::vector<std::string> found;
  auto const& c = *in.cluster;
  systems::Parallel plan;
  plan.data = {c.devices.value, c.devices.origin};
  found = systems::placement_problems(c, plan);
  if (in.ranks.value < 2) found.push_back(fmt::format("a collective of {} rank moves nothing", in.ranks.value));
  if (in.ranks.value * in.stride.value > c.devices.value)
    found.push_back(fmt::format("{} ranks, {} devices apart, are more than the {} devices of the system", in.ranks.value, in.stride.value, c.devices.value));
  if (!found.empty() || in.algorithm == Algorithm::none) return found;
  Ledger scratch;
  const auto all = choices(in, systems::place_group(c, in.ranks, in.stride, scratch), LinkModel(in.collectives, scratch, c.device.id), scratch);
  if (all.front().algorithm != in.algorithm) found.push_back(fmt::format("{} cannot be done by algorithm '{}' here", name(in.operation), name(in.algorithm)));
  return found;
}

ExchangeResult solve(ExchangeInput const& in, Ledger& ledger) {
  LinkModel links(in.collectives, ledger, in.cluster->device.id);
  if (in.launched_by_host) links.launched_by_host(in.collectives, in.cluster->device.id, ledger);
  const auto g = systems::place_group(*in.cluster, in.ranks, in.stride, ledger);
  ExchangeResult r;
  r.choices = choices(in, g, links, ledger);
  r.fastest = r.choices.front();
  r.algorithm_bandwidth = eq::algorithm_bandwidth.with(ledger, in.message, r.fastest.time);
  r.bus_bandwidth = eq::bus_bandwidth.with(ledger, r.algorithm_bandwidth, bus_factor(in.operation, in.ranks, ledger));
  r.ranks_per_node = g.ranks_per_node, r.nodes = g.nodes;
  if (g.inside) r.inside = g.inside->per_direction;
  if (g.between) r.between = g.between->per_direction;
  if (g.across) r.across = g.across->per_direction;
  Ledger scratch;
  const auto at = [&](int end) { return choices(in, g, links.at_end(end), scratch).front().time.value.raw(); };
  r.interval = {std::min(at(1), r.fastest.time.value.raw()), std::max(at(-1), r.fastest.time.value.raw())};
  return r;
}

Section report(ExchangeResult const& r) {
  Section s{"collective", "Collective", {}, {}, {}, {}, {}};
  Metric& time = s.estimate("time", "time", r.fastest.time, Confidence::theoretical);
  time.interval = r.interval;
  time.note = fmt::format("by {}", name(r.fastest.algorithm));
  s.estimate("algorithm_bandwidth", "message / time", r.algorithm_bandwidth, Confidence::theoretical);
  s.estimate("bus_bandwidth", "bus bandwidth", r.bus_bandwidth, Confidence::theoretical).note = "what each rank's link carries, as nccl-tests count it";
  s.metric("ranks_per_node", "ranks on one node", r.ranks_per_node);
  s.metric("nodes", "nodes", r.nodes);
  if (r.inside) s.metric("inside", "link inside a node, per rank", *r.inside).note = "nominal, one direction";
  if (r.between) s.metric("between", "link between nodes, per rank", *r.between).note = "nominal, one direction, after sharing and oversubscription";
  if (r.across) s.metric("across", "link between sites, per rank", *r.across).note = "nominal, one direction";
  Table t{"algorithms", "Algorithms", {{"algorithm", "algorithm", {}, true, false, {}}, {"time", "time", "s", false, false, {}}}, {}};
  for (auto const& c : r.choices) t.rows.push_back({{0, std::string(name(c.algorithm))}, {c.time.value.raw(), {}}});
  s.tables.push_back(std::move(t));
  return s;
}

}  // namespace mlsysim::solvers
