#pragma once
/// \file
/// How a published table becomes scenarios: declared in YAML, so that a new table needs no C++. `validation/README.md` is the manual.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/io/csv.hpp"
#include "mlsysim/io/document.hpp"
#include "mlsysim/validation/expression.hpp"

namespace mlsysim::validation {

/// A condition on one column (or computed column); everything which is stated must hold.
struct Filter {
  std::string column;                 ///< on which the condition is
  std::optional<std::string> equals;  ///< the whole cell
  /// The whole cell is one of these, or none of them.
  std::optional<std::vector<std::string>> in, not_in;
  std::optional<std::vector<std::string>> contains;  ///< any of these texts, as part of the cell
  std::optional<bool> empty;                         ///< true: the cell is empty; false: it is not
  std::optional<double> at_least, at_most;           ///< limits of the cell as a number
  std::string reason;                                ///< said of the rows which it leaves out
  Location where;                                    ///< for messages
};

/// A column which the table does not have.
struct Computed {
  std::string name;  ///< by which expressions call it
  Expression value;  ///< over columns
};

/// Cells which stand for something: a name in the registry, a word, or a whole block of YAML.
struct LookUpTable {
  std::string name;                     ///< by which scenarios call it
  std::string from;                     ///< text with `$column`s; the column of the same name when left out
  io::Node const* to = nullptr;         ///< map of cell to entry
  io::Node const* otherwise = nullptr;  ///< for cells without an entry; none: such rows are left out
};

/// What is measured, and what it is held against. A row may serve several cases (prefill and decode of one run).
struct Case {
  std::string id;                     ///< short name, unique in the mapping
  std::vector<Filter> rows;           ///< conditions on its rows, beside the mapping's
  std::vector<Computed> computed;     ///< beside the mapping's
  std::vector<Filter> out_of_memory;  ///< rows which did not fit when they were measured; none if empty
  /// Usually one, without a name. Of several each has a name, which stands before its metrics: `decode.performance.latency`.
  std::vector<std::pair<std::string, io::Node const*>> scenarios;
  Expression measured;    ///< over columns
  std::string unit;       ///< of `measured`
  double scale = 1;       ///< base units per unit
  Exponents dimension{};  ///< of `measured`
  Expression predicted;   ///< over metrics and columns
  Location where;         ///< for messages
  Location measured_at;   ///< where `measured` stands
  Location predicted_at;  ///< where `predicted` stands
};

/// Groups of rows which compete, for sets whose use is to find the best: is the best measured row among the first of ours?
struct Ranking {
  std::vector<std::string> within;  ///< columns; rows which agree in all of them compete
  Expression per;                   ///< over columns; what is compared is the value per so much. Empty: the value
  std::size_t top = 3;              ///< places among which the best row is to be
};

/// What the set has to reach; `--check` enforces it.
struct Expectation {
  std::optional<double> median_error;    ///< at most
  std::optional<double> mean_error;      ///< at most
  std::optional<double> bias;            ///< magnitude at most
  std::optional<double> within_10;       ///< at least
  std::optional<double> within_25;       ///< at least
  std::optional<double> baseline_ratio;  ///< median error / that of the best constant, at most
  std::optional<double> coverage_low;    ///< of the 90 % intervals, at least
  std::optional<double> coverage_high;   ///< at most
  std::optional<double> feasibility;     ///< share of rows judged rightly, at least
  std::optional<double> rows;            ///< used, at least
  std::optional<double> rank_correlation; ///< of the curves, mean over those of the worst subject, at least
  std::optional<double> ranked;          ///< share of groups whose best row is ranked high enough, at least
};

/// Which points make a curve, so that its shape can be judged: those which are equal in the columns `of` and `alike`.
struct Curves {
  std::vector<std::string> of;     ///< columns of a subject, over whose curves the mean is taken: a model on a device
  std::vector<std::string> alike;  ///< columns in which the points of one curve are equal besides
  std::string per;                 ///< column by which values are divided before they are ranked, as a time by its batch; empty: none
};

/// Whether the rows had a part in the calibration.
enum class Role : std::uint8_t {
  validation,   ///< none of them: the error is that of a prediction
  calibration,  ///< some or all: the error is that of a fit
};
std::span<const std::string_view> names_of(Role);

/// A published table, and how its rows become scenarios.
struct Mapping {
  std::string id;                             ///< short name, unique
  std::string title;                          ///< one line for people
  std::string about;                          ///< what was measured and what the comparison shows
  std::string table;                          ///< path of the CSV file
  std::string source;                         ///< who measured and published it, where it was read
  std::string licence;                        ///< of the data
  Role role = Role::validation;               ///< whether its rows had a part in the calibration
  std::string kernels;                        ///< calibration entry of the one engine whose kernels were measured; empty: any may have them
  std::vector<std::string> registry_sources;  ///< keys under which the registry knows the same publication
  std::vector<std::string> parts;             ///< columns of cells such as `m=16;n=4096`, see `with_parts`
  std::vector<Filter> rows;                   ///< conditions on every row
  std::vector<Computed> computed;             ///< for all cases
  std::vector<LookUpTable> maps;              ///< for all cases
  std::vector<Case> cases;                    ///< in file order
  std::vector<std::string> groups;            ///< columns for subtotals
  std::string name;                           ///< text with `$column`s which names a row for people
  std::optional<Ranking> ranking;             ///< none: rows do not compete
  Expectation expect;                         ///< what `--check` enforces
  std::optional<Curves> curves;               ///< whose shape is judged
  io::Document document;                      ///< what the nodes above lie in

  /// Name of the mapping's own file.
  std::string file() const { return document.files.empty() ? std::string{} : std::string(document.files[0].name); }
};

/// Reads a mapping. Appends every problem in file order; the mapping may be used only if there were none.
Mapping read_mapping(io::Document document, std::vector<Diagnostic>& problems);

/// The table with a column for every name in the mapping's `parts`, empty where a row does not have it.
io::Csv with_parts(Mapping const& mapping, io::Csv table);

/// Appends a problem (E0171) for every column which the mapping names and the table lacks.
void check_columns(Mapping const& mapping, io::Csv const& table, std::vector<Diagnostic>& problems);

/// One row with the names which the mapping gives to its cells.
class RowScope {
 public:
  /// All four must outlive it.
  RowScope(Mapping const& mapping, Case const& c, io::Csv const& table, io::Csv::Row const& row) : mapping_{mapping}, case_{c}, table_{table}, row_{row} {}

  /// A column, or a computed column as text. Empty if there is neither.
  std::optional<std::string> text(std::string_view name) const;
  /// As a number; `problem` says what is missing.
  std::optional<Value> number(std::string_view name, std::string& problem) const;
  /// What a map makes of this row. Null if there is no such map (`problem` stays empty) or no such entry.
  io::Node const* mapped(std::string_view map, std::string& problem) const;
  /// Text with its `$name`s and `${name}`s replaced; `$$` is a dollar sign.
  std::string replaced(std::string_view text, std::string& problem) const;
  /// The same for people: an empty cell is nothing.
  std::string shown(std::string_view text) const;
  /// Whether the row meets the condition.
  bool holds(Filter const& filter) const;

 private:
  Mapping const& mapping_;
  Case const& case_;
  io::Csv const& table_;
  io::Csv::Row const& row_;
};

/// Why the row is left out, or nothing.
std::optional<std::string> refusal(RowScope const& row, std::vector<Filter> const& filters);

/// A scenario of the case with every `$name` put in: a map's entry, else the cell. Where a cell is empty or a map has no entry, `problem` says so.
io::Document instantiate(Mapping const& mapping, io::Node const& scenario, RowScope const& row, std::string& problem);

}  // namespace mlsysim::validation
