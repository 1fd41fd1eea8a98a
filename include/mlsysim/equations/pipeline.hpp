#pragma once
/// \file
/// The training step: pipeline schedules, what parallel ranks exchange, and what is left of the peak.
#include "mlsysim/equations/collectives.hpp"

namespace mlsysim::eq {

/// Micro-batches per replica and step.
inline constexpr auto micro_batches = equation<double(double, double, double)>(
    "parallel.micro_batches", "definition", {"B", "b", "r"}, [](auto g, auto b, auto r) { return ceil(g / (b * r)); });

/// Groups of ranks which each hold a whole copy of the parameters that all tokens visit.
inline constexpr auto replicas = equation<double(double, double)>(
    "parallel.replicas", "definition", {"dp", "e"}, [](auto d, auto e) { return d * e; });

/// Distance in devices between neighbours of a dimension: the product of the degrees placed inside it.
inline constexpr auto stride = equation<double(double, double)>(
    "parallel.stride", "definition", {"s", "degree"}, [](auto s, auto d) { return s * d; });

/// Output projection onto the vocabulary, where it does not share the embedding.
inline constexpr auto head_parameters = equation<double(double, double)>(
    "parallel.head_parameters", "definition", {"V", "h"}, [](auto v, auto h) { return v * h; });

/// What is left for the layers when embedding and head are taken away.
inline constexpr auto layer_parameters = equation<double(double, double, double)>(
    "parallel.layer_parameters", "definition", {"N", "N_embedding", "N_head"}, [](auto n, auto e, auto h) { return n - e - h; });

/// Parameters on one rank of a stage of `l` of `L` layers, with the ends (embedding, head) which the stage has.
/// Source: Shoeybi et al., "Megatron-LM", arXiv:1909.08053.
inline constexpr auto stage_parameters = equation<double(double, double, double, double, double)>(
    "parallel.stage_parameters", "shoeybi2019", {"N_layers", "l", "L", "N_ends", "t"},
    [](auto n, auto l, auto all, auto ends, auto t) { return (n * l / all + ends) / t; });

/// Parameters all tokens visit: those of the layers without the routed experts.
inline constexpr auto dense_parameters = equation<double(double, double)>(
    "parallel.dense_parameters", "definition", {"N_layers", "N_routed"}, [](auto n, auto r) { return n - r; });

/// Parameters which stand on the same rank.
inline constexpr auto sum_of_parameters = equation<double(double, double)>(
    "parallel.sum_of_parameters", "definition", {"N_1", "N_2"}, [](auto a, auto b) { return a + b; });

/// Layers with experts among the `l` layers of a stage.
inline constexpr auto moe_stage_layers = equation<double(double, double, double)>(
    "parallel.moe_stage_layers", "definition", {"l", "L_dense", "L"}, [](auto l, auto d, auto all) { return l * (all - d) / all; });

/// Tokens which a micro-batch of `b` sequences processes.
inline constexpr auto micro_batch_tokens = equation<double(double, double)>(
    "parallel.micro_batch_tokens", "definition", {"b", "s"}, [](auto b, auto s) { return b * s; });

/// Each of two communications which share a window of compute gets half of it.
inline constexpr auto half_window = equation<Time(Time)>(
    "data_parallel.half_window", "definition", {"W"}, [](auto w) { return w / 2; });

/// Largest number of layers on a stage when `L` layers are dealt to `p` stages.
inline constexpr auto stage_layers = equation<double(double, double)>(
    "parallel.stage_layers", "definition", {"L", "p"}, [](auto l, auto p) { return ceil(l / p); });

/// Parameters of the routed experts: those which a token does not visit are (E - k) of E.
inline constexpr auto routed_parameters = equation<double(double, double, double, double)>(
    "parallel.routed_parameters", "fedus2021", {"N", "N_active", "E", "k"},
    [](auto n, auto a, auto e, auto k) { return (n - a) * e / (e - k); });

/// Activations of `n` tokens at the boundary of a layer. Source: Shoeybi 2019.
inline constexpr auto boundary_activations = equation<Data(double, double, Data)>(
    "parallel.boundary_activations", "shoeybi2019", {"n", "h", "w"}, [](auto n, auto h, auto w) { return n * h * w; });

/// What `k` experts per token make a rank send to the others. Source: Lepikhin et al., "GShard", arXiv:2006.16668.
inline constexpr auto dispatched_activations = equation<Data(double, double, double, Data)>(
    "parallel.dispatched_activations", "lepikhin2020", {"n", "k", "h", "w"},
    [](auto n, auto k, auto h, auto w) { return n * k * h * w; });

/// All-reduces of a forward pass under tensor parallelism: one after attention, one after the MLP. Source: Shoeybi 2019.
inline constexpr auto forward_reductions = equation<double(double)>(
    "parallel.forward_reductions", "shoeybi2019", {"L"}, [](auto l) { return 2 * l; });

/// All-to-alls of a forward pass under expert parallelism: dispatch and combine in each layer with experts. Source: Lepikhin 2020.
inline constexpr auto forward_exchanges = equation<double(double, double)>(
    "parallel.forward_exchanges", "lepikhin2020", {"L", "L_dense"}, [](auto l, auto d) { return 2 * (l - d); });

/// Boundaries between `p` pipeline stages, each of which costs one message.
inline constexpr auto stage_boundaries = equation<double(double)>(
    "parallel.stage_boundaries", "definition", {"p"}, [](auto p) { return p - 1; });

/// Bytes of the gradients or parameters of one rank.
inline constexpr auto shard_bytes = equation<Data(double, Data)>(
    "parallel.shard_bytes", "definition", {"N_rank", "w"}, [](auto n, auto w) { return n * w; });

/// Several of the same.
inline constexpr auto repeated = equation<Time(double, Time)>(
    "parallel.repeated", "definition", {"k", "t"}, [](auto k, auto t) { return k * t; });

/// Idle share of the schedule GPipe, 1F1B (v = 1) or interleaved 1F1B: idle / total.
/// Source: Narayanan et al., "Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM", SC 2021, section 2.2.
inline constexpr auto bubble_fraction = equation<double(double, double, double)>(
    "pipeline.bubble_fraction", "narayanan2021", {"p", "v", "m"},
    [](auto p, auto v, auto m) { return (p - 1) / (v * m + p - 1); });

/// The same idle time over the ideal time, which is what Narayanan 2021 calls the bubble time fraction.
inline constexpr auto bubble_over_ideal = equation<double(double, double, double)>(
    "pipeline.bubble_over_ideal", "narayanan2021", {"p", "v", "m"}, [](auto p, auto v, auto m) { return (p - 1) / (v * m); });

/// Idle time of a stage whose micro-batches take `t` each, forward and backward. Source: Narayanan 2021, section 2.2.
inline constexpr auto bubble_time = equation<Time(double, double, Time)>(
    "pipeline.bubble_time", "narayanan2021", {"p", "v", "t"}, [](auto p, auto v, auto t) { return (p - 1) / v * t; });

/// Idle time of a stage when gradients of weights, `t_W` a micro-batch, fill gaps (ZB-H1: Qi et al. 2023, "Zero Bubble Pipeline
/// Parallelism", table 2).
inline constexpr auto zero_bubble_time = equation<Time(double, Time, Time, Time)>(
    "pipeline.zero_bubble_time", "qi2023", {"p", "t_F", "t_B", "t_W"}, [](auto p, auto f, auto b, auto w) { return (p - 1) * (f + b - w); });

/// Idle share of a schedule from its idle and its busy time.
inline constexpr auto idle_share = equation<double(Time, Time)>(
    "pipeline.idle_share", "definition", {"t_idle", "t_busy"}, [](auto i, auto b) { return i / (i + b); });
/// Idle over busy time.
inline constexpr auto idle_over_busy = equation<double(Time, Time)>(
    "pipeline.idle_over_busy", "definition", {"t_idle", "t_busy"}, [](auto i, auto b) { return i / b; });

/// What is left of a time.
inline constexpr auto without = equation<Time(Time, Time)>("training.without", "definition", {"t", "t_part"}, [](auto t, auto p) { return t - p; });

/// Part of a time.
inline constexpr auto part = equation<Time(Time, double)>("training.part", "definition", {"t", "share"}, [](auto t, auto s) { return t * s; });

/// Tokens of a sequence which each of `c` context ranks computes.
inline constexpr auto context_tokens = equation<double(double, double)>(
    "context.tokens", "liu2023", {"s", "c"}, [](auto s, auto c) { return s / c; });
/// Tokens before them, on average, when every rank has a piece from the front and one from the back: (s - s/c) / 2, so that each rank meets
/// s^2 / (2 c) of the causal pairs.
inline constexpr auto context_before = equation<double(double, double)>(
    "context.before", "liu2023", {"s", "c"}, [](auto s, auto c) { return (s - s / c) / 2; });
/// Messages of a layer and micro-batch in a ring of `c`: keys and values go round in the forward pass, and again with their gradients in the
/// backward pass. Source: Liu, Zaharia, Abbeel, "Ring Attention", arXiv:2310.01889.
inline constexpr auto ring_messages = equation<double(double)>("context.messages", "liu2023", {"c"}, [](auto c) { return 3 * (c - 1); });
/// Keys and values of a rank's tokens: `h_kv` values of each in `v` bytes.
inline constexpr auto ring_message = equation<Data(double, double, Data)>(
    "context.message", "liu2023", {"tokens", "h_kv", "v"}, [](auto t, auto h, auto v) { return 2 * t * h * v; });
/// What communication costs beside the compute it runs behind.
inline constexpr auto behind = equation<Time(Time, Time)>("training.behind", "definition", {"t", "t_compute"}, [](auto t, auto w) { return max(t - w, t - t); });

/// Time in which the mean stage waits for the slowest.
inline constexpr auto imbalance_time = equation<Time(double, Time, Time)>(
    "pipeline.imbalance_time", "definition", {"m", "t_slowest", "t_mean"}, [](auto m, auto a, auto b) { return m * (a - b); });

/// Mean time of `p` stages.
inline constexpr auto mean_stage_time = equation<Time(Time, double)>(
    "pipeline.mean_stage_time", "definition", {"t_all", "p"}, [](auto t, auto p) { return t / p; });

/// Buckets in which gradients are reduced while the backward pass still runs. Source: Li et al., "PyTorch Distributed", VLDB 2020.
inline constexpr auto buckets = equation<double(Data, Data)>(
    "data_parallel.buckets", "li2020", {"S", "S_bucket"}, [](auto s, auto b) { return max(ceil(s / b), 1.0); });

/// Communication `R` behind a window `W` of compute, in `k` buckets: the last bucket has nothing left to hide behind.
/// Source: Li 2020.
inline constexpr auto exposed_time = equation<Time(Time, Time, double)>(
    "data_parallel.exposed_time", "li2020", {"R", "W", "k"}, [](auto r, auto w, auto k) { return max(r - w, r / k); });

/// Backward part of a pass: two thirds of forward and backward.
inline constexpr auto backward_share = equation<Time(Time)>(
    "training.backward_share", "narayanan2021", {"t"}, [](auto t) { return t * 2 / 3; });

/// Forward part of the same.
inline constexpr auto forward_share = equation<Time(Time)>(
    "training.forward_share", "narayanan2021", {"t"}, [](auto t) { return t / 3; });

/// Forward work which is done again in the backward pass: so much per micro-batch and rank, on `n` ranks.
inline constexpr auto recomputed_work = equation<Work(Work, double, double)>(
    "training.recomputed_work", "korthikanti2022", {"F", "m", "n"}, [](auto f, auto m, auto n) { return f * m * n; });

/// Messages between stages: activations forward and their gradients backward, for each micro-batch and model chunk. Source: Narayanan 2021.
inline constexpr auto stage_messages = equation<double(double, double)>(
    "pipeline.messages", "narayanan2021", {"v", "m"}, [](auto v, auto m) { return 2 * v * m; });

/// Collectives of a step inside the layers: `k` per layer, `l` layers, `m` micro-batches.
inline constexpr auto layer_operations = equation<double(double, double, double)>(
    "parallel.layer_operations", "shoeybi2019", {"k", "l", "m"}, [](auto k, auto l, auto m) { return k * l * m; });

/// What one of `m` micro-batches takes.
inline constexpr auto per_micro_batch = equation<Time(Time, double)>(
    "pipeline.per_micro_batch", "definition", {"t", "m"}, [](auto t, auto m) { return t / m; });

/// Devices which compute at once.
inline constexpr auto all_ranks = equation<double(double, double, double, double, double)>(
    "parallel.ranks", "definition", {"t", "p", "dp", "e", "c"},
    [](auto t, auto p, auto d, auto e, auto c) { return t * p * d * e * c; });

/// The optimizer reads and writes its state once per step. Source: Rajbhandari et al., "ZeRO", arXiv:1910.02054, section 3.1.
inline constexpr auto optimizer_time = equation<Time(double, Data, double, Bandwidth, double)>(
    "training.optimizer_time", "rajbhandari2020", {"N_rank", "w", "z", "B", "eta"},
    [](auto n, auto w, auto z, auto b, auto e) { return n * w / z / (b * e); });

/// Model FLOP of a step: backward is twice forward. Source: Narayanan 2021; Chowdhery et al., "PaLM", appendix B.
inline constexpr auto step_work = equation<Work(Work, double)>(
    "training.step_work", "chowdhery2022", {"F", "B"}, [](auto f, auto b) { return 3 * f * b; });

/// Model FLOP utilisation. Source: Chowdhery et al., "PaLM", arXiv:2204.02311, appendix B.
inline constexpr auto step_mfu = equation<double(Work, Time, double, ComputeRate)>(
    "training.mfu", "chowdhery2022", {"F_step", "T", "n", "P"}, [](auto f, auto t, auto n, auto p) { return f / (t * n * p); });

/// Hardware FLOP utilisation: recomputed work counts. Source: Korthikanti et al., arXiv:2205.05198.
inline constexpr auto step_hfu = equation<double(Work, Work, Time, double, ComputeRate)>(
    "training.hfu", "korthikanti2022", {"F_step", "F_recomputed", "T", "n", "P"},
    [](auto f, auto r, auto t, auto n, auto p) { return (f + r) / (t * n * p); });

/// Model FLOP per time and device.
inline constexpr auto step_rate = equation<ComputeRate(Work, Time, double)>(
    "training.achieved_rate", "narayanan2021", {"F_step", "T", "n"}, [](auto f, auto t, auto n) { return f / (t * n); });

/// Tokens per time, all devices together.
inline constexpr auto step_token_rate = equation<TokenRate(double, double, Time)>(
    "training.token_throughput", "definition", {"B", "s", "T"}, [](auto b, auto s, auto t) { return b * s * unit<"token"> / t; });

/// Samples per time, all devices together.
inline constexpr auto step_sample_rate = equation<SampleRate(double, Time)>(
    "training.sample_throughput", "definition", {"B", "T"}, [](auto b, auto t) { return b * unit<"sample"> / t; });

/// Optimizer steps which a run over `D` tokens takes, the last one perhaps in part.
inline constexpr auto steps_for_tokens = equation<double(Tokens, double, double)>(
    "training.steps_for_tokens", "definition", {"D", "B", "s"},
    [](auto d, auto b, auto s) { return ceil(d * unit<"1/token"> / (b * s)); });

/// Optimizer steps which a run over `D` samples takes, the last one perhaps in part.
inline constexpr auto steps_for_samples = equation<double(Samples, double)>(
    "training.steps_for_samples", "definition", {"D", "B"}, [](auto d, auto b) { return ceil(d * unit<"1/sample"> / b); });

/// Time of all steps, without failures.
inline constexpr auto run_time = equation<Time(double, Time)>(
    "training.run_time", "definition", {"steps", "T"}, [](auto n, auto t) { return n * t; });

/// Model FLOP of all steps.
inline constexpr auto run_work = equation<Work(double, Work)>(
    "training.run_work", "definition", {"steps", "F_step"}, [](auto n, auto f) { return n * f; });

/// The textbook's cross-check. Source: Kaplan et al., "Scaling Laws for Neural Language Models", arXiv:2001.08361, section 2.1;
/// with utilisation as in Narayanan 2021.
inline constexpr auto six_nd_time = equation<Time(double, Tokens, double, ComputeRate, double)>(
    "training.six_nd_time", "kaplan2020", {"N", "D", "MFU", "P", "n"},
    [](auto n, auto d, auto u, auto p, auto k) { return 6 * n * d * unit<"FLOP/token"> / (u * p * k); });

/// The rule of thumb over the estimate: 1 where both agree.
inline constexpr auto time_ratio = equation<double(Time, Time)>(
    "training.time_ratio", "definition", {"t_rule", "t"}, [](auto a, auto b) { return a / b; });

/// Throughput per device against one replica which does its share of the batch alone.
inline constexpr auto scaling_efficiency = equation<double(Time, Time)>(
    "training.scaling_efficiency", "definition", {"T_replica", "T"}, [](auto a, auto b) { return a / b; });

/// Mean power of a device which computes for a part of the time, updates parameters for another, and is only awake for the rest.
inline constexpr auto step_power = equation<Power(Power, Time, Power, Time, Power, Time)>(
    "training.mean_power", "definition", {"P_busy", "t_busy", "P_update", "t_update", "P_awake", "T"},
    [](auto p, auto t, auto u, auto d, auto i, auto all) { return (p * t + u * d + i * (all - t - d)) / all; });

}  // namespace mlsysim::eq
