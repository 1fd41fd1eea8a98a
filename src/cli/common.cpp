#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"

namespace mlsysim::cli {

std::string version() { return MLSYSIM_VERSION; }

render::TextStyle style(Common const& common) {
  render::TextStyle s;
  const bool terminal = common.output.empty() && isatty(STDOUT_FILENO);
  char const* no_colour = std::getenv("NO_COLOR");
  s.colour = common.colour == "always" || (common.colour == "auto" && terminal && !(no_colour && *no_colour));
  for (char const* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    char const* value = std::getenv(name);
    if (!value || !*value) continue;
    s.unicode = std::strstr(value, "UTF-8") || std::strstr(value, "utf8") || std::strstr(value, "utf-8");
    break;
  }
  s.all = common.all;
  s.binary_units = common.binary_units;
  return s;
}

void write(std::string const& text, Common const& common) {
  if (!common.output.empty()) {
    io::write_whole(common.output, text);
    return;
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void write(Table const& table, Common const& common) {
  if (common.format == "json") write(render::json(table, version()), common);
  else if (common.format == "csv") write(render::csv(table), common);
  else if (common.format == "markdown") write(render::markdown(table), common);
  else write(render::text(table, style(common)), common);
}

io::Document open_scenario(std::string const& file) {
  std::vector<Diagnostic> problems;
  io::Document d;
  registry::BuiltinScenario const* builtin = access(file.c_str(), F_OK) == 0 ? nullptr : registry::builtin_scenario(file);
  if (builtin) {
    d = io::parse_yaml(std::string(builtin->text), std::string(builtin->path), problems);
  } else {
    d = io::read_yaml_file(file, problems);
    if (problems.size() == 1 && problems[0].code == 101) {
      std::vector<std::string_view> names;
      for (auto const& s : registry::builtin_scenarios()) names.push_back(s.path);
      const auto near = nearest(file, names, 2);
      if (!near.empty()) problems[0].help = "did you mean " + near[0] + "? `mlsysim list scenarios` names the built-in ones";
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return d;
}

}  // namespace mlsysim::cli
