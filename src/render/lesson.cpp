#include "mlsysim/render/lesson.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common.hpp"
#include "mlsysim/render/explanation.hpp"

namespace mlsysim::render {
namespace {

std::string step_markdown(teaching::SolutionStep const& s, bool with_numbers, bool with_result) {
  std::string out = fmt::format("${}", s.symbol.find('_') == s.symbol.npos && s.symbol.size() > 1 ? "\\mathrm{" + s.symbol + "}" : latex_symbol(s.symbol));
  std::vector<std::string> numbers;
  for (auto const& n : s.numbers) numbers.push_back(latex_number(n));
  if (s.equation) {
    out += " = " + s.equation->formula(true);
    if (with_numbers) out += " = " + s.equation->write(numbers, true);
  } else {
    std::string sum;
    for (auto const& n : numbers) sum += (sum.empty() ? "" : " + ") + n;
    if (with_numbers) out += " = " + sum;
  }
  out += " = ";
  out += with_result ? "\\mathbf{" + latex_number(s.value) + "}$" : "$ \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_";
  return out;
}

/// A symbol which two formulas use for different things says in which step it stands.
std::string used_in(teaching::Problem const& p, teaching::GivenValue const& g) {
  for (auto const& other : p.given)
    if (other.symbol == g.symbol && &other != &g) return fmt::format(" (in step {})", g.step);
  return {};
}

char const* part_name(std::size_t i) { return i % 3 == 0 ? "Worked example" : i % 3 == 1 ? "Complete the solution" : "On your own"; }

}  // namespace

std::string worksheet_markdown(teaching::Worksheet const& sheet, bool key) {
  std::string out = fmt::format("# {}\n\n", sheet.title);
  if (!sheet.about.empty()) out += sheet.about + "\n\n";
  out += fmt::format("Name: ______________________  Sheet {} (`{}`)\n", sheet.seed, sheet.file);
  for (std::size_t i = 0; i < sheet.problems.size(); ++i) {
    auto const& p = sheet.problems[i];
    if (i % 3 == 0) out += fmt::format("\n## {}. {}\n", i / 3 + 1, p.label);
    out += fmt::format("\n### {}.{} {}\n\n", i / 3 + 1, i % 3 + 1, part_name(i));
    if (!p.setting.empty()) out += fmt::format("The same scenario with {}.\n\n", p.setting);
    out += "Given:\n\n";
    for (auto const& g : p.given) out += fmt::format("- ${}$ = {}{}{}\n", latex_symbol(g.symbol), g.value, used_in(p, g), g.what.empty() ? "" : " — " + g.what);
    if (i % 3 == 2) {
      out += fmt::format("\nHow large is the {}? Show each step with its units.\n", p.label);
    } else {
      out += '\n';
      for (std::size_t k = 0; k < p.steps.size(); ++k) out += fmt::format("{}. {}\n", k + 1, step_markdown(p.steps[k], k < p.shown, k < p.shown));
    }
  }
  if (!key) return out;
  out += fmt::format("\n---\n\n# Key to sheet {}\n\nTolerance: 1 %, in any unit.\n", sheet.seed);
  for (std::size_t i = 0; i < sheet.problems.size(); ++i) {
    auto const& p = sheet.problems[i];
    if (i % 3 == 0) continue;
    out += fmt::format("\n**{}.{}** {} = **{}**\n\n", i / 3 + 1, i % 3 + 1, p.label, p.steps.back().value);
    for (std::size_t k = p.shown; k < p.steps.size(); ++k) out += fmt::format("{}. {}\n", k + 1, step_markdown(p.steps[k], true, true));
  }
  return out;
}

std::string worksheet_html(teaching::Worksheet const& sheet, bool key) {
  std::string out = fmt::format("<h1>{}</h1>\n<p>{}</p>\n<p>Name: ______________________ &emsp; Sheet {} <span class=w>{}</span></p>\n", escaped(sheet.title), escaped(sheet.about), sheet.seed, escaped(sheet.file));
  const auto step = [](teaching::SolutionStep const& s, bool with_numbers, bool with_result) {
    std::string line = symbol_html(s.symbol);
    if (s.equation) line += " = " + formula_html(*s.equation, {});
    if (with_numbers) line += " = " + (s.equation ? formula_html(*s.equation, s.numbers) : [&] {
      std::string sum;
      for (auto const& n : s.numbers) sum += (sum.empty() ? "" : " + ") + escaped(n);
      return sum;
    }());
    return line + " = " + (with_result ? "<b>" + escaped(s.value) + "</b>" : "______________");
  };
  for (std::size_t i = 0; i < sheet.problems.size(); ++i) {
    auto const& p = sheet.problems[i];
    if (i % 3 == 0) out += fmt::format("<h2>{}. {}</h2>\n", i / 3 + 1, escaped(p.label));
    out += fmt::format("<h3>{}.{} {}</h3>\n", i / 3 + 1, i % 3 + 1, part_name(i));
    if (!p.setting.empty()) out += fmt::format("<p>The same scenario with {}.</p>\n", escaped(p.setting));
    out += "<table>\n";
    for (auto const& g : p.given) out += fmt::format("<tr><td>{} = {}{}</td><td class=w>{}</td></tr>\n", symbol_html(g.symbol), escaped(g.value), used_in(p, g), escaped(g.what));
    out += "</table>\n";
    if (i % 3 == 2) {
      out += fmt::format("<p>How large is the {}? Show each step with its units.</p>\n<div style='height:9em'></div>\n", escaped(p.label));
    } else {
      out += "<ol>\n";
      for (std::size_t k = 0; k < p.steps.size(); ++k) out += "<li class=f>" + step(p.steps[k], k < p.shown, k < p.shown) + "</li>\n";
      out += "</ol>\n";
    }
  }
  if (key) {
    out += fmt::format("<h1 style='break-before:page'>Key to sheet {}</h1>\n<p>Tolerance: 1 %, in any unit.</p>\n", sheet.seed);
    for (std::size_t i = 0; i < sheet.problems.size(); ++i) {
      auto const& p = sheet.problems[i];
      if (i % 3 == 0) continue;
      out += fmt::format("<p><b>{}.{}</b> {} = <b>{}</b></p>\n<ol start={}>\n", i / 3 + 1, i % 3 + 1, escaped(p.label), escaped(p.steps.back().value), p.shown + 1);
      for (std::size_t k = p.shown; k < p.steps.size(); ++k) out += "<li class=f>" + step(p.steps[k], true, true) + "</li>\n";
      out += "</ol>\n";
    }
  }
  return html_page(sheet.title, out);
}

std::string question(teaching::Stage const& s, std::size_t number, std::size_t count, TextStyle const& style) {
  const auto bold = [&](std::string const& t) { return style.colour ? "\033[1m" + t + "\033[0m" : t; };
  std::string out = bold(fmt::format("[{}/{}] {}{}", number, count, s.layer == "scorecard" ? "" : "Layer " + s.layer + ": ", s.title)) + '\n';
  if (!s.about.empty()) out += s.about + '\n';
  if (!s.ask.empty()) out += "Before you look: " + s.ask + '\n';
  return out;
}

std::string answer(teaching::Stage const& s, TextStyle const& style) {
  if (!s.judged) return text(s.section, style);
  std::string out = fmt::format("\n  {}{}\n", verdict_name[static_cast<std::size_t>(s.level.verdict)], s.level.why_not.empty() ? "" : ": " + s.level.why_not);
  for (auto const& c : s.level.checks) {
    out += fmt::format("  {:<4} {:<24} {}", c.verdict == Verdict::pass ? "ok" : c.verdict == Verdict::fail ? "FAIL" : "-", c.label, check_text(c, style.binary_units));
    if (c.verdict != Verdict::not_judged) out += fmt::format("   margin {:.0f} %", 100 * c.margin());
    out += '\n';
    for (auto const& r : c.remedies) out += fmt::format("       {} {}  {}\n", r.sufficient ? "would fit:" : "would help:", r.change, r.effect);
  }
  return out;
}

std::string text(teaching::Stage const& s, std::size_t number, std::size_t count, TextStyle const& style) { return question(s, number, count, style) + answer(s, style); }

}  // namespace mlsysim::render
