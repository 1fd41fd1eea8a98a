#pragma once
/// \file
/// Layer C: what a machine stands in and what it costs: grids, datacentres, prices.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/fields.hpp"

namespace mlsysim::infrastructure {

/// Whether a grid factor counts fuel supply and plant construction (life_cycle) or the stack alone (direct).
enum class CarbonBasis : std::uint8_t { life_cycle, direct };
/// Whether a grid factor is of the physical mix or of contracts (GHG Protocol Scope 2).
enum class CarbonAccounting : std::uint8_t { location_based, market_based };
/// How heat leaves a datacentre; `free` is without chillers, `unknown` not stated by the source.
enum class Cooling : std::uint8_t { air, evaporative, liquid, immersion, free, unknown };
/// Under which contract a price holds. All but `purchase` are rates of rent; a `capacity_block` is booked for fixed days.
enum class PriceTerm : std::uint8_t { on_demand, reserved, spot, capacity_block, purchase };

std::span<const std::string_view> names_of(CarbonBasis);
std::span<const std::string_view> names_of(CarbonAccounting);
std::span<const std::string_view> names_of(Cooling);
std::span<const std::string_view> names_of(PriceTerm);

/// An electricity grid.
struct Grid {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string zone;
  std::string scope;
  Sourced<GridIntensity> intensity;
  CarbonBasis basis = CarbonBasis::life_cycle;
  CarbonAccounting accounting = CarbonAccounting::location_based;
  std::optional<Sourced<EnergyPrice>> electricity_price;
  std::optional<Sourced<WaterPerEnergy>> water_intensity;  ///< water used in generating the electricity
};

/// A kind of place to run machines in.
struct Datacentre {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  Real pue;                                    ///< facility energy / IT energy, at least 1
  std::optional<Sourced<WaterPerEnergy>> wue;  ///< site water per IT energy
  Cooling cooling = Cooling::unknown;
  std::optional<Count> year;
};

/// A dated price of renting or buying.
struct Price {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string provider;
  std::string instance;
  std::string device;  ///< id of the device it contains
  Count devices;
  std::optional<Sourced<MoneyRate>> rate;  ///< of the whole instance
  std::optional<Sourced<Money>> price;     ///< of buying it
  std::optional<Sourced<Quantity<"USD/B/s">>> storage;  ///< of keeping data, for a price of storage
  std::optional<Sourced<Quantity<"USD/B">>> egress;     ///< of carrying data out of the provider's network
  PriceTerm term = PriceTerm::on_demand;
};

void describe(Grid&, Fields&);
void describe(Datacentre&, Fields&);
void describe(Price&, Fields&);
constexpr EntryKind entry_kind(Grid const&) { return EntryKind::grid; }
constexpr EntryKind entry_kind(Datacentre const&) { return EntryKind::datacentre; }
constexpr EntryKind entry_kind(Price const&) { return EntryKind::price; }

}  // namespace mlsysim::infrastructure
