#pragma once
#include "mlsysim/scenario/dates.hpp"
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::scenario {

/// Adds the section which dates every price and grid factor behind the metrics, and a warning for each which is old or has no date.
void report_dates(Loaded const& loaded, Report& report);

}  // namespace mlsysim::scenario
