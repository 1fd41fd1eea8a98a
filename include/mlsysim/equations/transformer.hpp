#pragma once
/// \file
/// Work, data and parameters of the operators of neural networks. 1 MAC = 2 FLOP.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// A batch of m x n x k matrix products.
inline constexpr auto gemm_work = equation<Work(double, double, double, double)>(
    "gemm.work", "definition", {"b", "m", "n", "k"}, [](auto b, auto m, auto n, auto k) { return 2 * b * m * n * k * unit<"FLOP">; });

/// Scores QK^T and weighted values PV: 2 FLOP per MAC, two products, for every pair of query and key which is computed.
/// Source: Vaswani 2017, arXiv:1706.03762.
inline constexpr auto attention_work = equation<Work(double, double, double, double)>(
    "attention.work", "vaswani2017", {"b", "pairs", "a", "d"}, [](auto b, auto n, auto a, auto d) { return 4 * b * n * a * d * unit<"FLOP">; });

/// Pairs of query and key of `s` new tokens behind `c` cached ones when every query sees every key.
inline constexpr auto full_pairs = equation<double(double, double)>(
    "attention.full_pairs", "vaswani2017", {"s", "c"}, [](auto s, auto c) { return s * (s + c); });
/// The same under a causal mask whose masked blocks the kernel skips (Dao 2022, arXiv:2205.14135).
inline constexpr auto causal_pairs = equation<double(double, double)>(
    "attention.causal_pairs", "dao2022", {"s", "c"}, [](auto s, auto c) { return s * c + s * (s + 1) / 2; });

/// Full pairs when a query sees at most the last `w` tokens, itself included (sliding-window attention: Jiang 2023, arXiv:2310.06825).
inline constexpr auto window_pairs = equation<double(double, double, double)>(
    "attention.window_pairs", "jiang2023", {"s", "c", "w"}, [](auto s, auto c, auto w) { return s * min(s + c, w); });
/// The same under a causal mask: the first tokens still see fewer than `w`. With w >= s + c this is `causal_pairs`.
inline constexpr auto causal_window_pairs = equation<double(double, double, double)>(
    "attention.causal_window_pairs", "jiang2023", {"s", "c", "w"}, [](auto s, auto c, auto w) {
      auto n = min(max(w - c, 0.0), s);
      return n * c + n * (n + 1) / 2 + (s - n) * w;
    });

/// Different experts which `n` tokens visit when each picks `k` of `E` uniformly: the weights which a step must read.
/// Each expert is missed by one token with probability 1 - k/E. Real routers are less even, so this is an upper estimate.
inline constexpr auto experts_visited = equation<double(double, double, double)>(
    "moe.experts_visited", "definition", {"E", "k", "n"}, [](auto e, auto k, auto n) { return e * (1 - pow(1 - k / e, n)); });

/// A tensor of `n` values of `w` bytes each.
inline constexpr auto tensor_size = equation<Data(double, Data)>("tensor.size", "definition", {"n", "w"}, [](auto n, auto w) { return n * w; });

/// Bytes of a weight stored in `b` bits, its share of the group's scale included.
inline constexpr auto bits_to_bytes = equation<Data(double)>("tensor.bits", "definition", {"b"}, [](auto b) { return b / 8 * unit<"B">; });

/// Elementwise work: `k` FLOP for each of `n` values.
inline constexpr auto elementwise_work = equation<Work(double, double)>(
    "elementwise.work", "definition", {"n", "k"}, [](auto n, auto k) { return n * k * unit<"FLOP">; });

/// A product of counts.
inline constexpr auto product = equation<double(double, double)>("product", "definition", {"x", "y"}, [](auto x, auto y) { return x * y; });
/// A quotient of counts.
inline constexpr auto quotient = equation<double(double, double)>("quotient", "definition", {"x", "y"}, [](auto x, auto y) { return x / y; });
/// A sum of counts.
inline constexpr auto plus = equation<double(double, double)>("sum", "definition", {"x", "y"}, [](auto x, auto y) { return x + y; });

/// Parameters of `n` matrices of r x c values.
inline constexpr auto matrix_parameters = equation<double(double, double, double)>(
    "parameters.matrix", "definition", {"n", "r", "c"}, [](auto n, auto r, auto c) { return n * r * c; });

/// Cache per token of grouped-query attention: keys and values of g heads of size d in L layers.
/// Source: Pope 2022, arXiv:2211.05102; Ainslie 2023, arXiv:2305.13245.
inline constexpr auto kv_per_token = equation<Quantity<"B/token">(double, double, double, Data)>(
    "kv.bytes_per_token", "pope2022", {"L", "g", "d", "w"}, [](auto l, auto g, auto d, auto w) { return 2 * l * g * d * w / unit<"token">; });
/// The same of multi-head latent attention: one compressed vector and one rotary key per layer (DeepSeek-V2, arXiv:2405.04434).
inline constexpr auto latent_per_token = equation<Quantity<"B/token">(double, double, double, Data)>(
    "kv.latent_bytes_per_token", "deepseekv2", {"L", "d_c", "d_r", "w"}, [](auto l, auto c, auto r, auto w) { return l * (c + r) * w / unit<"token">; });
/// Cache of one sequence.
inline constexpr auto kv_size = equation<Data(Quantity<"B/token">, Tokens)>("kv.size", "pope2022", {"k", "T"}, [](auto k, auto t) { return k * t; });

}  // namespace mlsysim::eq
