#pragma once
/// \file
/// Graded submissions: for people, for a class, for Gradescope, for JUnit readers and for a command grader.
#include <span>
#include <string>

#include "mlsysim/describe/grade.hpp"
#include "mlsysim/describe/report.hpp"
#include "mlsysim/render/render.hpp"

namespace mlsysim::render {

/// Points without tails of binary fractions: `4`, `2.5`, `0.33`.
std::string points_text(double points);

/// For people.
std::string text(Grade const& grade, TextStyle const& style);
/// The same with Markdown headings and a table; what the student decided and why in full.
std::string markdown(Grade const& grade);
/// `12.5/20`, as a command grader reads it.
std::string points_line(Grade const& grade);
/// Gradescope's results.json: a test for each question.
std::string gradescope(Grade const& grade);
/// JUnit XML: a suite for each submission, a case for each question; less than full points is a failure.
std::string junit(std::span<const Grade> grades);
/// One row for each submission, one column for each question.
Table class_table(std::span<const Grade> grades);
/// One row for each question of each submission.
Table item_table(std::span<const Grade> grades);

/// A submission on one page, with predictions, answers, runs and what was decided; `version` is that of the program.
std::string markdown(Bundle const& bundle, std::string_view version);
/// The same, a row for each piece.
Table bundle_table(Bundle const& bundle);

}  // namespace mlsysim::render
