#pragma once
/// \file
/// The part of a fleet a workload runs on, flattened, and how parallel ranks are placed on it.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/systems/system.hpp"

namespace mlsysim::systems {

/// Devices in nodes on a fabric, whatever the scenario named: a device, a node or a fleet.
struct Cluster {
  hardware::Device device;                              ///< all devices are of this kind
  Count devices;                                        ///< used by the workload
  Count devices_per_node;                               ///< at least 1
  std::optional<ScaleUp> scale_up;                      ///< links inside a node; none: no such link
  std::optional<NodeNetwork> network;                   ///< ports of a node; none: a node of its own
  std::optional<Fabric> fabric;                         ///< with the fleet's oversubscription put in
  std::optional<Host> host;                             ///< CPU side of a node, where stated
  std::optional<Sites> sites{};                         ///< places which share the nodes; none: one place
  Count fleet_devices{0, {}};                           ///< of all sites together; the used ones stand on the first
  NodePower node_power;                                 ///< of one node, where stated
  std::optional<Sourced<Money>> node_price;             ///< of one node
  std::optional<Sourced<Carbon>> node_embodied_carbon;  ///< of one node

  /// Nodes which the used devices fill, the last one perhaps in part.
  int nodes() const { return (devices.value + devices_per_node.value - 1) / devices_per_node.value; }
};

/// One device on its own, with the links of its data sheet.
Cluster cluster_of(hardware::Device const& device, Ledger& ledger);
Cluster cluster_of(Node const& node, Ledger& ledger);    ///< all devices of one node
Cluster cluster_of(Fleet const& fleet, Ledger& ledger);  ///< all devices of a fleet, on its fabric
/// `count` devices in one node, joined by the links of their data sheet, as a named assumption.
Cluster cluster_of(hardware::Device const& device, Count count, Ledger& ledger);

/// Order in which pipeline ranks work off micro-batches.
enum class Schedule : std::uint8_t {
  one_f_one_b,  ///< one forward, one backward (Narayanan et al. 2019, 2021); interleaved where ranks have several chunks
  gpipe,        ///< all forward passes first: as long, but every micro-batch is held (Huang et al. 2019)
  zero_bubble,  ///< gradients of weights fill the gaps (ZB-H1: Qi et al. 2023)
};
std::span<const std::string_view> names_of(Schedule);

/// A dimension of parallelism.
enum class Axis : std::uint8_t { tensor, context, expert, data, pipeline };
std::span<const std::string_view> names_of(Axis);

/// How context ranks get the keys and values of the others.
enum class ContextExchange : std::uint8_t {
  ring,        ///< piece by piece, behind the attention to those which have arrived (Liu et al. 2023)
  all_gather,  ///< all at once, before attention (Llama 3)
};
std::span<const std::string_view> names_of(ContextExchange);

/// How tokens travel to experts on other nodes.
enum class ExpertDispatch : std::uint8_t {
  per_expert,  ///< a copy for each expert which a token visits (GShard)
  per_node,    ///< one copy for each node, handed on over the links inside it (DeepSeek-V3)
};
std::span<const std::string_view> names_of(ExpertDispatch);

/// Degrees of parallelism; their product is the number of devices. Ranks are placed tensor innermost, then context, expert, data, and
/// pipeline outermost, unless `order` says otherwise. For everything but routed experts, expert ranks are further data ranks (GShard, arXiv:2006.16668).
struct Parallel {
  Count tensor{1, {}};
  Count pipeline{1, {}};
  Count data{1, {}};
  Count expert{1, {}};
  Count context{1, {}};
  Count interleaving{1, {}};  ///< model chunks per pipeline rank, v
  Schedule schedule = Schedule::one_f_one_b;  ///< of pipeline ranks
  bool sequence = false;      ///< sequence parallelism beside tensor parallelism
  Count zero{0, {}};          ///< ZeRO stage of the optimizer state, 0 to 3
  std::optional<Count> shard;  ///< data ranks among which ZeRO divides the state; groups of so many hold copies (hybrid sharding). None: all
  ContextExchange context_exchange = ContextExchange::ring;  ///< of context ranks
  ExpertDispatch expert_dispatch = ExpertDispatch::per_expert;  ///< of tokens to experts on other nodes
  std::vector<Count> stages;   ///< layers of each pipeline rank, first to last; empty: dealt evenly
  std::vector<Axis> order;     ///< dimensions by distance of their ranks, nearest first; empty: as above

  /// Product of the degrees: devices of the plan.
  long long ranks() const {
    return 1LL * tensor.value * pipeline.value * data.value * expert.value * context.value;
  }
};
void describe(Parallel&, Fields&);

/// Distance in devices between neighbours of each dimension.
struct Strides {
  Real tensor, context, expert, data, pipeline;  ///< in devices, by dimension
};
/// Distances in the order of placement. \pre every degree is at least 1
Strides strides(Parallel const& parallel, Ledger& ledger);

/// What keeps `parallel` from being placed on `cluster`, in the words of the reader; empty if nothing does.
std::vector<std::string> placement_problems(Cluster const& cluster, Parallel const& parallel);

/// A link as one rank of a communicating group sees it.
struct GroupLink {
  Sourced<Bandwidth> per_direction;  ///< per rank, after sharing and oversubscription
  Sourced<Time> latency;             ///< 0 where the system states none: the step latency of the calibration then holds
  hardware::LinkRole role = hardware::LinkRole::scale_up;  ///< what the link is, for its efficiency
  bool achieved = false;  ///< the bandwidth was measured on this system: no efficiency applies
  bool reduces = false;   ///< its switches add up what passes through them
  Real axes{0, {}};       ///< of a torus, over which the group reaches; 0: no torus
  std::optional<Sourced<Bandwidth>> bisection{};  ///< of that part of a torus
  std::optional<Sourced<Bandwidth>> to_all{};  ///< between groups of a dragonfly, `per_direction` where traffic goes to all groups alike; none: the same
};

/// A group of `ranks` ranks, neighbours of which are `stride` devices apart: the part inside a node and the part between nodes.
struct GroupPlacement {
  Real ranks{1, {}};                 ///< members of the group
  Real ranks_per_node{1, {}};        ///< members of the group on one node
  Real nodes{1, {}};                 ///< nodes over which the group is spread
  std::optional<GroupLink> inside;   ///< absent if the group has one rank per node
  std::optional<GroupLink> between;  ///< absent if the group stays in a node
  Real sites{1, {}};                 ///< places over which it is spread, equally many members in each
  std::optional<GroupLink> across;   ///< between places; absent if the group stays in one
};
/// \throws std::invalid_argument if the group needs a link which the cluster has not; `placement_problems` says so beforehand.
GroupPlacement place_group(Cluster const& cluster, Real ranks, Real stride, Ledger& ledger);

/// Bandwidth across the worst cut through the middle of the used nodes, both directions counted once.
/// Zero for a cluster of one node or without network.
Sourced<Bandwidth> bisection_bandwidth(Cluster const& cluster, Ledger& ledger);

}  // namespace mlsysim::systems
