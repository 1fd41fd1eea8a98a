#include <doctest/doctest.h>

#include <set>

#include "mlsysim/teaching/audit.hpp"
#include "scenarios.hpp"

using namespace mlsysim;
using teaching::Policy;
using teaching::Standing;

TEST_CASE("every number of the registry is audited once, and has a source") {
  const auto all = teaching::audit(catalogue());
  CHECK(all.size() > 1000);
  std::set<std::pair<std::string, std::string>> seen;
  for (auto const& a : all) {
    CAPTURE(a.fact.path);
    CHECK(seen.insert({a.kind, a.fact.path}).second);
    CHECK(a.standing != Standing::unsourced);
    CHECK(teaching::satisfies(a, Policy::sourced));
    CHECK(teaching::satisfies(a, Policy::verified) == (a.standing == Standing::verified || a.standing == Standing::assumed));
    CHECK((a.standing == Standing::verified) == !a.read.empty());
  }
}

TEST_CASE("the parts of the summary add up") {
  const auto t = teaching::audit_summary(teaching::audit(catalogue()));
  for (std::size_t c = 1; c < t.columns.size(); ++c) {
    double sum = 0;
    for (std::size_t i = 0; i + 1 < t.rows.size(); ++i) sum += t.rows[i][c].number;
    CHECK(sum == t.rows.back()[c].number);
  }
}

TEST_CASE("the audit of a scenario holds what its metrics rest on, with given values and assumptions, and finds old prices") {
  const auto l = load("workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {price: price_aws_p5_48xlarge_on_demand, utilisation: 0.5}\n");
  const auto all = teaching::audit(scenario::evaluate(l), l.today);
  std::set<std::string> paths;
  bool stale = false, assumed = false, given = false;
  for (auto const& a : all) {
    paths.insert(a.fact.path);
    stale = stale || (a.stale && a.fact.path == "price_aws_p5_48xlarge_on_demand.rate" && !teaching::satisfies(a, Policy::current));
    assumed = assumed || a.standing == Standing::assumed;
    given = given || (a.standing == Standing::given && a.fact.path == "infrastructure.utilisation");
  }
  CHECK(paths.count("nvidia_h100_sxm.memory.hbm.bandwidth") == 1);
  CHECK(stale);
  CHECK(assumed);
  CHECK(given);
}
