#pragma once
// From the files of a registry to its entries, their names and its hash: at build time for the built-in one, at run time for directories.
#include <deque>
#include <map>

#include "mlsysim/registry/catalogue.hpp"

namespace mlsysim::registry {

/// Every `*.yaml` below a directory, sorted; relative to it.
std::vector<std::string> yaml_files(std::string const& directory, std::vector<Diagnostic>& problems);

class Index {
 public:
  /// Begins a layer: its entries replace those of earlier layers which have the same id.
  void begin_layer() { ++layer_; }
  /// Takes an entry of an earlier layer, e.g. the built-in registry.
  void add(Entry const& entry);
  void add(Source source) { sources_[source.id] = std::move(source); }
  /// Takes the entries and sources of a file. `path` is relative to the registry: its folder says what an entry is.
  void add(io::Document document, std::string_view path, std::vector<Diagnostic>& problems);
  /// Orders the entries and gives them their names; ids which mean two entries of a layer, and aliases which mean two of a kind, are
  /// problems.
  void finish(std::vector<Diagnostic>& problems);

  std::span<const Entry> entries() const { return entries_; }
  std::map<std::string, std::uint32_t, std::less<>> const& names() const { return names_; }
  std::map<std::string, Source, std::less<>> const& sources() const { return sources_; }
  std::deque<io::Document> const& documents() const { return documents_; }
  /// Entries which came with a file, not from an earlier layer.
  std::size_t added() const;
  std::string hash() const;

  /// The form in which a name of a kind is looked up.
  static std::string key(EntryKind kind, std::string_view name);

 private:
  void add_entry(EntryKind kind, io::Document const& document, io::Node const& node, std::string_view source, std::vector<Diagnostic>& problems);
  void name_entries(std::vector<Diagnostic>& problems);

  /// Beside each entry: the layer which it came from, and the aliases of what it replaced, which go on leading to it.
  struct History {
    int layer = 0;
    std::vector<std::string_view> inherited;
  };
  int layer_ = 0;
  std::deque<io::Document> documents_;
  std::deque<std::vector<std::string_view>> aliases_;
  std::vector<Entry> entries_;
  std::vector<History> history_;
  std::map<std::string, std::size_t, std::less<>> ids_;
  std::map<std::string, std::uint32_t, std::less<>> names_;
  std::map<std::string, Source, std::less<>> sources_;
  std::map<std::string, int, std::less<>> source_layers_;
};

}  // namespace mlsysim::registry
