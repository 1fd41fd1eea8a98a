#include "mlsysim/explore/optimize.hpp"

#include <algorithm>

#include "common.hpp"

using namespace test;

namespace {

struct Found {
  std::vector<explore::Row> best;
  explore::Tally tally;
  explore::Hunt hunt;
};

Found hunt(explore::Search search, io::Document const& d, std::string const& vary, explore::Objective objective, std::vector<std::string> const& constraints, std::size_t top) {
  Found out;
  std::vector<Diagnostic> problems;
  std::vector<std::string> metrics{objective.metric};
  for (auto const& text : constraints) {
    out.hunt.constraints.push_back(*explore::parse_constraint(text, "--subject-to", problems));
    metrics.push_back(out.hunt.constraints.back().metric);
  }
  out.hunt.objective = std::move(objective);
  out.hunt.question = explore::ask(catalogue(), d, explore::Space(explore::axes_of(search, catalogue(), d, vary.empty() ? std::vector<explore::Axis>{} : axes(d, vary))), metrics);
  explore::Hunter hunter(catalogue(), d, out.hunt, top);
  for (std::uint64_t p = 0; p < out.hunt.question.space.size(); ++p) hunter.run(p);
  out.best = hunter.best();
  out.tally = hunter.tally();
  return out;
}

}  // namespace

TEST_CASE("the optimizer finds what evaluating every plan finds") {
  const auto d = builtin("training_7b_eight_gpus");
  const auto found = hunt(explore::Search::parallelism, d, "workload.batch=1|2,workload.training.recompute=none|full,zero=0|1,system.parallel.interleaving=1", {"distributed.step_time", true}, {"distributed.mfu>=0.1"}, 5);
  REQUIRE(found.best.size() == 5);
  // By hand: every point as a scenario of its own, read from its text.
  auto const& space = found.hunt.question.space;
  std::vector<std::pair<double, std::uint64_t>> all;
  std::vector<Diagnostic> problems;
  for (std::uint64_t p = 0; p < space.size(); ++p) {
    std::vector<scenario::Edit> edits;
    for (std::size_t a = 0; a < space.axes().size(); ++a)
      for (auto const& path : space.axes()[a].paths) edits.push_back({path, space.axes()[a].levels[space.level(p, a)].text});
    problems.clear();
    const auto l = scenario::load(catalogue(), d, edits, "edits", problems);
    if (!problems.empty()) continue;
    try {
      const Report r = scenario::evaluate(l);
      Metric const *time = r.metric("distributed.step_time"), *mfu = r.metric("distributed.mfu");
      if (time && mfu && mfu->value >= 0.1 && r.card.verdict != Verdict::fail) all.emplace_back(time->value, p);
    } catch (InputError const&) {
    }
  }
  std::sort(all.begin(), all.end());
  REQUIRE(all.size() >= 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(found.best[i].values[0] == all[i].first);
  }
}

TEST_CASE("every candidate is either a plan or counted by its reason") {
  const auto found = hunt(explore::Search::parallelism, builtin("training_7b_eight_gpus"), "", {"distributed.step_time", true}, {"distributed.mfu>=0.5"}, 3);
  std::uint64_t rejected = 0;
  for (auto const& [what, count] : found.tally.reasons) rejected += count.points;
  CHECK(found.tally.points == found.tally.evaluated + rejected);
  CHECK(found.tally.reasons.contains("misses distributed.mfu>=0.5"));
  CHECK(found.tally.reasons.contains("does not fit into hbm"));
}

TEST_CASE("parts of a search give the plans of the whole, in any cut") {
  const auto d = builtin("training_7b_eight_gpus");
  const auto whole = hunt(explore::Search::parallelism, d, "", {"distributed.step_time", true}, {}, 4);
  const std::uint64_t n = whole.hunt.question.space.size();
  for (std::uint64_t cut : {n / 3, n / 2}) {
    std::vector<explore::Row> best;
    explore::Hunter one(catalogue(), d, whole.hunt, 4), two(catalogue(), d, whole.hunt, 4);
    for (std::uint64_t p = 0; p < cut; ++p) one.run(p);
    for (std::uint64_t p = cut; p < n; ++p) two.run(p);
    explore::keep_best(best, one.best(), true, 4);
    explore::keep_best(best, two.best(), true, 4);
    REQUIRE(best.size() == whole.best.size());
    for (std::size_t i = 0; i < best.size(); ++i) CHECK(best[i].point == whole.best[i].point);
  }
}

TEST_CASE("a pruned point is one which the solvers refuse, or another point in other words") {
  const auto d = builtin("training_7b_eight_gpus");
  const explore::Space space(explore::axes_of(explore::Search::parallelism, catalogue(), d, {}));
  const explore::Pruner pruner(catalogue(), d, space);
  explore::Runner runner(catalogue(), d, space);
  int counted = 0;
  for (std::uint64_t p = 0; p < space.size(); p += 7) {
    char const* why = pruner.reason(p);
    if (!why || !*why) continue;
    ++counted;
    const std::string at = explore::point_text(space, p), reason = why;
    CAPTURE(at);
    CAPTURE(reason);
    CHECK(runner.run(p) != scenario::Status::evaluated);
  }
  CHECK(counted > 10);
}

TEST_CASE("a limit which nothing meets leaves nothing, and says why") {
  const auto found = hunt(explore::Search::serving, builtin("chatbot"), "devices=1", {"serving.total_token_throughput", false}, {"serving.itl<=1 us"}, 3);
  CHECK(found.best.empty());
  CHECK(found.tally.evaluated == 0);
  CHECK(found.tally.reasons.at("misses serving.itl<=1 us").points > 0);
}

TEST_CASE("constraints and objectives say where they cannot be read") {
  const auto complaint = [](char const* text, bool constraint) {
    std::vector<Diagnostic> problems;
    if (constraint) (void)explore::parse_constraint(text, "--subject-to", problems);
    else (void)explore::parse_objective(text, "--objective", problems);
    return problems.empty() ? std::string() : error_name(problems[0].code) + " " + std::to_string(problems[0].where.column) + ": " + problems[0].message;
  };
  CHECK(complaint("serving.itl<=50 ms", true).empty());
  CHECK(complaint("serving.itl", true) == "E0314 1: 'serving.itl' holds nothing to a limit");
  CHECK(complaint("serving.itl<50 ms", true) == "E0314 12: 'serving.itl<50 ms' holds nothing to a limit");
  CHECK(complaint("serving.itl<=fast", true) == "E0314 14: 'fast' is no value with a unit");
  CHECK(complaint("<=5 ms", true) == "E0314 1: the limit has no metric in front of it");
  CHECK(complaint("serving.itl:min", false).empty());
  CHECK(complaint("serving.itl", false) == "E0314 12: 'serving.itl' does not say what is best");
  CHECK(complaint("serving.itl:least", false) == "E0314 13: 'serving.itl:least' does not say what is best");
}

TEST_CASE("where devices are bought as they are needed, what each token takes decides, not how many there are") {
  const auto usual = [](char const* name) {
    explore::Design design(catalogue(), builtin(name));
    return explore::usual_objective(explore::Search::serving, design.loaded().scenario);
  };
  CHECK(usual("chatbot").metric == "serving.energy_per_token");
  CHECK(usual("chatbot").smallest);
  CHECK(usual("own_or_rent").metric == "serving.total_token_throughput");
}

TEST_CASE("hardware is paid for by the hour at prices of machines, never at those of storage") {
  const auto d = builtin("training_7b_eight_gpus");
  const auto found = explore::axes_of(explore::Search::hardware, catalogue(), d, {});
  const auto prices = std::find_if(found.begin(), found.end(), [](auto const& a) { return a.name == "infrastructure.price"; });
  REQUIRE(prices != found.end());
  CHECK(prices->levels.size() > 5);
  for (auto const& level : prices->levels) {
    const std::string name = level.text;
    CAPTURE(name);
    Ledger ledger;
    const auto price = catalogue().read<infrastructure::Price>(*catalogue().entry(EntryKind::price, name), ledger);
    CHECK(price.rate);
    CHECK(!price.device.empty());
  }
}
