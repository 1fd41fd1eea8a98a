#pragma once
/// \file
/// Lines over two axes; `render/` draws them.
#include <string>
#include <vector>

#include "mlsysim/units/unit.hpp"

namespace mlsysim {

/// A few series over common axes.
struct Plot {
  /// One axis.
  struct Axis {
    std::string label;         ///< what it measures
    Dimension dimension;       ///< of its numbers, which are in base units
    bool logarithmic = false;  ///< numbers of zero and below are then left out
    bool percent = false;      ///< a ratio which people read as a percentage
  };
  /// A number for each axis.
  struct Point {
    double x = 0;  ///< on the horizontal axis
    double y = 0;  ///< on the vertical axis
  };
  /// One line.
  struct Series {
    std::string name;           ///< in the legend
    std::vector<Point> points;  ///< in order of x
  };
  /// A limit: a line across the plot.
  struct Rule {
    double y = 0;      ///< where
    std::string name;  ///< beside it
  };
  std::string title;           ///< above the plot
  std::string subtitle;        ///< below the title
  Axis x, y;                   ///< horizontal and vertical
  std::vector<Series> series;  ///< in drawing order
  std::vector<Rule> rules;     ///< drawn behind the series
};

}  // namespace mlsysim
