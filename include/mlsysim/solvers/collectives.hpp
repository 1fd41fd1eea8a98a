#pragma once
/// \file
/// How long groups of ranks take to talk: collectives on the links which their placement gives them.
#include <array>
#include <vector>

#include "mlsysim/solvers/efficiency.hpp"
#include "mlsysim/systems/cluster.hpp"

namespace mlsysim::solvers {

/// What a group of ranks does together.
enum class Collective : std::uint8_t { all_reduce, reduce_scatter, all_gather, all_to_all, broadcast, point_to_point };
/// How it does it; `none` where one rank is alone.
enum class Algorithm : std::uint8_t { none, direct, ring, tree, hierarchical, in_network };
std::string_view name(Collective);
std::span<const std::string_view> names_of(Collective);
std::span<const std::string_view> names_of(Algorithm);
std::string_view name(Algorithm);

/// What a link reaches of its nominal bandwidth, and what one step costs before its first byte.
struct LinkEfficiency {
  Real bandwidth;         ///< achieved / nominal for large messages, 0 to 1
  Sourced<Time> latency;  ///< of one step of an algorithm; the system's own figure holds where it is longer
  double bandwidth_low = 1, bandwidth_high = 1;  ///< 90 % interval
  Sourced<Time> start{};  ///< of a collective, beside its steps
  Sourced<Data> half{};   ///< message at which bulk transfers reach half of that bandwidth; 0: all of it at once
  Real small{0, {}};      ///< share of it which the protocol for small messages reaches
  std::optional<Real> in_network{};  ///< achieved / nominal where switches add up
  /// \{
  /// 90 % interval over systems of the kind, slow end first, of `latency`, `start` and `half`; equal ends where nothing is known.
  std::array<double, 2> latencies{}, starts{}, halves{};
  /// \}
};

/// Link efficiencies by the role of the link.
class LinkModel {
 public:
  /// From the `collectives` rows of a calibration. Without one, or without a row for a role: nominal bandwidth, as a named assumption.
  /// Rows of `device` come before those of any device.
  LinkModel(Calibration const* calibration, Ledger& ledger, std::string_view device = {});
  /// Collectives are launched one by one from now on: each costs the host's time on `device` too.
  void launched_by_host(Calibration const* calibration, std::string_view device, Ledger& ledger);
  /// Of one collective, beside its own time; 0 where graphs are captured.
  Sourced<Time> launch() const { return launch_; }
  /// Of links which play this role.
  LinkEfficiency const& of(hardware::LinkRole role) const { return by_role_[static_cast<std::size_t>(role)]; }
  /// Theoretical without measurements.
  Confidence confidence() const { return confidence_; }
  /// The same model at the slow (-1) or fast (+1) end of its intervals.
  LinkModel at_end(int end) const;

 private:
  std::array<LinkEfficiency, 3> by_role_{};
  Sourced<Time> launch_{};
  Confidence confidence_ = Confidence::theoretical;
};

/// A collective, priced by the fastest algorithm (alpha-beta model: Hockney 1994; Thakur 2005).
struct CollectiveTime {
  Sourced<Time> time;                     ///< of the whole group; all ranks finish together
  Algorithm algorithm = Algorithm::none;  ///< the fastest
};
/// Every algorithm which could be used, the one taken first. `size` is the whole buffer of one rank: what is reduced, what is gathered
/// together, what is sent to all others. One rank alone costs nothing.
std::vector<CollectiveTime> collective_choices(Collective kind, systems::GroupPlacement const& group, Sourced<Data> size, LinkModel const& links, Ledger& ledger);
/// The fastest of these.
CollectiveTime collective_time(Collective kind, systems::GroupPlacement const& group, Sourced<Data> size, LinkModel const& links, Ledger& ledger);

/// Communication of one forward pass of one replica.
struct ForwardCommunicationInput {
  workload::Model const* model = nullptr;                       ///< what is computed
  systems::Cluster const* cluster = nullptr;                    ///< where it runs
  systems::Parallel parallel;                                   ///< degrees of parallelism
  workload::Precision activations = workload::Precision::bf16;  ///< format which ranks exchange
  Count tokens;                                                 ///< which the pass processes: batch * new tokens per sequence
  LinkModel const* links = nullptr;                             ///< efficiency of the links
};
/// Times of one pass; dimensions of degree 1 cost nothing.
struct ForwardCommunication {
  Sourced<Time> tensor;    ///< two all-reduces per layer, all layers of all stages one after another
  Sourced<Time> pipeline;  ///< activations handed from stage to stage
  Sourced<Time> expert;    ///< dispatch and combine of every mixture-of-experts layer
  Sourced<Time> total;     ///< sum of the three
};
/// Communication which a forward pass waits for; nothing is hidden behind compute.
ForwardCommunication forward_communication(ForwardCommunicationInput const& in, Ledger& ledger);

}  // namespace mlsysim::solvers
