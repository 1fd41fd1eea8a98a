#include "techniques.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "mlsysim/equations/compression.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::scenario {
namespace {

using workload::Precision;
using workload::Technique;

std::string name_of(Technique const& t) { return t.name.empty() ? t.id : t.name; }

bool measured_for(Technique const& t, Scenario const& s) {
  auto const& m = s.workload.model.value;
  if (t.model.empty() || t.student) return true;
  for (auto const* n : {&m.id, &m.name})
    if (*n == t.model) return true;
  for (auto const& a : m.aliases)
    if (a == t.model) return true;
  return false;
}

Real points(Technique const& t, Ledger& ledger) {
  return t.lower_is_better ? eq::error_gain.with(ledger, *t.before, *t.after) : eq::score_loss.with(ledger, *t.before, *t.after);
}

}  // namespace

std::vector<std::string> apply_techniques(Scenario& s) {
  std::vector<std::string> notes;
  for (auto const& ref : s.techniques) {
    Technique const& t = ref.value;
    auto& w = s.workload;
    if (t.student) w.model = *t.student;
    if (t.weights) w.precision.weights = *t.weights, w.precision.weight_bits.reset();
    if (t.weight_bits) w.precision.weight_bits = t.weight_bits;
    if (t.activations) w.precision.activations = *t.activations;
    if (t.kv) w.precision.kv = *t.kv;
    if (t.compute) w.precision.compute = *t.compute;
    if (t.kept && t.structured) {
      auto& device = device_of(s);
      const Precision p = w.precision.compute;
      if (device.sparse_peak[p]) device.peak[p] = device.sparse_peak[p];
      else notes.push_back(fmt::format("{}: {} states no sparse peak for {}, so products are as fast as dense ones", name_of(t), device.name, workload::name(p)));
    } else if (t.kept) {
      notes.push_back(fmt::format("{}: {:.0f} % of the weights are zero, wherever they are; dense hardware stores and multiplies them all the same, so nothing gets smaller or faster", name_of(t), 100 * (1 - t.kept->value)));
    }
    if (!measured_for(t, s)) notes.push_back(fmt::format("{}: its scores were measured for {}; what it costs {} is not published there", name_of(t), t.model, w.model.value.name));
    if (t.training_factor && w.phase != Phase::training) notes.push_back(fmt::format("{}: changes the time of training, and this scenario does not train", name_of(t)));
  }
  return notes;
}

std::optional<Real> training_factor(Scenario const& s, Ledger& ledger) {
  std::optional<Real> all;
  for (auto const& ref : s.techniques)
    if (auto const& f = ref.value.training_factor) all = all ? eq::combined_factor.with(ledger, *all, *f) : *f;
  return all;
}

std::optional<Real> score_loss(Scenario const& s, Ledger& ledger) {
  std::optional<Real> worst;
  for (auto const& ref : s.techniques) {
    Technique const& t = ref.value;
    if (!t.before || !t.after || !measured_for(t, s)) continue;
    const Real p = points(t, ledger);
    if (!worst || worst->value < p.value) worst = p;
  }
  return worst;
}

Section technique_section(Scenario const& s, std::optional<Weighed> const& without, std::optional<Weighed> const& with, std::vector<std::string> const& notes, Ledger& ledger) {
  Section out{"techniques", "Techniques", {}, {}, {}, {}, {}};
  constexpr Confidence theoretical = Confidence::theoretical;
  const bool smaller = std::any_of(s.techniques.begin(), s.techniques.end(), [](auto const& t) { return t.value.kind <= workload::TechniqueKind::distillation; });
  if (smaller && without && with) {
    out.estimate("memory_without", "memory of one device, without", without->memory, theoretical);
    out.estimate("memory", "memory of one device, with", with->memory, theoretical);
    out.estimate("memory_saving", "memory without / with", eq::memory_saving.with(ledger, without->memory, with->memory), theoretical);
    if (without->time && with->time) out.estimate("speedup", "time without / with", eq::speedup.with(ledger, *without->time, *with->time), theoretical);
    if (without->energy && with->energy) out.estimate("energy_saving", "energy without / with", eq::energy_saving.with(ledger, *without->energy, *with->energy), theoretical).note = "for the same work";
    if (!without->time) out.notes.emplace_back("without them it does not fit");
  }
  if (auto f = training_factor(s, ledger)) out.estimate("training_factor", "training time with / without", *f, theoretical);
  if (auto p = score_loss(s, ledger)) out.metric("score_loss", "points they cost", *p).note = "the largest, where there are several";
  Table t{"published", "what their publications measured", {{"technique", "technique", {}, true, false, {}}, {"kind", "kind", {}, true, false, {}}, {"measured_for", "measured for", {}, true, false, {}}, {"benchmark", "benchmark", {}, true, false, {}}, {"before", "before", {}, false, false, {}}, {"after", "after", {}, false, false, {}}}, {}};
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  for (auto const& ref : s.techniques) {
    Technique const& one = ref.value;
    t.rows.push_back({{0, name_of(one)}, {0, std::string(names_of(one.kind)[static_cast<std::size_t>(one.kind)])}, {0, one.model}, {0, one.benchmark}, {one.before ? one.before->value : unknown, {}}, {one.after ? one.after->value : unknown, {}}});
  }
  out.tables.push_back(std::move(t));
  for (auto const& n : notes) out.notes.push_back(n);
  return out;
}

}  // namespace mlsysim::scenario
