#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "mlsysim/io/files.hpp"
#include "mlsysim/io/show.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"

using namespace mlsysim;
namespace fs = std::filesystem;

namespace {

registry::Catalogue const& catalogue() {
  static const registry::Catalogue c;
  return c;
}

struct Read {
  scenario::Loaded loaded;
  std::string resolved;
};
Read read(std::string const& text) {
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml(text, "t.yaml", problems);
  Read r{scenario::load(catalogue(), d, problems), {}};
  for (auto const& p : problems) FAIL(to_text(p));
  r.resolved = io::resolved_yaml([&](Fields& f) { describe(r.loaded.without ? *r.loaded.without : r.loaded.scenario, f); }, r.loaded.ledger, io::overrides_of(d));
  return r;
}

/// Every metric with its value, bit for bit, and every assumption.
std::string answer(scenario::Loaded const& l) {
  const auto report = scenario::evaluate(l);
  std::string out;
  for (auto const& [path, m] : report.metrics()) out += path + '=' + std::to_string(m->value) + '/' + std::to_string(m->interval ? m->interval->low : 0) + '\n';
  for (auto const& f : report.ledger.facts())
    if (f.kind == Origin::Kind::assumed) out += f.path + '=' + f.as_written + ' ' + f.note + '\n';
  return out;
}

/// Without the comments, which name lines of the file.
std::string without_comments(std::string const& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto end = std::min(text.find('\n', i), text.size());
    std::string line = text.substr(i, end - i);
    if (const auto at = line.find("  # line "); at != line.npos) line.resize(line.find_last_not_of(' ', at) + 1);
    out += line + '\n';
    i = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("a resolved scenario reads back to the same answer, defaults stay defaults, and resolving again changes nothing") {
  for (auto const& s : registry::builtin_scenarios()) {
    CAPTURE(std::string(s.path));
    const auto first = read(std::string(s.text));
    const auto again = read(first.resolved);
    CHECK(without_comments(again.resolved) == without_comments(first.resolved));
    CHECK(answer(again.loaded) == answer(first.loaded));
  }
}

TEST_CASE("a resolved scenario keeps names, overrides, sources and odd texts") {
  const auto r = read(
      "name: 'yes: \"a\" [b] # c'\nabout: |\n  two\n  lines\nworkload: {model: ResNet-50, phase: inference, batch: {value: 4, source: mine, note: \"it's: odd\"}}\nsystem: {device: H100}\n"
      "overrides: {system.device.memory.hbm.bandwidth: 4 TB/s, system.device.links.0.technology: \"a: b\"}\nsources: {mine: {title: My notes, kind: measurement}}\n");
  const auto again = read(r.resolved);
  CHECK(again.loaded.scenario.name == "yes: \"a\" [b] # c");
  CHECK(again.loaded.scenario.about == "two\nlines\n");
  CHECK(again.loaded.scenario.system.device->id == "nvidia_h100_sxm");
  CHECK(again.loaded.scenario.system.device->value.memory.hbm->bandwidth->value == 4 * unit<"TB/s">);
  CHECK(again.loaded.scenario.system.device->value.links.at(0).technology == "a: b");
  Fact const* batch = again.loaded.ledger.fact(again.loaded.scenario.workload.batch.origin);
  REQUIRE(batch);
  CHECK(batch->note == "it's: odd");
  CHECK(again.loaded.ledger.source(*batch)->title == "My notes");
  CHECK(without_comments(again.resolved) == without_comments(r.resolved));
}

TEST_CASE("the table of an entry has each field with source and date, and bits where bits are usual") {
  Ledger ledger;
  auto const* e = catalogue().entry(EntryKind::hardware, "H100");
  REQUIRE(e);
  const auto table = io::field_table([&](Fields& f) { registry::visit(catalogue(), *e, ledger, f); }, ledger, e->id);
  const auto row = [&](std::string_view field) -> std::vector<Cell> const* {
    for (auto const& r : table.rows)
      if (r[0].text == field) return &r;
    return nullptr;
  };
  REQUIRE(row("memory.hbm.reported"));
  CHECK((*row("memory.hbm.reported"))[1].text == "85.52 GB");
  CHECK((*row("memory.hbm.reported"))[2].text == "81559 MiB");
  CHECK((*row("memory.hbm.bus_width"))[1].text == "5120 bit");
  CHECK((*row("power.idle"))[6].text.starts_with("range 67 W to 72 W; "));
  for (auto const& r : table.rows) CHECK(r.size() == table.columns.size());
  CHECK(!(*row("kind"))[4].text.empty());
}

TEST_CASE("the schema of a scenario describes its fields, their units, limits, defaults and names") {
  const auto names = [](EntryKind) { return std::vector<std::string>{"nvidia_h100_sxm"}; };
  scenario::Scenario s;
  const auto schema = io::json_schema("scenario", [&](Fields& f) { describe(s, f); }, names);
  for (char const* part : {"\"$schema\": \"http://json-schema.org/draft-07/schema#\"", "\"additionalProperties\": false", "\"nvidia_h100_sxm\"", "#/definitions/hardware", "\"overrides\"", "\"exclusiveMinimum\": 0.0",
                           "\"maximum\": 1000000.0", "\"enum\": [", "time (s), e.g. 1 ms", "\"serving\"", "default 1: one at a time"}) {
    CAPTURE(part);
    CHECK(schema.find(part) != schema.npos);
  }
  CHECK(schema.find("\"entries\"") == schema.npos);
  hardware::Device d;
  const auto device = io::json_schema("hardware", [&](Fields& f) { describe(d, f); }, names, io::FileForm::registry);
  CHECK(device.find("\"entries\"") != device.npos);
  CHECK(device.find("1 Gbit/s") != device.npos);
  CHECK(io::sources_schema().find("\"datasheet\"") != std::string::npos);
}

TEST_CASE("files are written whole or not at all") {
  const fs::path folder = fs::temp_directory_path() / "mlsysim_write";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto content = [](fs::path const& p) {
    std::ifstream in(p);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  };
  const auto code_of = [](fs::path const& p) {
    try {
      io::write_whole(p.string(), "x");
    } catch (InputError const& e) {
      return e.problems().at(0).code;
    }
    return 0;
  };
  io::write_whole((folder / "a").string(), "one");
  io::write_whole((folder / "a").string(), "two");
  CHECK(content(folder / "a") == "two");
  fs::create_symlink(folder / "a", folder / "link");
  io::write_whole((folder / "link").string(), "three");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(content(folder / "a") == "three");
  CHECK(code_of(folder) == 301);
  CHECK(code_of(folder / "none" / "b") == 301);
  CHECK(code_of("") == 301);
  io::write_whole("/dev/null", "gone");
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 2);
  fs::remove_all(folder);
}
