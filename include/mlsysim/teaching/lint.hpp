#pragma once
/// \file
/// Choices of a scenario which are legal but suspicious: each with a page which says why.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::teaching {

/// The page of a lint.
struct LintPage {
  std::string_view id;       ///< `L001`
  std::string_view title;    ///< what was noticed, in a few words
  std::string_view text;     ///< why it may be a mistake
  std::string_view advice;   ///< what to do, or when it is meant
  std::string_view example;  ///< a scenario which has it; a test evaluates each
};

/// One thing noticed.
struct LintFinding {
  std::string_view id;  ///< of its page
  std::string path;     ///< field or metric which it is about
  std::string message;  ///< with the numbers of this scenario
};

/// All pages, ordered by id.
std::span<const LintPage> lint_pages();
/// By id, `L001` or `l001`; null if there is none.
LintPage const* lint_page(std::string_view id);

/// Everything noticed about a scenario and its result, in the order of the pages.
std::vector<LintFinding> lint(scenario::Loaded const& loaded, Report const& report);

}  // namespace mlsysim::teaching
