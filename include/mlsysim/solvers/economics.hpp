#pragma once
/// \file
/// What it costs: rented at a dated price, or owned with interest, network, building, power, repairs and staff.
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

/// What owning costs beside the machines and their electricity. What is not given is not in the cost, and the result says so.
struct Ownership {
  std::optional<Real> interest;                         ///< per year; absent: straight-line depreciation
  std::optional<Real> residual;                         ///< share of the price which comes back at the end
  std::optional<Real> network;                          ///< switches and cables as a share of the price
  std::optional<Sourced<Quantity<"USD/W">>> facility;   ///< building, power and cooling per IT power
  std::optional<Sourced<Time>> facility_lifetime;       ///< over which the building is paid off
  std::optional<Real> maintenance;                      ///< share of the price per year
  std::optional<Sourced<MoneyRate>> staff;              ///< people for this system
};
void describe(Ownership&, Fields&);

/// Instances which are taken away and come back, each at random.
struct Spot {
  Sourced<Time> time_between;       ///< interruptions of one instance
  Sourced<Time> checkpoint_time;    ///< for which work stops to save its state
  Sourced<Time> restart_time;       ///< from the interruption to useful work
};
void describe(Spot&, Fields&);

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
  Ownership ownership{};                              ///< further parts of owning
  std::optional<Spot> spot{};                         ///< interruptions of what is rented
  infrastructure::Price const* alternative = nullptr; ///< against which it is weighed: renting against owning
  infrastructure::Price const* storage_price = nullptr; ///< of stored data and egress
  std::optional<Sourced<Data>> stored{};              ///< data which are kept all the time
  std::optional<Sourced<Data>> egress{};              ///< data which leave the provider once
};

/// One part of the cost.
struct CostPart {
  std::string name;         ///< rent, depreciation or annuity, network, facility, electricity, maintenance, staff, storage
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
  std::optional<Sourced<Money>> egress;           ///< of data which leave once; part of `cost`
  std::optional<Real> spot_goodput;               ///< useful share of the time of interrupted instances
  std::optional<Sourced<Money>> capital;          ///< price of buying all of it, owned hardware
  // Renting against owning; absent without an alternative.
  std::optional<Sourced<MoneyRate>> alternative_rate;   ///< what the alternative costs per time
  std::string alternative_name;                         ///< of its price entry
  std::optional<Real> break_even_utilisation;           ///< above which owning is cheaper than renting only the useful time
  std::optional<Sourced<Time>> break_even_time;         ///< after which owning has saved its capital at this utilisation; absent: never
  std::optional<Count> instances;  ///< whole instances which are rented
  std::string price_name;          ///< of the price entry, with its term
  std::string price_date;          ///< `as_of` of the price, empty if the entry has none
  std::vector<std::string> notes;  ///< e.g. devices paid for and not used
};

/// Rented if the price has a rate, owned otherwise. \pre `in.cluster` is not null
EconomicsResult solve(EconomicsInput const& in, Ledger& ledger);
Section report(EconomicsResult const& r);

}  // namespace mlsysim::solvers
