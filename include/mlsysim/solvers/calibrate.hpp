#pragma once
/// \file
/// From measured operators to what their class reaches: the only place where efficiencies come from.
#include <span>
#include <string>
#include <vector>

#include "mlsysim/solvers/efficiency.hpp"

namespace mlsysim::solvers {

/// One measured execution of one operator, or of several of one class which a table times together.
struct Measurement {
  workload::Pass operators;  ///< as executed once, with their shapes; not empty
  Time time{};               ///< of all of them
  std::optional<workload::Precision> weights{};  ///< as stored, where that is narrower than the products compute
  /// Of all of them.
  workload::OperatorKind kind() const { return operators.front().kind; }
  /// Of the first, which decides the peak.
  workload::Precision compute() const { return operators.front().compute; }
  std::string name;       ///< of the row, for people
  std::string source;     ///< key in the registry
};

/// What a class of operators was fitted to, and how well it holds.
struct Fit {
  double compute = 1;           ///< share of the peak, see `CalibrationRow`
  double bandwidth = 1;         ///< share of the nominal bandwidth
  std::optional<double> moving; ///< share of the bandwidth of what only moves rows around products; none: the rows have no such operators
  Time overhead{};              ///< of one kernel
  bool compute_seen = false;    ///< some row was bound by compute
  bool bandwidth_seen = false;  ///< some row was bound by memory
  bool overhead_seen = false;   ///< enough rows were short
  std::vector<double> ratios;   ///< measured / predicted of every row, by the fit to the half of the rows in which it is not
  double shared = 0;            ///< part of the variance of their logarithms which rows of one pass have in common
  double median_error = 0;      ///< of those predictions, relative
};

/// What a class reaches, as far as times depend on it.
struct Shares {
  double compute = 1;    ///< share of the peak
  double bandwidth = 1;  ///< share of the nominal bandwidth
  Time overhead{};       ///< of one kernel
  double moving = 1;     ///< as `bandwidth`, of what only moves rows around products
};

/// Where a fit starts, and stays in what no row depends on.
struct FitStart {
  double compute = 1;              ///< share of the peak
  double bandwidth = 1;            ///< share of the nominal bandwidth
  Time overhead = 4 * unit<"us">;  ///< kept unless an eighth of the rows take less than ten times as long, or are explained by peak and bandwidth to less than a tenth
  double moving = 0.5;             ///< as in `Fit`, where rows have such operators
};

/// Rows below which there is nothing to fit: three values, and a 5 % quantile of what they leave.
inline constexpr std::size_t least_rows = 20;

/// Fits share of peak, share of bandwidth and overhead of one class at one precision on one device, least mean |log(predicted / measured)|,
/// no row counting more than a factor e. Deterministic: a search along the axes from a grid of starts.
/// \pre at least `least_rows` measurements, all of one kind and precision
/// \throws std::invalid_argument if the device states no peak or memory
Fit fit(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp, FitStart start);

/// For fewer rows than a fit needs: the shares of `start`, each changed only as far as the rows depend on it; overhead
/// only where there are some of them and many are short. Ratios are empty.
/// \pre not empty, all of one kind and precision
Fit anchor(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp, FitStart start);

/// Measured over predicted time of every row under given shares: what a transfer to this device would have said.
std::vector<double> ratios(std::span<Measurement const> rows, hardware::Device const& device, double depth_ramp, Shares const& shares);

/// Part of the variance of log(ratio) which members of a group have in common: intraclass correlation by analysis of variance over groups of unequal size
/// (Searle, Casella, McCulloch 1992, Variance Components, section 3.6), 0 to 1. Groups of one tell nothing; without two groups of several it is 0.
/// \param groups of each ratio \pre as many as ratios, all positive
double shared_variance(std::span<const double> ratios, std::span<const std::size_t> groups);

/// Measurements of one device.
struct MeasuredDevice {
  hardware::Device device;         ///< as in the registry
  std::vector<Measurement> rows;   ///< in the order of the tables
};

/// The fit of one class of operators on one device.
struct ClassFit {
  hardware::Device const* device = nullptr;                    ///< which was measured
  workload::OperatorKind kind = workload::OperatorKind::gemm;  ///< of all rows
  std::optional<workload::Precision> precision;  ///< none for classes which only move data: their shares do not depend on it
  std::optional<workload::Precision> weights;    ///< as stored, where that is narrower than the products compute: kernels of their own
  std::vector<Measurement> rows;  ///< of this class
  std::optional<Fit> fit;       ///< none: fewer than `least_rows`
  std::optional<Fit> anchored;  ///< of these: what stands in for the device, brought to its rows; its ratios are those of the transfer
};

/// Fits every class of every device. Fits point into `devices`.
std::vector<ClassFit> fit_classes(std::vector<MeasuredDevice> const& devices, double depth_ramp);

/// What stands in for a device without measurements: medians over the measured devices of its family, of its vendor, or over all.
struct Transfer {
  std::string family;  ///< empty: not of a family
  std::string vendor;  ///< empty: not of a vendor; both empty: all devices
  workload::OperatorKind kind = workload::OperatorKind::gemm;  ///< of the class
  std::optional<workload::Precision> precision;                ///< of the class, as in `ClassFit`
  std::optional<workload::Precision> weights;                  ///< of the class, as in `ClassFit`
  double compute = 1, bandwidth = 1;                           ///< median shares
  std::optional<double> moving;                                ///< median share, of what only moves rows around products
  Time overhead{};                                             ///< median, of one kernel
  std::vector<std::string> from;                               ///< devices
  /// Measured / predicted of the rows of every device, by the medians of the others: of the group, or of all where that leaves too few rows. Over all
  /// devices: by the medians of other vendors, where there are several, since the row stands for vendors without measurements.
  std::vector<double> ratios;
  double shared = 0;          ///< part of the variance of their logarithms which rows of one pass have in common
  bool own_residuals = true;  ///< the ratios are those of the group
  bool anchored = false;      ///< medians of devices with fewer rows than a fit needs
  /// No device has the class: the shares are those of the class which stands in, the ratios those of the nearest measured class by such shares.
  bool stand_in = false;
};
/// Transfers within each family, within each vendor and over all devices, for each class which at least two devices have.
std::vector<Transfer> transfers(std::vector<ClassFit> const& fits, double depth_ramp);

/// Anchors the classes which have fewer than `least_rows`, each to the transfer which would stand in for its device were it not measured, and adds the
/// transfers of families and vendors which have no other rows.
void anchor_few(std::vector<ClassFit>& fits, std::vector<Transfer>& known, double depth_ramp);

/// The `q` quantile, 0 to 1, linear between neighbours. \pre not empty
double quantile(std::vector<double> values, double q);

}  // namespace mlsysim::solvers
