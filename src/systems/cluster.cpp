#include "mlsysim/systems/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "mlsysim/equations/collectives.hpp"
#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/systems/renew.hpp"

namespace mlsysim::systems {
namespace {

using hardware::LinkRole;

std::optional<hardware::Link> device_link(hardware::Device const& device, LinkRole role) {
  for (auto const& link : device.links)
    if (link.role == role) return link;
  return std::nullopt;
}

/// The link between devices of one node: the node's own, else what the data sheet of the device has, else through the host.
std::optional<GroupLink> inside_link(Cluster const& c, Real const& ranks_per_node, Ledger& ledger) {
  const auto no_latency = [&] {
    return assumed(ledger, "systems.link_latency", 0 * unit<"s">, "not stated; the step latency of the calibration holds");
  };
  if (c.scale_up && c.scale_up->topology != ScaleUpTopology::none) {
    GroupLink link{c.scale_up->per_direction, c.scale_up->latency ? *c.scale_up->latency : no_latency(), LinkRole::scale_up};
    link.reduces = c.scale_up->in_network_reduction;
    if (c.scale_up->topology == ScaleUpTopology::torus && c.devices_per_node.value > 1) {
      const Real dimensions = c.scale_up->dimensions ? Real(*c.scale_up->dimensions) : assumed(ledger, "systems.torus_dimensions", 3.0, "not stated; a torus of three dimensions");
      link.axes = eq::torus_axes.with(ledger, ranks_per_node, c.devices_per_node, dimensions);
      link.per_direction = eq::torus_share.with(ledger, link.per_direction, link.axes, dimensions);
      link.bisection = eq::torus_bisection.with(ledger, ranks_per_node, link.axes, link.per_direction);
    }
    if (c.scale_up->topology == ScaleUpTopology::mesh && ranks_per_node.value < c.devices_per_node.value)
      link.per_direction = eq::mesh_share.with(ledger, link.per_direction, ranks_per_node, c.devices_per_node);
    return link;
  }
  if (auto const link = device_link(c.device, LinkRole::scale_up)) return GroupLink{link->per_direction, no_latency(), LinkRole::scale_up};
  if (c.host && c.host->host_link) return GroupLink{c.host->host_link->per_direction, no_latency(), LinkRole::host};
  if (auto const link = device_link(c.device, LinkRole::host)) return GroupLink{link->per_direction, no_latency(), LinkRole::host};
  return std::nullopt;
}

Sourced<Bandwidth> slower_port(Cluster const& c, Ledger& ledger) {
  return c.fabric ? eq::port_rate.with(ledger, c.network->port_rate, c.fabric->port_rate) : c.network->port_rate;
}

/// Nodes which talk without crossing the oversubscribed level, or the links between groups of a dragonfly.
Real nodes_below_leaf(Cluster const& c, Ledger& ledger) {
  if (c.fabric->pod_nodes) return *c.fabric->pod_nodes;
  if (c.fabric->radix && c.fabric->topology == FabricTopology::dragonfly) return eq::dragonfly_group_nodes.with(ledger, Real(*c.fabric->radix), Real(c.network->ports));
  const bool leaves = c.fabric->topology == FabricTopology::fat_tree || c.fabric->topology == FabricTopology::rail;
  if (!c.fabric->radix || !leaves)
    return assumed(ledger, "systems.leaf_nodes", 1.0, "no switch radix known: every two nodes talk across the oversubscribed level");
  // Rails put each port of a node on a leaf of its own.
  const Real ports = c.fabric->topology == FabricTopology::rail
                         ? assumed(ledger, "systems.ports_per_leaf", 1.0, "rail-optimised: one port of a node on each leaf")
                         : Real(c.network->ports);
  return eq::leaf_nodes.with(ledger, *c.fabric->radix, c.fabric->oversubscription, ports);
}

}  // namespace

void renew(Cluster& c, hardware::Device const& device, Ledger& ledger) {
  c.device = device;
  c.devices = c.devices_per_node = assumed(ledger, "systems.devices", 1, "the system is one device");
}

void renew(Cluster& c, hardware::Device const& device, Count count, Ledger& ledger) {
  renew(c, device, ledger);
  c.devices = count;
  c.devices_per_node =
      assumed(ledger, "systems.devices_per_node", count.value, "no node named: the devices stand in one node, joined by their own links");
}

void renew(Cluster& c, Node const& node, Ledger&) {
  c.device = node.device.value;
  c.devices = c.devices_per_node = node.devices;
  c.scale_up = node.scale_up;
  c.network = node.network;
  c.host = node.host;
  c.node_power = node.power;
  c.node_price = node.price;
  c.node_embodied_carbon = node.embodied_carbon;
}

void renew(Cluster& c, Fleet const& fleet, Ledger& ledger) {
  renew(c, fleet.node.value, ledger);
  const Real all = eq::stride.with(ledger, fleet.nodes, fleet.node.value.devices);
  c.devices = {static_cast<int>(all.value), all.origin};
  if (fleet.fabric) {
    c.fabric = fleet.fabric->value;
    if (fleet.oversubscription) c.fabric->oversubscription = *fleet.oversubscription;
  }
  c.sites = fleet.sites;
  c.fleet_devices = c.devices;
}

Cluster cluster_of(hardware::Device const& device, Ledger& ledger) {
  Cluster c;
  renew(c, device, ledger);
  return c;
}

Cluster cluster_of(hardware::Device const& device, Count count, Ledger& ledger) {
  Cluster c;
  renew(c, device, count, ledger);
  return c;
}

Cluster cluster_of(Node const& node, Ledger& ledger) {
  Cluster c;
  renew(c, node, ledger);
  return c;
}

Cluster cluster_of(Fleet const& fleet, Ledger& ledger) {
  Cluster c;
  renew(c, fleet, ledger);
  return c;
}

std::span<const std::string_view> names_of(Schedule) {
  static constexpr std::string_view names[] = {"one_f_one_b", "gpipe", "zero_bubble"};
  return names;
}

std::span<const std::string_view> names_of(Axis) {
  static constexpr std::string_view names[] = {"tensor", "context", "expert", "data", "pipeline"};
  return names;
}

std::span<const std::string_view> names_of(ContextExchange) {
  static constexpr std::string_view names[] = {"ring", "all_gather"};
  return names;
}

std::span<const std::string_view> names_of(ExpertDispatch) {
  static constexpr std::string_view names[] = {"per_expert", "per_node"};
  return names;
}

void describe(Parallel& p, Fields& f) {
  constexpr std::string_view alone = "not divided";
  f("tensor", p.tensor, "ranks which share every layer", positive, defaults_to(1, alone));
  f("pipeline", p.pipeline, "stages of consecutive layers", positive, defaults_to(1, alone));
  f("data", p.data, "replicas which share the batch", positive, defaults_to(1, alone));
  f("expert", p.expert, "ranks which share the routed experts", positive, defaults_to(1, alone));
  f("context", p.context, "ranks which share the sequence", positive, defaults_to(1, alone));
  f("interleaving", p.interleaving, "model chunks per pipeline stage", positive, defaults_to(1, "plain 1F1B schedule"));
  f("schedule", p.schedule, "order in which pipeline ranks work off micro-batches", defaults_to(Schedule::one_f_one_b, "as Megatron-LM does"));
  f("sequence", p.sequence, "sequence parallelism beside tensor parallelism", defaults_to(false, "norms and residuals are repeated on every tensor rank"));
  f("zero", p.zero, "ZeRO stage: 1 shards optimizer state, 2 gradients too, 3 parameters too", at_least(0), at_most(3), defaults_to(0, "every data rank holds the whole state"));
  f("shard", p.shard, "data ranks among which ZeRO divides the state (hybrid sharding); all when left out", positive);
  f("context_exchange", p.context_exchange, "how context ranks get each other's keys and values", defaults_to(ContextExchange::ring, "behind attention, piece by piece"));
  f("expert_dispatch", p.expert_dispatch, "how tokens travel to experts on other nodes", defaults_to(ExpertDispatch::per_expert, "a copy for each expert"));
  f("stages", p.stages, "layers of each pipeline rank, first to last; dealt evenly when left out", positive, optional_field);
  f("order", p.order, "dimensions by distance of their ranks, nearest first; tensor, context, expert, data, pipeline when left out", optional_field);
}

Strides strides(Parallel const& p, Ledger& ledger) {
  static constexpr Axis usual[] = {Axis::tensor, Axis::context, Axis::expert, Axis::data, Axis::pipeline};
  Strides s;
  const auto of = [&](Axis a) -> Real& { return a == Axis::tensor ? s.tensor : a == Axis::context ? s.context : a == Axis::expert ? s.expert : a == Axis::data ? s.data : s.pipeline; };
  const auto degree = [&](Axis a) -> Count const& { return a == Axis::tensor ? p.tensor : a == Axis::context ? p.context : a == Axis::expert ? p.expert : a == Axis::data ? p.data : p.pipeline; };
  Real next = assumed(ledger, "parallel.innermost_stride", 1.0, "ranks of the innermost dimension are placed on neighbouring devices");
  Count const* inside = nullptr;
  const auto place = [&](Axis a) {
    if (inside) next = eq::stride.with(ledger, next, *inside);
    of(a) = next;
    inside = &degree(a);
  };
  if (p.order.empty())
    for (Axis a : usual) place(a);
  else
    for (Axis a : p.order) place(a);
  return s;
}

namespace {

/// Single degrees which would use all devices: "; nearest: data: 4, tensor: 8".
std::string nearest_plans(Cluster const& c, Parallel const& p) {
  std::string out;
  for (auto const& [name, degree] : {std::pair<std::string_view, Count const&>{"data", p.data}, {"tensor", p.tensor}, {"pipeline", p.pipeline}, {"expert", p.expert}, {"context", p.context}}) {
    const long long others = p.ranks() / degree.value;
    if (c.devices.value % others != 0 || (degree.value == 1 && name != "data")) continue;
    out += fmt::format("{} {}: {}", out.empty() ? "; nearest:" : ",", name, c.devices.value / others);
  }
  return out;
}

}  // namespace

std::vector<std::string> placement_problems(Cluster const& c, Parallel const& p) {
  std::vector<std::string> problems;
  if (p.ranks() != c.devices.value)
    problems.push_back(fmt::format("tensor {} x pipeline {} x data {} x expert {} x context {} = {} ranks, but the workload uses {} device{}{}",
                                   p.tensor.value, p.pipeline.value, p.data.value, p.expert.value, p.context.value, p.ranks(),
                                   c.devices.value, c.devices.value == 1 ? "" : "s", nearest_plans(c, p)));
  if (!p.order.empty()) {
    auto sorted = p.order;
    std::sort(sorted.begin(), sorted.end());
    if (sorted != std::vector<Axis>{Axis::tensor, Axis::context, Axis::expert, Axis::data, Axis::pipeline}) problems.emplace_back("order names each of tensor, context, expert, data and pipeline once");
  }
  if (p.shard && (p.data.value * p.expert.value * p.context.value) % p.shard->value != 0)
    problems.push_back(fmt::format("data {} x expert {} x context {} ranks cannot be divided into groups of shard {}", p.data.value, p.expert.value, p.context.value, p.shard->value));
  if (!p.stages.empty() && static_cast<int>(p.stages.size()) != p.pipeline.value)
    problems.push_back(fmt::format("stages lists {} pipeline ranks, but there are {}", p.stages.size(), p.pipeline.value));
  if (p.ranks() == 1) return problems;
  Ledger scratch;
  if (c.devices_per_node.value > 1 && !inside_link(c, c.devices_per_node, scratch))
    problems.push_back(fmt::format("the devices of a node have no link to each other: neither scale_up, nor a link of '{}', nor host.host_link",
                                   c.device.id));
  if (c.sites && c.fleet_devices.value % (c.sites->count.value * c.devices_per_node.value) != 0)
    problems.push_back(fmt::format("{} devices in nodes of {} cannot be shared evenly by {} sites", c.fleet_devices.value, c.devices_per_node.value, c.sites->count.value));
  if (c.devices.value > c.devices_per_node.value && !c.network)
    problems.push_back("the ranks span several nodes, but the node has no network");
  return problems;
}

GroupPlacement place_group(Cluster const& c, Real ranks, Real stride, Ledger& ledger) {
  GroupPlacement g;
  g.ranks = ranks;
  if (ranks.value <= 1) return g;
  g.ranks_per_node = eq::ranks_per_node.with(ledger, ranks, c.devices_per_node, stride);
  g.nodes = eq::group_nodes.with(ledger, ranks, g.ranks_per_node);
  if (g.ranks_per_node.value > 1) {
    g.inside = inside_link(c, g.ranks_per_node, ledger);
    if (!g.inside) throw std::invalid_argument("devices of a node without a link to each other");
  }
  if (g.nodes.value > 1) {
    if (!c.network) throw std::invalid_argument("a group of ranks spans nodes without a network");
    // Every device of a node has a group of its own, and all of them talk at once.
    const Count sharing = c.devices.value < c.devices_per_node.value ? c.devices : c.devices_per_node;
    GroupLink link{eq::node_share.with(ledger, c.network->ports, slower_port(c, ledger), sharing),
                   c.fabric && c.fabric->latency
                       ? *c.fabric->latency
                       : assumed(ledger, "systems.network_latency", 0 * unit<"s">, "not stated; the step latency of the calibration holds"),
                   LinkRole::network};
    if (c.network->measured) {
      link.per_direction = eq::measured_share.with(ledger, *c.network->measured, sharing);
      link.achieved = true;
    }
    const bool dragonfly = c.fabric && c.fabric->topology == FabricTopology::dragonfly;
    if (c.fabric && (c.fabric->oversubscription.value > 1 || dragonfly)) {
      const double span = ranks.value * stride.value / c.devices_per_node.value;
      if (span > nodes_below_leaf(c, ledger).value) {
        if (c.fabric->oversubscription.value > 1) link.per_direction = eq::oversubscribed_share.with(ledger, link.per_direction, c.fabric->oversubscription);
        if (dragonfly) link.to_all = link.per_direction, link.per_direction = eq::dragonfly_detour.with(ledger, link.per_direction);
      }
    }
    link.reduces = c.fabric && c.fabric->in_network_reduction;
    g.between = link;
  }
  if (c.sites) {
    const Real site = eq::site_devices.with(ledger, c.fleet_devices, c.sites->count);
    const double span = ranks.value * stride.value;
    if (span > site.value) {
      g.sites = eq::group_sites.with(ledger, ranks, stride, site);
      g.across = GroupLink{eq::measured_share.with(ledger, c.sites->bandwidth, site),
                           c.sites->latency ? *c.sites->latency : assumed(ledger, "systems.site_latency", 0 * unit<"s">, "not stated; the step latency of the calibration holds"), LinkRole::network};
      g.across->achieved = true;
    }
  }
  return g;
}

Sourced<Bandwidth> bisection_bandwidth(Cluster const& c, Ledger& ledger) {
  if (c.nodes() < 2 && c.scale_up && c.scale_up->topology == ScaleUpTopology::torus && c.devices.value > 1) {
    const auto link = inside_link(c, c.devices, ledger);
    if (link && link->bisection) return *link->bisection;
  }
  if (!c.network || c.nodes() < 2) return assumed(ledger, "systems.bisection", 0 * unit<"B/s">, "there is one node, or no network to cut");
  const Real nodes = eq::group_nodes.with(ledger, c.devices, c.devices_per_node);
  const Real oversubscription =
      c.fabric ? c.fabric->oversubscription : assumed(ledger, "systems.oversubscription", 1.0, "no fabric named: full bisection bandwidth");
  auto cut = eq::bisection.with(ledger, nodes, c.network->ports, slower_port(c, ledger), oversubscription);
  // Of the links of a group to all others half cross the middle.
  if (c.fabric && c.fabric->topology == FabricTopology::dragonfly && nodes.value > nodes_below_leaf(c, ledger).value) cut = eq::dragonfly_detour.with(ledger, cut);
  return c.sites ? eq::narrower_cut.with(ledger, cut, c.sites->bandwidth) : cut;
}

}  // namespace mlsysim::systems
