#pragma once
/// \file
/// Ways of making a model smaller or safer, with what their publications measured, and laws of how loss falls with size and data.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/workload/model.hpp"
#include "mlsysim/workload/precision.hpp"

namespace mlsysim::workload {

/// What a technique is for: the first three make a model smaller, the last three make it safer.
enum class TechniqueKind : std::uint8_t { quantization, pruning, distillation, robustness, privacy, fairness };
std::span<const std::string_view> names_of(TechniqueKind);

/// A published technique: what it changes of a scenario, and what it did to a score.
struct Technique {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  TechniqueKind kind = TechniqueKind::quantization;
  std::string model;      ///< for which `before` and `after` were measured
  std::string benchmark;  ///< what they are
  std::optional<Real> before;  ///< score without the technique
  std::optional<Real> after;   ///< score with it
  bool lower_is_better = false;  ///< perplexities and error rates
  std::optional<Precision> weights;
  std::optional<Precision> activations;
  std::optional<Precision> kv;
  std::optional<Precision> compute;
  std::optional<Real> weight_bits;  ///< stored per weight, scales and indices included
  std::optional<Real> kept;         ///< share of the weights which are not zero
  bool structured = false;          ///< in the pattern which sparse units of the device skip
  std::optional<Ref<Model>> student;      ///< runs in place of the model
  std::optional<Real> training_factor;    ///< training time with it / without it
};

/// Which formula a scaling law has: a sum of three terms (Hoffmann 2022) or one power of two terms (Kaplan 2020).
enum class ScalingForm : std::uint8_t { additive, joint };
std::span<const std::string_view> names_of(ScalingForm);

/// Loss in nats per token over parameters N and training tokens D, as fitted by its publication.
struct ScalingLaw {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  ScalingForm form = ScalingForm::additive;
  std::optional<Real> irreducible;  ///< E; additive form
  Real parameter_scale;             ///< A, or N_c of the joint form
  Real token_scale;                 ///< B, or D_c of the joint form
  Real parameter_exponent;          ///< alpha
  Real token_exponent;              ///< beta
  std::optional<Real> optimum_parameters;  ///< of the compute-optimal model at 1 PFLOP/s-day, where it is fitted apart
  std::optional<Real> optimum_exponent;    ///< of that model over compute
};

void describe(Technique&, Fields&);
void describe(ScalingLaw&, Fields&);
constexpr EntryKind entry_kind(Technique const&) { return EntryKind::technique; }
constexpr EntryKind entry_kind(ScalingLaw const&) { return EntryKind::scaling_law; }

}  // namespace mlsysim::workload
