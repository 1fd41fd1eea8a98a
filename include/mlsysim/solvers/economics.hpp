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

struct EconomicsInput {
  systems::Cluster const* cluster = nullptr;
  infrastructure::Price const* price = nullptr;  ///< with a rate: rented; with a purchase price or null: owned
  std::optional<Sourced<Time>> lifetime;         ///< service life, owned hardware
  std::optional<Sourced<EnergyPrice>> electricity_price;
  std::optional<Real> pue;
  std::optional<Sourced<Power>> it_power;        ///< mean of everything used, before PUE
  std::optional<Real> utilisation;               ///< share of the paid time which is useful work; assumed 1 when absent
  std::optional<Sourced<Time>> duration;         ///< of useful work: the run, or a service's horizon
  // Useful output while working, all devices together.
  std::optional<Sourced<TokenRate>> token_rate;
  std::optional<Sourced<RequestRate>> request_rate;
  std::optional<Sourced<SampleRate>> sample_rate;
};

struct CostPart {
  std::string name;  ///< rent, depreciation, electricity
  Sourced<MoneyRate> rate;
};

struct EconomicsResult {
  bool judged = false;               ///< false: something is missing, `missing` says what; no cost is then given
  std::vector<std::string> missing;  ///< e.g. `electricity price`
  Tenure tenure = Tenure::rent;
  std::vector<CostPart> parts;
  std::optional<Sourced<MoneyRate>> rate;  ///< sum of the parts, all devices
  std::optional<Sourced<MoneyRate>> device_rate;  ///< per device
  Real utilisation;
  std::optional<Sourced<Money>> cost;      ///< of `duration` of useful work
  std::optional<Sourced<Quantity<"USD/token">>> per_token;
  std::optional<Sourced<Quantity<"USD/request">>> per_request;
  std::optional<Sourced<Quantity<"USD/sample">>> per_sample;
  std::optional<Count> instances;
  std::string price_name;                  ///< of the price entry, with its term
  std::string price_date;                  ///< `as_of` of the price, empty if the entry has none
  std::vector<std::string> notes;          ///< e.g. devices paid for and not used
};

EconomicsResult solve(EconomicsInput const& in, Ledger& ledger);
Section report(EconomicsResult const& r);

}  // namespace mlsysim::solvers
