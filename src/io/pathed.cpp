#include "pathed.hpp"

#include <fmt/format.h>

#include "mlsysim/units/text.hpp"

namespace mlsysim::io {

FactsByPath::FactsByPath(Ledger const& ledger, std::string_view prefix) : ledger_{ledger}, prefix_{prefix.empty() ? std::string{} : std::string(prefix) + '.'} {}

Fact const* FactsByPath::of(Origin origin, std::string const& path) {
  if (Fact const* f = ledger_.fact(origin)) return f;
  // The walk may read the facts before it shows them.
  for (; known_ < ledger_.facts().size(); ++known_) by_path_[ledger_.facts()[known_].path] = known_;
  const auto found = by_path_.find(prefix_ + path);
  return found == by_path_.end() ? nullptr : &ledger_.facts()[found->second];
}

std::string plain_text(Scalar const& s) {
  switch (s.kind) {
    case Scalar::Kind::text: return s.text;
    case Scalar::Kind::flag: return s.number != 0 ? "true" : "false";
    case Scalar::Kind::choice: return std::string(s.names[static_cast<std::size_t>(s.number)]);
    case Scalar::Kind::integer: return fmt::format("{:.0f}", s.number);
    case Scalar::Kind::quantity: return exact(s.number, s.dimension);
  }
  return {};
}

std::string bits_text(Scalar const& s) {
  const bool rate = s.dimension == Dimension("B/s");
  const std::string_view unit = rate ? "Gbit/s" : "bit";
  for (int digits = 4; digits <= 17; ++digits) {
    std::string text = in_unit(s.number, unit, digits);
    if (parse_quantity(text).base_value() == s.number) return text;
  }
  return fmt::format("{} {}", shortest(s.number * 8), rate ? "bit/s" : "bit");
}

}  // namespace mlsysim::io
