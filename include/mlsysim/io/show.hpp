#pragma once
/// \file
/// Walkers which write: the fields of an entry as a table, a struct back as YAML, and the JSON Schema of a file kind.
#include <functional>
#include <string>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/io/read.hpp"

namespace mlsysim::io {

/// Every field with value, source, date and verified mark. `walk` describes the struct to the visitor.
Table field_table(std::function<void(Fields&)> const& walk, Ledger const& ledger);

/// The struct as YAML, every default filled in, each line with a comment saying where its value came from. Registry entries stay names
/// unless an override changed them. Reads back to the same values.
std::string resolved_yaml(std::function<void(Fields&)> const& walk, Ledger const& ledger);

/// JSON Schema (draft-07) of a described struct. `names` lists what may stand for a registry entry of a kind.
std::string json_schema(std::string const& title, std::function<void(Fields&)> const& walk, std::function<std::vector<std::string>(EntryKind)> const& names);

}  // namespace mlsysim::io
