#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "mlsysim/render/lesson.hpp"
#include "mlsysim/teaching/prediction.hpp"
#include "mlsysim/teaching/stages.hpp"
#include "mlsysim/units/text.hpp"
#include "scenarios.hpp"

using namespace mlsysim;

TEST_CASE("stepping shows each part of a run once, in its order, and nothing else") {
  for (auto const& s : registry::builtin_scenarios()) {
    CAPTURE(s.path);
    const auto l = load(std::string(s.text));
    const Report run = scenario::evaluate(l);
    const auto stages = teaching::stages(l, run);
    std::size_t section = 0, level = 0;
    for (auto const& stage : stages) {
      CHECK(!stage.title.empty());
      if (stage.judged) {
        REQUIRE(level < run.card.levels.size());
        auto const& expected = run.card.levels[level++];
        CHECK(stage.level.id == expected.id);
        CHECK(stage.level.verdict == expected.verdict);
        REQUIRE(stage.level.checks.size() == expected.checks.size());
        for (std::size_t i = 0; i < expected.checks.size(); ++i) CHECK(stage.level.checks[i].value == expected.checks[i].value);
      } else if (stage.layer == "E") {
        REQUIRE(section < run.sections.size());
        CHECK(render::text(stage.section, {}) == render::text(run.sections[section++], {}));
      }
    }
    CHECK(section == run.sections.size());
    CHECK(level == run.card.levels.size());
    // Going back is showing an earlier stage again: stages do not depend on what was shown.
    const auto again = teaching::stages(l, scenario::evaluate(l));
    REQUIRE(again.size() == stages.size());
    for (std::size_t i = stages.size(); i-- > 0;) CHECK(render::text(again[i], i + 1, stages.size(), {}) == render::text(stages[i], i + 1, stages.size(), {}));
  }
}

TEST_CASE("a prediction is held against the result") {
  const Report r = evaluate(builtin("chatbot"));
  const auto rows = teaching::judge(r, teaching::parse_predictions("bottleneck=memory, itl=5ms,verdict=fail, serving.ttft = 24.5 ms, serving.decode_mbu=5 %")).tables[0].rows;
  REQUIRE(rows.size() == 5);
  CHECK(rows[0][3].text == "right");
  CHECK(rows[1][0].text == "serving.itl");
  CHECK(rows[1][4].number == doctest::Approx(r.metric("serving.itl")->value / 5e-3));
  CHECK(rows[1][3].text == "too low by a factor of 1.75");
  CHECK(rows[2][3].text == "the other one");
  CHECK(rows[3][3].text == "within the 90 % interval");
  CHECK(rows[4][3].text == "too low by a factor of 13.6");
  CHECK(teaching::judge(r, {{"bottleneck", "compute bound"}}).tables[0].rows[0][3].text == "right");
  CHECK(teaching::judge(r, {{"bottleneck", "streaming"}}).tables[0].rows[0][3].text == "another one");
}

TEST_CASE("what is no prediction is refused with what to write instead") {
  const Report r = evaluate(builtin("chatbot"));
  const auto code = [&](std::string const& text) {
    try {
      (void)teaching::judge(r, teaching::parse_predictions(text));
    } catch (InputError const& e) {
      return e.problems()[0].code;
    }
    return 0;
  };
  CHECK(code("") == 331);
  CHECK(code(",,") == 331);
  CHECK(code("itl") == 331);
  CHECK(code("=5ms") == 331);
  CHECK(code("itl=") == 331);
  CHECK(code("itl=soon") == 331);
  CHECK(code("itl=5GB") == 331);
  CHECK(code("itl=5") == 331);
  CHECK(code("bottleneck=luck") == 331);
  CHECK(code("verdict=maybe") == 331);
  CHECK(code("itll=5ms") == 330);
}

TEST_CASE("every question which is asked can be answered") {
  for (std::string name : {"chatbot", "frontier", "vision_batch_one", "doorbell", "infeasible_70b_on_one_gpu"}) {
    CAPTURE(name);
    const Report r = evaluate(builtin(name));
    const auto asked = teaching::questions(r);
    CHECK(!asked.empty());
    for (auto const& what : asked) {
      Metric const* m = r.metric(what);
      CHECK_NOTHROW(teaching::judge(r, {{what, m ? display(m->value, m->dimension) : what == "verdict" ? "pass" : "memory"}}));
    }
  }
}

TEST_CASE("a worksheet from any kind of scenario: worked, faded, asked; steps which follow from what is given") {
  for (std::string name : {"chatbot", "pipeline_bubble", "doorbell", "memory_wall", "vision_batch_one", "tail_at_scale", "llama_3_8b_grouped_queries", "infeasible_70b_on_one_gpu"}) {
    CAPTURE(name);
    const auto sheet = teaching::worksheet(catalogue(), document_of(builtin(name)), {});
    REQUIRE(!sheet.problems.empty());
    REQUIRE(sheet.problems.size() % 3 == 0);
    for (std::size_t i = 0; i < sheet.problems.size(); ++i) {
      auto const& p = sheet.problems[i];
      CAPTURE(p.metric);
      REQUIRE(!p.steps.empty());
      CHECK(!p.given.empty());
      CHECK(std::isfinite(p.steps.back().exact));
      if (i % 3 == 0) CHECK(p.shown == p.steps.size());
      if (i % 3 == 1) CHECK(p.shown < p.steps.size());
      if (i % 3 == 2) CHECK(p.shown == 0);
      // Every number which a step uses is given or was computed before.
      std::set<std::string> known;
      for (auto const& g : p.given) known.insert(g.value);
      for (auto const& step : p.steps) {
        for (auto const& n : step.numbers) {
          CAPTURE(n);
          CHECK(known.count(n) == 1);
        }
        known.insert(step.value);
      }
    }
  }
}

TEST_CASE("seeds give other numbers, the same seed the same sheet, and answers are those of the engine") {
  const auto document = document_of(builtin("chatbot"));
  const auto sheet = [&](std::uint64_t seed) { return teaching::worksheet(catalogue(), document, {{"memory.kv_cache"}, 1, seed}); };
  CHECK(render::worksheet_markdown(sheet(5), true) == render::worksheet_markdown(sheet(5), true));
  std::set<double> answers;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto one = sheet(seed);
    auto const& p = one.problems[2];
    REQUIRE(!p.setting.empty());
    answers.insert(p.steps.back().exact);
    // The setting is one which a student can write into the scenario.
    double batch = 32, prompt = 1024, output = 256;
    for (auto const& [name, value] : {std::pair<std::string, double*>{"workload.batch = ", &batch}, {"workload.prompt = ", &prompt}, {"workload.output = ", &output}})
      if (const auto at = p.setting.find(name); at != p.setting.npos) *value = std::stod(p.setting.substr(at + name.size()));
    CHECK(p.steps.back().exact == doctest::Approx(131072.0 * batch * (prompt + output)));
  }
  CHECK(answers.size() > 10);
}

TEST_CASE("the sheet hides the answer, the key has it") {
  const auto sheet = teaching::worksheet(catalogue(), document_of(builtin("chatbot")), {{"memory.kv_cache"}, 1, 3});
  const std::string answer = sheet.problems[2].steps.back().value;
  for (bool html : {false, true}) {
    const auto write = [&](bool key) { return html ? render::worksheet_html(sheet, key) : render::worksheet_markdown(sheet, key); };
    CHECK(write(false).find(answer) == std::string::npos);
    CHECK(write(true).find(answer) != std::string::npos);
  }
  CHECK_THROWS_AS(teaching::worksheet(catalogue(), document_of(builtin("chatbot")), {{"memory.no"}, 1, 3}), InputError);
  CHECK_THROWS_AS(teaching::worksheet(catalogue(), document_of(builtin("chatbot")), {{"memory.hbm_capacity"}, 1, 3}), InputError);
}

TEST_CASE("bars add up to the whole, in ASCII where there is no UTF-8, and the same as a picture") {
  for (std::string name : {"chatbot", "frontier", "vision_batch_one", "doorbell", "infeasible_70b_on_one_gpu"}) {
    CAPTURE(name);
    const Report r = evaluate(builtin(name));
    const std::string plain = render::breakdown(r, {}), svg = render::breakdown_svg(r);
    CHECK(!plain.empty());
    CHECK(std::ranges::none_of(plain, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
    CHECK(render::breakdown(r, {.unicode = true}).find("█") != std::string::npos);
    CHECK(svg.starts_with("<svg"));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(svg.find("nan") == svg.npos);
  }
  const std::string frontier = render::breakdown(evaluate(builtin("frontier")), {});
  double sum = 0;
  for (std::size_t at = frontier.find('\n') + 1; frontier.compare(at, 2, "  ") == 0; at = frontier.find('\n', at) + 1) {
    const auto percent = frontier.find(" %", at);
    sum += std::stod(frontier.substr(frontier.rfind(' ', percent - 1), percent));
  }
  CHECK(sum == doctest::Approx(100).epsilon(0.003));
}

TEST_CASE("a pass is drawn under its roofs with every operator, a step of many devices is not") {
  const Report one = evaluate(builtin("vision_batch_one"));
  const std::string svg = render::breakdown_svg(one);
  CHECK(svg.find("dense peak") != std::string::npos);
  std::size_t circles = 0;
  for (std::size_t at = svg.find("% of its roof"); at != std::string::npos; at = svg.find("% of its roof", at + 1)) ++circles;
  const std::string text = render::roofline(*std::ranges::find(one.sections, "performance", &Section::id), {});
  std::size_t lines = 0;
  for (std::size_t at = text.find("% of its roof"); at != std::string::npos; at = text.find("% of its roof", at + 1)) ++lines;
  CHECK(circles == lines);
  CHECK(circles > 5);
  CHECK(render::breakdown_svg(evaluate(builtin("frontier"))).find("dense peak") == std::string::npos);
}
