#include <doctest/doctest.h>

#include "mlsysim/describe/diagnostic.hpp"

using namespace mlsysim;

TEST_CASE("a diagnostic says what, where, why and what to write instead") {
  const Diagnostic d{142, "this looks like bits, the field wants bytes per second", {"scenario.yaml", 9, 16, 8, "    bandwidth: 400 Gb/s"}, "ports are sold in bits", "write `50 GB/s`", "400 Gb/s = 50 GB/s"};
  CHECK(to_text(d) ==
        "error[E0142]: this looks like bits, the field wants bytes per second\n"
        "  --> scenario.yaml:9:16\n"
        "   |\n"
        " 9 |     bandwidth: 400 Gb/s\n"
        "   |                ^^^^^^^^ 400 Gb/s = 50 GB/s\n"
        "   = why:  ports are sold in bits\n"
        "   = help: write `50 GB/s`\n"
        "   = more: mlsysim explain E0142\n");
}

TEST_CASE("the margin grows with the line number") {
  CHECK(to_text(Diagnostic{107, "unknown key `b`", {"s.yaml", 1234, 1, 1, "b: 1"}, "", ""}) ==
        "error[E0107]: unknown key `b`\n"
        "     --> s.yaml:1234:1\n"
        "      |\n"
        " 1234 | b: 1\n"
        "      | ^\n"
        "      = more: mlsysim explain E0107\n");
}

TEST_CASE("without a line there is no excerpt, without a file no place") {
  CHECK(to_text(Diagnostic{101, "cannot read 'a'", {"a", 0, 0, 1, {}}, "", ""}) == "error[E0101]: cannot read 'a'\n  --> a\n   = more: mlsysim explain E0101\n");
  CHECK(to_text(Diagnostic{303, "wrong usage", {}, "", "try"}) == "error[E0303]: wrong usage\n   = help: try\n   = more: mlsysim explain E0303\n");
}

TEST_CASE("carets count characters, not bytes, and stand below the text also after a tab") {
  const auto text = to_text(Diagnostic{107, "m", {"s", 1, 10, 2, "\"gr\xC3\xB6\xC3\x9F" "e\": xy"}, "", ""});
  CHECK(text.find("|          ^^\n") != text.npos);
  CHECK(to_text(Diagnostic{107, "m", {"s", 1, 4, 1, "a:\tb"}, "", ""}).find("| a: b\n   |    ^\n") != std::string::npos);
}

TEST_CASE("of a very long line the surroundings of the place are shown") {
  std::string line(3000, 'x');
  line[2000] = 'Y';
  const auto text = to_text(Diagnostic{107, "m", {"s", 1, 2001, 1, line}, "", ""});
  const auto shown = text.find('Y'), caret = text.find('^');
  REQUIRE(shown != text.npos);
  REQUIRE(caret != text.npos);
  CHECK(shown - text.rfind('\n', shown) == caret - text.rfind('\n', caret));
  CHECK(text.size() < 400);
}

TEST_CASE("all problems come together with their number") {
  std::vector<Diagnostic> two(2, Diagnostic{107, "m", {}, "", ""});
  CHECK(to_text(std::span<const Diagnostic>(two)).ends_with("\n2 errors; nothing was evaluated\n"));
  CHECK(to_text(InputError(two)) == to_text(std::span<const Diagnostic>(two)));
  two.pop_back();
  CHECK(to_text(std::span<const Diagnostic>(two)).ends_with("\n1 error; nothing was evaluated\n"));
}

TEST_CASE("names are compared without case and punctuation, but a dot between digits counts") {
  CHECK(normalised("NVIDIA H100-SXM5") == "nvidiah100sxm5");
  CHECK(normalised("llama_3.1/8b") == "llama3.18b");
  CHECK(normalised("OPT-1.3B") != normalised("OPT-13B"));
  CHECK(normalised("v.2") == "v2");
}

TEST_CASE("near names are found after slips, parts, and words in another order") {
  const std::string_view names[] = {"nvidia_h100_sxm", "nvidia_h100_pcie", "nvidia_a100_sxm_80gb", "google_tpu_v4", "batch", "bandwidth"};
  const auto first = [&](std::string_view wanted) {
    const auto near = nearest(wanted, names, 1);
    return near.empty() ? std::string("nothing") : near[0];
  };
  CHECK(first("nvidia_h100_pice") == "nvidia_h100_pcie");
  CHECK(first("bacth") == "batch");
  CHECK(first("batchsize") == "batch");
  CHECK(first("H100 NVIDIA PCIe") == "nvidia_h100_pcie");
  CHECK(first("80gb a100") == "nvidia_a100_sxm_80gb");
  CHECK(first("tpuv4") == "google_tpu_v4");
  CHECK(first("bandwdith") == "bandwidth");
  CHECK(first("something else") == "nothing");
  CHECK(first("") == "nothing");
  CHECK(nearest("h100", names, 0).empty());
  CHECK(nearest(std::string(100000, 'x'), names).empty());
}
