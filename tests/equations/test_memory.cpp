#include <doctest/doctest.h>

#include "mlsysim/equations/memory.hpp"

using namespace mlsysim;

namespace {
constexpr double s = 2048, b = 1, h = 12288, a = 96, t = 8, L = 96, p = 8, v = 3;  // GPT-3 175B, Korthikanti 2022, table 3
constexpr Data w = 2 * unit<"B">;

/// As the paper counts them: as many keys as heads, an MLP of four times the width, dropout.
const Data whole = eq::token_whole(h, 1, w, w), linear = eq::token_attention(h, h, h, h, w) + eq::token_mlp(4 * h, 0, w, w), scores = eq::token_scores(a, s, 1, w);
}

TEST_CASE("GPT-3 175B in the set-up of Korthikanti's figure 1 keeps 66.84 GiB of activations, 12.35 GiB with both techniques") {
  const double in_flight = eq::interleaved_in_flight(p, v, 64, 0);
  const Data none = eq::stage_activations(eq::layer_activations(s, b, whole, linear + scores, t), L, p, in_flight);
  const Data both = eq::stage_activations(eq::layer_activations_sequence_parallel(s, b, whole, linear, t), L, p, in_flight);
  CHECK(none.in(unit<"GiB">) == doctest::Approx(66.84).epsilon(5e-4));
  CHECK(both.in(unit<"GiB">) == doctest::Approx(12.35).epsilon(5e-4));
}

TEST_CASE("the shares of Korthikanti's figure 7 for GPT-3 175B") {
  const Data base = eq::layer_activations(s, b, whole, linear + scores, t);
  CHECK(eq::layer_activations_sequence_parallel(s, b, whole, linear + scores, t) / base == doctest::Approx(0.6204).epsilon(2e-3));
  CHECK(eq::layer_activations(s, b, whole, linear, t) / base == doctest::Approx(0.5653).epsilon(2e-3));
  CHECK(eq::layer_activations_sequence_parallel(s, b, whole, linear, t) / base == doctest::Approx(0.1849).epsilon(2e-3));
  CHECK(eq::layer_inputs(s, b, h, w, 1) / base == doctest::Approx(0.0871).epsilon(2e-3));
}

TEST_CASE("without tensor ranks both variants of a layer hold s b h (34 + 5 a s / h) bytes") {
  // 5 * 96 * 2048 / 12288 = 80.
  CHECK(eq::layer_activations(s, b, whole, linear + scores, 1).raw() == s * b * h * 114);
  CHECK(eq::layer_activations_sequence_parallel(s, b, whole, linear + scores, 1).raw() == s * b * h * 114);
}

TEST_CASE("interleaving never keeps more micro-batches than there are, and few chunks keep more than many") {
  CHECK(eq::interleaved_in_flight(16, 7, 16, 0) == 16);
  CHECK(eq::interleaved_in_flight(8, 2, 64, 0) == 11.5);
  CHECK(eq::interleaved_in_flight(8, 7, 64, 0) == 9);
}

TEST_CASE("a model of 7.5 billion parameters on 64 ranks: 120, 31.4, 16.6 and 1.9 GB") {
  // Rajbhandari 2020, figure 1: 2 + 2 + 12 bytes per parameter; the stages divide 12, then 14, then 16 of them.
  const double n = 7.5e9;
  const auto total = [&](double weights, double gradients, double optimizer) {
    return (eq::state_size(n, 2 * unit<"B">, weights) + eq::state_size(n, 2 * unit<"B">, gradients) + eq::state_size(n, 12 * unit<"B">, optimizer)).in(unit<"GB">);
  };
  CHECK(total(1, 1, 1) == doctest::Approx(120));
  CHECK(total(1, 1, 64) == doctest::Approx(31.4).epsilon(1e-3));
  CHECK(total(1, 64, 64) == doctest::Approx(16.6).epsilon(3e-3));
  CHECK(total(64, 64, 64) == doctest::Approx(1.9).epsilon(2e-2));
}

TEST_CASE("expert ranks divide the routed experts and nothing else") {
  CHECK(eq::sharded_expert_parameters(100, 80, 1, 1, 8) == 20 + 10);
  CHECK(eq::sharded_expert_parameters(100, 80, 2, 5, 1) == eq::sharded_parameters(100, 2, 5));
}
