#pragma once
/// \file
/// Links and collectives: what a rank may expect of a link, and how long groups of ranks take to talk.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// The slower end of a cable rules: port of the node or port of the fabric.
inline constexpr auto port_rate = equation<Bandwidth(Bandwidth, Bandwidth)>(
    "placement.port_rate", "definition", {"R_node", "R_fabric"}, [](auto a, auto b) { return min(a, b); });

/// Share of one device in the ports of its node, all devices of the node talking at once.
inline constexpr auto node_share = equation<Bandwidth(double, Bandwidth, double)>(
    "placement.node_share", "definition", {"ports", "R", "d"}, [](auto p, auto r, auto d) { return p * r / d; });

/// Share of one device in what collectives of a whole node were measured to reach.
inline constexpr auto measured_share = equation<Bandwidth(Bandwidth, double)>(
    "placement.measured_share", "definition", {"B_node", "d"}, [](auto b, auto d) { return b / d; });

/// What is left of a share when the traffic crosses a level with `o` downlinks per uplink.
/// Source: Al-Fares, Loukissas, Vahdat, "A Scalable, Commodity Data Center Network Architecture", SIGCOMM 2008, section 2.1.2.
inline constexpr auto oversubscribed_share = equation<Bandwidth(Bandwidth, double)>(
    "placement.oversubscribed_share", "alfares2008", {"B", "o"}, [](auto b, auto o) { return b / o; });

/// In a full mesh a device reaches only the links towards the members of its group.
inline constexpr auto mesh_share = equation<Bandwidth(Bandwidth, double, double)>(
    "placement.mesh_share", "definition", {"B", "r", "d"}, [](auto b, auto r, auto d) { return b * (r - 1) / (d - 1); });

/// Members of a group on one node of `d` devices, neighbours `s` devices apart.
inline constexpr auto ranks_per_node = equation<double(double, double, double)>(
    "placement.ranks_per_node", "definition", {"n", "d", "s"},
    [](auto n, auto d, auto s) { return max(min(n, floor(d / s)), 1.0); });

/// Nodes over which a group of `n` ranks is spread, `r` of them on each.
inline constexpr auto group_nodes = equation<double(double, double)>(
    "placement.group_nodes", "definition", {"n", "r"}, [](auto n, auto r) { return ceil(n / r); });

/// Nodes below one leaf switch: downlinks of a switch of `k` ports, divided by the ports which each node has on it.
/// Source: Al-Fares 2008, section 2.1.2.
inline constexpr auto leaf_nodes = equation<double(double, double, double)>(
    "placement.leaf_nodes", "alfares2008", {"k", "o", "q"},
    [](auto k, auto o, auto q) { return max(floor(k * o / (1 + o) / q), 1.0); });

/// Bandwidth across the worst cut into two halves. Source: Dally, Towles, "Principles and Practices of Interconnection Networks", 2004, chapter 3.
inline constexpr auto bisection = equation<Bandwidth(double, double, Bandwidth, double)>(
    "placement.bisection", "dally2004", {"nodes", "ports", "R", "o"},
    [](auto n, auto p, auto r, auto o) { return floor(n / 2) * p * r / o; });

/// What large messages reach of a nominal bandwidth.
inline constexpr auto achieved_bandwidth = equation<Bandwidth(Bandwidth, double)>(
    "collective.achieved_bandwidth", "definition", {"B", "eta"}, [](auto b, auto e) { return b * e; });

/// Cost of one step before its first byte: the link's latency or the software's, whichever is longer.
inline constexpr auto step_latency = equation<Time(Time, Time)>(
    "collective.step_latency", "hockney1994", {"l_link", "l_software"}, [](auto a, auto b) { return max(a, b); });

/// One message. Source: Hockney, "The communication challenge for MPP", Parallel Computing 20 (1994).
inline constexpr auto point_to_point = equation<Time(Time, Data, Bandwidth)>(
    "collective.point_to_point", "hockney1994", {"alpha", "S", "B"}, [](auto a, auto s, auto b) { return a + s / b; });

/// Reduce-scatter, then all-gather, around a ring: each rank sends every chunk but one, twice.
/// Source: Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations in MPICH", 2005.
inline constexpr auto ring_all_reduce = equation<Time(double, Time, Data, Bandwidth)>(
    "collective.ring_all_reduce", "thakur2005", {"n", "alpha", "S", "B"},
    [](auto n, auto a, auto s, auto b) { return 2 * (n - 1) * (a + s / (n * b)); });

/// Reduce-scatter or all-gather of a buffer of `S` around a ring: half an all-reduce. Source: Thakur 2005.
inline constexpr auto ring_all_gather = equation<Time(double, Time, Data, Bandwidth)>(
    "collective.ring_all_gather", "thakur2005", {"n", "alpha", "S", "B"},
    [](auto n, auto a, auto s, auto b) { return (n - 1) * (a + s / (n * b)); });

/// Pipelined reduction up and broadcast down two binary trees which share the work: few steps, the whole buffer twice.
/// Source: Sanders, Speck, Traeff, "Two-tree algorithms for full bandwidth broadcast, reduction and scan", 2009; used by NCCL since 2.4.
inline constexpr auto tree_all_reduce = equation<Time(double, Time, Data, Bandwidth)>(
    "collective.tree_all_reduce", "sanders2009", {"n", "alpha", "S", "B"},
    [](auto n, auto a, auto s, auto b) { return 2 * ceil_log2(n) * a + 2 * (s / b); });

/// Pipelined broadcast down a tree. Source: Sanders 2009.
inline constexpr auto tree_broadcast = equation<Time(double, Time, Data, Bandwidth)>(
    "collective.tree_broadcast", "sanders2009", {"n", "alpha", "S", "B"},
    [](auto n, auto a, auto s, auto b) { return ceil_log2(n) * a + s / b; });

/// Every rank sends a different n-th of its buffer to every other, pair by pair; `r` of the `n` ranks stand on its node.
/// Both parts run at the same time on different links. Source: Thakur 2005.
inline constexpr auto all_to_all_inside = equation<Time(double, double, Time, Data, Bandwidth)>(
    "collective.all_to_all_inside", "thakur2005", {"r", "n", "alpha", "S", "B"},
    [](auto r, auto n, auto a, auto s, auto b) { return (r - 1) * (a + s / (n * b)); });
/// The part of the same all-to-all which goes to other nodes.
inline constexpr auto all_to_all_between = equation<Time(double, double, Time, Data, Bandwidth)>(
    "collective.all_to_all_between", "thakur2005", {"r", "n", "alpha", "S", "B"},
    [](auto r, auto n, auto a, auto s, auto b) { return (n - r) * (a + s / (n * b)); });

/// A flat ring enters and leaves each node once per channel, and uses the ports of all its members there.
/// Source: NCCL's ring construction, Jeaugey, "NCCL 2.0", GTC 2017.
inline constexpr auto flat_ring_bandwidth = equation<Bandwidth(Bandwidth, double, Bandwidth)>(
    "collective.flat_ring_bandwidth", "jeaugey2017", {"B_inside", "r", "B_between"},
    [](auto i, auto r, auto b) { return min(i, r * b); });

/// Share of a buffer which one member of a node carries between the nodes.
inline constexpr auto node_shard = equation<Data(Data, double)>(
    "collective.node_shard", "thakur2005", {"S", "r"}, [](auto s, auto r) { return s / r; });

}  // namespace mlsysim::eq
