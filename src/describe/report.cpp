#include "mlsysim/describe/report.hpp"

namespace mlsysim {
namespace {

void collect(Section const& s, std::string const& prefix, std::vector<std::pair<std::string, Metric const*>>& out) {
  const std::string path = prefix.empty() ? s.id : prefix + '.' + s.id;
  for (auto const& m : s.metrics) out.emplace_back(path + '.' + m.id, &m);
  for (auto const& child : s.children) collect(child, path, out);
}

}  // namespace

Metric const* Section::find_metric(std::string_view metric_id) const {
  for (auto const& m : metrics)
    if (m.id == metric_id) return &m;
  return nullptr;
}

std::vector<std::pair<std::string, Metric const*>> Report::metrics() const {
  std::vector<std::pair<std::string, Metric const*>> all;
  for (auto const& s : sections) collect(s, {}, all);
  return all;
}

Metric const* Report::metric(std::string_view path) const {
  for (auto const& [name, m] : metrics())
    if (name == path) return m;
  return nullptr;
}

}  // namespace mlsysim
