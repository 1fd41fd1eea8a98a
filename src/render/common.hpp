#pragma once
// Shared by the renderers: how a number reads, how markup is written.
#include "mlsysim/render/render.hpp"

namespace mlsysim::render {

std::string value_text(double value, Dimension const& dimension, bool percent, bool binary_units = false);
std::string interval_text(Interval const& interval, Dimension const& dimension, bool percent, bool binary_units = false);
std::string cell_text(Cell const& cell, Column const& column, bool binary_units = false);
/// `needs 12 GB <= 80 GB`, as `12 GB <= 80 GB`.
std::string check_text(Check const& check, bool binary_units = false);

/// A round number near `rough` for the ticks of an axis: 1, 2 or 5 times a power of ten; whole minutes, hours and days of times.
double round_step(double rough, Dimension const& dimension);

/// Height of `roofline_drawing`.
constexpr double roofline_height = 460;
/// The roofline of a `performance` section as elements of an SVG of this width, from `top` down. Empty without a bandwidth or operators.
std::string roofline_drawing(Section const& performance, double top, double width);
/// Text inside of SVG, XML and HTML: `<`, `>`, `&` and quotes as entities.
std::string escaped(std::string_view text);
/// A number inside of LaTeX, its unit upright.
std::string latex_number(std::string const& text);
// Okabe and Ito, "Color Universal Design", 2008; their yellow is left out, since it is too pale on white.
inline constexpr std::string_view colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555"};

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
