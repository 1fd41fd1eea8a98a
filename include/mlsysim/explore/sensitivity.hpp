#pragma once
/// \file
/// Which knob matters: elasticities of a metric to every number behind it.
#include <string>
#include <vector>

#include "mlsysim/explore/runner.hpp"

namespace mlsysim::explore {

/// What one parameter does to a metric.
struct Influence {
  std::string path;       ///< of the parameter: a field of the scenario, or a row of the calibration
  std::string label;      ///< for people, where the path does not say it
  double value = 0;       ///< as it is, base units
  Dimension dimension;    ///< of the parameter
  double elasticity = 0;  ///< d ln metric / d ln parameter: -1 means that 1 % more of it is 1 % less of the metric
  double down = 0;        ///< metric / metric as it is, at the smaller value
  double up = 0;          ///< the same at the larger value; NaN: that value cannot be evaluated
  double smaller = 0;     ///< the smaller value; NaN: there is none
  double larger = 0;      ///< the larger value
  bool discrete = false;  ///< a count: from one whole number to the next which can be evaluated
};

/// All influences on a metric.
struct Sensitivity {
  scenario::MetricHandle metric;       ///< of which
  double value = 0;                    ///< as it is
  std::vector<Influence> influences;   ///< strongest first; those without effect are left out
  std::size_t without_effect = 0;      ///< parameters which do not change it
  std::size_t not_judged = 0;          ///< parameters whose neighbours cannot be evaluated
};

/// Central differences in log space, 1 % up and 1 % down; counts go to the next whole numbers, or to twice and half where those cannot be
/// evaluated. Parameters are all numbers above zero of the scenario, of what it names and of its calibration.
/// \param metric its path; empty: the headline of the scenario
/// \throws InputError E0313 for an unknown metric; E0317 if the scenario as it is has no such number
Sensitivity sensitivity(registry::Catalogue const& catalogue, io::Document const& document, std::string const& metric);

}  // namespace mlsysim::explore
