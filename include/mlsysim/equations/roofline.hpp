#pragma once
/// \file
/// What one device needs for one operator.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// Time to compute work `W` at a dense peak `P` of which the share `eta` is reached.
inline constexpr auto compute_time = equation<Time(Work, ComputeRate, double)>(
    "roofline.compute_time", "williams2009", {"W", "P", "eta_c"}, [](auto w, auto p, auto e) { return w / (p * e); });

/// Time to move data `Q` over a memory of nominal bandwidth `B` of which the share `eta` is reached.
inline constexpr auto memory_time = equation<Time(Data, Bandwidth, double)>(
    "roofline.memory_time", "williams2009", {"Q", "B", "eta_m"}, [](auto q, auto b, auto e) { return q / (b * e); });

/// Time to move data `Q` through a cache of measured bandwidth `B` of which the share `eta` is reached: the roof of a level
/// (Yang, Kurth, Williams, "Hierarchical Roofline analysis for GPUs", CCPE 32(20), 2020).
inline constexpr auto cache_time = equation<Time(Data, Bandwidth, double)>(
    "roofline.cache_time", "yang2020", {"Q", "B_cache", "eta_m"}, [](auto q, auto b, auto e) { return q / (b * e); });
/// What reaches main memory: all but the data `Q_cached` which was used so recently that it is still in the cache
/// (stack distance below its capacity: Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970).
inline constexpr auto cache_misses = equation<Data(Data, Data)>(
    "roofline.cache_misses", "mattson1970", {"Q", "Q_cached"}, [](auto q, auto c) { return q - c; });
/// Levels move at once: the slower of them is waited for.
inline constexpr auto slowest_level = equation<Time(Time, Time)>(
    "roofline.slowest_level", "yang2020", {"t_main", "t_cache"}, [](auto m, auto c) { return max(m, c); });

/// FLOP to turn `w` stored weights back into the format of the products: one subtraction (zero point) and one multiplication (scale) each,
/// again for every one of the `r` rows of tiles which read them (Frantar et al. 2022, GPTQ, section 4).
inline constexpr auto dequantization_work = equation<Work(double, double)>(
    "quantization.work", "frantar2022", {"w", "r"}, [](auto w, auto r) { return 2 * w * r * unit<"FLOP">; });

/// Time which the host needs to start `n` operators of a framework, `t` each
/// (Fernandez et al. 2023, "The Framework Tax", EMNLP: latency does not fall below it, however small the batch).
inline constexpr auto host_time = equation<Time(double, Time)>(
    "dispatch.host_time", "fernandez2023", {"n", "t_host"}, [](auto n, auto t) { return n * t; });
/// Host and device work at once: a pass takes as long as the slower of them.
inline constexpr auto host_bound = equation<Time(Time, Time)>(
    "dispatch.host_bound", "fernandez2023", {"t_device", "t_host"}, [](auto d, auto h) { return max(d, h); });

/// Computing and moving overlap fully; launching does not.
/// Source: Williams, Waterman, Patterson, "Roofline", CACM 52(4), 2009.
inline constexpr auto roofline_time = equation<Time(Time, Time, Time)>(
    "roofline.time", "williams2009", {"t_c", "t_m", "t_launch"}, [](auto c, auto m, auto d) { return max(c, m) + d; });

/// Kernels before and after the products move the data, as around the backward pass of fused attention, where sums of rows come first and gradients of
/// queries are converted last: nothing overlaps. Source: Dao, "FlashAttention-2", arXiv:2307.08691, algorithm 2.
inline constexpr auto serial_time = equation<Time(Time, Time, Time)>(
    "attention.serial_time", "dao2023", {"t_c", "t_m", "t_launch"}, [](auto c, auto m, auto d) { return c + m + d; });

/// Arithmetic intensity of a pass.
inline constexpr auto intensity =
    equation<Intensity(Work, Data)>("roofline.intensity", "williams2009", {"W", "Q"}, [](auto w, auto q) { return w / q; });

/// Intensity at which the two roofs meet.
inline constexpr auto ridge =
    equation<Intensity(ComputeRate, Bandwidth)>("roofline.ridge", "williams2009", {"P", "B"}, [](auto p, auto b) { return p / b; });

/// Model FLOP utilisation: FLOP the model needs, full attention matrix counted, over what the device could have done
/// (Chowdhery 2022, "PaLM", appendix B).
inline constexpr auto mfu = equation<double(Work, Time, ComputeRate)>(
    "utilisation.mfu", "chowdhery2022", {"W_model", "t", "P"}, [](auto w, auto t, auto p) { return w / (t * p); });

/// Share of the dense peak which kernels keep busy: executed FLOP, without the scores which a causal kernel skips, recomputation counted.
inline constexpr auto compute_utilisation = equation<double(Work, Time, ComputeRate)>(
    "utilisation.compute", "definition", {"W", "t", "P"}, [](auto w, auto t, auto p) { return w / (t * p); });

/// Model bandwidth utilisation: bytes which must move over what the memory could have moved.
inline constexpr auto mbu = equation<double(Data, Time, Bandwidth)>(
    "utilisation.mbu", "definition", {"Q", "t", "B"}, [](auto q, auto t, auto b) { return q / (t * b); });

/// All repeats of an operator, with the factor of the pass.
inline constexpr auto repeated_work = equation<Work(Work, double, double)>(
    "operator.repeated_work", "definition", {"W", "n", "f"}, [](auto w, auto n, auto f) { return w * n * f; });
/// Bytes of all repeats.
inline constexpr auto repeated_data = equation<Data(Data, double, double)>(
    "operator.repeated_data", "definition", {"Q", "n", "f"}, [](auto q, auto n, auto f) { return q * n * f; });
/// Time of all repeats.
inline constexpr auto repeated_time = equation<Time(Time, double, double)>(
    "operator.repeated_time", "definition", {"t", "n", "f"}, [](auto t, auto n, auto f) { return t * n * f; });

/// What one execution moves: weights, activations in and out, cache in and out.
inline constexpr auto operator_data = equation<Data(Data, Data, Data, Data, Data)>(
    "operator.data", "definition", {"Q_w", "Q_in", "Q_out", "Q_read", "Q_write"}, [](auto w, auto i, auto o, auto r, auto s) { return w + i + o + r + s; });

/// Samples of a pass per time.
inline constexpr auto sample_rate = equation<SampleRate(Samples, Time)>("rate.samples", "definition", {"b", "t"}, [](auto b, auto t) { return b / t; });
/// Tokens of a pass per time.
inline constexpr auto token_rate = equation<TokenRate(Tokens, Time)>("rate.tokens_per_time", "definition", {"n", "t"}, [](auto n, auto t) { return n / t; });

/// Mean power between idle and thermal design power, in proportion to the busier of arithmetic and memory. A first-order assumption:
/// it takes no account of the energy of one operation, so that a format with half the bits draws the same power.
inline constexpr auto mean_power = equation<Power(Power, Power, double, double)>(
    "power.proportional", "assumption", {"P_idle", "P_tdp", "u_c", "u_m"}, [](auto i, auto t, auto c, auto m) { return i + (t - i) * min(max(c, m), 1.0); });
/// Energy of one device over a pass.
inline constexpr auto pass_energy = equation<Energy(Power, Time)>("energy.pass", "definition", {"P", "t"}, [](auto p, auto t) { return p * t; });

}  // namespace mlsysim::eq
