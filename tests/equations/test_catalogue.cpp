#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "mlsysim/equations/catalogue.hpp"

using namespace mlsysim;

TEST_CASE("every equation has an id of its own") {
  std::set<std::string_view> ids;
  for (auto const& e : all_equations()) {
    CAPTURE(e.id);
    CHECK(ids.insert(e.id).second);
  }
}

TEST_CASE("every equation cites something and prints itself with each of its symbols") {
  for (auto const& e : all_equations()) {
    CAPTURE(e.id);
    CHECK(!e.cites.empty());
    const std::string text = e.formula(), latex = e.formula(true);
    CHECK(!latex.empty());
    for (auto symbol : e.symbols) {
      CAPTURE(symbol);
      CHECK(text.find(symbol) != std::string::npos);
    }
  }
}

TEST_CASE("the catalogue lists every equation of the headers") {
  std::size_t written = 0;
  for (auto const& entry : std::filesystem::directory_iterator(MLSYSIM_SOURCE_DIR "/include/mlsysim/equations")) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const std::string s = text.str();
    const std::string_view start = "inline constexpr auto ";
    for (std::size_t at = s.find(start); at != std::string::npos; at = s.find(start, at + 1)) {
      const std::size_t equals = s.find('=', at);
      const std::size_t value = s.find_first_not_of(" \n", equals + 1);
      // The header which explains how an equation is written shows one in a comment.
      const bool comment = at >= 5 && s.find("///", s.rfind('\n', at) + 1) < at;
      if (!comment && s.compare(value, 9, "equation<") == 0) ++written;
    }
  }
  CHECK(all_equations().size() == written);
}
