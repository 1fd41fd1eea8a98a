#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "mlsysim/render/explanation.hpp"
#include "mlsysim/teaching/lint.hpp"

namespace mlsysim::cli {
namespace {

/// The number of `E0142` or `142`; 0 if it is no such code.
int code_of(std::string_view text, char letter) {
  if (!text.empty() && (text[0] == letter || text[0] == letter - 'A' + 'a')) text.remove_prefix(1);
  if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != text.npos) return 0;
  return std::stoi(std::string(text));
}

void add_block(char const* title, std::string_view text, std::string& out) {
  if (text.empty()) return;
  out += fmt::format("\n{}:\n  ", title);
  for (char c : text) out += c == '\n' ? std::string("\n  ") : std::string(1, c);
  out += '\n';
}

Table pages_table() { return {"explain", "", {text_column("code"), text_column("title"), text_column("text"), text_column("refused"), text_column("accepted")}, {}}; }

void add(Table& t, ErrorPage const& p) { t.rows.push_back({{0, error_name(p.code)}, {0, std::string(p.title)}, {0, std::string(p.text)}, {0, std::string(p.example)}, {0, std::string(p.fix)}}); }

int explain_code(ErrorPage const& page, Common const& common) {
  if (common.format != "text") {
    Table t = pages_table();
    add(t, page);
    write(t, common);
    return done;
  }
  std::string out = fmt::format("{}: {}\n\n{}\n", error_name(page.code), page.title, page.text);
  add_block("Refused", page.example, out);
  add_block("Accepted", page.fix, out);
  write(out, common);
  return done;
}

void add(Table& t, teaching::LintPage const& p) { t.rows.push_back({{0, std::string(p.id)}, {0, std::string(p.title)}, {0, std::string(p.text) + ' ' + std::string(p.advice)}, {0, std::string(p.example)}, {}}); }

int explain_lint(teaching::LintPage const& page, Common const& common) {
  if (common.format != "text") {
    Table t = pages_table();
    add(t, page);
    write(t, common);
    return done;
  }
  std::string out = fmt::format("{}: {}\n\n{}\n{}", page.id, page.title, wrapped(page.text, 0), wrapped(page.advice, 0));
  add_block("Example", page.example, out);
  write(out, common);
  return done;
}

int explain_term(teaching::Term const& term, Common const& common) {
  if (common.format == "text") {
    write(render::term_text(term), common);
    return done;
  }
  Table t = render::glossary_table();
  std::erase_if(t.rows, [&](auto const& row) { return row[0].text != term.id; });
  write(t, common);
  return done;
}

int explain_number(ExplainOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const Report report = evaluated(o.what, catalogue);
  if (o.metric.empty()) {
    if (common.format == "html") throw InputError({{303, "a list of what can be asked is no page", {}, "", "--format text, json, csv or markdown; or name a metric"}});
    write(render::askable_table(report, common.all), common);
    return done;
  }
  explain_numbers(std::span(&report, 1), o.metric, o.depth, [&](std::size_t) { return "mlsysim explain " + o.what; }, common);
  return done;
}

teaching::Explanation explained(Report const& report, std::string const& metric) {
  if (auto e = teaching::explain(report, metric)) return std::move(*e);
  const std::string path = metric.substr(0, metric.find('/'));
  const auto all = teaching::askable(report);
  std::vector<std::string_view> names;
  for (auto const& a : all) names.push_back(a.path);
  std::string help;
  if (std::find(names.begin(), names.end(), path) != names.end()) {
    help = fmt::format("`{}` exists, but what stands behind the `/` leads to none of its inputs", path);
  } else {
    for (auto const& n : nearest(path, names, 3)) help += (help.empty() ? "nearest: " : ", ") + n;
    if (help.empty()) help = "`mlsysim explain SCENARIO` lists what can be asked";
  }
  throw InputError({{330, fmt::format("no number '{}' in this result", metric), {report.file, 0, 0, 1, {}}, "", std::move(help)}});
}

}  // namespace

void explain_numbers(std::span<const Report> reports, std::string const& metric, int depth, std::function<std::string(std::size_t)> const& command, Common const& common) {
  if (common.format == "csv") throw InputError({{303, "a derivation is no table", {}, "", "--format text, json, markdown or html"}});
  if (common.format == "html" && reports.size() > 1) throw InputError({{303, "a page explains one number", {}, "", "name one scenario"}});
  std::vector<teaching::Explanation> all;
  for (auto const& r : reports) all.push_back(explained(r, metric));
  if (common.format == "json") return write(render::explanation_json(reports, all), common);
  std::string out;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const render::ExplanationStyle how{depth, common.all, command(i)};
    if (i) out += '\n';
    if (common.format == "markdown") out += render::explanation_markdown(reports[i], all[i], how);
    else if (common.format == "html") out += render::explanation_html(reports[i], all[i], how);
    else out += render::explanation(reports[i], all[i], style(common), how);
  }
  write(out, common);
}

int explain(ExplainOptions const& o, Common const& common) {
  if (o.what.empty()) {
    Table t = pages_table();
    for (auto const& p : error_pages()) add(t, p);
    for (auto const& p : teaching::lint_pages()) add(t, p);
    for (auto const& term : teaching::glossary()) t.rows.push_back({{0, std::string(term.id)}, {0, std::string(term.name)}, {0, std::string(term.text)}, {}, {}});
    // The pages themselves would not fit beside each other.
    if (common.format == "text") t.columns.resize(2);
    write(t, common);
    return done;
  }
  if (ErrorPage const* page = error_page(code_of(o.what, 'E'))) return explain_code(*page, common);
  if (auto const* page = teaching::lint_page(o.what)) return explain_lint(*page, common);
  if (is_scenario(o.what)) return explain_number(o, common);
  if (auto const* term = teaching::term(o.what)) return explain_term(*term, common);
  if (auto const* term = teaching::term_of(o.what)) return explain_term(*term, common);
  std::vector<std::string> names;
  for (auto const& s : registry::builtin_scenarios()) {
    const auto file = s.path.substr(s.path.rfind('/') + 1);
    names.emplace_back(file.substr(0, file.rfind('.')));
  }
  for (auto const& term : teaching::glossary()) names.emplace_back(term.id);
  for (auto const& p : error_pages()) names.push_back(error_name(p.code));
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::string near;
  for (auto const& n : nearest(o.what, views, 3)) near += (near.empty() ? "; nearest: " : ", ") + n;
  throw InputError({{302, fmt::format("neither a scenario, nor a code, nor a term: '{}'{}", o.what, near), {}, "", "`mlsysim explain` lists codes and terms, `mlsysim list scenarios` the built-in scenarios"}});
}

int glossary(std::string const& name, Common const& common) {
  if (!name.empty()) {
    auto const* term = teaching::term(name);
    if (!term) term = teaching::term_of(name);
    if (term) return explain_term(*term, common);
    std::vector<std::string_view> names;
    for (auto const& t : teaching::glossary()) names.push_back(t.id);
    std::string near;
    for (auto const& n : nearest(name, names, 3)) near += (near.empty() ? "; nearest: " : ", ") + n;
    throw InputError({{302, fmt::format("no term '{}'{}", name, near), {}, "", "`mlsysim glossary` lists them"}});
  }
  if (common.format == "markdown") {
    write(render::glossary_markdown(), common);
    return done;
  }
  Table t = render::glossary_table();
  if (common.format == "text") t.columns.resize(3);
  write(t, common);
  return done;
}

}  // namespace mlsysim::cli
