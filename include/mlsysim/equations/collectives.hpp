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

/// Nodes of one group of a balanced dragonfly of switches with `k` ports, `q` of which a node has: h = (k + 1) / 4 of a switch go to other groups, as
/// many to nodes, and 2 h switches form a group. Source: Kim, Dally, Scott, Abts, "Technology-Driven, Highly-Scalable Dragonfly Topology", ISCA 2008.
inline constexpr auto dragonfly_group_nodes = equation<double(double, double)>(
    "placement.dragonfly_group_nodes", "kim2008", {"k", "q"}, [](auto k, auto q) { return max(floor(2 * floor((k + 1) / 4) * floor((k + 1) / 4) / q), 1.0); });
/// What is left of a share between groups of a dragonfly when all of a group send to one other: the links between two groups are few, so most
/// packets go round by a third group and take two of them. Source: Kim 2008, section 4 (Valiant's routing).
inline constexpr auto dragonfly_detour = equation<Bandwidth(Bandwidth)>("placement.dragonfly_detour", "kim2008", {"B"}, [](auto b) { return b / 2; });

/// Devices of each of `s` places which share a fleet evenly.
inline constexpr auto site_devices = equation<double(double, double)>("placement.site_devices", "definition", {"n", "s"}, [](auto n, auto s) { return n / s; });
/// Places over which a group of `n` ranks is spread, neighbours `d` devices apart.
inline constexpr auto group_sites = equation<double(double, double, double)>(
    "placement.group_sites", "definition", {"n", "d", "D_site"}, [](auto n, auto d, auto s) { return ceil(n * d / s); });

/// Bandwidth across the worst cut into two halves. Source: Dally, Towles, "Principles and Practices of Interconnection Networks", 2004, chapter 3.
inline constexpr auto bisection = equation<Bandwidth(double, double, Bandwidth, double)>(
    "placement.bisection", "dally2004", {"nodes", "ports", "R", "o"},
    [](auto n, auto p, auto r, auto o) { return floor(n / 2) * p * r / o; });

/// What large messages reach of a nominal bandwidth.
inline constexpr auto achieved_bandwidth = equation<Bandwidth(Bandwidth, double)>(
    "collective.achieved_bandwidth", "definition", {"B", "eta"}, [](auto b, auto e) { return b * e; });

/// What a message of `S` reaches of a bandwidth: bulk transfers half of it at `S_half`, more as pipelines of chunks fill, and the protocol
/// for small messages never less than the share `beta`. Source: form fitted to measured collectives; protocols as in NCCL 2 (src/graph/tuning.cc).
inline constexpr auto size_bandwidth = equation<Bandwidth(Bandwidth, double, Data, Data, double)>(
    "collective.size_bandwidth", "nccl", {"B", "eta", "S_half", "S", "beta"},
    [](auto b, auto e, auto h, auto s, auto l) { return b * e * max(1 / (1 + sqrt(h / s)), l); });

/// Starting a collective on every rank, beside its steps.
inline constexpr auto started = equation<Time(Time, Time)>("collective.started", "nccl", {"t_start", "t"}, [](auto a, auto t) { return a + t; });

/// A ring through all `n` ranks on `m` nodes: all but 2 (m - 1) of its steps stay inside a node. Source: NCCL 2 (src/graph/tuning.cc).
inline constexpr auto flat_ring_all_reduce = equation<Time(double, double, Time, Time, Data, Bandwidth)>(
    "collective.flat_ring_all_reduce", "nccl", {"n", "m", "alpha_node", "alpha_net", "S", "B"},
    [](auto n, auto m, auto a, auto w, auto s, auto b) { return 2 * (n - m) * a + 2 * (m - 1) * w + 2 * (n - 1) * s / (n * b); });
/// The same for all-gather and reduce-scatter: half.
inline constexpr auto flat_ring_all_gather = equation<Time(double, double, Time, Time, Data, Bandwidth)>(
    "collective.flat_ring_all_gather", "nccl", {"n", "m", "alpha_node", "alpha_net", "S", "B"},
    [](auto n, auto m, auto a, auto w, auto s, auto b) { return (n - m) * a + (m - 1) * w + (n - 1) * s / (n * b); });
/// Two trees over `m` nodes and a chain through the `r` ranks of each. Source: NCCL 2 (src/graph/tuning.cc); Sanders 2009.
inline constexpr auto node_tree_all_reduce = equation<Time(double, double, Time, Time, Data, Bandwidth)>(
    "collective.node_tree_all_reduce", "nccl", {"r", "m", "alpha_node", "alpha_net", "S", "B"},
    [](auto r, auto m, auto a, auto w, auto s, auto b) { return 2 * ((r - 1) * a + ceil_log2(m) * w) + 2 * (s / b); });

/// Axes of a torus of `N` devices in `d` dimensions over which a group of `n` neighbours reaches.
inline constexpr auto torus_axes = equation<double(double, double, double)>(
    "placement.torus_axes", "dally2004", {"n", "N", "d"}, [](auto n, auto a, auto d) { return min(ceil(d * log_of(n, a)), d); });
/// Links of those axes: the group cannot use the others.
inline constexpr auto torus_share = equation<Bandwidth(Bandwidth, double, double)>(
    "placement.torus_share", "dally2004", {"B", "axes", "d"}, [](auto b, auto a, auto d) { return b * a / d; });
/// Steps of rings along `a` axes, one after another, over `n` ranks. Source: Jouppi et al., "TPU v4", ISCA 2023.
inline constexpr auto torus_all_reduce = equation<Time(double, double, Time, Data, Bandwidth)>(
    "collective.torus_all_reduce", "jouppi2023", {"n", "axes", "alpha", "S", "B"},
    [](auto n, auto a, auto l, auto s, auto b) { return 2 * a * (pow(n, 1 / a) - 1) * l + 2 * (n - 1) * s / (n * b); });
/// The same for all-gather and reduce-scatter: half.
inline constexpr auto torus_all_gather = equation<Time(double, double, Time, Data, Bandwidth)>(
    "collective.torus_all_gather", "jouppi2023", {"n", "axes", "alpha", "S", "B"},
    [](auto n, auto a, auto l, auto s, auto b) { return a * (pow(n, 1 / a) - 1) * l + (n - 1) * s / (n * b); });
/// Bandwidth across the middle of a torus of `n` devices, each with `B` over `d` axes: two links for each of n^((d-1)/d) rings.
inline constexpr auto torus_bisection = equation<Bandwidth(double, double, Bandwidth)>(
    "placement.torus_bisection", "dally2004", {"n", "d", "B"}, [](auto n, auto d, auto b) { return 2 * pow(n, 1 - 1 / d) * (b / (2 * d)); });
/// All-to-all which the middle of a torus bounds: a quarter of all data crosses it each way. Source: Dally 2004, chapter 3.
inline constexpr auto bisection_all_to_all = equation<Time(double, Data, Bandwidth)>(
    "collective.bisection_all_to_all", "dally2004", {"n", "S", "B_bisection"}, [](auto n, auto s, auto b) { return n * s / (4 * b); });
/// Bandwidth between two halves of the sites of a fleet bounds its bisection.
inline constexpr auto narrower_cut = equation<Bandwidth(Bandwidth, Bandwidth)>("placement.narrower_cut", "definition", {"B_1", "B_2"}, [](auto a, auto b) { return min(a, b); });

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

/// Reduction inside the switches: a rank sends its buffer and receives the sum, n+1 of its n pieces each way.
/// Source: Graham et al., "Scalable Hierarchical Aggregation Protocol (SHArP)", COMHPC 2016; Klenk et al., "An In-Network Architecture for
/// Accelerating Shared-Memory Multiprocessor Collectives", ISCA 2020.
inline constexpr auto in_network_all_reduce = equation<Time(double, Time, Data, Bandwidth)>(
    "collective.in_network_all_reduce", "klenk2020", {"n", "alpha", "S", "B"}, [](auto n, auto a, auto s, auto b) { return 2 * a + (n + 1) * s / (n * b); });

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
