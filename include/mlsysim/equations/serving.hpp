#pragma once
/// \file
/// Serving: from the times of prefill and decode to what users and operators see.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// Context of the mean decode step: the whole prompt and half of the output.
inline constexpr auto mean_context = equation<double(double, double)>(
    "serving.mean_context", "definition", {"prompt", "output"}, [](auto p, auto o) { return ceil(p + o / 2); });

/// Context of a request just before it ends.
inline constexpr auto longest_context = equation<double(double, double)>(
    "serving.longest_context", "definition", {"prompt", "output"}, [](auto p, auto o) { return p + o; });

/// Devices of a replica: tensor ranks times pipeline stages.
inline constexpr auto replica_devices = equation<double(double, double)>(
    "serving.replica_devices", "definition", {"t", "p"}, [](auto t, auto p) { return t * p; });

/// Mean over the stages of a pipeline.
inline constexpr auto mean_energy = equation<Energy(Energy, double)>(
    "serving.mean_energy", "definition", {"E", "p"}, [](auto e, auto p) { return e / p; });

/// Sequences of one decode step when `p` stages work on different ones.
inline constexpr auto stage_batch = equation<double(double, double)>(
    "serving.stage_batch", "definition", {"b", "p"}, [](auto b, auto p) { return ceil(b / p); });

/// From a request's start to its last token when `b` requests share a replica: while it lives, the prefills of all `b` run (each
/// holds one of `p` stages) between `O - 1` decode steps. Iteration-level scheduling: Yu et al., "Orca", OSDI 2022.
inline constexpr auto request_latency = equation<Time(double, Time, double, double, Time)>(
    "serving.request_latency", "yu2022", {"b", "t_prefill", "p", "O", "ITL"},
    [](auto b, auto t, auto p, auto o, auto i) { return t + (b - 1) * t / p + (o - 1) * i; });

/// Little's law: `b` requests in the system, each for `L`. Source: Little, Operations Research 9 (1961).
inline constexpr auto request_throughput = equation<RequestRate(double, Time)>(
    "serving.request_throughput", "little1961", {"b", "L"}, [](auto b, auto l) { return b * unit<"request"> / l; });

/// Output tokens of a replica per time.
inline constexpr auto output_throughput = equation<TokenRate(RequestRate, double)>(
    "serving.output_throughput", "definition", {"X", "O"}, [](auto x, auto o) { return x * o * unit<"token/request">; });

/// Output tokens of `r` replicas per time.
inline constexpr auto all_replicas = equation<TokenRate(TokenRate, double)>(
    "serving.all_replicas", "definition", {"X", "r"}, [](auto x, auto r) { return x * r; });

/// What one user sees: one token per step.
inline constexpr auto user_token_rate = equation<TokenRate(Time)>(
    "serving.user_token_rate", "definition", {"ITL"}, [](auto i) { return 1 / i * unit<"token">; });

/// Mean time per output token after the first.
inline constexpr auto tpot = equation<Time(Time, Time, double)>(
    "serving.tpot", "definition", {"L", "TTFT", "O"}, [](auto l, auto f, auto o) { return (l - f) / (o - 1); });

/// Mean time per output token, the first one and its prompt included.
inline constexpr auto tpot_with_first = equation<Time(Time, double)>(
    "serving.tpot_with_first", "definition", {"L", "O"}, [](auto l, auto o) { return l / o; });

/// What a rank has left for the cache.
inline constexpr auto kv_budget = equation<Data(Data, Data, Data)>(
    "serving.kv_budget", "kwon2023", {"capacity", "needed", "kv"}, [](auto c, auto n, auto k) { return c - n + k; });

/// Requests whose caches fit into it.
inline constexpr auto requests_which_fit = equation<double(Data, Data)>(
    "serving.requests_which_fit", "kwon2023", {"budget", "kv"}, [](auto b, auto k) { return floor(b / k); });

/// Tokens whose keys and values fit. Source: Kwon et al., "PagedAttention", SOSP 2023.
inline constexpr auto kv_capacity = equation<Tokens(Data, Data, double)>(
    "serving.kv_capacity", "kwon2023", {"budget", "kv_request", "s"},
    [](auto b, auto k, auto s) { return max(b, 0 * b) / k * s * unit<"token">; });

/// Energy of one request on all devices of a replica: its prefill, and its share of the decode steps it takes part in.
inline constexpr auto request_energy = equation<Quantity<"J/request">(double, Energy, double, double, Energy)>(
    "serving.request_energy", "definition", {"n", "E_prefill", "b", "O", "E_decode"},
    [](auto n, auto p, auto b, auto o, auto d) { return n * (p + (o - 1) * d / b) * unit<"1/request">; });

/// Energy of a request per output token: the prefill is paid by the output.
inline constexpr auto token_energy = equation<Quantity<"J/token">(Quantity<"J/request">, double)>(
    "serving.token_energy", "definition", {"E", "O"}, [](auto e, auto o) { return e / o * unit<"request/token">; });

/// Mean power of one device while `X` requests per time are served by `n` devices.
inline constexpr auto serving_power = equation<Power(Quantity<"J/request">, RequestRate, double)>(
    "serving.power", "definition", {"E", "X", "n"}, [](auto e, auto x, auto n) { return e * x / n; });

}  // namespace mlsysim::eq
