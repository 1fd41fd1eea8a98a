#include "mlsysim/describe/walls.hpp"

namespace mlsysim {
namespace {

constexpr Wall all[] = {
    {"compute", "device", "Compute", "An operator is no faster than its work divided by the peak of the units which do it.", "roofline.compute_time roofline.time", "compute_bound", "", "", "", "compute", "mlsysim analyze --model ResNet-50 --hardware A100 --batch 64"},
    {"memory_bandwidth", "device", "Memory bandwidth", "An operator is no faster than its bytes divided by the bandwidth of the memory which holds them.", "roofline.memory_time roofline.time roofline.intensity roofline.ridge", "memory_wall", "performance.mbu", "0.5", "", "memory bandwidth", ""},
    {"memory_capacity", "device", "Memory capacity", "What does not fit does not run, however fast it would be.", "memory.state memory.stage_activations memory.left", "infeasible_70b_on_one_gpu", "", "", "", "memory capacity", ""},
    {"dispatch", "device", "Latency and dispatch", "Small operators take as long as it takes to launch them.", "dispatch.host_time", "vision_batch_one", "", "", "", "kernel dispatch", "mlsysim analyze --model ResNet-50 --hardware A100 --batch 1"},
    {"software_efficiency", "device", "Software efficiency", "The peak is a promise: which share of it is reached depends on kernels, compilers and whoever starts them.", "utilisation.mfu dispatch.host_bound", "framework_overhead", "performance.mfu", "", "0.1", "framework's host", "mlsysim compare --model ResNet-50 --hardware A100 H100 --batch 8 --execution eager"},
    {"weight_streaming", "device", "Weight streaming", "Weights which the chip cannot hold come over a link for every pass, and the link sets the pace.", "streaming.time streaming.bound", "weight_streaming", "", "", "", "weight streaming", ""},
    {"serving_phases", "serving", "The two phases of serving", "Reading a prompt is bound by arithmetic, writing an answer by memory: one machine cannot suit both.", "serving.request_latency", "chatbot", "", "", "", "memory bandwidth in decode, compute in prefill", "mlsysim eval chatbot --explain serving.itl"},
    {"batching", "serving", "Batching", "Weights are read once per step for all requests, so throughput is bought with latency.", "serving.request_latency", "batch_offline_inference", "serving.itl", "15 ms", "", "memory bandwidth in decode", "mlsysim eval batch_offline_inference --all"},
    {"kv_cache", "serving", "State of requests", "Each open request keeps its keys and values: memory, not arithmetic, limits how many there are.", "kv.bytes_per_token serving.kv_budget", "long_context_kv", "memory.kv_cache", "30 GB", "", "memory bandwidth in decode", "mlsysim eval long_context_kv --explain memory.kv_cache"},
    {"tail_latency", "serving", "Tail latency", "A request which asks many servers is as slow as the slowest of them.", "tail.any_slow tail.lognormal_quantile", "tail_at_scale", "tail.slowdown", "2", "", "", ""},
    {"network", "fleet", "Network", "Gradients and activations which no compute hides are paid for in full.", "collective.ring_all_reduce data_parallel.exposed_time", "oversubscribed_network", "distributed.data_communication", "100 ms", "", "", ""},
    {"bisection", "fleet", "Bisection and topology", "A network is as wide as its narrowest cut, not as its ports.", "placement.bisection placement.oversubscribed_share", "oversubscribed_network", "distributed.scaling_efficiency", "", "0.9", "", "mlsysim eval full_bisection_network"},
    {"parallel_scaling", "fleet", "Parallel scaling", "Dividing work leaves parts which wait for each other: stages of a pipeline for its first and last micro-batches.", "pipeline.bubble_fraction pipeline.bubble_over_ideal", "pipeline_bubble", "distributed.bubble_fraction", "0.4", "", "", "mlsysim timeline pipeline_bubble"},
    {"stragglers", "fleet", "Synchronisation and stragglers", "Whoever waits for all waits for the slowest, and among many one is always slow.", "tail.any_slow tail.exponential_maximum", "stragglers_10k_gpus", "tail.slowdown", "1.01", "", "", ""},
    {"reliability", "fleet", "Reliability", "Failure rates add: a large machine fails often, and pays with checkpoints, restarts and lost work.", "reliability.fleet_mtbf reliability.young_interval reliability.goodput", "checkpoint_interval", "reliability.goodput", "", "0.98", "", ""},
    {"orchestration", "fleet", "Shared clusters", "The last part of utilisation is paid in waiting.", "queueing.waiting_probability queueing.allen_cunneen_wait queueing.slowdown", "shared_cluster", "orchestration.wait", "2 h", "", "", ""},
    {"data_ingest", "data", "Data ingest", "Accelerators are no faster than storage and network deliver.", "data.delivery_rate data.supply data.stall", "data_ingest", "data.stall", "0.01", "", "data: network", ""},
    {"data_transformation", "data", "Data transformation", "Accelerators are no faster than processors decode and prepare.", "data.preparation_rate data.supply data.stall", "data_wall", "data.stall", "0.5", "", "data: workers", ""},
    {"locality", "data", "Locality", "Large data are slow and costly to move: compute goes where they are.", "data.staging_time economics.egress", "data_gravity", "data.staging", "12 h", "", "", ""},
    {"compression", "algorithm", "Compression", "Fewer bits or weights help the resource which binds, and cost accuracy.", "compression.speedup compression.memory_saving compression.score_loss", "quantized_decode", "techniques.score_loss", "1", "", "", "mlsysim list techniques"},
    {"algorithmic_scaling", "algorithm", "Algorithmic scaling", "Loss falls as a small power of parameters and tokens: each further step costs a multiple of the last.", "scaling.loss scaling.optimal_parameters scaling.training_compute", "overtrained_8b", "scaling.overtraining", "1.5", "", "", "mlsysim scaling --compute \"1e24 FLOP\""},
    {"inference_compute", "algorithm", "Compute at inference", "More tries or longer thoughts buy quality at the price of every request.", "scaling.coverage scaling.cost_per_solution", "repeated_sampling", "sampling.coverage", "0.5", "", "", ""},
    {"capital", "economics", "Capital", "Machines are paid for whether they work or not.", "economics.annuity economics.break_even_utilisation economics.cost", "own_or_rent", "economics.break_even_utilisation", "0.1", "", "", "mlsysim eval own_or_rent --all"},
    {"carbon", "economics", "Energy, carbon and water", "Energy is work over efficiency; what it emits and evaporates is decided by where and when it is drawn.", "energy.facility_energy carbon.operational water.grid", "region_choice_poland", "sustainability.carbon", "1 tCO2e", "", "", "mlsysim eval clean_hours"},
    {"safety", "society", "Safety", "Robustness, privacy and fairness are trained for, and training takes a multiple of the time.", "technique.overhead_time technique.combined_factor", "private_training", "techniques.training_factor", "2", "", "", "mlsysim list techniques"},
    {"sensitivity", "analysis", "Sensitivity", "Only the resource which binds is worth improving; all others are already paid for.", "roofline.time", "memory_wall", "performance.mfu", "", "0.5", "memory bandwidth", "mlsysim sensitivity memory_wall"},
    {"synthesis", "analysis", "Synthesis", "Asked backwards, a limit names the least hardware which keeps it.", "memory.left serving.kv_budget", "infeasible_70b_on_one_gpu", "", "", "", "memory capacity", "mlsysim optimize hardware infeasible_70b_on_one_gpu --vary devices=1 --top 3"},
};

}  // namespace

std::span<const Wall> walls() { return all; }

}  // namespace mlsysim
