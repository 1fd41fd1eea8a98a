#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mlsysim/io/document.hpp"

using namespace mlsysim;
using io::Node;
namespace fs = std::filesystem;

namespace {

struct Parsed {
  io::Document document;
  std::vector<Diagnostic> problems;
};
Parsed parse(std::string text) {
  Parsed p;
  p.document = io::parse_yaml(std::move(text), "t.yaml", p.problems);
  return p;
}

/// Code, line and column of the only problem, e.g. `E0119 2:1`; a list if there are more.
std::string only_problem(std::string text) {
  std::string all;
  for (auto const& p : parse(std::move(text)).problems)
    all += (all.empty() ? "" : ", ") + error_name(p.code) + ' ' + std::to_string(p.where.line) + ':' + std::to_string(p.where.column);
  return all;
}

}  // namespace

TEST_CASE("a document is a flat tree whose children lie next to each other") {
  const auto p = parse("a: 1\nb:\n  - x\n  - {c: 'two words'}\nd: [1, 2]\n");
  REQUIRE(p.problems.empty());
  auto const& d = p.document;
  REQUIRE(d.root().kind == Node::Kind::map);
  REQUIRE(d.root().count == 3);
  CHECK(d.children(d.root())[0].key == "a");
  CHECK(d.find(d.root(), "a")->text == "1");
  CHECK(d.find(d.root(), "none") == nullptr);
  Node const& list = *d.find(d.root(), "b");
  REQUIRE(list.count == 2);
  CHECK(d.children(list)[0].text == "x");
  Node const& quoted = *d.find(d.children(list)[1], "c");
  CHECK(quoted.quoted);
  CHECK(quoted.text == "two words");
  CHECK(quoted.line == 4);
  CHECK(quoted.column == 9);
  CHECK(quoted.key_column == 6);
  CHECK(!d.find(d.root(), "a")->quoted);
  CHECK(d.find(*d.find(d.root(), "a"), "x") == nullptr);
}

TEST_CASE("words which other readers turn into something else stay words") {
  const auto p = parse("a: no\nb: 010\nc: 1e3\nd: 0x10\ne: 2024-01-01\nf: 12:30\ng: \"~\"\n");
  REQUIRE(p.problems.empty());
  for (auto const& [key, text] : {std::pair{"a", "no"}, {"b", "010"}, {"c", "1e3"}, {"d", "0x10"}, {"e", "2024-01-01"}, {"f", "12:30"}, {"g", "~"}}) CHECK(p.document.find(p.document.root(), key)->text == text);
}

TEST_CASE("columns count characters") {
  const auto p = parse("\xC3\xA4\xC3\xB6: {\xE2\x82\xAC: 5, b: 6}\n");
  REQUIRE(p.problems.empty());
  Node const& inner = p.document.children(p.document.root())[0];
  CHECK(inner.column == 5);
  CHECK(p.document.find(inner, "b")->key_column == 12);
  CHECK(p.document.find(inner, "b")->column == 15);
}

TEST_CASE("CRLF line ends are line ends") {
  const auto p = parse("a: 1\r\nb:\r\n  c: word\r\n");
  REQUIRE(p.problems.empty());
  CHECK(p.document.find(p.document.root(), "a")->text == "1");
  CHECK(p.document.find(*p.document.find(p.document.root(), "b"), "c")->text == "word");
  CHECK(p.document.location(*p.document.find(p.document.root(), "a")).line_text == "a: 1");
}

TEST_CASE("what YAML allows but hides something is refused where it stands") {
  CHECK(only_problem("a: &x 1\n") == "E0111 1:4");
  CHECK(only_problem("a: 1\nb: *x\n") == "E0110 2:4");
  CHECK(only_problem("a: {x: 1}\nb:\n  <<: {y: 2}\n") == "E0111 3:3");
  CHECK(only_problem("a: !!str 1\n") == "E0113 1:4");
  CHECK(only_problem("a: !mine {b: 1}\n") == "E0113 1:4");
  CHECK(only_problem("a: 1\n---\nb: 2\n") == "E0112 2:1");
  CHECK(only_problem("a: 1\n...\n") == "E0112 2:1");
  CHECK(only_problem("%YAML 1.2\n---\na: 1\n") == "E0112 1:1");
  CHECK(only_problem("a: 1\nb: 2\na: 3\n") == "E0108 3:1");
  CHECK(only_problem("a: {b: 1, b: 2}\n") == "E0108 1:11");
  CHECK(only_problem("\"a\": 1\na: 2\n") == "E0108 2:1");
  CHECK(only_problem("---\na: 1\n").empty());
}

TEST_CASE("keys are words") {
  CHECK(only_problem("[a]: 1\n") == "E0116 1:1");
  CHECK(only_problem("{a: 1}: 1\n") == "E0116 1:1");
  CHECK(only_problem("? {a: 1}\n: 1\n").starts_with("E0116"));
  CHECK(only_problem("\"\": 1\n") == "E0116 1:1");
  CHECK(only_problem(": 1\n").starts_with("E0116"));
  CHECK(only_problem("1: a\n").empty());
}

TEST_CASE("a missing value is named by its key") {
  CHECK(only_problem("a:\n") == "E0109 1:1");
  CHECK(only_problem("a: ~\n") == "E0109 1:1");
  CHECK(only_problem("a: null\n") == "E0109 1:1");
  CHECK(only_problem("a: 1\nb:\nc: 2\nd:\n") == "E0109 2:1, E0109 4:1");
  CHECK(only_problem("a: [1,,2]\n") == "E0109 1:7");
  CHECK(only_problem("a: {b}\n") == "E0109 1:5");
  CHECK(only_problem("a: 1\nbare") == "E0109 2:1");
}

TEST_CASE("what is not YAML is refused near the trouble, with advice") {
  CHECK(only_problem("a: 'open\n") == "E0110 1:4");
  CHECK(only_problem("a: \"open").starts_with("E0110 1:"));
  CHECK(only_problem("a: 'it''s closed'\n").empty());
  CHECK(only_problem("a: \"a \\\" b\"\n").empty());
  CHECK(only_problem("a: b: c\n") == "E0110 1:5");
  CHECK(only_problem("a: [1, 2\nb: 3\n") == "E0110 1:4");
  CHECK(only_problem("a: {b: 1\nc: [2\n") == "E0110 1:4");
  CHECK(parse("a: [1\n").problems.at(0).message == "this `[` is never closed");
  CHECK(only_problem("a: 1]\n").empty());
  CHECK(only_problem("a: @x\n") == "E0110 1:4");
  CHECK(only_problem("a: 1\n  b: 2\n").starts_with("E0110"));
  CHECK(parse("a: b: c\n").problems.at(0).help.find("quote") != std::string::npos);
}

TEST_CASE("bytes which no YAML text has are refused") {
  CHECK(only_problem("\xEF\xBB\xBF" "a: 1\n") == "E0117 1:1");
  CHECK(only_problem(std::string("\xFF\xFE" "a\0:\0", 6)) == "E0117 0:0");
  CHECK(only_problem(std::string("a: 1\nb: \0\n", 10)) == "E0118 2:4");
  CHECK(only_problem("a: \x1b[31m\n") == "E0118 1:4");
  CHECK(only_problem("a: \x7f\n") == "E0118 1:4");
  CHECK(only_problem("a: 1\rb: 2\n") == "E0118 1:5");
  for (char const* bad : {"\x80", "\xC0\xAF", "\xC3(", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    CAPTURE(bad);
    CHECK(only_problem("a: " + std::string(bad)) == "E0118 1:4");
  }
  CHECK(only_problem("a: \xF0\x9F\x98\x80 \xE2\x82\xAC \xC3\x9F\n").empty());
}

TEST_CASE("a tab indents nothing, but may stand within a line") {
  CHECK(only_problem("a:\n\tb: 1\n") == "E0119 2:1");
  CHECK(only_problem("a:\n  \tb: 1\n") == "E0119 2:3");
  CHECK(only_problem("a:\t1\n").empty());
  CHECK(only_problem("a: 1\t# why\n").empty());
  CHECK(only_problem("a: 1\n\t\n") == "E0119 2:1");
}

TEST_CASE("an empty file is an empty file") {
  for (char const* text : {"", "\n\n", "# only a comment\n", "---\n", "~\n"}) CHECK(only_problem(text) == "E0120 0:0");
}

TEST_CASE("nesting is bounded at 64 levels, however it is written") {
  const auto nested = [](std::size_t levels, char open, char close) { return "a: " + std::string(levels, open) + std::string(levels, close); };
  CHECK(only_problem(nested(63, '[', ']')).empty());
  CHECK(only_problem(nested(64, '[', ']')) == "E0114 1:67");
  CHECK(only_problem(std::string(10000, '[')).starts_with("E0114 1:"));
  CHECK(only_problem(std::string(10000, '{')).starts_with("E0114 1:"));
  CHECK(only_problem(nested(10000, '[', ']')).starts_with("E0114 1:"));
  std::string maps = "a", dashes, questions, indented, flow = "a: ";
  for (std::size_t i = 0; i < 10000; ++i) dashes += "- ", questions += "? ", flow += "{a: ";
  for (std::size_t i = 0; i < 500; ++i) indented += std::string(i, ' ') + "a:\n";
  CHECK(only_problem(dashes + "a").starts_with("E0114 1:"));
  CHECK(only_problem(flow).starts_with("E0114 1:"));
  CHECK(only_problem(indented).starts_with("E0114 65:"));
  CHECK(!only_problem(questions + "a").empty());
}

TEST_CASE("files of many values end at a bound") {
  std::string many = "a: [";
  for (std::size_t i = 0; i < io::most_nodes; ++i) many += "x,";
  CHECK(only_problem(many + "x]").starts_with("E0115 1:"));
  std::string wide;
  for (std::size_t i = 0; i < 50000; ++i) wide += 'k' + std::to_string(i) + ": 1\n";
  const auto p = parse(wide + "k0: 2\n");
  REQUIRE(p.problems.size() == 1);
  CHECK(p.problems[0].message == "'k0' is given twice; first on line 1");
  std::string empty;
  for (std::size_t i = 0; i < 50000; ++i) empty += 'k' + std::to_string(i) + ":\n";
  CHECK(parse(empty).problems.size() == io::most_problems);
}

TEST_CASE("an alias bomb is refused at its first anchor") {
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" + static_cast<char>(c - 1) + "]\n";
  CHECK(only_problem(bomb) == "E0111 1:4");
}

TEST_CASE("only regular, readable files of a sensible size are read") {
  const fs::path folder = fs::temp_directory_path() / "mlsysim_files";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto code_of = [](fs::path const& path) {
    std::vector<Diagnostic> problems;
    const auto d = io::read_yaml_file(path.string(), problems);
    CHECK(d.nodes.size() >= 1);
    return problems.empty() ? 0 : problems[0].code;
  };
  CHECK(code_of(folder / "missing.yaml") == 101);
  CHECK(code_of("") == 101);
  CHECK(code_of(folder) == 102);
  CHECK(code_of("/dev/zero") == 102);
#ifndef __EMSCRIPTEN__  // its file system has no pipes
  const auto pipe = folder / "pipe.yaml";
  if (::mkfifo(pipe.c_str(), 0600) == 0) CHECK(code_of(pipe) == 102);
#endif
  std::ofstream(folder / "big.yaml") << "a: 1\n";
  fs::resize_file(folder / "big.yaml", std::uintmax_t{100} << 20);
  CHECK(code_of(folder / "big.yaml") == 103);
  std::ofstream(folder / "secret.yaml") << "a: 1\n";
  fs::permissions(folder / "secret.yaml", fs::perms::none);
  if (::geteuid() != 0) CHECK(code_of(folder / "secret.yaml") == 101);
  std::ofstream(folder / "good.yaml") << "a: 1\n";
  CHECK(code_of(folder / "good.yaml") == 0);
  fs::remove_all(folder);
}
