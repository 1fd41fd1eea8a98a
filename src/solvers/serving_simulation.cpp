#include "mlsysim/solvers/serving_simulation.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mlsysim/equations/serving_load.hpp"
#include "serving_engine.hpp"

namespace mlsysim::solvers {
namespace {

constexpr std::string_view policies[] = {"static", "orca", "vllm", "sarathi"};
constexpr std::string_view routings[] = {"round_robin", "least_loaded"};
constexpr std::size_t timeline_points = 120, curve_points = 200, batches = 20;
constexpr std::size_t report_every = 1U << 14;

/// Engines which serve one stream of requests.
class Pool {
 public:
  Pool(SchedulerInput const& scheduler, ReplicaRole role, int engines, IterationPrices& prices, Books& books) : routing_{scheduler.routing} {
    engines_.reserve(static_cast<std::size_t>(engines));
    for (int i = 0; i < engines; ++i) engines_.emplace_back(scheduler, role, i, prices, books);
  }
  void push(std::uint32_t id, double now) {
    ReplicaEngine* to = &engines_[turn_];
    if (routing_ == Routing::round_robin || engines_.size() == 1) {
      to->advance(now);
      turn_ = turn_ + 1 == engines_.size() ? 0 : turn_ + 1;
    } else {
      for (auto& e : engines_) {
        e.advance(now);
        if (e.load() < to->load()) to = &e;
      }
      turn_ = turn_ + 1 == engines_.size() ? 0 : turn_ + 1;  // of equals, each in turn
    }
    to->push(id, now);
  }
  void finish() {
    for (auto& e : engines_) e.advance(std::numeric_limits<double>::infinity());
  }

 private:
  Routing routing_;
  std::vector<ReplicaEngine> engines_;
  std::size_t turn_ = 0;
};

/// Sorts `times` and reads the quantiles; standard errors from batches of consecutive requests, before they are sorted.
Percentiles percentiles(std::vector<double>& times, std::vector<double>* curve = nullptr) {
  Percentiles p;
  const std::size_t n = times.size();
  if (n == 0) return p;
  const auto rank = [](double q, std::size_t count) { return std::min(count - 1, static_cast<std::size_t>(std::ceil(q * static_cast<double>(count))) - (q > 0 ? 1 : 0)); };
  double sum = 0;
  for (double t : times) sum += t;
  p.mean = sum / static_cast<double>(n);
  if (n >= 100 * batches) {
    double means = 0, tails = 0, means2 = 0, tails2 = 0;
    std::vector<double> batch;
    for (std::size_t b = 0; b < batches; ++b) {
      const std::size_t from = b * n / batches, to = (b + 1) * n / batches;
      batch.assign(times.begin() + static_cast<std::ptrdiff_t>(from), times.begin() + static_cast<std::ptrdiff_t>(to));
      double s = 0;
      for (double t : batch) s += t;
      const auto at = batch.begin() + static_cast<std::ptrdiff_t>(rank(0.99, batch.size()));
      std::nth_element(batch.begin(), at, batch.end());
      const double mean = s / static_cast<double>(batch.size());
      means += mean, means2 += mean * mean, tails += *at, tails2 += *at * *at;
    }
    const auto error = [](double s, double s2) {
      constexpr double k = batches;
      return std::sqrt(std::max(0.0, (s2 - s * s / k) / (k - 1)) / k);
    };
    p.mean_error = error(means, means2), p.p99_error = error(tails, tails2);
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double q) { return times[rank(q, n)]; };
  p.p50 = at(0.5), p.p90 = at(0.9), p.p99 = at(0.99), p.p999 = at(0.999), p.most = times.back();
  if (curve)
    for (std::size_t i = 0; i <= curve_points; ++i) curve->push_back(at(static_cast<double>(i) / curve_points));
  return p;
}

void measure(SimulationInput const& in, Books& books, std::size_t warm, SimulationResult& r) {
  auto const& all = books.requests;
  std::vector<double> ttft, tpot, latency, queue;
  const std::size_t n = all.size() - warm;
  for (auto* v : {&ttft, &tpot, &latency, &queue}) v->reserve(n);
  long long good = 0, offered = 0;
  for (std::size_t i = warm; i < all.size(); ++i) {
    auto const& q = all[i];
    ++offered;
    if (q.end < 0) continue;
    const double first = q.first - q.arrival;
    ttft.push_back(first);
    latency.push_back(q.end - q.arrival);
    queue.push_back(q.start - q.arrival);
    double between = 0;
    if (q.output > 1) tpot.push_back(between = (q.end - q.first) / (q.output - 1));
    good += (!in.level.ttft || first <= *in.level.ttft) && (!in.level.itl || between <= *in.level.itl);
  }
  r.measured = static_cast<long long>(ttft.size());
  r.ttft = percentiles(ttft, &r.ttft_curve);
  r.tpot = percentiles(tpot);
  r.latency = percentiles(latency, &r.latency_curve);
  r.queue = percentiles(queue);
  auto const& h = books.itl;
  r.itl.mean = h.mean(), r.itl.p50 = h.quantile(0.5), r.itl.p90 = h.quantile(0.9), r.itl.p99 = h.quantile(0.99), r.itl.p999 = h.quantile(0.999), r.itl.most = h.most();
  if (h.weight() > 0)
    for (std::size_t i = 0; i <= curve_points; ++i) r.itl_curve.push_back(h.quantile(static_cast<double>(i) / curve_points));
  r.window = all.back().arrival - all[warm].arrival;
  // Requests which are all there at the start have the rate at which they are served.
  r.request_rate = r.duration > 0 ? static_cast<double>(r.measured) / r.duration : 0;
  if (r.window > 0) r.request_rate = static_cast<double>(n - 1) / r.window;
  r.good_share = offered > 0 ? static_cast<double>(good) / static_cast<double>(offered) : 0;
  r.goodput = r.good_share * r.request_rate;
}

}  // namespace

std::span<const std::string_view> names_of(BatchingPolicy) { return policies; }
std::span<const std::string_view> names_of(Routing) { return routings; }

double tokens_of_step(SchedulerInput const& s) {
  double expected = 1, chance = 1;
  for (int guess = 1; guess < s.verified; ++guess) expected += chance *= s.acceptance;
  return expected;
}

SimulationResult simulate(SimulationInput const& in, IterationPrices& prices, std::vector<ServedRequest>* served, IterationPrices* readers) {
  auto const& s = in.scheduler;
  const std::vector<Request> requests = draw(in.traffic);
  SimulationResult r;
  if (requests.empty()) return r;
  const bool apart = s.prefill_replicas > 0;
  assert(s.replicas >= 1 && s.slots >= 1 && s.verified >= 1);

  Books books;
  books.requests.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto& b = books.requests[i];
    b.arrival = requests[i].arrival, b.prompt = requests[i].prompt, b.output = requests[i].output;
  }
  const auto warm = std::min(requests.size() - 1, static_cast<std::size_t>(in.warm_up * static_cast<double>(requests.size())));
  books.measure_from = requests[warm].arrival;
  books.bins.resize(timeline_points);
  books.bin_width = std::max(requests.back().arrival, 1e-9) / timeline_points;

  const int rounds = apart ? 2 : 1;
  const auto serve = [&](Pool& pool, std::vector<std::uint32_t> const* order, auto const& when, int round) {
    const std::size_t n = order ? order->size() : requests.size();
    for (std::size_t i = 0; i < n; ++i) {
      const auto id = order ? (*order)[i] : static_cast<std::uint32_t>(i);
      pool.push(id, when(id));
      if (in.progress && i % report_every == 0) in.progress((round + static_cast<double>(i) / static_cast<double>(n)) / rounds);
    }
    pool.finish();
  };
  const auto arrives = [&](std::uint32_t id) { return requests[id].arrival + s.overhead; };
  books.in_system = s.overhead * static_cast<double>(requests.size());
  const int engines = s.replicas + s.prefill_replicas;
  double reading = 0;  // time for which readers work
  if (!apart) {
    Pool pool(s, ReplicaRole::both, s.replicas, prices, books);
    serve(pool, nullptr, arrives, 0);
  } else {
    {
      Pool pool(s, ReplicaRole::reads, s.prefill_replicas, readers ? *readers : prices, books);
      serve(pool, nullptr, arrives, 0);
    }
    reading = books.busy;
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < requests.size(); ++i)
      if (books.requests[i].written == 1 && requests[i].output > 1) order.push_back(i);
    const auto there = [&](std::uint32_t id) { return books.requests[id].first + s.transfer_latency + s.transfer_per_token * requests[id].prompt; };
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return there(a) < there(b); });
    Pool writers(s, ReplicaRole::writes, s.replicas, prices, books);
    serve(writers, &order, there, 1);
  }
  if (in.progress) in.progress(1);

  r.duration = std::max(books.end - requests.front().arrival, 0.0);
  const double all = r.duration * engines;
  r.completed = books.completed, r.refused = books.refused, r.preemptions = books.preemptions, r.recomputed = books.recomputed;
  r.iterations = books.iterations, r.tokens_read = books.tokens_read, r.tokens_written = books.tokens_written;
  r.kv_most = books.kv_most;
  r.mean_batch = books.steps > 0 ? books.step_sequences / static_cast<double>(books.steps) : 0;
  if (all > 0) {
    r.request_throughput = static_cast<double>(r.completed) / r.duration;
    r.token_throughput = static_cast<double>(r.tokens_written) / r.duration;
    r.utilisation = books.busy / all;
    r.kv_mean = books.kv_time / all;
    r.mean_in_system = books.in_system / r.duration;
  }
  r.energy = books.energy + s.idle_power * std::max(0.0, r.duration * s.replicas - (books.busy - reading)) + s.prefill_idle_power * std::max(0.0, r.duration * s.prefill_replicas - reading);
  for (std::size_t i = 0; i < books.bins.size(); ++i) {
    LoadPoint b = books.bins[i];
    b.begin = static_cast<double>(i) * books.bin_width;
    // The last piece also holds what is served after the last arrival.
    const double width = i + 1 < books.bins.size() ? books.bin_width : std::max(books.bin_width, books.end - b.begin);
    b.queue /= width, b.running /= width, b.kv /= width * engines, b.busy = std::min(1.0, b.busy / (width * engines));
    r.timeline.push_back(b);
  }
  if (r.duration > 0) {
    double between = 0;
    for (auto const& q : books.requests)
      if (q.end >= 0) between += q.end - q.first;
    r.mean_decoding = between / r.duration;
  }
  measure(in, books, warm, r);
  if (served) *served = std::move(books.requests);
  return r;
}

std::optional<SteadyState> steady_state(IterationPrices& prices, SchedulerInput const& scheduler, double rate, LengthMoments prompt, LengthMoments output, IterationPrices* readers) {
  if (scheduler.policy == BatchingPolicy::static_batch) return std::nullopt;
  const bool apart = scheduler.prefill_replicas > 0, mixed = scheduler.policy == BatchingPolicy::sarathi || scheduler.policy == BatchingPolicy::orca;
  const double each = rate / scheduler.replicas;
  const int tokens = std::max(1, static_cast<int>(std::round(prompt.mean)));
  const int cached = std::min(tokens - 1, static_cast<int>(scheduler.prefix_hits * tokens)), fresh = tokens - cached;
  // Over the steps of a request, and longer ones have more of them: E[(O-1)^2] / (2 E[O-1]).
  const double steps = std::max(0.0, output.mean - 1);
  const double context = prompt.mean + (steps > 0 ? (steps * steps + output.variation * output.variation * output.mean * output.mean) / (2 * steps) : 0);
  IterationPrices& reader = readers ? *readers : prices;
  const double alone = (reader.body(fresh) + reader.head(1) + reader.prompt_attention(fresh, cached)).time;
  const double accepted = tokens_of_step(scheduler);
  const auto step = [&](double batch) {
    const int low = std::max(1, static_cast<int>(batch));
    const double a = prices.decode(low, context).time;
    return batch <= 1 ? a : a + (batch - low) * (prices.decode(low + 1, context).time - a);
  };
  // Beside decode steps a prompt costs what it adds to them: the weights are read anyway.
  const auto read = [&](double batch) {
    const int n = static_cast<int>(std::round(batch)) * scheduler.verified;
    if (apart || !mixed || n == 0) return alone;
    return (prices.body(n + fresh) + prices.head(n + 1) + prices.prompt_attention(fresh, cached)).time - prices.body(n).time - prices.head(n).time;
  };
  const auto share = [&](double batch) { return apart ? 0.0 : eq::prefill_share(each * unit<"request/s">, read(batch) * unit<"s">); };
  const auto itl = [&](double batch) {
    const double p = share(batch);
    return p < 1 ? eq::stretched_itl(step(batch) / accepted * unit<"s">, p).raw() : std::numeric_limits<double>::infinity();
  };
  const auto offered = [&](double batch) { return eq::requests_decoding(each * unit<"request/s">, output.mean, itl(batch) * unit<"s">); };
  double low = 0, high = scheduler.slots;
  if (!(offered(high) <= high)) return std::nullopt;
  constexpr int halvings = 50;
  for (int i = 0; i < halvings; ++i) {
    const double middle = (low + high) / 2;
    (offered(middle) > middle ? low : high) = middle;
  }
  SteadyState s;
  s.batch = high, s.itl = itl(high), s.prefill_share = share(high);
  const double decoding = std::min(1.0, s.batch);
  if (apart) {
    const double readers = eq::prefill_share(rate / scheduler.prefill_replicas * unit<"request/s">, alone * unit<"s">);
    if (readers >= 1) return std::nullopt;
    s.ttft = eq::ttft_in_balance(alone * unit<"s">, Time{}, readers, 0, prompt.variation).raw();
    s.latency = scheduler.transfer_latency + scheduler.transfer_per_token * prompt.mean;
  } else {
    // Each iteration with a piece of the prompt also decodes.
    const double left = std::max(1.0, scheduler.token_budget - s.batch), pieces = scheduler.policy == BatchingPolicy::sarathi ? std::ceil(fresh / left) : mixed ? 1 : 0;
    const double own = mixed ? (1 - decoding) * alone + decoding * read(s.batch) : alone;
    s.ttft = eq::ttft_in_balance(own * unit<"s">, step(s.batch) * unit<"s">, s.prefill_share, decoding, prompt.variation).raw() + pieces * decoding * step(s.batch);
  }
  s.ttft += scheduler.overhead;
  s.latency += s.ttft + steps * s.itl;
  return s;
}

int fewest_replicas(int first, int most, std::function<bool(int)> const& good) {
  int low = first - 1, high = first;
  while (high <= most && !good(high)) low = high, high = std::max(high + 1, high * 3 / 2);
  if (high > most) {
    if (low >= most || !good(most)) return 0;
    high = most;
  }
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (good(middle) ? high : low) = middle;
  }
  return high;
}

double highest_rate(double first, std::function<bool(double)> const& good) {
  constexpr double resolution = 1.02, step_up = 1.25, step_down = 0.5, least = 1e-3;
  double low = first, high = first;
  if (good(first)) {
    do low = high, high *= step_up;
    while (good(high));
  } else {
    do {
      high = low, low *= step_down;
      if (low < least * first) return 0;
    } while (!good(low));
  }
  while (high / low > resolution) {
    const double middle = std::sqrt(low * high);
    (good(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace mlsysim::solvers
