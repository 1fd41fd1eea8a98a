#include <doctest/doctest.h>

#include <algorithm>

#include "program.hpp"

namespace {

/// The command lines below `Examples:`; what follows `#` is for people.
std::vector<std::string> examples(std::string const& help) {
  std::vector<std::string> out;
  bool here = false;
  for (auto const& line : lines(help)) {
    if (line == "Examples:") here = true;
    else if (line.empty()) here = false;
    else if (here && line.starts_with("  mlsysim")) out.push_back(line.substr(2, line.find("  #") == line.npos ? line.npos : line.find("  #") - 2));
  }
  return out;
}

}  // namespace

TEST_CASE("every help text starts with examples, and each of them works") {
  const Folder outside("help_texts");
  auto all = commands(outside);
  CHECK(all.size() >= 13);
  all.insert(all.begin(), "");
  for (auto const& command : all) {
    CAPTURE(command);
    const Folder folder("help_" + command);
    // Examples may name a scenario of one's own, and the sources' tables of measurements.
    if (!command.empty() && command != "init") REQUIRE(folder.run("mlsysim init").code == 0);
    fs::create_directory_symlink(fs::path(MLSYSIM_SOURCE_DIR) / "validation", folder / "validation");
    fs::create_directory(folder / "man1");
    const auto help = folder.run("mlsysim " + command + " --help");
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(lines(help.out).at(2) == "Examples:");
    CHECK(help.out.find("Exit codes: ") != help.out.npos);
    const auto shown = examples(help.out);
    CHECK(!shown.empty());
    for (auto const& example : shown) {
      CAPTURE(example);
#ifndef MLSYSIM_PLAIN_BUILD  // whole tables take minutes with instrumentation
      if (command == "validate" || command == "calibrate" || command == "benchmark") continue;
#endif
      const auto outcome = folder.run(example);
      CAPTURE(outcome.err);
      CHECK(outcome.code == 0);
    }
  }
}

TEST_CASE("help names every option with what it takes, in plain ASCII of readable width") {
  const Folder folder("help_form");
  for (auto const& command : commands(folder)) {
    CAPTURE(command);
    const auto help = folder.run("mlsysim " + command + " --help").out;
    for (auto option : {"--help", "--format FORMAT", "--output FILE", "--color WHEN"}) CHECK(help.find(option) != help.npos);
    CHECK(std::all_of(help.begin(), help.end(), [](unsigned char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
    for (auto const& line : lines(help)) {
      CAPTURE(line);
      CHECK((line.size() <= 120 || line.starts_with("  mlsysim")));
    }
  }
}

TEST_CASE("every command has a manual page from the same texts, which roff accepts") {
  const Folder folder("man");
  auto all = commands(folder);
  const bool groff = folder.run("command -v groff").code == 0;
  all.insert(all.begin(), "");
  for (auto const& command : all) {
    CAPTURE(command);
    const auto page = folder.run("mlsysim man " + command);
    CHECK(page.code == 0);
    CHECK(page.out.starts_with(".TH MLSYSIM"));
    for (auto section : {"NAME", "SYNOPSIS", "EXAMPLES", "DESCRIPTION", "EXIT STATUS", "SEE ALSO"}) CHECK(page.out.find("\n.SH " + std::string(section) + "\n") != page.out.npos);
    if (!groff) continue;
    const auto typeset = folder.run("mlsysim man " + command + " | groff -man -ww -Tascii | col -bx");
    CHECK(typeset.err.empty());
    for (auto const& example : examples(folder.run("mlsysim " + command + " --help").out)) {
      CAPTURE(example);
      // Lines are filled and justified: compare without blanks.
      const auto squeezed = [](std::string text) {
        text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }), text.end());
        return text;
      };
      CHECK(squeezed(typeset.out).find(squeezed(example)) != std::string::npos);
    }
  }
  fs::create_directory(folder / "pages");
  CHECK(folder.run("mlsysim man --directory pages").code == 0);
  std::size_t files = 0;
  for (auto const& e : fs::directory_iterator(folder / "pages")) files += content(e.path()).starts_with(".TH ");
  CHECK(files == all.size());
}

TEST_CASE("a manual page which does not exist is refused with a near name") {
  const Folder folder("man_unknown");
  const auto o = folder.run("mlsysim man evl");
  CHECK(o.code == 2);
  CHECK(o.err.find("did you mean 'eval'?") != o.err.npos);
}
