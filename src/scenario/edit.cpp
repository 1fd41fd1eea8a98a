#include <fmt/format.h>

#include <algorithm>

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

/// A node as YAML on one line.
std::string on_one_line(io::Document const& d, io::Node const& n) {
  if (n.kind == io::Node::Kind::null) return "null";
  if (n.kind == io::Node::Kind::scalar) {
    if (!n.quoted) return std::string(n.text);
    std::string out = "'";
    for (char c : n.text) out += c == '\'' ? "''" : std::string(1, c);
    return out + '\'';
  }
  const bool map = n.kind == io::Node::Kind::map;
  std::string out(1, map ? '{' : '[');
  for (auto const& child : d.children(n)) out += fmt::format("{}{}{}", out.size() > 1 ? ", " : "", map ? fmt::format("{}: ", child.key) : "", on_one_line(d, child));
  return out + (map ? '}' : ']');
}

}  // namespace

Loaded load(registry::Catalogue const& catalogue, io::Document const& document, std::span<const Edit> edits, std::string const& name, std::vector<Diagnostic>& problems) {
  if (edits.empty()) return load(catalogue, document, problems);
  const auto before = problems.size();
  // Problems point into the value, whatever stands in front of it here.
  const auto relocate = [&](std::size_t prefix(std::size_t, std::span<const Edit>)) {
    for (std::size_t i = before; i < problems.size(); ++i) {
      auto& w = problems[i].where;
      if (w.file != name || w.line == 0 || w.line > edits.size()) continue;
      const std::size_t front = prefix(w.line - 1, edits);
      w.column = w.column > front ? w.column - static_cast<std::uint32_t>(front) : 1;
      w.line_text = edits[w.line - 1].value;
    }
  };
  std::string text;
  for (std::size_t i = 0; i < edits.size(); ++i) text += fmt::format("e{}: {}\n", i, edits[i].value);
  const auto of_index = [](std::size_t i, std::span<const Edit>) { return 3 + std::to_string(i).size(); };
  const auto of_path = [](std::size_t i, std::span<const Edit> all) { return all[i].path.size() + 2; };
  const io::Document values = io::parse_yaml(std::move(text), name, problems);
  if (problems.size() > before || values.root().count != edits.size()) {
    if (problems.size() == before) problems.push_back({310, "this is no value of one line", {name, 0, 0, 1, {}}, "", "write it as in a scenario: a number with its unit, a name, or true or false"});
    relocate(of_index);
    return {};
  }
  std::vector<io::Override> own;
  std::string overrides;
  const io::Overrides given = io::overrides_of(document);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    io::Node const& value = values.nodes[values.root().first + i];
    const bool named = through_a_name(document, edits[i].path);
    // One line for each edit, so that a line tells which one it is.
    overrides += named ? fmt::format("{}: {}\n", edits[i].path, on_one_line(values, value)) : "\n";
    if (!named) own.push_back({edits[i].path, &values, &value});
  }
  std::vector<bool> used;
  const io::Document changed = io::overlay(document, document.root(), own, used);
  if (own.size() == edits.size()) {
    Loaded l = load(catalogue, changed, io::overrides_of(changed), problems);
    relocate(of_index);
    return l;
  }
  if (given.map)
    for (auto const& n : document.children(*given.map))
      if (std::none_of(edits.begin(), edits.end(), [&](Edit const& e) { return e.path == n.key; })) overrides += fmt::format("{}: {}\n", n.key, on_one_line(document, n));
  const io::Document all = io::parse_yaml(std::move(overrides), name, problems);
  Loaded l;
  if (problems.size() == before) l = load(catalogue, changed, {&all, &all.root()}, problems);
  relocate(of_path);
  return l;
}

}  // namespace mlsysim::scenario
