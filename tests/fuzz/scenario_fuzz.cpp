// The path of `mlsysim eval`: any text ends in a report or in an InputError.
#include <cstdlib>

#include "mlsysim/render/render.hpp"
#include "mlsysim/scenario/evaluate.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  static const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml(std::string(reinterpret_cast<char const*>(data), size), "fuzz.yaml", problems);
  if (!problems.empty()) return 0;
  const auto loaded = scenario::load(catalogue, d, problems);
  if (!problems.empty()) return 0;
  try {
    const Report r = scenario::evaluate(loaded);
    if (render::json({r}).empty() || render::text(r, {}).empty()) std::abort();
  } catch (InputError const&) {
  }
  return 0;
}
