#include "mlsysim/explore/field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mlsysim::explore {
namespace {

/// Looks at every field, and changes none.
class Collector final : public Fields {
 public:
  std::vector<Field> take() { return std::move(found_); }

  void scalar(FieldInfo const& info, Scalar& value) override {
    Field f = field(info);
    f.value = value;
    f.minimum = info.minimum, f.maximum = info.maximum, f.above_minimum = info.above_minimum;
    found_.push_back(std::move(f));
  }
  bool begin(FieldInfo const& info, bool present) override {
    if (present) parts_.push_back(leaf(info));
    return present;
  }
  void end() override { parts_.pop_back(); }
  std::size_t begin_list(FieldInfo const& info, std::size_t size) override {
    parts_.push_back(leaf(info));
    index_.push_back(0);
    return size;
  }
  void item(std::size_t i) override { index_.back() = i; }
  void end_list() override {
    index_.pop_back();
    parts_.pop_back();
  }
  bool reference(FieldInfo const& info, EntryKind kind, std::string& id, bool present, std::function<void(Fields&)> const& value) override {
    Field f = field(info);
    f.entry = true;
    f.of = kind;
    f.value.kind = Scalar::Kind::text;
    f.value.text = id;
    f.value.present = present;
    found_.push_back(std::move(f));
    if (!present) return false;
    parts_.push_back(leaf(info));
    ++entries_;
    value(*this);
    --entries_;
    parts_.pop_back();
    return true;
  }

 private:
  std::string leaf(FieldInfo const& info) const { return info.key.empty() && !index_.empty() ? std::to_string(index_.back()) : std::string(info.key); }
  Field field(FieldInfo const& info) const {
    Field f;
    for (auto const& p : parts_) f.path += p + '.';
    f.path += leaf(info);
    f.doc = info.doc;
    f.inside_entry = entries_ > 0;
    return f;
  }

  std::vector<Field> found_;
  std::vector<std::string> parts_;
  std::vector<std::size_t> index_;
  int entries_ = 0;
};

constexpr Alias alias_table[] = {
    {"hardware", "the device, node or fleet which the scenario names"},
    {"hardware.memory.bandwidth", "bandwidth of the device's main memory, whatever its kind"},
    {"hardware.memory.capacity", "capacity of the device's main memory, as used"},
    {"hardware.compute", "all peaks of the device together"},
    {"hardware.scale_up.bandwidth", "links between the devices of a node"},
    {"hardware.network.bandwidth", "ports between nodes, and their fabric"},
    {"hardware.FIELD", "any other field of the device, e.g. hardware.power.tdp"},
    {"precision", "all number formats of the workload together"},
    {"model, batch, sequence, prompt, output, request_rate", "of the workload"},
    {"devices", "how many devices are used"},
    {"tensor, pipeline, data, expert, context, zero", "degrees of parallelism"},
    {"grid, datacentre, price", "of the infrastructure"},
};

struct Short {
  std::string_view name, path;
};
constexpr Short short_names[] = {{"model", "workload.model"},           {"batch", "workload.batch"},           {"sequence", "workload.sequence"},    {"prompt", "workload.prompt"},
                                 {"output", "workload.output"},         {"request_rate", "workload.request_rate"}, {"devices", "system.devices"},      {"tensor", "system.parallel.tensor"},
                                 {"pipeline", "system.parallel.pipeline"}, {"data", "system.parallel.data"},    {"expert", "system.parallel.expert"}, {"context", "system.parallel.context"},
                                 {"zero", "system.parallel.zero"},      {"grid", "infrastructure.grid"},        {"datacentre", "infrastructure.datacentre"}, {"price", "infrastructure.price"}};

}  // namespace

bool Field::allows(double v) const {
  if (value.kind == Scalar::Kind::integer && (v != std::floor(v) || std::abs(v) > 2e9)) return false;
  return std::isfinite(v) && v <= maximum && (above_minimum ? v > minimum : v >= minimum);
}

Handle::Handle(Field const& field) : value_{field.value}, original_{field.value} {
  value_.present = true;
  value_.origin = {Origin::Kind::given, 0};
}
void Handle::set(double base_value) {
  value_.number = base_value;
  value_.put(value_, value_.member);
}
void Handle::put_back() { original_.put(original_, original_.member); }

std::vector<Field> fields_of(std::function<void(Fields&)> const& walk) {
  Collector c;
  walk(c);
  return c.take();
}

std::vector<Field> fields_of(scenario::Scenario& s) {
  return fields_of([&s](Fields& f) { describe(s, f); });
}

std::span<const Alias> aliases() { return alias_table; }

std::vector<std::string> paths_of(scenario::Scenario& s, std::string_view name) {
  for (auto const& n : short_names)
    if (n.name == name) return {std::string(n.path)};
  if (name == "precision") return {"workload.precision.weights", "workload.precision.activations", "workload.precision.kv", "workload.precision.compute"};
  if (!name.starts_with("hardware")) return {std::string(name)};
  auto const& y = s.system;
  const std::string whole = y.device ? "system.device" : y.node ? "system.node" : "system.fleet";
  const std::string node = y.fleet ? whole + ".node" : whole;
  const std::string device = y.device ? whole : node + ".device";
  if (name == "hardware") return {whole};
  if (!name.starts_with("hardware.")) return {std::string(name)};
  const std::string_view field = name.substr(9);
  auto& d = scenario::device_of(s);
  const auto memory = d.memory.main();
  std::vector<std::string> paths;
  if (field == "memory.bandwidth" && memory.level) return {fmt::format("{}.memory.{}.bandwidth", device, memory.name)};
  if (field == "memory.capacity" && memory.level) return {fmt::format("{}.memory.{}.{}", device, memory.name, memory.level->reported ? "reported" : "marketed")};
  if (field == "compute") {
    for (std::size_t i = 0; i < workload::precision_names.size(); ++i) {
      const auto p = static_cast<workload::Precision>(i);
      if (d.peak[p]) paths.push_back(fmt::format("{}.peak.{}", device, workload::precision_names[i]));
      if (d.vector_peak[p]) paths.push_back(fmt::format("{}.vector_peak.{}", device, workload::precision_names[i]));
    }
    if (!paths.empty()) return paths;
  }
  auto const* box = y.fleet ? &y.fleet->value.node.value : y.node ? &y.node->value : nullptr;
  if (field == "scale_up.bandwidth") {
    if (box && box->scale_up) return {node + ".scale_up.per_direction"};
    for (std::size_t i = 0; i < d.links.size(); ++i)
      if (d.links[i].role == hardware::LinkRole::scale_up) paths.push_back(fmt::format("{}.links.{}.per_direction", device, i));
    if (!paths.empty()) return paths;
  }
  if (field == "network.bandwidth" && box && box->network) {
    paths.push_back(node + ".network.port_rate");
    if (y.fleet && y.fleet->value.fabric) paths.push_back("system.fleet.fabric.port_rate");
    return paths;
  }
  return {fmt::format("{}.{}", device, field)};
}

}  // namespace mlsysim::explore
