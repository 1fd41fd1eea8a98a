#include <doctest/doctest.h>

#include "program.hpp"

namespace {

constexpr char const* suite = R"(name: small
measurements:
  - {op: copy, sizes: [64 KiB]}
  - {op: scale, sizes: [64 KiB]}
  - {op: add, sizes: [64 KiB]}
  - {op: triad, sizes: [64 KiB]}
  - {op: gemm, m: [4, 16], n: [64], k: [64]}
  - {op: convolution, m: [7], n: [8], k: [8]}
  - {op: normalization, sizes: [64 KiB]}
  - {op: dispatch}
)";

bool built(Folder const& folder) { return folder.run("mlsysim benchmark --list").code == 0; }

}  // namespace

TEST_CASE("benchmark measures every kind of kernel, and calibrate takes what it writes") {
  const Folder folder("benchmark");
  if (!built(folder)) {
    MESSAGE("mlsysim-benchmark is not built: OpenBLAS is missing");
    return;
  }
  std::ofstream(folder / "suite.yaml") << suite;
  const auto o = folder.run("mlsysim benchmark --suite suite.yaml --quick --write mine --format csv");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  const auto rows = lines(o.out);
  REQUIRE(rows.size() >= 10);
  CHECK(rows[0].starts_with("device,op,threads,"));
  for (char const* op : {"copy", "scale", "add", "triad", "gemm", "convolution", "normalization", "dispatch"}) {
    CAPTURE(op);
    CHECK(o.out.find(std::string(",") + op + ",1,") != o.out.npos);
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CAPTURE(rows[i]);
    std::vector<double> cells;
    std::string cell;
    for (char c : rows[i] + ',')
      if (c == ',') cells.push_back(std::strtod(cell.c_str(), nullptr)), cell.clear();
      else cell += c;
    REQUIRE(cells.size() == 14);
    CHECK(cells[9] > 0);           // median
    CHECK(cells[10] <= cells[9]);  // quartiles around it
    CHECK(cells[9] <= cells[11]);
    CHECK(cells[12] >= 5);  // repetitions
  }
  for (char const* file : {"mine/results.csv", "mine/this_machine.yaml", "mine/registry/hardware/this_machine.yaml", "mine/registry/sources/this_machine.yaml"}) CHECK(fs::exists(folder / file));
  CHECK(content(folder / "mine/results.csv") == o.out);
  CHECK(folder.run("mlsysim show this_machine --registry mine/registry").code == 0);
  // Eight rows are too few to fit anything, which is an answer.
  const auto fit = folder.run("mlsysim calibrate mine/this_machine.yaml --registry mine/registry");
  CAPTURE(fit.err);
  CHECK(fit.code == 3);
  CHECK(fit.out.find("fewer than 20 rows") != fit.out.npos);
}

TEST_CASE("a suite which cannot be meant is refused where it stands") {
  const Folder folder("benchmark_bad");
  if (!built(folder)) return;
  std::ofstream(folder / "suite.yaml") << "name: bad\nmeasurements:\n  - {op: matmul, sizes: [3 s]}\n";
  const auto o = folder.run("mlsysim benchmark --suite suite.yaml");
  CHECK(o.code == 2);
  CHECK(o.err.find("suite.yaml:3") != o.err.npos);
  CHECK(o.err.find("matmul") != o.err.npos);
  CHECK(folder.run("mlsysim benchmark --suite nowhere.yaml").code == 2);
}
