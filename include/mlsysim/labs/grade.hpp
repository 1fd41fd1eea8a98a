#pragma once
/// \file
/// What students hand in, and what becomes of it: `check` for form, `grade` for points.
#include "mlsysim/describe/grade.hpp"
#include "mlsysim/labs/instance.hpp"

namespace mlsysim::labs {

/// One answer as it was written: one text, or the items of a list or range.
struct Answer {
  std::string id;                   ///< of the question
  std::vector<std::string> texts;   ///< empty: left out
  bool given() const;               ///< any text is not blank
};

/// The file `answers.yaml`.
struct Answers {
  std::string lab;              ///< id
  std::string student;          ///< whoever the instructor knows by it
  std::string track;            ///< deployment track
  std::string snapshot;         ///< first digits of the registry's hash with which the assignment was made
  std::vector<Answer> answers;  ///< one for each question, in its order
  /// \{
  /// Reflections, which every lab asks for.
  std::string decision, rationale, residual_risk;
  /// \}
  std::string text(std::string_view id) const;                        ///< the first text of an answer; empty if there is none
  std::vector<std::string> const& texts(std::string_view id) const;   ///< of an answer
};

/// Reads the form. Appends every problem: unknown keys, lists where one value belongs, an unknown track.
Answers read_answers(Lab const& lab, io::Document const& document, std::vector<Diagnostic>& problems);
/// The id of the lab which a form answers; empty if it says none.
std::string lab_of(io::Document const& answers);

/// A submission as it was found.
struct Submission {
  std::string folder;     ///< for messages and for files of designs
  io::Document document;  ///< of answers.yaml
  std::vector<std::pair<std::string, std::string>> files;  ///< the other YAML files of the folder
  std::string problem;    ///< why it could not be read; empty otherwise
};
inline constexpr std::size_t largest_submission_file = 64U << 10;  ///< bytes
inline constexpr std::size_t most_submission_files = 16;           ///< YAML files which are looked at

/// Reads a folder, or a form alone. What is wrong is said in `problem`, so that one bad submission does not stop a class.
Submission read_submission(std::string const& path);
/// The submissions of a path: itself, if it is or holds an `answers.yaml`, or else each folder below it which does.
std::vector<std::string> submissions_below(std::string const& path, std::vector<Diagnostic>& problems);

/// How submissions are graded.
struct GradeOptions {
  std::string secret;          ///< of the lab, part of every variant's seed
  bool variants = false;       ///< students have variants of their own
  bool after_due = false;      ///< which feedback rule holds
  bool any_snapshot = false;   ///< grade although the registry differs from that of the assignment
};

/// Form, units and completeness, for students: no points, and nothing is evaluated but their own designs.
Grade check(Lab const& lab, registry::Catalogue const& catalogue, Submission const& submission);

/// A submission on one page, its scenarios evaluated.
Bundle bundle(Lab const& lab, registry::Catalogue const& catalogue, Submission const& submission);

/// Grades submissions of one lab; what students share is computed once.
class Grader {
 public:
  /// Lab and catalogue must outlive it. \throws InputError (E0354) if the lab is pinned to another registry
  Grader(Lab const& lab, registry::Catalogue const& catalogue, GradeOptions options);
  ~Grader();
  Grader(Grader const&) = delete;  ///< it holds every variant's reports

  /// Points and feedback. Never throws for what a student wrote: such trouble is in the grade.
  Grade grade(Submission const& submission);
  /// The variant which a student has.
  Instance const& instance(Track track, std::string_view student);
  /// Computes what the grade of any submission of this variant needs, so that processes which are forked afterwards share it.
  void prepare(Submission const& submission);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The expected answer of each question, for staff: what `lab variants --key` and `lab refresh` show.
struct Expected {
  std::string id;                          ///< of the question
  std::string text;                        ///< for people
  std::optional<validation::Value> value;  ///< of quantities
  std::string problem;                     ///< why there is none; empty otherwise
  std::map<std::string, std::string> facts;  ///< on which it rests, as written, by path; empty unless asked for
};
/// Of all answers which have one; with `facts`, also on what each rests.
std::vector<Expected> key(Instance const& instance, bool facts = false);

/// What `lab start` writes: names and texts. \throws InputError (E0351) if a number of the assignment cannot be computed
std::vector<std::pair<std::string, std::string>> handout(Instance const& instance, std::string_view student);

}  // namespace mlsysim::labs
