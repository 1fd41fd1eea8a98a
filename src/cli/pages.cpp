#include "pages.hpp"

#include <cassert>

namespace mlsysim::cli {
namespace {

constexpr Example program[] = {
    {"mlsysim eval chatbot", "a built-in scenario"},
    {"mlsysim init", "a scenario of your own to start from: scenario.yaml"},
    {"mlsysim eval scenario.yaml --format json", "evaluate it, for a program"},
    {"mlsysim eval --model \"Llama 3.1 8B\" --hardware H100 --batch 32", "without a file"},
    {"mlsysim eval chatbot --explain serving.itl", "where a number comes from"},
    {"mlsysim search jetson orin", "what there is"},
    {"mlsysim show H100", "every number with its source"},
    {"mlsysim explain E0142", "what an error means"},
};
constexpr Example eval[] = {
    {"mlsysim eval chatbot", "a built-in scenario"},
    {"mlsysim eval scenario.yaml", "a file of your own"},
    {"mlsysim eval memory_wall compute_bound --format csv", "two scenarios, one row per metric"},
    {"mlsysim eval --model ResNet-50 --hardware A100 --batch 64", "without a file"},
    {"mlsysim eval --model \"Llama 3.1 8B\" --hardware H100 --phase serving --batch 32 --prompt 2048 --output-tokens 256", "a service, without a file"},
    {"mlsysim eval chatbot --explain serving.ttft", "formula, numbers and sources of one metric"},
    {"mlsysim eval infeasible_70b_on_one_gpu --exit-zero", "a report, whatever the verdict"},
    {"mlsysim eval chatbot --format markdown -o report.md", "a file, written whole or not at all"},
};
constexpr Example analyze[] = {
    {"mlsysim analyze --model ResNet-50 --hardware A100 --batch 64", "one pass, operator by operator"},
    {"mlsysim analyze --model \"Llama 3.1 8B\" --hardware H100 --phase decode --batch 32", "one token of 32 requests"},
};
constexpr Example compare[] = {
    {"mlsysim compare --model ResNet-50 --hardware A100 H100 L4 --batch 64", "three devices"},
    {"mlsysim compare --model \"Llama 3.1 8B\" --hardware H100 --precision bf16 fp8 --phase decode", "two precisions"},
};
constexpr Example timeline[] = {
    {"mlsysim timeline pipeline_bubble", "who waits for whom in one training step"},
    {"mlsysim timeline pipeline_bubble --svg step.svg --trace step.json", "as a picture, and for ui.perfetto.dev"},
    {"mlsysim timeline pipeline_bubble --format csv", "every piece with its start and end"},
};
constexpr Example scaling[] = {
    {"mlsysim scaling --compute \"5.76e23 FLOP\"", "the budget of Chinchilla: which N and D?"},
    {"mlsysim scaling --device-time \"1e6 h\" --hardware H100 --mfu 0.4", "a million GPU hours"},
    {"mlsysim scaling --price price_aws_p5_48xlarge_on_demand --money \"1e6 USD\" --mfu 0.4", "a million dollars"},
    {"mlsysim scaling --model \"Llama 3.1 8B\" --tokens \"15 Ttoken\" --inference \"10 Ttoken\"", "what over-training costs, and saves over a life"},
    {"mlsysim scaling --compute \"1e24 FLOP\" --law kaplan_2020", "by another law"},
};
constexpr Example walls[] = {
    {"mlsysim walls", "all of them, from the device outwards"},
    {"mlsysim walls memory_bandwidth", "law, equations, and a scenario in which it binds"},
    {"mlsysim walls carbon --format markdown", "the same as a page"},
};
constexpr Example resolve[] = {
    {"mlsysim resolve chatbot", "what a built-in scenario leaves to defaults"},
    {"mlsysim resolve scenario.yaml -o complete.yaml", "the same for your own, as a file"},
};
constexpr Example init[] = {
    {"mlsysim init", "scenario.yaml, and its schema beside it"},
    {"mlsysim init vision.yaml --from vision_batch_one", "start from a built-in scenario"},
    {"mlsysim init vision.yaml --from chatbot --force", "start again"},
};
constexpr Example list[] = {
    {"mlsysim list", "everything in the registry"},
    {"mlsysim list hardware", "all devices"},
    {"mlsysim list models qwen", "models with qwen in a name"},
    {"mlsysim list scenarios", "what `mlsysim eval` knows by name"},
    {"mlsysim list grids --format csv", "for a program"},
};
constexpr Example search[] = {
    {"mlsysim search jetson orin", "both words, in any order"},
    {"mlsysim search sweden", "grids, regions and scenarios alike"},
    {"mlsysim search bits bytes", "error pages too"},
};
constexpr Example show[] = {
    {"mlsysim show H100", "by alias; the exact entry is named"},
    {"mlsysim show llama_3_1_8b --format json", "for a program"},
    {"mlsysim show chatbot", "the text of a built-in scenario"},
};
constexpr Example schema[] = {
    {"mlsysim schema scenario -o scenario.schema.json", "for an editor"},
    {"mlsysim schema hardware", "a device file of the registry"},
    {"mlsysim schema report", "what `mlsysim eval --format json` writes"},
};
constexpr Example explain[] = {
    {"mlsysim explain E0142", "one error"},
    {"mlsysim explain", "all of them"},
};
constexpr Example lint[] = {
    {"mlsysim lint", "findings without an excuse"},
    {"mlsysim lint --all", "excused ones too"},
};
constexpr Example benchmark[] = {
    {"mlsysim benchmark --list", "what would be measured"},
    {"mlsysim benchmark --quick --write mine", "results, an entry of the registry, and what calibrate needs"},
};
constexpr Example calibrate[] = {
    {"mlsysim calibrate", "every table of measured operators in the folder validation/ of the sources"},
    {"mlsysim calibrate vidur-operators --format csv", "one table, for a program"},
    {"mlsysim calibrate vidur-operators --write profiles", "profiles for --registry"},
};
constexpr Example validate[] = {
    {"mlsysim validate", "all sets in the folder validation/ of the sources"},
    {"mlsysim validate neusight-models --svg picture.svg", "one set in detail, and a picture"},
    {"mlsysim validate neusight-models --rows every_row.csv", "every row with its prediction"},
};
constexpr Example selftest[] = {
    {"mlsysim selftest --vectors", "the conformance vectors"},
    {"mlsysim selftest --vectors --all", "with the arithmetic of each"},
    {"mlsysim selftest", "scenarios and registry entries too"},
};
constexpr Example completion[] = {
    {"mlsysim completion bash", "source <(mlsysim completion bash)"},
    {"mlsysim completion zsh -o _mlsysim", "put the file into a folder of $fpath"},
    {"mlsysim completion fish -o mlsysim.fish", "into ~/.config/fish/completions"},
};
constexpr Example man[] = {
    {"mlsysim man eval -o mlsysim-eval.1", "then: man ./mlsysim-eval.1"},
    {"mlsysim man", "the page of the program itself"},
    {"mlsysim man --directory man1", "all pages into a folder"},
};

constexpr Page all[] = {
    {"", "a first-order simulator for machine-learning systems", program,
     "mlsysim says whether a workload fits on a machine, how fast it is there, what it costs and emits, what limits it, and where every number comes from. "
     "A scenario is a few lines of YAML; hardware, models, grids and prices come from the registry inside the program.\n\n"
     "Data go to standard output, messages to standard error. Text has colours on a terminal only, and none if NO_COLOR is set or with --color never; "
     "it is plain ASCII where the locale is not UTF-8."},
    {"eval", "evaluate scenarios: scorecard, metrics, what was assumed", eval,
     "A scenario is a file, or the name of a built-in one (`mlsysim list scenarios`). The scorecard asks in order: does it fit (feasibility), is it fast enough (performance), "
     "what does it cost and emit (macro). Prices older than one year and grid factors older than three, counted to the date of the registry, give a warning.\n\n"
     "Exit code 3 means that it was evaluated and the verdict is no: it does not fit, or a limit or an assertion of the scenario is missed."},
    {"analyze", "one model on one device: every operator, its roof, memory and energy", analyze,
     "Shows what `mlsysim eval` sums up: each operator with its work and traffic, the time of each, what bounds it, and where it lies under the roofline."},
    {"compare", "models x devices x precisions in one table, speeds against the first", compare,
     "Every combination is evaluated like a scenario; one which does not fit is named, and the exit code is 3."},
    {"timeline", "one training step, piece by piece, on each pipeline rank", timeline,
     "Lays out the step of a training scenario: forward and backward passes of every micro-batch, the communication of gradients and the optimizer. What no piece covers is the bubble. "
     "The order is that of `system.parallel.schedule` (one_f_one_b, gpipe or zero_bubble) and `interleaving`; each piece starts as soon as its rank is free and what it needs has arrived. "
     "Beside the picture stands the bubble by the closed form: they agree where all ranks take equally long and messages cost nothing."},
    {"scaling", "parameters and training tokens for a budget, by published scaling laws", scaling,
     "A budget is compute, device time or money; 6 N D is spent on N parameters and D tokens, where the law has its least loss. With --inference it also finds the smaller model which, trained longer, "
     "reaches the same loss at the least compute of its life. Losses are on the data of the law's paper: they compare plans, not models."},
    {"resolve", "print a scenario with every default filled in and where it came from", resolve,
     "The output is a scenario which evaluates to the same result. A value which you gave has a comment with its line; a default says why it was taken."},
    {"init", "start a scenario of your own, with a schema for your editor", init,
     "Writes a commented scenario which evaluates as it stands, and beside it mlsysim-scenario.schema.json. An editor with a YAML language server then completes keys, "
     "models and devices, shows what each field means, and underlines mistakes; it needs no network.\n\n"
     "Nothing is overwritten without --force, and either both files are written or none."},
    {"list", "what the registry holds", list, "Kinds: hardware, models, grids, datacentres, prices, nodes, fabrics, fleets, calibrations, techniques, scaling_laws, sources, scenarios; systems and infrastructure are several of them."},
    {"search", "find entries of any kind, scenarios and error pages", search, "An entry is found if every word is part of its id, its names or its place in the registry, a scenario also by what it is about. Case, blanks and - _ . / do not matter."},
    {"show", "every field of an entry with unit, source, date and verified mark", show,
     "NAME is an id, an alias or a name of anything: a device, a model, a grid, a source, a built-in scenario. `verified` says whether somebody opened the source and read the number there."},
    {"schema", "JSON Schema of a file kind or of JSON output", schema,
     "Files: scenario, hardware, model, grid, datacentre, price, node, fabric, fleet, calibration, technique, scaling_law, sources. Output of --format json: report, table, errors, derivation, validation. Draft 7, as the YAML language server of editors reads it."},
    {"walls", "what stops systems: each wall with its law, equations and a scenario which shows it", walls, "A test evaluates every scenario and asserts that its wall binds there."},
    {"explain", "the page of an error code", explain, "Each page says what the error means and why mlsysim refuses the input, with an example which is refused and the same, mended."},
    {"lint", "ratios and plausibility of the registry", lint,
     "Looks for the mistakes everybody makes: sparse for dense peaks, FP8 not twice BF16, bandwidth which is not bus width times rate, and more. Exit code 3 if there is a finding without an excuse."},
    {"benchmark", "measure what this machine's CPU reaches", benchmark, "Streams by STREAM's four kernels over caches and memory, products by OpenBLAS, convolutions as products of unrolled windows, normalization, and waking all threads; each warmed up and repeated, median and quartiles. Built for the processor on which it is built: build it where it measures. GPUs are not measured: a static program cannot load their runtime."},
    {"calibrate", "fit what devices reach to measured operators", calibrate, "Tables are declared as for `validate`, with `role: calibration`; each row is one operator on one device. Fewer than 20 rows of a class are not fitted; exit code 3 if none is."},
    {"validate", "estimates against published measurements", validate, "Each set binds the columns of a published table to a scenario; validation/README.md of the sources says how to add one. Exit code 3 with --check if a target is missed."},
    {"selftest", "check the program against vectors worked by hand", selftest,
     "Each conformance vector is a small scenario with its answer worked out by hand from the architecture: parameters, cache bytes, arithmetic. `mlsysim show NAME` prints one, so that "
     "other tools can be held against the same. Exit code 3 if any differs."},
    {"completion", "completion of commands, options and registry names for a shell", completion, "The script asks mlsysim itself for candidates, so it knows the registry of the version which is installed."},
    {"man", "manual pages, made of the same texts as --help", man, "`cmake --install` installs all of them."},
};

}  // namespace

std::span<const Page> pages() { return all; }

Page const& page(std::string_view command) {
  for (auto const& p : all)
    if (p.command == command) return p;
  assert(false && "every command has a page");
  return all[0];
}

}  // namespace mlsysim::cli
