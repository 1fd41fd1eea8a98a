#include "mlsysim/render/grade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common.hpp"

namespace mlsysim {
namespace {

double rounded(double points) { return std::round(points * 100) / 100; }

}  // namespace

double Grade::points() const {
  double sum = 0;
  for (auto const& i : items) sum += i.points;
  return rounded(sum);
}
double Grade::max() const {
  double sum = 0;
  for (auto const& i : items) sum += i.max;
  return rounded(sum);
}

namespace render {
namespace {

using Json = nlohmann::ordered_json;

std::string status(GradeItem const& i) { return grade_status_name[static_cast<std::size_t>(i.status)]; }

/// What is said about a question, a line for each step.
std::string said(GradeItem const& i) {
  if (i.status == GradeStatus::missing) return "missing\n";
  if (!i.shown) return "received\n";
  std::string out;
  for (auto const& [step, text] : i.steps) out += fmt::format("{}: {}\n", step, text);
  return out.empty() ? status(i) + '\n' : out;
}

std::string missing(Grade const& g) { return fmt::format("{}", fmt::join(g.missing, ", ")); }

/// As an attribute or text of XML: lines stay lines; control characters have no place in it at all.
std::string xml(std::string_view text) {
  std::string out;
  for (char c : escaped(text)) {
    if (c == '\n') out += "&#10;";
    else out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return out;
}

/// Text of a student inside of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|' || c == '`' || c == '<') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

std::string points_text(double points) {
  const double r = rounded(points);
  std::string out = fmt::format("{:.2f}", r == 0 ? 0.0 : r);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string points_line(Grade const& g) { return fmt::format("{}/{}\n", points_text(g.points()), points_text(g.max())); }

std::string text(Grade const& g, TextStyle const& style) {
  std::string out = fmt::format("{}{}{}{}\n", g.lab, g.student.empty() ? "" : "  " + g.student, g.track.empty() ? "" : "  track " + g.track, g.variant.empty() ? "" : "  (" + g.variant + ')');
  if (!g.problem.empty()) out += g.problem + (g.problem.back() == '\n' ? "" : "\n");
  std::size_t widest = 0;
  for (auto const& i : g.items) widest = std::max(widest, i.id.size());
  const auto colour = [&](GradeStatus s) {
    if (!style.colour) return "";
    return s == GradeStatus::right ? "\x1b[32m" : s == GradeStatus::wrong ? "\x1b[31m" : s == GradeStatus::partly ? "\x1b[33m" : "";
  };
  for (auto const& i : g.items) {
    const std::string points = i.max > 0 ? fmt::format("{}/{}", points_text(i.points), points_text(i.max)) : std::string();
    const std::string word = i.shown || i.status == GradeStatus::missing ? status(i) : "received";
    out += fmt::format("  {:<{}}  {:>7}  {}{}{}{}\n", i.id, widest, points, colour(i.status), word, *colour(i.status) ? "\x1b[0m" : "", i.answer.empty() || i.answer.size() > 60 ? "" : "  (you wrote " + i.answer + ')');
    if (i.shown)
      for (auto const& [step, message] : i.steps) out += fmt::format("      {:<9} {}\n", step, message);
  }
  // What is missing among the questions has its line above.
  std::string rest;
  for (auto const& m : g.missing)
    if (std::none_of(g.items.begin(), g.items.end(), [&](auto const& i) { return i.id == m || (i.status == GradeStatus::missing && m.ends_with(".yaml")); })) rest += (rest.empty() ? "" : ", ") + m;
  if (!rest.empty()) out += fmt::format("  missing: {}\n", rest);
  if (g.max() > 0) out += fmt::format("  points  {}/{}\n", points_text(g.points()), points_text(g.max()));
  return out;
}

std::string markdown(Grade const& g) {
  std::string out = fmt::format("## {}: {}\n\n{} of {} points. Track {}.{} Registry {}.\n\n", g.title, g.student.empty() ? "no name" : cell(g.student), points_text(g.points()), points_text(g.max()), cell(g.track),
                                g.variant.empty() ? "" : fmt::format(" Variant: {}.", g.variant), g.registry.substr(0, 12));
  if (!g.problem.empty()) out += fmt::format("Not graded: {}\n\n", cell(g.problem));
  out += "| question | answer | points | verdict | said |\n| --- | --- | ---: | --- | --- |\n";
  for (auto const& i : g.items) {
    std::string lines = said(i);
    std::string said_cell;
    for (std::size_t at = 0; at < lines.size();) {
      const auto end = std::min(lines.find('\n', at), lines.size());
      said_cell += (said_cell.empty() ? "" : "<br>") + cell(std::string_view(lines).substr(at, end - at));
      at = end + 1;
    }
    out += fmt::format("| {} | {} | {}/{} | {} | {} |\n", i.id, cell(i.answer), points_text(i.points), points_text(i.max), i.shown ? status(i) : "received", said_cell);
  }
  out += '\n';
  if (!g.missing.empty()) out += fmt::format("Missing: {}.\n\n", missing(g));
  for (auto const& [name, what] : {std::pair{"Decision", &g.decision}, {"Rationale", &g.rationale}, {"Residual risk", &g.residual_risk}})
    out += fmt::format("**{}.** {}\n\n", name, what->empty() ? "missing" : cell(*what));
  return out;
}

std::string gradescope(Grade const& g) {
  Json out;
  out["output_format"] = "text";
  out["test_output_format"] = "text";
  std::string head = !g.problem.empty() ? g.problem : g.missing.empty() ? "complete" : "missing: " + missing(g);
  out["output"] = head;
  out["tests"] = Json::array();
  std::size_t number = 0;
  for (auto const& i : g.items) {
    Json t;
    t["name"] = i.id;
    t["number"] = fmt::format("{}", ++number);
    t["score"] = rounded(i.points);
    t["max_score"] = rounded(i.max);
    // Of a step which is not scored, Gradescope shows no verdict.
    if (i.max > 0) t["status"] = i.status == GradeStatus::right ? "passed" : "failed";
    t["output"] = said(i);
    t["visibility"] = i.shown ? "visible" : "after_published";
    out["tests"].push_back(std::move(t));
  }
  out["extra_data"] = {{"lab", g.lab}, {"student", g.student}, {"track", g.track}, {"variant", g.variant}, {"registry", g.registry}};
  // Bytes which are no UTF-8 are a student's, and no reason to stop.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string junit(std::span<const Grade> grades) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (auto const& g : grades) {
    std::size_t failed = 0, skipped = 0;
    for (auto const& i : g.items) failed += i.max > 0 && i.status != GradeStatus::right, skipped += i.max == 0;
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n", xml(g.lab + (g.student.empty() ? "" : "." + g.student)), g.items.size(), failed, g.problem.empty() ? 0 : 1, skipped);
    out += fmt::format("    <properties>\n      <property name=\"points\" value=\"{}\"/>\n      <property name=\"max\" value=\"{}\"/>\n      <property name=\"registry\" value=\"{}\"/>\n    </properties>\n", points_text(g.points()), points_text(g.max()),
                       xml(g.registry));
    for (auto const& i : g.items) {
      const auto open = fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(g.lab), xml(i.id));
      if (i.max == 0) out += open + "><skipped/></testcase>\n";
      else if (i.status == GradeStatus::right) out += open + "/>\n";
      else out += fmt::format("{}><failure message=\"{}/{} points\">{}</failure></testcase>\n", open, points_text(i.points), points_text(i.max), xml(said(i)));
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

Table class_table(std::span<const Grade> grades) {
  const auto text_column = [](std::string const& id) { return Column{id, id, {}, true, false, {}}; };
  Table t{"class", "points of the class", {text_column("student"), text_column("lab"), text_column("track"), text_column("variant"), text_column("points"), text_column("max")}, {}};
  std::vector<std::string> ids;
  for (auto const& g : grades)
    for (auto const& i : g.items)
      if (i.max > 0 && std::find(ids.begin(), ids.end(), i.id) == ids.end()) ids.push_back(i.id);
  for (auto const& id : ids) t.columns.push_back(text_column(id));
  for (auto id : {"missing", "problem", "folder"}) t.columns.push_back(text_column(id));
  for (auto const& g : grades) {
    std::vector<Cell> row{{0, g.student}, {0, g.lab}, {0, g.track}, {0, g.variant}, {0, points_text(g.points())}, {0, points_text(g.max())}};
    for (auto const& id : ids) {
      const auto i = std::find_if(g.items.begin(), g.items.end(), [&](auto const& x) { return x.id == id; });
      row.push_back({0, i == g.items.end() ? "" : points_text(i->points)});
    }
    std::string problem = g.problem.substr(0, g.problem.find('\n'));
    row.push_back({0, missing(g)}), row.push_back({0, std::move(problem)}), row.push_back({0, g.folder});
    t.rows.push_back(std::move(row));
  }
  return t;
}

Table item_table(std::span<const Grade> grades) {
  const auto text_column = [](std::string const& id) { return Column{id, id, {}, true, false, {}}; };
  Table t{"grades", "every question of every submission", {text_column("student"), text_column("lab"), text_column("question"), text_column("answer"), {"points", "points", {}, false, false, {}}, {"max", "max", {}, false, false, {}}, text_column("status"), text_column("said"), text_column("trap")}, {}};
  for (auto const& g : grades) {
    if (!g.problem.empty()) t.rows.push_back({{0, g.student}, {0, g.lab}, {0, ""}, {0, ""}, {0, {}}, {0, {}}, {0, "not graded"}, {0, g.problem}, {0, ""}});
    for (auto const& i : g.items) t.rows.push_back({{0, g.student}, {0, g.lab}, {0, i.id}, {0, i.answer}, {rounded(i.points), {}}, {rounded(i.max), {}}, {0, i.shown ? status(i) : "received"}, {0, said(i)}, {0, i.trap}});
  }
  return t;
}

std::string markdown(Bundle const& b, std::string_view version) {
  Grade const& g = b.form;
  std::string out = fmt::format("# {}: {}\n\nTrack {}. mlsysim {}, registry {}.\n\n", g.title.empty() ? g.lab : g.title, g.student.empty() ? "no name" : cell(g.student), cell(g.track), version, g.registry.substr(0, 12));
  if (!g.problem.empty()) out += fmt::format("The form cannot be read: {}\n\n", cell(g.problem));
  out += g.missing.empty() ? "Nothing is missing.\n" : fmt::format("**Missing:** {}.\n", missing(g));
  for (bool prediction : {true, false}) {
    if (std::none_of(b.answers.begin(), b.answers.end(), [&](auto const& a) { return a.prediction == prediction; })) continue;
    out += fmt::format("\n## {}\n\n| question | | answer |\n| --- | --- | --- |\n", prediction ? "Predictions" : "Answers");
    for (auto const& a : b.answers)
      if (a.prediction == prediction) out += fmt::format("| {} | {} | {}{} |\n", a.id, a.ask, a.answer.empty() ? "missing" : cell(a.answer), a.remark.empty() ? "" : " (" + cell(a.remark) + ")");
  }
  if (!b.runs.empty()) out += "\n## Runs\n\n| file | what | verdict | binds | numbers |\n| --- | --- | --- | --- | --- |\n";
  for (auto const& r : b.runs) {
    std::string numbers;
    for (auto const& [label, value] : r.numbers) numbers += fmt::format("{}{}: {}", numbers.empty() ? "" : "<br>", label, value);
    out += fmt::format("| {} | {} | {} | {} | {} |\n", cell(r.file), cell(r.summary), cell(r.verdict), cell(r.binds), numbers);
  }
  out += '\n';
  for (auto const& [name, what] : {std::pair{"Decision", &g.decision}, {"Rationale", &g.rationale}, {"Residual risk", &g.residual_risk}}) out += fmt::format("**{}.** {}\n\n", name, what->empty() ? "missing" : cell(*what));
  return out;
}

Table bundle_table(Bundle const& b) {
  const auto text_column = [](char const* id) { return Column{id, id, {}, true, false, {}}; };
  Table t{"bundle", "a submission, piece by piece", {text_column("part"), text_column("id"), text_column("question"), text_column("text"), text_column("remark")}, {}};
  const auto row = [&](std::string part, std::string id, std::string question, std::string text, std::string remark = {}) { t.rows.push_back({{0, std::move(part)}, {0, std::move(id)}, {0, std::move(question)}, {0, std::move(text)}, {0, std::move(remark)}}); };
  Grade const& g = b.form;
  for (auto const& [id, text] : {std::pair{"lab", &g.lab}, {"student", &g.student}, {"track", &g.track}, {"registry", &g.registry}, {"problem", &g.problem}}) row("form", id, "", *text);
  for (auto const& a : b.answers) row(a.prediction ? "prediction" : "answer", a.id, a.ask, a.answer, a.answer.empty() ? "missing" : a.remark);
  for (auto const& r : b.runs) {
    row("run", r.file, r.summary, r.verdict, r.binds);
    for (auto const& [label, value] : r.numbers) row("number", r.file, label, value);
  }
  for (auto const& [id, text] : {std::pair{"decision", &g.decision}, {"rationale", &g.rationale}, {"residual_risk", &g.residual_risk}}) row("reflection", id, "", *text, text->empty() ? "missing" : "");
  for (auto const& m : g.missing) row("missing", m, "", "");
  return t;
}

}  // namespace render
}  // namespace mlsysim
