#include "mlsysim/infrastructure/site.hpp"

namespace mlsysim::infrastructure {
namespace {

constexpr std::string_view bases[] = {"life_cycle", "direct"};
constexpr std::string_view accountings[] = {"location_based", "market_based"};
constexpr std::string_view coolings[] = {"air", "evaporative", "liquid", "immersion", "free", "unknown"};
constexpr std::string_view terms[] = {"on_demand", "reserved", "spot", "capacity_block", "purchase"};

}  // namespace

std::span<const std::string_view> names_of(CarbonBasis) { return bases; }
std::span<const std::string_view> names_of(CarbonAccounting) { return accountings; }
std::span<const std::string_view> names_of(Cooling) { return coolings; }
std::span<const std::string_view> names_of(PriceTerm) { return terms; }

void describe(Grid& g, Fields& f) {
  f("id", g.id, "unique name", optional_field);
  f("name", g.name, "name for people", optional_field);
  f("aliases", g.aliases, "other names", optional_field);
  f("zone", g.zone, "country, state or cloud region", optional_field);
  f("scope", g.scope, "what the zone is", optional_field);
  f("intensity", g.intensity, "carbon per electrical energy", not_negative);
  f("basis", g.basis, "whether fuel supply and plant construction are counted", defaults_to(CarbonBasis::life_cycle, "usual in public data"));
  f("accounting", g.accounting, "physical mix or contracts", defaults_to(CarbonAccounting::location_based, "the physical mix"));
  f("electricity_price", g.electricity_price, "price for large users", positive);
  f("water_intensity", g.water_intensity, "water consumed in generation", not_negative);
}

void describe(Datacentre& d, Fields& f) {
  f("id", d.id, "unique name", optional_field);
  f("name", d.name, "name for people", optional_field);
  f("aliases", d.aliases, "other names", optional_field);
  f("pue", d.pue, "power usage effectiveness: facility energy / IT energy", at_least(1.0), at_most(5.0));
  f("wue", d.wue, "water usage effectiveness: site water / IT energy", not_negative);
  f("cooling", d.cooling, "how heat leaves", defaults_to(Cooling::unknown, "not stated by the source"));
  f("year", d.year, "year of the figures", at_least(1990), at_most(2100));
}

void describe(Price& p, Fields& f) {
  f("id", p.id, "unique name", optional_field);
  f("name", p.name, "name for people", optional_field);
  f("aliases", p.aliases, "other names", optional_field);
  f("provider", p.provider, "who offers it", optional_field);
  f("instance", p.instance, "product name", optional_field);
  f("device", p.device, "device it contains", optional_field);
  f("devices", p.devices, "how many devices the price is for", positive, defaults_to(1, "one device"));
  f("rate", p.rate, "rent of the whole instance", positive);
  f("price", p.price, "price of buying it", positive);
  f("storage", p.storage, "price of keeping data", positive);
  f("egress", p.egress, "price of carrying data out of the provider's network", positive);
  f("term", p.term, "contract", defaults_to(PriceTerm::on_demand, "list price without commitment"));
}

}  // namespace mlsysim::infrastructure
