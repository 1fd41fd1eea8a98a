#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "common.hpp"
#include "mlsysim/render/csv.hpp"
#include "mlsysim/render/explanation.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

using nlohmann::ordered_json;

/// Bumped when a field changes its meaning; fields are only ever added within a version.
constexpr int json_version = 1;

ordered_json number(double v) { return std::isfinite(v) ? ordered_json(v) : ordered_json(nullptr); }

std::string_view origin_name(Origin::Kind kind) {
  constexpr std::string_view names[] = {"unknown", "registry", "given", "assumed", "computed"};
  return names[static_cast<std::size_t>(kind)];
}

ordered_json to_json(Table const& t) {
  ordered_json columns = ordered_json::array(), rows = ordered_json::array();
  for (auto const& c : t.columns) columns.push_back({{"id", c.id}, {"label", c.label}, {"unit", c.text ? "" : std::string(c.dimension.unit())}});
  for (auto const& r : t.rows) {
    ordered_json row = ordered_json::object();
    for (std::size_t i = 0; i < t.columns.size() && i < r.size(); ++i) row[t.columns[i].id] = t.columns[i].text ? ordered_json(r[i].text) : number(r[i].number);
    rows.push_back(std::move(row));
  }
  return {{"label", t.label}, {"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

/// Every document says what it is and of which version.
ordered_json document(char const* format, std::string_view program) { return {{"format", format}, {"version", json_version}, {"mlsysim", program}}; }
std::string dump(ordered_json const& j) { return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n'; }

ordered_json to_json(Check const& c) {
  ordered_json j{{"id", c.id}, {"label", c.label}, {"verdict", verdict_name[static_cast<std::size_t>(c.verdict)]}, {"limit", number(c.limit)}, {"kind", c.at_most ? "at_most" : "at_least"}, {"unit", c.dimension.unit()}};
  if (c.verdict != Verdict::not_judged) j["value"] = number(c.value), j["margin"] = number(c.margin());
  if (!c.detail.empty()) j["detail"] = c.detail;
  for (auto const& r : c.remedies) j["remedies"].push_back({{"change", r.change}, {"effect", r.effect}, {"sufficient", r.sufficient}});
  return j;
}

ordered_json to_json(Section const& s) {
  ordered_json j{{"title", s.title}, {"metrics", ordered_json::object()}};
  for (auto const& m : s.metrics) {
    ordered_json v{{"value", number(m.value)}, {"unit", m.dimension.unit()}, {"label", m.label}, {"origin", origin_name(m.origin.kind())}};
    if (m.estimate) v["confidence"] = confidence_name[static_cast<std::size_t>(m.confidence)];
    if (m.interval) v["interval"] = {{"low", number(m.interval->low)}, {"high", number(m.interval->high)}, {"coverage", 0.9}};
    if (!m.note.empty()) v["definition"] = m.note;
    v["defined"] = teaching::definition_id(s.id + '.' + m.id);
    j["metrics"][m.id] = std::move(v);
  }
  for (auto const& t : s.tables) j["tables"][t.id] = to_json(t);
  for (auto const& n : s.notes) j["notes"].push_back(n);
  for (auto const& c : s.children) j["sections"][c.id] = to_json(c);
  return j;
}

ordered_json to_json(Report const& r) {
  ordered_json j{{"file", r.file}, {"title", r.title}, {"summary", r.summary}, {"registry", {{"hash", r.registry}, {"added", r.registry_added}}}};
  ordered_json levels = ordered_json::array(), knobs = ordered_json::array();
  for (auto const& l : r.card.levels) {
    ordered_json checks = ordered_json::array();
    for (auto const& c : l.checks) checks.push_back(to_json(c));
    levels.push_back({{"id", l.id}, {"verdict", verdict_name[static_cast<std::size_t>(l.verdict)]}, {"checks", std::move(checks)}, {"why_not", l.why_not}});
  }
  for (auto const& k : r.card.knobs) knobs.push_back({{"change", k.change}, {"factor", number(k.factor)}, {"effect", k.effect}});
  j["scorecard"] = {{"verdict", verdict_name[static_cast<std::size_t>(r.card.verdict)]}, {"levels", std::move(levels)}, {"binding", r.card.binding}, {"next", r.card.next}, {"headline", r.card.headline}, {"knobs", std::move(knobs)}};
  j["warnings"] = r.warnings;
  j["sections"] = ordered_json::object();
  for (auto const& s : r.sections) j["sections"][s.id] = to_json(s);
  j["assumptions"] = ordered_json::array();
  for (auto const* f : assumptions(r.ledger)) j["assumptions"].push_back({{"path", f->path}, {"value", number(f->value)}, {"unit", f->dimension.unit()}, {"text", f->as_written}, {"reason", f->note}});
  j["sources"] = ordered_json::array();
  for (auto const& s : r.ledger.sources()) {
    ordered_json v{{"id", s.id}, {"title", s.title}, {"kind", source_kind_name[static_cast<std::size_t>(s.kind)]}, {"verified", s.verified()}};
    if (!s.url.empty()) v["url"] = s.url;
    if (!s.seen.empty()) v["seen"] = s.seen;
    j["sources"].push_back(std::move(v));
  }
  return j;
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string markdown_cell(std::string text) {
  for (std::size_t i = 0; (i = text.find('|', i)) != text.npos; i += 2) text.insert(i, "\\");
  return text;
}

void append_markdown(Section const& s, std::string& out) {
  out += fmt::format("\n## {}\n\n", s.title);
  if (!s.metrics.empty()) {
    out += "| metric | value | 90 % interval | confidence | definition |\n| --- | ---: | --- | --- | --- |\n";
    for (auto const& m : s.metrics)
      out += fmt::format("| {} | {} | {} | {} | {} |\n", markdown_cell(m.label), value_text(m.value, m.dimension, m.percent), m.interval ? interval_text(*m.interval, m.dimension, m.percent) : "",
                         m.estimate ? confidence_name[static_cast<std::size_t>(m.confidence)] : "exact", markdown_cell(m.note));
  }
  for (auto const& t : s.tables) out += '\n' + render::markdown(t);
  for (auto const& n : s.notes) out += "\n> " + n + "\n";
  for (auto const& c : s.children) append_markdown(c, out);
}

/// Steps and facts as a list in which each stands once: many of them are used more than once, so a tree would repeat them.
class DerivationNodes {
 public:
  explicit DerivationNodes(Ledger const& ledger) : ledger_{ledger} {}

  std::size_t add(Origin origin, double value, Dimension const& dimension) {
    const bool shared = ledger_.step(origin) || ledger_.fact(origin);
    if (shared)
      if (const auto known = index_.find({origin.kind(), origin.index()}); known != index_.end()) return known->second;
    const std::size_t at = nodes.size();
    if (shared) index_[{origin.kind(), origin.index()}] = at;
    nodes.push_back({{"kind", "unknown"}, {"value", number(value)}, {"unit", dimension.unit()}});
    if (Step const* s = ledger_.step(origin)) step(*s, at);
    else if (Fact const* f = ledger_.fact(origin)) nodes[at].update(fact(*f));
    return at;
  }

  ordered_json nodes = ordered_json::array();

 private:
  void step(Step const& s, std::size_t at) {
    nodes[at]["kind"] = s.equation ? "equation" : "sum";
    if (s.equation) nodes[at].update({{"equation", s.equation->id}, {"cites", s.equation->cites}, {"formula", s.equation->formula()}, {"latex", s.equation->formula(true)}});
    if (!s.equation || !s.label.empty()) nodes[at]["label"] = s.label;
    ordered_json inputs = ordered_json::array();
    for (std::size_t i = 0; i < s.inputs.size(); ++i) {
      auto const& in = s.inputs[i];
      ordered_json j = ordered_json::object();
      if (s.equation) j["symbol"] = s.equation->symbols[i];
      j.update({{"value", number(in.value)}, {"unit", in.dimension.unit()}, {"node", add(in.origin, in.value, in.dimension)}});
      inputs.push_back(std::move(j));
    }
    nodes[at]["inputs"] = std::move(inputs);
  }
  ordered_json fact(Fact const& f) const {
    ordered_json j{{"kind", origin_name(f.kind)}, {"path", f.path}, {"text", f.as_written}};
    if (!f.note.empty()) j["note"] = f.note;
    if (Source const* s = ledger_.source(f)) j["source"] = s->id, j["verified"] = s->verified();
    if (!f.as_of.empty()) j["as_of"] = f.as_of;
    if (!f.file.empty()) j["file"] = f.file, j["line"] = f.line;
    return j;
  }

  Ledger const& ledger_;
  std::map<std::pair<Origin::Kind, std::uint32_t>, std::size_t> index_;
};

}  // namespace

namespace {

ordered_json to_json(Report const& r, teaching::Explanation const& e) {
  DerivationNodes nodes(r.ledger);
  nodes.add(e.what.origin, e.what.value, e.what.dimension);
  ordered_json d{{"file", r.file}, {"metric", e.what.path + (e.step.empty() ? "" : '/' + e.step)}, {"label", e.what.label}, {"value", number(e.what.value)}, {"unit", e.what.dimension.unit()}, {"nodes", std::move(nodes.nodes)}, {"defined", e.definition}};
  if (e.term) d["definition"] = e.term->text;
  if (!e.what.note.empty()) d["note"] = e.what.note;
  d["influences"] = ordered_json::array();
  for (auto const& i : e.influences) {
    Fact const& f = *r.ledger.fact(i.origin);
    ordered_json v{{"path", f.path}, {"elasticity", number(i.elasticity)}, {"kind", origin_name(f.kind)}};
    if (Source const* s = r.ledger.source(f)) v["verified"] = s->verified();
    if (i.swing) v["swing"] = {{"low", number(i.swing->low)}, {"high", number(i.swing->high)}};
    d["influences"].push_back(std::move(v));
  }
  d["unexplained"] = number(e.unexplained);
  d["compared"] = ordered_json::array();
  for (auto const& c : e.compared) d["compared"].push_back(to_json(c));
  d["confused"] = ordered_json::array();
  for (auto const& v : e.confused) {
    ordered_json c{{"differs", v.differs}};
    if (!v.name.empty()) c["name"] = v.name;
    if (!v.path.empty()) c["metric"] = v.path;
    if (std::isfinite(v.value)) c["value"] = number(v.value), c["unit"] = v.dimension.unit();
    d["confused"].push_back(std::move(c));
  }
  return d;
}

}  // namespace

std::string explanation_json(std::span<const Report> reports, std::span<const teaching::Explanation> what) {
  ordered_json j = document("mlsysim.derivation", reports.empty() ? "" : reports[0].version);
  j["derivations"] = ordered_json::array();
  for (std::size_t i = 0; i < reports.size(); ++i) j["derivations"].push_back(to_json(reports[i], what[i]));
  return dump(j);
}

std::string json(std::vector<Report> const& reports) {
  ordered_json j = document("mlsysim.report", reports.empty() ? "" : reports[0].version);
  j["reports"] = ordered_json::array();
  for (auto const& r : reports) j["reports"].push_back(to_json(r));
  return dump(j);
}
std::string json(Table const& table, std::string_view version) {
  ordered_json j = document("mlsysim.table", version);
  j["id"] = table.id;
  j.update(to_json(table));
  return dump(j);
}
std::string json(std::span<const Diagnostic> problems, std::string_view version) {
  ordered_json j = document("mlsysim.errors", version);
  j["errors"] = ordered_json::array();
  for (auto const& p : problems)
    j["errors"].push_back({{"code", error_name(p.code)}, {"message", p.message}, {"file", p.where.file}, {"line", p.where.line}, {"column", p.where.column}, {"length", p.where.length}, {"why", p.why}, {"help", p.help}});
  return dump(j);
}

std::string json(Table const& overview, std::vector<Section> const& sets, std::string_view version, std::string_view registry) {
  ordered_json j{{"format", "mlsysim.validation"}, {"version", json_version}, {"mlsysim", version}, {"registry", registry}, {"overview", to_json(overview)}, {"sets", ordered_json::object()}};
  for (auto const& s : sets) j["sets"][s.id] = to_json(s);
  return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

std::string csv(std::vector<Report> const& reports) {
  std::string out = "file,metric,value,unit,low,high,confidence\n";
  for (auto const& r : reports)
    for (auto const& [path, m] : r.metrics())
      out += fmt::format("{},{},{},{},{},{},{}\n", csv_cell(r.file), path, std::isfinite(m->value) ? shortest(m->value) : "", m->dimension.unit(), m->interval ? shortest(m->interval->low) : "",
                         m->interval ? shortest(m->interval->high) : "", m->estimate ? confidence_name[static_cast<std::size_t>(m->confidence)] : "exact");
  return out;
}
std::string csv(std::vector<Column> const& columns) {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) out += (i ? "," : "") + csv_cell(columns[i].id);
  return out + '\n';
}

void append_csv(std::vector<Column> const& columns, std::vector<Cell> const& row, std::string& out) {
  for (std::size_t i = 0; i < columns.size() && i < row.size(); ++i) {
    if (i) out += ',';
    if (!columns[i].text) {
      if (std::isfinite(row[i].number)) out += shortest(row[i].number);
    } else if (row[i].text.find_first_of(",\"\r\n") == std::string::npos) {
      out += row[i].text;
    } else {
      out += csv_cell(row[i].text);
    }
  }
  out += '\n';
}

std::string csv(Table const& table) {
  std::string out = csv(table.columns);
  for (auto const& r : table.rows) append_csv(table.columns, r, out);
  return out;
}

std::string markdown(Section const& section) {
  std::string out;
  append_markdown(section, out);
  return out;
}
std::string markdown(Table const& table) {
  std::string head = "|", rule = "|", out;
  for (auto const& c : table.columns) head += ' ' + markdown_cell(c.label) + " |", rule += c.text ? " --- |" : " ---: |";
  if (!table.label.empty()) out += "**" + table.label + "**\n\n";
  out += head + '\n' + rule + '\n';
  for (auto const& r : table.rows) {
    out += '|';
    for (std::size_t i = 0; i < table.columns.size() && i < r.size(); ++i) out += ' ' + markdown_cell(cell_text(r[i], table.columns[i])) + " |";
    out += '\n';
  }
  return out;
}

std::string markdown(Report const& r) {
  std::string out = fmt::format("# {}\n\n{}\n\n", r.title.empty() ? r.summary : r.title, r.summary);
  if (!r.about.empty()) out += r.about + "\n\n";
  out += fmt::format("## Scorecard: {}\n\n| level | check | value | margin | verdict |\n| --- | --- | --- | ---: | --- |\n", verdict_name[static_cast<std::size_t>(r.card.verdict)]);
  for (auto const& l : r.card.levels) {
    if (l.checks.empty()) out += fmt::format("| {} | {} | | | {} |\n", l.id, l.why_not, verdict_name[static_cast<std::size_t>(l.verdict)]);
    for (auto const& c : l.checks)
      out += fmt::format("| {} | {} | {} | {} | {} |\n", l.id, markdown_cell(c.label), check_text(c), c.verdict == Verdict::not_judged ? "" : fmt::format("{:.0f} %", 100 * c.margin()), verdict_name[static_cast<std::size_t>(c.verdict)]);
  }
  if (!r.card.binding.empty()) out += fmt::format("\nBinds: {}. Next: {}.\n", r.card.binding, r.card.next);
  for (auto const& l : r.card.levels)
    for (auto const& c : l.checks)
      for (auto const& m : c.remedies) out += fmt::format("\n- {}: {}", m.change, m.effect);
  if (!r.card.knobs.empty()) {
    out += "\n| change | effect |\n| --- | --- |\n";
    for (auto const& k : r.card.knobs) out += fmt::format("| {} | {} |\n", markdown_cell(k.change), k.effect);
  }
  for (auto const& s : r.sections) append_markdown(s, out);
  out += "\n## Defaults and assumptions\n\n";
  for (auto const* f : assumptions(r.ledger)) out += fmt::format("- `{}` = {}{}\n", f->path, f->as_written, f->note.empty() ? "" : " — " + f->note);
  if (!r.warnings.empty()) out += "\n## Warnings\n\n";
  for (auto const& w : r.warnings) out += fmt::format("- {}\n", w);
  out += fmt::format("\nRegistry `{}`.\n", r.registry);
  return out;
}

}  // namespace mlsysim::render
