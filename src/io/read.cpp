#include "mlsysim/io/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/text.hpp"

namespace mlsysim::io {
namespace {

std::string quoted(std::string_view text) { return fmt::format("'{}'", text.substr(0, 60)); }

std::string with_article(Dimension const& d) {
  const std::string_view name = d.name();
  if (name.empty()) return fmt::format("a quantity in {}", d.unit());
  if (name == "number") return "a plain number";
  const bool mass = name == "time" || name == "data" || name == "work" || name == "energy" || name == "power" || name == "money" ||
                    name == "tokens" || name == "samples" || name == "requests" || name.starts_with("energy per") || name.starts_with("data per") ||
                    name.starts_with("work per") || name.starts_with("water") || name.starts_with("time per");
  if (mass) return std::string(d.view());
  return fmt::format("{} {}", std::string_view("aeiou").find(name[0]) != std::string_view::npos ? "an" : "a", d.view());
}

/// A unit people write for this dimension, for the help of an error.
std::string_view example_unit(Dimension const& d) {
  struct Example {
    std::string_view dimension, unit;
  };
  static constexpr Example table[] = {{"time", "ms"}, {"frequency", "GHz"}, {"data", "GB"}, {"bandwidth", "GB/s"}, {"work", "TFLOP"},
                                      {"compute rate", "TFLOP/s"}, {"energy", "kWh"}, {"power", "W"}, {"money", "USD"}, {"money rate", "USD/h"},
                                      {"price of energy", "USD/kWh"}, {"price per token", "USD/Mtoken"}, {"carbon mass", "kgCO2e"},
                                      {"grid intensity", "gCO2e/kWh"}, {"water per energy", "L/kWh"}, {"tokens", "Gtoken"}, {"samples", "sample"},
                                      {"token rate", "token/s"}, {"sample rate", "sample/s"}, {"request rate", "request/s"}, {"area", "mm^2"}};
  for (auto const& e : table)
    if (e.dimension == d.name()) return e.unit;
  return d.unit();
}

/// Beyond this no machine, site or run exists; a value above it is a slip of the prefix.
double absurd_above(Dimension const& d) {
  struct Bound {
    std::string_view dimension;
    double above;
  };
  static constexpr Bound table[] = {{"time", 3.2e10}, {"frequency", 1e12}, {"data", 1e22}, {"bandwidth", 1e19}, {"work", 1e32}, {"compute rate", 1e23},
                                    {"energy", 1e18}, {"power", 1e11}, {"money", 1e13}, {"money rate", 1e9}, {"price of energy", 1e-4},
                                    {"carbon mass", 1e16}, {"grid intensity", 1e-2}, {"tokens", 1e18}, {"samples", 1e18}, {"area", 1.0}};
  for (auto const& b : table)
    if (b.dimension == d.name()) return b.above;
  return 1e300;
}

std::string list_of(std::vector<std::string> const& names) {
  std::string all;
  for (auto const& n : names) all += (all.empty() ? "" : ", ") + n;
  return all;
}

/// Advice for keys people bring from other tools or data sheets.
std::string_view key_advice(std::string_view key) {
  struct Advice {
    std::string_view key, help;
  };
  static constexpr Advice table[] = {
      {"capacity", "say which: `marketed` (as the vendor prints it) or `reported` (as the driver shows it)"},
      {"bidirectional", "write `per_direction`: half of the bidirectional total"},
      {"sparse", "sparse peaks go under `sparse_peak`; `peak` is dense"},
      {"dense", "`peak` is dense already"},
      {"tflops", "write `peak: {bf16: … TFLOP/s}`"},
      {"flops", "write `peak: {bf16: … TFLOP/s}`"},
      {"ram", "say which: `sram`, `psram`, `dram`, `lpddr` or `hbm`"},
      {"batch_size", "write `batch`"},
      {"batchsize", "write `batch`"},
      {"dtype", "write `precision: {weights: …, activations: …, kv: …, compute: …}`"},
      {"gpus", "write `devices`"},
      {"gpu", "write `device`"},
      {"hardware", "write `device`, `node` or `fleet` under `system`"},
      {"sla", "write `limits`"},
      {"region", "write `grid`"},
      {"efficiency_factor", "mlsysim predicts efficiency; `efficiency` overrides it and marks the result"},
  };
  for (auto const& a : table)
    if (normalised(a.key) == normalised(key)) return a.help;
  return {};
}

constexpr std::string_view meta_keys[] = {"source", "sources", "note", "as_of", "locator"};
constexpr std::string_view long_form_keys[] = {"value", "source", "note", "range", "as_of", "locator", "verified"};

struct OverrideState {
  Overrides overrides;
  std::vector<bool> used;
};

}  // namespace

namespace detail {

class Reader final : public Fields {
 public:
  Reader(Document const& document, Node const& node, ReadOptions options, std::shared_ptr<OverrideState> overrides, std::string override_path,
         std::uint16_t given_from, int depth, Ledger& ledger, std::vector<Diagnostic>& problems)
      : document_{document},
        options_{std::move(options)},
        overrides_{std::move(overrides)},
        override_path_{std::move(override_path)},
        given_from_{given_from},
        depth_{depth},
        ledger_{ledger},
        problems_{problems} {
    if (node.kind != Node::Kind::map) report(121, node, "a file or entry must be a map of `key: value` lines", "", "start with a key, e.g. `workload:`");
    frames_.push_back({node.kind == Node::Kind::map ? &node : nullptr, &node, "", inherited_source(node, options_.source), {}, false, 0});
  }

  void scalar(FieldInfo const& info, Scalar& value) override {
    Node const* n = child(info);
    if (!n) {
      absent(info, value);
      return;
    }
    Node const* shown = n;
    Long extra;
    if (n->kind == Node::Kind::map) {
      shown = open_long_form(*n, value, extra);
      if (!shown) {
        value.present = true;
        return;
      }
    }
    if (shown->kind != Node::Kind::scalar) {
      if (shown->kind != Node::Kind::null) report(121, *shown, fmt::format("{} wants one value, not a {}", name_of(info), kind_name(*shown)), "", fmt::format("it is {}", info.doc));
      value.present = true;
      return;
    }
    value.present = true;
    if (!parse(info, *shown, value)) return;
    if (value.kind == Scalar::Kind::text) return;
    value.origin = ledger_.add(fact(info, *shown, value, extra));
  }

  bool begin(FieldInfo const& info, bool present) override {
    Node const* n = child(info);
    if (!n) {
      if (info.required) {
        missing(info);
        return false;
      }
      if (!present) return false;
      push(nullptr, anchor(), info);
      return true;
    }
    if (n->kind != Node::Kind::map) {
      if (n->kind != Node::Kind::null)
        report(121, *n, fmt::format("{} wants a map of `key: value`, not {}", name_of(info), quoted(n->text)), "", fmt::format("it is {}", info.doc));
      return false;
    }
    push(n, n, info);
    return true;
  }
  void end() override {
    report_unknown(frames_.back());
    frames_.pop_back();
  }

  std::size_t begin_list(FieldInfo const& info, std::size_t) override {
    Node const* n = child(info);
    if (!n && info.required) missing(info);
    if (n && n->kind != Node::Kind::list) {
      if (n->kind != Node::Kind::null) report(121, *n, fmt::format("{} wants a list", name_of(info)), "", fmt::format("write [{}, …], or lines which start with `- `", n->kind == Node::Kind::scalar ? n->text : "…"));
      n = nullptr;
    }
    push(n, n ? n : anchor(), info);
    frames_.back().list = true;
    return n ? n->count : 0;
  }
  void item(std::size_t index) override { frames_.back().index = index; }
  void end_list() override { frames_.pop_back(); }

  bool reference(FieldInfo const& info, EntryKind kind, std::string& id, bool, std::function<void(Fields&)> const& value) override {
    Node const* n = child(info);
    const std::string kind_text(entry_kind_name[static_cast<std::size_t>(kind)]);
    if (!n) {
      if (info.required) missing(info);
      return false;
    }
    if (n->kind == Node::Kind::map) {
      push(n, n, info);
      value(*this);
      end();
      id.clear();
      return true;
    }
    if (n->kind != Node::Kind::scalar) {
      if (n->kind != Node::Kind::null) report(121, *n, fmt::format("{} wants the name of a {} or its definition", name_of(info), kind_text), "", "");
      return true;
    }
    if (depth_ > 6) {
      report(161, *n, fmt::format("{} leads in a circle", quoted(n->text)), "an entry which names itself has no end", "name another entry");
      return true;
    }
    const auto found = options_.library ? options_.library->find(kind, n->text) : Library::Found{};
    if (!found.node) {
      const auto names = options_.library ? options_.library->near(kind, n->text) : std::vector<std::string>{};
      report(160, *n, fmt::format("no {} {} in the registry{}{}", kind_text, quoted(n->text), names.empty() ? "" : "; nearest: ", list_of(names)),
             "mlsysim never puts something else in its place",
             names.empty() ? fmt::format("`mlsysim list {}` shows what there is; or define it in place", plural(kind))
                           : fmt::format("write one of these, or define it in place; `mlsysim list {}` shows all", plural(kind)));
      return true;
    }
    id = found.id;
    read_entry(found, scenario_path(info), value);
    return true;
  }

  void finish() {
    report_unknown(frames_.front());
    if (depth_ > 0 || !overrides_ || !overrides_->overrides.map) return;
    auto const& o = overrides_->overrides;
    for (std::size_t i = 0; i < o.map->count; ++i) {
      if (overrides_->used[i]) continue;
      Node const& n = o.from->nodes[o.map->first + i];
      Diagnostic d{162, fmt::format("the override {} changes nothing", quoted(n.key)), o.from->key_location(n),
                   "its path must lead through a named registry entry of this scenario to one of its fields",
                   "e.g. `system.device.memory.hbm.bandwidth: 4 TB/s`; `mlsysim show NAME` lists the fields"};
      problems_.push_back(std::move(d));
    }
  }

 private:
  struct Frame {
    Node const* node;    ///< the map or list; null where the file has none and defaults are read
    Node const* anchor;  ///< where to point when something is missing
    std::string path;
    std::string source;
    std::vector<std::string_view> known;
    bool list;
    std::size_t index;
  };
  struct Long {
    std::string source, note, as_of, locator;
    std::optional<Interval> range;
    Node const* range_node = nullptr;
  };

  static std::string plural(EntryKind kind) {
    const std::string name(entry_kind_name[static_cast<std::size_t>(kind)]);
    if (kind == EntryKind::hardware) return name;
    if (kind == EntryKind::node || kind == EntryKind::fabric || kind == EntryKind::fleet) return "systems";
    return name + "s";
  }
  static std::string_view kind_name(Node const& n) {
    return n.kind == Node::Kind::map ? "map" : n.kind == Node::Kind::list ? "list" : "value";
  }
  std::string name_of(FieldInfo const& info) const { return info.key.empty() ? fmt::format("an item of '{}'", frames_.back().path) : fmt::format("'{}'", info.key); }

  Node const* anchor() const {
    for (auto f = frames_.rbegin(); f != frames_.rend(); ++f)
      if (f->anchor) return f->anchor;
    return nullptr;
  }

  Node const* child(FieldInfo const& info) {
    Frame& f = frames_.back();
    if (f.list) return f.node ? &document_.nodes[f.node->first + f.index] : nullptr;
    f.known.push_back(info.key);
    return f.node ? document_.find(*f.node, info.key) : nullptr;
  }

  std::string path_of(FieldInfo const& info) const {
    Frame const& f = frames_.back();
    const std::string leaf = f.list ? std::to_string(f.index) : std::string(info.key);
    return f.path.empty() ? leaf : f.path + '.' + leaf;
  }
  std::string scenario_path(FieldInfo const& info) const {
    const std::string own = path_of(info);
    return override_path_.empty() ? own : override_path_ + '.' + own;
  }

  std::string inherited_source(Node const& n, std::string const& outer) const {
    if (n.kind != Node::Kind::map) return outer;
    Node const* s = document_.find(n, "source");
    return s && s->kind == Node::Kind::scalar ? std::string(s->text) : outer;
  }

  void push(Node const* n, Node const* where, FieldInfo const& info) {
    const std::string outer = frames_.back().source;
    std::string path = path_of(info);
    frames_.push_back({n, where, std::move(path), n ? inherited_source(*n, outer) : outer, {}, false, 0});
  }

  void report(int code, Node const& n, std::string message, std::string why, std::string help) {
    problems_.push_back({code, std::move(message), document_.location(n), std::move(why), std::move(help)});
  }
  void missing(FieldInfo const& info) {
    Frame const& f = frames_.back();
    Node const* where = anchor();
    Location l = where ? (where->key.empty() ? document_.location(*where) : document_.key_location(*where)) : Location{};
    std::string place = f.path.empty() ? (options_.path.empty() ? "the file" : quoted(options_.path)) : quoted(f.path);
    problems_.push_back({106, fmt::format("{} lacks '{}'", place, info.key), std::move(l), "", fmt::format("add `{}:` — {}", info.key, info.doc)});
  }

  void absent(FieldInfo const& info, Scalar& value) {
    if (!info.fallback) {
      if (info.required) missing(info);
      value.present = false;
      return;
    }
    value.number = *info.fallback;
    value.present = true;
    Fact f;
    f.path = options_.path.empty() ? path_of(info) : options_.path + '.' + path_of(info);
    f.value = value.number;
    f.dimension = value.dimension;
    f.as_written = text_of(value);
    f.note = info.fallback_reason;
    // What a registry entry leaves out it states by its format; what a scenario leaves out is an assumption of the result.
    f.kind = options_.kind == Origin::Kind::fact ? Origin::Kind::fact : Origin::Kind::assumed;
    value.origin = ledger_.add(std::move(f));
  }

  static std::string text_of(Scalar const& s) {
    if (s.kind == Scalar::Kind::choice) return std::string(s.names[static_cast<std::size_t>(s.number)]);
    if (s.kind == Scalar::Kind::flag) return s.number != 0 ? "true" : "false";
    if (s.kind == Scalar::Kind::integer) return fmt::format("{:.0f}", s.number);
    return exact(s.number, s.dimension);
  }

  Node const* open_long_form(Node const& map, Scalar const& value, Long& extra) {
    Node const* v = document_.find(map, "value");
    for (auto const& n : document_.children(map)) {
      if (std::find(std::begin(long_form_keys), std::end(long_form_keys), n.key) == std::end(long_form_keys)) unknown_key(n, long_form_keys);
      if (n.kind != Node::Kind::scalar) continue;
      if (n.key == "source") extra.source = n.text;
      if (n.key == "note") extra.note = n.text;
      if (n.key == "as_of") extra.as_of = n.text;
      if (n.key == "locator") extra.locator = n.text;
    }
    if (!v) {
      report(106, map, "a value in the long form lacks 'value'", "", "write {value: 3.35 TB/s, source: …}");
      return nullptr;
    }
    if (Node const* r = document_.find(map, "range")) {
      const auto ends = document_.children(*r);
      if (r->kind != Node::Kind::list || ends.size() != 2) {
        report(121, *r, "'range' wants [low, high]", "", "e.g. range: [50 W, 75 W]");
      } else {
        const auto low = parse_quantity(ends[0].text), high = parse_quantity(ends[1].text);
        if (low.error != QuantityTextError::none || high.error != QuantityTextError::none || !(low.dimension() == value.dimension) ||
            !(high.dimension() == value.dimension) || low.base_value() > high.base_value())
          report(141, *r, fmt::format("'range' wants [low, high], each {}", with_article(value.dimension)), "", "the same unit as the value");
        else extra.range = Interval{low.base_value(), high.base_value()};
      }
    }
    return v;
  }

  bool parse(FieldInfo const& info, Node const& n, Scalar& value) {
    switch (value.kind) {
      case Scalar::Kind::text: value.text = n.text; return true;
      case Scalar::Kind::flag: return parse_flag(info, n, value);
      case Scalar::Kind::choice: return parse_choice(info, n, value);
      case Scalar::Kind::integer:
      case Scalar::Kind::quantity: return parse_number(info, n, value);
    }
    return false;
  }

  bool parse_flag(FieldInfo const& info, Node const& n, Scalar& value) {
    if (!n.quoted && (n.text == "true" || n.text == "false")) {
      value.number = n.text == "true";
      return true;
    }
    report(151, n, fmt::format("{} wants true or false, not {}", name_of(info), quoted(n.text)), "yes, no, on and off are words here", fmt::format("it is: {}", info.doc));
    return false;
  }

  bool parse_choice(FieldInfo const& info, Node const& n, Scalar& value) {
    for (std::size_t i = 0; i < value.names.size(); ++i) {
      if (value.names[i] == n.text) {
        value.number = static_cast<double>(i);
        return true;
      }
    }
    const auto close = nearest(n.text, value.names, 1);
    std::string all;
    for (auto name : value.names) all += (all.empty() ? "" : ", ") + std::string(name);
    report(150, n, fmt::format("{} cannot be {}{}", name_of(info), quoted(n.text), close.empty() ? "" : fmt::format("; did you mean '{}'?", close[0])), "", "one of: " + all);
    return false;
  }

  bool parse_number(FieldInfo const& info, Node const& n, Scalar& value) {
    const bool integer = value.kind == Scalar::Kind::integer;
    const auto q = parse_quantity(n.text);
    const std::string what = integer ? "a whole number" : with_article(value.dimension);
    const std::string example = value.dimension == Dimension{} ? "" : fmt::format("e.g. `{}: 1 {}`", info.key.empty() ? "value" : info.key, example_unit(value.dimension));
    if (n.quoted && !q.has_unit) {
      report(134, n, fmt::format("{} wants {}, but '{}' in quotes is a text", name_of(info), what, n.text.substr(0, 60)), "", "remove the quotes");
      return false;
    }
    switch (q.error) {
      case QuantityTextError::none: break;
      case QuantityTextError::not_finite:
        report(131, n, fmt::format("{} wants {}, but {} is not a finite number", name_of(info), what, quoted(n.text)), "", "");
        return false;
      case QuantityTextError::bad_unit: {
        const auto advice = unit_advice(q.unit_text);
        report(144, n, fmt::format("{} is not a unit mlsysim knows", quoted(q.unit_text)), fmt::format("{} wants {}", name_of(info), what),
               advice.empty() ? (q.unit_error == UnitError::ambiguous_product ? "write the denominator in parentheses, e.g. J/(B*s)" : example) : std::string(advice));
        return false;
      }
      default: {
        const bool comma = n.text.find(',') != n.text.npos || n.text.find('_') != n.text.npos;
        const bool word = n.text == ".inf" || n.text == ".nan" || n.text == "inf" || n.text == "nan" || n.text == "-.inf";
        report(word ? 131 : 130, n, fmt::format("{} wants {}, but {} is not {}", name_of(info), what, quoted(n.text), word ? "a finite number" : "a number"),
               comma ? "numbers have no digit separators" : "", comma ? "write 1000000 or 1e6" : example);
        return false;
      }
    }
    const double base = q.base_value();
    if (integer || value.dimension == Dimension{}) {
      if (q.has_unit && !(q.dimension() == Dimension{})) {
        const bool billions = q.unit_text == "B";
        report(145, n, fmt::format("{} wants {}, but {} is {}", name_of(info), what, quoted(n.text), with_article(q.dimension())), billions ? "B is the byte" : "",
               billions ? fmt::format("for {} billion write {}e9", shortest(q.number), shortest(q.number)) : "write the number alone");
        return false;
      }
    } else if (!q.has_unit) {
      report(140, n, fmt::format("{} wants {}, but {} has no unit", name_of(info), with_article(value.dimension), quoted(n.text)),
             "a number without a unit can be read in more than one way", fmt::format("write the unit: `{} {}`?", n.text, info.bits ? (value.dimension == Dimension("B/s") ? "Gbit/s" : "bit") : example_unit(value.dimension)));
      return false;
    } else if (!(q.dimension() == value.dimension)) {
      const bool rate_missing = q.dimension() / Dimension("s") == value.dimension;
      report(141, n, fmt::format("{} wants {}, but {} is {}", name_of(info), with_article(value.dimension), quoted(n.text), with_article(q.dimension())),
             rate_missing ? "a rate is an amount per time" : "", rate_missing ? fmt::format("write `{}/s` if you mean the rate", n.text) : example);
      return false;
    } else if (q.unit.uses(Spelling::bits) && !info.bits) {
      report(142, n, "this looks like bits, the field wants bytes",
             value.dimension == Dimension("B/s") ? "ports are sold in bits per second; this field feeds a transfer time in bytes" : "memory is counted in bytes",
             fmt::format("{} = {}; write `{}` if that is meant, or check whether the source means {} of bytes", n.text, display(base, value.dimension), display(base, value.dimension), n.text));
      return false;
    } else if (info.bits && !q.unit.uses(Spelling::bits)) {
      report(142, n, "this looks like bytes, the field wants bits",
             "ports, buses and pins are specified in bits",
             fmt::format("{} = {}; write that if it is meant, or {} if the source prints bits", n.text, in_unit(base, value.dimension == Dimension("B/s") ? "Gbit/s" : "bit"),
                         value.dimension == Dimension("B/s") ? in_unit(base / 8, "Gbit/s") : in_unit(base / 8, "bit")));
      return false;
    } else if (q.unit.uses(Spelling::macs)) {
      report(143, n, "this counts MAC, the field wants FLOP", "1 MAC = 2 FLOP, and sources call either one an operation",
             fmt::format("{} = {}; write that, or use FLOP if the source already counts two", n.text, display(base, value.dimension)));
      return false;
    }
    if (integer && (base != std::floor(base) || std::abs(base) > 2e9)) {
      report(133, n, fmt::format("{} wants a whole number, not {}", name_of(info), quoted(n.text)), "", std::string(info.doc));
      return false;
    }
    const bool below = info.above_minimum ? base <= info.minimum : base < info.minimum;
    if (below || base > info.maximum) {
      report(132, n, fmt::format("{} must be {} {}, not {}", name_of(info), below ? (info.above_minimum ? "more than" : "at least") : "at most",
                                 display(below ? info.minimum : info.maximum, value.dimension), quoted(n.text)), "", std::string(info.doc));
      return false;
    }
    if (std::abs(base) > absurd_above(value.dimension)) {
      report(132, n, fmt::format("{}: {} is beyond anything that exists", name_of(info), quoted(n.text)), "a slip of the prefix or the unit?", std::string(info.doc));
      return false;
    }
    value.number = base;
    return true;
  }

  Fact fact(FieldInfo const& info, Node const& n, Scalar const& value, Long const& extra) {
    Fact f;
    const bool given = options_.kind == Origin::Kind::given || n.file >= given_from_;
    f.path = options_.path.empty() ? path_of(info) : options_.path + '.' + path_of(info);
    f.value = value.number;
    f.dimension = value.dimension;
    f.as_written = n.text;
    f.note = extra.note;
    f.locator = extra.locator;
    f.as_of = extra.as_of;
    f.range = extra.range;
    f.file = n.file < document_.files.size() ? std::string(document_.files[n.file].name) : std::string{};
    f.line = n.line;
    f.kind = given ? Origin::Kind::given : Origin::Kind::fact;
    const std::string key = !extra.source.empty() ? extra.source : frames_.back().source;
    const bool number = value.kind == Scalar::Kind::quantity || value.kind == Scalar::Kind::integer;
    if (key.empty()) {
      if (options_.needs_sources && !given && number) report(163, n, fmt::format("{} has no source", name_of(info)), "every number of the registry says where it was read", "add `source: KEY` here or to an enclosing map");
    } else if (!(given && extra.source.empty() && options_.kind == Origin::Kind::fact)) {
      Source const* s = options_.library ? options_.library->source(key) : nullptr;
      if (s) f.source = ledger_.add(*s);
      else if (number) report(164, n, fmt::format("no source {} in the registry", quoted(key)), "", "add it to registry/sources/");
    }
    return f;
  }

  void unknown_key(Node const& n, std::span<const std::string_view> known) {
    const auto close = nearest(n.key, known, 1);
    const auto advice = key_advice(n.key);
    std::string help = !advice.empty() ? std::string(advice) : !close.empty() ? fmt::format("did you mean `{}`?", close[0]) : std::string{};
    if (help.empty()) {
      for (auto k : known) help += (help.empty() ? "known here: " : ", ") + std::string(k);
      if (help.size() > 300) help = help.substr(0, 300) + " …";
    }
    const std::string where = frames_.back().path;
    problems_.push_back({107, fmt::format("unknown key `{}`{}", n.key.substr(0, 60), where.empty() ? "" : fmt::format(" in `{}`", where)), document_.key_location(n), "", std::move(help)});
  }

  void report_unknown(Frame const& f) {
    if (!f.node || f.list || f.node->kind != Node::Kind::map) return;
    for (auto const& n : document_.children(*f.node)) {
      if (std::find(f.known.begin(), f.known.end(), n.key) != f.known.end()) continue;
      if (std::find(std::begin(meta_keys), std::end(meta_keys), n.key) != std::end(meta_keys)) continue;
      if (frames_.size() == 1 && depth_ == 0 && n.key == "overrides") continue;
      // Entries of systems/ say which kind they are; hardware has a field of that name.
      if (frames_.size() == 1 && options_.kind == Origin::Kind::fact && n.key == "kind") continue;
      unknown_key(n, f.known);
    }
  }

  void read_entry(Library::Found const& found, std::string const& path, std::function<void(Fields&)> const& value) {
    Document const& doc = *found.document;
    Node const& node = *found.node;
    std::vector<Override> mine;
    if (overrides_ && overrides_->overrides.map) {
      auto const& o = overrides_->overrides;
      const std::string prefix = path + '.';
      for (std::size_t i = 0; i < o.map->count; ++i) {
        Node const& n = o.from->nodes[o.map->first + i];
        if (!n.key.starts_with(prefix)) continue;
        mine.push_back({std::string(n.key.substr(prefix.size())), o.from, &n});
      }
    }
    ReadOptions options{options_.library, Origin::Kind::fact, true, found.id, found.source};
    if (mine.empty()) {
      run(doc, node, options, path, 0xffff, value);
      return;
    }
    const Document changed = overlay(doc, node, mine);
    const auto own_files = static_cast<std::uint16_t>(doc.files.size());
    for (auto const& m : mine) {
      if (!reached(changed, m.path, own_files)) continue;
      auto const& o = overrides_->overrides;
      overrides_->used[static_cast<std::size_t>(m.node - &o.from->nodes[o.map->first])] = true;
    }
    run(changed, changed.root(), options, path, own_files, value);
  }

  static bool reached(Document const& d, std::string_view path, std::uint16_t own_files) {
    Node const* n = &d.root();
    while (n && !path.empty()) {
      const auto dot = path.find('.');
      const auto key = path.substr(0, dot);
      path = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
      Node const* next = d.find(*n, key);
      if (!next && n->kind == Node::Kind::list && !key.empty() && key.size() < 5 && key.find_first_not_of("0123456789") == key.npos) {
        const auto i = static_cast<std::size_t>(std::stoi(std::string(key)));
        if (i < n->count) next = &d.nodes[n->first + i];
      }
      n = next;
    }
    return n && n->file >= own_files;
  }

  void run(Document const& doc, Node const& node, ReadOptions const& options, std::string const& path, std::uint16_t given_from,
           std::function<void(Fields&)> const& value) {
    Reader inner(doc, node, options, overrides_, path, given_from, depth_ + 1, ledger_, problems_);
    value(inner);
    inner.finish();
  }

  Document const& document_;
  ReadOptions options_;
  std::shared_ptr<OverrideState> overrides_;
  std::string override_path_;
  std::uint16_t given_from_;
  int depth_;
  Ledger& ledger_;
  std::vector<Diagnostic>& problems_;
  std::vector<Frame> frames_;
};

void ReaderDeleter::operator()(Reader* r) const { delete r; }

std::unique_ptr<Reader, ReaderDeleter> make_reader(Document const& document, Node const& node, ReadOptions const& options, Overrides const& overrides,
                                                   Ledger& ledger, std::vector<Diagnostic>& problems) {
  auto state = std::make_shared<OverrideState>();
  state->overrides = overrides;
  if (overrides.map) state->used.assign(overrides.map->count, false);
  return std::unique_ptr<Reader, ReaderDeleter>(new Reader(document, node, options, std::move(state), {}, 0xffff, 0, ledger, problems));
}
Fields& fields(Reader& reader) { return reader; }
void finish(Reader& reader) { reader.finish(); }

}  // namespace detail

}  // namespace mlsysim::io
