#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/io/show.hpp"
#include "mlsysim/scenario/scenario.hpp"

namespace mlsysim::cli {
namespace {

namespace fs = std::filesystem;

constexpr char const* schema_file = "mlsysim-scenario.schema.json";

// A `#` right before a key or before two blanks switches a line off; a test switches all of them on.
constexpr char const* starter = R"(
# Evaluate it:                        mlsysim eval {0}
# What was taken for granted:         mlsysim resolve {0}
# Where a number comes from:          mlsysim eval {0} --explain serving.itl
# Lines which start with #key: are options; remove the # to use them.

name: My scenario
#about: what it is to show

workload:
  model: Llama 3.1 8B                 # mlsysim list models
  phase: serving                      # inference, prefill, decode, serving or training
  prompt: 1024                        # tokens read per request
  output: 256                         # tokens written per request
  batch: 16                           # requests at once on each replica
#  request_rate: 2 request/s          # offered load: then queueing counts too; mlsysim simulate {0} draws the requests
#  precision: {{weights: int8}}         # bf16 where nothing is said

system:
  device: H100                        # mlsysim list hardware; or `node:` or `fleet:` of mlsysim list systems
#  devices: 2
#  parallel: {{tensor: 2}}

infrastructure:
  grid: grid_us                       # mlsysim list grids
  datacentre: hyperscale              # mlsysim list datacentres
#  price: price_runpod_h100_sxm_secure  # mlsysim list prices h100

limits:                               # each becomes a check of the scorecard
  ttft: 500 ms
  itl: 50 ms
#  cost_per_token: 5 USD/Mtoken

#assert:                              # checks on any metric: mlsysim eval {0} --format csv lists their names
#  - {{metric: serving.decode_mbu, at_least: 10 %}}

#overrides:                           # what if a single field of a registry entry were different?
#  system.device.memory.hbm.bandwidth: 4 TB/s
)";

/// The scenario with the line which tells editors where its schema is.
std::string scenario_text(InitOptions const& o) {
  const std::string modeline = fmt::format("# yaml-language-server: $schema={}\n", schema_file);
  if (o.from.empty()) return modeline + fmt::format(fmt::runtime(std::string_view(starter).substr(1)), fs::path(o.file).filename().string());
  if (auto const* s = registry::builtin_scenario(o.from)) return modeline + std::string(s->text);
  const std::string near = near_scenario(o.from);
  const std::string help = fmt::format("{}{}`mlsysim list scenarios` names the built-in ones", near, near.empty() ? "" : " ");
  throw InputError({{302, fmt::format("no built-in scenario is called '{}'", o.from), {}, "", help}});
}

Diagnostic exists(std::string const& path) {
  return {304, fmt::format("'{}' exists already", path), {path, 0, 0, 1, {}}, "nothing is overwritten unasked; nothing was written", "choose another name, or add --force"};
}

}  // namespace

std::string scenario_schema(registry::Catalogue const& catalogue) {
  return io::json_schema("mlsysim scenario", [s = scenario::Scenario{}](Fields& f) mutable { describe(s, f); }, names_in(catalogue), io::FileForm::scenario);
}

int init(InitOptions const& o, Common const& common) {
  const std::string scenario = scenario_text(o), schema = scenario_schema(open_catalogue(common));
  const std::string schema_path = (fs::path(o.file).parent_path() / schema_file).string();
  std::vector<Diagnostic> problems;
  const bool have_schema = io::holds(schema_path, schema);
  if (o.force) {
    if (!have_schema) io::write_whole(schema_path, schema);
    io::write_whole(o.file, scenario);
  } else {
    if (fs::exists(fs::symlink_status(o.file))) problems.push_back(exists(o.file));
    if (!have_schema && fs::exists(fs::symlink_status(schema_path))) problems.push_back(exists(schema_path));
    if (!problems.empty()) throw InputError(std::move(problems));
    // Somebody may have been faster: the file system decides.
    if (!have_schema && !io::write_new(schema_path, schema)) throw InputError({exists(schema_path)});
    bool written = false;
    try {
      written = io::write_new(o.file, scenario);
    } catch (InputError const&) {
      if (!have_schema) std::remove(schema_path.c_str());
      throw;
    }
    if (!written) {
      if (!have_schema) std::remove(schema_path.c_str());
      throw InputError({exists(o.file)});
    }
  }
  if (common.format == "text") std::fputs(fmt::format("wrote {0}{1}; next: mlsysim eval {0}\n", o.file, have_schema ? "" : " and " + schema_path).c_str(), stderr);
  return done;
}

}  // namespace mlsysim::cli
