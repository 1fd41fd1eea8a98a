#include "mlsysim/io/show.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "mlsysim/units/text.hpp"

namespace mlsysim::io {
namespace {

using nlohmann::ordered_json;

std::string plain(Scalar const& s) {
  switch (s.kind) {
    case Scalar::Kind::text: return s.text;
    case Scalar::Kind::flag: return s.number != 0 ? "true" : "false";
    case Scalar::Kind::choice: return std::string(s.names[static_cast<std::size_t>(s.number)]);
    case Scalar::Kind::integer: return fmt::format("{:.0f}", s.number);
    case Scalar::Kind::quantity: return exact(s.number, s.dimension);
  }
  return {};
}

/// Keeps the path of the field which is visited.
class Pathed : public Fields {
 protected:
  std::string path_of(FieldInfo const& info) const {
    std::string out;
    for (auto const& p : parts_) out += (out.empty() ? "" : ".") + p;
    const std::string leaf = info.key.empty() ? std::to_string(index_.empty() ? 0 : index_.back()) : std::string(info.key);
    return out.empty() ? leaf : out + '.' + leaf;
  }
  void enter(FieldInfo const& info) {
    parts_.push_back(info.key.empty() ? std::to_string(index_.empty() ? 0 : index_.back()) : std::string(info.key));
  }
  std::vector<std::string> parts_;
  std::vector<std::size_t> index_;
};

class Shower final : public Pathed {
 public:
  explicit Shower(Ledger const& ledger) : ledger_{ledger} {
    const auto column = [&](char const* id) { table_.columns.push_back({id, id, {}, true, false, {}}); };
    table_.id = "fields";
    for (auto id : {"field", "value", "as written", "verified", "source", "read", "note"}) column(id);
  }
  void scalar(FieldInfo const& info, Scalar& s) override {
    if (!s.present) return;
    if (s.kind == Scalar::Kind::text && s.text.empty()) return;
    std::vector<Cell> row(7);
    row[0].text = path_of(info);
    row[1].text = s.kind == Scalar::Kind::quantity ? display(s.number, s.dimension) : plain(s);
    if (Fact const* f = ledger_.fact(s.origin)) {
      if (f->as_written != row[1].text) row[2].text = f->as_written;
      if (Source const* source = ledger_.source(*f)) {
        row[3].text = source->verified() ? "yes" : "NO";
        row[4].text = source->id;
        row[5].text = source->seen;
      }
      row[6].text = f->note;
      if (!f->as_of.empty()) row[6].text += (row[6].text.empty() ? "" : "; ") + ("as of " + f->as_of);
    }
    table_.rows.push_back(std::move(row));
  }
  bool begin(FieldInfo const& info, bool present) override {
    if (present) enter(info);
    return present;
  }
  void end() override { parts_.pop_back(); }
  std::size_t begin_list(FieldInfo const& info, std::size_t size) override {
    enter(info);
    index_.push_back(0);
    return size;
  }
  void item(std::size_t i) override { index_.back() = i; }
  void end_list() override {
    index_.pop_back();
    parts_.pop_back();
  }
  bool reference(FieldInfo const& info, EntryKind kind, std::string& id, bool present, std::function<void(Fields&)> const& value) override {
    if (!present) return false;
    if (!id.empty()) {
      std::vector<Cell> row(7);
      row[0].text = path_of(info);
      row[1].text = id;
      row[6].text = fmt::format("{}: mlsysim show {}", entry_kind_name[static_cast<std::size_t>(kind)], id);
      table_.rows.push_back(std::move(row));
      return true;
    }
    enter(info);
    value(*this);
    parts_.pop_back();
    return true;
  }
  Table take() { return std::move(table_); }

 private:
  Ledger const& ledger_;
  Table table_;
};

/// Texts which YAML would read as something else are quoted.
std::string yaml_text(std::string const& text) {
  bool simple = !text.empty() && text.find_first_of(":#{}[],&*!|>'\"%@`\n\\") == text.npos && text.front() != '-' && text.front() != '?' && text.front() != ' ' && text.back() != ' ';
  if (simple) return text;
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out + '"';
}

class Resolver final : public Pathed {
 public:
  explicit Resolver(Ledger const& ledger) : ledger_{ledger} {}

  void scalar(FieldInfo const& info, Scalar& s) override {
    if (!s.present) return;
    if (s.kind == Scalar::Kind::text && s.text.empty()) return;
    line(info, s.kind == Scalar::Kind::text ? yaml_text(s.text) : value_text(info, s), comment(s.origin, path_of(info)));
  }
  bool begin(FieldInfo const& info, bool present) override {
    if (!present) return false;
    open(info);
    enter(info);
    return true;
  }
  void end() override {
    parts_.pop_back();
    --depth_;
  }
  std::size_t begin_list(FieldInfo const& info, std::size_t size) override {
    if (size > 0) open(info);
    else ++depth_;
    enter(info);
    index_.push_back(0);
    return size;
  }
  void item(std::size_t i) override {
    index_.back() = i;
    dash_ = true;
  }
  void end_list() override {
    index_.pop_back();
    parts_.pop_back();
    --depth_;
    dash_ = false;
  }
  bool reference(FieldInfo const& info, EntryKind, std::string& id, bool present, std::function<void(Fields&)> const& value) override {
    if (!present) return false;
    if (!id.empty()) {
      line(info, yaml_text(id), "");
      Collect inner(ledger_, path_of(info), overrides_);
      value(inner);
      return true;
    }
    open(info);
    enter(info);
    value(*this);
    parts_.pop_back();
    --depth_;
    return true;
  }

  std::string take() {
    if (!overrides_.empty()) {
      out_ += "overrides:\n";
      for (auto const& [path, text] : overrides_) out_ += fmt::format("  {}: {}\n", path, text);
    }
    return std::move(out_);
  }

 private:
  /// Fields of a named entry which an override changed.
  class Collect final : public Pathed {
   public:
    Collect(Ledger const& ledger, std::string prefix, std::vector<std::pair<std::string, std::string>>& out) : ledger_{ledger}, prefix_{std::move(prefix)}, out_{out} {}
    void scalar(FieldInfo const& info, Scalar& s) override {
      Fact const* f = s.present ? ledger_.fact(s.origin) : nullptr;
      if (f && f->kind == Origin::Kind::given) out_.emplace_back(prefix_ + '.' + path_of(info), value_text(info, s));
    }
    bool begin(FieldInfo const& info, bool present) override {
      if (present) enter(info);
      return present;
    }
    void end() override { parts_.pop_back(); }
    std::size_t begin_list(FieldInfo const& info, std::size_t size) override {
      enter(info);
      index_.push_back(0);
      return size;
    }
    void item(std::size_t i) override { index_.back() = i; }
    void end_list() override {
      index_.pop_back();
      parts_.pop_back();
    }
    bool reference(FieldInfo const& info, EntryKind, std::string&, bool present, std::function<void(Fields&)> const& value) override {
      if (!present) return false;
      enter(info);
      value(*this);
      parts_.pop_back();
      return true;
    }

   private:
    Ledger const& ledger_;
    std::string prefix_;
    std::vector<std::pair<std::string, std::string>>& out_;
  };

  static std::string value_text(FieldInfo const& info, Scalar const& s) {
    if (info.bits && s.kind == Scalar::Kind::quantity) {
      const std::string_view unit = s.dimension == Dimension("B/s") ? "Gbit/s" : "bit";
      for (int digits = 4; digits <= 17; ++digits) {
        std::string text = in_unit(s.number, unit, digits);
        if (parse_quantity(text).base_value() == s.number) return text;
      }
      return fmt::format("{} {}", shortest(s.number * 8), s.dimension == Dimension("B/s") ? "bit/s" : "bit");
    }
    return plain(s);
  }
  std::string comment(Origin origin, std::string const& path) const {
    Fact const* f = ledger_.fact(origin);
    // Words and flags carry no origin of their own.
    if (!f)
      for (auto const& known : ledger_.facts())
        if (known.path == path) f = &known;
    if (!f) return {};
    if (f->kind == Origin::Kind::assumed) return fmt::format("default: {}", f->note);
    return f->line > 0 ? fmt::format("line {}", f->line) : std::string{};
  }
  std::string lead() {
    std::string blanks(static_cast<std::size_t>(2 * depth_), ' ');
    if (dash_) {
      blanks.replace(blanks.size() - 2, 2, "- ");
      dash_ = false;
    }
    return blanks;
  }
  void line(FieldInfo const& info, std::string const& value, std::string const& note) {
    if (info.key.empty()) {
      dash_ = false;
      out_ += fmt::format("{}- {}\n", std::string(static_cast<std::size_t>(2 * (depth_ - 1)), ' '), value);
      return;
    }
    const std::string text = fmt::format("{}{}: {}", lead(), info.key, value);
    out_ += note.empty() ? text + '\n' : fmt::format("{:<52}  # {}\n", text, note);
  }
  void open(FieldInfo const& info) {
    if (!info.key.empty()) out_ += fmt::format("{}{}:\n", lead(), info.key);
    ++depth_;
  }

  Ledger const& ledger_;
  std::string out_;
  int depth_ = 0;
  bool dash_ = false;
  std::vector<std::pair<std::string, std::string>> overrides_;
};

class SchemaWriter final : public Fields {
 public:
  explicit SchemaWriter(std::function<std::vector<std::string>(EntryKind)> const& names) : names_{names} { stack_.push_back(object()); }

  void scalar(FieldInfo const& info, Scalar& s) override {
    ordered_json j;
    switch (s.kind) {
      case Scalar::Kind::text: j["type"] = "string"; break;
      case Scalar::Kind::flag: j["type"] = "boolean"; break;
      case Scalar::Kind::integer: j["type"] = "integer"; break;
      case Scalar::Kind::choice:
        for (auto n : s.names) j["enum"].push_back(n);
        break;
      case Scalar::Kind::quantity:
        if (s.dimension == Dimension{}) {
          j["type"] = "number";
        } else {
          j["type"] = "string";
          j["pattern"] = "^-?[0-9.]+([eE][-+]?[0-9]+)? ?[^0-9 ].*$";
          j["examples"] = {exact(info.bits ? 5e10 : 1, s.dimension)};
        }
    }
    std::string doc(info.doc);
    if (s.kind == Scalar::Kind::quantity && !(s.dimension == Dimension{})) doc += fmt::format(" — {}", s.dimension.view());
    if (info.fallback) {
      Scalar d = s;
      d.number = *info.fallback;
      if (s.kind == Scalar::Kind::integer) j["default"] = static_cast<long long>(d.number);
      else if (s.kind == Scalar::Kind::flag) j["default"] = d.number != 0;
      else if (s.kind == Scalar::Kind::quantity && s.dimension == Dimension{}) j["default"] = d.number;
      else j["default"] = plain(d);
    }
    if (s.kind != Scalar::Kind::text) {
      // The long form carries where the value was read.
      ordered_json value = std::move(j);
      ordered_json wrapped{{"type", "object"}, {"required", {"value"}}, {"properties", {{"value", value}}}};
      j = {{"description", doc}, {"anyOf", {value, wrapped}}};
    } else {
      j["description"] = doc;
    }
    put(info, std::move(j));
    if (s.kind == Scalar::Kind::text && s.text.empty()) s.present = false;
  }
  bool begin(FieldInfo const& info, bool) override {
    keys_.push_back(info);
    stack_.push_back(object());
    return true;
  }
  void end() override {
    ordered_json j = std::move(stack_.back());
    stack_.pop_back();
    const FieldInfo info = keys_.back();
    keys_.pop_back();
    j["description"] = info.doc;
    put(info, std::move(j));
  }
  std::size_t begin_list(FieldInfo const& info, std::size_t) override {
    keys_.push_back(info);
    stack_.push_back({{"type", "array"}});
    return 1;
  }
  void item(std::size_t) override {}
  void end_list() override { end(); }
  bool reference(FieldInfo const& info, EntryKind kind, std::string&, bool, std::function<void(Fields&)> const& value) override {
    SchemaWriter inner(names_);
    value(inner);
    ordered_json by_name{{"type", "string"}, {"description", fmt::format("name of a {} in the registry", entry_kind_name[static_cast<std::size_t>(kind)])}};
    for (auto const& n : names_(kind)) by_name["examples"].push_back(n);
    put(info, {{"description", info.doc}, {"anyOf", {by_name, inner.take()}}});
    return false;
  }
  ordered_json take() { return std::move(stack_.front()); }

 private:
  static ordered_json object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", ordered_json::object()}}; }
  void put(FieldInfo const& info, ordered_json j) {
    ordered_json& parent = stack_.back();
    if (parent["type"] == "array") {
      parent["items"] = std::move(j);
      return;
    }
    parent["properties"][std::string(info.key)] = std::move(j);
    if (info.required) parent["required"].push_back(info.key);
  }

  std::function<std::vector<std::string>(EntryKind)> const& names_;
  std::vector<ordered_json> stack_;
  std::vector<FieldInfo> keys_;
};

}  // namespace

Table field_table(std::function<void(Fields&)> const& walk, Ledger const& ledger) {
  Shower shower(ledger);
  walk(shower);
  return shower.take();
}

std::string resolved_yaml(std::function<void(Fields&)> const& walk, Ledger const& ledger) {
  Resolver resolver(ledger);
  walk(resolver);
  return resolver.take();
}

std::string json_schema(std::string const& title, std::function<void(Fields&)> const& walk, std::function<std::vector<std::string>(EntryKind)> const& names) {
  SchemaWriter writer(names);
  walk(writer);
  ordered_json body = writer.take();
  for (auto key : {"source", "note", "as_of", "locator"}) body["properties"][key] = {{"type", "string"}, {"description", "where the values below were read"}};
  body["properties"]["sources"] = {{"type", "object"}, {"description", "sources defined in this file"}};
  ordered_json j{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  j.update(body);
  return j.dump(2) + '\n';
}

}  // namespace mlsysim::io
