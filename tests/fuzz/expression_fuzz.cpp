// Formulas of rubrics and mappings: they are parsed and computed, or `problem` says why not, never both.
#include <cmath>
#include <cstdlib>
#include <string>

#include "mlsysim/validation/expression.hpp"

using namespace mlsysim::validation;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  const std::string text(reinterpret_cast<char const*>(data), size);
  std::string problem;
  const auto expression = Expression::parse(text, problem);
  if (!problem.empty()) return 0;
  // Names have values of several dimensions, zero and none.
  const auto look_up = [](std::string_view name) -> std::optional<Value> {
    if (name.empty() || name.front() == 'x') return {};
    return Value{static_cast<double>(name.size()) - 3, {}, {}};
  };
  const auto value = expression.evaluate(look_up, problem);
  if (value && !std::isfinite(value->number)) std::abort();
  if (!value && problem.empty()) std::abort();
  return 0;
}
