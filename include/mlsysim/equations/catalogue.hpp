#pragma once
/// \file
/// Every equation of the textbook, for whoever prints them all.
#include <vector>

#include "mlsysim/provenance/ledger.hpp"

namespace mlsysim {

/// All equations, topic by topic in the order of their headers. Listed by hand; a test reads the headers and finds what is missing.
std::vector<EquationInfo> all_equations();

}  // namespace mlsysim
