#pragma once
/// \file
/// How much of a peak an operator class reaches on a device: from the calibration registry, never picked per scenario.
#include <optional>
#include <span>
#include <vector>

#include "mlsysim/hardware/device.hpp"
#include "mlsysim/solvers/engine.hpp"
#include "mlsysim/workload/operator.hpp"

namespace mlsysim::solvers {

/// Spread of measured over predicted time: 5 % and 95 % quantiles over the rows of a fit, or over devices left out of it.
struct Residuals {
  Real low;
  Real high;
  Count rows;
  /// Part of their variance which all operators of one pass have in common (intraclass correlation, `shared_variance`); none: they are residuals of whole passes.
  std::optional<Real> shared;
};
/// What one class of operators reaches on the devices which the row names: one device, a family, a vendor's, or a kind and tier of devices.
struct CalibrationRow {
  std::string device;  ///< id in the registry
  std::string family;
  std::string vendor;
  std::optional<hardware::DeviceKind> devices;
  std::optional<hardware::Tier> tier;
  workload::OperatorKind kind = workload::OperatorKind::gemm;
  std::optional<workload::Precision> precision;  ///< none: any
  std::optional<workload::Precision> weights;    ///< as stored, where kernels depend on it, of attention the cache; none: any
  bool of_engine = false;                        ///< from the profile of the engine which the workload names: goes before all others
  /// Achieved / dense peak once tiles fill the machine. Above 1 where an engine multiplies in a narrower format than the one it is asked for.
  Real compute;
  Real bandwidth;  ///< achieved / nominal bandwidth for large transfers
  std::optional<Real> moving;             ///< as `bandwidth`, of what only moves rows around the products: gathers, converts, gates and adds them up
  std::optional<Sourced<Time>> overhead;  ///< of one kernel, in place of the tier's `dispatch`
  std::optional<Residuals> residuals;
  bool anchored = false;  ///< fewer rows of the device than a fit needs: what stands in for it, brought to them. INTERPOLATED
};

/// The dispatch cost of one kernel by tier.
struct DispatchRow {
  hardware::Tier tier = hardware::Tier::cloud;
  Sourced<Time> dispatch;
};
/// What collectives reach on a kind of link.
struct CollectiveRow {
  std::string device;  ///< id in the registry; empty: any
  hardware::LinkRole link = hardware::LinkRole::scale_up;
  Real bandwidth;         ///< achieved bus bandwidth / nominal, large messages; the fact's range is its 90 % interval
  Sourced<Time> latency;  ///< of one step of an algorithm, where the system states none
  std::optional<Sourced<Time>> start;  ///< of a collective, beside its steps
  std::optional<Sourced<Data>> half;   ///< message at which bulk transfers reach half of `bandwidth`
  std::optional<Real> small;           ///< share of `bandwidth` which the protocol for small messages reaches
  std::optional<Real> in_network;      ///< achieved / nominal where switches add up, large messages
};
/// What a collective costs beside its own time where the host launches it, instead of a captured graph.
struct LaunchRow {
  std::string device;  ///< id in the registry; empty: any
  Sourced<Time> launch;
};
/// What a host needs to start one operator of a framework.
struct HostRow {
  workload::Launch launch = workload::Launch::interpreter;
  Sourced<Time> dispatch;
};
/// What a kernel of training frameworks reaches over forward and backward pass together, where that was measured apart from engines' kernels.
struct FrameworkRow {
  std::string family;                                          ///< of devices
  workload::OperatorKind kind = workload::OperatorKind::gemm;  ///< operators it holds for
  std::optional<workload::AttentionKernel> kernel;             ///< of attention: which one
  std::optional<Real> compute;            ///< achieved / dense peak, by the work of both passes
  std::optional<Real> bandwidth;          ///< achieved / nominal bandwidth, by three times the data of the forward pass
  std::optional<Sourced<Time>> overhead;  ///< of one kernel
  std::optional<Residuals> residuals;     ///< measured over predicted time
};
/// A device which multiplies on and on, until its power limit has brought its clock down.
struct SustainedRow {
  std::string device;  ///< id in the registry
  std::string family;  ///< its family, whose other devices fall to a clock which their power leaves them
  workload::Precision precision = workload::Precision::bf16;  ///< of the products
  Real share;                  ///< rate after seconds / rate of short runs
  Count units;                 ///< of the device
  Sourced<Frequency> nominal;  ///< clock behind its peak
  Sourced<Frequency> clock;    ///< held meanwhile
  Sourced<Power> power;        ///< drawn meanwhile
  Sourced<Power> idle;         ///< drawn at rest
};
/// How far predictions of another kind than single operators were from what was measured.
struct Spread {
  std::optional<Residuals> passes;           ///< time of whole passes of devices whose operators, or those of kin, were measured
  std::optional<Residuals> passes_left_out;  ///< time of whole passes of a device of which nothing was measured
  std::optional<Residuals> power;            ///< measured / predicted power of a device under load, from the energies of operations and bytes
  std::optional<Residuals> power_by_use;     ///< the same in proportion to use, where nothing is known of energies
  std::optional<Real> most_power;            ///< largest measured power / thermal design power
};
/// How an engine computes and serves, where that differs from what is usual.
struct EngineTraits {
  std::optional<Count> chunk;                           ///< tokens of a prompt which go through the layers at once
  std::optional<workload::AttentionKernel> attention;   ///< where the workload leaves it open
  std::string kernels;                                  ///< calibration entry with what its own kernels reach; empty: none were measured
  std::optional<Engine> service;                        ///< host and scheduler; none: they cost nothing and have no limits
};
/// A calibration profile: everything measured that estimates rest on.
struct Calibration {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::optional<Real> depth_ramp;  ///< depth of a product at which tiles reach half their speed, see equation `efficiency.depth_ramp`
  std::vector<CalibrationRow> operators;
  std::vector<DispatchRow> dispatch;
  std::vector<CollectiveRow> collectives;
  std::vector<LaunchRow> launches;
  std::vector<HostRow> hosts;
  std::vector<FrameworkRow> frameworks;
  std::vector<SustainedRow> sustained;
  std::optional<EngineTraits> engine;  ///< of the profile of an engine, which `workload.engine` names
  std::optional<Spread> spread;        ///< of what is more than one operator
};
void describe(Residuals&, Fields&);
void describe(CalibrationRow&, Fields&);
void describe(CollectiveRow&, Fields&);
void describe(DispatchRow&, Fields&);
void describe(LaunchRow&, Fields&);
void describe(HostRow&, Fields&);
void describe(FrameworkRow&, Fields&);
void describe(SustainedRow&, Fields&);
void describe(EngineTraits&, Fields&);
void describe(Spread&, Fields&);
void describe(Calibration&, Fields&);
constexpr EntryKind entry_kind(Calibration const&) { return EntryKind::calibration; }

/// What a student may put in place of the prediction; every result then says so.
struct EfficiencyOverride {
  std::optional<Real> compute;
  std::optional<Real> bandwidth;
};
void describe(EfficiencyOverride&, Fields&);

/// Efficiency of one operator class on one device.
struct Efficiency {
  Real compute;            ///< achieved / dense peak
  Real bandwidth;          ///< achieved / nominal bandwidth
  Real moving;             ///< the same, of what only moves rows around products
  Sourced<Time> dispatch;  ///< of one kernel
  Real depth_ramp;         ///< 0: none
  bool tiled = false;      ///< shapes are quantized to tiles and waves of tiles
  bool whole = false;      ///< of attention: the share holds for products and exponentials together
  bool both = false;       ///< of attention: it holds for the forward and the backward pass together
  bool serial = false;     ///< of attention: kernels before and after the products move the data
  /// Measured over predicted time of one operator at the ends of the 90 % interval; 1 where no residuals exist.
  double fastest = 1, slowest = 1;
  double shared = 1;                                ///< part of that variance which all operators of a pass have in common, see `Residuals`
  bool of_passes = false;                           ///< the interval is that of whole passes: to be widened by nothing else
  bool of_kin = false;                              ///< the interval is that of the device or of its family, in this class at this rate
  Confidence confidence = Confidence::theoretical;  ///< of both shares
};

/// What an operator takes of a pass.
struct OperatorShare {
  workload::Operator const* op = nullptr;  ///< of the pass
  double time = 0;                         ///< of all its executions
};

/// Prices operators on a device: which efficiency holds for each kind at the precision of the products. The most specific row counts:
/// of the device (CALIBRATED), of its family (INTERPOLATED), of its vendor, kind or tier (THEORETICAL); without one, the data sheet's bound.
class EfficiencyModel {
 public:
  /// Picks a row for each kind of operator. \param compute precision of the products \param given replaces shares of all kinds
  /// \param weights, cache as stored, for kernels which depend on it
  EfficiencyModel(Calibration const& calibration, hardware::Device const& device, workload::Precision compute, EfficiencyOverride const& given, Ledger& ledger,
                  std::optional<workload::Precision> weights = {}, std::optional<workload::Precision> cache = {});
  /// Of one kind of operator.
  Efficiency const& of(workload::OperatorKind kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }
  /// Whether a student's own efficiencies are in it.
  bool overridden() const { return overridden_; }
  /// Operators are started by a host which `launch` names: a pass takes no less than starting all of them.
  void started_by(workload::Launch launch, Calibration const& hosts, Ledger& ledger);
  /// Norms, additions and attention run in kernels of a training framework, which were measured apart from those of inference engines.
  /// \param attention as the workload runs it, `unfused` where scores leave the chip; a row for one kernel holds for that kernel alone
  void framework_kernels(std::vector<FrameworkRow> const& rows, workload::AttentionKernel attention, hardware::Device const& device);
  /// The device computes for so long that its power limit sets its clock: as measured, or, with another power for each unit than the device of its
  /// family which was measured, at the clock which that leaves it.
  void throttled(std::vector<SustainedRow> const& rows, hardware::Device const& device, workload::Precision compute, Ledger& ledger);
  /// Attention runs in a kernel of an earlier generation: the share which was published for the family of `device`, if any.
  void attention_kernel(workload::AttentionKernel kernel, hardware::Device const& device, Ledger& ledger);
  /// What is priced is a whole pass of some framework or engine, which operators' residuals know nothing of.
  void whole_passes(Spread const& spread);
  /// What the host needs for one operator; zero if it is never waited for.
  Sourced<Time> const& host_dispatch() const { return host_dispatch_; }
  /// The same model at the slow (-1) or fast (+1) end of its 90 % interval, for interval arithmetic by re-evaluation.
  EfficiencyModel at_end(int end) const;
  /// Which end: -1, 0 or 1.
  int end() const { return end_; }
  /// Factor on the time of a pass at this end of its 90 % interval, from the deviations of its operators. The logarithm of measured over predicted time is
  /// taken as the sum of what all operators of a class have in common, of what each shape has of its own, and of what the pass adds; the three and
  /// the classes are independent of each other, so their variances add up, each weighted by its share of the time (JCGM 100:2008, 5.1.2; variance
  /// components: Searle, Casella, McCulloch 1992). 1 where `end` is 0. \param pass with times as predicted
  double stretch(std::span<const OperatorShare> pass) const;
  /// The model with one class replaced, for fits.
  EfficiencyModel with(workload::OperatorKind kind, Efficiency const& e) const;

 private:
  EfficiencyModel() = default;
  std::array<Efficiency, static_cast<std::size_t>(workload::OperatorKind::count)> by_kind_{};
  Sourced<Time> host_dispatch_{};
  double host_fastest_ = 1, host_slowest_ = 1;  // of other hosts, over the one which was measured
  std::optional<Residuals> passes_, passes_left_out_;
  bool overridden_ = false;
  int end_ = 0;
};

}  // namespace mlsysim::solvers
