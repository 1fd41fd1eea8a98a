#include "mlsysim/labs/grade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "design.hpp"
#include "mlsysim/units/text.hpp"
#include "quantity.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

using validation::Value;

constexpr std::size_t pin_digits = 12;

Exponents dimension_of(Question const& q) { return q.unit.empty() ? Exponents{} : parse_unit(q.unit).unit.dimension; }

/// For people, in the unit of the question where it names one.
std::string shown(Value const& v, Question const& q) {
  if (q.kind == AnswerKind::integer) return shortest(v.number);
  if (!q.unit.empty() && dimension_of(q) == v.dimension) return in_unit(v.number, q.unit);
  return display(v.number, Dimension(v.dimension));
}

std::size_t words_of(std::string_view text) {
  std::size_t n = 0;
  bool inside = false;
  for (char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    n += !blank && !inside;
    inside = !blank;
  }
  return n;
}

bool says(Feedback level, Feedback least) { return static_cast<int>(level) >= static_cast<int>(least); }

/// What becomes of one number.
struct Judged {
  bool number = false;  ///< it could be read
  bool unit = false, setup = false, value = false;
  std::string unit_say, trap;
};

class NumberJudge {
 public:
  NumberJudge(Instance const& instance, Question const& q, Rubric const& r) : instance_{instance}, q_{q}, r_{r} {}

  /// `problem` says what the rubric itself could not compute.
  Judged judge(std::string_view text, std::string const& expect, std::string& problem) const {
    Judged j;
    const auto expected = instance_.value(expect, problem);
    if (!expected) return j;
    Read got = read_quantity(text);
    if (!got.problem.empty()) {
      j.unit_say = got.problem;
      return j;
    }
    j.number = true;
    const Exponents asked = q_.unit.empty() ? expected->dimension : dimension_of(q_);
    const bool pure = asked == Exponents{};
    if (!got.has_unit && !pure) {
      j.unit_say = fmt::format("no unit; read as {}", q_.unit);
      got.value *= parse_unit(q_.unit).unit.scale, got.dimension = asked;
    } else if (compatible(got.dimension, asked)) {
      j.unit = true;
    } else {
      j.unit_say = fmt::format("this is {}, the question asks for {}", Dimension(got.dimension).view(), Dimension(asked).view());
      trap_of_other_dimension(j, got);
      return j;
    }
    const bool whole = q_.kind != AnswerKind::integer || got.value == std::floor(got.value);
    Tolerance exact;
    Tolerance const& tolerance = q_.kind == AnswerKind::integer ? exact : r_.tolerance;
    if (whole && within(got.value, expected->number, tolerance)) {
      j.setup = j.value = true;
      return j;
    }
    for (auto const& a : r_.accept) {
      std::string ignored;
      const auto v = instance_.value(a.is, ignored);
      if (!v || !within(got.value, v->number, tolerance)) continue;
      j.setup = j.value = true;
      j.trap = a.say;
      return j;
    }
    for (auto const& t : r_.traps) {
      std::string ignored;
      const auto v = instance_.value(t.is, ignored);
      if (!v || !compatible(v->dimension, asked) || !within(got.value, v->number, tolerance)) continue;
      j.trap = instance_.replaced(t.say), j.setup = t.setup;
      return j;
    }
    if (const auto s = q_.kind == AnswerKind::integer ? std::nullopt : slip(got.value, expected->number, asked, tolerance)) j.trap = s->say, j.setup = true;
    return j;
  }

 private:
  void trap_of_other_dimension(Judged& j, Read const& got) const {
    for (auto const& t : r_.traps) {
      std::string ignored;
      const auto v = instance_.value(t.is, ignored);
      if (v && v->dimension == got.dimension && within(got.value, v->number, r_.tolerance)) j.trap = instance_.replaced(t.say), j.setup = t.setup;
    }
  }

  Instance const& instance_;
  Question const& q_;
  Rubric const& r_;
};

/// One question of one submission.
class ItemGrader {
 public:
  ItemGrader(Instance const& instance, Question const& q, Rubric const& r, Feedback level, Submission const& s, FrontCache& fronts)
      : instance_{instance}, q_{q}, r_{r}, level_{level}, submission_{s}, fronts_{fronts} {}

  GradeItem grade(Answers const& answers) {
    item_.id = q_.id;
    item_.shown = level_ != Feedback::none;
    if (q_.kind == AnswerKind::design) {
      design();
      return finished();
    }
    auto const& p = r_.points;
    item_.max = p.present.value + (q_.part == Part::answer ? p.unit.value + p.setup.value + p.value.value : 0);
    auto const& texts = answers.texts(q_.id);
    for (auto const& t : texts) item_.answer += (item_.answer.empty() ? "" : ", ") + std::string(trimmed(t));
    if (item_.answer.empty()) return finished();
    item_.points = p.present.value;
    item_.status = GradeStatus::received;
    if (q_.part == Part::prediction) {
      prediction();
      return finished();
    }
    switch (q_.kind) {
      case AnswerKind::text: text(); break;
      case AnswerKind::choice: choice(); break;
      case AnswerKind::range: range(texts); break;
      case AnswerKind::list: list(texts); break;
      default: number(); break;
    }
    return finished();
  }

 private:
  void say(Feedback least, std::string step, std::string message) {
    if (says(level_, least)) item_.steps.emplace_back(std::move(step), std::move(message));
  }
  void trouble(std::string const& problem) { item_.steps.emplace_back("rubric", fmt::format("cannot be computed: {}", problem)); }
  void settle() {
    const double tiny = 1e-9;
    item_.status = item_.points >= item_.max - tiny ? GradeStatus::right : item_.points > tiny ? GradeStatus::partly : GradeStatus::wrong;
  }
  GradeItem finished() { return std::move(item_); }

  /// Not scored; when all is said, the gap is shown.
  void prediction() {
    if (item_.max > 0) settle();
    if (!says(level_, Feedback::full)) return;
    std::string problem;
    if (q_.kind == AnswerKind::choice && !r_.cases.empty()) {
      if (const auto word = expected_word(instance_, r_, problem)) say(Feedback::full, "computed", *word);
    } else if (!r_.expect.empty()) {
      const auto expected = instance_.value(r_.expect, problem);
      if (!expected) return;
      const Read got = read_quantity(item_.answer);
      const double value = got.has_unit || q_.unit.empty() ? got.value : got.value * parse_unit(q_.unit).unit.scale;
      std::string gap;
      if (got.problem.empty() && expected->number != 0 && value != 0) gap = fmt::format("; you predicted {:.3g} times that", value / expected->number);
      say(Feedback::full, "computed", shown(*expected, q_) + gap);
    }
  }

  void number() {
    std::string problem;
    const Judged j = NumberJudge(instance_, q_, r_).judge(item_.answer, r_.expect, problem);
    if (!problem.empty()) return trouble(problem);
    auto const& p = r_.points;
    item_.points += (j.unit ? p.unit.value : 0) + (j.setup ? p.setup.value : 0) + (j.value ? p.value.value : 0);
    settle();
    if (!q_.unit.empty() || !j.unit_say.empty()) say(Feedback::which, "unit", j.unit_say.empty() ? "ok" : j.unit_say);
    setup(j);
    say(Feedback::which, "value", j.value ? "ok" : j.number ? "not the expected one" : "not a number");
    if (!j.value) expected(r_.expect);
  }
  void setup(Judged const& j) {
    if (j.value) {
      if (!j.trap.empty()) say(Feedback::which, "accepted", j.trap);
      return;
    }
    item_.trap = j.trap;
    if (!j.number) return;
    const std::string hint = !j.trap.empty() ? j.trap : instance_.replaced(r_.hint);
    const std::string verdict = j.setup ? "ok" : "look again";
    say(Feedback::which, "set-up", !says(level_, Feedback::hint) || hint.empty() ? verdict : fmt::format("{}: {}", verdict, hint));
  }
  void expected(std::string const& expression) {
    std::string problem;
    const auto v = instance_.value(expression, problem);
    std::string derivation = expression;
    for (auto const& named : instance_.lab().values)
      if (named.name == expression && !named.is.empty()) derivation = named.is;
    if (v) say(Feedback::full, "expected", fmt::format("{} = {}", shown(*v, q_), instance_.replaced(derivation)));
  }

  void choice() {
    std::string problem;
    const auto word = expected_word(instance_, r_, problem);
    if (!word) return trouble(problem);
    const bool known = std::any_of(q_.choices.begin(), q_.choices.end(), [&](auto const& c) { return normalised(c) == normalised(item_.answer); });
    const bool right = normalised(*word) == normalised(item_.answer);
    if (right) item_.points = item_.max;
    settle();
    if (!known) return say(Feedback::which, "form", fmt::format("'{}' is none of {}", item_.answer, fmt::join(q_.choices, ", ")));
    std::string hint = instance_.replaced(r_.hint);
    for (auto const& t : r_.traps)
      if (normalised(t.is) == normalised(item_.answer)) hint = item_.trap = instance_.replaced(t.say);
    if (right) item_.trap.clear();
    say(Feedback::which, "value", right ? "ok" : says(level_, Feedback::hint) && !hint.empty() ? fmt::format("look again: {}", hint) : "not the expected one");
    if (!right) say(Feedback::full, "expected", *word);
  }

  void range(std::vector<std::string> const& texts) {
    std::string problem;
    const auto truth = instance_.value(r_.expect, problem);
    if (!truth) return trouble(problem);
    const Read low = read_quantity(texts.empty() ? "" : texts[0]), high = read_quantity(texts.size() < 2 ? "" : texts[1]);
    const bool form = texts.size() == 2 && low.problem.empty() && high.problem.empty();
    const auto unit_ok = [&](Read const& x) { return (x.has_unit || truth->dimension == Exponents{}) && compatible(x.dimension, truth->dimension); };
    const bool unit = form && unit_ok(low) && unit_ok(high);
    const bool ordered = unit && low.value <= high.value;
    const bool holds = ordered && low.value <= truth->number && truth->number <= high.value;
    const bool narrow = ordered && r_.width && high.value - low.value <= r_.width->value * std::fabs(truth->number) * (1 + 1e-9);
    item_.points += (unit ? r_.points.unit.value : 0) + (holds ? r_.points.setup.value : 0) + (holds && narrow ? r_.points.value.value : 0);
    settle();
    if (!form) return say(Feedback::which, "form", "a range is two quantities: [low, high]");
    say(Feedback::which, "unit", unit ? "ok" : "both ends need a unit of the right kind");
    if (unit) say(Feedback::which, "value", !ordered ? "the first is larger than the second" : !holds ? "the value lies outside" : narrow ? "ok" : "right, but too wide to say much");
    if (!holds) expected(r_.expect);
  }

  void list(std::vector<std::string> const& texts) {
    auto const& p = r_.points;
    double unit = 0, setup_points = 0, value = 0;
    const auto n = static_cast<double>(r_.items.size());
    for (std::size_t i = 0; i < r_.items.size(); ++i) {
      const std::string name = fmt::format("item {}", i + 1);
      if (i >= texts.size() || trimmed(texts[i]).empty()) {
        say(Feedback::which, name, "missing");
        continue;
      }
      std::string problem;
      const Judged j = NumberJudge(instance_, q_, r_).judge(texts[i], r_.items[i], problem);
      if (!problem.empty()) return trouble(problem);
      unit += j.unit, setup_points += j.setup, value += j.value;
      if (!j.value && !j.trap.empty()) item_.trap = j.trap;
      std::string what = j.value ? "ok" : !j.unit_say.empty() ? j.unit_say : "not the expected one";
      if (!j.value && says(level_, Feedback::hint) && !j.trap.empty()) what += "; " + j.trap;
      if (!j.value && says(level_, Feedback::full))
        if (const auto v = instance_.value(r_.items[i], problem)) what += fmt::format("; expected {}", shown(*v, q_));
      say(Feedback::which, name, what);
    }
    item_.points += (unit * p.unit.value + setup_points * p.setup.value + value * p.value.value) / n;
    settle();
    if (item_.status != GradeStatus::right && !r_.hint.empty() && item_.trap.empty()) say(Feedback::hint, "hint", instance_.replaced(r_.hint));
  }

  void text() {
    const auto least = q_.words ? static_cast<std::size_t>(q_.words->value) : 1;
    const auto n = words_of(item_.answer);
    if (n < least) item_.points = 0, item_.status = GradeStatus::partly, item_.steps.emplace_back("form", fmt::format("{} words; at least {} are asked for", n, least));
  }

  void design() {
    auto const& d = *r_.design;
    item_.max = d.used.value + (d.front ? d.front->points.value : 0) + r_.points.present.value;
    for (auto const& q : d.require) item_.max += q.points.value;
    const auto file = std::find_if(submission_.files.begin(), submission_.files.end(), [&](auto const& f) { return f.first == q_.file; });
    if (file == submission_.files.end()) return;
    item_.answer = q_.file;
    item_.points = r_.points.present.value;
    item_.status = GradeStatus::wrong;
    const DesignVerdict v = judge_design(instance_, d, *file, fronts_, q_.id);
    if (!v.problem.empty()) {
      item_.steps.emplace_back("form", v.problem);
      return;
    }
    item_.points += v.points;
    settle();
    for (auto const& s : v.steps) say(s.least, s.name, s.text);
  }

  Instance const& instance_;
  Question const& q_;
  Rubric const& r_;
  Feedback level_;
  Submission const& submission_;
  FrontCache& fronts_;
  GradeItem item_;

 public:
  static std::optional<std::string> expected_word(Instance const& instance, Rubric const& r, std::string& problem) {
    for (auto const& c : r.cases) {
      bool all = true;
      for (auto const& w : c.when) {
        const auto h = instance.holds(w, problem);
        if (!h) return {};
        all = all && *h;
      }
      if (all) return c.is;
    }
    problem = "no case holds";
    return {};
  }
};

Track track_of(Lab const& lab, std::string_view name) {
  for (auto t : lab.tracks)
    if (names_of(t)[static_cast<std::size_t>(t)] == name) return t;
  return lab.tracks.empty() ? Track::cloud : lab.tracks[0];
}

Grade begin(Lab const& lab, Submission const& s, Answers const& a, std::string registry) {
  Grade g;
  g.lab = lab.id, g.title = lab.title, g.student = a.student, g.folder = s.folder, g.track = a.track, g.registry = std::move(registry);
  g.decision = a.decision, g.rationale = a.rationale, g.residual_risk = a.residual_risk;
  if (trimmed(a.student).empty()) g.missing.emplace_back("student");
  if (trimmed(a.snapshot).empty()) g.missing.emplace_back("snapshot");
  for (auto const& q : lab.questions) {
    if (q.kind == AnswerKind::design) {
      const bool there = std::any_of(s.files.begin(), s.files.end(), [&](auto const& f) { return f.first == q.file; });
      if (!there) g.missing.push_back(q.file);
    } else if (a.text(q.id).empty()) {
      g.missing.push_back(q.id);
    }
  }
  for (auto const& [name, text] : {std::pair{"decision", &a.decision}, {"rationale", &a.rationale}, {"residual_risk", &a.residual_risk}})
    if (trimmed(*text).empty()) g.missing.emplace_back(name);
  return g;
}

}  // namespace

Grade check(Lab const& lab, registry::Catalogue const& catalogue, Submission const& s) {
  std::vector<Diagnostic> problems;
  Answers a;
  if (s.problem.empty()) a = read_answers(lab, s.document, problems);
  Grade g = begin(lab, s, a, catalogue.hash());
  g.problem = !s.problem.empty() ? s.problem : problems.empty() ? "" : to_text(std::span<const Diagnostic>(problems));
  if (!g.problem.empty()) return g;
  const Instance instance(lab, catalogue, track_of(lab, a.track), {});
  for (auto const& q : lab.questions) {
    GradeItem item;
    item.id = q.id;
    item.status = GradeStatus::received;
    const auto complain = [&](std::string what) { item.status = GradeStatus::wrong, item.steps.emplace_back("form", std::move(what)); };
    auto const& texts = a.texts(q.id);
    for (auto const& t : texts) item.answer += (item.answer.empty() ? "" : ", ") + std::string(trimmed(t));
    if (q.kind == AnswerKind::design) {
      const auto file = std::find_if(s.files.begin(), s.files.end(), [&](auto const& f) { return f.first == q.file; });
      if (file == s.files.end()) {
        item.status = GradeStatus::missing;
      } else {
        item.answer = q.file;
        std::vector<Diagnostic> trouble;
        const auto d = io::parse_yaml(file->second, q.file, trouble);
        try {
          if (trouble.empty()) (void)instance.evaluate(d);
        } catch (InputError const& error) {
          trouble = error.problems();
        }
        if (!trouble.empty()) complain(first_line(trouble));
      }
    } else if (item.answer.empty()) {
      item.status = GradeStatus::missing;
    } else if (q.kind == AnswerKind::choice) {
      if (std::none_of(q.choices.begin(), q.choices.end(), [&](auto const& c) { return normalised(c) == normalised(item.answer); })) complain(fmt::format("one of {} is asked for", fmt::join(q.choices, ", ")));
    } else if (q.kind == AnswerKind::text) {
      if (q.words && words_of(item.answer) < static_cast<std::size_t>(q.words->value)) complain(fmt::format("{} words; at least {} are asked for", words_of(item.answer), q.words->value));
    } else {
      const auto wanted = q.kind == AnswerKind::range ? 2 : q.items ? static_cast<std::size_t>(q.items->value) : 1;
      if (texts.size() != wanted) complain(fmt::format("{} values are asked for, these are {}", wanted, texts.size()));
      for (auto const& t : texts) {
        const Read r = read_quantity(t);
        const auto asked = dimension_of(q);
        if (!r.problem.empty()) complain(r.problem);
        else if (asked != Exponents{} && !r.has_unit) complain(fmt::format("'{}' has no unit; e.g. {}", std::string(trimmed(t)), q.unit));
        else if (!compatible(r.dimension, asked)) complain(fmt::format("'{}' is {}, the question asks for {}", std::string(trimmed(t)), Dimension(r.dimension).view(), Dimension(asked).view()));
        else if (q.kind == AnswerKind::integer && r.value != std::floor(r.value)) complain("a whole number is asked for");
      }
    }
    g.items.push_back(std::move(item));
  }
  return g;
}

struct Grader::State {
  Lab const& lab;
  registry::Catalogue const& catalogue;
  GradeOptions options;
  std::string hash;
  std::map<std::string, std::unique_ptr<Instance>> instances;
  std::shared_ptr<ReportCache> shared = std::make_shared<ReportCache>();
  FrontCache fronts;
};

Grader::Grader(Lab const& lab, registry::Catalogue const& catalogue, GradeOptions options) : state_{std::make_unique<State>(State{lab, catalogue, std::move(options), catalogue.hash(), {}, std::make_shared<ReportCache>(), {}})} {
  auto const& s = *state_;
  if (lab.snapshot.empty() || s.hash.starts_with(lab.snapshot) || s.options.any_snapshot) return;
  throw InputError({{354, fmt::format("the lab '{}' was checked for registry {}, this is registry {}", lab.id, lab.snapshot.substr(0, pin_digits), s.hash.substr(0, pin_digits)), {}, "expected values may have moved since",
                     "`mlsysim lab refresh` shows which; grade with the program of that time, or add --any-snapshot"}});
}
Grader::~Grader() = default;

Instance const& Grader::instance(Track track, std::string_view student) {
  auto& s = *state_;
  const std::string seed = s.options.variants ? seed_of(s.lab, student, s.options.secret) : std::string{};
  auto fresh = std::make_unique<Instance>(s.lab, s.catalogue, track, seed, s.shared);
  // Students with equal variables share the reports.
  std::string key(names_of(track)[static_cast<std::size_t>(track)]);
  for (auto const& [name, text] : fresh->variables()) key += fmt::format("\n{}={}", name, text);
  auto& kept = s.instances[key];
  if (!kept) kept = std::move(fresh);
  return *kept;
}

void Grader::prepare(Submission const& submission) {
  if (!submission.problem.empty()) return;
  std::vector<Diagnostic> problems;
  const Answers a = read_answers(state_->lab, submission.document, problems);
  if (!problems.empty()) return;
  auto const& at = instance(track_of(state_->lab, a.track), a.student);
  (void)key(at);
  for (auto const& q : state_->lab.questions)
    if (auto const* r = state_->lab.rubric(q.id); r && r->design) prepare_front(at, *r->design, state_->fronts, q.id);
}

Grade Grader::grade(Submission const& submission) {
  auto& s = *state_;
  std::vector<Diagnostic> problems;
  Answers a;
  if (submission.problem.empty()) a = read_answers(s.lab, submission.document, problems);
  Grade g = begin(s.lab, submission, a, s.hash);
  g.problem = !submission.problem.empty() ? submission.problem : problems.empty() ? "" : to_text(std::span<const Diagnostic>(problems));
  const std::string_view pin = trimmed(a.snapshot);
  if (g.problem.empty() && !pin.empty() && !s.options.any_snapshot && (pin.size() < pin_digits || !s.hash.starts_with(pin)))
    g.problem = fmt::format("{}: made with registry {}, this is registry {}: expected values may differ; grade with the program of that time, or add --any-snapshot", error_name(354), pin.substr(0, pin_digits), s.hash.substr(0, pin_digits));
  if (g.problem.empty() && s.options.variants && trimmed(a.student).empty()) g.problem = "the form does not say whose it is, so the variant is not known";
  Instance const& at = instance(track_of(s.lab, a.track), a.student);
  g.variant = at.variant();
  for (auto const& q : s.lab.questions) {
    auto const* r = s.lab.rubric(q.id);
    if (!r) continue;
    const FeedbackRule rule = r->feedback.value_or(s.lab.feedback);
    GradeItem item = ItemGrader(at, q, *r, s.options.after_due ? rule.after_due : rule.before_due, submission, s.fronts).grade(g.problem.empty() ? a : Answers{});
    if (!g.problem.empty()) item.points = 0, item.status = GradeStatus::missing;
    g.items.push_back(std::move(item));
  }
  return g;
}

std::vector<Expected> key(Instance const& instance, bool facts) {
  std::vector<Expected> out;
  const auto add = [&](std::string id, auto const& compute) {
    Expected e{std::move(id), {}, {}, {}, {}};
    std::optional<Instance::FactsBehind> behind;
    if (facts) behind.emplace(instance);
    compute(e);
    if (behind) e.facts = std::move(behind->texts);
    out.push_back(std::move(e));
  };
  for (auto const& q : instance.lab().questions) {
    auto const* r = instance.lab().rubric(q.id);
    if (!r) continue;
    const auto number = [&](std::string id, std::string const& expression) {
      add(std::move(id), [&](Expected& e) {
        e.value = instance.value(expression, e.problem);
        if (e.value) e.text = shown(*e.value, q);
      });
    };
    if (!r->expect.empty()) number(q.id, r->expect);
    for (std::size_t i = 0; i < r->items.size(); ++i) number(fmt::format("{}.{}", q.id, i + 1), r->items[i]);
    if (!r->cases.empty()) add(q.id, [&](Expected& e) { e.text = ItemGrader::expected_word(instance, *r, e.problem).value_or(""); });
    for (auto const& t : r->traps) {
      if (q.kind == AnswerKind::choice) continue;
      std::string problem;
      (void)instance.value(t.is, problem);
      if (!problem.empty()) out.push_back({q.id + " (trap)", {}, {}, problem, {}});
    }
  }
  return out;
}

}  // namespace mlsysim::labs
