#include "inner_loop.hpp"

#include <benchmark/benchmark.h>

using namespace mlsysim::bench;

template <class Op, class M>
void inner_loop(benchmark::State& state) {
  const auto all = operators<Op>(static_cast<std::size_t>(state.range(0)));
  const M m = machine<M>();
  for (auto _ : state) benchmark::DoNotOptimize(pass_time(all, m));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(inner_loop<TypedOperator, TypedMachine>)->Name("quantities")->Arg(4096);
BENCHMARK(inner_loop<RawOperator, RawMachine>)->Name("raw doubles")->Arg(4096);
