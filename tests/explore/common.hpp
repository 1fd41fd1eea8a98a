#pragma once
#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/explore/sweep.hpp"

namespace test {

using namespace mlsysim;

inline registry::Catalogue const& catalogue() {
  static const registry::Catalogue c;
  return c;
}
inline io::Document document(std::string const& text) {
  std::vector<Diagnostic> problems;
  auto d = io::parse_yaml(text, "test.yaml", problems);
  INFO(to_text(problems));
  REQUIRE(problems.empty());
  return d;
}
inline io::Document builtin(char const* name) { return document(std::string(registry::builtin_scenario(name)->text)); }

inline std::vector<explore::Axis> axes(io::Document const& d, std::string const& argument) {
  std::vector<Diagnostic> problems;
  const auto texts = explore::parse_axes(argument, "--vary", problems);
  auto out = explore::bind(texts, argument, "--vary", catalogue(), d, problems);
  INFO(to_text(problems));
  REQUIRE(problems.empty());
  return out;
}
/// What is said about an argument: message, and where it points.
inline std::string complaint(io::Document const& d, std::string const& argument) {
  std::vector<Diagnostic> problems;
  const auto texts = explore::parse_axes(argument, "--vary", problems);
  if (problems.empty()) (void)explore::bind(texts, argument, "--vary", catalogue(), d, problems);
  if (problems.empty()) return "";
  return error_name(problems[0].code) + " " + std::to_string(problems[0].where.column) + ": " + problems[0].message;
}
/// A report of the scenario with values put into its text, as a user would.
inline Report report(io::Document const& d, std::vector<scenario::Edit> const& edits) {
  std::vector<Diagnostic> problems;
  const auto l = scenario::load(catalogue(), d, edits, "edits", problems);
  INFO(to_text(problems));
  REQUIRE(problems.empty());
  return scenario::evaluate(l);
}

}  // namespace test
