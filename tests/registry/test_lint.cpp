#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "mlsysim/registry/catalogue.hpp"

using namespace mlsysim;
namespace fs = std::filesystem;

namespace {

/// A sound device; each test changes one thing, as it went wrong in public tables.
struct Seed {
  std::string name = "Seeded SXM", bf16 = "1000 TFLOP/s", fp16 = "1000 TFLOP/s", tf32 = "500 TFLOP/s", fp8 = "2000 TFLOP/s", sparse = "2000 TFLOP/s", tdp = "700 W", bandwidth = "3.2 TB/s";
};

std::vector<registry::Finding> findings(Seed const& s) {
  const fs::path folder = fs::temp_directory_path() / "mlsysim_lint";
  fs::remove_all(folder);
  fs::create_directories(folder / "hardware");
  std::ofstream(folder / "hardware" / "seeded.yaml") << "id: seeded_device\nname: " << s.name
      << "\ntier: cloud\nsources:\n  seed: {title: a seeded fault, kind: definition}\nsource: seed\npeak: {bf16: " << s.bf16 << ", fp16: " << s.fp16 << ", tf32: " << s.tf32 << ", fp8: " << s.fp8
      << "}\nsparse_peak: {bf16: " << s.sparse << "}\nmemory:\n  hbm: {marketed: 80 GB, bandwidth: " << s.bandwidth << ", bus_width: 5120 bit, pin_rate: 5 Gbit/s}\npower: {tdp: " << s.tdp << "}\n";
  std::vector<registry::Finding> mine;
  for (auto& f : registry::lint(registry::Catalogue({folder.string()})))
    if (f.entry == "seeded_device") mine.push_back(std::move(f));
  fs::remove_all(folder);
  return mine;
}

bool caught(Seed const& s, std::string const& rule) {
  for (auto const& f : findings(s))
    if (f.rule == rule && !f.excused) return true;
  return false;
}

}  // namespace

TEST_CASE("a sound device has no findings") { CHECK(findings({}).empty()); }

TEST_CASE("six faults of public tables are caught") {
  Seed sparse_as_dense;  // the headline figure, which is sparse, written as the dense peak
  sparse_as_dense.bf16 = "2000 TFLOP/s";
  CHECK(caught(sparse_as_dense, "sparse_dense_ratio"));
  Seed mixed_precisions;  // FP8 with sparsity beside BF16 without
  mixed_precisions.fp8 = "4000 TFLOP/s";
  CHECK(caught(mixed_precisions, "fp8_bf16_ratio"));
  Seed halved_twice;
  halved_twice.tf32 = "250 TFLOP/s";
  CHECK(caught(halved_twice, "tf32_bf16_ratio"));
  Seed two_skus;
  two_skus.name = "Seeded SXM and PCIe";
  CHECK(caught(two_skus, "one_sku"));
  Seed card_with_module_figures;
  card_with_module_figures.name = "Seeded PCIe";
  CHECK(caught(card_with_module_figures, "one_sku"));
  Seed peta_for_tera{"Seeded SXM", "1000 PFLOP/s", "1000 PFLOP/s", "500 PFLOP/s", "2000 PFLOP/s", "2000 PFLOP/s", "700 W", "3.2 TB/s"};
  CHECK(caught(peta_for_tera, "efficiency_plausible"));
}

TEST_CASE("a bandwidth which its bus cannot carry is caught") {
  Seed s;
  s.bandwidth = "6.4 TB/s";
  CHECK(caught(s, "bus_bandwidth"));
}

namespace {

/// Findings about a copy of a shipped entry in which texts are replaced.
std::vector<registry::Finding> findings_in_copy(std::string const& file, std::vector<std::pair<std::string, std::string>> const& replacements) {
  std::ifstream in(fs::path(MLSYSIM_SOURCE_DIR) / "registry" / file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  for (auto const& [from, to] : replacements) {
    INFO(file);
    const auto at = text.find(from);
    REQUIRE(at != text.npos);
    text.replace(at, from.size(), to);
  }
  const fs::path folder = fs::temp_directory_path() / "mlsysim_lint_copy";
  fs::remove_all(folder);
  fs::create_directories((folder / file).parent_path());
  std::ofstream(folder / file) << text;
  const std::string id = fs::path(file).stem().string();
  std::vector<registry::Finding> mine;
  for (auto& f : registry::lint(registry::Catalogue({folder.string()})))
    if (f.entry == id && !f.excused) mine.push_back(std::move(f));
  fs::remove_all(folder);
  return mine;
}

bool has(std::vector<registry::Finding> const& findings, std::string const& rule) {
  for (auto const& f : findings)
    if (f.rule == rule) return true;
  return false;
}

}  // namespace

TEST_CASE("six faults of public tables, seeded in copies of shipped entries, are caught") {
  for (char const* file : {"hardware/cloud/nvidia_b200.yaml", "hardware/cloud/nvidia_h100_sxm.yaml", "hardware/cloud/nvidia_h100_pcie.yaml", "hardware/cloud/nvidia_l40s.yaml",
                           "hardware/cloud/nvidia_a100_sxm_80gb.yaml", "hardware/cloud/nvidia_l4.yaml"})
    CHECK(findings_in_copy(file, {}).empty());

  // The headline of B200, which is with sparsity, read as dense for every precision.
  CHECK(has(findings_in_copy("hardware/cloud/nvidia_b200.yaml", {{"bf16: {value: 2250 TFLOP/s", "bf16: {value: 4500 TFLOP/s"}, {"fp16: 2250", "fp16: 4500"}, {"fp8: {value: 4500", "fp8: {value: 9000"},
                                                                 {"tf32: {value: 1125", "tf32: {value: 2250"}, {"int8: {value: 4500", "int8: {value: 9000"}}),
            "sparse_dense_ratio"));
  // Memory of the 40 GB product in the entry of the 80 GB one.
  CHECK(has(findings_in_copy("hardware/cloud/nvidia_a100_sxm_80gb.yaml", {{"marketed: 80 GB", "marketed: 40 GB"}}), "one_sku"));
  // L40S: FP8 with sparsity beside BF16 without.
  CHECK(has(findings_in_copy("hardware/cloud/nvidia_l40s.yaml", {{"fp8: 733 TFLOP/s", "fp8: 1466 TFLOP/s"}}), "macs_peak"));
  // The dense peak of H100 halved once more, as if it were the sparse one.
  CHECK(has(findings_in_copy("hardware/cloud/nvidia_h100_sxm.yaml", {{"bf16: 989.4", "bf16: 494.7"}, {"fp16: 989.4", "fp16: 494.7"}}), "sparse_dense_ratio"));
  // The module's peak in the card's entry.
  CHECK(has(findings_in_copy("hardware/cloud/nvidia_h100_pcie.yaml", {{"bf16: 756", "bf16: 989.4"}, {"fp16: 756", "fp16: 989.4"}}), "macs_peak"));
  // Peta for tera throughout.
  CHECK(has(findings_in_copy("hardware/cloud/nvidia_l4.yaml", {{"bf16: 121 TFLOP/s", "bf16: 121 PFLOP/s"}, {"fp16: 121 TFLOP/s", "fp16: 121 PFLOP/s"}}), "efficiency_plausible"));
}

TEST_CASE("an exception needs the name of a rule and a note") {
  const std::string file = "hardware/cloud/nvidia_a100_sxm_80gb.yaml";
  CHECK(has(findings_in_copy(file, {{"vendor: NVIDIA", "vendor: NVIDIA\nlint_exceptions: [{rule: fp9_ratio, note: because}]"}}), "unknown_rule"));
  const std::pair<std::string, std::string> fault{"int8: 624 TOP/s", "int8: 312 TOP/s"};
  CHECK(has(findings_in_copy(file, {fault}), "int8_fp16_ratio"));
  CHECK(!has(findings_in_copy(file, {{"vendor: NVIDIA", "vendor: NVIDIA\nlint_exceptions: [{rule: int8_fp16_ratio, note: a seeded fault}]"}, fault}), "int8_fp16_ratio"));
}

TEST_CASE("an entry which nobody could show is a problem for the lint, whatever its kind") {
  const fs::path folder = fs::temp_directory_path() / "mlsysim_lint_node";
  fs::remove_all(folder);
  fs::create_directories(folder / "systems" / "nodes");
  std::ofstream(folder / "systems" / "nodes" / "mine.yaml") << "id: my_node\nname: My node\nsources:\n  seed: {title: a seeded fault, kind: definition}\nsource: seed\n"
                                                               "device: nvidia_h100_sxm\ndevices: 8\nscale_up: {technology: NVLink, per_direction: 450 GB/s, topology: switchd}\n";
  try {
    (void)registry::lint(registry::Catalogue({folder.string()}));
    FAIL("nothing was found");
  } catch (InputError const& e) {
    REQUIRE(e.problems().size() == 1);
    CHECK(e.problems()[0].message.find("did you mean 'switched'?") != std::string::npos);
    CHECK(e.problems()[0].where.line == 8);
  }
  fs::remove_all(folder);
}
