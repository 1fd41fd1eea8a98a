// zero_cost quantities|raw: runs one of the two loops, so that their instructions can be counted one by one.
#include <cstdio>
#include <cstring>

#include "inner_loop.hpp"

using namespace mlsysim::bench;

template <class Op, class M>
double rounds() {
  const auto all = operators<Op>(4096);
  M m = machine<M>();
  double total = 0;
  for (int round = 0; round < 200; ++round) {
    total += pass_time(all, m);
    m.dispatch = m.dispatch * 1.001;
  }
  return total;
}

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "quantities") == 0) std::printf("%.17g\n", rounds<TypedOperator, TypedMachine>());
  else if (argc == 2 && std::strcmp(argv[1], "raw") == 0) std::printf("%.17g\n", rounds<RawOperator, RawMachine>());
  else return std::fputs("usage: zero_cost quantities|raw\n", stderr), 1;
}
