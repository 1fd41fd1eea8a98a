#include "mlsysim/io/document.hpp"

#include <algorithm>

namespace mlsysim::io {
namespace {

std::string line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t k = 1; k < line; ++k) {
    const auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string found(text.substr(0, std::min(text.find('\n'), text.size())));
  if (!found.empty() && found.back() == '\r') found.pop_back();
  return found.size() > 400 ? found.substr(0, 400) : found;
}

Location place(Document const& d, std::uint16_t file, std::uint32_t line, std::uint32_t column, std::size_t length) {
  Location l;
  if (file < d.files.size()) {
    l.file = d.files[file].name;
    l.line_text = line_of(d.files[file].text, line);
  }
  l.line = line;
  l.column = column;
  l.length = static_cast<std::uint32_t>(std::clamp<std::size_t>(length, 1, 80));
  return l;
}

/// Copies subtrees breadth first, so that children stay next to each other.
class Copier {
 public:
  explicit Copier(std::vector<Node>& out) : out_{out} {}

  void copy(Document const& base, Node const& root, std::span<const Override> overrides, std::vector<File> const& files) {
    out_.clear();
    out_.push_back(root);
    std::vector<std::string> paths{""};
    // Where an override brings in nodes of another document, they are copied whole.
    std::vector<Document const*> from{&base};
    for (std::size_t i = 0; i < out_.size(); ++i) {
      Document const* doc = from[i];
      std::vector<Node> children(doc->children(out_[i]).begin(), doc->children(out_[i]).end());
      std::vector<Document const*> sources(children.size(), doc);
      if (doc == &base && out_[i].kind == Node::Kind::map) replace(children, sources, paths[i], overrides, files);
      out_[i].first = static_cast<std::uint32_t>(out_.size());
      out_[i].count = static_cast<std::uint32_t>(children.size());
      for (std::size_t k = 0; k < children.size(); ++k) {
        const std::string name = children[k].key.empty() ? std::to_string(k) : std::string(children[k].key);
        paths.push_back(paths[i].empty() ? name : paths[i] + '.' + name);
        from.push_back(sources[k]);
        out_.push_back(children[k]);
      }
    }
  }

 private:
  static void replace(std::vector<Node>& children, std::vector<Document const*>& sources, std::string const& path,
                      std::span<const Override> overrides, std::vector<File> const& files) {
    for (auto const& o : overrides) {
      const auto dot = o.path.rfind('.');
      const std::string parent = dot == o.path.npos ? "" : o.path.substr(0, dot);
      const std::string_view leaf = std::string_view(o.path).substr(dot == o.path.npos ? 0 : dot + 1);
      const auto same = std::find_if(children.begin(), children.end(), [&](Node const& n) { return n.key == leaf; });
      // A quantity in the long form keeps its source only as long as it keeps its value: the override replaces it whole.
      if (parent != path) continue;
      Node n = *o.node;
      n.key = leaf;
      n.file = static_cast<std::uint16_t>(files.size() - 1);
      if (same != children.end()) {
        sources[static_cast<std::size_t>(same - children.begin())] = o.from;
        *same = n;
      } else {
        children.push_back(n);
        sources.push_back(o.from);
      }
    }
  }

  std::vector<Node>& out_;
};

struct Storage {
  std::vector<Node> nodes;
  std::vector<File> files;
  std::vector<std::string> paths;
  std::vector<std::shared_ptr<const void>> kept;
};

}  // namespace

Node const* Document::find(Node const& map, std::string_view key) const {
  for (auto const& n : children(map))
    if (n.key == key) return &n;
  return nullptr;
}

Location Document::location(Node const& n) const { return place(*this, n.file, n.line, n.column, n.text.size()); }
Location Document::key_location(Node const& n) const { return place(*this, n.file, n.key_line, n.key_column, n.key.size()); }

Document overlay(Document const& base, Node const& root, std::span<const Override> overrides) {
  auto storage = std::make_shared<Storage>();
  storage->files.assign(base.files.begin(), base.files.end());
  storage->kept.push_back(base.storage);
  for (auto const& o : overrides) storage->paths.push_back(o.path);
  std::vector<Override> stable(overrides.begin(), overrides.end());
  // All overrides of a scenario come from one file.
  if (!stable.empty()) {
    storage->files.push_back(stable.front().from->files[stable.front().node->file]);
    storage->kept.push_back(stable.front().from->storage);
  }
  Copier(storage->nodes).copy(base, root, stable, storage->files);
  for (auto& n : storage->nodes) {
    for (auto const& p : storage->paths) {
      const auto dot = p.rfind('.');
      const std::string_view leaf = std::string_view(p).substr(dot == p.npos ? 0 : dot + 1);
      if (n.key == leaf) n.key = leaf;
    }
  }
  Document d;
  d.nodes = storage->nodes;
  d.files = storage->files;
  d.storage = storage;
  return d;
}

}  // namespace mlsysim::io
