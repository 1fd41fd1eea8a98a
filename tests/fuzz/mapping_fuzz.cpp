// Whatever a mapping and its table say: problems which can be printed, or a report whose shares are shares.
#include <cstdlib>

#include "mlsysim/render/render.hpp"
#include "mlsysim/validation/validate.hpp"

using namespace mlsysim;

namespace {

bool is_share(double v) { return v >= 0 && v <= 1; }

void check(std::vector<Diagnostic> const& problems) {
  for (auto const& p : problems)
    if (!error_page(p.code) || to_text(p).empty()) std::abort();
}

}  // namespace

/// The mapping, a line of percent signs, the table.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  static const registry::Catalogue catalogue;
  const std::string text(reinterpret_cast<char const*>(data), size);
  const auto cut = text.find("%%%\n");
  std::vector<Diagnostic> problems;
  const auto mapping = validation::read_mapping(io::parse_yaml(text.substr(0, cut), "fuzz.yaml", problems), problems);
  const auto table = io::parse_csv(cut == text.npos ? text : text.substr(cut + 4), "fuzz.csv", problems);
  for (auto const& row : table.rows)
    if (row.cells.size() != table.columns.size()) std::abort();
  if (problems.empty()) validation::check_columns(mapping, table, problems);
  check(problems);
  if (!problems.empty() || table.rows.size() > 50) return 0;
  try {
    const auto result = validation::validate(mapping, table, catalogue);
    if (!is_share(result.errors.within_10) || !is_share(result.errors.within_25) || !is_share(result.coverage)) std::abort();
    if (result.outcome.used > result.outcome.rows) std::abort();
    (void)validation::report(mapping, result);
    (void)validation::rows_csv({{&mapping, &result}});
    (void)render::svg(validation::scatter(mapping, result));
  } catch (InputError const& e) {
    check(e.problems());
  }
  return 0;
}
