#pragma once
/// \file
/// What one iteration of a serving engine costs, as a table which is filled when it is asked: a simulation runs millions of iterations,
/// but only thousands of different ones.
#include <functional>
#include <limits>
#include <vector>

#include "mlsysim/solvers/serving.hpp"

namespace mlsysim::solvers {

/// Time on a replica, and energy of all its devices.
struct Cost {
  double time = 0;    ///< s
  double energy = 0;  ///< J
  /// Both.
  friend Cost operator+(Cost a, Cost b) { return {a.time + b.time, a.energy + b.energy}; }
  /// Both.
  friend Cost operator*(double k, Cost a) { return {k * a.time, k * a.energy}; }
};

/// A pass of one shape, priced, in the parts of which iterations with several shapes are made.
struct PassParts {
  Cost body;       ///< all which depends on the number of tokens only, communication included
  Cost head;       ///< the LM head, which depends on the number of sequences
  Cost attention;  ///< which depends on the contexts
};
/// Prices a pass of `sequences`, each with `fresh` tokens behind `cached` ones.
using PassPricer = std::function<PassParts(int sequences, int fresh, int cached)>;
/// Prices a decode step with guesses: the pass which verifies them for `sequences` behind `context` tokens, and the guesses themselves.
using StepPricer = std::function<Cost(int sequences, int context)>;

/// Prices iterations. Tables fill on the way, so a price may cost a pass of the solver the first time; the values do not depend on the order.
class IterationPrices {
 public:
  /// \param longest context of any request, tokens
  /// \param step of decode steps; a pass with one token for each sequence where it is empty
  IterationPrices(PassPricer pricer, int longest, StepPricer step = {});

  /// One decode step of `sequences` whose contexts have this mean. Linear between half octaves of the context, exact at them; beyond 64
  /// sequences linear between multiples of 8.
  Cost decode(int sequences, double context) {
    if (sequences <= exact_sequences || sequences % sequence_step == 0) return decode_row(sequences, context);
    const int low = sequences / sequence_step * sequence_step;
    const double share = static_cast<double>(sequences - low) / sequence_step;
    return (1 - share) * decode_row(low, context) + share * decode_row(low + sequence_step, context);
  }
  /// All but attention, for so many tokens together.
  Cost body(int tokens);
  /// The LM head for so many sequences.
  Cost head(int sequences);
  /// Attention of `fresh` tokens of one sequence behind `cached` ones; exact without cached ones, bilinear between half octaves otherwise.
  Cost prompt_attention(int fresh, int cached);

 private:
  static constexpr int exact_sequences = 64, sequence_step = 8;
  struct Segment {
    std::size_t index;
    double share;
  };
  // Nodes at 0, 1, 2, 3, 4, 6, 8, 12, 16, ... tokens.
  static Segment segment(double tokens);
  static double node(std::size_t index);
  static constexpr Cost unknown{-1, 0};

  Cost decode_row(int sequences, double context) {
    if (static_cast<std::size_t>(sequences) >= rows_.size()) grow(sequences);
    auto& row = rows_[static_cast<std::size_t>(sequences)];
    const Segment s = segment(context);
    if (row[s.index].time < 0) fill(sequences, s.index);
    if (row[s.index + 1].time < 0) fill(sequences, s.index + 1);
    return (1 - s.share) * row[s.index] + s.share * row[s.index + 1];
  }
  void grow(int sequences);
  void fill(int sequences, std::size_t node);
  struct Prompt {
    Cost body = unknown, attention{};
  };
  Prompt const& prompt(int tokens);

  PassPricer pricer_;
  StepPricer step_;
  std::size_t nodes_;
  std::vector<std::vector<Cost>> rows_;        ///< decode, by sequences, then context node
  std::vector<Cost> heads_;                    ///< by sequences
  std::vector<Prompt> prompts_;                ///< by tokens, or by 64 of them beyond `exact_`
  std::vector<std::vector<Cost>> behind_;      ///< prompt attention by node of fresh, node of cached tokens
};

/// The prices of a replica of this service, as its closed form prices passes: `end` -1 or 1 at the slow or fast end of the intervals.
/// What the input refers to must outlive the result. \pre `problems(in)` is empty
IterationPrices iteration_prices(ServingInput const& in, int end = 0);

}  // namespace mlsysim::solvers
