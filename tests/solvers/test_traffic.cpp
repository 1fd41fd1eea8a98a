#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/solvers/random.hpp"
#include "mlsysim/solvers/traffic.hpp"

using namespace mlsysim::solvers;

namespace {

struct Moments {
  double mean = 0, variation = 0;
};
Moments gaps(std::vector<Request> const& all) {
  double s = 0, s2 = 0, last = 0;
  for (auto const& r : all) {
    const double g = r.arrival - last;
    s += g, s2 += g * g, last = r.arrival;
  }
  const double n = static_cast<double>(all.size()), mean = s / n;
  return {mean, std::sqrt(s2 / n - mean * mean) / mean};
}
Moments lengths(std::vector<Request> const& all) {
  double s = 0, s2 = 0;
  for (auto const& r : all) s += r.prompt, s2 += static_cast<double>(r.prompt) * r.prompt;
  const double n = static_cast<double>(all.size()), mean = s / n;
  return {mean, std::sqrt(s2 / n - mean * mean) / mean};
}

}  // namespace

TEST_CASE("gamma variates have the mean and variance of their shape") {
  for (double shape : {0.25, 1.0, 7.5}) {
    Uniform random(3);
    double s = 0, s2 = 0;
    constexpr int n = 200000;
    for (int i = 0; i < n; ++i) {
      const double x = random.gamma(shape);
      s += x, s2 += x * x;
    }
    CAPTURE(shape);
    CHECK(s / n == doctest::Approx(shape).epsilon(0.02));
    CHECK(s2 / n - s / n * s / n == doctest::Approx(shape).epsilon(0.05));
  }
}

TEST_CASE("draws have the same bits everywhere") {
  // Written down once; a library, a processor or a compiler which gives other bits would show here.
  Uniform random(1);
  const double drawn[] = {random(), random.exponential(), random.normal(), random.gamma(0.5), random.gamma(3)};
  const double written[] = {0x1.122deafddb436p-3, 0x1.fdfb0c756220ep+0, 0x1.4027941db59adp+0, 0x1.15ba85e7e18c6p-6, 0x1.adcb6a494b72dp+0};
  for (int i = 0; i < 5; ++i) CHECK(drawn[i] == written[i]);
}

TEST_CASE("arrivals have the rate and the scatter which were asked for") {
  TrafficInput in;
  in.rate = 8, in.requests = 200000;
  const auto check = [&](double variation) {
    const auto m = gaps(draw(in));
    CHECK(m.mean == doctest::Approx(1.0 / 8).epsilon(0.03));
    CHECK(m.variation == doctest::Approx(variation).epsilon(0.03));
  };
  check(1);
  in.arrivals = ArrivalProcess::regular;
  CHECK(gaps(draw(in)).variation < 1e-6);
  in.arrivals = ArrivalProcess::at_once;
  for (auto const& r : draw(in)) REQUIRE(r.arrival == 0);
  in.arrivals = ArrivalProcess::gamma;
  for (double v : {0.5, 2.0, 4.0}) in.variation = v, check(v);
}

TEST_CASE("bursts keep the mean rate and make arrivals lumpy") {
  TrafficInput in;
  in.rate = 10, in.requests = 400000, in.arrivals = ArrivalProcess::modulated;
  in.burst = {4, 0.2, 5};
  const auto all = draw(in);
  CHECK(gaps(all).mean == doctest::Approx(0.1).epsilon(0.05));
  // The index of dispersion of counts over long windows is far above Poisson's 1.
  constexpr double window = 20;
  std::vector<double> counts(static_cast<std::size_t>(all.back().arrival / window));
  for (auto const& r : all)
    if (const auto w = static_cast<std::size_t>(r.arrival / window); w < counts.size()) counts[w] += 1;
  double s = 0, s2 = 0;
  for (double c : counts) s += c, s2 += c * c;
  const double n = static_cast<double>(counts.size()), mean = s / n;
  CHECK((s2 / n - mean * mean) / mean > 10);
  CHECK(arrival_variation(in, all) > 1.5);
}

TEST_CASE("lengths have the mean and the scatter which were asked for, and end where they must") {
  TrafficInput in;
  in.requests = 200000;
  in.prompt.mean = 400;
  for (auto const& [form, wanted] : {std::pair{LengthShape::fixed, 0.0}, {LengthShape::uniform, 0.4}, {LengthShape::lognormal, 0.8}, {LengthShape::exponential, 1.0}}) {
    const int shape = static_cast<int>(form);
    const double spread = wanted;
    in.prompt.shape = form, in.prompt.spread = spread;
    const auto m = lengths(draw(in));
    CAPTURE(shape);
    CHECK(m.mean == doctest::Approx(400).epsilon(0.02));
    CHECK(m.variation == doctest::Approx(spread).epsilon(0.02));
    CHECK(moments(in.prompt).variation == doctest::Approx(spread));
  }
  in.prompt.most = 500;
  for (auto const& r : draw(in)) CHECK((r.prompt >= 1 && r.prompt <= 500));
  in.prompt.shape = LengthShape::empirical, in.prompt.samples = {10, 30};
  CHECK(lengths(draw(in)).mean == doctest::Approx(20).epsilon(0.01));
  CHECK(moments(in.prompt).mean == 20);
  CHECK(moments(in.prompt).variation == doctest::Approx(0.5));
}

TEST_CASE("another rate meets the same requests, closer together") {
  TrafficInput in;
  in.requests = 1000, in.prompt.shape = LengthShape::lognormal, in.prompt.mean = 100, in.prompt.spread = 1;
  const auto slow = draw(in);
  in.rate = 10;
  const auto fast = draw(in);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    CHECK(slow[i].prompt == fast[i].prompt);
    CHECK(slow[i].arrival == doctest::Approx(10 * fast[i].arrival));
  }
}

TEST_CASE("a trace is replayed from its first request, or stretched to a rate") {
  const std::vector<Request> trace{{100, 5, 2}, {101, 6, 3}, {104, 7, 4}};
  TrafficInput in;
  in.trace = &trace;
  const auto plain = draw(in);
  REQUIRE(plain.size() == 3);
  CHECK(plain[0].arrival == 0);
  CHECK(plain[2].arrival == 4);
  CHECK(plain[1].prompt == 6);
  in.rescale_trace = true, in.rate = 5;
  CHECK(draw(in)[2].arrival == doctest::Approx(0.4));
}
