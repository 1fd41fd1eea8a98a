#pragma once
// A student's scenario, graded by its properties.
#include <map>
#include <string>
#include <vector>

#include "mlsysim/labs/instance.hpp"

namespace mlsysim::labs {

/// Best value of each front which was looked for; nothing where no candidate is allowed.
struct FrontCache {
  std::map<std::pair<Instance const*, std::string>, std::optional<double>> best;
};

struct DesignStep {
  Feedback least;  ///< level from which it is said
  std::string name, text;
};
struct DesignVerdict {
  double points = 0;
  std::vector<DesignStep> steps;
  std::string problem;  ///< why it could not be evaluated
};

/// Tries the combinations of the front once.
void prepare_front(Instance const& instance, DesignRubric const& rubric, FrontCache& cache, std::string const& question);
DesignVerdict judge_design(Instance const& instance, DesignRubric const& rubric, std::pair<std::string, std::string> const& file, FrontCache& cache, std::string const& question);

}  // namespace mlsysim::labs
