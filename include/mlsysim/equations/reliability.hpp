#pragma once
/// \file
/// Failures of many devices and the cost of living with them.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// From a count of failures of `n` devices in a window.
inline constexpr auto observed_mtbf = equation<Time(double, Time, double)>(
    "reliability.observed_mtbf", "definition", {"n", "T", "k"}, [](auto n, auto t, auto k) { return n * t / k; });

/// Failure rates add: independent devices with exponential lifetimes, any of which stops the run.
/// Source: Trivedi, "Probability and Statistics with Reliability, Queuing, and Computer Science Applications", 2nd ed. 2002.
inline constexpr auto fleet_mtbf = equation<Time(Time, double)>(
    "reliability.fleet_mtbf", "trivedi2002", {"M", "n"}, [](auto m, auto n) { return m / n; });

/// Useful work between checkpoints which loses least, to first order; `delta` small against `M`.
/// Source: Young, "A first order approximation to the optimum checkpoint interval", CACM 17 (1974).
inline constexpr auto young_interval = equation<Time(Time, Time)>(
    "reliability.young_interval", "young1974", {"delta", "M"}, [](auto d, auto m) { return sqrt(2 * d * m); });

/// The same to higher order, for delta < 2 M. Source: Daly, "A higher order estimate of the optimum checkpoint interval for restart
/// dumps", Future Generation Computer Systems 22 (2006), equation 37.
inline constexpr auto daly_interval = equation<Time(Time, Time)>(
    "reliability.daly_interval", "daly2006", {"delta", "M"}, [](auto d, auto m) {
      return sqrt(2 * d * m) * (1 + sqrt(d / (2 * m)) / 3 + d / (2 * m) / 9) - d;
    });

/// Useful time / wall time with exponential failures during work, checkpoint and restart. Source: Daly 2006.
inline constexpr auto goodput = equation<double(Time, Time, Time, Time)>(
    "reliability.goodput", "daly2006", {"tau", "delta", "R", "M"},
    [](auto t, auto d, auto r, auto m) { return t / (m * exp(r / m) * (exp((t + d) / m) - 1)); });

/// Share of the wall time spent writing checkpoints.
inline constexpr auto checkpoint_share = equation<double(double, Time, Time)>(
    "reliability.checkpoint_share", "daly2006", {"g", "delta", "tau"}, [](auto g, auto d, auto t) { return g * d / t; });

/// Share of the wall time spent in restarts, interrupted ones included: every failure costs M (exp(R/M) - 1) (from Daly 2006).
inline constexpr auto restart_share = equation<double(Time, Time)>(
    "reliability.restart_share", "daly2006", {"R", "M"}, [](auto r, auto m) { return 1 - exp(-1 * (r / m)); });

/// Share of the wall time lost to work and checkpoints which a failure made void (the rest of Daly 2006).
inline constexpr auto rework_share = equation<double(double, double, double)>(
    "reliability.rework_share", "daly2006", {"g", "c", "r"}, [](auto g, auto c, auto r) { return 1 - g - c - r; });

/// Time on the clock for `T` of useful work.
inline constexpr auto wall_time = equation<Time(Time, double)>(
    "reliability.wall_time", "daly2006", {"T", "g"}, [](auto t, auto g) { return t / g; });

/// What a checkpoint holds: weights and optimizer state of `N` parameters, `s` bytes each.
inline constexpr auto checkpoint_size = equation<Data(double, Data)>(
    "reliability.checkpoint_size", "rajbhandari2020", {"N", "s"}, [](auto n, auto s) { return n * s; });
/// Time for which the run stops to write it, when all but the share `a` of the writing goes on behind the next steps.
inline constexpr auto checkpoint_stop = equation<Time(Data, Bandwidth, double)>(
    "reliability.checkpoint_stop", "definition", {"S", "B_storage", "a"}, [](auto s, auto b, auto a) { return s / b * a; });

/// Chance that no more than `k` devices are away at once, when each fails every `M_1` and is away for `T_repair`: a Poisson count of mean
/// n T_repair / M_1. Source: Trivedi 2002, section 2.5.
inline constexpr auto spares_suffice = equation<double(double, Time, Time)>(
    "reliability.spares_suffice", "trivedi2002", {"k", "T_repair", "M"}, [](auto k, auto t, auto m) { return poisson_at_most(k, t / m); });

/// Failures in `T`, at a constant rate.
inline constexpr auto expected_failures = equation<double(Time, Time)>(
    "reliability.expected_failures", "trivedi2002", {"T", "M"}, [](auto t, auto m) { return t / m; });

}  // namespace mlsysim::eq
