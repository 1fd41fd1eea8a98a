#include <fmt/format.h>

#include <algorithm>

#include "mlsysim/labs/grade.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

/// What every student reads in a question. Which choice a student has, only whoever knows the secret can say: names of such variables stay.
std::string for_all(Lab const& lab, Track track, std::string_view text) {
  return substituted(text, [&](std::string_view name) -> std::string const* {
    for (auto const& v : lab.variables)
      if (v.name == name && v.choices(track).size() == 1) return &v.choices(track)[0];
    return nullptr;
  });
}

std::string held_against(Check const& c) { return fmt::format("{} {} {}", display(c.value, c.dimension), c.at_most ? "<=" : ">=", display(c.limit, c.dimension)); }

Bundle::Run run(registry::Catalogue const& catalogue, std::pair<std::string, std::string> const& file) {
  Bundle::Run out;
  out.file = file.first;
  std::vector<Diagnostic> problems;
  const auto document = io::parse_yaml(file.second, file.first, problems);
  try {
    if (!problems.empty()) throw InputError(std::move(problems));
    const auto loaded = scenario::load(catalogue, document, problems);
    if (!problems.empty()) throw InputError(std::move(problems));
    const Report r = scenario::evaluate(loaded);
    out.summary = r.summary, out.verdict = verdict_name[static_cast<std::size_t>(r.card.verdict)], out.binds = r.card.binding;
    if (Metric const* m = r.metric(r.card.headline)) out.numbers.emplace_back(m->label, display(m->value, m->dimension));
    for (auto const& level : r.card.levels)
      for (auto const& c : level.checks)
        if (c.verdict != Verdict::not_judged) out.numbers.emplace_back(c.label, held_against(c));
  } catch (InputError const& error) {
    out.verdict = first_line(error.problems());
  }
  return out;
}

}  // namespace

Bundle bundle(Lab const& lab, registry::Catalogue const& catalogue, Submission const& submission) {
  Bundle out;
  out.form = check(lab, catalogue, submission);
  Track track = lab.tracks.empty() ? Track::cloud : lab.tracks[0];
  for (auto t : lab.tracks)
    if (names_of(t)[static_cast<std::size_t>(t)] == out.form.track) track = t;
  for (auto const& i : out.form.items) {
    auto const& q = *lab.question(i.id);
    Bundle::Answer a{i.id, for_all(lab, track, q.ask), i.answer, {}, q.part == Part::prediction};
    for (auto const& step : i.steps) a.remark += (a.remark.empty() ? "" : "; ") + step.second;
    out.answers.push_back(std::move(a));
  }
  for (auto const& f : submission.files)
    if (f.first.ends_with(".yaml")) out.runs.push_back(run(catalogue, f));
  return out;
}

}  // namespace mlsysim::labs
