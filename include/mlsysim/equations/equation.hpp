#pragma once
/// \file
/// An equation is one generic lambda with an id, a citation and symbols. Called with quantities it computes, checked by the
/// compiler; called with `Symbol`s the same lambda prints itself, as plain text, as LaTeX, or with the numbers put in.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "mlsysim/provenance/ledger.hpp"
#include "mlsysim/units/math.hpp"

namespace mlsysim {

/// Text of a formula under construction; `rank` is the precedence of its outermost operator.
struct Symbol {
  std::string text;    ///< the formula so far
  int rank = 3;        ///< precedence of the outermost operator; 3: needs no parentheses
  bool latex = false;  ///< written as LaTeX
};

/// A number as it stands in a formula.
Symbol literal(double value, bool latex);
/// \{
/// What an equation's lambda does to quantities, done to their text: parentheses where precedence asks for them.
Symbol operator+(Symbol a, Symbol b);
Symbol operator-(Symbol a, Symbol b);
Symbol operator*(Symbol a, Symbol b);
Symbol operator/(Symbol a, Symbol b);
Symbol max(Symbol a, Symbol b);
Symbol min(Symbol a, Symbol b);
Symbol ceil(Symbol a);
Symbol sqrt(Symbol a);
inline Symbol operator+(Symbol a, double k) { return a + literal(k, a.latex); }
inline Symbol operator+(double k, Symbol a) { return literal(k, a.latex) + a; }
inline Symbol operator-(Symbol a, double k) { return a - literal(k, a.latex); }
inline Symbol operator-(double k, Symbol a) { return literal(k, a.latex) - a; }
inline Symbol operator*(Symbol a, double k) { return a * literal(k, a.latex); }
inline Symbol operator*(double k, Symbol a) { return literal(k, a.latex) * a; }
inline Symbol operator/(Symbol a, double k) { return a / literal(k, a.latex); }
inline Symbol operator/(double k, Symbol a) { return literal(k, a.latex) / a; }
inline Symbol max(Symbol a, double k) { return max(a, literal(k, a.latex)); }
inline Symbol max(double k, Symbol a) { return max(literal(k, a.latex), a); }
inline Symbol min(Symbol a, double k) { return min(a, literal(k, a.latex)); }
/// \}
/// One of a unit, so that `6 * n * unit<"FLOP/token"> * d` can print: units vanish from the printed formula.
template <Dimension D>
Symbol operator*(Symbol a, Quantity<D>) {
  return a;
}

/// The same for division by one of a unit.
template <Dimension D>
Symbol operator/(Symbol a, Quantity<D>) {
  return a;
}

template <class Signature, class F>
class Equation;

/// \tparam R result, \tparam A arguments: quantities or double; \tparam F captureless generic lambda.
template <class R, class... A, class F>
class Equation<R(A...), F> {
 public:
  /// Number of arguments.
  static constexpr std::size_t arity = sizeof...(A);

  /// From `equation()`, which deduces the types.
  constexpr Equation(std::string_view id, std::string_view cites, std::array<std::string_view, arity> symbols)
      : symbols_{symbols}, info_{id, cites, {}, &write} {}

  /// The value alone, without a ledger.
  constexpr R operator()(A... a) const { return F{}(a...); }

  /// Computes and, if the ledger records, leaves a step behind.
  template <AnyLedger L>
  Sourced<R> with([[maybe_unused]] L& ledger, Sourced<A> const&... a) const {
    Sourced<R> r{F{}(a.value...), {}};
    if constexpr (std::same_as<L, Ledger>) {
      if (ledger.recording) [[unlikely]] r.origin = record(ledger, r.value, a...);
    }
    return r;
  }

  /// What it is, for whoever prints it.
  EquationInfo info() const {
    EquationInfo i = info_;
    i.symbols = symbols_;
    return i;
  }

 private:
  [[gnu::noinline, gnu::cold]] Origin record(Ledger& ledger, R r, Sourced<A> const&... a) const {
    static const EquationInfo self = info();
    return ledger.add(Step{&self, {}, detail::base_value(r), detail::dimension_of<R>,
                           {StepInput{a.origin, detail::base_value(a.value), detail::dimension_of<A>}...}});
  }
  static std::string write(std::span<const std::string> arguments, bool latex) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return F{}(Symbol{arguments[I], 3, latex}...).text;
    }(std::index_sequence_for<A...>{});
  }

  std::array<std::string_view, arity> symbols_;
  EquationInfo info_;
};

/// `inline constexpr auto roofline_time = equation<Time(Work, ComputeRate, Data, Bandwidth)>("roofline.time", "williams2009",
/// {"W", "P", "Q", "B"}, [](auto w, auto p, auto q, auto b) { return max(w / p, q / b); });`
template <class Signature, std::size_t N, class F>
constexpr auto equation(std::string_view id, std::string_view cites, const std::string_view (&symbols)[N], F) {
  return Equation<Signature, F>{id, cites, std::to_array(symbols)};
}

}  // namespace mlsysim
