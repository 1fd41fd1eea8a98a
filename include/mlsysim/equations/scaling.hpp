#pragma once
/// \file
/// How loss falls with parameters and tokens, which of both a budget buys, and what more tries at inference buy.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// Loss of a language model in nats per token. Source: Hoffmann et al., "Training Compute-Optimal Large Language Models", arXiv:2203.15556,
/// equation 2 (approach 3).
inline constexpr auto additive_loss = equation<double(double, double, double, double, double, double, Tokens)>(
    "scaling.loss", "hoffmann2022", {"E", "A", "alpha", "B", "beta", "N", "D"},
    [](auto e, auto a, auto alpha, auto b, auto beta, auto n, auto d) { return e + a / pow(n, alpha) + b / pow(d * unit<"1/token">, beta); });

/// The same by Kaplan et al., "Scaling Laws for Neural Language Models", arXiv:2001.08361, equation 1.5.
inline constexpr auto joint_loss = equation<double(double, double, double, double, double, Tokens)>(
    "scaling.joint_loss", "kaplan2020", {"N_c", "alpha", "D_c", "beta", "N", "D"},
    [](auto nc, auto alpha, auto dc, auto beta, auto n, auto d) { return pow(pow(nc / n, alpha / beta) + dc / (d * unit<"1/token">), beta); });

/// FLOP of training N parameters on D tokens. Source: Kaplan 2020, section 2.1.
inline constexpr auto training_budget = equation<Work(double, Tokens)>(
    "scaling.training_compute", "kaplan2020", {"N", "D"}, [](auto n, auto d) { return 6 * n * d * unit<"FLOP/token">; });

/// FLOP of reading or writing D tokens with N parameters. Source: Kaplan 2020; Sardana et al., "Beyond Chinchilla-Optimal", arXiv:2401.00448.
inline constexpr auto inference_budget = equation<Work(double, Tokens)>(
    "scaling.inference_compute", "sardana2023", {"N", "D_inf"}, [](auto n, auto d) { return 2 * n * d * unit<"FLOP/token">; });

/// FLOP of a model's life.
inline constexpr auto lifetime_budget = equation<Work(Work, Work)>(
    "scaling.lifetime_compute", "sardana2023", {"C_train", "C_inf"}, [](auto a, auto b) { return a + b; });

/// FLOP which devices deliver at a utilisation.
inline constexpr auto delivered_budget = equation<Work(Time, ComputeRate, double)>(
    "scaling.delivered_compute", "definition", {"t", "P", "MFU"}, [](auto t, auto p, auto m) { return t * p * m; });

/// Device time which money rents.
inline constexpr auto rented_time = equation<Time(Money, MoneyRate)>(
    "scaling.rented_time", "definition", {"M", "price"}, [](auto m, auto p) { return m / p; });

/// Parameters which make the additive law smallest at 6 N D = C. Source: Hoffmann 2022, equation 4.
inline constexpr auto optimal_parameters = equation<double(double, double, double, double, Work)>(
    "scaling.optimal_parameters", "hoffmann2022", {"A", "alpha", "B", "beta", "C"}, [](auto a, auto alpha, auto b, auto beta, auto c) {
      return pow(alpha * a / (beta * b), 1 / (alpha + beta)) * pow(c * unit<"1/FLOP"> / 6, beta / (alpha + beta));
    });

/// Compute-optimal parameters as a power of compute. Source: Kaplan 2020, section 6.1.
inline constexpr auto optimal_parameters_power = equation<double(double, Work, double)>(
    "scaling.optimal_parameters_power", "kaplan2020", {"N_1", "C", "p"}, [](auto n, auto c, auto p) { return n * pow(c * unit<"1/FLOP"> / 86.4e18, p); });

/// Tokens which the rest of the budget pays for.
inline constexpr auto affordable_tokens = equation<Tokens(Work, double)>(
    "scaling.affordable_tokens", "hoffmann2022", {"C", "N"}, [](auto c, auto n) { return c / (6 * n * unit<"FLOP/token">); });

/// Tokens after which a model of N parameters has the loss L; without end where it never has. Source: Sardana 2023, from the law of Hoffmann 2022.
inline constexpr auto tokens_for_loss = equation<Tokens(double, double, double, double, double, double, double)>(
    "scaling.tokens_for_loss", "sardana2023", {"L", "E", "A", "alpha", "B", "beta", "N"},
    [](auto l, auto e, auto a, auto alpha, auto b, auto beta, auto n) { return pow(b / max(l - e - a / pow(n, alpha), 0.0), 1 / beta) * unit<"token">; });

/// Training tokens per parameter; about 20 is compute-optimal by Hoffmann 2022.
inline constexpr auto tokens_per_parameter = equation<double(Tokens, double)>(
    "scaling.tokens_per_parameter", "hoffmann2022", {"D", "N"}, [](auto d, auto n) { return d * unit<"1/token"> / n; });

/// Compute over the least compute which reaches the same loss.
inline constexpr auto compute_ratio = equation<double(Work, Work)>(
    "scaling.compute_ratio", "definition", {"C", "C_0"}, [](auto c, auto b) { return c / b; });

/// Share of the compute which a plan saves against another.
inline constexpr auto compute_saving = equation<double(Work, Work)>(
    "scaling.compute_saving", "definition", {"C_0", "C"}, [](auto b, auto c) { return 1 - c / b; });

/// Share of problems which at least one of `k` tries solves, over a set whose problems differ in difficulty; `b` below zero.
/// Source: Brown et al., "Large Language Monkeys", arXiv:2407.21787, section 3.1: coverage = exp(a k^b), so with a = ln c_1 it is c_1^(k^b).
inline constexpr auto repeated_coverage = equation<double(double, double, double)>(
    "scaling.coverage", "brown2024", {"c_1", "k", "b"}, [](auto c, auto k, auto b) { return pow(c, pow(k, b)); });

/// The same if all problems were equally hard: what the set really reaches is less.
inline constexpr auto independent_coverage = equation<double(double, double)>(
    "scaling.independent_coverage", "brown2024", {"c_1", "k"}, [](auto c, auto k) { return 1 - pow(1 - c, k); });

/// What a solved problem costs when each is tried `k` times and a checker finds the solution.
inline constexpr auto cost_per_solution = equation<Money(double, Quantity<"USD/request">, double)>(
    "scaling.cost_per_solution", "definition", {"k", "c", "p"}, [](auto k, auto c, auto p) { return k * c * unit<"request"> / p; });

}  // namespace mlsysim::eq
