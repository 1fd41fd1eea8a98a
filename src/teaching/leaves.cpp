#include "leaves.hpp"

#include <algorithm>

namespace mlsysim::teaching {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

std::string flow(io::Document const& d, io::Node const& n) {
  using Kind = io::Node::Kind;
  if (n.kind == Kind::scalar) return n.quoted || n.text.find_first_of(",[]{}#:") != n.text.npos ? quoted(n.text) : std::string(n.text);
  if (n.kind == Kind::null) return "";
  std::string out = n.kind == Kind::list ? "[" : "{";
  bool first = true;
  for (auto const& c : d.children(n)) {
    out += first ? "" : ", ";
    if (n.kind == Kind::map) out += std::string(c.key) + ": ";
    out += flow(d, c);
    first = false;
  }
  return out + (n.kind == Kind::list ? "]" : "}");
}

void flatten(io::Document const& d, io::Node const& n, LeafPath& path, std::vector<Leaf>& out) {
  if (n.kind == io::Node::Kind::map) {
    for (auto const& c : d.children(n)) {
      if (path.empty() && (c.key == "name" || c.key == "about")) continue;
      path.emplace_back(c.key);
      flatten(d, c, path, out);
      path.pop_back();
    }
    return;
  }
  if (n.kind == io::Node::Kind::null) return;
  const bool scalar = n.kind == io::Node::Kind::scalar;
  out.push_back({path, scalar && !n.quoted ? std::string(n.text) : flow(d, n), scalar ? std::string(n.text) : flow(d, n)});
}

/// Leaves back as YAML: neighbours with the same beginning of their path stand in one map.
class Yaml {
 public:
  void put(Leaf const& leaf) {
    Node* n = &root_;
    for (auto const& key : leaf.path) {
      auto found = std::find_if(n->children.begin(), n->children.end(), [&](Node const& c) { return c.key == key; });
      if (found == n->children.end()) found = n->children.insert(found, Node{key, {}, {}});
      n = &*found;
    }
    n->value = leaf.yaml;
  }
  std::string text() const {
    std::string out;
    write(root_, 0, out);
    return out;
  }

 private:
  struct Node {
    std::string key, value;
    std::vector<Node> children;
  };
  static void write(Node const& n, std::size_t depth, std::string& out) {
    for (auto const& c : n.children) {
      out += std::string(2 * depth, ' ') + c.key + ':';
      // A value and a map in one place is a mixture which no file can spell; the reader refuses it.
      if (!c.value.empty()) out += ' ' + c.value;
      out += '\n';
      write(c, depth + 1, out);
    }
  }
  Node root_;
};

}  // namespace

std::vector<Leaf> leaves_of(io::Document const& document) {
  std::vector<Leaf> out;
  LeafPath path;
  flatten(document, document.root(), path, out);
  return out;
}

std::string yaml_of(std::vector<Leaf> const& leaves) {
  Yaml yaml;
  for (auto const& leaf : leaves) yaml.put(leaf);
  return yaml.text();
}

std::string joined(LeafPath const& path) {
  std::string out;
  for (auto const& p : path) out += (out.empty() ? "" : ".") + p;
  return out;
}

}  // namespace mlsysim::teaching
