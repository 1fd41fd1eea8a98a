#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "mlsysim/labs/grade.hpp"
#include "mlsysim/render/grade.hpp"
#include "mlsysim/teaching/level.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;
using namespace mlsysim::labs;

namespace {

registry::Catalogue const& catalogue() {
  static const registry::Catalogue c;
  return c;
}

Lab read_builtin(std::string_view id) {
  const auto all = builtin_labs();
  std::vector<Diagnostic> problems;
  Lab l = read_lab(find_lab(all, id), problems);
  for (auto const& p : problems) FAIL_CHECK(to_text(p));
  return l;
}

std::vector<Lab> const& labs_of_the_binary() {
  static const std::vector<Lab> all = [] {
    std::vector<Lab> out;
    for (auto const& f : builtin_labs()) out.push_back(read_builtin(f.id));
    return out;
  }();
  return all;
}

double expected(Instance const& i, std::string const& id) {
  for (auto const& e : key(i)) {
    if (e.id != id) continue;
    CAPTURE(e.problem);
    REQUIRE(e.value);
    return e.value->number;
  }
  FAIL("no answer " << id);
  return 0;
}

/// A lab of one question, so that a test says all that matters.
Lab small_lab(std::string const& question, std::string const& rubric) {
  LabFiles files{"small", "small", {}};
  files.files.emplace_back("lab.yaml", "number: 1\ntitle: Small\nchapters: [One]\nminutes: 1\nlevel: introductory\nlearning: Nothing.\ntracks: [cloud]\n");
  files.files.emplace_back("questions.yaml", "questions:\n  - {id: q, ask: Say it, " + question + "}\n");
  files.files.emplace_back("rubric.yaml", "answers:\n  - {id: q, " + rubric + "}\n");
  files.files.emplace_back("assignment.md", "Answer.\n");
  std::vector<Diagnostic> problems;
  Lab l = read_lab(files, problems);
  for (auto const& p : problems) FAIL_CHECK(to_text(p));
  return l;
}

Submission submission(std::string const& lab, std::string const& body, std::vector<std::pair<std::string, std::string>> files = {}, std::string const& student = "ada") {
  Submission s;
  std::vector<Diagnostic> problems;
  s.folder = "test";
  s.document = io::parse_yaml("lab: " + lab + "\nstudent: " + student + "\nsnapshot: \"" + catalogue().hash().substr(0, 12) + "\"\n" + body, "answers.yaml", problems);
  if (!problems.empty()) s.problem = to_text(std::span<const Diagnostic>(problems));
  s.files = std::move(files);
  return s;
}

GradeItem answer(Lab const& lab, std::string const& text, bool after_due = false) {
  Grader g(lab, catalogue(), {{}, false, after_due, false});
  const Grade out = g.grade(submission(lab.id, "answers: {q: " + text + "}\n"));
  CHECK(out.problem.empty());
  REQUIRE(out.items.size() == 1);
  return out.items[0];
}
bool right(Lab const& lab, std::string const& text) { return answer(lab, text).status == GradeStatus::right; }

std::string said(GradeItem const& i) {
  std::string out;
  for (auto const& [step, text] : i.steps) out += step + ": " + text + '\n';
  return out;
}

std::string quoted(std::string const& text) { return '"' + text + '"'; }

/// What a student who knows everything would write; designs are left out.
std::string perfect(Instance const& i, std::string const& replaced_id = {}, std::string const& replacement = {}, std::size_t times = 0) {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<std::string>> lists;
  for (auto const& e : key(i)) {
    if (e.id.find(' ') != e.id.npos) continue;
    const std::string text = e.value ? exact(e.value->number, Dimension(e.value->dimension)) : e.text;
    if (const auto dot = e.id.find('.'); dot != e.id.npos) lists[e.id.substr(0, dot)].push_back(text);
    else texts[e.id] = text;
  }
  std::string out;
  for (auto part : {Part::prediction, Part::answer}) {
    std::string body;
    for (auto const& q : i.lab().questions) {
      if (q.part != part || q.kind == AnswerKind::design) continue;
      if (q.id == replaced_id && times > 0) {
        std::string items;
        for (std::size_t n = 0; n < times; ++n) items += (n ? ", " : "") + quoted(replacement);
        body += "  " + q.id + ": [" + items + "]\n";
      } else if (q.id == replaced_id) body += "  " + q.id + ": " + quoted(replacement) + '\n';
      else if (lists.count(q.id)) {
        std::string items;
        for (auto const& t : lists[q.id]) items += (items.empty() ? "" : ", ") + quoted(t);
        body += "  " + q.id + ": [" + items + "]\n";
      } else if (q.kind == AnswerKind::range) {
        body += "  " + q.id + ": [" + quoted(texts[q.id]) + ", " + quoted(texts[q.id]) + "]\n";
      } else {
        std::string words;
        for (int n = 0; n < (q.words ? q.words->value : 1); ++n) words += "word ";
        body += "  " + q.id + ": " + quoted(texts.count(q.id) ? texts[q.id] : words) + '\n';
      }
    }
    if (!body.empty()) out += std::string(part == Part::prediction ? "predictions" : "answers") + ":\n" + body;
  }
  return out + "decision: yes\nrationale: because\nresidual_risk: some\ntrack: " + std::string(names_of(i.track())[static_cast<std::size_t>(i.track())]) + '\n';
}

double without_designs(Grade const& g, Lab const& l, bool max) {
  double sum = 0;
  for (auto const& i : g.items)
    if (l.question(i.id)->kind != AnswerKind::design) sum += max ? i.max : i.points;
  return sum;
}

}  // namespace

TEST_CASE("every lab reads, every expected answer and every trap has a value in every track, every assignment can be written") {
  CHECK(labs_of_the_binary().size() >= 4);
  for (auto const& l : labs_of_the_binary()) {
    CAPTURE(l.id);
    for (auto track : l.tracks) {
      CAPTURE(static_cast<int>(track));
      const Instance i(l, catalogue(), track, {});
      for (auto const& e : key(i)) {
        CAPTURE(e.id);
        CHECK(e.problem == "");
      }
      for (auto const& file : handout(i, "ada")) {
        CAPTURE(file.first);
        CHECK(file.second.find('$') == std::string::npos);
        CHECK(file.second.find("{{") == std::string::npos);
      }
    }
  }
}

TEST_CASE("the anchors of the labs, worked by hand") {
  {
    const auto l = read_builtin("l1");
    // 312 TFLOP/s / 2.039 TB/s and 989.4 TFLOP/s / 3.35 TB/s.
    CHECK(expected(Instance(l, catalogue(), Track::cloud, {}), "ridge") == doctest::Approx(153.0).epsilon(0.001));
    Grader g(l, catalogue(), {{}, true, false, false});
    std::set<int> ridges;
    for (int n = 0; n < 40; ++n) ridges.insert(static_cast<int>(std::round(expected(g.instance(Track::cloud, "s" + std::to_string(n)), "ridge"))));
    CHECK(ridges == std::set<int>{153, 295});
  }
  {
    const auto l = read_builtin("l2");
    const Instance i(l, catalogue(), Track::cloud, {});
    // 48 (4 h^2 + 3 h f + 2 h) + 2 V h + h.
    CHECK(expected(i, "parameters") == 2127057600.0);
    CHECK(expected(i, "layer_parameters") == 40963200.0);
    CHECK(expected(i, "bytes_fp32") / 1e9 == doctest::Approx(8.508).epsilon(1e-4));
    CHECK(expected(i, "bytes_fp32") / 1073741824 == doctest::Approx(7.924).epsilon(1e-3));
    CHECK(expected(i, "total_work") == doctest::Approx(4.513e12).epsilon(1e-3));
    CHECK(expected(i, "gpt2_xl") == 1557611200.0);
  }
  {
    const auto l = read_builtin("l5");
    const Instance i(l, catalogue(), Track::cloud, {});
    CHECK(expected(i, "kv_per_token") == 131072.0);
    CHECK(expected(i, "kv_per_token_70b") == 327680.0);
    CHECK(expected(i, "kv_per_request_70b") == 2684354560.0);
    CHECK(expected(i, "kv_latent") == 70272.0);
    // 16.06 GB / 3.35 TB/s.
    CHECK(expected(i, "decode_floor") == doctest::Approx(4.79e-3).epsilon(0.002));
    // 1 - 0.99^100.
    CHECK(expected(i, "any_slow") == doctest::Approx(0.634).epsilon(0.002));
  }
  {
    const auto l = read_builtin("l3");
    const Instance i(l, catalogue(), Track::cloud, {});
    // 16 B for each of 6,738,415,616 parameters, and an eighth of it.
    CHECK(expected(i, "state") == 107814649856.0);
    CHECK(expected(i, "zero3") == 13476831232.0);
    // 4096 x 4096 x (34 + 5 x 32 x 4096 / 4096), x 34, x 2.
    CHECK(expected(i, "layer_none") == 3254779904.0);
    CHECK(expected(i, "layer_selective") == 570425344.0);
    CHECK(expected(i, "layer_full") == 33554432.0);
  }
  {
    const auto l = read_builtin("l4");
    // 1.6 x 1.28 million x 108 kB over 25 Gbit/s: a cold epoch, then three images in five.
    CHECK(expected(Instance(l, catalogue(), Track::cloud, {}), "two_epochs") == doctest::Approx(70.779).epsilon(1e-4));
  }
  {
    const auto l = read_builtin("l6");
    const Instance i(l, catalogue(), Track::cloud, {});
    // 69.32 - 67.57 and 63.03 - 62.71, the scores of the model cards.
    CHECK(expected(i, "cost_w4a16") == doctest::Approx(1.75));
    CHECK(expected(i, "cost_w8a8") == doctest::Approx(0.32));
  }
  {
    const auto l = read_builtin("l10");
    const Instance i(l, catalogue(), Track::cloud, {});
    // sqrt(6,738,415,616 x 20e9 / 20).
    CHECK(expected(i, "rule_n") == doctest::Approx(2.5958e9).epsilon(1e-4));
    // What the expression says and what the engine spends are the same.
    std::string problem;
    CHECK(i.value("law.scaling.optimal_training", problem)->number == doctest::Approx(expected(i, "rule")));
  }
  {
    const auto l = read_builtin("l7");
    const Instance i(l, catalogue(), Track::wearable, {});
    // 51,114,064 B of weights against 512 KiB and 8 MiB.
    CHECK(expected(i, "over_sram") == doctest::Approx(97.5).epsilon(0.001));
    CHECK(expected(i, "over_flash") == doctest::Approx(6.09).epsilon(0.001));
  }
  {
    const auto l = read_builtin("l8");
    const Instance i(l, catalogue(), Track::cloud, {});
    CHECK(expected(i, "nvlink") == 450e9);
    CHECK(expected(i, "rail") == 50e9);
    // 2 x 7/8 x 1 GB / 450 GB/s.
    CHECK(expected(i, "inside") == doctest::Approx(3.889e-3).epsilon(0.001));
    CHECK(expected(i, "bubble") == doctest::Approx(3.0 / 131));
    std::string problem;
    CHECK(i.value("start.distributed.bubble_fraction", problem)->number == doctest::Approx(expected(i, "bubble")));
  }
  {
    const auto l = read_builtin("l9");
    const Instance i(l, catalogue(), Track::cloud, {});
    CHECK(expected(i, "fleet_mtbf") == 50 * 3600.0);
    CHECK(expected(i, "fleet_mtbf_large") == 5 * 3600.0);
    // sqrt(2 x 2450 s x 180,000 s) = 29,698 s.
    CHECK(expected(i, "young") / 3600 == doctest::Approx(8.25).epsilon(0.001));
    CHECK(expected(i, "young_large") / 60 == doctest::Approx(156.5).epsilon(0.001));
    std::string problem;
    // What the expression says and what the engine computes are the same.
    CHECK(i.value("start.reliability.young_interval", problem)->number == doctest::Approx(expected(i, "young")));
    CHECK(i.value("start.reliability.fleet_mtbf", problem)->number == doctest::Approx(expected(i, "fleet_mtbf")));
  }
}

TEST_CASE("what a lab asks about is taught by then") {
  for (auto const& l : labs_of_the_binary()) {
    CAPTURE(l.id);
    REQUIRE(!l.instruments.empty());
    for (auto track : l.tracks) {
      const Instance i(l, catalogue(), track, {});
      for (auto const& s : l.scenarios) {
        CAPTURE(s.name);
        std::string problem;
        Report const* whole = i.report(s.name, problem);
        REQUIRE(whole);
        Report r = *whole;
        teaching::hide_later(r, teaching::chapter(l.instruments));
        // Metrics which expressions of the rubric name, such as `start.memory.weights`.
        std::string rubric = i.file("rubric.yaml");
        for (auto const& metric : whole->metrics()) {
          CAPTURE(metric.first);
          if (rubric.find(s.name + '.' + metric.first) != rubric.npos) CHECK(r.metric(metric.first));
        }
      }
    }
  }
}

TEST_CASE("who knows everything gets all points, who knows nothing gets none") {
  for (auto const& l : labs_of_the_binary()) {
    CAPTURE(l.id);
    for (auto track : l.tracks) {
      Grader g(l, catalogue(), {});
      const Grade all = g.grade(submission(l.id, perfect(g.instance(track, {}))));
      CHECK(all.problem == "");
      for (auto const& i : all.items) {
        CAPTURE(i.id);
        CAPTURE(said(i));
        if (l.question(i.id)->kind != AnswerKind::design) CHECK(i.points == doctest::Approx(i.max));
      }
      CHECK(without_designs(all, l, true) > 5);
      const Grade none = g.grade(submission(l.id, "track: " + std::string(names_of(track)[static_cast<std::size_t>(track)]) + '\n'));
      CHECK(none.points() == 0);
      CHECK(none.max() == all.max());
      // All questions, and decision, rationale and residual risk.
      CHECK(none.missing.size() == l.questions.size() + 3);
    }
  }
}

TEST_CASE("every trap is told from the right answer and from the others, named, and worth less, in every track and for every student") {
  for (auto const& l : labs_of_the_binary()) {
    CAPTURE(l.id);
    std::set<std::string> open;  // traps which no variant has shown to be different yet
    for (auto const& r : l.rubrics)
      for (auto const& t : r.traps) open.insert(r.id + ": " + t.is);
    for (auto track : l.tracks) {
      CAPTURE(names_of(track)[static_cast<std::size_t>(track)]);
      Grader g(l, catalogue(), {"a secret", true, false, false});
      std::set<Instance const*> variants;
      for (int n = 0; n < 100 && variants.size() < 6; ++n) {
        const std::string student = "student" + std::to_string(n);
        auto const& instance = g.instance(track, student);
        if (!variants.insert(&instance).second) continue;
        CAPTURE(instance.variant());
        for (auto const& r : l.rubrics) {
          auto const& q = *l.question(r.id);
          CAPTURE(r.id);
          std::string problem;
          for (std::size_t k = 0; k < r.traps.size(); ++k) {
            auto const& t = r.traps[k];
            CAPTURE(t.is);
            std::string wrong = t.is;
            bool same = false;
            if (q.kind == AnswerKind::choice) {
              for (auto const& e : key(instance)) same = same || (e.id == r.id && e.text == t.is);
            } else {
              const auto value = [&](std::string const& expression) {
                const auto v = instance.value(expression, problem);
                CHECK(problem == "");
                return v ? *v : validation::Value{};
              };
              const auto v = value(t.is);
              const double tolerance = r.tolerance.relative ? r.tolerance.relative->value : 1e-9;
              const auto near = [&](std::string const& expression) {
                const auto other = value(expression);
                return other.dimension == v.dimension && std::abs(other.number - v.number) <= tolerance * std::max(std::abs(other.number), std::abs(v.number));
              };
              // In one variant a mistake may lead to the right number, or to that of another mistake.
              same = !r.expect.empty() && near(r.expect);
              for (std::size_t other = 0; other < k; ++other) same = same || near(r.traps[other].is);
              wrong = exact(v.number, Dimension(v.dimension));
            }
            if (same) continue;
            open.erase(r.id + ": " + t.is);
            // In a list the mistake stands at every place.
            const Grade out = g.grade(submission(l.id, perfect(instance, r.id, wrong, r.items.size()), {}, student));
            const auto i = std::find_if(out.items.begin(), out.items.end(), [&](auto const& x) { return x.id == r.id; });
            CAPTURE(said(*i));
            CHECK(i->points < i->max);
            CHECK(i->trap == instance.replaced(t.say));
            CHECK(said(*i).find(instance.replaced(t.say)) != std::string::npos);
          }
        }
      }
    }
    for (auto const& never : open) FAIL_CHECK("no variant tells this trap from the right answer or from another trap: " << never);
  }
}

TEST_CASE("tolerance 1: any compatible unit counts") {
  const auto l = small_lab("unit: GB", "expect: \"'20 GiB'\", tolerance: {relative: 1 %}, points: {unit: 1, value: 1}");
  CHECK(right(l, "20 GiB"));
  CHECK(right(l, "21.47 GB"));
  CHECK(right(l, "20480 MiB"));
  CHECK(right(l, "171.8 Gbit"));
  CHECK(!right(l, "20 GB"));
  CHECK(answer(l, "20 GB").points == 1);
  CHECK(answer(l, "20 GB/s").points == 0);
  // Without a unit the value is read in that of the question, and the point for the unit is lost.
  CHECK(answer(l, "21.47").points == 1);
}
TEST_CASE("tolerance 2: each question has its own") {
  CHECK(right(small_lab("unit: s", "expect: \"'100 s'\", tolerance: {relative: 10 %}, points: {value: 1}"), "109 s"));
  CHECK(!right(small_lab("unit: s", "expect: \"'100 s'\", tolerance: {relative: 0.1 %}, points: {value: 1}"), "109 s"));
  CHECK(right(small_lab("unit: s", "expect: \"'100 s'\", tolerance: {absolute: 9 s}, points: {value: 1}"), "109 s"));
  CHECK(!right(small_lab("unit: s", "expect: \"'100 s'\", tolerance: {absolute: 8 s}, points: {value: 1}"), "109 s"));
}
TEST_CASE("tolerance 3: the sign counts, and losing it is named") {
  const auto l = small_lab("kind: quantity", "expect: \"0 - 0.05\", tolerance: {relative: 2 %}, points: {setup: 1, value: 1}");
  CHECK(right(l, "-0.05"));
  CHECK(right(l, "\"-5 %\""));
  CHECK(!right(l, "0.05"));
  CHECK(answer(l, "0.05").trap == "the sign is the other way round");
}
TEST_CASE("tolerance 4: numbers as people write them") {
  const auto half = small_lab("kind: quantity", "expect: \"0.5\", tolerance: {relative: 1 %}, points: {value: 1}");
  for (auto const* text : {"0.5", ".5", "5e-1", "50 %", "\" 0.5 \"", "+0.5"}) {
    CAPTURE(text);
    CHECK(right(half, text));
  }
  const auto many = small_lab("kind: integer", "expect: \"2127057600\", points: {value: 1}");
  for (auto const* text : {"2127057600", "\"2,127,057,600\"", "2.1270576e9"}) {
    CAPTURE(text);
    CHECK(right(many, text));
  }
  // A decimal comma is not guessed at.
  CHECK(answer(half, "\"0,5\"").status == GradeStatus::wrong);
  CHECK(said(answer(half, "\"0,5\"")).find("is not a number") != std::string::npos);
  CHECK(answer(many, "\"2,127,05\"").status == GradeStatus::wrong);
}
TEST_CASE("tolerance 5: an answer rounded to the digits which are asked for is right") {
  const auto l = small_lab("unit: ms", "expect: \"'4.7942 ms'\", tolerance: {relative: 0.001 %, digits: 3}, points: {value: 1}");
  CHECK(right(l, "4.79 ms"));
  CHECK(right(l, "4.794 ms"));
  CHECK(!right(l, "4.8 ms"));
  // 0.995 rounds to 0.99 or 1.00; the border itself counts.
  CHECK(right(small_lab("kind: quantity", "expect: \"0.995\", tolerance: {digits: 2}, points: {value: 1}"), "0.99"));
}
TEST_CASE("tolerance 6: zero is zero, or within an absolute tolerance") {
  const auto strict = small_lab("unit: s", "expect: \"'0 s'\", tolerance: {relative: 5 %}, points: {value: 1}");
  CHECK(right(strict, "0 s"));
  CHECK(right(strict, "0 ms"));
  CHECK(!right(strict, "1e-9 s"));
  const auto loose = small_lab("unit: s", "expect: \"'0 s'\", tolerance: {absolute: 1 ms}, points: {value: 1}");
  CHECK(right(loose, "-0.5 ms"));
  CHECK(!right(loose, "2 ms"));
  CHECK(!right(small_lab("unit: s", "expect: \"'1 s'\", tolerance: {relative: 5 %}, points: {value: 1}"), "0 s"));
}
TEST_CASE("tolerance 7: ranges, lists and words") {
  const auto range = small_lab("kind: range, unit: ms", "expect: \"'10 ms'\", width: 50 %, points: {unit: 1, setup: 1, value: 1}");
  CHECK(right(range, "[8 ms, 0.012 s]"));
  CHECK(answer(range, "[1 ms, 20 ms]").points == 2);
  CHECK(answer(range, "[11 ms, 12 ms]").points == 1);
  CHECK(answer(range, "[12 ms, 8 ms]").points == 1);
  CHECK(answer(range, "[8, 12]").points == 0);
  const auto list = small_lab("kind: list, unit: GB, items: 3", "items: [\"'1 GB'\", \"'2 GB'\", \"'4 GB'\"], tolerance: {relative: 1 %}, points: {value: 3}");
  CHECK(right(list, "[1 GB, 2000 MB, 4 GB]"));
  CHECK(answer(list, "[1 GB, 4 GB, 2 GB]").points == 1);
  CHECK(answer(list, "[1 GB]").points == 1);
  const auto word = small_lab("kind: choice, choices: [compute, memory]", "cases: [{if: [\"1 > 2\"], is: memory}, {is: compute}], points: {value: 1}");
  CHECK(right(word, "Compute"));
  CHECK(!right(word, "memory"));
  CHECK(said(answer(word, "network")).find("is none of compute, memory") != std::string::npos);
}

TEST_CASE("slips of units keep the points for the approach and are named") {
  const auto l = small_lab("unit: GB", "expect: \"'16 GiB'\", tolerance: {relative: 1 %}, points: {unit: 1, setup: 1, value: 2}");
  CHECK(answer(l, "16 GB").points == 2);
  CHECK(answer(l, "16 GB").trap.find("GiB") != std::string::npos);
  CHECK(answer(l, "137.4 GB").trap.find("bits") != std::string::npos);
  const auto t = small_lab("unit: s", "expect: \"'2 h'\", tolerance: {relative: 1 %}, points: {setup: 1, value: 2}");
  CHECK(answer(t, "2 s").points == 1);
  CHECK(answer(t, "2 s").trap.find("seconds for hours") != std::string::npos);
  CHECK(answer(t, "17 s").points == 0);
}

TEST_CASE("feedback levels: nothing, which step, a hint, everything") {
  const std::string rubric = "expect: \"'153 FLOP/B'\", tolerance: {relative: 1 %}, points: {unit: 1, setup: 1, value: 2}, traps: [{is: \"'306 FLOP/B'\", say: Twice.}], feedback: {before_due: ";
  const auto level = [&](std::string const& name) { return answer(small_lab("unit: FLOP/B", rubric + name + "}"), "306 FLOP/B"); };
  CHECK(!level("none").shown);
  CHECK(said(level("none")) == "");
  CHECK(said(level("which")) == "unit: ok\nset-up: look again\nvalue: not the expected one\n");
  CHECK(said(level("hint")) == "unit: ok\nset-up: look again: Twice.\nvalue: not the expected one\n");
  CHECK(said(level("full")).find("expected: 153 FLOP/B = '153 FLOP/B'") != std::string::npos);
  // After the due date another rule holds: full, where nothing else is said.
  const auto after = answer(small_lab("unit: FLOP/B", rubric + "none}"), "306 FLOP/B", true);
  CHECK(said(after).find("expected: 153") != std::string::npos);
  // The sum of points tells nothing either where the level is none, since Gradescope hides the test.
  CHECK(level("none").points == 1);
}

TEST_CASE("before the due date no expected value is in what a student sees") {
  for (auto const& l : labs_of_the_binary()) {
    CAPTURE(l.id);
    Grader g(l, catalogue(), {});
    auto const& instance = g.instance(l.tracks[0], {});
    const Grade form = check(l, catalogue(), submission(l.id, "answers: {" + l.questions[3].id + ": 1}\n"));
    const std::string all = render::text(form, {}) + render::gradescope(g.grade(submission(l.id, "answers: {" + l.questions[3].id + ": 1}\n")));
    for (auto const& e : key(instance)) {
      if (!e.value || e.text.size() < 4) continue;
      CAPTURE(e.id);
      CAPTURE(e.text);
      CHECK(all.find(e.text) == std::string::npos);
    }
  }
}

TEST_CASE("five hundred students: variants are drawn from id and secret, all solvable, each with its own key") {
  for (auto const& l : labs_of_the_binary()) {
    CAPTURE(l.id);
    for (auto track : l.tracks) {
      Grader g(l, catalogue(), {"a secret", true, false, false});
      std::map<Instance const*, int> seen;
      for (int n = 0; n < 500; ++n) ++seen[&g.instance(track, "student" + std::to_string(n))];
      std::set<std::string> keys;
      for (auto const& count : seen) {
        CAPTURE(count.first->variant());
        std::string whole;
        for (auto const& e : key(*count.first)) {
          CAPTURE(e.id);
          CHECK(e.problem == "");
          whole += e.text + '\n';
        }
        keys.insert(whole);
        // No variant is much rarer than the others.
        CHECK(count.second * static_cast<int>(seen.size()) > 500 / 10);
      }
      if (!l.variables.empty() && seen.size() > 1) CHECK(keys.size() > 1);
    }
  }
  const auto l = read_builtin("l2");
  CHECK(seed_of(l, "ada", "x") == seed_of(l, "ada", "x"));
  CHECK(seed_of(l, "ada", "x") != seed_of(l, "ada", "y"));
  CHECK(seed_of(l, "ada", "x") != seed_of(l, "bob", "x"));
  // Drawn once and for all: another program version gives the same student the same variant.
  CHECK(Instance(l, catalogue(), Track::cloud, seed_of(l, "ada", "x")).variant() == Instance(read_builtin("l2"), catalogue(), Track::cloud, seed_of(l, "ada", "x")).variant());
}

TEST_CASE("three different good designs get full points, others get what they deserve") {
  const auto l = read_builtin("l9");
  Grader g(l, catalogue(), {});
  const std::string start = g.instance(Track::cloud, {}).file("large.yaml");
  const auto design = [&](std::string from, std::string const& to) {
    std::string text = start;
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    const Grade out = g.grade(submission(l.id, "", {{"design.yaml", text}}));
    return *std::find_if(out.items.begin(), out.items.end(), [](auto const& i) { return i.id == "design"; });
  };
  for (auto const& good : {"checkpoint_time: 400 s", "checkpoint_time: 300 s\n  spares: 64\n  repair_time: 1 day", "storage_bandwidth: 3 GB/s\n  blocking: 0.9"}) {
    const auto i = design("checkpoint_time: 2450 s", good);
    CAPTURE(good);
    CAPTURE(said(i));
    CHECK(i.points == i.max);
  }
  CHECK(design("", "").points < 2);
  CHECK(said(design("", "")).find("nothing was changed") != std::string::npos);
  CHECK(design("checkpoint_time: 2450 s", "checkpoint_time: 10 s").points < 4.5);
  CHECK(said(design("device_mtbf: 50000 h", "device_mtbf: 5000000 h")).find("not yours to change") != std::string::npos);
  CHECK(design("device_mtbf: 50000 h", "device_mtbf: 5000000 h").points == 0);
  CHECK(said(design("checkpoint_time: 2450 s", "checkpoint_tim: 400 s")).find("checkpoint_tim") != std::string::npos);
  // A part without an effect is found.
  CHECK(said(design("checkpoint_time: 2450 s", "checkpoint_time: 400 s\n  seed: 7")).find("changes no result") != std::string::npos);
}

TEST_CASE("another registry is refused unless somebody says so") {
  auto l = read_builtin("l1");
  l.snapshot = "000000000000";
  CHECK_THROWS_AS(Grader(l, catalogue(), {}), InputError);
  CHECK_NOTHROW(Grader(l, catalogue(), {{}, false, false, true}));
  l.snapshot = catalogue().hash().substr(0, 12);
  Grader g(l, catalogue(), {});
  Submission s = submission(l.id, "");
  std::vector<Diagnostic> problems;
  s.document = io::parse_yaml("lab: l1_ridge\nstudent: ada\nsnapshot: \"0123456789ab\"\nanswers: {side_batch_1: memory}\n", "answers.yaml", problems);
  CHECK(g.grade(s).problem.find("E0354") != std::string::npos);
  CHECK(g.grade(s).points() == 0);
  CHECK(Grader(l, catalogue(), {{}, false, false, true}).grade(s).points() > 0);
}

TEST_CASE("what students write never stops the grader") {
  const auto l = read_builtin("l1");
  Grader g(l, catalogue(), {});
  for (auto const& body : {"answers: {ridge: [1, 2]}\n", "answers: 7\n", "answers: {rige: 1}\n", "answers: {ridge: \"\x01\xff\"}\n", "track: submarine\n", "answers: {ridge: nan}\n", "answers: {ridge: 1e400 FLOP/B}\n",
                            "answers: {ridge: \"'; DROP TABLE students\"}\n", "a: &a [*a]\n", "answers: {flip_batch: -1e300}\n", "decision: {a: {b: c}}\n"}) {
    CAPTURE(body);
    const Grade out = g.grade(submission(l.id, body));
    CHECK(out.points() == 0);
    CHECK(!render::gradescope(out).empty());
    CHECK(render::junit(std::span(&out, 1)).find('\x01') == std::string::npos);
  }
  Submission none;
  none.problem = "cannot be read";
  CHECK(g.grade(none).problem == "cannot be read");
}

TEST_CASE("a lab with mistakes is refused, with the place of each") {
  LabFiles files{"bad", "bad", {}};
  files.files.emplace_back("lab.yaml", "number: 1\ntitle: Bad\nchapters: [One]\nminutes: 1\nlevel: introductory\nlearning: Nothing.\ntracks: [cloud]\nvariables: [{name: Size}]\nscenarios: [{name: start, file: nowhere.yaml}]\n");
  files.files.emplace_back("questions.yaml", "questions:\n  - {id: a, ask: Say it, unit: GBs}\n  - {id: b, ask: Say it, kind: choice}\n");
  files.files.emplace_back("rubric.yaml", "answers:\n  - {id: a, expect: 1 +}\n  - {id: c}\n");
  files.files.emplace_back("assignment.md", "Answer.\n");
  std::vector<Diagnostic> problems;
  (void)read_lab(files, problems);
  std::string all;
  for (auto const& p : problems) all += p.where.file + ':' + std::to_string(p.where.line) + ' ' + p.message + '\n';
  for (auto const* part : {"bad/lab.yaml:8 'Size' is not a name", "bad/lab.yaml:8 'Size' has no choice in the track 'cloud'", "bad/lab.yaml:9 the lab has no file 'nowhere.yaml'", "bad/questions.yaml:2 'GBs' is not a unit",
                           "bad/questions.yaml:3 a choice needs at least two words", "bad/rubric.yaml:1 the rubric says nothing about 'b'", "bad/rubric.yaml:2 '1 +' cannot be computed", "bad/rubric.yaml:3 there is no question 'c'"}) {
    CAPTURE(all);
    CAPTURE(part);
    CHECK(all.find(part) != all.npos);
  }
}

TEST_CASE("labs are found by id, number and part of the name") {
  const auto all = builtin_labs();
  for (auto const* name : {"l5_kv_cache", "l5", "5", "L5", "kv-cache", "kv"}) {
    CAPTURE(name);
    CHECK(find_lab(all, name).id == "l5_kv_cache");
  }
  CHECK_THROWS_AS((void)find_lab(all, "l99"), InputError);
}

TEST_CASE("Gradescope, JUnit and a command grader get what they read") {
  const auto l = small_lab("unit: GB", "expect: \"'3 GB'\", tolerance: {relative: 1 %}, points: {unit: 0.1, setup: 0.2, value: 0.7}");
  Grader g(l, catalogue(), {});
  Grade out = g.grade(submission("small", "answers: {q: 3 GB}\n"));
  CHECK(render::points_line(out) == "1/1\n");
  const std::string json = render::gradescope(out);
  for (auto const* part : {"\"name\": \"q\"", "\"score\": 1.0", "\"max_score\": 1.0", "\"status\": \"passed\"", "\"visibility\": \"visible\"", "\"output\": \"missing: decision, rationale, residual_risk\""}) {
    CAPTURE(json);
    CHECK(json.find(part) != json.npos);
  }
  CHECK(render::junit(std::span(&out, 1)).find("<testcase classname=\"small\" name=\"q\"/>") != std::string::npos);
  out = g.grade(submission("small", "answers: {q: 3 GiB}\n"));
  // 0.1 + 0.2 is 0.30000000000000004 in binary.
  CHECK(render::points_line(out) == "0.3/1\n");
  CHECK(render::gradescope(out).find("\"score\": 0.3,") != std::string::npos);
  CHECK(render::junit(std::span(&out, 1)).find("<failure message=\"0.3/1 points\">") != std::string::npos);
  out.student = "<script>|&\"";
  CHECK(render::junit(std::span(&out, 1)).find("<script>") == std::string::npos);
  CHECK(render::markdown(out).find("\\<script>\\|") != std::string::npos);
  CHECK(render::points_text(4.000000001) == "4");
  CHECK(render::points_text(2.0 / 3) == "0.67");
  CHECK(render::points_text(-0.0) == "0");
}
