#include "commands.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::cli {

int timeline(TimelineOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  std::vector<Diagnostic> problems;
  const auto document = open_scenario(o.scenario);
  const auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  const scenario::Step step = scenario::step(loaded);
  if (!o.svg.empty()) io::write_whole(o.svg, render::svg(step.picture));
  if (!o.trace.empty()) io::write_whole(o.trace, render::trace(step.picture));
  if (common.format == "json" || common.format == "csv") write(step.slots, common);
  else if (common.format == "markdown") write("```text\n" + render::text(step.picture, {}) + "```\n" + render::markdown(step.ranks), common);
  else write(render::text(step.picture, style(common)) + "\n" + render::text(step.ranks, style(common)), common);
  return done;
}

}  // namespace mlsysim::cli
