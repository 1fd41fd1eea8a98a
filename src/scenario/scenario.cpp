#include "mlsysim/scenario/scenario.hpp"

namespace mlsysim::scenario {
namespace {

constexpr std::string_view phases[] = {"inference", "prefill", "decode", "serving", "training"};
using workload::Precision;

}  // namespace

std::span<const std::string_view> names_of(Phase) { return phases; }

void describe(Precisions& p, Fields& f) {
  constexpr std::string_view why = "usual for models of this size today";
  f("weights", p.weights, "format in which weights are stored", defaults_to(Precision::bf16, why));
  f("activations", p.activations, "format in which activations are stored", defaults_to(Precision::bf16, why));
  f("kv", p.kv, "format in which keys and values are cached", defaults_to(Precision::bf16, why));
  f("compute", p.compute, "format in which products are computed", defaults_to(Precision::bf16, why));
  f("weight_bits", p.weight_bits, "bits stored per weight, scales included; the format's width when left out", positive, at_most(64.0));
}

void describe(Training& t, Fields& f) {
  f("global_batch", t.global_batch, "sequences or samples per optimizer step", positive);
  f("tokens", t.tokens, "tokens of the whole run", positive);
  f("samples", t.samples, "samples of the whole run", positive);
  f("optimizer", t.optimizer, "optimizer and the precision of its state", defaults_to(solvers::Optimizer::adam_mixed, "16 B per parameter in all"));
  f("recompute", t.recompute, "activations computed again in the backward pass", defaults_to(solvers::Recompute::none, "all activations are kept"));
  f("overlap_experts", t.overlap_experts, "tokens travel to experts behind the compute of another micro-batch (DualPipe)", defaults_to(false, "a layer waits for its experts"));
  f("overlap_gradients", t.overlap_gradients, "gradients are reduced behind the backward pass, not after it", defaults_to(true, "as frameworks do today"));
}

void describe(Duty& d, Fields& f) {
  f("rate", d.rate, "inferences per time", positive);
  f("battery", d.battery, "energy of the battery", positive);
}

void describe(Workload& w, Fields& f) {
  f("model", w.model, "what runs");
  f("phase", w.phase, "what it does");
  f("batch", w.batch, "sequences or samples at once per replica; the micro-batch in training", positive, at_most(1e6), defaults_to(1, "one at a time"));
  f("sequence", w.sequence, "tokens per sequence in training", positive);
  f("prompt", w.prompt, "tokens read per request", positive);
  f("output", w.output, "tokens written per request", positive);
  f("precision", w.precision, "number formats by role", optional_field);
  f("engine", w.engine, "whose kernels run; the libraries of the vendors when left out");
  f("execution", w.execution, "kernels of an engine, or of a framework operator by operator", defaults_to(workload::Execution::fused, "what engines and compilers do"));
  f("attention", w.attention, "whether attention keeps its scores on the chip", defaults_to(workload::AttentionKernel::by_execution, "flash where execution is fused"));
  f("launch", w.launch, "who starts operators and collectives: a captured graph, the host of an engine, the executor of a framework, or its interpreter", defaults_to(workload::Launch::graph, "what engines do today"));
  f("training", w.training, "optimizer step and length of the run");
  f("request_rate", w.request_rate, "offered load of a service", positive);
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

void describe(Limits& l, Fields& f) {
  f("latency", l.latency, "longest time of one pass", positive);
  f("ttft", l.ttft, "longest time to first token", positive);
  f("itl", l.itl, "longest inter-token latency", positive);
  f("training_time", l.training_time, "longest time of the run", positive);
  f("token_rate", l.token_rate, "least tokens per time", positive);
  f("sample_rate", l.sample_rate, "least samples per time", positive);
  f("power", l.power, "highest mean power of all devices", positive);
  f("energy", l.energy, "most energy per inference, request or run", positive);
  f("cost", l.cost, "highest cost of the run", positive);
  f("cost_per_token", l.cost_per_token, "highest cost of an output token", positive);
  f("carbon", l.carbon, "most carbon of the run", positive);
  f("battery_life", l.battery_life, "shortest time on one battery", positive);
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
  f("limits", s.limits, "the service level; each becomes a check");
  f("assert", s.assertions, "checks on any metric", optional_field);
  f("efficiency", s.efficiency, "a student's own efficiencies in place of the predicted ones; marks the result");
  f("calibration", s.calibration, "calibration profile; the class-wide defaults when left out");
}

}  // namespace mlsysim::scenario
