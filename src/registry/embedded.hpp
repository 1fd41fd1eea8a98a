#pragma once
// What the build makes of registry/, scenarios/ and labs/: see embed_main.cpp.
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/registry/files.hpp"

namespace mlsysim::registry {

/// A name by which an entry is found: `Index::key` of its id, alias or name.
struct NameRecord {
  std::string_view key;
  std::uint32_t entry;
};
struct SourceRecord {
  std::string_view id, title, publisher, url, published, seen, note;
  SourceKind kind;
};
struct Embedded {
  std::span<const Entry> entries;
  std::span<const NameRecord> names;      ///< sorted by key
  std::span<const SourceRecord> sources;  ///< sorted by id
  std::span<const BuiltinScenario> scenarios;
  std::span<const BuiltinFile> labs;
  std::string_view hash;
};
Embedded const& embedded();

}  // namespace mlsysim::registry
