#include <doctest/doctest.h>

#include "mlsysim/equations/queueing.hpp"

using namespace mlsysim;

TEST_CASE("with one server the probability of waiting is the utilisation") {
  for (double load : {0.1, 0.5, 0.9}) CHECK(erlang_c(1, load) == doctest::Approx(load));
}

TEST_CASE("Erlang C of two servers at one Erlang is one third") {
  // C = (a^2/2 * 2/(2-a)) / (1 + a + a^2/2 * 2/(2-a)) with a = 1: 1 / (1 + 1 + 1)
  CHECK(erlang_c(2, 1) == doctest::Approx(1.0 / 3));
}

TEST_CASE("Erlang C does not overflow with thousands of servers") {
  const double c = erlang_c(20000, 19900);
  CHECK(c > 0);
  CHECK(c < 1);
}

TEST_CASE("Allen-Cunneen is exact for M/M/1") {
  // W = rho S / (1 - rho): 0.8 * 1 s / 0.2 = 4 s
  CHECK(eq::allen_cunneen_wait(erlang_c(1, 0.8), 1, 0.8, 1 * unit<"s">, 1, 1).raw() == doctest::Approx(4));
}

TEST_CASE("constant service halves the wait of M/M/1, as Pollaczek and Khinchine say of M/D/1") {
  CHECK(eq::allen_cunneen_wait(erlang_c(1, 0.8), 1, 0.8, 1 * unit<"s">, 1, 0).raw() == doctest::Approx(2));
}

TEST_CASE("waiting grows with load and without bound") {
  double before = 0;
  for (double a = 0.5; a < 8; a += 0.5) {
    const double w = eq::allen_cunneen_wait(erlang_c(8, a), 8, a, 1 * unit<"s">, 1, 1).raw();
    CHECK(w > before);
    before = w;
  }
  CHECK(eq::allen_cunneen_wait(erlang_c(8, 7.9999), 8, 7.9999, 1 * unit<"s">, 1, 1) > 1000 * unit<"s">);
}

TEST_CASE("the fewest replicas have more capacity than the load") {
  const RequestRate x = 10 * unit<"request/s">;
  CHECK(eq::least_replicas(95 * unit<"request/s">, x) == 10);
  CHECK(eq::least_replicas(100 * unit<"request/s">, x) == 11);
}
