#pragma once
/// \file
/// A read YAML file as a flat tree of plain nodes: what the build embeds and what the run-time reader makes, one form for both.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::io {

/// A YAML value. Children of lists and maps lie next to each other in the document's node array.
struct Node {
  /// What a node is.
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;        ///< what this one is
  bool quoted = false;           ///< of a scalar: it stood in quotes, so it is text and never a number
  std::uint16_t file = 0;        ///< index into `Document::files`
  std::uint32_t line = 0;        ///< of the value, from 1
  std::uint32_t column = 0;      ///< of the value, from 1
  std::uint32_t key_line = 0;    ///< of the key in front of it, within a map
  std::uint32_t key_column = 0;  ///< of the key in front of it, within a map
  std::uint32_t first = 0;       ///< index of the first child
  std::uint32_t count = 0;       ///< number of children
  std::string_view key{};        ///< within a map
  std::string_view text{};       ///< of a scalar
};

/// A file from which nodes came; `text` is empty for embedded ones.
struct File {
  std::string_view name;  ///< for messages
  std::string_view text;  ///< whole content, for the line which a message shows
};

/// Nodes with the storage behind them. The root is `nodes[0]`.
struct Document {
  std::span<const Node> nodes;          ///< the root first
  std::span<const File> files;          ///< from which they came
  std::shared_ptr<const void> storage;  ///< owns nodes and texts; null when they are static

  /// \pre the document was parsed without a problem
  Node const& root() const { return nodes[0]; }
  /// Of a list or map, in file order; empty for a scalar.
  std::span<const Node> children(Node const& n) const { return nodes.subspan(n.first, n.count); }
  /// The child of a map, or null; null also for anything which is no map.
  Node const* find(Node const& map, std::string_view key) const;
  Location location(Node const& n) const;      ///< of the value, for a message
  Location key_location(Node const& n) const;  ///< of its key, for a message
};

/// Limits against hostile files.
inline constexpr std::size_t largest_file = 8U << 20;  ///< bytes
inline constexpr std::size_t deepest_nesting = 64;     ///< levels of maps and lists
inline constexpr std::size_t most_nodes = 400000;      ///< of one file
inline constexpr std::size_t most_problems = 200;      ///< of one run; what follows is not listed

/// Parses the strict YAML subset of mlsysim. Appends every problem to `problems`; the document may then be incomplete.
Document parse_yaml(std::string text, std::string file_name, std::vector<Diagnostic>& problems);

/// Reads and parses a file; not existing, being a directory, binary or too large are problems too.
Document read_yaml_file(std::string const& path, std::vector<Diagnostic>& problems);

/// A value to put in place of another: a dotted path below the root (`memory.hbm.bandwidth`, `links.0.per_direction`) and a node of another document.
struct Override {
  std::string path;      ///< dotted, below the root
  Document const* from;  ///< in which the new value lies
  Node const* node;      ///< the new value
};
/// The tree below `root` with single values replaced or added; all overrides come from one file, which is the last of the result's.
/// `used` says for each override whether its path led somewhere.
Document overlay(Document const& base, Node const& root, std::span<const Override> overrides, std::vector<bool>& used);

}  // namespace mlsysim::io
