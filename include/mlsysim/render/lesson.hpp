#pragma once
/// \file
/// Worksheets, stages and breakdowns as text, Markdown, HTML and SVG.
#include <string>

#include "mlsysim/render/render.hpp"
#include "mlsysim/teaching/stages.hpp"
#include "mlsysim/teaching/worksheet.hpp"

namespace mlsysim::render {

/// A problem sheet; with `key` the answers stand behind it.
std::string worksheet_markdown(teaching::Worksheet const& sheet, bool key);
/// The same as a page to print.
std::string worksheet_html(teaching::Worksheet const& sheet, bool key);

/// One stage of an evaluation, `number` of `count`.
std::string text(teaching::Stage const& stage, std::size_t number, std::size_t count, TextStyle const& style);
/// \{
/// Its two halves: what happens here and what to ask oneself, and what there is to see.
std::string question(teaching::Stage const& stage, std::size_t number, std::size_t count, TextStyle const& style);
std::string answer(teaching::Stage const& stage, TextStyle const& style);
/// \}

/// Where time and memory go and how near the limits are, as bars.
std::string breakdown(Report const& report, TextStyle const& style);
/// The same as a self-contained SVG, with the roofline of a pass above it.
std::string breakdown_svg(Report const& report);

}  // namespace mlsysim::render
