#pragma once
/// \file
/// What a device draws while it works.
#include <optional>

#include "mlsysim/solvers/performance.hpp"

namespace mlsysim::solvers {

/// Power of a device which is ready to work but moves nothing: idle power where nothing is known of its clocks.
/// \pre the device states a design power
Sourced<Power> awake_power(hardware::Device const& device, Ledger& ledger);

/// Power of a device which streams through its memory at a share of its bandwidth; the power of a device which is awake where nothing is known of the
/// energy of its memory.
/// \pre the device states a design power
Sourced<Power> streaming_power(hardware::Device const& device, Real const& share, Ledger& ledger);

/// Energy of one pass on one device over `time`, in which it may also wait; none where nothing is known of the energy of its memory.
/// \pre the device states a design power
std::optional<Sourced<Energy>> energy_of(hardware::Device const& device, PassPrice const& pass, Sourced<Time> const& time, Ledger& ledger);

}  // namespace mlsysim::solvers
