#include "mlsysim/systems/system.hpp"

namespace mlsysim::systems {
namespace {

constexpr std::string_view scale_up_topologies[] = {"switched", "mesh", "torus", "ring", "none"};
constexpr std::string_view fabric_topologies[] = {"fat_tree", "rail", "torus", "dragonfly", "switch", "none"};
constexpr std::string_view technologies[] = {"infiniband", "roce",      "ethernet", "efa", "ici",
                                             "nvlink",     "slingshot", "wireless", "none"};

}  // namespace

std::span<const std::string_view> names_of(ScaleUpTopology) { return scale_up_topologies; }
std::span<const std::string_view> names_of(FabricTopology) { return fabric_topologies; }
std::span<const std::string_view> names_of(FabricTechnology) { return technologies; }

void describe(ScaleUp& s, Fields& f) {
  f("technology", s.technology, "e.g. NVLink 4 with NVSwitch", optional_field);
  f("per_direction", s.per_direction, "bandwidth of one device in one direction", positive);
  f("topology", s.topology, "how the devices are joined", defaults_to(ScaleUpTopology::switched, "every pair at full rate"));
  f("latency", s.latency, "latency of a small message between two devices", positive);
  f("in_network_reduction", s.in_network_reduction, "switches add up what passes through them (NVLink SHARP)", defaults_to(false, "devices add up"));
  f("dimensions", s.dimensions, "dimensions of a torus; 3 when left out", at_least(1), at_most(6));
}

void describe(NodeNetwork& n, Fields& f) {
  f("ports", n.ports, "ports towards the fabric", positive);
  f("port_rate", n.port_rate, "rate of one port in one direction", positive, in_bits);
  f("measured", n.measured, "bus bandwidth of collectives between nodes, of a whole node in one direction, as measured", positive, in_bits);
}

void describe(Host& h, Fields& f) {
  f("cpu", h.cpu, "host processor", optional_field);
  f("dram", h.dram, "host memory", positive);
  f("storage", h.storage, "local storage", positive);
  f("host_link", h.host_link, "link between one device and the host");
  f("dram_bandwidth", h.dram_bandwidth, "bandwidth of host memory, whole node", positive);
  f("storage_bandwidth", h.storage_bandwidth, "bandwidth of local storage, whole node, reading or writing", positive);
}

void describe(NodePower& p, Fields& f) {
  f("max", p.max, "highest power of the whole node", positive);
  f("idle", p.idle, "power of the whole node when idle", not_negative);
}

void describe(Node& n, Fields& f) {
  f("id", n.id, "unique name", optional_field);
  f("name", n.name, "name for people", optional_field);
  f("aliases", n.aliases, "other names", optional_field);
  f("device", n.device, "what computes");
  f("devices", n.devices, "devices in the node", positive, defaults_to(1, "one device"));
  f("scale_up", n.scale_up, "fast links between the devices of the node");
  f("network", n.network, "ports towards other nodes");
  f("host", n.host, "host of the devices");
  f("power", n.power, "electrical power of the whole node", optional_field);
  f("price", n.price, "price of the whole node", positive);
  f("embodied_carbon", n.embodied_carbon, "carbon of manufacturing the whole node", positive);
  f("year", n.year, "year of availability", at_least(1990), at_most(2100));
}

void describe(Fabric& x, Fields& f) {
  f("id", x.id, "unique name", optional_field);
  f("name", x.name, "name for people", optional_field);
  f("aliases", x.aliases, "other names", optional_field);
  f("technology", x.technology, "what kind of network");
  f("port_rate", x.port_rate, "rate of one port in one direction", positive, in_bits);
  f("latency", x.latency, "end-to-end latency of a small message", positive);
  f("topology", x.topology, "how switches are joined", defaults_to(FabricTopology::fat_tree, "usual in clusters"));
  f("oversubscription", x.oversubscription, "downlinks / uplinks at the narrowest level", at_least(1.0),
    defaults_to(1.0, "full bisection bandwidth"));
  f("radix", x.radix, "ports of a switch", positive);
  f("pod_nodes", x.pod_nodes, "nodes with full bisection bandwidth among themselves, below the oversubscribed level", positive);
  f("in_network_reduction", x.in_network_reduction, "switches add up what passes through them (SHARP)", defaults_to(false, "devices add up"));
}

void describe(Sites& x, Fields& f) {
  f("count", x.count, "places with equally many nodes", at_least(2));
  f("bandwidth", x.bandwidth, "of all links of a site to the others, one direction", positive, in_bits);
  f("latency", x.latency, "one way between sites", positive);
}

void describe(Fleet& x, Fields& f) {
  f("id", x.id, "unique name", optional_field);
  f("name", x.name, "name for people", optional_field);
  f("aliases", x.aliases, "other names", optional_field);
  f("node", x.node, "what the fleet is made of");
  f("nodes", x.nodes, "how many", positive);
  f("fabric", x.fabric, "what joins the nodes");
  f("oversubscription", x.oversubscription, "replaces the fabric's", at_least(1.0));
  f("sites", x.sites, "places which share the nodes, joined by links of their own");
}

}  // namespace mlsysim::systems
