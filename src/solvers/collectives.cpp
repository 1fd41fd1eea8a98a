#include "mlsysim/solvers/collectives.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "mlsysim/equations/collectives.hpp"
#include "mlsysim/equations/pipeline.hpp"

namespace mlsysim::solvers {
namespace {

using hardware::LinkRole;
using systems::GroupLink;
using systems::GroupPlacement;

constexpr std::string_view collective_names[] = {"all_reduce", "reduce_scatter", "all_gather", "all_to_all", "broadcast", "point_to_point"};
constexpr std::string_view algorithm_names[] = {"none", "direct", "ring", "tree", "hierarchical", "in_network"};

/// A link as an algorithm uses it for messages of one size.
struct Channel {
  Sourced<Time> latency;
  Sourced<Bandwidth> bandwidth;
};

/// Prices the collectives of one group.
class Pricer {
 public:
  Pricer(GroupPlacement const& g, LinkModel const& links, Ledger& ledger) : g_{g}, links_{links}, ledger_{ledger} {}

  std::vector<CollectiveTime> run(Collective kind, Sourced<Data> const& size) {
    if (g_.across) across(kind, size);
    else within(kind, size);
    return std::move(choices_);
  }

 private:
  template <class E, class... A>
  auto eval(E const& equation, A const&... a) {
    return equation.with(ledger_, a...);
  }
  Real ranks_here() { return g_.across ? eval(eq::group_nodes, g_.ranks, g_.sites) : g_.ranks; }
  Real nodes_here() { return g_.across ? eval(eq::group_nodes, g_.nodes, g_.sites) : g_.nodes; }

  Channel channel(GroupLink const& link, Sourced<Data> const& size) {
    LinkEfficiency const& e = links_.of(link.role);
    const auto latency = eval(eq::step_latency, link.latency, e.latency);
    if (link.achieved) return {latency, link.per_direction};
    if (e.half.value <= Data{} || size.value <= Data{}) return {latency, eval(eq::achieved_bandwidth, link.per_direction, e.bandwidth)};
    return {latency, eval(eq::size_bandwidth, link.per_direction, e.bandwidth, e.half, size, e.small)};
  }
  void add(Sourced<Time> const& time, Algorithm algorithm) {
    auto const& start = links_.of((g_.between ? *g_.between : g_.inside ? *g_.inside : *g_.across).role).start;
    const auto whole = start.value > Time{} ? eval(eq::started, start, time) : time;
    choices_.push_back({whole, algorithm});
  }
  /// All ranks of all nodes as one ring or tree: each edge at the pace of the slower link.
  Sourced<Bandwidth> flat(Channel const& inside, Channel const& between) {
    return eval(eq::flat_ring_bandwidth, inside.bandwidth, g_.ranks_per_node, between.bandwidth);
  }
  Sourced<Time> best_all_reduce(Real const& ranks, Channel const& c, Sourced<Data> const& size) {
    const auto ring = eval(eq::ring_all_reduce, ranks, c.latency, size, c.bandwidth), tree = eval(eq::tree_all_reduce, ranks, c.latency, size, c.bandwidth);
    return tree.value < ring.value ? tree : ring;
  }
  Sourced<Time> gather_inside(Sourced<Data> const& size) {
    const Channel c = channel(*g_.inside, size);
    return g_.inside->axes.value > 1 ? eval(eq::torus_all_gather, g_.ranks_per_node, g_.inside->axes, c.latency, size, c.bandwidth) : eval(eq::ring_all_gather, g_.ranks_per_node, c.latency, size, c.bandwidth);
  }
  std::optional<Channel> reducing(GroupLink const& link, Sourced<Data> const& size) {
    LinkEfficiency const& e = links_.of(link.role);
    if (!link.reduces || link.achieved) return std::nullopt;
    Channel c = channel(link, size);
    if (e.in_network) c.bandwidth = e.half.value <= Data{} ? eval(eq::achieved_bandwidth, link.per_direction, *e.in_network) : eval(eq::size_bandwidth, link.per_direction, *e.in_network, e.half, size, e.small);
    return c;
  }

  void all_reduce(Sourced<Data> const& size) {
    if (!g_.between) {
      const Channel c = channel(*g_.inside, size);
      if (g_.inside->axes.value > 1) {
        add(eval(eq::torus_all_reduce, g_.ranks_per_node, g_.inside->axes, c.latency, size, c.bandwidth), Algorithm::ring);
      } else {
        add(eval(eq::ring_all_reduce, g_.ranks_per_node, c.latency, size, c.bandwidth), Algorithm::ring);
        add(eval(eq::tree_all_reduce, g_.ranks_per_node, c.latency, size, c.bandwidth), Algorithm::tree);
      }
      if (const auto r = reducing(*g_.inside, size)) add(eval(eq::in_network_all_reduce, g_.ranks_per_node, r->latency, size, r->bandwidth), Algorithm::in_network);
      return;
    }
    const Channel between = channel(*g_.between, size);
    const Real nodes = nodes_here(), ranks = ranks_here();
    if (!g_.inside) {
      add(eval(eq::ring_all_reduce, ranks, between.latency, size, between.bandwidth), Algorithm::ring);
      add(eval(eq::tree_all_reduce, ranks, between.latency, size, between.bandwidth), Algorithm::tree);
      if (const auto r = reducing(*g_.between, size)) add(eval(eq::in_network_all_reduce, ranks, r->latency, size, r->bandwidth), Algorithm::in_network);
      return;
    }
    const Channel inside = channel(*g_.inside, size);
    const auto bandwidth = flat(inside, between);
    add(eval(eq::flat_ring_all_reduce, ranks, nodes, inside.latency, between.latency, size, bandwidth), Algorithm::ring);
    add(eval(eq::node_tree_all_reduce, g_.ranks_per_node, nodes, inside.latency, between.latency, size, bandwidth), Algorithm::tree);
    const Sourced<Data> shard = eval(eq::node_shard, size, g_.ranks_per_node);
    const Sourced<Time> half = gather_inside(size);
    add(sum(ledger_, "reduce-scatter inside, all-reduce between, all-gather inside", {half, best_all_reduce(nodes, between, shard), half}), Algorithm::hierarchical);
    const auto in_node = reducing(*g_.inside, size), in_fabric = reducing(*g_.between, shard);
    if (!in_node && !in_fabric) return;
    const Sourced<Time> own = in_node ? eval(eq::in_network_all_reduce, g_.ranks_per_node, in_node->latency, size, in_node->bandwidth) : sum(ledger_, "halves inside", {half, half});
    const Sourced<Time> others = in_fabric ? eval(eq::in_network_all_reduce, nodes, in_fabric->latency, shard, in_fabric->bandwidth) : best_all_reduce(nodes, between, shard);
    // Pieces of the buffer are on their way inside and between nodes at the same time: the slower part shows.
    add(own.value < others.value ? others : own, Algorithm::in_network);
  }

  void all_gather(Sourced<Data> const& size) {
    if (!g_.between) return add(gather_inside(size), Algorithm::ring);
    const Channel between = channel(*g_.between, size);
    if (!g_.inside) return add(eval(eq::ring_all_gather, ranks_here(), between.latency, size, between.bandwidth), Algorithm::ring);
    const Channel inside = channel(*g_.inside, size);
    // NCCL gathers and scatters over nodes in rings through all of them.
    add(eval(eq::flat_ring_all_gather, ranks_here(), nodes_here(), inside.latency, between.latency, size, flat(inside, between)), Algorithm::ring);
  }

  void all_to_all(Sourced<Data> const& size) {
    std::optional<Sourced<Time>> slower;
    const auto keep_slower = [&](Sourced<Time> const& t) {
      if (!slower || slower->value < t.value) slower = t;
    };
    const Real ranks = ranks_here();
    if (g_.inside) {
      const Channel c = channel(*g_.inside, size);
      keep_slower(eval(eq::all_to_all_inside, g_.ranks_per_node, ranks, c.latency, size, c.bandwidth));
      if (g_.inside->bisection && !g_.between) keep_slower(eval(eq::bisection_all_to_all, ranks, size, eval(eq::achieved_bandwidth, *g_.inside->bisection, links_.of(g_.inside->role).bandwidth)));
    }
    if (g_.between) {
      GroupLink link = *g_.between;
      if (link.to_all) link.per_direction = *link.to_all;
      const Channel c = channel(link, size);
      keep_slower(eval(eq::all_to_all_between, g_.ranks_per_node, ranks, c.latency, size, c.bandwidth));
    }
    add(*slower, Algorithm::direct);
  }

  void within(Collective kind, Sourced<Data> const& size) {
    switch (kind) {
      case Collective::all_reduce: return all_reduce(size);
      case Collective::reduce_scatter:
      case Collective::all_gather: return all_gather(size);
      case Collective::all_to_all: return all_to_all(size);
      case Collective::broadcast: {
        Channel c = channel(g_.between ? *g_.between : *g_.inside, size);
        if (g_.between && g_.inside) c.bandwidth = flat(channel(*g_.inside, size), c);
        return add(eval(eq::tree_broadcast, ranks_here(), c.latency, size, c.bandwidth), Algorithm::tree);
      }
      case Collective::point_to_point: {
        const Channel c = channel(g_.between ? *g_.between : *g_.inside, size);
        return add(eval(eq::point_to_point, c.latency, size, c.bandwidth), Algorithm::direct);
      }
    }
  }

  /// Between places only what those of one place have agreed on travels.
  void across(Collective kind, Sourced<Data> const& size) {
    const Channel far{eval(eq::step_latency, g_.across->latency, links_.of(g_.across->role).latency), g_.across->per_direction};
    const Real here = ranks_here();
    if (kind == Collective::point_to_point) return add(eval(eq::point_to_point, far.latency, size, far.bandwidth), Algorithm::direct);
    if (kind == Collective::all_to_all) {
      const auto outside = eval(eq::all_to_all_between, here, g_.ranks, far.latency, size, far.bandwidth);
      if (g_.inside || g_.between) {
        all_to_all(size);
        if (choices_[0].time.value < outside.value) choices_.clear();
      }
      if (choices_.empty()) add(outside, Algorithm::direct);
      return;
    }
    if (!g_.inside && !g_.between) {
      add(kind == Collective::all_reduce ? best_all_reduce(g_.sites, far, size) : eval(eq::ring_all_gather, g_.sites, far.latency, size, far.bandwidth), Algorithm::ring);
      return;
    }
    const Sourced<Data> shard = eval(eq::node_shard, size, here);
    if (kind == Collective::broadcast) {
      within(kind, size);
      choices_ = {{sum(ledger_, "to every place, then inside", {eval(eq::tree_broadcast, g_.sites, far.latency, size, far.bandwidth), choices_[0].time}), Algorithm::hierarchical}};
      return;
    }
    all_gather(size);
    const Sourced<Time> half = choices_[0].time;
    choices_.clear();
    if (kind == Collective::all_reduce)
      choices_.push_back({sum(ledger_, "reduce-scatter in each place, all-reduce across, all-gather in each place", {half, best_all_reduce(g_.sites, far, shard), half}), Algorithm::hierarchical});
    else
      choices_.push_back({sum(ledger_, "inside each place and across", {half, eval(eq::ring_all_gather, g_.sites, far.latency, shard, far.bandwidth)}), Algorithm::hierarchical});
  }

  GroupPlacement const& g_;
  LinkModel const& links_;
  Ledger& ledger_;
  std::vector<CollectiveTime> choices_;
};

}  // namespace

void describe(CollectiveRow& r, Fields& f) {
  f("device", r.device, "the one device whose links these are", optional_field);
  f("link", r.link, "kind of link");
  f("bandwidth", r.bandwidth, "achieved bus bandwidth / nominal bandwidth of one direction, large messages", positive);
  f("latency", r.latency, "of one step of an algorithm, where the system states none", not_negative);
  f("start", r.start, "of a collective, beside its steps", not_negative);
  f("half", r.half, "message at which bulk transfers reach half of `bandwidth`", not_negative);
  f("small", r.small, "share of `bandwidth` which the protocol for small messages reaches", not_negative, at_most(1.0));
  f("in_network", r.in_network, "achieved / nominal bandwidth where switches add up, large messages", positive, at_most(1.0));
}

std::span<const std::string_view> names_of(Collective) { return collective_names; }
std::span<const std::string_view> names_of(Algorithm) { return algorithm_names; }
std::string_view name(Collective c) { return collective_names[static_cast<std::size_t>(c)]; }
std::string_view name(Algorithm a) { return algorithm_names[static_cast<std::size_t>(a)]; }

LinkModel::LinkModel(Calibration const* calibration, Ledger& ledger, std::string_view device) {
  for (std::size_t i = 0; i < by_role_.size(); ++i) {
    CollectiveRow const* row = nullptr;
    if (calibration)
      for (auto const& r : calibration->collectives)
        if (static_cast<std::size_t>(r.link) == i && (r.device == device || (r.device.empty() && (!row || row->device.empty())))) row = &r;
    LinkEfficiency& e = by_role_[i];
    if (row) {
      e.bandwidth = row->bandwidth;
      e.latency = row->latency;
      if (row->start) e.start = *row->start;
      if (row->half) e.half = *row->half;
      if (row->small) e.small = *row->small;
      e.in_network = row->in_network;
      e.bandwidth_low = e.bandwidth_high = row->bandwidth.value;
      if (Fact const* fact = ledger.fact(row->bandwidth.origin); fact && fact->range) {
        e.bandwidth_low = fact->range->low;
        e.bandwidth_high = fact->range->high;
      }
      const auto ends = [&](auto const& q) {
        Fact const* fact = ledger.fact(q.origin);
        return fact && fact->range ? std::array{fact->range->high, fact->range->low} : std::array{q.value.raw(), q.value.raw()};
      };
      e.latencies = ends(e.latency), e.starts = ends(e.start), e.halves = ends(e.half);
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
  const std::size_t fast = end < 0 ? 0 : 1;
  for (auto& e : m.by_role_) {
    e.bandwidth.value = end < 0 ? e.bandwidth_low : e.bandwidth_high;
    e.latency.value = Time{e.latencies[fast]}, e.start.value = Time{e.starts[fast]}, e.half.value = Data{e.halves[fast]};
  }
  return m;
}

std::vector<CollectiveTime> collective_choices(Collective kind, GroupPlacement const& g, Sourced<Data> size, LinkModel const& links, Ledger& ledger) {
  if (g.ranks.value <= 1) return {{{0 * unit<"s">, g.ranks.origin}, Algorithm::none}};
  assert(g.inside || g.between || g.across);
  auto all = Pricer(g, links, ledger).run(kind, size);
  std::stable_sort(all.begin(), all.end(), [](CollectiveTime const& a, CollectiveTime const& b) { return a.time.value < b.time.value; });
  return all;
}

CollectiveTime collective_time(Collective kind, GroupPlacement const& g, Sourced<Data> size, LinkModel const& links, Ledger& ledger) {
  return collective_choices(kind, g, size, links, ledger).front();
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
