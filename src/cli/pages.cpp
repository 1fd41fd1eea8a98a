#include "pages.hpp"

#include <cassert>

namespace mlsysim::cli {
namespace {

constexpr Example program[] = {
    {"mlsysim eval chatbot", "a built-in scenario"},
    {"mlsysim init", "a scenario of your own to start from: scenario.yaml"},
    {"mlsysim eval scenario.yaml --format json", "evaluate it, for a program"},
    {"mlsysim eval --model \"Llama 3.1 8B\" --hardware H100 --batch 32", "without a file"},
    {"mlsysim explain chatbot serving.itl", "where a number comes from, and what moves it"},
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
    {"mlsysim eval memory_wall --set hardware.memory.bandwidth=2x --set precision=fp8", "what if? before and after, and what limits"},
    {"mlsysim eval infeasible_70b_on_one_gpu --exit-zero", "a report, whatever the verdict"},
    {"mlsysim eval chatbot --predict bottleneck=memory,itl=5ms", "predict first, then see how far off it was"},
    {"mlsysim eval chatbot --level v1.13", "only what the textbook has taught up to volume I, chapter 13"},
    {"mlsysim eval chatbot --picture", "where time and memory go, as bars; --svg FILE as a picture"},
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
constexpr Example serve[] = {
    {"mlsysim serve chatbot --hardware H100 A100 L40S", "three devices at the limits of a built-in service"},
    {"mlsysim serve serving_70b_four_gpus --hardware \"DGX H100\" \"DGX A100 80GB\" --format csv", "nodes, four devices of each"},
};
constexpr Example timeline[] = {
    {"mlsysim timeline pipeline_bubble", "who waits for whom in one training step"},
    {"mlsysim timeline pipeline_bubble --svg step.svg --trace step.json", "as a picture, and for ui.perfetto.dev"},
    {"mlsysim timeline pipeline_bubble --format csv", "every piece with its start and end"},
};
constexpr Example sweep[] = {
    {"mlsysim sweep chatbot --vary workload.batch=1..128", "how a service changes with its batch"},
    {"mlsysim sweep memory_wall --vary \"system.device=H100|A100|L4\" --vary workload.batch=1..64:x4 --metric performance.latency", "two fields, one metric"},
    {"mlsysim sweep memory_wall --vary hardware.memory.bandwidth=1TB/s..4TB/s:1TB/s", "with units, in equal steps"},
    {"mlsysim sweep memory_wall --vary hardware.memory.bandwidth=0.5x..4x,hardware.compute=0.5x..4x --format csv -o grid.csv", "factors on what the data sheet says"},
    {"mlsysim sweep chatbot --vary batch=1..64:1 --format csv --shard 1/2 -o part1.csv", "the first half, for one machine of two"},
};
constexpr Example pareto[] = {
    {"mlsysim pareto chatbot --vary batch=1..256 --objective serving.itl:min --objective serving.total_token_throughput:max", "latency against throughput"},
};
constexpr Example sensitivity[] = {
    {"mlsysim sensitivity chatbot", "which knob matters for a service"},
    {"mlsysim sensitivity memory_wall --metric performance.energy", "the same for another metric"},
};
constexpr Example optimize[] = {
    {"mlsysim optimize parallelism training_7b_eight_gpus", "the fastest plan on the devices which there are"},
    {"mlsysim optimize serving chatbot --subject-to \"serving.itl<=20 ms\" --vary devices=1..2", "the cheapest or fastest service within a limit"},
    {"mlsysim optimize placement region_choice_poland --top 5", "where the run emits least"},
    {"mlsysim optimize hardware memory_wall --vary devices=1", "the device on which it is fastest"},
};
constexpr Example merge[] = {
    {"mlsysim sweep chatbot --vary batch=1..8 --format csv --shard 1/1 -o part.csv && mlsysim merge part.csv -o whole.csv", "parts together as the whole"},
};
constexpr Example simulate[] = {
    {"mlsysim simulate chatbot", "percentiles and the curve of latency over load, at 70 % of the capacity"},
    {"mlsysim simulate chatbot --rate '8 request/s' --policy vllm", "another rate and another scheduler"},
    {"mlsysim simulate chatbot --svg load.svg --requests-csv requests.csv", "pictures, and every request with its times"},
    {"mlsysim simulate chatbot --requests 100000 --no-curve --format csv", "for a program"},
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
    {"mlsysim explain chatbot", "what can be asked"},
    {"mlsysim explain chatbot serving.itl", "formula, numbers and sources of one metric, and what moves it"},
    {"mlsysim explain chatbot serving.itl/1/8", "one of its parts"},
    {"mlsysim explain chatbot scorecard.performance.ttft --format markdown", "a check of the scorecard, with mathematics"},
    {"mlsysim explain chatbot serving.itl --all --format html -o itl.html", "the whole tree, to click through"},
    {"mlsysim explain mfu", "a term"},
    {"mlsysim explain E0142", "an error"},
};
constexpr Example glossary[] = {
    {"mlsysim glossary", "every term"},
    {"mlsysim glossary itl", "one, and what it is confused with"},
    {"mlsysim glossary --format markdown -o glossary.md", "as a page"},
};
constexpr Example lint[] = {
    {"mlsysim lint", "findings without an excuse"},
    {"mlsysim lint --all", "excused ones too"},
    {"mlsysim lint scenario.yaml", "choices of a scenario which are legal but suspicious"},
    {"mlsysim lint pipeline_bubble --exit-zero", "of a built-in one"},
};
constexpr Example step[] = {
    {"mlsysim step chatbot", "layer by layer: n and b step, q quits"},
    {"mlsysim step chatbot --at 6", "one stage"},
    {"mlsysim step chatbot --all", "all of them, for a pipe or a page"},
};
constexpr Example worksheet[] = {
    {"mlsysim worksheet chatbot", "up to three questions which suit the scenario"},
    {"mlsysim worksheet pipeline_bubble --metric distributed.bubble_fraction --faded 1", "one question, one step left out"},
    {"mlsysim worksheet chatbot --seed 4711 --key -o key_4711.md", "another student's numbers, with the answers"},
    {"mlsysim worksheet chatbot --format html -o sheet.html", "a page to print"},
};
constexpr Example audit[] = {
    {"mlsysim audit", "every constant by kind of source"},
    {"mlsysim audit chatbot", "what one result rests on"},
    {"mlsysim audit chatbot --require verified", "for a script: exit code 3 if a source was never opened"},
    {"mlsysim audit --format csv -o constants.csv", "all of them, one a row"},
};
constexpr Example diff[] = {
    {"mlsysim diff region_choice_poland region_choice_sweden", "one changed input"},
    {"mlsysim diff memory_wall compute_bound --all", "several, and how much each of them caused"},
    {"mlsysim diff chatbot scenario.yaml --metric serving.itl --exit-zero", "one metric"},
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
constexpr Example lab[] = {
    {"mlsysim lab list", "the labs which the program brings along"},
    {"mlsysim lab start l1 mine --student ada", "a folder with assignment, scenario and form"},
    {"mlsysim lab check mine --format csv --exit-zero", "is anything missing, is a unit impossible?"},
    {"mlsysim lab bundle mine -o bundle.md", "predictions, answers, runs and decision on one page"},
    {"mlsysim lab grade mine --gradescope results.json", "points and feedback, also for Gradescope"},
    {"mlsysim lab variants l1 --count 5 --key", "five students' variants with their answers"},
    {"mlsysim lab refresh l1 --format csv -o key.csv", "the key with today's registry"},
    {"mlsysim lab refresh l1 --since key.csv", "which answers have moved since, and because of which numbers"},
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
    {"serve", "one service on several devices, each at its largest batch in limits", serve,
     "The model, the lengths and the limits are those of the scenario; each replica has as many devices as the scenario's plan divides the model over. "
     "Each replica runs at the largest batch within the limits (at the scenario's where it states none), and goodput is what it serves there. Costs are those of the lowest rent "
     "on demand in the registry, always busy; energy is that of the devices; read and written tokens share both by time. "
     "With `workload.serving.requests_per_user` a user's month is shown too; where none meets them the exit code is 3."},
    {"timeline", "one training step, piece by piece, on each pipeline rank", timeline,
     "Lays out the step of a training scenario: forward and backward passes of every micro-batch, the communication of gradients and the optimizer. What no piece covers is the bubble. "
     "The order is that of `system.parallel.schedule` (one_f_one_b, gpipe or zero_bubble) and `interleaving`; each piece starts as soon as its rank is free and what it needs has arrived. "
     "Beside the picture stands the bubble by the closed form: they agree where all ranks take equally long and messages cost nothing."},
    {"sweep", "evaluate a scenario for many values of its fields", sweep,
     "AXES is NAME=VALUES, several with commas between them. NAME is the path of a field, as in the scenario or through an entry which it names (system.device.memory.hbm.bandwidth), or a short name: "
     "batch, prompt, output, sequence, model, devices, tensor, pipeline, data, expert, context, zero, grid, datacentre, price, precision (all formats), hardware (the device, node or fleet), hardware.memory.bandwidth, "
     "hardware.memory.capacity, hardware.compute (all peaks), hardware.scale_up.bandwidth, hardware.network.bandwidth, hardware.FIELD (any other field of the device).\n\n"
     "VALUES are values and ranges with | between them: 1|2|7, H100|A100, nvidia_* (every such entry), 1..64 (doubling), 1..64:1 (in steps of 1), 1..100:x3 (times 3), 1TB/s..4TB/s:0.5TB/s, and relative to the scenario 2x, +10%, 0.5x..4x.\n\n"
     "All combinations are evaluated, the last field fastest. Those which do not fit or which no solver takes are counted by reason. A row is marked where something else limits it than the one before on the last numeric field. "
     "CSV and JSON have base units; CSV is written as it is computed, so memory does not grow with the number of points. The output does not depend on --jobs.\n\n"
     "--shard K/N computes one of N equal parts, and `mlsysim merge` puts them together again: `parallel mlsysim sweep S --vary AXES --format csv --shard {}/8 -o part{}.csv ::: 1 2 3 4 5 6 7 8`, or with Slurm `--shard $SLURM_ARRAY_TASK_ID/8` in an array of 8. Exit code 3 if no point has numbers."},
    {"pareto", "the points of a sweep which no other point beats in every respect", pareto,
     "Fields and values are given as for `mlsysim sweep`. A point is beaten if another is at least as good by every objective and better by one; how many are beaten is counted."},
    {"sensitivity", "which parameter matters: elasticities of a metric, strongest first", sensitivity,
     "Every number of the scenario, of what it names and of the calibration is made 1 % larger and 1 % smaller. The elasticity is the change of the metric over that of the parameter, in logarithms: "
     "-1 means that 1 % more of it gives 1 % less of the metric. Counts go to the next whole number, or to twice and half where that cannot be evaluated. Where the two sides differ, the limit changes between them."},
    {"optimize", "the best plan by one metric which meets every limit", optimize,
     "parallelism: degrees of parallelism, micro-batch, interleaving, ZeRO stage and recomputation on the devices which the scenario has. placement: grids, and prices of the same device. "
     "serving: batch, tensor ranks, devices; what is left becomes replicas. hardware: every device (or node, or fleet) of the registry of the same tier, and how many.\n\n"
     "Every candidate is judged: what does not divide is not priced, what does not fit is not timed, and each rejection is counted by reason. Limits of the scenario hold beside --subject-to. "
     "--vary replaces the values of a field of the search, or adds a field, with NAME=VALUES as in `mlsysim sweep`. Of equal plans the first counts, so the answer does not depend on --jobs. "
     "Exit code 3 if no plan meets everything."},
    {"merge", "put the parts of a sweep together", merge, "Parts may be given in any order. A missing, repeated or cut-off part is an error; the result is what one `mlsysim sweep` would have written, byte for byte."},
    {"simulate", "a service under load: percentiles, queues, latency over load", simulate,
     "Runs the requests of `traffic:` one by one through a scheduler: static batches, Orca, vLLM, Sarathi (pieces of prompts beside decode steps). `workload.serving` adds a pool which only reads prompts, or guesses of a draft. "
     "Every iteration costs what the serving solver says about its batch, contexts and prompts; arrivals and lengths are drawn with a seed, so the same command prints the same bytes. "
     "Beside the means stand the closed forms, and a note where they do not apply.\n\n"
     "Without `traffic:` the defaults are those of `mlsysim resolve`: Poisson arrivals at the workload's rate, or 70 % of the capacity. `mlsysim eval` runs the same simulation, without "
     "the curve, for every scenario with `traffic:`, and judges `limits.ttft_p99`, `itl_p99`, `tpot_p99` and `latency_p99`."},
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
    {"walls", "what stops systems: each wall with its law and a scenario", walls, "A test evaluates every scenario and asserts that its wall binds there."},
    {"explain", "why a number is what it is; the page of an error or a term", explain,
     "For a scenario and the path of a number: its definition, the steps which computed it with formula, numbers and result, and where each input came from, down to source and date; "
     "then what moves it (the first-order change of the result for one per cent of each input), the limit it is held against, and other quantities with similar names. "
     "A path followed by /1/8 explains the eighth input of its first input. Paths of checks, knobs and cells of tables are listed with --all.\n\n"
     "For a code: what the error means and why mlsysim refuses the input, with an example which is refused and the same, mended."},
    {"glossary", "what each metric means, and what it is confused with", glossary, "Each term is defined once. JSON reports carry its id beside every number (`defined`)."},
    {"lint", "suspicious choices of a scenario; plausibility of the registry", lint,
     "With a scenario: choices which are legal but often a mistake, such as tensor ranks across nodes, a limit below the physical floor or recomputation although everything fits. "
     "Each has a page: `mlsysim explain L009`.\n\n"
     "Without: the mistakes everybody makes in data: sparse for dense peaks, FP8 not twice BF16, bandwidth which is not bus width times rate, and more. Exit code 3 if there is a finding without an excuse."},
    {"step", "an evaluation one stage at a time: five layers, then the scorecard", step,
     "Each stage asks a question before it shows its part of the result: workload, hardware, infrastructure and system, then each solver, then feasibility, performance and macro. "
     "On a terminal n goes on, b goes back and q quits. Stages are parts of one result, so stepping and running agree."},
    {"worksheet", "a problem sheet from any scenario, with key and variants", worksheet,
     "For each question: a worked example with the numbers of the scenario, the same with other numbers and the last steps left out, and the question alone. "
     "Other seeds give other numbers; each variant fits the machine and its answer is computed by the program. --key prints the answers behind the sheet."},
    {"audit", "where every constant comes from, and which nobody has checked", audit,
     "Counts the numbers of the registry, or those behind the metrics of one scenario, by kind of source; lists those without a source, those whose source was never opened, and prices and grid factors which are old or undated, "
     "counted to the date of the registry. With --require, exit code 3 if a number is not sourced, not verified or not current."},
    {"diff", "two scenarios: what changed, and which input caused how much", diff,
     "The change of each result is shared out among the changed inputs: with up to seven of them by Shapley values, the mean effect over all orders in which they could be changed; with more, along one path. "
     "Either way contributions add up to the whole change, and the output says which was used. Exit code 3 if the verdict of the second scenario is no."},
    {"benchmark", "measure what this machine's CPU reaches", benchmark, "Streams by STREAM's four kernels over caches and memory, products by OpenBLAS, convolutions as products of unrolled windows, normalization, and waking all threads; each warmed up and repeated, median and quartiles. Built for the processor on which it is built: build it where it measures. GPUs: benchmarks/gpu.py of the sources measures theirs through PyTorch, which a static program cannot load, into a table for calibrate."},
    {"calibrate", "fit what devices reach to measured operators", calibrate, "Tables are declared as for `validate`, with `role: calibration`; each row is one operator on one device. Fewer than 20 rows of a class are not fitted: what stands in for the device is brought to them, which estimates call INTERPOLATED. Exit code 3 if no class has 20."},
    {"validate", "estimates against published measurements", validate, "Each set binds the columns of a published table to a scenario; validation/README.md of the sources says how to add one. Exit code 3 with --check if a target is missed."},
    {"selftest", "check the program against vectors worked by hand", selftest,
     "Each conformance vector is a small scenario with its answer worked out by hand from the architecture: parameters, cache bytes, arithmetic. `mlsysim show NAME` prints one, so that "
     "other tools can be held against the same. Exit code 3 if any differs."},
    {"lab", "labs for courses: assign, check, grade", lab,
     "A lab is a folder of data: assignment, scenarios, questions, and a rubric whose expected values are computed when it is graded. `start` writes what a student gets; `check` looks at the form and knows no answers; `bundle` puts a submission on one page; "
     "`grade` takes submissions, or folders of them, and gives points for unit, set-up and value; answers may be in any compatible unit, and classic mistakes are named. `labs/README.md` of the sources is the instructor's guide.\n\n"
     "Exit code 3 means for check that the form is not complete, for grade that a submission could not be graded or --question lacks points, for refresh and variants that an answer cannot be computed (--exit-zero turns it into 0)."},
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
