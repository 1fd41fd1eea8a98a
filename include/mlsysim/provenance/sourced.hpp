#pragma once
/// \file
/// A value and the small word which says where it came from.
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace mlsysim {

/// Where a value came from, in one 32-bit word: a kind and an index into the ledger's facts or steps.
class Origin {
 public:
  /// What an origin leads to.
  enum class Kind : std::uint8_t {
    unknown,
    fact,     ///< read from the registry
    given,    ///< written in the scenario or on the command line
    assumed,  ///< a default or a named assumption
    step,     ///< computed by an equation
  };

  constexpr Origin() = default;
  /// \pre `index` < 2^29
  constexpr Origin(Kind kind, std::uint32_t index) : bits_{(static_cast<std::uint32_t>(kind) << 29) | index} {}

  constexpr Kind kind() const { return static_cast<Kind>(bits_ >> 29); }  ///< what it leads to
  /// Index into the ledger's facts (fact, given, assumed) or steps.
  constexpr std::uint32_t index() const { return bits_ & 0x1fffffffU; }
  friend constexpr bool operator==(Origin, Origin) = default;  ///< equal kind and index

 private:
  std::uint32_t bits_{};
};

/// A value with its origin. Converts to the value; arithmetic gives plain values and drops the origin on purpose,
/// since only an equation may claim to be where a number comes from.
template <class T>
struct Sourced {
  T value{};        ///< the number
  Origin origin{};  ///< unknown unless the reader, an assumption or an equation set it

  /// The value alone.
  constexpr operator T() const { return value; }
  /// A count used where an equation takes a real number keeps its origin.
  template <class U>
    requires(std::convertible_to<T, U> && !std::same_as<T, U>)
  constexpr operator Sourced<U>() const {
    return {static_cast<U>(value), origin};
  }
};

/// Shapes: layers, heads, sequence lengths, degrees of parallelism.
using Count = Sourced<int>;
/// Ratios and other dimensionless numbers.
using Real = Sourced<double>;

}  // namespace mlsysim
