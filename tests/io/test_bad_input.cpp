#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "mlsysim/io/files.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"

using namespace mlsysim;

namespace {

registry::Catalogue const& catalogue() {
  static const registry::Catalogue c;
  return c;
}

std::vector<Diagnostic> problems_of(std::string const& text) {
  std::vector<Diagnostic> problems;
  const auto d = io::parse_yaml(text, "test.yaml", problems);
  if (problems.empty()) {
    const auto l = scenario::load(catalogue(), d, problems);
    if (problems.empty()) {
      try {
        (void)scenario::evaluate(l);
      } catch (InputError const& e) {
        problems = e.problems();
      }
    }
  }
  return problems;
}

bool has(std::vector<Diagnostic> const& problems, int code, std::uint32_t line = 0, std::uint32_t column = 0) {
  for (auto const& p : problems)
    if (p.code == code && (line == 0 || (p.where.line == line && p.where.column == column))) return true;
  for (auto const& p : problems) MESSAGE(to_text(p));
  return false;
}

const std::string good = "workload:\n  model: resnet50\n  phase: inference\n  batch: 4\nsystem:\n  device: H100\n";

std::string with(std::string text, std::string const& from, std::string const& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the good scenario is good, also with CRLF line ends") {
  CHECK(problems_of(good).empty());
  std::string crlf;
  for (char c : good) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(problems_of(crlf).empty());
}

TEST_CASE("a slip of a key is an error with the right key beside it") {
  const auto p = problems_of(with(good, "batch: 4", "bacth: 4"));
  REQUIRE(has(p, 107, 4, 3));
  CHECK(p[0].help == "did you mean `batch`?");
}

TEST_CASE("a missing key is named once") {
  const auto p = problems_of(with(good, "  phase: inference\n", ""));
  CHECK(p.size() == 1);
  CHECK(has(p, 106));
  const auto no_model = problems_of(with(good, "  model: resnet50\n", ""));
  CHECK(no_model.size() == 1);
  CHECK(has(no_model, 202));
}

TEST_CASE("a repeated key names the first line") {
  const auto p = problems_of(with(good, "batch: 4", "batch: 4\n  batch: 8"));
  REQUIRE(has(p, 108, 5, 3));
  CHECK(p[0].message.find("line 4") != std::string::npos);
}

TEST_CASE("values which nobody could evaluate are refused where they stand") {
  CHECK(has(problems_of(with(good, "batch: 4", "batch: -4")), 132, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: 0")), 132, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: 2.5")), 133, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: .nan")), 131, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: .inf")), 131, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: 1e999")), 131, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: \"4\"")), 134, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: 4 GB")), 145, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: 0x10")), 130, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: 1_000")), 130, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: many")), 130, 4, 10));
  CHECK(has(problems_of(with(good, "batch: 4", "batch: 3000000")), 132, 4, 10));
}

TEST_CASE("an unknown name is an error with near matches") {
  const auto p = problems_of(with(good, "H100", "nvidia_h100_pice"));
  REQUIRE(has(p, 160, 6, 11));
  CHECK(p[0].message.find("nvidia_h100_pcie") != std::string::npos);
  CHECK(has(problems_of(with(good, "resnet50", "resnet5000")), 160));
  CHECK(has(problems_of(with(good, "phase: inference", "phase: inferense")), 150, 3, 10));
}

TEST_CASE("a wrong unit names both dimensions in words") {
  const std::string text = good + "overrides:\n  system.device.memory.hbm.bandwidth: 989 TFLOP/s\n";
  const auto p = problems_of(text);
  REQUIRE(has(p, 141, 8, 39));
  CHECK(p[0].message == "'bandwidth' wants a bandwidth (B/s), but '989 TFLOP/s' is a compute rate (FLOP/s)");
}

TEST_CASE("units which people confuse are refused with both readings") {
  const auto override_with = [](std::string const& path, std::string const& value) { return problems_of(good + "overrides:\n  " + path + ": " + value + "\n"); };
  const auto bits = override_with("system.device.memory.hbm.bandwidth", "400 Gb/s");
  REQUIRE(has(bits, 142));
  CHECK(bits[0].help.find("50 GB/s") != std::string::npos);
  CHECK(has(override_with("system.device.memory.hbm.bandwidth", "3.35e12"), 140));
  CHECK(has(override_with("system.device.memory.hbm.marketed", "80 KB"), 144));
  CHECK(has(override_with("system.device.memory.hbm.marketed", "80 mB"), 144));
  CHECK(has(override_with("system.device.peak.bf16", "989 TFLOP"), 141));
  CHECK(has(override_with("system.device.peak.bf16", "989 TMAC/s"), 143));
  CHECK(has(override_with("system.device.power.tdp", "-700 W"), 132));
  CHECK(has(override_with("system.device.memory.hbm.bandwidth", "3.35 ZB/s"), 132));
  CHECK(has(override_with("system.device.memory.hbm.capacity", "80 GB"), 107));
}

TEST_CASE("bytes where ports are counted in bits are refused with both readings") {
  const auto p = problems_of("workload: {model: resnet50, phase: inference}\nsystem:\n  node:\n    device: H100\n    network: {ports: 8, port_rate: 50 GB/s}\n");
  REQUIRE(has(p, 142));
  CHECK(p[0].help.find("400 Gbit/s") != std::string::npos);
}

TEST_CASE("an override changes one field of a named entry, and one which changes nothing is an error") {
  CHECK(problems_of(good + "overrides:\n  system.device.memory.hbm.bandwidth: 4 TB/s\n").empty());
  CHECK(has(problems_of(good + "overrides:\n  system.devcie.memory.hbm.bandwidth: 4 TB/s\n"), 162));
  CHECK(!problems_of(good + "overrides:\n  system.device.memory.hbm.bandwith: 4 TB/s\n").empty());
}

TEST_CASE("all problems of a file come at once, in file order") {
  const auto p = problems_of("workload:\n  model: resnet5000\n  phase: inferense\n  bacth: 4\nsystem:\n  device: H1000\n");
  CHECK(p.size() == 4);
  CHECK(to_text(p).find("4 errors; nothing was evaluated") != std::string::npos);
}

TEST_CASE("YAML which hides or repeats values is refused") {
  CHECK(has(problems_of("a: &x 1\nb: *x\n"), 111));
  CHECK(has(problems_of("a: {<<: {b: 1}}\n"), 111));
  CHECK(has(problems_of("a: !!int 4\n"), 113));
  CHECK(has(problems_of("a: 1\n---\nb: 2\n"), 112));
  CHECK(has(problems_of("a: 1\n...\nb: 2\n"), 112));
  CHECK(has(problems_of("%YAML 1.1\n---\na: 1\n"), 112));
  CHECK(has(problems_of("a:\n\tb: 1\n"), 119));
  CHECK(has(problems_of("a: [1,,2]\n"), 109));
  CHECK(has(problems_of("a:\n"), 109));
  CHECK(has(problems_of("a: 'open\n"), 110));
  CHECK(has(problems_of("a: \"open\n"), 110));
  CHECK(has(problems_of("a: [1, 2\n"), 110));
  CHECK(!problems_of("a: 1\nbare\n").empty());
  CHECK(!problems_of("a: 1\nbare").empty());
  CHECK(has(problems_of("[a, b]: 1\n"), 116));
  CHECK(has(problems_of("\xEF\xBB\xBF" + good), 117));
  CHECK(has(problems_of(std::string("a: \0b\n", 6)), 118));
  CHECK(has(problems_of("a: \xff\xfe\n"), 118));
  CHECK(has(problems_of(""), 120));
  CHECK(has(problems_of("# only a comment\n"), 120));
  CHECK(has(problems_of("- a\n- b\n"), 121));
  CHECK(has(problems_of("just a word\n"), 121));
}

TEST_CASE("hostile files end in a diagnostic, not in a crash") {
  CHECK(has(problems_of("a: " + std::string(10000, '[') + std::string(10000, ']')), 114));
  CHECK(!problems_of("a: " + std::string(10000, '{')).empty());
  std::string indented;
  for (int i = 0; i < 2000; ++i) indented += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(has(problems_of(indented), 114));
  std::string dashes;
  for (int i = 0; i < 5000; ++i) dashes += "- ";
  CHECK(has(problems_of(dashes + "a"), 114));
  std::string questions;
  for (int i = 0; i < 5000; ++i) questions += "? ";
  CHECK(!problems_of(questions + "a").empty());
  std::string bomb = "a: &a [x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ",*" + static_cast<char>(c - 1) + "]\n";
  CHECK(has(problems_of(bomb), 111));
}

TEST_CASE("files which are no scenarios are refused by what they are") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "mlsysim_bad_input";
  fs::create_directories(folder);
  const auto code_of = [&](std::string const& path) {
    std::vector<Diagnostic> p;
    (void)io::read_yaml_file(path, p);
    return p.empty() ? 0 : p[0].code;
  };
  CHECK(code_of((folder / "missing.yaml").string()) == 101);
  CHECK(code_of(folder.string()) == 102);
  CHECK(code_of("/dev/null") == 102);
  {
    std::ofstream big(folder / "big.yaml");
    big.seekp(100 << 20);
    big << 'x';
  }
  CHECK(code_of((folder / "big.yaml").string()) == 103);
  {
    std::ofstream binary(folder / "binary.yaml", std::ios::binary);
    binary << "\x7f" "ELF" << std::string("\x02\x01\x01\x00", 4);
  }
  CHECK(code_of((folder / "binary.yaml").string()) == 118);
  CHECK_THROWS_AS(io::write_whole(folder.string(), "x"), InputError);
  CHECK_THROWS_AS(io::write_whole((folder / "no" / "such" / "file").string(), "x"), InputError);
  io::write_whole((folder / "out.txt").string(), "whole");
  CHECK(fs::file_size(folder / "out.txt") == 5);
  CHECK(!fs::exists(folder / "out.txt.tmp"));
  fs::remove_all(folder);
}

TEST_CASE("a plan which the machine has not is an error in words") {
  const std::string llm = "workload: {model: Llama 3.1 8B, phase: decode, prompt: 1024}\nsystem: {node: DGX H100, parallel: {tensor: 3}}\n";
  CHECK(has(problems_of(llm), 203));
  CHECK(has(problems_of("workload: {model: resnet50, phase: inference}\nsystem: {}\n"), 201));
  CHECK(has(problems_of("workload: {model: resnet50, phase: inference}\nsystem: {device: H100, node: DGX H100}\n"), 201));
  CHECK(has(problems_of("workload: {model: resnet50, phase: decode, prompt: 5}\nsystem: {device: H100}\n"), 206));
  CHECK(has(problems_of("workload: {model: Llama 3.1 8B, phase: serving}\nsystem: {device: H100}\n"), 202));
  CHECK(has(problems_of(good + "assert: [{metric: performance.mfux, at_least: 0.1}]\n"), 204));
  CHECK(has(problems_of(good + "assert: [{metric: performance.latency, at_most: 5 GB}]\n"), 205));
  CHECK(has(problems_of(good + "assert: [{metric: performance.latency}]\n"), 205));
}

TEST_CASE("every error code has a page, and codes are unique") {
  std::set<int> codes;
  for (auto const& p : error_pages()) {
    CHECK(codes.insert(p.code).second);
    CHECK(!p.title.empty());
    CHECK(!p.text.empty());
  }
  for (int code : {101, 102, 103, 106, 107, 108, 109, 110, 111, 112, 113, 114, 116, 117, 118, 119, 120, 121, 130, 131, 132, 133, 134, 140, 141, 142, 143, 144, 145, 150, 151, 160, 162, 201, 202, 203, 204, 205, 206})
    CHECK(error_page(code) != nullptr);
}

TEST_CASE("a diagnostic shows place, line, carets, reason and remedy") {
  const auto p = problems_of(good + "overrides:\n  system.device.memory.hbm.bandwidth: 400 Gb/s\n");
  REQUIRE(p.size() == 1);
  CHECK(to_text(p[0]) ==
        "error[E0142]: this looks like bits, the field wants bytes per second\n"
        "  --> test.yaml:8:39\n"
        "   |\n"
        " 8 |   system.device.memory.hbm.bandwidth: 400 Gb/s\n"
        "   |                                       ^^^^^^^^ 400 Gb/s = 50 GB/s\n"
        "   = why:  ports are sold in bits; this field feeds a transfer time in bytes\n"
        "   = help: write `50 GB/s` if bits are meant, `400 GB/s` if the source means bytes\n"
        "   = more: mlsysim explain E0142\n");
}

TEST_CASE("an override of something else than a field of a named entry says where to change it") {
  const auto first = [](std::string const& override) {
    CAPTURE(override);
    static const registry::Catalogue catalogue;
    std::vector<Diagnostic> problems;
    const auto d = io::parse_yaml("workload: {model: ResNet-50, phase: inference}\nsystem: {device: H100}\noverrides: {" + override + "}\n", "s.yaml", problems);
    scenario::load(catalogue, d, problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == 162);
    return problems[0];
  };
  CHECK(first("workload.batch: 8").help == "write `batch: 8` in `workload`");
  CHECK(first("workload.batch: 8").message == "'workload.batch' is no field of a registry entry");
  CHECK(first("limits.latency: 5 ms").help == "write `latency: 5 ms` in `limits`");
  CHECK(first("name: twice").help == "write `name: twice` at the top level");
  CHECK(first("system.device: A100").help == "write `device: A100` in `system`");
  CHECK(first("workload.bacth: 8").help.starts_with("nearest: workload.batch"));
}
