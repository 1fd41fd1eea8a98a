#pragma once
/// \file
/// Measured operators of a table, for fits: the rows whose scenario is one operator on one device.
#include <string>
#include <utility>
#include <vector>

#include "mlsysim/solvers/calibrate.hpp"
#include "mlsysim/validation/mapping.hpp"
#include "mlsysim/registry/catalogue.hpp"

namespace mlsysim::validation {

/// The measurements of a table by device, and the rows which are none.
struct MeasuredOperators {
  std::vector<solvers::MeasuredDevice> devices;              ///< in order of first occurrence
  std::vector<std::pair<std::string, std::size_t>> skipped;  ///< reason and number of rows
};

/// Reads every row of a table as an operator. Rows whose scenario is more than one operator are skipped.
/// \throws InputError for a mapping which names what does not exist
MeasuredOperators measured_operators(Mapping const& mapping, io::Csv const& table, registry::Catalogue const& catalogue);

}  // namespace mlsysim::validation
