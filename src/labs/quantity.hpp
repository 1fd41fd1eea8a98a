#pragma once
// Numbers as students write them, and how near they are.
#include <optional>
#include <string>
#include <string_view>

#include "mlsysim/labs/lab.hpp"
#include "mlsysim/units/unit.hpp"

namespace mlsysim::labs {

/// A number as it was understood.
struct Read {
  double value = 0;        ///< base units
  Exponents dimension{};
  bool has_unit = false;
  std::string problem;     ///< why it is no quantity; empty otherwise
};
/// `.5`, `2,127,057,600`, `20 GiB`, `-3 %`.
Read read_quantity(std::string_view text);

/// Whether one unit may stand for the other: tokens, samples and requests are counts which many leave out.
bool compatible(Exponents const& a, Exponents const& b);

/// Whether `got` is within the widest of the tolerances which are stated. Zero is met by zero or by an absolute tolerance only; a
/// number of the other sign is never near, except within an absolute tolerance.
bool within(double got, double expected, Tolerance const& tolerance);

/// A slip of units which keeps the approach: factor and what is said of it.
struct Slip {
  double factor;
  std::string_view say;
};
/// The slip which turns `expected` into `got`, if there is one for quantities of this dimension.
std::optional<Slip> slip(double got, double expected, Exponents const& dimension, Tolerance const& tolerance);

}  // namespace mlsysim::labs
