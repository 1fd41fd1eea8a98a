#pragma once
// One function per command. application.cpp says what the command line looks like; nothing else knows its parser.
#include <cstdint>
#include <functional>
#include <optional>
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
  bool exit_zero = false;
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

struct CompareOptions {
  std::vector<std::string> models, hardware, precisions{""};
  EvalOptions shape;  ///< phase, batch and lengths, the same for all
};

struct InitOptions {
  std::string file = "scenario.yaml";
  std::string from;    ///< a built-in scenario to start from; empty: the commented starter
  bool force = false;  ///< overwrite
};

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
int explain(std::string const& code, Common const& common);
int lint(Common const& common);
int validate(ValidateOptions const& options, Common const& common);
/// Conformance vectors, and with `everything` also whether every scenario and registry entry inside the program can be used.
int selftest(bool everything, Common const& common);

/// The built-in registry with the directories of `--registry`. \throws InputError
registry::Catalogue open_catalogue(Common const& common);
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
