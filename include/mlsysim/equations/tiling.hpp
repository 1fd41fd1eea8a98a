#pragma once
/// \file
/// Why a matrix product rarely reaches its ceiling: shapes are cut into tiles, tiles run in waves, and each tile has to start and end.
/// Source: NVIDIA, "Matrix Multiplication Background User's Guide", sections on tile and wave quantization.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// Tiles of `t_m` x `t_n` which cover `b` products of `m` x `n`.
inline constexpr auto tiles = equation<double(double, double, double, double, double)>(
    "efficiency.tiles", "nvidia_matmul_guide", {"b", "m", "n", "t_m", "t_n"}, [](auto b, auto m, auto n, auto tm, auto tn) { return b * ceil(m / tm) * ceil(n / tn); });

/// Tiles which cover the products of `b` experts, each with `m` rows in the mean. A tile belongs to one expert, whose rows are padded to whole tiles
/// (vLLM, fused_moe/moe_align_block_size.py). Routing spreads the rows, so that an expert's last tile is half full in the mean; no expert which is visited
/// has fewer than one.
inline constexpr auto grouped_tiles = equation<double(double, double, double, double, double)>(
    "efficiency.grouped_tiles", "vllm_moe_align", {"b", "m", "n", "t_m", "t_n"}, [](auto b, auto m, auto n, auto tm, auto tn) { return b * max(m / tm + 0.5, 1.0) * ceil(n / tn); });

/// Share of the tiles' area which the result fills.
inline constexpr auto tile_share = equation<double(double, double, double, double, double, double)>(
    "efficiency.tile_quantization", "nvidia_matmul_guide", {"b", "m", "n", "T", "t_m", "t_n"},
    [](auto b, auto m, auto n, auto t, auto tm, auto tn) { return b * m * n / (t * tm * tn); });

/// Share of the units which `s` parts of each of `T` tiles keep busy, the last wave included.
inline constexpr auto wave_share = equation<double(double, double, double)>(
    "efficiency.wave_quantization", "nvidia_matmul_guide", {"T", "s", "units"}, [](auto t, auto s, auto u) { return t * s / (ceil(t * s / u) * u); });

/// Share of a tile's time in which it multiplies: loading the first operands and storing the result take as long as `k_0` more of its depth.
inline constexpr auto depth_ramp = equation<double(double, double, double)>(
    "efficiency.depth_ramp", "nvidia_matmul_guide", {"k", "s", "k_0"}, [](auto k, auto s, auto k0) { return k / s / (k / s + k0); });

/// What a shape reaches: the ceiling of its class, cut by tiles, waves and depth.
inline constexpr auto shape_efficiency = equation<double(double, double, double, double)>(
    "efficiency.shape", "definition", {"eta_max", "q_tile", "q_wave", "q_depth"}, [](auto e, auto t, auto w, auto k) { return e * t * w * k; });

/// Pairs of query and key which tiles of `t_q` queries compute for `p` which count: below the diagonal of a causal mask each query
/// meets half a tile more (Dao 2023, FlashAttention-2, section 3.1).
inline constexpr auto causal_share = equation<double(double, double, double)>(
    "efficiency.causal_tiles", "dao2023", {"p", "q", "t_q"}, [](auto p, auto q, auto t) { return p / (p + q * t / 2); });

/// Time for `n` exponentials at 16 a clock on each of the units, which matrix units wait for
/// (Shah et al. 2024, FlashAttention-3, section 2.1: 3.9 T/s on an H100).
inline constexpr auto exponential_time = equation<Time(double, double, Frequency)>(
    "attention.exponentials", "shah2024", {"n", "units", "f"}, [](auto n, auto u, auto f) { return n / (16 * u * f); });

/// A 3 x 3 convolution by minimal filtering F(4x4, 3x3): 36 products of `p` blocks with `c` channels in and `o` out, where the direct method has
/// 144 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, section 4).
inline constexpr auto winograd_work = equation<Work(double, double, double)>(
    "convolution.winograd_work", "lavin2016", {"p", "c", "o"}, [](auto p, auto c, auto o) { return 36 * 2 * p * c * o * unit<"FLOP">; });
/// What those products read and write, `w` bytes a value: 36 values for each block and channel in and out, and for each pair of channels.
inline constexpr auto winograd_data = equation<Data(double, double, double, Data)>(
    "convolution.winograd_data", "lavin2016", {"p", "c", "o", "w"}, [](auto p, auto c, auto o, auto w) { return 36 * (p * (c + o) + c * o) * w; });
/// What the transforms around the products move: the operator's own data `Q` once, and that of the products once more.
inline constexpr auto transform_data = equation<Data(Data, Data)>(
    "convolution.transform_data", "lavin2016", {"Q", "Q_t"}, [](auto q, auto t) { return q + t; });

}  // namespace mlsysim::eq
