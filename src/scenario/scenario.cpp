#include "mlsysim/scenario/scenario.hpp"

namespace mlsysim::scenario {
namespace {

constexpr std::string_view phases[] = {"inference", "prefill", "decode", "serving", "training", "communication"};
using workload::Precision;

}  // namespace

std::span<const std::string_view> names_of(Phase) { return phases; }

void describe(Precisions& p, Fields& f) {
  constexpr std::string_view why = "usual for models of this size today";
  f("weights", p.weights, "format in which weights are stored", defaults_to(Precision::bf16, why));
  f("activations", p.activations, "format in which activations are stored", defaults_to(Precision::bf16, why));
  f("kv", p.kv, "format in which keys and values are cached", defaults_to(Precision::bf16, why));
  f("compute", p.compute, "format in which products are computed", defaults_to(Precision::bf16, why));
  f("weight_bits", p.weight_bits, "bits stored per weight, scales included; the format's width when left out", positive, at_most(32.0));
}

void describe(Training& t, Fields& f) {
  f("global_batch", t.global_batch, "sequences or samples per optimizer step", positive);
  f("tokens", t.tokens, "tokens of the whole run", positive);
  f("samples", t.samples, "samples of the whole run", positive);
  f("optimizer", t.optimizer, "optimizer and the precision of its state", defaults_to(solvers::Optimizer::adam_mixed, "16 B per parameter in all"));
  f("recompute", t.recompute, "activations computed again in the backward pass", defaults_to(solvers::Recompute::none, "all activations are kept"));
  f("overlap_experts", t.overlap_experts, "tokens travel to experts behind the compute of another micro-batch (DualPipe)", defaults_to(false, "a layer waits for its experts"));
  f("overlap_gradients", t.overlap_gradients, "gradients are reduced behind the backward pass, not after it", defaults_to(true, "as frameworks do today"));
  f("overlap_tensor", t.overlap_tensor, "tensor ranks exchange piece by piece behind the products of their layer", defaults_to(false, "a layer waits for its tensor ranks"));
  f("gradient_format", t.gradient_format, "format in which gradients are reduced; that in which the optimizer sums them when left out");
  f("expert_imbalance", t.expert_imbalance, "load of the busiest expert rank / mean load", at_least(1.0), at_most(64.0), defaults_to(1.0, "routers are trained to balance"));
  f("scaling", t.scaling, "how values become 8 bits wide, where products run in fp8", defaults_to(solvers::Scaling::delayed, "one pass over the values"));
  f("offload", t.offload, "where the optimizer's state lives and is updated", defaults_to(solvers::Offload::none, "on the device"));
  f("offload_activations", t.offload_activations, "activations wait for the backward pass in host memory", defaults_to(false, "on the device"));
  f("adapters", t.adapters, "low-rank adapters (LoRA) which are trained in place of the weights");
}

void describe(Duty& d, Fields& f) {
  f("rate", d.rate, "inferences per time", positive);
  f("battery", d.battery, "energy of the battery", positive);
}

void describe(Exchange& x, Fields& f) {
  f("operation", x.operation, "what the ranks do together", defaults_to(solvers::Collective::all_reduce, "what data and tensor ranks do"));
  f("message", x.message, "whole buffer of one rank: what is reduced, gathered together, or sent to all others", positive);
  f("ranks", x.ranks, "how many take part; all devices when left out", at_least(2));
  f("stride", x.stride, "devices between neighbours of the group", positive, defaults_to(1, "neighbouring devices"));
  f("algorithm", x.algorithm, "the only one considered; `none`: the fastest", defaults_to(solvers::Algorithm::none, "libraries choose the fastest"));
}

void describe(Workload& w, Fields& f) {
  f("model", w.model, "what runs; phase: communication needs none", optional_field);
  f("phase", w.phase, "what it does");
  f("batch", w.batch, "sequences or samples at once per replica; the micro-batch in training", positive, at_most(1e6), defaults_to(1, "one at a time"));
  f("sequence", w.sequence, "tokens per sequence in training", positive);
  f("prompt", w.prompt, "tokens read per request", positive);
  f("output", w.output, "tokens written per request", positive);
  f("precision", w.precision, "number formats by role", optional_field);
  f("engine", w.engine, "engine which runs the model: its kernels where they were measured apart, and of a service its host and scheduler; without one kernels are those of the vendors' libraries and the host costs nothing");
  f("execution", w.execution, "kernels of an engine, or of a framework operator by operator", defaults_to(workload::Execution::fused, "what engines and compilers do"));
  f("attention", w.attention, "whether attention keeps its scores on the chip", defaults_to(workload::AttentionKernel::by_execution, "flash where execution is fused"));
  f("launch", w.launch, "who starts operators and collectives: a captured graph, the host of an engine, the executor of a framework, or its interpreter", defaults_to(workload::Launch::graph, "what engines do today"));
  f("training", w.training, "optimizer step and length of the run");
  f("collective", w.collective, "what is exchanged in phase: communication");
  f("request_rate", w.request_rate, "offered load of a service", positive);
  f("serving", w.serving, "how a service is run: scheduling, cache, speculation, pools");
  f("duty", w.duty, "how often a device works, and from which battery");
}

void describe(System& s, Fields& f) {
  f("device", s.device, "one kind of device on its own");
  f("node", s.node, "a node with its devices");
  f("fleet", s.fleet, "nodes on a fabric");
  f("devices", s.devices, "how many devices the workload uses; all when left out", positive);
  f("parallel", s.parallel, "degrees of parallelism", optional_field);
}

void describe(Infrastructure& i, Fields& f) {
  f("grid", i.grid, "electricity grid");
  f("datacentre", i.datacentre, "kind of place");
  f("price", i.price, "renting or buying");
  f("utilisation", i.utilisation, "share of the time in which the hardware does useful work", at_least(0.01), at_most(1.0));
  f("lifetime", i.lifetime, "service life for depreciation and embodied carbon", positive);
  f("horizon", i.horizon, "how long a service runs", positive);
  f("electricity_price", i.electricity_price, "replaces the grid's", positive);
  f("ownership", i.ownership, "what owning costs beside machines and electricity");
  f("spot", i.spot, "interruptions of rented instances");
  f("alternative", i.alternative, "price against which the first is weighed: renting against owning");
  f("data", i.data, "data which are kept with a provider, or leave it");
  f("carbon_price", i.carbon_price, "price of an emission", positive);
  f("regions", i.regions, "other grids for the same energy", optional_field);
  f("intensity_by_hour", i.intensity_by_hour, "mean carbon intensity of each of the 24 hours of a day", optional_field);
  f("hours_per_day", i.hours_per_day, "cleanest hours of a day in which a run works", positive, at_most(24));
}

void describe(StoredData& d, Fields& f) {
  f("price", d.price, "price entry of the provider's storage");
  f("stored", d.stored, "data which are kept all the time", positive);
  f("egress", d.egress, "data which leave once per run or horizon", positive);
}

void describe(Reliability& r, Fields& f) {
  f("device_mtbf", r.device_mtbf, "mean time between failures of one device with its share of the node", positive);
  f("checkpoint_time", r.checkpoint_time, "time the run stops to write a checkpoint", positive);
  f("restart_time", r.restart_time, "time from a failure to useful work", positive);
  f("storage_bandwidth", r.storage_bandwidth, "to which all devices write checkpoints together; gives checkpoint_time", positive);
  f("blocking", r.blocking, "share of the writing for which the run stops; the rest is asynchronous", positive, at_most(1.0));
  f("spares", r.spares, "devices which stand by", positive);
  f("repair_time", r.repair_time, "time for which a failed device is away", positive);
  f("seed", r.seed, "of the simulation", positive, defaults_to(1, "any number will do"));
}

void describe(Tail& t, Fields& f) {
  f("shape", t.shape, "how the time of one participant scatters", defaults_to(solvers::TimeShape::lognormal, "many small delays which multiply"));
  f("spread", t.spread, "standard deviation / mean of one participant's time", positive, at_most(3.0));
  f("samples", t.samples, "measured times, for shape: empirical", optional_field);
  f("participants", t.participants, "who are waited for; in training all devices", positive);
  f("backups", t.backups, "the slowest so many are not waited for", at_least(0), defaults_to(0, "all are waited for"));
  f("hedge_after", t.hedge_after, "quantile of one time at which a second try is started", at_least(0.01), at_most(0.999));
  f("seed", t.seed, "of the simulation", positive, defaults_to(1, "any number will do"));
}

void describe(Lengths& l, Fields& f) {
  f("shape", l.shape, "how lengths scatter around the workload's", defaults_to(solvers::LengthShape::lognormal, "what people write has a long tail"));
  f("spread", l.spread, "standard deviation / mean; of uniform lengths at most 0.57", positive, at_most(5.0));
  f("samples", l.samples, "lengths in tokens, for shape: empirical", positive, at_most(1e7), optional_field);
}

void describe(Burst& b, Fields& f) {
  f("ratio", b.ratio, "rate in a burst / mean rate", at_least(1), at_most(1000));
  f("share", b.share, "part of the time in bursts; times the ratio at most 1", positive, at_most(0.99));
  f("length", b.length, "mean length of a burst", positive);
}

void describe(Traffic& t, Fields& f) {
  f("rate", t.rate, "requests per time, all replicas together; may stand as workload.request_rate too", positive);
  f("load", t.load, "in place of a rate: share of what the replicas can serve by the closed form", positive, at_most(10.0));
  f("arrivals", t.arrivals, "how arrivals scatter", defaults_to(solvers::ArrivalProcess::poisson, "many users who do not know of each other"));
  f("variation", t.variation, "of gamma arrivals: standard deviation / mean of the times between them", positive, at_most(20.0));
  f("burst", t.burst, "of modulated arrivals: calm and burst take turns");
  f("prompt", t.prompt, "how prompts scatter around workload.prompt; all the same when left out");
  f("output", t.output, "how answers scatter around workload.output; all the same when left out");
  f("trace", t.trace, "CSV with columns arrival (s), prompt, output, beside the scenario; replaces arrivals and lengths", optional_field);
  f("requests", t.requests, "how many are simulated", at_least(100), at_most(1e7), defaults_to(10000, "a hundred lie beyond the P99"));
  f("seed", t.seed, "of the random numbers", positive, defaults_to(1, "any number will do"));
  f("policy", t.policy, "what runs in an iteration; that of `workload.engine` when left out (vllm where its iterations hold either prompts or tokens), sarathi without one", optional_field);
  f("warm_up", t.warm_up, "share of the requests, from the first on, which is not measured; 0.1 when left out, 0 where all arrive at once", not_negative, at_most(0.9));
  f("routing", t.routing, "which replica gets a request", defaults_to(solvers::Routing::least_loaded, "a router which sees the queues"));
}

void describe(DataPipeline& d, Fields& f) {
  f("sample_size", d.sample_size, "bytes of a sample as it is stored", positive);
  f("prepared_size", d.prepared_size, "bytes of a sample as it is copied to an accelerator over its host link", positive);
  f("storage", d.storage, "read bandwidth of one drive", positive);
  f("drives", d.drives, "drives which are read together", positive, defaults_to(1, "one drive"));
  f("network", d.network, "bandwidth of the link to the storage", positive, in_bits);
  f("workers", d.workers, "processes which prepare samples", positive);
  f("worker_rate", d.worker_rate, "samples per time which one worker prepares", positive);
  f("cached", d.cached, "share of the samples which the host's memory holds", not_negative, at_most(1.0), defaults_to(0.0, "a cold cache: a data set larger than memory, or the first epoch"));
  f("dataset", d.dataset, "data set which is brought over the network before the run", positive);
}

void describe(Scaling& s, Fields& f) {
  f("law", s.law, "scaling law");
  f("inference", s.inference, "tokens read and written over the model's life", positive);
}

void describe(Sampling& s, Fields& f) {
  f("tries", s.tries, "tries per problem", positive, at_most(1e7));
  f("first", s.first, "share of the problems which one try solves", positive, at_most(1.0));
  f("exponent", s.exponent, "b of coverage = first^(tries^b), below zero; all problems equally hard when left out", at_least(-2.0), at_most(-0.001));
}

void describe(Orchestration& o, Fields& f) {
  f("cluster", o.cluster, "devices of the shared cluster", positive);
  f("arrivals", o.arrivals, "jobs per time; a job counts as a request", positive);
  f("job_time", o.job_time, "mean time of a job; that of this run when left out", positive);
  f("variability", o.variability, "variance / mean^2 of the time of a job", not_negative, at_most(1000.0), defaults_to(1.0, "exponential; measured clusters have more"));
  f("arrival_variability", o.arrival_variability, "variance / mean^2 of the time between arrivals", not_negative, at_most(1000.0), defaults_to(1.0, "Poisson arrivals"));
}

void describe(Limits& l, Fields& f) {
  f("latency", l.latency, "longest time of one pass", positive);
  f("ttft", l.ttft, "longest time to first token", positive);
  f("itl", l.itl, "longest inter-token latency", positive);
  f("ttft_p99", l.ttft_p99, "time to first token of 99 in 100 requests; simulated, needs traffic", positive);
  f("itl_p99", l.itl_p99, "time between tokens in 99 of 100 cases; simulated, needs traffic", positive);
  f("tpot_p99", l.tpot_p99, "mean time between the tokens of a request, of 99 in 100 requests; simulated, needs traffic", positive);
  f("latency_p99", l.latency_p99, "arrival to last token of 99 in 100 requests; simulated, needs traffic", positive);
  f("training_time", l.training_time, "longest time of the run", positive);
  f("token_rate", l.token_rate, "least tokens per time", positive);
  f("sample_rate", l.sample_rate, "least samples per time", positive);
  f("power", l.power, "highest mean power of all devices", positive);
  f("energy", l.energy, "most energy per inference, request or run", positive);
  f("cost", l.cost, "highest cost of the run", positive);
  f("cost_per_token", l.cost_per_token, "highest cost of an output token", positive);
  f("carbon", l.carbon, "most carbon of the run", positive);
  f("battery_life", l.battery_life, "shortest time on one battery", positive);
  f("data_stall", l.data_stall, "largest share of the time in which accelerators wait for data", not_negative, at_most(1.0));
  f("score_loss", l.score_loss, "most points of a published score which techniques may cost", not_negative);
  f("wait", l.wait, "longest mean wait of a job in the shared cluster", positive);
}

void describe(Assertion& a, Fields& f) {
  f("metric", a.metric, "path of a metric, e.g. performance.mfu");
  f("at_least", a.at_least, "smallest accepted value, with unit", optional_field);
  f("at_most", a.at_most, "largest accepted value, with unit", optional_field);
}

void describe(Scenario& s, Fields& f) {
  f("name", s.name, "one line for people", optional_field);
  f("about", s.about, "what the scenario teaches", optional_field);
  f("workload", s.workload, "what runs and how");
  f("system", s.system, "what it runs on");
  f("infrastructure", s.infrastructure, "where it stands and what it costs");
  f("reliability", s.reliability, "failures and checkpoints");
  f("tail", s.tail, "stragglers, and servers which are asked at once");
  f("traffic", s.traffic, "requests over time and their scheduling: what the simulation of a service runs");
  f("data", s.data, "how samples reach the accelerators");
  f("techniques", s.techniques, "published techniques which are applied: smaller, or safer", optional_field);
  f("scaling", s.scaling, "law of how loss falls with size and data");
  f("sampling", s.sampling, "several tries per problem");
  f("orchestration", s.orchestration, "a cluster which jobs like this one share");
  f("limits", s.limits, "the service level; each becomes a check");
  f("assert", s.assertions, "checks on any metric", optional_field);
  f("efficiency", s.efficiency, "a student's own efficiencies in place of the predicted ones; marks the result");
  f("calibration", s.calibration, "calibration profile; the class-wide defaults when left out");
}

}  // namespace mlsysim::scenario
