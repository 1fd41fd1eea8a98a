#pragma once
/// \file
/// Where a number was read.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlsysim {

/// What kind of publication a number was read in.
enum class SourceKind : std::uint8_t {
  datasheet,
  paper,
  documentation,
  measurement,
  benchmark,
  price_list,
  dataset,
  derived,
  definition,
  estimate,
};
/// Spellings of `SourceKind`, in its order.
inline constexpr std::array<std::string_view, 10> source_kind_name{
    "datasheet",  "paper",   "documentation", "measurement", "benchmark",
    "price_list", "dataset", "derived",       "definition",  "estimate"};

/// A publication, page or file. Only a source which somebody opened (`seen`) makes its numbers verified.
struct Source {
  std::string id;                               ///< key by which facts cite it; unique in the registry
  std::string title;                            ///< as published
  std::string publisher;                        ///< who stands behind it; may be empty
  std::string url;                              ///< where it can be read; may be empty
  std::string published;                        ///< year or date, may be empty
  std::string seen;                             ///< date on which the numbers were read there; empty if it was never opened
  std::string note;                             ///< may be empty
  SourceKind kind = SourceKind::documentation;  ///< what kind of publication

  bool verified() const { return !seen.empty(); }  ///< whether somebody opened it
};

}  // namespace mlsysim
