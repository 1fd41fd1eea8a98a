#pragma once
/// \file
/// Operators: the common currency. A workload lowers to operators, a device prices them, and every total is a sum over them.
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/workload/model.hpp"
#include "mlsysim/workload/precision.hpp"

namespace mlsysim::workload {

/// Classes of operators, each with its own measured efficiency; `count` is how many there are.
enum class OperatorKind : std::uint8_t {
  gemm,              ///< dense matrix product, also a 1x1 or im2col convolution's inner product where kind is not `convolution`
  grouped_gemm,      ///< products of the experts which tokens are routed to, in one kernel for all of them, with what moves and gates their tokens
  attention,         ///< scores, softmax and weighted values, fused (IO-aware) unless stated
  decode_attention,  ///< the same for one new token per sequence: another kernel, which streams the cache
  convolution,
  depthwise,
  normalization,
  elementwise,    ///< residual additions, activations of frameworks, dropout: plain streams
  activation,     ///< gated activations and rotary embedding in the kernels of inference engines, which keep up with half the bandwidth of a stream
  pooling,
  embedding,  ///< table look-up
  scan,       ///< state-space recurrence
  count
};
std::span<const std::string_view> names_of(OperatorKind);
std::string_view name(OperatorKind);

/// Which format each role uses. One entry of each role; compute is the unit the products run on.
struct PrecisionPlan {
  Precision weights = Precision::bf16;      ///< as stored
  Precision activations = Precision::bf16;  ///< as stored between operators
  Precision kv = Precision::bf16;           ///< of cached keys and values
  Precision compute = Precision::bf16;      ///< unit on which products run
  std::optional<Real> weight_bits{};        ///< stored per weight, scales of groups included, where that is not the format's width
};

/// Bytes which one weight takes: 4.5 bits for blocks of 32 four-bit values with a scale of 16 bits.
Sourced<Data> weight_size(PrecisionPlan const& plan, Ledger& ledger);

/// Name of an operator: a view of text which stays for ever, so that operators are copied without copying it. Each text is stored once.
class OperatorName {
 public:
  constexpr OperatorName() = default;
  /// Of a literal, where it stands.
  template <std::size_t N>
  constexpr OperatorName(char const (&literal)[N]) : text_{literal, N - 1} {}
  /// Of any text: stored the first time. Safe for several threads at once.
  OperatorName(std::string const& text);

  constexpr operator std::string_view() const { return text_; }                                       ///< the text
  constexpr bool starts_with(std::string_view part) const { return text_.starts_with(part); }         ///< as of the text
  constexpr bool contains(std::string_view part) const { return text_.find(part) != text_.npos; }     ///< as of the text
  constexpr bool empty() const { return text_.empty(); }                                              ///< no name
  /// The same text.
  template <std::convertible_to<std::string_view> T>
  friend constexpr bool operator==(OperatorName a, T const& b) {
    return a.text_ == std::string_view(b);
  }
  friend std::string operator+(OperatorName a, std::string_view b) { return std::string(a.text_).append(b); }          ///< both texts
  friend std::string operator+(std::string_view a, OperatorName b) { return std::string(a).append(b.text_); }          ///< both texts

 private:
  std::string_view text_{};
};

/// One operator of a pass on one device.
struct Operator {
  OperatorName name;                       ///< e.g. `mlp.up`
  OperatorKind kind = OperatorKind::gemm;  ///< decides its efficiency
  Precision compute = Precision::bf16;     ///< decides its peak
  bool matrix = true;                      ///< runs on the matrix units
  /// Shape as a batch of m x n x k products; convolutions as their im2col equivalent; others use m as element count.
  double m = 1, n = 1, k = 1, batch = 1;
  double blocks = 0;          ///< blocks of 4 x 4 which cover the results of a 3 x 3 convolution with stride 1, all samples; 0: of no such convolution
  Real repeat;                ///< executions per pass, e.g. once per layer
  Sourced<Work> work;         ///< forward FLOP of one execution (1 MAC = 2 FLOP), as the kernel computes them
  Sourced<Work> model_work;   ///< FLOP by the convention of MFU: products only, the full attention matrix counted
  Sourced<Data> weights;      ///< bytes of parameters read by one execution
  Sourced<Data> input;        ///< bytes of activations read
  Sourced<Data> output;       ///< bytes of activations written
  Sourced<Data> cache_read;   ///< bytes of KV (or state) read
  Sourced<Data> cache_write;  ///< bytes of KV (or state) written
  Real dequantized{0, {}};    ///< weights stored narrower than the products compute: converted on the way
  bool has_gradient = true;   ///< takes part in the backward pass

  /// Whether it multiplies matrices whose rows are tokens: one, or one for each expert.
  bool is_product() const { return matrix && (kind == OperatorKind::gemm || kind == OperatorKind::grouped_gemm); }
  /// Everything one execution moves.
  Data bytes() const { return weights.value + input.value + output.value + cache_read.value + cache_write.value; }
};

/// Which kernels a framework starts for the same mathematics.
enum class Execution : std::uint8_t {
  fused,  ///< an inference engine or compiler: epilogues in the product's kernel, IO-aware attention (Dao et al. 2022)
  compiled,  ///< neighbouring elementwise kernels merged, as compilers of frameworks do; the score matrix is still written and read
  eager,  ///< a framework operator by operator: norms and activations apart, the whole score matrix written and read, logits of every token
};
std::span<const std::string_view> names_of(Execution);

/// How attention is computed.
enum class AttentionKernel : std::uint8_t {
  by_execution,  ///< flash where execution is fused, else unfused
  flash,         ///< scores stay on the chip (Dao et al. 2022), in the best kernel for the device; the backward pass computes them again
  unfused,       ///< the score matrix is written and read
  flash_1,       ///< the first FlashAttention (Dao et al. 2022), and the Triton kernels of its time
  flash_2,       ///< FlashAttention-2 (Dao 2023), which knows Ampere's instructions but not Hopper's
};
std::span<const std::string_view> names_of(AttentionKernel);
/// Whether scores stay on the chip.
bool is_flash(AttentionKernel attention, Execution execution);

/// Who starts kernels and collectives.
enum class Launch : std::uint8_t {
  graph,  ///< a graph captured beforehand
  host,   ///< an engine's host code, one by one: kernels are queued ahead, collectives wait for it
  executor,  ///< a framework's runtime walks a graph of operators (TorchScript, TensorFlow): no faster than it gets round
  interpreter,  ///< Python calls the framework for every operator (eager PyTorch)
};
std::span<const std::string_view> names_of(Launch);

/// What runs at once: `batch` sequences (or samples) each adding `new_tokens` to `cached_tokens` already in the cache.
/// Prefill and training have cached_tokens 0; a decode step has new_tokens 1. Models without tokens ignore both.
struct PassShape {
  Count batch;                   ///< sequences or samples at once
  Count new_tokens;              ///< tokens which each sequence adds
  Count cached_tokens;           ///< tokens in the cache before the pass
  PrecisionPlan precision;       ///< formats by role
  Count tensor_parallel{1, {}};  ///< heads, feed-forward and vocabulary are divided by it
  bool sequence_parallel = false;  ///< tensor ranks divide norms and residuals too, by tokens (Korthikanti et al. 2022)
  Count expert_parallel{1, {}};  ///< routed experts are divided by it; each then serves the tokens of all these ranks
  /// Layers on this device: 0 = all; a pipeline stage otherwise.
  Count layers{0, {}};
  bool first_stage = true;                 ///< has the embedding
  bool last_stage = true;                  ///< has the final norm and the LM head
  Execution execution = Execution::fused;  ///< kernels of an engine, or of a framework
  AttentionKernel attention = AttentionKernel::by_execution;  ///< whether scores stay on the chip
  Count chunk{0, {}};                      ///< tokens of a prompt which go through the layers at once; 0: all
  bool training = false;                   ///< dropout runs, where the model has it
  bool last_token_logits = false;          ///< LM head on one token per sequence (inference), not on all (training)
};

/// The same shape, wherever its values came from.
bool same_shape(PassShape const& a, PassShape const& b);

/// Operators in execution order.
using Pass = std::vector<Operator>;

/// The operators of one forward pass of one device.
/// \throws std::invalid_argument if the model has no architecture.
Pass lower(Model const& model, PassShape const& shape, Ledger& ledger);

/// Parameters by part, from the architecture alone.
struct ParameterCount {
  Real total;      ///< all parameters
  Real active;     ///< a token visits (mixture of experts); total otherwise
  Real embedding;  ///< token and position tables
  Real routed;     ///< in routed experts, which expert parallelism divides; 0 without experts
};
/// Counts from the shapes alone. \pre the model has an architecture
ParameterCount count_parameters(Model const& model, Ledger& ledger);

/// Cache per token and sequence: 2 * L * g * d * bytes; latent attention L * (kv_rank + rope_size) * bytes. Zero without attention cache.
/// Sliding windows cap what a sequence holds, see `cache_size`.
Sourced<Quantity<"B/token">> cache_per_token(Model const& model, Precision kv, Ledger& ledger);
/// Cache (or recurrent state) of one sequence of `tokens` tokens, with sliding windows capped at the window.
Sourced<Data> cache_size(Model const& model, Precision kv, Count tokens, Ledger& ledger);

/// Largest sum of tensors alive at once in one inference at batch 1, in the order of the operators: what a microcontroller's arena must hold.
/// Alive are input and output of an operator and, inside a residual block, the tensor which its addition waits for.
Sourced<Data> peak_activations(Model const& model, Precision activations, Ledger& ledger);

/// Forward FLOP of one sample (layered, recommender) or one sequence of `tokens` tokens, full attention matrix counted
/// (the convention of PaLM and Megatron for MFU). `causal_only` counts the half which causal kernels compute.
Sourced<Work> forward_work(Model const& model, Count tokens, bool causal_only, Ledger& ledger);

/// What follows from a model alone, worked out once and kept while evaluations follow each other: passes by their shape, parameters, work. As long as
/// models stay where and as they are. One for each thread. While a ledger records, everything is worked out anew, so that its steps are there.
class Derived {
 public:
  Derived();
  ~Derived();
  /// \{
  /// Neither copied nor moved.
  Derived(Derived const&) = delete;
  Derived& operator=(Derived const&) = delete;
  /// \}
  /// As `lower`.
  std::shared_ptr<Pass const> pass(Model const& model, PassShape const& shape, Ledger& ledger);
  /// As `count_parameters`.
  ParameterCount parameters(Model const& model, Ledger& ledger);
  /// As `forward_work`.
  Sourced<Work> forward_work(Model const& model, Count tokens, bool causal_only, Ledger& ledger);
  /// Models have changed: nothing is kept.
  void forget();

 private:
  struct Kept;
  std::unique_ptr<Kept> kept_;
};
/// \{
/// With `derived` or, where it is null, without keeping anything.
std::shared_ptr<Pass const> pass_of(Derived* derived, Model const& model, PassShape const& shape, Ledger& ledger);
ParameterCount parameters_of(Derived* derived, Model const& model, Ledger& ledger);
Sourced<Work> forward_work_of(Derived* derived, Model const& model, Count tokens, bool causal_only, Ledger& ledger);
/// \}

/// Short kind for people: transformer, layered, recommender, state space.
std::string_view architecture_name(Model const& model);
bool is_language_model(Model const& model);  ///< whether its work is counted in tokens

}  // namespace mlsysim::workload
