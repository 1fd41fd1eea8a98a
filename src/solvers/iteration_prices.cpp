#include "mlsysim/solvers/iteration_prices.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>

namespace mlsysim::solvers {
namespace {

constexpr int exact = 4096;   ///< prompts up to here are priced one by one
constexpr int coarse = 64;    ///< longer ones at multiples of it
constexpr int most_slots = exact + (1 << 24) / coarse;

/// Prices passes with the model of iterations which the closed form uses.
class Pricer {
 public:
  Pricer(ServingInput const& in, int end) : in_{in}, efficiency_{end == 0 ? *in.efficiency : in.efficiency->at_end(end)}, links_{end == 0 ? links_of(in, quiet_) : links_of(in, quiet_).at_end(end)} {
    // Pools are engines of their own here, and each is priced on its own devices.
    in_.options.disaggregation.reset();
    in_.prefill_efficiency = nullptr;
  }

  /// Pipeline stages work on different requests at the same time: of decoding sequences each holds its share, and prompts follow
  /// each other at the distance of a stage. Ranks with attention of their own read prompts side by side: each has its share of the tokens.
  PassParts operator()(int sequences, int fresh, int cached) {
    const int stages = in_.parallel.pipeline.value, ranks = in_.parallel.expert.value;
    const bool decode = fresh == 1 && cached > 0;
    const int together = decode ? (sequences + stages - 1) / stages : sequences;
    Iteration i;
    if (decode) i.decodes = {together, {}}, i.decode_context = {cached, {}};
    else i.prompts = {together * ranks, {}}, i.prompt_tokens = {(fresh + ranks - 1) / ranks, {}}, i.prompt_context = {cached, {}};
    const IterationModel model(in_, efficiency_, links_);
    const IterationPrice p = model.price(i, quiet_);
    const double time = p.time.value.raw(), head = p.head.raw(), apart = (p.prompt_attention + p.decode_attention).raw();
    double attention = apart;
    if (!decode && ranks > 1) {
      i.prompt_tokens = {fresh, {}};
      attention = model.price(i, quiet_).prompt_attention.raw() / ranks;
    }
    const auto part = [&](double t) { return Cost{t, t * power(p)}; };
    PassParts all{part(std::max(0.0, time - head - apart)), part(head), part(attention)};
    if (stages == 1) return all;
    // Every group of a decode step visits every stage, at the same time as the others; prompts spend their energy in full, and overlap.
    for (Cost* c : {&all.body, &all.head, &all.attention}) (decode ? c->energy : c->time) *= decode ? (sequences + together - 1) / together : 1.0 / stages;
    return all;
  }

  /// A decode step with guesses; the draft draws the power of the pass which verifies.
  Cost step(int sequences, int context) {
    const int stages = in_.parallel.pipeline.value, together = (sequences + stages - 1) / stages;
    const int guesses = in_.options.speculation->tokens.value;
    Iteration i;
    i.decodes = {together, {}}, i.decode_tokens = {guesses + 1, {}}, i.decode_context = {context, {}};
    const IterationPrice p = IterationModel(in_, efficiency_, links_).price(i, quiet_);
    i.decode_tokens = {1, {}};
    const double time = p.time.value.raw() + guesses * guess(in_, efficiency_, links_, i, quiet_).value.raw();
    return {time, time * power(p) * ((sequences + together - 1) / together)};
  }

 private:
  /// Of all devices of a replica.
  double power(IterationPrice const& p) const {
    const double time = p.time.value.raw();
    return time > 0 ? static_cast<double>(in_.parallel.tensor.value) * in_.parallel.pipeline.value * in_.parallel.expert.value * p.energy.value.raw() / time : 0;
  }

  Ledger quiet_;
  ServingInput in_;
  EfficiencyModel efficiency_;
  LinkModel links_;
};

}  // namespace

IterationPrices::IterationPrices(PassPricer pricer, int longest, StepPricer step) : pricer_{std::move(pricer)}, step_{std::move(step)}, nodes_{segment(std::max(1, longest) + 1).index + 3} {}

IterationPrices::Segment IterationPrices::segment(double tokens) {
  if (tokens < 1) return {0, std::max(0.0, tokens)};
  if (tokens < 2) return {1, tokens - 1};
  const auto whole = static_cast<unsigned>(std::min(tokens, 2147483000.0));
  const unsigned octave = static_cast<unsigned>(std::bit_width(whole)) - 1;  // 1 and more
  const double low = static_cast<double>(1U << octave), half = low / 2;
  // Node 2 stands at two tokens.
  if (tokens < low + half) return {2 * octave, (tokens - low) / half};
  return {2 * octave + 1, (tokens - low - half) / half};
}

double IterationPrices::node(std::size_t index) {
  if (index < 2) return static_cast<double>(index);
  const double low = static_cast<double>(1U << (index / 2));
  return index % 2 == 0 ? low : 1.5 * low;
}

void IterationPrices::grow(int sequences) {
  const auto n = std::max<std::size_t>(static_cast<std::size_t>(sequences) + 1, 2 * rows_.size());
  rows_.resize(n, std::vector<Cost>(nodes_, unknown));
}

void IterationPrices::fill(int sequences, std::size_t n) {
  const int context = std::max(1, static_cast<int>(node(n)));
  Cost& cell = rows_[static_cast<std::size_t>(sequences)][n];
  if (step_) {
    cell = step_(sequences, context);
    return;
  }
  const PassParts p = pricer_(sequences, 1, context);
  cell = p.body + p.head + p.attention;
}

IterationPrices::Prompt const& IterationPrices::prompt(int tokens) {
  const auto slot = static_cast<std::size_t>(tokens <= exact ? tokens : std::min(exact + (tokens - exact) / coarse, most_slots));
  if (slot >= prompts_.size()) prompts_.resize(std::max(slot + 1, std::min<std::size_t>(2 * prompts_.size(), most_slots + 1)));
  Prompt& p = prompts_[slot];
  if (p.body.time < 0) {
    const PassParts parts = pricer_(1, tokens, 0);
    p = {parts.body, parts.attention};
    if (heads_.size() < 2) heads_.resize(2, unknown);
    heads_[1] = parts.head;
  }
  return p;
}

Cost IterationPrices::body(int tokens) {
  if (tokens <= exact) return prompt(tokens).body;
  const int low = exact + (tokens - exact) / coarse * coarse;
  const Cost a = prompt(low).body, b = prompt(low + coarse).body;
  const double share = static_cast<double>(tokens - low) / coarse;
  return (1 - share) * a + share * b;
}

Cost IterationPrices::head(int sequences) {
  if (sequences <= 0) return {};
  if (sequences > exact_sequences && sequences % sequence_step != 0) {
    const int low = sequences / sequence_step * sequence_step;
    const double share = static_cast<double>(sequences - low) / sequence_step;
    return (1 - share) * head(low) + share * head(low + sequence_step);
  }
  const auto n = static_cast<std::size_t>(sequences);
  if (n >= heads_.size()) heads_.resize(std::max(n + 1, 2 * heads_.size()), unknown);
  if (heads_[n].time < 0) heads_[n] = pricer_(sequences, 1, 1).head;
  return heads_[n];
}

Cost IterationPrices::prompt_attention(int fresh, int cached) {
  if (cached == 0) {
    if (fresh <= exact) return prompt(fresh).attention;
    const int low = exact + (fresh - exact) / coarse * coarse;
    const Cost a = prompt(low).attention, b = prompt(low + coarse).attention;
    const double share = static_cast<double>(fresh - low) / coarse;
    return (1 - share) * a + share * b;
  }
  if (behind_.empty()) behind_.assign(nodes_ + 1, std::vector<Cost>(nodes_ + 1, unknown));
  const Segment f = segment(fresh), c = segment(cached);
  const auto at = [&](std::size_t i, std::size_t k) {
    Cost& cell = behind_[std::min(i, nodes_)][std::min(k, nodes_)];
    if (cell.time < 0) cell = pricer_(1, std::max(1, static_cast<int>(node(i))), static_cast<int>(node(k))).attention;
    return cell;
  };
  return (1 - f.share) * ((1 - c.share) * at(f.index, c.index) + c.share * at(f.index, c.index + 1)) +
         f.share * ((1 - c.share) * at(f.index + 1, c.index) + c.share * at(f.index + 1, c.index + 1));
}

IterationPrices iteration_prices(ServingInput const& in, int end) {
  const int context = in.model->transformer ? in.model->transformer->context.value : 0;
  const auto pricer = std::make_shared<Pricer>(in, end);
  StepPricer step;
  if (in.options.speculation) step = [pricer](int sequences, int behind) { return pricer->step(sequences, behind); };
  return {[pricer](int sequences, int fresh, int cached) { return (*pricer)(sequences, fresh, cached); }, std::max(context, in.prompt.value + in.output.value), std::move(step)};
}

}  // namespace mlsysim::solvers
