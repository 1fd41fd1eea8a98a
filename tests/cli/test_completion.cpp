#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "program.hpp"

namespace {

std::set<std::string> complete(Folder const& folder, std::string const& words) {
  const auto o = folder.run("mlsysim complete -- " + words);
  CHECK(o.code == 0);
  CHECK(o.err.empty());
  const auto all = lines(o.out);
  return {all.begin(), all.end()};
}

}  // namespace

TEST_CASE("commands, options, choices and names of the registry are completed") {
  const Folder folder("complete");
  const auto all = commands(folder);
  CHECK(complete(folder, "''") == std::set<std::string>(all.begin(), all.end()));
  CHECK(complete(folder, "ev") == std::set<std::string>{"eval"});
  CHECK(complete(folder, "eval --mod") == std::set<std::string>{"--model"});
  CHECK(complete(folder, "eval --format ''") == std::set<std::string>{"text", "json", "csv", "markdown"});
  CHECK(complete(folder, "eval --phase tr") == std::set<std::string>{"training"});
  CHECK(complete(folder, "eval --precision fp16") == std::set<std::string>{"fp16"});
  CHECK(complete(folder, "eval --model Llama-3.1-8").count("Llama-3.1-8B") == 1);
  CHECK(complete(folder, "eval --hardware H100").count("H100") == 1);
  CHECK(complete(folder, "eval --hardware nvidia_h100_p") == std::set<std::string>{"nvidia_h100_pcie"});
  CHECK(complete(folder, "eval --batch 4 doorb") == std::set<std::string>{"doorbell", ":file"});
  CHECK(complete(folder, "eval chatbot memory_w") == std::set<std::string>{"memory_wall", ":file"});
  CHECK(complete(folder, "eval chatbot --explain serving.itl") == std::set<std::string>{"serving.itl"});
  CHECK(complete(folder, "resolve chatbot ''").empty());
  CHECK(complete(folder, "list gr") == std::set<std::string>{"grids"});
  CHECK(complete(folder, "show grid_fr").count("grid_fr") == 1);
  CHECK(complete(folder, "schema sce") == std::set<std::string>{"scenario"});
  CHECK(complete(folder, "explain E014").count("E0142") == 1);
  CHECK(complete(folder, "init --from door") == std::set<std::string>{"doorbell"});
  CHECK(complete(folder, "man sea") == std::set<std::string>{"search"});
  CHECK(complete(folder, "eval --registry ''") == std::set<std::string>{":dir"});
  CHECK(complete(folder, "compare --hardware A100 nvidia_h100_p") == std::set<std::string>{"nvidia_h100_pcie"});
  CHECK(complete(folder, "compare --hardware A100 H100 --mod") == std::set<std::string>{"--model"});
  CHECK(complete(folder, "nonsense ''").empty());
}

TEST_CASE("another case is offered only where nothing has the case which was typed") {
  const Folder folder("complete_case");
  const auto upper = complete(folder, "eval --hardware H10"), lower = complete(folder, "eval --hardware h10");
  CHECK(upper.count("H100") == 1);
  CHECK(lower.count("H100") == 1);
  for (auto const& c : complete(folder, "eval --model llama_3_1")) CHECK(c.starts_with("llama_3_1"));
}

TEST_CASE("every candidate is one word of a shell and is found by that name") {
  const Folder folder("complete_words");
  const auto names = complete(folder, "eval --model ''");
  CHECK(names.size() > 100);
  std::string all;
  for (auto const& n : names) {
    CHECK(n.find_first_of(" '\"()&;|<>*?$`\\") == n.npos);
    all += "mlsysim show " + n + " >/dev/null || echo " + n + "\n";
  }
  CHECK(folder.run(all).out.empty());
}

TEST_CASE("the bash script offers what the program names") {
  const Folder folder("complete_bash");
  const auto reply = [&](std::string const& words, int current) {
    return folder.run("source <(mlsysim completion bash); compopt() { :; }; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(current) + "; _mlsysim; printf '%s\\n' \"${COMPREPLY[@]}\"; complete -p mlsysim").out;
  };
  CHECK(reply("mlsysim ev", 1) == "eval\ncomplete -F _mlsysim mlsysim\n");
  CHECK(reply("mlsysim list ''", 2).find("hardware\n") != std::string::npos);
  std::ofstream(folder / "chat room.yaml") << "x: 1\n";
  const auto files = reply("mlsysim eval chat", 2);
  CHECK(files.find("chatbot\n") != std::string::npos);
  CHECK(files.find("chat room.yaml\n") != std::string::npos);
}

TEST_CASE("the scripts for zsh and fish are accepted by their shells where these are installed") {
  const Folder folder("complete_others");
  for (std::string shell : {"bash", "zsh", "fish"}) {
    CAPTURE(shell);
    const auto script = folder.run("mlsysim completion " + shell + " -o script");
    CHECK(script.code == 0);
    CHECK(content(folder / "script").find("complete -- ") != std::string::npos);
    const auto checked = folder.run("command -v " + shell + " >/dev/null || exit 0; " + shell + " -n script");
    CAPTURE(checked.err);
    CHECK(checked.code == 0);
  }
  CHECK(folder.run("mlsysim completion csh").code == 2);
}
