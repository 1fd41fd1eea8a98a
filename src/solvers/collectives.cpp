#include "mlsysim/solvers/collectives.hpp"

#include <cassert>

#include "mlsysim/equations/collectives.hpp"
#include "mlsysim/equations/pipeline.hpp"

namespace mlsysim::solvers {
namespace {

using hardware::LinkRole;
using systems::GroupPlacement;

constexpr std::string_view collective_names[] = {"all_reduce", "reduce_scatter", "all_gather", "all_to_all", "broadcast", "point_to_point"};
constexpr std::string_view algorithm_names[] = {"none", "direct", "ring", "tree", "hierarchical"};

/// A link as an algorithm uses it.
struct Channel {
  Sourced<Time> latency;
  Sourced<Bandwidth> bandwidth;
};

Channel channel(systems::GroupLink const& link, LinkModel const& links, Ledger& ledger) {
  LinkEfficiency const& e = links.of(link.role);
  if (link.achieved) return {eq::step_latency.with(ledger, link.latency, e.latency), link.per_direction};
  return {eq::step_latency.with(ledger, link.latency, e.latency), eq::achieved_bandwidth.with(ledger, link.per_direction, e.bandwidth)};
}

void keep_faster(CollectiveTime& best, Sourced<Time> const& time, Algorithm algorithm) {
  if (best.algorithm == Algorithm::none || time.value < best.time.value) best = {time, algorithm};
}

CollectiveTime all_reduce_on(Real const& ranks, Channel const& c, Sourced<Data> const& size, Ledger& ledger) {
  CollectiveTime best;
  keep_faster(best, eq::ring_all_reduce.with(ledger, ranks, c.latency, size, c.bandwidth), Algorithm::ring);
  keep_faster(best, eq::tree_all_reduce.with(ledger, ranks, c.latency, size, c.bandwidth), Algorithm::tree);
  return best;
}

/// All ranks of all nodes as one ring or tree: each edge at the pace of the slower link.
Channel flat(GroupPlacement const& g, Channel const& inside, Channel const& between, Ledger& ledger) {
  return {eq::step_latency.with(ledger, inside.latency, between.latency),
          eq::flat_ring_bandwidth.with(ledger, inside.bandwidth, g.ranks_per_node, between.bandwidth)};
}

CollectiveTime all_reduce(GroupPlacement const& g, Sourced<Data> const& size, LinkModel const& links, Ledger& ledger) {
  if (!g.between) return all_reduce_on(g.ranks, channel(*g.inside, links, ledger), size, ledger);
  const Channel between = channel(*g.between, links, ledger);
  if (!g.inside) return all_reduce_on(g.ranks, between, size, ledger);
  const Channel inside = channel(*g.inside, links, ledger);
  CollectiveTime best = all_reduce_on(g.ranks, flat(g, inside, between, ledger), size, ledger);
  const Sourced<Data> shard = eq::node_shard.with(ledger, size, g.ranks_per_node);
  const Sourced<Time> half = eq::ring_all_gather.with(ledger, g.ranks_per_node, inside.latency, size, inside.bandwidth);
  keep_faster(best, sum(ledger, "reduce-scatter inside, all-reduce between, all-gather inside",
                        {half, all_reduce_on(g.nodes, between, shard, ledger).time, half}),
              Algorithm::hierarchical);
  return best;
}

CollectiveTime all_gather(GroupPlacement const& g, Sourced<Data> const& size, LinkModel const& links, Ledger& ledger) {
  const auto ring = [&](Real const& ranks, Channel const& c, Sourced<Data> const& s) {
    return eq::ring_all_gather.with(ledger, ranks, c.latency, s, c.bandwidth);
  };
  if (!g.between) return {ring(g.ranks, channel(*g.inside, links, ledger), size), Algorithm::ring};
  const Channel between = channel(*g.between, links, ledger);
  if (!g.inside) return {ring(g.ranks, between, size), Algorithm::ring};
  const Channel inside = channel(*g.inside, links, ledger);
  // NCCL gathers and scatters over nodes in rings through all of them.
  return {ring(g.ranks, flat(g, inside, between, ledger), size), Algorithm::ring};
}

CollectiveTime all_to_all(GroupPlacement const& g, Sourced<Data> const& size, LinkModel const& links, Ledger& ledger) {
  CollectiveTime slower;
  const auto keep_slower = [&](Sourced<Time> const& t) {
    if (slower.algorithm == Algorithm::none || slower.time.value < t.value) slower = {t, Algorithm::direct};
  };
  if (g.inside) {
    const Channel c = channel(*g.inside, links, ledger);
    keep_slower(eq::all_to_all_inside.with(ledger, g.ranks_per_node, g.ranks, c.latency, size, c.bandwidth));
  }
  if (g.between) {
    const Channel c = channel(*g.between, links, ledger);
    keep_slower(eq::all_to_all_between.with(ledger, g.ranks_per_node, g.ranks, c.latency, size, c.bandwidth));
  }
  return slower;
}

}  // namespace

void describe(CollectiveRow& r, Fields& f) {
  f("link", r.link, "kind of link");
  f("bandwidth", r.bandwidth, "achieved bus bandwidth / nominal bandwidth of one direction, large messages", positive);
  f("latency", r.latency, "of one step of an algorithm, where the system states none", not_negative);
}

std::string_view name(Collective c) { return collective_names[static_cast<std::size_t>(c)]; }
std::string_view name(Algorithm a) { return algorithm_names[static_cast<std::size_t>(a)]; }

LinkModel::LinkModel(Calibration const* calibration, Ledger& ledger) {
  for (std::size_t i = 0; i < by_role_.size(); ++i) {
    CollectiveRow const* row = nullptr;
    if (calibration)
      for (auto const& r : calibration->collectives)
        if (static_cast<std::size_t>(r.link) == i) row = &r;
    LinkEfficiency& e = by_role_[i];
    if (row) {
      e.bandwidth = row->bandwidth;
      e.latency = row->latency;
      e.bandwidth_low = e.bandwidth_high = row->bandwidth.value;
      if (Fact const* fact = ledger.fact(row->bandwidth.origin); fact && fact->range) {
        e.bandwidth_low = fact->range->low;
        e.bandwidth_high = fact->range->high;
      }
    } else {
      e.bandwidth = assumed(ledger, "collectives.bandwidth", 1.0, "no measured collectives on such a link: nominal bandwidth, an upper bound");
      e.latency = assumed(ledger, "collectives.latency", 0 * unit<"s">, "no measured collectives on such a link: only the latency the system states");
    }
  }
  // Rows are medians over systems of other makes: never better than theoretical for the one at hand.
  confidence_ = Confidence::theoretical;
}

void LinkModel::launched_by_host(Calibration const* calibration, std::string_view device, Ledger& ledger) {
  LaunchRow const* best = nullptr;
  if (calibration)
    for (auto const& r : calibration->launches)
      if (r.device == device || (r.device.empty() && !best)) best = &r;
  launch_ = best ? best->launch : assumed(ledger, "collectives.launch", Time{}, "no measurement: collectives are launched for free, so times are lower bounds");
}

LinkModel LinkModel::at_end(int end) const {
  LinkModel m = *this;
  for (auto& e : m.by_role_) e.bandwidth.value = end < 0 ? e.bandwidth_low : e.bandwidth_high;
  return m;
}

CollectiveTime collective_time(Collective kind, GroupPlacement const& g, Sourced<Data> size, LinkModel const& links, Ledger& ledger) {
  if (g.ranks.value <= 1) return {{0 * unit<"s">, g.ranks.origin}, Algorithm::none};
  assert(g.inside || g.between);
  switch (kind) {
    case Collective::all_reduce: return all_reduce(g, size, links, ledger);
    case Collective::reduce_scatter:
    case Collective::all_gather: return all_gather(g, size, links, ledger);
    case Collective::all_to_all: return all_to_all(g, size, links, ledger);
    case Collective::broadcast: {
      Channel c = channel(g.between ? *g.between : *g.inside, links, ledger);
      if (g.between && g.inside) c = flat(g, channel(*g.inside, links, ledger), c, ledger);
      return {eq::tree_broadcast.with(ledger, g.ranks, c.latency, size, c.bandwidth), Algorithm::tree};
    }
    case Collective::point_to_point: {
      const Channel c = channel(g.between ? *g.between : *g.inside, links, ledger);
      return {eq::point_to_point.with(ledger, c.latency, size, c.bandwidth), Algorithm::direct};
    }
  }
  return {};
}

ForwardCommunication forward_communication(ForwardCommunicationInput const& in, Ledger& ledger) {
  using namespace systems;
  const Parallel& p = in.parallel;
  ForwardCommunication out;
  out.tensor = {0 * unit<"s">, p.tensor.origin};
  out.pipeline = {0 * unit<"s">, p.pipeline.origin};
  out.expert = {0 * unit<"s">, p.expert.origin};
  const auto launched = [&](Sourced<Time> const& time) { return in.links->launch().value > Time{} ? sum(ledger, "collective and its launch", {time, in.links->launch()}) : time; };
  if (in.model->transformer) {
    workload::Transformer const& t = *in.model->transformer;
    const Strides at = strides(p, ledger);
    const Sourced<Data> value =
        assumed(ledger, "communication.value_size", workload::size_of(in.activations), "ranks exchange activations in their storage format");
    const Sourced<Data> boundary = eq::boundary_activations.with(ledger, in.tokens, t.hidden, value);
    if (p.tensor.value > 1) {
      const auto once = collective_time(Collective::all_reduce, place_group(*in.cluster, p.tensor, at.tensor, ledger), boundary, *in.links, ledger);
      out.tensor = eq::repeated.with(ledger, eq::forward_reductions.with(ledger, t.layers), launched(once.time));
    }
    if (p.pipeline.value > 1) {
      const auto once =
          collective_time(Collective::point_to_point, place_group(*in.cluster, p.pipeline, at.pipeline, ledger), boundary, *in.links, ledger);
      out.pipeline = eq::repeated.with(ledger, eq::stage_boundaries.with(ledger, p.pipeline), launched(once.time));
    }
    if (p.expert.value > 1 && t.mixture_of_experts) {
      auto const& moe = *t.mixture_of_experts;
      const Sourced<Data> sent = eq::dispatched_activations.with(ledger, in.tokens, moe.active, t.hidden, value);
      const auto once = collective_time(Collective::all_to_all, place_group(*in.cluster, p.expert, at.expert, ledger), sent, *in.links, ledger);
      out.expert = eq::repeated.with(ledger, eq::forward_exchanges.with(ledger, t.layers, moe.dense_layers), launched(once.time));
    }
  }
  out.total = sum(ledger, "communication of a forward pass", {out.tensor, out.pipeline, out.expert});
  return out;
}

}  // namespace mlsysim::solvers
