#include "mlsysim/solvers/reliability.hpp"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "mlsysim/equations/reliability.hpp"

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

/// Runs through checkpoint intervals with failures at random, which strike work, checkpoints and restarts alike.
void simulate(ReliabilityInput const& in, ReliabilityResult& r, double work, double checkpoint, double restart, double mtbf) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(in.seed.value));
  const auto next_failure = [&] { return -mtbf * portable::log((static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53); };
  constexpr int trials = 200, intervals = 500;
  double sum = 0, squares = 0;
  for (int t = 0; t < trials; ++t) {
    double clock = 0, until = next_failure();  // time left until the next failure
    const auto passes = [&](double duration) {
      if (until > duration) {
        until -= duration, clock += duration;
        return true;
      }
      clock += until, until = next_failure();
      return false;
    };
    for (int i = 0; i < intervals; ++i)
      while (!passes(work + checkpoint))
        while (!passes(restart)) {
        }
    const double share = intervals * work / clock;
    sum += share, squares += share * share;
  }
  r.trials = trials;
  r.simulated_goodput = sum / trials;
  r.simulated_error = std::sqrt(std::max(0.0, squares / trials - r.simulated_goodput * r.simulated_goodput) / trials);
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
  if (r.trials > 0) s.metrics.back().note = fmt::format("ETTR; simulated {:.2f} % +- {:.2f} %, {} runs, seed {}", 100 * r.simulated_goodput, 100 * r.simulated_error, r.trials, r.seed.value);
  share("checkpoint_share", "time spent writing checkpoints", r.checkpoint_share);
  share("rework_share", "time lost to work done again", r.rework_share);
  share("restart_share", "time spent restarting", r.restart_share);
  share("spares_suffice", "spares suffice", r.spares_suffice);
  if (r.run_time) s.estimate("run_time", "wall time of the run", *r.run_time, Confidence::theoretical).note = "failures and checkpoints included";
  if (r.failures) s.estimate("failures", "expected failures", *r.failures, Confidence::theoretical);
  for (auto const& m : r.missing) s.notes.push_back("not judged for want of " + m);
  for (auto const& n : r.notes) s.notes.push_back(n);
  return s;
}

}  // namespace mlsysim::solvers
