#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "json_schema.hpp"
#include "program.hpp"

namespace {
bool has(std::string const& text, std::string const& part) { return text.find(part) != text.npos; }
}  // namespace

TEST_CASE("explain answers for scenarios, codes, lints and terms, and names what is near otherwise") {
  const Folder folder("explain");
  CHECK(has(folder.run("mlsysim explain chatbot").out, "serving.itl"));
  CHECK(folder.run("mlsysim explain chatbot serving.itl").out.starts_with("serving.itl: ITL = "));
  CHECK(has(folder.run("mlsysim explain E0142").out, "E0142: "));
  CHECK(has(folder.run("mlsysim explain l009").out, "L009: "));
  CHECK(folder.run("mlsysim explain ttft").out.starts_with("TTFT (ttft)"));
  CHECK(folder.run("mlsysim explain serving.ttft").out == folder.run("mlsysim glossary ttft").out);
  const auto wrong = folder.run("mlsysim explain chatbot serving.itll");
  CHECK(wrong.code == 2);
  CHECK(wrong.out.empty());
  CHECK(has(wrong.err, "error[E0330]: no number 'serving.itll' in this result"));
  CHECK(has(wrong.err, "serving.itl"));
  CHECK(folder.run("mlsysim explain chatbo serving.itl").code == 2);
  CHECK(has(folder.run("mlsysim explain chatbot serving.itl/99").err, "leads to none of its inputs"));
  CHECK(folder.run("mlsysim explain chatbot serving.itl --format csv").code == 2);
  CHECK(folder.run("mlsysim glossary no_such_term").code == 2);
  CHECK(folder.run("mlsysim eval chatbot --format html").code == 2);
}

TEST_CASE("explain and eval --explain write the same") {
  const Folder folder("explain_twice");
  for (std::string format : {"text", "json", "markdown"}) {
    CAPTURE(format);
    const auto o = folder.run("mlsysim explain chatbot serving.itl --format " + format);
    CHECK(o.code == 0);
    CHECK(o.out == folder.run("mlsysim eval chatbot --explain serving.itl --format " + format).out);
  }
  // Without a file there is no name to explain; parts can be asked for all the same.
  CHECK(has(folder.run("mlsysim eval --model ResNet-50 --hardware H100 --explain performance.latency/1").out, "part 1"));
}

TEST_CASE("what explain writes as JSON is as the schema of derivations says") {
  const Folder folder("explain_json");
  const auto schema = folder.run("mlsysim schema derivation").out;
  const JsonSchema strict(nlohmann::json::parse(schema), true);
  for (std::string path : {"serving.itl", "memory.kv_cache", "scorecard.performance.ttft", "scorecard.knobs.1", "sustainability.carbon"}) {
    CAPTURE(path);
    const auto o = folder.run("mlsysim explain chatbot " + path + " --format json");
    CHECK(o.code == 0);
    const auto json = nlohmann::json::parse(o.out);
    for (auto const& mistake : strict.mistakes(json)) FAIL_CHECK(mistake);
    CHECK(json["derivations"][0].contains("influences"));
  }
  const auto report = nlohmann::json::parse(folder.run("mlsysim eval chatbot --format json").out);
  CHECK(report["reports"][0]["sections"]["serving"]["metrics"]["itl"]["defined"] == "itl");
}

TEST_CASE("audit counts, and refuses under a policy which does not hold") {
  const Folder folder("audit");
  CHECK(folder.run("mlsysim audit").code == 0);
  CHECK(folder.run("mlsysim audit --require sourced").code == 0);
  CHECK(folder.run("mlsysim audit chatbot --require sourced").code == 0);
  std::ofstream(folder / "old.yaml") << "workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\ninfrastructure: {price: price_aws_p5_48xlarge_on_demand, utilisation: 0.5}\n";
  const auto old = folder.run("mlsysim audit old.yaml --require current");
  CHECK(old.code == 3);
  CHECK(has(old.out, "price_aws_p5_48xlarge_on_demand.rate"));
  CHECK(folder.run("mlsysim audit --require pretty").code == 2);
  CHECK(lines(folder.run("mlsysim audit --format csv").out).size() > 1000);
}

TEST_CASE("diff names changes and causes; its exit code is the verdict of the second") {
  const Folder folder("diff");
  const auto o = folder.run("mlsysim diff region_choice_poland region_choice_sweden");
  CHECK(o.code == 0);
  CHECK(has(o.out, "infrastructure.grid"));
  CHECK(has(o.out, "100 %  infrastructure.grid"));
  CHECK(folder.run("mlsysim diff chatbot infeasible_70b_on_one_gpu").code == 3);
  CHECK(folder.run("mlsysim diff chatbot infeasible_70b_on_one_gpu --exit-zero").code == 0);
  CHECK(has(folder.run("mlsysim diff chatbot chatbot").out, "both ask the same"));
  CHECK(folder.run("mlsysim diff chatbot missing.yaml").code == 2);
  CHECK(has(folder.run("mlsysim diff chatbot moe_serving --metric serving.itll").err, "serving.itl"));
}

TEST_CASE("lint of a scenario exits with 3 where it finds something, and eval says nothing of it in a pipe") {
  const Folder folder("lint");
  std::ofstream(folder / "bubble.yaml") << "workload: {model: Llama 3.1 8B, phase: training, batch: 1, sequence: 4096, training: {global_batch: 8, recompute: full}}\nsystem: {node: DGX H100, parallel: {pipeline: 8}}\n";
  const auto o = folder.run("mlsysim lint bubble.yaml");
  CHECK(o.code == 3);
  CHECK(has(o.out, "bubble.yaml: L009"));
  CHECK(folder.run("mlsysim lint bubble.yaml --exit-zero").code == 0);
  CHECK(folder.run("mlsysim eval bubble.yaml").err.empty());
  CHECK(folder.run("mlsysim lint chatbot").out == "no findings\n");
  CHECK(folder.run("mlsysim lint missing.yaml").code == 2);
}

TEST_CASE("a prediction stands in the report beside the result, whether written or asked for") {
  const Folder folder("predict");
  const auto json = nlohmann::json::parse(folder.run("mlsysim eval chatbot --predict bottleneck=memory,itl=5ms --format json").out);
  auto const& rows = json["reports"][0]["sections"]["prediction"]["tables"]["predictions"]["rows"];
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["gap"] == "right");
  CHECK(rows[1]["predicted"] == "5 ms");
  const auto asked = folder.run("printf 'memory\\n\\nfail\\n' | mlsysim eval chatbot --predict");
  CHECK(asked.code == 0);
  CHECK(has(asked.err, "your prediction of bottleneck"));
  CHECK(has(asked.out, "the other one"));
  CHECK(folder.run("printf 'memory\\n' | mlsysim eval --predict chatbot").code == 0);
  CHECK(folder.run("mlsysim eval chatbot --predict").code == 2);
  CHECK(folder.run("mlsysim eval chatbot --predict itl=5GB").code == 2);
}

TEST_CASE("a level hides what is taught later, and says on standard error what that was") {
  const Folder folder("level");
  const auto o = folder.run("mlsysim eval chatbot --level v1.13");
  CHECK(o.code == 0);
  CHECK(has(o.out, "\nServing"));
  CHECK(!has(o.out, "\nSustainability"));
  CHECK(has(o.err, "not shown up to v1.13 Model Serving: "));
  CHECK(has(o.err, "Sustainability (v2.15 Sustainable AI)"));
  CHECK(folder.run("mlsysim eval chatbot --level \"Sustainable AI\"").err.empty());
  CHECK(!has(folder.run("mlsysim step chatbot --level v1.2").out, "Serving"));
  CHECK(has(folder.run("mlsysim eval chatbot --level v9.9").err, "E0333"));
}

TEST_CASE("stages and sheets") {
  const Folder folder("lesson");
  const auto all = folder.run("mlsysim step chatbot").out;
  CHECK(all == folder.run("mlsysim step chatbot --all").out);
  std::string joined;
  const auto count = lines(folder.run("mlsysim step chatbot --format csv").out).size() - 1;
  for (std::size_t i = 1; i <= count; ++i) joined += (i > 1 ? "\n" : "") + folder.run("mlsysim step chatbot --at " + std::to_string(i)).out;
  CHECK(joined == all);
  CHECK(folder.run("mlsysim step chatbot --at 99").code == 2);
  const auto sheet = folder.run("mlsysim worksheet chatbot --seed 7").out;
  CHECK(sheet == folder.run("mlsysim worksheet chatbot --seed 7").out);
  CHECK(sheet != folder.run("mlsysim worksheet chatbot --seed 8").out);
  CHECK(!has(sheet, "# Key"));
  CHECK(has(folder.run("mlsysim worksheet chatbot --seed 7 --key").out, "# Key to sheet 7"));
  CHECK(folder.run("mlsysim worksheet chatbot --format json").code == 2);
  CHECK(folder.run("mlsysim worksheet chatbot --metric memory.hbm_capacity").code == 2);
}

TEST_CASE("pictures of where time and memory go: ASCII in a plain locale, blocks in UTF-8, and a file") {
  const Folder folder("picture");
  CHECK(has(folder.run("mlsysim eval frontier --picture").out, "####"));
  CHECK(has(folder.run("mlsysim eval frontier --picture", "LC_ALL=C.UTF-8").out, "█"));
  CHECK(folder.run("mlsysim eval frontier --svg time.svg").code == 0);
  CHECK(content(folder / "time.svg").starts_with("<svg"));
  CHECK(folder.run("mlsysim analyze --model ResNet-50 --hardware A100 --batch 64 --picture --svg pass.svg").code == 0);
  CHECK(content(folder / "pass.svg").starts_with("<svg"));
}
