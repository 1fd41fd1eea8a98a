#include "mlsysim/explore/optimize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/text.hpp"

namespace mlsysim::explore {
namespace {

using scenario::Phase;
using scenario::Status;

std::vector<int> divisors(long long n, long long most) {
  std::vector<int> out;
  for (long long i = 1; i <= std::min(n, most); ++i)
    if (n % i == 0) out.push_back(static_cast<int>(i));
  return out;
}
std::vector<int> doubling(int most) {
  std::vector<int> out;
  for (long long i = 1; i <= most; i *= 2) out.push_back(static_cast<int>(i));
  return out;
}

Axis numbers(std::string name, std::vector<int> const& values) {
  Axis a;
  a.name = name;
  a.paths = {std::move(name)};
  a.in_place = a.numeric = true;
  for (int v : values) a.levels.push_back({std::to_string(v), static_cast<double>(v), {static_cast<double>(v)}});
  return a;
}
Axis words(std::string name, std::vector<std::string> const& values) {
  Axis a;
  a.name = name;
  a.paths = {std::move(name)};
  for (auto const& v : values) a.levels.push_back({v, 0, {}});
  return a;
}

struct Machine {
  long long devices = 1, per_node = 1;
  std::string device;
};
Machine machine_of(scenario::Scenario& s) {
  auto const& y = s.system;
  Machine m;
  if (y.node) m.per_node = m.devices = y.node->value.devices.value;
  else if (y.fleet) m.per_node = y.fleet->value.node.value.devices.value, m.devices = m.per_node * y.fleet->value.nodes.value;
  if (y.devices) m.devices = y.devices->value;
  if (y.device) m.per_node = m.devices;
  m.device = scenario::device_of(s).id;
  return m;
}

int layers_of(workload::Model const& m) { return m.transformer && !m.transformer->encoder ? m.transformer->layers.value : 1; }

/// Prices of a device, or of any, under the same kind of contract as the scenario's: rented where that is rented, and never those of storage.
std::vector<std::string> prices_of(registry::Catalogue const& catalogue, std::string_view device, infrastructure::Price const& like) {
  std::vector<std::string> out;
  for (auto const& entry : catalogue.entries()) {
    if (entry.kind != EntryKind::price) continue;
    Ledger ledger;
    const auto p = catalogue.read<infrastructure::Price>(entry, ledger);
    if (p.term == like.term && p.rate.has_value() == like.rate.has_value() && (device.empty() ? !p.device.empty() : p.device == device)) out.emplace_back(entry.id);
  }
  return out;
}

class Builder {
 public:
  Builder(Search search, registry::Catalogue const& catalogue, scenario::Scenario& s) : catalogue_{catalogue}, s_{s}, machine_{machine_of(s)} {
    switch (search) {
      case Search::parallelism: parallelism(); break;
      case Search::placement: placement(); break;
      case Search::serving: serving(); break;
      case Search::hardware: hardware(); break;
    }
  }
  std::vector<Axis> axes;

 private:
  std::vector<int> tensors(long long most) const {
    auto const& t = s_.workload.model.value.transformer;
    if (!t) return {1};
    std::vector<int> out;
    // Tensor ranks talk twice a layer: more of them than two nodes hold are no plan.
    for (int d : divisors(most, std::min<long long>(most, 2 * std::max(8LL, machine_.per_node))))
      if (t->heads.value % d == 0) out.push_back(d);
    return out;
  }

  void parallelism() {
    auto const& m = s_.workload.model.value;
    const long long n = machine_.devices;
    axes.push_back(numbers("system.parallel.tensor", tensors(n)));
    axes.push_back(numbers("system.parallel.pipeline", divisors(n, layers_of(m))));
    if (m.transformer && m.transformer->mixture_of_experts && s_.workload.phase == Phase::training) {
      std::vector<int> experts;
      for (int d : divisors(n, n))
        if (m.transformer->mixture_of_experts->experts.value % d == 0) experts.push_back(d);
      axes.push_back(numbers("system.parallel.expert", experts));
    }
    axes.push_back(numbers("system.parallel.data", divisors(n, n)));
    if (s_.workload.phase != Phase::training) return;
    constexpr int most_micro_batch = 64;
    axes.push_back(numbers("workload.batch", doubling(std::min(most_micro_batch, s_.workload.training->global_batch.value))));
    if (layers_of(m) > 1) axes.push_back(numbers("system.parallel.interleaving", {1, 2, 4}));
    axes.push_back(numbers("system.parallel.zero", {0, 1, 2, 3}));
    Axis recompute = words("workload.training.recompute", {"none", "selective", "full"});
    recompute.in_place = true;
    for (std::size_t i = 0; i < recompute.levels.size(); ++i) recompute.levels[i].values = {static_cast<double>(i)};
    axes.push_back(std::move(recompute));
  }

  void placement() {
    std::vector<std::string> grids;
    for (auto const& e : catalogue_.entries())
      if (e.kind == EntryKind::grid) grids.emplace_back(e.id);
    axes.push_back(words("infrastructure.grid", grids));
    if (s_.infrastructure && s_.infrastructure->price)
      if (auto prices = prices_of(catalogue_, machine_.device, s_.infrastructure->price->value); prices.size() > 1) axes.push_back(words("infrastructure.price", prices));
  }

  void serving() {
    constexpr int most_requests = 1024, most_replicas = 64;
    if (s_.system.device) {
      // Devices are bought as they are needed.
      std::vector<int> counts;
      for (int i = 1; i <= 8 * most_replicas; i = i < 8 ? i + 1 : i + 8) counts.push_back(i);
      axes.push_back(numbers("system.devices", counts));
      axes.push_back(numbers("system.parallel.tensor", tensors(8)));
    } else {
      axes.push_back(numbers("system.devices", divisors(machine_.devices, machine_.devices)));
      axes.push_back(numbers("system.parallel.tensor", tensors(std::min(machine_.devices, machine_.per_node))));
    }
    axes.push_back(numbers("workload.batch", doubling(most_requests)));
  }

  void hardware() {
    auto const& y = s_.system;
    const EntryKind kind = y.device ? EntryKind::hardware : y.node ? EntryKind::node : EntryKind::fleet;
    auto const& own = scenario::device_of(s_);
    std::vector<std::string> names;
    for (auto const& e : catalogue_.entries()) {
      if (e.kind != kind) continue;
      Ledger ledger;
      if (kind == EntryKind::hardware) {
        const auto d = catalogue_.read<hardware::Device>(e, ledger);
        if (d.tier != own.tier || !d.memory.main().level) continue;
      }
      names.emplace_back(e.id);
    }
    axes.push_back(words(y.device ? "system.device" : y.node ? "system.node" : "system.fleet", names));
    if (s_.infrastructure && s_.infrastructure->price && s_.infrastructure->price->value.rate) axes.push_back(words("infrastructure.price", prices_of(catalogue_, "", s_.infrastructure->price->value)));
    if (y.device) {
      axes.push_back(numbers("system.devices", {1, 2, 4, 8}));
      if (s_.workload.model.value.transformer) axes.push_back(numbers("system.parallel.tensor", tensors(8)));
    }
    if (s_.workload.phase == Phase::serving) axes.push_back(numbers("workload.batch", doubling(256)));
  }

  registry::Catalogue const& catalogue_;
  scenario::Scenario& s_;
  Machine machine_;
};

}  // namespace

std::optional<Constraint> parse_constraint(std::string_view argument, std::string const& option, std::vector<Diagnostic>& problems) {
  const auto say = [&](std::size_t at, std::size_t length, std::string message) {
    problems.push_back({314, std::move(message), {option, 1, static_cast<std::uint32_t>(at + 1), static_cast<std::uint32_t>(std::max<std::size_t>(1, length)), std::string(argument)}, "", "write METRIC<=VALUE or METRIC>=VALUE, e.g. 'serving.itl<=50 ms'"});
    return std::nullopt;
  };
  const auto sign = argument.find_first_of("<>");
  if (sign == argument.npos || sign + 1 >= argument.size() || argument[sign + 1] != '=') return say(sign == argument.npos ? 0 : sign, sign == argument.npos ? argument.size() : 1, fmt::format("'{}' holds nothing to a limit", argument));
  const auto trim = [](std::string_view t) {
    while (!t.empty() && t.front() == ' ') t.remove_prefix(1);
    while (!t.empty() && t.back() == ' ') t.remove_suffix(1);
    return t;
  };
  Constraint c;
  c.text = argument;
  c.metric = trim(argument.substr(0, sign));
  c.at_most = argument[sign] == '<';
  c.at = sign + 2;
  const auto value = trim(argument.substr(c.at));
  const auto q = parse_quantity(value);
  if (c.metric.empty()) return say(0, 1, "the limit has no metric in front of it");
  if (q.error != QuantityTextError::none) return say(c.at, argument.size() - c.at, fmt::format("'{}' is no value with a unit", value));
  c.limit = q.base_value();
  c.dimension = q.dimension();
  return c;
}

std::vector<Axis> axes_of(Search search, registry::Catalogue const& catalogue, io::Document const& document, std::vector<Axis> given) {
  Design design(catalogue, document);
  auto& s = design.loaded().scenario;
  const auto refuse = [](std::string message, std::string help) { throw InputError({{203, std::move(message), {}, "", std::move(help)}}); };
  if (search == Search::serving && s.workload.phase != Phase::serving) refuse("only a service can be optimized for serving", "name a scenario with `phase: serving`; `mlsysim list scenarios` shows them");
  if (search == Search::placement && !s.infrastructure) refuse("the scenario says nothing of where it stands", "add `infrastructure: {grid: Sweden}`, and a price if cost counts");
  if (search == Search::parallelism && machine_of(s).devices == 1) refuse("one device leaves nothing to divide", "name a node or a fleet, or give `system.devices`");
  Builder built(search, catalogue, s);
  for (auto& axis : built.axes) {
    const auto same = std::find_if(given.begin(), given.end(), [&](Axis const& g) { return g.paths == axis.paths; });
    if (same == given.end()) continue;
    axis = std::move(*same);
    given.erase(same);
  }
  for (auto& g : given) built.axes.push_back(std::move(g));
  // What is put into the document and read again runs slowest.
  std::stable_sort(built.axes.begin(), built.axes.end(), [](Axis const& a, Axis const& b) { return a.in_place < b.in_place; });
  return std::move(built.axes);
}

Objective usual_objective(Search search, scenario::Scenario const& s) {
  const bool priced = s.infrastructure && s.infrastructure->price && s.infrastructure->price->value.rate;
  const bool language = workload::is_language_model(s.workload.model.value);
  if (search == Search::placement) return {s.workload.phase == Phase::training || !language ? "sustainability.carbon" : "sustainability.carbon_per_token", true};
  if (s.workload.phase == Phase::training) return search == Search::hardware && priced ? Objective{"economics.cost", true} : Objective{"distributed.step_time", true};
  if (s.workload.phase == Phase::serving) {
    if (priced) return {"economics.per_token", true};
    // Where devices are bought as they are needed, more of them always serve more: what each token takes decides.
    const bool open = s.system.device && search != Search::parallelism;
    return open && s.system.device->value.power.tdp ? Objective{"serving.energy_per_token", true} : Objective{"serving.total_token_throughput", false};
  }
  return {"performance.latency", true};
}

Pruner::Pruner(registry::Catalogue const& catalogue, io::Document const& document, Space const& space) : space_{space} {
  Design design(catalogue, document);
  auto& s = design.loaded().scenario;
  auto const& axes = space.axes();
  numbers_.resize(axes.size());
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const int index = static_cast<int>(a);
    for (auto const& path : axes[a].paths) {
      if (path == "system.parallel.tensor") tensor_ = index;
      if (path == "system.parallel.pipeline") pipeline_ = index;
      if (path == "system.parallel.data") data_ = index;
      if (path == "system.parallel.expert") expert_ = index;
      if (path == "system.parallel.context") context_ = index;
      if (path == "system.parallel.zero") zero_ = index;
      if (path == "system.parallel.interleaving") interleaving_ = index;
      if (path == "system.devices") devices_ = index;
      if (path == "workload.batch") batch_ = index;
      if (path == "infrastructure.price") price_ = index;
      if (path == "system.device") device_ = index, device_kind_ = EntryKind::hardware;
      if (path == "system.node") device_ = index, device_kind_ = EntryKind::node;
      if (path == "system.fleet") device_ = index, device_kind_ = EntryKind::fleet;
      if (path == "workload.training.recompute") recompute_ = index;
    }
    if (!axes[a].numeric) continue;
    for (auto const& l : axes[a].levels) numbers_[a].push_back(l.number >= 1e9 ? 1000000000 : static_cast<int>(l.number));
  }
  plan_ = s.system.parallel;
  const Machine m = machine_of(s);
  available_ = m.devices;
  own_device_ = m.device;
  training_ = s.workload.phase == Phase::training;
  flash_ = workload::is_flash(s.workload.attention, s.workload.execution);
  if (training_) global_batch_ = s.workload.training->global_batch.value;
  micro_batch_ = s.workload.batch.value;
  auto const& model = s.workload.model.value;
  if (model.transformer) {
    heads_ = model.transformer->heads.value;
    layers_ = model.transformer->layers.value;
    if (model.transformer->mixture_of_experts) experts_ = model.transformer->mixture_of_experts->experts.value;
  }
  devices_follow_ = data_ < 0 && s.system.parallel.data.origin.kind() == Origin::Kind::assumed;
  Ledger ledger;
  if (s.infrastructure && s.infrastructure->price) price_device_ = s.infrastructure->price->value.device;
  if (price_ >= 0)
    for (auto const& l : axes[static_cast<std::size_t>(price_)].levels) {
      auto const* e = catalogue.entry(EntryKind::price, l.text);
      device_of_price_.push_back(e ? catalogue.read<infrastructure::Price>(*e, ledger).device : std::string());
    }
  if (device_ >= 0)
    for (auto const& l : axes[static_cast<std::size_t>(device_)].levels) {
      auto const* e = catalogue.entry(device_kind_, l.text);
      if (!e) device_of_level_.emplace_back();
      else if (device_kind_ == EntryKind::node) device_of_level_.push_back(catalogue.read<systems::Node>(*e, ledger).device.value.id);
      else if (device_kind_ == EntryKind::fleet) device_of_level_.push_back(catalogue.read<systems::Fleet>(*e, ledger).node.value.device.value.id);
      else device_of_level_.emplace_back(e->id);
    }
}

int Pruner::number(std::uint64_t point, int axis, int otherwise) const {
  if (axis < 0 || numbers_[static_cast<std::size_t>(axis)].empty()) return otherwise;
  return numbers_[static_cast<std::size_t>(axis)][space_.level(point, static_cast<std::size_t>(axis))];
}

char const* Pruner::reason(std::uint64_t point) const {
  const long long tensor = number(point, tensor_, plan_.tensor.value), pipeline = number(point, pipeline_, plan_.pipeline.value), expert = number(point, expert_, plan_.expert.value),
                  context = number(point, context_, plan_.context.value), devices = number(point, devices_, static_cast<int>(available_));
  const long long replica = tensor * pipeline * expert * context;
  const long long data = data_ >= 0 ? number(point, data_, 1) : devices_follow_ ? devices / std::max(1LL, replica) : plan_.data.value;
  if (replica * data != devices) return devices_follow_ ? "a replica's ranks do not divide the devices" : "";
  if (heads_ > 0 && heads_ % tensor != 0) return "attention heads cannot be shared evenly by tensor ranks";
  if (layers_ > 0 && pipeline > layers_) return "fewer layers than pipeline stages";
  if (experts_ > 0 && experts_ % expert != 0) return "experts cannot be shared evenly";
  if (price_ >= 0 || device_ >= 0) {
    std::string const& device = device_ >= 0 ? device_of_level_[space_.level(point, static_cast<std::size_t>(device_))] : own_device_;
    std::string const& priced = price_ >= 0 ? device_of_price_[space_.level(point, static_cast<std::size_t>(price_))] : price_device_;
    if (!priced.empty() && !device.empty() && priced != device) return price_ >= 0 ? "" : "the price is of another device";
  }
  if (!training_) return nullptr;
  const long long batch = number(point, batch_, micro_batch_), interleaving = number(point, interleaving_, plan_.interleaving.value);
  if (number(point, zero_, 0) > 0 && zero_ >= 0 && data * expert * context == 1) return "";
  if (interleaving_ >= 0 && interleaving > 1 && pipeline == 1) return "";
  // Flash attention computes its scores again anyway.
  if (flash_ && recompute_ >= 0 && space_.axes()[static_cast<std::size_t>(recompute_)].levels[space_.level(point, static_cast<std::size_t>(recompute_))].text == "selective") return "";
  if (global_batch_ % (batch * data * expert) != 0) return "the global batch is no multiple of micro-batch x replicas";
  if (interleaving > 1 && pipeline * interleaving > layers_) return "fewer layers than chunks of pipeline stages";
  if (interleaving > 1 && global_batch_ / (batch * data * expert) % pipeline != 0) return "an interleaved schedule deals micro-batches in groups of pipeline stages";
  return nullptr;
}

Hunter::Hunter(registry::Catalogue const& catalogue, io::Document const& document, Hunt const& hunt, std::size_t top)
    : hunt_{hunt}, top_{top}, pruner_{catalogue, document, hunt.question.space}, runner_{catalogue, document, hunt.question.space} {
  row_.values.resize(hunt.question.metrics.size());
}

void Hunter::reject(std::string reason) {
  auto& c = tally_.reasons[reason];
  if (c.points++ == 0) c.first = std::move(reason);
}

void Hunter::run(std::uint64_t point) {
  if (char const* why = pruner_.reason(point)) {
    if (*why == '\0') return;
    ++tally_.points;
    reject(why);
    return;
  }
  ++tally_.points;
  row_.point = point;
  row_.status = runner_.run(point);
  if (row_.status != Status::evaluated) return reject(runner_.reason());
  auto& e = *runner_.evaluator();
  auto const& metrics = hunt_.question.metrics;
  for (std::size_t i = 0; i < hunt_.constraints.size(); ++i) {
    auto const& c = hunt_.constraints[i];
    const double v = e.value(metrics[1 + i]);
    if (std::isnan(v)) return reject(fmt::format("has no {}", c.metric));
    if (c.at_most ? v > c.limit : v < c.limit) return reject("misses " + c.text);
  }
  const double value = e.value(metrics[0]);
  if (std::isnan(value)) return reject(fmt::format("has no {}", hunt_.objective.metric));
  const bool better = best_.size() < top_ || (hunt_.objective.smallest ? value < best_.back().values[0] : value > best_.back().values[0]) || (value == best_.back().values[0] && point < best_.back().point);
  if (const auto missed = e.missed(); !missed.empty()) return reject(fmt::format("misses the scenario's limit on {}", missed.front().label));
  ++tally_.evaluated;
  if (!better) return;
  for (std::size_t m = 0; m < metrics.size(); ++m) row_.values[m] = e.value(metrics[m]);
  row_.limit = e.binding_text();
  keep_best(best_, {row_}, hunt_.objective.smallest, top_);
}

void keep_best(std::vector<Row>& into, std::vector<Row> const& more, bool smallest, std::size_t top) {
  into.insert(into.end(), more.begin(), more.end());
  std::stable_sort(into.begin(), into.end(), [&](Row const& a, Row const& b) {
    if (a.values[0] != b.values[0]) return smallest ? a.values[0] < b.values[0] : a.values[0] > b.values[0];
    return a.point < b.point;
  });
  if (into.size() > top) into.resize(top);
}

}  // namespace mlsysim::explore
