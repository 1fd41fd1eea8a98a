#include "mlsysim/solvers/reliability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/equations/reliability.hpp"
#include "mlsysim/solvers/random.hpp"

namespace mlsysim::solvers {
namespace {

/// What was seen in the published run most like today's large ones.
Sourced<Time> observed_device_mtbf(Ledger& ledger) {
  constexpr std::string_view where = "Llama 3 405B: 419 unexpected interruptions in 54 days on 16,384 H100 (arXiv:2407.21783, section 3.3.4)";
  // One after the other: compilers order arguments as they like, and results list assumptions in order.
  const auto devices = assumed(ledger, "reliability.observed_devices", 16384.0, where);
  const auto window = assumed(ledger, "reliability.observed_window", 54 * unit<"day">, where);
  const auto failures = assumed(ledger, "reliability.observed_failures", 419.0, where);
  return eq::observed_mtbf.with(ledger, devices, window, failures);
}

/// Mean and standard error of a sample.
SimulatedFigure figure_of(std::vector<double> const& sample) {
  double sum = 0, squares = 0;
  for (double v : sample) sum += v, squares += v * v;
  const auto n = static_cast<double>(sample.size());
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean) / n)};
}

/// Runs through checkpoint intervals with failures at random, which strike work, checkpoints and restarts alike.
void simulate(ReliabilityInput const& in, ReliabilityResult& r, double work, double checkpoint, double restart, double mtbf) {
  Uniform random(static_cast<std::uint64_t>(in.seed.value));
  const auto next_failure = [&] { return mtbf * random.exponential(); };
  constexpr double usual = 500, most_draws = 400000;
  const double intervals = in.useful_time ? std::max(1.0, std::ceil(in.useful_time->value.raw() / work)) : usual;
  const double expected = intervals * work / r.goodput->value / mtbf;
  const int trials = static_cast<int>(std::clamp(most_draws / expected, 20.0, 200.0));
  std::vector<double> shares, clocks, failures;  // of each run
  for (int t = 0; t < trials; ++t) {
    double clock = 0, until = next_failure(), failed = 0;  // time left until the next failure
    for (double left = intervals; left > 0;) {
      const double before = std::floor(until / (work + checkpoint));
      if (before >= left) {
        clock += left * (work + checkpoint);
        break;
      }
      left -= before, clock += until, failed += 1;
      for (until = next_failure(); until <= restart; until = next_failure()) clock += until, failed += 1;
      clock += restart, until -= restart;
    }
    shares.push_back(intervals * work / clock), clocks.push_back(clock), failures.push_back(failed);
  }
  r.trials = trials;
  r.simulated_goodput = figure_of(shares);
  if (!in.useful_time) return;
  r.simulated_run_time = figure_of(clocks);
  r.simulated_failures = figure_of(failures);
  std::sort(shares.begin(), shares.end());
  const auto outside = static_cast<std::size_t>(trials / 20);
  r.goodput_low = shares[outside], r.goodput_high = shares[shares.size() - 1 - outside];
}

}  // namespace

ReliabilityResult solve(ReliabilityInput const& in, Ledger& ledger) {
  ReliabilityResult r;
  r.device_mtbf = in.device_mtbf ? *in.device_mtbf : observed_device_mtbf(ledger);
  if (!in.device_mtbf)
    r.notes.emplace_back("device MTBF not given: the rate of the Llama 3 405B run, interruptions of all causes");
  r.fleet_mtbf = eq::fleet_mtbf.with(ledger, r.device_mtbf, in.devices);
  const auto expect_failures = [&](Sourced<Time> const& t) { r.failures = eq::expected_failures.with(ledger, t, r.fleet_mtbf); };
  r.seed = in.seed;
  if (in.spares && in.repair_time) r.spares_suffice = eq::spares_suffice.with(ledger, Real(*in.spares), *in.repair_time, r.fleet_mtbf);
  else if (in.spares || in.repair_time) r.missing.emplace_back("spares and repair_time, both: whether spares suffice");
  r.checkpoint_time = in.checkpoint_time;
  if (in.storage && in.state) {
    r.checkpoint_size = eq::checkpoint_size.with(ledger, in.parameters, *in.state);
    if (!in.checkpoint_time) r.checkpoint_time = eq::checkpoint_stop.with(ledger, *r.checkpoint_size, *in.storage, in.blocking);
  }
  if (!r.checkpoint_time) {
    r.missing.emplace_back("checkpoint time, or the storage bandwidth from which it follows: interval and goodput");
    if (in.useful_time) expect_failures(*in.useful_time);
    return r;
  }
  Sourced<Time> const& delta = *r.checkpoint_time;
  r.young_interval = eq::young_interval.with(ledger, delta, r.fleet_mtbf);
  r.checkpoint_is_small = delta.value < r.fleet_mtbf.value * 0.5;
  if (!r.checkpoint_is_small)
    r.notes.emplace_back("a checkpoint takes more than half the MTBF: Young's first-order interval no longer holds, use the higher-order one");
  // Daly 2006: beyond 2 M the best interval is M itself.
  r.daly_interval = delta.value < 2 * r.fleet_mtbf.value ? eq::daly_interval.with(ledger, delta, r.fleet_mtbf) : r.fleet_mtbf;

  const Sourced<Time> restart = in.restart_time ? *in.restart_time
                                                : assumed(ledger, "reliability.restart_time", 0 * unit<"s">,
                                                          "not given: work resumes at once, so goodput is an upper bound");
  r.goodput = eq::goodput.with(ledger, *r.daly_interval, delta, restart, r.fleet_mtbf);
  r.checkpoint_share = eq::checkpoint_share.with(ledger, *r.goodput, delta, *r.daly_interval);
  r.restart_share = eq::restart_share.with(ledger, restart, r.fleet_mtbf);
  r.rework_share = eq::rework_share.with(ledger, *r.goodput, *r.checkpoint_share, *r.restart_share);
  // Where next to nothing gets done, simulated runs would not end.
  if (in.simulate && r.goodput->value > 0.01) simulate(in, r, r.daly_interval->value.raw(), delta.value.raw(), restart.value.raw(), r.fleet_mtbf.value.raw());
  if (in.useful_time) {
    r.run_time = eq::wall_time.with(ledger, *in.useful_time, *r.goodput);
    expect_failures(*r.run_time);
  }
  return r;
}

Section report(ReliabilityResult const& r) {
  Section s{"reliability", "Reliability", {}, {}, {}, {}, {}};
  s.metric("device_mtbf", "MTBF of a device", r.device_mtbf);
  s.metric("fleet_mtbf", "MTBF of the devices used", r.fleet_mtbf).note = "any device stops the run";
  if (r.checkpoint_size) s.metric("checkpoint_size", "a checkpoint", *r.checkpoint_size).note = "weights and optimizer state";
  if (r.checkpoint_size && r.checkpoint_time) s.metric("checkpoint_time", "stop for a checkpoint", *r.checkpoint_time);
  if (r.daly_interval) s.metric("checkpoint_interval", "best checkpoint interval", *r.daly_interval).note = "useful work between checkpoints, Daly 2006";
  if (r.young_interval) s.metric("young_interval", "the same to first order", *r.young_interval).note = "sqrt(2 delta M), Young 1974";
  const auto share = [&](char const* id, char const* label, std::optional<Real> const& v) {
    if (v) s.estimate(id, label, *v, Confidence::theoretical).percent = true;
  };
  share("goodput", "goodput", r.goodput);
  if (r.goodput) s.metrics.back().note = "useful / wall time (ETTR)";
  share("checkpoint_share", "time spent writing checkpoints", r.checkpoint_share);
  share("rework_share", "time lost to work done again", r.rework_share);
  share("restart_share", "time spent restarting", r.restart_share);
  share("spares_suffice", "spares suffice", r.spares_suffice);
  if (r.run_time) s.estimate("run_time", "wall time of the run", *r.run_time, Confidence::theoretical).note = "failures and checkpoints included";
  if (r.failures) s.estimate("failures", "expected failures", *r.failures, Confidence::theoretical);
  if (r.trials > 0) {
    Table t{"agreement", "closed form against simulated runs", {{"figure", "figure", {}, true, false, {}}, {"closed", "closed form", {}, false, false, {}}, {"simulated", "simulated", {}, false, false, {}}, {"error", "standard error", {}, false, false, {}}}, {}};
    const auto row = [&](char const* name, double closed, SimulatedFigure const& f) { t.rows.push_back({{0, name}, {closed, {}}, {f.mean, {}}, {f.standard_error, {}}}); };
    row("goodput", r.goodput->value, r.simulated_goodput);
    if (r.run_time && r.simulated_run_time) {
      const double day = (1 * unit<"day">).raw();
      row("days of the run", r.run_time->value.raw() / day, {r.simulated_run_time->mean / day, r.simulated_run_time->standard_error / day});
      row("failures", r.failures->value, *r.simulated_failures);
    }
    s.tables.push_back(std::move(t));
    s.notes.push_back(fmt::format("simulated {} runs, seed {}{}", r.trials, r.seed.value,
                                  r.simulated_run_time ? fmt::format("; nine in ten have a goodput of {:.2f} to {:.2f} %", 100 * r.goodput_low, 100 * r.goodput_high) : ""));
  }
  for (auto const& m : r.missing) s.notes.push_back("not judged for want of " + m);
  for (auto const& n : r.notes) s.notes.push_back(n);
  return s;
}

}  // namespace mlsysim::solvers
