#pragma once
/// \file
/// Requests over time: when they arrive, how long their prompts are and how much they ask for.
#include <optional>
#include <vector>

#include "mlsysim/describe/report.hpp"

namespace mlsysim::solvers {

/// How arrivals scatter around their mean rate.
enum class ArrivalProcess : std::uint8_t {
  poisson,    ///< independent users: times between arrivals are exponential
  regular,    ///< one after another at equal distances
  gamma,      ///< times between arrivals are gamma distributed with a stated coefficient of variation
  modulated,  ///< Poisson whose rate changes between calm and burst at random (Fischer and Meier-Hellstern 1993)
  at_once,    ///< all are there from the start, as offline work is: no rate
};
std::span<const std::string_view> names_of(ArrivalProcess);

/// How lengths scatter around their mean.
enum class LengthShape : std::uint8_t {
  fixed,        ///< all the same
  uniform,      ///< between two ends
  lognormal,    ///< a long tail
  exponential,  ///< memoryless
  empirical,    ///< drawn from samples
};
std::span<const std::string_view> names_of(LengthShape);

/// Lengths in tokens.
struct LengthInput {
  LengthShape shape = LengthShape::fixed;  ///< of the distribution
  double mean = 1;                         ///< tokens; not used by samples
  double spread = 0;                       ///< standard deviation / mean; uniform: at most 1/sqrt(3), exponential: 1, samples: their own
  std::vector<int> samples;                ///< of an empirical shape, tokens
  int most = 1 << 20;                      ///< longer ones are cut
};
/// Mean and coefficient of variation which a distribution has before it is rounded and cut.
struct LengthMoments {
  double mean = 1;       ///< tokens
  double variation = 0;  ///< standard deviation / mean
};
/// \pre an empirical shape has samples
LengthMoments moments(LengthInput const& in);

/// A request, as it reaches the service.
struct Request {
  double arrival = 0;  ///< s
  int prompt = 1;      ///< tokens which are read
  int output = 1;      ///< tokens which are written
};

/// Calm and burst take turns, each for a time which is exponentially distributed.
struct BurstInput {
  double ratio = 1;   ///< rate in a burst / mean rate; at least 1
  double share = 0;   ///< part of the time in bursts; ratio * share at most 1
  double length = 1;  ///< mean length of a burst, s
};

/// What the service is offered.
struct TrafficInput {
  ArrivalProcess arrivals = ArrivalProcess::poisson;  ///< unless there is a trace
  double rate = 1;                                    ///< mean, request/s
  double variation = 1;                               ///< of the gamma process: standard deviation / mean of the times between arrivals
  BurstInput burst;                                   ///< of the modulated process
  LengthInput prompt;                                 ///< tokens read
  LengthInput output;                                 ///< tokens written
  int requests = 1;                                   ///< how many
  std::uint64_t seed = 1;                             ///< of the random numbers
  std::vector<Request> const* trace = nullptr;        ///< in order of arrival: replaces all above but the rate
  bool rescale_trace = false;                         ///< stretch the trace's time so that its mean rate is `rate`
};

/// Draws the requests, in order of arrival. Arrivals and lengths have sequences of their own, so that another rate meets the same requests.
std::vector<Request> draw(TrafficInput const& in);

/// Squared coefficient of variation of the times between arrivals: what closed forms of queueing ask for. Of a trace and of the modulated
/// process it is counted from `requests`. \pre at least two requests
double arrival_variation(TrafficInput const& in, std::vector<Request> const& requests);

}  // namespace mlsysim::solvers
