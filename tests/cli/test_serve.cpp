#include <doctest/doctest.h>

#include <fstream>

#include "program.hpp"

TEST_CASE("serve holds hardware to the limits of one service") {
  const Folder folder("serve");
  const auto o = folder.run("mlsysim serve batch_sweet_spot --hardware H100 A100 --format csv");
  CHECK(o.code == 0);
  const auto rows = lines(o.out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].starts_with("H100,1,"));
  CHECK(rows[2].starts_with("A100,1,"));
}

TEST_CASE("serve says that nothing meets a limit by its exit code") {
  const Folder folder("serve_slow");
  // Reading 16 GB of weights at 0.3 TB/s takes longer than the 20 ms which the scenario allows.
  CHECK(folder.run("mlsysim serve batch_sweet_spot --hardware L4").code == 3);
}

TEST_CASE("serve refuses what is no service, no hardware, no engine") {
  const Folder folder("serve_bad");
  CHECK(folder.run("mlsysim serve memory_wall --hardware H100").err.find("E0203") != std::string::npos);
  CHECK(folder.run("mlsysim serve chatbot --hardware H1000").err.find("no hardware or node 'H1000'") != std::string::npos);
  std::ofstream(folder / "engine.yaml") << ("workload: {model: Llama 3.1 8B, phase: serving, prompt: 512, output: 128, serving: {engine: vlm}}\nsystem: {device: H100}\n");
  const auto o = folder.run("mlsysim eval engine.yaml");
  CHECK(o.code == 2);
  CHECK(o.err.find("no engine 'vlm'; nearest: vllm") != std::string::npos);
}
