#pragma once
/// \file
/// Quantities as text: `3.35 TB/s` read from YAML or the command line, and written back for people and machines.
#include <string>

#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Why a text is no quantity.
enum class QuantityTextError : std::uint8_t { none, no_number, bad_number, not_finite, no_unit, bad_unit };

/// A number with a unit as somebody wrote it.
struct QuantityText {
  double number = 0;                                  ///< as written
  Unit unit;                                          ///< `{1, number}` when the text has none
  bool has_unit = false;                              ///< false: a bare number
  std::string_view unit_text;                         ///< part of the input
  QuantityTextError error = QuantityTextError::none;  ///< what is wrong; `none`: all is well
  UnitError unit_error = UnitError::none;             ///< of a `bad_unit`: what is wrong with it
  std::size_t at = 0;                                 ///< byte offset of the trouble

  double base_value() const { return number * unit.scale; }          ///< the value in base units
  Dimension dimension() const { return Dimension(unit.dimension); }  ///< of the unit as written
};

/// Reads `quantity = number [blanks] [unit]`. The number is decimal (`12`, `1.5`, `2e9`); hexadecimal, infinity, NaN, digit separators
/// and overflow are refused. A missing unit is not an error here: the reader of the field decides. Never throws.
QuantityText parse_quantity(std::string_view text);

/// What to write instead of a unit people often misspell (`KB`, `FLOPs`, `secs`), or an empty text.
std::string_view unit_advice(std::string_view unit_text);

/// For people: `digits` significant digits and the prefix a reader would choose, e.g. `3.35 TB/s`, `12.4 ms`, `0.11 USD/kWh`.
std::string display(double base_value, Dimension const& dimension, int digits = 4);
/// The same for a quantity whose dimension the type knows.
template <Dimension D>
std::string display(Quantity<D> q, int digits = 4) {
  return display(q.raw(), D, digits);
}

/// As `display`, with as many digits as it takes to read the same double back.
std::string exact(double base_value, Dimension const& dimension);
/// The same for a quantity whose dimension the type knows.
template <Dimension D>
std::string exact(Quantity<D> q) {
  return exact(q.raw(), D);
}

/// Shortest decimal text which reads back as the same double.
std::string shortest(double value);

/// The value in a unit of the caller's choice, e.g. `in_unit(q, "GiB")`; empty unit for dimensionless numbers.
std::string in_unit(double base_value, std::string_view unit, int digits = 4);

}  // namespace mlsysim
