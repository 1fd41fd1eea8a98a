#pragma once
/// \file
/// Estimates against measurements: every row of a published table as a scenario, its error, and the error of the best single constant.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/describe/scatter.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/validation/mapping.hpp"

namespace mlsysim::validation {

/// A measured value and what was predicted for it, in base units.
struct Point {
  std::size_t which = 0;                            ///< index into the mapping's cases
  std::uint32_t line = 0;                           ///< of the table
  std::string name;                                 ///< of the row, for people
  std::vector<std::string> groups;                  ///< one for each of the mapping's
  std::string subject, curve;                       ///< to which it belongs, by the columns of the mapping's `curves`; empty without
  double measured = 0;                              ///< base units
  double predicted = 0;                             ///< base units
  std::string contest;                              ///< group in which the row competes
  double per = 1;                                   ///< by which its values are divided before they are ranked, in its curve or among its competitors
  double ideal = 0;                                 ///< data-sheet roofline: efficiency 1 everywhere, kernels launched for free
  std::optional<Interval> interval;                 ///< of the prediction
  Confidence confidence = Confidence::theoretical;  ///< of the prediction

  /// Relative to the measured value; positive: predicted too much.
  double error() const { return predicted / measured - 1; }
  /// Whether the interval holds the measured value.
  bool covered() const { return interval && interval->low <= measured && measured <= interval->high; }
};

/// A row whose feasibility was judged wrongly.
struct Misjudged {
  std::uint32_t line = 0;  ///< of the table
  std::string name;        ///< of the row, for people
  bool fitted = false;     ///< in reality
};

/// What became of every row of a table.
struct Outcome {
  std::vector<Point> points;                                 ///< in table order
  std::vector<std::pair<std::string, std::size_t>> skipped;  ///< reason and number of rows, in order of first occurrence
  std::vector<Misjudged> misjudged;                          ///< judged to fit though it did not, or the other way round
  std::size_t rows = 0;                                      ///< of the table
  std::size_t used = 0;                                      ///< rows which gave at least one point or verdict
  std::size_t judged = 0;                                    ///< rows and cases whose feasibility is known
};

/// Errors of one set of points, as shares of the measured values.
struct Errors {
  std::size_t points = 0;  ///< how many
  double median = 0;       ///< of the magnitudes
  double mean = 0;         ///< of the magnitudes
  double bias = 0;         ///< median of the signed errors
  double within_10 = 0;    ///< share of the points
  double within_25 = 0;    ///< share of the points
};
/// Of an empty set: all zero.
Errors errors_of(std::vector<double> signed_errors);

/// Median; the mean of the middle two of an even number. 0 of none.
double median(std::vector<double> values);

/// Spearman's rank correlation of two columns of numbers; equal values share their mean rank. 0 where one of them does not vary.
/// Source: Spearman, "The Proof and Measurement of Association between Two Things", American Journal of Psychology 15 (1904).
double rank_correlation(std::vector<double> const& a, std::vector<double> const& b);

/// How well the order of the points of its curves is predicted for one subject.
struct Shape {
  std::string subject;         ///< cells of the columns which name it
  std::size_t curves = 0;      ///< with three points at least
  double correlation = 0;      ///< mean of their rank correlations
  double least = 0;            ///< the smallest of them
};

/// The one efficiency which, put on the ideal roofline of every point, gives the smallest median error: times are divided by it, rates multiplied.
struct Baseline {
  double efficiency = 1;  ///< above 0
  Errors errors;          ///< which it leaves
};

/// A group of competing rows, more of them than there are places.
struct Contest {
  std::string name;       ///< what its rows agree in
  std::size_t rows = 0;   ///< which compete
  std::string best;       ///< the row which was measured to be best
  std::size_t place = 0;  ///< of that row in our order, from 1
  double lost = 0;        ///< how much worse our first row was measured to be than the best, as a share
};
/// Groups in which rows compete, in table order; none if the mapping ranks nothing.
std::vector<Contest> contests(Mapping const& mapping, std::vector<Point> const& points);

/// What became of a set, and how good its predictions are.
struct Result {
  Outcome outcome;                      ///< row by row
  Errors errors;                        ///< of the predictions
  Baseline baseline;                    ///< to beat
  std::vector<double> baseline_errors;  ///< signed, one for each point
  std::size_t with_interval = 0;        ///< points which have an interval
  std::vector<Shape> shapes;            ///< one for each subject which has curves, in order of occurrence
  std::vector<Contest> contests;        ///< groups in which rows compete
  double coverage = 0;                  ///< share of the points with an interval whose interval holds the measured value
  bool shuffled = false;                ///< measured values were exchanged: errors should be large
};

/// Share of `n` independent rows which right 90 % intervals hold: its 5 % and 95 % quantiles (binomial). \pre n > 0
Interval chance_of_coverage(std::size_t n);

/// How a set is evaluated.
struct Options {
  std::optional<std::uint64_t> shuffle;  ///< measured values are exchanged within each case: a check of the check
};

/// Evaluates every row. \throws InputError for a mapping which names what does not exist, or makes scenarios which nobody could evaluate.
Result validate(Mapping const& mapping, io::Csv const& table, registry::Catalogue const& catalogue, Options const& options = {});

/// Each target of the mapping as a check.
std::vector<Check> checks(Mapping const& mapping, Result const& result);

/// Everything about one set: errors beside the baseline's, targets, subtotals, rows left out by reason, worst rows.
Section report(Mapping const& mapping, Result const& result);

/// One line per set.
Table overview(std::vector<std::pair<Mapping const*, Result const*>> const& sets);

/// Every point with its prediction, as CSV.
std::string rows_csv(std::vector<std::pair<Mapping const*, Result const*>> const& sets);

/// Predicted against measured; one picture for each unit.
std::vector<Scatter> scatter(Mapping const& mapping, Result const& result);

}  // namespace mlsysim::validation
