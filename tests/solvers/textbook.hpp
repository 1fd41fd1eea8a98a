#pragma once
// A machine with round numbers and a model everybody knows, for tests of solvers.
#include "mlsysim/solvers/efficiency.hpp"
#include "mlsysim/systems/cluster.hpp"
#include "mlsysim/workload/operator.hpp"

namespace textbook {

using namespace mlsysim;

inline Count count(int n) { return {n, {}}; }

/// 100 TFLOP/s, 1 TB/s, 64 GB, 60 W to 300 W.
inline hardware::Device accelerator() {
  hardware::Device d;
  d.id = "textbook_accelerator";
  d.name = "Textbook Accelerator";
  d.tier = hardware::Tier::cloud;
  d.peak[workload::Precision::bf16] = Sourced<ComputeRate>{100 * unit<"TFLOP/s">, {}};
  d.vector_peak[workload::Precision::bf16] = Sourced<ComputeRate>{20 * unit<"TFLOP/s">, {}};
  d.vector_peak[workload::Precision::fp32] = Sourced<ComputeRate>{10 * unit<"TFLOP/s">, {}};
  d.memory.hbm.emplace();
  d.memory.hbm->marketed = {64 * unit<"GB">, {}};
  d.memory.hbm->bandwidth = Sourced<Bandwidth>{1 * unit<"TB/s">, {}};
  d.power.tdp = Sourced<Power>{300 * unit<"W">, {}};
  d.power.idle = Sourced<Power>{60 * unit<"W">, {}};
  return d;
}

/// Nodes of eight accelerators with 200 GB/s between them and eight ports of 200 Gbit/s.
inline systems::Cluster cluster(int devices, double oversubscription = 1, double port_factor = 1) {
  systems::Cluster c;
  c.device = accelerator();
  c.devices = count(devices);
  c.devices_per_node = count(devices < 8 ? devices : 8);
  c.scale_up = systems::ScaleUp{"switch", {200 * unit<"GB/s">, {}}, systems::ScaleUpTopology::switched, Sourced<Time>{2 * unit<"us">, {}}, false, {}};
  c.network = systems::NodeNetwork{count(8), {port_factor * 200 * unit<"Gbit/s">, {}}};
  c.fabric.emplace();
  c.fabric->port_rate = {1e6 * unit<"Gbit/s">, {}};
  c.fabric->latency = Sourced<Time>{5 * unit<"us">, {}};
  c.fabric->oversubscription = {oversubscription, {}};
  return c;
}

/// Llama 3 8B (arXiv:2407.21783, table 3).
inline workload::Model llama_3_8b() {
  workload::Model m;
  m.id = "llama_3_8b";
  m.transformer.emplace();
  auto& t = *m.transformer;
  t.layers = count(32), t.hidden = count(4096), t.heads = count(32), t.kv_heads_given = count(8), t.head_size_given = count(128);
  t.feed_forward = count(14336), t.gated = true, t.vocabulary = count(128256), t.context = count(8192);
  t.norm = workload::Norm::rms_norm;
  t.norms_per_layer = count(2);
  return m;
}

inline solvers::CalibrationRow row(workload::OperatorKind kind, Real compute, Real bandwidth) {
  solvers::CalibrationRow r;
  r.tier = hardware::Tier::cloud;
  r.kind = kind;
  r.compute = compute;
  r.bandwidth = bandwidth;
  return r;
}

/// Every operator reaches 60 % of its peak and 80 % of its bandwidth; kernels start at once.
inline solvers::Calibration calibration() {
  solvers::Calibration c;
  c.id = "textbook";
  for (int k = 0; k < static_cast<int>(workload::OperatorKind::count); ++k)
    c.operators.push_back(row(static_cast<workload::OperatorKind>(k), {0.6, {}}, {0.8, {}}));
  c.dispatch.push_back({hardware::Tier::cloud, {0 * unit<"s">, {}}});
  return c;
}

}  // namespace textbook
