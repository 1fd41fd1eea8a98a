// The same training run on every grid whose factor covers a country: the cleanest and the dirtiest three.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

int main() {
  const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  const auto document = io::parse_yaml("workload: {model: Llama 3.1 8B, phase: training, batch: 1, sequence: 4096, training: {global_batch: 512, tokens: 100 Gtoken, recompute: full}}\n"
                                       "system: {node: DGX H100, parallel: {data: 8, zero: 1}}\ninfrastructure: {grid: grid_us, datacentre: hyperscale}\n",
                                       "example", problems);
  auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) return 2;
  struct Place {
    std::string name;
    double carbon;
  };
  std::vector<Place> places;
  for (auto const& e : catalogue.entries()) {
    if (e.kind != EntryKind::grid) continue;
    auto grid = catalogue.read<infrastructure::Grid>(e, loaded.ledger);
    if (grid.scope != "country" || grid.accounting != infrastructure::CarbonAccounting::location_based) continue;
    loaded.scenario.infrastructure->grid->value = grid;
    places.push_back({grid.name, scenario::evaluate(loaded).metric("sustainability.carbon")->value});
  }
  std::sort(places.begin(), places.end(), [](Place const& a, Place const& b) { return a.carbon < b.carbon; });
  std::printf("%zu places\n", places.size());
  for (std::size_t i = 0; i < places.size(); ++i)
    if (i < 3 || i + 3 >= places.size()) std::printf("  %-28s %s\n", places[i].name.c_str(), display(places[i].carbon, Dimension("gCO2e")).c_str());
}
