#pragma once
/// \file
/// What it costs: rented at a dated price, or owned (straight-line depreciation and electricity).
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/systems/cluster.hpp"

namespace mlsysim::solvers {

/// How the hardware is paid for.
enum class Tenure : std::uint8_t { rent, own };
std::string_view name(Tenure);

/// What is paid for, and what it yields. Optional inputs which are missing leave the cost unjudged, never zero.
struct EconomicsInput {
  systems::Cluster const* cluster = nullptr;              ///< what is used
  infrastructure::Price const* price = nullptr;           ///< with a rate: rented; with a purchase price or null: owned
  std::optional<Sourced<Time>> lifetime;                  ///< service life, owned hardware
  std::optional<Sourced<EnergyPrice>> electricity_price;  ///< owned hardware; before PUE
  std::optional<Real> pue;                                ///< at least 1, owned hardware
  std::optional<Sourced<Power>> it_power;                 ///< mean of everything used, before PUE
  std::optional<Real> utilisation;                        ///< share of the paid time which is useful work; assumed 1 when absent
  std::optional<Sourced<Time>> duration;                  ///< of useful work: the run, or a service's horizon
  // Useful output while working, all devices together.
  /// \{
  /// Useful output while working, all devices together.
  std::optional<Sourced<TokenRate>> token_rate;
  std::optional<Sourced<RequestRate>> request_rate;
  std::optional<Sourced<SampleRate>> sample_rate;
  /// \}
};

/// One part of the cost.
struct CostPart {
  std::string name;         ///< rent, depreciation, electricity
  Sourced<MoneyRate> rate;  ///< all devices
};

/// Costs, or why there are none.
struct EconomicsResult {
  bool judged = false;                            ///< false: something is missing, `missing` says what; no cost is then given
  std::vector<std::string> missing;               ///< e.g. `electricity price`
  Tenure tenure = Tenure::rent;                   ///< how it is paid for
  std::vector<CostPart> parts;                    ///< rent, or depreciation and electricity
  std::optional<Sourced<MoneyRate>> rate;         ///< sum of the parts, all devices
  std::optional<Sourced<MoneyRate>> device_rate;  ///< per device
  Real utilisation;                               ///< useful share of the paid time which was used
  std::optional<Sourced<Money>> cost;             ///< of `duration` of useful work
  /// \{
  /// Of useful output; absent without its rate.
  std::optional<Sourced<Quantity<"USD/token">>> per_token;
  std::optional<Sourced<Quantity<"USD/request">>> per_request;
  std::optional<Sourced<Quantity<"USD/sample">>> per_sample;
  /// \}
  std::optional<Count> instances;  ///< whole instances which are rented
  std::string price_name;          ///< of the price entry, with its term
  std::string price_date;          ///< `as_of` of the price, empty if the entry has none
  std::vector<std::string> notes;  ///< e.g. devices paid for and not used
};

/// Rented if the price has a rate, owned otherwise. \pre `in.cluster` is not null
EconomicsResult solve(EconomicsInput const& in, Ledger& ledger);
Section report(EconomicsResult const& r);

}  // namespace mlsysim::solvers
