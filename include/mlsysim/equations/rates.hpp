#pragma once
/// \file
/// Amounts, rates and times: what a rate yields, what two times add up to.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// Tokens of a service which runs at a steady rate.
inline constexpr auto tokens_in_time = equation<Tokens(TokenRate, Time)>("rate.tokens", "definition", {"r", "t"}, [](auto r, auto t) { return r * t; });

/// Requests of a service which runs at a steady rate.
inline constexpr auto requests_in_time = equation<Requests(RequestRate, Time)>("rate.requests", "definition", {"r", "t"}, [](auto r, auto t) { return r * t; });

/// Samples of identical replicas.
inline constexpr auto replicated_samples =
    equation<SampleRate(SampleRate, double)>("rate.replicated_samples", "definition", {"r", "d"}, [](auto r, auto d) { return r * d; });

/// Tokens of identical replicas.
inline constexpr auto replicated_tokens =
    equation<TokenRate(TokenRate, double)>("rate.replicated_tokens", "definition", {"r", "d"}, [](auto r, auto d) { return r * d; });

/// Requests of identical replicas.
inline constexpr auto replicated_requests =
    equation<RequestRate(RequestRate, double)>("rate.replicated_requests", "definition", {"r", "d"}, [](auto r, auto d) { return r * d; });

/// A pass and the communication which it waits for.
inline constexpr auto pass_with_communication =
    equation<Time(Time, Time)>("time.pass_with_communication", "definition", {"t_pass", "t_comm"}, [](auto a, auto b) { return a + b; });

/// Energy of several devices which do the same.
inline constexpr auto energy_of_devices =
    equation<Energy(Energy, double)>("energy.of_devices", "definition", {"E", "n"}, [](auto e, auto n) { return e * n; });

/// Energy of one sample of a batch.
inline constexpr auto energy_per_sample = equation<Quantity<"J/sample">(Energy, Samples)>(
    "energy.per_sample", "definition", {"E", "b"}, [](auto e, auto b) { return e / b; });

/// Micro-batches in flight on the first stage of a one-forward-one-backward pipeline (Narayanan 2021, arXiv:2104.04473).
inline constexpr auto micro_batches_in_flight =
    equation<double(double, double)>("pipeline.in_flight", "narayanan2021", {"p", "m"}, [](auto p, auto m) { return min(p, m); });

}  // namespace mlsysim::eq
