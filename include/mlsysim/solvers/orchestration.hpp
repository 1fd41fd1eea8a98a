#pragma once
/// \file
/// A cluster shared by jobs: how long they wait, how busy it is.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::solvers {

/// Jobs of one size which arrive at random and are started in their order as soon as enough devices are free.
struct OrchestrationInput {
  Count cluster;                          ///< devices of the cluster
  Count devices_per_job;                  ///< which a job occupies from start to end
  Sourced<RequestRate> arrivals;          ///< jobs per time; a job counts as a request
  Sourced<Time> job_time;                 ///< mean time a job runs
  Real variability;                       ///< variance / mean^2 of that time; 1: exponential
  Real arrival_variability;               ///< the same of the times between arrivals; 1: Poisson
};

/// Waiting and utilisation in the steady state.
struct OrchestrationResult {
  Real slots;                             ///< jobs which run at once
  Real load;                              ///< busy slots on the mean, were there enough
  Real slot_utilisation;                  ///< load / slots; at 1 and above the queue grows without end
  Real utilisation;                       ///< share of all devices which work
  std::optional<Real> waits;              ///< share of the jobs which wait
  std::optional<Sourced<Time>> wait;      ///< mean wait of a job; absent without a steady state
  std::optional<Real> slowdown;           ///< (wait + run) / run
  int stranded = 0;                       ///< devices which no job of this size can use
};

/// G/G/k by Allen and Cunneen with a slot as a server.
OrchestrationResult solve(OrchestrationInput const& in, Ledger& ledger);
Section report(OrchestrationResult const& r);

}  // namespace mlsysim::solvers
