#include <fmt/format.h>

#include "defaults.hpp"
#include "mlsysim/scenario/evaluator.hpp"

namespace mlsysim::scenario {
namespace {

/// Whether the path leads through a name into a registry entry, where `overrides` holds its value.
bool through_a_name(io::Document const& d, std::string_view path) {
  io::Node const* n = &d.root();
  while (n && !path.empty()) {
    if (n->kind == io::Node::Kind::scalar) return true;
    const auto dot = path.find('.');
    n = d.find(*n, path.substr(0, dot));
    path = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
  }
  return false;
}

}  // namespace

Loaded load(registry::Catalogue const& catalogue, io::Document const& document, std::span<const Edit> edits, std::string const& name, std::vector<Diagnostic>& problems) {
  if (edits.empty()) return load(catalogue, document, problems);
  std::string text;
  for (std::size_t i = 0; i < edits.size(); ++i) text += fmt::format("e{}: {}\n", i, edits[i].value);
  const auto before = problems.size();
  const io::Document values = io::parse_yaml(std::move(text), name, problems);
  if (problems.size() > before || values.root().count != edits.size()) {
    if (problems.size() == before) problems.push_back({310, "this is no value of one line", {name, 0, 0, 1, {}}, "", "write it as in a scenario: a number with its unit, a name, or true or false"});
    return {};
  }
  std::vector<io::Override> own, entries;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const bool named = through_a_name(document, edits[i].path);
    (named ? entries : own).push_back({edits[i].path, &values, &values.nodes[values.root().first + i], named});
  }
  std::vector<bool> used;
  const io::Document changed = io::overlay(document, document.root(), own, used);
  const io::Overrides given = io::overrides_of(document);
  if (entries.empty()) return load(catalogue, changed, io::overrides_of(changed), problems);
  static constexpr io::Node empty{io::Node::Kind::map};
  const io::Document overrides = io::overlay(document, given.map ? *given.map : empty, entries, used);
  return load(catalogue, changed, {&overrides, &overrides.root()}, problems);
}

}  // namespace mlsysim::scenario
