// Points per second of a sweep, one thread: evaluation alone, without text.
#include <benchmark/benchmark.h>

#include <string>

#include "mlsysim/explore/sweep.hpp"

using namespace mlsysim;

namespace {

/// Runs through all combinations of `axes` of a built-in scenario, again and again.
void points(benchmark::State& state, char const* scenario, char const* argument) {
  const registry::Catalogue catalogue;
  std::vector<Diagnostic> problems;
  auto const* builtin = registry::builtin_scenario(scenario);
  const auto document = io::parse_yaml(std::string(builtin->text), std::string(builtin->path), problems);
  const auto texts = explore::parse_axes(argument, "axes", problems);
  const auto question = explore::ask(catalogue, document, explore::Space(explore::bind(texts, argument, "axes", catalogue, document, problems)), {});
  if (!problems.empty()) return state.SkipWithError(to_text(problems).c_str());
  explore::Sweeper sweeper(catalogue, document, question);
  std::uint64_t point = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(sweeper.run(point).values[0]);
    if (++point == question.space.size()) point = 0;
  }
  state.counters["points/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

}  // namespace

BENCHMARK_CAPTURE(points, one_device_over_hardware, "memory_wall", "hardware.memory.bandwidth=1TB/s..4TB/s:10GB/s,hardware.power.tdp=300 W..700 W:10 W");
BENCHMARK_CAPTURE(points, one_device_over_workload, "memory_wall", "batch=1..64:1,prompt=128..4096:128");
BENCHMARK_CAPTURE(points, training_over_hardware, "training_7b_eight_gpus", "hardware.memory.bandwidth=1TB/s..4TB/s:10GB/s,hardware.scale_up.bandwidth=0.5x..2x");
BENCHMARK_CAPTURE(points, training_over_plans, "training_7b_eight_gpus", "tensor=1|2|4|8,batch=1|2,zero=0..3:1");
BENCHMARK_CAPTURE(points, training_over_pipelines, "pipeline_bubble", "hardware.memory.bandwidth=1TB/s..4TB/s:10GB/s");
BENCHMARK_CAPTURE(points, service_over_batch, "chatbot", "batch=1..64:1");
