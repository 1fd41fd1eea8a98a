#include <doctest/doctest.h>

#include <algorithm>

#include "program.hpp"

namespace {

/// Fills in an answer of a form.
void fill(fs::path const& form, std::string const& id, std::string const& value) {
  std::string text = content(form);
  const std::string empty = id + ": \"\"";
  const auto at = text.find(empty);
  REQUIRE(at != text.npos);
  text.replace(at, empty.size(), id + ": \"" + value + '"');
  std::ofstream(form) << text;
}

}  // namespace

TEST_CASE("a lab from a fresh folder to points, as student and as instructor") {
  const Folder folder("lab");
  CHECK(folder.run("mlsysim lab list").out.find("l1_ridge") != std::string::npos);
  const auto start = folder.run("mlsysim lab start l1 mine --student ada");
  CHECK(start.code == 0);
  CHECK(start.err.find("lab check mine") != start.err.npos);
  for (auto const* name : {"assignment.md", "answers.yaml", "scenario.yaml"}) CHECK(fs::exists(folder / "mine" / name));
  CHECK(!fs::exists(folder / "mine" / "rubric.yaml"));
  CHECK(folder.files() == std::vector<std::string>{"mine"});
  CHECK(folder.run("mlsysim eval mine/scenario.yaml").code == 0);

  const auto again = folder.run("mlsysim lab start l1 mine");
  CHECK(again.code == 2);
  CHECK(again.err.find("E0352") != again.err.npos);

  auto check = folder.run("mlsysim lab check mine");
  CHECK(check.code == 3);
  CHECK(check.out.find("guess_batch_1                  missing\n") != check.out.npos);
  CHECK(check.out.find("missing: decision, rationale, residual_risk\n") != check.out.npos);

  const auto form = folder / "mine" / "answers.yaml";
  fill(form, "ridge", "306 FLOP/B");
  fill(form, "side_batch_1", "memory");
  fill(form, "attainable", "40 GB");
  check = folder.run("mlsysim lab check mine");
  CHECK(check.out.find("'40 GB' is data (B), the question asks for compute rate (FLOP/s)") != check.out.npos);
  CHECK(check.out.find("153") == check.out.npos);

  const auto grade = folder.run("mlsysim lab grade mine --gradescope results.json --junit results.xml");
  CHECK(grade.code == 0);
  CHECK(grade.out.find("Which peak did you read") != grade.out.npos);
  CHECK(grade.out.find("153") == grade.out.npos);
  CHECK(folder.run("mlsysim lab grade mine --after-due").out.find("expected  153 FLOP/B") != std::string::npos);
  CHECK(content(folder / "results.json").find("\"max_score\": 4.0") != std::string::npos);
  CHECK(content(folder / "results.xml").find("name=\"side_batch_1\"/>") != std::string::npos);
  CHECK(folder.run("mlsysim lab grade mine --line").out == "2/25\n");
  CHECK(folder.run("mlsysim lab grade mine --question side_batch_1").code == 0);
  CHECK(folder.run("mlsysim lab grade mine --question ridge").code == 3);
  CHECK(folder.run("mlsysim lab grade mine --lab l2").code == 3);
  CHECK(folder.run("mlsysim lab grade mine --format markdown").out.find("| ridge | 306 FLOP/B | 1/4 |") != std::string::npos);
}

TEST_CASE("a class: a folder for each student, one row for each submission, and one bad form stops nobody") {
  const Folder folder("lab_class");
  folder.run("printf 'ada\\nbob\\n' > roster; echo secret > secret");
  CHECK(folder.run("mlsysim lab start l9 class --roster roster --secret-file secret").code == 0);
  CHECK(fs::exists(folder / "class" / "bob" / "design.yaml"));
  CHECK(content(folder / "class" / "ada" / "assignment.md") != content(folder / "class" / "bob" / "assignment.md"));
  fs::create_directory(folder / "class" / "cy");
  std::ofstream(folder / "class" / "cy" / "answers.yaml") << "lab: [\n";
  const auto grade = folder.run("mlsysim lab grade class --secret-file secret --format csv");
  CHECK(grade.code == 3);
  CHECK(lines(grade.out).size() == 4);
  CHECK(grade.out.find("\nada,l9_failures,cloud,") != grade.out.npos);
  CHECK(grade.err.find("1 of 3 could not be graded") != grade.err.npos);
  const auto variants = folder.run("mlsysim lab variants l9 --roster roster --secret-file secret --key --format csv");
  CHECK(variants.code == 0);
  CHECK(lines(variants.out).size() == 3);
}

TEST_CASE("a submission on one page: nothing is judged, what is missing is listed") {
  const Folder folder("lab_bundle");
  CHECK(folder.run("mlsysim lab start l9 mine --student ada").code == 0);
  fill(folder / "mine" / "answers.yaml", "fleet_mtbf", "50 s/B");
  fill(folder / "mine" / "answers.yaml", "decision", "more | spares");
  const auto page = folder.run("mlsysim lab bundle mine");
  CHECK(page.code == 0);
  for (auto const* part : {"# Failure budget: ada", "registry ", "**Missing:** guess_mtbf", "## Predictions", "| fleet_mtbf | Mean time", "| 50 s/B (", "## Runs", "| design.yaml | training of", "**Decision.** more \\| spares", "**Rationale.** missing"}) {
    CAPTURE(part);
    CHECK(page.out.find(part) != page.out.npos);
  }
  // What is expected is not on it.
  CHECK(page.out.find("180000 s") == page.out.npos);
  const auto csv = folder.run("mlsysim lab bundle mine --format csv").out;
  CHECK(csv.find("\nreflection,decision,,more | spares,\n") != csv.npos);
  CHECK(csv.find("\nmissing,rationale,,,\n") != csv.npos);
  CHECK(folder.run("mlsysim lab bundle nowhere").code == 2);
}

TEST_CASE("wrong use of labs is refused with a way out") {
  const Folder folder("lab_misuse");
  const auto fails = [&](std::string const& command, std::string const& words) {
    const auto o = folder.run("mlsysim lab " + command);
    CAPTURE(command);
    CAPTURE(o.err);
    CHECK(o.code == 2);
    CHECK(o.err.find(words) != o.err.npos);
  };
  fails("grad", "did you mean 'grade'?");
  fails("start", "wants the name of a lab");
  fails("show l99", "no lab 'l99'");
  fails("show l1 --track submarine", "no track 'submarine'");
  fails("start l1 --student ../x", "cannot be the id of a student");
  fails("start l1 --variants", "a variant belongs to a student");
  fails("start l1 nowhere/mine", "cannot write");
  fails("grade .", "no answers.yaml");
  fails("list --labs .", "no lab in '.'");
  fails("refresh l1 --since /dev/null", "E0");
  CHECK(folder.files().empty());
}

TEST_CASE("the key is compared with an older one, and says because of which numbers an answer moved") {
  const Folder folder("lab_refresh");
  CHECK(folder.run("mlsysim lab refresh l1 --format csv -o key.csv").code == 0);
  const auto same = folder.run("mlsysim lab refresh l1 --since key.csv");
  CHECK(same.err.starts_with("0 of "));
  CHECK(same.out.empty());
  fs::create_directories(folder / "mine" / "hardware");
  fs::create_directories(folder / "mine" / "sources");
  std::ofstream(folder / "mine" / "sources" / "s.yaml") << "sources:\n  mine: {title: A sheet, publisher: Me, kind: datasheet, seen: 2026-11-20}\n";
  std::ofstream(folder / "mine" / "hardware" / "a.yaml") << "id: nvidia_h200_sxm\nname: H200\nvendor: NVIDIA\ntier: cloud\nkind: gpu\nyear: 2024\nsource: mine\npeak: {fp16: 989.4 TFLOP/s}\nmemory: {hbm: {marketed: 141 GB, bandwidth: 4 TB/s}}\n";
  const auto moved = folder.run("mlsysim lab refresh l1 --since key.csv --registry mine --format csv");
  CHECK(moved.err.starts_with("2 of "));
  CHECK(moved.out.find("cloud,ridge_other,247.35 FLOP/B,206.125 FLOP/B,+20 %,nvidia_h200_sxm.memory.hbm.bandwidth: 4.8 TB/s -> 4 TB/s,") != moved.out.npos);
  // An answer which moved although all numbers behind it are the same: the lab or the program is another.
  std::string key = content(folder / "key.csv");
  const auto at = key.find("FLOP/B");
  key.insert(key.rfind(',', at) + 1, "1");
  std::ofstream(folder / "key.csv") << key;
  const auto typed = folder.run("mlsysim lab refresh l1 --since key.csv --format csv");
  CHECK(typed.err.starts_with("1 of "));
  CHECK(typed.out.find("no number on which it rests") != typed.out.npos);
}
