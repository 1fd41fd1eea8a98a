#include "mlsysim/teaching/stages.hpp"

#include <fmt/format.h>

#include "mlsysim/io/show.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::teaching {
namespace {

Column text_column(char const* id) { return {id, id, {}, true, false, {}}; }

/// The fields of one part of the scenario, with what was given and what was taken as a default.
Section fields(scenario::Loaded const& l, std::string_view part, std::string title) {
  scenario::Scenario s = l.scenario;
  const Table all = io::field_table([&](Fields& f) { describe(s, f); }, l.ledger);
  Table t{"fields", "", {text_column("field"), text_column("value"), text_column("note")}, {}};
  const std::string prefix = std::string(part) + '.';
  for (auto const& row : all.rows)
    if (row[0].text.starts_with(prefix)) t.rows.push_back({row[0], row[1], {0, row.back().text}});
  Section out{std::string(part), std::move(title), {}, {}, {}, {}, {}};
  out.tables.push_back(std::move(t));
  return out;
}

Section hardware_fields(scenario::Loaded const& l) {
  scenario::Scenario s = l.scenario;
  auto const& d = scenario::device_of(s);
  Section out{"hardware", d.name.empty() ? d.id : d.name, {}, {}, {}, {}, {}};
  Table t{"device", "", {text_column("what"), text_column("value")}, {}};
  const auto add = [&](std::string what, std::string value) { t.rows.push_back({{0, std::move(what)}, {0, std::move(value)}}); };
  const auto compute = static_cast<std::size_t>(s.workload.precision.compute);
  if (auto const& peak = d.peak[s.workload.precision.compute]) add(fmt::format("dense peak in {}", workload::precision_names[compute]), display(peak->value));
  const auto main = d.memory.main();
  if (main.level) {
    add(fmt::format("{} capacity", main.name), display(main.level->capacity().value));
    if (main.level->bandwidth) {
      add(fmt::format("{} bandwidth", main.name), display(main.level->bandwidth->value));
      if (auto const& peak = d.peak[s.workload.precision.compute]) add("ridge point", display(peak->value.raw() / main.level->bandwidth->value.raw(), Dimension("FLOP/B")));
    }
  }
  for (auto const& link : d.links) add(fmt::format("{} per direction", link.technology), display(link.per_direction.value));
  if (d.power.tdp) add("TDP", display(d.power.tdp->value));
  out.tables.push_back(std::move(t));
  return out;
}

struct Words {
  std::string_view id, about, ask;
};
constexpr Words solvers[] = {
    {"memory", "Does it fit? Weights, caches, activations and optimizer state against what the devices have.", "What is the largest part of the memory?"},
    {"performance", "One pass: each operator takes the longer of its compute time and its memory time.", "Which binds, compute or memory? How long is the pass?"},
    {"serving", "Requests: prompts are read, then tokens are written one step after the other for all requests at once.", "How long is one decode step, and what decides it?"},
    {"distributed", "One optimizer step on all devices: compute, what communication does not hide, and the bubble.", "Which share of the step is compute?"},
    {"collective", "One exchange among all ranks, by every algorithm which could do it.", "Which link decides, and does the time grow with the message or with the ranks?"},
    {"data", "Samples on their way to the accelerators: storage, network and workers, of which the slowest decides.", "Which stage is the slowest, and how long do accelerators wait?"},
    {"traffic", "Requests which arrive at random, simulated one by one.", "How far is the slowest hundredth from the median?"},
    {"orchestration", "Jobs which share a cluster and queue for it.", "How long does a job wait?"},
    {"techniques", "What the named techniques save, and what they cost in accuracy, as published.", "Which resource do they relieve, and does it bind?"},
    {"scaling", "Which sizes and numbers of tokens a budget buys, by a scaling law.", "Larger, or trained for longer?"},
    {"sampling", "Several tries for each problem.", "What does one more solved problem cost?"},
    {"tail", "Many participants, of whom the slowest is waited for.", "How much slower are all together than one?"},
    {"reliability", "Failures of the devices used, checkpoints and lost work.", "How often does anything fail?"},
    {"economics", "What it costs to rent or own, and per unit of work.", "Which part of the cost is largest?"},
    {"sustainability", "Energy, then PUE once, then carbon and water of the grid.", "How much carbon is a day of this?"},
    {"battery", "A device which mostly sleeps, on a battery.", "How long does the battery last?"},
    {"dates", "How old the prices and grid factors are on which this rests.", ""},
};
constexpr Words levels[] = {
    {"feasibility", "Nothing else means anything if it does not fit.", "Does it fit?"},
    {"performance", "Is it fast enough? Judged only if it fits.", "Are the limits met, and by how much?"},
    {"macro", "What it costs and emits. Judged only if it is fast enough.", "Is it worth it?"},
};
template <std::size_t N>
Words words_of(Words const (&all)[N], std::string_view id) {
  for (auto const& w : all)
    if (w.id == id) return w;
  return {id, "", ""};
}

}  // namespace

std::vector<Stage> stages(scenario::Loaded const& l, Report const& r) {
  std::vector<Stage> out;
  const auto layer = [&](char const* id, char const* letter, char const* title, char const* about, char const* ask, Section section) {
    if (section.tables.empty() || section.tables[0].rows.empty()) return;
    out.push_back({id, letter, title, about, ask, std::move(section), false, {}});
  };
  layer("workload", "A", "Workload", "What runs and how. It becomes a list of operators, each with arithmetic and bytes.", "How many parameters, and how many bytes for each?", fields(l, "workload", "Workload"));
  layer("hardware", "B", "Hardware", "What one device can do at most: the two roofs and where they meet.", "At which arithmetic intensity does memory stop to bind?", hardware_fields(l));
  layer("infrastructure", "C", "Infrastructure", "Where it stands: grid, kind of place, price.", "", fields(l, "infrastructure", "Infrastructure"));
  layer("system", "D", "System", "How many devices, how they are joined, and how the work is divided among them.", "Which traffic crosses which link?", fields(l, "system", "System"));
  for (auto const& s : r.sections) {
    const auto w = words_of(solvers, s.id);
    out.push_back({s.id, "E", s.title, std::string(w.about), std::string(w.ask), s, false, {}});
  }
  for (auto const& level : r.card.levels) {
    const auto w = words_of(levels, level.id);
    out.push_back({level.id, "scorecard", "Scorecard: " + level.id, std::string(w.about), std::string(w.ask), {}, true, level});
  }
  return out;
}

}  // namespace mlsysim::teaching
