#include "mlsysim/labs/lab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "mlsysim/registry/files.hpp"
#include "mlsysim/teaching/level.hpp"
#include "mlsysim/units/text.hpp"
#include "mlsysim/validation/expression.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view tracks[] = {"phone", "wearable", "vehicle", "cloud"};
constexpr std::string_view answer_kinds[] = {"quantity", "integer", "choice", "range", "list", "text", "design"};
constexpr std::string_view parts[] = {"prediction", "answer"};
constexpr std::string_view feedbacks[] = {"none", "which", "hint", "full"};

constexpr std::size_t most_questions = 100;

/// What each of the three files holds.
struct LabFile {
  Lab& lab;
};
struct QuestionFile {
  std::vector<Question>& questions;
};
struct RubricFile {
  std::vector<NamedScenario>& scenarios;
  std::vector<NamedValue>& values;
  std::vector<Rubric>& answers;
};
void describe(QuestionFile& q, Fields& f) { f("questions", q.questions, "in the order of the assignment"); }
void describe(RubricFile& r, Fields& f) {
  f("scenarios", r.scenarios, "variations which only the rubric uses", optional_field);
  f("values", r.values, "numbers which several questions use", optional_field);
  f("answers", r.answers, "one for each question");
}

void describe(LabFile& file, Fields& f) {
  Lab& l = file.lab;
  f("number", l.number, "order in lists", positive);
  f("title", l.title, "one line for people");
  f("chapters", l.chapters, "of the book, by name");
  f("minutes", l.minutes, "which a student needs", positive);
  f("level", l.level, "introductory, intermediate or advanced");
  f("learning", l.learning, "the one sentence which should stay");
  f("instruments", l.instruments, "chapter of the book up to which results are shown, e.g. v1.11; left out: everything", optional_field);
  f("snapshot", l.snapshot, "first digits of the registry's hash for which the lab was checked; left out: that of the program", optional_field);
  f("tracks", l.tracks, "deployments in which it makes sense; the first is the usual one");
  f("feedback", l.feedback, "how much a grade says", optional_field);
  f("variables", l.variables, "what differs between tracks and students", optional_field);
  f("entries", l.entries, "registry entries which expressions name", optional_field);
  f("scenarios", l.scenarios, "starters", optional_field);
}

/// What one field cannot know about another.
class Check {
 public:
  Check(Lab const& l, io::Document const& lab, io::Document const& questions, io::Document const& rubric, std::vector<Diagnostic>& problems)
      : l_{l}, lab_{lab}, questions_{questions}, rubric_{rubric}, problems_{problems} {}

  void run() {
    if (l_.tracks.empty()) say(lab_, "tracks", "a lab has at least one track", "tracks: [cloud]");
    for (std::size_t i = 0; i < l_.variables.size(); ++i) variable(l_.variables[i], fmt::format("variables.{}", i));
    if (!l_.snapshot.empty() && l_.snapshot.size() < 12) say(lab_, "snapshot", "a snapshot is given by at least 12 digits of the registry's hash", "`mlsysim lab refresh` prints it");
    if (!l_.instruments.empty()) instruments();
    for (std::size_t i = 0; i < l_.scenarios.size(); ++i) scenario(lab_, l_.scenarios[i], fmt::format("scenarios.{}", i));
    for (std::size_t i = 0; i < l_.variations.size(); ++i) scenario(rubric_, l_.variations[i], fmt::format("scenarios.{}", i));
    if (l_.questions.size() > most_questions) say(questions_, "questions", fmt::format("at most {} questions", most_questions), "make two labs of it");
    for (std::size_t i = 0; i < l_.questions.size(); ++i) question(l_.questions[i], i, fmt::format("questions.{}", i));
    for (std::size_t i = 0; i < l_.values.size(); ++i) value(l_.values[i], fmt::format("values.{}", i));
    for (std::size_t i = 0; i < l_.rubrics.size(); ++i) rubric(l_.rubrics[i], fmt::format("answers.{}", i));
  }

 private:
  void instruments() {
    try {
      (void)teaching::chapter(l_.instruments);
    } catch (InputError const& error) {
      say(lab_, "instruments", error.problems().front().message, error.problems().front().help);
    }
  }
  void variable(Variable const& v, std::string const& path) {
    if (!is_name(v.name)) say(lab_, path, fmt::format("'{}' is not a name of a variable", v.name), "small letters, digits and _");
    for (auto t : l_.tracks)
      if (v.choices(t).empty()) say(lab_, path, fmt::format("'{}' has no choice in the track '{}'", v.name, tracks[static_cast<std::size_t>(t)]), fmt::format("add `{}: [...]`", tracks[static_cast<std::size_t>(t)]));
  }
  void scenario(io::Document const& d, NamedScenario const& s, std::string const& path) {
    if (!is_name(s.name) || s.name == "design" || s.name == "here" || s.name == "there") say(d, path, fmt::format("'{}' cannot be the name of a scenario", s.name), "small letters, digits and _; `design`, `here` and `there` have a meaning of their own");
    if (s.file.find('$') == s.file.npos && !l_.file(s.file)) say(d, path, fmt::format("the lab has no file '{}'", s.file), "it must lie beside lab.yaml");
  }
  void question(Question const& q, std::size_t index, std::string const& path) {
    if (!is_name(q.id)) say(questions_, path, fmt::format("'{}' cannot be the key of an answer", q.id), "small letters, digits and _");
    for (std::size_t i = 0; i < index; ++i)
      if (l_.questions[i].id == q.id) say(questions_, path, fmt::format("there are two questions '{}'", q.id), "");
    if (!l_.rubric(q.id)) say(rubric_, "answers", fmt::format("the rubric says nothing about '{}'", q.id), fmt::format("add `- {{id: {}, …}}`", q.id));
    if (!q.unit.empty() && parse_unit(q.unit).error != UnitError::none) say(questions_, path + ".unit", fmt::format("'{}' is not a unit", q.unit), "");
    if (q.kind == AnswerKind::choice && q.choices.size() < 2) say(questions_, path, "a choice needs at least two words", "choices: [compute, memory]");
    if (q.kind == AnswerKind::list && !q.items) say(questions_, path, "a list says how many items it has", "items: 3");
    if (q.kind == AnswerKind::design && (q.file.empty() || !is_file_name(q.file))) say(questions_, path, "a design names the file which the student writes", "file: design.yaml");
  }
  void value(NamedValue const& v, std::string const& path) {
    if (!is_name(v.name)) say(rubric_, path, fmt::format("'{}' is not a name of a value", v.name), "small letters, digits and _");
    if (v.is.empty() == !v.first) say(rubric_, path, "a value is either an expression or the first of several", "write `is:` or `first:`");
    if (!v.is.empty()) expression(v.is, path + ".is");
    if (v.first) comparisons(v.first->until, path + ".first");
  }
  void rubric(Rubric const& r, std::string const& path) {
    Question const* q = l_.question(r.id);
    if (!q) {
      std::vector<std::string_view> ids;
      for (auto const& x : l_.questions) ids.push_back(x.id);
      const auto near = nearest(r.id, ids, 1);
      say(rubric_, path, fmt::format("there is no question '{}'", r.id), near.empty() ? "" : fmt::format("did you mean '{}'?", near[0]));
      return;
    }
    const auto needs = [&](bool there, char const* key) {
      if (!there) say(rubric_, path, fmt::format("a question of kind '{}' needs `{}`", answer_kinds[static_cast<std::size_t>(q->kind)], key), "");
    };
    // A prediction only has to be there: what comes of it, the answers say.
    if (q->part == Part::answer) {
      if (q->kind == AnswerKind::quantity || q->kind == AnswerKind::integer || q->kind == AnswerKind::range) needs(!r.expect.empty(), "expect");
      if (q->kind == AnswerKind::range) needs(r.width.has_value(), "width");
      if (q->kind == AnswerKind::choice) needs(!r.cases.empty(), "cases");
      if (q->kind == AnswerKind::list) needs(!r.items.empty(), "items");
      if (q->kind == AnswerKind::design) needs(r.design.has_value(), "design");
    }
    if (q->items && !r.items.empty() && r.items.size() != static_cast<std::size_t>(q->items->value)) say(rubric_, path, fmt::format("the question has {} items, the rubric {}", q->items->value, r.items.size()), "");
    if (!r.expect.empty()) expression(r.expect, path + ".expect");
    for (auto const& i : r.items) expression(i, path + ".items");
    for (auto const& a : r.accept) expression(a.is, path + ".accept");
    if (!r.tolerance.absolute.empty() && parse_quantity(r.tolerance.absolute).error != QuantityTextError::none) say(rubric_, path + ".tolerance", fmt::format("'{}' is not a quantity", r.tolerance.absolute), "");
    for (auto const& t : r.traps)
      if (q->kind != AnswerKind::choice) expression(t.is, path + ".traps");
    for (auto const& c : r.cases) {
      comparisons(c.when, path + ".cases");
      if (std::find(q->choices.begin(), q->choices.end(), c.is) == q->choices.end()) say(rubric_, path + ".cases", fmt::format("'{}' is none of the choices", c.is), "");
    }
    if (r.design) design(*r.design, path + ".design");
  }
  void design(DesignRubric const& d, std::string const& path) {
    if (std::none_of(l_.scenarios.begin(), l_.scenarios.end(), [&](auto const& s) { return s.name == d.from; })) say(rubric_, path, fmt::format("there is no starter '{}'", d.from), "");
    for (auto const& x : d.require) comparisons({x.that}, path + ".require");
    if (!d.front) return;
    expression(d.front->minimise, path + ".front");
    comparisons(d.front->subject_to, path + ".front");
    std::size_t all = 1;
    for (auto const& a : d.front->search) all = std::min(all * std::max<std::size_t>(a.values.size(), 1), most_designs + 1);
    if (all > most_designs) say(rubric_, path + ".front", fmt::format("more than {} designs would be tried", most_designs), "use fewer values");
  }
  void expression(std::string const& text, std::string const& path) {
    std::string problem;
    (void)validation::Expression::parse(with_placeholders(text), problem);
    if (!problem.empty()) say(rubric_, path, fmt::format("'{}' cannot be computed: {}", text, problem), "numbers, quantities in quotes, names, + - * /, min, max, ceil, floor, sqrt and parentheses");
  }
  void comparisons(std::vector<std::string> const& all, std::string const& path) {
    for (auto const& text : all) {
      const auto c = split_comparison(text);
      if (!c) {
        say(rubric_, path, fmt::format("'{}' compares nothing", text), "two expressions with <=, >=, <, > or == between them");
        continue;
      }
      expression(c->left, path);
      expression(c->right, path);
    }
  }
  /// Points at the most specific place which the file has.
  void say(io::Document const& d, std::string_view path, std::string message, std::string help) {
    io::Node const* n = &d.root();
    while (!path.empty()) {
      const auto dot = path.find('.');
      const auto head = path.substr(0, dot);
      io::Node const* next = d.find(*n, head);
      if (!next && n->kind == io::Node::Kind::list && head.find_first_not_of("0123456789") == head.npos && static_cast<std::size_t>(std::stoul(std::string(head))) < n->count) next = &d.children(*n)[std::stoul(std::string(head))];
      if (!next) break;
      n = next;
      path = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
    }
    problems_.push_back({351, std::move(message), n->key.empty() ? d.location(*n) : d.key_location(*n), "", std::move(help)});
  }

  Lab const& l_;
  io::Document const &lab_, &questions_, &rubric_;
  std::vector<Diagnostic>& problems_;
};

}  // namespace

std::span<const std::string_view> names_of(Track) { return tracks; }
std::span<const std::string_view> names_of(AnswerKind) { return answer_kinds; }
std::span<const std::string_view> names_of(Part) { return parts; }
std::span<const std::string_view> names_of(Feedback) { return feedbacks; }

std::vector<std::string> const& Variable::choices(Track track) const {
  std::vector<std::string> const* own[] = {&phone, &wearable, &vehicle, &cloud};
  auto const& mine = *own[static_cast<std::size_t>(track)];
  return mine.empty() ? all : mine;
}

Question const* Lab::question(std::string_view wanted) const {
  for (auto const& q : questions)
    if (q.id == wanted) return &q;
  return nullptr;
}
Rubric const* Lab::rubric(std::string_view wanted) const {
  for (auto const& r : rubrics)
    if (r.id == wanted) return &r;
  return nullptr;
}
std::string const* Lab::file(std::string_view name) const {
  for (auto const& [n, text] : files)
    if (n == name) return &text;
  return nullptr;
}

void describe(FeedbackRule& r, Fields& f) {
  f("before_due", r.before_due, "while students may hand in again", defaults_to(Feedback::hint, "a hint helps, the value would end the thinking"));
  f("after_due", r.after_due, "when they may not", defaults_to(Feedback::full, "everything can be said now"));
}
void describe(Variable& v, Fields& f) {
  f("name", v.name, "by which `$name` calls it");
  f("all", v.all, "choices of every track", optional_field);
  f("phone", v.phone, "choices on a phone", optional_field);
  f("wearable", v.wearable, "choices on a wearable or microcontroller", optional_field);
  f("vehicle", v.vehicle, "choices in a vehicle", optional_field);
  f("cloud", v.cloud, "choices in a cloud fleet", optional_field);
}
void describe(NamedEntry& e, Fields& f) {
  f("name", e.name, "first part of a path in expressions");
  f("entry", e.entry, "id, alias or name in the registry");
}
void describe(Change& c, Fields& f) {
  f("path", c.path, "dotted, from the root of the scenario");
  f("value", c.value, "YAML");
}
void describe(NamedScenario& s, Fields& f) {
  f("name", s.name, "first part of a path in expressions");
  f("file", s.file, "of the lab");
  f("set", s.set, "what differs from the file", optional_field);
}
void describe(Question& q, Fields& f) {
  f("id", q.id, "key of the answer");
  f("part", q.part, "a prediction is made before anything is computed", defaults_to(Part::answer, "most are answers"));
  f("kind", q.kind, "what the answer looks like", defaults_to(AnswerKind::quantity, "most are quantities"));
  f("ask", q.ask, "the question, in Markdown");
  f("unit", q.unit, "an example of a unit which suits", optional_field);
  f("choices", q.choices, "words, one of which is the answer", optional_field);
  f("items", q.items, "how many items a list has", positive);
  f("words", q.words, "least length of a text", positive);
  f("file", q.file, "which a design is written to", optional_field);
}
void describe(Tolerance& t, Fields& f) {
  f("relative", t.relative, "share of the expected value", positive, at_most(1.0));
  f("absolute", t.absolute, "quantity", optional_field);
  f("digits", t.digits, "significant digits which must be right", positive);
}
void describe(Points& p, Fields& f) {
  f("present", p.present, "points for any answer", at_least(0.0), defaults_to(0.0, "not asked for"));
  f("unit", p.unit, "points for the right dimension", at_least(0.0), defaults_to(0.0, "not asked for"));
  f("setup", p.setup, "points for the right approach", at_least(0.0), defaults_to(0.0, "not asked for"));
  f("value", p.value, "points for the right value", at_least(0.0), defaults_to(0.0, "not asked for"));
}
void describe(Trap& t, Fields& f) {
  f("is", t.is, "what the mistake gives");
  f("say", t.say, "a hint which does not give the value away");
  f("setup", t.setup, "the approach was right all the same", defaults_to(false, "most mistakes are in the approach"));
}
void describe(Accepted& a, Fields& f) {
  f("is", a.is, "expression");
  f("say", a.say, "name of the convention");
}
void describe(WordCase& c, Fields& f) {
  f("if", c.when, "comparisons, all of which hold", optional_field);
  f("is", c.is, "the word");
}
void describe(Requirement& r, Fields& f) {
  f("that", r.that, "comparison over `design.…`");
  f("points", r.points, "if it holds", at_least(0.0), defaults_to(1.0, "one for each property"));
  f("say", r.say, "what it means");
}
void describe(Axis& a, Fields& f) {
  f("path", a.path, "field which is varied");
  f("values", a.values, "its values, as YAML");
}
void describe(Front& o, Fields& f) {
  f("minimise", o.minimise, "expression over `design.…`");
  f("search", o.search, "tried in all combinations");
  f("subject_to", o.subject_to, "comparisons which a candidate must satisfy", optional_field);
  f("points", o.points, "at the front", at_least(0.0), defaults_to(1.0, "one point"));
  f("within", o.within, "so much worse than the best is as good", at_least(0.0), defaults_to(0.05, "several good designs are equally right"));
  f("zero_at", o.zero_at, "so much worse than the best is worth nothing", positive, defaults_to(1.0, "twice the best"));
}
void describe(DesignRubric& d, Fields& f) {
  f("from", d.from, "starter scenario");
  f("keep", d.keep, "paths which must stay as they are", optional_field);
  f("require", d.require, "properties", optional_field);
  f("front", d.front, "distance to the best known design");
  f("used", d.used, "points if every changed part has an effect", at_least(0.0), defaults_to(0.0, "not asked for"));
}
void describe(Rubric& r, Fields& f) {
  f("id", r.id, "of the question");
  f("expect", r.expect, "expression", optional_field);
  f("items", r.items, "expressions, of a list", optional_field);
  f("cases", r.cases, "expected word of a choice; the first which holds", optional_field);
  f("accept", r.accept, "right too", optional_field);
  f("tolerance", r.tolerance, "how near", optional_field);
  f("width", r.width, "widest range, as a share of the value", positive);
  f("points", r.points, "for each step", optional_field);
  f("traps", r.traps, "known wrong answers", optional_field);
  f("hint", r.hint, "where nothing is recognised", optional_field);
  f("feedback", r.feedback, "in place of the lab's");
  f("design", r.design, "properties of a design");
}
void describe(Search& s, Fields& f) {
  f("scenario", s.scenario, "which is varied");
  f("against", s.against, "another scenario, varied likewise: `there.…`", optional_field);
  f("path", s.path, "field which is varied");
  f("among", s.among, "its values, in order, as YAML");
  f("until", s.until, "comparisons over `here.…`");
  f("otherwise", s.otherwise, "the value if it holds at none", optional_field);
}
void describe(NamedValue& v, Fields& f) {
  f("name", v.name, "by which expressions call it");
  f("is", v.is, "expression", optional_field);
  f("first", v.first, "the first of several values at which something holds");
}

std::vector<LabFiles> builtin_labs() {
  std::vector<LabFiles> all;
  for (auto const& f : registry::builtin_labs()) {
    const auto slash = f.path.find('/');
    const std::string id(f.path.substr(0, slash));
    if (all.empty() || all.back().id != id) all.push_back({id, "labs/" + id, {}});
    all.back().files.emplace_back(f.path.substr(slash + 1), f.text);
  }
  return all;
}

std::vector<LabFiles> labs_in(std::string const& directory, std::vector<Diagnostic>& problems) {
  std::vector<LabFiles> all;
  std::error_code failed;
  std::vector<fs::path> folders;
  if (fs::exists(fs::path(directory) / "lab.yaml", failed)) folders.push_back(directory);
  for (auto const& e : fs::directory_iterator(directory, failed))
    if (fs::exists(e.path() / "lab.yaml", failed)) folders.push_back(e.path());
  std::sort(folders.begin(), folders.end());
  if (folders.empty()) problems.push_back({350, fmt::format("no lab in '{}'", directory), {directory, 0, 0, 1, {}}, "a lab is a folder with a lab.yaml", "`--labs` names the folder above it, or the lab's own"});
  for (auto const& folder : folders) {
    const auto name = fs::weakly_canonical(folder, failed).filename().string();
    LabFiles l{name, folder.string(), {}};
    for (auto const& e : fs::directory_iterator(folder, failed)) {
      const auto extension = e.path().extension();
      if (!e.is_regular_file(failed) || (extension != ".yaml" && extension != ".md")) continue;
      if (l.files.size() == most_lab_files || e.file_size(failed) > largest_lab_file) {
        problems.push_back({356, fmt::format("'{}' is too much for a lab", e.path().string()), {e.path().string(), 0, 0, 1, {}}, "", fmt::format("at most {} files of {} KiB", most_lab_files, largest_lab_file >> 10)});
        continue;
      }
      std::ifstream in(e.path(), std::ios::binary);
      l.files.emplace_back(e.path().filename().string(), std::string((std::istreambuf_iterator<char>(in)), {}));
    }
    std::sort(l.files.begin(), l.files.end());
    all.push_back(std::move(l));
  }
  return all;
}

LabFiles const& find_lab(std::vector<LabFiles> const& all, std::string_view name) {
  const auto wanted = normalised(name);
  LabFiles const* found = nullptr;
  std::size_t matches = 0;
  std::vector<std::string_view> ids;
  for (auto const& l : all) {
    const auto id = normalised(l.id);
    ids.push_back(l.id);
    const auto number = l.id.substr(0, l.id.find('_'));
    if (id == wanted || number == wanted || number == "l" + wanted) return l;
    if (!wanted.empty() && id.find(wanted) != id.npos) found = &l, ++matches;
  }
  if (matches == 1) return *found;
  const auto near = nearest(name, ids, 3);
  std::string help;
  for (auto const& n : near) help += (help.empty() ? "nearest: " : ", ") + n;
  throw InputError({{350, fmt::format("no lab '{}'", name), {}, "", help.empty() ? "`mlsysim lab list` names all" : help}});
}

Lab read_lab(LabFiles const& files, std::vector<Diagnostic>& problems) {
  Lab l;
  l.id = files.id;
  l.files = files.files;
  const auto before = problems.size();
  io::Document documents[3];
  constexpr std::string_view names[] = {"lab.yaml", "questions.yaml", "rubric.yaml"};
  for (std::size_t i = 0; i < 3; ++i) {
    std::string const* text = l.file(names[i]);
    const std::string path = files.folder + '/' + std::string(names[i]);
    if (!text) problems.push_back({351, fmt::format("the lab '{}' has no {}", l.id, names[i]), {path, 0, 0, 1, {}}, "", "labs/README.md says what a lab consists of"});
    else documents[i] = io::parse_yaml(*text, path, problems);
  }
  if (auto const* text = l.file("assignment.md")) l.assignment = *text;
  else problems.push_back({351, fmt::format("the lab '{}' has no assignment.md", l.id), {files.folder, 0, 0, 1, {}}, "", "labs/README.md says what a lab consists of"});
  if (problems.size() > before) return l;
  Ledger ledger;
  const auto read = [&](io::Document const& d, auto& value) { io::read(value, d, d.root(), {}, {}, ledger, problems); };
  LabFile lab{l};
  read(documents[0], lab);
  QuestionFile questions{l.questions};
  read(documents[1], questions);
  RubricFile rubric{l.variations, l.values, l.rubrics};
  read(documents[2], rubric);
  if (problems.size() == before) Check(l, documents[0], documents[1], documents[2], problems).run();
  return l;
}

}  // namespace mlsysim::labs
