#pragma once
#include <stdexcept>
#include <string>
#include <vector>

#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"

inline mlsysim::registry::Catalogue const& catalogue() {
  static const mlsysim::registry::Catalogue c;
  return c;
}
inline mlsysim::io::Document document_of(std::string const& text) {
  std::vector<mlsysim::Diagnostic> problems;
  auto d = mlsysim::io::parse_yaml(text, "test.yaml", problems);
  if (!problems.empty()) throw mlsysim::InputError(problems);
  return d;
}
inline mlsysim::scenario::Loaded load(std::string const& text) {
  std::vector<mlsysim::Diagnostic> problems;
  const auto d = document_of(text);
  auto l = mlsysim::scenario::load(catalogue(), d, problems);
  if (!problems.empty()) throw mlsysim::InputError(problems);
  return l;
}
inline std::string builtin(std::string_view name) {
  auto const* s = mlsysim::registry::builtin_scenario(name);
  if (!s) throw std::runtime_error("no built-in scenario " + std::string(name));
  return std::string(s->text);
}
inline mlsysim::Report evaluate(std::string const& text) { return mlsysim::scenario::evaluate(load(text)); }
