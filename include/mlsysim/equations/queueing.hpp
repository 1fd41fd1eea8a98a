#pragma once
/// \file
/// Waiting: how load turns into delay.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// Offered rate over what `r` replicas can serve; at 1 and above there is no steady state.
inline constexpr auto queue_utilisation = equation<double(RequestRate, double, RequestRate)>(
    "queueing.utilisation", "kleinrock1975", {"lambda", "r", "X"}, [](auto l, auto r, auto x) { return l / (r * x); });

/// Fewest replicas whose capacity is above the offered rate.
inline constexpr auto least_replicas = equation<double(RequestRate, RequestRate)>(
    "queueing.least_replicas", "kleinrock1975", {"lambda", "X"}, [](auto l, auto x) { return floor(l / x) + 1; });

/// Mean number of busy servers: arrivals times service time. Source: Little 1961.
inline constexpr auto offered_load = equation<double(RequestRate, double, Time)>(
    "queueing.offered_load", "little1961", {"lambda", "r", "S"}, [](auto l, auto r, auto s) { return l * unit<"1/request"> / r * s; });

/// Probability that a request finds all `k` servers busy in M/M/k. Source: Erlang 1917.
inline constexpr auto waiting_probability = equation<double(double, double)>(
    "queueing.waiting_probability", "erlang1917", {"k", "a"}, [](auto k, auto a) { return erlang_c(k, a); });

/// Mean wait in G/G/k: the wait of M/M/k, scaled by the mean variability of arrivals and service.
/// Exact for M/M/k; Kingman's formula for k = 1. Source: Allen, "Probability, Statistics, and Queueing Theory", 2nd ed. 1990
/// (Allen-Cunneen); Kingman 1961.
inline constexpr auto allen_cunneen_wait = equation<Time(double, double, double, Time, double, double)>(
    "queueing.allen_cunneen_wait", "allen1990", {"C", "k", "a", "S", "c_a2", "c_s2"},
    [](auto c, auto k, auto a, auto s, auto ca, auto cs) { return c * s / (k - a) * (ca + cs) / 2; });

/// Jobs of `g` devices each which a cluster of `n` holds at once: what is left over stays idle.
inline constexpr auto gangs = equation<double(double, double)>("queueing.gangs", "definition", {"n", "g"}, [](auto n, auto g) { return floor(n / g); });

/// Share of the cluster which jobs keep busy on the mean, when `a` of them run.
inline constexpr auto cluster_utilisation = equation<double(double, double, double)>(
    "queueing.cluster_utilisation", "definition", {"a", "g", "n"}, [](auto a, auto g, auto n) { return a * g / n; });

/// Time from submission to end over the time of running alone.
inline constexpr auto slowdown = equation<double(Time, Time)>(
    "queueing.slowdown", "definition", {"W", "S"}, [](auto w, auto s) { return (w + s) / s; });

/// Waiting and service.
inline constexpr auto response_time = equation<Time(Time, Time)>(
    "queueing.response_time", "definition", {"W", "t"}, [](auto w, auto t) { return w + t; });

}  // namespace mlsysim::eq
