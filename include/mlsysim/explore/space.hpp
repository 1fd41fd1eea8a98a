#pragma once
/// \file
/// What is varied: axes with their levels, and the points between them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/explore/field.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluator.hpp"

namespace mlsysim::explore {

/// A piece of an argument, with its place.
struct Piece {
  std::string text;     ///< without blanks around it
  std::size_t at = 0;   ///< byte offset in the argument
};
/// `64`, `H100`, `2x`, `+10%`, `nvidia_*`, or `1..64`, `1 TB/s..4 TB/s:0.5 TB/s`, `1..100:x3`.
struct LevelText {
  Piece from;           ///< the value, or where a range begins
  Piece to;             ///< where a range ends; empty text: a single value
  Piece step;           ///< what is added, or with `x` in front what is multiplied by; empty text: doubling
};
/// `workload.batch=1..64` as written.
struct AxisText {
  Piece name;                     ///< of a field, or a short name
  std::vector<LevelText> levels;  ///< in the order of the argument
};

/// Reads `NAME=VALUES[,NAME=VALUES…]`, VALUES being values and ranges with `|` between them. Appends every problem (E0310) with its place
/// in the argument; `option` names it, e.g. `--vary`. Never throws.
std::vector<AxisText> parse_axes(std::string_view argument, std::string const& option, std::vector<Diagnostic>& problems);

/// A value which an axis takes.
struct Level {
  std::string text;             ///< as written in a scenario; for people and for files
  double number = 0;            ///< of a numeric axis: base units, or the factor where fields differ
  std::vector<double> values;   ///< one for each field, where they are set in place
};

/// A field, or several which change together, with the values they take.
struct Axis {
  std::string name;                ///< as the question named it
  std::vector<std::string> paths;  ///< the fields
  std::vector<Level> levels;       ///< in the order of the question
  bool in_place = false;           ///< numbers, choices and flags which are there already; others are put into the document and read again
  bool numeric = false;            ///< levels are numbers
  Dimension dimension;             ///< of numbers
};

/// All combinations of levels: the last axis runs fastest.
class Space {
 public:
  /// \pre no axis is empty
  explicit Space(std::vector<Axis> axes = {});
  std::vector<Axis> const& axes() const { return axes_; }  ///< slowest first
  std::uint64_t size() const { return size_; }             ///< number of points; 1 without axes
  /// Level of an axis at a point.
  std::size_t level(std::uint64_t point, std::size_t axis) const { return static_cast<std::size_t>(point / strides_[axis] % axes_[axis].levels.size()); }
  /// Points from one level of an axis to the next.
  std::uint64_t stride(std::size_t axis) const { return strides_[axis]; }

 private:
  std::vector<Axis> axes_;
  std::vector<std::uint64_t> strides_;
  std::uint64_t size_ = 1;
};

/// The most points of one question.
inline constexpr std::uint64_t most_points = 1'000'000'000'000;

/// Binds axes to the fields of a scenario: finds them, reads their values as the scenario's own reader would, fills in ranges and relative
/// values. Appends every problem with its place in the argument: E0311 no such field, E0312 a word has no range, E0310 nothing between the
/// ends, and those of the reader.
std::vector<Axis> bind(std::vector<AxisText> const& axes, std::string_view argument, std::string const& option, registry::Catalogue const& catalogue, io::Document const& document,
                       std::vector<Diagnostic>& problems);

}  // namespace mlsysim::explore
