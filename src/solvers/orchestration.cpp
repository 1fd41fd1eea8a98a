#include "mlsysim/solvers/orchestration.hpp"

#include <fmt/format.h>

#include <cassert>

#include "mlsysim/equations/queueing.hpp"

namespace mlsysim::solvers {

OrchestrationResult solve(OrchestrationInput const& in, Ledger& ledger) {
  assert(in.devices_per_job.value > 0 && in.devices_per_job.value <= in.cluster.value);
  OrchestrationResult r;
  r.slots = eq::gangs.with(ledger, in.cluster, in.devices_per_job);
  r.stranded = in.cluster.value % in.devices_per_job.value;
  r.load = eq::offered_load.with(ledger, in.arrivals, Real{1, in.devices_per_job.origin}, in.job_time);
  r.slot_utilisation = eq::cluster_utilisation.with(ledger, r.load, Real{1, in.devices_per_job.origin}, r.slots);
  const bool steady = r.load.value < r.slots.value;
  r.utilisation = eq::cluster_utilisation.with(ledger, steady ? r.load : r.slots, in.devices_per_job, in.cluster);
  if (!steady) return r;
  r.waits = eq::waiting_probability.with(ledger, r.slots, r.load);
  r.wait = eq::allen_cunneen_wait.with(ledger, *r.waits, r.slots, r.load, in.job_time, in.arrival_variability, in.variability);
  r.slowdown = eq::slowdown.with(ledger, *r.wait, in.job_time);
  return r;
}

Section report(OrchestrationResult const& r) {
  Section s{"orchestration", "Shared cluster", {}, {}, {}, {}, {}};
  s.metric("slots", "jobs which run at once", r.slots);
  s.estimate("load", "jobs which would run on the mean", r.load, Confidence::theoretical);
  s.estimate("slot_utilisation", "load / slots", r.slot_utilisation, Confidence::theoretical).percent = true;
  s.estimate("utilisation", "share of all devices which work", r.utilisation, Confidence::theoretical).percent = true;
  if (r.waits) s.estimate("waits", "share of the jobs which wait", *r.waits, Confidence::theoretical).percent = true;
  if (r.wait) s.estimate("wait", "mean wait of a job", *r.wait, Confidence::theoretical);
  if (r.slowdown) s.estimate("slowdown", "(wait + run) / run", *r.slowdown, Confidence::theoretical);
  if (r.stranded > 0) s.notes.push_back(fmt::format("{} devices are left over by jobs of this size", r.stranded));
  if (!r.wait) s.notes.emplace_back("more work arrives than the cluster does: the queue grows without end");
  return s;
}

}  // namespace mlsysim::solvers
