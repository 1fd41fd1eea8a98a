#pragma once
/// \file
/// From a scenario to its report: read, ask the solvers, judge.
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/describe/timeline.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/scenario.hpp"
#include "mlsysim/solvers/serving_load.hpp"

namespace mlsysim::scenario {

/// A scenario with everything it names, ready to be evaluated any number of times.
struct Loaded {
  Scenario scenario;                 ///< overrides and techniques applied
  std::optional<Scenario> without;   ///< the same without its techniques, where it has any
  std::vector<std::string> technique_notes;  ///< what they do not change
  solvers::Calibration operators;    ///< of the device's class, unless the scenario names another
  solvers::Calibration collectives;  ///< efficiencies of links
  std::vector<solvers::Request> trace;  ///< of `traffic.trace`; empty without one
  Ledger ledger;                     ///< facts and defaults which were read
  std::string file;                  ///< from which it was read
  io::Document document;             ///< the same, for the places of problems
  std::string today;                 ///< the registry's date, to which the ages of prices and grid factors are counted
};

/// Reads and binds a scenario. Appends every problem of the file, of its names and of what they make together.
/// The result may be evaluated only if there were none.
Loaded load(registry::Catalogue const& catalogue, io::Document const& document, std::vector<Diagnostic>& problems);

/// Evaluates: feasibility, performance, macro. Pure; records a derivation of every number.
/// \param intervals without them the evaluation takes a fraction of the time, and no metric has one
/// \throws InputError (E0203, E0208) for a plan or hardware which no solver can evaluate
Report evaluate(Loaded const& loaded, bool intervals = true);

/// One training step, piece by piece.
struct Step {
  Timeline picture;  ///< a lane for each pipeline rank
  Table ranks;       ///< busy and idle time and what each holds
  Table slots;       ///< every piece, with its start and end
};
/// Lays out the step of a training scenario. \throws InputError (E0203) if it does not train, or does not fit
Step step(Loaded const& loaded);

/// What a simulation gives beyond what a report shows.
struct LoadOptions {
  std::function<void(double)> progress;           ///< called with the share which is done; may be empty
  bool frontier = false;                          ///< other rates too
  bool count_replicas = false;                    ///< search replicas for the P99 limits
  std::vector<solvers::ServedRequest>* served = nullptr;  ///< receives every request; may be null
};
/// Simulates a serving scenario under its `traffic`, or under the defaults of one. \throws InputError (E0203, E0208, E0233)
solvers::LoadResult simulate(Loaded const& loaded, LoadOptions const& options);

/// The headline metric alone, without derivation or report: what a search over designs calls.
double headline(Scenario const& scenario, solvers::Calibration const& operators, solvers::Calibration const& collectives);

}  // namespace mlsysim::scenario
