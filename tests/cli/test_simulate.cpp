#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"

TEST_CASE("simulate prints percentiles, closed forms and pictures, and the same bytes again") {
  const Folder folder("simulate");
  const std::string command = "mlsysim simulate chatbot_near_saturation --requests 2000";
  const auto o = folder.run(command + " --svg load.svg --requests-csv every.csv --requests-json every.json");
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  CHECK(o.err.empty());
  for (char const* part : {"TTFT", "P99.9", "Closed form beside simulation", "Latency over load", "Queue and batch over time", "seed 1"}) {
    CAPTURE(part);
    CHECK(o.out.find(part) != o.out.npos);
  }
  CHECK(folder.run(command).out == o.out);
  const auto rows = lines(content(folder / "every.csv"));
  CHECK(rows.size() == 2001);
  CHECK(rows[0] == "request,arrival,start,first_token,end,prompt,output,preemptions,replica");
  const auto every = nlohmann::json::parse(content(folder / "every.json"));
  REQUIRE(every.size() == 2000);
  CHECK(every[0]["prompt"] > 0);
  CHECK(every[0]["first_token"] >= every[0]["start"]);
  const auto picture = content(folder / "load.svg");
  CHECK(picture.starts_with("<svg"));
  CHECK(picture.find("goodput") != picture.npos);
  CHECK(folder.run(command + " --seed 2").out != o.out);
}

TEST_CASE("simulate takes another rate and another policy, and every format") {
  const Folder folder("simulate_options");
  const auto metric = [&](std::string const& options, std::string const& id) {
    const auto o = folder.run("mlsysim simulate chatbot --requests 1000 --no-curve --format csv " + options);
    CAPTURE(o.err);
    REQUIRE(o.code == 0);
    for (auto const& line : lines(o.out))
      if (const auto at = line.find("traffic." + id + ','); at != line.npos) return std::stod(line.substr(at + 9 + id.size()));
    FAIL("no metric ", id);
    return 0.0;
  };
  CHECK(metric("--rate '1 request/s'", "ttft_p99") < metric("--rate '12 request/s'", "ttft_p99"));
  CHECK(metric("--policy static", "ttft_p50") > metric("--policy orca", "ttft_p50"));
  const auto json = nlohmann::json::parse(folder.run("mlsysim simulate chatbot --requests 1000 --format json").out);
  CHECK(!json["reports"].empty());
  CHECK(folder.run("mlsysim simulate chatbot --requests 1000 --no-curve --format markdown").out.find("| TTFT |") != std::string::npos);
}

TEST_CASE("simulate says what is wrong, and writes nothing then") {
  const Folder folder("simulate_bad");
  const auto fails = [&](std::string const& options, std::string const& says) {
    const auto o = folder.run("mlsysim simulate " + options + " --svg picture.svg");
    CAPTURE(options);
    CAPTURE(o.err);
    CHECK(o.code == 2);
    CHECK(o.err.find(says) != o.err.npos);
    CHECK(folder.files().empty());
  };
  fails("pipeline_bubble", "E0233");
  fails("infeasible_70b_on_one_gpu", "E0233");
  fails("chatbot --policy serathi", "did you mean 'sarathi'?");
  fails("chatbot --rate '4 GB/s'", "is no rate of requests");
  fails("chatbot --requests 5", "100 to 10000000");
  fails("chatbot --policy disaggregated", "no policy 'disaggregated'");
}

TEST_CASE("eval judges the percentiles of traffic, and a trace lies beside its scenario") {
  const Folder folder("simulate_eval");
  std::ofstream(folder / "trace.csv") << "arrival,prompt,output\n0,512,64\n0.5,256,32\n0.75,1024,64\n2,16,8\n";
  std::ofstream(folder / "service.yaml") << "workload: {model: Llama 3.1 8B, phase: serving, prompt: 512, output: 64, batch: 8}\nsystem: {device: H100}\n"
                                            "traffic: {trace: trace.csv}\nlimits: {ttft_p99: 1 s, itl_p99: 1 us}\n";
  const auto o = folder.run("mlsysim eval service.yaml");
  CAPTURE(o.out);
  CAPTURE(o.err);
  CHECK(o.code == 3);
  CHECK(o.out.find("ok   TTFT P99 under load") != o.out.npos);
  CHECK(o.out.find("FAIL ITL P99 under load") != o.out.npos);
  CHECK(o.out.find("4 requests simulated") != o.out.npos);
  CHECK(folder.run("cd / && mlsysim eval \"$OLDPWD/service.yaml\"").code == 3);
  std::ofstream(folder / "trace.csv") << "arrival,prompt,output\n0,512,64\n0.5,none,32\n";
  const auto bad = folder.run("mlsysim eval service.yaml");
  CHECK(bad.code == 2);
  CHECK(bad.err.find("trace.csv:3:5") != bad.err.npos);
  std::ofstream(folder / "service.yaml") << "workload: {model: Llama 3.1 8B, phase: serving, prompt: 512, output: 64}\nsystem: {device: H100}\nlimits: {ttft_p99: 1 s}\n";
  CHECK(folder.run("mlsysim eval service.yaml").out.find("only the simulation of `traffic:` has percentiles") != std::string::npos);
}

TEST_CASE("traffic which contradicts itself is refused where it does") {
  const Folder folder("simulate_traffic");
  const auto fails = [&](std::string const& traffic, std::string const& says) {
    std::ofstream(folder / "service.yaml") << "workload: {model: Llama 3.1 8B, phase: serving, prompt: 512, output: 64, batch: 8}\nsystem: {device: H100}\ntraffic: " << traffic << '\n';
    const auto o = folder.run("mlsysim eval service.yaml");
    CAPTURE(traffic);
    CAPTURE(o.err);
    CHECK(o.code == 2);
    CHECK(o.err.find(says) != o.err.npos);
    CHECK(o.err.find("service.yaml:3:") != o.err.npos);
  };
  fails("{rate: 1 request/s, load: 0.5}", "the rate is stated more than once");
  fails("{load: 0.5, arrivals: gamma}", "gamma arrivals need `variation`");
  fails("{load: 0.5, arrivals: modulated}", "modulated arrivals need `burst`");
  fails("{load: 0.5, arrivals: modulated, burst: {ratio: 4, share: 0.5, length: 1 s}}", "more than all requests");
  fails("{load: 0.5, prompt: {shape: lognormal}}", "the lengths need `spread`");
  fails("{load: 0.5, prompt: {shape: uniform, spread: 0.8}}", "would begin below zero");
  fails("{load: 0.5, output: {shape: empirical}}", "empirical lengths need `samples`");
}
