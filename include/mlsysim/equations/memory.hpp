#pragma once
/// \file
/// What training and inference must hold.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// Parameters of one rank when tensor and pipeline ranks divide them evenly.
inline constexpr auto sharded_parameters = equation<double(double, double, double)>(
    "memory.sharded_parameters", "narayanan2021", {"N", "t", "p"}, [](auto n, auto t, auto p) { return n / (t * p); });

/// The same where `E_r` of the parameters are routed experts, which expert ranks divide further (GShard, arXiv:2006.16668).
inline constexpr auto sharded_expert_parameters = equation<double(double, double, double, double, double)>(
    "memory.sharded_expert_parameters", "lepikhin2020", {"N", "N_r", "t", "p", "e"},
    [](auto n, auto r, auto t, auto p, auto e) { return (n - r + r / e) / (t * p); });

/// Weights, gradients or optimizer state of `N` parameters at `w` bytes each, divided by the `d` ranks which share them
/// (1 below the ZeRO stage which divides this part). Source: Rajbhandari 2020, arXiv:1910.02054.
inline constexpr auto state_size =
    equation<Data(double, Data, double)>("memory.state", "rajbhandari2020", {"N", "w", "d"}, [](auto n, auto w, auto d) { return n * w / d; });

/// What a token leaves of a layer on every tensor rank: the inputs of two norms, `h` values of `w` each, those of attention and of the MLP, of `w_p`
/// each, in which products read them, and with dropout (D = 1, else 0) two masks of a byte per value. Source: Korthikanti 2022, arXiv:2205.05198,
/// section 4.1, in 16 bits.
inline constexpr auto token_whole = equation<Data(double, double, Data, Data)>(
    "memory.token_whole", "korthikanti2022", {"h", "D", "w", "w_p"}, [](auto h, auto d, auto w, auto p) { return 2 * h * w + 2 * h * p + 2 * d * h * unit<"B">; });
/// Queries, keys, values and their weighted sum, which tensor ranks divide. Section 4.1; `h` values each where every head has its own keys.
inline constexpr auto token_attention = equation<Data(double, double, double, double, Data)>(
    "memory.token_attention", "korthikanti2022", {"q", "k", "v", "o", "w"}, [](auto q, auto k, auto v, auto o, auto w) { return (q + k + v + o) * w; });
/// Scores of `a` heads with `s` keys: the softmax, and with dropout its mask and its result. Section 4.1.
inline constexpr auto token_scores = equation<Data(double, double, double, Data)>(
    "memory.token_scores", "korthikanti2022", {"a", "s", "D", "w"}, [](auto a, auto s, auto d, auto w) { return a * s * ((1 + d) * w + d * unit<"B">); });
/// Where every second product is computed again with all between them: the layer's input, queries, values, the result of attention, the input of
/// the activation function and the result of the MLP. Source: torchtitan, torchtitan/distributed/activation_checkpoint.py (selective mode `op`).
inline constexpr auto token_alternate = equation<Data(double, double, double, double, Data)>(
    "memory.token_alternate", "torchtitan_checkpoint", {"h", "q", "v", "f", "w"}, [](auto h, auto q, auto v, auto f, auto w) { return (2 * h + 2 * q + v + f) * w; });
/// Inputs of the activation function and of the second product, `f` values each; a gated MLP (g = 1, else 0) keeps the gate as well (Shazeer,
/// "GLU Variants Improve Transformer", arXiv:2002.05202). Section 4.1.
inline constexpr auto token_mlp = equation<Data(double, double, Data, Data)>(
    "memory.token_mlp", "korthikanti2022", {"f", "g", "w", "w_p"}, [](auto f, auto g, auto w, auto p) { return (1 + g) * f * w + f * p; });
/// The same where a token visits `k` experts: a copy of its `h` values for each.
inline constexpr auto token_experts = equation<Data(double, double, Data, Data)>(
    "memory.token_experts", "definition", {"k", "h", "A_mlp", "w_p"}, [](auto k, auto h, auto a, auto p) { return k * (a + h * p); });
/// Mean over the layers of a model, `d` of which have an MLP and the others experts.
inline constexpr auto mean_layer = equation<Data(Data, Data, double, double)>(
    "memory.mean_layer", "definition", {"A_mlp", "A_experts", "L_dense", "L"}, [](auto a, auto e, auto d, auto l) { return (a * d + e * (l - d)) / l; });
/// Activations of one Transformer layer and micro-batch on one of `t` tensor ranks; in 16 bits with dropout s b h (10 + 24 / t + 5 a s / (h t)).
/// Source: Korthikanti 2022, equation 2.
inline constexpr auto layer_activations = equation<Data(double, double, Data, Data, double)>(
    "memory.layer_activations", "korthikanti2022", {"s", "b", "A_whole", "A_divided", "t"}, [](auto s, auto b, auto w, auto d, auto t) { return s * b * (w + d / t); });
/// With sequence parallelism everything is divided: s b h / t (34 + 5 a s / h). Equation 4.
inline constexpr auto layer_activations_sequence_parallel = equation<Data(double, double, Data, Data, double)>(
    "memory.layer_activations_sp", "korthikanti2022", {"s", "b", "A_whole", "A_divided", "t"}, [](auto s, auto b, auto w, auto d, auto t) { return s * b * (w + d) / t; });
/// With full recomputation only the input of each layer is kept, 2 s b h in 16 bits; sequence parallelism divides it by `t`, else t = 1. Section 5.
inline constexpr auto layer_inputs = equation<Data(double, double, double, Data, double)>(
    "memory.layer_inputs", "korthikanti2022", {"s", "b", "h", "w", "t"}, [](auto s, auto b, auto h, auto w, auto t) { return s * b * h * w / t; });

/// Behind the last layer, where one device holds the whole stack: normalised input and input of the head in 16 bits and the
/// logits in fp32, divided over t ranks. Section 4.3.
inline constexpr auto head_activations = equation<Data(double, double, double, double, double)>(
    "memory.head_activations", "korthikanti2022", {"s", "b", "h", "V", "t"},
    [](auto s, auto b, auto h, auto v, auto t) { return 4 * s * b * (h + v) / t * unit<"B">; });

/// Layers of the first pipeline stage times the micro-batches in flight.
inline constexpr auto stage_activations = equation<Data(Data, double, double, double)>(
    "memory.stage_activations", "korthikanti2022", {"A", "L", "p", "n"}, [](auto a, auto l, auto p, auto n) { return a * (l / p) * n; });
/// Micro-batches whose activations stage `r` of interleaved 1F1B keeps, counted from 0, v > 1 chunks per stage: on the first 1 + (p - 1) / (p v) times
/// the p of plain 1F1B (section 4.2.3), two chunks fewer on each one after it, and never more than there are.
inline constexpr auto interleaved_in_flight = equation<double(double, double, double, double)>(
    "memory.interleaved_in_flight", "korthikanti2022", {"p", "v", "m", "r"}, [](auto p, auto v, auto m, auto r) { return min(p + (p - 1 - 2 * r) / v, m); });

/// Cache of a batch on one of `p` pipeline ranks and of the `g` tensor ranks which divide the key-value heads; ranks beyond the number of
/// heads hold copies, and the compressed cache of latent attention is held by every rank (g = 1).
inline constexpr auto cache_of_batch = equation<Data(Data, double, double, double)>(
    "memory.cache", "pope2022", {"K", "b", "g", "p"}, [](auto k, auto b, auto g, auto p) { return k * b / (g * p); });

/// Activations of `n` layers or micro-batches.
inline constexpr auto scaled = equation<Data(Data, double)>("memory.scaled", "definition", {"A", "n"}, [](auto a, auto n) { return a * n; });
/// Weights which stay on the device: all, or what activations leave free.
inline constexpr auto resident_weights = equation<Data(Data, Data)>("streaming.resident", "definition", {"W", "C_free"}, [](auto w, auto c) { return min(w, c); });
/// Weights which come over a link for every pass.
inline constexpr auto streamed_weights = equation<Data(Data, Data)>("streaming.weights", "definition", {"W", "W_resident"}, [](auto w, auto r) { return w - r; });
/// Time of the link for them; it works while the device computes.
inline constexpr auto streaming_time = equation<Time(Data, Bandwidth)>("streaming.time", "definition", {"Q", "B_link"}, [](auto q, auto b) { return q / b; });
/// A pass takes as long as the slower of device and link.
inline constexpr auto streaming_bound = equation<Time(Time, Time)>("streaming.bound", "definition", {"t_device", "t_link"}, [](auto d, auto l) { return max(d, l); });
/// Capacity which is left.
inline constexpr auto left = equation<Data(Data, Data)>("memory.left", "definition", {"C", "M"}, [](auto c, auto m) { return c - m; });

}  // namespace mlsysim::eq
