#pragma once
/// \file
/// A sweep: every point of a space as a row, what limits it, and where that changes.
#include <map>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/explore/runner.hpp"

namespace mlsysim::explore {

/// A point with its numbers.
struct Row {
  std::uint64_t point = 0;                                ///< index in the space
  scenario::Status status = scenario::Status::refused;    ///< how its evaluation ended
  std::vector<double> values;                             ///< of each metric, base units; NaN: it has none
  scenario::Binding binding{};                            ///< what limits it
  std::string limit;                                      ///< the same in words, or why there are no numbers
  bool crossover = false;                                 ///< something else limits the neighbour before it on the last numeric axis
};

/// What is counted over many points. Tallies of parts add up to the tally of the whole, in the order of their points.
struct Tally {
  /// How often, and where first.
  struct Count {
    std::uint64_t points = 0;  ///< number of them
    std::string first;         ///< the first one in words
  };
  std::uint64_t points = 0;                 ///< all
  std::uint64_t evaluated = 0;              ///< with numbers
  std::map<std::string, Count> reasons;     ///< of those without; reasons which differ in numbers only are one
  std::map<std::string, Count> crossovers;  ///< from what to what

  /// Adds the tally of the points which follow.
  void add(Tally const& next);
};

/// What is asked of each point, found once.
struct Question {
  Space space;                                     ///< the points
  std::vector<scenario::MetricHandle> metrics;     ///< asked for, or the headline of the scenario
  std::size_t crossover_axis = static_cast<std::size_t>(-1);  ///< the last numeric axis with several levels; none: no crossovers
};

/// Finds the metrics in the scenario as written or, where that does not fit, in the first point which does.
/// \throws InputError E0313 for a metric which no point has, E0315 for more than `most_points` points
Question ask(registry::Catalogue const& catalogue, io::Document const& document, Space space, std::vector<std::string> const& metrics);

/// Evaluates parts of a sweep. One for each thread.
class Sweeper {
 public:
  /// All arguments must outlive it.
  Sweeper(registry::Catalogue const& catalogue, io::Document const& document, Question const& question);
  /// The next point or any other; the row is valid until the next call.
  Row const& run(std::uint64_t point);
  Tally& tally() { return tally_; }  ///< of what ran since it was last emptied

 private:
  scenario::Binding binding_at(std::uint64_t point);
  std::string const& words(scenario::Binding binding);
  void count();

  Question const& question_;
  Runner runner_;
  Row row_;
  Tally tally_;
  struct Seen {
    std::uint64_t point = ~std::uint64_t{0};
    scenario::Binding binding{};
  };
  std::vector<Seen> recent_;  ///< by point modulo the stride of the crossover axis
  std::map<std::uint16_t, std::string> words_;
};

/// Columns of a table of rows: point, axes, metrics, status, limit, crossover.
std::vector<Column> columns_of(Question const& question);
/// The cells of a row, reusing those which are there.
void cells_of(Question const& question, Row const& row, std::vector<Cell>& cells);
/// `workload.batch 64, system.device H100`.
std::string point_text(Space const& space, std::uint64_t point);

/// A metric to be as small, or as large, as it can.
struct Objective {
  std::string metric;    ///< its path
  bool smallest = true;  ///< `:min`; otherwise `:max`
};
/// Reads `serving.itl:min`. Appends E0314 with its place.
std::optional<Objective> parse_objective(std::string_view argument, std::string const& option, std::vector<Diagnostic>& problems);

/// Points which no other point beats in every respect.
class Front {
 public:
  /// \param smallest for each of the first values of a row: less is better
  explicit Front(std::vector<bool> smallest) : smallest_{std::move(smallest)} {}
  /// Takes a point in; rows without all its values are left out.
  void add(Row const& row);
  /// Takes in what another front holds.
  void add(Front const& other);
  /// By the first value, best first, then by point.
  std::vector<Row> rows() const;
  std::uint64_t dominated() const { return dominated_; }  ///< points which another one beats

 private:
  std::vector<bool> smallest_;
  std::vector<Row> rows_;
  std::uint64_t dominated_ = 0;
};

}  // namespace mlsysim::explore
