#pragma once
/// \file
/// From nodes to structs: one strict reader over the described fields.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/fields.hpp"
#include "mlsysim/io/document.hpp"

namespace mlsysim::io {

/// Where named entries and sources come from.
class Library {
 public:
  virtual ~Library() = default;
  /// An entry in its document.
  struct Found {
    Document const* document = nullptr;  ///< in which it lies
    Node const* node = nullptr;          ///< null if there is no such entry
    std::string id;                      ///< the entry's own, whatever spelling was looked up
    std::string source;                  ///< key which holds for the whole file
  };
  /// By id, name or alias.
  virtual Found find(EntryKind kind, std::string_view name) const = 0;
  /// Names near `name`, nearest first.
  virtual std::vector<std::string> near(EntryKind kind, std::string_view name) const = 0;
  /// The source with this key, if there is one.
  virtual std::optional<Source> source(std::string_view key) const = 0;
};

/// Reads the entries of a `sources:` map. Appends every problem: unknown keys, a missing title, an unknown kind, a malformed date.
std::vector<Source> read_sources(Document const& document, Node const& map, std::vector<Diagnostic>& problems);

/// How a file is read.
struct ReadOptions {
  Library const* library = nullptr;         ///< null: names cannot be resolved and are problems
  Origin::Kind kind = Origin::Kind::given;  ///< of its numbers: `fact` for the registry, `given` for scenarios
  bool needs_sources = false;               ///< every number must have one (registry)
  std::string path;                         ///< put in front of field paths, e.g. the entry's id
  std::string source{};                     ///< key which holds where the node gives none
};

/// Single fields of named entries to replace: dotted path from the root of the file to a node of `from`.
struct Overrides {
  Document const* from = nullptr;  ///< in which the new values lie
  Node const* map = nullptr;       ///< of path -> value; null if there are none
};
/// The `overrides:` of a file; none if it has none.
Overrides overrides_of(Document const& document);

namespace detail {
class Reader;
struct ReaderDeleter {
  void operator()(Reader*) const;
};
/// A reader over `node`; finishing it reports unknown keys.
std::unique_ptr<Reader, ReaderDeleter> make_reader(Document const& document, Node const& node, ReadOptions const& options, Overrides const& overrides,
                                                   Ledger& ledger, std::vector<Diagnostic>& problems);
Fields& fields(Reader& reader);
void finish(Reader& reader);
}  // namespace detail

/// Reads a described struct. Appends every problem in file order: unknown, missing, misplaced keys, wrong units, values out of range,
/// unknown names. Facts go into the ledger, defaults as assumptions with their reason. A document which could not be parsed gives no
/// further problem.
template <class T>
void read(T& value, Document const& document, Node const& node, ReadOptions const& options, Overrides const& overrides, Ledger& ledger,
          std::vector<Diagnostic>& problems) {
  auto reader = detail::make_reader(document, node, options, overrides, ledger, problems);
  describe(value, detail::fields(*reader));
  detail::finish(*reader);
}

}  // namespace mlsysim::io
