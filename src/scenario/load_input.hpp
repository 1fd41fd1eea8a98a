#pragma once
// From `traffic:` of a scenario to what the simulation of a service asks for.
#include "mlsysim/scenario/scenario.hpp"
#include "mlsysim/solvers/serving_load.hpp"

namespace mlsysim::scenario {

/// The rate of traffic which states a load, a trace or nothing. \param closed the service without a rate
Sourced<RequestRate> offered_rate(Traffic const& traffic, solvers::ServingResult const& closed, systems::Parallel const& parallel, std::vector<solvers::Request> const* trace, Ledger& ledger);
/// Tells the closed form how arrivals and answers scatter.
void scatter(Traffic const& traffic, solvers::ServingInput& in, std::vector<solvers::Request> const* trace, Ledger& ledger);
/// \pre `service.request_rate` is there
solvers::LoadInput load_input(Scenario const& s, solvers::ServingInput const& service, solvers::ServingResult const& closed, std::vector<solvers::Request> const* trace, Ledger& ledger);

}  // namespace mlsysim::scenario
