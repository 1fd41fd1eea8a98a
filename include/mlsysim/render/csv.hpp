#pragma once
/// \file
/// Tables which are written as they are computed.
#include <string>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::render {

/// The first line of a table.
std::string csv(std::vector<Column> const& columns);
/// Appends one row.
void append_csv(std::vector<Column> const& columns, std::vector<Cell> const& row, std::string& out);

}  // namespace mlsysim::render
