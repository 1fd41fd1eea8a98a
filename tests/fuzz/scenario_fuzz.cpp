// Whatever the file: an answer or an InputError, never another exception.
#include <cstdlib>

#include "mlsysim/io/show.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  static const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml(std::string(reinterpret_cast<char const*>(data), size), "fuzz.yaml", problems);
  auto loaded = scenario::load(catalogue, d, problems);
  if (!problems.empty()) {
    if (to_text(problems).empty()) std::abort();
    return 0;
  }
  (void)io::resolved_yaml([&](Fields& f) { describe(loaded.scenario, f); }, loaded.ledger, io::overrides_of(d));
  try {
    (void)scenario::evaluate(loaded);
  } catch (InputError const& e) {
    if (e.problems().empty()) std::abort();
  }
  return 0;
}
