#include "mlsysim/teaching/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/scenario/dates.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::teaching {
namespace {

constexpr LintPage pages[] = {
    {"L001", "tensor ranks across nodes", "Tensor parallelism reduces activations twice in every layer, in the forward and in the backward pass. Links between nodes are several times slower than those inside one, so the ranks wait.",
     "Keep tensor ranks inside a node, and put pipeline or data ranks across nodes.",
     "workload: {model: Llama 3.1 8B, phase: training, batch: 1, sequence: 4096, training: {global_batch: 64}}\nsystem: {fleet: fleet_llama3_h100_16384, devices: 64, parallel: {tensor: 16, data: 4}}"},
    {"L002", "a peak which only sparse operands reach", "The peak of this device was overridden with its peak for structured sparsity. Dense models reach half of it at most, so every compute time would be half of what can be measured.",
     "Leave the dense peak. Structured sparsity needs a model pruned to that pattern.",
     "workload: {model: ResNet-50, phase: inference, batch: 64, precision: {weights: fp16, activations: fp16, compute: fp16}}\nsystem: {device: H100}\noverrides: {system.device.peak.fp16: 1979 TFLOP/s}"},
    {"L003", "batch at the edge of the KV budget", "The caches of all requests at full length fill nearly all the memory which weights leave free. Real requests vary in length, and engines keep a reserve; beyond the budget they evict caches and compute them again.",
     "Leave a tenth of the budget free, cache in fp8, or use more devices.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 405}\nsystem: {device: H100}"},
    {"L004", "checkpoints which take long against the time between failures", "Young's and Daly's intervals assume that writing a checkpoint is short against the MTBF. Here it is not, so a large share of the run goes into checkpoints and lost work.",
     "Write asynchronously (`blocking`), to faster storage (`storage_bandwidth`), or lower the failure rate.",
     "workload: {model: Llama 3.1 70B, phase: training, batch: 1, sequence: 4096, training: {global_batch: 1024, tokens: 1 Ttoken, recompute: full}}\nsystem: {fleet: fleet_llama3_h100_16384, devices: 4096, parallel: {tensor: 8, pipeline: 4, data: 128, sequence: true, zero: 1}}\nreliability: {checkpoint_time: 1 h, restart_time: 10 min}"},
    {"L005", "old price", "Prices of accelerators fall quickly: a price older than a year says little about today's.", "Name a newer price, or read this as the cost at that date.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {price: price_aws_p5_48xlarge_on_demand, utilisation: 0.5}"},
    {"L006", "old grid factor", "What a grid emits changes by a few per cent a year, and some grids by much more.", "Name a newer factor, or read this as the carbon of that year.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {grid: grid_azure_east_us}"},
    {"L007", "efficiency chosen by hand", "The scenario replaces measured efficiencies by its own. The result then says what was put in, and its interval means nothing.", "Remove `efficiency`, or calibrate a device to measurements.",
     "workload: {model: ResNet-50, phase: inference, batch: 64}\nsystem: {device: H100}\nefficiency: {compute: 0.5}"},
    {"L008", "32-bit arithmetic on a device made for 16 bits", "The matrix units of this device are several times faster in 16-bit formats. Models are trained and served in bf16 or fp16 with the same quality in most cases.",
     "Use bf16, or tf32 where the device has it; keep fp32 where a kernel needs it.",
     "workload: {model: ResNet-50, phase: inference, batch: 64, precision: {weights: fp32, activations: fp32, compute: fp32}}\nsystem: {device: H100}"},
    {"L009", "a pipeline with few micro-batches", "With p stages and m micro-batches, ranks wait (p-1)/(v m + p-1) of the time. Below four micro-batches per stage that is a fifth or more.",
     "Raise `training.global_batch` or `parallel.interleaving`, lower `parallel.pipeline`, or use the zero_bubble schedule.",
     "workload: {model: Llama 3.1 8B, phase: training, batch: 1, sequence: 4096, training: {global_batch: 8, recompute: full}}\nsystem: {node: DGX H100, parallel: {pipeline: 8}}"},
    {"L010", "longer than the model's context", "The model was published for fewer positions than the scenario uses. It computes, but nobody says that what comes out makes sense.", "Shorten the prompt, or name a model with a longer context.",
     "workload: {model: Llama 2 7B, phase: training, batch: 1, sequence: 8192, training: {global_batch: 8, recompute: full}}\nsystem: {node: DGX H100, parallel: {data: 8, zero: 3}}"},
    {"L011", "PUE of 1", "No place has a PUE of exactly 1: cooling, conversion and light take energy. The best reported values lie a few per cent above.", "Take the PUE of a kind of place (`mlsysim list datacentres`).",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {grid: grid_us, datacentre: {pue: 1}}"},
    {"L012", "market-based carbon", "A market-based factor follows contracts, not the power plants which ran. It can be near zero while the grid burns coal, so it does not compare places, and it must not be added to location-based numbers.",
     "State both, and use location-based factors to choose a place.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {grid: {intensity: 10 gCO2e/kWh, accounting: market_based}}"},
    {"L013", "devices for memory which nobody needs", "The model is divided over several devices although a quarter of their memory would hold it. Dividing costs communication.", "Use fewer tensor or pipeline ranks and more replicas, unless latency is what the division buys.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 8}\nsystem: {node: DGX H100, parallel: {tensor: 8}}"},
    {"L014", "a TTFT limit below the physical floor", "Even if every device reached its dense peak, reading the prompt would take longer than the limit allows. No engine can meet it on this hardware.", "Relax the limit, shorten the prompt, divide the model further or use faster devices.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 8192, output: 256, batch: 1}\nsystem: {device: H100}\nlimits: {ttft: 20 ms}"},
    {"L015", "an ITL limit below the physical floor", "Every token reads all active weights once. At the nominal bandwidth of the memory this alone takes longer than the limit allows.", "Relax the limit, store weights in fewer bits, divide the model further or use faster memory.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 1}\nsystem: {device: H100}\nlimits: {itl: 3 ms}"},
    {"L016", "recomputation although everything fits", "Recomputing activations saves memory and costs arithmetic, up to a third with full recomputation. Here all activations fit without it.", "Set `training.recompute: none`.",
     "workload: {model: ResNet-50, phase: training, batch: 32, training: {global_batch: 32, recompute: full}}\nsystem: {device: H100}"},
    {"L017", "gradients or weights which travel in the open", "A fifth or more of each step waits for communication between data ranks: with ZeRO 3 weights are gathered in every pass, over links which are slow for it.", "Lower `parallel.zero`, raise the micro-batch, or keep the shards inside a node.",
     "workload: {model: Llama 3.1 8B, phase: training, batch: 1, sequence: 512, training: {global_batch: 64}}\nsystem: {fleet: fleet_llama3_h100_16384, devices: 64, parallel: {data: 64, zero: 3}}\noverrides: {system.fleet.fabric.port_rate: 25 Gbit/s, system.fleet.node.network.port_rate: 25 Gbit/s}"},
    {"L018", "a service of one request at a time", "Decoding reads all weights for every step, whether for one request or for a hundred. One at a time pays the whole reading alone: the cost and the energy of a token are many times what they could be.",
     "Raise `workload.batch` until ITL or memory binds, unless one user is all there is.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 1}\nsystem: {device: H100}\ninfrastructure: {grid: grid_us}"},
    {"L019", "a vocabulary which does not fill tiles", "Matrix units want dimensions which are multiples of 8 in 16-bit formats (NVIDIA, matrix multiplication guide). The head of the model multiplies by the vocabulary in every step, so an odd one slows the largest product.",
     "Pad the vocabulary to a multiple of 64 or 128 and leave the last entries unused, as training frameworks do.",
     "workload: {model: gpt_2_xl, phase: training, batch: 4, sequence: 1024, training: {global_batch: 32}}\nsystem: {node: DGX H100, parallel: {data: 8, zero: 1}}"},
    {"L020", "hardware which never idles", "A utilisation of 95 % and more over the whole paid time leaves nothing for nights, queues, failures and maintenance. Costs are lower bounds.", "Put in what your fleet reports.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {grid: grid_us, utilisation: 1.0}"},
    {"L021", "more tensor ranks than key-value heads", "A rank cannot hold less than one key-value head, so beyond that number each cache stands on several ranks: memory and reading of the cache no longer shrink.", "Use as many tensor ranks as key-value heads at most.",
     "workload: {model: {name: a model with two key-value heads, transformer: {layers: 8, hidden: 1024, heads: 16, kv_heads: 2, feed_forward: 4096, vocabulary: 32000, context: 4096}}, phase: serving, prompt: 1024, output: 256, batch: 8}\nsystem: {node: DGX H100, parallel: {tensor: 8}}"},
    {"L022", "a limit which is met by luck", "The estimate lies on the good side of the limit, but the 90 % interval of what was measured on such hardware reaches across it.", "Plan with a margin, or calibrate to measurements of your own.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\nlimits: {itl: 9 ms}"},
    {"L023", "products in a format which the activations do not have", "A matrix unit multiplies operands of one format. Weights stored in 4 or 8 bits are widened before they meet 16-bit activations (W4A16): reading them is cheaper, computing is not.",
     "Set `precision.compute` to the format of the activations, or quantize activations too (W8A8).",
     "workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024, batch: 8, precision: {weights: int8, activations: bf16, compute: int8}}\nsystem: {device: H100}"},
    {"L024", "an unusual service life", "Accelerators are written off over three to six years. A longer life makes depreciation and embodied carbon look small, a shorter one large.", "State why, or use a usual life.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {grid: grid_us, lifetime: 15 years}"},
    {"L025", "devices which hardly ever fail", "The rate of the Llama 3 405B run, all causes, was one interruption per device in about six years. Twenty years and more have not been reported for accelerators at scale.", "Count network, host, software and maintenance too, not the chip's data sheet alone.",
     "workload: {model: Llama 3.1 8B, phase: training, batch: 1, sequence: 4096, training: {global_batch: 512, tokens: 1 Ttoken, recompute: full}}\nsystem: {fleet: fleet_llama3_h100_16384, devices: 128, parallel: {data: 128, zero: 1}}\nreliability: {device_mtbf: 50 years, checkpoint_time: 1 min, restart_time: 10 min}"},
    {"L026", "a service near saturation", "The offered load is within a tenth of what the replicas can serve. Waiting grows without bound as the load nears capacity, and bursts cross it.", "Add replicas, or plan for a load below.",
     "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32, request_rate: 10 request/s}\nsystem: {device: H100}"},
    {"L027", "few tokens for so many parameters", "Compute-optimal training takes about 20 tokens per parameter (Hoffmann et al. 2022), and models made to be served see many more. With fewer than 5, a smaller model would be as good for less.",
     "Train a smaller model, or longer. Fine-tuning is another matter.",
     "workload: {model: Llama 3.1 70B, phase: training, batch: 1, sequence: 4096, training: {global_batch: 64, tokens: 10 Gtoken, recompute: full}}\nsystem: {fleet: fleet_llama3_h100_16384, devices: 64, parallel: {tensor: 8, data: 8, sequence: true, zero: 3}}"},
};

using namespace scenario;

class Linter {
 public:
  Linter(Loaded const& l, Report const& r) : l_{l}, s_{l.scenario}, r_{r}, device_{scenario::device_of(device_owner_)} {}

  std::vector<LintFinding> run() {
    system();
    precision();
    serving();
    training();
    infrastructure();
    limits();
    std::stable_sort(found_.begin(), found_.end(), [](LintFinding const& a, LintFinding const& b) { return a.id < b.id; });
    return std::move(found_);
  }

 private:
  void say(std::string_view id, std::string path, std::string message) { found_.push_back({lint_page(id)->id, std::move(path), std::move(message)}); }
  double value(std::string_view path) const {
    Metric const* m = r_.metric(path);
    return m ? m->value : std::nan("");
  }
  int devices_per_node() const {
    auto const& y = s_.system;
    return y.node ? y.node->value.devices.value : y.fleet ? y.fleet->value.node.value.devices.value : y.devices ? y.devices->value : 1;
  }
  bool given(Origin origin) const {
    Fact const* f = r_.ledger.fact(origin);
    return f && f->kind == Origin::Kind::given;
  }
  workload::Transformer const* transformer() const { return s_.workload.model.value.transformer ? &*s_.workload.model.value.transformer : nullptr; }

  void system() {
    auto const& p = s_.system.parallel;
    if (p.tensor.value > devices_per_node())
      say("L001", "system.parallel.tensor", fmt::format("{} tensor ranks, but a node has {} devices", p.tensor.value, devices_per_node()));
    for (std::size_t i = 0; i < workload::precision_names.size(); ++i) {
      const auto k = static_cast<workload::Precision>(i);
      auto const &dense = device_.peak[k], &sparse = device_.sparse_peak[k];
      if (dense && sparse && given(dense->origin) && dense->value >= sparse->value)
        say("L002", fmt::format("system.device.peak.{}", workload::precision_names[i]), fmt::format("{} is the peak with structured sparsity", display(dense->value)));
    }
    if (s_.efficiency) say("L007", "efficiency", "efficiencies of this result were put in by hand");
    if (auto const* t = transformer(); t && t->context.value > 0) {
      long long tokens = s_.workload.sequence && s_.workload.phase == Phase::training ? s_.workload.sequence->value : s_.workload.prompt ? s_.workload.prompt->value : 0;
      if (s_.workload.output && s_.workload.phase == Phase::serving) tokens += s_.workload.output->value;
      if (tokens > t->context.value) say("L010", "workload", fmt::format("{} tokens, but the model's context is {}", tokens, t->context.value));
      if (p.tensor.value > t->kv_heads().value && s_.workload.phase != Phase::training)
        say("L021", "system.parallel.tensor", fmt::format("{} tensor ranks for {} key-value heads", p.tensor.value, t->kv_heads().value));
    }
    if (p.tensor.value * p.pipeline.value > 1 && s_.workload.phase != Phase::training)
      for (auto const* memory : {"hbm", "gddr", "lpddr", "dram"}) {
        const double needed = value(fmt::format("memory.{}_needed", memory)), there = value(fmt::format("memory.{}_capacity", memory));
        // All of it on one device would still leave room.
        if (needed * p.tensor.value * p.pipeline.value < there && needed < there / 4)
          say("L013", "system.parallel", fmt::format("{} of {} used on each of {} ranks: one device would hold it all", display(needed, Dimension("B")), display(there, Dimension("B")), p.tensor.value * p.pipeline.value));
      }
  }

  void precision() {
    using workload::Precision;
    auto const& p = s_.workload.precision;
    if (p.compute == Precision::fp32 && device_.peak[Precision::fp32]) {
      for (auto fast : {Precision::bf16, Precision::fp16})
        if (device_.peak[fast] && device_.peak[fast]->value >= 4 * device_.peak[Precision::fp32]->value) {
          say("L008", "workload.precision.compute", fmt::format("fp32 reaches {} here, {} {}", display(device_.peak[Precision::fp32]->value), workload::precision_names[static_cast<std::size_t>(fast)], display(device_.peak[fast]->value)));
          break;
        }
    }
    // Floats of 8 bits are made from wider activations on the way into the product; integers need scales which somebody has calibrated.
    const bool integers = p.compute == Precision::int8 || p.compute == Precision::int4;
    if (integers && workload::size_of(p.compute) < workload::size_of(p.activations))
      say("L023", "workload.precision.compute", fmt::format("products in {} of activations in {}", workload::precision_names[static_cast<std::size_t>(p.compute)], workload::precision_names[static_cast<std::size_t>(p.activations)]));
  }

  void serving() {
    if (s_.workload.phase != Phase::serving) return;
    const double most = value("serving.max_concurrency");
    const int batch = s_.workload.batch.value;
    if (batch > 0.9 * most) say("L003", "workload.batch", fmt::format("{} requests of {:.0f} which fit at full length", batch, most));
    if (batch == 1 && (s_.infrastructure || s_.workload.request_rate))
      say("L018", "workload.batch", std::isfinite(most) ? fmt::format("one request at a time; {:.0f} would fit", most) : "one request at a time");
    const double load = value("serving.utilisation");
    if (load > 0.9 && load < 1) say("L026", "workload.request_rate", fmt::format("{:.0f} % of capacity", 100 * load));
  }

  void training() {
    if (s_.workload.phase != Phase::training) return;
    auto const& t = *s_.workload.training;
    auto const& p = s_.system.parallel;
    const double bubble = value("distributed.bubble_fraction");
    if (p.pipeline.value > 1 && bubble > 0.2) say("L009", "workload.training.global_batch", fmt::format("{:.0f} micro-batches on {} stages: {:.0f} % of the time is bubble", value("distributed.micro_batches"), p.pipeline.value, 100 * bubble));
    if (t.recompute != solvers::Recompute::none) {
      Scenario without = s_;
      without.workload.training->recompute = solvers::Recompute::none;
      try {
        const double plain = scenario::headline(without, l_.operators, l_.collectives), now = scenario::headline(s_, l_.operators, l_.collectives);
        if (plain > now && now > 0) say("L016", "workload.training.recompute", fmt::format("without recomputation it fits too, and steps are {:.2f} times as fast", plain / now));
      } catch (InputError const&) {
        // A plan which only recomputation makes possible is no finding.
      }
    }
    const double step = value("distributed.step_time"), exposed = value("distributed.data_communication");
    if (p.data.value > 1 && exposed > 0.2 * step) say("L017", "system.parallel.zero", fmt::format("{} of {} wait for data ranks (zero: {})", display(exposed, Dimension("s")), display(step, Dimension("s")), p.zero.value));
    if (auto const* model = transformer(); model && model->lm_head && model->vocabulary.value % 8 != 0) say("L019", "workload.model.transformer.vocabulary", fmt::format("{} is no multiple of 8", model->vocabulary.value));
    const double parameters = value("memory.parameters");
    if (t.tokens && parameters > 0 && t.tokens->value.raw() / parameters < 5) say("L027", "workload.training.tokens", fmt::format("{:.2g} tokens per parameter", t.tokens->value.raw() / parameters));
    const double stop = value("reliability.checkpoint_time"), between = value("reliability.fleet_mtbf"), share = value("reliability.checkpoint_share");
    if (stop > 0.1 * between || share > 0.1) say("L004", "reliability.checkpoint_time", fmt::format("{} for a checkpoint, {} between failures", display(stop, Dimension("s")), display(between, Dimension("s"))));
    if (s_.reliability && s_.reliability->device_mtbf && s_.reliability->device_mtbf->value > 20 * unit<"year">) say("L025", "reliability.device_mtbf", fmt::format("{} between failures of a device", display(s_.reliability->device_mtbf->value)));
  }

  void infrastructure() {
    std::vector<std::string> seen;
    for (auto const& [path, metric] : r_.metrics())
      for (auto origin : r_.ledger.facts_behind(metric->origin)) {
        Fact const& f = *r_.ledger.fact(origin);
        const auto age = scenario::age_of(r_.ledger, f, l_.today);
        if (!age || !age->old || std::find(seen.begin(), seen.end(), f.path) != seen.end()) continue;
        seen.push_back(f.path);
        say(age->kind == "price" ? "L005" : "L006", f.path, fmt::format("{} is of {}; the registry is of {}", f.as_written, age->words, l_.today));
      }
    if (!s_.infrastructure) return;
    auto const& i = *s_.infrastructure;
    if (i.datacentre && i.datacentre->value.pue.value <= 1) say("L011", "infrastructure.datacentre.pue", "no overhead at all for cooling and power conversion");
    if (i.grid && i.grid->value.accounting == infrastructure::CarbonAccounting::market_based) say("L012", "infrastructure.grid", fmt::format("{} follows contracts, not power plants", display(i.grid->value.intensity.value)));
    if (i.utilisation && i.utilisation->value >= 0.95) say("L020", "infrastructure.utilisation", fmt::format("{:.0f} % of all paid time", 100 * i.utilisation->value));
    if (i.lifetime && (i.lifetime->value > 8 * unit<"year"> || i.lifetime->value < 2 * unit<"year">)) say("L024", "infrastructure.lifetime", display(i.lifetime->value));
  }

  void limits() {
    for (auto const& level : r_.card.levels)
      for (auto const& c : level.checks) {
        if (c.verdict != Verdict::pass) continue;
        for (auto const& [path, m] : r_.metrics()) {
          if (!(m->origin == c.origin) || m->value != c.value || !m->interval) continue;
          if (c.at_most ? m->interval->high > c.limit : m->interval->low < c.limit)
            say("L022", path, fmt::format("{} against a limit of {}, but 90 % of measurements lie within {} .. {}", display(c.value, c.dimension), display(c.limit, c.dimension), display(m->interval->low, c.dimension), display(m->interval->high, c.dimension)));
          break;
        }
      }
    if (!s_.limits || s_.workload.phase != Phase::serving) return;
    auto const& p = s_.system.parallel;
    const double ranks = 1.0 * p.tensor.value * p.pipeline.value;
    const double weights = value("memory.weights");
    auto const& peak = device_.peak[s_.workload.precision.compute];
    auto const* t = transformer();
    const bool dense = t && !t->mixture_of_experts;
    if (s_.limits->ttft && peak && dense) {
      const double floor = 2 * (value("memory.parameters") - 1.0 * t->vocabulary.value * t->hidden.value) * s_.workload.prompt->value / (peak->value.raw() * ranks);
      if (floor > s_.limits->ttft->value.raw()) say("L014", "limits.ttft", fmt::format("the limit is {}, but reading the prompt takes {} at the dense peak", display(s_.limits->ttft->value), display(floor, Dimension("s"))));
    }
    const auto main = device_.memory.main();
    if (s_.limits->itl && main.level && main.level->bandwidth && dense) {
      const double floor = weights * p.pipeline.value / main.level->bandwidth->value.raw();
      if (floor > s_.limits->itl->value.raw()) say("L015", "limits.itl", fmt::format("the limit is {}, but reading the weights takes {} at the nominal bandwidth", display(s_.limits->itl->value), display(floor, Dimension("s"))));
    }
  }

  Loaded const& l_;
  Scenario const& s_;
  Report const& r_;
  Scenario device_owner_{s_};
  hardware::Device const& device_;
  std::vector<LintFinding> found_;
};

}  // namespace

std::span<const LintPage> lint_pages() { return pages; }

LintPage const* lint_page(std::string_view id) {
  std::string wanted(id);
  if (!wanted.empty() && wanted[0] == 'l') wanted[0] = 'L';
  for (auto const& p : pages)
    if (p.id == wanted) return &p;
  return nullptr;
}

std::vector<LintFinding> lint(scenario::Loaded const& loaded, Report const& report) { return Linter(loaded, report).run(); }

}  // namespace mlsysim::teaching
