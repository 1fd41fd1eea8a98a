#pragma once
/// \file
/// What training and inference must hold.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// Parameters of one rank when tensor and pipeline ranks divide them evenly.
inline constexpr auto sharded_parameters = equation<double(double, double, double)>(
    "memory.sharded_parameters", "narayanan2021", {"N", "t", "p"}, [](auto n, auto t, auto p) { return n / (t * p); });

/// Weights, gradients or optimizer state of `N` parameters at `w` bytes each, divided by the `d` ranks which share them
/// (1 below the ZeRO stage which divides this part). Source: Rajbhandari 2020, arXiv:1910.02054.
inline constexpr auto state_size =
    equation<Data(double, Data, double)>("memory.state", "rajbhandari2020", {"N", "w", "d"}, [](auto n, auto w, auto d) { return n * w / d; });

/// Activations of one Transformer layer and micro-batch in 16 bits with dropout, divided by t tensor ranks with sequence parallelism.
/// Source: Korthikanti 2022, arXiv:2205.05198, equation 4.
inline constexpr auto layer_activations_sequence_parallel = equation<Data(double, double, double, double, double)>(
    "memory.layer_activations_sp", "korthikanti2022", {"s", "b", "h", "a", "t"},
    [](auto s, auto b, auto h, auto a, auto t) { return s * b * h / t * (34 + 5 * a * s / h) * unit<"B">; });
/// The same without sequence parallelism: norms, dropouts and inputs stay whole on every rank. Equation 2.
inline constexpr auto layer_activations = equation<Data(double, double, double, double, double)>(
    "memory.layer_activations", "korthikanti2022", {"s", "b", "h", "a", "t"},
    [](auto s, auto b, auto h, auto a, auto t) { return s * b * h * (10 + 24 / t + 5 * a * s / (h * t)) * unit<"B">; });
/// With the attention core recomputed (or a fused kernel which never stores scores): 34 s b h / t. Equation 6.
inline constexpr auto layer_activations_selective_sequence_parallel = equation<Data(double, double, double, double)>(
    "memory.layer_activations_selective_sp", "korthikanti2022", {"s", "b", "h", "t"},
    [](auto s, auto b, auto h, auto t) { return 34 * s * b * h / t * unit<"B">; });
inline constexpr auto layer_activations_selective = equation<Data(double, double, double, double)>(
    "memory.layer_activations_selective", "korthikanti2022", {"s", "b", "h", "t"},
    [](auto s, auto b, auto h, auto t) { return s * b * h * (10 + 24 / t) * unit<"B">; });
/// With full recomputation only the input of each layer is kept: 2 s b h.
inline constexpr auto layer_activations_full = equation<Data(double, double, double)>(
    "memory.layer_activations_full", "korthikanti2022", {"s", "b", "h"}, [](auto s, auto b, auto h) { return 2 * s * b * h * unit<"B">; });

/// Layers of one pipeline stage times the micro-batches in flight.
inline constexpr auto stage_activations = equation<Data(Data, double, double, double)>(
    "memory.stage_activations", "korthikanti2022", {"A", "L", "p", "n"}, [](auto a, auto l, auto p, auto n) { return a * (l / p) * n; });

/// Cache of a batch on one of `t` tensor and `p` pipeline ranks.
inline constexpr auto cache_of_batch = equation<Data(Data, double, double, double)>(
    "memory.cache", "pope2022", {"K", "b", "t", "p"}, [](auto k, auto b, auto t, auto p) { return k * b / (t * p); });

inline constexpr auto scaled = equation<Data(Data, double)>("memory.scaled", "definition", {"A", "n"}, [](auto a, auto n) { return a * n; });
inline constexpr auto left = equation<Data(Data, Data)>("memory.left", "definition", {"C", "M"}, [](auto c, auto m) { return c - m; });

}  // namespace mlsysim::eq
