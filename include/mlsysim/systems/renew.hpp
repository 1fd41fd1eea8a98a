#pragma once
/// \file
/// Clusters of systems whose numbers change between evaluations.
#include "mlsysim/systems/cluster.hpp"

namespace mlsysim::systems {

/// \{
/// As `cluster_of`, into a cluster which is new or was made of this system before its numbers changed: what is allocated stays.
void renew(Cluster& cluster, hardware::Device const& device, Ledger& ledger);
void renew(Cluster& cluster, hardware::Device const& device, Count count, Ledger& ledger);
void renew(Cluster& cluster, Node const& node, Ledger& ledger);
void renew(Cluster& cluster, Fleet const& fleet, Ledger& ledger);
/// \}

}  // namespace mlsysim::systems
