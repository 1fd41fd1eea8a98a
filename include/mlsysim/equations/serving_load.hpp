#pragma once
/// \file
/// A service in balance: as many requests leave as arrive, and nobody waits for a place in the batch.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// Share of its time which a replica spends on prompts: arrivals times the time of one. Little's law for a place with one request.
inline constexpr auto prefill_share = equation<double(RequestRate, Time)>(
    "serving_load.prefill_share", "little1961", {"lambda", "t_prefill"}, [](auto l, auto t) { return l * unit<"1/request"> * t; });

/// Time between tokens when decode steps have only the share of the time which prompts leave over.
inline constexpr auto stretched_itl = equation<Time(Time, double)>(
    "serving_load.itl", "definition", {"t_step", "rho_p"}, [](auto t, auto p) { return t / (1 - p); });

/// Requests which decode at once: each for `O - 1` tokens.
inline constexpr auto requests_decoding = equation<double(RequestRate, double, Time)>(
    "serving_load.requests_decoding", "little1961", {"lambda", "O", "ITL"},
    [](auto l, auto o, auto i) { return l * unit<"1/request"> * (o - 1) * i; });

/// Own prompt, prompts which wait before it (Pollaczek and Khinchine, with the coefficient of variation of their times), and half of the
/// decode step which runs on arrival with probability `d`. Source: Doshi, "Queueing systems with vacations - a survey", Queueing Systems 1
/// (1986): decode steps are the vacations.
inline constexpr auto ttft_in_balance = equation<Time(Time, Time, double, double, double)>(
    "serving_load.ttft", "doshi1986", {"t_prefill", "t_step", "rho_p", "d", "c_p"},
    [](auto t, auto s, auto p, auto d, auto c) { return t + p * t / (2 * (1 - p)) * (1 + c * c) + d * s / 2; });

/// Rate which is a share `u` of what `r` replicas can serve.
inline constexpr auto share_of_capacity = equation<RequestRate(double, RequestRate, double)>(
    "serving_load.rate", "definition", {"u", "X", "r"}, [](auto u, auto x, auto r) { return u * x * r; });

}  // namespace mlsysim::eq
