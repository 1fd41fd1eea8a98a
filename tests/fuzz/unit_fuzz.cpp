// Any text is a quantity or an error; what is a quantity reads back from its exact form.
#include <cmath>
#include <cstdlib>

#include "mlsysim/units/text.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  const std::string text(reinterpret_cast<char const*>(data), size);
  const auto q = parse_quantity(text);
  if (q.error != QuantityTextError::none) {
    if (q.at > text.size()) std::abort();
    (void)unit_advice(q.unit_text);
    return 0;
  }
  if (!std::isfinite(q.base_value())) std::abort();
  (void)display(q.base_value(), q.dimension());
  const std::string again = exact(q.base_value(), q.dimension());
  const auto back = parse_quantity(again);
  if (back.error == QuantityTextError::none && back.base_value() != q.base_value()) std::abort();
  return 0;
}
