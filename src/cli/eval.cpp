#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/io/show.hpp"
#include "mlsysim/render/lesson.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/teaching/lint.hpp"
#include "mlsysim/teaching/prediction.hpp"
#include "mlsysim/workload/operator.hpp"

namespace mlsysim::cli {
std::string quick_scenario(EvalOptions const& o, registry::Catalogue const& catalogue) {
  std::string phase = o.phase;
  bool language = true;
  if (auto const* e = catalogue.entry(EntryKind::model, o.model)) {
    Ledger ledger;
    language = workload::is_language_model(catalogue.read<workload::Model>(*e, ledger));
  }
  if (phase.empty()) phase = !language ? "inference" : o.output_tokens > 0 ? "serving" : "decode";
  std::string text = fmt::format("workload:\n  model: {}\n  phase: {}\n", o.model, phase);
  if (o.batch) text += fmt::format("  batch: {}\n", o.batch);
  if (o.prompt || (language && phase != "training")) text += fmt::format("  prompt: {}\n", o.prompt ? o.prompt : 1024);
  if (o.output_tokens || phase == "serving") text += fmt::format("  output: {}\n", o.output_tokens ? o.output_tokens : 256);
  if (o.sequence) text += fmt::format("  sequence: {}\n", o.sequence);
  if (phase == "training") text += fmt::format("  training: {{global_batch: {}}}\n", std::max(1, o.batch) * std::max(1, o.devices));
  if (!o.precision.empty()) text += fmt::format("  precision: {{weights: {0}, activations: {0}, kv: {0}, compute: {0}}}\n", o.precision);
  if (!o.execution.empty()) text += fmt::format("  execution: {}\n", o.execution);
  char const* kind = catalogue.entry(EntryKind::hardware, o.hardware) ? "device" : catalogue.entry(EntryKind::node, o.hardware) ? "node" : catalogue.entry(EntryKind::fleet, o.hardware) ? "fleet" : "device";
  text += fmt::format("system:\n  {}: {}\n", kind, o.hardware);
  if (o.devices) text += fmt::format("  devices: {}\n", o.devices);
  if (o.tensor) text += fmt::format("  parallel: {{tensor: {}}}\n", o.tensor);
  return text;
}

namespace {

/// Asks at the terminal, before anything of the result is shown.
std::vector<teaching::Prediction> ask(Report const& report) {
  std::vector<teaching::Prediction> out;
  for (auto const& what : teaching::questions(report)) {
    Metric const* m = report.metric(what);
    std::fputs(fmt::format("your prediction of {} ({}): ", m ? m->label : what, m ? fmt::format("e.g. 5 {}", m->dimension.unit()) : what == "verdict" ? "pass or fail" : "compute, memory, dispatch or capacity").c_str(), stderr);
    std::string answer;
    for (int c; (c = std::getchar()) != EOF && c != '\n';)
      if (answer.size() < 200) answer += static_cast<char>(c);
    if (answer.find_first_not_of(" \t\r") != answer.npos) out.push_back({what, answer});
  }
  if (out.empty()) throw InputError({{331, "nothing was predicted", {}, "", "answer one of the questions, or write --predict bottleneck=memory"}});
  return out;
}

}  // namespace

int eval(EvalOptions const& given, Common const& common) {
  EvalOptions o = given;
  // `eval --predict chatbot`: what follows is the scenario, and the prediction is asked for.
  if (o.predicts && !o.predict.empty() && o.predict.find('=') == std::string::npos && is_scenario(o.predict)) o.files.insert(o.files.begin(), std::exchange(o.predict, {}));
  const registry::Catalogue catalogue = open_catalogue(common);
  std::vector<io::Document> documents;
  std::vector<Diagnostic> problems;
  const bool quick = !o.model.empty() || !o.hardware.empty();
  if (quick == !o.files.empty() || (quick && (o.model.empty() || o.hardware.empty())))
    throw InputError({{303, "eval wants scenario files, or --model together with --hardware", {}, "", "mlsysim eval chatbot   or   mlsysim eval --model \"Llama 3.1 8B\" --hardware H100 --batch 32"}});
  if (!o.sets.empty()) {
    if (quick || o.files.size() != 1 || !o.explain.empty()) throw InputError({{303, "--set changes one scenario", {}, "", "mlsysim eval chatbot --set batch=64"}});
    return what_if(o.files.front(), o.sets, o.exit_zero, common);
  }
  if (quick) documents.push_back(io::parse_yaml(quick_scenario(o, catalogue), "command line", problems));
  for (auto const& f : o.files) {
    try {
      documents.push_back(open_scenario(f));
    } catch (InputError const& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  }
  std::vector<scenario::Loaded> loaded;
  for (auto const& d : documents) loaded.push_back(scenario::load(catalogue, d, problems));
  if (!problems.empty()) throw InputError(std::move(problems));

  std::vector<Report> reports;
  bool no = false;
  for (auto const& l : loaded) {
    reports.push_back(scenario::evaluate(l));
    Report& r = reports.back();
    r.version = version();
    r.registry = catalogue.hash();
    r.registry_added = catalogue.added();
    no = no || r.card.verdict == Verdict::fail;
    if (o.predicts) r.sections.insert(r.sections.begin(), teaching::judge(r, o.predict.empty() ? ask(r) : teaching::parse_predictions(o.predict)));
  }
  for (auto& r : reports) show_up_to(o.level, r);
  if (!o.svg.empty()) io::write_whole(o.svg, render::breakdown_svg(reports.front()));
  if (!o.explain.empty()) {
    // Asks for a part of the derivation, which a scenario without a file can only be asked here.
    const auto command = [&](std::size_t i) { return quick ? std::string("--explain") : "mlsysim explain " + o.files[i]; };
    explain_numbers(reports, o.explain, ExplainOptions{}.depth, command, common);
    return no && !o.exit_zero ? verdict_no : done;
  }
  std::string out;
  if (o.picture) {
    for (auto const& r : reports) out += (out.empty() ? "" : "\n") + (reports.size() > 1 ? r.file + "\n" : std::string()) + render::breakdown(r, style(common));
  } else if (common.format == "json") {
    out = render::json(reports);
  } else if (common.format == "csv") {
    out = render::csv(reports);
  } else {
    for (std::size_t i = 0; i < reports.size(); ++i) out += (i ? "\n" : "") + (common.format == "markdown" ? render::markdown(reports[i]) : render::text(reports[i], style(common)));
  }
  write(out, common);
  // For people at a terminal, and only about their own files: scripts and built-in scenarios stay quiet.
  if (common.format == "text" && isatty(STDERR_FILENO))
    for (std::size_t i = 0; i < o.files.size(); ++i) {
      const auto found = registry::builtin_scenario(o.files[i]) ? std::vector<teaching::LintFinding>{} : teaching::lint(loaded[i], reports[i]);
      if (!found.empty()) std::fputs(fmt::format("{} suspicious choice{}: mlsysim lint {}\n", found.size(), found.size() == 1 ? "" : "s", o.files[i]).c_str(), stderr);
    }
  return no && !o.exit_zero ? verdict_no : done;
}

int resolve(std::string const& file, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const io::Document d = open_scenario(file);
  std::vector<Diagnostic> problems;
  scenario::Loaded l = scenario::load(catalogue, d, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  write(io::resolved_yaml([&](Fields& f) { describe(l.without ? *l.without : l.scenario, f); }, l.ledger, io::overrides_of(d)), common);
  return done;
}

}  // namespace mlsysim::cli
