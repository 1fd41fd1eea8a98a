#include <fmt/format.h>

#include "commands.hpp"
#include "mlsysim/describe/report.hpp"
#include "mlsysim/equations/scaling.hpp"
#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/solvers/performance.hpp"
#include "mlsysim/solvers/scaling.hpp"
#include "mlsysim/units/text.hpp"
#include "mlsysim/workload/operator.hpp"

namespace mlsysim::cli {
namespace {

[[noreturn]] void refuse(std::string message, std::string help) { throw InputError({{240, std::move(message), {}, "", std::move(help)}}); }

/// A quantity of the command line as a fact of the ledger.
template <Dimension D>
Sourced<Quantity<D>> given(std::string const& text, char const* option, Ledger& ledger, char const* example) {
  const auto q = parse_quantity(text);
  if (q.error != QuantityTextError::none || !(q.dimension() == D) || q.base_value() <= 0)
    refuse(fmt::format("--{} wants a positive quantity in {}, not '{}'", option, D.unit(), text), fmt::format("e.g. --{} \"{}\"", option, example));
  Fact f;
  f.path = std::string("--") + option, f.value = q.base_value(), f.dimension = D, f.as_written = text, f.kind = Origin::Kind::given;
  return {Quantity<D>{q.base_value()}, ledger.add(std::move(f))};
}

Real number(double value, char const* option, Ledger& ledger) {
  Fact f;
  f.path = std::string("--") + option, f.value = value, f.as_written = fmt::format("{}", value), f.kind = Origin::Kind::given;
  return {value, ledger.add(std::move(f))};
}

template <class T>
T entry(registry::Catalogue const& catalogue, EntryKind kind, std::string const& name, Ledger& ledger) {
  auto const* e = catalogue.entry(kind, name);
  if (e) return catalogue.read<T>(*e, ledger);
  std::string list;
  for (auto const& n : catalogue.near(kind, name)) list += (list.empty() ? "" : ", ") + n;
  refuse(fmt::format("no {} '{}' in the registry{}{}", entry_kind_name[static_cast<std::size_t>(kind)], name, list.empty() ? "" : "; nearest: ", list), fmt::format("`mlsysim list {}s` shows what there is", entry_kind_name[static_cast<std::size_t>(kind)]));
}

}  // namespace

int scaling(ScalingOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  Ledger ledger;
  ledger.recording = true;
  const auto law = entry<workload::ScalingLaw>(catalogue, EntryKind::scaling_law, o.law, ledger);
  solvers::ScalingInput in;
  in.law = &law;

  Section budget{"budget", "Budget", {}, {}, {}, {}, {}};
  const int budgets = !o.compute.empty() + !o.device_time.empty() + !o.money.empty();
  if (budgets > 1) refuse("a budget is given more than once", "write one of --compute, --device-time and --money");
  if (!o.compute.empty()) in.budget = given<Dimension("FLOP")>(o.compute, "compute", ledger, "1e24 FLOP");
  if (!o.device_time.empty() || !o.money.empty()) {
    if (o.mfu <= 0) refuse("device time becomes compute at a utilisation, and none is given", "add --mfu, e.g. --mfu 0.4; `mlsysim eval` of a training scenario predicts it");
    std::string device_name = o.hardware;
    std::optional<Sourced<Time>> time;
    if (!o.money.empty()) {
      if (o.price.empty()) refuse("money becomes device time at a price, and none is given", "add --price, e.g. --price price_aws_p5_48xlarge_on_demand; `mlsysim list prices` names more");
      const auto price = entry<infrastructure::Price>(catalogue, EntryKind::price, o.price, ledger);
      if (!price.rate) refuse(fmt::format("'{}' is a price of buying, not a rate", price.name), "`mlsysim list prices` names rates of rent");
      if (device_name.empty()) device_name = price.device;
      const auto money = given<Dimension("USD")>(o.money, "money", ledger, "1e6 USD");
      const auto instance = eq::rented_time.with(ledger, money, *price.rate);
      time = Sourced<Time>{instance.value * price.devices.value, instance.origin};
      budget.estimate("device_time", "device time which the money rents", *time, Confidence::theoretical).note = price.name;
    } else {
      time = given<Dimension("s")>(o.device_time, "device-time", ledger, "1e6 h");
    }
    if (device_name.empty()) refuse("device time becomes compute on a device, and none is given", "add --hardware, e.g. --hardware H100");
    const auto device = entry<hardware::Device>(catalogue, EntryKind::hardware, device_name, ledger);
    const auto precision = workload::Precision::bf16;
    const auto peak = solvers::peak_for(device, precision, true, ledger);
    in.budget = eq::delivered_budget.with(ledger, *time, peak, number(o.mfu, "mfu", ledger));
    budget.estimate("compute", "compute of the budget", *in.budget, Confidence::theoretical).note = fmt::format("{} at {:.0f} % of its dense bf16 peak", device.name, 100 * o.mfu);
  }
  if (!o.model.empty()) {
    const auto model = entry<workload::Model>(catalogue, EntryKind::model, o.model, ledger);
    in.parameters = workload::count_parameters(model, ledger).total;
  } else if (!o.parameters.empty()) {
    const auto q = parse_quantity(o.parameters);
    if (q.error != QuantityTextError::none || !(q.dimension() == Dimension{}) || q.base_value() <= 0) refuse(fmt::format("--parameters wants a positive number, not '{}'", o.parameters), "e.g. --parameters 8e9");
    in.parameters = number(q.base_value(), "parameters", ledger);
  }
  if (!o.tokens.empty()) in.tokens = given<Dimension("token")>(o.tokens, "tokens", ledger, "15 Ttoken");
  if (!o.inference.empty()) in.inference = given<Dimension("token")>(o.inference, "inference", ledger, "2 Ttoken");
  if (!in.budget && !(in.parameters && in.tokens))
    refuse("neither a budget nor a model with its tokens is given", "write --compute \"1e24 FLOP\", --device-time \"1e6 h\" --hardware H100 --mfu 0.4, --money \"1e6 USD\" --price … --mfu 0.4, or --model … --tokens …");
  if (in.tokens && !in.parameters) refuse("--tokens is of a model, and none is given", "add --model or --parameters");
  if (in.budget && in.parameters && in.tokens) refuse("a budget, a model and its tokens are one too many: 6 N D is the budget", "leave out --tokens, or the budget");

  const Section plans = solvers::report(solvers::solve(in, ledger));
  std::string out;
  if (common.format == "text") {
    if (!budget.metrics.empty()) out += render::text(budget, style(common));
    out += render::text(plans, style(common));
    write(out, common);
    return done;
  }
  Table t{"scaling", "scaling", {text_column("metric"), {"value", "value", {}, false, false, {}}, text_column("unit"), text_column("label"), text_column("note")}, {}};
  for (Section const* s : {static_cast<Section const*>(&budget), &plans})
    for (auto const& m : s->metrics) t.rows.push_back({{0, s->id + "." + m.id}, {m.value, {}}, {0, std::string(m.dimension.unit())}, {0, m.label}, {0, m.note}});
  write(t, common);
  return done;
}

}  // namespace mlsysim::cli
