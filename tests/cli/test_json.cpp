#include <doctest/doctest.h>

#include <algorithm>

#include "json_schema.hpp"
#include "program.hpp"

namespace {

JsonSchema schema(Folder const& folder, std::string const& kind) {
  const auto o = folder.run("mlsysim schema " + kind);
  REQUIRE(o.code == 0);
  return {nlohmann::json::parse(o.out), true};
}

void holds(JsonSchema const& schema, std::string const& text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  REQUIRE(!document.is_discarded());
  CHECK(document.at("version").is_number_integer());
  CHECK(document.at("mlsysim").is_string());
  for (auto const& mistake : schema.mistakes(document)) FAIL_CHECK(mistake);
}

}  // namespace

TEST_CASE("the checker of these tests finds what is wrong") {
  const JsonSchema s(nlohmann::json::parse(R"({"type": "object", "required": ["a"], "properties": {"a": {"enum": [1, 2]}, "b": {"type": "array", "items": {"type": "string"}}}})"), true);
  CHECK(s.mistakes({{"a", 1}, {"b", {"x"}}}).empty());
  CHECK(s.mistakes({{"a", 3}}).size() == 1);
  CHECK(s.mistakes(nlohmann::json::object()).size() == 1);
  CHECK(s.mistakes({{"a", 1}, {"b", {1}}}).size() == 1);
  CHECK(s.mistakes({{"a", 1}, {"c", 1}}).size() == 1);
}

TEST_CASE("the report of every shipped scenario is as its schema says, and the schema names every field") {
  const Folder folder("json_report");
  const auto report = schema(folder, "report");
  const auto listed = nlohmann::json::parse(folder.run("mlsysim list scenarios --format json").out);
  REQUIRE(listed["rows"].size() > 20);
  std::string all = "mlsysim eval --exit-zero --format json";
  for (auto const& row : listed["rows"]) all += ' ' + row["id"].get<std::string>();
  const auto o = folder.run(all);
  CHECK(o.code == 0);
  CHECK(o.err.empty());
  holds(report, o.out);
  CHECK(nlohmann::json::parse(o.out)["reports"].size() == listed["rows"].size());
}

TEST_CASE("a derivation is as its schema says, its nodes hang together, and sums are the sums of their parts") {
  const Folder folder("json_derivation");
  const auto derivation = schema(folder, "derivation");
  const auto o = folder.run("mlsysim eval chatbot memory_wall --explain memory.parameters --format json");
  CHECK(o.code == 0);
  holds(derivation, o.out);
  CHECK(nlohmann::json::parse(o.out)["derivations"].size() == 2);
  for (std::string metric : {"serving.itl", "sustainability.carbon"}) {
    CAPTURE(metric);
    const auto text = folder.run("mlsysim eval chatbot --explain " + metric + " --format json").out;
    holds(derivation, text);
    const auto one = nlohmann::json::parse(text)["derivations"][0];
    CHECK(one["nodes"][0]["value"] == one["value"]);
    for (auto const& node : one["nodes"]) {
      double sum = 0;
      for (auto const& in : node.value("inputs", nlohmann::json::array())) {
        REQUIRE(in["node"].get<std::size_t>() < one["nodes"].size());
        sum += in["value"].get<double>();
      }
      if (node["kind"] == "sum") CHECK(sum == doctest::Approx(node["value"].get<double>()));
    }
  }
  CHECK(folder.run("mlsysim eval chatbot --explain serving.itl --format csv").code == 2);
  CHECK(folder.run("mlsysim eval chatbot --explain serving.itl --format markdown").out.starts_with("## `serving.itl`"));
}

TEST_CASE("what validate writes is as its schema says") {
  const Folder folder("json_validation");
  fs::create_directory_symlink(fs::path(MLSYSIM_SOURCE_DIR) / "validation", folder / "validation");
  const auto o = folder.run("mlsysim validate e_gemm a_bloom_topology_sweep a_activation_memory --format json");
  CHECK(o.code == 0);
  const auto text = folder.run("mlsysim schema validation").out;
  REQUIRE(!text.empty());
  holds({nlohmann::json::parse(text), false}, o.out);
}

TEST_CASE("every table is as its schema says") {
  const Folder folder("json_table");
  const auto table = schema(folder, "table");
  for (std::string command : {"list", "list scenarios", "list sources", "list models nothing_of_this_name", "search h100", "show H100", "show llama_3_1_8b", "show codecarbon_energy_mix", "lint --all", "explain", "explain E0142", "selftest --vectors"}) {
    CAPTURE(command);
    const auto o = folder.run("mlsysim " + command + " --format json");
    CHECK(o.code == 0);
    holds(table, o.out);
  }
}

TEST_CASE("errors are JSON too where JSON is asked for, those of usage as well") {
  const Folder folder("json_errors");
  const auto errors = schema(folder, "errors");
  std::ofstream(folder / "bad.yaml") << "workload: {model: ResNet-50, phase: inference, batchsize: 4}\nsystem: {device: H1000}\n";
  for (std::string command : {"eval missing.yaml", "eval bad.yaml", "show nothing", "eval --bach 3", "evl", "explain E9999", "eval chatbot --explain nothing.at_all"}) {
    CAPTURE(command);
    const auto o = folder.run("mlsysim " + command + " --format json");
    CHECK(o.code == 2);
    CHECK(o.out.empty());
    holds(errors, o.err);
  }
  const auto two = nlohmann::json::parse(folder.run("mlsysim eval bad.yaml --format=json").err);
  CHECK(two["errors"].size() == 2);
  CHECK(two["errors"][0]["line"] == 1);
}

TEST_CASE("the scenario schema accepts the shipped scenarios and the starter's options, and knows the devices") {
  const Folder folder("json_scenario");
  const auto text = folder.run("mlsysim schema scenario").out;
  const auto s = nlohmann::json::parse(text);
  const auto& known = s["definitions"]["hardware"]["anyOf"][0]["enum"];
  for (auto name : {"nvidia_h100_sxm", "H100", "ESP32-S3"}) CHECK(std::find(known.begin(), known.end(), name) != known.end());
  CHECK(s["$schema"] == "http://json-schema.org/draft-07/schema#");
  const JsonSchema checker(s, false);
  const auto scenario = nlohmann::json::parse(R"({"workload": {"model": "Llama 3.1 8B", "phase": "serving", "prompt": 1024, "output": 256, "precision": {"weights": "int8"}},
    "system": {"device": "H100", "parallel": {"tensor": 1}}, "limits": {"ttft": "500 ms"}})");
  CHECK(checker.mistakes(scenario).empty());
  auto wrong = scenario;
  wrong["workload"]["batchsize"] = 4;
  CHECK(!checker.mistakes(wrong).empty());
  wrong = scenario;
  wrong["limits"]["ttft"] = 500;
  CHECK(!checker.mistakes(wrong).empty());
  wrong = scenario;
  wrong["workload"]["phase"] = "servng";
  CHECK(!checker.mistakes(wrong).empty());
}
