#pragma once
/// \file
/// The catalogue: the built-in registry, extended or overridden by directories of YAML, with look-up by name.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mlsysim/io/read.hpp"

namespace mlsysim::registry {

/// A named thing of Layers A to D.
struct Entry {
  EntryKind kind = EntryKind::hardware;
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  io::Document const* document = nullptr;
  io::Node const* node = nullptr;
  std::string source;  ///< key which holds for the whole file
  bool builtin = true;
  bool overrides_builtin = false;
};

class Catalogue final : public io::Library {
 public:
  /// The built-in registry.
  Catalogue();
  /// The built-in registry, then every `*.yaml` below `directories`, in order: an entry with the id of an earlier one replaces it.
  /// \throws InputError with every problem of the files.
  explicit Catalogue(std::vector<std::string> const& directories);
  ~Catalogue() override;
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;

  std::vector<Entry> const& entries() const;
  /// By id, alias or name; case, `-`, `_`, `.`, `/` and blanks do not matter. Null if there is none.
  Entry const* entry(EntryKind kind, std::string_view name) const;
  /// Over all kinds, for `mlsysim show NAME`.
  std::vector<Entry const*> entries_named(std::string_view name) const;

  Found find(EntryKind kind, std::string_view name) const override;
  std::vector<std::string> near(EntryKind kind, std::string_view name) const override;
  Source const* source(std::string_view key) const override;
  std::map<std::string, Source, std::less<>> const& sources() const;

  /// SHA-256 over all entries and sources in canonical order, 64 hexadecimal digits; equal content gives equal hashes.
  std::string hash() const;
  /// Number of entries which came from `directories`.
  std::size_t added() const;

  /// Reads an entry into its struct; facts go into `ledger`. Problems of built-in entries are bugs and caught by a test.
  /// \throws InputError
  template <class T>
  T read(Entry const& e, Ledger& ledger) const {
    T value{};
    std::vector<Diagnostic> problems;
    io::read(value, *e.document, *e.node, {this, Origin::Kind::fact, true, e.id, e.source}, {}, ledger, problems);
    if (!problems.empty()) throw InputError(std::move(problems));
    return value;
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A scenario shipped inside the binary.
struct BuiltinScenario {
  std::string_view path;  ///< e.g. `scenarios/textbook/chatbot.yaml`
  std::string_view name;  ///< its `name` field
  std::string_view text;
};
std::span<const BuiltinScenario> builtin_scenarios();
/// By path, file name or file name without `.yaml`; null if there is none.
BuiltinScenario const* builtin_scenario(std::string_view name);

/// Reads an entry of any kind into its struct and shows its fields to `visitor`.
void visit(Catalogue const& catalogue, Entry const& entry, Ledger& ledger, Fields& visitor);

/// A finding of the registry lint or the scenario lint.
struct Finding {
  std::string rule;
  std::string entry;
  std::string message;
  bool excused = false;  ///< by a `lint_exceptions` entry with a note
};
/// Ratios and plausibility of every device (see registry/lint.cpp for the rules). Findings without excuse fail the build's tests.
std::vector<Finding> lint(Catalogue const& catalogue);

}  // namespace mlsysim::registry
