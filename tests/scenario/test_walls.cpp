#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "mlsysim/describe/walls.hpp"
#include "mlsysim/equations/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

namespace {

Report evaluated(std::string_view name) {
  static const registry::Catalogue catalogue;
  auto const* s = registry::builtin_scenario(name);
  REQUIRE_MESSAGE(s, name);
  std::vector<Diagnostic> problems;
  const auto document = io::parse_yaml(std::string(s->text), std::string(s->path), problems);
  const auto loaded = scenario::load(catalogue, document, problems);
  REQUIRE(problems.empty());
  return scenario::evaluate(loaded);
}

}  // namespace

TEST_CASE("every wall has a name of its own, a law of one sentence and equations of the catalogue") {
  std::set<std::string_view> known, ids;
  for (auto const& e : all_equations()) known.insert(e.id);
  CHECK(walls().size() >= 26);
  for (auto const& w : walls()) {
    CAPTURE(w.id);
    CHECK(ids.insert(w.id).second);
    CHECK(w.law.ends_with('.'));
    CHECK(std::count(w.law.begin(), w.law.end(), '.') == 1);
    CHECK(!w.equations.empty());
    // Something must be able to fail.
    CHECK(!(w.binds.empty() && w.at_least.empty() && w.at_most.empty()));
    CHECK(w.metric.empty() == (w.at_least.empty() && w.at_most.empty()));
    for (std::string_view rest = w.equations; !rest.empty();) {
      const auto end = rest.find(' ');
      const std::string id(rest.substr(0, end));
      CAPTURE(id);
      CHECK(known.contains(id));
      rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    }
  }
}

TEST_CASE("every wall binds in its scenario") {
  for (auto const& w : walls()) {
    CAPTURE(w.id);
    CAPTURE(w.scenario);
    const Report r = evaluated(w.scenario);
    CAPTURE(r.card.binding);
    if (!w.binds.empty()) CHECK(r.card.binding.find(w.binds) != std::string::npos);
    if (w.metric.empty()) continue;
    CAPTURE(w.metric);
    Metric const* m = r.metric(w.metric);
    REQUIRE(m);
    CAPTURE(m->value);
    for (auto const& [text, least] : {std::pair{w.at_least, true}, std::pair{w.at_most, false}}) {
      if (text.empty()) continue;
      const auto q = parse_quantity(text);
      REQUIRE(q.error == QuantityTextError::none);
      CHECK(q.dimension() == m->dimension);
      CHECK((least ? m->value >= q.base_value() : m->value <= q.base_value()));
    }
  }
}
