#include "mlsysim/explore/sensitivity.hpp"

#include "common.hpp"

using namespace test;

namespace {

explore::Influence const* find(explore::Sensitivity const& s, std::string_view path) {
  for (auto const& i : s.influences)
    if (i.path == path) return &i;
  return nullptr;
}
double elasticity(explore::Sensitivity const& s, std::string_view path) {
  auto const* i = find(s, path);
  return i ? i->elasticity : 0;
}

// One operator on a device with nothing but a peak and a memory: the roofline alone, without kernels to launch.
std::string roofline(int in, int out, char const* phase = "inference") {
  return "workload:\n  phase: " + std::string(phase) + "\n  model: {name: one product, layered: {input: {features: " + std::to_string(in) + "}, layers: [{name: fc, op: linear, in: " + std::to_string(in) + ", out: " + std::to_string(out) +
         "}]}}\nsystem:\n  device: {name: plain, tier: cloud, kind: npu, peak: {bf16: 100 TFLOP/s}, memory: {hbm: {marketed: 80 GB, bandwidth: 1 TB/s}}}\nefficiency: {compute: 1, bandwidth: 1}\n";
}

}  // namespace

TEST_CASE("what memory bandwidth limits has elasticity -1 to it, and none to the peak") {
  // 2 FLOP per weight of 2 B: intensity 1, ridge 100. What remains is the launch of one kernel, which is small beside 2e8 B / 1 TB/s = 0.2 ms.
  const auto s = explore::sensitivity(catalogue(), document(roofline(10000, 10000)), "performance.latency");
  CHECK(elasticity(s, "system.device.memory.hbm.bandwidth") == doctest::Approx(-1).epsilon(0.05));
  CHECK(elasticity(s, "system.device.peak.bf16") == 0);
  // All time is the reading of weights: in and out count alike.
  CHECK(elasticity(s, "workload.model.layered.layers.0.in") == doctest::Approx(1).epsilon(0.05));
}

TEST_CASE("the peak takes over where the batch is large") {
  const auto s = explore::sensitivity(catalogue(), document(roofline(10000, 10000) + "limits: {latency: 1 s}\n"), "performance.latency");
  std::string large = roofline(10000, 10000);
  large.replace(large.find("phase:"), 6, "batch: 5000\n  phase:");
  const auto l = explore::sensitivity(catalogue(), document(large), "performance.latency");
  CHECK(elasticity(l, "system.device.peak.bf16") == doctest::Approx(-1).epsilon(0.05));
  CHECK(elasticity(l, "system.device.memory.hbm.bandwidth") == 0);
  CHECK(elasticity(l, "workload.batch") == doctest::Approx(1).epsilon(0.05));
  CHECK(find(s, "limits.latency") == nullptr);
}

TEST_CASE("counts go to whole numbers, and to those which can be evaluated") {
  const auto s = explore::sensitivity(catalogue(), builtin("training_7b_eight_gpus"), "");
  CHECK(s.metric.path == "distributed.step_time");
  for (auto const& i : s.influences) {
    if (!i.discrete) continue;
    const std::string path = i.path;
    CAPTURE(path);
    if (!std::isnan(i.larger)) CHECK(i.larger == std::floor(i.larger));
    if (!std::isnan(i.smaller)) CHECK(i.smaller == std::floor(i.smaller));
  }
  // Twice the batch on the same devices is twice the work, whichever step the count took.
  CHECK(elasticity(s, "workload.training.global_batch") == doctest::Approx(1).epsilon(0.15));
  for (std::size_t i = 1; i < s.influences.size(); ++i) CHECK(std::abs(s.influences[i - 1].elasticity) >= std::abs(s.influences[i].elasticity));
}

TEST_CASE("every parameter is put back: two runs in a row are the same") {
  const auto d = builtin("chatbot");
  const auto a = explore::sensitivity(catalogue(), d, "serving.itl"), b = explore::sensitivity(catalogue(), d, "serving.itl");
  REQUIRE(a.influences.size() == b.influences.size());
  for (std::size_t i = 0; i < a.influences.size(); ++i) CHECK(a.influences[i].elasticity == b.influences[i].elasticity);
  // The metric itself did not move: a Design evaluated afresh says the same.
  explore::Design design(catalogue(), d);
  design.evaluator().evaluate();
  CHECK(design.evaluator().value(a.metric) == a.value);
}

TEST_CASE("a scenario without the number is refused") {
  CHECK_THROWS_AS((void)explore::sensitivity(catalogue(), builtin("infeasible_70b_on_one_gpu"), ""), InputError);
  CHECK_THROWS_AS((void)explore::sensitivity(catalogue(), builtin("chatbot"), "serving.itll"), InputError);
}
