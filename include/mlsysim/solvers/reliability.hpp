#pragma once
/// \file
/// Failures of a long run: fleet MTBF, the best checkpoint interval, and what remains as useful time.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::solvers {

/// A run and its habits.
struct ReliabilityInput {
  Count devices;  ///< used by the run; any of them stops it
  /// Of one device with its share of the node. Absent: the rate observed in training Llama 3 405B, as a named assumption.
  std::optional<Sourced<Time>> device_mtbf;
  std::optional<Sourced<Time>> checkpoint_time;  ///< for which the run stops; absent: interval and goodput are not judged
  std::optional<Sourced<Time>> restart_time;     ///< from a failure to useful work
  std::optional<Sourced<Time>> useful_time;      ///< of the run, without failures and checkpoints
  std::optional<Sourced<Bandwidth>> storage;     ///< to which checkpoints are written; gives the checkpoint time where that is absent
  Real parameters;                               ///< of the model, for the size of a checkpoint
  std::optional<Sourced<Data>> state;            ///< of a parameter in a checkpoint: weight and optimizer state
  Real blocking{1, {}};                          ///< share of the writing for which the run stops; below 1 the rest is asynchronous
  std::optional<Count> spares;                   ///< devices which stand by
  std::optional<Sourced<Time>> repair_time;      ///< for which a failed device is away
  Count seed{1, {}};                             ///< of the simulation
  bool simulate = true;                          ///< also run through failures at random
};

/// A mean over simulated runs, in base units.
struct SimulatedFigure {
  double mean = 0;            ///< of the runs
  double standard_error = 0;  ///< of the mean
};

/// How failures and checkpoints stretch a run.
struct ReliabilityResult {
  Sourced<Time> device_mtbf;                    ///< given or assumed
  Sourced<Time> fleet_mtbf;                     ///< of all devices together
  std::optional<Sourced<Time>> young_interval;  ///< useful work between checkpoints, sqrt(2 d M)
  std::optional<Sourced<Time>> daly_interval;   ///< Daly's higher-order optimum
  std::optional<Real> checkpoint_share;         ///< of the time spent writing checkpoints
  std::optional<Real> rework_share;             ///< of the time lost to work done again
  std::optional<Real> restart_share;            ///< of the time spent restarting
  std::optional<Real> goodput;                  ///< useful time / wall time (Daly's exact exponential model)
  std::optional<Sourced<Time>> run_time;        ///< wall time of `useful_time`
  std::optional<Sourced<Data>> checkpoint_size; ///< where it was worked out
  std::optional<Sourced<Time>> checkpoint_time; ///< for which the run stops
  std::optional<Real> spares_suffice;           ///< chance that no more devices are away than stand by
  SimulatedFigure simulated_goodput;            ///< useful / wall time of simulated runs
  std::optional<SimulatedFigure> simulated_run_time;  ///< where the length of the run is known
  std::optional<SimulatedFigure> simulated_failures;  ///< of one run
  double goodput_low = 0, goodput_high = 0;     ///< between which nine in ten simulated runs lie
  int trials = 0;                               ///< of the simulation; 0: none
  Count seed{1, {}};                            ///< of the simulation
  std::optional<Real> failures;                 ///< expected in `run_time`, or in `useful_time` if goodput is not judged
  bool checkpoint_is_small = true;              ///< checkpoint time < MTBF / 2, the range in which Young's formula holds
  std::vector<std::string> missing;             ///< inputs for want of which something was not judged
  std::vector<std::string> notes;               ///< for people
};

/// Intervals, and goodput at Daly's optimum.
ReliabilityResult solve(ReliabilityInput const& in, Ledger& ledger);
Section report(ReliabilityResult const& r);

}  // namespace mlsysim::solvers
