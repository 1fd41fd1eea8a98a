#pragma once
/// \file
/// Energy, carbon and water of a run or a service, and how long a battery lasts.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/systems/cluster.hpp"

namespace mlsysim::solvers {

/// IT power of a cluster whose devices draw `device_power` each: devices, plus what its nodes draw beside their devices
/// (node maximum - devices * TDP, taken as constant). Without a node maximum: the devices alone, as a named assumption.
Sourced<Power> it_power(systems::Cluster const& cluster, Sourced<Power> device_power, Ledger& ledger);

/// Energy, where it is used, and what it bought. What is missing is not judged.
struct SustainabilityInput {
  systems::Cluster const* cluster = nullptr;               ///< for embodied carbon; may be null
  std::optional<Sourced<Power>> it_power;                  ///< mean, of all used hardware, before PUE
  std::optional<Sourced<Time>> duration;                   ///< of that power
  std::optional<Sourced<Energy>> it_energy;                ///< instead of power and duration
  infrastructure::Grid const* grid = nullptr;              ///< carbon and water of the electricity
  infrastructure::Datacentre const* datacentre = nullptr;  ///< PUE and WUE
  std::optional<Sourced<Time>> lifetime;                   ///< over which embodied carbon is spread
  std::optional<Real> utilisation;                         ///< share of the service life with useful work
  std::vector<infrastructure::Grid const*> regions{};      ///< other places for the same energy
  std::vector<Sourced<GridIntensity>> by_hour{};           ///< mean intensity of each of the 24 hours of a day
  std::optional<Count> hours_per_day{};                    ///< cleanest so many hours in which a run works, in place of all day
  std::optional<Sourced<Quantity<"USD/gCO2e">>> carbon_price{};  ///< of an emission
  // What the energy bought; each gives a metric per unit.
  /// \{
  /// What the energy bought; each gives a metric per unit.
  std::optional<Sourced<Tokens>> tokens;
  std::optional<Sourced<Requests>> requests;
  std::optional<Sourced<Samples>> samples;
  /// \}
};

/// The same energy in another place.
struct Region {
  std::string name;                                 ///< of the grid
  Sourced<GridIntensity> intensity;                 ///< its factor
  Sourced<Carbon> carbon;                           ///< operational
  std::optional<Sourced<Water>> water;              ///< of generation, where known
  bool comparable = true;                           ///< same basis and accounting as the scenario's grid
};

/// Energy, carbon and water; absent where an input is missing.
struct SustainabilityResult {
  std::optional<Sourced<Energy>> it_energy;  ///< before PUE
  std::optional<Sourced<Energy>> energy;   ///< of the facility: IT energy * PUE, applied once here and nowhere else
  std::optional<Real> pue;  ///< of the datacentre; absent: facility energy is not judged
  std::optional<Sourced<Carbon>> operational_carbon;  ///< facility energy * grid intensity
  std::optional<Sourced<Carbon>> embodied_carbon;     ///< share of the hardware's manufacturing
  std::optional<Sourced<Carbon>> carbon;              ///< operational + embodied where known, else operational alone (see notes)
  std::optional<Sourced<Water>> site_water;           ///< IT energy * WUE
  std::optional<Sourced<Water>> grid_water;           ///< facility energy * water of generation
  std::optional<Sourced<Water>> water;                ///< sum of the known parts
  std::optional<Sourced<Quantity<"J/token">>> energy_per_token;      ///< facility
  /// \{
  /// Of the facility, per unit of what it bought.
  std::optional<Sourced<Quantity<"J/request">>> energy_per_request;
  std::optional<Sourced<Quantity<"J/sample">>> energy_per_sample;
  std::optional<Sourced<Quantity<"gCO2e/token">>> carbon_per_token;
  std::optional<Sourced<Quantity<"gCO2e/request">>> carbon_per_request;
  std::optional<Sourced<Quantity<"gCO2e/sample">>> carbon_per_sample;
  /// \}
  std::optional<Sourced<Money>> carbon_cost;         ///< at the carbon price
  std::vector<Region> regions;                       ///< the scenario's own first
  std::optional<Sourced<Carbon>> round_the_clock;    ///< operational carbon at the mean of all hours
  std::optional<Sourced<Carbon>> shifted;            ///< operational carbon at the cleanest hours
  std::optional<Real> shift_saving;                  ///< share which that saves
  std::optional<Sourced<Time>> shifted_time;         ///< on the clock, when the run works in these hours only
  std::vector<std::string> missing;  ///< what was not judged for want of which input
  std::vector<std::string> notes;    ///< accounting basis, dates
};

/// Applies PUE once, then grid factors to facility energy and WUE to IT energy.
SustainabilityResult solve(SustainabilityInput const& in, Ledger& ledger);
Section report(SustainabilityResult const& r);

/// A device which works now and then, from a battery.
struct BatteryInput {
  Sourced<Energy> battery;                    ///< usable energy
  Sourced<SampleRate> rate;                   ///< inferences per time
  Sourced<Quantity<"J/sample">> energy;       ///< of one inference, device boundary
  Sourced<Time> latency;                      ///< of one inference
  std::optional<Sourced<Power>> sleep_power;  ///< between inferences; absent: not judged
};
/// How long it lasts.
struct BatteryResult {
  Real duty;                                   ///< share of the time the device is awake; above 1 it cannot keep up
  std::optional<Sourced<Power>> active_power;  ///< mean, from inferences
  std::optional<Sourced<Power>> power;         ///< mean, sleep included
  std::optional<Sourced<Time>> life;           ///< of one charge; absent where sleep is not known
  Sourced<Energy> energy_per_day;              ///< of inferences alone where sleep is not known
  std::vector<std::string> missing;            ///< inputs for want of which something was not judged
};
/// Duty cycle, mean power and life.
BatteryResult solve(BatteryInput const& in, Ledger& ledger);
Section report(BatteryResult const& r);

}  // namespace mlsysim::solvers
