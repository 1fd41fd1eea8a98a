#include "mlsysim/teaching/level.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::teaching {
namespace {

using Sections = std::string_view;

constexpr Sections of_systems[] = {"memory", "performance", "battery"};
constexpr Sections of_data[] = {"data"};
constexpr Sections of_training[] = {"distributed"};
constexpr Sections of_compression[] = {"techniques"};
constexpr Sections of_serving[] = {"serving", "traffic", "tail"};
constexpr Sections of_scale[] = {"scaling"};
constexpr Sections of_infrastructure[] = {"economics", "budget", "dates"};
constexpr Sections of_collectives[] = {"collective"};
constexpr Sections of_faults[] = {"reliability"};
constexpr Sections of_orchestration[] = {"orchestration"};
constexpr Sections of_inference[] = {"sampling"};
constexpr Sections of_sustainability[] = {"sustainability"};

constexpr Chapter all[] = {
    {"v1.1", "Introduction to Machine Learning Systems", {}},
    {"v1.2", "Machine Learning Systems", of_systems},
    {"v1.3", "ML Workflow", {}},
    {"v1.4", "Data Engineering", of_data},
    {"v1.5", "Neural Computation", {}},
    {"v1.6", "Neural Network Architectures", {}},
    {"v1.7", "ML Frameworks", {}},
    {"v1.8", "Model Training", of_training},
    {"v1.9", "Data Selection", {}},
    {"v1.10", "Model Compression", of_compression},
    {"v1.11", "Hardware Acceleration", {}},
    {"v1.12", "Performance Benchmarking", {}},
    {"v1.13", "Model Serving", of_serving},
    {"v1.14", "ML Operations", {}},
    {"v1.15", "Responsible Engineering", {}},
    {"v1.16", "Conclusion of volume I", {}},
    {"v2.1", "Introduction to scale", of_scale},
    {"v2.2", "Compute Infrastructure", of_infrastructure},
    {"v2.3", "Network Fabrics", {}},
    {"v2.4", "Data Storage", {}},
    {"v2.5", "Distributed Training", {}},
    {"v2.6", "Collective Communication", of_collectives},
    {"v2.7", "Fault Tolerance and Reliability", of_faults},
    {"v2.8", "Fleet Orchestration", of_orchestration},
    {"v2.9", "Performance Engineering", {}},
    {"v2.10", "Inference at Scale", of_inference},
    {"v2.11", "Edge Intelligence", {}},
    {"v2.12", "ML Operations at Scale", {}},
    {"v2.13", "Security and Privacy", {}},
    {"v2.14", "Robust AI", {}},
    {"v2.15", "Sustainable AI", of_sustainability},
    {"v2.16", "Responsible AI", {}},
    {"v2.17", "Conclusion of volume II", {}},
};

/// The chapter which introduces a section; null for what belongs to every result, such as a prediction.
Chapter const* introducing(std::string_view section) {
  for (auto const& c : all)
    if (std::find(c.sections.begin(), c.sections.end(), section) != c.sections.end()) return &c;
  return nullptr;
}

}  // namespace

std::span<const Chapter> chapters() { return all; }

Chapter const& chapter(std::string_view name) {
  const auto wanted = normalised(name);
  for (auto const& c : all)
    if (normalised(c.id) == wanted || normalised(c.title) == wanted) return c;
  std::vector<std::string_view> names;
  for (auto const& c : all) names.push_back(c.id), names.push_back(c.title);
  std::string near;
  for (auto const& n : nearest(name, names, 3)) near += (near.empty() ? "nearest: " : ", ") + n;
  throw InputError({{333, fmt::format("no chapter '{}'", name), {}, "", near.empty() ? "v1.1 to v1.16 and v2.1 to v2.17, or a title such as \"Model Serving\"" : near}});
}

std::vector<std::string> hide_later(Report& report, Chapter const& level) {
  std::vector<std::string> hidden;
  const auto later = [&](std::string_view section) {
    Chapter const* c = introducing(section);
    // Chapters are one array in reading order.
    return c && c > &level;
  };
  for (auto const& s : report.sections)
    if (later(s.id)) hidden.push_back(fmt::format("{} ({} {})", s.title, introducing(s.id)->id, introducing(s.id)->title));
  std::erase_if(report.sections, [&](Section const& s) { return later(s.id); });
  if (later("economics") && later("sustainability")) std::erase_if(report.card.levels, [](Level const& l) { return l.id == "macro" && l.verdict == Verdict::not_judged; });
  return hidden;
}

}  // namespace mlsysim::teaching
