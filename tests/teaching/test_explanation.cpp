#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "mlsysim/equations/catalogue.hpp"
#include "mlsysim/render/explanation.hpp"
#include "mlsysim/teaching/formula.hpp"
#include "scenarios.hpp"

using namespace mlsysim;
using doctest::Approx;

namespace {
double elasticity(teaching::Explanation const& e, Ledger const& ledger, std::string_view path) {
  double sum = 0;
  for (auto const& i : e.influences)
    if (ledger.fact(i.origin)->path == path) sum += i.elasticity;
  return sum;
}
}  // namespace

TEST_CASE("every number which a result prints can be explained, and every printed formula gives the printed number") {
  std::map<EquationInfo const*, std::optional<teaching::Formula>> formulas;
  for (auto const& s : registry::builtin_scenarios()) {
    CAPTURE(s.path);
    const Report r = evaluate(std::string(s.text));
    for (auto const& entry : r.metrics()) {
      std::string const& path = entry.first;
      Metric const* m = entry.second;
      CAPTURE(path);
      const auto e = teaching::explain(r, path);
      REQUIRE(e);
      CHECK(e->what.value == m->value);
      CHECK(e->what.origin.kind() != Origin::Kind::unknown);
      CHECK(e->what.origin == m->origin);
    }
    for (auto const& level : r.card.levels)
      for (auto const& c : level.checks)
        if (c.verdict != Verdict::not_judged) CHECK(teaching::explain(r, "scorecard." + level.id + '.' + c.id));
    if (s.path.ends_with("chatbot.yaml") || s.path.ends_with("doorbell.yaml"))
      for (auto const& a : teaching::askable(r)) {
        CAPTURE(a.path);
        CHECK(teaching::explain(r, a.path));
      }
    for (auto const& step : r.ledger.steps()) {
      if (!step.equation) continue;
      auto& f = formulas[step.equation];
      if (!f) f = teaching::Formula::of(*step.equation);
      REQUIRE(f);
      std::vector<double> x;
      for (auto const& in : step.inputs) x.push_back(in.value);
      const double printed = (*f)(x);
      if (std::isfinite(step.value) && std::abs(printed - step.value) > 1e-9 * std::abs(step.value)) FAIL_CHECK(step.equation->formula());
    }
  }
}

TEST_CASE("paths are unique, so asking is never ambiguous") {
  for (std::string name : {"chatbot", "frontier", "vision_batch_one", "doorbell", "tail_at_scale"}) {
    CAPTURE(name);
    std::set<std::string> seen;
    for (auto const& a : teaching::askable(evaluate(builtin(name)))) {
      CAPTURE(a.path);
      CHECK(seen.insert(a.path).second);
    }
  }
}

TEST_CASE("every equation's formula can be read back") {
  for (auto const& e : all_equations()) {
    CAPTURE(e.id);
    CHECK(teaching::Formula::of(e).has_value());
  }
}

TEST_CASE("elasticities of a bubble are those worked by hand") {
  const Report r = evaluate(builtin("pipeline_bubble"));
  const auto e = teaching::explain(r, "distributed.bubble_fraction");
  REQUIRE(e);
  // f = (p-1)/(m+p-1) with p = m = 4: d ln f / d ln p = p/(p-1) - p/(m+p-1) = 4/3 - 4/7.
  CHECK(elasticity(*e, r.ledger, "system.parallel.pipeline") == Approx(4.0 / 3 - 4.0 / 7).epsilon(1e-6));
  // v stands beside m only: -v m/(v m + p - 1).
  CHECK(elasticity(*e, r.ledger, "system.parallel.interleaving") == Approx(-4.0 / 7).epsilon(1e-6));
  // m = ceil(B / (b r)), taken as continuous: -m/(v m + p - 1).
  CHECK(elasticity(*e, r.ledger, "workload.training.global_batch") == Approx(-4.0 / 7).epsilon(1e-6));
}

TEST_CASE("a whole number which just fits does not make its inputs look enormous") {
  const Report r = evaluate(builtin("chatbot"));
  const auto e = teaching::explain(r, "serving.itl");
  REQUIRE(e);
  for (auto const& i : e->influences) CHECK(std::abs(i.elasticity) < 2);
}

TEST_CASE("an elasticity foretells what an evaluation with the changed input gives") {
  const std::string text = builtin("chatbot");
  const Report r = evaluate(text);
  for (std::string metric : {"serving.itl", "serving.token_throughput", "sustainability.carbon", "memory.kv_cache"}) {
    CAPTURE(metric);
    const auto e = teaching::explain(r, metric);
    REQUIRE(e);
    const Report more = evaluate(text + "overrides: {system.device.memory.hbm.bandwidth: 3.38350 TB/s}\n");
    const double seen = std::log(more.metric(metric)->value / r.metric(metric)->value) / std::log(3.3835 / 3.35);
    CHECK(elasticity(*e, r.ledger, "nvidia_h100_sxm.memory.hbm.bandwidth") == Approx(seen).epsilon(0.02));
  }
}

TEST_CASE("a path below a number leads to its inputs, and nowhere else") {
  const Report r = evaluate(builtin("pipeline_bubble"));
  const auto m = teaching::explain(r, "distributed.bubble_fraction/3");
  REQUIRE(m);
  CHECK(m->what.value == 4);
  CHECK(m->what.label == "m (micro-batches per replica)");
  CHECK(teaching::explain(r, "distributed.bubble_fraction/3/1")->what.value == 4);
  for (std::string bad : {"distributed.bubble_fraction/4", "distributed.bubble_fraction/0", "distributed.bubble_fraction/x", "distributed.bubble_fraction/3/1/1", "nothing", "", "/", "distributed.bubble_fraction/99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(!teaching::explain(r, bad));
  }
}

TEST_CASE("an explanation ends in the data sheet, and operators have their names") {
  const Report r = evaluate(builtin("chatbot"));
  const auto e = teaching::explain(r, "serving.itl");
  REQUIRE(e);
  const std::string text = render::explanation(r, *e, {}, {20, true, {}});
  for (auto part : {"nvidia_h100_sxm.memory.hbm.bandwidth", "llama_3_1_8b.transformer.hidden", "roofline.time", "(mlp.up)"}) {
    CAPTURE(part);
    CHECK(text.find(part) != text.npos);
  }
}

TEST_CASE("a number with a limit names it, and names what it is mistaken for") {
  const Report r = evaluate(builtin("chatbot"));
  const auto e = teaching::explain(r, "serving.itl");
  REQUIRE(e);
  REQUIRE(e->compared.size() == 1);
  CHECK(e->compared[0].limit == 0.05);
  CHECK(e->definition == "itl");
  std::set<std::string> others;
  for (auto const& v : e->confused) others.insert(v.path);
  CHECK(others.count("serving.tpot") == 1);
  CHECK(others.count("serving.tpot_with_first") == 1);
  for (auto const& v : e->confused)
    if (!v.path.empty()) CHECK(v.value == r.metric(v.path)->value);
}

TEST_CASE("a cache counted with all heads is the one of a model without grouped queries") {
  const Report r = evaluate(builtin("chatbot"));
  const auto e = teaching::explain(r, "serving.kv_per_request");
  REQUIRE(e);
  REQUIRE(e->confused.size() == 1);
  // 32 heads instead of 8.
  CHECK(e->confused[0].value == 4 * e->what.value);
  CHECK(std::isnan(teaching::explain(evaluate("workload: {model: gpt2_xl, phase: serving, prompt: 512, output: 64, batch: 1}\nsystem: {device: H100}\n"), "serving.kv_per_request")->confused[0].value));
}

TEST_CASE("the glossary defines metrics which exist, once, and refers to terms which exist") {
  std::set<std::string> metrics, ids, defined, cited{"definition"};
  for (auto const& s : registry::builtin_scenarios())
    for (auto const& [path, m] : evaluate(std::string(s.text)).metrics()) metrics.insert(path);
  for (auto const& e : all_equations()) cited.insert(std::string(e.cites));
  for (auto const& t : teaching::glossary()) {
    CAPTURE(t.id);
    CHECK(ids.insert(std::string(t.id)).second);
    CHECK(t.text.size() > 15);
    CHECK(cited.count(std::string(t.source)) == 1);
    CHECK(t.formula.empty() == t.latex.empty());
    for (auto const& m : t.metrics) {
      CAPTURE(m);
      CHECK(defined.insert(std::string(m)).second);
      CHECK((metrics.count(std::string(m)) == 1 || m.starts_with("memory.")));
      CHECK(teaching::term_of(m) == &t);
    }
    for (auto const& c : t.confused) CHECK((c.with.empty() || teaching::term(c.with) != nullptr));
    CHECK(teaching::term(t.name) != nullptr);
  }
  CHECK(teaching::term("TTFT") == teaching::term("ttft"));
  CHECK(teaching::term("no such thing") == nullptr);
  CHECK(teaching::definition_id("serving.itl") == "itl");
  CHECK(teaching::definition_id("serving.device_power") == "serving.device_power");
}

TEST_CASE("an explanation is the same in every format, and its page needs nothing else") {
  const Report r = evaluate(builtin("chatbot"));
  const auto e = teaching::explain(r, "memory.kv_cache");
  REQUIRE(e);
  const render::ExplanationStyle how{20, true, "mlsysim explain chatbot"};
  const std::string text = render::explanation(r, *e, {}, how), markdown = render::explanation_markdown(r, *e, how), html = render::explanation_html(r, *e, how);
  for (auto const& out : {text, markdown, html}) {
    CHECK(out.find("5.3687 GB") != out.npos);
    CHECK(out.find("131.07 kB/token") != out.npos);
    CHECK(out.find("llama_3_1_8b.transformer.kv_heads") != out.npos);
    CHECK(out.find("5 GiB") != out.npos);
  }
  CHECK(text.find("\n  = K * b / (g * p)   [memory.cache; pope2022]\n  = 167.77 MB * 32 / (1 * 1)\n") != text.npos);
  CHECK(markdown.find("$= \\frac{K \\cdot b}{g \\cdot p}$") != markdown.npos);
  CHECK(html.find("<mfrac>") != html.npos);
  for (auto outside : {"http", "<script", "src=", "url("}) CHECK(html.find(outside) == html.npos);
  CHECK(std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; }));
}
