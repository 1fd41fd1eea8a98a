#include "mlsysim/solvers/economics.hpp"

#include <fmt/format.h>

#include "mlsysim/equations/economics.hpp"

namespace mlsysim::solvers {
namespace {

constexpr std::string_view tenure_names[] = {"rent", "own"};

std::string date_of(Ledger const& ledger, Origin origin) {
  Fact const* fact = ledger.fact(origin);
  return fact ? fact->as_of : std::string{};
}

Count whole(Real const& r) { return {static_cast<int>(r.value), r.origin}; }

class Bill {
 public:
  Bill(EconomicsInput const& in, Ledger& ledger) : in_{in}, ledger_{ledger} {}

  EconomicsResult make() {
    r_.tenure = in_.price && in_.price->rate ? Tenure::rent : Tenure::own;
    r_.utilisation = in_.utilisation ? *in_.utilisation
                                     : assumed(ledger_, "economics.utilisation", 1.0, "not given: all paid time is useful work, a lower bound of cost");
    if (r_.tenure == Tenure::rent) rent();
    else own();
    r_.judged = r_.missing.empty();
    if (r_.judged) divide();
    else r_.parts.clear();
    return std::move(r_);
  }

 private:
  void rent() {
    auto const& price = *in_.price;
    name_price(price, price.rate->origin);
    const Real instances = eq::whole_instances.with(ledger_, in_.cluster->devices, price.devices);
    r_.instances = whole(instances);
    r_.parts.push_back({"rent", eq::rent.with(ledger_, instances, *price.rate)});
    note_unused(price.devices.value);
    if (price.device != in_.cluster->device.id && !price.device.empty() && !in_.cluster->device.id.empty())
      r_.notes.push_back(fmt::format("the price is of an instance with {}, the system has {}", price.device, in_.cluster->device.id));
  }

  void own() {
    auto const& c = *in_.cluster;
    Real units;
    std::optional<Sourced<Money>> price;
    if (in_.price && in_.price->price) {
      name_price(*in_.price, in_.price->price->origin);
      units = eq::whole_instances.with(ledger_, c.devices, in_.price->devices);
      price = in_.price->price;
      note_unused(in_.price->devices.value);
    } else if (c.node_price) {
      units = eq::whole_instances.with(ledger_, c.devices, c.devices_per_node);
      price = c.node_price;
      r_.price_name = "node";
      note_unused(c.devices_per_node.value);
    } else if (c.device.price) {
      units = c.devices;
      price = c.device.price;
      r_.price_name = c.device.name;
      r_.notes.emplace_back("device prices only: host, network and building are not in the cost");
    } else {
      r_.missing.emplace_back("a price: name one under infrastructure.price, or give the node a price");
    }
    if (price && r_.price_date.empty()) r_.price_date = date_of(ledger_, price->origin);
    if (!in_.lifetime) r_.missing.emplace_back("lifetime: over which the hardware is paid off");
    if (!in_.it_power) r_.missing.emplace_back("power: the devices state none");
    if (!in_.pue) r_.missing.emplace_back("pue: name a datacentre");
    if (!in_.electricity_price) r_.missing.emplace_back("electricity price: name a grid with one, or give infrastructure.electricity_price");
    if (!r_.missing.empty()) return;
    r_.instances = whole(units);
    r_.parts.push_back({"depreciation", eq::depreciation.with(ledger_, units, *price, *in_.lifetime)});
    r_.parts.push_back({"electricity", eq::electricity.with(ledger_, *in_.it_power, *in_.pue, *in_.electricity_price)});
  }

  void name_price(infrastructure::Price const& price, Origin origin) {
    r_.price_name = fmt::format("{} ({})", price.name, names_of(price.term)[static_cast<std::size_t>(price.term)]);
    r_.price_date = date_of(ledger_, origin);
  }

  void note_unused(int per_instance) {
    const int used = in_.cluster->devices.value;
    if (per_instance > 0 && used % per_instance != 0)
      r_.notes.push_back(fmt::format("{} devices are paid for and {} are used", (used / per_instance + 1) * per_instance, used));
  }

  void divide() {
    std::vector<Sourced<MoneyRate>> rates;
    for (auto const& p : r_.parts) rates.push_back(p.rate);
    r_.rate = sum<MoneyRate>(ledger_, "cost per time", rates);
    r_.device_rate = eq::device_rate.with(ledger_, *r_.rate, in_.cluster->devices);
    if (in_.duration) r_.cost = eq::run_cost.with(ledger_, *r_.rate, *in_.duration, r_.utilisation);
    if (in_.token_rate) r_.per_token = eq::cost_per_token.with(ledger_, *r_.rate, *in_.token_rate, r_.utilisation);
    if (in_.request_rate) r_.per_request = eq::cost_per_request.with(ledger_, *r_.rate, *in_.request_rate, r_.utilisation);
    if (in_.sample_rate) r_.per_sample = eq::cost_per_sample.with(ledger_, *r_.rate, *in_.sample_rate, r_.utilisation);
  }

  EconomicsInput const& in_;
  Ledger& ledger_;
  EconomicsResult r_;
};

}  // namespace

std::string_view name(Tenure t) { return tenure_names[static_cast<std::size_t>(t)]; }

EconomicsResult solve(EconomicsInput const& in, Ledger& ledger) { return Bill(in, ledger).make(); }

Section report(EconomicsResult const& r) {
  Section s{"economics", "Economics", {}, {}, {}, {}, {}};
  const auto number = [&](char const* id, char const* label, auto const& v) {
    if (v) s.estimate(id, label, *v, Confidence::theoretical);
  };
  number("rate", "cost per time", r.rate);
  number("device_rate", "cost per device and time", r.device_rate);
  for (auto const& p : r.parts) s.estimate(p.name, "of which " + p.name, p.rate, Confidence::theoretical);
  if (r.judged) s.metric("utilisation", "useful share of the paid time", r.utilisation).percent = true;
  number("cost", "cost of the run", r.cost);
  number("per_token", "cost per token", r.per_token);
  number("per_request", "cost per request", r.per_request);
  number("per_sample", "cost per sample", r.per_sample);
  if (r.instances) s.metric("instances", "units paid for", *r.instances);
  if (!r.price_name.empty())
    s.notes.push_back(fmt::format("price: {}, {}", r.price_name, r.price_date.empty() ? "no date stated" : "as of " + r.price_date));
  for (auto const& m : r.missing) s.notes.push_back("not judged for want of " + m);
  for (auto const& n : r.notes) s.notes.push_back(n);
  return s;
}

}  // namespace mlsysim::solvers
