#pragma once
/// \file
/// Why a number is what it is: the steps behind it, what moves it most, what it is held against, and for what it is mistaken.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/teaching/glossary.hpp"

namespace mlsysim::teaching {

/// A fact and how strongly the result follows it.
struct Influence {
  Origin origin;              ///< a fact of the ledger
  double elasticity = 0;      ///< change of the result in per cent for one per cent of the fact, to first order
  std::optional<Interval> swing;  ///< the result at both ends of the fact's own range, to first order; only where it has one
};

/// A quantity which goes by a similar name, with its value in the same result.
struct Variant {
  std::string path;     ///< of the other metric; empty if the result has none
  std::string name;     ///< for people
  std::string differs;  ///< how
  double value = 0;     ///< base units; NaN if the result does not have it
  Dimension dimension;  ///< of the value
  bool percent = false; ///< people read it as a percentage
};

/// One number of a report which can be asked for.
struct Askable {
  std::string path;      ///< e.g. `serving.itl`, `scorecard.performance.itl`, `performance.operators.attention.time`
  std::string label;     ///< for people
  std::string group;     ///< title of its section
  double value = 0;      ///< base units
  Dimension dimension;   ///< of the value
  bool percent = false;  ///< people read it as a percentage
  Origin origin;         ///< unknown for a number whose table keeps none
  bool metric = false;   ///< a metric, not a check, a cell of a table or a knob
  std::string note;      ///< definition, or how it came about where no steps are recorded
};

/// Everything there is to say about one number.
struct Explanation {
  Askable what;                       ///< the number
  std::string definition;             ///< id of its definition
  Term const* term = nullptr;         ///< from the glossary; null if it has no page there
  std::vector<Influence> influences;  ///< strongest first
  double unexplained = 0;             ///< share of the influence which reaches no recorded fact, 0..1
  std::vector<Check> compared;        ///< checks which hold it against a limit
  std::vector<Variant> confused;      ///< quantities with similar names
  std::optional<Interval> interval;   ///< 90 %, base units
  std::optional<Confidence> confidence;  ///< of an estimate
  std::string step;                   ///< path below the number, `1/8/2`; empty: the number itself
};

/// Every number of a report by its path, metrics first: also checks of the scorecard, knobs and cells of tables.
std::vector<Askable> askable(Report const& report);
/// Explains the number at `path`; `path/1/8` explains the eighth input of its first input. Empty if there is none.
std::optional<Explanation> explain(Report const& report, std::string_view path);

/// How strongly each fact moves a value: elasticities through the recorded steps, strongest first; whole numbers are taken as continuous. What could not be followed is left out;
/// its share is stored in `unexplained`.
std::vector<Influence> influences(Ledger const& ledger, Origin origin, double value, double* unexplained = nullptr);

/// The name of a part: the label of a metric, the operator for which its step stands, or the row of a table which shows the same number. Empty if
/// nothing does.
std::string name_of(Report const& report, Origin origin, double value, Dimension const& dimension);

}  // namespace mlsysim::teaching
