#pragma once
/// \file
/// What differs between two scenarios, and which change of an input caused how much of the change of a result.
#include <cstdint>
#include <string>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::teaching {

/// One input which the files spell differently.
struct Change {
  std::string path;    ///< e.g. `workload.batch`
  std::string before;  ///< as written; empty: left to its default
  std::string after;   ///< as written; empty: left to its default
};

/// What a group of changes contributes to the change of one metric.
struct Contribution {
  std::uint32_t changes = 0;  ///< bit i: change i of `Difference::changes` is part of the group
  double value = 0;           ///< base units of the metric
};

/// One result in both scenarios.
struct Moved {
  std::string metric;                       ///< path
  std::string label;                        ///< for people
  double before = 0;                        ///< base units
  double after = 0;                         ///< base units
  Dimension dimension;                      ///< of all values
  bool percent = false;                     ///< people read it as a percentage
  std::vector<Contribution> contributions;  ///< their sum is `after - before`, largest first; empty if it did not change
};

/// How contributions were found.
enum class Attribution : std::uint8_t {
  none,           ///< nothing changed
  shapley,        ///< mean over all orders in which the changes could be made
  ordered_path,   ///< one change after the other, in the order of the second file
};

/// Everything which differs.
struct Difference {
  std::vector<Change> changes;             ///< inputs, in the order of the files
  std::vector<Moved> results;              ///< metrics which both have, in the order of the second report
  std::vector<std::string> only_before;    ///< metrics which the second lacks
  std::vector<std::string> only_after;     ///< metrics which the first lacks
  Attribution method = Attribution::none;  ///< how contributions were found
  std::size_t evaluations = 0;             ///< how many mixtures of both scenarios were evaluated
  Report before, after;                    ///< both results
};

/// Changes beyond this number are made one after the other: 2^n mixtures are too many.
inline constexpr std::size_t most_shapley_changes = 7;

/// Compares two scenario files. Mixtures which cannot be evaluated (tensor ranks without their node) are never split: such changes share
/// one contribution. \throws InputError with every problem of either file
Difference diff(registry::Catalogue const& catalogue, io::Document const& before, io::Document const& after);

}  // namespace mlsysim::teaching
