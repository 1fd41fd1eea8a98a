#include <doctest/doctest.h>

#include <map>

#include "mlsysim/io/read.hpp"

using namespace mlsysim;

namespace {

enum class Colour : std::uint8_t { red, green, count };
std::span<const std::string_view> names_of(Colour) {
  static constexpr std::string_view names[] = {"red", "green"};
  return names;
}

struct Part {
  std::string id;
  Sourced<Bandwidth> bandwidth;
  std::optional<Sourced<Power>> power;
  std::vector<Ref<Part>> next;
};
constexpr EntryKind entry_kind(Part const&) { return EntryKind::hardware; }
void describe(Part& p, Fields& f) {
  f("id", p.id, "unique name", optional_field);
  f("bandwidth", p.bandwidth, "what it carries", positive);
  f("power", p.power, "what it draws", not_negative);
  f("next", p.next, "what follows it", optional_field);
}

struct Port {
  Sourced<Bandwidth> per_direction;
  std::optional<Sourced<Bandwidth>> rate;
};
void describe(Port& p, Fields& f) {
  f("per_direction", p.per_direction, "one way", positive);
  f("rate", p.rate, "of one pin", positive, in_bits);
}

struct Thing {
  Count batch;
  Real pue;
  bool gated = false;
  Colour colour = Colour::red;
  std::string name;
  std::optional<Sourced<Work>> work;
  std::optional<Sourced<Data>> size;
  std::vector<Count> sizes;
  EnumMap<Colour, Sourced<Time>> times;
  std::optional<Port> port;
  std::optional<Ref<Part>> part;
};
void describe(Thing& t, Fields& f) {
  f("batch", t.batch, "how many at once", positive, at_most(1e6), defaults_to(1, "one at a time"));
  f("pue", t.pue, "facility / IT energy", at_least(1.0), at_most(5.0), defaults_to(1.5, "usual"));
  f("gated", t.gated, "whether it has a gate", defaults_to(false, "most have none"));
  f("colour", t.colour, "what it looks like", defaults_to(Colour::green, "pleasant"));
  f("name", t.name, "for people", optional_field);
  f("work", t.work, "of one pass", positive);
  f("size", t.size, "on disk", positive);
  f("sizes", t.sizes, "of the layers", optional_field, positive);
  f("times", t.times, "by colour", optional_field, positive);
  f("port", t.port, "towards the world");
  f("part", t.part, "what is in it");
}

/// Entries `one` (names `two`), `two` (names `one`: a circle) and `plain`, all from one text.
class TestLibrary final : public io::Library {
 public:
  TestLibrary() {
    std::vector<Diagnostic> problems;
    d_ = io::parse_yaml("one: {id: one, bandwidth: 1 GB/s, next: [two]}\ntwo: {id: two, bandwidth: 2 GB/s, next: [one]}\nplain: {id: plain, bandwidth: {value: 3 GB/s, source: sheet}, power: 5 W}\n", "library.yaml", problems);
    REQUIRE(problems.empty());
  }
  Found find(EntryKind, std::string_view name) const override {
    io::Node const* n = d_.find(d_.root(), name);
    return n ? Found{&d_, n, std::string(name), "sheet"} : Found{};
  }
  std::vector<std::string> near(EntryKind, std::string_view) const override { return {"plain"}; }
  std::optional<Source> source(std::string_view key) const override {
    if (key != "sheet") return {};
    Source s;
    s.id = "sheet", s.title = "A sheet", s.seen = "2026-01-01";
    return s;
  }

 private:
  io::Document d_;
};

struct Result {
  Thing thing;
  Ledger ledger;
  std::vector<Diagnostic> problems;

  Fact const* fact(std::string_view path) const {
    for (auto const& f : ledger.facts())
      if (f.path == path) return &f;
    return nullptr;
  }
};

Result read(std::string const& text, bool registry = false) {
  static const TestLibrary library;
  Result r;
  const auto d = io::parse_yaml(text, "t.yaml", r.problems);
  io::read(r.thing, d, d.root(), {&library, registry ? Origin::Kind::fact : Origin::Kind::given, registry, registry ? "entry" : ""}, io::overrides_of(d), r.ledger, r.problems);
  return r;
}

/// `E0132 1:8 message`.
std::string only(std::string const& text, bool registry = false) {
  const auto r = read(text, registry);
  if (r.problems.size() != 1) return std::to_string(r.problems.size()) + " problems" + (r.problems.empty() ? "" : '\n' + to_text(r.problems));
  auto const& p = r.problems[0];
  return error_name(p.code) + ' ' + std::to_string(p.where.line) + ':' + std::to_string(p.where.column) + ' ' + p.message;
}

std::string help(std::string const& text) {
  const auto r = read(text);
  return r.problems.size() == 1 ? r.problems[0].help : std::to_string(r.problems.size()) + " problems";
}

}  // namespace

TEST_CASE("values are read in their units, with text, place and kind") {
  const auto r = read("batch: 8\nport: {per_direction: 450 GB/s, rate: 5.24 Gbit/s}\nsizes: [1, 010, 1e3]\ntimes: {red: 5 ms}\npue: 110 %\n");
  REQUIRE(r.problems.empty());
  CHECK(r.thing.batch.value == 8);
  CHECK(r.thing.port->per_direction.value == 450 * unit<"GB/s">);
  CHECK(r.thing.port->rate->value == 5.24 * unit<"Gbit/s">);
  CHECK(r.thing.sizes.at(1).value == 10);
  CHECK(r.thing.sizes.at(2).value == 1000);
  CHECK(r.thing.times[Colour::red]->value == 5 * unit<"ms">);
  CHECK(!r.thing.times[Colour::green]);
  CHECK(r.thing.pue.value == doctest::Approx(1.1));
  Fact const* f = r.fact("port.per_direction");
  REQUIRE(f);
  CHECK(f->as_written == "450 GB/s");
  CHECK(f->file == "t.yaml");
  CHECK(f->line == 2);
  CHECK(f->kind == Origin::Kind::given);
}

TEST_CASE("a default is an assumption of the result with its reason") {
  const auto r = read("name: x\n");
  REQUIRE(r.problems.empty());
  CHECK(r.thing.batch.value == 1);
  CHECK(r.thing.colour == Colour::green);
  CHECK(r.thing.batch.origin.kind() == Origin::Kind::assumed);
  REQUIRE(r.fact("colour"));
  CHECK(r.fact("colour")->as_written == "green");
  CHECK(r.fact("colour")->note == "pleasant");
}

TEST_CASE("a default which was written out stays a default") {
  const auto r = read("batch: {value: 1, default: one at a time}\n");
  REQUIRE(r.problems.empty());
  REQUIRE(r.fact("batch"));
  CHECK(r.fact("batch")->kind == Origin::Kind::assumed);
  CHECK(r.fact("batch")->note == "one at a time");
}

TEST_CASE("the long form carries where a value was read") {
  const auto r = read("size: {value: 80 GB, source: sheet, note: as printed, range: [79 GB, 81 GB], as_of: 2024-05, locator: table 2}\n");
  REQUIRE(r.problems.empty());
  Fact const* f = r.fact("size");
  REQUIRE(f);
  CHECK(f->note == "as printed");
  CHECK(f->as_of == "2024-05");
  CHECK(f->locator == "table 2");
  CHECK(f->range->high == 81e9);
  REQUIRE(r.ledger.source(*f));
  CHECK(r.ledger.source(*f)->title == "A sheet");
}

TEST_CASE("a source holds for everything below it until a nearer one") {
  const auto r = read("source: sheet\nsize: 80 GB\nport: {source: mine, per_direction: 1 GB/s, rate: {value: 1 Gbit/s, source: sheet}}\nsources: {mine: {title: Mine, kind: measurement}}\n", true);
  REQUIRE(r.problems.empty());
  CHECK(r.ledger.source(*r.fact("entry.size"))->id == "sheet");
  CHECK(r.ledger.source(*r.fact("entry.port.per_direction"))->id == "mine");
  CHECK(r.ledger.source(*r.fact("entry.port.rate"))->id == "sheet");
}

TEST_CASE("the registry wants a source for each number") {
  CHECK(only("size: 80 GB\n", true) == "E0163 1:7 'size' has no source");
  CHECK(only("source: nobody\nsize: 80 GB\n", true) == "E0164 2:7 no source 'nobody' is known");
  CHECK(only("name: only words\n", true) == "0 problems");
}

TEST_CASE("numbers with a dimension need its unit") {
  CHECK(only("size: 80\n") == "E0140 1:7 'size' wants data (B), but '80' has no unit");
  CHECK(help("size: 80\n") == "write the unit, e.g. `80 GB`");
  CHECK(only("port: {per_direction: 989 TFLOP/s}\n") == "E0141 1:23 'per_direction' wants a bandwidth (B/s), but '989 TFLOP/s' is a compute rate (FLOP/s)");
  CHECK(only("work: 989 TFLOP/s\n").starts_with("E0141 1:7 'work' wants work (FLOP), but"));
  CHECK(only("port: {per_direction: 450 GB}\n").starts_with("E0141"));
  CHECK(help("port: {per_direction: 450 GB}\n") == "write `450 GB/s` if you mean the rate");
  CHECK(only("batch: 8 GB\n") == "E0145 1:8 'batch' wants a whole number, but '8 GB' is data (B)");
  CHECK(only("batch: 800 %\n") == "E0145 1:8 'batch' wants a whole number, but '800 %' is a share");
  CHECK(help("batch: 7B\n") == "for 7 billion write 7e9");
  CHECK(only("pue: 1.1 W\n").starts_with("E0145 1:6"));
}

TEST_CASE("kinds which people confuse are refused with both readings") {
  const auto bits = read("port: {per_direction: 400 Gb/s}\n").problems.at(0);
  CHECK(bits.code == 142);
  CHECK(bits.message == "this looks like bits, the field wants bytes per second");
  CHECK(bits.label == "400 Gb/s = 50 GB/s");
  CHECK(bits.help == "write `50 GB/s` if bits are meant, `400 GB/s` if the source means bytes");
  const auto bytes = read("port: {per_direction: 1 GB/s, rate: 50 GB/s}\n").problems.at(0);
  CHECK(bytes.code == 142);
  CHECK(bytes.label == "50 GB/s = 400 Gbit/s");
  CHECK(bytes.help == "write `400 Gbit/s` if bytes are meant, `50 Gbit/s` if the source means bits");
  const auto macs = read("work: 4.1 GMAC\n").problems.at(0);
  CHECK(macs.code == 143);
  CHECK(macs.label == "4.1 GMAC = 8.2 GFLOP");
  CHECK(macs.help == "write `8.2 GFLOP` if MAC are meant, `4.1 GFLOP` if the source already counts two");
}

TEST_CASE("units which do not exist come with advice") {
  CHECK(only("size: 80 KB\n") == "E0144 1:7 'KB' is not a unit mlsysim knows");
  CHECK(help("size: 80 KB\n") == "write kB (1000 B) or KiB (1024 B)");
  CHECK(help("size: 128 mB\n") == "a milli-byte does not exist; write MB (1e6 B)");
  CHECK(only("size: 128m\n") == "E0141 1:7 'size' wants data (B), but '128m' is a length (m)");
  CHECK(only("size: 80 GB extra\n").starts_with("E0144"));
  CHECK(help("size: 80 parsec\n") == "e.g. `size: 1 GB`");
}

TEST_CASE("numbers are decimal and finite") {
  for (char const* bad : {"0x10", "1_000", "1,000", "1'000", "many", "1.2.3", "true", "+4"}) {
    CAPTURE(bad);
    CHECK(only("batch: " + std::string(bad) + '\n').starts_with("E0130 1:8"));
  }
  for (char const* bad : {".inf", "-.inf", ".nan", "inf", "NaN", "1e999", "1e-400", "-Infinity"}) {
    CAPTURE(bad);
    CHECK(only("pue: " + std::string(bad) + '\n').starts_with("E0131 1:6"));
  }
  CHECK(only("batch: \"8\"\n").starts_with("E0134 1:8"));
  CHECK(only("batch: '8'\n").starts_with("E0134 1:8"));
  CHECK(only("size: \"80 GB\"\n") == "0 problems");
  CHECK(only("batch: 2.5\n") == "E0133 1:8 'batch' wants a whole number, not '2.5'");
  CHECK(only("batch: 1e-3\n").starts_with("E0133"));
}

TEST_CASE("values stay in their range") {
  CHECK(only("batch: 0\n") == "E0132 1:8 'batch' must be more than 0, not '0'");
  CHECK(only("batch: -3\n").starts_with("E0132"));
  CHECK(only("batch: 1e7\n").starts_with("E0132"));
  CHECK(only("sizes: [1, 3e9]\n") == "E0132 1:12 an item of 'sizes': '3e9' is beyond anything that exists");
  CHECK(only("pue: 0.99\n") == "E0132 1:6 'pue' must be at least 1, not '0.99'");
  CHECK(only("pue: 5.01\n").starts_with("E0132 1:6 'pue' must be at most 5"));
  CHECK(only("size: -1 GB\n").starts_with("E0132 1:7 'size' must be more than 0 B"));
  CHECK(only("size: 1e30 GB\n").starts_with("E0132 1:7 'size': '1e30 GB' is beyond anything"));
}

TEST_CASE("words are true, false or one of the choices") {
  CHECK(only("gated: yes\n") == "E0151 1:8 'gated' wants true or false, not 'yes'");
  CHECK(help("gated: off\n") == "write false");
  CHECK(help("gated: maybe\n") == "it is: whether it has a gate");
  CHECK(only("gated: \"true\"\n").starts_with("E0151"));
  CHECK(only("colour: gren\n") == "E0150 1:9 'colour' cannot be 'gren'; did you mean 'green'?");
  CHECK(help("colour: blue\n") == "one of: red, green");
}

TEST_CASE("keys are known, near ones suggested, misplaced ones sent home") {
  CHECK(only("bacth: 3\n") == "E0107 1:1 unknown key `bacth`");
  CHECK(help("bacth: 3\n") == "did you mean `batch`?");
  CHECK(help("batch_size: 3\n") == "did you mean `batch`?");
  CHECK(help("port: {bandwidth: 1 GB/s, per_direction: 1 GB/s}\n") == "write `per_direction`: what flows one way, half of a bidirectional figure");
  CHECK(help("per_direction: 1 GB/s\nport: {per_direction: 1 GB/s}\n") == "`per_direction` belongs to `port`");
  CHECK(help("port: {per_direction: 1 GB/s, batch: 3}\n") == "`batch` belongs to the top level");
  CHECK(help("zzzzzzzzzzzz: 3\n").starts_with("known here: batch, pue"));
  CHECK(only("size: {value: 1 GB, sourze: x}\n") == "E0107 1:21 unknown key `sourze`");
  CHECK(only("note: a remark\nport: {note: another, per_direction: 1 GB/s}\n") == "0 problems");
}

TEST_CASE("what is missing is said once, at the map which lacks it") {
  CHECK(only("batch: 1\nport: {rate: 1 Gbit/s}\n") == "E0106 2:1 'port' lacks 'per_direction'");
  CHECK(only("size: {note: forgot}\n") == "E0106 1:7 a value in the long form lacks 'value'");
  CHECK(only("port: {}\n") == "E0106 1:1 'port' lacks 'per_direction'");
}

TEST_CASE("maps, lists and values are not taken for each other") {
  CHECK(only("batch: [1]\n").starts_with("E0121 1:8 'batch' wants one value, not a list"));
  CHECK(only("port: 5\n").starts_with("E0121 1:7"));
  CHECK(only("port: [1]\n").starts_with("E0121 1:7"));
  CHECK(only("sizes: 5\n") == "E0121 1:8 'sizes' wants a list");
  CHECK(help("sizes: 5\n") == "write [5]");
  CHECK(only("part: [plain]\n").starts_with("E0121 1:7"));
  CHECK(only("- a\n").starts_with("E0121 1:1"));
}

TEST_CASE("a null value is reported by the parser alone") {
  CHECK(only("batch:\nname: x\n").starts_with("E0109 1:1"));
  CHECK(only("port:\n").starts_with("E0109 1:1"));
}

TEST_CASE("a document which could not be parsed gives no further problem") {
  CHECK(only("a: [1\n").starts_with("E0110"));
  CHECK(only("").starts_with("E0120"));
}

TEST_CASE("ranges have two ends of the value's dimension") {
  for (char const* bad : {"5 GB", "[1 GB]", "[1 GB, 2 W]", "[2 GB, 1 GB]", "[1, 2]", "[a, b]"}) {
    CAPTURE(bad);
    CHECK(only("size: {value: 1 GB, range: " + std::string(bad) + "}\n").starts_with("E0141"));
  }
}

TEST_CASE("an entry is read by name or in place") {
  const auto named = read("part: plain\n");
  REQUIRE(named.problems.empty());
  CHECK(named.thing.part->id == "plain");
  CHECK(named.thing.part->value.bandwidth.value == 3 * unit<"GB/s">);
  CHECK(named.fact("plain.bandwidth")->kind == Origin::Kind::fact);
  CHECK(named.fact("plain.bandwidth")->file == "library.yaml");
  const auto inline_part = read("part: {bandwidth: 1 GB/s}\n");
  REQUIRE(inline_part.problems.empty());
  CHECK(inline_part.thing.part->id.empty());
  CHECK(inline_part.fact("part.bandwidth")->kind == Origin::Kind::given);
  CHECK(only("part: plane\n") == "E0160 1:7 no hardware 'plane' in the registry; nearest: plain");
}

TEST_CASE("entries which name each other are a circle, not a hang") {
  const auto r = read("part: one\n");
  REQUIRE(r.problems.size() == 1);
  CHECK(r.problems[0].code == 161);
  CHECK(r.problems[0].message == "'one' leads in a circle: one -> two -> one");
}

TEST_CASE("an override replaces or adds one field of a named entry and is given, not a fact") {
  const auto r = read("part: plain\noverrides: {part.bandwidth: 9 GB/s}\n");
  REQUIRE(r.problems.empty());
  CHECK(r.thing.part->value.bandwidth.value == 9 * unit<"GB/s">);
  Fact const* f = r.fact("plain.bandwidth");
  CHECK(f->kind == Origin::Kind::given);
  CHECK(f->file == "t.yaml");
  CHECK(f->line == 2);
  CHECK(f->source == -1);
  CHECK(r.fact("plain.power")->kind == Origin::Kind::fact);
}

TEST_CASE("an override with a problem is reported where it stands") {
  CHECK(only("part: plain\noverrides:\n  part.bandwidth: 9 Gb/s\n").starts_with("E0142 3:19"));
  CHECK(only("part: plain\noverrides:\n  part.bandwidht: 9 GB/s\n").starts_with("E0107 3:3 unknown key `bandwidht`"));
  const auto r = read("part: plain\noverrides:\n  prat.bandwidth: 9 GB/s\n");
  REQUIRE(r.problems.size() == 1);
  CHECK(r.problems[0].code == 162);
  CHECK(r.problems[0].help == "nearest: part.bandwidth");
  CHECK(only("part: {bandwidth: 1 GB/s}\noverrides: {part.bandwidth: 9 GB/s}\n").starts_with("E0162"));
  CHECK(only("part: plain\noverrides: {part.bandwidth.value: 9 GB/s}\n").starts_with("E0162"));
  CHECK(only("batch: 4\noverrides: {batch: 8}\n").starts_with("E0162"));
}

TEST_CASE("all problems come in file order") {
  const auto r = read("zzz: 1\nport: {rate: 5}\nsize: 80\nbatch: -1\ncolour: blue\n");
  std::vector<std::uint32_t> lines;
  for (auto const& p : r.problems) lines.push_back(p.where.line);
  CHECK(lines == std::vector<std::uint32_t>{1, 2, 2, 3, 4, 5});
}

TEST_CASE("thousands of problems stay within a bound") {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "unknown_key_" + std::to_string(i) + ": 1\n";
  CHECK(read(text).problems.size() == io::most_problems);
}

TEST_CASE("sources are read strictly") {
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml("a: {title: A, kind: datasheet, seen: 2026-02-03}\nb: {titel: B, kind: paper}\nc: {title: C, kind: rumour}\nd: {title: D, kind: paper, seen: 3.2.2026}\n", "s.yaml", problems);
  REQUIRE(problems.empty());
  const auto sources = io::read_sources(d, d.root(), problems);
  REQUIRE(sources.size() == 4);
  CHECK(sources[0].verified());
  std::vector<int> codes;
  for (auto const& p : problems) codes.push_back(p.code);
  CHECK(codes == std::vector<int>{107, 106, 150, 135});
}
