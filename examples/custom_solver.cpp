// A solver of one's own: input, result, solve, report. Optimizer state lives in host memory and crosses a link in every step.
#include <cstdio>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/equations/equation.hpp"
#include "mlsysim/render/explanation.hpp"
#include "mlsysim/units/text.hpp"

using namespace mlsysim;

// The physics: dimension-checked, and printable with the numbers put in.
inline constexpr auto transfer_time = equation<Time(Data, Bandwidth)>("offload.transfer", "definition", {"S", "B"}, [](auto s, auto b) { return 2 * s / b; });
inline constexpr auto exposed_time = equation<Time(Time, Time)>("offload.exposed", "definition", {"T", "t_c"}, [](auto t, auto c) { return max(t - c, 0 * t); });

struct OffloadInput {
  Sourced<Data> state;      ///< out and back in every step
  Sourced<Bandwidth> link;  ///< one direction
  Sourced<Time> compute;    ///< behind which the transfer can hide
};
struct OffloadResult {
  Sourced<Time> transfer;
  Sourced<Time> exposed;
};

OffloadResult solve(OffloadInput const& in, Ledger& ledger) {
  OffloadResult r;
  r.transfer = transfer_time.with(ledger, in.state, in.link);
  r.exposed = exposed_time.with(ledger, r.transfer, in.compute);
  return r;
}

Section report(OffloadResult const& r) {
  Section s{"offload", "Optimizer state in host memory", {}, {}, {}, {}, {}};
  s.metric("transfer", "transfer, both ways", r.transfer);
  s.metric("exposed", "of it not hidden", r.exposed);
  return s;
}

int main() {
  Report r;
  r.ledger.recording = true;
  OffloadInput in;
  in.state = assumed(r.ledger, "state", 84 * unit<"GB">, "7 billion parameters, 12 B each");
  in.link = assumed(r.ledger, "link", 64 * unit<"GB/s">, "PCIe 5 x16, one direction");
  in.compute = assumed(r.ledger, "compute", 2 * unit<"s">, "measured without offload");
  r.sections.push_back(report(solve(in, r.ledger)));
  std::fputs(render::text(r.sections[0], {}).c_str(), stdout);
  std::printf("\n%s", render::explanation(r, *teaching::explain(r, "offload.exposed"), {}, {}).c_str());
}
