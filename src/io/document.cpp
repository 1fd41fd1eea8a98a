#include "mlsysim/io/document.hpp"

#include <algorithm>
#include <deque>

namespace mlsysim::io {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string line_of(std::string_view text, std::uint32_t line) {
  constexpr std::size_t longest = 4000;
  for (std::uint32_t k = 1; k < line; ++k) {
    const auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.size() > longest) {
    std::size_t end = longest;
    while (end > 0 && continues_character(text[end])) --end;
    text = text.substr(0, end);
  }
  return std::string(text);
}

Location place(Document const& d, std::uint16_t file, std::uint32_t line, std::uint32_t column, std::string_view text, bool quoted) {
  constexpr std::size_t longest = 80;
  Location l;
  if (file < d.files.size()) {
    l.file = d.files[file].name;
    l.line_text = line_of(d.files[file].text, line);
  }
  l.line = line;
  l.column = column;
  const auto head = text.substr(0, std::min(text.find('\n'), longest));
  const auto characters = static_cast<std::size_t>(std::count_if(head.begin(), head.end(), [](char c) { return !continues_character(c); }));
  l.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, characters + (quoted ? 2 : 0)));
  return l;
}

/// A document made of parts of two others, with what keeps them alive.
struct Overlaid {
  std::vector<Node> nodes;
  std::vector<File> files;
  std::deque<Override> overrides;
  std::vector<std::shared_ptr<const void>> kept;
};

/// An override on its way down: what is left of its path.
struct Pending {
  std::string_view path;
  std::size_t index;  ///< into the overrides

  std::string_view head() const { return path.substr(0, path.find('.')); }
  bool last() const { return path.find('.') == path.npos; }
  Pending rest() const { return {path.substr(path.find('.') + 1), index}; }
};

/// Where the children of a copied node come from, and which overrides still go there.
struct Provenance {
  Document const* document;  ///< null for a map which only overrides made
  std::vector<Pending> pending;
};

class Merger {
 public:
  Merger(Overlaid& out, std::vector<bool>& used, std::uint16_t own_file) : out_{out}, used_{used}, own_file_{own_file} {}

  /// Copies breadth first, so that children stay next to each other.
  void run(Document const& base, Node const& root) {
    out_.nodes.push_back(root);
    Provenance top{&base, {}};
    for (std::size_t i = 0; i < out_.overrides.size(); ++i) top.pending.push_back({out_.overrides[i].path, i});
    origins_.push_back(std::move(top));
    for (std::size_t i = 0; i < out_.nodes.size(); ++i) children(i);
  }

 private:
  void children(std::size_t parent) {
    const Provenance origin = std::move(origins_[parent]);
    const Node node = out_.nodes[parent];
    const auto first = out_.nodes.size();
    const auto originals = origin.document ? origin.document->children(node) : std::span<const Node>{};
    for (std::size_t i = 0; i < originals.size(); ++i) {
      Node child = originals[i];
      if (node.file >= own_file_) child.file = own_file_;
      const std::string name = node.kind == Node::Kind::list ? std::to_string(i) : std::string(child.key);
      std::vector<Pending> mine;
      for (auto const& p : origin.pending)
        if (p.head() == name) mine.push_back(p);
      add(child, origin.document, mine);
    }
    if (node.kind == Node::Kind::map) new_children(origin, originals);
    out_.nodes[parent].first = static_cast<std::uint32_t>(first);
    out_.nodes[parent].count = static_cast<std::uint32_t>(out_.nodes.size() - first);
  }

  /// A child of the base, replaced if one of the overrides ends here.
  void add(Node child, Document const* document, std::vector<Pending> const& pending) {
    Provenance origin{document, {}};
    for (auto const& p : pending) {
      // A value in the long form is replaced whole: its source speaks of the old number.
      const bool long_form = child.kind == Node::Kind::map && document->find(child, "value");
      if (p.last()) {
        take(child, origin, p);
        break;
      }
      if (child.kind != Node::Kind::scalar && !long_form) origin.pending.push_back(p.rest());
    }
    out_.nodes.push_back(child);
    origins_.push_back(std::move(origin));
  }

  /// Fields which the base leaves out.
  void new_children(Provenance const& origin, std::span<const Node> originals) {
    std::vector<std::string_view> done;
    for (auto const& p : origin.pending) {
      const auto head = p.head();
      const auto same = [&](Node const& n) { return n.key == head; };
      if (std::find(done.begin(), done.end(), head) != done.end() || std::any_of(originals.begin(), originals.end(), same)) continue;
      done.push_back(head);
      Node child;
      Provenance below{nullptr, {}};
      if (p.last()) {
        take(child, below, p);
      } else {
        Node const& from = *out_.overrides[p.index].node;
        child.kind = Node::Kind::map;
        child.file = own_file_;
        child.line = child.key_line = from.key_line;
        child.column = child.key_column = from.key_column;
        for (auto const& q : origin.pending)
          if (q.head() == head && !q.last()) below.pending.push_back(q.rest());
      }
      child.key = head;
      out_.nodes.push_back(child);
      origins_.push_back(std::move(below));
    }
  }

  void take(Node& child, Provenance& origin, Pending const& p) {
    auto const& o = out_.overrides[p.index];
    const auto key = child.key;
    child = *o.node;
    child.key = key;
    child.file = own_file_;
    origin = {o.from, {}};
    used_[p.index] = true;
  }

  Overlaid& out_;
  std::vector<bool>& used_;
  std::uint16_t own_file_;
  std::vector<Provenance> origins_;
};

}  // namespace

Node const* Document::find(Node const& map, std::string_view key) const {
  if (map.kind != Node::Kind::map) return nullptr;
  for (auto const& n : children(map))
    if (n.key == key) return &n;
  return nullptr;
}

Location Document::location(Node const& n) const { return place(*this, n.file, n.line, n.column, n.text, n.quoted); }
Location Document::key_location(Node const& n) const { return place(*this, n.file, n.key_line, n.key_column, n.key, false); }

Document overlay(Document const& base, Node const& root, std::span<const Override> overrides, std::vector<bool>& used) {
  auto out = std::make_shared<Overlaid>();
  out->files.assign(base.files.begin(), base.files.end());
  out->kept.push_back(base.storage);
  out->overrides.assign(overrides.begin(), overrides.end());
  const auto own_file = static_cast<std::uint16_t>(out->files.size());
  if (!overrides.empty()) {
    Override const& any = overrides.front();
    out->files.push_back(any.from->files[any.node->file]);
    out->kept.push_back(any.from->storage);
  }
  used.assign(overrides.size(), false);
  Merger(*out, used, own_file).run(base, root);
  Document d;
  d.nodes = out->nodes;
  d.files = out->files;
  d.storage = std::move(out);
  return d;
}

}  // namespace mlsysim::io
