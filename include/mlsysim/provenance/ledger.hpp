#pragma once
/// \file
/// The book behind a result: facts which were read, assumptions which were made, and the steps between them and the answer.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/provenance/confidence.hpp"
#include "mlsysim/provenance/source.hpp"
#include "mlsysim/provenance/sourced.hpp"
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// A number somebody wrote down: in the registry, in a scenario, or as a default with its reason.
struct Fact {
  std::string path;                        ///< e.g. `nvidia_h100_sxm.memory.hbm.bandwidth`
  double value = 0;                        ///< base units
  Dimension dimension;                     ///< of value and range
  std::string as_written;                  ///< e.g. `3.35 TB/s`
  std::int32_t source = -1;                ///< index into `Ledger::sources`
  std::string note;                        ///< for an assumption: why this value
  std::string locator;                     ///< table or page within the source
  std::string as_of;                       ///< date of prices and grid factors
  std::optional<Interval> range;           ///< as the source or `range:` gives it, base units
  std::string file;                        ///< in which it stands
  std::uint32_t line = 0;                  ///< from 1; 0: not known
  Origin::Kind kind = Origin::Kind::fact;  ///< fact, given or assumed
};

/// A symbol of an equation as LaTeX: Greek letters by name, words upright, the index below: `eta_max` gives `\eta_{\mathrm{max}}`.
std::string latex_symbol(std::string_view symbol);

/// What an equation is, for whoever prints it.
struct EquationInfo {
  std::string_view id;                        ///< e.g. `roofline.time`
  std::string_view cites;                     ///< key of the publication, or `definition`
  std::span<const std::string_view> symbols;  ///< of the arguments, in their order
  /// The formula with `arguments` (symbols, or numbers put in) in place of the variables.
  std::string (*write)(std::span<const std::string> arguments, bool latex) = nullptr;

  /// The formula in symbols, as plain text or LaTeX.
  std::string formula(bool latex = false) const {
    std::vector<std::string> arguments(symbols.begin(), symbols.end());
    if (latex)
      for (auto& a : arguments) a = latex_symbol(a);
    return write(arguments, latex);
  }
};

/// One argument of a step.
struct StepInput {
  Origin origin;        ///< fact or step it came from
  double value = 0;     ///< base units
  Dimension dimension;  ///< of the value
};

/// One application of an equation, or a sum over parts.
struct Step {
  EquationInfo const* equation = nullptr;  ///< null for a sum
  std::string label;                       ///< of a sum: what is summed; of an equation: the part for which it stands, such as an operator; else empty
  double value = 0;                        ///< result, base units
  Dimension dimension;                     ///< of the result
  std::vector<StepInput> inputs;           ///< arguments or parts, in order
};

/// Facts are kept always, steps only while `recording`: solvers are pure, so an explanation runs them once more with it on.
class Ledger {
 public:
  bool recording = false;  ///< steps are kept. Off by default: then `with` costs no more than the call.

  /// All sources which facts cite.
  std::vector<Source> const& sources() const { return sources_; }
  /// All facts, in the order in which they were read.
  std::vector<Fact> const& facts() const { return facts_; }
  /// All recorded steps; empty without `recording`.
  std::vector<Step> const& steps() const { return steps_; }

  /// Adds a fact; its origin is what a `Sourced` value carries.
  Origin add(Fact fact);
  /// Adds a step; its origin is what the result carries.
  [[gnu::noinline, gnu::cold]] Origin add(Step step);
  /// Says for which part a recorded step of an equation stands; other origins are left alone.
  void name(Origin origin, std::string_view part);
  /// Index of the source with this id, adding it when it is new.
  std::int32_t add(Source source);

  /// Replaces the value of the assumption at `path`, e.g. when a default depends on the hardware; false if there is none.
  bool restate(std::string_view path, double value, std::string_view as_written, std::string_view note);

  Fact const* fact(Origin origin) const;         ///< null if the origin is no fact
  Step const* step(Origin origin) const;         ///< null if the origin is no recorded step
  Source const* source(Fact const& fact) const;  ///< null if the fact cites none

  /// Every fact from which `origin` was computed, in the order of first use.
  std::vector<Origin> facts_behind(Origin origin) const;
  /// Drops the recorded steps; their origins lead nowhere afterwards.
  void forget_steps() { steps_.clear(); }

 private:
  std::vector<Source> sources_;
  std::vector<Fact> facts_;
  std::vector<Step> steps_;
};

/// Stands for a ledger which records nothing, known to be so when compiled: inner loops which take either are written once, as templates.
struct NoLedger {
  static constexpr bool recording = false;  ///< never
};
/// What `assumed`, `sum` and equations write to.
template <class T>
concept AnyLedger = std::same_as<T, Ledger> || std::same_as<T, NoLedger>;

/// A named assumption: used where no source exists, listed in every result which rests on it.
template <class T, AnyLedger L>
Sourced<T> assumed(L& ledger, std::string_view name, T value, std::string_view reason);

/// Sum of parts of one dimension, recorded as such.
template <class T, AnyLedger L>
Sourced<T> sum(L& ledger, std::string_view label, std::span<const Sourced<T>> parts);

namespace detail {
constexpr double base_value(double v) { return v; }
constexpr double base_value(int v) { return v; }
template <Dimension D>
constexpr double base_value(Quantity<D> q) {
  return q.raw();
}
template <class T>
inline constexpr Dimension dimension_of{};
template <Dimension D>
inline constexpr Dimension dimension_of<Quantity<D>> = D;

Origin assume(Ledger& ledger, std::string_view name, double value, Dimension const& dimension, std::string_view reason);
}  // namespace detail

template <class T, AnyLedger L>
Sourced<T> assumed([[maybe_unused]] L& ledger, [[maybe_unused]] std::string_view name, T value, [[maybe_unused]] std::string_view reason) {
  if constexpr (std::same_as<L, Ledger>) {
    if (ledger.recording) [[unlikely]] return {value, detail::assume(ledger, name, detail::base_value(value), detail::dimension_of<T>, reason)};
  }
  return {value, Origin{Origin::Kind::assumed, 0}};
}

namespace detail {
template <class T>
[[gnu::noinline, gnu::cold]] Origin record_sum(Ledger& ledger, std::string_view label, T total, std::span<const Sourced<T>> parts) {
  Step step{nullptr, std::string(label), base_value(total), dimension_of<T>, {}};
  for (auto const& p : parts) step.inputs.push_back({p.origin, base_value(p.value), dimension_of<T>});
  return ledger.add(std::move(step));
}
}  // namespace detail

template <class T, AnyLedger L>
Sourced<T> sum([[maybe_unused]] L& ledger, [[maybe_unused]] std::string_view label, std::span<const Sourced<T>> parts) {
  Sourced<T> total;
  for (auto const& p : parts) total.value = total.value + p.value;
  if constexpr (std::same_as<L, Ledger>) {
    if (ledger.recording) [[unlikely]] total.origin = detail::record_sum<T>(ledger, label, total.value, parts);
  }
  return total;
}
/// The same of a written-out list.
template <class T, AnyLedger L>
Sourced<T> sum(L& ledger, std::string_view label, std::initializer_list<Sourced<T>> parts) {
  return sum<T>(ledger, label, std::span<const Sourced<T>>(parts.begin(), parts.size()));
}

}  // namespace mlsysim
