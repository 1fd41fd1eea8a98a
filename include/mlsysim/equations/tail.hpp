#pragma once
/// \file
/// How much slower many are than one: order statistics of participants who are waited for.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim {

/// Value below which a standard normal number lies with probability `p`, 0 < p < 1. By bisection on `std::erfc`.
double normal_quantile(double p);
/// Its printed form.
inline Symbol normal_quantile(Symbol p) { return {(p.latex ? "\\Phi^{-1}(" : "NormalQuantile(") + p.text + ")", 3, p.latex}; }

inline double log(double a) { return portable::log(a); }  ///< natural logarithm of a plain number
/// Its printed form.
inline Symbol log(Symbol a) { return {(a.latex ? "\\ln(" : "ln(") + a.text + ")", 3, a.latex}; }

inline double gamma(double a) { return std::tgamma(a); }  ///< gamma function of a positive number
/// Its printed form.
inline Symbol gamma(Symbol a) { return {(a.latex ? "\\Gamma(" : "Gamma(") + a.text + ")", 3, a.latex}; }

/// 1 + 1/2 + ... + 1/n. Exact sum up to 10,000, beyond it the expansion ln n + 0.5772 + 1/(2n) - 1/(12 n^2).
double harmonic(double n);
/// Its printed form.
inline Symbol harmonic(Symbol n) { return {(n.latex ? "H_{" : "Harmonic(") + n.text + (n.latex ? "}" : ")"), 3, n.latex}; }

/// Quantile of one participant which the (n - b)-th fastest of `n` reaches at its own quantile `q`: the root `u` of
/// sum over i <= b of C(n, i) u^(n-i) (1-u)^i = q. Source: David and Nagaraja, "Order Statistics", 3rd ed. 2003, section 2.1.
double order_level(double q, double n, double b);
/// Its printed form.
inline Symbol order_level(Symbol q, Symbol n, Symbol b) {
  return {(q.latex ? "\\mathrm{OrderLevel}(" : "OrderLevel(") + q.text + ", " + n.text + ", " + b.text + ")", 3, q.latex};
}

namespace eq {

/// Chance that at least one of `n` is slower than a time which one exceeds with probability `p`.
/// Source: Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013: 1 % slow servers, 100 asked: 63 % of requests.
inline constexpr auto any_slow = equation<double(double, double)>(
    "tail.any_slow", "dean2013", {"p", "n"}, [](auto p, auto n) { return 1 - pow(1 - p, n); });

/// Quantile of one participant which decides the quantile `q` of all `n`, when the slowest `b` are not waited for.
inline constexpr auto deciding_level = equation<double(double, double, double)>(
    "tail.deciding_level", "david2003", {"q", "n", "b"}, [](auto q, auto n, auto b) { return order_level(q, n, b); });

/// Scale of a lognormal time of mean 1 and coefficient of variation `c`.
inline constexpr auto lognormal_scale = equation<double(double)>("tail.lognormal_scale", "definition", {"c"}, [](auto c) { return sqrt(log(1 + c * c)); });
/// Quantile `u` of such a time.
inline constexpr auto lognormal_quantile = equation<double(double, double)>(
    "tail.lognormal_quantile", "definition", {"s", "u"}, [](auto s, auto u) { return exp(s * normal_quantile(u) - s * s / 2); });

/// Quantile `u` of a time of mean 1: a fixed part 1 - c and an exponential one of mean `c`.
inline constexpr auto exponential_quantile = equation<double(double, double)>(
    "tail.exponential_quantile", "definition", {"c", "u"}, [](auto c, auto u) { return 1 - c - c * log(1 - u); });
/// Mean of the slowest but `b` of `n` such times: 1 - c + c (H_n - H_b). Source: David and Nagaraja 2003, section 2.5.
inline constexpr auto exponential_maximum = equation<double(double, double, double)>(
    "tail.exponential_maximum", "david2003", {"c", "n", "b"}, [](auto c, auto n, auto b) { return 1 - c + c * (harmonic(n) - harmonic(b)); });

/// Quantile `u` of a Weibull time of mean 1 and shape `k`.
inline constexpr auto weibull_quantile = equation<double(double, double)>(
    "tail.weibull_quantile", "definition", {"k", "u"}, [](auto k, auto u) { return pow(0 - log(1 - u), 1 / k) / gamma(1 + 1 / k); });

/// A time stretched by a factor.
inline constexpr auto stretched = equation<Time(Time, double)>("tail.stretched", "definition", {"t", "f"}, [](auto t, auto f) { return t * f; });

}  // namespace eq
}  // namespace mlsysim
