#pragma once
/// \file
/// Evaluates the points of a space, one after another, as fast as the solvers are.
#include <map>
#include <memory>
#include <span>

#include "mlsysim/explore/space.hpp"

namespace mlsysim::explore {

/// A scenario with the handles through which its fields are set.
class Design {
 public:
  /// Reads the scenario with some values replaced. \throws InputError
  Design(registry::Catalogue const& catalogue, io::Document const& document, std::span<const scenario::Edit> edits = {});

  scenario::Loaded& loaded() { return *loaded_; }                 ///< as it now is
  scenario::Evaluator& evaluator() { return evaluator_; }         ///< of it
  std::vector<Field> const& fields() const { return fields_; }    ///< of it, as read
  Field const* field(std::string_view path) const;                ///< null if there is none

 private:
  std::unique_ptr<scenario::Loaded> loaded_;
  scenario::Evaluator evaluator_;
  std::vector<Field> fields_;
};

/// Evaluates points of a space in any order. One for each thread; what it gives does not depend on the order.
class Runner {
 public:
  /// All arguments must outlive the runner.
  Runner(registry::Catalogue const& catalogue, io::Document const& document, Space const& space);

  /// Evaluates a point of the space.
  scenario::Status run(std::uint64_t point);
  /// Why the last point has no numbers; empty if it has.
  std::string reason() const;
  /// Evaluator of the last point; null if its scenario could not even be read.
  scenario::Evaluator* evaluator() const { return current_ ? &current_->design->evaluator() : nullptr; }
  /// Scenario of the last point, its values set; null if it could not even be read.
  Design* design() const { return current_ ? current_->design.get() : nullptr; }

 private:
  /// A scenario for one choice of the levels which are not set in place.
  struct Prepared {
    std::unique_ptr<Design> design;              ///< null: it cannot be read
    std::string problem;                         ///< why not
    std::vector<std::vector<Handle>> handles;    ///< of each axis which is set in place
    std::vector<std::size_t> levels;             ///< at which they stand
    bool evaluated = false;                      ///< at these levels
  };
  Prepared& prepared(std::uint64_t point);

  registry::Catalogue const& catalogue_;
  io::Document const& document_;
  Space const& space_;
  std::vector<scenario::Changed> changes_;       ///< of each axis: what it changes
  std::map<std::vector<std::size_t>, Prepared> ready_;
  std::vector<std::size_t> key_, last_key_;
  Prepared* last_ = nullptr;
  Prepared* current_ = nullptr;
  std::string refusal_;
};

}  // namespace mlsysim::explore
