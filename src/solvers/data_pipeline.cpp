#include "mlsysim/solvers/data_pipeline.hpp"

#include <fmt/format.h>

#include "mlsysim/equations/data.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::solvers {
namespace {

constexpr double one = 1;

bool reads(DataPipelineInput const& in) { return in.cached.value < one; }

}  // namespace

std::vector<std::string> problems(DataPipelineInput const& in) {
  std::vector<std::string> all;
  if ((in.storage || in.network) && !in.sample_size) all.emplace_back("data.sample_size is missing: what storage and network carry per sample");
  if (in.workers.has_value() != in.worker_rate.has_value()) all.emplace_back(in.workers ? "data.worker_rate is missing: samples per time which one worker prepares" : "data.workers is missing: how many prepare samples");
  if (!in.storage && !in.network && !in.workers && !(in.host_link && in.prepared_size)) all.emplace_back("data: has no stage; give `storage`, `network`, `workers` or `prepared_size`");
  if (in.dataset && !in.network) all.emplace_back("data.dataset needs `network`, over which it comes");
  return all;
}

DataPipelineResult solve(DataPipelineInput const& in, Ledger& ledger) {
  DataPipelineResult r;
  r.demand = in.demand;
  const auto below = [&](Sourced<SampleRate> const& rate) { return rate.value < in.demand.value; };
  const Real missed{1 - in.cached.value, in.cached.origin};
  const auto deliver = [&](char const* name, Sourced<Bandwidth> const& bandwidth, bool drives) {
    DataStage s{name, eq::delivery_rate.with(ledger, bandwidth, missed, *in.sample_size), {}};
    const auto needed = eq::bandwidth_needed.with(ledger, in.demand, missed, *in.sample_size);
    const auto cache = eq::cache_needed.with(ledger, bandwidth, in.demand, *in.sample_size);
    if (drives) r.storage_needed = needed;
    if (!r.cache_needed || r.cache_needed->value < cache.value) r.cache_needed = cache;
    if (below(s.rate)) s.fix = fmt::format("{}: {}, or data.cached: {:.2f}", name, display(needed.value), std::ceil(cache.value * 100) / 100);
    r.stages.push_back(std::move(s));
  };
  if (in.storage && reads(in)) {
    Sourced<Bandwidth> all = *in.storage;
    if (in.drives.value != one) all = eq::joined_bandwidth.with(ledger, in.drives, all);
    deliver("storage", all, true);
  }
  if (in.network && reads(in)) deliver("network", *in.network, false);
  if (in.workers) {
    DataStage s{"workers", eq::preparation_rate.with(ledger, *in.workers, *in.worker_rate), {}};
    r.workers_needed = eq::workers_needed.with(ledger, in.demand, *in.worker_rate);
    if (below(s.rate)) s.fix = fmt::format("workers: {:.0f}, or worker_rate: {}", r.workers_needed->value, display(in.demand.value / in.workers->value));
    r.stages.push_back(std::move(s));
  }
  if (in.host_link && in.prepared_size) {
    DataStage s{"copy", eq::copy_rate.with(ledger, in.devices, *in.host_link, *in.prepared_size), {}};
    if (below(s.rate)) s.fix = "prepared_size: smaller samples, e.g. uint8 in place of fp32";
    r.stages.push_back(std::move(s));
  }
  if (r.stages.empty()) {
    r.supply = in.demand;
    r.stall = Real{0, in.cached.origin};
    r.slowest = "none: all samples are in memory";
  } else {
    r.supply = r.stages.front().rate, r.slowest = r.stages.front().name;
    for (std::size_t i = 1; i < r.stages.size(); ++i) {
      if (r.stages[i].rate.value < r.supply.value) r.slowest = r.stages[i].name;
      r.supply = eq::slower_stage.with(ledger, r.supply, r.stages[i].rate);
    }
    r.stall = eq::stall_share.with(ledger, r.supply, in.demand);
  }
  if (in.run_time) r.run_time = eq::stalled_time.with(ledger, *in.run_time, r.stall);
  if (in.dataset) r.staging = eq::staging_time.with(ledger, *in.dataset, *in.network);
  return r;
}

Section report(DataPipelineResult const& r) {
  Section s{"data", "Data pipeline", {}, {}, {}, {}, {}};
  s.estimate("demand", "samples which the accelerators consume", r.demand, Confidence::theoretical);
  s.estimate("supply", "samples which arrive", r.supply, Confidence::theoretical).note = "slowest stage: " + r.slowest;
  auto& stall = s.estimate("stall", "share of the time accelerators wait", r.stall, Confidence::theoretical);
  stall.percent = true;
  stall.note = "1 - supply / demand";
  for (auto const& stage : r.stages) s.estimate(stage.name, "rate of " + stage.name, stage.rate, Confidence::theoretical);
  if (r.workers_needed) s.estimate("workers_needed", "workers which keep up", *r.workers_needed, Confidence::theoretical);
  if (r.storage_needed) s.estimate("storage_needed", "storage bandwidth which keeps up", *r.storage_needed, Confidence::theoretical);
  if (r.cache_needed) s.estimate("cache_needed", "share in memory at which storage keeps up", *r.cache_needed, Confidence::theoretical).percent = true;
  if (r.run_time) s.estimate("run_time", "time of the run, stalls included", *r.run_time, Confidence::theoretical);
  if (r.staging) s.estimate("staging", "time to bring the data set", *r.staging, Confidence::theoretical);
  Table t{"stages", "stages", {{"stage", "stage", {}, true, false, {}}, {"rate", "rate", Dimension("sample/s"), false, false, {}}, {"share", "of the demand", {}, false, true, {}}, {"fix", "keeps up with", {}, true, false, {}}}, {}};
  for (auto const& stage : r.stages) t.rows.push_back({{0, stage.name}, {stage.rate.value.raw(), {}}, {stage.rate.value / r.demand.value, {}}, {0, stage.fix.empty() ? "as it is" : stage.fix}});
  s.tables.push_back(std::move(t));
  return s;
}

}  // namespace mlsysim::solvers
