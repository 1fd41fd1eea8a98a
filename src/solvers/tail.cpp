#include "mlsysim/solvers/tail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mlsysim/equations/tail.hpp"
#include "mlsysim/solvers/random.hpp"

namespace mlsysim::solvers {
namespace {

constexpr std::string_view shapes[] = {"lognormal", "exponential", "weibull", "empirical"};
constexpr long long most_draws = 4'000'000;

double weibull_shape(double spread) {
  double low = 0.2, high = 200;  // the coefficient of variation falls with the shape
  for (int i = 0; i < 100; ++i) {
    const double k = (low + high) / 2, a = std::tgamma(1 + 1 / k);
    (std::tgamma(1 + 2 / k) / (a * a) - 1 > spread * spread ? low : high) = k;
  }
  return (low + high) / 2;
}

/// Relative time of one participant.
class Leaf {
 public:
  explicit Leaf(TailInput const& in) : in_{in}, samples_{in.samples} {
    std::sort(samples_.begin(), samples_.end());
    double total = 0;
    for (double s : samples_) total += s;
    for (double& s : samples_) s *= static_cast<double>(samples_.size()) / total;
    if (in.shape == TimeShape::weibull) parameter_ = weibull_shape(in.spread.value);
    if (in.shape == TimeShape::lognormal) parameter_ = eq::lognormal_scale(in.spread.value);
  }

  double quantile(double u) const {
    switch (in_.shape) {
      case TimeShape::lognormal: return eq::lognormal_quantile(parameter_, u);
      case TimeShape::exponential: return eq::exponential_quantile(in_.spread.value, u);
      case TimeShape::weibull: return eq::weibull_quantile(parameter_, u);
      case TimeShape::empirical: break;
    }
    const double at = u * static_cast<double>(samples_.size());
    return samples_[std::min(samples_.size() - 1, static_cast<std::size_t>(at))];
  }
  /// Share which is at least as slow as `t`.
  double slower(double t) const {
    switch (in_.shape) {
      case TimeShape::lognormal: return parameter_ > 0 ? std::erfc((std::log(t) + parameter_ * parameter_ / 2) / parameter_ / std::sqrt(2.0)) / 2 : (t < 1 ? 1 : 0);
      case TimeShape::exponential: return t <= 1 - in_.spread.value ? 1 : std::exp(-(t - 1 + in_.spread.value) / in_.spread.value);
      case TimeShape::weibull: return t <= 0 ? 1 : std::exp(-std::pow(t * std::tgamma(1 + 1 / parameter_), parameter_));
      case TimeShape::empirical: break;
    }
    return static_cast<double>(samples_.end() - std::upper_bound(samples_.begin(), samples_.end(), t)) / static_cast<double>(samples_.size());
  }
  template <class Random>
  double draw(Random& random) const {
    if (in_.shape != TimeShape::lognormal) return quantile(random());
    return portable::exp(parameter_ * random.normal() - parameter_ * parameter_ / 2);
  }
  double parameter() const { return parameter_; }

 private:
  TailInput const& in_;
  std::vector<double> samples_;
  double parameter_ = 0;
};

/// The same with a second try started at `delay`.
class Hedged {
 public:
  Hedged(Leaf const& leaf, std::optional<Real> const& after) : leaf_{leaf} {
    if (after) delay_ = leaf.quantile(after->value);
  }
  double quantile(double u) const {
    if (!delay_) return leaf_.quantile(u);
    double low = 0, high = leaf_.quantile(u);
    for (int i = 0; i < 100; ++i) {
      const double t = (low + high) / 2;
      const double slow = leaf_.slower(t) * (t > *delay_ ? leaf_.slower(t - *delay_) : 1);
      (slow > 1 - u ? low : high) = t;
    }
    return (low + high) / 2;
  }
  template <class Random>
  double draw(Random& random) const {
    const double first = leaf_.draw(random);
    return delay_ && first > *delay_ ? std::min(first, *delay_ + leaf_.draw(random)) : first;
  }

 private:
  Leaf const& leaf_;
  std::optional<double> delay_;
};

/// Mean over all quantiles. Equal steps in s of the level 3 s^2 - 2 s^3 are denser at both ends.
double mean_of(Hedged const& leaf, double n, double b) {
  constexpr int steps = 4096;
  double sum = 0;
  for (int i = 0; i < steps; ++i) {
    const double s = (i + 0.5) / steps, level = s * s * (3 - 2 * s);
    sum += 6 * s * (1 - s) / steps * leaf.quantile(order_level(level, n, b));
  }
  return sum;
}

/// The slowest `keep` of `n`, slowest first. The largest of m uniform numbers is V^(1/m) (Devroye, Non-Uniform Random Variate Generation, 1986,
/// V.3): so nobody need draw all of a million.
void draw_slowest(Hedged const& leaf, double n, std::size_t keep, Uniform& random, std::vector<double>& slowest) {
  slowest.clear();
  double level = 1;
  for (std::size_t i = 0; i < keep; ++i) {
    level *= portable::pow(random(), 1 / (n - static_cast<double>(i)));
    slowest.push_back(leaf.quantile(std::min(level, std::nextafter(1.0, 0.0))));
  }
}

void simulate(TailInput const& in, Hedged const& leaf, TailResult& r) {
  constexpr int fewest_trials = 200;
  const auto n = static_cast<std::size_t>(in.participants.value), keep = static_cast<std::size_t>(in.backups.value) + 1;
  r.trials = static_cast<int>(std::clamp<long long>(most_draws / static_cast<long long>(n), fewest_trials, 40000));
  const bool too_many = static_cast<long long>(n) * fewest_trials > most_draws;
  Uniform random(static_cast<std::uint64_t>(in.seed.value));
  std::vector<double> outcomes, slowest(keep);
  outcomes.reserve(static_cast<std::size_t>(r.trials));
  for (int t = 0; t < r.trials; ++t) {
    if (too_many) {
      draw_slowest(leaf, static_cast<double>(n), keep, random, slowest);
      outcomes.push_back(slowest.back());
      continue;
    }
    slowest.clear();
    for (std::size_t i = 0; i < n; ++i) {
      const double time = leaf.draw(random);
      if (slowest.size() == keep && time <= slowest.back()) continue;
      slowest.insert(std::upper_bound(slowest.begin(), slowest.end(), time, std::greater<>()), time);
      if (slowest.size() > keep) slowest.pop_back();
    }
    outcomes.push_back(slowest.back());
  }
  std::sort(outcomes.begin(), outcomes.end());
  double sum = 0, squares = 0;
  for (double o : outcomes) sum += o, squares += o * o;
  const double trials = r.trials, mean = sum / trials;
  r.mean.simulated = mean;
  r.mean.standard_error = std::sqrt(std::max(0.0, squares / trials - mean * mean) / trials);
  // A quantile's error from the ranks one standard deviation of the binomial count away.
  const auto quantile = [&](double q, TailFigure& f) {
    const auto at = [&](double rank) { return outcomes[static_cast<std::size_t>(std::clamp(rank, 0.0, trials - 1))]; };
    const double rank = q * trials, away = std::sqrt(trials * q * (1 - q));
    f.simulated = at(rank);
    f.standard_error = (at(rank + away) - at(rank - away)) / 2;
  };
  quantile(0.5, r.p50), quantile(0.99, r.p99), quantile(0.999, r.p999);
}

}  // namespace

std::span<const std::string_view> names_of(TimeShape) { return shapes; }

double leaf_quantile(TailInput const& in, double u) { return Leaf(in).quantile(u); }

TailResult solve(TailInput const& in, Ledger& ledger) {
  assert(in.participants.value >= 1 && in.backups.value < in.participants.value);
  const Leaf leaf(in);
  const Hedged hedged(leaf, in.hedge_after);
  const Real n{static_cast<double>(in.participants.value), in.participants.origin}, b{static_cast<double>(in.backups.value), in.backups.origin};
  TailResult r;
  r.seed = in.seed, r.participants = in.participants, r.backups = in.backups;

  const auto closed = [&](double q, char const* why) -> Real {
    const Real level = eq::deciding_level.with(ledger, assumed(ledger, "tail.quantile", q, why), n, b);
    if (in.hedge_after) return assumed(ledger, "tail.hedged_quantile", hedged.quantile(level.value), "root of (1 - F(t)) (1 - F(t - d)) = 1 - level, with second tries after d (Dean and Barroso 2013)");
    switch (in.shape) {
      case TimeShape::lognormal: return eq::lognormal_quantile.with(ledger, eq::lognormal_scale.with(ledger, in.spread), level);
      case TimeShape::exponential: return eq::exponential_quantile.with(ledger, in.spread, level);
      case TimeShape::weibull: return eq::weibull_quantile.with(ledger, assumed(ledger, "tail.weibull_shape", leaf.parameter(), "the shape whose standard deviation / mean is the spread"), level);
      case TimeShape::empirical: break;
    }
    return assumed(ledger, "tail.sample_quantile", leaf.quantile(level.value), "of the samples");
  };
  r.p50.closed = closed(0.5, "median"), r.p99.closed = closed(0.99, "99 of 100"), r.p999.closed = closed(0.999, "999 of 1000");
  if (in.shape == TimeShape::exponential && !in.hedge_after) r.mean.closed = eq::exponential_maximum.with(ledger, in.spread, n, b);
  else r.mean.closed = assumed(ledger, "tail.mean", mean_of(hedged, n.value, b.value), "quantiles of the order statistic, averaged over 4096 levels");
  r.any_slow = eq::any_slow.with(ledger, assumed(ledger, "tail.slow_share", 0.01, "slower than 99 of 100"), n);
  const double again = in.hedge_after ? 1 - in.hedge_after->value : 0;
  r.wasted = {b.value / n.value + again, b.origin};
  r.mean_time = eq::stretched.with(ledger, in.mean, r.mean.closed);
  r.p50_time = eq::stretched.with(ledger, in.mean, r.p50.closed);
  r.p99_time = eq::stretched.with(ledger, in.mean, r.p99.closed);
  r.p999_time = eq::stretched.with(ledger, in.mean, r.p999.closed);
  if (in.simulate) simulate(in, hedged, r);
  return r;
}

Section report(TailResult const& r) {
  Section s{"tail", "Stragglers and tail", {}, {}, {}, {}, {}};
  const auto figure = [&](char const* id, char const* label, Sourced<Time> const& t) { s.estimate(id, label, t, Confidence::theoretical); };
  figure("mean", "mean, all waited for", r.mean_time);
  figure("p50", "P50", r.p50_time);
  figure("p99", "P99", r.p99_time);
  figure("p999", "P99.9", r.p999_time);
  s.metric("slowdown", "mean against one participant", r.mean.closed);
  Metric& any = s.metric("any_slow", "at least one slower than its P99", r.any_slow);
  any.percent = true;
  any.note = "1 - 0.99^n";
  if (r.wasted.value > 0) s.metric("extra_work", "extra work", r.wasted).percent = true;
  if (r.trials > 0) {
    Table t{"agreement", "closed form against simulation, relative to one participant's mean", {{"figure", "figure", {}, true, false, {}}, {"closed", "closed form", {}, false, false, {}}, {"simulated", "simulated", {}, false, false, {}}, {"error", "standard error", {}, false, false, {}}}, {}};
    const auto row = [&](char const* name, TailFigure const& f) { t.rows.push_back({{0, name}, {f.closed.value, {}}, {f.simulated, {}}, {f.standard_error, {}}}); };
    row("mean", r.mean), row("P50", r.p50), row("P99", r.p99);
    constexpr int enough = 5000;  // beyond the P99.9 lie at least five
    if (r.trials >= enough) row("P99.9", r.p999);
    s.tables.push_back(std::move(t));
    s.notes.push_back(fmt::format("simulated {} times with {} participants, seed {}", r.trials, r.participants.value, r.seed.value));
  }
  return s;
}

}  // namespace mlsysim::solvers
