// Whatever the bytes: a document whose parts lie within it, or problems which can be printed.
#include <cstdlib>

#include "mlsysim/io/document.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml(std::string(reinterpret_cast<char const*>(data), size), "fuzz.yaml", problems);
  if (d.nodes.empty()) std::abort();
  for (auto const& n : d.nodes) {
    if (std::size_t{n.first} + n.count > d.nodes.size() && n.count > 0) std::abort();
    (void)d.location(n);
    (void)d.key_location(n);
  }
  for (auto const& p : problems) {
    if (!error_page(p.code)) std::abort();
    if (to_text(p).empty()) std::abort();
  }
  return 0;
}
