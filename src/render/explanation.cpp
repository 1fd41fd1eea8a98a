#include "mlsysim/render/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common.hpp"
#include "mlsysim/teaching/formula.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

using teaching::Explanation;
using teaching::Formula;

std::string number_text(double v, Dimension const& d) { return display(v, d, 5); }

/// One number of a derivation with what it came from.
struct Branch {
  std::string label, value;
  EquationInfo const* equation = nullptr;
  std::string sum;                   ///< what is summed; empty if it is no sum
  std::vector<std::string> numbers;  ///< put into the formula
  std::string path;                  ///< asks for this number alone
  std::string where;                 ///< of a fact: where it stands
  std::string mark;                  ///< of a fact: verified, UNVERIFIED, assumed, given
  bool again = false;                ///< stands above
  bool cut = false;                  ///< goes on below `path`
  std::string rest;                  ///< parts which are not shown
  std::vector<Branch> children;
};

class Grower {
 public:
  Grower(Report const& report, ExplanationStyle const& how) : r_{report}, how_{how}, seen_(report.ledger.steps().size()) {}

  Branch grow(Origin origin, double value, Dimension const& dimension, std::string label, std::string path, int depth) {
    Branch b;
    b.label = std::move(label);
    b.value = number_text(value, dimension);
    b.path = std::move(path);
    if (Step const* s = r_.ledger.step(origin)) {
      b.equation = s->equation;
      b.sum = s->equation ? "" : s->label.empty() ? "parts" : s->label;
      for (auto const& i : s->inputs) b.numbers.push_back(number_text(i.value, i.dimension));
      if (seen_[origin.index()]) {
        b.again = true;
      } else if (depth <= 0 && !how_.all && !of_facts(*s)) {
        b.cut = true;
      } else {
        seen_[origin.index()] = true;
        inputs(*s, b, depth);
      }
    } else if (Fact const* f = r_.ledger.fact(origin)) {
      fact(*f, value, b);
    }
    return b;
  }

 private:
  bool of_facts(Step const& s) const {
    return std::all_of(s.inputs.begin(), s.inputs.end(), [&](StepInput const& i) { return !r_.ledger.step(i.origin); });
  }
  void inputs(Step const& s, Branch& b, int depth) {
    std::vector<std::size_t> order(s.inputs.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::size_t shown = order.size();
    if (!s.equation) {
      // The largest parts tell the story.
      std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return s.inputs[x].value > s.inputs[y].value; });
      if (!how_.all) shown = std::min<std::size_t>(3, shown);
    }
    for (std::size_t k = 0; k < shown; ++k) {
      auto const& in = s.inputs[order[k]];
      std::string label = s.equation ? std::string(s.equation->symbols[order[k]]) : fmt::format("part {}", order[k] + 1);
      if (const auto name = r_.ledger.step(in.origin) ? teaching::name_of(r_, in.origin, in.value, in.dimension) : std::string(); !name.empty() && name != label) label += fmt::format(" ({})", name);
      b.children.push_back(grow(in.origin, in.value, in.dimension, std::move(label), fmt::format("{}/{}", b.path, order[k] + 1), depth - 1));
    }
    if (shown < order.size()) {
      double rest = 0;
      for (std::size_t k = shown; k < order.size(); ++k) rest += s.inputs[order[k]].value;
      b.rest = fmt::format("{} smaller parts = {} (--all shows them)", order.size() - shown, number_text(rest, s.inputs[0].dimension));
    }
  }
  void fact(Fact const& f, double value, Branch& b) const {
    b.where = f.path;
    if (f.value != value && f.dimension == Dimension() && f.value != 0) b.where = "from " + b.where + " = " + f.as_written;
    if (f.kind == Origin::Kind::assumed) {
      b.mark = "assumed";
      b.where += ": " + f.note;
    } else if (Source const* s = r_.ledger.source(f)) {
      b.mark = s->verified() ? "verified" : "UNVERIFIED";
      b.where += fmt::format(": {} [{}{}{}]", s->title, source_kind_name[static_cast<std::size_t>(s->kind)], s->verified() ? ", read " + s->seen : ", UNVERIFIED: never opened", f.as_of.empty() ? "" : ", as of " + f.as_of);
    } else {
      b.mark = "given";
      if (!f.file.empty()) b.where += fmt::format(" ({}:{})", f.file, f.line);
    }
  }

  Report const& r_;
  ExplanationStyle const& how_;
  std::vector<bool> seen_;
};

Branch tree_of(Report const& r, Explanation const& e, ExplanationStyle const& how) {
  return Grower(r, how).grow(e.what.origin, e.what.value, e.what.dimension, e.what.label, e.what.path + (e.step.empty() ? "" : '/' + e.step), how.depth);
}

std::string value_of(Explanation const& e) { return value_text(e.what.value, e.what.dimension, e.what.percent); }

std::string binary_of(Explanation const& e) {
  return e.what.dimension == Dimension("B") && std::abs(e.what.value) >= 1048576 ? value_text(e.what.value, e.what.dimension, false, true) : std::string();
}

/// Where a fact stands and whether anybody read it there.
std::string origin_of(Ledger const& ledger, Fact const& f) {
  if (f.kind == Origin::Kind::assumed) return "assumed: " + f.note;
  if (Source const* s = ledger.source(f)) return fmt::format("{} [{}]", s->title, s->verified() ? "read " + s->seen : "UNVERIFIED");
  return f.file.empty() ? "given" : fmt::format("{}:{}", f.file, f.line);
}

struct Mover {
  double elasticity;
  std::string fact, origin, swing;
};
std::vector<Mover> movers(Report const& r, Explanation const& e, std::size_t most) {
  std::vector<Mover> out;
  for (auto const& i : e.influences) {
    if (out.size() == most || std::abs(i.elasticity) < 0.005) break;
    Fact const& f = *r.ledger.fact(i.origin);
    out.push_back({i.elasticity, fmt::format("{} = {}", f.path, f.as_written), origin_of(r.ledger, f), i.swing ? fmt::format("{} over its range", interval_text(*i.swing, e.what.dimension, e.what.percent)) : ""});
  }
  return out;
}

/// The assumption or unverified number on which the result rests most.
std::string weakest_support(Report const& r, Explanation const& e) {
  for (auto const& i : e.influences) {
    Fact const& f = *r.ledger.fact(i.origin);
    Source const* s = r.ledger.source(f);
    const bool assumed = f.kind == Origin::Kind::assumed, unverified = s && !s->verified();
    // What the scenario leaves out is a choice, not something which may be wrong.
    if (f.path.starts_with("system.") || f.path.starts_with("workload.")) continue;
    if ((!assumed && !unverified) || std::abs(i.elasticity) < 0.005) continue;
    return fmt::format("the {} which counts most is {} = {}: 1 % of it moves the result by {:.2g} %{}", assumed ? "assumption" : "unverified number", f.path, f.as_written, std::abs(i.elasticity), assumed && !f.note.empty() ? " (" + f.note + ")" : "");
  }
  return e.influences.empty() ? "" : "no assumption moves it";
}

std::string check_line(Check const& c) {
  std::string out = fmt::format("{}: {}", c.label, check_text(c));
  if (c.verdict != Verdict::not_judged) out += fmt::format(", margin {:.0f} % of the limit: {}", 100 * c.margin(), verdict_name[static_cast<std::size_t>(c.verdict)]);
  return out;
}

std::string variant_line(teaching::Variant const& v) {
  std::string out = v.name;
  if (std::isfinite(v.value)) out += fmt::format("{}{}", out.empty() ? "" : " = ", value_text(v.value, v.dimension, v.percent));
  if (!v.path.empty()) out += fmt::format(" ({})", v.path);
  return out + (out.empty() ? "" : ": ") + v.differs;
}

std::string plain(std::string_view text, TextStyle const& style) {
  if (style.unicode) return std::string(text);
  std::string out;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x80) out += c;
    else if ((u & 0xC0U) == 0xC0U) out += '?';
  }
  return out;
}

void write_text(Branch const& b, ExplanationStyle const& how, TextStyle const& style, int depth, std::string& out) {
  const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
  const auto ink = [&](std::string_view text, char const* code) { return style.colour ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text); };
  out += fmt::format("{}{} = {}", indent, plain(b.label, style), ink(b.value, "1"));
  if (!b.where.empty()) out += "   " + ink(plain(fmt::format("{}{}", b.mark == "assumed" ? "assumed " : "", b.where), style), "2");
  if (b.cut) out += "   " + ink(fmt::format("... {} {}", how.command, b.path), "2");
  if (b.again) out += "   " + ink("as above", "2");
  out += '\n';
  if (b.again || b.cut) return;
  if (b.equation) {
    out += fmt::format("{}  = {}   {}\n", indent, b.equation->formula(), ink(fmt::format("[{}; {}]", b.equation->id, b.equation->cites), "2"));
    out += fmt::format("{}  = {}\n", indent, b.equation->write(b.numbers, false));
  } else if (!b.sum.empty()) {
    out += fmt::format("{}  = sum of {} parts: {}\n", indent, b.numbers.size(), b.sum);
  }
  for (auto const& c : b.children) write_text(c, how, style, depth + 2, out);
  if (!b.rest.empty()) out += fmt::format("{}    {}\n", indent, b.rest);
}

void write_markdown(Branch const& b, ExplanationStyle const& how, int depth, std::string& out) {
  const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
  const bool symbol = depth > 0 && b.label.find(' ') == std::string::npos;
  out += fmt::format("{}- {} = **{}**", indent, symbol ? '$' + latex_symbol(b.label) + '$' : b.label, b.value);
  if (!b.where.empty()) out += fmt::format(" — {}{}", b.mark == "assumed" ? "assumed " : "", b.where);
  if (b.cut) out += fmt::format(" — `{}{}{}`", how.command, how.command.empty() ? "" : " ", b.path);
  if (b.again) out += " — as above";
  out += '\n';
  if (b.again || b.cut) return;
  if (b.equation) {
    std::vector<std::string> numbers;
    for (auto const& n : b.numbers) numbers.push_back(latex_number(n));
    out += fmt::format("{}  $= {}$ [{}; {}]\n{}  $= {}$\n", indent, b.equation->formula(true), b.equation->id, b.equation->cites, indent, b.equation->write(numbers, true));
  } else if (!b.sum.empty()) {
    out += fmt::format("{}  sum of {} parts: {}\n", indent, b.numbers.size(), b.sum);
  }
  for (auto const& c : b.children) write_markdown(c, how, depth + 1, out);
  if (!b.rest.empty()) out += fmt::format("{}  - {}\n", indent, b.rest);
}

/// A formula as MathML.
class MathMl {
 public:
  MathMl(Formula const& f, std::span<const std::string> leaves) : f_{f}, leaves_{leaves} {}
  std::string write() const { return "<math>" + node(f_.nodes().size() - 1, 0) + "</math>"; }

 private:
  using Kind = Formula::Kind;
  static int rank(Kind k) { return k == Kind::add || k == Kind::subtract ? 1 : k == Kind::multiply ? 2 : 3; }
  std::string node(std::size_t i, int needed) const {
    auto const& n = f_.nodes()[i];
    const auto op = [&](char const* sign, int left, int right) { return "<mrow>" + node(n.operands[0], left) + "<mo>" + sign + "</mo>" + node(n.operands[1], right) + "</mrow>"; };
    std::string out;
    switch (n.kind) {
      case Kind::number: return "<mn>" + shortest(n.number) + "</mn>";
      case Kind::argument: return leaves_[n.argument];
      case Kind::add: out = op("+", 1, 1); break;
      case Kind::subtract: out = op("−", 1, 2); break;
      case Kind::multiply: out = op("·", 2, 2); break;
      case Kind::divide: return "<mfrac>" + node(n.operands[0], 0) + node(n.operands[1], 0) + "</mfrac>";
      case Kind::power: return "<msup>" + node(n.operands[0], 4) + node(n.operands[1], 0) + "</msup>";
      case Kind::negate: return "<mrow><mo>−</mo>" + node(n.operands[0], 3) + "</mrow>";
      case Kind::call: {
        if (n.name == "sqrt") return "<msqrt>" + node(n.operands[0], 0) + "</msqrt>";
        const bool up = n.name == "ceil", down = n.name == "floor";
        out = up ? "<mrow><mo>⌈</mo>" : down ? "<mrow><mo>⌊</mo>" : "<mrow><mi>" + n.name + "</mi><mo>(</mo>";
        for (std::size_t k = 0; k < n.operands.size(); ++k) out += (k ? "<mo>,</mo>" : "") + node(n.operands[k], 0);
        return out + (up ? "<mo>⌉</mo></mrow>" : down ? "<mo>⌋</mo></mrow>" : "<mo>)</mo></mrow>");
      }
    }
    return rank(n.kind) < needed ? "<mrow><mo>(</mo>" + out + "<mo>)</mo></mrow>" : out;
  }
  Formula const& f_;
  std::span<const std::string> leaves_;
};

std::string symbol_ml(std::string_view symbol) {
  const auto word = [](std::string_view w) {
    constexpr std::pair<std::string_view, char const*> greek[] = {{"alpha", "α"}, {"beta", "β"}, {"gamma", "γ"}, {"delta", "δ"}, {"eta", "η"}, {"lambda", "λ"}, {"mu", "μ"}, {"rho", "ρ"}, {"sigma", "σ"}, {"tau", "τ"}};
    for (auto const& [name, letter] : greek)
      if (w == name) return fmt::format("<mi>{}</mi>", letter);
    return fmt::format("<mi>{}</mi>", w);
  };
  const auto cut = symbol.find('_');
  return cut == symbol.npos ? word(symbol) : fmt::format("<msub>{}{}</msub>", word(symbol.substr(0, cut)), word(symbol.substr(cut + 1)));
}

std::string formula_ml(EquationInfo const& e, std::vector<std::string> const* numbers) {
  const auto f = Formula::of(e);
  if (!f) return "<code>" + escaped(numbers ? e.write(*numbers, false) : e.formula()) + "</code>";
  std::vector<std::string> leaves;
  for (std::size_t i = 0; i < e.symbols.size(); ++i) leaves.push_back(numbers ? "<mtext>" + escaped((*numbers)[i]) + "</mtext>" : symbol_ml(e.symbols[i]));
  return MathMl(*f, leaves).write();
}

void write_html(Branch const& b, ExplanationStyle const& how, int depth, std::string& out) {
  std::string head = fmt::format("<span class=l>{}</span> = <b>{}</b>", escaped(b.label), escaped(b.value));
  if (!b.mark.empty()) head += fmt::format(" <span class='mark {0}'>{0}</span>", b.mark);
  if (!b.where.empty()) head += fmt::format(" <span class=w>{}</span>", escaped(b.where));
  if (b.again) head += " <span class=w>as above</span>";
  if (b.cut) head += fmt::format(" <span class=w><code>{} {}</code></span>", escaped(how.command), escaped(b.path));
  const bool leaf = b.again || b.cut || (!b.equation && b.sum.empty());
  if (leaf) {
    out += "<div class=leaf>" + head + "</div>\n";
    return;
  }
  out += fmt::format("<details{}><summary>{}</summary>\n", depth < 2 ? " open" : "", head);
  if (b.equation) out += fmt::format("<p class=f>= {} <span class=w>[{}; {}]</span></p>\n<p class=f>= {}</p>\n", formula_ml(*b.equation, nullptr), escaped(b.equation->id), escaped(b.equation->cites), formula_ml(*b.equation, &b.numbers));
  else out += fmt::format("<p class=f>= sum of {} parts: {}</p>\n", b.numbers.size(), escaped(b.sum));
  for (auto const& c : b.children) write_html(c, how, depth + 1, out);
  if (!b.rest.empty()) out += "<div class=leaf>" + escaped(b.rest) + "</div>\n";
  out += "</details>\n";
}

}  // namespace

std::string formula_html(EquationInfo const& equation, std::vector<std::string> const& numbers) { return formula_ml(equation, numbers.empty() ? nullptr : &numbers); }
std::string symbol_html(std::string_view symbol) { return "<math>" + symbol_ml(symbol) + "</math>"; }

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<style>
:root {{ color-scheme: light dark; --dim: #667; --line: #8884; --ok: #0a7a5a; --bad: #b4400a; }}
@media (prefers-color-scheme: dark) {{ :root {{ --dim: #9ab; --ok: #4cc9a0; --bad: #f0a060; }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }}
details, .leaf {{ margin: .2em 0 .2em .3em; padding-left: 1em; border-left: 2px solid var(--line); }}
summary {{ cursor: pointer; margin-left: -.6em; }}
.leaf {{ padding-left: 1.4em; }} .f {{ margin: .3em 0 .3em 1em; overflow-x: auto; }}
.w {{ color: var(--dim); font-size: .9em; }} code {{ font-size: .95em; }}
.mark {{ font-size: .75em; border: 1px solid var(--line); border-radius: .6em; padding: 0 .5em; }}
.verified {{ color: var(--ok); }} .UNVERIFIED, .assumed {{ color: var(--bad); }}
table {{ border-collapse: collapse; }} td, th {{ padding: .15em .8em .15em 0; text-align: left; vertical-align: top; }}
td.n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
</style></head><body>
{1}</body></html>
)html", escaped(title), body);
}

std::string explanation(Report const& r, Explanation const& e, TextStyle const& style, ExplanationStyle const& how) {
  const auto bold = [&](std::string_view text) { return style.colour ? fmt::format("\033[1m{}\033[0m", text) : std::string(text); };
  std::string out = bold(fmt::format("{}{}: {} = {}", e.what.path, e.step.empty() ? "" : '/' + e.step, plain(e.what.label, style), value_of(e))) + '\n';
  if (e.term) out += fmt::format("  definition {}: {}\n", e.term->id, plain(e.term->text, style));
  if (!e.what.note.empty()) out += fmt::format("  {}\n", plain(e.what.note, style));
  if (const auto b = binary_of(e); !b.empty()) out += fmt::format("  = {}\n", b);
  if (e.confidence) out += fmt::format("  {}{}\n", confidence_name[static_cast<std::size_t>(*e.confidence)], e.interval ? ", 90 %: " + interval_text(*e.interval, e.what.dimension, e.what.percent) : "");
  out += '\n';
  if (e.what.origin.kind() == Origin::Kind::unknown) out += e.what.note.empty() ? "no steps are recorded for this number\n" : "";
  else write_text(tree_of(r, e, how), how, style, 0, out);
  if (const auto all = movers(r, e, how.all ? 1000 : 6); !all.empty()) {
    out += '\n' + bold("What moves it") + "  (1 % more of the input changes the result by)\n";
    std::size_t width = 0;
    for (auto const& m : all) width = std::max(width, std::min<std::size_t>(m.fact.size(), 64));
    for (auto const& m : all) {
      out += fmt::format("  {:+6.2f} %  {:<{}}  {}\n", m.elasticity, m.fact, width, plain(m.origin, style));
      if (!m.swing.empty()) out += fmt::format("            {}\n", m.swing);
    }
    out += fmt::format("  {}\n", plain(weakest_support(r, e), style));
  }
  if (!e.compared.empty()) out += '\n' + bold("Compared with") + '\n';
  for (auto const& c : e.compared) out += "  " + check_line(c) + '\n';
  if (!e.confused.empty()) out += '\n' + bold("Often confused with") + '\n';
  for (auto const& v : e.confused) out += "  " + plain(variant_line(v), style) + '\n';
  return out;
}

std::string explanation_markdown(Report const& r, Explanation const& e, ExplanationStyle const& how) {
  std::string out = fmt::format("## `{}{}`: {} = {}\n\n", e.what.path, e.step.empty() ? "" : '/' + e.step, e.what.label, value_of(e));
  if (e.term) {
    out += fmt::format("*{}*: {}", e.term->id, e.term->text);
    out += e.term->latex.empty() ? "\n\n" : fmt::format(" ${}$\n\n", e.term->latex);
  }
  if (!e.what.note.empty()) out += e.what.note + "\n\n";
  if (const auto b = binary_of(e); !b.empty()) out += fmt::format("= {}\n\n", b);
  if (e.confidence) out += fmt::format("{}{}\n\n", confidence_name[static_cast<std::size_t>(*e.confidence)], e.interval ? ", 90 %: " + interval_text(*e.interval, e.what.dimension, e.what.percent) : "");
  if (e.what.origin.kind() != Origin::Kind::unknown) write_markdown(tree_of(r, e, how), how, 0, out);
  if (const auto all = movers(r, e, how.all ? 1000 : 6); !all.empty()) {
    out += "\n### What moves it\n\n| 1 % more of | changes the result by | from |\n| --- | ---: | --- |\n";
    for (auto const& m : all) out += fmt::format("| `{}` | {:+.2f} % | {} |\n", m.fact, m.elasticity, m.origin);
    out += '\n' + weakest_support(r, e) + '\n';
  }
  if (!e.compared.empty()) out += "\n### Compared with\n\n";
  for (auto const& c : e.compared) out += "- " + check_line(c) + '\n';
  if (!e.confused.empty()) out += "\n### Often confused with\n\n";
  for (auto const& v : e.confused) out += "- " + variant_line(v) + '\n';
  return out;
}

std::string explanation_html(Report const& r, Explanation const& e, ExplanationStyle const& how) {
  const std::string path = e.what.path + (e.step.empty() ? "" : '/' + e.step);
  std::string out = fmt::format("<h1>{} = {}</h1>\n<p class=w><code>{}</code> of {}</p>\n", escaped(e.what.label), escaped(value_of(e)), escaped(path), escaped(r.title.empty() ? r.summary : r.title));
  if (e.term) out += fmt::format("<p><b>{}</b>: {}</p>\n", escaped(e.term->name), escaped(e.term->text));
  if (!e.what.note.empty()) out += fmt::format("<p>{}</p>\n", escaped(e.what.note));
  if (const auto b = binary_of(e); !b.empty()) out += fmt::format("<p>= {}</p>\n", escaped(b));
  if (e.confidence) out += fmt::format("<p>{}{}</p>\n", confidence_name[static_cast<std::size_t>(*e.confidence)], e.interval ? ", 90 %: " + escaped(interval_text(*e.interval, e.what.dimension, e.what.percent)) : "");
  out += "<h2>How it is computed</h2>\n";
  if (e.what.origin.kind() != Origin::Kind::unknown) write_html(tree_of(r, e, how), how, 0, out);
  if (const auto all = movers(r, e, how.all ? 1000 : 10); !all.empty()) {
    out += "<h2>What moves it</h2>\n<table><tr><th>1 % more of</th><th>changes it by</th><th>from</th></tr>\n";
    for (auto const& m : all) out += fmt::format("<tr><td>{}</td><td class=n>{:+.2f} %</td><td class=w>{}</td></tr>\n", escaped(m.fact), m.elasticity, escaped(m.origin));
    out += fmt::format("</table>\n<p>{}</p>\n", escaped(weakest_support(r, e)));
  }
  const auto list = [&](char const* title, auto const& items, auto line) {
    if (items.empty()) return;
    out += fmt::format("<h2>{}</h2>\n<ul>\n", title);
    for (auto const& i : items) out += "<li>" + escaped(line(i)) + "</li>\n";
    out += "</ul>\n";
  };
  list("Compared with", e.compared, check_line);
  list("Often confused with", e.confused, variant_line);
  out += fmt::format("<p class=w>mlsysim {}, registry {}</p>\n", escaped(r.version), escaped(r.registry.substr(0, 12)));
  return html_page(fmt::format("{}: {} = {}", path, e.what.label, value_of(e)), out);
}

Table askable_table(Report const& report, bool all) {
  const auto text_column = [](char const* id) { return Column{id, id, {}, true, false, {}}; };
  Table t{"askable", "", {text_column("path"), text_column("value"), text_column("what"), text_column("definition"), text_column("section")}, {}};
  for (auto const& a : teaching::askable(report)) {
    if (!all && !a.metric && a.group != "Scorecard") continue;
    t.rows.push_back({{0, a.path}, {0, value_text(a.value, a.dimension, a.percent)}, {0, a.label}, {0, a.metric && teaching::term_of(a.path) ? teaching::definition_id(a.path) : ""}, {0, a.group}});
  }
  return t;
}

Table glossary_table() {
  const auto text_column = [](char const* id) { return Column{id, id, {}, true, false, {}}; };
  Table t{"glossary", "", {text_column("id"), text_column("name"), text_column("definition"), text_column("formula"), text_column("metrics"), text_column("source")}, {}};
  for (auto const& term : teaching::glossary()) {
    std::string metrics;
    for (auto const& m : term.metrics) metrics += (metrics.empty() ? "" : ", ") + std::string(m);
    t.rows.push_back({{0, std::string(term.id)}, {0, std::string(term.name)}, {0, std::string(term.text)}, {0, std::string(term.formula)}, {0, metrics}, {0, std::string(term.source)}});
  }
  return t;
}

std::string term_text(teaching::Term const& t) {
  std::string out = fmt::format("{} ({})\n\n{}\n", t.name, t.id, t.text);
  if (!t.formula.empty()) out += fmt::format("\n  = {}   [{}]\n", t.formula, t.source);
  std::string metrics;
  for (auto const& m : t.metrics) metrics += (metrics.empty() ? "" : ", ") + std::string(m);
  out += fmt::format("\nMetrics: {}\n", metrics);
  if (!t.confused.empty()) out += "\nOften confused with\n";
  for (auto const& c : t.confused) {
    teaching::Term const* other = c.with.empty() ? nullptr : teaching::term(c.with);
    out += fmt::format("  {}{}\n", other ? fmt::format("{}: ", other->name) : "", c.differs);
  }
  return out;
}

std::string glossary_markdown() {
  std::string out = "# Glossary\n\nEach metric is defined once; JSON carries the id beside every number.\n";
  for (auto const& t : teaching::glossary()) {
    out += fmt::format("\n## {} {{#{}}}\n\n{}\n", t.name, t.id, t.text);
    if (!t.latex.empty()) out += fmt::format("\n$$\n{}\n$$\n", t.latex);
    std::string metrics;
    for (auto const& m : t.metrics) metrics += (metrics.empty() ? "" : ", ") + fmt::format("`{}`", m);
    out += fmt::format("\nMetrics: {}. Source: {}.\n", metrics, t.source);
    if (!t.confused.empty()) out += "\nOften confused with:\n\n";
    for (auto const& c : t.confused) {
      teaching::Term const* other = c.with.empty() ? nullptr : teaching::term(c.with);
      out += other ? fmt::format("- [{}](#{}): {}\n", other->name, other->id, c.differs) : fmt::format("- {}\n", c.differs);
    }
  }
  return out;
}

}  // namespace mlsysim::render
