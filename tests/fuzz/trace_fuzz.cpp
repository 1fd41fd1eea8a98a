// Traces of requests: any text is either requests in order or problems with a place.
#include <cstdlib>

#include "mlsysim/io/trace.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace mlsysim;
  std::vector<Diagnostic> problems;
  const auto all = io::parse_trace({reinterpret_cast<char const*>(data), size}, "trace.csv", problems);
  if (all.empty() == problems.empty()) std::abort();
  double last = 0;
  for (auto const& r : all) {
    if (!(r.arrival >= last) || r.prompt < 1 || r.output < 1) std::abort();
    last = r.arrival;
  }
  for (auto const& p : problems)
    if (to_text(p).empty()) std::abort();
  return 0;
}
