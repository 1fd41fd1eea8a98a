#include "mlsysim/solvers/serving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/equations/queueing.hpp"
#include "mlsysim/equations/serving.hpp"

namespace mlsysim::solvers {
namespace {

using workload::PassShape;

/// A pass over all stages of a replica.
struct ReplicaPass {
  Sourced<Time> time;
  Sourced<Time> communication;
  Sourced<Energy> energy;  ///< of the mean rank
  Real mfu, mbu;
  Bound bound = Bound::memory, next_bound = Bound::compute;
  Confidence confidence = Confidence::theoretical;
};

Count whole(Real const& r) { return {static_cast<int>(r.value), r.origin}; }

/// Prices passes and the latencies made of them, at given efficiencies.
class Replica {
 public:
  Replica(ServingInput const& in, EfficiencyModel const& efficiency, LinkModel const& links, Ledger& ledger)
      : in_{in}, efficiency_{efficiency}, links_{links}, ledger_{ledger} {}

  /// One prompt, up to its first token.
  ReplicaPass prefill() { return pass(one(), in_.prompt, {0, in_.prompt.origin}); }

  /// One token for each of `batch` requests at their mean context. Stages work on different requests at the same time.
  ReplicaPass decode(Count batch) {
    const Count context = whole(eq::mean_context.with(ledger_, in_.prompt, in_.output));
    const Count together = whole(eq::stage_batch.with(ledger_, batch, in_.parallel.pipeline));
    return pass(together, assumed(ledger_, "serving.decode_tokens", 1, "a decode step adds one token to each sequence"), context);
  }

  Sourced<Time> request_latency(Count batch, Sourced<Time> const& prefill_time, Sourced<Time> const& itl) {
    return eq::request_latency.with(ledger_, batch, prefill_time, in_.parallel.pipeline, in_.output, itl);
  }

 private:
  Count one() { return assumed(ledger_, "serving.prefill_batch", 1, "prompts are read one at a time, as they arrive"); }

  ReplicaPass pass(Count batch, Count new_tokens, Count cached) {
    const int stages = in_.parallel.pipeline.value;
    const int layers = in_.model->transformer ? in_.model->transformer->layers.value : 0;
    ReplicaPass whole_pass;
    std::vector<Sourced<Time>> times;
    std::vector<Sourced<Energy>> energies;
    for (int stage = 0; stage < stages; ++stage) {
      PassShape shape;
      shape.batch = batch;
      shape.new_tokens = new_tokens;
      shape.cached_tokens = cached;
      shape.precision = in_.precision;
      shape.tensor_parallel = in_.parallel.tensor;
      // Stages are equal to within a layer.
      shape.layers = {stages == 1 ? 0 : layers / stages + (stage < layers % stages ? 1 : 0), in_.parallel.pipeline.origin};
      shape.first_stage = stage == 0;
      shape.last_stage = stage == stages - 1;
      shape.last_token_logits = true;
      PerformanceResult r = solve(PerformanceInput{in_.model, &in_.cluster->device, &efficiency_, shape}, ledger_);
      times.push_back(r.pass.time);
      energies.push_back(r.energy);
      if (stage == 0) {
        whole_pass.mfu = r.mfu;
        whole_pass.mbu = r.mbu;
        whole_pass.bound = r.pass.bound, whole_pass.next_bound = r.pass.next_bound;
        whole_pass.confidence = r.confidence;
      }
    }
    const Count tokens = whole(eq::micro_batch_tokens.with(ledger_, batch, new_tokens));
    whole_pass.communication =
        forward_communication({in_.model, in_.cluster, in_.parallel, in_.precision.activations, tokens, &links_}, ledger_).total;
    times.push_back(whole_pass.communication);
    whole_pass.time = sum<Time>(ledger_, "all stages and their communication", times);
    whole_pass.energy = stages == 1 ? energies.front() : eq::mean_energy.with(ledger_, sum<Energy>(ledger_, "all stages", energies), in_.parallel.pipeline);
    return whole_pass;
  }

  ServingInput const& in_;
  EfficiencyModel const& efficiency_;
  LinkModel const& links_;
  Ledger& ledger_;
};

MemoryInput memory_input(ServingInput const& in, Count batch, Ledger& ledger) {
  MemoryInput m;
  m.model = in.model;
  m.device = &in.cluster->device;
  m.precision = in.precision;
  m.parallel = in.parallel;
  m.parallel.data = {1, in.parallel.data.origin};
  m.training = false;
  m.micro_batch = batch;
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
 public:
  Service(ServingInput const& in, Ledger& ledger) : in_{in}, ledger_{ledger}, links_{in.collectives, ledger, in.cluster->device.id}, replica_{in, *in.efficiency, links_, ledger} {
    if (in.launch != workload::Launch::graph) links_.launched_by_host(in.collectives, in.cluster->device.id, ledger);
  }

  ServingResult evaluate() {
    latencies();
    capacity();
    best_batch();
    frontier();
    if (in_.request_rate) load();
    energy();
    if (in_.interval) intervals();
    return std::move(r_);
  }

 private:
  template <class E, class... A>
  auto eval(E const& equation, A const&... a) {
    return equation.with(ledger_, a...);
  }

  void latencies() {
    prefill_ = replica_.prefill();
    decode_ = replica_.decode(in_.concurrency);
    r_.ttft = prefill_.time;
    r_.itl = decode_.time;
    r_.communication = decode_.communication;
    r_.request_latency = replica_.request_latency(in_.concurrency, r_.ttft, r_.itl);
    r_.tpot = in_.output.value > 1 ? eval(eq::tpot, r_.request_latency, r_.ttft, in_.output) : r_.itl;
    r_.tpot_with_first = eval(eq::tpot_with_first, r_.request_latency, in_.output);
    r_.request_throughput = eval(eq::request_throughput, in_.concurrency, r_.request_latency);
    r_.token_throughput = eval(eq::output_throughput, r_.request_throughput, in_.output);
    r_.total_token_throughput = eval(eq::all_replicas, r_.token_throughput, in_.parallel.data);
    r_.user_token_rate = eval(eq::user_token_rate, r_.itl);
    r_.mfu = prefill_.mfu;
    r_.mbu = decode_.mbu;
    r_.prefill_bound = prefill_.bound;
    r_.decode_bound = decode_.bound;
    r_.decode_next = decode_.next_bound;
    const bool alone = in_.parallel.tensor.value * in_.parallel.pipeline.value == 1;
    r_.confidence = weakest(prefill_.confidence, decode_.confidence);
    if (!alone) r_.confidence = weakest(r_.confidence, links_.confidence());
    r_.efficiency_given = in_.efficiency->overridden();
  }

  void capacity() {
    r_.memory = solve(memory_input(in_, in_.concurrency, ledger_), ledger_);
    const Count one = assumed(ledger_, "serving.one_request", 1, "the cache of one request");
    const MemoryResult single = solve(memory_input(in_, one, ledger_), ledger_);
    r_.kv_per_request = cache_of(single);
    auto const& store = single.stores.front();
    r_.kv_budget = eval(eq::kv_budget, store.capacity, store.needed, r_.kv_per_request);
    if (r_.kv_per_request.value > Data{})
      r_.kv_capacity = eval(eq::kv_capacity, r_.kv_budget, r_.kv_per_request, eval(eq::longest_context, in_.prompt, in_.output));
    else
      r_.kv_capacity = {Tokens{}, in_.prompt.origin};
    // Work space grows with the batch, so that the last requests of the quotient may not fit: then the search has the last word.
    r_.max_concurrency = {largest_fitting(in_, most_requests), r_.kv_budget.origin};
    if (r_.kv_per_request.value > Data{})
      if (const Real fit = eval(eq::requests_which_fit, r_.kv_budget, r_.kv_per_request); fit.value == r_.max_concurrency.value) r_.max_concurrency.origin = fit.origin;
  }

  Time itl_at(int batch) const {
    Ledger scratch;
    return Replica(in_, *in_.efficiency, links_, scratch).decode({batch, {}}).time.value;
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
      p.itl = replica.decode(b).time;
      p.request_latency = replica.request_latency(b, r_.ttft, p.itl);
      p.request_throughput = eq::request_throughput.with(scratch, b, p.request_latency);
      p.token_throughput = eq::output_throughput.with(scratch, p.request_throughput, in_.output);
      r_.frontier.push_back(p);
    };
    for (int batch = 1; batch < last; batch *= 2) point(batch);
    point(last);
  }

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
    r_.utilisation = eval(eq::queue_utilisation, *in_.request_rate, in_.parallel.data, r_.request_throughput);
    r_.waiting_time = wait(in_.parallel.data);
    if (r_.waiting_time) r_.ttft_with_queue = eval(eq::response_time, *r_.waiting_time, r_.ttft);

    const Real least = eval(eq::least_replicas, *in_.request_rate, r_.request_throughput);
    if (least.value > 1e6 || (in_.ttft_limit && r_.ttft.value > in_.ttft_limit->value)) return;
    // More replicas always wait less, so the first which meets the limit is the answer.
    const bool recording = ledger_.recording;
    ledger_.recording = false;
    int replicas = static_cast<int>(least.value);
    const auto enough = [&](int n) {
      const auto w = wait({static_cast<double>(n), {}});
      return w && (!in_.ttft_limit || w->value + r_.ttft.value <= in_.ttft_limit->value);
    };
    int too_few = replicas - 1;
    while (!enough(replicas)) too_few = replicas, replicas *= 2;
    while (replicas - too_few > 1) {
      const int middle = too_few + (replicas - too_few) / 2;
      (enough(middle) ? replicas : too_few) = middle;
    }
    ledger_.recording = recording;
    r_.replicas_needed = Count{replicas, least.origin};
  }

  void energy() {
    const Real ranks = eval(eq::replica_devices, in_.parallel.tensor, in_.parallel.pipeline);
    const Real together = eval(eq::stage_batch, in_.concurrency, in_.parallel.pipeline);
    r_.energy_per_request = eval(eq::request_energy, ranks, prefill_.energy, together, in_.output, decode_.energy);
    r_.energy_per_token = eval(eq::token_energy, r_.energy_per_request, in_.output);
    r_.device_power = eval(eq::serving_power, r_.energy_per_request, r_.request_throughput, ranks);
  }

  void intervals() {
    Ledger scratch;
    const auto at = [&](int end) {
      const EfficiencyModel efficiency = in_.efficiency->at_end(end);
      const LinkModel links = links_.at_end(end);
      Replica replica(in_, efficiency, links, scratch);
      return std::pair{replica.prefill().time.value.raw(), replica.decode(in_.concurrency).time.value.raw()};
    };
    const auto fast = at(1), slow = at(-1);
    r_.ttft_interval = {std::min(fast.first, r_.ttft.value.raw()), std::max(slow.first, r_.ttft.value.raw())};
    r_.itl_interval = {std::min(fast.second, r_.itl.value.raw()), std::max(slow.second, r_.itl.value.raw())};
  }

  ServingInput const& in_;
  Ledger& ledger_;
  LinkModel links_;
  Replica replica_;
  ReplicaPass prefill_, decode_;
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
  if (p.expert.value > 1) say("expert parallelism is not modelled in serving yet; write expert: 1");
  if (in.model->transformer && in.model->transformer->heads.value % p.tensor.value != 0)
    say("{} attention heads cannot be shared evenly by {} tensor ranks", in.model->transformer->heads.value, p.tensor.value);
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

Section report(ServingResult const& r) {
  Section s{"serving", "Serving", {}, {}, {}, {}, {}};
  Metric& ttft = s.estimate("ttft", "TTFT", r.ttft, r.confidence);
  ttft.interval = r.ttft_interval;
  ttft.note = "prefill of one prompt, empty queue";
  Metric& itl = s.estimate("itl", "ITL", r.itl, r.confidence);
  itl.interval = r.itl_interval;
  itl.note = "one decode step of the whole batch at mean context; excludes the first token";
  const auto number = [&](char const* id, char const* label, auto const& v, char const* note = "") {
    s.estimate(id, label, v, r.confidence).note = note;
  };
  number("request_latency", "request latency", r.request_latency, "prefills of the other requests included, no queue");
  number("tpot", "TPOT", r.tpot, "(request latency - TTFT) / (output - 1)");
  number("tpot_with_first", "TPOT with the first token", r.tpot_with_first, "request latency / output");
  number("user_token_rate", "tokens per time and user", r.user_token_rate, "1 / ITL");
  number("token_throughput", "output tokens per replica", r.token_throughput);
  number("total_token_throughput", "output tokens, all replicas", r.total_token_throughput);
  number("request_throughput", "requests per replica", r.request_throughput);
  number("communication", "communication in ITL", r.communication);
  s.estimate("prefill_mfu", "MFU of prefill", r.mfu, r.confidence).percent = true;
  s.estimate("decode_mbu", "MBU of decode", r.mbu, r.confidence).percent = true;
  s.metric("kv_budget", "memory left for the cache, per device", r.kv_budget);
  s.metric("kv_per_request", "cache of one request, per device", r.kv_per_request).note = "at prompt + output tokens";
  s.metric("kv_capacity", "tokens cached per replica", r.kv_capacity);
  s.metric("max_concurrency", "requests which fit per replica", r.max_concurrency);
  if (r.best_concurrency)
    s.estimate("best_concurrency", "requests per replica within the ITL limit", *r.best_concurrency, r.confidence);
  if (r.utilisation) {
    Metric& m = s.estimate("utilisation", "utilisation", *r.utilisation, r.confidence);
    m.percent = true;
    m.note = r.utilisation->value < 1 ? "offered / capacity" : "offered / capacity: the queue grows without end";
  }
  if (r.waiting_time) number("waiting_time", "mean wait in the queue", *r.waiting_time, "Allen-Cunneen");
  if (r.ttft_with_queue) number("ttft_with_queue", "TTFT with the mean wait", *r.ttft_with_queue);
  if (r.replicas_needed) number("replicas_needed", "replicas for the offered rate", *r.replicas_needed);
  number("energy_per_request", "energy per request", r.energy_per_request, "devices only");
  number("energy_per_token", "energy per output token", r.energy_per_token, "devices only, prefill included");
  number("device_power", "mean power of a device", r.device_power);

  Table t{"frontier",
          "Throughput against latency, one replica",
          {{"concurrency", "requests", {}, false, false, {}},
           {"itl", "ITL", "s", false, false, {}},
           {"request_latency", "request latency", "s", false, false, {}},
           {"token_throughput", "output tokens", "token/s", false, false, {}},
           {"request_throughput", "requests", "request/s", false, false, {}},
           {"fits", "fits", {}, true, false, {}}},
          {}};
  for (auto const& p : r.frontier)
    t.rows.push_back({{static_cast<double>(p.concurrency), {}},
                      {p.itl.value.raw(), {}},
                      {p.request_latency.value.raw(), {}},
                      {p.token_throughput.value.raw(), {}},
                      {p.request_throughput.value.raw(), {}},
                      {0, p.fits ? "yes" : "no"}});
  s.tables.push_back(std::move(t));
  if (r.efficiency_given) s.notes.emplace_back("uses efficiencies given in the scenario in place of the predicted ones");
  return s;
}

}  // namespace mlsysim::solvers
