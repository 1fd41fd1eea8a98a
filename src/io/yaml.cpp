#include <fmt/format.h>
#include <sys/stat.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <sstream>
#include <unordered_map>

#include "mlsysim/io/document.hpp"

namespace mlsysim::io {
namespace {

/// Thrown inside the event handler to end parsing at the first problem which makes the rest unreadable.
struct Stop {};

constexpr std::string_view alias_why = "an alias hides where a value comes from, and a few lines of them can grow without bound";

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// A text with the places of its lines; finds columns in characters without walking from the start each time.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_{text} {
    starts_.push_back(0);
    std::size_t continuations = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % block == 0) continuations_.push_back(continuations);
      if (text[i] == '\n') starts_.push_back(i + 1);
      continuations += continues_character(text[i]);
    }
    continuations_.push_back(continuations);
  }

  /// Of a line counted from 0, without its end; shortened where nobody could read it.
  std::string line(std::size_t index) const {
    constexpr std::size_t longest = 4000;
    if (index >= starts_.size()) return {};
    const std::size_t begin = starts_[index];
    std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
    if (end > begin && text_[end - 1] == '\r') --end;
    if (end - begin > longest) {
      end = begin + longest;
      while (end > begin && continues_character(text_[end])) --end;
    }
    return std::string(text_.substr(begin, end - begin));
  }
  std::size_t line_of(std::size_t offset) const {
    return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin()) - 1;
  }
  /// Counted from 1, in characters.
  std::uint32_t column_of(std::size_t offset) const {
    const std::size_t begin = starts_[line_of(offset)];
    return 1 + static_cast<std::uint32_t>(offset - begin - (continuations_before(offset) - continuations_before(begin)));
  }

 private:
  static constexpr std::size_t block = 256;
  std::size_t continuations_before(std::size_t offset) const {
    std::size_t n = continuations_[offset / block];
    for (std::size_t i = offset / block * block; i < offset; ++i) n += continues_character(text_[i]);
    return n;
  }

  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::vector<std::size_t> continuations_;
};

struct Storage {
  Storage(std::string file_name, std::string file_text) : name{std::move(file_name)}, text{std::move(file_text)}, lines{text} {
    files.push_back({name, text});
  }
  std::string name;
  std::string text;
  Lines lines;
  std::deque<std::string> scalars;
  std::vector<Node> nodes;
  std::vector<File> files;

  Location location(std::size_t offset, std::size_t length = 1) const {
    const std::size_t at = std::min(offset, text.size()), line = lines.line_of(at);
    return {name, static_cast<std::uint32_t>(line + 1), lines.column_of(at), static_cast<std::uint32_t>(std::clamp<std::size_t>(length, 1, 80)), lines.line(line)};
  }
  Location whole_file() const { return {name, 0, 0, 1, {}}; }
};

/// What to do about an error message of yaml-cpp.
std::string advice(std::string_view message) {
  const auto has = [&](std::string_view part) { return message.find(part) != message.npos; };
  if (has("illegal map value")) return "quote a text which contains `: `, or give the line the indentation of its neighbours";
  if (has("end of map not found")) return "write `key: value`, with the indentation of the lines it belongs to";
  if (has("end of sequence not found")) return "start each item of the list with `- `, all indented alike";
  if (has("sequence flow")) return "close the list with `]`";
  if (has("map flow")) return "close the map with `}`";
  if (has("unknown token") || has("escape character")) return "put the text in single quotes";
  return "check indentation, colons, brackets and quotes near this place";
}

/// Collects the events of a file as trees; `flatten` lays them out.
class Builder final : public YAML::EventHandler {
 public:
  Builder(Storage& storage, std::vector<Diagnostic>& problems) : storage_{storage}, problems_{problems} {}

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (++documents_ == 1) return;
    const bool marked = storage_.text.compare(offset(mark), 3, "---") == 0;
    stop(112, marked ? "a second document in one file" : "text after the end of the document", mark, "mlsysim reads one document per file",
         marked ? "split the file, or remove the line `---`" : "remove it, or indent it as a part of what is above");
  }
  void OnDocumentEnd() override {}
  void OnAnchor(YAML::Mark const& mark, std::string const&) override { refuse_anchor(mark); }
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    if (anchor) refuse_anchor(mark);
    add(Node{}, mark);
  }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override {
    stop(111, "YAML aliases (*name) are not read", mark, std::string(alias_why), "write the value out");
  }
  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, std::string const& value) override {
    if (anchor) refuse_anchor(mark);
    refuse_tag(mark, tag);
    Node n;
    n.kind = Node::Kind::scalar;
    // yaml-cpp marks every scalar which is not plain; of those, block texts (| and >) have no quote.
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

  /// Breadth first, so that the children of every node lie next to each other.
  void flatten() {
    if (trees_.empty()) return;
    std::vector<std::size_t> order{0};
    for (std::size_t i = 0; i < order.size(); ++i) {
      Tree& t = trees_[order[i]];
      t.node.first = static_cast<std::uint32_t>(order.size());
      t.node.count = static_cast<std::uint32_t>(t.children.size());
      order.insert(order.end(), t.children.begin(), t.children.end());
    }
    storage_.nodes.reserve(order.size());
    for (auto i : order) storage_.nodes.push_back(trees_[i].node);
  }

  /// The innermost list or map which is open, or null.
  Node const* innermost() const { return stack_.empty() ? nullptr : &trees_[stack_.back().tree].node; }

  std::size_t offset(YAML::Mark const& mark) const { return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), storage_.text.size()); }

 private:
  /// A node with its children by index, before it is laid out.
  struct Tree {
    Node node;
    std::vector<std::size_t> children;
  };
  /// A list or map whose end has not come yet.
  struct Open {
    std::size_t tree;
    bool is_map;
    bool has_key;
    Node key;
    std::unordered_map<std::string_view, std::uint32_t> lines{};  ///< of the keys so far
  };

  [[noreturn]] void stop(int code, std::string message, YAML::Mark const& mark, std::string why, std::string help) {
    problems_.push_back({code, std::move(message), storage_.location(offset(mark)), std::move(why), std::move(help)});
    throw Stop{};
  }
  void refuse_anchor(YAML::Mark const& mark) {
    stop(111, "YAML anchors (&name) are not read", mark, std::string(alias_why), "write the value out where it is used");
  }
  void refuse_tag(YAML::Mark const& mark, std::string const& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    stop(113, fmt::format("the YAML tag '{}' is not read", tag.substr(0, 60)), mark, "the field says of which type its value is", "remove the tag");
  }
  void check_closing_quote(YAML::Mark const& mark) {
    // yaml-cpp 0.7 lets the end of the file close a quote.
    std::string const& t = storage_.text;
    const std::size_t at = offset(mark);
    if (at >= t.size() || (t[at] != '\'' && t[at] != '"')) return;
    const char quote = t[at];
    for (std::size_t i = at + 1; i < t.size(); ++i) {
      if (quote == '"' && t[i] == '\\') ++i;
      else if (t[i] != quote) continue;
      else if (quote == '\'' && i + 1 < t.size() && t[i + 1] == quote) ++i;
      else return;
    }
    stop(110, "this quote is never closed", mark, "", fmt::format("add the closing {}", quote));
  }

  void open(Node::Kind kind, YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor) {
    if (anchor) refuse_anchor(mark);
    refuse_tag(mark, tag);
    // Events come before yaml-cpp descends, so this also bounds its recursion.
    if (stack_.size() >= deepest_nesting)
      stop(114, fmt::format("nested more than {} levels deep", deepest_nesting), mark, "no mlsysim file needs it", "");
    Node n;
    n.kind = kind;
    const std::size_t tree = add(n, mark);
    stack_.push_back({tree, kind == Node::Kind::map, false, {}});
  }

  /// Adds a value to the open list or map, or takes it as the next key.
  std::size_t add(Node n, YAML::Mark const& mark) {
    const std::size_t at = offset(mark);
    n.line = static_cast<std::uint32_t>(storage_.lines.line_of(at)) + 1;
    n.column = storage_.lines.column_of(at);
    if (trees_.size() >= most_nodes) stop(115, fmt::format("more than {} values in one file", most_nodes), mark, "no mlsysim file needs it", "");
    if (!stack_.empty()) {
      Open& parent = stack_.back();
      if (parent.is_map && !parent.has_key) {
        take_key(parent, n, mark);
        return 0;
      }
      if (parent.is_map) {
        n.key = parent.key.text;
        n.key_line = parent.key.line, n.key_column = parent.key.column;
        parent.has_key = false;
      }
      trees_[parent.tree].children.push_back(trees_.size());
      if (n.kind == Node::Kind::null) no_value(n, at);
    }
    trees_.push_back({n, {}});
    return trees_.size() - 1;
  }

  void no_value(Node const& n, std::size_t at) {
    if (problems_.size() >= most_problems) return;
    Location l = storage_.location(at);
    if (!n.key.empty()) {
      l.line = n.key_line, l.column = n.key_column;
      l.length = static_cast<std::uint32_t>(std::min<std::size_t>(n.key.size(), 80));
      l.line_text = storage_.lines.line(n.key_line - 1);
    }
    problems_.push_back({109, n.key.empty() ? "an empty list item" : fmt::format("'{}' has no value", n.key.substr(0, 60)), std::move(l), "",
                         "write a value, or remove it"});
  }

  void take_key(Open& parent, Node const& n, YAML::Mark const& mark) {
    if (n.kind != Node::Kind::scalar || n.text.empty()) stop(116, "a key must be a word", mark, "", "write `key: value`");
    if (n.text == "<<") stop(111, "YAML merge keys (<<) are not read", mark, "a merge hides where a value comes from", "write the fields out");
    const auto [earlier, fresh] = parent.lines.emplace(n.text, n.line);
    if (!fresh && problems_.size() < most_problems) {
      problems_.push_back({108, fmt::format("'{}' is given twice; first on line {}", n.text.substr(0, 60), earlier->second),
                           storage_.location(offset(mark), n.text.size()), "one of the two values would be ignored in silence", "keep one of them"});
    }
    parent.key = n;
    parent.has_key = true;
  }

  Storage& storage_;
  std::vector<Diagnostic>& problems_;
  std::vector<Tree> trees_;
  std::vector<Open> stack_;
  int documents_ = 0;
};

/// Length of the UTF-8 character at `i`, 0 if there is none.
std::size_t utf8_length(std::string_view s, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(s[i + k]); };
  const unsigned char c = byte(0);
  const std::size_t n = c < 0x80 ? 1 : (c >= 0xC2 && c < 0xE0) ? 2 : (c >= 0xE0 && c < 0xF0) ? 3 : (c >= 0xF0 && c < 0xF5) ? 4 : 0;
  if (n == 0 || i + n > s.size()) return 0;
  for (std::size_t k = 1; k < n; ++k)
    if (!continues_character(s[i + k])) return 0;
  if (c == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (c == 0xED && byte(1) >= 0xA0) return 0;  // surrogate
  if (c == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (c == 0xF4 && byte(1) >= 0x90) return 0;  // beyond Unicode
  return n;
}

/// Problems which yaml-cpp would not see or not place; false if parsing makes no sense.
bool check_text(Storage const& s, std::vector<Diagnostic>& problems) {
  const std::string_view text = s.text;
  const auto refuse = [&](int code, std::string message, Location where, std::string why, std::string help) {
    problems.push_back({code, std::move(message), std::move(where), std::move(why), std::move(help)});
    return false;
  };
  // A line of a binary file is no help to anybody.
  const auto place_only = [&](std::size_t offset) {
    Location l = s.location(offset);
    l.line_text.clear();
    return l;
  };
  if (text.starts_with("\xEF\xBB\xBF"))
    return refuse(117, "the file starts with a byte-order mark", {s.name, 1, 1, 1, {}}, "UTF-8 needs none, and it would hide in the first key", "save as UTF-8 without BOM");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return refuse(117, "the file is UTF-16", s.whole_file(), "mlsysim reads UTF-8", "save as UTF-8 without BOM");
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
      return refuse(118, fmt::format("a control character (byte 0x{:02x})", c), place_only(i), "mlsysim reads YAML text; this looks like a binary file", "name a YAML file");
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))
      return refuse(118, "a carriage return alone", place_only(i), "lines end with LF or CRLF", "save with LF line ends");
    const std::size_t n = utf8_length(text, i);
    if (n == 0) return refuse(118, fmt::format("not valid UTF-8 (byte 0x{:02x})", c), place_only(i), "mlsysim reads YAML text in UTF-8", "save as UTF-8");
    i += n;
  }
  // yaml-cpp takes a pile of brackets for a key of its own kind; the builder's depth check would come too late to say what is wrong.
  std::size_t pile = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{') ++pile;
    else if (!std::strchr(" \t\r\n", text[i])) pile = 0;
    if (pile > deepest_nesting) return refuse(114, fmt::format("nested more than {} levels deep", deepest_nesting), s.location(i), "no mlsysim file needs it", "");
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const auto indentation = std::min(line.find_first_not_of(" \t\r"), line.size());
    const auto tab = line.find('\t');
    if (tab < indentation)
      return refuse(119, "a tab in the indentation", s.location(begin + tab), "YAML indents with blanks only", "replace the tab by blanks");
    if (line.starts_with('%')) return refuse(112, "YAML directives (%) are not read", s.location(begin), "", "remove the line");
    if (line.starts_with("...") && (line.size() == 3 || std::strchr(" \t\r", line[3])))
      return refuse(112, "the document end mark '...' is not read", s.location(begin, 3), "text after it would be ignored in silence", "remove the line");
    begin = end + 1;
  }
  return true;
}

Diagnostic not_yaml(Storage const& s, std::string const& message, std::size_t at, Node const* open) {
  const bool list = message.find("sequence flow") != message.npos, map = message.find("map flow") != message.npos;
  if (!open || !(list || map)) return {110, fmt::format("this is not YAML: {}", message), s.location(at), "", advice(message)};
  Location l{s.name, open->line, open->column, 1, s.lines.line(open->line - 1)};
  return {110, fmt::format("this `{}` is never closed", list ? '[' : '{'), std::move(l), "", advice(message)};
}

Document make_document(std::shared_ptr<Storage> storage) {
  if (storage->nodes.empty()) storage->nodes.push_back({});
  Document d;
  d.nodes = storage->nodes;
  d.files = storage->files;
  d.storage = std::move(storage);
  return d;
}

}  // namespace

Document parse_yaml(std::string text, std::string file_name, std::vector<Diagnostic>& problems) {
  auto storage = std::make_shared<Storage>(std::move(file_name), std::move(text));
  const auto before = problems.size();
  Builder builder(*storage, problems);
  if (check_text(*storage, problems)) {
    try {
      std::istringstream in(storage->text);
      YAML::Parser parser(in);
      while (parser.HandleNextDocument(builder)) {
      }
      builder.flatten();
    } catch (Stop const&) {
    } catch (YAML::DeepRecursion const& e) {
      problems.push_back({114, "nested too deep", storage->location(builder.offset(e.mark)), "no mlsysim file needs it", ""});
    } catch (YAML::Exception const& e) {
      // yaml-cpp ends what is broken with values of its own.
      const auto begin = problems.begin() + static_cast<std::ptrdiff_t>(before);
      problems.erase(std::remove_if(begin, problems.end(), [](Diagnostic const& d) { return d.code == 109; }), problems.end());
      problems.push_back(not_yaml(*storage, e.msg, builder.offset(e.mark), builder.innermost()));
    }
  }
  const bool nothing = storage->nodes.empty() || (storage->nodes.size() == 1 && storage->nodes[0].kind == Node::Kind::null);
  if (nothing && problems.size() == before)
    problems.push_back({120, "the file is empty", storage->whole_file(), "", "`mlsysim list scenarios` shows scenarios to start from"});
  return make_document(std::move(storage));
}

Document read_yaml_file(std::string const& path, std::vector<Diagnostic>& problems) {
  const auto fail = [&](int code, std::string message, std::string help) {
    problems.push_back({code, std::move(message), {path, 0, 0, 1, {}}, "", std::move(help)});
    return make_document(std::make_shared<Storage>(path, ""));
  };
  const auto unreadable = [&](std::string help) { return fail(101, fmt::format("cannot read '{}': {}", path, std::strerror(errno)), std::move(help)); };
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return unreadable("check the path; `mlsysim list scenarios` names the built-in ones");
  if (S_ISDIR(info.st_mode)) return fail(102, fmt::format("'{}' is a directory", path), "name a file in it");
  if (!S_ISREG(info.st_mode)) return fail(102, fmt::format("'{}' is not a regular file", path), "name a YAML file");
  if (static_cast<std::size_t>(info.st_size) > largest_file)
    return fail(103, fmt::format("'{}' has {} bytes; mlsysim reads at most {} MiB", path, info.st_size, largest_file >> 20U), "is it really a scenario?");
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return unreadable("check its permissions");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), f));
  const bool failed = std::ferror(f) != 0;
  std::fclose(f);
  if (failed) return unreadable("the disk or the network file system reports an error");
  return parse_yaml(std::move(text), path, problems);
}

}  // namespace mlsysim::io
