#pragma once
/// \file
/// Stragglers: a step waits for its slowest participant, a request for the slowest server it asks.
#include <optional>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::solvers {

/// How the time of one participant scatters around its mean.
enum class TimeShape : std::uint8_t {
  lognormal,    ///< many small delays which multiply
  exponential,  ///< a fixed part, and a memoryless one
  weibull,      ///< shape 1 is memoryless, above it the tail is lighter
  empirical,    ///< samples
};
std::span<const std::string_view> names_of(TimeShape);

/// Who is waited for.
struct TailInput {
  TimeShape shape = TimeShape::lognormal;  ///< of one participant
  Real spread;                             ///< standard deviation / mean of one participant's time; not used by samples
  std::vector<double> samples;             ///< of an empirical shape, in any unit: only their ratios count
  Count participants;                      ///< n, at least 1
  Count backups{0, {}};                    ///< b: the slowest so many are not waited for; below n
  std::optional<Real> hedge_after;         ///< a second try is started at this quantile of one time; the first answer counts
  Sourced<Time> mean;                      ///< of one participant
  Count seed{1, {}};                       ///< of the simulation
  bool simulate = true;                    ///< also draw times at random
};

/// The same figure twice: closed form, and drawn at random.
struct TailFigure {
  Real closed;                                   ///< relative to the mean of one participant
  double simulated = 0, standard_error = 0;      ///< the same from the draws
};

/// How much slower all are than one.
struct TailResult {
  TailFigure mean, p50, p99, p999;               ///< of the time until enough have finished
  Sourced<Time> mean_time, p50_time, p99_time, p999_time;  ///< the closed forms, as times
  Real any_slow;                                 ///< chance that at least one is slower than the 99 % quantile of one
  Real wasted;                                   ///< share of extra work: backups, second tries
  int trials = 0;                                ///< of the simulation
  Count seed{1, {}};                             ///< of the simulation
  Count participants;                            ///< n
  Count backups;                                 ///< b
};

/// Quantile of one participant's relative time. \pre 0 < u < 1 and, for samples, at least one
double leaf_quantile(TailInput const& in, double u);
/// Quantiles by order statistics (David and Nagaraja 2003; Dean and Barroso 2013), the mean by quadrature over them, and both again by a seeded
/// simulation of up to four million draws. \pre backups < participants
TailResult solve(TailInput const& in, Ledger& ledger);
Section report(TailResult const& r);

}  // namespace mlsysim::solvers
