#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "../../src/registry/sha256.hpp"
#include "mlsysim/equations/catalogue.hpp"
#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/registry/catalogue.hpp"

using namespace mlsysim;
namespace fs = std::filesystem;

namespace {

/// A directory of registry files which goes away at the end.
class Folder {
 public:
  explicit Folder(std::string const& name) : path_{fs::temp_directory_path() / ("mlsysim_registry_" + name)} { fs::remove_all(path_); }
  ~Folder() { fs::remove_all(path_); }
  Folder& add(std::string const& file, std::string const& text) {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
    return *this;
  }
  std::string path() const { return path_.string(); }
  std::set<int> problems() const {
    std::set<int> codes;
    try {
      const registry::Catalogue c({path()});
    } catch (InputError const& e) {
      for (auto const& p : e.problems()) codes.insert(p.code);
    }
    return codes;
  }

 private:
  fs::path path_;
};

const std::string source = "source: s\nsources: {s: {title: A report, kind: dataset}}\n";

}  // namespace

TEST_CASE("the hash is SHA-256") {
  // FIPS 180-4 examples.
  CHECK(registry::sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(registry::sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(registry::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(registry::sha256(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a directory extends the registry, and the hash says so") {
  Folder f("extend");
  f.add("infrastructure/grids/mine.yaml", source + "entries:\n  - {id: my_grid, name: My Grid, aliases: [MG-1], intensity: 1 gCO2e/kWh}\n");
  const registry::Catalogue built_in, mine({f.path()});
  CHECK(mine.entries().size() == built_in.entries().size() + 1);
  CHECK(mine.added() == 1);
  CHECK(mine.hash() != built_in.hash());
  auto const* e = mine.entry(EntryKind::grid, "mg 1");
  REQUIRE(e);
  CHECK(e->id == "my_grid");
  CHECK(!e->builtin);
  CHECK(!e->overrides_builtin);
  CHECK(mine.entry(EntryKind::grid, "My Grid") == e);
  Ledger ledger;
  CHECK(mine.read<infrastructure::Grid>(*e, ledger).intensity.value == 1 * unit<"gCO2e/kWh">);
  CHECK(mine.source("s").has_value());
  CHECK(!built_in.source("s").has_value());
}

TEST_CASE("an entry with a built-in id replaces it, and the old aliases lead to the new entry") {
  Folder f("replace");
  f.add("hardware/cloud/mine.yaml", source + "id: nvidia_h100_sxm\nname: Mine\npeak: {bf16: 1 TFLOP/s}\nmemory: {hbm: {marketed: 1 GB, bandwidth: 1 GB/s}}\n");
  const registry::Catalogue mine({f.path()});
  auto const* e = mine.entry(EntryKind::hardware, "H100");
  REQUIRE(e);
  CHECK(e->name == "Mine");
  CHECK(e->overrides_builtin);
  CHECK(mine.added() == 1);
  CHECK(mine.entries().size() == registry::Catalogue().entries().size());
}

TEST_CASE("later directories win over earlier ones") {
  Folder a("first"), b("second");
  a.add("infrastructure/datacentres/a.yaml", source + "id: my_hall\npue: 1.1\n");
  b.add("infrastructure/datacentres/b.yaml", source + "id: my_hall\npue: 1.2\n");
  const registry::Catalogue c({a.path(), b.path()});
  Ledger ledger;
  CHECK(c.read<infrastructure::Datacentre>(*c.entry(EntryKind::datacentre, "my_hall"), ledger).pue.value == 1.2);
}

TEST_CASE("equal content gives equal hashes, whatever the files, comments and order") {
  Folder a("hash_a"), b("hash_b"), c("hash_c");
  a.add("infrastructure/datacentres/a.yaml", source + "entries:\n  - {id: hall_1, pue: 1.1}\n  - {id: hall_2, pue: 1.2}\n");
  b.add("infrastructure/datacentres/x.yaml", "# a comment\nsource: s\nid: hall_2\npue: 1.2   # why\n").add("infrastructure/datacentres/y.yaml", "pue: 1.1\nid: hall_1\nsource: s\n").add("sources/z.yaml", "sources: {s: {kind: dataset, title: A report}}\n");
  c.add("infrastructure/datacentres/a.yaml", source + "entries:\n  - {id: hall_1, pue: 1.1}\n  - {id: hall_2, pue: 1.3}\n");
  const auto hash = [](Folder const& f) { return registry::Catalogue({f.path()}).hash(); };
  CHECK(hash(a) != hash(c));
  CHECK(hash(a) == registry::Catalogue({a.path(), a.path()}).hash());
  CHECK(registry::Catalogue({std::string(MLSYSIM_SOURCE_DIR) + "/registry"}).hash() == registry::Catalogue().hash());
  CHECK(hash(a).size() == 64);
  CHECK(hash(a) == hash(b));
}

TEST_CASE("problems of a registry are found when it is opened") {
  CHECK(Folder("none").problems() == std::set<int>{101});
  CHECK(Folder("place").add("stuff/a.yaml", source + "id: a\n").problems() == std::set<int>{107});
  CHECK(Folder("twice").add("infrastructure/datacentres/a.yaml", source + "entries: [{id: a, pue: 1.1}, {id: a, pue: 1.2}]\n").problems() == std::set<int>{165});
  CHECK(Folder("alias").add("infrastructure/datacentres/a.yaml", source + "entries: [{id: a, aliases: [x y], pue: 1.1}, {id: b, aliases: [X-Y], pue: 1.2}]\n").problems() == std::set<int>{165});
  CHECK(Folder("kinds").add("infrastructure/datacentres/a.yaml", source + "entries: [{id: a, pue: 1.1}]\n").add("infrastructure/grids/a.yaml", "source: s\nid: a\nintensity: 1 gCO2e/kWh\n").problems() == std::set<int>{165});
  CHECK(Folder("id").add("infrastructure/datacentres/a.yaml", source + "pue: 1.1\n").problems() == std::set<int>{106});
  CHECK(Folder("badid").add("infrastructure/datacentres/a.yaml", source + "id: A b\npue: 1.1\n").problems() == std::set<int>{136});
  CHECK(Folder("list").add("infrastructure/datacentres/a.yaml", source + "entries: {id: a}\n").problems() == std::set<int>{121});
  CHECK(Folder("beside").add("infrastructure/datacentres/a.yaml", source + "pue: 1.1\nentries: [{id: a, pue: 1.1}]\n").problems() == std::set<int>{107});
  CHECK(Folder("value").add("infrastructure/datacentres/a.yaml", source + "id: a\npue: 0.5\n").problems() == std::set<int>{132});
  CHECK(Folder("word").add("infrastructure/datacentres/a.yaml", "word\n").problems() == std::set<int>{121});
  CHECK(Folder("yaml").add("infrastructure/datacentres/a.yaml", "a: [\n").problems() == std::set<int>{110});
  CHECK(Folder("sources").add("sources/a.yaml", "sources: {a: {title: x, kind: paper}}\nother: 1\n").add("sources/b.yaml", "sources: {a: {title: y, kind: paper}}\n").problems() == std::set<int>{107, 165});
  CHECK(Folder("fine").add("notes.txt", "no yaml").add("infrastructure/datacentres/a.yaml", source + "id: a\npue: 1.5\n").problems().empty());
}

TEST_CASE("built-in entries are ordered and unique, every id is found, and every alias leads to its entry") {
  const registry::Catalogue c;
  std::set<std::string_view> ids;
  for (auto const& e : c.entries()) {
    CAPTURE(std::string(e.id));
    CHECK(ids.insert(e.id).second);
    CHECK(c.entry(e.kind, e.id) == &e);
    for (auto a : e.aliases) CHECK(c.entry(e.kind, a) == &e);
  }
  CHECK(std::is_sorted(c.entries().begin(), c.entries().end(), [](auto const& a, auto const& b) { return a.kind != b.kind ? a.kind < b.kind : a.id < b.id; }));
  CHECK(c.added() == 0);
}

TEST_CASE("sources are found by key") {
  const registry::Catalogue c;
  for (auto const& s : c.sources()) {
    CAPTURE(s.id);
    CHECK(!s.title.empty());
    CHECK(c.source(s.id)->title == s.title);
  }
  CHECK(!c.source("no such source"));
}

TEST_CASE("built-in scenarios are found by path, file name and stem") {
  REQUIRE(!registry::builtin_scenarios().empty());
  auto const* chatbot = registry::builtin_scenario("chatbot");
  REQUIRE(chatbot);
  CHECK(registry::builtin_scenario("chatbot.yaml") == chatbot);
  CHECK(registry::builtin_scenario("scenarios/textbook/chatbot.yaml") == chatbot);
  CHECK(!chatbot->name.empty());
  CHECK(!chatbot->about.empty());
  CHECK(registry::builtin_scenario("chat") == nullptr);
}

TEST_CASE("every equation cites a source of the registry, a definition or an assumption") {
  const registry::Catalogue catalogue;
  for (auto const& e : all_equations()) {
    CAPTURE(e.id);
    CAPTURE(e.cites);
    CHECK((e.cites == "definition" || e.cites == "assumption" || catalogue.source(e.cites)));
  }
}
