#pragma once
/// \file
/// `Quantity`: a double which knows its dimension at compile time and costs nothing at run time.
#include "mlsysim/units/unit.hpp"

namespace mlsysim {

/// A value in base units of dimension `D`. Made only by multiplying a number with `unit<"…">`; left only by `in(unit<"…">)`.
/// Written-out comparisons and a value-selecting `max` are what keeps it as fast as a raw double.
template <Dimension D>
class Quantity {
 public:
  /// Its dimension, for generic code.
  static constexpr Dimension dimension = D;

  constexpr Quantity() = default;
  /// From a value in base units: for `units/` and the edges, not for formulas.
  constexpr explicit Quantity(double base_units) : value_{base_units} {}

  /// Value in base units: for `units/` and the edges, not for formulas.
  constexpr double raw() const { return value_; }
  /// Value as a multiple of `unit`, e.g. `t.in(unit<"ms">)`.
  constexpr double in(Quantity unit) const { return value_ / unit.value_; }

  /// \{
  /// Comparison within one dimension.
  friend constexpr bool operator==(Quantity a, Quantity b) { return a.value_ == b.value_; }
  friend constexpr bool operator<(Quantity a, Quantity b) { return a.value_ < b.value_; }
  friend constexpr bool operator>(Quantity a, Quantity b) { return a.value_ > b.value_; }
  friend constexpr bool operator<=(Quantity a, Quantity b) { return a.value_ <= b.value_; }
  friend constexpr bool operator>=(Quantity a, Quantity b) { return a.value_ >= b.value_; }
  /// \}
  /// \{
  /// Sums within one dimension; multiples by plain numbers.
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.value_ + b.value_}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.value_ - b.value_}; }
  friend constexpr Quantity operator-(Quantity a) { return Quantity{-a.value_}; }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity{a.value_ * k}; }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity{k * a.value_}; }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity{a.value_ / k}; }
  /// \}
  /// In place.
  constexpr Quantity& operator+=(Quantity o) {
    value_ += o.value_;
    return *this;
  }
  /// In place.
  constexpr Quantity& operator-=(Quantity o) {
    value_ -= o.value_;
    return *this;
  }
  /// In place.
  constexpr Quantity& operator*=(double k) {
    value_ *= k;
    return *this;
  }
  /// In place.
  constexpr Quantity& operator/=(double k) {
    value_ /= k;
    return *this;
  }

 private:
  double value_{};
};

/// Products and quotients have the product and quotient of the dimensions; a dimensionless result is a plain double.
template <Dimension A, Dimension B>
constexpr auto operator*(Quantity<A> a, Quantity<B> b) {
  if constexpr (A * B == Dimension{}) return a.raw() * b.raw();
  else return Quantity<A * B>{a.raw() * b.raw()};
}
/// Quotient; of equal dimensions a plain double.
template <Dimension A, Dimension B>
constexpr auto operator/(Quantity<A> a, Quantity<B> b) {
  if constexpr (A == B) return a.raw() / b.raw();
  else return Quantity<A / B>{a.raw() / b.raw()};
}
/// Reciprocal times a plain number.
template <Dimension A>
constexpr auto operator/(double k, Quantity<A> a) {
  return Quantity<Dimension{} / A>{k / a.raw()};
}

// Deleted rather than absent, so that the first line of the error names both dimensions instead of listing candidates.
/// \cond
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator+(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator-(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator<(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator>(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator<=(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator>=(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator==(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator+=(Quantity<Left>&, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void operator-=(Quantity<Left>&, Quantity<Right>) = delete;
template <Dimension D>
void operator+(Quantity<D>, double) = delete;
template <Dimension D>
void operator+(double, Quantity<D>) = delete;
template <Dimension D>
void operator-(Quantity<D>, double) = delete;
template <Dimension D>
void operator-(double, Quantity<D>) = delete;
template <Dimension D>
void operator<(Quantity<D>, double) = delete;
template <Dimension D>
void operator>(Quantity<D>, double) = delete;
template <Dimension D>
void operator==(Quantity<D>, double) = delete;
/// \endcond

/// One `N`, e.g. `unit<"TB/s">`: the only way into the system is `3.35 * unit<"TB/s">`.
template <UnitName N>
inline constexpr auto unit = [] {
  constexpr auto r = parse_unit(N.text);
  static_assert(r.error == UnitError::none, "not a unit mlsysim knows; the table is in units/unit.hpp");
  return Quantity<Dimension(r.unit.dimension)>{r.unit.scale};
}();

/// \{
/// Quantities by what they measure, named for use in signatures. The text is the base unit.
using Time = Quantity<"s">;
using Frequency = Quantity<"Hz">;
using Data = Quantity<"B">;
using Bandwidth = Quantity<"B/s">;
using Work = Quantity<"FLOP">;
using ComputeRate = Quantity<"FLOP/s">;
using Intensity = Quantity<"FLOP/B">;
using Energy = Quantity<"J">;
using Power = Quantity<"W">;
using EnergyPerWork = Quantity<"J/FLOP">;
using EnergyPerData = Quantity<"J/B">;
using Money = Quantity<"USD">;
using MoneyRate = Quantity<"USD/s">;
using EnergyPrice = Quantity<"USD/J">;
using Carbon = Quantity<"gCO2e">;
using GridIntensity = Quantity<"gCO2e/J">;
using Water = Quantity<"L">;
using WaterPerEnergy = Quantity<"L/J">;
using Tokens = Quantity<"token">;
using TokenRate = Quantity<"token/s">;
using Samples = Quantity<"sample">;
using SampleRate = Quantity<"sample/s">;
using Requests = Quantity<"request">;
using RequestRate = Quantity<"request/s">;
using Length = Quantity<"m">;
using Area = Quantity<"m^2">;
/// \}

}  // namespace mlsysim
