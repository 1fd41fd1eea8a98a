#pragma once
/// \file
/// Details of a training step: experts, 8-bit formats, offload, shared links, optimizer traffic.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// What expert ranks which are not equally loaded add: all wait for the one with `i` times the mean load.
/// Source: Fedus, Zoph, Shazeer, "Switch Transformers", arXiv:2101.03961, section 2.2.
inline constexpr auto expert_wait = equation<Time(Time, double)>(
    "moe.imbalance", "fedus2021", {"t_experts", "i"}, [](auto t, auto i) { return t * (i - 1); });

/// Experts which the tokens of `e` ranks visit, on one of the ranks: each holds E / e of them.
inline constexpr auto experts_per_rank = equation<double(double, double)>(
    "moe.experts_per_rank", "lepikhin2020", {"E_visited", "e"}, [](auto v, auto e) { return v / e; });

/// Copies of a token which leave for other nodes when each node gets at most one, whichever of its experts are wanted: of `n` nodes the
/// `k` choices reach n (1 - (1 - 1/n)^k) on average, (n-1)/n of which are not the own one. Source: DeepSeek-AI, "DeepSeek-V3 Technical
/// Report", arXiv:2412.19437, section 3.2.2: tokens cross the network once per node and are handed on over NVLink.
inline constexpr auto nodes_reached = equation<double(double, double)>(
    "moe.nodes_reached", "deepseek2024", {"n", "k"}, [](auto n, auto k) { return n * (1 - pow(1 - 1 / n, k)); });

/// Time of an exchange in which each token crosses the network once per node it is wanted on: `n - 1` nodes are reached one after another,
/// and (n-1)/n of the `c` copies of `q` bytes leave. Source: DeepSeek-AI 2024, section 3.2.2.
inline constexpr auto dispatch_between = equation<Time(double, double, Time, Data, Bandwidth)>(
    "moe.dispatch_between", "deepseek2024", {"n", "c", "alpha", "q", "B"}, [](auto n, auto c, auto a, auto q, auto b) { return (n - 1) * (a + c * q / (n * b)); });

/// What values in 8 bits cost to make: reading `w_in` once for each pass over them, writing two copies of one byte (rows and columns, for
/// the two products which use them, `w_out` together). Source: Micikevicius et al., "FP8 Formats for Deep Learning", arXiv:2209.05433; recipes of Transformer Engine.
inline constexpr auto scaling_traffic = equation<Data(double, double, Data, Data)>(
    "fp8.scaling_traffic", "micikevicius2022", {"n", "passes", "w_in", "w_out"}, [](auto n, auto p, auto i, auto o) { return n * (p * i + o); });

/// Time of moving data through memory at the rate which elementwise kernels reach.
inline constexpr auto elementwise_time = equation<Time(Data, Bandwidth, double)>(
    "training.elementwise_time", "williams2009", {"Q", "B", "eta"}, [](auto q, auto b, auto e) { return q / (b * e); });

/// Transfers between device and host, both directions at once where the link allows it. Source: Ren et al., "ZeRO-Offload", USENIX ATC 2021.
inline constexpr auto offload_time = equation<Time(Data, Bandwidth)>(
    "offload.time", "ren2021", {"Q", "B_host"}, [](auto q, auto b) { return q / b; });
/// Update on the host: it reads and writes the optimizer's state in its own memory. Source: Ren 2021, section 4.
inline constexpr auto host_update_time = equation<Time(double, Data, double, Bandwidth)>(
    "offload.host_update", "ren2021", {"N_rank", "w", "z", "B_dram"}, [](auto n, auto w, auto z, auto b) { return n * w / z / b; });

/// Time which communication behind compute takes from it: its kernels hold `c` of `u` units as long as they run.
inline constexpr auto units_taken = equation<Time(Time, double, double)>(
    "overlap.units_taken", "definition", {"t_hidden", "c", "u"}, [](auto t, auto c, auto u) { return t * c / u; });

/// What is left of a window when the same link carries `t` of other traffic meanwhile.
inline constexpr auto free_window = equation<Time(Time, Time)>(
    "overlap.free_window", "definition", {"W", "t"}, [](auto w, auto t) { return max(w - t, t - t); });

/// Products of the layers of a step, behind which tensor ranks exchange piece by piece. Source: Wang et al., "Overlap Communication with
/// Dependent Computation via Decomposition", ASPLOS 2023.
inline constexpr auto tensor_window = equation<Time(double, Time)>(
    "overlap.tensor_window", "wang2023", {"m", "t_products"}, [](auto m, auto t) { return m * t; });

/// Ranks which hold the same shard when data ranks are divided into groups of `s` (hybrid sharding).
/// Source: Zhao et al., "PyTorch FSDP", arXiv:2304.11277, section 3.2.2.
inline constexpr auto shard_replicas = equation<double(double, double)>(
    "fsdp.shard_replicas", "zhao2023", {"r", "s"}, [](auto r, auto s) { return r / s; });

/// Keys and values of all `c` context ranks, gathered by each. Source: Grattafiori et al., "The Llama 3 Herd of Models", arXiv:2407.21783, section 3.3.2.
inline constexpr auto gathered_keys = equation<Data(Data, double)>(
    "context.gathered", "grattafiori2024", {"S", "c"}, [](auto s, auto c) { return s * c; });

/// Message over time, "algbw" of nccl-tests.
inline constexpr auto algorithm_bandwidth = equation<Bandwidth(Data, Time)>("exchange.algorithm_bandwidth", "nccl", {"S", "t"}, [](auto s, auto t) { return s / t; });
/// Bytes which an all-reduce of `n` ranks puts on each rank's link, over the message. Source: nccl-tests, doc/PERFORMANCE.md.
inline constexpr auto all_reduce_factor = equation<double(double)>("exchange.all_reduce_factor", "nccl", {"n"}, [](auto n) { return 2 * (n - 1) / n; });
/// The same for all-gather, reduce-scatter and all-to-all. Source: nccl-tests, doc/PERFORMANCE.md.
inline constexpr auto gather_factor = equation<double(double)>("exchange.gather_factor", "nccl", {"n"}, [](auto n) { return (n - 1) / n; });
/// What the links carry: "busbw" of nccl-tests.
inline constexpr auto bus_bandwidth = equation<Bandwidth(Bandwidth, double)>("exchange.bus_bandwidth", "nccl", {"B_alg", "f"}, [](auto b, auto f) { return b * f; });

/// Model FLOP of a step in which weights are frozen: gradients of their inputs alone, and both gradients of attention, whose full matrix is twice
/// what a causal mask leaves. Source: Hu 2021, arXiv:2106.09685.
inline constexpr auto frozen_step_work = equation<Work(Work, Work, double)>(
    "training.frozen_step_work", "hu2021", {"F", "F_causal", "B"}, [](auto f, auto c, auto b) { return (2 * f + 2 * (f - c)) * b; });

/// Work of the two passes of fused attention in units of the forward pass: backward has 5 products where forward has 2, and runs at the share
/// `b` of its rate. Source: Dao 2022, algorithm 4; Shah et al., "FlashAttention-3", arXiv:2407.08608, figures 5 and 6.
inline constexpr auto attention_factor = equation<double(double)>(
    "attention.training_factor", "shah2024", {"b"}, [](auto b) { return 1 + 2.5 / b; });

/// Share of the peak which matrix units reach when they run for seconds: `eta` of short runs, of which a power limit leaves `s`.
inline constexpr auto sustained_share = equation<double(double, double)>("efficiency.sustained", "definition", {"eta", "s"}, [](auto e, auto s) { return e * s; });

/// The first FlashAttention runs at half the rate of the second. Source: Dao, "FlashAttention-2", arXiv:2307.08691, abstract.
inline constexpr auto half_rate = equation<double(double)>("attention.half_rate", "dao2023", {"eta"}, [](auto e) { return e / 2; });

}  // namespace mlsysim::eq
