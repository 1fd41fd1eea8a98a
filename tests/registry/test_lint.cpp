#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

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
