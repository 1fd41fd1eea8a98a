#include <doctest/doctest.h>

#include "mlsysim/solvers/exchange.hpp"
#include "textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

ExchangeInput exchange(systems::Cluster const& c, Data message, int ranks) {
  ExchangeInput in;
  in.cluster = &c;
  in.message = {message, {}};
  in.ranks = {static_cast<double>(ranks), {}};
  in.stride = {1, {}};
  return in;
}

}  // namespace

TEST_CASE("bus bandwidth of a large all-reduce is what the links carry") {
  // Nominal links, latency negligible beside 10 GB: a ring keeps every link busy all the time.
  Ledger ledger;
  const auto cluster = textbook::cluster(8, 1, 1);
  auto in = exchange(cluster, 10 * unit<"GB">, 8);
  in.algorithm = Algorithm::ring;
  const auto r = solve(in, ledger);
  CHECK(r.bus_bandwidth.value / r.inside->value == doctest::Approx(1).epsilon(1e-3));
  CHECK(r.algorithm_bandwidth.value / r.inside->value == doctest::Approx(8.0 / 14).epsilon(1e-3));
}

TEST_CASE("the fastest algorithm comes first, and the one asked for is taken") {
  Ledger ledger;
  const auto cluster = textbook::cluster(8, 1, 1);
  auto in = exchange(cluster, 1 * unit<"kB">, 8);
  const auto free = solve(in, ledger);
  for (auto const& c : free.choices) CHECK(free.fastest.time.value <= c.time.value);
  CHECK(free.fastest.algorithm == Algorithm::tree);
  in.algorithm = Algorithm::ring;
  const auto ring = solve(in, ledger);
  CHECK(ring.fastest.algorithm == Algorithm::ring);
  CHECK(ring.fastest.time.value > free.fastest.time.value);
}

TEST_CASE("what no group can do is said, not computed") {
  const auto cluster = textbook::cluster(8, 1, 1);
  CHECK(problems(exchange(cluster, 1 * unit<"GB">, 16)) == std::vector<std::string>{"16 ranks, 1 devices apart, are more than the 8 devices of the system"});
  auto in = exchange(cluster, 1 * unit<"GB">, 8);
  in.operation = Collective::all_gather;
  in.algorithm = Algorithm::tree;
  CHECK(problems(in) == std::vector<std::string>{"all_gather cannot be done by algorithm 'tree' here"});
}
