#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/teaching/level.hpp"

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
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw InputError({{301, fmt::format("cannot write to standard output: {}", std::strerror(errno)), {}, "", "what was written so far is not complete"}});
}

std::function<std::vector<std::string>(EntryKind)> names_in(registry::Catalogue const& catalogue) {
  return [&catalogue](EntryKind kind) {
    std::vector<std::string> out;
    for (auto const& e : catalogue.entries()) {
      if (e.kind != kind) continue;
      out.emplace_back(e.id);
      for (auto a : e.aliases) out.emplace_back(a);
    }
    return out;
  };
}

std::string wrapped(std::string_view text, std::size_t indent) {
  constexpr std::size_t width = 100;
  std::string out, line;
  const std::string blanks(indent, ' ');
  const auto flush = [&] {
    if (!line.empty()) out += blanks + line + '\n';
    line.clear();
  };
  while (!text.empty()) {
    const auto end = text.find(' ');
    const auto word = text.substr(0, end);
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
    line += (line.empty() ? "" : " ") + std::string(word);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
  }
  flush();
  return out;
}

Column text_column(char const* id) { return {id, id, {}, true, false, {}}; }

registry::Catalogue open_catalogue(Common const& common) { return common.registries.empty() ? registry::Catalogue() : registry::Catalogue(common.registries); }

void write(Table const& table, Common const& common) {
  if (common.format == "json") write(render::json(table, version()), common);
  else if (common.format == "csv") write(render::csv(table), common);
  else if (common.format == "markdown") write(render::markdown(table), common);
  else write(render::text(table, style(common)), common);
}

std::string near_scenario(std::string const& wanted) {
  std::vector<std::string_view> names;
  for (auto const& s : registry::builtin_scenarios()) {
    const auto file = s.path.substr(s.path.rfind('/') + 1);
    names.push_back(file.substr(0, file.rfind('.')));
    names.push_back(s.path);
  }
  const auto near = nearest(wanted, names, 1);
  return near.empty() ? std::string() : fmt::format("did you mean {}?", near[0]);
}

bool is_scenario(std::string const& name) { return access(name.c_str(), F_OK) == 0 || registry::builtin_scenario(name); }

Report evaluated(std::string const& file, registry::Catalogue const& catalogue) {
  std::vector<Diagnostic> problems;
  const auto document = open_scenario(file);
  const auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  Report r = scenario::evaluate(loaded);
  r.version = version();
  r.registry = catalogue.hash();
  r.registry_added = catalogue.added();
  return r;
}

void show_up_to(std::string const& level, Report& report) {
  if (level.empty()) return;
  auto const& chapter = teaching::chapter(level);
  const auto hidden = teaching::hide_later(report, chapter);
  if (!hidden.empty()) std::fputs(fmt::format("not shown up to {} {}: {}\n", chapter.id, chapter.title, fmt::join(hidden, ", ")).c_str(), stderr);
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
      if (const auto near = near_scenario(file); !near.empty()) problems[0].help = near + " `mlsysim list scenarios` names the built-in ones";
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return d;
}

}  // namespace mlsysim::cli
