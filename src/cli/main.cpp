#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>

#include "commands.hpp"

using namespace mlsysim;

namespace {

constexpr char const* footer = R"(Examples:
  mlsysim eval chatbot                                   a built-in scenario
  mlsysim eval my.yaml --format json                     your own, for a program
  mlsysim eval --model "Llama 3.1 8B" --hardware H100 --batch 32
  mlsysim eval chatbot --explain serving.itl             where a number comes from
  mlsysim list hardware jetson                           what there is
  mlsysim show H100                                      every number with its source
  mlsysim explain E0142                                  what an error means

Exit codes: 0 done, 1 internal error (please report it), 2 usage or bad input, 3 evaluated and the verdict is no.)";

void report_error(InputError const& e, std::string const& format) {
  if (format != "json") {
    std::fputs(to_text(e.problems()).c_str(), stderr);
    return;
  }
  std::fputs(render::json(e.problems(), cli::version()).c_str(), stderr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::printf("mlsysim %s\n", cli::version().c_str());
    return cli::done;
  }
  CLI::App app{"mlsysim: a first-order simulator for machine-learning systems", "mlsysim"};
  app.footer(footer);
  app.set_version_flag("--version", "mlsysim " + cli::version());
  app.require_subcommand(1);

  cli::Common common;
  cli::EvalOptions eval;
  cli::ValidateOptions validate;
  std::string file, kind, filter, name, what;
  const auto shared = [&](CLI::App* c) {
    c->add_option("--format", common.format, "text, json, csv or markdown")->check(CLI::IsMember({"text", "json", "csv", "markdown", "md"}));
    c->add_option("-o,--output", common.output, "write to a file, whole or not at all");
    c->add_option("--registry", common.registries, "directory of YAML which extends or overrides the built-in registry")->expected(1)->take_all();
    c->add_option("--color", common.colour, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}));
    c->add_flag("--all", common.all, "long tables and every part of a derivation");
    return c;
  };

  auto* e = shared(app.add_subcommand("eval", "evaluate scenarios: scorecard, metrics, what was assumed"));
  e->footer("Examples:\n  mlsysim eval chatbot\n  mlsysim eval a.yaml b.yaml --format csv\n  mlsysim eval --model ResNet-50 --hardware A100 --batch 64\n  mlsysim eval chatbot --explain serving.ttft");
  e->add_option("files", eval.files, "scenario files, or names of built-in scenarios");
  e->add_option("--explain", eval.explain, "derivation of one metric instead of the report, e.g. serving.itl");
  e->add_flag("--exit-zero", eval.exit_zero, "exit with 0 even if the verdict is no");
  e->add_flag_callback("--binary-units", [&] { common.binary_units = true; }, "data in GiB instead of GB");
  e->add_option("--model", eval.model, "quick form: model");
  e->add_option("--hardware", eval.hardware, "quick form: device, node or fleet");
  e->add_option("--phase", eval.phase, "quick form: inference, prefill, decode, serving or training");
  e->add_option("--precision", eval.precision, "quick form: one precision for all roles");
  e->add_option("--batch", eval.batch, "quick form: batch")->check(CLI::PositiveNumber);
  e->add_option("--prompt", eval.prompt, "quick form: tokens read (default 1024)")->check(CLI::PositiveNumber);
  e->add_option("--output-tokens", eval.output_tokens, "quick form: tokens written")->check(CLI::PositiveNumber);
  e->add_option("--sequence", eval.sequence, "quick form: tokens per sequence in training")->check(CLI::PositiveNumber);
  e->add_option("--devices", eval.devices, "quick form: how many devices")->check(CLI::PositiveNumber);
  e->add_option("--tensor", eval.tensor, "quick form: tensor-parallel degree")->check(CLI::PositiveNumber);

  const auto pass_options = [](CLI::App* a, cli::EvalOptions& to) {
    a->add_option("--phase", to.phase, "inference, prefill, decode, serving or training");
    a->add_option("--execution", to.execution, "kernels: fused, compiled or eager");
    a->add_option("--batch", to.batch, "samples or sequences at once")->check(CLI::PositiveNumber);
    a->add_option("--prompt", to.prompt, "tokens read (default 1024)")->check(CLI::PositiveNumber);
    a->add_option("--sequence", to.sequence, "tokens per sequence in training")->check(CLI::PositiveNumber);
  };
  cli::EvalOptions analyzed;
  auto* a = shared(app.add_subcommand("analyze", "one model on one device: every operator, its roof, memory and energy"));
  a->footer("Examples:\n  mlsysim analyze --model ResNet-50 --hardware A100 --batch 64\n  mlsysim analyze --model \"Llama 3.1 8B\" --hardware H100 --phase decode --batch 32");
  a->add_option("--model", analyzed.model, "model")->required();
  a->add_option("--hardware", analyzed.hardware, "device, node or fleet")->required();
  a->add_option("--precision", analyzed.precision, "one precision for all roles");
  pass_options(a, analyzed);
  cli::CompareOptions compared;
  auto* k = shared(app.add_subcommand("compare", "models x devices x precisions in one table, speeds against the first"));
  k->footer("Examples:\n  mlsysim compare --model ResNet-50 --hardware A100 H100 L4 --batch 64\n  mlsysim compare --model \"Llama 3.1 8B\" --hardware H100 --precision bf16 fp8 --phase decode");
  k->add_option("--model", compared.models, "models")->required()->expected(1, 64);
  k->add_option("--hardware", compared.hardware, "devices")->required()->expected(1, 64);
  k->add_option("--precision", compared.precisions, "precisions, each for all roles")->expected(1, 16);
  pass_options(k, compared.shape);

  auto* r = shared(app.add_subcommand("resolve", "print a scenario with every default filled in and where it came from"));
  r->add_option("file", file, "scenario file or name of a built-in scenario")->required();
  auto* l = shared(app.add_subcommand("list", "what the registry holds"));
  l->footer("Examples:\n  mlsysim list hardware\n  mlsysim list models qwen\n  mlsysim list scenarios");
  l->add_option("kind", kind, "hardware, models, grids, datacentres, prices, systems, nodes, fabrics, fleets or scenarios");
  l->add_option("filter", filter, "part of a name");
  auto* s = shared(app.add_subcommand("show", "every field of an entry with unit, source, date and verified mark"));
  s->add_option("name", name, "id, alias or name")->required();
  auto* c = shared(app.add_subcommand("schema", "JSON Schema of a file kind, for editors"));
  c->add_option("kind", kind, "scenario, hardware, model, grid, datacentre, price, node, fabric, fleet or calibration")->required();
  auto* x = shared(app.add_subcommand("explain", "the page of an error code"));
  x->add_option("code", what, "e.g. E0142")->required();
  auto* n = shared(app.add_subcommand("lint", "ratios and plausibility of the registry"));
  cli::CalibrateOptions calibrated;
  auto* f = shared(app.add_subcommand("calibrate", "fit what devices reach to measured operators"));
  f->footer("Examples:\n  mlsysim calibrate\n  mlsysim calibrate vidur-operators --format csv\n  mlsysim calibrate mine.yaml --write registry_of_mine\n\nTables are declared as for `validate`, with `role: calibration`; each row is one operator on one device.");
  f->add_option("tables", calibrated.tables, "mapping files of measured operators, or names of shipped ones; all when left out");
  f->add_option("--data", calibrated.data, "folder of mapping files")->capture_default_str();
  f->add_option("--write", calibrated.write, "folder for profiles: use it with --registry");
  auto* v = shared(app.add_subcommand("validate", "estimates against published measurements"));
  v->footer("Examples:\n  mlsysim validate\n  mlsysim validate neusight-models --svg picture.svg\n  mlsysim validate --check\n  mlsysim validate mine.yaml --rows every_row.csv");
  v->add_option("sets", validate.sets, "names of sets, or mapping files of your own (validation/README.md)");
  v->add_option("--data", validate.data, "folder of mapping files")->capture_default_str();
  v->add_option("--svg", validate.svg, "predicted against measured, as a picture");
  v->add_option("--rows", validate.rows, "every row with its prediction, as CSV");
  v->add_flag("--check", validate.check, "exit with 3 if a target is missed");
  v->add_option("--shuffle", validate.shuffle, "seed: exchange the measured values first, which must ruin the result");

  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    const int code = app.exit(error);
    return code == 0 ? cli::done : cli::bad_input;
  }
  if (common.format == "md") common.format = "markdown";

  try {
    if (*e) return cli::eval(eval, common);
    if (*f) return cli::calibrate(calibrated, common);
    if (*a) return cli::analyze(analyzed, common);
    if (*k) return cli::compare(compared, common);
    if (*r) return cli::resolve(file, common);
    if (*l) return cli::list(kind, filter, common);
    if (*s) return cli::show(name, common);
    if (*c) return cli::schema(kind, common);
    if (*x) return cli::explain(what, common);
    if (*n) return cli::lint(common);
    if (*v) return cli::validate(validate, common);
  } catch (InputError const& error) {
    report_error(error, common.format);
    return cli::bad_input;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "internal error: %s\nThis is a bug in mlsysim; please report it with the command and the file.\n", error.what());
    return cli::internal_error;
  }
  return cli::done;
}
