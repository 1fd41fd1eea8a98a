#pragma once
/// \file
/// The printed formula of an equation, read back: so that what a reader sees can be evaluated, differentiated and typeset.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlsysim/provenance/ledger.hpp"

namespace mlsysim::teaching {

/// A formula as a tree. Nodes lie in one array; the last is the root.
class Formula {
 public:
  /// What a node is.
  enum class Kind : std::uint8_t { number, argument, add, subtract, multiply, divide, power, negate, call };
  /// A number, an argument, or an operator with its operands.
  struct Node {
    Kind kind = Kind::number;           ///< what this one is
    double number = 0;                  ///< of a number
    std::size_t argument = 0;           ///< of an argument: its index, from 0
    std::string name{};                 ///< of a call: `max`, `ceil`, …
    std::vector<std::size_t> operands;  ///< indices of nodes before this one
  };

  /// Reads what the equation prints; empty if it uses something which no reader of this class knows.
  static std::optional<Formula> of(EquationInfo const& equation);

  /// The value with these arguments in base units. NaN for a function which is not known.
  double operator()(std::span<const double> arguments) const;
  /// The same with whole numbers taken as continuous: `ceil` and `floor` let their argument through, so that slopes mean something.
  double smooth(std::span<const double> arguments) const;
  /// The nodes, operands before operators.
  std::vector<Node> const& nodes() const { return nodes_; }

 private:
  friend class FormulaReader;
  double value(std::size_t node, std::span<const double> arguments, bool smooth) const;
  std::vector<Node> nodes_;
};

}  // namespace mlsysim::teaching
