#include <fmt/format.h>

#include <algorithm>

#include "mlsysim/labs/grade.hpp"
#include "mlsysim/teaching/level.hpp"
#include "mlsysim/units/text.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

/// Markdown with its `$variables` and `{{expression}}`s, `{{expression | unit}}`s filled in.
class Writer {
 public:
  explicit Writer(Instance const& instance) : instance_{instance} {}

  std::string filled(std::string_view markdown) {
    const std::string text = instance_.replaced(markdown);
    std::string out;
    std::size_t at = 0;
    for (auto open = text.find("{{"); open != text.npos; open = text.find("{{", at)) {
      const auto close = text.find("}}", open);
      if (close == text.npos) break;
      out += text.substr(at, open - at) + number(std::string_view(text).substr(open + 2, close - open - 2));
      at = close + 2;
    }
    return out + text.substr(at);
  }
  std::vector<Diagnostic> problems;

 private:
  std::string number(std::string_view inside) {
    const auto bar = inside.find('|');
    const auto expression = trimmed(inside.substr(0, bar));
    const auto unit = bar == inside.npos ? std::string_view{} : trimmed(inside.substr(bar + 1));
    std::string problem;
    const auto v = instance_.value(expression, problem);
    const auto wanted = unit.empty() ? UnitResult{} : parse_unit(unit);
    if (v && !unit.empty() && (wanted.error != UnitError::none || wanted.unit.dimension != v->dimension)) problem = fmt::format("{} is not in {}", Dimension(v->dimension).view(), unit);
    if (!problem.empty()) {
      problems.push_back({351, fmt::format("'{}' cannot be computed: {}", expression, problem), {instance_.lab().id + "/assignment.md", 0, 0, 1, {}}, "", "numbers of an assignment come from the engine"});
      return {};
    }
    return unit.empty() ? display(v->number, Dimension(v->dimension)) : in_unit(v->number, unit);
  }

  Instance const& instance_;
};

std::string comment(std::string_view text) {
  constexpr std::size_t width = 110;
  std::string out, line = "  #";
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(" \n", at), text.size());
    const auto word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (line.size() + 1 + word.size() > width) out += line + '\n', line = "  #";
    line += ' ' + std::string(word);
  }
  return out + line + '\n';
}

std::string wanted(Question const& q) {
  switch (q.kind) {
    case AnswerKind::quantity: return q.unit.empty() ? "a number" : fmt::format("a quantity, in {} or any unit like it", q.unit);
    case AnswerKind::integer: return "a whole number";
    case AnswerKind::choice: return fmt::format("one of: {}", fmt::join(q.choices, ", "));
    case AnswerKind::range: return fmt::format("[low, high]{}{}", q.unit.empty() ? "" : ", in units like ", q.unit);
    case AnswerKind::list: return fmt::format("a list of {}{}{}", q.items->value, q.unit.empty() ? "" : ", in units like ", q.unit);
    case AnswerKind::text: return q.words ? fmt::format("at least {} words", q.words->value) : "in your words";
    case AnswerKind::design: return fmt::format("write the scenario `{}`", q.file);
  }
  return {};
}

std::string questions(Lab const& lab, Writer& w, Part part) {
  std::string out;
  for (auto const& q : lab.questions)
    if (q.part == part) out += fmt::format("- **{}** ({}): {}\n", q.id, wanted(q), trimmed(w.filled(q.ask)));
  return out;
}

std::string form(Lab const& lab, Writer& w, Part part) {
  std::string out;
  for (auto const& q : lab.questions) {
    if (q.part != part || q.kind == AnswerKind::design) continue;
    const bool list = q.kind == AnswerKind::list || q.kind == AnswerKind::range;
    out += comment(w.filled(q.ask)) + fmt::format("  # {}\n  {}: {}\n", wanted(q), q.id, list ? "[]" : "\"\"");
  }
  return out.empty() ? out : fmt::format("{}:\n{}", part == Part::prediction ? "predictions" : "answers", out);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> handout(Instance const& instance, std::string_view student) {
  auto const& lab = instance.lab();
  Writer w(instance);
  const std::string registry = instance.catalogue().hash().substr(0, 12);
  const std::string track(names_of(instance.track())[static_cast<std::size_t>(instance.track())]);

  std::string page = fmt::format("# {}\n\n{} minutes, {}. Chapters: {}. Track: {}. Registry {}.{}\n\n", lab.title, lab.minutes.value, lab.level, fmt::join(lab.chapters, "; "), track, registry,
                                 student.empty() ? "" : fmt::format(" Student: {}.", student));
  if (!lab.instruments.empty()) {
    auto const& c = teaching::chapter(lab.instruments);
    page += fmt::format("With `--level {}`, `mlsysim eval` and `mlsysim step` show what is taught up to \"{}\", and nothing else.\n\n", c.id, c.title);
  }
  page += w.filled(lab.assignment);
  if (page.back() != '\n') page += '\n';
  if (const auto p = questions(lab, w, Part::prediction); !p.empty()) page += "\n## Predict first\n\nWrite these down before you compute anything; they only have to be there.\n\n" + p;
  if (const auto p = questions(lab, w, Part::answer); !p.empty()) page += "\n## Answer\n\n" + p;
  page +=
      "\n## Hand in\n\nFill in `answers.yaml`: each answer between the quotes, quantities with their unit. `decision`, `rationale` and `residual_risk` are a few sentences each. "
      "`mlsysim lab check .` tells you whether anything is missing or has a unit which cannot be right; it knows no answers. Hand in the whole folder.\n";

  std::string answers = fmt::format("# {}: your answers. `mlsysim lab check .` looks at their form.\nlab: {}\nstudent: \"{}\"\ntrack: {}\nsnapshot: \"{}\"\n\n", lab.title, lab.id, student, track, registry);
  for (auto part : {Part::prediction, Part::answer})
    if (const auto f = form(lab, w, part); !f.empty()) answers += f + '\n';
  answers += "# What you decided, why, and what could still go wrong.\ndecision: \"\"\nrationale: \"\"\nresidual_risk: \"\"\n";

  std::vector<std::pair<std::string, std::string>> out{{"assignment.md", std::move(page)}, {"answers.yaml", std::move(answers)}};
  const auto add = [&](std::string const& name, std::string text) {
    if (std::none_of(out.begin(), out.end(), [&](auto const& f) { return f.first == name; })) out.emplace_back(name, std::move(text));
  };
  for (auto const& s : lab.scenarios)
    if (s.set.empty()) add(instance.replaced(s.file), instance.file(instance.replaced(s.file)));
  for (auto const& q : lab.questions) {
    auto const* r = lab.rubric(q.id);
    if (q.kind != AnswerKind::design || !r || !r->design) continue;
    for (auto const& s : lab.scenarios)
      if (s.name == r->design->from) add(q.file, instance.file(instance.replaced(s.file)));
  }
  if (!w.problems.empty()) throw InputError(std::move(w.problems));
  return out;
}

}  // namespace mlsysim::labs
