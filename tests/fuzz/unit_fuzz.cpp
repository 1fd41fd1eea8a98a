// Whatever the text: no quantity, or one which survives being written and read again.
#include <cmath>
#include <cstdlib>

#include "mlsysim/units/text.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<char const*>(data), size);
  const auto q = parse_quantity(text);
  (void)unit_advice(text);
  if (q.error != QuantityTextError::none) return 0;
  const double base = q.base_value();
  if (!std::isfinite(base)) std::abort();
  const auto again = parse_quantity(exact(base, q.dimension()));
  if (again.error != QuantityTextError::none || !(again.dimension() == q.dimension())) std::abort();
  if (again.base_value() != base) std::abort();
  if (parse_quantity(display(base, q.dimension())).error != QuantityTextError::none && std::abs(base) > 1e-290 && std::abs(base) < 1e290) std::abort();
  return 0;
}
