#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"

using namespace mlsysim;
namespace fs = std::filesystem;

namespace {

std::set<int> codes_of(std::vector<Diagnostic> const& problems) {
  std::set<int> codes;
  for (auto const& p : problems) codes.insert(p.code);
  return codes;
}

std::vector<Diagnostic> problems_of_scenario(std::string const& text) {
  static const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  try {
    const auto document = io::parse_yaml(text, "example.yaml", problems);
    const auto loaded = scenario::load(catalogue, document, problems);
    if (problems.empty()) (void)scenario::evaluate(loaded);
  } catch (InputError const& e) {
    problems.insert(problems.end(), e.problems().begin(), e.problems().end());
  }
  return problems;
}

/// The first line names the file: `# registry/sources/mine.yaml`.
std::vector<Diagnostic> problems_of_registry_file(std::string_view text) {
  const fs::path folder = fs::temp_directory_path() / "mlsysim_error_pages";
  fs::remove_all(folder);
  const auto line = text.substr(2, text.find('\n') - 2);
  const fs::path file = folder / std::string(line);
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text << '\n';
  std::vector<Diagnostic> problems;
  try {
    const registry::Catalogue catalogue({(folder / "registry").string()});
  } catch (InputError const& e) {
    problems = e.problems();
  }
  fs::remove_all(folder);
  return problems;
}

std::vector<Diagnostic> problems_of(std::string_view text) {
  return text.starts_with("# registry/") ? problems_of_registry_file(text) : problems_of_scenario(std::string(text));
}

}  // namespace

TEST_CASE("pages are ordered by code, unique, and say something") {
  int before = 0;
  for (auto const& p : error_pages()) {
    CAPTURE(p.code);
    CHECK(p.code > before);
    before = p.code;
    CHECK(!p.title.empty());
    CHECK(p.text.size() > 20);
    CHECK(p.example.empty() == p.fix.empty());
    CHECK(error_page(p.code) == &p);
  }
  CHECK(error_page(999) == nullptr);
}

TEST_CASE("each page's example gives its code, and the fix gives no problem at all") {
  for (auto const& p : error_pages()) {
    // Commands are run by the tests of the program.
    if (p.example.empty() || p.example.starts_with("mlsysim")) continue;
    CAPTURE(p.code);
    const auto refused = problems_of(p.example), accepted = problems_of(p.fix);
    CHECK(codes_of(refused).count(p.code) == 1);
    for (auto const& d : accepted) FAIL_CHECK(to_text(d));
  }
}

TEST_CASE("every code which the sources use has a page, and no page is about nothing") {
  std::set<int> used;
  const std::regex code(R"([({]([123][0-9]{2}), ?(?:fmt::|std::|\*|"|n,|at,|name,|map|message|marked|"system"|"workload|path,|0, 0,|1, |a\.column|c\.column|cells_|p,|e\.|error|d_|what))");
  for (auto const& entry : fs::recursive_directory_iterator(fs::path(MLSYSIM_SOURCE_DIR) / "src")) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "error_pages.cpp") continue;
    std::ifstream in(entry.path());
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    for (auto i = std::sregex_iterator(text.begin(), text.end(), code); i != std::sregex_iterator(); ++i) used.insert(std::stoi((*i)[1]));
  }
  CHECK(used.size() > 40);
  for (int c : used) {
    CAPTURE(c);
    CHECK(error_page(c) != nullptr);
  }
  for (auto const& p : error_pages()) {
    CAPTURE(p.code);
    CHECK(used.count(p.code) == 1);
  }
}
