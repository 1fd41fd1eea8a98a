#pragma once
/// \file
/// Where every constant comes from, and which of them nobody has checked.
#include <string>
#include <vector>

#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"

namespace mlsysim::teaching {

/// How well a number is founded.
enum class Standing : std::uint8_t {
  verified,    ///< its source was opened and the number read there
  unverified,  ///< its source was never opened
  unsourced,   ///< it has none
  given,       ///< written in the scenario
  assumed,     ///< a default, of the scenario or of a field which a registry file leaves out, or a named assumption
};
/// Spellings of `Standing`, in its order.
inline constexpr std::array<std::string_view, 5> standing_name{"verified", "unverified", "unsourced", "given", "assumed"};

/// One number and where it comes from.
struct Audited {
  std::string entry;                        ///< id of the registry entry; empty for a number of the scenario
  std::string kind;                         ///< of the entry: hardware, model, …
  Fact fact;                                ///< the number
  std::string source;                       ///< title; empty without one
  std::string source_kind;                  ///< datasheet, paper, …; empty without one
  std::string read;                         ///< day on which it was read there
  Standing standing = Standing::unsourced;  ///< verified or not
  bool stale = false;                       ///< a price or grid factor older than its limit
  bool undated = false;                     ///< a price or grid factor of unknown age
};

/// Every number of the registry, entry by entry.
std::vector<Audited> audit(registry::Catalogue const& catalogue);
/// Every number on which a metric of this result rests, in the order of first use.
std::vector<Audited> audit(Report const& report, std::string_view today);

/// What a policy of `mlsysim audit --require` asks for.
enum class Policy : std::uint8_t { none, sourced, verified, current };
/// Spellings of `Policy`, in its order.
inline constexpr std::array<std::string_view, 4> policy_name{"none", "sourced", "verified", "current"};
/// Whether a number satisfies a policy: `sourced` wants a source (or that it is given or assumed openly), `verified` one which was opened,
/// `current` that it is not stale.
bool satisfies(Audited const& number, Policy policy);

/// Numbers by kind of source: how many, how many verified.
Table audit_summary(std::vector<Audited> const& numbers);
/// One row for each number.
Table audit_table(std::vector<Audited> const& numbers);

}  // namespace mlsysim::teaching
