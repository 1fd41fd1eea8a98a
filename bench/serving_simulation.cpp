// How many requests a second the simulation of a service takes, by policy: iterations of a fixed price, so that only the engine counts.
#include "mlsysim/solvers/serving_simulation.hpp"

#include <benchmark/benchmark.h>

using namespace mlsysim::solvers;

static void serving(benchmark::State& state) {
  SimulationInput in;
  in.scheduler.policy = static_cast<BatchingPolicy>(state.range(0));
  in.scheduler.slots = 256, in.scheduler.prefill_replicas = 1, in.scheduler.kv_tokens = 1e6;
  in.traffic.rate = 10, in.traffic.requests = 100000;
  in.traffic.prompt = {LengthShape::lognormal, 1024, 1, {}, 8192};
  in.traffic.output = {LengthShape::lognormal, 256, 1, {}, 2048};
  for (auto _ : state) {
    IterationPrices prices([](int n, int fresh, int cached) { return PassParts{{1e-5 * n * fresh + 5e-3, 1}, {}, {1e-9 * n * fresh * (cached + 1.0), 0}}; }, 16384);
    benchmark::DoNotOptimize(simulate(in, prices));
  }
  state.SetItemsProcessed(state.iterations() * in.traffic.requests);
}
BENCHMARK(serving)->Name("static batches")->Arg(static_cast<int>(BatchingPolicy::static_batch))->Unit(benchmark::kMillisecond);
BENCHMARK(serving)->Name("orca")->Arg(static_cast<int>(BatchingPolicy::orca))->Unit(benchmark::kMillisecond);
BENCHMARK(serving)->Name("vllm")->Arg(static_cast<int>(BatchingPolicy::vllm))->Unit(benchmark::kMillisecond);
BENCHMARK(serving)->Name("sarathi")->Arg(static_cast<int>(BatchingPolicy::sarathi))->Unit(benchmark::kMillisecond);
BENCHMARK(serving)->Name("disaggregated")->Arg(static_cast<int>(BatchingPolicy::disaggregated))->Unit(benchmark::kMillisecond);
