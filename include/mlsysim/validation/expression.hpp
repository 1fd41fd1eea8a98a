#pragma once
/// \file
/// Simple arithmetic over columns and metrics: `serving.ttft + (output_tokens - 1) * serving.itl`.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/provenance/confidence.hpp"
#include "mlsysim/units/unit.hpp"

namespace mlsysim::validation {

/// A number with its dimension, and the interval it lies in where one is known.
struct Value {
  double number = 0;                 ///< base units
  Exponents dimension{};             ///< of the number
  std::optional<Interval> interval;  ///< base units
};

/// Numbers, names, + - * /, parentheses, quantities between single quotes (<tt>80 GB</tt>) and the functions min, max, ceil, floor and sqrt. A name is a
/// column, a computed column or the path of a metric; one with other characters than letters, digits, `_` and `.` is written `${like this}`.
class Expression {
 public:
  /// What is wrong with the text is said in `problem`, which stays empty otherwise.
  static Expression parse(std::string_view text, std::string& problem);

  /// Value of a name, or nothing.
  using LookUp = std::function<std::optional<Value>(std::string_view)>;
  /// Intervals by interval arithmetic. Empty if a name has no value, if dimensions are added which differ, or if the result is not finite;
  /// `problem` says which.
  std::optional<Value> evaluate(LookUp const& look_up, std::string& problem) const;

  /// Every name which occurs, once.
  std::vector<std::string> const& names() const { return names_; }
  /// As written.
  std::string const& text() const { return text_; }
  /// True if nothing was parsed.
  bool empty() const { return steps_.empty(); }

 private:
  friend class ExpressionParser;
  enum class Kind : std::uint8_t { number, name, add, subtract, multiply, divide, minimum, maximum, ceiling, floor, square_root };
  /// Reverse Polish: operators take the last two values.
  struct Step {
    Kind kind = Kind::number;
    double number = 0;
    std::size_t name = 0;
    Exponents dimension{};  ///< of a number
  };
  std::string text_;
  std::vector<Step> steps_;
  std::vector<std::string> names_;
};

}  // namespace mlsysim::validation
