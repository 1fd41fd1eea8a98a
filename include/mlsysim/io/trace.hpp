#pragma once
/// \file
/// Traces of requests: a line for each with its arrival and its lengths.
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::io {

/// A line of a trace.
struct TracedRequest {
  double arrival = 0;  ///< s
  int prompt = 1;      ///< tokens which were read
  int output = 1;      ///< tokens which were written
};

/// Reads comma-separated values whose first line names the columns `arrival`, `prompt` and `output`, in any order. Arrivals are seconds (or
/// times with a unit) and never go back; lengths are whole numbers of tokens, 1 to 10,000,000. Blank lines, CRLF and a byte-order mark are
/// allowed. Appends every problem with its line and column (E0231, E0232), up to a hundred; the result is empty if there is one.
std::vector<TracedRequest> parse_trace(std::string_view text, std::string const& file, std::vector<Diagnostic>& problems);

/// Reads and parses a file. Appends E0101 to E0103 where it cannot be read.
std::vector<TracedRequest> read_trace_file(std::string const& path, std::vector<Diagnostic>& problems);

}  // namespace mlsysim::io
