#pragma once
/// \file
/// Serving: from the times of prefill and decode to what users and operators see.
#include "mlsysim/equations/functions.hpp"
#include "mlsysim/equations/tail.hpp"

namespace mlsysim::eq {

/// Context of the mean decode step: the whole prompt and half of the output.
inline constexpr auto mean_context = equation<double(double, double)>(
    "serving.mean_context", "definition", {"prompt", "output"}, [](auto p, auto o) { return ceil(p + o / 2); });

/// Context of a request just before it ends.
inline constexpr auto longest_context = equation<double(double, double)>(
    "serving.longest_context", "definition", {"prompt", "output"}, [](auto p, auto o) { return p + o; });

/// Devices of a replica: tensor ranks times pipeline stages.
inline constexpr auto replica_devices = equation<double(double, double)>(
    "serving.replica_devices", "definition", {"t", "p"}, [](auto t, auto p) { return t * p; });

/// Mean over the stages of a pipeline.
inline constexpr auto mean_energy = equation<Energy(Energy, double)>(
    "serving.mean_energy", "definition", {"E", "p"}, [](auto e, auto p) { return e / p; });

/// Sequences of one decode step when `p` stages work on different ones.
inline constexpr auto stage_batch = equation<double(double, double)>(
    "serving.stage_batch", "definition", {"b", "p"}, [](auto b, auto p) { return ceil(b / p); });

/// Time of an iteration in which an engine's host schedules, prepares inputs and handles tokens while the device waits: `t_step` and
/// `t_sequence` for each of `n` sequences. Source: Kwon et al. 2023; measured by the vLLM team, "vLLM v0.6.0" (2024).
inline constexpr auto engine_time = equation<Time(Time, double, Time)>(
    "serving.engine_time", "kwon2023", {"t_step", "n", "t_sequence"}, [](auto t, auto n, auto s) { return t + n * s; });

/// From a request's start to its last token when `b` requests share a replica: while it lives, the prefills of all `b` run (each
/// holds one of `p` stages) between `O - 1` decode steps. Iteration-level scheduling: Yu et al., "Orca", OSDI 2022.
inline constexpr auto request_latency = equation<Time(double, Time, double, double, Time)>(
    "serving.request_latency", "yu2022", {"b", "t_prefill", "p", "O", "ITL"},
    [](auto b, auto t, auto p, auto o, auto i) { return t + (b - 1) * t / p + (o - 1) * i; });

/// Little's law: `b` requests in the system, each for `L`. Source: Little, Operations Research 9 (1961).
inline constexpr auto request_throughput = equation<RequestRate(double, Time)>(
    "serving.request_throughput", "little1961", {"b", "L"}, [](auto b, auto l) { return b * unit<"request"> / l; });

/// Output tokens of a replica per time.
inline constexpr auto output_throughput = equation<TokenRate(RequestRate, double)>(
    "serving.output_throughput", "definition", {"X", "O"}, [](auto x, auto o) { return x * o * unit<"token/request">; });

/// Output tokens of `r` replicas per time.
inline constexpr auto all_replicas = equation<TokenRate(TokenRate, double)>(
    "serving.all_replicas", "definition", {"X", "r"}, [](auto x, auto r) { return x * r; });

/// What one user sees: one token per step.
inline constexpr auto user_token_rate = equation<TokenRate(Time)>(
    "serving.user_token_rate", "definition", {"ITL"}, [](auto i) { return 1 / i * unit<"token">; });

/// Mean time per output token after the first.
inline constexpr auto tpot = equation<Time(Time, Time, double)>(
    "serving.tpot", "definition", {"L", "TTFT", "O"}, [](auto l, auto f, auto o) { return (l - f) / (o - 1); });

/// Mean time per output token, the first one and its prompt included.
inline constexpr auto tpot_with_first = equation<Time(Time, double)>(
    "serving.tpot_with_first", "definition", {"L", "O"}, [](auto l, auto o) { return l / o; });

/// What a rank has left for the cache.
inline constexpr auto kv_budget = equation<Data(Data, Data, Data)>(
    "serving.kv_budget", "kwon2023", {"capacity", "needed", "kv"}, [](auto c, auto n, auto k) { return c - n + k; });

/// Requests whose caches fit into it.
inline constexpr auto requests_which_fit = equation<double(Data, Data)>(
    "serving.requests_which_fit", "kwon2023", {"budget", "kv"}, [](auto b, auto k) { return floor(b / k); });

/// Tokens whose keys and values fit. Source: Kwon et al., "PagedAttention", SOSP 2023.
inline constexpr auto kv_capacity = equation<Tokens(Data, Data, double)>(
    "serving.kv_capacity", "kwon2023", {"budget", "kv_request", "s"},
    [](auto b, auto k, auto s) { return max(b, 0 * b) / k * s * unit<"token">; });

/// Energy of one request on all devices of a replica: its prefill, and its share of the decode steps it takes part in.
inline constexpr auto request_energy = equation<Quantity<"J/request">(double, Energy, double, double, Energy)>(
    "serving.request_energy", "definition", {"n", "E_prefill", "b", "O", "E_decode"},
    [](auto n, auto p, auto b, auto o, auto d) { return n * (p + (o - 1) * d / b) * unit<"1/request">; });

/// Energy of a request per output token: the prefill is paid by the output.
inline constexpr auto token_energy = equation<Quantity<"J/token">(Quantity<"J/request">, double)>(
    "serving.token_energy", "definition", {"E", "O"}, [](auto e, auto o) { return e / o * unit<"request/token">; });

/// Energy of a token which is read, on all `n` devices of a replica.
inline constexpr auto input_token_energy = equation<Quantity<"J/token">(double, Energy, double)>(
    "serving.input_token_energy", "definition", {"n", "E_prefill", "P"}, [](auto n, auto e, auto p) { return n * e / p * unit<"1/token">; });
/// Energy of a token which is written: of a request, what its prefill leaves.
inline constexpr auto output_token_energy = equation<Quantity<"J/token">(Quantity<"J/request">, double, Energy, double)>(
    "serving.output_token_energy", "definition", {"E", "n", "E_prefill", "O"}, [](auto r, auto n, auto e, auto o) { return (r * unit<"request"> - n * e) / o * unit<"1/token">; });
/// Energy of a user in a month.
inline constexpr auto user_energy = equation<Energy(Quantity<"J/request">, double)>(
    "serving.user_energy", "definition", {"E", "n"}, [](auto e, auto n) { return e * n * unit<"request">; });

/// Mean power of one device while `X` requests per time are served by `n` devices.
inline constexpr auto serving_power = equation<Power(Quantity<"J/request">, RequestRate, double)>(
    "serving.power", "definition", {"E", "X", "n"}, [](auto e, auto x, auto n) { return e * x / n; });

/// Tokens of a prompt which must be computed when the shares `h_prefix` and `h_store` of it are cached from earlier requests, at least one.
/// Source: Zheng et al. 2024, "SGLang" (RadixAttention); Kwon et al. 2023, section 4.4.
inline constexpr auto new_prompt_tokens = equation<double(double, double, double)>(
    "serving.new_prompt_tokens", "zheng2024", {"P", "h_prefix", "h_store"}, [](auto p, auto h, auto s) { return max(ceil(p * (1 - h - s)), 1.0); });
/// The rest of it, which is cached.
inline constexpr auto cached_prompt_tokens = equation<double(double, double)>(
    "serving.cached_prompt_tokens", "zheng2024", {"P", "P_new"}, [](auto p, auto n) { return p - n; });

/// Iterations in which a prompt of `P` new tokens is read when an iteration takes `C` of them. Source: Agrawal et al. 2024, "Sarathi-Serve".
inline constexpr auto prompt_iterations = equation<double(double, double)>(
    "serving.prompt_iterations", "agrawal2024", {"P_new", "C"}, [](auto p, auto c) { return ceil(p / c); });
/// Tokens cached before the mean chunk of a prompt: those which were cached anyhow and half of those before the last chunk.
inline constexpr auto chunk_context = equation<double(double, double, double)>(
    "serving.chunk_context", "agrawal2024", {"P_cached", "n", "C"}, [](auto p, auto n, auto c) { return floor(p + (n - 1) * c / 2); });
/// Room for prompts in an iteration of at most `T` tokens which also writes `k` tokens for each of `d` requests; at least one page.
inline constexpr auto chunk_room = equation<double(double, double, double)>(
    "serving.chunk_room", "agrawal2024", {"T", "d", "k"}, [](auto t, auto d, auto k) { return max(t - d * k, 16.0); });

/// Expected tokens of a step in which `k` guesses are verified, each accepted with probability `alpha`: (1 - alpha^(k+1)) / (1 - alpha).
/// Source: Leviathan, Kalman, Matias, "Fast Inference from Transformers via Speculative Decoding", ICML 2023, equation 1.
inline constexpr auto accepted_tokens = equation<double(double, double)>(
    "speculation.accepted_tokens", "leviathan2023", {"alpha", "k"}, [](auto a, auto k) { return (1 - pow(a, k + 1)) / (1 - a); });
/// Time of such a step: `k` guesses of the draft, one after another, and one pass which verifies them. Leviathan et al. 2023, section 3.
inline constexpr auto speculative_step = equation<Time(Time, double, Time)>(
    "speculation.step", "leviathan2023", {"t_verify", "k", "t_draft"}, [](auto v, auto k, auto d) { return v + k * d; });
/// Time of a guess as a share of a decode step.
inline constexpr auto relative_draft = equation<Time(double, Time)>(
    "speculation.relative_draft", "leviathan2023", {"c", "t_decode"}, [](auto c, auto t) { return c * t; });
/// Time per token of a step which yields `e` tokens.
inline constexpr auto time_per_accepted = equation<Time(Time, double)>(
    "speculation.time_per_token", "leviathan2023", {"t_step", "e"}, [](auto t, auto e) { return t / e; });
/// Decode over time per token with speculation.
inline constexpr auto speculative_speedup = equation<double(Time, Time)>(
    "speculation.speedup", "leviathan2023", {"t_decode", "ITL"}, [](auto d, auto i) { return d / i; });
/// Steps which write the output: the first token comes from the prefill, a step yields `e` tokens.
inline constexpr auto output_steps = equation<double(double, double)>(
    "serving.output_steps", "definition", {"O", "e"}, [](auto o, auto e) { return max((o - 1) / e, 0.0); });

/// Requests which write, of `b` requests each of which reads for `n` iterations and writes for `S`.
inline constexpr auto writing_requests = equation<double(double, double, double)>(
    "serving.writing_requests", "little1961", {"b", "n", "S"}, [](auto b, auto n, auto s) { return b * s / (n + s); });
/// Share of a request's iterations which also read a piece of a prompt: `b` other requests cause `n` pieces each in `n + S` iterations.
inline constexpr auto mixed_share = equation<double(double, double, double)>(
    "serving.mixed_share", "agrawal2024", {"b", "n", "S"}, [](auto b, auto n, auto s) { return min(b * n / (n + s), 1.0); });
/// Prompt tokens of such an iteration, when every iteration reads and one piece each is not enough.
inline constexpr auto crowded_pieces = equation<double(double, double, double)>(
    "serving.crowded_pieces", "agrawal2024", {"b", "n", "S"}, [](auto b, auto n, auto s) { return max(b * n / (n + s), 1.0); });
/// Mean iteration when the share `phi` of them also reads.
inline constexpr auto mean_iteration = equation<Time(double, Time, Time)>(
    "serving.mean_iteration", "agrawal2024", {"phi", "t_mixed", "t_decode"}, [](auto f, auto m, auto d) { return f * m + (1 - f) * d; });
/// Share of the room for prompts which `b` other requests take: each brings `P` new tokens in `n + S` iterations of `C` tokens.
inline constexpr auto reading_load = equation<double(double, double, double, double, double)>(
    "serving.reading_load", "little1961", {"b", "P_new", "n", "S", "C"}, [](auto b, auto p, auto n, auto s, auto c) { return min(b * p / ((n + s) * c), 1.0); });
/// Time to the first token while `b` requests are served: half of the running iteration, the pieces of other prompts before (as in M/D/1,
/// Kleinrock 1975, at the load `rho`; no more than half of the others can wait), and its own `n` iterations which read.
inline constexpr auto loaded_ttft = equation<Time(Time, double, double, Time, double)>(
    "serving.loaded_ttft", "kleinrock1975", {"t_mean", "rho", "n", "t_mixed", "b"},
    [](auto t, auto f, auto n, auto m, auto b) { return t / 2 + n * m * (1 + f / (2 * max(1 - f, 1 / b))); });
/// Time in which iterations of `t_mixed`, which read `C` tokens each, read the prompts of `b` requests.
inline constexpr auto reading_of_all = equation<Time(double, double, double, Time)>(
    "serving.reading_of_all", "definition", {"b", "P_new", "C", "t_mixed"}, [](auto b, auto p, auto c, auto m) { return b * p / c * m; });
/// The same when every iteration reads. With a fixed number of requests at once nobody waits for more than the prompts of all the others,
/// and a request takes no less than their reading, `t_all`, of which `S` mean iterations are spent on writing (Little's law).
inline constexpr auto crowded_ttft = equation<Time(Time, Time, double, Time, double, Time)>(
    "serving.crowded_ttft", "little1961", {"TTFT", "t_all", "n", "t_mixed", "S", "t_mean"},
    [](auto f, auto a, auto n, auto m, auto s, auto t) { return max(min(f, t / 2 + n * m + a), a - s * t); });
/// A request waits for its first token, and writes for `S` mean iterations.
inline constexpr auto mixed_latency = equation<Time(Time, double, Time)>(
    "serving.mixed_latency", "agrawal2024", {"TTFT", "S", "t_mean"}, [](auto f, auto s, auto t) { return f + s * t; });

/// Iterations which read `b` prompts of a batch that arrives at once.
inline constexpr auto batch_iterations = equation<double(double, double, double)>(
    "serving.batch_iterations", "definition", {"b", "P_new", "C"}, [](auto b, auto p, auto c) { return ceil(b * p / c); });
/// A batch which arrives at once: all prompts, then all steps; more requests than run at once come in waves.
inline constexpr auto batch_latency = equation<Time(double, Time, double, Time)>(
    "serving.batch_latency", "yu2022", {"w", "t_prompts", "S", "t_step"}, [](auto w, auto t, auto s, auto i) { return w * (t + s * i); });
/// Waves of a batch of which `m` run at once.
inline constexpr auto batch_waves = equation<double(double, double)>(
    "serving.batch_waves", "definition", {"b", "m"}, [](auto b, auto m) { return max(b / m, 1.0); });
/// Tokens read and written per time.
inline constexpr auto batch_throughput = equation<TokenRate(double, double, Time)>(
    "serving.batch_throughput", "definition", {"b", "n", "t"}, [](auto b, auto n, auto t) { return b * n * unit<"token"> / t; });

/// Time of a request before its first iteration: fixed, and for each token of its prompt.
inline constexpr auto request_overhead = equation<Time(Time, double, Quantity<"s/token">)>(
    "serving.request_overhead", "definition", {"t_request", "P", "t_token"}, [](auto r, auto p, auto t) { return r + p * t * unit<"token">; });

/// Share of pages which is empty: half a page at the end of each request. Source: Kwon et al. 2023, section 4.3.
inline constexpr auto page_waste = equation<double(double, double)>(
    "kv.page_waste", "kwon2023", {"g", "s"}, [](auto g, auto s) { return (g - 1) / 2 / (s + (g - 1) / 2); });
/// Requests whose caches of mean length fit: pages are taken as a request grows.
inline constexpr auto requests_at_mean = equation<double(Data, Data)>(
    "kv.requests_at_mean", "kwon2023", {"budget", "kv_mean"}, [](auto b, auto k) { return floor(b / k); });

/// Time to move keys and values between pools or from another store. Source: Patel et al. 2024, "Splitwise"; Zhong et al. 2024, "DistServe".
inline constexpr auto cache_transfer = equation<Time(Data, Bandwidth)>(
    "kv.transfer", "patel2024", {"Q", "B"}, [](auto q, auto b) { return q / b; });
/// What the ports of a node give to a replica of `t` of its `d` devices.
inline constexpr auto pool_link = equation<Bandwidth(double, Bandwidth, double, double)>(
    "pools.link", "definition", {"ports", "B_port", "t", "d"}, [](auto n, auto b, auto t, auto d) { return n * b * (t / d); });
/// Prompts per time of a pool of `r` replicas which read one prompt each at a time. Source: Zhong et al. 2024.
inline constexpr auto prefill_rate = equation<RequestRate(double, Time)>(
    "pools.prefill_rate", "zhong2024", {"r", "t_prefill"}, [](auto r, auto t) { return r * unit<"request"> / t; });
/// Requests per time of a pool of `r` replicas which write for `b` requests at once, `S` steps each. Source: Zhong et al. 2024; Little 1961.
inline constexpr auto decode_rate = equation<RequestRate(double, double, double, Time)>(
    "pools.decode_rate", "zhong2024", {"r", "b", "S", "t_step"}, [](auto r, auto b, auto s, auto t) { return r * b * unit<"request"> / (s * t); });
/// The slower pool is waited for.
inline constexpr auto pool_rate = equation<RequestRate(RequestRate, RequestRate)>(
    "pools.rate", "zhong2024", {"X_prefill", "X_decode"}, [](auto p, auto d) { return min(p, d); });
/// Per device of both pools.
inline constexpr auto rate_per_device = equation<RequestRate(RequestRate, double)>(
    "pools.rate_per_device", "definition", {"X", "n"}, [](auto x, auto n) { return x / n; });
/// Two numbers of devices.
inline constexpr auto both_pools = equation<double(double, double)>(
    "pools.devices", "definition", {"n_prefill", "n_decode"}, [](auto p, auto d) { return p + d; });

/// Wait which is exceeded with probability `q`: exponential beyond the probability `C` of any wait, as in M/M/k, with the mean `W` which Allen and
/// Cunneen give. Source: Gross et al., "Fundamentals of Queueing Theory", 4th ed. 2008, section 2.3.
inline constexpr auto waiting_quantile = equation<Time(Time, double, double)>(
    "queueing.waiting_quantile", "gross2008", {"W", "C", "q"}, [](auto w, auto c, auto q) { return w / c * max(log(c / q), 0.0); });

/// Users whom a replica serves when each asks `n` times a month of 30 days. Ratio of rates.
inline constexpr auto users_served = equation<double(RequestRate, double)>(
    "serving.users", "definition", {"X", "n"}, [](auto x, auto n) { return x * unit<"1/request"> * unit<"s"> * 2592000 / n; });

/// Parameters of a low-rank adapter beside a product of `k` by `n`: both factors. Source: Hu et al. 2021, LoRA.
inline constexpr auto adapter_parameters = equation<double(double, double, double)>(
    "lora.parameters", "hu2021", {"r", "n", "k"}, [](auto r, auto n, auto k) { return r * (n + k); });
/// Different adapters among `n` requests when each brings one of `A`. As for experts, each is missed by one request with probability 1 - 1/A.
inline constexpr auto adapters_met = equation<double(double, double)>(
    "lora.adapters_met", "sheng2023", {"A", "n"}, [](auto a, auto n) { return a * (1 - pow(1 - 1 / a, n)); });

/// Tokens read per token written, weighed by time: cost of a read token when the share `s` of the time is reading.
inline constexpr auto cost_of_part = equation<Quantity<"USD/token">(Quantity<"USD/request">, double, double)>(
    "serving.cost_of_part", "definition", {"c", "s", "n"}, [](auto c, auto s, auto n) { return c * s / n * unit<"request/token">; });
/// Cost of a user in a month.
inline constexpr auto cost_of_user = equation<Money(Quantity<"USD/request">, double)>(
    "serving.cost_of_user", "definition", {"c", "n"}, [](auto c, auto n) { return c * n * unit<"request">; });
/// Share of a replica's time in which prompts are read: what one prompt takes, in the time between two requests.
inline constexpr auto reading_share = equation<double(RequestRate, Time)>(
    "serving.reading_share", "little1961", {"X", "t_read"}, [](auto x, auto t) { return min(x * unit<"1/request"> * t, 1.0); });

/// Energy of a device over a pass of time `t`: idling, moving `Q` bytes, and multiplying for `t_c`, at the speed which its kernels reach and which takes
/// all of its power; never more than that. Energy of bytes and of arithmetic: Horowitz, "Computing's energy problem", ISSCC 2014.
inline constexpr auto busy_energy = equation<Energy(Power, Time, Quantity<"J/B">, Data, Power, Time)>(
    "energy.busy", "horowitz2014", {"P_idle", "t", "e_byte", "Q", "P_tdp", "t_c"},
    [](auto i, auto t, auto e, auto q, auto p, auto c) { return min(p * t, i * t + e * q + (p - i) * c); });

/// Power of a device at work before anything moves: idling, and the share `s` of its TDP for its clocks.
inline constexpr auto awake_power = equation<Power(Power, Power, double)>(
    "energy.awake", "definition", {"P_idle", "P_tdp", "s"}, [](auto i, auto p, auto s) { return i + s * p; });

/// The rest of a whole.
inline constexpr auto rest = equation<double(double)>("serving.rest", "definition", {"s"}, [](auto s) { return 1 - s; });

/// Power of a device which waits, over the time for which it waits.
inline constexpr auto waiting_energy = equation<Energy(Power, Time, Time)>(
    "energy.waiting", "definition", {"P_idle", "t_communication", "t_host"}, [](auto p, auto c, auto h) { return p * (c + h); });
/// Energy of both.
inline constexpr auto energy_of_both = equation<Energy(Energy, Energy)>(
    "energy.sum", "definition", {"E_busy", "E_waiting"}, [](auto a, auto b) { return a + b; });

}  // namespace mlsysim::eq
