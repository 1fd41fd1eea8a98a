#pragma once
// What to measure, and what was measured.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlsysim/describe/fields.hpp"

namespace mlsysim::benchmark {

enum class Kernel : std::uint8_t { copy, scale, add, triad, gemm, convolution, normalization, dispatch };
std::span<const std::string_view> names_of(Kernel);
std::string_view name(Kernel);

/// Every combination of its lists is one measurement.
struct Measured {
  Kernel op = Kernel::copy;
  std::vector<Sourced<Data>> sizes;  ///< bytes of one array, streams and normalization
  std::vector<Count> m, n, k;        ///< products; convolutions: side of the image, channels out, channels in
};
struct Suite {
  std::string name;
  std::vector<Measured> measurements;
};
void describe(Measured&, Fields&);
void describe(Suite&, Fields&);

/// One measurement on this machine. Times in seconds.
struct Row {
  Kernel op = Kernel::copy;
  int threads = 1;
  double elements = 0, m = 0, n = 0, k = 0;
  double bytes = 0, work = 0;  ///< moved and computed by one execution
  double median = 0, lower = 0, upper = 0;  ///< quartiles
  int repetitions = 0;
};

/// Median and quartiles, linear between neighbours. \pre not empty
struct Spread {
  double lower, median, upper;
};
Spread spread_of(std::vector<double> times);

/// Measures one row: warmed up, repeated until `budget` seconds are spent but at least five times.
Row measure(Row const& shape, double budget);

/// Facts about this machine which no name identifies.
struct Fingerprint {
  std::string cpu, kernel, compiler, library;
  int cores = 1;
  double clock = 0;   ///< Hz, as the kernel states it; 0 if it does not
  double memory = 0;  ///< bytes
  std::vector<std::pair<std::string, double>> caches;  ///< level and bytes
};
Fingerprint fingerprint();

}  // namespace mlsysim::benchmark
