// sweep_cost SCENARIO AXES POINTS: evaluates so many points of a sweep, so that their instructions can be counted.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "mlsysim/explore/sweep.hpp"

using namespace mlsysim;

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: sweep_cost SCENARIO AXES POINTS\n", stderr), 1;
  auto const* builtin = registry::builtin_scenario(argv[1]);
  if (!builtin) return std::fputs("no such scenario\n", stderr), 1;
  const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  const auto document = io::parse_yaml(std::string(builtin->text), std::string(builtin->path), problems);
  const auto texts = explore::parse_axes(argv[2], "AXES", problems);
  auto axes = explore::bind(texts, argv[2], "AXES", catalogue, document, problems);
  if (!problems.empty()) return std::fputs(to_text(problems).c_str(), stderr), 1;
  const auto question = explore::ask(catalogue, document, explore::Space(std::move(axes)), {});
  explore::Sweeper sweeper(catalogue, document, question);
  double total = 0;
  for (long long i = 0, n = std::atoll(argv[3]); i < n; ++i) {
    auto const& row = sweeper.run(static_cast<std::uint64_t>(i) % question.space.size());
    if (row.status == scenario::Status::evaluated) total += row.values[0];
  }
  std::printf("%.17g\n", total);
}
