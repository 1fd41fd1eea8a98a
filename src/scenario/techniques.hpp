#pragma once
// Published techniques, applied to a scenario and weighed against the same scenario without them.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/scenario/scenario.hpp"

namespace mlsysim::scenario {

/// Changes model, formats and peaks as the techniques of `s` say. Returns what they do not change, in the words of the reader.
std::vector<std::string> apply_techniques(Scenario& s);

/// What one side of the comparison needs and does.
struct Weighed {
  Sourced<Data> memory;                 ///< of one device, its main store
  std::optional<Sourced<Time>> time;    ///< of a pass, of a training step, or per output token of a service; absent: it does not fit
  std::optional<Sourced<Energy>> energy;  ///< in that time, all devices
};

/// The section about techniques: what they save, and what their publications say they cost. Null for the side that was not evaluated.
Section technique_section(Scenario const& s, std::optional<Weighed> const& without, std::optional<Weighed> const& with, std::vector<std::string> const& notes, Ledger& ledger);

/// Training time with all techniques over the time without; absent if none says anything about it.
std::optional<Real> training_factor(Scenario const& s, Ledger& ledger);

/// Points which the techniques cost by their publications, for the model of this scenario; absent if none was measured on it.
std::optional<Real> score_loss(Scenario const& s, Ledger& ledger);

}  // namespace mlsysim::scenario
