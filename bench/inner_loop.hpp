#pragma once
/// \file
/// The performance solver's inner loop twice: on quantities through the equations, and on raw doubles.
#include <cstdint>
#include <span>
#include <vector>

#include "mlsysim/equations/roofline.hpp"

namespace mlsysim::bench {

template <class Work, class Data>
struct Operator {
  Work work{};
  Data bytes{};
  double compute_efficiency = 0;
  double memory_efficiency = 0;
};

template <class Rate, class Bandwidth, class Time>
struct Machine {
  Rate peak{};
  Bandwidth bandwidth{};
  Time dispatch{};
};

using TypedOperator = Operator<Work, Data>;
using TypedMachine = Machine<ComputeRate, Bandwidth, Time>;
using RawOperator = Operator<double, double>;
using RawMachine = Machine<double, double, double>;

/// The same pseudo-random operators for both (Knuth's linear congruential generator).
template <class Op>
std::vector<Op> operators(std::size_t count) {
  std::vector<Op> all(count);
  std::uint64_t state = 20240601;
  const auto next = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 40) / static_cast<double>(1 << 24);
  };
  for (auto& op : all) {
    op.work = decltype(op.work){1e6 + 1e12 * next()};
    op.bytes = decltype(op.bytes){1e3 + 1e9 * next()};
    op.compute_efficiency = 0.1 + 0.8 * next();
    op.memory_efficiency = 0.1 + 0.8 * next();
  }
  return all;
}

template <class M>
M machine() {
  return {decltype(M::peak){989e12}, decltype(M::bandwidth){3.35e12}, decltype(M::dispatch){5e-6}};
}

[[gnu::noinline]] inline double pass_time(std::span<const TypedOperator> operators, TypedMachine const& m) {
  Time total;
  for (auto const& op : operators)
    total += eq::roofline_time(eq::compute_time(op.work, m.peak, op.compute_efficiency),
                               eq::memory_time(op.bytes, m.bandwidth, op.memory_efficiency), m.dispatch);
  return total.raw();
}

[[gnu::noinline]] inline double pass_time(std::span<const RawOperator> operators, RawMachine const& m) {
  double total = 0;
  for (auto const& op : operators) {
    const double compute = op.work / (m.peak * op.compute_efficiency);
    const double memory = op.bytes / (m.bandwidth * op.memory_efficiency);
    total += (compute < memory ? memory : compute) + m.dispatch;
  }
  return total;
}

}  // namespace mlsysim::bench
