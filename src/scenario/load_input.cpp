#include "load_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/solvers/power.hpp"
#include "mlsysim/describe/diagnostic.hpp"
#include "mlsysim/equations/serving_load.hpp"

namespace mlsysim::scenario {
namespace {

using namespace solvers;

constexpr double usual_load = 0.7;
constexpr double usual_warm_up = 0.1;  ///< the service starts empty

LengthInput lengths(std::optional<Lengths> const& given, int mean, int most) {
  LengthInput l;
  l.mean = mean, l.most = most;
  if (!given) return l;
  l.shape = given->shape;
  if (given->spread) l.spread = given->spread->value;
  for (auto const& s : given->samples) l.samples.push_back(s.value);
  return l;
}

TrafficInput traffic_input(Traffic const& t, ServingInput const& service, std::vector<Request> const* trace) {
  TrafficInput in;
  in.arrivals = t.arrivals;
  if (t.variation) in.variation = t.variation->value;
  if (t.burst) in.burst = {t.burst->ratio.value, t.burst->share.value, t.burst->length.value.raw()};
  const int context = service.model->transformer && service.model->transformer->context.value > 0 ? service.model->transformer->context.value : 1 << 24;
  in.prompt = lengths(t.prompt, service.prompt.value, std::max(1, context - service.output.value));
  in.output = lengths(t.output, service.output.value, std::max(1, context - service.prompt.value));
  in.requests = t.requests.value;
  in.seed = static_cast<std::uint64_t>(t.seed.value);
  in.trace = trace;
  in.rescale_trace = trace && (t.rate || t.load);
  if (service.request_rate) in.rate = service.request_rate->value.raw();
  return in;
}

}  // namespace

Sourced<RequestRate> offered_rate(Traffic const& t, ServingResult const& closed, systems::Parallel const& parallel, std::vector<Request> const* trace, Ledger& ledger) {
  if (trace && !t.load) {
    const double span = trace->back().arrival - trace->front().arrival;
    if (span > 0) return assumed(ledger, "traffic.rate", static_cast<double>(trace->size() - 1) / span * unit<"request/s">, "mean rate of the trace");
  }
  const Real load = t.load ? *t.load : t.arrivals == ArrivalProcess::at_once ? assumed(ledger, "traffic.load", 1.0, "all requests are there at the start: what the closed form serves") : assumed(ledger, "traffic.load", usual_load, "no rate is given: busy, with room for bursts");
  if (closed.pools) return eq::share_of_capacity.with(ledger, load, closed.pools->rate, Real{1, closed.pools->rate.origin});
  return eq::share_of_capacity.with(ledger, load, closed.request_throughput, Real(parallel.data));
}

void scatter(Traffic const& t, ServingInput& in, std::vector<Request> const* trace, Ledger& ledger) {
  const TrafficInput traffic = traffic_input(t, in, trace);
  const bool counted = trace || t.arrivals == ArrivalProcess::modulated;
  const auto drawn = counted ? draw(traffic) : std::vector<Request>{};
  in.arrival_variation = assumed(ledger, "serving.arrival_variation", counted && drawn.size() < 2 ? 1.0 : arrival_variation(traffic, drawn), counted ? "squared coefficient of variation, counted from the arrivals" : "squared coefficient of variation of the arrivals of `traffic`");
  double squared = 0;
  if (trace) {
    LengthInput of;
    of.shape = LengthShape::empirical;
    for (auto const& r : *trace) of.samples.push_back(r.output);
    squared = std::pow(moments(of).variation, 2);
  } else {
    squared = std::pow(moments(traffic.output).variation, 2);
  }
  in.service_variation = assumed(ledger, "serving.service_variation", squared, "that of the lengths of answers, with which the time in a slot grows");
}

LoadInput load_input(Scenario const& s, ServingInput const& service, ServingResult const& closed, std::vector<Request> const* trace, Ledger& ledger) {
  Traffic const& t = *s.traffic;
  LoadInput in;
  in.service = &service, in.closed = &closed;
  in.rate = *service.request_rate;
  in.simulation.traffic = traffic_input(t, service, trace);
  auto& e = in.simulation.scheduler;
  e.policy = t.policy.value_or(service.engine && !service.engine->mixed ? BatchingPolicy::vllm : BatchingPolicy::sarathi);
  e.reserves = service.engine && service.engine->reserves;
  e.late = service.engine && service.engine->late;
  e.routing = t.routing;
  in.simulation.warm_up = t.warm_up ? t.warm_up->value : t.arrivals == ArrivalProcess::at_once ? 0 : usual_warm_up;
  e.slots = service.options.sequences ? service.options.sequences->value : closed.pools ? closed.pools->decode_concurrency.value : service.concurrency.value;
  const auto stated = batched_tokens(service);
  const Count budget = stated ? *stated : assumed(ledger, "traffic.batched_tokens", 2048, "tokens of one iteration: vLLM's max_num_batched_tokens");
  e.token_budget = std::max(budget.value, e.slots + 1);
  const Count block = service.options.block ? *service.options.block : service.engine && service.engine->block ? *service.engine->block : assumed(ledger, "traffic.block", 16, "tokens of a page of cache: vLLM's block size");
  e.block = block.value;
  e.pipeline = service.parallel.pipeline.value;
  e.overhead = closed.overhead.value.raw();
  e.prefix_hits = service.options.prefix_hit.value;
  if (closed.kv_capacity.value.raw() > 0) e.kv_tokens = closed.kv_capacity.value.raw() * service.parallel.expert.value;
  e.replicas = service.parallel.data.value;
  const int ranks = service.parallel.tensor.value * service.parallel.pipeline.value * service.parallel.expert.value;
  // A server keeps its clocks while it waits for requests.
  if (service.cluster->device.power.idle) e.idle_power = ranks * awake_power(service.cluster->device, ledger).value.raw();
  e.seed = in.simulation.traffic.seed;
  if (auto const& guesses = service.options.speculation) e.verified = guesses->tokens.value + 1, e.acceptance = guesses->acceptance.value;
  if (auto const& d = service.options.disaggregation) {
    e.prefill_replicas = d->prefill_devices.value / d->prefill_tensor.value;
    e.transfer_per_token = closed.pools->transfer.value.raw() / service.prompt.value;
    systems::Cluster cluster;
    const ServingInput reader = prefill_pool(service, cluster);
    const KvBudget budget = kv_budget(reader, ledger);
    if (budget.per_token.value > Data{}) e.prefill_kv_tokens = std::max(0.0, budget.capacity.value / budget.per_token.value);
    if (cluster.device.power.idle) e.prefill_idle_power = d->prefill_tensor.value * awake_power(cluster.device, ledger).value.raw();
  }
  if (s.limits) {
    auto const& l = *s.limits;
    in.ttft_p99 = l.ttft_p99, in.itl_p99 = l.itl_p99, in.tpot_p99 = l.tpot_p99, in.latency_p99 = l.latency_p99;
    if (auto const& ttft = l.ttft_p99 ? l.ttft_p99 : l.ttft) in.simulation.level.ttft = ttft->value.raw();
    if (auto const& itl = l.tpot_p99 ? l.tpot_p99 : l.itl_p99 ? l.itl_p99 : l.itl) in.simulation.level.itl = itl->value.raw();
  }
  return in;
}

}  // namespace mlsysim::scenario
