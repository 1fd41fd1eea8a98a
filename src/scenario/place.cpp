#include "place.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace mlsysim::scenario {
namespace {

io::Node const* child(io::Document const& d, io::Node const& of, std::string_view name) {
  if (of.kind != io::Node::Kind::list) return d.find(of, name);
  std::size_t i = 0;
  const auto all = d.children(of);
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), i);
  return error == std::errc{} && end == name.data() + name.size() && i < all.size() ? &all[i] : nullptr;
}

/// The node at the path, or null; `deepest` is as far as the file goes.
io::Node const* follow(io::Document const& d, std::string_view path, io::Node const*& deepest) {
  deepest = &d.root();
  while (!path.empty()) {
    const auto dot = path.find('.');
    io::Node const* next = child(d, *deepest, path.substr(0, dot));
    if (!next) return nullptr;
    deepest = next;
    path = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
  }
  return deepest;
}

Location location(io::Document const& d, io::Node const& n) { return n.key.empty() ? d.location(n) : d.key_location(n); }

/// Calls `use` with every word outside quotes, until it returns true.
template <class Use>
void each_word(std::string_view text, Use const& use) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; };
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (quoted || !letter(text[i])) continue;
    const auto begin = i;
    while (i < text.size() && letter(text[i])) ++i;
    if (use(text.substr(begin, i - begin))) return;
    --i;
  }
}

constexpr std::string_view maps[] = {"system.parallel", "system", "system.fleet", "workload.training", "workload.serving", "workload.serving.disaggregation", "workload.serving.speculation", "workload.collective", "workload", "tail", "reliability", "orchestration", "data"};

}  // namespace

Location place_of(io::Document const& d, std::string_view path) {
  if (d.nodes.empty()) return {};
  io::Node const* deepest = nullptr;
  follow(d, path, deepest);
  return location(d, *deepest);
}

std::vector<Diagnostic> placed(std::vector<Diagnostic> problems, Loaded const& loaded) {
  auto const& d = loaded.document;
  for (auto& p : problems) {
    if (!p.where.file.empty()) continue;
    p.where.file = loaded.file;
    if (d.nodes.empty()) continue;
    io::Node const* found = nullptr;
    io::Node const* deepest = nullptr;
    each_word(p.message, [&](std::string_view word) {
      for (auto map : maps) {
        io::Node const* within = follow(d, map, deepest);
        if (within && (found = d.find(*within, word))) return true;
      }
      return false;
    });
    if (!found) follow(d, "system.parallel", found);
    if (found != &d.root()) p.where = location(d, *found);
  }
  return problems;
}

}  // namespace mlsysim::scenario
