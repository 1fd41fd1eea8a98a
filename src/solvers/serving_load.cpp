#include "mlsysim/solvers/serving_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlsysim/units/text.hpp"

namespace mlsysim::solvers {
namespace {

constexpr int most_replicas = 1024;
constexpr double loads[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2};
constexpr int requests_of_a_point = 20000;

std::string_view word(BatchingPolicy p) { return names_of(p)[static_cast<std::size_t>(p)]; }

/// More replicas in the same proportion of readers and writers.
SchedulerInput with_replicas(SchedulerInput s, int replicas) {
  if (s.prefill_replicas == 0) {
    s.replicas = replicas;
    return s;
  }
  const double share = static_cast<double>(s.prefill_replicas) / (s.prefill_replicas + s.replicas);
  s.prefill_replicas = std::clamp(static_cast<int>(std::round(share * replicas)), 1, std::max(1, replicas - 1));
  s.replicas = std::max(1, replicas - s.prefill_replicas);
  return s;
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

}  // namespace

LoadResult solve(LoadInput const& in, IterationPrices& prices, Ledger& ledger) {
  auto const& s = in.simulation.scheduler;
  LoadResult r;
  r.policy = s.policy, r.slots = s.slots, r.seed = in.simulation.traffic.seed, r.token_budget = s.token_budget;
  r.prefill_replicas = s.prefill_replicas;
  r.replicas = s.replicas + r.prefill_replicas;
  r.rate = in.rate, r.level = in.simulation.level;
  r.confidence = in.closed->confidence;
  r.warm_up = in.simulation.warm_up;
  const double capacity = in.closed->pools ? in.closed->pools->rate.value.raw() : in.closed->request_throughput.value.raw() * r.replicas;
  r.load = in.rate.value.raw() / capacity;

  r.run = simulate(in.simulation, prices, in.served, in.readers);
  if (ledger.recording)
    r.origin = ledger.add(Step{nullptr, fmt::format("simulated: {} requests, seed {}, policy {}; iterations at the prices of", r.run.completed, r.seed, word(r.policy)), 0, {}, {{in.rate.origin, in.rate.value.raw(), Dimension("request/s")}, {in.closed->ttft.origin, in.closed->ttft.value.raw(), Dimension("s")}, {in.closed->itl.origin, in.closed->itl.value.raw(), Dimension("s")}}});

  auto const& t = in.simulation.traffic;
  LengthMoments prompt = moments(t.prompt), output = moments(t.output);
  if (t.trace) {
    LengthInput p, o;
    p.shape = o.shape = LengthShape::empirical;
    for (auto const& q : *t.trace) p.samples.push_back(q.prompt), o.samples.push_back(q.output);
    prompt = moments(p), output = moments(o);
  }
  r.balance = steady_state(prices, s, in.rate.value.raw(), prompt, output, in.readers);
  r.closed_wait = in.closed->waiting_time, r.closed_ttft_p99 = in.closed->ttft_p99;
  auto& why = r.limits_of_the_closed_form;
  if (s.policy == BatchingPolicy::static_batch) why.emplace_back("The closed forms describe requests which join and leave between iterations; static batches do neither.");
  else if (!r.balance) why.push_back(fmt::format("There is no balance within {} slots: requests arrive faster than they leave, and the queue grows for as long as they do.", s.slots));
  else if (r.balance->batch > 0.8 * s.slots) why.push_back(fmt::format("The balance needs {:.0f} of {} slots: now and then all are taken, which its means do not see.", r.balance->batch, s.slots));
  if (r.run.preemptions > 0) why.push_back(fmt::format("The cache was full {} times, and a request started again; the closed forms count slots only.", r.run.preemptions));
  const bool at_once = !t.trace && t.arrivals == ArrivalProcess::at_once;
  if (at_once) {
    r.balance.reset(), r.closed_wait.reset(), r.closed_ttft_p99.reset();
    why = {"All requests are there at the start; the closed forms describe a stream of them."};
  }
  const bool bursts = !t.trace && t.arrivals == ArrivalProcess::modulated;
  const double variation = bursts ? 1 : std::sqrt(arrival_variation(t, t.trace ? draw(t) : std::vector<Request>{}));
  if (bursts) why.emplace_back("Arrivals come in bursts; the closed forms know their mean and the scatter of single gaps, not that short gaps follow each other.");
  else if (variation > 1.2) why.push_back(fmt::format("Arrivals scatter more than Poisson's (standard deviation / mean {:.2g}); the balance knows their mean only.", variation));
  if (r.replicas > 1 && s.routing == Routing::least_loaded) why.emplace_back("The closed forms take each replica alone; a router which sees the queues does better.");

  const bool any = in.ttft_p99 || in.itl_p99 || in.tpot_p99 || in.latency_p99;
  SimulationInput other = in.simulation;
  other.progress = nullptr;
  const auto within_limits = [&](SimulationInput const& simulated) {
    const auto run = simulate(simulated, prices, nullptr, in.readers);
    const auto keeps = [&](std::optional<Sourced<Time>> const& limit, Percentiles const& of) { return !limit || of.p99 <= limit->value.raw(); };
    return keeps(in.ttft_p99, run.ttft) && keeps(in.itl_p99, run.itl) && keeps(in.tpot_p99, run.tpot) && keeps(in.latency_p99, run.latency);
  };
  if (in.find_rate && any && !t.trace && !at_once) {
    const double rate = highest_rate(capacity, [&](double tried) {
      other.traffic.rate = tried;
      return within_limits(other);
    });
    r.rate_within_limits = Sourced<RequestRate>{rate * unit<"request/s">, r.origin};
    other.traffic.rate = in.simulation.traffic.rate;
  }
  if (in.count_replicas && any && !t.trace && !at_once) {
    const auto good = [&](int replicas) {
      other.scheduler = with_replicas(s, replicas);
      return within_limits(other);
    };
    const int least = s.prefill_replicas > 0 ? 2 : 1;
    const int first = std::clamp(static_cast<int>(0.5 * in.rate.value.raw() / in.closed->request_throughput.value.raw()), least, most_replicas);
    r.replicas_needed = fewest_replicas(first, most_replicas, good);
    other.scheduler = s;
  }
  if (in.frontier && !at_once) {
    other.traffic.requests = std::min(other.traffic.requests, requests_of_a_point);
    other.traffic.rescale_trace = true;
    for (double load : loads) {
      LoadCurvePoint p;
      p.load = load, p.rate = load * capacity;
      other.traffic.rate = p.rate;
      p.run = simulate(other, prices, nullptr, in.readers);
      p.run.timeline.clear();
      r.frontier.push_back(std::move(p));
      if (in.simulation.progress) in.simulation.progress(static_cast<double>(r.frontier.size()) / std::size(loads));
    }
  }
  return r;
}

Section report(LoadResult const& r) {
  Section s{"traffic", "Under load", {}, {}, {}, {}, {}};
  auto const& u = r.run;
  const auto at = [&](double seconds) { return Sourced<Time>{seconds * unit<"s">, r.origin}; };
  const auto times = [&](char const* id, char const* label, Percentiles const& p, char const* note) {
    s.estimate(fmt::format("{}_p50", id), fmt::format("{} P50", label), at(p.p50), r.confidence).note = note;
    s.estimate(fmt::format("{}_p90", id), fmt::format("{} P90", label), at(p.p90), r.confidence);
    s.estimate(fmt::format("{}_p99", id), fmt::format("{} P99", label), at(p.p99), r.confidence);
  };
  s.metric("rate", "offered rate", r.rate).note = fmt::format("{} of the capacity by the closed form", percent(r.load));
  times("ttft", "TTFT", u.ttft, "arrival to first token");
  times("itl", "ITL", u.itl, "between two tokens of a request");
  times("tpot", "TPOT", u.tpot, "mean ITL of a request");
  times("latency", "request latency", u.latency, "arrival to last token");
  s.estimate("queue", "mean wait", at(u.queue.mean), r.confidence).note = "arrival to the first iteration which works on it";
  s.estimate("request_throughput", "requests served", Sourced<RequestRate>{u.request_throughput * unit<"request/s">, r.origin}, r.confidence);
  s.estimate("token_throughput", "output tokens", Sourced<TokenRate>{u.token_throughput * unit<"token/s">, r.origin}, r.confidence);
  s.estimate("goodput", "goodput", Sourced<RequestRate>{u.goodput * unit<"request/s">, r.origin}, r.confidence).note = "requests within both limits of the service level";
  const auto share = [&](char const* id, char const* label, double value, char const* note) {
    Metric& m = s.estimate(id, label, Real{value, r.origin}, r.confidence);
    m.percent = true, m.note = note;
  };
  share("utilisation", "replicas at work", u.utilisation, "share of the time in which an iteration runs");
  s.estimate("batch", "sequences per decode step", Real{u.mean_batch, r.origin}, r.confidence).note = fmt::format("of {} slots", r.slots);
  share("kv_mean", "cache in use, mean", u.kv_mean, "");
  share("kv_most", "cache in use, most", u.kv_most, "");
  s.metric("preemptions", "requests which started again", Real{static_cast<double>(u.preemptions), r.origin}).note = "the cache was full";
  if (u.refused > 0) s.metric("refused", "requests refused", Real{static_cast<double>(u.refused), r.origin}).note = "larger than the whole cache";
  if (u.energy > 0 && u.tokens_written > 0)
    s.estimate("energy_per_token", "energy per output token", Sourced<Quantity<"J/token">>{u.energy / static_cast<double>(u.tokens_written) * unit<"J/token">, r.origin}, r.confidence).note = "devices, idle time included";
  if (r.rate_within_limits) s.estimate("rate_within_limits", "highest rate within the P99 limits", *r.rate_within_limits, r.confidence).note = "all replicas together, found by simulation";
  if (r.replicas_needed) {
    if (*r.replicas_needed > 0) s.estimate("replicas_needed", "replicas for the P99 limits", Count{*r.replicas_needed, r.origin}, r.confidence).note = "found by simulation, at this rate";
    else s.notes.push_back(fmt::format("not even {} replicas keep the P99 limits: a request alone is too slow, or the scheduler holds it up", most_replicas));
  }
  s.tables.push_back(agreement_table(r));
  for (auto const& n : r.limits_of_the_closed_form) s.notes.push_back(n);
  s.notes.push_back(fmt::format("{} requests simulated iteration by iteration on {} replica{}{}, policy {}, seed {}{}", u.completed, r.replicas, r.replicas == 1 ? "" : "s",
                                r.prefill_replicas > 0 ? fmt::format(", {} of which only read", r.prefill_replicas) : "", word(r.policy), r.seed, r.warm_up > 0 ? fmt::format("; the first {} of them are not measured", percent(r.warm_up)) : ""));
  return s;
}

Table percentile_table(LoadResult const& r) {
  const Dimension time("s");
  Table t{"percentiles",
          "Times of requests",
          {{"figure", "figure", {}, true, false, {}}, {"mean", "mean", time, false, false, {}}, {"mean_error", "+-", time, false, false, {}}, {"p50", "P50", time, false, false, {}}, {"p90", "P90", time, false, false, {}},
           {"p99", "P99", time, false, false, {}}, {"p99_error", "+-", time, false, false, {}}, {"p999", "P99.9", time, false, false, {}}, {"most", "longest", time, false, false, {}}},
          {}};
  const auto row = [&](char const* name, Percentiles const& p) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    const auto error = [&](double e) { return e > 0 ? e : none; };
    t.rows.push_back({{0, name}, {p.mean, {}}, {error(p.mean_error), {}}, {p.p50, {}}, {p.p90, {}}, {p.p99, {}}, {error(p.p99_error), {}}, {r.run.measured >= 5000 ? p.p999 : none, {}}, {p.most, {}}});
  };
  row("TTFT", r.run.ttft), row("ITL", r.run.itl), row("TPOT", r.run.tpot), row("request latency", r.run.latency), row("wait", r.run.queue);
  return t;
}

Table agreement_table(LoadResult const& r) {
  Table t{"agreement", "Closed form beside simulation", {{"figure", "figure", {}, true, false, {}}, {"closed", "closed form", {}, true, false, {}}, {"simulated", "simulated", {}, true, false, {}}, {"difference", "difference", {}, false, true, {}}}, {}};
  const auto row = [&](char const* name, std::optional<double> closed, double simulated, Dimension const& d) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    t.rows.push_back({{0, name}, {0, closed ? display(*closed, d) : "does not apply"}, {0, display(simulated, d)}, {closed && simulated > 0 ? *closed / simulated - 1 : none, {}}});
  };
  const auto of = [&](double SteadyState::*member) { return r.balance ? std::optional<double>((*r.balance).*member) : std::nullopt; };
  const Dimension time("s");
  const int writers = r.replicas - r.prefill_replicas;
  row("mean TTFT, balance", of(&SteadyState::ttft), r.run.ttft.mean, time);
  row("mean TPOT, balance", of(&SteadyState::itl), r.run.tpot.mean, time);
  row("mean request latency, balance", of(&SteadyState::latency), r.run.latency.mean, time);
  row("requests decoding, balance", r.balance ? std::optional<double>(r.balance->batch * writers) : std::nullopt, r.run.mean_decoding, {});
  row("mean wait for a slot, Allen-Cunneen", r.closed_wait && r.policy != BatchingPolicy::static_batch ? std::optional<double>(r.closed_wait->value.raw()) : std::nullopt, r.run.queue.mean, time);
  row("TTFT P99, Allen-Cunneen", r.closed_ttft_p99 && r.policy != BatchingPolicy::static_batch ? std::optional<double>(r.closed_ttft_p99->value.raw()) : std::nullopt, r.run.ttft.p99, time);
  return t;
}

Table frontier_table(LoadResult const& r) {
  const Dimension time("s"), rate("request/s");
  Table t{"frontier",
          "Latency over load",
          {{"load", "load", {}, false, true, {}}, {"rate", "offered", rate, false, false, {}}, {"throughput", "served", rate, false, false, {}}, {"goodput", "goodput", rate, false, false, {}}, {"ttft_p50", "TTFT P50", time, false, false, {}},
           {"ttft_p99", "TTFT P99", time, false, false, {}}, {"itl_p50", "ITL P50", time, false, false, {}}, {"itl_p99", "ITL P99", time, false, false, {}}, {"latency_p99", "latency P99", time, false, false, {}},
           {"utilisation", "at work", {}, false, true, {}}, {"batch", "batch", {}, false, false, {}}},
          {}};
  for (auto const& p : r.frontier)
    t.rows.push_back({{p.load, {}}, {p.rate, {}}, {p.run.request_throughput, {}}, {p.run.goodput, {}}, {p.run.ttft.p50, {}}, {p.run.ttft.p99, {}}, {p.run.itl.p50, {}}, {p.run.itl.p99, {}}, {p.run.latency.p99, {}}, {p.run.utilisation, {}}, {p.run.mean_batch, {}}});
  return t;
}

Plot frontier_plot(LoadResult const& r) {
  const Dimension time("s");
  Plot p{"Latency over load", "", {"offered", Dimension("request/s"), false, false}, {"time", time, true, false}, {{"TTFT P99", {}}, {"TTFT P50", {}}, {"ITL P99", {}}, {"ITL P50", {}}}, {}};
  for (auto const& q : r.frontier) {
    p.series[0].points.push_back({q.rate, q.run.ttft.p99}), p.series[1].points.push_back({q.rate, q.run.ttft.p50});
    p.series[2].points.push_back({q.rate, q.run.itl.p99}), p.series[3].points.push_back({q.rate, q.run.itl.p50});
  }
  if (!r.frontier.empty()) p.subtitle = fmt::format("policy {}, {} to {} of the capacity by the closed form", word(r.policy), percent(r.frontier.front().load), percent(r.frontier.back().load));
  if (r.level.ttft) p.rules.push_back({*r.level.ttft, "TTFT limit"});
  if (r.level.itl) p.rules.push_back({*r.level.itl, "ITL limit"});
  return p;
}

Plot throughput_plot(LoadResult const& r) {
  const Dimension rate("request/s");
  Plot p{"Throughput over load", "", {"offered", rate, false, false}, {"requests", rate, false, false}, {{"within the limits (goodput)", {}}, {"served", {}}}, {}};
  for (auto const& q : r.frontier) p.series[0].points.push_back({q.rate, q.run.goodput}), p.series[1].points.push_back({q.rate, q.run.request_throughput});
  if (!r.level.ttft && !r.level.itl) p.series.erase(p.series.begin());
  return p;
}

Plot requests_plot(LoadResult const& r) {
  Plot p{"Queue and batch over time", fmt::format("offered {}, {} replica{}", display(r.rate.value), r.replicas, r.replicas == 1 ? "" : "s"), {"time", Dimension("s"), false, false}, {"requests", {}, false, false}, {{"waiting", {}}, {"decoding", {}}}, {}};
  for (auto const& b : r.run.timeline) p.series[0].points.push_back({b.begin, b.queue}), p.series[1].points.push_back({b.begin, b.running});
  return p;
}

Plot occupancy_plot(LoadResult const& r) {
  Plot p{"Cache and replicas over time", "", {"time", Dimension("s"), false, false}, {"share", {}, false, true}, {{"cache in use", {}}, {"replicas at work", {}}}, {}};
  for (auto const& b : r.run.timeline) p.series[0].points.push_back({b.begin, b.kv}), p.series[1].points.push_back({b.begin, b.busy});
  return p;
}

Plot distribution_plot(LoadResult const& r) {
  Plot p{"How many are served within a time", fmt::format("{} requests", r.run.measured), {"time", Dimension("s"), true, false}, {"share", {}, false, true}, {{"ITL", {}}, {"TTFT", {}}, {"request latency", {}}}, {}};
  std::vector<double> const* curves[] = {&r.run.itl_curve, &r.run.ttft_curve, &r.run.latency_curve};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < curves[i]->size(); ++k) p.series[i].points.push_back({(*curves[i])[k], static_cast<double>(k) / static_cast<double>(curves[i]->size() - 1)});
  return p;
}

}  // namespace mlsysim::solvers
