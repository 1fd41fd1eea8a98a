#include "suite.hpp"

#include <algorithm>
#include <cmath>

namespace mlsysim::benchmark {
namespace {

constexpr std::string_view kernel_names[] = {"copy", "scale", "add", "triad", "gemm", "convolution", "normalization", "dispatch"};

}  // namespace

std::span<const std::string_view> names_of(Kernel) { return kernel_names; }
std::string_view name(Kernel k) { return kernel_names[static_cast<std::size_t>(k)]; }

void describe(Measured& m, Fields& f) {
  f("op", m.op, "what is timed");
  f("sizes", m.sizes, "bytes of one array: streams and normalization", optional_field);
  f("m", m.m, "rows of a product; side of the image of a convolution", optional_field);
  f("n", m.n, "columns of a product; channels out of a convolution", optional_field);
  f("k", m.k, "depth of a product; channels into a convolution", optional_field);
}

void describe(Suite& s, Fields& f) {
  f("name", s.name, "what the suite is called");
  f("measurements", s.measurements, "what is timed");
}

Spread spread_of(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double q) {
    const double x = q * static_cast<double>(times.size() - 1);
    const auto i = static_cast<std::size_t>(x);
    const auto j = std::min(i + 1, times.size() - 1);
    return times[i] + (x - std::floor(x)) * (times[j] - times[i]);
  };
  return {at(0.25), at(0.5), at(0.75)};
}

}  // namespace mlsysim::benchmark
