#pragma once
/// \file
/// What a technique changes: memory, time, energy, score.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// Memory without it over memory with it.
inline constexpr auto memory_saving = equation<double(Data, Data)>(
    "compression.memory_saving", "definition", {"M_before", "M_after"}, [](auto b, auto a) { return b / a; });
/// Time without it over time with it.
inline constexpr auto speedup = equation<double(Time, Time)>(
    "compression.speedup", "definition", {"t_before", "t_after"}, [](auto b, auto a) { return b / a; });
/// Time per token of a whole service.
inline constexpr auto token_time = equation<Time(TokenRate)>(
    "compression.token_time", "definition", {"X"}, [](auto x) { return 1 / x * unit<"token">; });
/// Energy without it over energy with it.
inline constexpr auto energy_saving = equation<double(Energy, Energy)>(
    "compression.energy_saving", "definition", {"E_before", "E_after"}, [](auto b, auto a) { return b / a; });
/// Points which it costs, of a score which should be high.
inline constexpr auto score_loss = equation<double(double, double)>(
    "compression.score_loss", "definition", {"before", "after"}, [](auto b, auto a) { return b - a; });
/// Points which it costs, of an error or perplexity which should be low.
inline constexpr auto error_gain = equation<double(double, double)>(
    "compression.error_gain", "definition", {"before", "after"}, [](auto b, auto a) { return a - b; });
/// Time under a technique which takes `f` times as long.
inline constexpr auto overhead_time = equation<Time(Time, double)>(
    "technique.overhead_time", "definition", {"t", "f"}, [](auto t, auto f) { return t * f; });
/// Several techniques one upon the other.
inline constexpr auto combined_factor = equation<double(double, double)>(
    "technique.combined_factor", "definition", {"f_1", "f_2"}, [](auto a, auto b) { return a * b; });

}  // namespace mlsysim::eq
