// Any bytes end in a document or in diagnostics with a code which has a page.
#include <cstdlib>

#include "mlsysim/io/document.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml(std::string(reinterpret_cast<char const*>(data), size), "fuzz.yaml", problems);
  for (auto const& p : problems)
    if (!error_page(p.code) || to_text(p).empty()) std::abort();
  for (auto const& n : d.nodes)
    if (n.first + n.count > d.nodes.size()) std::abort();
  return 0;
}
