#pragma once
/// \file
/// Chapters of the textbook: a result need not show instruments which are taught later.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::teaching {

/// A chapter and the sections of a report which it introduces.
struct Chapter {
  std::string_view id;                          ///< volume and number, e.g. `v1.13`
  std::string_view title;                       ///< by which it is cited, since numbers change between editions
  std::span<const std::string_view> sections;   ///< ids of sections
};

/// All chapters in reading order. Titles and numbers: labs/mlsysbook_labs/catalog.py of harvard-edge/cs249r_book at 335995f, read 2026-11-26; which chapter
/// introduces which section is a choice of this project.
std::span<const Chapter> chapters();

/// A chapter by number (`v1.13`) or title, whatever the case. \throws InputError (E0333) with near names
Chapter const& chapter(std::string_view name);

/// Takes out of a report the sections which come after a chapter, and the macro level of the scorecard where nothing of it is taught yet and nothing was judged.
/// Numbers are as they were. \return titles of the sections taken out, each with the chapter which introduces it
std::vector<std::string> hide_later(Report& report, Chapter const& level);

}  // namespace mlsysim::teaching
