#pragma once
// What the commands which ask a scenario backwards have in common.
#include <chrono>
#include <string>
#include <vector>

#include "commands.hpp"
#include "mlsysim/explore/sweep.hpp"

namespace mlsysim::cli {

/// Axes of all `NAME=VALUES` arguments. \throws InputError also where the scenario itself cannot be read
std::vector<explore::Axis> axes_of(std::vector<std::string> const& arguments, std::string const& option, registry::Catalogue const& catalogue, io::Document const& document);

/// What was counted, most frequent first; `good` says what `evaluated` counts.
std::string summary(explore::Tally const& tally, char const* good);

/// As asked, or as many as the machine has.
unsigned threads_for(int jobs);

/// On a terminal, where something takes longer than a second: how far, how fast, how long.
class Progress {
 public:
  explicit Progress(std::uint64_t points);
  ~Progress();
  Progress(Progress const&) = delete;
  void at(std::uint64_t done);

 private:
  std::uint64_t points_;
  bool shown_, drawn_ = false;
  double last_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// For people: without the columns which only programs need, axes of one level, and numbers which no row has; labels as short as they can be.
Table for_people(Table table, explore::Question const& question);

}  // namespace mlsysim::cli
