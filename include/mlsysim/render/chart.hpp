#pragma once
/// \file
/// Pictures of many evaluations as self-contained SVG.
#include <string>

#include "mlsysim/describe/chart.hpp"

namespace mlsysim::render {

/// Lines with a legend; marked points have a ring. Colours are those of Okabe and Ito. Points which are not above 0 are left out.
std::string svg(Chart const& chart);
/// Bars with their values.
std::string svg(Tornado const& tornado);

}  // namespace mlsysim::render
