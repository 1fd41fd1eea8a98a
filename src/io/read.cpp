#include "mlsysim/io/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/provenance/date.hpp"
#include "mlsysim/units/text.hpp"
#include "words.hpp"

namespace mlsysim::io {
namespace {

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return fmt::format("'{}'", text);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("'{}...'", text.substr(0, end));
}

template <class Names>
std::string list_of(Names const& names) {
  std::string all;
  for (auto const& n : names) all += (all.empty() ? "" : ", ") + std::string(n);
  return all;
}

/// Advice for keys people bring from other tools or data sheets, where the struct has the field which they need.
std::string_view key_advice(std::string_view key, std::span<const std::string_view> known) {
  struct Advice {
    std::string_view key, needs, help;
  };
  static constexpr Advice table[] = {
      {"capacity", "marketed", "say which: `marketed` (as the vendor prints it) or `reported` (as the driver shows it)"},
      {"size", "marketed", "say which: `marketed` (as the vendor prints it) or `reported` (as the driver shows it)"},
      {"capacity", "hbm", "name the kind of memory, and whose figure it is: `hbm: {marketed: 80 GB}`"},
      {"bandwidth", "hbm", "name the kind of memory: `hbm: {bandwidth: 3.35 TB/s}`"},
      {"ram", "sram", "say which: `sram`, `psram`, `dram`, `lpddr` or `hbm`"},
      {"vram", "hbm", "say which: `hbm` or `gddr`"},
      {"cache", "l2", "say which: `l1`, `l2`, `l3` or `scratchpad`"},
      {"bandwidth", "per_direction", "write `per_direction`: what flows one way, half of a bidirectional figure"},
      {"bidirectional", "per_direction", "write `per_direction`: half of the bidirectional total"},
      {"bandwidth", "port_rate", "write `port_rate`: of one port, one way, in bits per second"},
      {"sparse", "sparse_peak", "sparse peaks go under `sparse_peak`; `peak` is dense"},
      {"sparse", "bf16", "sparse peaks go under `sparse_peak`; `peak` is dense"},
      {"dense", "bf16", "`peak` is dense already: write its precisions here"},
      {"tflops", "peak", "write `peak: {bf16: 989 TFLOP/s}`: the dense peak of each precision"},
      {"flops", "peak", "write `peak: {bf16: 989 TFLOP/s}`: the dense peak of each precision"},
      {"tops", "peak", "write `peak: {int8: 275 TOP/s}`: the dense peak of each precision"},
      {"tdp", "power", "write `power: {tdp: 700 W}`"},
      {"batchsize", "batch", "did you mean `batch`?"},
      {"microbatch", "batch", "`batch` is the micro-batch in training"},
      {"seqlen", "sequence", "write `sequence` (training) or `prompt` and `output`"},
      {"inputtokens", "prompt", "write `prompt`"},
      {"outputtokens", "output", "write `output`"},
      {"dtype", "precision", "write `precision: {weights: bf16, activations: bf16, kv: bf16, compute: bf16}`"},
      {"quantization", "precision", "write `precision: {weights: int4, compute: fp16}`"},
      {"qps", "request_rate", "write `request_rate: 10 request/s`"},
      {"gpus", "devices", "write `devices`"},
      {"numgpus", "devices", "write `devices`"},
      {"gpu", "device", "write `device`"},
      {"hardware", "device", "write `device`, `node` or `fleet`"},
      {"hardware", "system", "write `system: {device: H100}`"},
      {"tp", "tensor", "write `tensor`"},
      {"pp", "pipeline", "write `pipeline`"},
      {"dp", "data", "write `data`"},
      {"sla", "limits", "write `limits`"},
      {"slo", "limits", "write `limits`"},
      {"assertions", "assert", "write `assert`"},
      {"region", "grid", "write `grid`"},
      {"efficiencyfactor", "efficiency", "mlsysim predicts efficiency; `efficiency` overrides it and marks the result"},
      {"mfu", "efficiency", "mlsysim predicts utilisation; `efficiency: {compute: 0.5}` overrides it and marks the result"},
  };
  for (auto const& a : table)
    if (a.key == normalised(key) && std::find(known.begin(), known.end(), a.needs) != known.end()) return a.help;
  return {};
}

constexpr std::string_view meta_keys[] = {"source", "note", "as_of", "locator"};
constexpr std::string_view long_form_keys[] = {"value", "source", "note", "range", "as_of", "locator", "default"};

template <class Names>
bool among(std::string_view key, Names const& names) {
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

std::string help_for_key(std::string_view key, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 300;
  if (const auto advice = key_advice(key, known); !advice.empty()) return std::string(advice);
  if (const auto close = nearest(key, known, 1); !close.empty()) return fmt::format("did you mean `{}`?", close[0]);
  std::string help = "known here: " + list_of(known);
  return help.size() > longest ? help.substr(0, help.rfind(',', longest)) + ", ..." : help;
}

/// `mlsysim list` takes these words.
std::string plural(EntryKind kind) {
  const std::string name(entry_kind_name[static_cast<std::size_t>(kind)]);
  return kind == EntryKind::hardware ? name : name + 's';
}

/// What the readers of one file and of the entries it names share.
struct Session {
  struct Reading {
    EntryKind kind;
    std::string id;
  };
  Overrides overrides;
  std::vector<bool> used;
  std::vector<std::string> paths;    ///< fields of named entries, where an override could go
  std::vector<std::string> entries;  ///< where a named entry stands: `system.device`
  std::vector<Reading> reading;      ///< entries whose end has not come yet, outermost first
  std::vector<Source> own_sources;   ///< defined in the file itself
  std::size_t first_problem = 0;
};

/// A value with what the long form says besides.
struct LongForm {
  std::string_view source, note, as_of, locator, fallback_reason;
  std::optional<Interval> range;
};

}  // namespace

namespace detail {

class Reader final : public Fields {
 public:
  /// Nodes of files from `given_from` on were written by the user, also where the document is a registry entry.
  Reader(Document const& document, Node const& node, ReadOptions options, std::shared_ptr<Session> session, std::string override_path,
         std::uint16_t given_from, bool outermost, Ledger& ledger, std::vector<Diagnostic>& problems)
      : document_{document},
        options_{std::move(options)},
        session_{std::move(session)},
        override_path_{std::move(override_path)},
        given_from_{given_from},
        outermost_{outermost},
        ledger_{ledger},
        problems_{problems} {
    const bool map = node.kind == Node::Kind::map;
    silent_ = !map;
    if (!map && node.kind != Node::Kind::null)
      report(121, node, "a file or entry must be a map of `key: value` lines", "", "start with a key, e.g. `workload:`");
    if (outermost_ && map) {
      Node const* sources = document_.find(node, "sources");
      if (sources && sources->kind == Node::Kind::map) session_->own_sources = read_sources(document_, *sources, problems_);
    }
    frames_.push_back({map ? &node : nullptr, &node, "", inherited_source(node, options_.source), {}, false, 0});
  }

  void scalar(FieldInfo const& info, Scalar& value) override {
    Node const* n = child(info);
    if (!n) {
      absent(info, value);
      return;
    }
    // What is wrong has been said; the file will not be evaluated, so the value does not matter.
    value.present = true;
    LongForm extra;
    if (n->kind == Node::Kind::map) {
      n = open_long_form(*n, value, extra);
      if (!n) return;
    }
    if (n->kind != Node::Kind::scalar) {
      wrong_kind(*n, fmt::format("{} wants one value, not a {}", name_of(info), n->kind == Node::Kind::map ? "map" : "list"), info);
      return;
    }
    if (!parse(info, *n, value) || value.kind == Scalar::Kind::text) return;
    value.origin = ledger_.add(fact(info, *n, value, extra));
  }

  bool begin(FieldInfo const& info, bool present) override {
    Node const* n = child(info);
    if (!n) {
      if (info.required) missing(info);
      if (info.required || !present) return false;
      push(nullptr, info);
      return true;
    }
    if (n->kind != Node::Kind::map) {
      wrong_kind(*n, fmt::format("{} wants a map of `key: value`, not {}", name_of(info), n->kind == Node::Kind::list ? "a list" : quoted(n->text)), info);
      return false;
    }
    push(n, info);
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
      if (n->kind != Node::Kind::null)
        report(121, *n, fmt::format("{} wants a list", name_of(info)), "",
               n->kind == Node::Kind::scalar ? fmt::format("write [{}]", n->text.substr(0, 60)) : "start each item with `- `");
      n = nullptr;
    }
    push(n, info);
    frames_.back().list = true;
    return n ? n->count : 0;
  }
  void item(std::size_t index) override { frames_.back().index = index; }
  void end_list() override { frames_.pop_back(); }

  bool reference(FieldInfo const& info, EntryKind kind, std::string& id, bool, std::function<void(Fields&)> const& value) override {
    Node const* n = child(info);
    if (!n) {
      if (info.required) missing(info);
      return false;
    }
    if (n->kind == Node::Kind::map) {
      push(n, info);
      value(*this);
      end();
      id.clear();
      return true;
    }
    if (n->kind != Node::Kind::scalar) {
      wrong_kind(*n, fmt::format("{} wants the name of a {} or its definition", name_of(info), entry_kind_name[static_cast<std::size_t>(kind)]), info);
      return true;
    }
    const auto found = options_.library ? options_.library->find(kind, n->text) : Library::Found{};
    if (!found.node) {
      unknown_name(*n, kind);
      return true;
    }
    id = found.id;
    if (session_->overrides.map) session_->entries.push_back(scenario_path(info));
    auto& reading = session_->reading;
    const auto same = [&](auto const& r) { return r.kind == kind && r.id == found.id; };
    if (std::any_of(reading.begin(), reading.end(), same)) {
      std::string circle;
      for (auto const& r : reading) circle += r.id + " -> ";
      report(161, *n, fmt::format("{} leads in a circle: {}{}", quoted(n->text), circle, found.id), "an entry which names itself has no end", "name another entry");
      return true;
    }
    reading.push_back({kind, found.id});
    read_entry(found, scenario_path(info), value);
    reading.pop_back();
    return true;
  }

  void finish() {
    report_unknown(frames_.front());
    if (!outermost_) return;
    report_unused_overrides();
    in_file_order();
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

  std::string name_of(FieldInfo const& info) const {
    return info.key.empty() ? fmt::format("an item of '{}'", frames_.back().path) : fmt::format("'{}'", info.key);
  }

  Node const* child(FieldInfo const& info) {
    Frame& f = frames_.back();
    if (f.list) return f.node ? &document_.nodes[f.node->first + f.index] : nullptr;
    f.known.push_back(info.key);
    if (session_->overrides.map && !override_path_.empty()) session_->paths.push_back(scenario_path(info));
    if (outermost_) places_.push_back({info.key, f.path});
    return f.node ? document_.find(*f.node, info.key) : nullptr;
  }

  std::string path_of(FieldInfo const& info) const {
    Frame const& f = frames_.back();
    const std::string leaf = f.list ? std::to_string(f.index) : std::string(info.key);
    return f.path.empty() ? leaf : f.path + '.' + leaf;
  }
  std::string fact_path(FieldInfo const& info) const { return options_.path.empty() ? path_of(info) : options_.path + '.' + path_of(info); }
  std::string scenario_path(FieldInfo const& info) const { return override_path_.empty() ? path_of(info) : override_path_ + '.' + path_of(info); }

  std::string inherited_source(Node const& n, std::string const& outer) const {
    Node const* s = document_.find(n, "source");
    return s && s->kind == Node::Kind::scalar ? std::string(s->text) : outer;
  }

  void push(Node const* n, FieldInfo const& info) {
    Frame const& outer = frames_.back();
    Frame inner{n, n ? n : outer.anchor, path_of(info), n ? inherited_source(*n, outer.source) : outer.source, {}, false, 0};
    frames_.push_back(std::move(inner));
  }

  void report(Diagnostic d) {
    if (problems_.size() < most_problems) problems_.push_back(std::move(d));
  }
  void report(int code, Node const& n, std::string message, std::string why, std::string help, std::string label = {}) {
    report({code, std::move(message), document_.location(n), std::move(why), std::move(help), std::move(label)});
  }
  /// Nothing about a missing value: the parser said so already.
  void wrong_kind(Node const& n, std::string message, FieldInfo const& info) {
    if (n.kind != Node::Kind::null) report(121, n, std::move(message), "", fmt::format("it is: {}", info.doc));
  }
  void missing(FieldInfo const& info) {
    if (silent_) return;
    Frame const& f = frames_.back();
    Node const& where = *f.anchor;
    const std::string place = !f.path.empty() ? quoted(f.path) : !options_.path.empty() ? quoted(options_.path) : "the file";
    report({106, fmt::format("{} lacks '{}'", place, info.key), where.key.empty() ? document_.location(where) : document_.key_location(where), "",
            fmt::format("add `{}:` ({})", info.key, info.doc)});
  }
  void unknown_name(Node const& n, EntryKind kind) {
    const bool suggest = options_.library && problems_.size() < 50;
    const auto names = suggest ? options_.library->near(kind, n.text) : std::vector<std::string>{};
    report(160, n,
           fmt::format("no {} {} in the registry{}{}", entry_kind_name[static_cast<std::size_t>(kind)], quoted(n.text), names.empty() ? "" : "; nearest: ", list_of(names)),
           "mlsysim never puts something else in its place",
           names.empty() ? fmt::format("`mlsysim list {}` shows what there is; or define it in place", plural(kind))
                         : fmt::format("write one of these, or define it in place; `mlsysim list {}` shows all", plural(kind)));
  }

  /// Takes the default of a field which the file leaves out.
  void absent(FieldInfo const& info, Scalar& value) {
    value.present = info.fallback.has_value();
    if (!info.fallback) {
      if (info.required) missing(info);
      return;
    }
    value.number = *info.fallback;
    Fact f;
    f.path = fact_path(info);
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

  /// `{value: …, source: …}`: the node of the value, or null if it has none.
  Node const* open_long_form(Node const& map, Scalar const& value, LongForm& extra) {
    for (auto const& n : document_.children(map)) {
      if (!among(n.key, long_form_keys)) unknown_key(n, long_form_keys);
      if (n.key == "range") extra.range = range(n, value);
      if (n.kind != Node::Kind::scalar) continue;
      if (n.key == "source") extra.source = n.text;
      if (n.key == "note") extra.note = n.text;
      if (n.key == "as_of") {
        extra.as_of = n.text;
        if (!is_date(n.text)) report(135, n, fmt::format("'as_of' wants a date, not {}", quoted(n.text)), "old prices and grid factors are warned of by it", "write 2026, 2026-11 or 2026-11-20");
      }
      if (n.key == "locator") extra.locator = n.text;
      if (n.key == "default") extra.fallback_reason = n.text;
    }
    Node const* v = document_.find(map, "value");
    if (!v) report(106, map, "a value in the long form lacks 'value'", "", "write {value: 3.35 TB/s, source: KEY}");
    return v;
  }

  std::optional<Interval> range(Node const& n, Scalar const& value) {
    const auto ends = n.kind == Node::Kind::list ? document_.children(n) : std::span<const Node>{};
    const auto base = [&](Node const& end, double& out) {
      const auto q = parse_quantity(end.text);
      out = q.base_value();
      return q.error == QuantityTextError::none && q.dimension() == value.dimension;
    };
    double low = 0, high = 0;
    if (ends.size() == 2 && base(ends[0], low) && base(ends[1], high) && low <= high) return Interval{low, high};
    report(141, n, fmt::format("'range' wants [low, high], each {}", with_article(value.dimension)), "", "e.g. range: [50 W, 75 W]");
    return {};
  }

  bool parse(FieldInfo const& info, Node const& n, Scalar& value) {
    switch (value.kind) {
      case Scalar::Kind::text: return parse_text(info, n, value);
      case Scalar::Kind::flag: return parse_flag(info, n, value);
      case Scalar::Kind::choice: return parse_choice(info, n, value);
      case Scalar::Kind::integer:
      case Scalar::Kind::quantity: return parse_number(info, n, value);
    }
    return false;
  }

  bool parse_text(FieldInfo const& info, Node const& n, Scalar& value) {
    value.text = n.text;
    if (info.required && n.text.empty()) report(109, n, fmt::format("{} is empty", name_of(info)), "", fmt::format("it is: {}", info.doc));
    return true;
  }

  bool parse_flag(FieldInfo const& info, Node const& n, Scalar& value) {
    if (!n.quoted && (n.text == "true" || n.text == "false")) {
      value.number = n.text == "true";
      return true;
    }
    const auto same = normalised(n.text);
    const bool yes = same == "yes" || same == "on" || same == "y" || same == "true" || same == "1";
    const bool no = same == "no" || same == "off" || same == "n" || same == "false" || same == "0";
    report(151, n, fmt::format("{} wants true or false, not {}", name_of(info), n.quoted ? "a text in quotes" : quoted(n.text)),
           "yes, no, on and off are words here, as in the country code of Norway",
           yes || no ? fmt::format("write {}", yes ? "true" : "false") : fmt::format("it is: {}", info.doc));
    return false;
  }

  bool parse_choice(FieldInfo const& info, Node const& n, Scalar& value) {
    for (std::size_t i = 0; i < value.names.size(); ++i) {
      if (value.names[i] != n.text) continue;
      value.number = static_cast<double>(i);
      return true;
    }
    const auto close = nearest(n.text, value.names, 1);
    report(150, n, fmt::format("{} cannot be {}{}", name_of(info), quoted(n.text), close.empty() ? "" : fmt::format("; did you mean '{}'?", close[0])), "",
           "one of: " + list_of(value.names));
    return false;
  }

  bool parse_number(FieldInfo const& info, Node const& n, Scalar& value) {
    const auto q = parse_quantity(n.text);
    if (!is_number(info, n, q, value) || !has_right_unit(info, n, q, value) || !in_range(info, n, q.base_value(), value)) return false;
    value.number = q.base_value();
    return true;
  }

  static std::string wanted(Scalar const& value) { return value.kind == Scalar::Kind::integer ? "a whole number" : with_article(value.dimension); }

  std::string example(FieldInfo const& info, Scalar const& value) const {
    if (value.dimension == Dimension{}) return {};
    return fmt::format("e.g. `{}: 1 {}`", info.key.empty() ? "value" : info.key, example_unit(value.dimension, info.bits));
  }

  bool is_number(FieldInfo const& info, Node const& n, QuantityText const& q, Scalar const& value) {
    const std::string what = wanted(value);
    if (n.quoted && !q.has_unit) {
      report(134, n, fmt::format("{} wants {}, but this is a text in quotes", name_of(info), what), "", "remove the quotes");
      return false;
    }
    switch (q.error) {
      case QuantityTextError::none: return true;
      case QuantityTextError::not_finite: break;
      case QuantityTextError::bad_unit: {
        const auto advice = unit_advice(q.unit_text);
        report(144, n, fmt::format("{} is not a unit mlsysim knows", quoted(q.unit_text)), fmt::format("{} wants {}", name_of(info), what),
               !advice.empty() ? std::string(advice) : q.unit_error == UnitError::ambiguous_product ? "write the denominator in parentheses, e.g. J/(B*s)" : example(info, value));
        return false;
      }
      default: {
        const std::string_view sign_less = n.text.starts_with('-') || n.text.starts_with('+') ? n.text.substr(1) : n.text;
        const auto word = normalised(sign_less);
        if (word == "inf" || word == "infinity" || word == "nan") break;
        const bool separated = n.text.find_first_of(",_'") != n.text.npos;
        report(130, n, fmt::format("{} wants {}, but {} is not a number", name_of(info), what, quoted(n.text)),
               separated ? "numbers have no digit separators, and a point for the fraction" : "", separated ? "write 1000000, 1e6 or 0.5" : example(info, value));
        return false;
      }
    }
    report(131, n, fmt::format("{} wants {}, but {} is not a finite number", name_of(info), what, quoted(n.text)), "",
           info.required ? example(info, value) : "leave the field out if it is not known");
    return false;
  }

  bool has_right_unit(FieldInfo const& info, Node const& n, QuantityText const& q, Scalar const& value) {
    const Dimension& want = value.dimension;
    const double base = q.base_value();
    if (want == Dimension{}) {
      const bool percent = value.kind == Scalar::Kind::integer && q.unit_text == "%";
      if (q.has_unit && (!(q.dimension() == want) || percent)) no_unit_wanted(info, n, q, value);
      return !q.has_unit || (q.dimension() == want && !percent);
    }
    if (!q.has_unit) {
      report(140, n, fmt::format("{} wants {}, but {} has no unit", name_of(info), with_article(want), quoted(n.text)),
             "a number without a unit can be read in more than one way", fmt::format("write the unit, e.g. `{} {}`", n.text, example_unit(want, info.bits)));
      return false;
    }
    if (!(q.dimension() == want)) {
      const bool rate_wanted = q.dimension() / Dimension("s") == want, amount_wanted = q.dimension() * Dimension("s") == want;
      report(141, n, fmt::format("{} wants {}, but {} is {}", name_of(info), with_article(want), quoted(n.text), with_article(q.dimension())),
             rate_wanted || amount_wanted ? "a rate is an amount per time" : "",
             rate_wanted ? fmt::format("write `{}/s` if you mean the rate", n.text) : fmt::format("it is: {}; {}", info.doc, example(info, value)));
      return false;
    }
    if (q.unit.uses(Spelling::bits) && !info.bits) {
      const bool rate = want == Dimension("B/s");
      report(142, n, fmt::format("this looks like bits, the field wants {}", bytes_in_words(want)),
             rate ? "ports are sold in bits; this field feeds a transfer time in bytes" : "memory and traffic are counted in bytes",
             fmt::format("write `{}` if bits are meant, `{}` if the source means bytes", display(base, want), display(base * 8, want)),
             fmt::format("{} = {}", n.text, display(base, want)));
      return false;
    }
    if (!q.unit.uses(Spelling::bits) && info.bits) {
      report(142, n, fmt::format("this looks like bytes, the field wants {}", bits_in_words(want)), "ports, buses and pins are sold in bits",
             fmt::format("write `{}` if bytes are meant, `{}` if the source means bits", in_bits_text(base, want), in_bits_text(base / 8, want)),
             fmt::format("{} = {}", n.text, in_bits_text(base, want)));
      return false;
    }
    if (q.unit.uses(Spelling::macs)) {
      report(143, n, "this counts MAC, the field wants FLOP", "1 MAC = 2 FLOP, and sources call either one an operation",
             fmt::format("write `{}` if MAC are meant, `{}` if the source already counts two", display(base, want), display(base / 2, want)),
             fmt::format("{} = {}", n.text, display(base, want)));
      return false;
    }
    return true;
  }

  void no_unit_wanted(FieldInfo const& info, Node const& n, QuantityText const& q, Scalar const& value) {
    const bool billions = q.unit_text == "B";
    report(145, n, fmt::format("{} wants {}, but {} {}", name_of(info), wanted(value), quoted(n.text), q.unit_text == "%" ? "is a share" : "is " + with_article(q.dimension())),
           billions ? "B is the byte" : "", billions ? fmt::format("for {0} billion write {0}e9", shortest(q.number)) : fmt::format("write `{}`", shortest(q.number)));
  }

  bool in_range(FieldInfo const& info, Node const& n, double base, Scalar const& value) {
    constexpr double largest_count = 2e9;
    if (value.kind == Scalar::Kind::integer && base != std::floor(base)) {
      report(133, n, fmt::format("{} wants a whole number, not {}", name_of(info), quoted(n.text)), "", fmt::format("it is: {}", info.doc));
      return false;
    }
    const bool below = info.above_minimum ? base <= info.minimum : base < info.minimum;
    if (below || base > info.maximum) {
      report(132, n,
             fmt::format("{} must be {} {}, not {}", name_of(info), below ? (info.above_minimum ? "more than" : "at least") : "at most",
                         display(below ? info.minimum : info.maximum, value.dimension), quoted(n.text)),
             "", fmt::format("it is: {}", info.doc));
      return false;
    }
    const bool absurd = value.kind == Scalar::Kind::integer ? std::abs(base) > largest_count : std::abs(base) > absurd_above(value.dimension);
    if (absurd) report(132, n, fmt::format("{}: {} is beyond anything that exists", name_of(info), quoted(n.text)), "a slip of the prefix or the unit?", fmt::format("it is: {}", info.doc));
    return !absurd;
  }

  Fact fact(FieldInfo const& info, Node const& n, Scalar const& value, LongForm const& extra) {
    Fact f;
    f.path = fact_path(info);
    f.value = value.number;
    f.dimension = value.dimension;
    f.as_written = n.text;
    const bool from_entry = options_.kind == Origin::Kind::fact && n.file < given_from_;
    if (!extra.fallback_reason.empty() && !from_entry) {
      f.kind = Origin::Kind::assumed;
      f.note = extra.fallback_reason;
      return f;
    }
    f.kind = from_entry ? Origin::Kind::fact : Origin::Kind::given;
    f.note = extra.note;
    f.locator = extra.locator;
    f.as_of = extra.as_of;
    f.range = extra.range;
    f.file = n.file < document_.files.size() ? std::string(document_.files[n.file].name) : std::string{};
    f.line = n.line;
    // An override does not inherit the source of what it replaces.
    const bool overridden = options_.kind == Origin::Kind::fact && !from_entry;
    const std::string_view key = !extra.source.empty() || overridden ? extra.source : std::string_view(frames_.back().source);
    const bool number = value.kind == Scalar::Kind::quantity || value.kind == Scalar::Kind::integer;
    if (!key.empty()) f.source = source_index(key, n);
    else if (options_.needs_sources && from_entry && number)
      report(163, n, fmt::format("{} has no source", name_of(info)), "every number of the registry says where it was read", "add `source: KEY` here or to an enclosing map");
    return f;
  }

  std::int32_t source_index(std::string_view key, Node const& n) {
    if (key == last_source_) return last_source_index_;
    last_source_ = key;
    last_source_index_ = -1;
    auto const& own = session_->own_sources;
    const auto mine = std::find_if(own.begin(), own.end(), [&](Source const& s) { return s.id == key; });
    if (mine != own.end()) last_source_index_ = ledger_.add(*mine);
    else if (auto s = options_.library ? options_.library->source(key) : std::nullopt) last_source_index_ = ledger_.add(*std::move(s));
    else report(164, n, fmt::format("no source {} is known", quoted(key)), "", "add it to `sources:` of this file, or to registry/sources/");
    return last_source_index_;
  }

  void unknown_key(Node const& n, std::span<const std::string_view> known) {
    if (problems_.size() >= most_problems) return;
    const std::string& where = frames_.back().path;
    std::string help;
    const auto elsewhere = std::find_if(places_.begin(), places_.end(), [&](Place const& p) { return p.key == n.key && p.path != where; });
    if (elsewhere != places_.end() && key_advice(n.key, known).empty())
      help = elsewhere->path.empty() ? fmt::format("`{}` belongs to the top level", n.key) : fmt::format("`{}` belongs to `{}`", n.key, elsewhere->path);
    else
      help = help_for_key(n.key, known);
    report({107, fmt::format("unknown key `{}`{}", n.key.substr(0, 60), where.empty() ? "" : fmt::format(" in `{}`", where)), document_.key_location(n), "", std::move(help)});
  }

  void report_unknown(Frame const& f) {
    if (!f.node || f.list) return;
    const bool root = frames_.size() == 1;
    for (auto const& n : document_.children(*f.node)) {
      if (among(n.key, f.known) || among(n.key, meta_keys)) continue;
      if (root && n.key == "sources") continue;
      if (root && outermost_ && options_.kind == Origin::Kind::given && n.key == "overrides") continue;
      // Entries of systems/ say which kind they are; hardware has a field of that name.
      if (root && options_.kind == Origin::Kind::fact && n.key == "kind") continue;
      unknown_key(n, f.known);
    }
  }

  /// Reads a named entry, with the fields replaced which this file overrides.
  void read_entry(Library::Found const& found, std::string const& path, std::function<void(Fields&)> const& value) {
    std::vector<Override> mine;
    std::vector<std::size_t> index;
    if (Node const* map = session_->overrides.map) {
      Document const& from = *session_->overrides.from;
      const std::string prefix = path + '.';
      for (std::size_t i = 0; i < map->count; ++i) {
        Node const& n = from.nodes[map->first + i];
        if (!n.key.starts_with(prefix)) continue;
        mine.push_back({std::string(n.key.substr(prefix.size())), &from, &n});
        index.push_back(i);
      }
    }
    const ReadOptions options{options_.library, Origin::Kind::fact, true, found.id, found.source};
    const auto run = [&](Document const& document, Node const& node, std::uint16_t given_from) {
      Reader inner(document, node, options, session_, path, given_from, false, ledger_, problems_);
      value(inner);
      inner.finish();
    };
    constexpr std::uint16_t no_file = 0xffff;
    if (mine.empty()) {
      run(*found.document, *found.node, no_file);
      return;
    }
    std::vector<bool> used;
    const Document changed = overlay(*found.document, *found.node, mine, used);
    for (std::size_t i = 0; i < index.size(); ++i)
      if (used[i]) session_->used[index[i]] = true;
    run(changed, changed.root(), static_cast<std::uint16_t>(found.document->files.size()));
  }

  void report_unused_overrides() {
    Node const* map = session_->overrides.map;
    if (!map) return;
    Document const& from = *session_->overrides.from;
    for (std::size_t i = 0; i < map->count; ++i) {
      if (session_->used[i] || problems_.size() >= most_problems) continue;
      report_unused_override(from, from.nodes[map->first + i]);
    }
  }

  void report_unused_override(Document const& from, Node const& n) {
    const auto& entries = session_->entries;
    const auto one_of = [](std::vector<std::string> const& paths) { return std::vector<std::string_view>(paths.begin(), paths.end()); };
    const auto say = [&](std::string message, std::string why, std::string help) { report({162, std::move(message), from.key_location(n), std::move(why), std::move(help)}); };
    if (std::any_of(entries.begin(), entries.end(), [&](auto const& e) { return n.key.starts_with(e + '.'); })) {
      const auto close = nearest(n.key, one_of(session_->paths), 2);
      say(fmt::format("the override {} changes nothing", quoted(n.key)), "the registry entry has no such field",
          close.empty() ? "`mlsysim show NAME` lists the fields" : "nearest: " + list_of(close));
      return;
    }
    const std::size_t dot = n.key.rfind('.');
    const std::string_view key = dot == n.key.npos ? n.key : n.key.substr(dot + 1), parent = dot == n.key.npos ? std::string_view{} : n.key.substr(0, dot);
    const std::string written = n.kind == Node::Kind::scalar ? fmt::format("`{}: {}`", key, n.text.substr(0, 60)) : fmt::format("`{}`", key);
    const std::string there = parent.empty() ? "at the top level" : fmt::format("in `{}`", parent);
    if (std::find(entries.begin(), entries.end(), n.key) != entries.end()) {
      say(fmt::format("the override {} replaces a whole entry", quoted(n.key)), "an override changes single fields of the entry which the scenario names", fmt::format("write {} {}", written, there));
      return;
    }
    std::vector<std::string> fields;
    for (auto const& p : places_) fields.push_back(p.path.empty() ? std::string(p.key) : fmt::format("{}.{}", p.path, p.key));
    const bool known = std::find(fields.begin(), fields.end(), n.key) != fields.end();
    const bool inside_known = std::find(fields.begin(), fields.end(), parent) != fields.end() && std::none_of(places_.begin(), places_.end(), [&](auto const& p) { return p.path == parent; });
    if (known || inside_known) {
      say(fmt::format("{} is no field of a registry entry", quoted(n.key)), "`overrides` changes fields of entries which the scenario names; its own fields are changed where they stand",
          fmt::format("write {} {}", written, there));
      return;
    }
    for (auto const& p : session_->paths) fields.push_back(p);
    const auto close = nearest(n.key, one_of(fields), 2);
    say(fmt::format("the override {} changes nothing", quoted(n.key)), "its path must lead through a named registry entry of this scenario to one of its fields",
        close.empty() ? std::string("e.g. `system.device.memory.hbm.bandwidth: 4 TB/s`; `mlsysim show NAME` lists the fields") : "nearest: " + list_of(close));
  }

  /// The reader meets problems in the order of the struct; people read the file from its top.
  void in_file_order() {
    const std::string_view own = document_.files.empty() ? std::string_view{} : document_.files[0].name;
    const auto first = problems_.begin() + static_cast<std::ptrdiff_t>(std::min(session_->first_problem, problems_.size()));
    std::stable_sort(first, problems_.end(), [&](Diagnostic const& a, Diagnostic const& b) {
      const bool other_a = a.where.file != own, other_b = b.where.file != own;
      if (other_a || other_b) return !other_a && other_b;
      return a.where.line != b.where.line ? a.where.line < b.where.line : a.where.column < b.where.column;
    });
  }

  /// A key and the path of the map which has it, for keys which stand in the wrong place.
  struct Place {
    std::string_view key;
    std::string path;
  };

  Document const& document_;
  ReadOptions options_;
  std::shared_ptr<Session> session_;
  std::string override_path_;
  std::uint16_t given_from_;
  bool outermost_;
  bool silent_ = false;  ///< the document could not be parsed
  Ledger& ledger_;
  std::vector<Diagnostic>& problems_;
  std::vector<Frame> frames_;
  std::vector<Place> places_;
  std::string last_source_;
  std::int32_t last_source_index_ = -1;
};

void ReaderDeleter::operator()(Reader* r) const { delete r; }

std::unique_ptr<Reader, ReaderDeleter> make_reader(Document const& document, Node const& node, ReadOptions const& options, Overrides const& overrides,
                                                   Ledger& ledger, std::vector<Diagnostic>& problems) {
  auto session = std::make_shared<Session>();
  session->overrides = overrides;
  session->first_problem = problems.size();
  if (overrides.map) session->used.assign(overrides.map->count, false);
  constexpr std::uint16_t no_file = 0xffff;
  return std::unique_ptr<Reader, ReaderDeleter>(new Reader(document, node, options, std::move(session), {}, no_file, true, ledger, problems));
}
Fields& fields(Reader& reader) { return reader; }
void finish(Reader& reader) { reader.finish(); }

}  // namespace detail

Overrides overrides_of(Document const& document) {
  Node const* map = document.find(document.root(), "overrides");
  return map && map->kind == Node::Kind::map ? Overrides{&document, map} : Overrides{};
}

std::vector<Source> read_sources(Document const& document, Node const& map, std::vector<Diagnostic>& problems) {
  constexpr std::string_view known[] = {"title", "publisher", "url", "published", "seen", "note", "kind"};
  std::vector<Source> sources;
  for (auto const& n : document.children(map)) {
    const auto text = [&](std::string_view key) {
      Node const* v = document.find(n, key);
      return v && v->kind == Node::Kind::scalar ? std::string(v->text) : std::string{};
    };
    Source s;
    s.id = n.key;
    s.title = text("title"), s.publisher = text("publisher"), s.url = text("url"), s.published = text("published"), s.seen = text("seen"), s.note = text("note");
    const std::string kind = text("kind");
    const auto found = std::find(source_kind_name.begin(), source_kind_name.end(), kind);
    if (found != source_kind_name.end()) s.kind = static_cast<SourceKind>(found - source_kind_name.begin());
    for (auto const& field : document.children(n))
      if (n.kind == Node::Kind::map && !among(field.key, known))
        problems.push_back({107, fmt::format("unknown key `{}` in source '{}'", field.key.substr(0, 60), n.key), document.key_location(field), "", help_for_key(field.key, known)});
    if (s.title.empty()) problems.push_back({106, fmt::format("source '{}' lacks 'title'", n.key), document.key_location(n), "", "say what was read: `title: …`"});
    if (found == source_kind_name.end()) {
      Node const* k = document.find(n, "kind");
      problems.push_back({150, fmt::format("source '{}': 'kind' cannot be '{}'", n.key, kind), k ? document.location(*k) : document.key_location(n), "", "one of: " + list_of(source_kind_name)});
    }
    if (!s.seen.empty() && !(s.seen.size() == 10 && is_date(s.seen)))
      problems.push_back({135, fmt::format("source '{}': 'seen' wants a date, not {}", n.key, quoted(s.seen)), document.location(*document.find(n, "seen")),
                          "the day on which the numbers were read there", "write it as 2026-11-20, or leave it out if the source was not opened"});
    sources.push_back(std::move(s));
  }
  return sources;
}

}  // namespace mlsysim::io
