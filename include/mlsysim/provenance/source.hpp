#pragma once
/// \file
/// Where a number was read.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlsysim {

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
inline constexpr std::array<std::string_view, 10> source_kind_name{
    "datasheet",  "paper",   "documentation", "measurement", "benchmark",
    "price_list", "dataset", "derived",       "definition",  "estimate"};

/// A publication, page or file. Only a source which somebody opened (`seen`) makes its numbers verified.
struct Source {
  std::string id;
  std::string title;
  std::string publisher;
  std::string url;
  std::string published;  ///< year or date, may be empty
  std::string seen;       ///< date on which the numbers were read there; empty if it was never opened
  std::string note;
  SourceKind kind = SourceKind::documentation;

  bool verified() const { return !seen.empty(); }
};

}  // namespace mlsysim
