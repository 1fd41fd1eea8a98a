#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "mlsysim/labs/grade.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

namespace fs = std::filesystem;

/// The fields of a lab's form are those of its questions.
struct Group {
  Lab const& lab;
  Answers& answers;
  Part part;
};
struct Form {
  Lab const& lab;
  Answers& answers;
};

bool is_list(Question const& q) { return q.kind == AnswerKind::list || q.kind == AnswerKind::range; }

void describe(Group& g, Fields& f) {
  for (std::size_t i = 0; i < g.lab.questions.size(); ++i) {
    auto const& q = g.lab.questions[i];
    if (q.part != g.part || q.kind == AnswerKind::design) continue;
    auto& texts = g.answers.answers[i].texts;
    if (is_list(q)) {
      f(q.id, texts, "the answer, item by item", optional_field);
      continue;
    }
    std::string text;
    f(q.id, text, "the answer", optional_field);
    texts.assign(1, text);
  }
}

void describe(Form& form, Fields& f) {
  auto& a = form.answers;
  f("lab", a.lab, "which lab this answers");
  f("student", a.student, "whom your instructor knows by it", optional_field);
  f("track", a.track, "deployment track", optional_field);
  f("snapshot", a.snapshot, "of the registry with which the assignment was made", optional_field);
  Group predictions{form.lab, a, Part::prediction}, answers{form.lab, a, Part::answer};
  f("predictions", predictions, "made before anything is computed", optional_field);
  f("answers", answers, "what was asked", optional_field);
  f("decision", a.decision, "what you decided", optional_field);
  f("rationale", a.rationale, "why", optional_field);
  f("residual_risk", a.residual_risk, "what could still go wrong", optional_field);
}

std::string read_whole(fs::path const& path, std::string& problem) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed || !fs::is_regular_file(path, failed)) problem = fmt::format("'{}' cannot be read", path.string());
  else if (size > largest_submission_file) problem = fmt::format("'{}' is larger than {} KiB", path.string(), largest_submission_file >> 10);
  if (!problem.empty()) return {};
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

bool Answer::given() const {
  return std::any_of(texts.begin(), texts.end(), [](std::string const& t) { return !trimmed(t).empty(); });
}

std::string Answers::text(std::string_view id) const {
  auto const& all = texts(id);
  return all.empty() ? std::string{} : std::string(trimmed(all[0]));
}
std::vector<std::string> const& Answers::texts(std::string_view id) const {
  static const std::vector<std::string> none;
  for (auto const& a : answers)
    if (a.id == id) return a.texts;
  return none;
}

std::string lab_of(io::Document const& answers) {
  if (answers.nodes.empty()) return {};
  io::Node const* n = answers.find(answers.root(), "lab");
  return n && n->kind == io::Node::Kind::scalar ? std::string(n->text) : std::string{};
}

Answers read_answers(Lab const& lab, io::Document const& document, std::vector<Diagnostic>& problems) {
  Answers a;
  for (auto const& q : lab.questions) a.answers.push_back({q.id, {}});
  if (document.nodes.empty()) return a;
  Ledger ledger;
  Form form{lab, a};
  io::read(form, document, document.root(), {}, {}, ledger, problems);
  if (a.track.empty() && !lab.tracks.empty()) a.track = names_of(Track{})[static_cast<std::size_t>(lab.tracks[0])];
  const auto known = std::any_of(lab.tracks.begin(), lab.tracks.end(), [&](Track t) { return names_of(t)[static_cast<std::size_t>(t)] == a.track; });
  io::Node const* n = document.find(document.root(), "track");
  if (!known && n) problems.push_back({353, fmt::format("the lab '{}' has no track '{}'", lab.id, a.track), document.location(*n), "", "it stands in your answers as `mlsysim lab start` wrote it"});
  if (!a.lab.empty() && a.lab != lab.id)
    if (io::Node const* l = document.find(document.root(), "lab")) problems.push_back({353, fmt::format("these are answers to '{}', not to '{}'", a.lab, lab.id), document.location(*l), "", "grade each lab by itself"});
  return a;
}

Submission read_submission(std::string const& path) {
  Submission s;
  std::error_code failed;
  const bool folder = fs::is_directory(path, failed);
  s.folder = path;
  const fs::path form = folder ? fs::path(path) / "answers.yaml" : fs::path(path);
  const std::string text = read_whole(form, s.problem);
  if (!s.problem.empty()) return s;
  std::vector<Diagnostic> problems;
  s.document = io::parse_yaml(text, form.string(), problems);
  if (!problems.empty()) {
    s.problem = first_line(problems);
    return s;
  }
  if (!folder) return s;
  std::vector<fs::path> paths;
  for (auto const& e : fs::directory_iterator(path, failed))
    if (is_file_name(e.path().filename().string()) && e.path().filename() != "answers.yaml") paths.push_back(e.path());
  std::sort(paths.begin(), paths.end());
  if (paths.size() > most_submission_files) paths.resize(most_submission_files);
  for (auto const& p : paths) {
    std::string problem;
    std::string content = read_whole(p, problem);
    // A file which nobody asks for does no harm; a design which cannot be read is missing.
    if (problem.empty()) s.files.emplace_back(p.filename().string(), std::move(content));
  }
  return s;
}

std::vector<std::string> submissions_below(std::string const& path, std::vector<Diagnostic>& problems) {
  std::error_code failed;
  if (fs::is_regular_file(path, failed) || fs::exists(fs::path(path) / "answers.yaml", failed)) return {path};
  std::vector<std::string> all;
  for (auto const& e : fs::directory_iterator(path, failed))
    if (fs::exists(e.path() / "answers.yaml", failed)) all.push_back(e.path().string());
  std::sort(all.begin(), all.end());
  if (all.empty()) problems.push_back({355, fmt::format("no answers.yaml in '{}' or in a folder below it", path), {path, 0, 0, 1, {}}, "", "`mlsysim lab start` writes the form; students fill it in"});
  return all;
}

}  // namespace mlsysim::labs
