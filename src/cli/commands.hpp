#pragma once
// One function per command. application.cpp says what the command line looks like; nothing else knows its parser.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/render/render.hpp"

namespace mlsysim::cli {

/// Exit codes, documented in README.md and `mlsysim --help`.
enum Exit { done = 0, internal_error = 1, bad_input = 2, verdict_no = 3 };

struct Common {
  std::string format = "text";  ///< text, json, csv, markdown
  std::string output;           ///< file; empty: standard output
  std::string colour = "auto";  ///< auto, always, never
  std::vector<std::string> registries;
  bool all = false;
  bool binary_units = false;
};

struct EvalOptions {
  std::vector<std::string> files;
  std::string explain;
  std::vector<std::string> sets;  ///< NAME=VALUE: what if?
  bool exit_zero = false;
  bool predicts = false;   ///< `--predict` was given
  std::string predict;     ///< what is predicted; empty: it is asked
  std::string svg;         ///< the picture as a file; none when empty
  bool picture = false;    ///< bars on the terminal
  std::string level;       ///< chapter up to which sections are shown; empty: all
  // The quick form.
  std::string model, hardware, phase, precision, execution;
  int batch = 0, prompt = 0, output_tokens = 0, sequence = 0, devices = 0, tensor = 0;
};

struct ValidateOptions {
  std::vector<std::string> sets;      ///< ids or mapping files; all when empty
  std::string data = "validation";    ///< folder of mapping files
  std::string svg, rows;              ///< files to write; none when empty
  std::optional<std::uint64_t> shuffle;
  bool check = false;                 ///< exit code 3 where a target is missed
};

struct TimelineOptions {
  std::string scenario;    ///< file, or name of a built-in one
  std::string svg, trace;  ///< files to write; none when empty
};

struct SweepOptions {
  std::string scenario;                             ///< file, or name of a built-in one
  std::vector<std::string> vary, metrics;
  std::vector<std::string> objectives;              ///< of a front
  int jobs = 0;                                     ///< threads; 0: as many as the machine has
  std::string shard;                                ///< K/N; empty: everything
  std::string svg;                                  ///< file to write; none when empty
};

struct SensitivityOptions {
  std::string scenario;  ///< file, or name of a built-in one
  std::string metric;    ///< empty: the headline
  std::string svg;       ///< file to write; none when empty
};

struct OptimizeOptions {
  std::string search, scenario;
  std::string objective;                  ///< empty: the usual one
  std::vector<std::string> constraints, vary, metrics;
  int top = 10, jobs = 0;
};

struct SimulateOptions {
  std::string scenario;                 ///< file, or name of a built-in one
  std::string rate, policy;             ///< in place of the scenario's; empty: as it says
  int requests = 0;                     ///< the same; 0: as it says
  int seed = 0;                         ///< the same
  std::string svg, requests_csv, requests_json;  ///< files to write; none when empty
  bool no_curve = false;                ///< without the simulations at other rates
};

struct ScalingOptions {
  std::string law = "hoffmann_2022_unrounded";
  std::string compute, device_time, money;  ///< the budget, as written; at most one
  std::string price, hardware;              ///< for which money or device time is spent
  std::string model, parameters, tokens;    ///< a model which is given
  std::string inference;                    ///< tokens over its life
  double mfu = 0;                           ///< utilisation of device time; 0: not given
};

struct CompareOptions {
  std::vector<std::string> models, hardware, precisions{""};
  EvalOptions shape;  ///< phase, batch and lengths, the same for all
};

struct InitOptions {
  std::string file = "scenario.yaml";
  std::string from;    ///< a built-in scenario to start from; empty: the commented starter
  bool force = false;  ///< overwrite
};

struct LabOptions {
  std::string action;                                ///< list, show, start, check, bundle, grade, refresh or variants
  std::vector<std::string> arguments;                ///< a lab and a folder, or submissions
  std::string labs;                                  ///< folder of labs in place of the built-in ones
  std::string lab, student, track, roster, secret_file;
  std::string gradescope, junit, question, since;
  int count = 10;
  bool variants = false, after_due = false, any_snapshot = false, line = false, key = false, exit_zero = false;
};
int lab(LabOptions const& options, Common const& common);

/// The scenario which the quick form stands for: one like any other, so it has the same defaults, checks and messages.
std::string quick_scenario(EvalOptions const& options, registry::Catalogue const& catalogue);

struct ServeOptions {
  std::string scenario;               ///< file, or name of a built-in one
  std::vector<std::string> hardware;  ///< devices or nodes
};

/// A service on several kinds of hardware, each at the largest batch within the limits.
int serve(ServeOptions const& options, Common const& common);
int analyze(EvalOptions const& options, Common const& common);
int compare(CompareOptions const& options, Common const& common);
int timeline(TimelineOptions const& options, Common const& common);
int sweep(SweepOptions const& options, Common const& common);
int pareto(SweepOptions const& options, Common const& common);
int sensitivity(SensitivityOptions const& options, Common const& common);
int optimize(OptimizeOptions const& options, Common const& common);
/// What changes in a scenario, and why, when fields are set. \throws InputError
int what_if(std::string const& scenario, std::vector<std::string> const& sets, bool exit_zero, Common const& common);
/// Parts of a sweep, written by `--shard`, as the whole. \throws InputError (E0316)
int merge(std::vector<std::string> const& files, Common const& common);
int simulate(SimulateOptions const& options, Common const& common);
/// Parameters and tokens for a budget.
int scaling(ScalingOptions const& options, Common const& common);
/// All walls, or the page of one.
int walls(std::string const& name, Common const& common);
struct BenchmarkOptions {
  std::string suite, write;
  bool quick = false, list = false;
};

/// Runs `mlsysim-benchmark`, which lies beside this program. \throws InputError if it does not
int benchmark(BenchmarkOptions const& options, Common const& common);

struct CalibrateOptions {
  std::vector<std::string> tables;  ///< mapping files of measured operators, or their names
  std::string data = "validation";  ///< folder of mapping files
  std::string write;                ///< folder for profiles; none when empty
};

/// Every mapping file of the folder, or those which are asked for: by id, or as a file. \throws InputError
std::vector<std::string> mapping_files(std::vector<std::string> const& asked, std::string const& folder);

int calibrate(CalibrateOptions const& options, Common const& common);
int eval(EvalOptions const& options, Common const& common);
int resolve(std::string const& file, Common const& common);
int init(InitOptions const& options, Common const& common);
int list(std::string const& kind, std::string const& filter, Common const& common);
int search(std::vector<std::string> const& words, Common const& common);
int show(std::string const& name, Common const& common);
int schema(std::string const& kind, Common const& common);
struct ExplainOptions {
  std::string what;    ///< a scenario, a code (E0142, L001) or a term; empty: everything which has a page
  std::string metric;  ///< path of a number of the scenario; empty: what can be asked
  int depth = 4;       ///< levels of steps
};
int explain(ExplainOptions const& options, Common const& common);
/// Writes why a number of each report is what it is; `command(i)` asks for a number of the i-th. \throws InputError (E0330)
void explain_numbers(std::span<const Report> reports, std::string const& metric, int depth, std::function<std::string(std::size_t)> const& command, Common const& common);
/// One term, or all.
int glossary(std::string const& term, Common const& common);
/// The registry's ratios.
int lint_registry(Common const& common);
/// Choices of scenarios which are legal but suspicious.
int lint_scenarios(std::vector<std::string> const& files, bool exit_zero, Common const& common);

struct AuditOptions {
  std::string scenario;          ///< only what it rests on; empty: the whole registry
  std::string require = "none";  ///< none, sourced, verified or current: exit code 3 if a number is not
};
int audit(AuditOptions const& options, Common const& common);

struct WorksheetCommand {
  std::string scenario;
  std::vector<std::string> metrics;  ///< some which suit the scenario when empty
  int faded = 2;                     ///< steps left out of the second problem
  std::uint64_t seed = 1;
  bool key = false;                  ///< answers behind the sheet
};
int worksheet(WorksheetCommand const& options, Common const& common);

struct StepOptions {
  std::string scenario;
  int at = 0;         ///< one stage; 0: all, one by one on a terminal
  std::string level;  ///< chapter up to which stages are shown; empty: all
};
int step(StepOptions const& options, Common const& common);

struct DiffOptions {
  std::string before, after;         ///< scenarios
  std::vector<std::string> metrics;  ///< paths; those which people ask first when empty
  bool exit_zero = false;
};
int diff(DiffOptions const& options, Common const& common);
int validate(ValidateOptions const& options, Common const& common);
/// Conformance vectors, and with `everything` also whether every scenario and registry entry inside the program can be used.
int selftest(bool everything, Common const& common);

/// The built-in registry with the directories of `--registry`. \throws InputError
registry::Catalogue open_catalogue(Common const& common);
/// Takes out what is taught after a chapter, and says on standard error what that was; nothing for an empty `level`. \throws InputError (E0333)
void show_up_to(std::string const& level, Report& report);
/// Evaluates a scenario by path, or a built-in one by name, and fills in version and registry. \throws InputError
Report evaluated(std::string const& file, registry::Catalogue const& catalogue);
/// Whether this is the name of a built-in scenario or a file which exists.
bool is_scenario(std::string const& name);
/// Reads a scenario by path, or a built-in one by name. \throws InputError
io::Document open_scenario(std::string const& file);
/// `did you mean …?` for a scenario which is not there; empty if nothing is near.
std::string near_scenario(std::string const& wanted);
/// Ids and aliases of a kind, for schemas.
std::function<std::vector<std::string>(EntryKind)> names_in(registry::Catalogue const& catalogue);
/// JSON Schema of a scenario, with the names of this registry.
std::string scenario_schema(registry::Catalogue const& catalogue);
/// What `list` and `schema` take as a kind.
std::vector<std::string_view> list_kinds();
std::vector<std::string_view> schema_kinds();

render::TextStyle style(Common const& common);
/// To standard output or, whole, to the file asked for. \throws InputError (E0301)
void write(std::string const& text, Common const& common);
/// A table in the format asked for.
void write(Table const& table, Common const& common);
/// A column of text whose heading is its id.
Column text_column(char const* id);
/// Lines of at most 100 characters behind `indent` blanks.
std::string wrapped(std::string_view text, std::size_t indent);
std::string version();

}  // namespace mlsysim::cli
