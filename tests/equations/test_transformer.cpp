#include <doctest/doctest.h>

#include "mlsysim/equations/transformer.hpp"

using namespace mlsysim;

TEST_CASE("a matrix product takes two FLOP per multiply-accumulate") {
  CHECK(eq::gemm_work(1, 2, 3, 4).raw() == 48);  // 24 MAC
}

TEST_CASE("causal pairs are what a loop over the queries counts") {
  for (int fresh : {1, 2, 7})
    for (int cached : {0, 1, 5})
      for (int window : {1, 3, 6, 100}) {
        CAPTURE(fresh);
        CAPTURE(cached);
        CAPTURE(window);
        double seen = 0, seen_in_window = 0;
        for (int q = 1; q <= fresh; ++q) {
          seen += cached + q;
          seen_in_window += cached + q < window ? cached + q : window;
        }
        CHECK(eq::causal_pairs(fresh, cached) == seen);
        CHECK(eq::causal_window_pairs(fresh, cached, window) == seen_in_window);
        CHECK(eq::window_pairs(fresh, cached, window) >= seen_in_window);
      }
}

TEST_CASE("a window which reaches over everything changes nothing") {
  CHECK(eq::causal_window_pairs(512, 100, 612) == eq::causal_pairs(512, 100));
  CHECK(eq::window_pairs(512, 100, 612) == eq::full_pairs(512, 100));
}

TEST_CASE("half of a long score matrix is causal") {
  CHECK(eq::causal_pairs(1e6, 0) / eq::full_pairs(1e6, 0) == doctest::Approx(0.5).epsilon(1e-5));
}

TEST_CASE("one token visits its k experts, many tokens all of them") {
  CHECK(eq::experts_visited(8, 2, 1) == doctest::Approx(2));
  CHECK(eq::experts_visited(8, 2, 2) == doctest::Approx(3.5));  // 8 (1 - (3/4)^2)
  CHECK(eq::experts_visited(8, 2, 1000) == doctest::Approx(8));
  CHECK(eq::experts_visited(8, 8, 1) == doctest::Approx(8));
}

TEST_CASE("cache per token: Llama 3 8B 131,072 B, 70B 327,680 B, DeepSeek-V3 70,272 B") {
  const Data bf16 = 2 * unit<"B">;
  CHECK(eq::kv_per_token(32, 8, 128, bf16).raw() == 131072);
  CHECK(eq::kv_per_token(80, 8, 128, bf16).raw() == 327680);
  CHECK(eq::latent_per_token(61, 512, 64, bf16).raw() == 70272);
}

TEST_CASE("8,192 tokens of Llama 3 70B hold 2.68 GB, which is 2.5 GiB") {
  const Data held = eq::kv_size(eq::kv_per_token(80, 8, 128, 2 * unit<"B">), 8192 * unit<"token">);
  CHECK(held.raw() == 2684354560.0);
  CHECK(held.in(unit<"GiB">) == 2.5);
}
