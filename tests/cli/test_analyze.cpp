#include <doctest/doctest.h>

#include "program.hpp"

TEST_CASE("analyze shows every operator of a pass under its roof") {
  const Folder folder("analyze");
  const auto o = folder.run("mlsysim analyze --model 'Llama 3.1 8B' --hardware H100 --phase decode --batch 32");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  for (char const* part : {"operators of the pass", "mlp.down", "Roofline: 989.4 TFLOP/s above, 3.35 TB/s on the slope, ridge at 295.3 FLOP/B", "% of its roof", "90 %:"}) {
    CAPTURE(part);
    CHECK(o.out.find(part) != o.out.npos);
  }
  // No operator lies above its roof: three digits before the sign mean at most 100 %.
  for (auto const& line : lines(o.out)) {
    const auto at = line.find(" % of its roof");
    if (at == line.npos) continue;
    CAPTURE(line);
    CHECK(std::atoi(line.substr(at - 3, 3).c_str()) <= 100);
  }
}

TEST_CASE("compare holds speeds against the first that fits, and says what does not") {
  const Folder folder("compare");
  const auto o = folder.run("mlsysim compare --model 'Llama 3.1 70B' --hardware H100 B200 MI300X --phase decode --format csv");
  CHECK(o.code == 3);
  const auto rows = lines(o.out);
  REQUIRE(rows.size() == 4);
  CHECK(rows[1].starts_with("Llama 3.1 70B,H100,default,,,,-,"));
  CHECK(rows[1].find("does not fit") != std::string::npos);
  CHECK(rows[2].find(",1.00 x,") != std::string::npos);
  // Half the bytes of every weight: faster in decoding.
  const auto formats = folder.run("mlsysim compare --model 'Llama 3.1 8B' --hardware H100 --precision bf16 fp8 --phase decode --format csv");
  CHECK(formats.code == 0);
  REQUIRE(lines(formats.out).size() == 3);
  CHECK(std::strtod(lines(formats.out)[1].c_str() + lines(formats.out)[1].find("bf16,") + 5, nullptr) > std::strtod(lines(formats.out)[2].c_str() + lines(formats.out)[2].find("fp8,") + 4, nullptr));
}

TEST_CASE("every phase is analysed and compared by what it takes, with intervals; lists may have commas") {
  const Folder folder("phases");
  const std::pair<char const*, char const*> phases[] = {{"prefill", "performance.latency"}, {"decode", "performance.latency"}, {"serving", "serving.itl"}, {"training", "distributed.step_time"}};
  for (auto const& each : phases) {
    const std::string phase = each.first, metric = each.second, length = phase == "training" ? " --sequence 2048" : "";
    CAPTURE(phase);
    const std::string what = " --model 'Llama 3.2 1B' --hardware H100 --batch 1 --phase " + phase + length + " --format csv";
    const auto alone = folder.run("mlsysim analyze" + what);
    CHECK(alone.code == 0);
    CHECK(alone.out.find(metric) != alone.out.npos);
    const auto rows = lines(folder.run("mlsysim compare --model 'Llama 3.2 1B' --hardware H100,A100 --batch 1 --phase " + phase + length + " --format csv").out);
    REQUIRE(rows.size() == 3);
    CHECK(rows[2].find("does not fit") == std::string::npos);
    const double time = std::strtod(rows[2].c_str() + rows[2].find("default,") + 8, nullptr), low = std::strtod(rows[2].c_str() + rows[2].find(',', rows[2].find("default,") + 8) + 1, nullptr);
    CHECK(low > 0);
    CHECK(low < time);
  }
}

TEST_CASE("every unknown name of a comparison is reported, once") {
  const Folder folder("compare_bad");
  const auto o = folder.run("mlsysim compare --model 'Llama 3.1 8B' --hardware H100 H1000 --precision bf16 fp7");
  CHECK(o.code == 2);
  CHECK(o.err.find("H1000") != o.err.npos);
  CHECK(o.err.find("fp7") != o.err.npos);
}
