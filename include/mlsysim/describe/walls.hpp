#pragma once
/// \file
/// The walls of the textbook: what stops a system from being faster, larger or cheaper, and the scenario which shows it.
#include <span>
#include <string_view>

namespace mlsysim {

/// One wall: its law, the equations behind it, and a built-in scenario in which it binds.
struct Wall {
  std::string_view id;         ///< e.g. `memory_bandwidth`
  std::string_view layer;      ///< where it stands: device, serving, network, fleet, data, algorithm, economics, society, analysis
  std::string_view title;      ///< for people
  std::string_view law;        ///< one sentence
  std::string_view equations;  ///< ids of the catalogue, separated by blanks
  std::string_view scenario;   ///< name of a built-in scenario
  std::string_view metric;     ///< path of the metric which shows it; empty: the scorecard's binding constraint does
  std::string_view at_least;   ///< the metric is no less where the wall binds; quantity text
  std::string_view at_most;    ///< the metric is no more where the wall binds; quantity text
  std::string_view binds;      ///< part of the scorecard's binding constraint; may be empty
  std::string_view command;    ///< shows more than the report of the scenario; may be empty
};

/// All walls, from the device outwards.
std::span<const Wall> walls();

}  // namespace mlsysim
