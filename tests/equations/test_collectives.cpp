#include <doctest/doctest.h>

#include "mlsysim/equations/collectives.hpp"

using namespace mlsysim;

TEST_CASE("ring all-reduce over one rank costs nothing") {
  CHECK(eq::ring_all_reduce(1, 5 * unit<"us">, 1 * unit<"GB">, 100 * unit<"GB/s">) == 0 * unit<"s">);
}

TEST_CASE("ring all-reduce of 1 GB over eight ranks at 100 GB/s takes 17.57 ms") {
  // Thakur 2005: 2 (n-1) (alpha + S / (n B)) = 14 * (5 us + 1e9 / 8e11 s) = 14 * 1.255 ms
  CHECK(eq::ring_all_reduce(8, 5 * unit<"us">, 1 * unit<"GB">, 100 * unit<"GB/s">).in(unit<"ms">) == doctest::Approx(17.57));
}

TEST_CASE("ring all-reduce time grows with the number of ranks") {
  for (int n = 2; n < 512; ++n) {
    CAPTURE(n);
    CHECK(eq::ring_all_reduce(n, 5 * unit<"us">, 1 * unit<"GB">, 100 * unit<"GB/s">) >
          eq::ring_all_reduce(n - 1, 5 * unit<"us">, 1 * unit<"GB">, 100 * unit<"GB/s">));
  }
}

TEST_CASE("an all-reduce is a reduce-scatter followed by an all-gather") {
  for (int n : {1, 2, 3, 8, 100}) {
    CAPTURE(n);
    const Time half = eq::ring_all_gather(n, 3 * unit<"us">, 7 * unit<"MB">, 40 * unit<"GB/s">);
    CHECK(eq::ring_all_reduce(n, 3 * unit<"us">, 7 * unit<"MB">, 40 * unit<"GB/s">).raw() == doctest::Approx(2 * half.raw()));
  }
}

TEST_CASE("a large ring moves each byte twice") {
  // limit n to infinity without latency: 2 S / B
  CHECK(eq::ring_all_reduce(1e6, 0 * unit<"s">, 1 * unit<"GB">, 100 * unit<"GB/s">).in(unit<"ms">) == doctest::Approx(20).epsilon(1e-5));
}

TEST_CASE("a tree needs few steps and a ring many, so the tree wins for small messages and never by more than (n-1)/n for large ones") {
  const auto ring = [](Data s) { return eq::ring_all_reduce(64, 5 * unit<"us">, s, 50 * unit<"GB/s">); };
  const auto tree = [](Data s) { return eq::tree_all_reduce(64, 5 * unit<"us">, s, 50 * unit<"GB/s">); };
  CHECK(tree(1 * unit<"kB">) < ring(1 * unit<"kB">));
  CHECK(ring(100 * unit<"GB">) < tree(100 * unit<"GB">));
}

TEST_CASE("doubling rounds are exact at and around powers of two") {
  CHECK(ceil_log2(1) == 0);
  CHECK(ceil_log2(2) == 1);
  CHECK(ceil_log2(3) == 2);
  CHECK(ceil_log2(1024) == 10);
  CHECK(ceil_log2(1025) == 11);
}

TEST_CASE("an all-to-all within one node sends (n-1)/n of the buffer") {
  // 7 * 8 MB / (8 * 100 GB/s) = 70 us
  CHECK(eq::all_to_all_inside(8, 8, 0 * unit<"s">, 8 * unit<"MB">, 100 * unit<"GB/s">).in(unit<"us">) == doctest::Approx(70));
  CHECK(eq::all_to_all_between(8, 8, 0 * unit<"s">, 8 * unit<"MB">, 100 * unit<"GB/s">) == 0 * unit<"s">);
}

TEST_CASE("collective formulas print themselves") {
  CHECK(eq::ring_all_reduce.info().formula() == "2 * (n - 1) * (alpha + S / (n * B))");
  CHECK(eq::tree_all_reduce.info().formula() == "2 * ceil(log2(n)) * alpha + 2 * S / B");
}
