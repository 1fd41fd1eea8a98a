#pragma once
/// \file
/// Pictures of many evaluations: lines over a field, and bars of influence; `render/` draws them.
#include <string>
#include <vector>

#include "mlsysim/units/unit.hpp"

namespace mlsysim {

/// Lines over a numeric axis, both axes logarithmic.
struct Chart {
  /// One point of a line.
  struct Point {
    double x = 0;         ///< base units, above 0
    double y = 0;         ///< base units, above 0
    bool marked = false;  ///< something changes here
    std::string label;    ///< shown when pointed at
  };
  /// One line.
  struct Series {
    std::string name;           ///< in the legend
    std::vector<Point> points;  ///< in order of x
  };
  std::string title;           ///< above the picture
  std::string subtitle;        ///< below the title
  std::string x_label;         ///< of the horizontal axis
  std::string y_label;         ///< of the vertical axis
  Dimension x_dimension;       ///< of the horizontal axis
  Dimension y_dimension;       ///< of the vertical axis
  std::vector<Series> series;  ///< in the order of the legend
};

/// Bars to both sides of a line, longest first: a tornado.
struct Tornado {
  /// One bar.
  struct Bar {
    std::string label;  ///< left of it
    double value = 0;   ///< its length, with sign
    std::string tip;    ///< shown when pointed at
  };
  std::string title;      ///< above the picture
  std::string subtitle;   ///< below the title
  std::vector<Bar> bars;  ///< from top to bottom
};

}  // namespace mlsysim
