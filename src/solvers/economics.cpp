#include "mlsysim/solvers/economics.hpp"

#include <fmt/format.h>

#include "mlsysim/equations/economics.hpp"
#include "mlsysim/equations/reliability.hpp"

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
    data();
    r_.judged = r_.missing.empty();
    if (r_.judged) divide();
    else r_.parts.clear();
    return std::move(r_);
  }

 private:
  Sourced<Time> year() { return assumed(ledger_, "economics.year", 1 * unit<"year">, "interest and maintenance are stated per year"); }

  void rent() {
    auto const& price = *in_.price;
    name_price(price, price.rate->origin);
    const Real instances = eq::whole_instances.with(ledger_, in_.cluster->devices, price.devices);
    r_.instances = whole(instances);
    r_.parts.push_back({"rent", eq::rent.with(ledger_, instances, *price.rate)});
    if (in_.spot) {
      const auto between = eq::fleet_mtbf.with(ledger_, in_.spot->time_between, instances);
      const auto interval = eq::young_interval.with(ledger_, in_.spot->checkpoint_time, between);
      r_.spot_goodput = eq::goodput.with(ledger_, interval, in_.spot->checkpoint_time, in_.spot->restart_time, between);
      r_.utilisation = eq::useful_share.with(ledger_, r_.utilisation, *r_.spot_goodput);
    }
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
    auto const& o = in_.ownership;
    r_.capital = eq::purchase.with(ledger_, units, *price);
    const auto pay_off = [&](char const* straight, char const* with_interest, Sourced<Money> each) {
      const Sourced<Money> rest = o.residual ? eq::price_to_pay_off.with(ledger_, each, *o.residual) : each;
      if (o.interest) r_.parts.push_back({with_interest, eq::annuity.with(ledger_, units, rest, *o.interest, *in_.lifetime, year())});
      else r_.parts.push_back({straight, eq::depreciation.with(ledger_, units, rest, *in_.lifetime)});
    };
    pay_off("depreciation", "annuity", *price);
    if (o.network) {
      const auto network = eq::network_price.with(ledger_, *price, *o.network);
      pay_off("network", "network", network);
      r_.capital = eq::total_cost.with(ledger_, *r_.capital, eq::purchase.with(ledger_, units, network));
    }
    if (o.facility) {
      if (o.facility_lifetime) r_.parts.push_back({"facility", eq::facility.with(ledger_, *in_.it_power, *o.facility, *o.facility_lifetime)});
      else r_.missing.emplace_back("facility_lifetime: over which the building is paid off");
    }
    r_.parts.push_back({"electricity", eq::electricity.with(ledger_, *in_.it_power, *in_.pue, *in_.electricity_price)});
    if (o.maintenance) r_.parts.push_back({"maintenance", eq::maintenance.with(ledger_, units, *price, *o.maintenance, year())});
    if (o.staff) r_.parts.push_back({"staff", *o.staff});
    std::string left_out;
    const auto check = [&](bool there, char const* what) {
      if (!there) left_out.append(left_out.empty() ? "" : ", ").append(what);
    };
    check(o.interest.has_value(), "interest"), check(o.network.has_value(), "network"), check(o.facility.has_value(), "facility"), check(o.maintenance.has_value(), "maintenance"), check(o.staff.has_value(), "staff");
    if (!left_out.empty()) r_.notes.push_back("not in the cost, as `infrastructure.ownership` does not give them: " + left_out);
  }

  void data() {
    if (!in_.stored && !in_.egress) return;
    if (!in_.storage_price) {
      r_.missing.emplace_back("a price of storage: name one under infrastructure.data.price");
      return;
    }
    auto const& price = *in_.storage_price;
    if (in_.stored) {
      if (price.storage) r_.parts.push_back({"storage", eq::storage_cost.with(ledger_, *in_.stored, *price.storage)});
      else r_.missing.push_back(fmt::format("storage: '{}' has no price of keeping data", price.name));
    }
    if (in_.egress) {
      if (price.egress) r_.egress = eq::egress_cost.with(ledger_, *in_.egress, *price.egress);
      else r_.missing.push_back(fmt::format("egress: '{}' has no price of carrying data out", price.name));
    }
  }

  void name_price(infrastructure::Price const& price, Origin origin) {
    r_.price_name.assign(price.name).append(" (").append(names_of(price.term)[static_cast<std::size_t>(price.term)]).append(")");
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
    if (in_.duration) {
      r_.cost = eq::run_cost.with(ledger_, *r_.rate, *in_.duration, r_.utilisation);
      if (r_.egress) r_.cost = eq::total_cost.with(ledger_, *r_.cost, *r_.egress);
    }
    if (in_.token_rate) r_.per_token = eq::cost_per_token.with(ledger_, *r_.rate, *in_.token_rate, r_.utilisation);
    if (in_.request_rate) r_.per_request = eq::cost_per_request.with(ledger_, *r_.rate, *in_.request_rate, r_.utilisation);
    if (in_.sample_rate) r_.per_sample = eq::cost_per_sample.with(ledger_, *r_.rate, *in_.sample_rate, r_.utilisation);
  }

  EconomicsInput const& in_;
  Ledger& ledger_;
  EconomicsResult r_;
};

/// Electricity, repairs, people: what goes on when the machines are paid for.
Sourced<MoneyRate> running_cost(EconomicsResult const& r, Ledger& ledger) {
  std::vector<Sourced<MoneyRate>> rates;
  for (auto const& p : r.parts)
    if (p.name == "electricity" || p.name == "maintenance" || p.name == "staff") rates.push_back(p.rate);
  return sum<MoneyRate>(ledger, "running cost", rates);
}

}  // namespace

void describe(Ownership& o, Fields& f) {
  f("interest", o.interest, "interest per year on what is not yet paid off; straight-line depreciation when left out", positive, at_most(1.0));
  f("residual", o.residual, "share of the price which comes back at the end", positive, at_most(0.99));
  f("network", o.network, "switches and cables as a share of the price of the machines", positive, at_most(5.0));
  f("facility", o.facility, "building, power and cooling per IT power", positive);
  f("facility_lifetime", o.facility_lifetime, "over which the building is paid off", positive);
  f("maintenance", o.maintenance, "repairs and spare parts per year as a share of the price", positive, at_most(1.0));
  f("staff", o.staff, "people for this system", positive);
}

void describe(Spot& s, Fields& f) {
  f("time_between", s.time_between, "mean time between interruptions of one instance", positive);
  f("checkpoint_time", s.checkpoint_time, "time for which work stops to save its state", positive);
  f("restart_time", s.restart_time, "time from an interruption to useful work", positive);
}

std::string_view name(Tenure t) { return tenure_names[static_cast<std::size_t>(t)]; }

EconomicsResult solve(EconomicsInput const& in, Ledger& ledger) {
  EconomicsResult r = Bill(in, ledger).make();
  if (!in.alternative || !r.judged) return r;
  EconomicsInput other = in;
  other.price = in.alternative, other.alternative = nullptr;
  const EconomicsResult o = Bill(other, ledger).make();
  if (!o.judged) {
    for (auto const& m : o.missing) r.notes.push_back("the alternative is not judged for want of " + m);
    return r;
  }
  r.alternative_rate = o.rate, r.alternative_name = o.price_name;
  if (r.tenure == o.tenure) return r;
  EconomicsResult const& own = r.tenure == Tenure::own ? r : o;
  EconomicsResult const& rent = r.tenure == Tenure::own ? o : r;
  const Real used = in.utilisation ? *in.utilisation : own.utilisation;
  const auto break_even = eq::break_even_utilisation.with(ledger, *own.rate, *rent.rate);
  const auto running = running_cost(own, ledger);
  if (own.capital && rent.rate->value * used.value > running.value) r.break_even_time = eq::break_even_time.with(ledger, *own.capital, *rent.rate, used, running);
  r.break_even_utilisation = break_even;
  return r;
}

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
  number("egress", "of which egress", r.egress);
  number("per_token", "cost per token", r.per_token);
  number("per_request", "cost per request", r.per_request);
  number("per_sample", "cost per sample", r.per_sample);
  number("capital", "price of buying all of it", r.capital);
  if (r.spot_goodput) s.estimate("spot_goodput", "useful share between interruptions", *r.spot_goodput, Confidence::theoretical).percent = true;
  number("alternative_rate", "cost per time of the alternative", r.alternative_rate);
  if (!r.alternative_name.empty()) s.metrics.back().note = r.alternative_name;
  if (r.break_even_utilisation) {
    auto& m = s.estimate("break_even_utilisation", "utilisation above which owning is cheaper", *r.break_even_utilisation, Confidence::theoretical);
    m.percent = true;
    m.note = r.break_even_utilisation->value > 1 ? "never: renting all the time costs less" : "than renting the useful time alone";
  }
  if (r.break_even_time) s.estimate("break_even_time", "time after which buying is saved", *r.break_even_time, Confidence::theoretical).note = "at this utilisation";
  if (r.break_even_utilisation && r.rate) {
    Table t{"utilisation", "rent the useful time, or own all of it", {{"used", "useful share", {}, false, true, {}}, {"own", "own", Dimension("USD/s"), false, false, {}}, {"rent", "rent", Dimension("USD/s"), false, false, {}}, {"cheaper", "cheaper", {}, true, false, {}}}, {}};
    const double own = (r.tenure == Tenure::own ? r.rate : r.alternative_rate)->value.raw(), rent = (r.tenure == Tenure::own ? r.alternative_rate : r.rate)->value.raw();
    for (double u : {0.1, 0.25, 0.5, 0.75, 1.0}) t.rows.push_back({{u, {}}, {own, {}}, {rent * u, {}}, {0, own < rent * u ? "own" : "rent"}});
    s.tables.push_back(std::move(t));
  }
  if (r.instances) s.metric("instances", "units paid for", *r.instances);
  if (!r.price_name.empty())
    s.notes.push_back(fmt::format("price: {}, {}", r.price_name, r.price_date.empty() ? "no date stated" : "as of " + r.price_date));
  for (auto const& m : r.missing) s.notes.push_back("not judged for want of " + m);
  for (auto const& n : r.notes) s.notes.push_back(n);
  return s;
}

}  // namespace mlsysim::solvers
