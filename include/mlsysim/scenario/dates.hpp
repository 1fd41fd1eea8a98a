#pragma once
/// \file
/// How old prices and grid factors are.
#include <optional>
#include <string>
#include <string_view>

#include "mlsysim/provenance/ledger.hpp"

namespace mlsysim::scenario {

/// Ages after which a warning is given. Rental prices of accelerators fell by half within two years (see the dated entries of
/// registry/infrastructure/prices); what a grid emits, uses and charges changes by a few per cent a year, and its statistics are
/// published one to two years late.
inline constexpr int oldest_price = 1;
inline constexpr int oldest_grid_factor = 3;  ///< years, as for prices

/// Age of a number which ages.
struct Age {
  std::string_view kind;  ///< `price` or `grid factor`
  int limit = 0;          ///< years after which it counts as old
  bool known = false;     ///< a date is stated, by the number or by its source
  bool old = false;       ///< older than the limit
  std::string words;      ///< the date, as a reader is told; empty if it is not known
  int months = 0;         ///< whole months since then, where it is known
};
/// Age of a registry number on the day `today`; empty for everything which does not age: only prices and grid factors do, told by their dimension.
std::optional<Age> age_of(Ledger const& ledger, Fact const& fact, std::string_view today);

}  // namespace mlsysim::scenario
