#pragma once
/// \file
/// A result is described once, as sections of metrics, checks, tables and notes; `render/` draws them in every format.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mlsysim/describe/fields.hpp"

namespace mlsysim {

/// One number of a result. `id` is stable within a major version; `label` is free to change.
struct Metric {
  std::string id;                                   ///< last part of the path, e.g. `itl` of `serving.itl`
  std::string label;                                ///< for people
  double value = 0;                                 ///< base units
  Dimension dimension;                              ///< of value and interval
  Origin origin;                                    ///< from where `--explain` starts
  Confidence confidence = Confidence::theoretical;  ///< of an estimate
  bool estimate = false;                            ///< a prediction, so confidence and interval apply; exact counts are not
  std::optional<Interval> interval;                 ///< base units
  bool percent = false;                             ///< a ratio which people read as a percentage
  std::string note;                                 ///< the definition where names are used in more than one sense
  bool utilisation = false;                         ///< a share of a device's limit: nothing exceeds 1, so its interval ends there
};

/// How a check, a level or the scorecard came out.
enum class Verdict : std::uint8_t { pass, fail, not_judged };
/// Spellings of `Verdict`, in its order.
inline constexpr std::array<std::string_view, 3> verdict_name{"pass", "fail", "not judged"};

/// A change which would help, computed, not guessed.
struct Remedy {
  std::string change;       ///< e.g. `parallel.tensor: 2`
  std::string effect;       ///< e.g. `76.6 GB per device: fits`
  bool sufficient = false;  ///< this change alone makes the check pass
};

/// A value held against a limit.
struct Check {
  std::string id;                         ///< what it checks, e.g. `itl`
  std::string label;                      ///< for people
  double value = 0;                       ///< what the design gives, base units
  double limit = 0;                       ///< what it is held against, base units
  Dimension dimension;                    ///< of value and limit
  bool at_most = true;                    ///< the limit is an upper one
  bool percent = false;                   ///< people read value and limit as percentages
  Verdict verdict = Verdict::not_judged;  ///< outcome
  Origin origin;                          ///< of the value
  std::string detail;                     ///< the dominant part, or why it was not judged
  std::vector<Remedy> remedies;           ///< changes which would help, for a failed check

  /// Share of the limit which is left (negative: missed by so much).
  double margin() const {
    if (limit == 0) return at_most ? (value > 0 ? -1 : 0) : 1;
    return at_most ? 1 - value / limit : value / limit - 1;
  }
};

/// A column of a table.
struct Column {
  std::string id;        ///< key in JSON and CSV
  std::string label;     ///< for people
  Dimension dimension;   ///< of its numbers
  bool text = false;     ///< its cells are texts
  bool percent = false;  ///< a ratio which people read as a percentage
  std::string unit;      ///< fixed unit for people, e.g. `GiB`; empty: each cell chooses
};
/// One value of a table: a number or a text, as its column says.
struct Cell {
  double number = 0;  ///< base units; NaN: not known
  std::string text;   ///< of a text column
};
/// Rows of equal length, one cell per column.
struct Table {
  std::string id;                       ///< key in JSON and CSV
  std::string label;                    ///< for people
  std::vector<Column> columns;          ///< in reading order
  std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`
};

/// A part of a result, in reading order.
struct Section {
  std::string id;                  ///< first part of the paths of its metrics
  std::string title;               ///< for people
  std::vector<Metric> metrics;     ///< in reading order
  std::vector<Check> checks;       ///< judged here, not on the scorecard
  std::vector<Table> tables;       ///< in reading order
  std::vector<std::string> notes;  ///< one sentence each
  std::vector<Section> children;   ///< sections within it

  /// An exact number. Returns the metric just added, valid until the next one.
  template <class T>
  Metric& metric(std::string id_, std::string label, Sourced<T> const& v) {
    metrics.push_back({std::move(id_), std::move(label), detail::base_value(v.value), detail::dimension_of<T>, v.origin, {}, {}, {}, {}, {}});
    return metrics.back();
  }
  /// A prediction: carries confidence and, where residuals exist, an interval.
  template <class T>
  Metric& estimate(std::string id_, std::string label, Sourced<T> const& v, Confidence confidence) {
    Metric& m = metric(std::move(id_), std::move(label), v);
    m.estimate = true;
    m.confidence = confidence;
    return m;
  }
  /// A predicted share of what the device could do.
  Metric& utilisation(std::string id_, std::string label, Sourced<double> const& v, Confidence confidence, std::string note) {
    Metric& m = estimate(std::move(id_), std::move(label), v, confidence);
    m.percent = m.utilisation = true;
    m.note = std::move(note);
    return m;
  }
  /// The metric of this section with this id; null if there is none. Children are not searched.
  Metric const* find_metric(std::string_view metric_id) const;
};

/// A level of the scorecard. It is judged only when the level before it holds.
struct Level {
  std::string id;                         ///< feasibility, performance, macro
  Verdict verdict = Verdict::not_judged;  ///< of all its checks
  std::vector<Check> checks;              ///< in reading order
  std::string why_not;                    ///< why it was not judged; empty otherwise
};

/// A single change with its computed effect on the headline metric.
struct Knob {
  std::string change;  ///< e.g. `memory bandwidth x 2`
  double factor = 1;   ///< headline after / before; above 1 is better
  std::string effect;  ///< for people
};

/// Feasibility, performance, macro: in that order.
struct Scorecard {
  std::vector<Level> levels;              ///< in the order in which they are judged
  Verdict verdict = Verdict::not_judged;  ///< fails if a level fails
  std::string binding;                    ///< what limits the headline metric, with its margin
  std::string next;                       ///< what limits once that is removed
  std::string headline;                   ///< path of the metric which the knobs improve
  std::vector<Knob> knobs;                ///< most effective first
};

/// Everything an evaluation says, in every format.
struct Report {
  std::string title;                  ///< name of the scenario
  std::string about;                  ///< what it teaches
  std::string file;                   ///< where the scenario was read
  std::string summary;                ///< workload and system in one line
  std::string version;                ///< of mlsysim
  std::string registry;               ///< hash of the registry which was used
  std::size_t registry_added = 0;     ///< entries from outside the built-in registry
  Scorecard card;                     ///< feasibility, performance, macro
  std::vector<std::string> warnings;  ///< what may surprise although it is legal: old prices, old grid factors
  std::vector<Section> sections;      ///< in reading order
  Ledger ledger;                      ///< facts, defaults and steps behind the sections

  /// By path, e.g. `performance.latency`; null if there is none.
  Metric const* metric(std::string_view path) const;
  /// Every metric with its path, in order.
  std::vector<std::pair<std::string, Metric const*>> metrics() const;
};

}  // namespace mlsysim
