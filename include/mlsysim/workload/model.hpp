#pragma once
/// \file
/// Layer A: architectures as shapes. A model says what is computed; phases and batches come from the scenario.
#include <optional>
#include <string>
#include <vector>

#include "mlsysim/describe/fields.hpp"

namespace mlsysim::workload {

/// How a token's position enters.
enum class Positions : std::uint8_t { rotary, learned, alibi, sinusoidal, relative, none };
/// Normalisation, and whether it has a bias.
enum class Norm : std::uint8_t { rms_norm, layer_norm, layer_norm_no_bias };
/// What an encoder reads: tokens, or a mel spectrogram (Whisper).
enum class EncoderInput : std::uint8_t { tokens, mel };
/// Operators of an explicit layer table.
enum class LayerKind : std::uint8_t { conv, depthwise, pool, linear, attention, norm, embedding, elementwise, matmul, activation, experts };
/// How a recommender combines its features.
enum class Interaction : std::uint8_t { dot, concatenate };

std::span<const std::string_view> names_of(Positions);
std::span<const std::string_view> names_of(Norm);
std::span<const std::string_view> names_of(EncoderInput);
std::span<const std::string_view> names_of(LayerKind);
std::span<const std::string_view> names_of(Interaction);

/// `layers` of the stack attend only to the last `window` tokens.
struct SlidingWindow {
  Count window;
  Count layers;
};

/// Routed experts in place of the MLP.
struct MixtureOfExperts {
  Count experts;
  Count active;                              ///< routed experts per token
  Count shared;                              ///< experts every token visits
  Count feed_forward;                        ///< width of one routed expert
  std::optional<Count> shared_feed_forward;  ///< width of all shared experts together; default shared * feed_forward
  Count dense_layers;                        ///< layers with the plain MLP of the transformer
  bool router_bias = false;
};

/// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434): the cache holds kv_rank + rope_size values per token and layer.
struct LatentAttention {
  std::optional<Count> query_rank;
  Count kv_rank;
  Count nope_size;
  Count rope_size;
  Count value_size;
};

/// Image patches in front of the stack and a classifier behind it (ViT).
struct Patches {
  Count size;
  Count channels;
  Count image;  ///< height and width
  bool class_token = true;
  std::optional<Count> classes;
};

/// The encoder stack of an encoder-decoder; the decoder then has cross attention.
struct EncoderStack {
  Count layers;
  std::optional<Count> feed_forward;
  EncoderInput input = EncoderInput::tokens;
  std::optional<Count> frames;  ///< length of the encoded sequence where it is fixed (Whisper)
};

/// Decoder, encoder or both: shapes of a stack of attention and MLP layers. MLP and attention variants are fields.
struct Transformer {
  Count layers;
  Count hidden;
  Count heads;
  std::optional<Count> kv_heads_given;   ///< key `kv_heads`
  std::optional<Count> head_size_given;  ///< key `head_size`
  Count feed_forward;
  bool gated = false;
  Count vocabulary;
  bool tied_embeddings = false;
  bool lm_head = true;
  bool causal = true;
  Count context;
  Positions positions = Positions::rotary;
  std::optional<Count> position_rows;
  Norm norm = Norm::layer_norm;
  Count norms_per_layer;
  bool final_norm = true;
  bool embedding_norm = false;
  bool qkv_bias = false;
  bool output_bias = false;
  bool mlp_bias = false;
  bool lm_head_bias = false;
  bool qk_norm = false;
  Count token_types;
  bool pooler = false;
  std::optional<Real> masked_share;          ///< tokens which an encoder has to guess in training, through a head of its own (Devlin et al. 2018), over all tokens
  std::optional<SlidingWindow> sliding_window;
  std::optional<MixtureOfExperts> mixture_of_experts;
  std::optional<LatentAttention> latent_attention;
  Count predicted_ahead{0, {}};  ///< further tokens which training predicts at each position, by a layer and a head of their own each
  bool dropout = false;  ///< trained with dropout of attention probabilities and of each block's result
  std::optional<Patches> patches;
  std::optional<EncoderStack> encoder;
  Real extra_parameters;  ///< what the fields cannot say, explained in its note

  Count kv_heads() const { return kv_heads_given.value_or(heads); }  ///< key-value heads; as many as heads unless given
  /// Size of a head; hidden / heads unless given.
  Count head_size() const {
    return head_size_given.value_or(Count{heads.value > 0 ? hidden.value / heads.value : 0, {}});
  }
};

/// One row of an explicit operator table; which fields matter depends on `op`.
struct LayerRow {
  std::string name;
  LayerKind op = LayerKind::conv;
  std::optional<Count> in, out;
  std::optional<Count> kernel, kernel_h, kernel_w;
  Count stride;
  std::optional<Count> height, width;          ///< of the input; columns of an embedding table
  std::optional<Count> out_height, out_width;  ///< where not ceil(in / stride)
  Count groups;
  bool valid = false;  ///< no padding
  bool norm = false;
  std::optional<bool> bias;
  bool residual = false;
  Count repeat;
  std::optional<Count> tokens;
  std::optional<Count> heads, kv_heads, head_size, queries, keys;
  bool causal = false;                         ///< a query sees itself, the queries before it and what is cached
  Count cached{0, {}};                         ///< keys in front of the queries' own
  Count inputs{1, {}};                         ///< tensors which an elementwise row or an activation reads
  std::optional<Count> experts, active;        ///< of a mixture: how many, and how many a token visits; `in` and `out` are then the hidden and the inner width
  bool gated = true;                           ///< experts have a second product whose activation gates the first
  bool converts = false;                       ///< a linear row's input is brought to the format of its products by a kernel of its own
  std::optional<Count> rows;                   ///< of an embedding table; `width` is then its columns
};

/// Shape of one sample.
struct LayeredInput {
  std::optional<Count> channels, height, width, features;
};

/// A network as an explicit list of layers: convnets, recurrent ones by `steps`, small networks for microcontrollers.
struct Layered {
  LayeredInput input;
  Count steps;
  std::vector<LayerRow> layers;
};

/// Deep-learning recommendation model (Naumov 2019, arXiv:1906.00091).
struct Recommender {
  Count dense_features;
  std::vector<Count> bottom_mlp;
  std::vector<Count> top_mlp;
  Count embedding_width;
  std::vector<Count> table_rows;
  Count lookups_per_table;
  Interaction interaction = Interaction::dot;
};

/// Selective state-space model (Mamba, Gu and Dao 2023, arXiv:2312.00752).
struct StateSpace {
  Count layers;
  Count hidden;
  Count expand;
  Count state;
  Count convolution;
  Count dt_rank;
  Count vocabulary;
  bool tied_embeddings = true;
  Norm norm = Norm::rms_norm;
  Count context;
};

/// What a publication states; held against our own count.
struct Published {
  Real parameters;
  std::optional<Real> active_parameters;
  std::optional<Sourced<Work>> forward_work;
};

/// An architecture with its names. Exactly one of the four kinds is present.
struct Model {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string family;
  std::optional<Count> year;
  std::optional<Published> published;
  std::optional<Transformer> transformer;
  std::optional<Layered> layered;
  std::optional<Recommender> recommender;
  std::optional<StateSpace> state_space;
};

void describe(SlidingWindow&, Fields&);
void describe(MixtureOfExperts&, Fields&);
void describe(LatentAttention&, Fields&);
void describe(Patches&, Fields&);
void describe(EncoderStack&, Fields&);
void describe(Transformer&, Fields&);
void describe(LayerRow&, Fields&);
void describe(LayeredInput&, Fields&);
void describe(Layered&, Fields&);
void describe(Recommender&, Fields&);
void describe(StateSpace&, Fields&);
void describe(Published&, Fields&);
void describe(Model&, Fields&);
constexpr EntryKind entry_kind(Model const&) { return EntryKind::model; }

}  // namespace mlsysim::workload
