#include <doctest/doctest.h>

#include <algorithm>

#include "mlsysim/scenario/evaluate.hpp"

using namespace mlsysim;

namespace {

/// As on a fixed day, so that new sources do not age the test.
Report evaluate(std::string const& infrastructure) {
  static const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  const auto document = io::parse_yaml("workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024}\nsystem: {device: H100}\n" + infrastructure, "s.yaml", problems);
  const auto loaded = scenario::load(catalogue, document, problems);
  INFO(to_text(problems));
  REQUIRE(problems.empty());
  CHECK(loaded.today == catalogue.date());
  scenario::Loaded fixed = loaded;
  fixed.today = "2026-11-20";
  return scenario::evaluate(fixed);
}

bool warns(Report const& r, std::string const& start) {
  return std::any_of(r.warnings.begin(), r.warnings.end(), [&](auto const& w) { return w.starts_with(start); });
}

std::string price(char const* as_of) {
  return std::string("infrastructure: {datacentre: hyperscale, grid: grid_fr, price: {device: nvidia_h100_sxm, devices: 1, term: spot, rate: {value: 2 USD/h, source: s") + as_of + "}}}\nsources: {s: {title: A list, kind: price_list}}\n";
}

}  // namespace

TEST_CASE("the registry's date is the newest day on which one of its sources was read") {
  const registry::Catalogue catalogue;
  std::string newest;
  for (auto const& s : catalogue.sources()) newest = std::max(newest, s.seen);
  CHECK(catalogue.date() == newest);
  CHECK(newest.size() == 10);
}

TEST_CASE("prices and grid factors of the registry are dated in the report, and old ones are warned of") {
  const Report r = evaluate("infrastructure: {datacentre: hyperscale, grid: grid_us, lifetime: 4 year}\n");
  const auto section = std::find_if(r.sections.begin(), r.sections.end(), [](auto const& s) { return s.id == "dates"; });
  REQUIRE(section != r.sections.end());
  auto const& rows = section->tables.at(0).rows;
  const auto row = [&](std::string const& path) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](auto const& cells) { return cells[0].text == path; });
    INFO(path);
    REQUIRE(found != rows.end());
    return *found;
  };
  CHECK(row("grid_us.intensity")[2].text == "2023");
  CHECK(row("grid_us.intensity")[3].text == "location_based, life_cycle");
  CHECK(row("grid_us.intensity")[4].text == "2 years 10 months");
  CHECK(row("grid_us.intensity")[5].text == "ok");
  CHECK(row("nvidia_h100_sxm.price")[4].text == "2 years 1 month");
  CHECK(row("nvidia_h100_sxm.price")[5].text == "OLD");
  CHECK(warns(r, "old price: nvidia_h100_sxm.price = 30678 USD (2024-09, 2 years 1 month ago); the limit is 1 year before 2026-11-20"));
  CHECK_FALSE(warns(r, "old grid factor: grid_us.intensity"));
}

TEST_CASE("a price which the scenario itself gives is the student's affair") {
  for (auto as_of : {"", ", as_of: 2019"}) {
    const Report r = evaluate(price(as_of));
    CHECK_FALSE(warns(r, "old price"));
    CHECK_FALSE(warns(r, "price of unknown age"));
  }
}

TEST_CASE("without prices and grids there is nothing to date") {
  const Report r = evaluate("");
  CHECK(r.warnings.empty());
  CHECK(std::none_of(r.sections.begin(), r.sections.end(), [](auto const& s) { return s.id == "dates"; }));
}
