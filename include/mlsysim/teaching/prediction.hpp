#pragma once
/// \file
/// What somebody expects before looking, and how far off it was.
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::teaching {

/// One expectation.
struct Prediction {
  std::string what;  ///< `bottleneck`, `verdict`, the path of a metric, its last part, or a term of the glossary
  std::string text;  ///< as written: `memory`, `pass`, `5 ms`
};

/// Reads `bottleneck=memory,latency=5ms`. \throws InputError (E0331) for what is no such list
std::vector<Prediction> parse_predictions(std::string_view text);

/// What to ask of a result: the bottleneck, the verdict where it is judged, and the headline metric.
std::vector<std::string> questions(Report const& report);

/// A section with one row for each prediction: predicted, computed, and the gap between them. It stands in the report like any other, so
/// that every format has it. \throws InputError (E0330, E0331) for a metric which the result lacks, or a value of another dimension
Section judge(Report const& report, std::vector<Prediction> const& predictions);

}  // namespace mlsysim::teaching
