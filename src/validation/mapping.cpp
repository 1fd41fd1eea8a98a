#include "mlsysim/validation/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>

#include "mlsysim/units/text.hpp"

namespace mlsysim::validation {
namespace {

constexpr std::string_view roles[] = {"validation", "calibration"};

bool continues_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// Calls `name_of(name, whole)` for each `$name` of a text and `literal(piece)` for what lies between. `whole`: the text is nothing else.
template <class OnName, class OnLiteral>
void scan(std::string_view text, OnName&& on_name, OnLiteral&& on_literal) {
  std::size_t at = 0, begin = 0;
  while (at < text.size()) {
    if (text[at] != '$') {
      ++at;
      continue;
    }
    on_literal(text.substr(begin, at - begin));
    const std::size_t dollar = at++;
    if (at < text.size() && text[at] == '$') {
      on_literal("$");
      begin = ++at;
    } else if (at < text.size() && text[at] == '{') {
      const auto end = text.find('}', at);
      if (end == text.npos) {
        on_literal(text.substr(dollar));
        return;
      }
      on_name(text.substr(at + 1, end - at - 1), dollar == 0 && end + 1 == text.size());
      begin = at = end + 1;
    } else {
      const std::size_t first = at;
      while (at < text.size() && continues_name(text[at])) ++at;
      if (at == first) on_literal("$");
      else on_name(text.substr(first, at - first), dollar == 0 && at == text.size());
      begin = at;
    }
  }
  on_literal(text.substr(begin));
}

/// Reads the keys of one map of the mapping; whoever asks for a key knows it, and `finish` reports the others.
class Keys {
 public:
  Keys(io::Document const& d, io::Node const& map, char const* what, std::vector<Diagnostic>& problems) : d_{d}, map_{map}, problems_{problems} {
    if (map.kind != io::Node::Kind::map) problems.push_back({121, fmt::format("{} is a map of keys and values", what), d.location(map), "", ""});
  }

  io::Node const* find(std::string_view key) {
    known_.push_back(key);
    return d_.find(map_, key);
  }
  std::string text(std::string_view key, bool required = false) {
    io::Node const* n = find(key);
    if (!n) {
      if (required) problems_.push_back({106, fmt::format("'{}' is missing", key), d_.location(map_), "", fmt::format("add `{}:`", key)});
      return {};
    }
    return scalar(*n);
  }
  std::string scalar(io::Node const& n) {
    if (n.kind == io::Node::Kind::scalar) return std::string(n.text);
    problems_.push_back({121, "one value is expected here", d_.location(n), "", ""});
    return {};
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    io::Node const* n = find(key);
    if (!n) return out;
    if (n->kind == io::Node::Kind::scalar) return {std::string(n->text)};
    if (n->kind != io::Node::Kind::list) {
      problems_.push_back({121, fmt::format("'{}' is a list of texts", key), d_.location(*n), "", ""});
      return out;
    }
    for (auto const& c : d_.children(*n)) out.push_back(scalar(c));
    return out;
  }
  std::optional<double> number(std::string_view key) {
    io::Node const* n = find(key);
    if (!n) return {};
    const auto q = parse_quantity(scalar(*n));
    if (q.error == QuantityTextError::none && !q.has_unit) return q.number;
    problems_.push_back({130, fmt::format("'{}' wants a plain number", key), d_.location(*n), "", "shares are written as numbers: 0.15 for 15 %"});
    return {};
  }
  std::optional<double> not_negative(std::string_view key) {
    const auto value = number(key);
    if (value && *value < 0) problems_.push_back({132, fmt::format("'{}' must be at least 0, not {:g}", key, *value), location(key), "", "errors are judged by their magnitude, shares lie between 0 and 1"});
    return value;
  }
  std::optional<bool> flag(std::string_view key) {
    io::Node const* n = find(key);
    if (!n) return {};
    const std::string t = scalar(*n);
    if (t == "true" || t == "false") return t == "true";
    problems_.push_back({151, fmt::format("'{}' is true or false", key), d_.location(*n), "", ""});
    return {};
  }
  Expression expression(std::string_view key) {
    io::Node const* n = find(key);
    return n ? expression(*n) : Expression{};
  }
  Expression expression(io::Node const& n) {
    std::string problem;
    Expression e = Expression::parse(scalar(n), problem);
    if (!problem.empty()) problems_.push_back({172, fmt::format("'{}' cannot be computed: {}", n.text, problem), d_.location(n), "", "numbers, names, + - * / and parentheses, e.g. `serving.ttft + (output - 1) * serving.itl`"});
    return e;
  }
  std::span<const io::Node> children(std::string_view key, io::Node::Kind kind, char const* shape) {
    io::Node const* n = find(key);
    if (!n) return {};
    if (n->kind == kind) return d_.children(*n);
    problems_.push_back({121, fmt::format("'{}' is {}", key, shape), d_.location(*n), "", ""});
    return {};
  }
  void finish() {
    if (map_.kind != io::Node::Kind::map) return;
    for (auto const& c : d_.children(map_)) {
      if (std::find(known_.begin(), known_.end(), c.key) != known_.end()) continue;
      const auto near = nearest(c.key, known_, 1);
      problems_.push_back({107, fmt::format("unknown key '{}'", c.key), d_.key_location(c), "", near.empty() ? "validation/README.md lists the keys of a mapping" : fmt::format("did you mean '{}'?", near[0])});
    }
  }
  Location location(std::string_view key) const {
    io::Node const* n = d_.find(map_, key);
    return n ? d_.location(*n) : d_.location(map_);
  }

 private:
  io::Document const& d_;
  io::Node const& map_;
  std::vector<Diagnostic>& problems_;
  std::vector<std::string_view> known_;
};

class MappingReader {
 public:
  MappingReader(Mapping& m, std::vector<Diagnostic>& problems) : m_{m}, d_{m.document}, problems_{problems} {}

  void run() {
    auto const& root = d_.root();
    Keys k(d_, root, "a mapping", problems_);
    m_.id = k.text("id", true);
    m_.title = k.text("title", true);
    m_.about = k.text("about");
    const std::string file = k.text("file", true);
    m_.table = (std::filesystem::path(m_.file()).parent_path() / file).string();
    m_.source = k.text("source", true);
    m_.licence = k.text("licence", true);
    if (const std::string role = k.text("role"); !role.empty()) {
      if (role == roles[1]) m_.role = Role::calibration;
      else if (role != roles[0]) problems_.push_back({150, fmt::format("'{}' is neither validation nor calibration", role), k.location("role"), "", ""});
    }
    m_.registry_sources = k.texts("registry_sources");
    m_.parts = k.texts("parts");
    m_.rows = filters(k, "rows");
    m_.computed = computed(k);
    for (auto const& n : k.children("maps", io::Node::Kind::map, "a map of maps")) m_.maps.push_back(look_up(n));
    m_.groups = k.texts("groups");
    m_.name = k.text("name", true);
    if (io::Node const* n = k.find("ranking")) m_.ranking = ranking(*n);
    if (io::Node const* e = k.find("expect")) m_.expect = expectation(*e);
    if (io::Node const* c = k.find("curves")) {
      Keys own(d_, *c, "'curves'", problems_);
      m_.curves = Curves{own.texts("of"), own.texts("alike"), own.text("per")};
      own.finish();
    }
    if (m_.expect.rank_correlation && !m_.curves) problems_.push_back({106, "'rank_correlation' is of curves", k.location("expect"), "", "add `curves:` — which rows make one"});
    if (io::Node const* cases = k.find("cases")) {
      if (cases->kind != io::Node::Kind::list || cases->count == 0) problems_.push_back({121, "'cases' is a list of maps", d_.location(*cases), "", ""});
      else
        for (auto const& n : d_.children(*cases)) read_case(n, root);
      for (auto key : case_keys) (void)k.find(key);
    } else {
      read_case(root, root, &k);
    }
    k.finish();
  }

 private:
  static constexpr std::string_view case_keys[] = {"scenario", "scenarios", "measured", "unit", "predicted", "out_of_memory"};

  std::vector<Filter> filters(Keys& k, std::string_view key) {
    std::vector<Filter> out;
    for (auto const& n : k.children(key, io::Node::Kind::list, "a list of conditions on columns")) {
      Keys f(d_, n, "a condition", problems_);
      Filter& filter = out.emplace_back();
      filter.column = f.text("column", true);
      if (f.find("equals")) filter.equals = f.text("equals");
      if (f.find("in")) filter.in = f.texts("in");
      if (f.find("not_in")) filter.not_in = f.texts("not_in");
      if (f.find("contains")) filter.contains = f.texts("contains");
      filter.empty = f.flag("empty");
      filter.at_least = f.number("at_least");
      filter.at_most = f.number("at_most");
      filter.reason = f.text("reason");
      f.finish();
      if (!filter.equals && !filter.in && !filter.not_in && !filter.contains && !filter.empty && !filter.at_least && !filter.at_most)
        problems_.push_back({106, "the condition says nothing about its column", d_.location(n), "", "add one of equals, in, not_in, contains, empty, at_least and at_most"});
      if (filter.reason.empty()) filter.reason = reason_of(filter);
      filter.where = d_.location(n);
      if (io::Node const* c = d_.find(n, "column")) filter.where = d_.location(*c);
    }
    return out;
  }

  static std::string reason_of(Filter const& f) {
    const auto list = [](std::vector<std::string> const& v) {
      std::string s;
      for (auto const& t : v) s += (s.empty() ? "" : ", ") + t;
      return s;
    };
    if (f.equals) return fmt::format("{} is not '{}'", f.column, *f.equals);
    if (f.in) return fmt::format("{} is none of {}", f.column, list(*f.in));
    if (f.not_in) return fmt::format("{} is one of {}", f.column, list(*f.not_in));
    if (f.contains) return fmt::format("{} contains none of {}", f.column, list(*f.contains));
    if (f.empty) return fmt::format("{} is {}", f.column, *f.empty ? "not empty" : "empty");
    return fmt::format("{} is out of range", f.column);
  }

  std::vector<Computed> computed(Keys& k) {
    std::vector<Computed> out;
    for (auto const& n : k.children("computed", io::Node::Kind::map, "a map of names and expressions")) out.push_back({std::string(n.key), k.expression(n)});
    return out;
  }

  LookUpTable look_up(io::Node const& n) {
    LookUpTable t;
    t.name = n.key;
    t.from = "${" + t.name + "}";
    t.to = &n;
    if (n.kind != io::Node::Kind::map) {
      problems_.push_back({121, fmt::format("the map '{}' is a map of cells and what they stand for", t.name), d_.location(n), "", ""});
    } else if (io::Node const* to = d_.find(n, "to")) {
      Keys k(d_, n, "a map", problems_);
      if (io::Node const* from = k.find("from")) t.from = k.scalar(*from);
      t.to = k.find("to");
      t.otherwise = k.find("otherwise");
      k.finish();
      if (to->kind != io::Node::Kind::map) problems_.push_back({121, "'to' is a map of cells and what they stand for", d_.location(*to), "", ""});
    }
    return t;
  }

  Ranking ranking(io::Node const& n) {
    Keys k(d_, n, "'ranking'", problems_);
    Ranking r;
    r.within = k.texts("within");
    r.per = k.expression("per");
    if (const auto top = k.number("top")) r.top = static_cast<std::size_t>(std::max(1.0, *top));
    k.finish();
    if (r.within.empty()) problems_.push_back({106, "'within' is missing", d_.location(n), "", "list the columns in which competing rows agree"});
    return r;
  }

  Expectation expectation(io::Node const& n) {
    Keys k(d_, n, "'expect'", problems_);
    Expectation e;
    e.median_error = k.not_negative("median_error");
    e.mean_error = k.not_negative("mean_error");
    e.bias = k.not_negative("bias");
    e.within_10 = k.not_negative("within_10");
    e.within_25 = k.not_negative("within_25");
    e.baseline_ratio = k.not_negative("baseline_ratio");
    e.coverage_low = k.not_negative("coverage_low");
    e.coverage_high = k.not_negative("coverage_high");
    e.feasibility = k.not_negative("feasibility");
    e.rows = k.not_negative("rows");
    e.rank_correlation = k.number("rank_correlation");
    e.ranked = k.not_negative("ranked");
    k.finish();
    return e;
  }

  /// What a case leaves out holds for all cases and stands at the top.
  void read_case(io::Node const& n, io::Node const& root, Keys* whole = nullptr) {
    Case& c = m_.cases.emplace_back();
    Keys own(d_, n, "a case", problems_);
    Keys& k = whole ? *whole : own;
    c.where = d_.location(n);
    if (!whole) {
      c.id = k.text("id", true);
      c.rows = filters(k, "rows");
      c.computed = computed(k);
    }
    const auto inherited = [&](std::string_view key) -> io::Node const* {
      io::Node const* here = k.find(key);
      io::Node const* found = here ? here : d_.find(root, key);
      if (!found && key != "out_of_memory") problems_.push_back({106, fmt::format("'{}' is missing", key), d_.location(n), "", fmt::format("add `{}:` to the case or to the mapping", key)});
      return found;
    };
    scenarios(c, n, root, k);
    c.measured_at = c.predicted_at = c.where;
    if (auto const* e = inherited("measured")) c.measured = k.expression(*e), c.measured_at = d_.location(*e);
    if (auto const* e = inherited("predicted")) c.predicted = k.expression(*e), c.predicted_at = d_.location(*e);
    if (auto const* u = inherited("unit")) unit(c, *u, k);
    c.out_of_memory = filters(k, "out_of_memory");
    if (!whole) k.finish();
  }

  void scenarios(Case& c, io::Node const& n, io::Node const& root, Keys& k) {
    io::Node const* one = k.find("scenario");
    io::Node const* several = k.find("scenarios");
    if (!one && !several) one = d_.find(root, "scenario"), several = d_.find(root, "scenarios");
    if (!one == !several) problems_.push_back({106, one ? "'scenario' and 'scenarios' exclude each other" : "'scenario' is missing", d_.location(n), "", "add `scenario:`, or `scenarios:` with a name for each, to the case or to the mapping"});
    const auto add = [&](std::string name, io::Node const& s) {
      if (s.kind != io::Node::Kind::map) problems_.push_back({121, "this is a scenario, with $column where a cell belongs", d_.location(s), "", ""});
      c.scenarios.emplace_back(std::move(name), &s);
    };
    if (one) add("", *one);
    else if (several && several->kind == io::Node::Kind::map)
      for (auto const& s : d_.children(*several)) add(std::string(s.key), s);
    else if (several) problems_.push_back({121, "'scenarios' is a map of names and scenarios", d_.location(*several), "", ""});
  }

  void unit(Case& c, io::Node const& n, Keys& k) {
    c.unit = k.scalar(n);
    if (c.unit == "1") return;
    const auto u = parse_unit(c.unit);
    if (u.error != UnitError::none) {
      const auto advice = unit_advice(c.unit);
      problems_.push_back({144, fmt::format("'{}' is not a unit", c.unit), d_.location(n), "", advice.empty() ? "e.g. ms, token/s, sample/s, GB, or 1 for a ratio" : std::string(advice)});
      return;
    }
    c.scale = u.unit.scale;
    c.dimension = u.unit.dimension;
  }

  Mapping& m_;
  io::Document const& d_;
  std::vector<Diagnostic>& problems_;
};

/// Finds names which nothing stands behind.
class ColumnCheck {
 public:
  ColumnCheck(Mapping const& m, io::Csv const& table, std::vector<Diagnostic>& problems) : m_{m}, table_{table}, problems_{problems} {}

  void run() {
    const Location top = m_.document.location(m_.document.root());
    computed(m_.computed, nullptr, top);
    for (auto const& f : m_.rows) column(f.column, nullptr, f.where);
    for (auto const& g : m_.groups) column(g, &m_.cases.front(), top);
    if (m_.curves) {
      for (auto const* columns : {&m_.curves->of, &m_.curves->alike})
        for (auto const& c : *columns) column(c, &m_.cases.front(), top);
      if (!m_.curves->per.empty()) column(m_.curves->per, &m_.cases.front(), top);
    }
    if (m_.ranking) {
      for (auto const& w : m_.ranking->within) column(w, &m_.cases.front(), top);
      for (auto const& n : m_.ranking->per.names()) column(n, &m_.cases.front(), top);
    }
    text(m_.name, &m_.cases.front(), top);
    for (auto const& t : m_.maps) text(t.from, nullptr, m_.document.key_location(*t.to));
    for (auto const& c : m_.cases) {
      computed(c.computed, &c, c.where);
      for (auto const* list : {&c.rows, &c.out_of_memory})
        for (auto const& f : *list) column(f.column, &c, f.where);
      for (auto const& n : c.measured.names()) column(n, &c, c.measured_at);
      // A name without a dot cannot be the path of a metric.
      for (auto const& n : c.predicted.names())
        if (n.find('.') == n.npos) column(n, &c, c.predicted_at);
      for (auto const& [name, scenario] : c.scenarios) tree(*scenario, &c, true);
    }
  }

 private:
  void computed(std::vector<Computed> const& list, Case const* c, Location const& where) {
    for (auto const& e : list)
      for (auto const& n : e.value.names()) column(n, c, where);
  }
  void text(std::string_view t, Case const* c, Location const& where) {
    scan(t, [&](std::string_view name, bool) { column(name, c, where); }, [](std::string_view) {});
  }
  void tree(io::Node const& n, Case const* c, bool maps) {
    if (n.kind == io::Node::Kind::scalar)
      scan(n.text,
           [&](std::string_view name, bool) {
             const auto map = std::find_if(m_.maps.begin(), m_.maps.end(), [&](LookUpTable const& t) { return t.name == name; });
             if (map == m_.maps.end()) column(name, c, m_.document.location(n));
             else if (maps) {
               tree(*map->to, c, false);
               if (map->otherwise) tree(*map->otherwise, c, false);
             }
           },
           [](std::string_view) {});
    for (auto const& child : m_.document.children(n)) tree(child, c, maps);
  }
  void column(std::string_view name, Case const* c, Location const& where) {
    const auto is_named = [&](Computed const& e) { return e.name == name; };
    if (table_.column(name) != io::Csv::none || std::any_of(m_.computed.begin(), m_.computed.end(), is_named)) return;
    if (c && std::any_of(c->computed.begin(), c->computed.end(), is_named)) return;
    if (std::any_of(m_.maps.begin(), m_.maps.end(), [&](LookUpTable const& t) { return t.name == name && t.from != "${" + t.name + "}"; })) return;
    if (std::find(said_.begin(), said_.end(), name) != said_.end()) return;
    said_.emplace_back(name);
    std::vector<std::string_view> names(table_.columns.begin(), table_.columns.end());
    std::string help;
    for (auto const& n : nearest(name, names, 3)) help += (help.empty() ? "nearest: " : ", ") + n;
    problems_.push_back({171, fmt::format("'{}' is neither a column of {} nor a computed column", name, table_.file), where, "", help.empty() ? "the first line of the table names its columns" : help});
  }

  Mapping const& m_;
  io::Csv const& table_;
  std::vector<Diagnostic>& problems_;
  std::vector<std::string> said_;
};

/// A template with cells put in, and what keeps its texts alive.
struct Filled {
  std::vector<io::Node> nodes;
  std::deque<std::string> texts;
  std::shared_ptr<const void> kept;
};

}  // namespace

std::span<const std::string_view> names_of(Role) { return roles; }

Mapping read_mapping(io::Document document, std::vector<Diagnostic>& problems) {
  Mapping m;
  m.document = std::move(document);
  if (!m.document.nodes.empty()) MappingReader(m, problems).run();
  return m;
}

void check_columns(Mapping const& mapping, io::Csv const& table, std::vector<Diagnostic>& problems) { ColumnCheck(mapping, table, problems).run(); }

io::Csv with_parts(Mapping const& mapping, io::Csv table) {
  for (auto const& whole : mapping.parts) {
    const auto from = table.column(whole);
    if (from == io::Csv::none) continue;  // said by `check_columns`
    for (auto& row : table.rows) {
      row.cells.resize(table.columns.size());
      for (std::size_t at = 0; at < row.cells[from].size();) {
        const std::string cell = row.cells[from];
        const auto end = std::min(cell.find(';', at), cell.size());
        const std::string part = cell.substr(at, end - at);
        at = end + 1;
        const auto equals = part.find('=');
        if (equals == part.npos) continue;
        const std::string name = part.substr(0, equals);
        auto to = table.column(name);
        if (to == io::Csv::none) to = table.columns.size(), table.columns.push_back(name), row.cells.resize(table.columns.size());
        if (to != from) row.cells[to] = part.substr(equals + 1);
      }
    }
    for (auto& row : table.rows) row.cells.resize(table.columns.size());
  }
  return table;
}

std::optional<std::string> RowScope::text(std::string_view name) const {
  if (const auto c = table_.column(name); c != io::Csv::none) return row_.cells[c];
  for (auto const* list : {&case_.computed, &mapping_.computed}) {
    for (auto const& e : *list) {
      if (e.name != name) continue;
      std::string problem;
      const auto v = number(name, problem);
      return v ? shortest(v->number) : std::string{};
    }
  }
  return {};
}

std::optional<Value> RowScope::number(std::string_view name, std::string& problem) const {
  if (const auto c = table_.column(name); c != io::Csv::none) {
    auto const& cell = row_.cells[c];
    const auto q = parse_quantity(cell);
    if (q.error == QuantityTextError::none && !q.has_unit) return Value{q.number, {}, {}};
    problem = cell.empty() ? fmt::format("{} is empty", name) : fmt::format("{} is not a number", name);
    return {};
  }
  for (auto const* list : {&case_.computed, &mapping_.computed}) {
    std::vector<Computed> const* others = list == &case_.computed ? &mapping_.computed : nullptr;
    for (std::size_t i = 0; i < list->size(); ++i) {
      if ((*list)[i].name != name) continue;
      // A computed column sees columns, maps, and those computed before it, so that none can stand on itself.
      const auto visible = [&](std::string_view n) {
        if (table_.column(n) != io::Csv::none) return true;
        const auto is_n = [&](Computed const& x) { return x.name == n; };
        const auto same = std::find_if(list->begin(), list->end(), is_n);
        if (same != list->end()) return same - list->begin() < static_cast<std::ptrdiff_t>(i);
        if (others && std::any_of(others->begin(), others->end(), is_n)) return true;
        return std::any_of(mapping_.maps.begin(), mapping_.maps.end(), [&](LookUpTable const& t) { return t.name == n; });
      };
      return (*list)[i].value.evaluate(
          [&](std::string_view n) -> std::optional<Value> {
            if (visible(n)) return number(n, problem);
            problem = fmt::format("{} is computed from '{}', which is computed after it", name, n);
            return {};
          },
          problem);
    }
  }
  if (io::Node const* entry = mapped(name, problem)) {
    const std::string cell = shown(entry->text);
    const auto q = parse_quantity(cell);
    if (entry->kind == io::Node::Kind::scalar && q.error == QuantityTextError::none && !q.has_unit) return Value{q.number, {}, {}};
    problem = fmt::format("the map '{}' gives '{}', which is not a number", name, cell);
  }
  return {};
}

std::string RowScope::replaced(std::string_view text_, std::string& problem) const {
  std::string out;
  scan(
      text_,
      [&](std::string_view name, bool) {
        const auto t = text(name);
        if (!t || t->empty()) problem = fmt::format("{} is empty", name);
        else out += *t;
      },
      [&](std::string_view piece) { out += piece; });
  return out;
}

std::string RowScope::shown(std::string_view text_) const {
  std::string out;
  scan(text_, [&](std::string_view name, bool) { out += text(name).value_or(""); }, [&](std::string_view piece) { out += piece; });
  return out;
}

io::Node const* RowScope::mapped(std::string_view map, std::string& problem) const {
  for (auto const& t : mapping_.maps) {
    if (t.name != map) continue;
    std::string key = shown(t.from);
    while (key.ends_with(' ')) key.pop_back();
    io::Node const* to = mapping_.document.find(*t.to, key);
    if (!to) to = t.otherwise;
    if (!to) problem = fmt::format("the map '{}' has no entry for '{}'", map, key);
    return to;
  }
  return nullptr;
}

bool RowScope::holds(Filter const& f) const {
  const std::string cell = text(f.column).value_or("");
  const auto among = [&](std::vector<std::string> const& list) { return std::find(list.begin(), list.end(), cell) != list.end(); };
  if (f.equals && cell != *f.equals) return false;
  if (f.in && !among(*f.in)) return false;
  if (f.not_in && among(*f.not_in)) return false;
  if (f.contains && std::none_of(f.contains->begin(), f.contains->end(), [&](std::string const& part) { return cell.find(part) != cell.npos; })) return false;
  if (f.empty && cell.empty() != *f.empty) return false;
  if (f.at_least || f.at_most) {
    std::string problem;
    const auto v = number(f.column, problem);
    if (!v || (f.at_least && v->number < *f.at_least) || (f.at_most && v->number > *f.at_most)) return false;
  }
  return true;
}

std::optional<std::string> refusal(RowScope const& row, std::vector<Filter> const& filters) {
  for (auto const& f : filters)
    if (!row.holds(f)) return f.reason;
  return {};
}

io::Document instantiate(Mapping const& mapping, io::Node const& scenario, RowScope const& row, std::string& problem) {
  auto out = std::make_shared<Filled>();
  out->kept = mapping.document.storage;
  std::vector<io::Node> from;  // what each node of the result was made of
  const auto put = [&](io::Node node) {
    // A map's entry may itself name columns and other maps, and its own name then means the column. What a cell holds is not looked at again.
    std::vector<std::string_view> used;
    while (node.kind == io::Node::Kind::scalar) {
      io::Node const* entry = nullptr;
      std::string text;
      bool changed = false;
      scan(
          node.text,
          [&](std::string_view name, bool whole) {
            changed = true;
            std::string trouble;
            const bool again = std::find(used.begin(), used.end(), name) != used.end();
            io::Node const* to = again ? nullptr : row.mapped(name, trouble);
            if (to) used.push_back(name);
            if (to && whole) entry = to;
            else if (to && to->kind == io::Node::Kind::scalar) text += row.replaced(to->text, trouble);
            else if (to) trouble = fmt::format("the map '{}' gives a block of YAML, which cannot stand inside of a text", name);
            else if (trouble.empty()) {
              const auto t = row.text(name);
              if (!t || t->empty()) trouble = fmt::format("{} is empty", name);
              else text += *t;
            }
            if (!trouble.empty() && problem.empty()) problem = trouble;
          },
          [&](std::string_view piece) { text += piece; });
      if (!changed || !problem.empty()) break;
      const auto key = node.key;
      const auto key_line = node.key_line, key_column = node.key_column;
      if (entry) {
        node = *entry;
        node.key = key, node.key_line = key_line, node.key_column = key_column;
        continue;
      }
      out->texts.push_back(std::move(text));
      node.text = out->texts.back();
      node.quoted = false;
      break;
    }
    from.push_back(node);
    out->nodes.push_back(node);
  };
  put(scenario);
  for (std::size_t i = 0; i < out->nodes.size() && problem.empty(); ++i) {
    if (out->nodes.size() > io::most_nodes) problem = "the maps of the scenario name each other without end";
    const io::Node node = from[i];
    if (node.kind != io::Node::Kind::map && node.kind != io::Node::Kind::list) continue;
    const auto first = out->nodes.size();
    for (auto const& child : mapping.document.children(node)) put(child);
    out->nodes[i].first = static_cast<std::uint32_t>(first);
    out->nodes[i].count = node.count;
  }
  io::Document d;
  d.nodes = out->nodes;
  d.files = mapping.document.files;
  d.storage = std::move(out);
  return d;
}

}  // namespace mlsysim::validation
