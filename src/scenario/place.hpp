#pragma once
// Where in a scenario's file a problem lies which no single field can show.
#include <string_view>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::scenario {

/// The key at a dotted path below the root; the deepest one which the file has. Elements of lists by their number.
Location place_of(io::Document const& document, std::string_view path);

/// Problems of a plan without a place get the one of the first field which their message names, else of the plan.
std::vector<Diagnostic> placed(std::vector<Diagnostic> problems, Loaded const& loaded);

}  // namespace mlsysim::scenario
