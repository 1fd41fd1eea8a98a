#pragma once
/// \file
/// Layer D: devices in nodes, nodes on fabrics, fleets.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/hardware/device.hpp"

namespace mlsysim::systems {

/// How the devices of a node are joined.
enum class ScaleUpTopology : std::uint8_t { switched, mesh, torus, ring, none };
/// How nodes are joined.
enum class FabricTopology : std::uint8_t { fat_tree, rail, torus, dragonfly, single_switch, none };
/// What a fabric is built of.
enum class FabricTechnology : std::uint8_t { infiniband, roce, ethernet, efa, ici, nvlink, slingshot, wireless, none };

std::span<const std::string_view> names_of(ScaleUpTopology);
std::span<const std::string_view> names_of(FabricTopology);
std::span<const std::string_view> names_of(FabricTechnology);

/// The fast domain inside a node.
struct ScaleUp {
  std::string technology;
  Sourced<Bandwidth> per_direction;  ///< per device
  ScaleUpTopology topology = ScaleUpTopology::switched;
  std::optional<Sourced<Time>> latency;
  bool in_network_reduction = false;  ///< its switches add up what passes through them (NVLink SHARP)
  std::optional<Count> dimensions;    ///< of a torus
};

/// Ports of a node towards the scale-out fabric.
struct NodeNetwork {
  Count ports;
  Sourced<Bandwidth> port_rate;  ///< per direction, usually printed in bits
  /// Bus bandwidth of collectives between nodes, whole node and one direction, as measured on this very system.
  std::optional<Sourced<Bandwidth>> measured{};
};

/// The CPU side of a node.
struct Host {
  std::string cpu;
  std::optional<Sourced<Data>> dram;
  std::optional<Sourced<Data>> storage;
  std::optional<hardware::Link> host_link;
  std::optional<Sourced<Bandwidth>> dram_bandwidth{};     ///< of the host's memory, whole node
  std::optional<Sourced<Bandwidth>> storage_bandwidth{};  ///< of local storage, whole node, reading or writing
};

/// Electrical power of a whole node.
struct NodePower {
  std::optional<Sourced<Power>> max;
  std::optional<Sourced<Power>> idle;
};

/// Devices in one box or one scale-up domain.
struct Node {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  Ref<hardware::Device> device;
  Count devices;
  std::optional<ScaleUp> scale_up;
  std::optional<NodeNetwork> network;
  std::optional<Host> host;
  NodePower power;
  std::optional<Sourced<Money>> price;
  std::optional<Sourced<Carbon>> embodied_carbon;
  std::optional<Count> year;
};

/// A network between nodes.
struct Fabric {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  FabricTechnology technology = FabricTechnology::infiniband;
  Sourced<Bandwidth> port_rate;  ///< per direction
  std::optional<Sourced<Time>> latency;
  FabricTopology topology = FabricTopology::fat_tree;
  Real oversubscription;  ///< downlinks / uplinks at the most oversubscribed level; 1 = full bisection
  std::optional<Count> radix;
  std::optional<Count> pod_nodes;  ///< nodes which have full bisection bandwidth among themselves, below the oversubscribed level
  bool in_network_reduction = false;  ///< its switches add up what passes through them (SHARP)
};

/// Places which share a fleet, joined by links of their own.
struct Sites {
  Count count;                              ///< with equally many nodes each
  Sourced<Bandwidth> bandwidth;             ///< of all links of a site to the others, one direction
  std::optional<Sourced<Time>> latency;     ///< one way
};

/// Nodes of one kind on a fabric.
struct Fleet {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  Ref<Node> node;
  Count nodes;
  std::optional<Ref<Fabric>> fabric;
  std::optional<Real> oversubscription;  ///< replaces the fabric's
  std::optional<Sites> sites;            ///< none: all nodes in one place
};

void describe(ScaleUp&, Fields&);
void describe(NodeNetwork&, Fields&);
void describe(Host&, Fields&);
void describe(NodePower&, Fields&);
void describe(Node&, Fields&);
void describe(Fabric&, Fields&);
void describe(Sites&, Fields&);
void describe(Fleet&, Fields&);
constexpr EntryKind entry_kind(Node const&) { return EntryKind::node; }
constexpr EntryKind entry_kind(Fabric const&) { return EntryKind::fabric; }
constexpr EntryKind entry_kind(Fleet const&) { return EntryKind::fleet; }

}  // namespace mlsysim::systems
