#pragma once
/// \file
/// Functions of plain numbers which a few equations need, each with its printed form.
#include "mlsysim/equations/equation.hpp"
#include "mlsysim/equations/portable.hpp"

namespace mlsysim {

inline double floor(double a) { return std::floor(a); }  ///< rounded down to an integer
/// Its printed form.
inline Symbol floor(Symbol a) {
  if (a.latex) return {"\\lfloor " + a.text + " \\rfloor", 3, true};
  return {"floor(" + a.text + ")", 3, false};
}

inline double sqrt(double a) { return std::sqrt(a); }  ///< square root of a plain number; NaN below zero

inline double pow(double a, double b) { return portable::pow(a, b); }  ///< power of plain numbers
/// Its printed form.
inline Symbol pow(Symbol a, Symbol b) {
  const std::string base = a.rank < 3 ? "(" + a.text + ")" : a.text;
  if (a.latex) return {base + "^{" + b.text + "}", 3, true};
  return {base + "^" + (b.rank < 3 ? "(" + b.text + ")" : b.text), 3, false};
}

inline double cube_root(double a) { return portable::pow(a, 1.0 / 3); }  ///< cube root of a positive number
/// Its printed form.
inline Symbol cube_root(Symbol a) { return {(a.latex ? "\\sqrt[3]{" : "CubeRoot(") + a.text + (a.latex ? "}" : ")"), 3, a.latex}; }

inline double exp(double a) { return portable::exp(a); }  ///< exponential of a plain number
/// Its printed form.
inline Symbol exp(Symbol a) { return {(a.latex ? "\\exp(" : "exp(") + a.text + ")", 3, a.latex}; }

/// Share of the axes of a torus which `n` of its `all` devices need: log(n) / log(all).
inline double log_of(double n, double all) { return portable::log(n) / portable::log(all); }
/// Its printed form.
inline Symbol log_of(Symbol n, Symbol all) {
  if (n.latex) return {"\\log_{" + all.text + "} " + (n.rank < 3 ? "(" + n.text + ")" : n.text), 3, true};
  return {"log(" + n.text + ") / log(" + all.text + ")", 2, false};
}

/// Rounds of doubling which reach `n` ranks: ceil(log2(n)), exact for every integer.
constexpr double ceil_log2(double n) {
  double rounds = 0;
  for (double reached = 1; reached < n; reached *= 2) rounds += 1;
  return rounds;
}
/// Its printed form.
inline Symbol ceil_log2(Symbol a) {
  if (a.latex) return {"\\lceil \\log_2 " + (a.rank < 3 ? "(" + a.text + ")" : a.text) + " \\rceil", 3, true};
  return {"ceil(log2(" + a.text + "))", 3, false};
}

/// Probability that a Poisson count of mean `mean` is at most `most`.
inline double poisson_at_most(double most, double mean) {
  double sum = 0, term = portable::exp(-mean);
  for (double k = 0; k <= most; k += 1) {
    sum += term;
    term *= mean / (k + 1);
  }
  return std::min(sum, 1.0);
}
/// Its printed form.
inline Symbol poisson_at_most(Symbol k, Symbol m) {
  return {(k.latex ? "\\mathrm{Poisson}(" : "Poisson(") + k.text + ", " + m.text + ")", 3, k.latex};
}

/// Erlang C: probability that a request must wait in M/M/k with `servers` servers and `offered` load in Erlang, `offered < servers`.
/// By the recurrence of Erlang B, which neither overflows nor cancels. Source: Erlang 1917; Gross et al., "Fundamentals of Queueing Theory", 4th ed. 2008.
constexpr double erlang_c(double servers, double offered) {
  double blocked = 1;
  for (double n = 1; n <= servers; n += 1) blocked = offered * blocked / (n + offered * blocked);
  return servers * blocked / (servers - offered * (1 - blocked));
}
/// Its printed form.
inline Symbol erlang_c(Symbol k, Symbol a) {
  return {(a.latex ? "\\mathrm{ErlangC}(" : "ErlangC(") + k.text + ", " + a.text + ")", 3, a.latex};
}

}  // namespace mlsysim
