#include <doctest/doctest.h>

#include <algorithm>
#include <regex>

#include "mlsysim/describe/diagnostic.hpp"
#include "program.hpp"

TEST_CASE("exit code 0: done") {
  const Folder folder("exit_0");
  for (auto command : {"mlsysim eval chatbot", "mlsysim --version", "mlsysim --help", "mlsysim list", "mlsysim eval infeasible_70b_on_one_gpu --exit-zero"}) {
    CAPTURE(command);
    CHECK(folder.run(command).code == 0);
  }
}

#ifdef MLSYSIM_PLAIN_BUILD
TEST_CASE("exit code 1: an internal error, which asks to be reported, and no stack trace") {
  const Folder folder("exit_1");
  // Memory runs out: nothing in the input is at fault. The limit is raised until the program starts at all.
  bool met = false;
  for (int kib = 6000; kib < 60000 && !met; kib += 1000) {
    const auto o = folder.run("ulimit -c 0; ulimit -v " + std::to_string(kib) + "; exec mlsysim list");
    met = o.code == 1 && o.err.starts_with("internal error: ");
    if (met) CHECK(o.err.find("please report it") != o.err.npos);
  }
  CHECK(met);
}
#endif

TEST_CASE("exit code 2: usage or bad input, with a near name") {
  const Folder folder("exit_2");
  const auto says = [&](std::string const& command, std::string const& text) {
    CAPTURE(command);
    const auto o = folder.run(command);
    CAPTURE(o.err);
    CHECK(o.code == 2);
    CHECK(o.out.empty());
    CHECK(o.err.find(text) != o.err.npos);
  };
  says("mlsysim", "Examples:");
  says("mlsysim evl", "unknown command 'evl'; did you mean 'eval'?");
  says("mlsysim eval --formt json", "unknown option '--formt'; did you mean '--format'?");
  says("mlsysim eval chatbot --format xml", "--format");
  says("mlsysim eval --model ResNet-50 --hardware H100 --batch 0", "'0' is not a positive number");
  says("mlsysim eval --model ResNet-50 --hardware H100 --batch many", "--batch");
  says("mlsysim resolve chatbot chatbot", "takes no further argument 'chatbot'");
  says("mlsysim show", "name is required");
  says("mlsysim eval chatbto", "did you mean chatbot?");
  says("mlsysim show nvidia_h100_sxmm", "nvidia_h100_sxm");
  says("mlsysim list hardwere", "did you mean 'hardware'?");
  says("mlsysim schema hardwere", "one of:");
  says("mlsysim eval chatbot --registry /nowhere", "/nowhere");
}

TEST_CASE("exit code 3: evaluated, and the verdict is no") {
  const Folder folder("exit_3");
  const auto infeasible = folder.run("mlsysim eval infeasible_70b_on_one_gpu");
  CHECK(infeasible.code == 3);
  CHECK(infeasible.out.find("FAIL") != infeasible.out.npos);
  CHECK(infeasible.err.empty());
  std::ofstream(folder / "slow.yaml") << "workload: {model: ResNet-50, phase: inference}\nsystem: {device: H100}\nlimits: {latency: 1 ns}\n";
  CHECK(folder.run("mlsysim eval slow.yaml").code == 3);
  std::ofstream(folder / "assert.yaml") << "workload: {model: ResNet-50, phase: inference}\nsystem: {device: H100}\nassert: [{metric: performance.latency, at_most: 1 ns}]\n";
  CHECK(folder.run("mlsysim eval assert.yaml").code == 3);
  CHECK(folder.run("mlsysim eval chatbot slow.yaml").code == 3);
}

TEST_CASE("data go to standard output, messages to standard error") {
  const Folder folder("streams");
  for (auto command : {"eval chatbot", "eval chatbot --format json", "list models", "show H100", "explain E0142", "resolve chatbot", "schema scenario", "man eval", "completion bash"}) {
    CAPTURE(command);
    const auto o = folder.run(std::string("mlsysim ") + command);
    CHECK(!o.out.empty());
    CHECK(o.err.empty());
  }
  for (auto command : {"eval missing.yaml", "show nothing_like_this", "evl"}) {
    CAPTURE(command);
    const auto o = folder.run(std::string("mlsysim ") + command);
    CHECK(o.out.empty());
    CHECK(!o.err.empty());
  }
  // That nothing was found is a message; the empty list is the answer.
  const auto none = folder.run("mlsysim search no_such_thing");
  CHECK(none.code == 0);
  CHECK(lines(none.out).size() == 1);
  CHECK(none.err.starts_with("nothing matches"));
}

TEST_CASE("output which cannot be written is an error, not silence") {
  const Folder folder("full");
  if (!fs::exists("/dev/full")) return;
  const auto o = folder.run("mlsysim list >/dev/full");
  CHECK(o.code == 2);
  CHECK(o.err.find("E0301") != o.err.npos);
}

TEST_CASE("pipes are plain; NO_COLOR and --color decide elsewhere; without UTF-8 there is only ASCII") {
  const Folder folder("colour");
  const auto coloured = [](std::string const& text) { return text.find('\033') != text.npos; };
  const auto ascii = [](std::string const& text) { return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; }); };
  CHECK_FALSE(coloured(folder.run("mlsysim eval chatbot").out));
  CHECK(coloured(folder.run("mlsysim eval chatbot --color always").out));
  CHECK(ascii(folder.run("mlsysim eval chatbot --all", "LC_ALL=C").out));
  CHECK(ascii(folder.run("mlsysim list", "LC_ALL=C").out));
  if (folder.run("command -v script").code == 0) {
    // On a terminal of util-linux's `script`.
    const std::string on_terminal = "script -qec 'mlsysim eval chatbot' /dev/null";
    CHECK(coloured(folder.run(on_terminal, "TERM=xterm").out));
    CHECK_FALSE(coloured(folder.run(on_terminal, "TERM=xterm NO_COLOR=1").out));
    CHECK(coloured(folder.run(on_terminal, "TERM=xterm NO_COLOR=").out));
    CHECK_FALSE(coloured(folder.run("script -qec 'mlsysim eval chatbot --color never' /dev/null", "TERM=xterm").out));
  }
}

TEST_CASE("every error code has a page, and the commands on the pages do what these say") {
  const Folder folder("explain");
  const auto all = folder.run("mlsysim explain").out;
  REQUIRE(folder.run("mlsysim init").code == 0);
  fs::create_directory(folder / "scenarios");
  fs::create_directory(folder / "scenarios/textbook");
  std::ofstream(folder / "scenarios/textbook/chatbot.yaml") << folder.run("mlsysim show chatbot").out;
  for (auto const& p : mlsysim::error_pages()) {
    const auto name = mlsysim::error_name(p.code);
    CAPTURE(name);
    CHECK(all.find(name) != all.npos);
    const auto page = folder.run("mlsysim explain " + name);
    CHECK(page.code == 0);
    CHECK(page.out.starts_with(name + ": "));
    CHECK(page.out.find(std::string(p.text)) != page.out.npos);
    if (!p.example.starts_with("mlsysim")) continue;
    const auto refused = folder.run(std::string(p.example));
    CHECK(refused.code == 2);
    CHECK(refused.err.find("error[" + name + "]") != refused.err.npos);
    const auto accepted = folder.run(std::string(p.fix));
    CAPTURE(accepted.err);
    CHECK(accepted.code == 0);
  }
  CHECK(folder.run("mlsysim explain e142").out == folder.run("mlsysim explain E0142").out);
}

TEST_CASE("list, search and show know every kind, scenarios and sources") {
  const Folder folder("kinds");
  for (auto kind : {"hardware", "models", "grids", "datacentres", "prices", "nodes", "fabrics", "fleets", "calibrations", "systems", "infrastructure", "sources", "scenarios"}) {
    CAPTURE(kind);
    const auto o = folder.run(std::string("mlsysim list ") + kind);
    CHECK(o.code == 0);
    CHECK(lines(o.out).size() > 2);
  }
  CHECK(folder.run("mlsysim search jetson ORIN").out.find("nvidia_jetson_agx_orin_64gb") != std::string::npos);
  CHECK(folder.run("mlsysim search orin jetson").out == folder.run("mlsysim search jetson orin").out);
  CHECK(folder.run("mlsysim search chatbot").out.find("scenarios/textbook/chatbot.yaml") != std::string::npos);
  CHECK(folder.run("mlsysim search bits bytes").out.find("E0142") != std::string::npos);
  CHECK(folder.run("mlsysim show chatbot").out.find("workload:") != std::string::npos);
  CHECK(folder.run("mlsysim show codecarbon_energy_mix").out.find("read 20") != std::string::npos);
}

TEST_CASE("scenarios are listed by what they do") {
  const Folder folder("list_phases");
  const auto lists = [&](std::string const& phase, std::string const& scenario) { return folder.run("mlsysim list scenarios " + phase).out.find(scenario + ".yaml") != std::string::npos; };
  CHECK(lists("serving", "chatbot"));
  CHECK(lists("training", "frontier"));
  CHECK(lists("communication", "all_reduce_sizes"));
  CHECK_FALSE(lists("training", "chatbot"));
}

TEST_CASE("the conformance vectors agree, and each can be shown") {
  const Folder folder("vectors");
  const auto o = folder.run("mlsysim selftest --vectors");
  CHECK(o.code == 0);
  CHECK(lines(o.out).size() > 20);
  CHECK(o.out.find("DIFFERS") == o.out.npos);
  CHECK(std::regex_search(o.err, std::regex("^([0-9]+) of \\1 agree")));
  CHECK(folder.run("mlsysim show llama_3_70b_grouped_queries").out.find("2,684,354,560 B") != std::string::npos);
  CHECK(folder.run("mlsysim selftest --vectors --all").out.find("2,684,354,560 B") != std::string::npos);
}

TEST_CASE("the same question gets the same number from every command") {
  const Folder folder("same");
  const std::string what = " --model ResNet-50 --hardware A100 --batch 64 ";
  const auto value = [&](std::string const& csv, std::string const& metric) {
    for (auto const& line : lines(csv)) {
      const auto at = line.find(',' + metric + ',');
      if (at != line.npos) return line.substr(at + metric.size() + 2, line.find(',', at + metric.size() + 2) - at - metric.size() - 2);
    }
    return std::string("nothing");
  };
  const auto eval = folder.run("mlsysim eval" + what + "--format csv").out;
  const auto latency = value(eval, "performance.latency");
  CHECK(latency != "nothing");
  CHECK(value(folder.run("mlsysim analyze" + what + "--format csv").out, "performance.latency") == latency);
  CHECK(folder.run("mlsysim compare" + what + "--format csv").out.find(',' + latency + ',') != std::string::npos);
  CHECK(folder.run("mlsysim eval" + what + "--explain performance.latency --format json").out.find(latency) != std::string::npos);
  CHECK(folder.run("mlsysim eval" + what + "--format json").out.find(latency) != std::string::npos);
  std::ofstream(folder / "same.yaml") << "workload: {model: ResNet-50, phase: inference, batch: 64}\nsystem: {device: A100}\n";
  CHECK(value(folder.run("mlsysim eval same.yaml --format csv").out, "performance.latency") == latency);
  CHECK(folder.run("mlsysim resolve same.yaml -o resolved.yaml").code == 0);
  CHECK(value(folder.run("mlsysim eval resolved.yaml --format csv").out, "performance.latency") == latency);
}

TEST_CASE("a memory is given as marketed and as reported, once, in every report which has both") {
  const Folder folder("capacity");
  const auto text = folder.run("mlsysim eval chatbot").out;
  const std::string note = "hbm: 80 GB as marketed, 81559 MiB as the driver reports, 85.52 GB in this report";
  CHECK(text.find(note) != text.npos);
  CHECK(text.find(note) == text.rfind(note));
}

TEST_CASE("a scenario behind --registry DIR is not taken for a second folder, and --registry may be given twice") {
  const Folder folder("registry_option");
  fs::create_directory(folder / "mine");
  fs::create_directory(folder / "yours");
  const auto plain = folder.run("mlsysim eval chatbot --format csv");
  REQUIRE(plain.code == 0);
  for (char const* command : {"mlsysim eval --registry mine chatbot --format csv", "mlsysim eval --registry mine --registry yours chatbot --format csv"}) {
    CAPTURE(command);
    const auto o = folder.run(command);
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK(o.out == plain.out);
  }
}
