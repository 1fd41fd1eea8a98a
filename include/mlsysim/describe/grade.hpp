#pragma once
/// \file
/// A graded submission, described once; `render/grade.hpp` draws it for people and for the systems which collect points.
#include <string>
#include <utility>
#include <vector>

namespace mlsysim {

/// How one question came out.
enum class GradeStatus : std::uint8_t { right, partly, wrong, missing, received };
/// Spellings of `GradeStatus`, in its order.
inline constexpr const char* grade_status_name[] = {"right", "partly right", "wrong", "missing", "received"};

/// One question.
struct GradeItem {
  std::string id;                                         ///< of the question
  std::string answer;                                     ///< as the student wrote it
  double points = 0;                                      ///< given
  double max = 0;                                         ///< to be had
  GradeStatus status = GradeStatus::missing;              ///< outcome
  std::vector<std::pair<std::string, std::string>> steps; ///< unit, set-up, value: what is said about each
  std::string trap;                                       ///< the classic mistake it looks like; for staff
  bool shown = true;                                      ///< false: feedback level `none`
};

/// One submission.
struct Grade {
  std::string lab;                   ///< id
  std::string title;                 ///< of the lab
  std::string student;               ///< as stated in the answers
  std::string folder;                ///< where it was found
  std::string track;                 ///< deployment track
  std::string variant;               ///< what is the student's own, e.g. `batch 8, device A100`
  std::string registry;              ///< hash of the registry
  std::vector<GradeItem> items;      ///< in the order of the questions
  std::vector<std::string> missing;  ///< what was left out, fields of the report among it
  /// \{
  /// Reflections, for whoever reads the report.
  std::string decision, rationale, residual_risk;
  /// \}
  std::string problem;               ///< why it could not be graded; empty otherwise

  double points() const;  ///< sum, rounded to a hundredth
  double max() const;     ///< sum, rounded to a hundredth
};

/// What a student hands in, on one page: nothing is judged, what is missing is listed.
struct Bundle {
  /// A question with its answer.
  struct Answer {
    std::string id;           ///< of the question
    std::string ask;          ///< the question
    std::string answer;       ///< as the student wrote it
    std::string remark;       ///< what is wrong with its form
    bool prediction = false;  ///< made before anything was computed
  };
  /// A scenario of the folder, as it comes out now.
  struct Run {
    std::string file;     ///< name
    std::string summary;  ///< workload and system in one line
    std::string verdict;  ///< pass, fail, not judged, or why it cannot be evaluated
    std::string binds;    ///< what limits it
    std::vector<std::pair<std::string, std::string>> numbers;  ///< headline and checks of the scorecard, for people
  };
  Grade form;                   ///< who, which lab, what is missing; without points
  std::vector<Answer> answers;  ///< in the order of the questions
  std::vector<Run> runs;        ///< in the order of the files
};

}  // namespace mlsysim
