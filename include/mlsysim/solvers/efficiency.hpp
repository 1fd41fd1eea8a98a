#pragma once
/// \file
/// How much of a peak an operator class reaches on a device: from the calibration registry, never picked per scenario.
#include <optional>
#include <vector>

#include "mlsysim/hardware/device.hpp"
#include "mlsysim/workload/operator.hpp"

namespace mlsysim::solvers {

/// One calibrated value with the spread of its residuals.
struct CalibrationRow {
  hardware::Tier tier = hardware::Tier::cloud;
  workload::OperatorKind kind = workload::OperatorKind::gemm;
  Real compute;    ///< achieved / dense peak for large shapes, 0 to 1; the fact's range is its 90 % interval
  Real bandwidth;  ///< achieved / nominal bandwidth for large transfers
};

/// A set of class-wide values and the dispatch cost of one kernel by tier.
struct DispatchRow {
  hardware::Tier tier = hardware::Tier::cloud;
  Sourced<Time> dispatch;
};
/// What collectives reach on a kind of link.
struct CollectiveRow {
  hardware::LinkRole link = hardware::LinkRole::scale_up;
  Real bandwidth;         ///< achieved bus bandwidth / nominal, large messages; the fact's range is its 90 % interval
  Sourced<Time> latency;  ///< of one step of an algorithm, where the system states none
};
struct Calibration {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  Confidence confidence = Confidence::theoretical;
  std::vector<CalibrationRow> operators;
  std::vector<DispatchRow> dispatch;
  std::vector<CollectiveRow> collectives;
};
void describe(CalibrationRow&, Fields&);
void describe(CollectiveRow&, Fields&);
void describe(DispatchRow&, Fields&);
void describe(Calibration&, Fields&);
constexpr EntryKind entry_kind(Calibration const&) { return EntryKind::calibration; }

/// What a student may put in place of the prediction; every result then says so.
struct EfficiencyOverride {
  std::optional<Real> compute;
  std::optional<Real> bandwidth;
};
void describe(EfficiencyOverride&, Fields&);

/// Efficiency of one operator class on one device. `low`/`high` bound it at 90 %; equal to `value` where no residuals exist.
struct Efficiency {
  Real compute;
  Real bandwidth;
  Sourced<Time> dispatch;
  double compute_low = 1, compute_high = 1;
  double bandwidth_low = 1, bandwidth_high = 1;
  Confidence confidence = Confidence::theoretical;
};

/// Prices operators on a device: which efficiency holds for each kind.
class EfficiencyModel {
 public:
  EfficiencyModel(Calibration const& calibration, hardware::Device const& device, EfficiencyOverride const& given, Ledger& ledger);
  Efficiency const& of(workload::OperatorKind kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }
  bool overridden() const { return overridden_; }
  /// The same model at the slow (-1) or fast (+1) end of its 90 % interval, for interval arithmetic by re-evaluation.
  EfficiencyModel at_end(int end) const;

 private:
  EfficiencyModel() = default;
  std::array<Efficiency, static_cast<std::size_t>(workload::OperatorKind::count)> by_kind_{};
  bool overridden_ = false;
};

}  // namespace mlsysim::solvers
