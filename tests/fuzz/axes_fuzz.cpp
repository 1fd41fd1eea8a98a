// Whatever the argument: axes, constraints and objectives, or problems which point into it; what binds can be evaluated.
#include <cstdlib>

#include "mlsysim/explore/optimize.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  static const registry::Catalogue catalogue;
  static const io::Document document = [] {
    std::vector<Diagnostic> problems;
    return io::parse_yaml("workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024, batch: 2}\nsystem: {device: H100}\n", "fuzz.yaml", problems);
  }();
  const std::string argument(reinterpret_cast<char const*>(data), std::min<std::size_t>(size, 200));
  std::vector<Diagnostic> problems;
  (void)explore::parse_objective(argument, "--objective", problems);
  (void)explore::parse_constraint(argument, "--subject-to", problems);
  problems.clear();
  const auto texts = explore::parse_axes(argument, "--vary", problems);
  // A step may be small: what is refused for its length is not built first.
  auto axes = problems.empty() ? explore::bind(texts, argument, "--vary", catalogue, document, problems) : std::vector<explore::Axis>{};
  for (auto const& p : problems)
    if (p.where.column > argument.size() + 1) std::abort();
  if (!problems.empty()) return 0;
  const explore::Space space(std::move(axes));
  explore::Runner runner(catalogue, document, space);
  if (space.size() > 0 && space.size() <= explore::most_points) (void)runner.run(space.size() - 1);
  return 0;
}
