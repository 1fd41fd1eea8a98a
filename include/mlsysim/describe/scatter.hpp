#pragma once
/// \file
/// A picture of predicted against measured values; `render/` draws it.
#include <string>
#include <vector>

#include "mlsysim/units/unit.hpp"

namespace mlsysim {

/// Pairs of positive numbers on logarithmic axes, with bands of equal relative error around the diagonal.
struct Scatter {
  /// One pair.
  struct Point {
    double x = 0;            ///< measured, base units
    double y = 0;            ///< predicted
    std::size_t series = 0;  ///< index into `Scatter::series`
    std::string label;       ///< shown when pointed at
  };
  std::string title;                ///< above the panel
  std::string subtitle;             ///< below the title
  std::string x_label;              ///< of the horizontal axis
  std::string y_label;              ///< of the vertical axis
  Dimension dimension;              ///< of both axes
  std::vector<std::string> series;  ///< names in the legend
  std::vector<Point> points;        ///< in drawing order
  std::vector<double> bands;        ///< relative errors, e.g. 0.1
};

}  // namespace mlsysim
