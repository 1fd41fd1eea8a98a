#pragma once
/// \file
/// The data wall: storage, network, workers and host links against what the accelerators consume.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::solvers {

/// Stages which are not given do not exist: a data set in memory has no storage stage.
struct DataPipelineInput {
  Sourced<SampleRate> demand;                                  ///< of all accelerators
  Count devices;                                               ///< accelerators
  std::optional<Sourced<Quantity<"B/sample">>> sample_size;    ///< as stored
  std::optional<Sourced<Quantity<"B/sample">>> prepared_size;  ///< as it goes to the accelerators
  std::optional<Sourced<Bandwidth>> storage;                   ///< of one drive
  Real drives;                                                 ///< which are read together
  std::optional<Sourced<Bandwidth>> network;                   ///< of the link to the storage
  std::optional<Real> workers;                                 ///< processes which prepare samples
  std::optional<Sourced<SampleRate>> worker_rate;              ///< of one worker
  std::optional<Sourced<Bandwidth>> host_link;                 ///< from the host to one accelerator
  Real cached;                                                 ///< share of the samples which the host's memory holds
  std::optional<Sourced<Data>> dataset;                        ///< which has to be brought over the network first
  std::optional<Sourced<Time>> run_time;                       ///< without stalls
};

/// One stage.
struct DataStage {
  std::string name;         ///< storage, network, workers or copy
  Sourced<SampleRate> rate; ///< which it delivers at most
  std::string fix;          ///< the least change with which it keeps up; empty if it does
};

/// Supply against demand.
struct DataPipelineResult {
  Sourced<SampleRate> demand;               ///< of the accelerators
  Sourced<SampleRate> supply;               ///< of the slowest stage
  Real stall;                               ///< share of the time in which accelerators wait: 1 - supply / demand, never below 0
  std::string slowest;                      ///< name of the slowest stage
  std::vector<DataStage> stages;            ///< in the order in which samples pass them
  std::optional<Sourced<Time>> run_time;    ///< with stalls
  std::optional<Sourced<Time>> staging;     ///< of the data set over the network
  std::optional<Real> workers_needed;       ///< which keep up
  std::optional<Sourced<Bandwidth>> storage_needed;  ///< at the given share in memory
  std::optional<Real> cache_needed;         ///< share of the samples in memory at which storage and network keep up
};

/// What is missing or contradicts itself, in the words of the reader.
std::vector<std::string> problems(DataPipelineInput const& in);

/// The slowest stage sets the rate; stages work at the same time on different samples. \pre `problems(in)` is empty
DataPipelineResult solve(DataPipelineInput const& in, Ledger& ledger);
Section report(DataPipelineResult const& r);

}  // namespace mlsysim::solvers
