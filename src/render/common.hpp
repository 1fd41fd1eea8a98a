#pragma once
// Shared by the renderers: how a number reads.
#include "mlsysim/render/render.hpp"

namespace mlsysim::render {

std::string value_text(double value, Dimension const& dimension, bool percent, bool binary_units = false);
std::string interval_text(Interval const& interval, Dimension const& dimension, bool percent, bool binary_units = false);
std::string cell_text(Cell const& cell, Column const& column, bool binary_units = false);
/// `needs 12 GB <= 80 GB`, as `12 GB <= 80 GB`.
std::string check_text(Check const& check, bool binary_units = false);

/// Height of `roofline_drawing`.
constexpr double roofline_height = 460;
/// The roofline of a `performance` section as elements of an SVG of this width, from `top` down. Empty without a bandwidth or operators.
std::string roofline_drawing(Section const& performance, double top, double width);

/// Defaults and assumptions, each once, in order.
std::vector<Fact const*> assumptions(Ledger const& ledger);

struct SourceCount {
  std::size_t facts = 0;
  std::size_t unverified = 0;
  std::size_t given = 0;
};
/// How many registry numbers the reported metrics rest on, and how many of them have a source nobody opened.
SourceCount count_sources(Report const& report);

}  // namespace mlsysim::render
