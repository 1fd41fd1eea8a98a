#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "mlsysim/hardware/device.hpp"
#include "mlsysim/io/show.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/workload/operator.hpp"

using namespace mlsysim;

TEST_CASE("every entry of the registry reads without a problem, and each of its numbers has a source") {
  const registry::Catalogue catalogue;
  for (auto const& e : catalogue.entries()) {
    CAPTURE(e.id);
    Ledger ledger;
    try {
      const Table fields = io::field_table([&](Fields& f) { registry::visit(catalogue, e, ledger, f); }, ledger);
      CHECK(fields.rows.size() > 2);
    } catch (InputError const& error) {
      FAIL_CHECK(error.what());
    }
  }
}

TEST_CASE("the registry holds what the course needs") {
  const registry::Catalogue catalogue;
  std::map<EntryKind, int> count;
  for (auto const& e : catalogue.entries()) ++count[e.kind];
  CHECK(count[EntryKind::hardware] >= 50);
  CHECK(count[EntryKind::model] >= 60);
  CHECK(count[EntryKind::grid] >= 60);
  for (char const* name : {"V100", "T4", "A100", "A10", "L4", "L40S", "A40", "H100", "H100 PCIe", "H100 NVL", "H200", "GH200", "B200", "GB200", "B300", "MI250X", "MI300X", "MI325X", "MI355X", "Gaudi 2",
                           "Gaudi 3", "TPU v4", "TPU v5e", "TPU v5p", "TPU v6e", "Trainium 1", "Trainium 2", "Inferentia 2", "RTX 3090", "RTX 4090", "RTX 5090", "M1", "M4 Max", "DGX Spark", "A17 Pro", "Pixel 8",
                           "Snapdragon 8 Gen 3", "Jetson AGX Orin 64GB", "Coral Edge TPU", "Hailo-8", "ESP32", "ESP32-S3", "nRF52840", "RP2040", "MAX78000"}) {
    const std::string wanted = name;
    CAPTURE(wanted);
    CHECK(catalogue.entry(EntryKind::hardware, wanted) != nullptr);
  }
}

TEST_CASE("parameters counted from the architecture agree with the published count within 0.5 %") {
  const registry::Catalogue catalogue;
  for (auto const& e : catalogue.entries()) {
    if (e.kind != EntryKind::model) continue;
    CAPTURE(e.id);
    Ledger ledger;
    const auto model = catalogue.read<workload::Model>(e, ledger);
    REQUIRE(model.published.has_value());
    const double counted = workload::count_parameters(model, ledger).total;
    CHECK(std::abs(counted / model.published->parameters.value - 1) < 0.005);
  }
}

TEST_CASE("names are found whatever their case and punctuation, but a dot between digits counts") {
  const registry::Catalogue catalogue;
  auto const* h100 = catalogue.entry(EntryKind::hardware, "H100");
  REQUIRE(h100);
  CHECK(h100->id == "nvidia_h100_sxm");
  CHECK(catalogue.entry(EntryKind::hardware, "h100-sxm") == h100);
  CHECK(catalogue.entry(EntryKind::model, "llama-3.1-8b") != nullptr);
  CHECK(normalised("OPT-1.3B") != normalised("OPT-13B"));
}

TEST_CASE("an unknown name suggests what is near and never stands for it") {
  const registry::Catalogue catalogue;
  CHECK(catalogue.entry(EntryKind::hardware, "H1000") == nullptr);
  const auto near = catalogue.near(EntryKind::hardware, "nvidia_h100_pice");
  REQUIRE(!near.empty());
  CHECK(near[0] == "nvidia_h100_pcie");
}

TEST_CASE("the hash names the registry which was used") {
  CHECK(registry::Catalogue().hash().size() == 64);
  CHECK(registry::Catalogue().hash() == registry::Catalogue().hash());
}

TEST_CASE("the lint finds nothing in the registry which carries no note") {
  for (auto const& f : registry::lint(registry::Catalogue())) {
    CAPTURE(f.entry);
    CAPTURE(f.rule);
    CAPTURE(f.message);
    CHECK(f.excused);
  }
}
