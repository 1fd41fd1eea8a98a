#include <doctest/doctest.h>

#include <stdexcept>

#include "mlsysim/systems/cluster.hpp"

using namespace mlsysim;
using namespace mlsysim::systems;

namespace {

Ledger ledger;

Count count(int n) { return {n, {}}; }
Real real(double x) { return {x, {}}; }

Node eight_devices() {
  Node n;
  n.device.value.id = "textbook";
  n.devices = count(8);
  n.scale_up = ScaleUp{"switch", {450 * unit<"GB/s">, {}}, ScaleUpTopology::switched, {}, false, {}};
  n.network = NodeNetwork{count(8), {400 * unit<"Gbit/s">, {}}};
  return n;
}

Cluster fleet_of(int nodes, double oversubscription, std::optional<int> radix = {}) {
  Fleet f;
  f.node.value = eight_devices();
  f.nodes = count(nodes);
  Fabric fabric;
  fabric.port_rate = {400 * unit<"Gbit/s">, {}};
  fabric.latency = Sourced<Time>{2 * unit<"us">, {}};
  fabric.oversubscription = real(oversubscription);
  if (radix) fabric.radix = count(*radix);
  f.fabric = Ref<Fabric>{"fabric", fabric};
  return cluster_of(f, ledger);
}

}  // namespace

TEST_CASE("eight tensor ranks stay on the fast link of one node") {
  const auto g = place_group(fleet_of(4, 1), real(8), real(1), ledger);
  CHECK(g.ranks_per_node.value == 8);
  CHECK(g.nodes.value == 1);
  REQUIRE(g.inside);
  CHECK(!g.between);
  CHECK(g.inside->per_direction.value == 450 * unit<"GB/s">);
}

TEST_CASE("data ranks eight devices apart have one rank on each node and 50 GB/s each") {
  // 8 ports * 400 Gbit/s / 8 devices
  const auto g = place_group(fleet_of(4, 1), real(4), real(8), ledger);
  CHECK(g.ranks_per_node.value == 1);
  CHECK(g.nodes.value == 4);
  CHECK(!g.inside);
  REQUIRE(g.between);
  CHECK(g.between->per_direction.value == 50 * unit<"GB/s">);
  CHECK(g.between->latency.value == 2 * unit<"us">);
}

TEST_CASE("ranks four devices apart are two on a node") {
  const auto g = place_group(fleet_of(4, 1), real(8), real(4), ledger);
  CHECK(g.ranks_per_node.value == 2);
  CHECK(g.nodes.value == 4);
  CHECK(g.inside);
  CHECK(g.between);
}

TEST_CASE("oversubscription never helps") {
  Bandwidth before = 1e9 * unit<"GB/s">;
  for (double o : {1.0, 1.5, 2.0, 4.0, 7.0}) {
    CAPTURE(o);
    const Bandwidth b = place_group(fleet_of(64, o), real(64), real(8), ledger).between->per_direction.value;
    CHECK(b <= before);
    CHECK(b.in(unit<"GB/s">) == doctest::Approx(50 / o));
    before = b;
  }
}

TEST_CASE("traffic below one leaf switch does not feel the oversubscription above it") {
  // 64 ports at 3:1: 48 down, 8 per node: 6 nodes below a leaf
  CHECK(place_group(fleet_of(64, 3, 64), real(4), real(8), ledger).between->per_direction.value == 50 * unit<"GB/s">);
  CHECK(place_group(fleet_of(64, 3, 64), real(16), real(8), ledger).between->per_direction.value.in(unit<"GB/s">) == doctest::Approx(50.0 / 3));
}

TEST_CASE("a pod, where the fabric states one, takes the place of the leaf") {
  // Pods of 384 nodes under a 7:1 taper, as in the Llama 3 cluster (arXiv:2407.21783, section 3.3.1).
  Cluster c = fleet_of(1024, 7, 64);
  c.fabric->pod_nodes = Count{384, {}};
  CHECK(place_group(c, real(384), real(8), ledger).between->per_direction.value == 50 * unit<"GB/s">);
  CHECK(place_group(c, real(385), real(8), ledger).between->per_direction.value.in(unit<"GB/s">) == doctest::Approx(50.0 / 7));
}

TEST_CASE("groups of a dragonfly have all their bandwidth inside, and half of it towards one other group") {
  // Switches of 64 ports: 16 to nodes, 16 to other groups, 32 switches a group; 512 ports, 64 nodes of eight.
  Cluster c = fleet_of(1024, 1, 64);
  c.fabric->topology = FabricTopology::dragonfly;
  const auto inside = place_group(c, real(64), real(8), ledger), across = place_group(c, real(65), real(8), ledger);
  CHECK(inside.between->per_direction.value == 50 * unit<"GB/s">);
  CHECK_FALSE(inside.between->to_all);
  CHECK(across.between->per_direction.value == 25 * unit<"GB/s">);
  // Traffic which goes to all groups alike needs no detour.
  CHECK(across.between->to_all->value == 50 * unit<"GB/s">);
  // Half of the links of a group to all others cross the middle.
  CHECK(bisection_bandwidth(c, ledger).value.in(unit<"TB/s">) == doctest::Approx(512 * 8 * 0.05 / 2));
  c.devices = count(64 * 8);
  CHECK(bisection_bandwidth(c, ledger).value.in(unit<"TB/s">) == doctest::Approx(32 * 8 * 0.05));
  c.fabric->pod_nodes = Count{128, {}};
  CHECK(place_group(c, real(128), real(8), ledger).between->per_direction.value == 50 * unit<"GB/s">);
}

TEST_CASE("a slower fabric rules the ports of the node") {
  Cluster c = fleet_of(2, 1);
  c.fabric->port_rate.value = 100 * unit<"Gbit/s">;
  CHECK(place_group(c, real(2), real(8), ledger).between->per_direction.value == 12.5 * unit<"GB/s">);
}

TEST_CASE("in a full mesh two of eight devices have one of seven links") {
  Cluster c = fleet_of(1, 1);
  c.scale_up->topology = ScaleUpTopology::mesh;
  c.scale_up->per_direction.value = 448 * unit<"GB/s">;
  CHECK(place_group(c, real(2), real(1), ledger).inside->per_direction.value.in(unit<"GB/s">) == doctest::Approx(64));
  CHECK(place_group(c, real(8), real(1), ledger).inside->per_direction.value == 448 * unit<"GB/s">);
}

TEST_CASE("without fast links the devices of a node talk through the host") {
  Cluster c = fleet_of(1, 1);
  c.scale_up.reset();
  c.host = Host{};
  c.host->host_link = hardware::Link{"PCIe 4.0 x16", {32 * unit<"GB/s">, {}}, hardware::LinkRole::host};
  const auto g = place_group(c, real(8), real(1), ledger);
  CHECK(g.inside->per_direction.value == 32 * unit<"GB/s">);
  CHECK(g.inside->role == hardware::LinkRole::host);
}

TEST_CASE("ranks on several nodes without a network are a problem named beforehand") {
  Cluster c = fleet_of(4, 1);
  c.network.reset();
  Parallel p;
  p.data = count(32);
  const auto problems = placement_problems(c, p);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0] == "the ranks span several nodes, but the node has no network");
  CHECK_THROWS_AS(place_group(c, real(32), real(1), ledger), std::invalid_argument);
}

TEST_CASE("degrees which do not multiply to the devices are a problem with its arithmetic") {
  Parallel p;
  p.tensor = count(8);
  p.data = count(2);
  const auto problems = placement_problems(fleet_of(4, 1), p);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0] == "tensor 8 x pipeline 1 x data 2 x expert 1 x context 1 = 16 ranks, but the workload uses 32 devices; nearest: data: 4, tensor: 16");
}

TEST_CASE("the bisection of four nodes with eight ports of 400 Gbit/s is 800 GB/s, halved by 2:1") {
  CHECK(bisection_bandwidth(fleet_of(4, 1), ledger).value.in(unit<"GB/s">) == doctest::Approx(2 * 8 * 50));
  CHECK(bisection_bandwidth(fleet_of(4, 2), ledger).value.in(unit<"GB/s">) == doctest::Approx(2 * 8 * 50 / 2));
  CHECK(bisection_bandwidth(fleet_of(1, 1), ledger).value == Bandwidth{});
}

TEST_CASE("tensor ranks are neighbours and pipeline stages furthest apart") {
  Parallel p;
  p.tensor = count(4), p.expert = count(2), p.data = count(8), p.pipeline = count(2);
  const Strides s = strides(p, ledger);
  CHECK(s.tensor.value == 1);
  CHECK(s.expert.value == 4);
  CHECK(s.data.value == 8);
  CHECK(s.pipeline.value == 64);
}
