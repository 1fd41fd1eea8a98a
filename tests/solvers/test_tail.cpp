#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/equations/tail.hpp"
#include "mlsysim/solvers/tail.hpp"
#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using textbook::count;

namespace {

TailInput input(TimeShape shape, double spread, int participants, int backups = 0) {
  TailInput in;
  in.shape = shape;
  in.spread = {spread, {}};
  in.participants = count(participants), in.backups = count(backups);
  in.mean = {1 * unit<"s">, {}};
  in.simulate = false;
  return in;
}
TailResult run(TailInput const& in) {
  Ledger ledger;
  return solve(in, ledger);
}

constexpr TimeShape shapes[] = {TimeShape::lognormal, TimeShape::exponential, TimeShape::weibull};

}  // namespace

TEST_CASE("of 100 servers, each slow once in 100 requests, at least one is slow in 63 % of requests") {
  // Dean and Barroso 2013: 1 - 0.99^100 = 0.634; one server in 10,000 slow and 2,000 asked: 18 %.
  CHECK(eq::any_slow(0.01, 100.0) == doctest::Approx(0.634).epsilon(1e-3));
  CHECK(eq::any_slow(0.0001, 2000.0) == doctest::Approx(0.181).epsilon(1e-2));
  CHECK(run(input(TimeShape::lognormal, 0.5, 100)).any_slow == doctest::Approx(0.634).epsilon(1e-3));
}

TEST_CASE("the quantiles of the standard normal distribution are those of the tables") {
  CHECK(normal_quantile(0.5) == doctest::Approx(0).epsilon(1e-12));
  CHECK(normal_quantile(0.975) == doctest::Approx(1.959963985));
  CHECK(normal_quantile(0.999) == doctest::Approx(3.090232306));
  CHECK(normal_quantile(1e-9) == doctest::Approx(-5.997807015));
}

TEST_CASE("harmonic numbers agree with their sum on both sides of the expansion") {
  CHECK(harmonic(1) == 1);
  CHECK(harmonic(4) == doctest::Approx(25.0 / 12));
  CHECK(harmonic(10001) - harmonic(10000) == doctest::Approx(1.0 / 10001).epsilon(1e-6));
}

TEST_CASE("the slowest of n exponential times takes H_n, and skipping b of them takes H_b away") {
  // 8 servers: 1 + 1/2 + ... + 1/8 = 2.718; without the slowest 1.718.
  CHECK(run(input(TimeShape::exponential, 1, 8)).mean.closed == doctest::Approx(2.717857));
  CHECK(run(input(TimeShape::exponential, 1, 8, 1)).mean.closed == doctest::Approx(1.717857));
  // A Weibull time of spread 1 is exponential: its mean by quadrature is the harmonic number.
  CHECK(run(input(TimeShape::weibull, 1, 8)).mean.closed == doctest::Approx(2.717857).epsilon(1e-4));
  CHECK(run(input(TimeShape::weibull, 1, 1000, 3)).mean.closed == doctest::Approx(harmonic(1000) - harmonic(3)).epsilon(1e-4));
}

TEST_CASE("one participant is as slow as itself") {
  for (auto shape : shapes) {
    const auto r = run(input(shape, 0.4, 1));
    CHECK(r.mean.closed == doctest::Approx(1).epsilon(1e-4));
    CHECK(r.p99.closed == doctest::Approx(leaf_quantile(input(shape, 0.4, 1), 0.99)));
  }
}

TEST_CASE("more participants are slower, more backups faster, wider spreads slower, higher quantiles slower") {
  for (auto shape : shapes) {
    double before = 0;
    for (int n : {1, 4, 64, 1024, 16384}) {
      const auto r = run(input(shape, 0.3, n));
      CHECK(r.mean.closed > before);
      CHECK(r.p50.closed < r.p99.closed);
      CHECK(r.p99.closed < r.p999.closed);
      before = r.mean.closed;
    }
    before = 1e9;
    for (int b : {0, 1, 4, 16}) {
      const double now = run(input(shape, 0.3, 128, b)).mean.closed;
      CHECK(now < before);
      before = now;
    }
    CHECK(run(input(shape, 0.6, 64)).mean.closed > run(input(shape, 0.3, 64)).mean.closed);
  }
}

TEST_CASE("the level of an order statistic gives its own quantile back") {
  // P(at least n - b of n below u) = sum over i <= b of C(n, i) u^(n-i) (1-u)^i.
  CHECK(order_level(0.99, 100, 0) == doctest::Approx(std::pow(0.99, 0.01)));
  const double u = order_level(0.9, 10, 1);
  CHECK(std::pow(u, 10) + 10 * std::pow(u, 9) * (1 - u) == doctest::Approx(0.9));
}

TEST_CASE("closed form and simulation agree within the error of the simulation") {
  for (auto shape : shapes)
    for (int backups : {0, 2}) {
      auto in = input(shape, 0.5, 100, backups);
      in.simulate = true;
      const auto r = run(in);
      CAPTURE(static_cast<int>(shape));
      CAPTURE(backups);
      CHECK(r.trials == 40000);
      CHECK(std::abs(r.mean.simulated - r.mean.closed.value) < 4 * r.mean.standard_error);
      CHECK(std::abs(r.p50.simulated - r.p50.closed.value) < 4 * r.p50.standard_error);
      CHECK(std::abs(r.p99.simulated - r.p99.closed.value) < 4 * r.p99.standard_error);
      CHECK(std::abs(r.p999.simulated - r.p999.closed.value) < 5 * r.p999.standard_error);
    }
}

TEST_CASE("a second try after the P95 costs a twentieth more work and cuts the tail") {
  auto in = input(TimeShape::lognormal, 1, 100);
  const auto plain = run(in);
  in.hedge_after = Real{0.95, {}};
  in.simulate = true;
  const auto hedged = run(in);
  CHECK(hedged.wasted == doctest::Approx(0.05));
  CHECK(hedged.p99.closed < 0.7 * plain.p99.closed);
  CHECK(hedged.p50.closed < plain.p50.closed);
  CHECK(std::abs(hedged.mean.simulated - hedged.mean.closed.value) < 4 * hedged.mean.standard_error);
  CHECK(std::abs(hedged.p99.simulated - hedged.p99.closed.value) < 4 * hedged.p99.standard_error);
}

TEST_CASE("samples stand for themselves") {
  auto in = input(TimeShape::empirical, 0, 1);
  in.samples = {2, 1, 1, 4};  // mean 2
  CHECK(leaf_quantile(in, 0.1) == doctest::Approx(0.5));
  CHECK(leaf_quantile(in, 0.9) == doctest::Approx(2));
  CHECK(run(in).mean.closed == doctest::Approx(1).epsilon(1e-3));
  in.participants = count(2);
  // The slower of two: 4 with 7/16, 2 with 5/16, 1 with 4/16: 2.625 against a mean of 2.
  CHECK(run(in).mean.closed == doctest::Approx(2.625 / 2).epsilon(2e-3));
}

TEST_CASE("the same seed draws the same times, another seed others") {
  auto in = input(TimeShape::lognormal, 0.3, 50);
  in.simulate = true;
  const double one = run(in).mean.simulated;
  CHECK(run(in).mean.simulated == one);
  in.seed = count(2);
  CHECK(run(in).mean.simulated != one);
}

TEST_CASE("the slowest of a million are drawn without drawing a million, and agree with the closed form") {
  for (auto shape : shapes)
    for (int backups : {0, 3}) {
      CAPTURE(static_cast<int>(shape));
      CAPTURE(backups);
      auto in = input(shape, 0.5, 1000000, backups);
      in.simulate = true;
      const auto r = run(in);
      CHECK(std::abs(r.mean.simulated - r.mean.closed.value) < 4 * r.mean.standard_error);
      CHECK(r.p50.simulated == doctest::Approx(r.p50.closed.value).epsilon(0.03));
    }
}
