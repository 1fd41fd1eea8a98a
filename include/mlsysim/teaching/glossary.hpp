#pragma once
/// \file
/// What each metric means, defined once: for `mlsysim explain`, the glossary and the site.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::teaching {

/// Another quantity for which a term is mistaken.
struct Confusion {
  std::string_view with;    ///< id of the other term; empty if no term of the glossary
  std::string_view differs; ///< how it differs, one sentence
  double factor = 0;        ///< the mistaken value / the right one, where that is a constant; 0: it is not
  /// \{
  /// Facts whose quotient is that factor, by the end of their paths, such as `.transformer.heads`; empty: none.
  std::string_view over{}, under{};
  /// \}
};

/// A term of the glossary.
struct Term {
  std::string_view id;                        ///< stable; JSON carries it beside each metric
  std::string_view name;                      ///< as people write it
  std::string_view text;                      ///< definition in one or two sentences
  std::string_view formula;                   ///< plain text; empty where the text says all
  std::string_view latex;                     ///< the same as mathematics
  std::string_view source;                    ///< key of the publication, or `definition`
  std::span<const std::string_view> metrics;  ///< paths of the metrics which it defines
  std::span<const Confusion> confused;        ///< what it is mistaken for
};

/// All terms, by topic.
std::span<const Term> glossary();
/// By id, or by name without regard to case and hyphens; null if there is none.
Term const* term(std::string_view name);
/// The term which defines a metric; null where the metric's own label and note say all.
Term const* term_of(std::string_view metric_path);
/// Id of the definition of a metric: that of its term, or the metric's own path.
std::string definition_id(std::string_view metric_path);

}  // namespace mlsysim::teaching
