// mlsysim-benchmark: what `mlsysim benchmark` runs. A program of its own, so that the library of products does not slow down every start of mlsysim.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "mlsysim/io/files.hpp"
#include "mlsysim/io/read.hpp"
#include "mlsysim/render/render.hpp"
#include "mlsysim/units/text.hpp"
#include "default_suite.hpp"
#include "suite.hpp"

using namespace mlsysim;
using namespace mlsysim::benchmark;

namespace {

constexpr std::string_view id = "this_machine";

std::vector<Row> rows_of(Suite const& suite, int cores) {
  std::vector<Row> rows;
  const auto or_one = [](std::vector<Count> const& v) { return v.empty() ? std::vector<Count>{{1, {}}} : v; };
  std::vector<int> teams{1};
  if (cores > 1) teams.push_back(cores);
  for (auto const& m : suite.measurements)
    for (int threads : teams) {
      Row r;
      r.op = m.op, r.threads = threads;
      switch (m.op) {
        case Kernel::dispatch: rows.push_back(r); break;
        case Kernel::gemm:
        case Kernel::convolution:
          for (auto const& a : or_one(m.m))
            for (auto const& b : or_one(m.n))
              for (auto const& c : or_one(m.k)) {
                r.m = a.value, r.n = b.value, r.k = c.value;
                const bool product = m.op == Kernel::gemm;
                const double positions = product ? r.m : r.m * r.m, depth = product ? r.k : 9 * r.k;
                r.work = 2 * positions * r.n * depth;
                r.bytes = 4 * ((product ? r.m * r.k : positions * r.k) + r.n * depth + positions * r.n);
                rows.push_back(r);
              }
          break;
        default:
          for (auto const& size : m.sizes) {
            r.elements = std::max(1024.0, std::floor(size.value.raw() / 4 / 1024) * 1024);
            const double arrays = m.op == Kernel::add || m.op == Kernel::triad ? 3 : 2;
            r.bytes = 4 * arrays * r.elements;
            r.work = m.op == Kernel::copy ? 0 : m.op == Kernel::triad ? 2 * r.elements : r.elements;
            rows.push_back(r);
          }
      }
    }
  return rows;
}

Table table(std::vector<Row> const& rows) {
  Table t{"benchmark", "benchmark", {}, {}};
  t.columns = {{"op", "op", {}, true, false, {}},   {"shape", "shape", {}, true, false, {}}, {"threads", "threads", {}, false, false, {}}, {"median", "median", Dimension("s"), false, false, {}},
               {"spread", "quartiles", {}, true, false, {}}, {"bandwidth", "bandwidth", Dimension("B/s"), false, false, {}}, {"rate", "rate", Dimension("FLOP/s"), false, false, {}}};
  for (auto const& r : rows) {
    const std::string shape = r.op == Kernel::dispatch ? "" : r.op == Kernel::gemm ? fmt::format("{} x {} x {}", r.m, r.n, r.k) : r.op == Kernel::convolution ? fmt::format("{0} x {0}, {1} -> {2}", r.m, r.k, r.n) : display(r.bytes, Dimension("B"));
    t.rows.push_back({{0, std::string(name(r.op))}, {0, shape}, {static_cast<double>(r.threads), {}}, {r.median, {}}, {0, fmt::format("{:+.0f} % {:+.0f} %", 100 * (r.lower / r.median - 1), 100 * (r.upper / r.median - 1))}, {r.bytes / r.median, {}}, {r.work / r.median, {}}});
  }
  return t;
}

std::string csv(std::vector<Row> const& rows) {
  std::string out = "device,op,threads,elements,m,n,k,bytes,flop,median_us,q1_us,q3_us,repetitions,inputs\n";
  for (auto const& r : rows)
    out += fmt::format("{},{},{},{},{},{},{},{},{},{:.4f},{:.4f},{:.4f},{},{}\n", id, name(r.op), r.threads, r.elements, r.m, r.n, r.k, r.bytes, r.work, r.median * 1e6, r.lower * 1e6, r.upper * 1e6, r.repetitions, r.op == Kernel::add || r.op == Kernel::triad ? 2 : 1);
  return out;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

/// The fastest product with all cores, and the fastest stream which no cache holds.
struct Ceilings {
  double rate = 0, bandwidth = 0;
};
Ceilings ceilings(std::vector<Row> const& rows, Fingerprint const& f) {
  double cache = 0;
  for (auto const& [level, bytes] : f.caches) cache = std::max(cache, bytes);
  Ceilings c;
  double largest = 0;
  for (auto const& r : rows) {
    if (r.op == Kernel::gemm) c.rate = std::max(c.rate, r.work / r.median);
    const bool stream = r.op == Kernel::copy || r.op == Kernel::scale || r.op == Kernel::add || r.op == Kernel::triad;
    if (stream && r.bytes > largest) largest = r.bytes;
    if (stream && r.bytes > 2 * cache) c.bandwidth = std::max(c.bandwidth, r.bytes / r.median);
  }
  // A suite without large arrays: the largest stand for memory, and flatter it.
  if (c.bandwidth == 0)
    for (auto const& r : rows)
      if (r.bytes == largest) c.bandwidth = std::max(c.bandwidth, r.bytes / r.median);
  return c;
}

/// This machine as an entry of the registry: what was measured stands for peak and bandwidth.
std::string device_entry(Fingerprint const& f, Ceilings const& c) {
  std::string out = fmt::format("id: {}\nname: \"{}\"\nvendor: unknown\ntier: workstation\nkind: cpu\nfamily: {}\nsource: {}\n", id, f.cpu, id, id);
  out += fmt::format("peak:\n  fp32: {{value: {:.4g} GFLOP/s, note: \"the fastest product measured\"}}\n", c.rate / 1e9);
  out += fmt::format("memory:\n  dram: {{marketed: {:.4g} GiB, bandwidth: {{value: {:.4g} GB/s, note: \"the fastest stream of the largest arrays\"}}}}\n", f.memory / 1073741824.0, c.bandwidth / 1e9);
  out += fmt::format("compute:\n  units: {}\n  unit: core\n", f.cores);
  return out;
}
std::string source_entry(Fingerprint const& f) {
  std::string caches;
  for (auto const& [level, bytes] : f.caches) caches += fmt::format("{}{} {:.0f} KiB", caches.empty() ? "" : ", ", level, bytes / 1024);
  return fmt::format("sources:\n  {}:\n    title: mlsysim benchmark on this machine\n    publisher: its owner\n    seen: {}\n    kind: measurement\n    note: \"{}; {} cores; {}; {}; {}; {}\"\n", id, today(), f.cpu, f.cores, caches, f.kernel, f.compiler, f.library);
}
constexpr char const* mapping = R"(# The rows with all cores, as tables of measured operators are declared; see validation/README.md of the sources.
id: this_machine
title: Operators on this machine
file: results.csv
source: mlsysim benchmark
licence: yours
role: calibration
registry_sources: [this_machine]
name: $op $elements $m $n $k
groups: [op]
rows:
  - {{column: threads, equals: "{}", reason: fewer threads than cores}}
  - {{column: op, in: [gemm, convolution, copy, scale, add, triad, normalization], reason: no operator of a model}}
computed:
  thousands: elements / 1024
maps:
  layers:
    from: $op
    to:
      gemm: {{input: {{features: $k}}, layers: [{{name: gemm, op: linear, in: $k, out: $n, tokens: $m, bias: false}}]}}
      convolution: {{input: {{channels: $k, height: $m, width: $m}}, layers: [{{name: convolution, op: conv, in: $k, out: $n, kernel: 3, height: $m, width: $m, bias: false}}]}}
      copy: {{input: {{channels: 1024, height: $thousands, width: 1}}, layers: [{{name: copy, op: elementwise, in: 1024, height: $thousands, width: 1}}]}}
      triad: {{input: {{channels: 1024, height: $thousands, width: 1}}, layers: [{{name: triad, op: elementwise, inputs: 2, in: 1024, height: $thousands, width: 1}}]}}
      scale: {{input: {{channels: 1024, height: $thousands, width: 1}}, layers: [{{name: scale, op: elementwise, in: 1024, height: $thousands, width: 1}}]}}
      add: {{input: {{channels: 1024, height: $thousands, width: 1}}, layers: [{{name: add, op: elementwise, inputs: 2, in: 1024, height: $thousands, width: 1}}]}}
      normalization: {{input: {{channels: 1024, height: $thousands, width: 1}}, layers: [{{name: normalization, op: norm, in: 1024, height: $thousands, width: 1}}]}}
unit: us
measured: median_us
predicted: performance.latency
scenario:
  workload:
    model: {{name: one operator, layered: $layers}}
    phase: inference
    precision: {{weights: fp32, activations: fp32, compute: fp32}}
  system: {{device: $device}}
)";

void write_folder(std::string const& folder, std::vector<Row> const& rows, Fingerprint const& f) {
  namespace fs = std::filesystem;
  const fs::path to(folder);
  for (char const* sub : {"registry/hardware", "registry/sources"}) fs::create_directories(to / sub);
  io::write_whole((to / "results.csv").string(), csv(rows));
  io::write_whole((to / "registry/hardware/this_machine.yaml").string(), device_entry(f, ceilings(rows, f)));
  io::write_whole((to / "registry/sources/this_machine.yaml").string(), source_entry(f));
  io::write_whole((to / "this_machine.yaml").string(), fmt::format(fmt::runtime(mapping), f.cores));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"mlsysim-benchmark: what this machine's CPU reaches", "mlsysim benchmark"};
  std::string suite_file, format = "text", output, folder;
  bool quick = false, list = false;
  app.add_flag("--quick", quick, "about ten seconds");
  app.add_flag("--list", list, "what would be measured");
  app.add_option("--suite", suite_file, "measurements of your own, as YAML");
  app.add_option("--write", folder, "folder for results, a registry entry of this machine and the mapping for calibrate");
  app.add_option("--format", format)->check(CLI::IsMember({"text", "json", "csv", "markdown"}));
  app.add_option("-o,--output", output);
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    std::vector<Diagnostic> problems;
    const auto document = suite_file.empty() ? io::parse_yaml(default_suite, "benchmarks/cpu.yaml", problems) : io::read_yaml_file(suite_file, problems);
    Suite suite;
    Ledger ledger;
    if (problems.empty()) io::read(suite, document, document.root(), {nullptr, Origin::Kind::given, false, {}}, {}, ledger, problems);
    if (!problems.empty()) throw InputError(std::move(problems));
    const Fingerprint f = fingerprint();
    std::vector<Row> rows = rows_of(suite, f.cores);
    if (list) {
      for (auto const& r : rows) fmt::print("{} {} {} {} {} x {}\n", name(r.op), r.elements, r.m, r.n, r.k, r.threads);
      return 0;
    }
    const double budget = (quick ? 8.0 : 90.0) / static_cast<double>(std::max<std::size_t>(rows.size(), 1));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (isatty(STDERR_FILENO)) fmt::print(stderr, "\r{:>4} of {}  {:<16}", i + 1, rows.size(), name(rows[i].op));
      rows[i] = measure(rows[i], budget);
    }
    if (isatty(STDERR_FILENO)) fmt::print(stderr, "\r{:40}\r", "");
    if (!folder.empty()) write_folder(folder, rows, f);
    const Table t = table(rows);
    std::string out = format == "json" ? render::json(t, MLSYSIM_VERSION) : format == "csv" ? csv(rows) : format == "markdown" ? render::markdown(t) : render::text(t, {});
    if (format == "text") {
      const Ceilings c = ceilings(rows, f);
      out += fmt::format("\n  {}, {} cores; fastest product {}, fastest stream beyond the caches {}\n  {}; {}; {}\n", f.cpu, f.cores, display(c.rate, Dimension("FLOP/s")), display(c.bandwidth, Dimension("B/s")), f.kernel, f.compiler, f.library);
      // Half of the repetitions of an idle machine lie within a few percent.
      constexpr double restless = 1.5;
      const auto unsteady = std::count_if(rows.begin(), rows.end(), [](Row const& r) { return r.upper > restless * r.lower; });
      if (8 * static_cast<std::size_t>(unsteady) > rows.size())
        out += fmt::format("  {} of {} rows took half as long again from one time to the next: something else runs on this machine. Measure it when it is idle.\n", unsteady, rows.size());
      if (!folder.empty()) out += fmt::format("  next: mlsysim calibrate {0}/this_machine.yaml --registry {0}/registry --write {0}/registry/calibration\n", folder);
    }
    if (output.empty()) std::fputs(out.c_str(), stdout);
    else io::write_whole(output, out);
    return 0;
  } catch (InputError const& e) {
    std::fputs(to_text(e.problems()).c_str(), stderr);
    return 2;
  } catch (std::exception const& e) {
    fmt::print(stderr, "internal error: {}\n", e.what());
    return 1;
  }
}
