#pragma once
/// \file
/// Tables of published measurements: comma-separated values by RFC 4180, strict, with the line of every row.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::io {

/// A table of texts. Every row has as many cells as there are columns.
struct Csv {
  /// A line of the table.
  struct Row {
    std::uint32_t line = 0;          ///< on which the row begins, from 1
    std::vector<std::string> cells;  ///< as many as there are columns
  };
  std::string file;                  ///< name for messages
  std::vector<std::string> columns;  ///< from the first line
  std::vector<Row> rows;             ///< in file order

  /// No such column.
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  /// Index of a column, or `none`.
  std::size_t column(std::string_view name) const;
  /// For diagnostics about a row.
  Location location(Row const& row) const { return {file, row.line, 0, 1, {}}; }
};

inline constexpr std::size_t largest_table = 64U << 20;  ///< bytes

/// Quoted cells may hold commas, line ends and doubled quotes; lines end with LF or CRLF; a byte-order mark and blank lines are skipped.
/// Appends every problem (E0170): a row of another length, a quote which is never closed or stands inside a cell, a column without or
/// with a repeated name.
Csv parse_csv(std::string_view text, std::string file_name, std::vector<Diagnostic>& problems);

/// Reads and parses a file. Appends E0101 to E0103 where it cannot be read.
Csv read_csv_file(std::string const& path, std::vector<Diagnostic>& problems);

/// One cell as it is written: quoted where it holds a comma, a quote or a line end.
std::string csv_cell(std::string_view text);

}  // namespace mlsysim::io
