#include "application.hpp"

#include <fmt/format.h>

#include "mlsysim/io/files.hpp"
#include "pages.hpp"

namespace mlsysim::cli {
namespace {

constexpr char const* common_group = "Common options";
constexpr char const* quick_group = "Instead of a file";

class Formatter final : public CLI::FormatterBase {
 public:
  std::string make_help(CLI::App const* app, std::string, CLI::AppFormatMode) const override { return help(*app); }
};

/// A choice of words which names itself in the help already.
CLI::Validator one_of(std::vector<std::string> words) { return CLI::Validator(CLI::IsMember(std::move(words))).description(""); }
CLI::Validator positive() {
  return CLI::Validator([](std::string& text) { return text.starts_with('-') || text.find_first_not_of('0') == text.npos ? fmt::format("'{}' is not a positive number", text) : std::string(); }, "");
}

int man(CLI::App const& app, Request const& r) {
  if (!r.directory.empty()) {
    io::write_whole(r.directory + "/mlsysim.1", manual(app));
    for (auto const* c : commands(app)) io::write_whole(fmt::format("{}/mlsysim-{}.1", r.directory, c->get_name()), manual(*c));
    return done;
  }
  if (r.command.empty()) {
    write(manual(app), r.common);
    return done;
  }
  std::vector<std::string_view> names;
  for (auto const* c : commands(app)) {
    names.push_back(page(c->get_name()).command);
    if (names.back() != r.command) continue;
    write(manual(*c), r.common);
    return done;
  }
  const auto near = nearest(r.command, names, 1);
  throw InputError({{303, fmt::format("no command '{}'{}", r.command, near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0])), {}, "", "`mlsysim --help` lists the commands"}});
}

class Builder {
 public:
  Builder(CLI::App& app, Request& request) : app_{app}, r_{request} {}

  void build() {
    app_.description(std::string(page("").summary));
    app_.formatter(std::make_shared<Formatter>());
    app_.set_version_flag("--version", "mlsysim " + version(), "print the version and exit");
    app_.set_help_flag("-h,--help", "print this help and exit");
    app_.require_subcommand(1);
    scenarios();
    questions();
    teaching();
    registry();
    checks();
    labs();
    shell();
  }

 private:
  template <class Run>
  CLI::App* command(char const* name, Run run, bool html = false) {
    auto* c = app_.add_subcommand(name, std::string(page(name).summary));
    c->get_help_ptr()->group(common_group);
    std::vector<std::string> formats{"text", "json", "csv", "markdown", "md"};
    if (html) formats.emplace_back("html");
    c->add_option("--format", r_.common.format, html ? "text, json, csv, markdown or html; with json, errors are JSON too" : "text, json, csv or markdown; with json, errors are JSON too")->type_name("FORMAT")->check(one_of(std::move(formats)))->group(common_group);
    c->add_option("-o,--output", r_.common.output, "write to a file, whole or not at all")->type_name("FILE")->group(common_group);
    c->add_option("--color", r_.common.colour, "auto, always or never")->type_name("WHEN")->check(one_of({"auto", "always", "never"}))->group(common_group);
    c->callback([&r = r_, run] { r.run = run; });
    return c;
  }
  void takes_registry(CLI::App* c) {
    c->add_option("--registry", r_.common.registries, "directory of YAML which extends or overrides the built-in registry")->type_name("DIR")->expected(1)->allow_extra_args(false)->take_all()->group(common_group);
  }
  void takes_all(CLI::App* c, char const* what) { c->add_flag("--all", r_.common.all, what)->group(common_group); }

  static void takes_level(CLI::App* c, std::string& level) {
    c->add_option("--level", level, "leave out what the textbook teaches after a chapter, e.g. v1.11 or \"Model Serving\"")->type_name("CHAPTER");
  }

  static void takes_pass(CLI::App* c, EvalOptions& o) {
    c->add_option("--phase", o.phase, "inference, prefill, decode, serving or training")->type_name("PHASE");
    c->add_option("--execution", o.execution, "kernels: fused, compiled or eager")->type_name("EXECUTION");
    c->add_option("--batch", o.batch, "samples or sequences at once")->type_name("N")->check(positive());
    c->add_option("--prompt", o.prompt, "tokens read (1024 when left out)")->type_name("N")->check(positive());
    c->add_option("--sequence", o.sequence, "tokens per sequence in training")->type_name("N")->check(positive());
  }

  void scenarios() {
    auto* e = command("eval", [&r = r_] { return cli::eval(r.eval, r.common); });
    takes_registry(e);
    takes_all(e, "long tables and every part of a derivation");
    auto& o = r_.eval;
    e->add_option("scenario", o.files, "scenario files, or names of built-in scenarios")->type_name("SCENARIO");
    e->add_option("--explain", o.explain, "why one number is what it is, instead of the report: what `mlsysim explain SCENARIO METRIC` writes")->type_name("METRIC");
    e->add_option("--set", o.sets, "what if? a field and a value: batch=64, hardware.memory.bandwidth=2x; before and after instead of the report")->type_name("NAME=VALUE")->expected(1)->allow_extra_args(false)->take_all();
    e->add_flag("--exit-zero", o.exit_zero, "exit with 0 even if the verdict is no");
    auto* predict = e->add_option("--predict", o.predict, "what you expect, e.g. bottleneck=memory,latency=5ms; asked for when nothing follows. Stands in the report beside what was computed")->type_name("WHAT=VALUE,...")->expected(0, 1);
    e->parse_complete_callback([&o, predict] { o.predicts = predict->count() > 0; });
    e->add_option("--svg", o.svg, "where time and memory go, as a picture")->type_name("FILE");
    e->add_flag("--picture", o.picture, "the same on the terminal, in place of the report");
    takes_level(e, o.level);
    e->add_flag("--binary-units", r_.common.binary_units, "data in GiB instead of GB");
    const auto quick = [&](char const* name, auto& value, char const* type, char const* what) { return e->add_option(name, value, what)->type_name(type)->group(quick_group); };
    quick("--model", o.model, "MODEL", "what runs");
    quick("--hardware", o.hardware, "HARDWARE", "device, node or fleet");
    quick("--phase", o.phase, "PHASE", "inference, prefill, decode, serving or training");
    quick("--precision", o.precision, "PRECISION", "one precision for all roles");
    quick("--batch", o.batch, "N", "sequences or samples at once")->check(positive());
    quick("--prompt", o.prompt, "N", "tokens read (1024 when left out)")->check(positive());
    quick("--output-tokens", o.output_tokens, "N", "tokens written")->check(positive());
    quick("--sequence", o.sequence, "N", "tokens per sequence in training")->check(positive());
    quick("--devices", o.devices, "N", "how many devices")->check(positive());
    quick("--tensor", o.tensor, "N", "tensor-parallel degree")->check(positive());

    auto* a = command("analyze", [&r = r_] { return cli::analyze(r.analyze, r.common); });
    takes_registry(a);
    a->add_option("--model", r_.analyze.model, "what runs")->type_name("MODEL")->required();
    a->add_option("--hardware", r_.analyze.hardware, "device, node or fleet")->type_name("HARDWARE")->required();
    a->add_option("--precision", r_.analyze.precision, "one precision for all roles")->type_name("PRECISION");
    a->add_option("--svg", r_.analyze.svg, "where time and memory go, as a picture")->type_name("FILE");
    a->add_flag("--picture", r_.analyze.picture, "the same on the terminal, below the rest");
    takes_pass(a, r_.analyze);
    auto* k = command("compare", [&r = r_] { return cli::compare(r.compare, r.common); });
    takes_registry(k);
    k->add_option("--model", r_.compare.models, "what runs")->type_name("MODEL")->required()->expected(1, 64);
    k->add_option("--hardware", r_.compare.hardware, "devices")->type_name("HARDWARE")->required()->expected(1, 64)->delimiter(',');
    k->add_option("--precision", r_.compare.precisions, "precisions, each for all roles")->type_name("PRECISION")->expected(1, 16)->delimiter(',');
    takes_pass(k, r_.compare.shape);

    auto* serving = command("serve", [&r = r_] { return cli::serve(r.serve, r.common); });
    takes_registry(serving);
    serving->add_option("scenario", r_.serve.scenario, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    serving->add_option("--hardware", r_.serve.hardware, "devices or nodes")->type_name("HARDWARE")->required()->expected(1, 64);

    auto* t = command("timeline", [&r = r_] { return cli::timeline(r.timeline, r.common); });
    takes_registry(t);
    t->add_option("scenario", r_.timeline.scenario, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    t->add_option("--svg", r_.timeline.svg, "the picture as a file")->type_name("FILE");
    t->add_option("--trace", r_.timeline.trace, "trace events for chrome://tracing or ui.perfetto.dev")->type_name("FILE");

    auto* q = command("simulate", [&r = r_] { return cli::simulate(r.simulate, r.common); });
    takes_registry(q);
    auto& u = r_.simulate;
    q->add_option("scenario", u.scenario, "scenario file, or name of a built-in scenario, which serves")->type_name("SCENARIO")->required();
    q->add_option("--rate", u.rate, "offered rate, e.g. '4 request/s'")->type_name("RATE");
    q->add_option("--policy", u.policy, "static, orca, vllm or sarathi")->type_name("POLICY");
    q->add_option("--requests", u.requests, "how many are simulated")->type_name("N")->check(positive());
    q->add_option("--seed", u.seed, "of the random numbers")->type_name("N")->check(positive());
    q->add_option("--svg", u.svg, "the pictures as a file")->type_name("FILE");
    q->add_option("--requests-csv", u.requests_csv, "every request with its times, as CSV")->type_name("FILE");
    q->add_option("--requests-json", u.requests_json, "the same as JSON, a list of objects")->type_name("FILE");
    q->add_flag("--no-curve", u.no_curve, "this rate alone, not the curve over others");
    auto* b = command("scaling", [&r = r_] { return cli::scaling(r.scaling, r.common); });
    takes_registry(b);
    auto& p = r_.scaling;
    b->add_option("--compute", p.compute, "training compute, e.g. \"1e24 FLOP\"")->type_name("BUDGET");
    b->add_option("--device-time", p.device_time, "hours of all devices together, e.g. \"1e6 h\"")->type_name("BUDGET");
    b->add_option("--money", p.money, "money for rent, e.g. \"1e6 USD\"")->type_name("BUDGET");
    b->add_option("--hardware", p.hardware, "device on which the time is spent")->type_name("HARDWARE");
    b->add_option("--price", p.price, "rent for which the money is spent")->type_name("PRICE");
    b->add_option("--mfu", p.mfu, "utilisation which training reaches, 0 to 1")->type_name("X")->check(CLI::Range(0.001, 1.0).description(""));
    b->add_option("--model", p.model, "a model of the registry")->type_name("MODEL");
    b->add_option("--parameters", p.parameters, "or its size, e.g. 8e9")->type_name("N");
    b->add_option("--tokens", p.tokens, "on which it is trained, e.g. \"15 Ttoken\"")->type_name("TOKENS");
    b->add_option("--inference", p.inference, "tokens read and written over its life")->type_name("TOKENS");
    b->add_option("--law", p.law, "scaling law (hoffmann_2022_unrounded when left out)")->type_name("LAW");
    auto* d = command("diff", [&r = r_] { return cli::diff(r.diff, r.common); });
    takes_registry(d);
    takes_all(d, "every metric which changed");
    d->add_option("before", r_.diff.before, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    d->add_option("after", r_.diff.after, "what it is compared with")->type_name("SCENARIO")->required();
    d->add_option("--metric", r_.diff.metrics, "paths, e.g. serving.itl; what people ask first when left out")->type_name("METRIC")->expected(1, 64);
    d->add_flag("--exit-zero", r_.diff.exit_zero, "exit with 0 even if the second verdict is no");

    auto* r = command("resolve", [&r = r_] { return cli::resolve(r.file, r.common); });
    takes_registry(r);
    r->add_option("scenario", r_.file, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();

    auto* i = command("init", [&r = r_] { return cli::init(r.init, r.common); });
    takes_registry(i);
    i->add_option("file", r_.init.file, "what to write (scenario.yaml when left out)")->type_name("FILE");
    i->add_option("--from", r_.init.from, "a built-in scenario to start from")->type_name("BUILTIN");
    i->add_flag("--force", r_.init.force, "overwrite");
  }

  CLI::App* takes_space(CLI::App* c, SweepOptions& o) {
    takes_registry(c);
    takes_all(c, "every row");
    c->add_option("scenario", o.scenario, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    c->add_option("--vary", o.vary, "a field and its values, e.g. workload.batch=1..64 or system.device=H100|A100; again for more fields")->type_name("AXES")->expected(1)->allow_extra_args(false)->take_all()->required();
    c->add_option("--metric", o.metrics, "path of a metric, e.g. serving.itl; again for more; the usual ones when left out")->type_name("METRIC")->expected(1)->allow_extra_args(false)->take_all();
    c->add_option("--jobs", o.jobs, "threads; as many as the machine has when left out. The output is the same")->type_name("N")->check(positive());
    return c;
  }

  void questions() {
    auto* w = takes_space(command("sweep", [&r = r_] { return cli::sweep(r.sweep, r.common); }), r_.sweep);
    w->add_option("--svg", r_.sweep.svg, "the first metric over the last numeric field, as a picture")->type_name("FILE");
    w->add_option("--shard", r_.sweep.shard, "one part of N, for `mlsysim merge`")->type_name("K/N");
    auto* p = takes_space(command("pareto", [&r = r_] { return cli::pareto(r.sweep, r.common); }), r_.sweep);
    p->add_option("--objective", r_.sweep.objectives, "METRIC:min or METRIC:max; again for each which counts")->type_name("OBJECTIVE")->expected(1)->allow_extra_args(false)->take_all()->required();
    auto* s = command("sensitivity", [&r = r_] { return cli::sensitivity(r.sensitivity, r.common); });
    takes_registry(s);
    takes_all(s, "every parameter which has an effect");
    s->add_option("scenario", r_.sensitivity.scenario, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    s->add_option("--metric", r_.sensitivity.metric, "path of a metric; the headline when left out")->type_name("METRIC");
    s->add_option("--svg", r_.sensitivity.svg, "the picture as a file")->type_name("FILE");
    auto* z = command("optimize", [&r = r_] { return cli::optimize(r.optimize, r.common); });
    takes_registry(z);
    auto& o = r_.optimize;
    z->add_option("search", o.search, "parallelism, placement, serving or hardware")->type_name("SEARCH")->required()->check(one_of({"parallelism", "placement", "serving", "hardware"}));
    z->add_option("scenario", o.scenario, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    z->add_option("--objective", o.objective, "METRIC:min or METRIC:max; what most people ask for when left out")->type_name("OBJECTIVE");
    z->add_option("--subject-to", o.constraints, "METRIC<=VALUE or METRIC>=VALUE; again for more. Limits of the scenario hold anyway")->type_name("CONSTRAINT")->expected(1)->allow_extra_args(false)->take_all();
    z->add_option("--vary", o.vary, "other values for a field of the search, or one more field")->type_name("AXES")->expected(1)->allow_extra_args(false)->take_all();
    z->add_option("--metric", o.metrics, "further metrics to show")->type_name("METRIC")->expected(1)->allow_extra_args(false)->take_all();
    z->add_option("--top", o.top, "how many plans are shown (10 when left out)")->type_name("N")->check(positive());
    z->add_option("--jobs", o.jobs, "threads; as many as the machine has when left out")->type_name("N")->check(positive());
    auto* m = command("merge", [&r = r_] { return cli::merge(r.words, r.common); });
    m->add_option("files", r_.words, "what `mlsysim sweep --shard` wrote, in any order")->type_name("FILE")->required();
  }

  void teaching() {
    auto* x = command("explain", [&r = r_] { return cli::explain(r.explain, r.common); }, true);
    takes_registry(x);
    takes_all(x, "every step and every part; without METRIC cells of tables too");
    x->add_option("what", r_.explain.what, "a scenario, an error or lint such as E0142, or a term such as ttft; all pages when left out")->type_name("SUBJECT");
    x->add_option("metric", r_.explain.metric, "path of a number, e.g. serving.itl; what can be asked when left out")->type_name("METRIC");
    x->add_option("--depth", r_.explain.depth, "levels of steps which are shown (4 when left out)")->type_name("N")->check(positive());
    auto* p = command("step", [&r = r_] { return cli::step(r.step, r.common); });
    takes_registry(p);
    takes_all(p, "every stage at once, on a terminal too");
    p->add_option("scenario", r_.step.scenario, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    takes_level(p, r_.step.level);
    p->add_option("--at", r_.step.at, "one stage, from 1")->type_name("N")->check(positive());
    auto* w = command("worksheet", [&r = r_] { return cli::worksheet(r.worksheet, r.common); }, true);
    takes_registry(w);
    w->add_option("scenario", r_.worksheet.scenario, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();
    w->add_option("--metric", r_.worksheet.metrics, "what to work out; up to three which suit the scenario when left out")->type_name("METRIC")->expected(1, 16);
    w->add_option("--faded", r_.worksheet.faded, "steps left out of the second problem (2 when left out)")->type_name("N")->check(positive());
    w->add_option("--seed", r_.worksheet.seed, "other numbers for each seed, e.g. a student's number")->type_name("SEED");
    w->add_flag("--key", r_.worksheet.key, "with the answers");
    auto* g = command("glossary", [&r = r_] { return cli::glossary(r.name, r.common); });
    g->add_option("term", r_.name, "e.g. mfu; all when left out")->type_name("TERM");
  }

  void registry() {
    auto* l = command("list", [&r = r_] { return cli::list(r.kind, r.filter, r.common); });
    takes_registry(l);
    l->add_option("kind", r_.kind, "what to list; everything when left out")->type_name("KIND");
    l->add_option("filter", r_.filter, "part of a name")->type_name("FILTER");
    auto* f = command("search", [&r = r_] { return cli::search(r.words, r.common); });
    takes_registry(f);
    f->add_option("words", r_.words, "all of which must be found")->type_name("WORD")->required();
    auto* s = command("show", [&r = r_] { return cli::show(r.name, r.common); });
    takes_registry(s);
    s->add_option("name", r_.name, "id, alias or name")->type_name("NAME")->required();
    auto* c = command("schema", [&r = r_] { return cli::schema(r.kind, r.common); });
    takes_registry(c);
    c->add_option("kind", r_.kind, "kind of file or of output")->type_name("SCHEMA")->required();
    auto* w = command("walls", [&r = r_] { return cli::walls(r.name, r.common); });
    w->add_option("name", r_.name, "a wall; all when left out")->type_name("WALL");
  }

  void checks() {
    auto* n = command("lint", [&r = r_] { return r.files.empty() ? cli::lint_registry(r.common) : cli::lint_scenarios(r.files, r.exit_zero, r.common); });
    takes_registry(n);
    takes_all(n, "excused findings too");
    n->add_option("scenario", r_.files, "scenario files, or names of built-in scenarios; the registry when left out")->type_name("SCENARIO");
    n->add_flag("--exit-zero", r_.exit_zero, "exit with 0 even if something was found");
    auto* a = command("audit", [&r = r_] { return cli::audit(r.audit, r.common); });
    takes_registry(a);
    takes_all(a, "every number which is listed");
    a->add_option("scenario", r_.audit.scenario, "only the numbers behind its metrics; the registry when left out")->type_name("SCENARIO");
    a->add_option("--require", r_.audit.require, "sourced, verified or current: exit with 3 if a number is not")->type_name("POLICY")->check(one_of({"none", "sourced", "verified", "current"}));
    auto* v = command("validate", [&r = r_] { return cli::validate(r.validate, r.common); });
    takes_registry(v);
    takes_all(v, "details of every set");
    auto& o = r_.validate;
    v->add_option("sets", o.sets, "names of sets, or mapping files of your own")->type_name("FILE");
    v->add_option("--data", o.data, "folder of mapping files (validation when left out)")->type_name("DIR");
    v->add_option("--svg", o.svg, "predicted against measured, as a picture; FOLDER/ for one picture a set")->type_name("FILE");
    v->add_option("--rows", o.rows, "every row with its prediction, as CSV")->type_name("FILE");
    v->add_flag("--check", o.check, "exit with 3 if a target is missed");
    v->add_option("--shuffle", o.shuffle, "seed: exchange the measured values first, which must ruin the result")->type_name("SEED");
    auto* b = command("benchmark", [&r = r_] { return cli::benchmark(r.benchmark, r.common); });
    b->add_flag("--quick", r_.benchmark.quick, "about ten seconds instead of two minutes");
    b->add_flag("--list", r_.benchmark.list, "what would be measured");
    b->add_option("--suite", r_.benchmark.suite, "measurements of your own, as YAML (benchmarks/cpu.yaml of the sources is the built-in one)")->type_name("FILE");
    b->add_option("--write", r_.benchmark.write, "folder for results, a registry entry of this machine and the mapping for calibrate")->type_name("DIR");
    auto* k = command("calibrate", [&r = r_] { return cli::calibrate(r.calibrate, r.common); });
    takes_registry(k);
    k->add_option("tables", r_.calibrate.tables, "mapping files of measured operators, or names of shipped ones; all when left out")->type_name("FILE");
    k->add_option("--data", r_.calibrate.data, "folder of mapping files (validation when left out)")->type_name("DIR");
    k->add_option("--write", r_.calibrate.write, "folder for the profiles, to be used with --registry")->type_name("DIR");
    auto* t = command("selftest", [&r = r_] { return cli::selftest(!r.vectors, r.common); });
    takes_all(t, "the arithmetic behind each vector");
    t->add_flag("--vectors", r_.vectors, "the conformance vectors only");
  }

  void labs() {
    auto& o = r_.lab;
    auto* l = command("lab", [&r = r_] { return cli::lab(r.lab, r.common); });
    takes_registry(l);
    takes_all(l, "details of every submission of a class");
    l->add_option("action", o.action, "list, show, start, check, bundle, grade, refresh or variants")->type_name("ACTION")->required();
    l->add_option("arguments", o.arguments, "a lab and a folder for start, a lab for show, refresh and variants, submissions or folders of them for check, bundle and grade")->type_name("LAB");
    l->add_option("--labs", o.labs, "folder of labs of your own, in place of the built-in ones")->type_name("DIR");
    l->add_option("--track", o.track, "phone, wearable, vehicle or cloud; the lab's first when left out")->type_name("TRACK");
    l->add_option("--student", o.student, "start: for whom")->type_name("ID");
    l->add_option("--roster", o.roster, "start, variants: a file with one student's id a line")->type_name("FILE");
    l->add_flag("--variants", o.variants, "every student has a variant of the lab, drawn from the id");
    l->add_option("--secret-file", o.secret_file, "the same, drawn from the id and the first line of this file")->type_name("FILE");
    l->add_option("--lab", o.lab, "check, grade: whatever the form says, this is the lab")->type_name("LAB");
    l->add_flag("--after-due", o.after_due, "grade: say what may be said after the due date");
    l->add_flag("--any-snapshot", o.any_snapshot, "grade: although the registry is another one");
    l->add_option("--gradescope", o.gradescope, "grade: results.json for Gradescope")->type_name("FILE");
    l->add_option("--junit", o.junit, "grade: JUnit XML")->type_name("FILE");
    l->add_flag("--line", o.line, "grade: points and nothing else, 12.5/20");
    l->add_option("--question", o.question, "grade: exit code 3 unless this question has full points")->type_name("ID");
    l->add_flag("--key", o.key, "variants: with the expected answers");
    l->add_option("--count", o.count, "variants: of so many made-up students (10 when left out)")->type_name("N")->check(positive());
    l->add_flag("--exit-zero", o.exit_zero, "exit with 0 although the form is not complete or a question lacks points");
    l->add_option("--since", o.since, "refresh: an older key, as CSV; shows which answers moved")->type_name("FILE");
  }

  void shell() {
    auto* s = command("completion", [&r = r_] {
      write(completion_script(r.shell), r.common);
      return int{done};
    });
    s->add_option("shell", r_.shell, "bash, zsh or fish")->type_name("SHELL")->required();

    auto* m = command("man", [&app = app_, &r = r_] { return man(app, r); });
    m->add_option("command", r_.command, "one command; the program itself when left out")->type_name("COMMAND");
    m->add_option("--directory", r_.directory, "write all pages into this folder")->type_name("DIR");
  }

  CLI::App& app_;
  Request& r_;
};

}  // namespace

void build(CLI::App& app, Request& request) {
  Builder(app, request).build();
}

std::vector<CLI::App const*> commands(CLI::App const& app) {
  return app.get_subcommands([](CLI::App const*) { return true; });
}

void refuse_usage(CLI::App const& app, CLI::ParseError const& error) {
  const auto parsed = app.get_subcommands();
  CLI::App const* command = parsed.empty() ? nullptr : parsed.front();
  const std::string page_of = command ? fmt::format("`mlsysim {} --help`", command->get_name()) : std::string("`mlsysim --help`");
  std::string message = error.what(), help = page_of + " shows the options, after examples which work";
  const auto lower = [](std::string text) {
    if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
  };
  const auto extras = command ? command->remaining() : app.remaining();
  const bool unknown = dynamic_cast<CLI::ExtrasError const*>(&error) || (!command && !extras.empty());
  if (unknown && !extras.empty()) {
    const std::string word = extras.front().substr(0, extras.front().find('='));
    const bool option = word.size() > 1 && word[0] == '-';
    std::vector<std::string> names;
    if (option) {
      for (auto const* o : (command ? command : &app)->get_options()) {
        for (auto const& n : o->get_lnames()) names.push_back("--" + n);
      }
    } else if (!command) {
      for (auto const* c : commands(app)) names.push_back(c->get_name());
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto near = nearest(word, views, 1);
    message = option ? fmt::format("unknown option '{}'", word) : command ? fmt::format("`mlsysim {}` takes no further argument '{}'", command->get_name(), word) : fmt::format("unknown command '{}'", word);
    if (!near.empty()) message += fmt::format("; did you mean '{}'?", near[0]);
    else if (!command && !option) help = "`mlsysim --help` lists the commands";
  }
  throw InputError({{303, lower(message), {}, "", help}});
}

}  // namespace mlsysim::cli
