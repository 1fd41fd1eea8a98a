#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"

TEST_CASE("timeline draws one step, and writes the same pieces as a table, a picture and a trace") {
  const Folder folder("timeline");
  const auto o = folder.run("mlsysim timeline pipeline_bubble --svg step.svg --trace step.json");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  for (char const* part : {"rank 0 |000", "rank 3 |...", "42.9 % by the closed form", "% idle", "0-9 forward, by micro-batch"}) {
    CAPTURE(part);
    CHECK(o.out.find(part) != o.out.npos);
  }
  const auto rows = lines(folder.run("mlsysim timeline pipeline_bubble --format csv").out);
  // Four ranks with four forward and four backward passes and an optimizer each, and the heading.
  CHECK(rows.size() == 4 * 9 + 1);
  const auto trace = nlohmann::json::parse(content(folder / "step.json"));
  std::size_t slots = 0;
  for (auto const& e : trace["traceEvents"]) slots += e["ph"] == "X";
  CHECK(slots == 4 * 9);
  const auto picture = content(folder / "step.svg");
  CHECK(picture.starts_with("<svg"));
  CHECK(picture.find("backward of micro-batch 3") != picture.npos);
}

TEST_CASE("timeline says why a scenario has none") {
  const Folder folder("timeline_bad");
  const auto serving = folder.run("mlsysim timeline chatbot");
  CHECK(serving.code == 2);
  CHECK(serving.err.find("the phase of this scenario is 'serving'") != serving.err.npos);
  const auto unknown = folder.run("mlsysim timeline pipeline_buble");
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("pipeline_bubble") != unknown.err.npos);
}
