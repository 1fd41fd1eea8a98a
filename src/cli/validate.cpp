#include "mlsysim/validation/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"

namespace mlsysim::cli {
namespace fs = std::filesystem;

std::vector<std::string> mapping_files(std::vector<std::string> const& asked, std::string const& folder) {
  std::vector<std::string> all;
  std::error_code failed;
  for (auto const& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == ".yaml") all.push_back(entry.path().string());
  std::sort(all.begin(), all.end());
  const bool named = std::any_of(asked.begin(), asked.end(), [](std::string const& set) { return !set.ends_with(".yaml"); });
  if (asked.empty() || named) {
    if (all.empty())
      throw InputError({{101, fmt::format("no mapping files in '{}'", folder), {folder, 0, 0, 1, {}}, "mlsysim's own tables lie in the folder `validation` of its sources", "run it there, or name a folder with --data DIR"}});
    if (asked.empty()) return all;
  }
  std::vector<std::string> chosen, stems;
  for (auto const& f : all) stems.push_back(fs::path(f).stem().string());
  std::vector<Diagnostic> problems;
  for (auto const& set : asked) {
    const auto found = std::find(stems.begin(), stems.end(), set);
    if (found != stems.end()) {
      chosen.push_back(all[static_cast<std::size_t>(found - stems.begin())]);
    } else if (set.ends_with(".yaml")) {
      chosen.push_back(set);
    } else {
      std::vector<std::string_view> names(stems.begin(), stems.end());
      std::string help;
      for (auto const& n : nearest(set, names, 3)) help += (help.empty() ? "nearest: " : ", ") + n;
      problems.push_back({302, fmt::format("no set '{}' in '{}'", set, folder), {}, "", help.empty() ? "`mlsysim validate` without a name lists all" : help});
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return chosen;
}

int validate(ValidateOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  std::vector<validation::Mapping> mappings;
  std::vector<io::Csv> tables;
  std::vector<Diagnostic> problems;
  for (auto const& file : mapping_files(o.sets, o.data)) {
    const auto before = problems.size();
    auto document = io::read_yaml_file(file, problems);
    if (problems.size() > before) continue;
    mappings.push_back(validation::read_mapping(std::move(document), problems));
    tables.emplace_back();
    if (problems.size() > before) continue;
    tables.back() = validation::with_parts(mappings.back(), io::read_csv_file(mappings.back().table, problems));
    if (problems.size() == before) validation::check_columns(mappings.back(), tables.back(), problems);
  }
  if (!problems.empty()) throw InputError(std::move(problems));

  std::vector<validation::Result> results;
  results.reserve(mappings.size());
  std::vector<std::pair<validation::Mapping const*, validation::Result const*>> sets;
  bool missed = false;
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    results.push_back(validation::validate(mappings[i], tables[i], catalogue, {o.shuffle}));
    sets.emplace_back(&mappings[i], &results.back());
    for (auto const& c : validation::checks(mappings[i], results.back())) missed = missed || c.verdict != Verdict::pass;
  }

  if (!o.svg.empty()) {
    const bool one_each = o.svg.ends_with('/');
    std::vector<Scatter> panels;
    for (auto const& [m, r] : sets) {
      auto own = validation::scatter(*m, *r);
      if (one_each) io::write_whole(o.svg + m->id + ".svg", render::svg(own));
      else std::move(own.begin(), own.end(), std::back_inserter(panels));
    }
    if (!one_each) io::write_whole(o.svg, render::svg(panels));
  }
  if (!o.rows.empty()) io::write_whole(o.rows, validation::rows_csv(sets));

  const Table overview = validation::overview(sets);
  std::vector<Section> sections;
  for (auto const& [m, r] : sets) sections.push_back(validation::report(*m, *r));
  const bool details = !o.sets.empty() || common.all;
  std::string out;
  if (common.format == "json") {
    out = render::json(overview, sections, version(), catalogue.hash());
  } else if (common.format == "csv") {
    out = render::csv(overview);
  } else if (common.format == "markdown") {
    out = render::markdown(overview);
    if (details)
      for (auto const& s : sections) out += render::markdown(s);
  } else {
    out = render::text(overview, style(common));
    if (details)
      for (auto const& s : sections) out += render::text(s, style(common));
    else out += "\n  `mlsysim validate SET` shows subtotals, rows left out and worst rows of one set, --all those of every set\n";
  }
  write(out, common);
  return o.check && missed ? verdict_no : done;
}

}  // namespace mlsysim::cli
