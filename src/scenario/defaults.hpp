#pragma once
// Defaults which depend on other fields of the scenario.
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::scenario {

/// Replicas of the plan: as given, else as many as fill the devices.
int replicas_of(Scenario const& s);

/// As the public `load`, with overrides of named entries which need not stand in the document.
Loaded load(registry::Catalogue const& catalogue, io::Document const& document, io::Overrides const& overrides, std::vector<Diagnostic>& problems);

}  // namespace mlsysim::scenario
