#include "mlsysim/teaching/glossary.hpp"

#include <algorithm>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::teaching {
namespace {

using Paths = std::string_view;

constexpr Paths of_parameters[] = {"memory.parameters"};
constexpr Paths of_weights[] = {"memory.weights"};
constexpr Paths of_kv[] = {"memory.kv_cache"};
constexpr Paths of_kv_request[] = {"serving.kv_per_request"};
constexpr Paths of_activations[] = {"memory.activations"};
constexpr Paths of_optimizer[] = {"memory.optimizer"};
constexpr Paths of_capacity[] = {"memory.hbm_capacity", "memory.gddr_capacity", "memory.lpddr_capacity", "memory.dram_capacity", "memory.sram_capacity", "memory.flash_capacity"};
constexpr Paths of_needed[] = {"memory.hbm_needed", "memory.gddr_needed", "memory.lpddr_needed", "memory.dram_needed", "memory.sram_needed", "memory.flash_needed"};
constexpr Paths of_latency[] = {"performance.latency"};
constexpr Paths of_work[] = {"performance.work"};
constexpr Paths of_model_work[] = {"performance.model_work", "distributed.step_work", "distributed.training_work"};
constexpr Paths of_intensity[] = {"performance.intensity"};
constexpr Paths of_ridge[] = {"performance.ridge"};
constexpr Paths of_peak[] = {"performance.peak"};
constexpr Paths of_bandwidth[] = {"performance.bandwidth"};
constexpr Paths of_mfu[] = {"performance.mfu", "distributed.mfu", "serving.prefill_mfu"};
constexpr Paths of_hfu[] = {"distributed.hfu"};
constexpr Paths of_mbu[] = {"performance.mbu", "serving.decode_mbu"};
constexpr Paths of_compute_utilisation[] = {"performance.compute_utilisation", "serving.prefill_compute_utilisation"};
constexpr Paths of_ttft[] = {"serving.ttft"};
constexpr Paths of_itl[] = {"serving.itl"};
constexpr Paths of_tpot[] = {"serving.tpot"};
constexpr Paths of_tpot_first[] = {"serving.tpot_with_first"};
constexpr Paths of_request_latency[] = {"serving.request_latency"};
constexpr Paths of_throughput[] = {"serving.total_token_throughput", "serving.token_throughput"};
constexpr Paths of_user_rate[] = {"serving.user_token_rate"};
constexpr Paths of_concurrency[] = {"serving.max_concurrency"};
constexpr Paths of_step[] = {"distributed.step_time"};
constexpr Paths of_bubble[] = {"distributed.bubble_fraction"};
constexpr Paths of_bubble_ideal[] = {"distributed.bubble_over_ideal"};
constexpr Paths of_micro_batches[] = {"distributed.micro_batches"};
constexpr Paths of_scaling[] = {"distributed.scaling_efficiency"};
constexpr Paths of_run[] = {"distributed.training_time"};
constexpr Paths of_rule[] = {"distributed.training_time_rule"};
constexpr Paths of_wall[] = {"reliability.run_time"};
constexpr Paths of_mtbf[] = {"reliability.fleet_mtbf"};
constexpr Paths of_device_mtbf[] = {"reliability.device_mtbf"};
constexpr Paths of_interval[] = {"reliability.checkpoint_interval"};
constexpr Paths of_young[] = {"reliability.young_interval"};
constexpr Paths of_goodput[] = {"reliability.goodput"};
constexpr Paths of_pue[] = {"sustainability.pue"};
constexpr Paths of_it_energy[] = {"sustainability.it_energy"};
constexpr Paths of_energy[] = {"sustainability.energy"};
constexpr Paths of_carbon[] = {"sustainability.carbon"};
constexpr Paths of_operational[] = {"sustainability.operational_carbon"};
constexpr Paths of_embodied[] = {"sustainability.embodied_carbon"};
constexpr Paths of_cost_token[] = {"economics.per_token"};
constexpr Paths of_p99[] = {"tail.p99"};
constexpr Paths of_any_slow[] = {"tail.any_slow"};

constexpr Paths of_workspace[] = {"memory.workspace"};
constexpr Paths of_gradients[] = {"memory.gradients"};
constexpr Paths of_bytes_moved[] = {"performance.bytes"};
constexpr Paths of_main_bytes[] = {"performance.main_bytes"};
constexpr Paths of_pass_energy[] = {"performance.energy"};
constexpr Paths of_ttft_loaded[] = {"serving.ttft_loaded"};
constexpr Paths of_ttft_with_queue[] = {"serving.ttft_with_queue"};
constexpr Paths of_ttft_p99[] = {"serving.ttft_p99", "traffic.ttft_p99"};
constexpr Paths of_kv_budget[] = {"serving.kv_budget"};
constexpr Paths of_best_concurrency[] = {"serving.best_concurrency"};
constexpr Paths of_serving_goodput[] = {"serving.goodput", "traffic.goodput"};
constexpr Paths of_request_throughput[] = {"serving.request_throughput"};
constexpr Paths of_offered_utilisation[] = {"serving.utilisation"};
constexpr Paths of_waiting_time[] = {"serving.waiting_time"};
constexpr Paths of_replicas_needed[] = {"serving.replicas_needed"};
constexpr Paths of_replicas_p99[] = {"traffic.replicas_needed"};
constexpr Paths of_offline_throughput[] = {"serving.offline_throughput"};
constexpr Paths of_accepted_tokens[] = {"serving.accepted"};
constexpr Paths of_speculation_speedup[] = {"serving.speculation_speedup"};
constexpr Paths of_pools_per_device[] = {"serving.pools_per_device"};
constexpr Paths of_together_per_device[] = {"serving.together_per_device"};
constexpr Paths of_exposed_communication[] = {"distributed.tensor_communication", "distributed.pipeline_communication", "distributed.data_communication", "distributed.expert_communication", "distributed.context_communication"};
constexpr Paths of_bubble_time[] = {"distributed.bubble"};
constexpr Paths of_imbalance[] = {"distributed.imbalance"};
constexpr Paths of_bus_bandwidth[] = {"collective.bus_bandwidth"};
constexpr Paths of_algorithm_bandwidth[] = {"collective.algorithm_bandwidth"};
constexpr Paths of_failures[] = {"reliability.failures"};
constexpr Paths of_rework[] = {"reliability.rework_share"};
constexpr Paths of_data_demand[] = {"data.demand"};
constexpr Paths of_data_supply[] = {"data.supply"};
constexpr Paths of_data_stall[] = {"data.stall"};
constexpr Paths of_duty[] = {"battery.duty"};
constexpr Paths of_mean_power[] = {"battery.power"};
constexpr Paths of_battery_life[] = {"battery.life"};
constexpr Paths of_cost[] = {"economics.cost"};
constexpr Paths of_cost_rate[] = {"economics.rate"};
constexpr Paths of_device_rate[] = {"economics.device_rate"};
constexpr Paths of_annuity[] = {"economics.annuity"};
constexpr Paths of_depreciation[] = {"economics.depreciation"};
constexpr Paths of_break_even_utilisation[] = {"economics.break_even_utilisation"};
constexpr Paths of_spot_goodput[] = {"economics.spot_goodput"};
constexpr Paths of_cost_per_request[] = {"economics.per_request"};
constexpr Paths of_water[] = {"sustainability.water"};
constexpr Paths of_carbon_per_token[] = {"sustainability.carbon_per_token"};
constexpr Paths of_energy_per_token[] = {"sustainability.energy_per_token"};
constexpr Paths of_shift_saving[] = {"sustainability.shift_saving"};
constexpr Paths of_tail_slowdown[] = {"tail.slowdown"};
constexpr Paths of_job_slowdown[] = {"orchestration.slowdown"};
constexpr Paths of_coverage[] = {"sampling.coverage"};
constexpr Paths of_optimal_parameters[] = {"scaling.optimal_parameters"};
constexpr Paths of_lifetime_parameters[] = {"scaling.inference_parameters"};
constexpr Paths of_tokens_per_parameter[] = {"scaling.optimal_tokens_per_parameter"};
constexpr Paths of_overtraining[] = {"scaling.overtraining"};
constexpr Paths of_score_loss[] = {"techniques.score_loss"};

constexpr Confusion not_parameters[] = {{"weights", "parameters are counted, weights are bytes: parameters times bytes per weight", 0}};
constexpr Confusion not_capacity[] = {{"", "the same number read as GiB would be 1.074 times as many bytes", 1.073741824}};
constexpr Confusion not_kv[] = {{"", "a model with grouped queries caches key-value heads, not query heads: counting all heads multiplies the cache by heads / kv_heads", 0, ".transformer.heads", ".transformer.kv_heads"}};
constexpr Confusion not_model_work[] = {{"work", "executed work holds what kernels really do: recomputation, softmax, normalization", 0}, {"", "counted as multiply-accumulates (MAC) it would be half", 0.5}};
constexpr Confusion not_work[] = {{"model_work", "model work counts the products of the model only, whatever the implementation does", 0}};
constexpr Confusion not_intensity[] = {{"ridge", "the ridge is a property of the device; the workload's intensity is held against it", 0}};
constexpr Confusion not_ridge[] = {{"intensity", "the intensity is a property of the workload; the ridge is where the device's two roofs meet", 0}, {"", "with the peak of structured sparsity, twice the dense one on many devices, the ridge would be twice as far right", 2}};
constexpr Confusion not_peak[] = {{"", "data sheets print the peak with structured sparsity first, on many devices twice the dense peak; no dense model reaches it", 2}};
constexpr Confusion not_mfu[] = {{"hfu", "HFU counts recomputed work too, so it is the larger of the two where activations are recomputed", 0}, {"compute_utilisation", "counts every FLOP which kernels execute, not the model's alone", 0}, {"mbu", "the same question asked of the memory", 0}};
constexpr Confusion not_hfu[] = {{"mfu", "MFU leaves recomputed work out: it is the one to compare plans by", 0}};
constexpr Confusion not_mbu[] = {{"mfu", "the same question asked of the arithmetic units", 0}};
constexpr Confusion not_ttft[] = {{"request_latency", "the time to the last token, not to the first", 0}};
constexpr Confusion not_itl[] = {{"tpot", "TPOT averages over the whole request: prefills of other requests which interrupt the decoding are in it", 0}, {"tpot_with_first", "some benchmarks divide the whole latency by all tokens", 0}, {"user_token_rate", "the reciprocal", 0}};
constexpr Confusion not_tpot[] = {{"itl", "ITL is the time of one decode step, without the prefills of other requests", 0}, {"tpot_with_first", "the first token and its prompt are in it", 0}};
constexpr Confusion not_tpot_first[] = {{"tpot", "leaves the first token out", 0}, {"itl", "one decode step", 0}};
constexpr Confusion not_request_latency[] = {{"ttft", "to the first token only", 0}};
constexpr Confusion not_throughput[] = {{"user_token_rate", "what one user sees; the throughput is what all requests of all replicas yield together", 0}};
constexpr Confusion not_user_rate[] = {{"token_throughput", "what the machine yields for all requests together", 0}};
constexpr Confusion not_bubble[] = {{"bubble_over_ideal", "the same idle time over the time without a bubble, (p-1)/(v m), as in Narayanan 2021", 0}};
constexpr Confusion not_bubble_ideal[] = {{"bubble_fraction", "the same idle time over the total time, (p-1)/(v m + p-1)", 0}};
constexpr Confusion not_run[] = {{"run_time", "with failures, restarts and checkpoints", 0}, {"training_time_rule", "the rule of thumb 6 N D at the same MFU", 0}};
constexpr Confusion not_wall[] = {{"training_time", "without failures and checkpoints", 0}};
constexpr Confusion not_mtbf[] = {{"device_mtbf", "of one device; any one of n devices stops the run, so the fleet's is n times shorter", 0}};
constexpr Confusion not_device_mtbf[] = {{"fleet_mtbf", "of all devices together", 0}};
constexpr Confusion not_interval[] = {{"young_interval", "the first-order form, good where a checkpoint is short against the MTBF", 0}};
constexpr Confusion not_it_energy[] = {{"energy", "facility energy: PUE is applied to it, once", 0}};
constexpr Confusion not_energy[] = {{"it_energy", "before PUE", 0}};
constexpr Confusion not_carbon[] = {{"operational_carbon", "of the electricity alone", 0}, {"embodied_carbon", "of making the hardware, shared out over its life", 0}};
constexpr Confusion not_p99[] = {{"", "a mean says nothing of the slowest one in a hundred, and percentiles of parts do not add up to that of the whole", 0}};
constexpr Confusion not_bytes_moved[] = {{"main_bytes", "the part which a large cache does not hold and which therefore comes from main memory", 0}};
constexpr Confusion not_main_bytes[] = {{"bytes_moved", "all of them, whatever level holds them", 0}};
constexpr Confusion not_pass_energy[] = {{"it_energy", "of all devices and nodes over the whole run", 0}};
constexpr Confusion not_ttft_loaded[] = {{"ttft", "on an empty replica", 0}, {"ttft_with_queue", "with the wait of a request which arrives at random", 0}};
constexpr Confusion not_ttft_with_queue[] = {{"ttft", "without the wait", 0}, {"ttft_p99", "the one in a hundred which waits longest", 0}};
constexpr Confusion not_ttft_p99[] = {{"ttft", "without a queue", 0}, {"ttft_with_queue", "the mean, which hides the slowest hundredth", 0}};
constexpr Confusion not_kv_budget[] = {{"capacity", "the whole memory: the weights are forgotten", 0}};
constexpr Confusion not_best_concurrency[] = {{"max_concurrency", "the most which fit into memory, however slow they are", 0}};
constexpr Confusion not_serving_goodput[] = {{"goodput", "of training: the share of wall time which is useful work", 0}, {"request_throughput", "all requests, within the limits or not", 0}};
constexpr Confusion not_request_throughput[] = {{"serving_goodput", "only those which keep the limits", 0}};
constexpr Confusion not_offered_utilisation[] = {{"mfu", "how well the arithmetic units are used while they run", 0}};
constexpr Confusion not_waiting_time[] = {{"ttft_with_queue", "the wait and the prefill together", 0}};
constexpr Confusion not_replicas_needed[] = {{"replicas_p99", "also quick enough for 99 of 100 requests", 0}};
constexpr Confusion not_replicas_p99[] = {{"replicas_needed", "enough for the work, not for the tail", 0}};
constexpr Confusion not_offline_throughput[] = {{"token_throughput", "at the batch of the scenario", 0}};
constexpr Confusion not_pools_per_device[] = {{"together_per_device", "the same devices, each of which reads and writes", 0}};
constexpr Confusion not_together_per_device[] = {{"pools_per_device", "with a pool for reading and one for writing", 0}};
constexpr Confusion not_bubble_time[] = {{"bubble_fraction", "the same as a share of the pipeline's time", 0}};
constexpr Confusion not_imbalance[] = {{"bubble", "waiting which equal stages have too", 0}};
constexpr Confusion not_bus_bandwidth[] = {{"algorithm_bandwidth", "message over time; smaller than the link even for a perfect collective", 0}};
constexpr Confusion not_algorithm_bandwidth[] = {{"bus_bandwidth", "scaled to what a link carries", 0}};
constexpr Confusion not_data_demand[] = {{"data_supply", "what the slowest stage delivers", 0}};
constexpr Confusion not_duty[] = {{"mfu", "how well the arithmetic units are used while awake", 0}};
constexpr Confusion not_mean_power[] = {{"duty", "the share of the time, not of the power", 0}};
constexpr Confusion not_cost_rate[] = {{"device_rate", "of one device", 0}};
constexpr Confusion not_device_rate[] = {{"cost_rate", "of all of them", 0}};
constexpr Confusion not_annuity[] = {{"depreciation", "price over lifetime, without interest", 0}};
constexpr Confusion not_depreciation[] = {{"annuity", "with interest", 0}};
constexpr Confusion not_cost_per_request[] = {{"cost_per_token", "of one output token", 0}};
constexpr Confusion not_carbon_per_token[] = {{"carbon", "of the whole time", 0}};
constexpr Confusion not_energy_per_token[] = {{"energy", "of the whole time", 0}, {"", "of the devices alone it would be smaller by PUE and by what hosts take", 0}};
constexpr Confusion not_tail_slowdown[] = {{"p99", "a percentile of one participant", 0}};
constexpr Confusion not_job_slowdown[] = {{"tail_slowdown", "of a step which waits for its slowest participant", 0}};
constexpr Confusion not_optimal_parameters[] = {{"lifetime_parameters", "smaller, when the compute of serving counts too", 0}};
constexpr Confusion not_lifetime_parameters[] = {{"optimal_parameters", "least loss for training compute alone", 0}};

constexpr Term terms[] = {
    {"parameters", "parameters", "Trained numbers of the model, counted from its architecture: tied embeddings once, all experts, biases where it has them.", "", "", "definition", of_parameters, not_parameters},
    {"weights", "weights in memory", "Bytes of parameters on one device, after tensor, pipeline and expert parallelism and ZeRO.", "N * bytes per weight / ranks", "N \\cdot w / r", "definition", of_weights, {}},
    {"kv_cache", "KV cache", "Keys and values of all tokens of all requests on a device, kept so that a decode step reads them instead of computing them again.", "2 * L * g * d * bytes * tokens * requests", "2 \\cdot L \\cdot g \\cdot d \\cdot w \\cdot s \\cdot b", "definition", of_kv, not_kv},
    {"kv_per_request", "cache of one request", "Keys and values of one request at its longest, on one device.", "", "", "definition", of_kv_request, not_kv},
    {"activations", "activations in memory", "Intermediate results which must be held at once: in training until the backward pass has used them.", "", "", "definition", of_activations, {}},
    {"optimizer_state", "optimizer state", "What the optimizer keeps for each parameter, with Adam in mixed precision 12 B: fp32 weights, momentum and variance.", "", "", "rajbhandari2020", of_optimizer, {}},
    {"capacity", "memory capacity", "Bytes which a process can use: as the driver reports them where known, otherwise as marketed.", "", "", "definition", of_capacity, not_capacity},
    {"memory_needed", "memory needed", "Sum of all categories which live in this memory at once.", "", "", "definition", of_needed, not_capacity},
    {"latency", "latency", "Time of one pass: the sum over its operators of the longer of compute and memory time, plus dispatch.", "sum of max(W / P, Q / B) + dispatch", "\\sum \\max(W / P, Q / B) + t_0", "williams2009", of_latency, {}},
    {"work", "work", "FLOP which kernels execute, a multiply-accumulate counted as two.", "", "", "definition", of_work, not_work},
    {"model_work", "model work", "FLOP of the model's matrix products with the full attention matrix, whatever the implementation does; training: three times the forward pass.", "", "", "definition", of_model_work, not_model_work},
    {"intensity", "arithmetic intensity", "FLOP for each byte which is read or written.", "W / Q", "W / Q", "williams2009", of_intensity, not_intensity},
    {"ridge", "ridge point", "Arithmetic intensity at which compute time and memory time are equal; left of it memory binds, right of it compute.", "P / B", "P / B", "williams2009", of_ridge, not_ridge},
    {"peak", "dense peak", "FLOP/s of the data sheet for dense operands of this precision.", "", "", "definition", of_peak, not_peak},
    {"bandwidth", "nominal memory bandwidth", "Of the data sheet; kernels reach a share of it which is measured, not assumed.", "", "", "definition", of_bandwidth, {}},
    {"mfu", "MFU", "Model FLOPs utilisation: model work over what the dense peak could have done in the same time.", "W_model / (t * devices * P)", "W_\\mathrm{model} / (t \\cdot n \\cdot P)", "chowdhery2022", of_mfu, not_mfu},
    {"hfu", "HFU", "Hardware FLOPs utilisation: as MFU, recomputed work included.", "(W_model + W_recomputed) / (t * devices * P)", "(W_\\mathrm{model} + W_\\mathrm{recomputed}) / (t \\cdot n \\cdot P)", "korthikanti2022", of_hfu, not_hfu},
    {"mbu", "MBU", "Memory bandwidth utilisation: bytes from and to main memory over what the nominal bandwidth could have moved in the same time.", "Q / (t * B)", "Q / (t \\cdot B)", "definition", of_mbu, not_mbu},
    {"compute_utilisation", "compute utilisation", "Executed FLOP over what the dense peak could have done in the same time.", "W / (t * P)", "W / (t \\cdot P)", "definition", of_compute_utilisation, {}},
    {"ttft", "TTFT", "Time to first token: from the arrival of a request at an empty queue to its first token, that is, its prefill.", "", "", "definition", of_ttft, not_ttft},
    {"itl", "ITL", "Inter-token latency: one decode step of the whole batch at mean context. The first token is not in it.", "", "", "definition", of_itl, not_itl},
    {"tpot", "TPOT", "Time per output token after the first, averaged over a request.", "(L - TTFT) / (O - 1)", "(L - \\mathrm{TTFT}) / (O - 1)", "definition", of_tpot, not_tpot},
    {"tpot_with_first", "TPOT with the first token", "Latency of a request over all its output tokens.", "L / O", "L / O", "definition", of_tpot_first, not_tpot_first},
    {"request_latency", "request latency", "From the start of a request to its last token, with the prefills of the requests which share the replica.", "", "", "yu2022", of_request_latency, not_request_latency},
    {"token_throughput", "token throughput", "Output tokens per time, of one replica or of all.", "", "", "little1961", of_throughput, not_throughput},
    {"user_token_rate", "tokens per second of a user", "What one user sees: one token per decode step.", "1 / ITL", "1 / \\mathrm{ITL}", "definition", of_user_rate, not_user_rate},
    {"max_concurrency", "requests which fit", "Requests whose caches at full length fit into what weights and workspace leave free.", "floor(free / kv)", "\\lfloor \\mathrm{free} / \\mathrm{kv} \\rfloor", "kwon2023", of_concurrency, {}},
    {"step_time", "step time", "One optimizer step: compute, what communication and bubble do not hide, and the update.", "", "", "definition", of_step, {}},
    {"bubble_fraction", "bubble fraction", "Idle time of the pipeline over its total time.", "(p - 1) / (v * m + p - 1)", "(p - 1) / (v m + p - 1)", "narayanan2021", of_bubble, not_bubble},
    {"bubble_over_ideal", "bubble over ideal time", "Idle time of the pipeline over its time without a bubble.", "(p - 1) / (v * m)", "(p - 1) / (v m)", "narayanan2021", of_bubble_ideal, not_bubble_ideal},
    {"micro_batches", "micro-batches", "Into how many a replica cuts its share of the global batch.", "ceil(B / (b * replicas))", "\\lceil B / (b \\cdot r) \\rceil", "definition", of_micro_batches, {}},
    {"scaling_efficiency", "scaling efficiency", "Time of one replica which does its share of the batch alone, over the step of all: what sharing costs. Above 1 where ranks divide the update, which one alone would do whole.", "", "", "definition", of_scaling, {}},
    {"training_time", "time of the run", "Steps times step time, without failures.", "", "", "definition", of_run, not_run},
    {"training_time_rule", "6ND cross-check", "The rule of thumb at the MFU of this plan.", "6 * N * D / (MFU * P * n)", "6 N D / (\\mathrm{MFU} \\cdot P \\cdot n)", "kaplan2020", of_rule, {}},
    {"run_time", "wall time of the run", "The run with failures, lost work, restarts and checkpoints.", "", "", "definition", of_wall, not_wall},
    {"fleet_mtbf", "MTBF of the fleet", "Mean time between failures of any of the devices, each of which stops the run.", "M / n", "M / n", "definition", of_mtbf, not_mtbf},
    {"device_mtbf", "MTBF of a device", "Mean time between failures of one device with its share of the node.", "", "", "definition", of_device_mtbf, not_device_mtbf},
    {"checkpoint_interval", "best checkpoint interval", "Useful work between checkpoints which loses the least time.", "", "", "daly2006", of_interval, not_interval},
    {"young_interval", "Young's interval", "The best checkpoint interval to first order.", "sqrt(2 * delta * M)", "\\sqrt{2 \\delta M}", "young1974", of_young, {}},
    {"goodput", "goodput", "Useful time over wall time (ETTR).", "", "", "definition", of_goodput, {}},
    {"pue", "PUE", "Power usage effectiveness: facility energy over IT energy, applied once.", "E_facility / E_IT", "E_\\mathrm{facility} / E_\\mathrm{IT}", "definition", of_pue, {}},
    {"it_energy", "IT energy", "Of devices and nodes, before PUE.", "", "", "definition", of_it_energy, not_it_energy},
    {"energy", "facility energy", "IT energy times PUE.", "E_IT * PUE", "E_\\mathrm{IT} \\cdot \\mathrm{PUE}", "definition", of_energy, not_energy},
    {"carbon", "carbon", "Operational and, where data and lifetime are there, embodied emissions.", "", "", "definition", of_carbon, not_carbon},
    {"operational_carbon", "operational carbon", "Facility energy times the grid's intensity; the factor is location- or market-based and says which.", "E * intensity", "E \\cdot I", "definition", of_operational, {}},
    {"embodied_carbon", "embodied carbon", "Emissions of making the hardware, in proportion to the share of its life which is used.", "", "", "definition", of_embodied, {}},
    {"cost_per_token", "cost per token", "Cost per time over output tokens per time.", "", "", "definition", of_cost_token, {}},
    {"p99", "P99", "The time which 99 of 100 are within.", "", "", "definition", of_p99, not_p99},
    {"any_slow", "at least one is slow", "Chance that at least one of n participants is slower than a time which one exceeds with probability p.", "1 - (1 - p)^n", "1 - (1 - p)^n", "dean2013", of_any_slow, {}},
    {"workspace", "workspace", "Memory which kernels and the engine need beside weights, caches and results: buffers which are reused from one operator to the next.", "", "", "definition", of_workspace, {}},
    {"gradients", "gradients in memory", "One number for each parameter which is trained, on one device after sharding.", "", "", "definition", of_gradients, {}},
    {"bytes_moved", "bytes read and written", "What the operators of a pass read and write: weights, inputs, results and caches, each as often as a kernel touches it.", "", "", "definition", of_bytes_moved, not_bytes_moved},
    {"main_bytes", "bytes from main memory", "Of the bytes read and written those which the last cache level does not hold.", "", "", "yang2020", of_main_bytes, not_main_bytes},
    {"pass_energy", "energy of a pass", "Power of one device times the time of the pass.", "", "", "definition", of_pass_energy, not_pass_energy},
    {"ttft_loaded", "TTFT while others are served", "Time to the first token of a request whose prompt is read between the decode steps of the others; nobody waits in a queue.", "", "", "definition", of_ttft_loaded, not_ttft_loaded},
    {"ttft_with_queue", "TTFT with the mean wait", "Mean wait in the queue, then the prefill.", "W_q + TTFT", "W_q + \\mathrm{TTFT}", "kleinrock1975", of_ttft_with_queue, not_ttft_with_queue},
    {"ttft_p99", "TTFT P99", "The time to first token which 99 of 100 requests are within: by the closed form of the queue, or from a simulation of single requests.", "", "", "definition", of_ttft_p99, not_ttft_p99},
    {"kv_budget", "memory left for the cache", "What weights and workspace leave of a device's memory for keys and values.", "", "", "definition", of_kv_budget, not_kv_budget},
    {"best_concurrency", "requests within the ITL limit", "The most requests at once with which one decode step keeps the limit of the scenario.", "", "", "definition", of_best_concurrency, not_best_concurrency},
    {"serving_goodput", "goodput of a service", "Requests per time of one replica which keep all latency limits.", "", "", "definition", of_serving_goodput, not_serving_goodput},
    {"request_throughput", "request throughput", "Requests which one replica finishes per time.", "", "", "definition", of_request_throughput, not_request_throughput},
    {"offered_utilisation", "utilisation of a service", "Offered load over capacity. At 1 and above the queue grows without end.", "lambda / mu", "\\lambda / \\mu", "kleinrock1975", of_offered_utilisation, not_offered_utilisation},
    {"waiting_time", "wait in the queue", "Mean time from the arrival of a request until its prompt is read.", "", "", "allen1990", of_waiting_time, not_waiting_time},
    {"replicas_needed", "replicas for the offered rate", "The fewest replicas which are offered less than they can do.", "", "", "definition", of_replicas_needed, not_replicas_needed},
    {"replicas_p99", "replicas for the P99", "The fewest replicas with which 99 of 100 requests keep the limit.", "", "", "definition", of_replicas_p99, not_replicas_p99},
    {"offline_throughput", "most output tokens", "Output tokens per time when requests never lack and the batch may be as large as fits: what a throughput benchmark reports.", "", "", "definition", of_offline_throughput, not_offline_throughput},
    {"accepted_tokens", "tokens of a speculative step", "Expected tokens which one verification yields: the guesses accepted in a row, and one more.", "", "", "definition", of_accepted_tokens, {}},
    {"speculation_speedup", "gain of speculation", "ITL without speculation over ITL with it; below 1 guessing costs more than it saves.", "", "", "definition", of_speculation_speedup, {}},
    {"pools_per_device", "requests per device with pools", "Rate of reading and writing pools in balance over the devices of both.", "", "", "definition", of_pools_per_device, not_pools_per_device},
    {"together_per_device", "requests per device without pools", "The same limits, each replica reading and writing.", "", "", "definition", of_together_per_device, not_together_per_device},
    {"exposed_communication", "exposed communication", "Time of a step in which devices wait for others: what no computation hides.", "", "", "definition", of_exposed_communication, {}},
    {"bubble", "pipeline bubble", "Time of a step in which a rank waits because its pipeline fills or drains.", "", "", "narayanan2021", of_bubble_time, not_bubble_time},
    {"imbalance", "imbalance of stages", "Part of the compute time in which other stages wait for the slowest one.", "", "", "definition", of_imbalance, not_imbalance},
    {"bus_bandwidth", "bus bandwidth", "What each rank's link carries, by the convention of nccl-tests: independent of the number of ranks, so that it can be held against the link.", "message / time * 2 * (n - 1) / n", "S / t \\cdot 2 (n - 1) / n", "thakur2005", of_bus_bandwidth, not_bus_bandwidth},
    {"algorithm_bandwidth", "algorithm bandwidth", "Size of the message over the time of the collective.", "message / time", "S / t", "definition", of_algorithm_bandwidth, not_algorithm_bandwidth},
    {"failures", "expected failures", "Time of the run over the MTBF of its devices.", "t / M", "t / M", "definition", of_failures, {}},
    {"rework", "rework", "Share of the time which is lost because work since the last checkpoint is done again.", "", "", "daly2006", of_rework, {}},
    {"data_demand", "demand for samples", "Samples per time which all accelerators together consume.", "", "", "definition", of_data_demand, not_data_demand},
    {"data_supply", "supply of samples", "Samples per time of the slowest stage: storage, network or workers.", "min of the stages", "\\min_i r_i", "definition", of_data_supply, {}},
    {"data_stall", "data stall", "Share of the time in which accelerators wait for data.", "max(1 - supply / demand, 0)", "\\max(1 - S / D, 0)", "definition", of_data_stall, {}},
    {"duty", "duty", "Share of the time in which a device is awake.", "rate * time", "\\lambda t", "definition", of_duty, not_duty},
    {"mean_power", "mean power", "Power over a whole cycle of work and sleep.", "P_active + (1 - D) * P_sleep", "P_\\mathrm{active} + (1 - D) P_\\mathrm{sleep}", "definition", of_mean_power, not_mean_power},
    {"battery_life", "battery life", "Usable energy of the battery over mean power.", "E / P", "E / P", "definition", of_battery_life, {}},
    {"cost", "cost of the run", "Cost per time of all units paid for, over the whole time.", "", "", "definition", of_cost, {}},
    {"cost_rate", "cost per time", "Sum of rent, or of capital, energy, building and people, per time.", "", "", "definition", of_cost_rate, not_cost_rate},
    {"device_rate", "cost per device and time", "Cost per time over the devices paid for.", "", "", "definition", of_device_rate, not_device_rate},
    {"annuity", "annuity", "Equal payments over the life of the hardware which pay its price with interest.", "price * i / (1 - (1 + i)^-n)", "K \\, i / (1 - (1 + i)^{-n})", "barroso2018", of_annuity, not_annuity},
    {"depreciation", "depreciation", "Price over lifetime.", "", "", "definition", of_depreciation, not_depreciation},
    {"break_even_utilisation", "break-even utilisation", "Useful share of the time above which owning is cheaper than renting the useful time alone.", "c_own / c_rent", "c_\\mathrm{own} / c_\\mathrm{rent}", "definition", of_break_even_utilisation, {}},
    {"spot_goodput", "useful share of spot time", "Share of the paid time of interrupted instances which is useful work.", "", "", "daly2006", of_spot_goodput, {}},
    {"cost_per_request", "cost per request", "Cost per time over requests per time.", "", "", "definition", of_cost_per_request, not_cost_per_request},
    {"water", "water", "Water of generating the electricity and, where the site's use is known, of cooling.", "", "", "definition", of_water, {}},
    {"carbon_per_token", "carbon per token", "Carbon over tokens, PUE included.", "", "", "definition", of_carbon_per_token, not_carbon_per_token},
    {"energy_per_token", "energy per token", "Facility energy over tokens.", "", "", "definition", of_energy_per_token, not_energy_per_token},
    {"shift_saving", "saving of waiting for clean hours", "Share of the operational carbon which a run avoids that works in the cleanest hours of each day only.", "", "", "definition", of_shift_saving, {}},
    {"tail_slowdown", "slowdown of the slowest", "Mean of the slowest of n participants over the mean of one.", "", "", "dean2013", of_tail_slowdown, not_tail_slowdown},
    {"job_slowdown", "slowdown of a job", "Wait and run over run.", "(W + R) / R", "(W + R) / R", "kleinrock1975", of_job_slowdown, not_job_slowdown},
    {"coverage", "coverage", "Share of problems which at least one of several tries solves.", "", "", "definition", of_coverage, {}},
    {"optimal_parameters", "compute-optimal parameters", "Size with the least loss for a budget of training compute, by the scaling law named.", "", "", "definition", of_optimal_parameters, not_optimal_parameters},
    {"lifetime_parameters", "parameters for the least compute of a life", "Size which reaches the same loss with the least compute of training and serving together.", "", "", "definition", of_lifetime_parameters, not_lifetime_parameters},
    {"tokens_per_parameter", "tokens per parameter", "Training tokens over parameters.", "D / N", "D / N", "definition", of_tokens_per_parameter, {}},
    {"overtraining", "overtraining", "Compute of a model over the least compute which reaches its loss.", "", "", "definition", of_overtraining, {}},
    {"score_loss", "points lost", "What the publication of a technique measured before, less what it measured after.", "", "", "definition", of_score_loss, {}},
};

}  // namespace

std::span<const Term> glossary() { return terms; }

Term const* term(std::string_view name) {
  const std::string wanted = normalised(name);
  for (auto const& t : terms)
    if (normalised(t.id) == wanted || normalised(t.name) == wanted) return &t;
  return nullptr;
}

Term const* term_of(std::string_view path) {
  for (auto const& t : terms)
    if (std::find(t.metrics.begin(), t.metrics.end(), path) != t.metrics.end()) return &t;
  return nullptr;
}

std::string definition_id(std::string_view path) {
  Term const* t = term_of(path);
  return t ? std::string(t->id) : std::string(path);
}

}  // namespace mlsysim::teaching
