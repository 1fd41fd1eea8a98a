#include "mlsysim/solvers/serving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/equations/queueing.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/equations/serving.hpp"
#include "mlsysim/equations/transformer.hpp"
#include "nearest_degrees.hpp"

namespace mlsysim::solvers {
namespace {

Count whole(Real const& r) { return {static_cast<int>(r.value), r.origin}; }

/// A steady state with some requests at once.
struct Flow {
  Sourced<Time> latency;         ///< of one request
  Sourced<Time> mean_iteration;  ///< while it writes
  Sourced<Time> ttft;            ///< while others are served
  Real reading{0, {}};           ///< share of the iterations with a piece of a prompt
};

/// A decode step, or one which verifies guesses.
struct Writing {
  IterationPrice pass;    ///< of the model
  Sourced<Time> step;     ///< guesses included
  Sourced<Time> itl;      ///< per token
  Sourced<Time> draft{};  ///< one guess
  Real accepted{1, {}};   ///< tokens of a step
};

/// Prices passes and the latencies made of them, at given efficiencies.
class Replica {
 public:
  Replica(ServingInput const& in, EfficiencyModel const& efficiency, LinkModel const& links, Ledger& ledger)
      : in_{in}, efficiency_{efficiency}, links_{links}, model_{in, efficiency, links}, ledger_{ledger}, share_{prompt_share(in, ledger)} {}

  /// One prompt, up to its first token: chunk by chunk where it is longer than an iteration.
  IterationPrice prefill() { return pieces({0, in_.prompt.origin}); }

  /// One token for each of `batch` requests at their mean context. Stages work on different requests at the same time.
  IterationPrice decode(Count batch) { return model_.price(writers(batch, one_token()), ledger_); }

  /// The same with the guesses of a draft, if there is one.
  Writing write(Count batch) {
    Writing w;
    if (!in_.options.speculation) {
      w.pass = decode(batch);
      w.step = w.itl = w.pass.time;
      return w;
    }
    auto const& s = *in_.options.speculation;
    w.accepted = eq::accepted_tokens.with(ledger_, s.acceptance, s.tokens);
    w.pass = model_.price(writers(batch, tokens_per_step()), ledger_);
    w.draft = guess(in_, efficiency_, links_, writers(batch, one_token()), ledger_);
    w.step = eq::speculative_step.with(ledger_, w.pass.time, s.tokens, w.draft);
    w.itl = eq::time_per_accepted.with(ledger_, w.step, w.accepted);
    return w;
  }

  /// Steady state of `batch` requests at once.
  Flow flow(Count batch, IterationPrice const& alone, Writing const& writing) {
    Flow f;
    if (!mixes()) {
      f.latency = eq::request_latency.with(ledger_, batch, alone.time, lanes(), in_.output, writing.itl);
      f.mean_iteration = writing.step;
      f.reading = eq::reading_share.with(ledger_, eq::request_throughput.with(ledger_, batch, f.latency), eq::time_per_accepted.with(ledger_, alone.time, lanes()));
      f.ttft = batch.value > 1 ? eq::loaded_ttft.with(ledger_, writing.step, f.reading, Real{1, batch.origin}, alone.time, batch) : alone.time;
      return f;
    }
    const Real stage = eq::stage_batch.with(ledger_, batch, lanes());
    const Real steps = eq::output_steps.with(ledger_, in_.output, writing.accepted);
    const Count room = chunk(whole(stage));
    const Real n = eq::prompt_iterations.with(ledger_, share_.fresh, room);
    const Real writers_now = eq::writing_requests.with(ledger_, batch, n, steps);
    const Count busy = {std::max(static_cast<int>(std::lround(writers_now.value)), batch.value > 1 || n.value < 1 ? 1 : 0), writers_now.origin};
    // A request's own pieces come before it writes: beside its tokens run those of the others.
    const Real others{std::max(stage.value - 1, 0.0), stage.origin};
    f.reading = eq::mixed_share.with(ledger_, others, n, steps);
    const Real crowd = eq::crowded_pieces.with(ledger_, others, n, steps);
    Iteration i = steps.value > 0 && batch.value > 1 ? writers(busy, tokens_per_step()) : Iteration{};
    const Count piece = std::min(share_.fresh.value, room.value) == share_.fresh.value ? share_.fresh : room;
    // When every iteration reads, as many pieces share it as it has room for.
    const int pieces_at_once = std::max(1, std::min(static_cast<int>(std::ceil(crowd.value)), room.value / std::max(1, piece.value)));
    i.prompts = {pieces_at_once * in_.parallel.expert.value, crowd.origin};
    i.prompt_tokens = piece;
    i.prompt_context = whole(eq::chunk_context.with(ledger_, share_.cached, n, piece));
    const IterationPrice mixed = model_.price(i, ledger_);
    f.mean_iteration = eq::mean_iteration.with(ledger_, f.reading, mixed.time, writing.step);
    f.ttft = batch.value > 1 ? eq::loaded_ttft.with(ledger_, f.mean_iteration, eq::reading_load.with(ledger_, others, share_.fresh, n, steps, room), n, mixed.time, batch) : alone.time;
    if (crowd.value > 1) {
      const Real at_once{static_cast<double>(pieces_at_once) * piece.value, room.origin};
      f.ttft = eq::crowded_ttft.with(ledger_, f.ttft, eq::reading_of_all.with(ledger_, stage, share_.fresh, at_once, mixed.time), n, mixed.time, steps, f.mean_iteration);
    }
    f.latency = eq::mixed_latency.with(ledger_, f.ttft, steps, f.mean_iteration);
    return f;
  }

  /// Reading all prompts of a batch which arrives at once, iteration by iteration.
  Sourced<Time> read_batch(Count batch) {
    const Count room = batched_tokens(in_).value_or(Count{std::max(1, share_.fresh.value * std::max(1, std::min(batch.value, 8192 / std::max(1, share_.fresh.value)))), in_.prompt.origin});
    const Real iterations = eq::batch_iterations.with(ledger_, batch, share_.fresh, room);
    Iteration i;
    i.prompt_tokens = share_.fresh.value <= room.value ? share_.fresh : room;
    i.prompts = {std::max(1, std::min(batch.value, room.value / std::max(1, i.prompt_tokens.value))), batch.origin};
    const Real pieces = eq::prompt_iterations.with(ledger_, share_.fresh, i.prompt_tokens);
    i.prompt_context = whole(eq::chunk_context.with(ledger_, share_.cached, pieces, i.prompt_tokens));
    const Sourced<Time> once = model_.price(i, ledger_).time;
    // The last iteration may be a part of one.
    const double full = static_cast<double>(batch.value) * share_.fresh.value / (static_cast<double>(i.prompts.value) * i.prompt_tokens.value);
    return eq::repeated.with(ledger_, {std::max(1.0, std::min(full, iterations.value * room.value / std::max(1.0, static_cast<double>(i.prompts.value) * i.prompt_tokens.value))), iterations.origin}, once);
  }

  PromptShare const& share() const { return share_; }
  /// Pieces of prompts run beside tokens.
  bool mixes() const { return (in_.engine && in_.engine->mixed) || in_.options.batched_tokens; }

 private:
  /// Groups of ranks which read prompts of their own: pipeline stages one after another, expert ranks side by side.
  Real lanes() { return in_.parallel.expert.value == 1 ? Real(in_.parallel.pipeline) : eq::product.with(ledger_, Real(in_.parallel.pipeline), Real(in_.parallel.expert)); }

  Count one_token() { return assumed(ledger_, "serving.decode_tokens", 1, "a decode step adds one token to each sequence"); }
  Count tokens_per_step() { return in_.options.speculation ? Count{in_.options.speculation->tokens.value + 1, in_.options.speculation->tokens.origin} : one_token(); }

  Iteration writers(Count batch, Count tokens) {
    Iteration i;
    i.decodes = whole(eq::stage_batch.with(ledger_, batch, in_.parallel.pipeline));
    i.decode_tokens = tokens;
    i.decode_context = whole(eq::mean_context.with(ledger_, in_.prompt, in_.output));
    return i;
  }

  /// Tokens of a piece beside `stage` requests which write.
  Count chunk(Count stage) {
    const auto most = batched_tokens(in_);
    if (!most) return share_.fresh;
    return whole(eq::chunk_room.with(ledger_, *most, stage, Real(tokens_per_step())));
  }

  IterationPrice pieces(Count beside) {
    Iteration i;
    // Expert ranks work in step: while one reads, the others read prompts of their own.
    const int ranks = in_.parallel.expert.value;
    i.prompts = ranks > 1 ? in_.parallel.expert : assumed(ledger_, "serving.prefill_batch", 1, "prompts are read one at a time, as they arrive");
    const Count room = chunk(beside);
    if (share_.fresh.value <= room.value) {
      i.prompt_tokens = share_.fresh;
      i.prompt_context = share_.cached;
      IterationPrice p = model_.price(i, ledger_);
      p.energy.value *= 1.0 / ranks;
      return p;
    }
    const Real n = eq::prompt_iterations.with(ledger_, share_.fresh, room);
    // Chunks of equal size, so that the last one is not smaller.
    i.prompt_tokens = {static_cast<int>(std::ceil(share_.fresh.value / n.value)), n.origin};
    i.prompt_context = whole(eq::chunk_context.with(ledger_, share_.cached, n, i.prompt_tokens));
    IterationPrice p = model_.price(i, ledger_);
    p.time = eq::repeated.with(ledger_, n, p.time);
    p.communication = eq::repeated.with(ledger_, n, p.communication);
    p.energy.value *= n.value / ranks;
    return p;
  }

  ServingInput const& in_;
  EfficiencyModel const& efficiency_;
  LinkModel const& links_;
  IterationModel model_;
  Ledger& ledger_;
  PromptShare share_;
};

MemoryInput memory_input(ServingInput const& in, Count batch, Ledger& ledger) {
  MemoryInput m;
  m.model = in.model;
  m.device = &in.cluster->device;
  m.precision = in.precision;
  m.parallel = in.parallel;
  m.parallel.data = {1, in.parallel.data.origin};
  m.training = false;
  m.micro_batch = {(batch.value + in.parallel.expert.value - 1) / in.parallel.expert.value, batch.origin};
  m.tokens = whole(eq::longest_context.with(ledger, in.prompt, in.output));
  return m;
}

bool fits(ServingInput const& in, int batch) {
  Ledger scratch;
  return solve(memory_input(in, {batch, {}}, scratch), scratch).fits;
}

/// Largest number of requests whose cache fits; needs `fits` to be monotonic.
int largest_fitting(ServingInput const& in, int limit) {
  if (!fits(in, 1)) return 0;
  int low = 1, high = 2;
  while (high <= limit && fits(in, high)) low = high, high *= 2;
  high = std::min(high, limit + 1);
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (fits(in, middle) ? low : high) = middle;
  }
  return low;
}

constexpr int most_requests = 1 << 16;  ///< search limit, far beyond what schedulers run at once

Sourced<Data> cache_of(MemoryResult const& m) {
  for (auto const& part : m.parts)
    if (part.category == "kv_cache") return part.size;
  return {};
}

class Service {
  template <class E, class... A>
  auto eval(E const& equation, A const&... a) {
    return equation.with(ledger_, a...);
  }

 public:
  Service(ServingInput const& in, Ledger& ledger) : in_{in}, ledger_{ledger}, links_{links_of(in, ledger)}, replica_{in, *in.efficiency, links_, ledger} {}

  ServingResult evaluate() {
    latencies();
    if (in_.search) {
      capacity();
      best_batch();
      frontier();
      good();
    }
    if (in_.search && in_.options.disaggregation) pools();
    if (in_.request_rate) load();
    energy();
    if (in_.search) batch();
    if (in_.options.requests_per_user) r_.users = eval(eq::users_served, eval(eq::replicated_requests, r_.request_throughput, in_.parallel.data), *in_.options.requests_per_user);
    if (in_.interval) intervals();
    return std::move(r_);
  }

 private:
  void latencies() {
    prefill_ = replica_.prefill();
    writing_ = replica_.write(in_.concurrency);
    decode_ = writing_.pass;
    r_.overhead = in_.engine ? eval(eq::request_overhead, in_.engine->request, in_.prompt, in_.engine->token) : Sourced<Time>{};
    r_.ttft = with_overhead(prefill_.time);
    r_.itl = writing_.itl;
    r_.communication = decode_.communication;
    r_.host = decode_.host;
    const Flow flow = replica_.flow(in_.concurrency, prefill_, writing_);
    r_.request_latency = with_overhead(flow.latency);
    r_.mean_iteration = flow.mean_iteration;
    r_.ttft_loaded = with_overhead(flow.ttft);
    if (in_.options.speculation) speculation();
    r_.tpot = in_.output.value > 1 ? eval(eq::tpot, r_.request_latency, replica_.mixes() ? r_.ttft_loaded : r_.ttft, in_.output) : r_.itl;
    r_.tpot_with_first = eval(eq::tpot_with_first, r_.request_latency, in_.output);
    r_.request_throughput = eval(eq::request_throughput, in_.concurrency, flow.latency);
    r_.token_throughput = eval(eq::output_throughput, r_.request_throughput, in_.output);
    r_.total_token_throughput = eval(eq::all_replicas, r_.token_throughput, in_.parallel.data);
    r_.user_token_rate = eval(eq::user_token_rate, r_.itl);
    r_.mfu = prefill_.mfu;
    r_.mbu = decode_.mbu;
    r_.prefill_utilisation = prefill_.compute_utilisation;
    r_.prefill_bound = prefill_.bound;
    r_.decode_bound = decode_.bound;
    r_.decode_next = decode_.next_bound;
    const bool alone = in_.parallel.tensor.value * in_.parallel.pipeline.value == 1;
    r_.confidence = weakest(prefill_.confidence, decode_.confidence);
    if (!alone) r_.confidence = weakest(r_.confidence, links_.confidence());
    r_.efficiency_given = in_.efficiency->overridden();
  }

  /// HTTP and tokenizer before the first iteration, and what is read from a further store.
  Sourced<Time> with_overhead(Sourced<Time> const& t) {
    Sourced<Time> all = t;
    if (r_.overhead.value > Time{}) all = sum<Time>(ledger_, "before the first iteration, and after", {r_.overhead, all});
    if (in_.options.offload && in_.options.offload->hit.value > 0) {
      const KvBudget budget = kv_budget(in_, ledger_);
      const Sourced<Data> stored{budget.held(in_.prompt.value * in_.options.offload->hit.value), in_.options.offload->hit.origin};
      r_.cache_load = eval(eq::cache_transfer, stored, in_.options.offload->bandwidth);
      all = sum<Time>(ledger_, "the stored cache, then the rest", {*r_.cache_load, all});
    }
    return all;
  }

  void speculation() {
    SpeculationResult s;
    s.accepted = writing_.accepted;
    s.verify = writing_.pass.time;
    s.draft = writing_.draft;
    s.step = writing_.step;
    s.speedup = eval(eq::speculative_speedup, replica_.decode(in_.concurrency).time, writing_.itl);
    s.pays = s.speedup.value > 1;
    r_.speculation = s;
  }

  void capacity() {
    r_.memory = solve(memory_input(in_, in_.concurrency, ledger_), ledger_);
    const Count one = assumed(ledger_, "serving.one_request", 1, "the cache of one request");
    const MemoryResult single = solve(memory_input(in_, one, ledger_), ledger_);
    r_.kv_per_request = cache_of(single);
    auto const& store = single.stores.front();
    r_.kv_budget = eval(eq::kv_budget, store.capacity, store.needed, r_.kv_per_request);
    // Work space grows with the batch, so that the last requests of the quotient may not fit: then the search has the last word.
    r_.max_concurrency = {largest_fitting(in_, most_requests), r_.kv_budget.origin};
    budget_ = kv_budget(in_, ledger_);
    const Count at_once = requests_at_once(in_, budget_, ledger_);
    if (in_.engine || in_.options.memory || in_.options.block || in_.options.adapters || in_.options.speculation) {
      // Pages of an engine, and what else it keeps in memory.
      r_.kv_budget = budget_.capacity;
      const double longest = in_.prompt.value + in_.output.value;
      if (const Data each = budget_.held(longest); each > Data{}) r_.max_concurrency.value = std::min(r_.max_concurrency.value, static_cast<int>(std::max(0.0, std::floor(budget_.capacity.value / each))) * in_.parallel.expert.value);
    }
    if (r_.kv_per_request.value > Data{})
      r_.kv_capacity = eval(eq::kv_capacity, r_.kv_budget, r_.kv_per_request, eval(eq::longest_context, in_.prompt, in_.output));
    else
      r_.kv_capacity = {Tokens{}, in_.prompt.origin};
    r_.steady_concurrency = most(at_once);
    const Real tokens = eval(eq::mean_context, in_.prompt, in_.output);
    r_.page_waste = eval(eq::page_waste, Real(budget_.block), tokens);
    if (r_.kv_per_request.value > Data{})
      if (const Real fit = eval(eq::requests_which_fit, r_.kv_budget, r_.kv_per_request); fit.value == r_.max_concurrency.value) r_.max_concurrency.origin = fit.origin;
  }

  /// No more than the engine runs at once.
  Count most(Count n) const {
    const auto limit = most_sequences(in_);
    return limit && limit->value < n.value ? *limit : n;
  }

  /// What a user waits between tokens, pieces of other prompts included.
  Time itl_at(int batch) const {
    Ledger scratch;
    Replica r(in_, *in_.efficiency, links_, scratch);
    const Writing w = r.write({batch, {}});
    return r.mixes() ? r.flow({batch, {}}, prefill_, w).mean_iteration.value / w.accepted.value : w.itl.value;
  }

  void best_batch() {
    if (!in_.itl_limit) return;
    const Time limit = in_.itl_limit->value;
    int low = 0, high = r_.max_concurrency.value + 1;
    while (high - low > 1) {
      const int middle = low + (high - low) / 2;
      (itl_at(middle) <= limit ? low : high) = middle;
    }
    r_.best_concurrency = Count{low, in_.itl_limit->origin};
  }

  void frontier() {
    Ledger scratch;
    Replica replica(in_, *in_.efficiency, links_, scratch);
    const int last = std::max(r_.max_concurrency.value, in_.concurrency.value);
    const auto point = [&](int batch) {
      const Count b{batch, {}};
      ServingPoint p;
      p.concurrency = batch;
      p.fits = batch <= r_.max_concurrency.value;
      const Writing w = replica.write(b);
      p.itl = w.itl;
      const Flow f = replica.flow(b, prefill_, w);
      p.request_latency = f.latency;
      p.ttft = f.ttft;
      p.request_throughput = eq::request_throughput.with(scratch, b, p.request_latency);
      p.token_throughput = eq::output_throughput.with(scratch, p.request_throughput, in_.output);
      r_.frontier.push_back(p);
    };
    for (int batch = 1; batch < last; batch *= 2) point(batch);
    point(last);
  }

  /// Requests within both limits: at the largest batch which meets the ITL limit, if the TTFT meets its own.
  void good() {
    if (!in_.itl_limit && !in_.ttft_limit) return;
    Ledger scratch;
    const auto rate = [&](int batch, Ledger& ledger) -> Sourced<RequestRate> {
      if (batch < 1) return {RequestRate{}, in_.concurrency.origin};
      Replica replica(in_, *in_.efficiency, links_, ledger);
      const Writing w = replica.write({batch, {}});
      const Flow f = replica.flow({batch, {}}, prefill_, w);
      if (in_.ttft_limit && f.ttft.value + r_.overhead.value > in_.ttft_limit->value) return {RequestRate{}, in_.ttft_limit->origin};
      return eq::request_throughput.with(ledger, Count{batch, {}}, f.latency);
    };
    int batch = r_.best_concurrency ? r_.best_concurrency->value : r_.max_concurrency.value;
    Sourced<RequestRate> best = rate(batch, scratch);
    // A smaller batch reads a prompt sooner.
    for (; batch > 1 && best.value <= RequestRate{}; batch /= 2) best = rate(batch / 2, scratch);
    // The search leaves no steps behind; what it found does.
    if (ledger_.recording && best.value > RequestRate{}) best = rate(batch, ledger_);
    if (best.origin.kind() == Origin::Kind::unknown) best.origin = in_.itl_limit ? in_.itl_limit->origin : in_.ttft_limit ? in_.ttft_limit->origin : r_.max_concurrency.origin;
    r_.goodput = best;
    r_.goodput_concurrency = {best.value > RequestRate{} ? batch : 0, best.origin};
  }

  /// A batch which arrives at once, and the most which a replica can do when requests never lack.
  void batch() {
    const Count room = most(r_.max_concurrency);
    const Count together = room.value > 0 && room.value < in_.concurrency.value ? room : in_.concurrency;
    const Writing w = together.value == in_.concurrency.value ? writing_ : replica_.write(together);
    const Real steps = eval(eq::output_steps, in_.output, w.accepted);
    const auto reading = replica_.read_batch(together);
    r_.batch_ttft = with_overhead(reading);
    const Real waves = eval(eq::batch_waves, in_.concurrency, together);
    r_.batch_latency = with_overhead(eval(eq::batch_latency, waves, reading, steps, w.step));
    r_.batch_throughput = eval(eq::batch_throughput, in_.concurrency, eval(eq::longest_context, in_.prompt, in_.output), r_.batch_latency);

    Ledger scratch;
    Replica quiet(in_, *in_.efficiency, links_, scratch);
    int best = 1;
    double most_tokens = 0;
    const auto consider = [&](int n) {
      const Writing each = quiet.write({n, {}});
      const double x = n / quiet.flow({n, {}}, prefill_, each).latency.value.raw();
      if (x > most_tokens) most_tokens = x, best = n;
    };
    for (int n = 1; n < r_.steady_concurrency.value; n *= 2) consider(n);
    if (r_.steady_concurrency.value > 0) consider(r_.steady_concurrency.value);
    r_.offline_concurrency = {best, r_.steady_concurrency.origin};
    const Writing each = replica_.write(r_.offline_concurrency);
    const Flow f = replica_.flow(r_.offline_concurrency, prefill_, each);
    r_.offline_throughput = eval(eq::all_replicas, eval(eq::output_throughput, eval(eq::request_throughput, r_.offline_concurrency, f.latency), in_.output), in_.parallel.data);
  }

  /// Prompts in a pool of their own.
  void pools() {
    auto const& d = *in_.options.disaggregation;
    PoolsResult p;
    systems::Cluster cluster;
    const ServingInput reader = prefill_pool(in_, cluster);
    Replica replica(reader, *reader.efficiency, links_, ledger_);
    p.prefill = replica.prefill().time;
    const Real replicas = eval(eq::quotient, d.prefill_devices, d.prefill_tensor);
    p.prefill_rate = eval(eq::prefill_rate, replicas, p.prefill);

    Sourced<Bandwidth> bandwidth{};
    if (d.transfer) bandwidth = *d.transfer;
    else if (in_.cluster->network) bandwidth = eval(eq::pool_link, Real(in_.cluster->network->ports), in_.cluster->network->port_rate, Real(d.prefill_tensor), Real(in_.cluster->devices_per_node));
    else bandwidth = assumed(ledger_, "pools.transfer", 50 * unit<"GB/s">, "no network stated: one port of 400 Gbit/s carries the caches");
    const Sourced<Data> cache{budget_.used(in_.prompt.value) * static_cast<double>(in_.parallel.tensor.value * in_.parallel.pipeline.value), in_.prompt.origin};
    p.transfer = eval(eq::cache_transfer, cache, bandwidth);
    p.ttft = sum<Time>(ledger_, "prefill, transfer", {with_overhead(p.prefill), p.transfer});

    // The decode pool is never interrupted by prompts.
    int batch = std::max(1, most(r_.max_concurrency).value);
    if (in_.itl_limit) {
      Ledger scratch;
      Replica writer(in_, *in_.efficiency, links_, scratch);
      int low = 1, high = batch + 1;
      while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (writer.write({middle, {}}).itl.value <= in_.itl_limit->value ? low : high) = middle;
      }
      batch = low;
    } else {
      batch = std::min(batch, in_.concurrency.value);
    }
    p.decode_concurrency = {batch, r_.max_concurrency.origin};
    const Writing w = replica_.write(p.decode_concurrency);
    p.decode_rate = eval(eq::decode_rate, in_.parallel.data, p.decode_concurrency, eval(eq::output_steps, in_.output, w.accepted), w.step);
    p.rate = eval(eq::pool_rate, p.prefill_rate, p.decode_rate);
    p.per_device = eval(eq::rate_per_device, p.rate, eval(eq::both_pools, d.prefill_devices, Real(in_.cluster->devices)));
    const Real ranks = replica_devices();
    p.together = eval(eq::rate_per_device, r_.goodput ? *r_.goodput : r_.request_throughput, ranks);
    p.pays = p.per_device.value > p.together.value;
    r_.pools = p;
  }

  Real replica_devices() { return eval(eq::product, eval(eq::replica_devices, in_.parallel.tensor, in_.parallel.pipeline), Real(in_.parallel.expert)); }

  /// Slots are the servers, requests the customers: each holds a slot for as long as a request takes at full concurrency.
  std::optional<Sourced<Time>> wait(Real const& replicas) {
    const Real used = eval(eq::queue_utilisation, *in_.request_rate, replicas, r_.request_throughput);
    if (used.value >= 1) return std::nullopt;
    const Real offered = eval(eq::offered_load, *in_.request_rate, replicas, r_.request_latency);
    const Real waiting = eval(eq::waiting_probability, in_.concurrency, offered);
    const Real arrivals = in_.arrival_variation ? *in_.arrival_variation
                                                : assumed(ledger_, "serving.arrival_variation", 1.0, "not given: Poisson arrivals");
    const Real service = in_.service_variation ? *in_.service_variation
                                               : assumed(ledger_, "serving.service_variation", 1.0, "not given: exponential service times, no trace of lengths");
    return eval(eq::allen_cunneen_wait, waiting, in_.concurrency, offered, r_.request_latency, arrivals, service);
  }

  void load() {
    if (r_.pools) {
      // The queue of two pools has no closed form here; the simulation has it.
      r_.utilisation = eval(eq::queue_utilisation, *in_.request_rate, Real{1, r_.pools->rate.origin}, r_.pools->rate);
      return;
    }
    r_.utilisation = eval(eq::queue_utilisation, *in_.request_rate, in_.parallel.data, r_.request_throughput);
    r_.waiting_time = wait(in_.parallel.data);
    if (r_.waiting_time) {
      r_.ttft_with_queue = eval(eq::response_time, *r_.waiting_time, r_.ttft);
      r_.ttft_p50 = at_quantile(in_.parallel.data, *r_.waiting_time, 0.5);
      r_.ttft_p99 = at_quantile(in_.parallel.data, *r_.waiting_time, 0.01);
    }

    const Real least = eval(eq::least_replicas, *in_.request_rate, r_.request_throughput);
    if (least.value > 1e6 || (in_.ttft_limit && r_.ttft.value > in_.ttft_limit->value)) return;
    // More replicas always wait less, so the first which meets the limit is the answer.
    const bool recording = ledger_.recording;
    ledger_.recording = false;
    const auto fewest = [&](bool tail) {
      const auto enough = [&](int n) {
        const Real count{static_cast<double>(n), {}};
        const auto w = wait(count);
        return w && (!in_.ttft_limit || (tail ? at_quantile(count, *w, 0.01).value : w->value + r_.ttft.value) <= in_.ttft_limit->value);
      };
      int replicas = static_cast<int>(least.value), too_few = replicas - 1;
      while (!enough(replicas)) too_few = replicas, replicas *= 2;
      while (replicas - too_few > 1) {
        const int middle = too_few + (replicas - too_few) / 2;
        (enough(middle) ? replicas : too_few) = middle;
      }
      return Count{replicas, least.origin};
    };
    r_.replicas_needed = fewest(false);
    if (in_.ttft_limit) r_.replicas_p99 = fewest(true);
    ledger_.recording = recording;
  }

  /// TTFT which the share `q` of the requests exceeds.
  Sourced<Time> at_quantile(Real const& replicas, Sourced<Time> const& mean, double q) {
    const Real waiting = eval(eq::waiting_probability, in_.concurrency, eval(eq::offered_load, *in_.request_rate, replicas, r_.request_latency));
    return eval(eq::response_time, eval(eq::waiting_quantile, mean, waiting, assumed(ledger_, "serving.exceeded_by", q, "of a percentile")), r_.ttft);
  }

  /// Steps of a request and the first token, which are the tokens of its output without speculation.
  Real written() {
    if (!in_.options.speculation) return in_.output;
    const Real steps = eval(eq::output_steps, in_.output, writing_.accepted);
    return eval(eq::plus, steps, Real{1, in_.output.origin});
  }

  void energy() {
    const Real ranks = replica_devices();
    const Real together = eval(eq::stage_batch, in_.concurrency, in_.parallel.pipeline);
    r_.energy_per_request = eval(eq::request_energy, ranks, prefill_.energy, together, written(), decode_.energy);
    r_.energy_per_token = eval(eq::token_energy, r_.energy_per_request, in_.output);
    r_.energy_input = eval(eq::input_token_energy, ranks, prefill_.energy, in_.prompt);
    r_.energy_output = eval(eq::output_token_energy, r_.energy_per_request, ranks, prefill_.energy, in_.output);
    if (in_.options.requests_per_user) r_.energy_user = eval(eq::user_energy, r_.energy_per_request, *in_.options.requests_per_user);
    r_.device_power = eval(eq::serving_power, r_.energy_per_request, r_.request_throughput, ranks);
  }

  void intervals() {
    Ledger scratch;
    const auto at = [&](int end) {
      const EfficiencyModel efficiency = in_.efficiency->at_end(end);
      const LinkModel links = links_.at_end(end);
      Replica replica(in_, efficiency, links, scratch);
      return std::pair{replica.prefill().time.value.raw() + r_.ttft.value.raw() - prefill_.time.value.raw(), replica.write(in_.concurrency).itl.value.raw()};
    };
    const auto fast = at(1), slow = at(-1);
    r_.ttft_interval = {std::min(fast.first, r_.ttft.value.raw()), std::max(slow.first, r_.ttft.value.raw())};
    r_.itl_interval = {std::min(fast.second, r_.itl.value.raw()), std::max(slow.second, r_.itl.value.raw())};
  }

  ServingInput const& in_;
  Ledger& ledger_;
  LinkModel links_;
  Replica replica_;
  IterationPrice prefill_, decode_;
  Writing writing_;
  KvBudget budget_;
  ServingResult r_;
};

}  // namespace

std::vector<std::string> problems(ServingInput const& in) {
  std::vector<std::string> found = systems::placement_problems(*in.cluster, in.parallel);
  auto const& p = in.parallel;
  const auto say = [&]<class... A>(fmt::format_string<A...> text, A&&... a) { found.push_back(fmt::format(text, std::forward<A>(a)...)); };
  if (!workload::is_language_model(*in.model)) say("serving needs a language model; '{}' writes no tokens", in.model->id);
  if (p.context.value > 1) say("context parallelism divides sequences in training; a service shares prompts by tensor ranks: write context: 1");
  if (p.tensor.value > 1 && !in.model->transformer) say("tensor parallelism needs a transformer; '{}' is none", in.model->id);
  if (p.pipeline.value > 1 && (!in.model->transformer || in.model->transformer->encoder))
    say("pipeline parallelism needs one stack of equal layers; '{}' has none", in.model->id);
  else if (in.model->transformer && p.pipeline.value > in.model->transformer->layers.value)
    say("pipeline {} is more than the {} layers of '{}'", p.pipeline.value, in.model->transformer->layers.value, in.model->id);
  auto const* experts = in.model->transformer && in.model->transformer->mixture_of_experts ? &in.model->transformer->mixture_of_experts->experts : nullptr;
  if (experts && p.expert.value > experts->value) say("{} expert ranks are more than the {} experts of '{}'", p.expert.value, experts->value, in.model->id);
  if (p.expert.value > 1 && !experts) say("expert parallelism divides experts; '{}' has none", in.model->id);
  if (in.options.whole_experts && !experts) say("serving.whole_experts needs experts; '{}' has none", in.model->id);
  if (auto const& d = in.options.speculation; d && d->draft && !workload::is_language_model(d->draft->value)) say("serving.speculation.draft guesses tokens; '{}' writes none", d->draft->id);
  if (auto const& d = in.options.disaggregation; d && d->prefill_devices.value % d->prefill_tensor.value != 0)
    say("{} prefill devices cannot be divided into replicas of {}", d->prefill_devices.value, d->prefill_tensor.value);
  if (in.options.offload && in.options.prefix_hit.value + in.options.offload->hit.value >= 1) say("serving.prefix_hit and serving.offload.hit leave nothing of a prompt to compute; their sum must be below 1");
  if (in.model->transformer && in.model->transformer->heads.value % p.tensor.value != 0)
    say("{} heads cannot be shared evenly by {} tensor ranks; nearest: {}", in.model->transformer->heads.value, p.tensor.value, nearest_divisors(in.model->transformer->heads.value, p.tensor.value));
  if (in.model->transformer && in.model->transformer->context.value > 0 &&
      in.prompt.value + in.output.value > in.model->transformer->context.value)
    say("prompt {} + output {} is longer than the context of '{}', {} tokens", in.prompt.value, in.output.value, in.model->id,
        in.model->transformer->context.value);
  return found;
}

ServingResult solve(ServingInput const& in, Ledger& ledger) {
  assert(problems(in).empty());
  return Service(in, ledger).evaluate();
}

ServingInput prefill_pool(ServingInput const& in, systems::Cluster& cluster) {
  auto const& d = *in.options.disaggregation;
  ServingInput reader = in;
  cluster = *in.cluster;
  if (d.prefill_device) cluster.device = d.prefill_device->value;
  cluster.devices = d.prefill_tensor;
  reader.cluster = &cluster;
  reader.parallel = {};
  reader.parallel.tensor = d.prefill_tensor;
  if (in.prefill_efficiency) reader.efficiency = in.prefill_efficiency;
  return reader;
}

ServingCost serving_cost(ServingInput const& in, ServingResult const& r, Sourced<Quantity<"USD/request">> per_request, Ledger& ledger) {
  ServingCost c;
  const Real reading = eq::reading_share.with(ledger, r.request_throughput, r.ttft);
  const Real writing = eq::rest.with(ledger, reading);
  c.input = eq::cost_of_part.with(ledger, per_request, reading, in.prompt);
  c.output = eq::cost_of_part.with(ledger, per_request, writing, in.output);
  if (in.options.requests_per_user) c.user = eq::cost_of_user.with(ledger, per_request, *in.options.requests_per_user);
  return c;
}

void report(ServingCost const& c, Section& s) {
  s.estimate("cost_input", "cost of reading", c.input, Confidence::theoretical).note = "per token read, by the share of the time";
  s.estimate("cost_output", "cost of writing", c.output, Confidence::theoretical).note = "per token written";
  if (c.user) s.estimate("cost_user", "cost of a user in a month", *c.user, Confidence::theoretical);
}

Section report(ServingResult const& r) {
  Section s{"serving", "Serving", {}, {}, {}, {}, {}};
  Metric& ttft = s.estimate("ttft", "TTFT", r.ttft, r.confidence);
  ttft.interval = r.ttft_interval;
  ttft.note = "prefill of one prompt, empty queue";
  Metric& itl = s.estimate("itl", "ITL", r.itl, r.confidence);
  itl.interval = r.itl_interval;
  itl.note = r.speculation ? "a speculative step of the whole batch at mean context / its tokens; excludes the first token" : "one decode step of the whole batch at mean context; excludes the first token";
  const auto number = [&](char const* id, char const* label, auto const& v, char const* note = "") {
    s.estimate(id, label, v, r.confidence).note = note;
  };
  if (r.overhead.value > Time{}) number("overhead", "before the first iteration", r.overhead, "HTTP, tokenizer, scheduling of the engine");
  if (r.host.value > Time{}) number("host", "host of the engine in an iteration", r.host);
  if (r.cache_load) number("cache_load", "reading the stored part of a prompt's cache", *r.cache_load);
  number("ttft_loaded", "TTFT while others are served", r.ttft_loaded, "no queue");
  if (r.mean_iteration.value != r.itl.value)
    number("mean_iteration", "mean iteration", r.mean_iteration, "with the pieces of prompts which run beside tokens, or with guesses");
  if (r.speculation) {
    auto const& x = *r.speculation;
    number("accepted", "tokens of a speculative step", x.accepted, "(1 - acceptance^(k+1)) / (1 - acceptance)");
    number("verify", "pass which verifies", x.verify);
    number("draft", "one guess", x.draft);
    number("speculative_step", "guesses and verification", x.step);
    number("speculation_speedup", "ITL without / with speculation", x.speedup, x.pays ? "speculation pays" : "speculation does not pay");
  }
  number("request_latency", "request latency", r.request_latency, "prefills of the other requests included, no queue");
  number("tpot", "TPOT", r.tpot, "(request latency - TTFT) / (output - 1)");
  number("tpot_with_first", "TPOT with the first token", r.tpot_with_first, "request latency / output");
  number("user_token_rate", "tokens per time and user", r.user_token_rate, "1 / ITL");
  number("token_throughput", "output tokens per replica", r.token_throughput);
  number("total_token_throughput", "output tokens, all replicas", r.total_token_throughput);
  number("request_throughput", "requests per replica", r.request_throughput);
  number("communication", "communication in ITL", r.communication);
  s.utilisation("prefill_mfu", "MFU of prefill", r.mfu, r.confidence, r.mfu.value > 1 ? "above 100 %: the full attention matrix counts, kernels compute its causal half" : "of the kernels, full attention matrix");
  s.utilisation("prefill_compute_utilisation", "compute utilisation of prefill", r.prefill_utilisation, r.confidence, "of the kernels, FLOP which they execute");
  s.utilisation("decode_mbu", "MBU of decode", r.mbu, r.confidence, "of the kernels, bytes of main memory");
  s.metric("kv_budget", "memory left for the cache, per device", r.kv_budget);
  s.metric("kv_per_request", "cache of one request, per device", r.kv_per_request).note = "at prompt + output tokens";
  s.metric("kv_capacity", "tokens cached per replica", r.kv_capacity);
  s.metric("max_concurrency", "requests which fit per replica", r.max_concurrency).note = "all at their full length";
  s.metric("steady_concurrency", "requests at once when memory is full", r.steady_concurrency).note = "at their mean length unless the engine reserves the longest; no more than it runs";
  if (r.page_waste.value > 0) s.metric("page_waste", "empty share of pages", r.page_waste).percent = true;
  number("offline_throughput", "most output tokens, all replicas", r.offline_throughput, "requests never lack");
  number("offline_concurrency", "at so many requests per replica", r.offline_concurrency);
  number("batch_ttft", "prompts of a batch which arrives at once", r.batch_ttft);
  number("batch_latency", "the same batch, to its last token", r.batch_latency, "static batching");
  number("batch_throughput", "its tokens, read and written", r.batch_throughput);
  if (r.goodput) number("goodput", "requests per replica within the limits", *r.goodput, r.goodput->value > RequestRate{} ? "" : "no batch meets them");
  if (r.goodput_concurrency) number("goodput_concurrency", "at so many requests at once", *r.goodput_concurrency);
  if (r.users) number("users", "users served by all replicas", *r.users);
  if (r.pools) {
    auto const& p = *r.pools;
    number("pools_prefill", "prefill in its own pool", p.prefill);
    number("pools_transfer", "cache moved to the decode pool", p.transfer);
    number("pools_ttft", "TTFT with pools", p.ttft);
    number("pools_prefill_rate", "requests, prefill pool", p.prefill_rate);
    number("pools_decode_rate", "requests, decode pool", p.decode_rate);
    number("pools_decode_concurrency", "at so many requests per decode replica", p.decode_concurrency);
    number("pools_per_device", "requests per device with pools", p.per_device, p.pays ? "disaggregation pays" : "disaggregation does not pay");
    number("together_per_device", "requests per device without", p.together, "within the same limits");
  }
  if (r.best_concurrency)
    s.estimate("best_concurrency", "requests per replica within the ITL limit", *r.best_concurrency, r.confidence);
  if (r.utilisation) {
    Metric& m = s.estimate("utilisation", "utilisation", *r.utilisation, r.confidence);
    m.percent = true;
    m.note = r.utilisation->value < 1 ? "offered / capacity" : "offered / capacity: the queue grows without end";
  }
  if (r.waiting_time) number("waiting_time", "mean wait in the queue", *r.waiting_time, "Allen-Cunneen");
  if (r.ttft_with_queue) number("ttft_with_queue", "TTFT with the mean wait", *r.ttft_with_queue);
  if (r.ttft_p50) number("ttft_p50", "TTFT, median", *r.ttft_p50, "exponential tail of the wait");
  if (r.ttft_p99) number("ttft_p99", "TTFT, 99th percentile", *r.ttft_p99, "exponential tail of the wait");
  if (r.replicas_p99) number("replicas_p99", "replicas for the limit at the 99th percentile", *r.replicas_p99);
  if (r.replicas_needed) number("replicas_needed", "replicas for the offered rate", *r.replicas_needed);
  if (r.device_power.value > Power{}) {
    number("energy_per_request", "energy per request", r.energy_per_request, "devices only");
    number("energy_per_token", "energy per output token", r.energy_per_token, "devices only, prefill included");
    number("energy_input", "energy per token read", r.energy_input, "devices only");
    number("energy_output", "energy per token written", r.energy_output, "devices only");
    if (r.energy_user) number("energy_user", "energy of a user in a month", *r.energy_user, "devices only");
    number("device_power", "mean power of a device", r.device_power);
  } else {
    s.notes.emplace_back("power and energy are not judged: the device states no TDP");
  }

  Table t{"frontier",
          "Throughput against latency, one replica",
          {{"concurrency", "requests", {}, false, false, {}},
           {"itl", "ITL", "s", false, false, {}},
           {"ttft", "TTFT", "s", false, false, {}},
           {"request_latency", "request latency", "s", false, false, {}},
           {"token_throughput", "output tokens", "token/s", false, false, {}},
           {"request_throughput", "requests", "request/s", false, false, {}},
           {"fits", "fits", {}, true, false, {}}},
          {}};
  for (auto const& p : r.frontier)
    t.rows.push_back({{static_cast<double>(p.concurrency), {}},
                      {p.itl.value.raw(), {}},
                      {p.ttft.value.raw(), {}},
                      {p.request_latency.value.raw(), {}},
                      {p.token_throughput.value.raw(), {}},
                      {p.request_throughput.value.raw(), {}},
                      {0, p.fits ? "yes" : "no"}});
  s.tables.push_back(std::move(t));
  if (r.efficiency_given) s.notes.emplace_back("uses efficiencies given in the scenario in place of the predicted ones");
  return s;
}

}  // namespace mlsysim::solvers
