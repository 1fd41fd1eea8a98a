#pragma once
/// \file
/// The fields of a scenario and of everything it names, as things which a question may change.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/scenario/scenario.hpp"

namespace mlsysim::explore {

/// A field by its path, and the way to its value.
struct Field {
  std::string path;                                   ///< `system.device.memory.hbm.bandwidth`
  std::string_view doc;                               ///< what it means
  bool entry = false;                                 ///< names an entry of the registry
  EntryKind of = EntryKind::hardware;                 ///< of an entry: which kind
  bool inside_entry = false;                          ///< lies in an entry which the scenario names or defines
  Scalar value;                                       ///< kind, names, dimension, present value and its place; of an entry: its id as text
  double minimum = -1e300, maximum = 1e300;           ///< in base units
  bool above_minimum = false;                         ///< the minimum itself is not allowed

  /// A quantity, a ratio or a count.
  bool number() const { return !entry && (value.kind == Scalar::Kind::quantity || value.kind == Scalar::Kind::integer); }
  /// Whether a number lies within the limits of the field, and is whole if it has to be.
  bool allows(double base_value) const;
};

/// All fields which are there, and those which the structs at hand leave out. Lists are numbered: `system.device.links.0.per_direction`.
std::vector<Field> fields_of(scenario::Scenario& scenario);
/// The same of anything described.
std::vector<Field> fields_of(std::function<void(Fields&)> const& walk);

/// Sets a field without text: resolved once, used for every point of a sweep.
class Handle {
 public:
  /// \pre the field is a number, a choice or a flag, and what it belongs to outlives the handle
  explicit Handle(Field const& field);
  /// In base units, or the index of a choice.
  void set(double base_value);
  /// Puts back what was there, and where that came from.
  void put_back();

 private:
  Scalar value_, original_;
};

/// A short name for one field or several.
struct Alias {
  std::string_view name;   ///< `hardware.memory.bandwidth`
  std::string_view means;  ///< for people
};
/// All short names, for the documentation.
std::span<const Alias> aliases();
/// The fields which a name stands for in this scenario; the name itself if it is no short one.
std::vector<std::string> paths_of(scenario::Scenario& scenario, std::string_view name);

}  // namespace mlsysim::explore
