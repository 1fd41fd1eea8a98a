#pragma once
/// \file
/// What an inference engine adds to the kernels of a service: time of its host in every iteration, and the limits of its scheduler.
#include <optional>

#include "mlsysim/describe/fields.hpp"

namespace mlsysim::solvers {

/// How an engine runs a service, stated once and applied to every model on every device.
struct Engine {
  Sourced<Time> iteration{};          ///< host time of an iteration
  Sourced<Time> sequence{};           ///< the same for every sequence in the iteration
  Sourced<Time> request{};            ///< of one request before its first iteration: HTTP, tokenizer, scheduling
  Sourced<Quantity<"s/token">> token{};  ///< of every token of a prompt, before its first iteration: the tokenizer
  bool overlaps = false;              ///< the host works behind the device: an iteration takes the longer of both
  std::optional<Count> batched_tokens;///< most tokens of one iteration; prompts are cut into chunks of it
  std::optional<Count> sequences;     ///< most requests which run at once
  std::optional<Real> memory;         ///< share of the device's memory which it fills
  std::optional<Count> block;         ///< tokens of a page of the cache
  bool mixed = true;                  ///< pieces of prompts run beside tokens of others, in one iteration
  bool per_head = false;              ///< its kernel of decode attention reads the cache once for each query head, not for each key-value head
  bool late = false;                  ///< what an iteration wrote is handed out while the next one runs, and reaches its reader when that ends
  bool reserves = false;              ///< a request starts only if its longest cache is free; otherwise pages are taken as it grows
};
void describe(Engine&, Fields&);

}  // namespace mlsysim::solvers
