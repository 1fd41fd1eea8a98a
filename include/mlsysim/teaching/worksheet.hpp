#pragma once
/// \file
/// Problem sheets: a worked example, the same with its last steps left out, and the question alone.
#include <cstdint>
#include <string>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::teaching {

/// A number which a problem gives.
struct GivenValue {
  std::string symbol;  ///< of the formula which uses it
  std::string value;   ///< with unit
  std::string what;    ///< where it comes from
  std::size_t step = 0;  ///< number of the step which uses it first, from 1
};

/// One step of a solution.
struct SolutionStep {
  std::string symbol;                     ///< what is computed
  EquationInfo const* equation = nullptr; ///< null for a sum
  std::vector<std::string> numbers;       ///< put into it
  std::string value;                      ///< result with unit
  double exact = 0;                       ///< result, base units
  Dimension dimension;                    ///< of the result
};

/// One problem: the same question with other numbers in each part of a sheet.
struct Problem {
  std::string metric;                                          ///< path of what is asked
  std::string label;                                           ///< for people
  std::string setting;                                         ///< what differs from the scenario, e.g. `workload.batch = 64`; empty: nothing
  std::vector<GivenValue> given;                               ///< each once
  std::vector<SolutionStep> steps;                             ///< in the order in which they can be done; the last gives the answer
  std::size_t shown = 0;                                       ///< so many steps are worked out, the rest is left to the student
};

/// A sheet on one scenario.
struct Worksheet {
  std::string title;              ///< of the scenario
  std::string about;              ///< what it teaches
  std::string file;               ///< where the scenario was read
  std::uint64_t seed = 0;         ///< of the variants
  std::vector<Problem> problems;  ///< worked, faded, asked; then the next metric
};

/// What a sheet should hold.
struct WorksheetOptions {
  std::vector<std::string> metrics;  ///< paths; up to three which suit the scenario when empty
  int faded = 2;                     ///< steps left out of the second problem
  std::uint64_t seed = 1;            ///< other seeds give other numbers
};

/// Makes a sheet. Every answer is computed by the program for the numbers of that very problem, and every variant fits the machine.
/// \throws InputError (E0330) for a metric which the result lacks, (E0332) for one without steps
Worksheet worksheet(registry::Catalogue const& catalogue, io::Document const& document, WorksheetOptions const& options);

}  // namespace mlsysim::teaching
