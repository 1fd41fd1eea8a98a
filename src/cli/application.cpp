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
    registry();
    checks();
    shell();
  }

 private:
  template <class Run>
  CLI::App* command(char const* name, Run run) {
    auto* c = app_.add_subcommand(name, std::string(page(name).summary));
    c->get_help_ptr()->group(common_group);
    c->add_option("--format", r_.common.format, "text, json, csv or markdown; with json, errors are JSON too")->type_name("FORMAT")->check(one_of({"text", "json", "csv", "markdown", "md"}))->group(common_group);
    c->add_option("-o,--output", r_.common.output, "write to a file, whole or not at all")->type_name("FILE")->group(common_group);
    c->add_option("--color", r_.common.colour, "auto, always or never")->type_name("WHEN")->check(one_of({"auto", "always", "never"}))->group(common_group);
    c->callback([&r = r_, run] { r.run = run; });
    return c;
  }
  void takes_registry(CLI::App* c) {
    c->add_option("--registry", r_.common.registries, "directory of YAML which extends or overrides the built-in registry")->type_name("DIR")->expected(1)->allow_extra_args(false)->take_all()->group(common_group);
  }
  void takes_all(CLI::App* c, char const* what) { c->add_flag("--all", r_.common.all, what)->group(common_group); }

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
    e->add_option("--explain", o.explain, "derivation of one metric instead of the report, e.g. serving.itl")->type_name("METRIC");
    e->add_flag("--exit-zero", o.exit_zero, "exit with 0 even if the verdict is no");
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
    takes_pass(a, r_.analyze);
    auto* k = command("compare", [&r = r_] { return cli::compare(r.compare, r.common); });
    takes_registry(k);
    k->add_option("--model", r_.compare.models, "what runs")->type_name("MODEL")->required()->expected(1, 64);
    k->add_option("--hardware", r_.compare.hardware, "devices")->type_name("HARDWARE")->required()->expected(1, 64);
    k->add_option("--precision", r_.compare.precisions, "precisions, each for all roles")->type_name("PRECISION")->expected(1, 16);
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

    auto* r = command("resolve", [&r = r_] { return cli::resolve(r.file, r.common); });
    takes_registry(r);
    r->add_option("scenario", r_.file, "scenario file, or name of a built-in scenario")->type_name("SCENARIO")->required();

    auto* i = command("init", [&r = r_] { return cli::init(r.init, r.common); });
    takes_registry(i);
    i->add_option("file", r_.init.file, "what to write (scenario.yaml when left out)")->type_name("FILE");
    i->add_option("--from", r_.init.from, "a built-in scenario to start from")->type_name("BUILTIN");
    i->add_flag("--force", r_.init.force, "overwrite");
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
    auto* x = command("explain", [&r = r_] { return cli::explain(r.code, r.common); });
    x->add_option("code", r_.code, "e.g. E0142; all when left out")->type_name("CODE");
  }

  void checks() {
    auto* n = command("lint", [&r = r_] { return cli::lint(r.common); });
    takes_registry(n);
    takes_all(n, "excused findings too");
    auto* v = command("validate", [&r = r_] { return cli::validate(r.validate, r.common); });
    takes_registry(v);
    takes_all(v, "details of every set");
    auto& o = r_.validate;
    v->add_option("sets", o.sets, "names of sets, or mapping files of your own")->type_name("FILE");
    v->add_option("--data", o.data, "folder of mapping files (validation when left out)")->type_name("DIR");
    v->add_option("--svg", o.svg, "predicted against measured, as a picture")->type_name("FILE");
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
