#pragma once
/// \file
/// A lab is data: a folder with the assignment, starter scenarios, questions and a hidden rubric whose expected values the engine computes.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mlsysim/io/read.hpp"

namespace mlsysim::labs {

/// Deployment in which a lab is worked: neutral device classes, which each lab binds to devices of the registry.
enum class Track : std::uint8_t { phone, wearable, vehicle, cloud };
std::span<const std::string_view> names_of(Track);

/// What an answer looks like.
enum class AnswerKind : std::uint8_t {
  quantity,  ///< a number in any unit of the right dimension
  integer,   ///< a whole number, exact
  choice,    ///< one of a few words
  range,     ///< two quantities between which the truth lies
  list,      ///< several quantities in order
  text,      ///< sentences, for people to read; only its presence counts
  design,    ///< a scenario file, graded by its properties
};
std::span<const std::string_view> names_of(AnswerKind);

/// When a question is answered: predictions come before anything is computed, and only have to be there.
enum class Part : std::uint8_t { prediction, answer };
std::span<const std::string_view> names_of(Part);

/// How much a check says.
enum class Feedback : std::uint8_t {
  none,   ///< that it was received
  which,  ///< which step is right
  hint,   ///< and a hint, or the name of a classic mistake
  full,   ///< and the expected value with its derivation
};
std::span<const std::string_view> names_of(Feedback);

/// Feedback before the due date and after it.
struct FeedbackRule {
  Feedback before_due = Feedback::hint;  ///< while students may hand in again
  Feedback after_due = Feedback::full;   ///< when they may not
};

/// Something which differs between tracks and between students: `$name` in scenarios, questions and paths. The first choice is the
/// standard one; a student's is drawn from the seed.
struct Variable {
  std::string name;               ///< small letters, digits and `_`
  std::vector<std::string> all;   ///< choices of every track
  std::vector<std::string> phone, wearable, vehicle, cloud;  ///< choices of one track, in place of `all`

  /// Choices which hold for a track.
  std::vector<std::string> const& choices(Track track) const;
};

/// A registry entry by the name under which expressions call its fields: `device.memory.hbm.bandwidth`.
struct NamedEntry {
  std::string name;   ///< first part of the path
  std::string entry;  ///< id, alias or name; may hold `$variables`
};

/// One value of a scenario replaced or added.
struct Change {
  std::string path;   ///< dotted, from the root
  std::string value;  ///< YAML
};

/// A scenario by the name under which expressions call its metrics: `start.performance.ridge`.
struct NamedScenario {
  std::string name;         ///< first part of the path
  std::string file;         ///< of the lab; may hold `$variables`
  std::vector<Change> set;  ///< what differs from the file
};

/// What is asked.
struct Question {
  std::string id;                           ///< key of the answer
  Part part = Part::answer;                 ///< prediction or answer
  AnswerKind kind = AnswerKind::quantity;   ///< what the answer looks like
  std::string ask;                          ///< in Markdown, with `$variables`
  std::string unit;                         ///< an example of a unit which suits; none for pure numbers
  std::vector<std::string> choices;         ///< of a choice
  std::optional<Count> items;               ///< of a list
  std::optional<Count> words;               ///< least length of a text
  std::string file;                         ///< of a design
};

/// How near an answer has to be: it suffices to be within the widest of what is stated.
struct Tolerance {
  std::optional<Real> relative;  ///< share of the expected value
  std::string absolute;          ///< quantity
  std::optional<Count> digits;   ///< right in so many significant digits, when rounded
};

/// Points for each step towards the answer.
struct Points {
  Real present{0, {}};  ///< anything was answered
  Real unit{0, {}};     ///< the dimension is right
  Real setup{0, {}};    ///< the right approach, whatever slip follows
  Real value{0, {}};    ///< the value is right
};

/// A known wrong answer.
struct Trap {
  std::string is;      ///< expression for the value which the mistake gives, or the wrong choice
  std::string say;     ///< a hint which does not give the value away
  bool setup = false;  ///< the approach was right all the same
};

/// A value besides the expected one which is right too, such as a convention of its own.
struct Accepted {
  std::string is;   ///< expression
  std::string say;  ///< its name
};

/// The expected word under a condition.
struct WordCase {
  std::vector<std::string> when;  ///< comparisons, all of which hold; none: always
  std::string is;                 ///< the word
};

/// A property of a design.
struct Requirement {
  std::string that;   ///< comparison over `design.…`
  Real points{1, {}};  ///< if it holds
  std::string say;    ///< what it means, for people
};

/// Values which one field of a design may take when the best one is looked for.
struct Axis {
  std::string path;                 ///< dotted, from the root
  std::vector<std::string> values;  ///< YAML
};

/// The best known design, found by trying all combinations at grading time.
struct Front {
  std::string minimise;                 ///< expression over `design.…`
  std::vector<Axis> search;             ///< tried in all combinations, at most `most_designs`
  std::vector<std::string> subject_to;  ///< comparisons which a candidate must satisfy
  Real points{1, {}};                   ///< at the front
  Real within{0.05, {}};                ///< still full points: so much worse than the best
  Real zero_at{1, {}};                  ///< no points any more
};
inline constexpr std::size_t most_designs = 400;  ///< combinations of one front

/// How a design is graded.
struct DesignRubric {
  std::string from;                       ///< scenario of the lab from which it starts
  std::vector<std::string> keep;          ///< paths which must stay as they are
  std::vector<Requirement> require;       ///< properties
  std::optional<Front> front;             ///< distance to the best known
  Real used{0, {}};                       ///< points if every changed part has an effect
};

/// How one question is graded.
struct Rubric {
  std::string id;                       ///< of the question
  std::string expect;                   ///< expression, of a quantity, integer or range
  std::vector<std::string> items;       ///< expressions, of a list
  std::vector<WordCase> cases;          ///< of a choice; the first which holds
  std::vector<Accepted> accept;         ///< right too
  Tolerance tolerance;                  ///< of a quantity, and of each item of a list
  std::optional<Real> width;            ///< widest range, as a share of the value
  Points points;                        ///< for each step
  std::vector<Trap> traps;              ///< known wrong answers
  std::string hint;                     ///< where nothing is recognised
  std::optional<FeedbackRule> feedback; ///< in place of the lab's
  std::optional<DesignRubric> design;   ///< of a design
};

/// The first of several values at which something holds: what a sweep would show.
struct Search {
  std::string scenario;            ///< by name
  std::string against;             ///< another scenario, varied likewise: `there.…`; none if empty
  std::string path;                ///< field which is varied
  std::vector<std::string> among;  ///< its values, in order
  std::vector<std::string> until;  ///< comparisons over `here.…`
  std::string otherwise;           ///< the value if it holds at none; empty: that is an error of the lab
};

/// A number of the rubric with a name, for several questions.
struct NamedValue {
  std::string name;             ///< without a dot
  std::string is;               ///< expression
  std::optional<Search> first;  ///< or a search
};

/// Who cites the lab and how it runs.
struct Lab {
  std::string id;                        ///< name of its folder
  Count number{0, {}};                   ///< order in lists
  std::string title;                     ///< for people
  std::vector<std::string> chapters;     ///< by name, since numbers change
  Count minutes{0, {}};                  ///< which a student needs
  std::string level;                     ///< e.g. introductory
  std::string learning;                  ///< the one sentence which should stay
  std::string instruments;               ///< chapter up to which a student needs the instruments, e.g. `v1.11`; empty: all
  std::string snapshot;                  ///< first digits of the registry's hash; empty: that of the binary it is shipped in
  std::vector<Track> tracks;             ///< the first is the usual one
  FeedbackRule feedback;                 ///< where a rubric states no other
  std::vector<Variable> variables;       ///< what differs
  std::vector<NamedEntry> entries;       ///< registry entries used by expressions
  std::vector<NamedScenario> scenarios;  ///< starters, given to students
  std::vector<Question> questions;       ///< in the order of the assignment
  std::vector<NamedScenario> variations; ///< scenarios which only the rubric uses
  std::vector<NamedValue> values;        ///< numbers which only the rubric uses
  std::vector<Rubric> rubrics;           ///< one for each question
  std::string assignment;                ///< Markdown with `$variables` and `{{expressions}}`
  std::vector<std::pair<std::string, std::string>> files;  ///< all files, by name

  Question const* question(std::string_view id) const;  ///< null if there is none
  Rubric const* rubric(std::string_view id) const;      ///< null if there is none
  std::string const* file(std::string_view name) const; ///< text of one; null if there is none
};

void describe(FeedbackRule&, Fields&);
void describe(Variable&, Fields&);
void describe(NamedEntry&, Fields&);
void describe(Change&, Fields&);
void describe(NamedScenario&, Fields&);
void describe(Question&, Fields&);
void describe(Tolerance&, Fields&);
void describe(Points&, Fields&);
void describe(Trap&, Fields&);
void describe(Accepted&, Fields&);
void describe(WordCase&, Fields&);
void describe(Requirement&, Fields&);
void describe(Axis&, Fields&);
void describe(Front&, Fields&);
void describe(DesignRubric&, Fields&);
void describe(Rubric&, Fields&);
void describe(Search&, Fields&);
void describe(NamedValue&, Fields&);

/// The files of one lab, before they are read.
struct LabFiles {
  std::string id;                                          ///< name of the folder
  std::string folder;                                      ///< for messages
  std::vector<std::pair<std::string, std::string>> files;  ///< name and text
};

/// Limits against hostile folders.
inline constexpr std::size_t largest_lab_file = 256U << 10;  ///< bytes of one file
inline constexpr std::size_t most_lab_files = 64;            ///< of one folder

/// Labs inside the binary, in the order of their folders.
std::vector<LabFiles> builtin_labs();
/// Every folder below `directory` which holds a `lab.yaml`. Appends a problem for what cannot be read.
std::vector<LabFiles> labs_in(std::string const& directory, std::vector<Diagnostic>& problems);
/// The one with this id, number (`l5`, `5`) or part of an id. \throws InputError (E0350) with near names
LabFiles const& find_lab(std::vector<LabFiles> const& all, std::string_view name);

/// Reads a lab and checks what can be checked without evaluating it. Appends every problem (E0351 among others).
Lab read_lab(LabFiles const& files, std::vector<Diagnostic>& problems);

}  // namespace mlsysim::labs
