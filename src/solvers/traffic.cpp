#include "mlsysim/solvers/traffic.hpp"

#include <algorithm>
#include <cmath>

#include "mlsysim/equations/tail.hpp"
#include "mlsysim/solvers/random.hpp"

namespace mlsysim::solvers {
namespace {

constexpr std::string_view processes[] = {"poisson", "regular", "gamma", "modulated", "at_once"};
constexpr std::string_view shapes[] = {"fixed", "uniform", "lognormal", "exponential", "empirical"};
constexpr std::uint64_t other_sequence = 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio: seeds of neighbours stay apart

class Lengths {
 public:
  explicit Lengths(LengthInput const& in) : in_{in}, scale_{in.shape == LengthShape::lognormal ? eq::lognormal_scale(in.spread) : 0} {}

  int draw(Uniform& random) const {
    switch (in_.shape) {
      case LengthShape::fixed: return whole(in_.mean);
      case LengthShape::uniform: return whole(in_.mean * (1 + in_.spread * std::sqrt(3.0) * (2 * random() - 1)));
      case LengthShape::lognormal: return whole(in_.mean * portable::exp(scale_ * random.normal() - scale_ * scale_ / 2));
      case LengthShape::exponential: return whole(in_.mean * random.exponential());
      case LengthShape::empirical: break;
    }
    const auto n = in_.samples.size();
    return whole(in_.samples[std::min(n - 1, static_cast<std::size_t>(random() * static_cast<double>(n)))]);
  }

 private:
  int whole(double length) const { return static_cast<int>(std::clamp(std::round(length), 1.0, static_cast<double>(in_.most))); }

  LengthInput const& in_;
  double scale_;
};

/// Times between arrivals.
class Gaps {
 public:
  Gaps(TrafficInput const& in, Uniform& random) : in_{in}, random_{random} {
    calm_rate_ = in.burst.share < 1 ? std::max(0.0, in.rate * (1 - in.burst.ratio * in.burst.share) / (1 - in.burst.share)) : in.rate;
  }

  double next() {
    switch (in_.arrivals) {
      case ArrivalProcess::poisson: return random_.exponential() / in_.rate;
      case ArrivalProcess::regular: return 1 / in_.rate;
      case ArrivalProcess::at_once: return 0;
      case ArrivalProcess::gamma: {
        const double squared = in_.variation * in_.variation;
        return random_.gamma(1 / squared) * squared / in_.rate;
      }
      case ArrivalProcess::modulated: break;
    }
    double waited = 0;
    for (;;) {
      if (left_ <= 0) turn();
      const double rate = bursting_ ? in_.rate * in_.burst.ratio : calm_rate_;
      const double gap = rate > 0 ? random_.exponential() / rate : left_;
      if (rate > 0 && gap <= left_) {
        left_ -= gap;
        return waited + gap;
      }
      waited += left_;
      left_ = 0;
    }
  }

 private:
  void turn() {
    // Starts in the state in which it is more likely to be found.
    bursting_ = started_ ? !bursting_ : random_() < in_.burst.share;
    started_ = true;
    const double calm = in_.burst.length * (1 - in_.burst.share) / in_.burst.share;
    left_ = random_.exponential() * (bursting_ ? in_.burst.length : calm);
  }

  TrafficInput const& in_;
  Uniform& random_;
  double calm_rate_ = 0, left_ = 0;
  bool bursting_ = false, started_ = false;
};

std::vector<Request> of_trace(TrafficInput const& in) {
  std::vector<Request> all = *in.trace;
  if (all.empty()) return all;
  const double begin = all.front().arrival, span = all.back().arrival - begin;
  const double stretch = in.rescale_trace && span > 0 ? static_cast<double>(all.size() - 1) / span / in.rate : 1;
  for (auto& r : all) r.arrival = (r.arrival - begin) * stretch;
  return all;
}

}  // namespace

std::span<const std::string_view> names_of(ArrivalProcess) { return processes; }
std::span<const std::string_view> names_of(LengthShape) { return shapes; }

LengthMoments moments(LengthInput const& in) {
  switch (in.shape) {
    case LengthShape::fixed: return {in.mean, 0};
    case LengthShape::uniform:
    case LengthShape::lognormal: return {in.mean, in.spread};
    case LengthShape::exponential: return {in.mean, 1};
    case LengthShape::empirical: break;
  }
  double sum = 0, squares = 0;
  for (int s : in.samples) sum += s, squares += static_cast<double>(s) * s;
  const double n = static_cast<double>(in.samples.size()), mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean)) / mean};
}

std::vector<Request> draw(TrafficInput const& in) {
  if (in.trace) return of_trace(in);
  Uniform when(in.seed), what(in.seed ^ other_sequence);
  Gaps gaps(in, when);
  const Lengths prompt(in.prompt), output(in.output);
  std::vector<Request> all(static_cast<std::size_t>(in.requests));
  double clock = 0;
  for (auto& r : all) {
    clock += gaps.next();
    r.arrival = clock;
    r.prompt = prompt.draw(what);
    r.output = output.draw(what);
  }
  return all;
}

double arrival_variation(TrafficInput const& in, std::vector<Request> const& requests) {
  if (!in.trace) {
    switch (in.arrivals) {
      case ArrivalProcess::poisson: return 1;
      case ArrivalProcess::regular:
      case ArrivalProcess::at_once: return 0;
      case ArrivalProcess::gamma: return in.variation * in.variation;
      case ArrivalProcess::modulated: break;
    }
  }
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < requests.size(); ++i) {
    const double gap = requests[i].arrival - requests[i - 1].arrival;
    sum += gap, squares += gap * gap;
  }
  const double n = static_cast<double>(requests.size() - 1), mean = sum / n;
  return mean > 0 ? std::max(0.0, squares / n / (mean * mean) - 1) : 0;
}

}  // namespace mlsysim::solvers
