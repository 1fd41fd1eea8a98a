#pragma once
/// \file
/// The way of samples to the accelerators: read, carried, decoded, copied. The slowest stage sets the rate.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// Samples which a store or a link delivers, when a share `m` of them is not in the host's memory.
inline constexpr auto delivery_rate = equation<SampleRate(Bandwidth, double, Quantity<"B/sample">)>(
    "data.delivery_rate", "definition", {"B", "m", "s"}, [](auto b, auto m, auto s) { return b / (m * s); });

/// Sequences of `s` tokens as samples.
inline constexpr auto sequence_rate = equation<SampleRate(TokenRate, double)>(
    "data.sequence_rate", "definition", {"r", "s"}, [](auto r, auto s) { return r / s * unit<"sample/token">; });

/// Drives which are read together.
inline constexpr auto joined_bandwidth = equation<Bandwidth(double, Bandwidth)>(
    "data.joined_bandwidth", "definition", {"d", "B"}, [](auto d, auto b) { return d * b; });

/// Samples which `w` workers prepare.
inline constexpr auto preparation_rate = equation<SampleRate(double, SampleRate)>(
    "data.preparation_rate", "definition", {"w", "r"}, [](auto w, auto r) { return w * r; });

/// Samples which the host links of `n` devices carry.
inline constexpr auto copy_rate = equation<SampleRate(double, Bandwidth, Quantity<"B/sample">)>(
    "data.copy_rate", "definition", {"n", "B", "s"}, [](auto n, auto b, auto s) { return n * b / s; });

/// Of stages in a row the slower one decides.
inline constexpr auto slower_stage = equation<SampleRate(SampleRate, SampleRate)>(
    "data.supply", "definition", {"r_1", "r_2"}, [](auto a, auto b) { return min(a, b); });

/// Share of the time in which accelerators wait for data. Source: Mohan et al., "Analyzing and Mitigating Data Stalls in DNN Training",
/// VLDB 2021, who measure it as 1 - supply / demand.
inline constexpr auto stall_share = equation<double(SampleRate, SampleRate)>(
    "data.stall", "mohan2021", {"S", "D"}, [](auto s, auto d) { return max(1 - s / d, 0.0); });

/// Time of a run whose accelerators wait for a share `x` of it.
inline constexpr auto stalled_time = equation<Time(Time, double)>(
    "data.stalled_time", "definition", {"T", "x"}, [](auto t, auto x) { return t / (1 - x); });

/// Fewest workers which keep up.
inline constexpr auto workers_needed = equation<double(SampleRate, SampleRate)>(
    "data.workers_needed", "definition", {"D", "r"}, [](auto d, auto r) { return ceil(d / r); });

/// Bandwidth which keeps up.
inline constexpr auto bandwidth_needed = equation<Bandwidth(SampleRate, double, Quantity<"B/sample">)>(
    "data.bandwidth_needed", "definition", {"D", "m", "s"}, [](auto d, auto m, auto s) { return d * (m * s); });

/// Share of the samples which must come from the host's memory for a store to keep up.
inline constexpr auto cache_needed = equation<double(Bandwidth, SampleRate, Quantity<"B/sample">)>(
    "data.cache_needed", "definition", {"B", "D", "s"}, [](auto b, auto d, auto s) { return max(1 - b / (d * s), 0.0); });

/// Time to bring a data set to where it is used.
inline constexpr auto staging_time = equation<Time(Data, Bandwidth)>(
    "data.staging_time", "definition", {"S", "B"}, [](auto s, auto b) { return s / b; });

}  // namespace mlsysim::eq
