// What keeps the published accuracy honest: measurements which were fitted are not called predictions, calibration knows no model, and
// the comparison itself can fail.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "mlsysim/solvers/calibrate.hpp"
#include "mlsysim/validation/validate.hpp"

using namespace mlsysim;
using namespace mlsysim::validation;
namespace fs = std::filesystem;

namespace {

struct Set {
  Mapping mapping;
  io::Csv table;
};

std::vector<Set> const& shipped() {
  static const std::vector<Set> sets = [] {
    std::vector<fs::path> files;
    for (auto const& e : fs::directory_iterator(fs::path(MLSYSIM_SOURCE_DIR) / "validation"))
      if (e.path().extension() == ".yaml") files.push_back(e.path());
    std::sort(files.begin(), files.end());
    std::vector<Set> out;
    for (auto const& f : files) {
      std::vector<Diagnostic> problems;
      Set s{read_mapping(io::read_yaml_file(f.string(), problems), problems), {}};
      s.table = with_parts(s.mapping, io::read_csv_file(s.mapping.table, problems));
      check_columns(s.mapping, s.table, problems);
      for (auto const& p : problems) FAIL_CHECK(to_text(p));
      CHECK(s.mapping.id == f.stem().string());
      out.push_back(std::move(s));
    }
    return out;
  }();
  return sets;
}

struct Said {
  std::string key, text;
};

/// Every key and every value of the calibration files.
std::vector<Said> const& calibration() {
  static const std::vector<Said> all = [] {
    std::vector<Said> out;
    for (auto const& e : fs::recursive_directory_iterator(fs::path(MLSYSIM_SOURCE_DIR) / "registry" / "calibration")) {
      if (e.path().extension() != ".yaml") continue;
      std::vector<Diagnostic> problems;
      const auto d = io::read_yaml_file(e.path().string(), problems);
      REQUIRE(problems.empty());
      for (auto const& n : d.nodes) out.push_back({std::string(n.key), std::string(n.text)});
    }
    return out;
  }();
  return all;
}

bool calibration_cites(std::string_view source) {
  return std::any_of(calibration().begin(), calibration().end(), [&](Said const& s) { return s.key.find("source") != std::string::npos && s.text == source; });
}

/// Median distance of the points from their common bias, as a logarithm: a prediction which is always half of the truth has none.
double scatter_of(Result const& r) {
  std::vector<double> ratios;
  for (auto const& p : r.outcome.points) ratios.push_back(std::log(p.predicted / p.measured));
  const double middle = median(ratios);
  for (auto& x : ratios) x = std::abs(x - middle);
  return median(ratios);
}

/// Spearman's correlation of the orders in which predicted and measured values stand.
double rank_correlation(Result const& r) {
  const auto ranks = [&](auto const& value) {
    std::vector<std::size_t> order(r.outcome.points.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return value(r.outcome.points[a]) < value(r.outcome.points[b]); });
    std::vector<double> rank(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = static_cast<double>(i) - static_cast<double>(order.size() - 1) / 2;
    return rank;
  };
  const auto p = ranks([](auto const& x) { return x.predicted; }), m = ranks([](auto const& x) { return x.measured; });
  double together = 0, alone = 0;
  for (std::size_t i = 0; i < p.size(); ++i) together += p[i] * m[i], alone += p[i] * p[i];
  return together / alone;
}

}  // namespace

TEST_CASE("every shipped mapping can be read and finds its columns") { CHECK(!shipped().empty()); }

TEST_CASE("a set whose publication the calibration cites is not called a prediction") {
  static const registry::Catalogue catalogue;
  for (auto const& s : shipped()) {
    CAPTURE(s.mapping.id);
    bool cited = false;
    for (auto const& key : s.mapping.registry_sources) {
      CHECK(catalogue.source(key).has_value());
      cited = cited || calibration_cites(key);
    }
    const std::string file = fs::path(s.mapping.table).stem().string();
    for (auto const& c : calibration()) {
      const bool names_file = c.text.find(file) != std::string::npos;
      if (names_file) CAPTURE(c.text);
      cited = cited || names_file;
    }
    if (cited) CHECK(s.mapping.role == Role::calibration);
    // The other way round a set would hide behind its mark.
    if (s.mapping.role == Role::calibration) CHECK(cited);
  }
}

TEST_CASE("no measurement is both fitted and predicted") {
  // A row is the same where source and measured value agree to the last digit.
  const auto keys = [](Set const& s) {
    std::set<std::string> out;
    const auto source = s.table.column("source");
    for (auto const& c : s.mapping.cases)
      for (auto const& name : c.measured.names()) {
        const auto column = s.table.column(name);
        if (column == io::Csv::none || source == io::Csv::none) continue;
        for (auto const& row : s.table.rows) {
          const RowScope scope(s.mapping, c, s.table, row);
          if (refusal(scope, s.mapping.rows) || refusal(scope, c.rows)) continue;
          if (row.cells[column].size() > 4) out.insert(row.cells[source] + '|' + row.cells[column]);
        }
      }
    return out;
  };
  std::set<std::string> fitted;
  for (auto const& s : shipped())
    if (s.mapping.role == Role::calibration) fitted.merge(keys(s));
  CHECK(fitted.size() > 500);
  for (auto const& s : shipped()) {
    if (s.mapping.role == Role::calibration) continue;
    for (auto const& key : keys(s)) {
      CAPTURE(key);
      CHECK(fitted.count(key) == 0);
    }
  }
}

TEST_CASE("calibration is not keyed by the names of models or scenarios") {
  static const registry::Catalogue catalogue;
  std::set<std::string> names;
  for (auto const& e : catalogue.entries()) {
    if (e.kind != EntryKind::model) continue;
    names.insert(normalised(e.id));
    names.insert(normalised(e.name));
    for (auto const& a : e.aliases) names.insert(normalised(a));
  }
  for (auto const& s : registry::builtin_scenarios()) names.insert(normalised(s.name));
  CHECK(names.size() > 100);
  for (auto const& c : calibration()) {
    if (c.key == "note" || c.key == "title") continue;
    CAPTURE(c.key);
    CAPTURE(c.text);
    CHECK(names.count(normalised(c.key)) == 0);
    CHECK(names.count(normalised(c.text)) == 0);
  }
}

TEST_CASE("with the measured values exchanged every set fails loudly") {
  static const registry::Catalogue catalogue;
  for (auto const& s : shipped()) {
    CAPTURE(s.mapping.id);
    if (s.mapping.role == Role::calibration) continue;  // a fit, which claims nothing
#ifndef MLSYSIM_PLAIN_BUILD  // large tables take minutes with instrumentation
    if (s.table.rows.size() > 200) continue;
#endif
    const auto straight = validate(s.mapping, s.table, catalogue), shuffled = validate(s.mapping, s.table, catalogue, {1});
    CHECK(!straight.outcome.points.empty());
    CHECK(shuffled.errors.points == straight.errors.points);
    // Too few points to tell chance from luck.
    if (straight.outcome.points.size() < 30) continue;
    // A set which is predicted this badly has nothing to lose, and says so where it is shown.
    if (straight.errors.median > 0.5) continue;
    // Where all measurements are of one size, exchanging them changes little: then the order must be lost.
    std::vector<double> measured;
    for (auto const& p : straight.outcome.points) measured.push_back(p.measured);
    if (solvers::quantile(measured, 0.9) < 2.5 * solvers::quantile(measured, 0.1)) {
      CHECK(rank_correlation(straight) > 0.3);
      CHECK(rank_correlation(shuffled) < 0.2);
      CHECK(shuffled.errors.within_10 < straight.errors.within_10);
      continue;
    }
    CHECK(shuffled.errors.median > 0.3);
    // A row which was given the value of one like it was not exchanged.
    std::size_t exchanged = 0, close = 0;
    for (std::size_t i = 0; i < straight.outcome.points.size(); ++i) {
      const double was = straight.outcome.points[i].measured, is = shuffled.outcome.points[i].measured;
      if (std::abs(is / was - 1) <= 0.1) continue;
      ++exchanged;
      close += std::abs(shuffled.outcome.points[i].predicted / is - 1) <= 0.1;
    }
    CHECK(2 * exchanged > straight.outcome.points.size());
    CHECK(static_cast<double>(close) < 0.25 * static_cast<double>(exchanged));
    CHECK(scatter_of(shuffled) > 1.5 * scatter_of(straight));
  }
}
