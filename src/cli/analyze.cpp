#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/render/lesson.hpp"
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::cli {
namespace {

Section const* section(Report const& r, std::string_view id) {
  for (auto const& s : r.sections)
    if (s.id == id) return &s;
  return nullptr;
}

/// What a phase takes and draws, by which hardware is compared.
struct Compared {
  char const *time, *label, *energy, *energy_label;
  Dimension energy_unit;
  char const *mfu, *mbu;
};
Compared compared(std::string_view phase) {
  if (phase == "training") return {"distributed.step_time", "step", "", "energy", Dimension("J"), "distributed.mfu", ""};
  if (phase == "serving") return {"serving.itl", "ITL", "serving.energy_per_token", "energy per token", Dimension("J/token"), "serving.prefill_mfu", "serving.decode_mbu"};
  return {"performance.latency", "latency", "performance.energy", "energy", Dimension("J"), "performance.mfu", "performance.mbu"};
}

}  // namespace

int analyze(EvalOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml(quick_scenario(o, catalogue), "command line", problems);
  const auto loaded = scenario::load(catalogue, d, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  Report r = scenario::evaluate(loaded);
  r.version = version();
  r.registry = catalogue.hash();
  r.registry_added = catalogue.added();
  std::erase_if(r.sections, [](Section const& s) { return s.id != "memory" && s.id != "performance" && s.id != "distributed" && s.id != "serving"; });
  const bool no = r.card.verdict == Verdict::fail;
  if (!o.svg.empty()) io::write_whole(o.svg, render::breakdown_svg(r));
  if (common.format == "json") write(render::json({r}), common);
  else if (common.format == "csv") write(render::csv({r}), common);
  else if (common.format == "markdown") write(render::markdown(r), common);
  else {
    render::TextStyle s = style(common);
    s.all = true;
    std::string out = r.summary + '\n';
    for (auto const& part : r.sections) out += render::text(part, s);
    if (auto const* p = section(r, "performance")) out += '\n' + render::roofline(*p, s);
    if (o.picture) out += '\n' + render::breakdown(r, s);
    write(out, common);
  }
  return no ? verdict_no : done;
}

int compare(CompareOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const Compared time = compared(o.shape.phase);
  Table t{"comparison", "comparison", {}, {}};
  t.columns = {{"model", "model", {}, true, false, {}},         {"hardware", "hardware", {}, true, false, {}},           {"precision", "precision", {}, true, false, {}},
               {"latency", time.label, Dimension("s"), false, false, {}}, {"low", "90 % from", Dimension("s"), false, false, {}}, {"high", "to", Dimension("s"), false, false, {}},
               {"ratio", "speed", {}, true, false, {}},          {"energy", time.energy_label, time.energy_unit, false, false, {}}, {"energy_low", "90 % from", time.energy_unit, false, false, {}}, {"energy_high", "to", time.energy_unit, false, false, {}}, {"mfu", "MFU", {}, false, true, {}}, {"mfu_low", "90 % from", {}, false, true, {}}, {"mfu_high", "to", {}, false, true, {}},
               {"mbu", "MBU", {}, false, true, {}}, {"mbu_low", "90 % from", {}, false, true, {}}, {"mbu_high", "to", {}, false, true, {}},              {"binds", "binds", {}, true, false, {}},                  {"confidence", "confidence", {}, true, false, {}}};
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<Diagnostic> problems;
  double first = 0;
  bool no = false;
  for (auto const& model : o.models)
    for (auto const& hardware : o.hardware)
      for (auto const& precision : o.precisions) {
        EvalOptions one = o.shape;
        one.model = model, one.hardware = hardware, one.precision = precision;
        std::vector<Diagnostic> mine;
        const auto d = io::parse_yaml(quick_scenario(one, catalogue), "command line", mine);
        const auto loaded = scenario::load(catalogue, d, mine);
        if (!mine.empty()) {
          for (auto& p : mine)
            if (std::none_of(problems.begin(), problems.end(), [&](Diagnostic const& q) { return q.message == p.message; })) problems.push_back(std::move(p));
          continue;
        }
        const Report r = scenario::evaluate(loaded);
        Metric const* latency = r.metric(time.time);
        std::vector<Cell> row{{0, model}, {0, hardware}, {0, precision.empty() ? "default" : precision}};
        if (!latency) {
          no = true;
          row.insert(row.end(), {{unknown, {}}, {unknown, {}}, {unknown, {}}, {0, "-"}});
          row.insert(row.end(), 9, {unknown, {}});
          row.insert(row.end(), {{0, "does not fit"}, {0, "-"}});
          t.rows.push_back(std::move(row));
          continue;
        }
        if (first == 0) first = latency->value;
        row.insert(row.end(), {{latency->value, {}}});
        // Without residuals there is no interval.
        const auto ends = [&](Metric const* m) { row.insert(row.end(), {{m && m->interval ? m->interval->low : unknown, {}}, {m && m->interval ? m->interval->high : unknown, {}}}); };
        const auto number = [&](char const* path) {
          Metric const* m = r.metric(path);
          row.push_back({m ? m->value : unknown, {}});
          ends(m);
        };
        ends(latency);
        row.push_back({0, fmt::format("{:.2f} x", first / latency->value)});
        number(time.energy), number(time.mfu), number(time.mbu);
        row.insert(row.end(), {{0, r.card.binding}, {0, std::string(confidence_name[static_cast<std::size_t>(latency->confidence)])}});
        t.rows.push_back(std::move(row));
      }
  if (!problems.empty()) throw InputError(std::move(problems));
  write(t, common);
  return no ? verdict_no : done;
}

}  // namespace mlsysim::cli
