#pragma once
/// \file
/// A picture of predicted against measured values; `render/` draws it.
#include <string>
#include <vector>

#include "mlsysim/units/unit.hpp"

namespace mlsysim {

/// Pairs of positive numbers on logarithmic axes, with bands of equal relative error around the diagonal.
struct Scatter {
  struct Point {
    double x = 0;  ///< measured, base units
    double y = 0;  ///< predicted
    std::size_t series = 0;
    std::string label;  ///< shown when pointed at
  };
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  Dimension dimension;
  std::vector<std::string> series;
  std::vector<Point> points;
  std::vector<double> bands;  ///< relative errors, e.g. 0.1
};

}  // namespace mlsysim
