#include "mlsysim/explore/runner.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mlsysim::explore {
namespace {

constexpr std::size_t most_designs = 1024;  ///< kept by one runner
constexpr std::size_t no_level = static_cast<std::size_t>(-1);

/// What a field changes.
scenario::Changed changed_by(std::string_view path) {
  using scenario::Changed;
  if (path.starts_with("infrastructure.") || path.starts_with("limits.")) return Changed::nothing;
  for (std::string_view part : {"workload.precision.", "workload.training."})
    if (path.starts_with(part)) return Changed::plan;
  for (std::string_view field : {"workload.batch", "workload.sequence", "workload.prompt", "workload.output", "workload.request_rate", "workload.execution", "workload.attention", "workload.launch"})
    if (path == field) return Changed::plan;
  if (path.starts_with("system.parallel.")) return Changed::plan;
  if (!path.starts_with("system.")) return Changed::anything;
  for (std::string_view part : {".peak.", ".vector_peak.", ".power.", ".scale_up.", ".network.", ".fabric."})
    if (path.find(part) != path.npos) return Changed::rates;
  if ((path.find(".memory.") != path.npos && path.ends_with(".bandwidth")) || path.ends_with(".per_direction") || path.ends_with(".price") || path.ends_with(".embodied_carbon")) return Changed::rates;
  return Changed::rates | Changed::plan;
}

std::unique_ptr<scenario::Loaded> read(registry::Catalogue const& catalogue, io::Document const& document, std::span<const scenario::Edit> edits) {
  std::vector<Diagnostic> problems;
  auto loaded = std::make_unique<scenario::Loaded>(scenario::load(catalogue, document, edits, "", problems));
  if (!problems.empty()) throw InputError(std::move(problems));
  return loaded;
}

}  // namespace

Runner::Runner(registry::Catalogue const& catalogue, io::Document const& document, Space const& space) : catalogue_{catalogue}, document_{document}, space_{space} {
  for (auto const& axis : space.axes()) {
    auto& all = changes_.emplace_back(scenario::Changed::nothing);
    for (auto const& path : axis.paths) all = all | changed_by(path);
  }
}

Design::Design(registry::Catalogue const& catalogue, io::Document const& document, std::span<const scenario::Edit> edits)
    : loaded_{read(catalogue, document, edits)}, evaluator_{*loaded_}, fields_{fields_of(loaded_->scenario)} {}

Field const* Design::field(std::string_view path) const {
  const auto f = std::find_if(fields_.begin(), fields_.end(), [&](Field const& x) { return x.path == path; });
  return f == fields_.end() ? nullptr : &*f;
}

Runner::Prepared& Runner::prepared(std::uint64_t point) {
  auto const& axes = space_.axes();
  key_.clear();
  for (std::size_t a = 0; a < axes.size(); ++a)
    if (!axes[a].in_place) key_.push_back(space_.level(point, a));
  if (last_ && key_ == last_key_) return *last_;
  if (ready_.size() >= most_designs && !ready_.contains(key_)) ready_.clear();
  auto [at, fresh] = ready_.try_emplace(key_);
  Prepared& p = at->second;
  last_ = &p;
  last_key_ = key_;
  if (!fresh) return p;
  std::vector<scenario::Edit> edits;
  for (std::size_t a = 0, k = 0; a < axes.size(); ++a) {
    if (axes[a].in_place) continue;
    for (auto const& path : axes[a].paths) edits.push_back({path, axes[a].levels[key_[k]].text});
    ++k;
  }
  try {
    p.design = std::make_unique<Design>(catalogue_, document_, edits);
  } catch (InputError const& error) {
    p.problem = error.problems().front().message;
    return p;
  }
  p.handles.resize(axes.size());
  p.levels.assign(axes.size(), no_level);
  for (std::size_t a = 0; a < axes.size() && p.design; ++a) {
    if (!axes[a].in_place) continue;
    for (auto const& path : axes[a].paths) {
      Field const* f = p.design->field(path);
      if (f) p.handles[a].emplace_back(*f);
      else if (p.problem.empty()) p.problem = fmt::format("there is no '{}'", path);
    }
  }
  if (!p.problem.empty()) p.design.reset();
  return p;
}

scenario::Status Runner::run(std::uint64_t point) {
  Prepared& p = prepared(point);
  current_ = p.design ? &p : nullptr;
  if (!p.design) {
    refusal_ = p.problem;
    return scenario::Status::refused;
  }
  refusal_.clear();
  auto changed = p.evaluated ? scenario::Changed::nothing : scenario::Changed::anything;
  p.evaluated = true;
  auto const& axes = space_.axes();
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (!axes[a].in_place) continue;
    const std::size_t level = space_.level(point, a);
    if (p.levels[a] == level) continue;
    p.levels[a] = level;
    auto const& values = axes[a].levels[level].values;
    for (std::size_t i = 0; i < values.size(); ++i) p.handles[a][i].set(values[i]);
    changed = changed | changes_[a];
  }
  return p.design->evaluator().evaluate(changed);
}

std::string Runner::reason() const { return current_ ? current_->design->evaluator().reason() : refusal_; }

}  // namespace mlsysim::explore
