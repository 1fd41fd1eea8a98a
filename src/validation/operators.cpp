#include "mlsysim/validation/operators.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::validation {
namespace {

void count(MeasuredOperators& out, std::string const& reason) {
  for (auto& [known, n] : out.skipped)
    if (known == reason) {
      ++n;
      return;
    }
  out.skipped.emplace_back(reason, 1);
}

/// The operators of a forward pass of the scenario on one device.
workload::Pass pass_of(scenario::Scenario const& s) {
  auto const& w = s.workload;
  workload::PassShape shape;
  shape.batch = w.batch;
  shape.new_tokens = w.phase == scenario::Phase::decode ? Count{1, {}} : w.prompt.value_or(Count{1, {}});
  shape.cached_tokens = w.phase == scenario::Phase::decode ? w.prompt.value_or(Count{0, {}}) : Count{0, {}};
  shape.precision = {w.precision.weights, w.precision.activations, w.precision.kv, w.precision.compute, w.precision.weight_bits};
  shape.execution = w.execution;
  Ledger quiet;
  return workload::lower(w.model.value, shape, quiet);
}

}  // namespace

MeasuredOperators measured_operators(Mapping const& m, io::Csv const& table, registry::Catalogue const& catalogue) {
  MeasuredOperators out;
  std::vector<Diagnostic> problems;
  for (auto const& row : table.rows) {
    if (const auto no = refusal(RowScope(m, m.cases.front(), table, row), m.rows)) {
      count(out, *no);
      continue;
    }
    for (auto const& c : m.cases) {
      const RowScope scope(m, c, table, row);
      if (refusal(scope, c.rows)) continue;
      std::string problem;
      const auto measured = c.measured.evaluate([&](std::string_view n) { return scope.number(n, problem); }, problem);
      if (!measured || c.scenarios.size() != 1) {
        count(out, measured ? "more than one scenario" : problem);
        continue;
      }
      const io::Document document = instantiate(m, *c.scenarios.front().second, scope, problem);
      if (!problem.empty()) {
        count(out, problem);
        continue;
      }
      std::vector<Diagnostic> found;
      auto loaded = scenario::load(catalogue, document, found);
      if (!found.empty()) {
        problems.insert(problems.end(), found.begin(), found.end());
        if (problems.size() > 20) throw InputError(std::move(problems));
        continue;
      }
      const auto phase = loaded.scenario.workload.phase;
      if (phase != scenario::Phase::inference && phase != scenario::Phase::prefill && phase != scenario::Phase::decode) {
        count(out, "no forward pass");
        continue;
      }
      auto pass = pass_of(loaded.scenario);
      if (pass.empty() || std::any_of(pass.begin(), pass.end(), [&](workload::Operator const& o) { return o.kind != pass.front().kind; })) {
        count(out, "operators of more than one class");
        continue;
      }
      auto const& device = device_of(loaded.scenario);
      auto at = std::find_if(out.devices.begin(), out.devices.end(), [&](solvers::MeasuredDevice const& d) { return d.device.id == device.id; });
      if (at == out.devices.end()) {
        out.devices.push_back({device, {}});
        at = out.devices.end() - 1;
      }
      const double time = measured->number * c.scale;
      auto const& p = loaded.scenario.workload.precision;
      std::optional<workload::Precision> weights;
      const bool attention = pass.front().kind == workload::OperatorKind::attention || pass.front().kind == workload::OperatorKind::decode_attention;
      if (const auto stored = attention ? p.kv : p.weights; workload::size_of(stored) < workload::size_of(p.compute)) weights = stored;
      if (time > 0) at->rows.push_back({std::move(pass), Time{time}, weights, scope.shown(m.name), m.registry_sources.empty() ? m.id : m.registry_sources.front()});
      else count(out, "not positive");
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return out;
}

}  // namespace mlsysim::validation
