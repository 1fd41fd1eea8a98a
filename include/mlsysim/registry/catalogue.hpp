#pragma once
/// \file
/// The catalogue: the built-in registry, extended or overridden by directories of YAML, with look-up by name.
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/io/read.hpp"

namespace mlsysim::registry {

/// A named thing of Layers A to D. The texts live as long as the catalogue; those of the built-in registry for ever.
struct Entry {
  EntryKind kind = EntryKind::hardware;       ///< which struct it is read into
  std::string_view id;                        ///< unique in the registry
  std::string_view name;                      ///< for people
  std::span<const std::string_view> aliases;  ///< other names
  io::Document const* document = nullptr;     ///< in which it lies
  io::Node const* node = nullptr;             ///< the entry
  std::string_view source;                    ///< key which holds for the whole file
  bool builtin = true;                        ///< part of the binary
  bool overrides_builtin = false;             ///< from a directory, in place of a built-in one with this id
};

/// All entries and sources of Layers A to D.
class Catalogue final : public io::Library {
 public:
  /// The built-in registry. Tables made by the build: no parsing, no allocation.
  Catalogue();
  /// The built-in registry, then every `*.yaml` below `directories`, in order: an entry with the id of an earlier one replaces it.
  /// Within one directory ids are unique over all kinds, aliases within a kind.
  /// \throws InputError with every problem of the files.
  explicit Catalogue(std::vector<std::string> const& directories);
  ~Catalogue() override;
  /// \{
  /// Moves; pointers to entries stay valid.
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;
  /// \}

  /// In the order of kinds, then ids.
  std::span<const Entry> entries() const;
  /// By id, alias or name; case, `-`, `_`, `.`, `/` and blanks do not matter. Null if there is none.
  Entry const* entry(EntryKind kind, std::string_view name) const;
  /// Over all kinds, for `mlsysim show NAME`.
  std::vector<Entry const*> entries_named(std::string_view name) const;

  /// See `io::Library`.
  Found find(EntryKind kind, std::string_view name) const override;
  std::vector<std::string> near(EntryKind kind, std::string_view name) const override;
  std::optional<Source> source(std::string_view key) const override;
  /// All sources, by id.
  std::vector<Source> sources() const;

  /// SHA-256 over all entries and sources in canonical order, 64 hexadecimal digits. Equal content gives equal hashes: neither comments
  /// nor the order of keys, entries or files matter.
  std::string hash() const;
  /// The day of this snapshot of the registry: the latest on which any of its sources was read, `2026-11-20`. Ages of prices and grid
  /// factors are counted to it, since results must not depend on the day on which they are computed. Empty if no source was ever read.
  std::string date() const;
  /// Number of entries which came from `directories`.
  std::size_t added() const;

  /// Reads an entry into its struct; facts go into `ledger`. Problems of built-in entries are bugs and caught by a test.
  /// \throws InputError
  template <class T>
  T read(Entry const& e, Ledger& ledger) const {
    T value{};
    std::vector<Diagnostic> problems;
    io::read(value, *e.document, *e.node, {this, Origin::Kind::fact, true, std::string(e.id), std::string(e.source)}, {}, ledger, problems);
    if (!problems.empty()) throw InputError(std::move(problems));
    return value;
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A scenario shipped inside the binary.
struct BuiltinScenario {
  std::string_view path;   ///< e.g. `scenarios/textbook/chatbot.yaml`
  std::string_view name;   ///< its `name` field
  std::string_view about;  ///< its `about` field
  std::string_view text;   ///< the YAML
};
/// All of them, in the order of their paths.
std::span<const BuiltinScenario> builtin_scenarios();
/// By path, file name or file name without `.yaml`; null if there is none.
BuiltinScenario const* builtin_scenario(std::string_view name);

/// Reads an entry of any kind into its struct and shows its fields to `visitor`.
void visit(Catalogue const& catalogue, Entry const& entry, Ledger& ledger, Fields& visitor);
/// Reads an entry for its facts alone. \throws InputError
Ledger facts_of(Catalogue const& catalogue, Entry const& entry);

/// A finding of the registry lint or the scenario lint.
struct Finding {
  std::string rule;      ///< name of the rule
  std::string entry;     ///< id of the entry which breaks it
  std::string message;   ///< what was found and what was expected
  bool excused = false;  ///< by a `lint_exceptions` entry with a note
};
/// Ratios and plausibility of every device (see registry/lint.cpp for the rules). Findings without excuse fail the build's tests.
std::vector<Finding> lint(Catalogue const& catalogue);

}  // namespace mlsysim::registry
