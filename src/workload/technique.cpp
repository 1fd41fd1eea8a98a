#include "mlsysim/workload/technique.hpp"

namespace mlsysim::workload {
namespace {

constexpr std::string_view kinds[] = {"quantization", "pruning", "distillation", "robustness", "privacy", "fairness"};
constexpr std::string_view forms[] = {"additive", "joint"};

}  // namespace

std::span<const std::string_view> names_of(TechniqueKind) { return kinds; }
std::span<const std::string_view> names_of(ScalingForm) { return forms; }

void describe(Technique& t, Fields& f) {
  f("id", t.id, "unique name", optional_field);
  f("name", t.name, "name for people", optional_field);
  f("aliases", t.aliases, "other names", optional_field);
  f("kind", t.kind, "what it is for");
  f("model", t.model, "model for which the scores were measured", optional_field);
  f("benchmark", t.benchmark, "what the scores are", optional_field);
  f("before", t.before, "score without it", not_negative);
  f("after", t.after, "score with it", not_negative);
  f("lower_is_better", t.lower_is_better, "the score is an error or a perplexity", defaults_to(false, "accuracies are the usual scores"));
  f("weights", t.weights, "format in which it stores weights");
  f("activations", t.activations, "format in which it stores activations");
  f("kv", t.kv, "format in which it caches keys and values");
  f("compute", t.compute, "format in which it computes products");
  f("weight_bits", t.weight_bits, "bits stored per weight, scales and indices included", positive, at_most(64.0));
  f("kept", t.kept, "share of the weights which are not zero", positive, at_most(1.0));
  f("structured", t.structured, "zeros in the pattern which sparse units skip", defaults_to(false, "zeros anywhere"));
  f("student", t.student, "smaller model which runs in place of the model");
  f("training_factor", t.training_factor, "training time with it / without it", positive);
}

void describe(ScalingLaw& l, Fields& f) {
  f("id", l.id, "unique name", optional_field);
  f("name", l.name, "name for people", optional_field);
  f("aliases", l.aliases, "other names", optional_field);
  f("form", l.form, "additive: E + A/N^alpha + B/D^beta; joint: ((N_c/N)^(alpha/beta) + D_c/D)^beta", defaults_to(ScalingForm::additive, "that of Hoffmann 2022"));
  f("irreducible", l.irreducible, "loss which no size removes, in nats per token", not_negative);
  f("parameter_scale", l.parameter_scale, "A, or N_c of the joint form", positive);
  f("token_scale", l.token_scale, "B, or D_c of the joint form", positive);
  f("parameter_exponent", l.parameter_exponent, "alpha", positive, at_most(2.0));
  f("token_exponent", l.token_exponent, "beta", positive, at_most(2.0));
  f("optimum_parameters", l.optimum_parameters, "parameters of the compute-optimal model at 1 PFLOP/s-day, where fitted apart", positive);
  f("optimum_exponent", l.optimum_exponent, "exponent of that model over compute", positive, at_most(1.0));
}

}  // namespace mlsysim::workload
