#pragma once
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::scenario {

/// Ages after which a warning is given. Rental prices of accelerators fell by half within two years (see the dated entries of
/// registry/infrastructure/prices); what a grid emits, uses and charges changes by a few per cent a year, and its statistics are
/// published one to two years late.
inline constexpr int oldest_price = 1, oldest_grid_factor = 3;  // years

/// Adds the section which dates every price and grid factor behind the metrics, and a warning for each which is old or has no date.
void report_dates(Loaded const& loaded, Report& report);

}  // namespace mlsysim::scenario
