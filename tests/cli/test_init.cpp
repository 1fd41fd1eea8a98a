#include <doctest/doctest.h>

#include <algorithm>
#include <regex>

#include "json_schema.hpp"
#include "program.hpp"

TEST_CASE("a first scenario evaluates as it stands and names the schema beside it") {
  const Folder folder("init");
  const auto o = folder.run("mlsysim init");
  CHECK(o.code == 0);
  CHECK(o.out.empty());
  const auto text = content(folder / "scenario.yaml");
  CHECK(text.starts_with("# yaml-language-server: $schema=mlsysim-scenario.schema.json\n"));
  CHECK(content(folder / "mlsysim-scenario.schema.json") == folder.run("mlsysim schema scenario").out);
  CHECK(folder.files().size() == 2);
  CHECK(folder.run("mlsysim eval scenario.yaml").code == 0);
}

TEST_CASE("every line which is switched off works when it is switched on") {
  const Folder folder("init_options");
  REQUIRE(folder.run("mlsysim init").code == 0);
  std::string on;
  std::size_t switched = 0;
  for (auto line : lines(content(folder / "scenario.yaml"))) {
    if (std::regex_search(line, std::regex("^#([a-z]|  )"))) line.erase(0, 1), ++switched;
    on += line + '\n';
  }
  CHECK(switched >= 10);
  std::ofstream(folder / "on.yaml") << on;
  const auto o = folder.run("mlsysim eval on.yaml");
  CAPTURE(o.err);
  CHECK(o.code == 0);
}

TEST_CASE("every built-in scenario can be the start") {
  const Folder folder("init_from");
  const auto listed = nlohmann::json::parse(folder.run("mlsysim list scenarios --format json").out);
  std::string all;
  for (auto const& row : listed["rows"]) {
    const auto id = row["id"].get<std::string>();
    all += "mlsysim init mine.yaml --force --from " + id + " 2>/dev/null && mlsysim eval mine.yaml --exit-zero --format csv | cut -d, -f2- >a && mlsysim eval " + id + " --exit-zero --format csv | cut -d, -f2- | cmp - a || echo " + id + "\n";
  }
  CHECK(folder.run(all).out.empty());
  const auto unknown = folder.run("mlsysim init other.yaml --from chatbto");
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("did you mean chatbot?") != unknown.err.npos);
  CHECK_FALSE(fs::exists(folder / "other.yaml"));
}

TEST_CASE("nothing is overwritten without --force") {
  const Folder folder("init_keeps");
  std::ofstream(folder / "scenario.yaml") << "mine\n";
  const auto refused = folder.run("mlsysim init");
  CHECK(refused.code == 2);
  CHECK(refused.err.find("E0304") != refused.err.npos);
  CHECK(content(folder / "scenario.yaml") == "mine\n");
  CHECK(folder.files() == std::vector<std::string>{"scenario.yaml"});
  CHECK(folder.run("mlsysim init --force").code == 0);
  CHECK(content(folder / "scenario.yaml") != "mine\n");

  // A second scenario shares the schema; one of another version is not replaced unasked.
  CHECK(folder.run("mlsysim init second.yaml").code == 0);
  std::ofstream(folder / "mlsysim-scenario.schema.json") << "{}\n";
  CHECK(folder.run("mlsysim init third.yaml").code == 2);
  CHECK_FALSE(fs::exists(folder / "third.yaml"));
  CHECK(content(folder / "mlsysim-scenario.schema.json") == "{}\n");
}

TEST_CASE("both files are written or none") {
  const Folder folder("init_whole");
  CHECK(folder.run("mlsysim init no/such/folder/scenario.yaml").code == 2);
  CHECK(folder.files().empty());
  // The schema is written first; what stands in the scenario's way takes it back.
  fs::create_symlink("nowhere/at/all", folder / "scenario.yaml");
  CHECK(folder.run("mlsysim init").code == 2);
  CHECK_FALSE(fs::exists(folder / "mlsysim-scenario.schema.json"));
  CHECK(folder.run("mlsysim init a.yaml").code == 0);
  CHECK(folder.files().size() == 3);
}
