#pragma once
/// \file
/// The best plan by one metric, among all which meet the constraints: every candidate is judged, none is guessed.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/explore/sweep.hpp"

namespace mlsysim::explore {

/// A metric held to a limit.
struct Constraint {
  std::string text;        ///< as written
  std::string metric;      ///< its path
  bool at_most = true;     ///< `<=`; otherwise `>=`
  double limit = 0;        ///< base units
  Dimension dimension;     ///< of the limit
  std::size_t at = 0;      ///< where the limit stands in the text
};
/// Reads `serving.itl<=50 ms`. Appends E0314 with its place. Never throws.
std::optional<Constraint> parse_constraint(std::string_view argument, std::string const& option, std::vector<Diagnostic>& problems);

/// What is looked for.
enum class Search : std::uint8_t {
  parallelism,  ///< degrees of parallelism, micro-batch, recomputation, ZeRO stage, on the devices which there are
  placement,    ///< grids, and prices of the same device
  serving,      ///< batch, tensor ranks and replicas
  hardware,     ///< devices, and how many of them
};
/// Spellings of `Search`, in its order.
inline constexpr std::array<std::string_view, 4> search_name{"parallelism", "placement", "serving", "hardware"};

/// The axes of a search in this scenario; those which `given` has take its levels instead. \throws InputError
std::vector<Axis> axes_of(Search search, registry::Catalogue const& catalogue, io::Document const& document, std::vector<Axis> given);

/// The objective where none is given: what most people would ask for.
Objective usual_objective(Search search, scenario::Scenario const& scenario);

/// Sees without pricing that a point is no plan: what does not divide, and ranks which are not the devices.
class Pruner {
 public:
  /// \param space must outlive it
  Pruner(registry::Catalogue const& catalogue, io::Document const& document, Space const& space);
  /// Why the point is no plan; null if it may be one. An empty reason: it is another point in other words, and is not counted.
  char const* reason(std::uint64_t point) const;

 private:
  int number(std::uint64_t point, int axis, int otherwise) const;

  Space const& space_;
  std::vector<std::vector<int>> numbers_;       ///< of each level of each axis; empty for words
  std::vector<std::string> device_of_price_;    ///< of each level of the price axis
  EntryKind device_kind_ = EntryKind::hardware; ///< what the hardware axis names: devices, nodes or fleets
  std::vector<std::string> device_of_level_;    ///< of each level of the hardware axis
  int tensor_ = -1, pipeline_ = -1, data_ = -1, expert_ = -1, context_ = -1, devices_ = -1, batch_ = -1, zero_ = -1, interleaving_ = -1, price_ = -1, device_ = -1, recompute_ = -1;
  systems::Parallel plan_;
  long long available_ = 1, global_batch_ = 0;
  int micro_batch_ = 1, heads_ = 0, layers_ = 0, experts_ = 0;
  bool devices_follow_ = false, training_ = false, flash_ = false;
  std::string price_device_, own_device_;
};

/// A search, ready to be run in parts.
struct Hunt {
  Question question;                     ///< its first metric is the objective, the next are those of the constraints
  Objective objective;                   ///< what is best
  std::vector<Constraint> constraints;   ///< which a plan must meet, besides the limits of the scenario
};

/// Runs parts of a search. One for each thread.
class Hunter {
 public:
  /// All arguments must outlive it. \param top how many plans are kept
  Hunter(registry::Catalogue const& catalogue, io::Document const& document, Hunt const& hunt, std::size_t top);
  /// Judges one point.
  void run(std::uint64_t point);
  Tally& tally() { return tally_; }            ///< of what ran since it was last emptied: `evaluated` counts plans which meet everything
  std::vector<Row>& best() { return best_; }   ///< of what ran since it was last emptied, best first

 private:
  void reject(std::string reason);

  Hunt const& hunt_;
  std::size_t top_;
  Pruner pruner_;
  Runner runner_;
  Row row_;
  Tally tally_;
  std::vector<Row> best_;
};

/// Keeps the best `top` of both, best first; of equals the earlier point.
void keep_best(std::vector<Row>& into, std::vector<Row> const& more, bool smallest, std::size_t top);

}  // namespace mlsysim::explore
