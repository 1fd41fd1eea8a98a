#include <doctest/doctest.h>

#include "mlsysim/equations/collectives.hpp"
#include "mlsysim/solvers/collectives.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using hardware::LinkRole;
using systems::GroupLink;
using systems::GroupPlacement;

namespace {

Ledger ledger;

GroupPlacement group(int ranks, int per_node, Bandwidth inside = 450 * unit<"GB/s">, Bandwidth between = 50 * unit<"GB/s">) {
  GroupPlacement g;
  g.ranks = {static_cast<double>(ranks), {}};
  g.ranks_per_node = {static_cast<double>(per_node), {}};
  g.nodes = {static_cast<double>(ranks / per_node), {}};
  if (per_node > 1) g.inside = GroupLink{{inside, {}}, {1 * unit<"us">, {}}, LinkRole::scale_up};
  if (ranks > per_node) g.between = GroupLink{{between, {}}, {5 * unit<"us">, {}}, LinkRole::network};
  return g;
}

CollectiveTime all_reduce(GroupPlacement const& g, Data size) {
  const LinkModel nominal(nullptr, ledger);
  return collective_time(Collective::all_reduce, g, {size, {}}, nominal, ledger);
}

constexpr Collective every_kind[] = {Collective::all_reduce, Collective::reduce_scatter, Collective::all_gather,
                                     Collective::all_to_all, Collective::broadcast,      Collective::point_to_point};

}  // namespace

TEST_CASE("one rank alone pays for no collective") {
  const LinkModel nominal(nullptr, ledger);
  for (auto kind : every_kind) CHECK(collective_time(kind, group(1, 1), {1 * unit<"GB">, {}}, nominal, ledger).time.value == 0 * unit<"s">);
}

TEST_CASE("what starts a collective has an interval as its bandwidth has") {
  const auto ranged = [&](double value, double low, double high) {
    Fact f;
    f.path = "textbook.link";
    f.value = value;
    f.range = Interval{low, high};
    return ledger.add(std::move(f));
  };
  Calibration c;
  CollectiveRow row;
  row.bandwidth = {0.8, ranged(0.8, 0.5, 1)};
  row.latency = {2 * unit<"us">, ranged(2e-6, 1e-6, 4e-6)};
  row.start = Sourced<Time>{10 * unit<"us">, ranged(1e-5, 5e-6, 2e-5)};
  row.half = Sourced<Data>{4 * unit<"MB">, ranged(4e6, 1e6, 1.6e7)};
  c.collectives.push_back(row);
  const LinkModel links(&c, ledger);
  const LinkEfficiency slow = links.at_end(-1).of(LinkRole::scale_up), fast = links.at_end(1).of(LinkRole::scale_up);
  CHECK(slow.bandwidth.value == 0.5);
  CHECK(slow.latency.value.in(unit<"us">) == doctest::Approx(4));
  CHECK(slow.start.value.in(unit<"us">) == doctest::Approx(20));
  CHECK(slow.half.value.in(unit<"MB">) == doctest::Approx(16));
  CHECK(fast.latency.value.in(unit<"us">) == doctest::Approx(1));
  CHECK(fast.start.value.in(unit<"us">) == doctest::Approx(5));
  CHECK(fast.half.value.in(unit<"MB">) == doctest::Approx(1));
  // A row without ranges is as sure at its ends as in the middle.
  CHECK(LinkModel(nullptr, ledger).at_end(-1).of(LinkRole::network).latency.value == LinkModel(nullptr, ledger).of(LinkRole::network).latency.value);
}

TEST_CASE("small messages take the tree, large ones the ring") {
  CHECK(all_reduce(group(64, 1), 1 * unit<"kB">).algorithm == Algorithm::tree);
  CHECK(all_reduce(group(64, 1), 10 * unit<"GB">).algorithm == Algorithm::ring);
}

TEST_CASE("eight ranks of a node drive their eight ports together") {
  // Flat ring over 2 x 8 ranks: 8 * 50 = 400 GB/s into a node; 28 steps of 1 us inside nodes, 2 of 5 us between them, 30 * 16 GB / (16 * 400 GB/s)
  const auto t = all_reduce(group(16, 8), 16 * unit<"GB">);
  CHECK(t.algorithm == Algorithm::ring);
  CHECK(t.time.value.in(unit<"ms">) == doctest::Approx(75.038));
}

TEST_CASE("with fast nodes and slow ports the hierarchical algorithm wins") {
  // Inside 2 * 7 (1 us + 1/8 GB / 900 GB/s), between 2 * 1 * (5 us + 1/8 GB / (2 * 1 GB/s)); the flat ring waits 1.875 GB / 8 GB/s.
  const auto t = all_reduce(group(16, 8, 900 * unit<"GB/s">, 1 * unit<"GB/s">), 1 * unit<"GB">);
  CHECK(t.algorithm == Algorithm::hierarchical);
  CHECK(t.time.value.in(unit<"ms">) == doctest::Approx(14 * (1e-3 + 0.125 / 900 * 1e3) + 2 * (5e-3 + 62.5)));
}

TEST_CASE("more bandwidth is never slower, more bytes never faster") {
  const LinkModel nominal(nullptr, ledger);
  for (auto kind : every_kind)
    for (int per_node : {1, 2, 8}) {
      CAPTURE(name(kind));
      CAPTURE(per_node);
      const auto time = [&](double factor, double bytes) {
        return collective_time(kind, group(16, per_node, factor * 100 * unit<"GB/s">, factor * 25 * unit<"GB/s">), {bytes * unit<"B">, {}}, nominal, ledger).time.value;
      };
      for (double f = 1; f < 64; f *= 1.5) CHECK(time(f * 1.5, 1e8) <= time(f, 1e8));
      for (double s = 1; s < 1e10; s *= 7) CHECK(time(1, s * 7) >= time(1, s));
    }
}

TEST_CASE("an all-reduce is never faster than its bytes through the slowest link") {
  for (int n : {2, 4, 16, 256})
    for (double s : {1e3, 1e6, 1e9}) {
      const double least = 2.0 * (n - 1) / n * s / 50e9;
      CHECK(all_reduce(group(n, 1), s * unit<"B">).time.value.raw() >= least * (1 - 1e-12));
    }
}

TEST_CASE("a calibration slows large messages by its bandwidth and small ones by its latency") {
  Calibration c;
  c.collectives.push_back({"", LinkRole::network, {0.5, {}}, {20 * unit<"us">, {}}, {}, {}, {}, {}});
  const LinkModel measured(&c, ledger), nominal(nullptr, ledger);
  const auto time = [&](LinkModel const& m, Data s) { return collective_time(Collective::point_to_point, group(2, 1), {s, {}}, m, ledger).time.value; };
  CHECK(time(measured, 50 * unit<"GB">).raw() == doctest::Approx(2 * time(nominal, 50 * unit<"GB">).raw()).epsilon(1e-4));
  CHECK(time(measured, 1 * unit<"B">).in(unit<"us">) == doctest::Approx(20).epsilon(1e-3));
}

TEST_CASE("two tensor ranks reduce twice per layer in a forward pass") {
  workload::Model model;
  model.transformer.emplace();
  model.transformer->layers = {32, {}};
  model.transformer->hidden = {4096, {}};
  systems::Cluster c;
  c.devices = c.devices_per_node = {2, {}};
  c.scale_up = systems::ScaleUp{"", {450 * unit<"GB/s">, {}}, systems::ScaleUpTopology::switched, {}, false, {}};
  systems::Parallel p;
  p.tensor = {2, {}};
  const LinkModel nominal(nullptr, ledger);
  const auto comm = forward_communication({&model, &c, p, workload::Precision::bf16, {16, {}}, &nominal}, ledger);
  // 64 all-reduces of 16 * 4096 * 2 B = 131072 B over 2 ranks: 2 * 1 * 131072 / (2 * 450e9) = 291 ns each
  CHECK(comm.tensor.value.in(unit<"us">) == doctest::Approx(64 * 0.29127).epsilon(1e-4));
  CHECK(comm.total.value == comm.tensor.value);

  // Launched by the host each of the 64 costs its launch too: that of the device, or of any.
  Calibration launches;
  launches.launches.push_back({"", {10 * unit<"us">, {}}});
  launches.launches.push_back({"slow_host", {40 * unit<"us">, {}}});
  for (auto const& [device, each] : {std::pair{"slow_host", 40.0}, {"another", 10.0}}) {
    LinkModel hosted(nullptr, ledger);
    hosted.launched_by_host(&launches, device, ledger);
    const auto slow = forward_communication({&model, &c, p, workload::Precision::bf16, {16, {}}, &hosted}, ledger);
    CHECK((slow.tensor.value - comm.tensor.value).in(unit<"us">) == doctest::Approx(64 * each));
  }
}

TEST_CASE("switches which add up halve what a large all-reduce moves") {
  // 2 us + 9/8 * 8 GB / 450 GB/s = 20.002 ms; the ring takes 14 * (1 us + 8 GB / (8 * 450 GB/s)) = 31.125 ms
  auto g = group(8, 8);
  CHECK(all_reduce(g, 8 * unit<"GB">).time.value.in(unit<"ms">) == doctest::Approx(31.125).epsilon(1e-4));
  g.inside->reduces = true;
  const auto t = all_reduce(g, 8 * unit<"GB">);
  CHECK(t.algorithm == Algorithm::in_network);
  CHECK(t.time.value.in(unit<"ms">) == doctest::Approx(20.002).epsilon(1e-4));
}

TEST_CASE("a torus needs as many steps as its axes are long") {
  // 64 devices, 4 on each of 3 axes: 2 * 3 * 3 = 18 steps of 1 us where a ring needs 126; bandwidth as in a ring
  auto g = group(64, 64);
  g.inside->axes = {3, {}};
  CHECK(all_reduce(g, 1 * unit<"B">).time.value.in(unit<"us">) == doctest::Approx(18).epsilon(1e-3));
  CHECK(all_reduce(g, 64 * unit<"GB">).time.value.in(unit<"ms">) == doctest::Approx(18e-3 + 126.0 / 450 * 1e3).epsilon(1e-4));
}

TEST_CASE("places far apart exchange only the shards which each has summed") {
  // Two places of one node of eight. Inside twice 7 * (1 us + 1 GB / (8 * 450 GB/s)) = 3.903 ms, between 2 * (5 ms + 1/8 GB / (2 * 10 GB/s)) = 22.5 ms
  auto g = group(16, 8);
  g.between.reset();
  g.nodes = {2, {}};
  g.sites = {2, {}};
  g.across = GroupLink{{10 * unit<"GB/s">, {}}, {5 * unit<"ms">, {}}, LinkRole::network};
  const auto t = all_reduce(g, 1 * unit<"GB">);
  CHECK(t.algorithm == Algorithm::hierarchical);
  CHECK(t.time.value.in(unit<"ms">) == doctest::Approx(2 * 7 * (1e-3 + 1e3 / 3600) + 22.5).epsilon(1e-4));
}

TEST_CASE("a message of the stated size reaches half the bandwidth of large ones, a small one the share of its protocol") {
  Calibration c;
  c.collectives.push_back({"", LinkRole::scale_up, {0.8, {}}, {0 * unit<"s">, {}}, Sourced<Time>{3 * unit<"us">, {}}, Sourced<Data>{4 * unit<"MB">, {}}, Real{0.1, {}}, {}});
  const LinkModel links(&c, ledger);
  auto g = group(2, 2, 100 * unit<"GB/s">);
  g.inside->latency = {0 * unit<"s">, {}};
  const auto time = [&](Data size) { return collective_time(Collective::all_gather, g, {size, {}}, links, ledger).time.value.in(unit<"us">); };
  // half the message crosses at 0.8 * 100 / 2 = 40 GB/s, beside 3 us to start
  CHECK(time(4 * unit<"MB">) == doctest::Approx(3 + 2e6 / 40e3));
  // 1 / (1 + sqrt(4 MB / 4 kB)) would be 0.03: the protocol keeps 0.1 of 80 GB/s
  CHECK(time(4 * unit<"kB">) == doctest::Approx(3 + 2e3 / 8e3));
}

TEST_CASE("rows of a device come before those of a kind of link") {
  Calibration c;
  c.collectives.push_back({"mine", LinkRole::scale_up, {0.9, {}}, {1 * unit<"us">, {}}, {}, {}, {}, {}});
  c.collectives.push_back({"", LinkRole::scale_up, {0.5, {}}, {1 * unit<"us">, {}}, {}, {}, {}, {}});
  CHECK(LinkModel(&c, ledger, "mine").of(LinkRole::scale_up).bandwidth.value == 0.9);
  CHECK(LinkModel(&c, ledger, "other").of(LinkRole::scale_up).bandwidth.value == 0.5);
  CHECK(LinkModel(&c, ledger).of(LinkRole::scale_up).bandwidth.value == 0.5);
}
