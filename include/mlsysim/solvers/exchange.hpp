#pragma once
/// \file
/// One collective on its own: how long a group of ranks takes to exchange a message, by every algorithm which could do it.
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/solvers/collectives.hpp"

namespace mlsysim::solvers {

/// What is exchanged, and by whom.
struct ExchangeInput {
  systems::Cluster const* cluster = nullptr;    ///< where the ranks stand
  Calibration const* collectives = nullptr;     ///< with `collectives` rows; null: nominal links
  Collective operation = Collective::all_reduce;  ///< what the ranks do together
  Sourced<Data> message;                        ///< whole buffer of one rank: what is reduced, gathered together, or sent to all others
  Real ranks;                                   ///< members of the group
  Real stride;                                  ///< devices between neighbours
  Algorithm algorithm = Algorithm::none;        ///< the only one considered; none: the fastest
  bool launched_by_host = false;                ///< not from a captured graph: the host's time adds
};

/// Time and bandwidth of one collective.
struct ExchangeResult {
  CollectiveTime fastest;                       ///< the one taken
  std::vector<CollectiveTime> choices;          ///< every algorithm, fastest first
  Sourced<Bandwidth> algorithm_bandwidth;       ///< message / time
  Sourced<Bandwidth> bus_bandwidth;             ///< what each rank's link carries, by the convention of nccl-tests
  Real ranks_per_node;                          ///< members of the group on one node
  Real nodes;                                   ///< over which the group is spread
  std::optional<Sourced<Bandwidth>> inside;     ///< nominal bandwidth per rank inside a node
  std::optional<Sourced<Bandwidth>> between;    ///< and between nodes
  std::optional<Sourced<Bandwidth>> across;     ///< and between sites
  Interval interval;                            ///< of the time, at both ends of the links' efficiencies
};

/// What keeps the group from being formed, in the words of the reader; empty if nothing does.
std::vector<std::string> problems(ExchangeInput const& in);
/// \pre `problems(in)` is empty
ExchangeResult solve(ExchangeInput const& in, Ledger& ledger);
Section report(ExchangeResult const& r);

}  // namespace mlsysim::solvers
