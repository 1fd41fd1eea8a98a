#include <fmt/format.h>

#include <algorithm>

#include "mlsysim/io/show.hpp"
#include "mlsysim/units/text.hpp"
#include "pathed.hpp"

namespace mlsysim::io {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n') out += "\\n";
    else if (c == '\t') out += "\\t";
    else if (c == '"' || c == '\\') out += '\\', out += c;
    else out += c;
  }
  return out + '"';
}

/// Plain where YAML reads the text as it stands, in block and in flow context.
std::string yaml_text(std::string_view text) {
  const auto harmless = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u >= 0x80 || std::string_view(" ._/+()-^*$%;=<>").find(c) != std::string_view::npos;
  };
  const auto begins = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || c == '.' || u >= 0x80;
  };
  const bool null = text == "null" || text == "Null" || text == "NULL";
  const bool negative = text.size() > 1 && text[0] == '-' && text[1] >= '0' && text[1] <= '9';
  const bool plain = !text.empty() && !null && (begins(text.front()) || negative) && text.back() != ' ' && !text.starts_with("...") && std::all_of(text.begin(), text.end(), harmless);
  return plain ? std::string(text) : quoted(text);
}

/// A node of the file as it was, in flow form.
std::string flow(Document const& d, Node const& n) {
  if (n.kind == Node::Kind::scalar) return n.quoted ? quoted(n.text) : yaml_text(n.text);
  if (n.kind == Node::Kind::null) return "~";
  std::string out;
  for (auto const& c : d.children(n)) out += (out.empty() ? "" : ", ") + (n.kind == Node::Kind::map ? yaml_text(c.key) + ": " : "") + flow(d, c);
  return n.kind == Node::Kind::map ? '{' + out + '}' : '[' + out + ']';
}

/// A line of the output with what stands below it.
struct Line {
  std::string key;      ///< empty for an item of a list
  std::string value;    ///< empty if there are lines below
  std::string comment;
  bool list = false;
  std::vector<Line> below{};
};

class Resolver final : public Pathed {
 public:
  explicit Resolver(Ledger const& ledger) : facts_{ledger, {}}, ledger_{ledger} { open_.push_back({}); }

  void scalar(FieldInfo const& info, Scalar& s) override {
    if (!s.present || (s.kind == Scalar::Kind::text && s.text.empty())) return;
    if (s.kind == Scalar::Kind::text) {
      put({std::string(info.key), yaml_text(s.text), {}});
      return;
    }
    Fact const* f = facts_.of(s.origin, path_of(info));
    put({std::string(info.key), f ? with_provenance(value_text(info, s, *f), *f, s.dimension) : value_text(info, s), f && f->line > 0 ? fmt::format("line {}", f->line) : std::string{}});
  }
  bool begin(FieldInfo const& info, bool present) override {
    if (!present) return false;
    enter(info);
    open_.push_back({std::string(info.key), {}, {}});
    return true;
  }
  void end() override {
    Pathed::end();
    close();
  }
  std::size_t begin_list(FieldInfo const& info, std::size_t size) override {
    Pathed::begin_list(info, size);
    open_.push_back({std::string(info.key), {}, {}, true});
    return size;
  }
  void end_list() override {
    Pathed::end_list();
    if (open_.back().below.empty()) open_.pop_back();
    else close();
  }
  bool reference(FieldInfo const& info, EntryKind, std::string& id, bool present, std::function<void(Fields&)> const& value) override {
    if (!present) return false;
    if (!id.empty()) {
      put({std::string(info.key), yaml_text(id), {}});
      return true;
    }
    begin(info, true);
    value(*this);
    end();
    return true;
  }

  std::string take(Overrides const& overrides) {
    Line& root = open_.front();
    if (overrides.map && overrides.map->count > 0) {
      Line all{"overrides", {}, {}};
      for (auto const& n : overrides.from->children(*overrides.map)) all.below.push_back({std::string(n.key), flow(*overrides.from, n), fmt::format("line {}", n.line)});
      root.below.push_back(std::move(all));
    }
    if (!sources_.empty()) {
      Line all{"sources", {}, {}};
      for (auto const* s : sources_) all.below.push_back({s->id, source_text(*s), {}});
      root.below.push_back(std::move(all));
    }
    std::string out;
    for (auto const& l : root.below) write(l, 0, false, out);
    return out;
  }

 private:
  void put(Line line) { open_.back().below.push_back(std::move(line)); }
  void close() {
    Line done = std::move(open_.back());
    open_.pop_back();
    put(std::move(done));
  }

  /// As it was written, where that is still the value; a default may have been restated.
  static std::string value_text(FieldInfo const& info, Scalar const& s) { return info.bits ? bits_text(s) : plain_text(s); }
  static std::string value_text(FieldInfo const& info, Scalar const& s, Fact const& f) {
    const bool number = s.kind == Scalar::Kind::quantity || s.kind == Scalar::Kind::integer;
    if (number && parse_quantity(f.as_written).base_value() == s.number && parse_quantity(f.as_written).dimension() == s.dimension && f.kind == Origin::Kind::given) return f.as_written;
    return value_text(info, s);
  }

  std::string with_provenance(std::string value, Fact const& f, Dimension const& dimension) {
    if (f.kind == Origin::Kind::assumed) return fmt::format("{{value: {}, default: {}}}", value, yaml_text(f.note));
    std::string more;
    if (Source const* s = ledger_.source(f)) {
      more += ", source: " + yaml_text(s->id);
      if (std::find(sources_.begin(), sources_.end(), s) == sources_.end()) sources_.push_back(s);
    }
    if (f.range) more += fmt::format(", range: [{}, {}]", exact(f.range->low, dimension), exact(f.range->high, dimension));
    if (!f.note.empty()) more += ", note: " + quoted(f.note);
    if (!f.as_of.empty()) more += ", as_of: " + yaml_text(f.as_of);
    if (!f.locator.empty()) more += ", locator: " + quoted(f.locator);
    return more.empty() ? value : fmt::format("{{value: {}{}}}", value, more);
  }
  static std::string source_text(Source const& s) {
    std::string out = fmt::format("{{title: {}, kind: {}", quoted(s.title), source_kind_name[static_cast<std::size_t>(s.kind)]);
    const auto field = [&](char const* key, std::string const& text) {
      if (!text.empty()) out += fmt::format(", {}: {}", key, quoted(text));
    };
    field("publisher", s.publisher), field("url", s.url), field("published", s.published), field("seen", s.seen), field("note", s.note);
    return out + '}';
  }

  static void write(Line const& line, std::size_t depth, bool dash, std::string& out) {
    constexpr std::size_t comment_column = 44;
    std::string blanks(2 * depth, ' ');
    if (dash) blanks.replace(blanks.size() - 2, 2, "- ");
    if (line.below.empty()) {
      const std::string value = !line.value.empty() ? line.value : line.list ? "[]" : "{}";
      const std::string text = line.key.empty() ? blanks + value : fmt::format("{}{}: {}", blanks, line.key, value);
      out += line.comment.empty() ? text + '\n' : fmt::format("{:<{}}  # {}\n", text, comment_column, line.comment);
      return;
    }
    // The first line of an item stands beside its dash.
    if (!line.key.empty()) out += fmt::format("{}{}:\n", blanks, line.key), ++depth, dash = false;
    for (auto const& b : line.below) {
      if (line.list) write(b, depth + 1, true, out);
      else write(b, depth, dash, out);
      dash = false;
    }
  }

  FactsByPath facts_;
  Ledger const& ledger_;
  std::vector<Line> open_;
  std::vector<Source const*> sources_;
};

}  // namespace

std::string resolved_yaml(std::function<void(Fields&)> const& walk, Ledger const& ledger, Overrides const& overrides) {
  Resolver resolver(ledger);
  walk(resolver);
  return resolver.take(overrides);
}

}  // namespace mlsysim::io
