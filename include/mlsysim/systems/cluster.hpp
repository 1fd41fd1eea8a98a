#pragma once
/// \file
/// The part of a fleet a workload runs on, flattened, and how parallel ranks are placed on it.
#include <optional>

#include "mlsysim/systems/system.hpp"

namespace mlsysim::systems {

/// Devices in nodes on a fabric, whatever the scenario named: a device, a node or a fleet.
struct Cluster {
  hardware::Device device;
  Count devices;           ///< used by the workload
  Count devices_per_node;
  std::optional<ScaleUp> scale_up;
  std::optional<NodeNetwork> network;
  std::optional<Fabric> fabric;  ///< with the fleet's oversubscription put in
  std::optional<Host> host;
  NodePower node_power;
  std::optional<Sourced<Money>> node_price;
  std::optional<Sourced<Carbon>> node_embodied_carbon;

  int nodes() const { return (devices.value + devices_per_node.value - 1) / devices_per_node.value; }
};

Cluster cluster_of(hardware::Device const& device, Ledger& ledger);
Cluster cluster_of(Node const& node, Ledger& ledger);
Cluster cluster_of(Fleet const& fleet, Ledger& ledger);

/// Degrees of parallelism. Ranks are placed tensor innermost, then context, expert, data, and pipeline outermost.
struct Parallel {
  Count tensor;
  Count pipeline;
  Count data;
  Count expert;
  Count context;
  Count interleaving;  ///< model chunks per pipeline rank, v
  bool sequence = false;  ///< sequence parallelism beside tensor parallelism
  Count zero;  ///< ZeRO stage of the optimizer state, 0 to 3
};
void describe(Parallel&, Fields&);

/// A link as one rank of a communicating group sees it.
struct GroupLink {
  Sourced<Bandwidth> per_direction;  ///< per rank, after sharing and oversubscription
  Sourced<Time> latency;
  bool inside_node = true;
};

/// A group of `ranks` ranks, neighbours of which are `stride` devices apart: the part inside a node and the part between nodes.
struct GroupPlacement {
  int ranks = 1;
  int ranks_per_node = 1;  ///< members of the group on one node
  int nodes = 1;
  std::optional<GroupLink> inside;   ///< absent if the group has one rank per node
  std::optional<GroupLink> between;  ///< absent if the group stays in a node
};
/// \throws std::invalid_argument if the group spans nodes and the cluster has no network.
GroupPlacement place_group(Cluster const& cluster, int ranks, int stride, Ledger& ledger);

/// Bandwidth across the worst cut through the middle of the used nodes, both directions counted once.
/// Zero for a cluster of one node or without network.
Sourced<Bandwidth> bisection_bandwidth(Cluster const& cluster, Ledger& ledger);

}  // namespace mlsysim::systems
