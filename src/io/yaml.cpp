#include <fmt/format.h>
#include <sys/stat.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <sstream>

#include "mlsysim/io/document.hpp"

namespace mlsysim::io {
namespace {

/// Thrown inside the event handler to end parsing at the first problem which makes the rest unreadable.
struct Stop {};

struct Storage {
  std::string name;
  std::string text;
  std::deque<std::string> scalars;
  std::vector<Node> nodes;
  std::vector<File> files;
};

/// A node with its children by pointer, before it is laid out flat.
struct Tree {
  Node node;
  std::vector<std::size_t> children;
};

class Builder final : public YAML::EventHandler {
 public:
  Builder(Storage& storage, std::vector<Diagnostic>& problems) : storage_{storage}, problems_{problems} {
    std::size_t begin = 0;
    std::string const& t = storage_.text;
    for (std::size_t i = 0; i <= t.size(); ++i) {
      if (i == t.size() || t[i] == '\n') {
        lines_.emplace_back(std::string_view(t).substr(begin, i - begin));
        begin = i + 1;
      }
    }
  }

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (++documents_ > 1) stop(112, "a second document in one file", mark, "mlsysim reads one document per file", "split the file, or remove the line `---`");
  }
  void OnDocumentEnd() override {}
  void OnAnchor(YAML::Mark const& mark, std::string const&) override { refuse_anchor(mark); }
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    if (anchor) refuse_anchor(mark);
    Node n;
    n.kind = Node::Kind::null;
    add(n, mark);
  }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override {
    stop(111, "YAML aliases (*name) are not read", mark, "an alias hides where a value comes from, and a few lines of them can grow without bound", "write the value out");
  }
  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, std::string const& value) override {
    if (anchor) refuse_anchor(mark);
    refuse_tag(mark, tag);
    Node n;
    n.kind = Node::Kind::scalar;
    n.quoted = tag == "!";
    storage_.scalars.push_back(value);
    n.text = storage_.scalars.back();
    if (n.quoted) check_closing_quote(mark);
    add(n, mark);
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { stack_.pop_back(); }

  int documents() const { return documents_; }

  /// Lays the trees out breadth first.
  void flatten() {
    if (trees_.empty()) return;
    std::vector<std::size_t> order{0};
    for (std::size_t i = 0; i < order.size(); ++i) {
      Tree& t = trees_[order[i]];
      t.node.first = static_cast<std::uint32_t>(order.size());
      t.node.count = static_cast<std::uint32_t>(t.children.size());
      order.insert(order.end(), t.children.begin(), t.children.end());
    }
    for (auto i : order) storage_.nodes.push_back(trees_[i].node);
  }

  Location location(std::uint32_t line, std::uint32_t column, std::uint32_t length = 1) const {
    Location l{storage_.name, line, column, length, {}};
    if (line >= 1 && line <= lines_.size()) {
      l.line_text = std::string(lines_[line - 1].substr(0, 400));
      if (!l.line_text.empty() && l.line_text.back() == '\r') l.line_text.pop_back();
    }
    return l;
  }
  /// yaml-cpp counts bytes from 0; people count characters from 1.
  std::uint32_t column(YAML::Mark const& mark) const {
    if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return 1;
    const auto line = lines_[static_cast<std::size_t>(mark.line)].substr(0, static_cast<std::size_t>(std::max(mark.column, 0)));
    return 1 + static_cast<std::uint32_t>(std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }
  Location location(YAML::Mark const& mark) const { return location(static_cast<std::uint32_t>(std::max(mark.line, 0)) + 1, column(mark)); }

 private:
  [[noreturn]] void stop(int code, std::string message, YAML::Mark const& mark, std::string why, std::string help) {
    problems_.push_back({code, std::move(message), location(mark), std::move(why), std::move(help)});
    throw Stop{};
  }
  void refuse_anchor(YAML::Mark const& mark) {
    stop(111, "YAML anchors (&name) are not read", mark, "an alias hides where a value comes from, and a few lines of them can grow without bound", "write the value out where it is used");
  }
  void refuse_tag(YAML::Mark const& mark, std::string const& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    stop(113, fmt::format("the YAML tag '{}' is not read", tag), mark, "the field says of which type its value is", "remove the tag");
  }
  void check_closing_quote(YAML::Mark const& mark) {
    // yaml-cpp 0.7 accepts a quote which the end of the file closes.
    const auto at = static_cast<std::size_t>(mark.pos);
    std::string const& t = storage_.text;
    if (at >= t.size() || (t[at] != '\'' && t[at] != '"')) return;
    const char quote = t[at];
    for (std::size_t i = at + 1; i < t.size(); ++i) {
      if (quote == '"' && t[i] == '\\') ++i;
      else if (t[i] == quote) {
        if (quote == '\'' && i + 1 < t.size() && t[i + 1] == quote) ++i;
        else return;
      }
    }
    stop(110, "this quote is never closed", mark, "", fmt::format("add the closing {}", quote));
  }
  void open(Node::Kind kind, YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor) {
    if (anchor) refuse_anchor(mark);
    refuse_tag(mark, tag);
    if (static_cast<int>(stack_.size()) >= deepest_nesting) too_deep(mark);
    Node n;
    n.kind = kind;
    stack_.push_back({add(n, mark), {}, 0, 0, false});
  }
  [[noreturn]] void too_deep(YAML::Mark const& mark) {
    stop(114, fmt::format("nested more than {} levels deep", deepest_nesting), mark, "no mlsysim file needs it", "");
  }

  std::size_t add(Node n, YAML::Mark const& mark) {
    n.line = static_cast<std::uint32_t>(std::max(mark.line, 0)) + 1;
    n.column = column(mark);
    if (trees_.size() >= most_nodes) stop(115, fmt::format("more than {} values in one file", most_nodes), mark, "no mlsysim file needs it", "");
    if (stack_.empty()) {
      trees_.push_back({n, {}});
      return trees_.size() - 1;
    }
    Open& parent = stack_.back();
    Tree& tree = trees_[parent.tree];
    if (tree.node.kind == Node::Kind::map && !parent.has_key) {
      take_key(parent, n, mark);
      return no_tree;
    }
    if (tree.node.kind == Node::Kind::map) {
      n.key = parent.key;
      n.key_line = parent.line, n.key_column = parent.column;
      parent.has_key = false;
    }
    if (n.kind == Node::Kind::null) {
      const std::string what = n.key.empty() ? "an empty list item" : fmt::format("'{}' has no value", n.key);
      problems_.push_back({109, what, n.key.empty() ? location(mark) : location(n.key_line, n.key_column, static_cast<std::uint32_t>(n.key.size())),
                           "", "write a value, or remove the line"});
    }
    tree.children.push_back(trees_.size());
    trees_.push_back({n, {}});
    return trees_.size() - 1;
  }

  struct Open {
    std::size_t tree;
    std::string_view key;
    std::uint32_t line, column;
    bool has_key;
  };

  void take_key(Open& parent, Node const& n, YAML::Mark const& mark) {
    if (n.kind != Node::Kind::scalar) stop(116, "a key must be a word", mark, "", "write `key: value`");
    if (n.text == "<<") stop(111, "YAML merge keys (<<) are not read", mark, "a merge hides where a value comes from", "write the fields out");
    for (auto child : trees_[parent.tree].children) {
      Node const& earlier = trees_[child].node;
      if (earlier.key != n.text) continue;
      problems_.push_back({108, fmt::format("'{}' is given twice; first on line {}", n.text, earlier.key_line),
                           location(n.line, n.column, static_cast<std::uint32_t>(n.text.size())),
                           "one of the two values would be ignored in silence", "keep one of them"});
    }
    parent.key = n.text, parent.line = n.line, parent.column = n.column, parent.has_key = true;
  }

  static constexpr std::size_t no_tree = static_cast<std::size_t>(-1);
  Storage& storage_;
  std::vector<Diagnostic>& problems_;
  std::vector<std::string_view> lines_;
  std::vector<Tree> trees_;
  std::vector<Open> stack_;
  int documents_ = 0;
};

bool valid_utf8(std::string_view s, std::size_t& bad) {
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const std::size_t n = c < 0x80 ? 1 : (c >= 0xC2 && c < 0xE0) ? 2 : (c >= 0xE0 && c < 0xF0) ? 3 : (c >= 0xF0 && c < 0xF5) ? 4 : 0;
    bad = i;
    if (n == 0 || i + n > s.size()) return false;
    for (std::size_t k = 1; k < n; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0U) != 0x80U) return false;
    if (n == 3 && c == 0xE0 && static_cast<unsigned char>(s[i + 1]) < 0xA0) return false;
    if (n == 4 && c == 0xF0 && static_cast<unsigned char>(s[i + 1]) < 0x90) return false;
    i += n;
  }
  return true;
}

/// Problems of the raw bytes; false if parsing makes no sense.
bool check_bytes(std::string const& text, Builder const& where, std::vector<Diagnostic>& problems) {
  const auto at = [&](std::size_t offset) {
    std::uint32_t line = 1, column = 1;
    for (std::size_t i = 0; i < offset; ++i) {
      if (text[i] == '\n') ++line, column = 1;
      else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) ++column;
    }
    return where.location(line, column);
  };
  if (text.starts_with("\xEF\xBB\xBF")) {
    problems.push_back({117, "the file starts with a byte-order mark", where.location(1, 1), "UTF-8 needs none, and it hides in the first key", "save as UTF-8 without BOM"});
    return false;
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    problems.push_back({117, "the file is UTF-16", where.location(0, 0), "mlsysim reads UTF-8", "save as UTF-8 without BOM"});
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') {
      Location l = at(i);
      l.line_text.clear();
      problems.push_back({118, fmt::format("a control character (byte 0x{:02x}): this looks like a binary file", c), l, "mlsysim reads YAML text", ""});
      return false;
    }
  }
  std::size_t bad = 0;
  if (!valid_utf8(text, bad)) {
    Location l = at(bad);
    l.line_text.clear();
    problems.push_back({118, "not valid UTF-8", l, "mlsysim reads YAML text in UTF-8", "save as UTF-8"});
    return false;
  }
  // yaml-cpp recurses: look at the depth before it does. Indentation and flow brackets both nest.
  int flow = 0;
  bool line_start = true, single = false, doubled = false, comment = false;
  std::size_t indent = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      line_start = true, comment = false, indent = 0;
      continue;
    }
    if (line_start && c == '\t') {
      problems.push_back({119, "a tab in the indentation", at(i), "YAML indents with blanks only", "replace the tab by blanks"});
      return false;
    }
    if (line_start && c == ' ') {
      ++indent;
      continue;
    }
    if (line_start && c == '%' && indent == 0) {
      problems.push_back({112, "YAML directives (%) are not read", at(i), "", "remove the line"});
      return false;
    }
    if (line_start && indent == 0 && text.compare(i, 3, "...") == 0) {
      problems.push_back({112, "the document end mark '...' is not read", at(i), "text after it would be ignored in silence", "remove the line"});
      return false;
    }
    if (line_start && c == '-' && (i + 1 < text.size() && text[i + 1] == ' ')) {
      // `- - - -` nests without indentation.
      std::size_t k = i, dashes = 0;
      while (k + 1 < text.size() && text[k] == '-' && text[k + 1] == ' ') ++dashes, k += 2;
      if (dashes > static_cast<std::size_t>(deepest_nesting)) {
        problems.push_back({114, fmt::format("nested more than {} levels deep", deepest_nesting), at(i), "no mlsysim file needs it", ""});
        return false;
      }
    }
    if (line_start && indent > 4 * static_cast<std::size_t>(deepest_nesting)) {
      problems.push_back({114, fmt::format("indented by {} blanks: nested too deep", indent), at(i), "no mlsysim file needs more than 64 levels", ""});
      return false;
    }
    line_start = false;
    if (comment) continue;
    if (single) {
      if (c == '\'') single = false;
    } else if (doubled) {
      if (c == '\\') ++i;
      else if (c == '"') doubled = false;
    } else if (c == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n')) {
      comment = true;
    } else if (c == '\'' && i > 0 && std::strchr(" [{,:\n", text[i - 1])) {
      single = true;
    } else if (c == '"' && i > 0 && std::strchr(" [{,:\n", text[i - 1])) {
      doubled = true;
    } else if (c == ']' || c == '}') {
      flow = std::max(0, flow - 1);
    } else if (c == '[' || c == '{') {
      if (++flow > deepest_nesting) {
        problems.push_back({114, fmt::format("nested more than {} levels deep", deepest_nesting), at(i), "no mlsysim file needs it", ""});
        return false;
      }
    }
  }
  return true;
}

}  // namespace

Document parse_yaml(std::string text, std::string file_name, std::vector<Diagnostic>& problems) {
  auto storage = std::make_shared<Storage>();
  storage->name = std::move(file_name);
  storage->text = std::move(text);
  storage->files.push_back({storage->name, storage->text});
  Document d;
  d.files = storage->files;
  d.storage = storage;
  const auto before = problems.size();
  Builder builder(*storage, problems);
  if (check_bytes(storage->text, builder, problems)) {
    try {
      std::istringstream in(storage->text);
      YAML::Parser parser(in);
      while (parser.HandleNextDocument(builder)) {
      }
      builder.flatten();
    } catch (Stop const&) {
    } catch (YAML::Exception const& e) {
      problems.push_back({110, fmt::format("this is not YAML: {}", e.msg), builder.location(e.mark), "", "check indentation, colons, brackets and quotes near this place"});
    }
  }
  const bool empty = storage->nodes.empty() || (storage->nodes.size() == 1 && storage->nodes[0].kind == Node::Kind::null);
  if (empty && problems.size() == before)
    problems.push_back({120, "the file is empty", {storage->name, 0, 0, 1, {}}, "", "`mlsysim list scenarios` shows scenarios to start from"});
  if (storage->nodes.empty()) storage->nodes.push_back({});
  d.nodes = storage->nodes;
  return d;
}

Document read_yaml_file(std::string const& path, std::vector<Diagnostic>& problems) {
  const auto fail = [&](int code, std::string message, std::string help) {
    problems.push_back({code, std::move(message), {path, 0, 0, 1, {}}, "", std::move(help)});
    return parse_yaml("{}", path, problems);
  };
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(101, fmt::format("cannot read '{}': {}", path, std::strerror(errno)), "check the path; `mlsysim list scenarios` names the built-in ones");
  if (S_ISDIR(info.st_mode)) return fail(102, fmt::format("'{}' is a directory", path), "name a file in it");
  if (!S_ISREG(info.st_mode)) return fail(102, fmt::format("'{}' is not a regular file", path), "name a YAML file");
  if (static_cast<std::size_t>(info.st_size) > largest_file)
    return fail(103, fmt::format("'{}' has {} bytes; mlsysim reads at most {} MiB", path, info.st_size, largest_file >> 20U), "is it really a scenario?");
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return fail(101, fmt::format("cannot read '{}': {}", path, std::strerror(errno)), "check its permissions");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), f));
  std::fclose(f);
  return parse_yaml(std::move(text), path, problems);
}

}  // namespace mlsysim::io
