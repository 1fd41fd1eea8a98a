#pragma once
/// \file
/// A report in every format. Only this folder knows widths, colours and file formats.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/diagnostic.hpp"
#include "mlsysim/describe/plot.hpp"
#include "mlsysim/describe/report.hpp"
#include "mlsysim/describe/scatter.hpp"
#include "mlsysim/describe/timeline.hpp"

namespace mlsysim::render {

/// How text is drawn.
struct TextStyle {
  bool colour = false;        ///< ANSI colours
  bool unicode = false;       ///< UTF-8 marks and rules; ASCII otherwise
  bool all = false;           ///< also tables of every operator and every default
  bool binary_units = false;  ///< data in GiB instead of GB
};

/// For people: scorecard first, then sections, then what was assumed.
std::string text(Report const& report, TextStyle const& style);
/// One section.
std::string text(Section const& section, TextStyle const& style);
/// One table.
std::string text(Table const& table, TextStyle const& style);

/// For programs: versioned, base units, full precision. Several reports give an array under `reports`.
std::string json(std::vector<Report> const& reports);
/// One table, its rows as objects whose keys are the columns' ids.
std::string json(Table const& table, std::string_view version);
/// Estimates against measurements: one line per set, and each set under its id.
std::string json(Table const& overview, std::vector<Section> const& sets, std::string_view version, std::string_view registry);
/// What is wrong, for programs: the same facts as `to_text`.
std::string json(std::span<const Diagnostic> problems, std::string_view version);
/// JSON Schema (draft-07) of the kinds of document above: `report`, `table`, `errors`, `validation` or `derivation`; empty for anything else. Fields are only
/// added within a version, so a reader should allow for more.
std::string json_schema(std::string_view document);

/// One row per metric: file, metric, value, unit, low, high, confidence.
std::string csv(std::vector<Report> const& reports);
/// One row per row of the table.
std::string csv(Table const& table);

/// As `text`, with Markdown tables.
std::string markdown(Report const& report);
/// One section.
std::string markdown(Section const& section);
/// One table.
std::string markdown(Table const& table);

/// The roofline of a `performance` section on a terminal: its roofs and the operators of its table, in log scales. Empty without a bandwidth.
std::string roofline(Section const& performance, TextStyle const& style);

/// A self-contained SVG: one panel for each picture, two side by side. Colours are those of Okabe and Ito, which colour-blind readers tell
/// apart; series beyond their number differ in shape too.
std::string svg(std::span<const Scatter> panels);

/// Lines on a terminal: a letter for each series, `rows` lines high.
std::string text(Plot const& plot, TextStyle const& style, int rows = 12);
/// A self-contained SVG: one panel for each plot, two side by side, in the colours of `svg` of scatters.
std::string svg(std::span<const Plot> panels);

/// A timeline on a terminal: a line of cells for each lane, with its idle share and a legend.
std::string text(Timeline const& timeline, TextStyle const& style);
/// The same as a self-contained SVG; pointing at a slot names it.
std::string svg(Timeline const& timeline);
/// The same as trace events, which chrome://tracing and ui.perfetto.dev show: one process for each lane.
std::string trace(Timeline const& timeline);

/// Display width of UTF-8 text, in columns.
std::size_t display_width(std::string_view utf8);

}  // namespace mlsysim::render
