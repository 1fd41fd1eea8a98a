#pragma once
/// \file
/// How far a number can be trusted.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mlsysim {

/// Where the efficiency behind an estimate comes from. The weakest input decides for the whole estimate.
enum class Confidence : std::uint8_t {
  calibrated,    ///< fitted to measurements of this device and operator class
  interpolated,  ///< carried over from devices of the same family
  theoretical,   ///< from data-sheet figures and class-wide defaults
};
/// Spellings of `Confidence`, in its order.
inline constexpr std::array<std::string_view, 3> confidence_name{"calibrated", "interpolated", "theoretical"};

constexpr std::span<const std::string_view> names_of(Confidence) { return confidence_name; }

constexpr Confidence weakest(Confidence a, Confidence b) { return a < b ? b : a; }  ///< the less certain of two

/// Where nine of ten measured values are expected, in base units; computed from residuals, never guessed.
struct Interval {
  double low = 0;   ///< 5 % quantile
  double high = 0;  ///< 95 % quantile
};

}  // namespace mlsysim
