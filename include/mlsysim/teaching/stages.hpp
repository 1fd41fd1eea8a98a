#pragma once
/// \file
/// An evaluation one stage at a time: the five layers, then the scorecard.
#include <string>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::teaching {

/// One stage. Stages are parts of one result: stepping through them shows exactly what a run shows.
struct Stage {
  std::string id;         ///< `workload`, `hardware`, `infrastructure`, `system`, a section of the report, or a level of the scorecard
  std::string layer;      ///< `A` to `E`, or `scorecard`
  std::string title;      ///< for people
  std::string about;      ///< what happens here, one or two sentences
  std::string ask;        ///< a question to answer before looking; may be empty
  Section section;        ///< what this stage knows: fields of a layer, or a section of the report
  bool judged = false;    ///< a level of the scorecard, in `level`
  Level level;            ///< of the scorecard
};

/// All stages, in the order in which they are evaluated.
std::vector<Stage> stages(scenario::Loaded const& loaded, Report const& report);

}  // namespace mlsysim::teaching
