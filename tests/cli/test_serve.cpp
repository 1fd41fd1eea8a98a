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

TEST_CASE("serve says what tokens, requests and users cost, and what they draw") {
  const Folder folder("serve_cost");
  const auto o = folder.run("mlsysim serve batch_sweet_spot --hardware H100 --format json");
  REQUIRE(o.code == 0);
  std::ofstream(folder / "users.yaml") << "workload: {model: Llama 3.1 8B, phase: serving, prompt: 512, output: 256, batch: 64, serving: {requests_per_user: 300}}\nsystem: {device: H100}\nlimits: {ttft: 500 ms, itl: 20 ms}\n";
  const auto rows = lines(folder.run("mlsysim serve users.yaml --hardware H100 --format csv").out);
  REQUIRE(rows.size() == 2);
  const auto value = [&](std::string const& column) {
    const auto split = [](std::string const& line) {
      std::vector<std::string> cells(1);
      bool quoted = false;
      for (char c : line) {
        if (c == '"') quoted = !quoted;
        c == ',' && !quoted ? void(cells.emplace_back()) : cells.back().push_back(c);
      }
      return cells;
    };
    const auto names = split(rows[0]), cells = split(rows[1]);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i].starts_with(column)) return std::stod(cells[i]);
    FAIL("no column ", column);
    return 0.0;
  };
  // A request is what it reads and what it writes, a month three hundred of them.
  CHECK(512 * value("cost_input") + 256 * value("cost_output") == doctest::Approx(value("cost_request")));
  CHECK(300 * value("cost_request") == doctest::Approx(value("cost_user")));
  CHECK(512 * value("energy_input") + 256 * value("energy_output") == doctest::Approx(value("energy_request")));
  CHECK(300 * value("energy_request") == doctest::Approx(value("energy_user")));
  CHECK(lines(folder.run("mlsysim serve batch_sweet_spot --hardware H100 --format csv").out)[0].find("cost_user") == std::string::npos);
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
  std::ofstream(folder / "engine.yaml") << ("workload: {model: Llama 3.1 8B, phase: serving, prompt: 512, output: 128, engine: vlm}\nsystem: {device: H100}\n");
  const auto o = folder.run("mlsysim eval engine.yaml");
  CHECK(o.code == 2);
  CHECK(o.err.find("no calibration 'vlm' in the registry; nearest: vllm") != std::string::npos);
}
