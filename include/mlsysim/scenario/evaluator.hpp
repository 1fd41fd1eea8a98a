#pragma once
/// \file
/// A scenario which is evaluated again and again with other values: single numbers by path, without report or derivation.
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::scenario {

/// A value to put in place of what a scenario says, or leaves out.
struct Edit {
  std::string path;   ///< dotted, from the root of the file; it may lead through a named entry: `system.device.memory.hbm.bandwidth`
  std::string value;  ///< as it would stand in the file
};

/// As `load`, with these values in place of the document's. Their problems are reported at the file `name`, one line for each
/// edit, columns counted from the beginning of its value.
Loaded load(registry::Catalogue const& catalogue, io::Document const& document, std::span<const Edit> edits, std::string const& name, std::vector<Diagnostic>& problems);

/// How an evaluation ended.
enum class Status : std::uint8_t {
  evaluated,     ///< there are numbers
  does_not_fit,  ///< a memory is too small: there are numbers of the memory alone
  refused,       ///< no solver can evaluate the plan
};

/// What is different from the evaluation before, as a set: the less, the faster.
enum class Changed : std::uint8_t {
  nothing = 0,    ///< but where the system stands, what it costs, and limits
  rates = 1,      ///< how fast, how dear and how far the hardware is: what a rank must hold, and whether that fits, is the same
  plan = 2,       ///< what is computed at once and by how many, and the formats: the system and the models are the same
  model = 4,      ///< the shape of a model
  anything = 15,  ///< or nothing is known about it
};
/// Both.
constexpr Changed operator|(Changed a, Changed b) { return static_cast<Changed>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b)); }
/// Whether `part` is among `all`.
constexpr bool has(Changed all, Changed part) { return (static_cast<std::uint8_t>(all) & static_cast<std::uint8_t>(part)) != 0; }

/// A metric, found once by its path.
struct MetricHandle {
  std::string path;      ///< as in a report, e.g. `serving.itl`
  Dimension dimension;   ///< of its values
  bool percent = false;  ///< a ratio which people read as a percentage
  int index = -1;        ///< of a number which is at hand after every evaluation; -1: the sections of a report are built to find it
};

/// What limits an outcome, as small numbers which compare fast.
struct Binding {
  std::uint8_t first = 0;   ///< limit of the pass, of decode, or of the compute part of a training step; 255: nothing was evaluated
  std::uint8_t second = 0;  ///< of prefill in serving; the largest loss in training
  friend bool operator==(Binding, Binding) = default;  ///< the same limits
};

/// Evaluates one scenario whose values the caller changes between calls. The same numbers as `evaluate`, to the last bit. Not for use by
/// several threads at once; each has an evaluator and a scenario of its own.
class Evaluator {
 public:
  /// \param loaded must outlive the evaluator, at the same place
  explicit Evaluator(Loaded& loaded);
  ~Evaluator();
  /// \{
  /// Neither copied nor moved.
  Evaluator(Evaluator const&) = delete;
  Evaluator& operator=(Evaluator const&) = delete;
  /// \}

  /// Evaluates the scenario as it now is. Replicas which the plan leaves open fill the devices, as when a file is read.
  Status evaluate(Changed changed = Changed::anything);
  /// To be called after the calibration was changed: what devices reach is looked up once and kept.
  void calibration_changed();
  /// Of the last evaluation.
  Status status() const;
  /// Why the last evaluation has no numbers, in one line; empty if it has.
  std::string reason() const;

  /// A metric of this scenario. Empty if no outcome of its kind could have it.
  std::optional<MetricHandle> find(std::string_view path);
  /// Paths of all metrics of the last evaluation.
  std::vector<std::string> metrics();
  /// Paths of the numbers which are at hand after every evaluation, whether or not this scenario has them.
  static std::vector<std::string> at_hand();
  /// Those which people ask for first, by what the scenario does.
  std::vector<MetricHandle> headline();
  /// Base units; NaN where the last evaluation has no such number.
  double value(MetricHandle const& metric);

  /// What limits the last outcome.
  Binding binding() const;
  /// The same in words: `memory bandwidth`, `decode: memory bandwidth, prefill: compute`.
  std::string binding_text() const;
  /// Limits and assertions of the scenario which the last outcome misses; E0204 and E0205 as when a file is evaluated.
  std::vector<Check> missed();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlsysim::scenario
