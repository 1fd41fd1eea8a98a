#pragma once
/// \file
/// Explanations of numbers, and the list of what can be asked, in every format.
#include <span>
#include <string>
#include <string_view>

#include "mlsysim/render/render.hpp"
#include "mlsysim/teaching/explanation.hpp"

namespace mlsysim::render {

/// How much of a derivation is shown.
struct ExplanationStyle {
  int depth = 4;                ///< levels of steps; what lies below is named with the path which asks for it
  bool all = false;             ///< every level and every part
  std::string command;          ///< which asks for a path, e.g. `mlsysim explain chatbot`; empty: only paths are named
};

/// For a terminal: definition, steps, what moves the number, its limit, and what it is mistaken for.
std::string explanation(Report const& report, teaching::Explanation const& what, TextStyle const& style, ExplanationStyle const& how);
/// The same as Markdown, formulas as LaTeX between dollar signs.
std::string explanation_markdown(Report const& report, teaching::Explanation const& what, ExplanationStyle const& how);
/// The same as one HTML page without scripts or other files, formulas as MathML.
std::string explanation_html(Report const& report, teaching::Explanation const& what, ExplanationStyle const& how);
/// The same for programs, each explanation with the report which it is of: each step and each fact once, in the order of their use, the number's own first.
std::string explanation_json(std::span<const Report> reports, std::span<const teaching::Explanation> what);

/// What can be asked of a report: path, value, definition and group of each number; cells of tables only with `all`.
Table askable_table(Report const& report, bool all);

/// Terms of the glossary as a table.
Table glossary_table();
/// One term for people.
std::string term_text(teaching::Term const& term);
/// The glossary as a Markdown page, for the site.
std::string glossary_markdown();

/// Text of one page of HTML around a body: style included, nothing loaded.
std::string html_page(std::string_view title, std::string_view body);
/// An equation as MathML; in symbols where `numbers` is empty, otherwise with them put in.
std::string formula_html(EquationInfo const& equation, std::vector<std::string> const& numbers);
/// A symbol such as `t_c` as MathML.
std::string symbol_html(std::string_view symbol);

}  // namespace mlsysim::render
