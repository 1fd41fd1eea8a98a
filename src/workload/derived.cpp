#include <array>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>

#include "mlsysim/workload/operator.hpp"

namespace mlsysim::workload {
namespace {

constexpr std::size_t shapes = 128;              // kept at once
constexpr std::size_t operators_kept = 1 << 16;  // in all passes together

std::size_t place_of(Model const* model, PassShape const& s) {
  std::size_t h = reinterpret_cast<std::size_t>(model) >> 6;
  for (int v : {s.batch.value, s.new_tokens.value, s.cached_tokens.value, s.tensor_parallel.value, s.expert_parallel.value, s.layers.value, s.chunk.value}) h = h * 31 + static_cast<std::size_t>(v);
  h = h * 31 + static_cast<std::size_t>(s.precision.weights) * 16 + static_cast<std::size_t>(s.precision.compute);
  h = h * 8 + static_cast<std::size_t>(s.first_stage) * 4 + static_cast<std::size_t>(s.last_stage) * 2 + static_cast<std::size_t>(s.training);
  return (h ^ h >> 9) % shapes;
}

}  // namespace

OperatorName::OperatorName(std::string const& text) {
  static std::unordered_set<std::string> known;
  static std::shared_mutex guard;
  {
    const std::shared_lock reading(guard);
    if (const auto at = known.find(text); at != known.end()) {
      text_ = *at;
      return;
    }
  }
  const std::unique_lock writing(guard);
  text_ = *known.insert(text).first;
}

bool same_shape(PassShape const& a, PassShape const& b) {
  auto const &p = a.precision, &q = b.precision;
  const bool formats = p.weights == q.weights && p.activations == q.activations && p.kv == q.kv && p.compute == q.compute && p.weight_bits.has_value() == q.weight_bits.has_value() &&
                       (!p.weight_bits || p.weight_bits->value == q.weight_bits->value);
  return formats && a.batch.value == b.batch.value && a.new_tokens.value == b.new_tokens.value && a.cached_tokens.value == b.cached_tokens.value && a.tensor_parallel.value == b.tensor_parallel.value &&
         a.sequence_parallel == b.sequence_parallel && a.expert_parallel.value == b.expert_parallel.value && a.layers.value == b.layers.value && a.first_stage == b.first_stage &&
         a.last_stage == b.last_stage && a.execution == b.execution && a.attention == b.attention && a.chunk.value == b.chunk.value && a.training == b.training && a.last_token_logits == b.last_token_logits;
}

struct Derived::Kept {
  struct Lowered {
    Model const* model = nullptr;
    PassShape shape;
    std::shared_ptr<Pass const> pass;
  };
  std::array<Lowered, shapes> passes;
  std::size_t operators = 0;  ///< in all of them

  Model const* counted = nullptr;
  ParameterCount parameters;

  Model const* worked = nullptr;
  int tokens = 0;
  bool causal_only = false;
  Sourced<Work> work;
};

Derived::Derived() : kept_{std::make_unique<Kept>()} {}
Derived::~Derived() = default;

std::shared_ptr<Pass const> Derived::pass(Model const& model, PassShape const& shape, Ledger& ledger) {
  if (ledger.recording) return std::make_shared<Pass>(lower(model, shape, ledger));
  auto& kept = kept_->passes[place_of(&model, shape)];
  if (kept.pass && kept.model == &model && same_shape(kept.shape, shape)) return kept.pass;
  auto fresh = std::make_shared<Pass const>(lower(model, shape, ledger));
  if (kept_->operators + fresh->size() > operators_kept) forget();
  kept_->operators += fresh->size() - (kept.pass ? kept.pass->size() : 0);
  kept = {&model, shape, fresh};
  return fresh;
}

ParameterCount Derived::parameters(Model const& model, Ledger& ledger) {
  if (ledger.recording) return count_parameters(model, ledger);
  if (kept_->counted != &model) kept_->parameters = count_parameters(model, ledger), kept_->counted = &model;
  return kept_->parameters;
}

Sourced<Work> Derived::forward_work(Model const& model, Count tokens, bool causal_only, Ledger& ledger) {
  if (ledger.recording) return workload::forward_work(model, tokens, causal_only, ledger);
  if (kept_->worked != &model || kept_->tokens != tokens.value || kept_->causal_only != causal_only) {
    kept_->work = workload::forward_work(model, tokens, causal_only, ledger);
    kept_->worked = &model, kept_->tokens = tokens.value, kept_->causal_only = causal_only;
  }
  return kept_->work;
}

void Derived::forget() {
  for (auto& p : kept_->passes) p = {};
  kept_->operators = 0;
  kept_->counted = kept_->worked = nullptr;
}

std::shared_ptr<Pass const> pass_of(Derived* derived, Model const& model, PassShape const& shape, Ledger& ledger) {
  return derived ? derived->pass(model, shape, ledger) : std::make_shared<Pass const>(lower(model, shape, ledger));
}
ParameterCount parameters_of(Derived* derived, Model const& model, Ledger& ledger) { return derived ? derived->parameters(model, ledger) : count_parameters(model, ledger); }
Sourced<Work> forward_work_of(Derived* derived, Model const& model, Count tokens, bool causal_only, Ledger& ledger) {
  return derived ? derived->forward_work(model, tokens, causal_only, ledger) : forward_work(model, tokens, causal_only, ledger);
}

}  // namespace mlsysim::workload
