#pragma once
/// \file
/// Mathematics which keeps dimensions. `max` and `min` select values, not objects: the compiler then emits one `maxsd`.
#include <cmath>

#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// \{
/// The larger or smaller of two plain numbers.
constexpr double max(double a, double b) { return a < b ? b : a; }
constexpr double min(double a, double b) { return b < a ? b : a; }
/// \}

/// The larger of two quantities of one dimension.
template <Dimension D>
constexpr Quantity<D> max(Quantity<D> a, Quantity<D> b) {
  return Quantity<D>{max(a.raw(), b.raw())};
}
/// The smaller of two quantities of one dimension.
template <Dimension D>
constexpr Quantity<D> min(Quantity<D> a, Quantity<D> b) {
  return Quantity<D>{min(a.raw(), b.raw())};
}
/// \cond
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void max(Quantity<Left>, Quantity<Right>) = delete;
template <Dimension Left, Dimension Right>
  requires(Left != Right)
void min(Quantity<Left>, Quantity<Right>) = delete;
/// \endcond

/// Without its sign.
template <Dimension D>
constexpr Quantity<D> abs(Quantity<D> a) {
  return Quantity<D>{a.raw() < 0 ? -a.raw() : a.raw()};
}
/// Neither infinite nor NaN.
template <Dimension D>
bool isfinite(Quantity<D> a) {
  return std::isfinite(a.raw());
}

inline double ceil(double a) { return std::ceil(a); }  ///< rounded up to an integer

namespace detail {
constexpr Exponents half(Exponents e) {
  for (auto& k : e) k = static_cast<std::int8_t>(k / 2);
  return e;
}
constexpr bool even(Exponents const& e) {
  for (auto k : e)
    if (k % 2 != 0) return false;
  return true;
}
}  // namespace detail

/// Square root; the dimension must be a square, as in the Young and Daly checkpoint interval sqrt(2 * time * time).
template <Dimension D>
  requires(detail::even(exponents(D)))
auto sqrt(Quantity<D> a) {
  return Quantity<Dimension(detail::half(exponents(D)))>{std::sqrt(a.raw())};
}

}  // namespace mlsysim
