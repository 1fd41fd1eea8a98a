#pragma once
/// \file
/// Walkers which write: the fields of an entry as a table, a struct back as YAML, and the JSON Schema of a file kind.
#include <functional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/io/read.hpp"

namespace mlsysim::io {

/// Every field with value, text as written, verified mark, source, the day it was read, and notes. `id` is the entry's, in front of the
/// paths of its facts; empty for a scenario.
Table field_table(std::function<void(Fields&)> const& walk, Ledger const& ledger, std::string_view id = {});

/// The struct as YAML with every default filled in. A default says so beside its value (`{value: 1, default: why}`), so that the file
/// evaluates to the same result, with the same list of defaults; a given value has a comment with its line. Registry entries stay names, and
/// the file's overrides stay overrides.
std::string resolved_yaml(std::function<void(Fields&)> const& walk, Ledger const& ledger, Overrides const& overrides = {});

/// What a file holds: a scenario, or the entries of a registry folder.
enum class FileForm : std::uint8_t { scenario, registry };

/// JSON Schema (draft-07) of a described struct: descriptions, units with examples, limits, defaults; nothing else is allowed in a map.
/// `names` lists what may stand for a registry entry of a kind.
std::string json_schema(std::string const& title, std::function<void(Fields&)> const& walk, std::function<std::vector<std::string>(EntryKind)> const& names,
                        FileForm form = FileForm::scenario);
/// Of a file in `sources/`.
std::string sources_schema();

}  // namespace mlsysim::io
