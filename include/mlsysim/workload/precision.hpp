#pragma once
/// \file
/// Number formats. Storage of weights, storage of activations or KV, and the compute unit used are three roles of one enum.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "mlsysim/units/quantity.hpp"

namespace mlsysim::workload {

/// A number format; `count` is how many there are.
enum class Precision : std::uint8_t { fp64, fp32, tf32, fp16, bf16, fp8, fp6, fp4, int16, int8, int4, count };

/// Spellings of `Precision`, in its order.
inline constexpr std::array<std::string_view, 11> precision_names{"fp64", "fp32", "tf32",  "fp16", "bf16", "fp8",
                                                                  "fp6",  "fp4",  "int16", "int8", "int4"};
constexpr std::span<const std::string_view> names_of(Precision) { return precision_names; }
constexpr std::string_view name(Precision p) { return precision_names[static_cast<std::size_t>(p)]; }

/// Bytes one value takes in memory, without group scales. TF32 is a compute format stored as fp32.
constexpr Data size_of(Precision p) {
  constexpr std::array<double, 11> bits{64, 32, 32, 16, 16, 8, 6, 4, 16, 8, 4};
  return bits[static_cast<std::size_t>(p)] / 8 * unit<"B">;
}

}  // namespace mlsysim::workload
