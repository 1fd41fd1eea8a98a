#include <doctest/doctest.h>

#include "program.hpp"

TEST_CASE("scaling answers for compute, device time and money alike") {
  const Folder folder("scaling");
  const auto compute = folder.run("mlsysim scaling --compute '5.76e23 FLOP' --format csv");
  CAPTURE(compute.err);
  REQUIRE(compute.code == 0);
  // 1e6 h at 40 % of 989.4 TFLOP/s are 1.42e24 FLOP; the same hours rented come to the same plan.
  const auto hours = folder.run("mlsysim scaling --device-time '8e3 h' --hardware H100 --mfu 0.4 --format csv");
  const auto money = folder.run("mlsysim scaling --money '98320 USD' --price price_aws_p5_48xlarge_on_demand --mfu 0.4 --format csv");
  REQUIRE(hours.code == 0);
  REQUIRE(money.code == 0);
  const auto plan = [](std::string const& out) { return out.substr(out.find("scaling.optimal_parameters"), 60); };
  CHECK(plan(hours.out) == plan(money.out));
  CHECK(plan(compute.out) != plan(hours.out));
}

TEST_CASE("scaling says which half of a budget is missing") {
  const Folder folder("scaling_bad");
  const std::pair<char const*, char const*> wrong[] = {
      {"mlsysim scaling", "neither a budget nor a model with its tokens is given"},
      {"mlsysim scaling --money '1e6 USD' --mfu 0.4", "money becomes device time at a price"},
      {"mlsysim scaling --device-time '1e6 h' --hardware H100", "device time becomes compute at a utilisation"},
      {"mlsysim scaling --compute '1e24 B'", "--compute wants a positive quantity in FLOP, not '1e24 B'"},
      {"mlsysim scaling --compute '1e24 FLOP' --law chinchila", "nearest: "},
      {"mlsysim scaling --compute '1e24 FLOP' --money '1 USD'", "given more than once"},
  };
  for (auto const& pair : wrong) {
    const std::string command = pair.first, message = pair.second;
    CAPTURE(command);
    const auto o = folder.run(command);
    CHECK(o.code == 2);
    CHECK(o.err.find("E0240") != o.err.npos);
    CAPTURE(o.err);
    CHECK(o.err.find(message) != o.err.npos);
  }
}

TEST_CASE("walls lists all, and shows one with its equations and its witness") {
  const Folder folder("walls");
  const auto all = folder.run("mlsysim walls");
  CHECK(all.code == 0);
  for (char const* id : {"memory_bandwidth", "tail_latency", "capital", "carbon", "safety"}) CHECK(all.out.find(id) != all.out.npos);
  const auto one = folder.run("mlsysim walls data_transformation --format markdown");
  CHECK(one.code == 0);
  for (char const* part : {"# Data transformation", "$$", "mlsysim eval data_wall", "binds: data: workers"}) {
    CAPTURE(part);
    CHECK(one.out.find(part) != one.out.npos);
  }
  const auto none = folder.run("mlsysim walls memory_bandwith");
  CHECK(none.code == 2);
  CHECK(none.err.find("nearest: memory_bandwidth") != none.err.npos);
}
