#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "commands.hpp"

namespace mlsysim::cli {

int benchmark(BenchmarkOptions const& o, Common const& common) {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::string program = (self.parent_path() / "mlsysim-benchmark").string();
  if (failed || access(program.c_str(), X_OK) != 0)
    throw InputError({{303, "mlsysim-benchmark does not lie beside mlsysim", {}, "it is built where OpenBLAS is installed (libopenblas-dev)", "build it with scripts/mlsysim, or copy both programs together"}});
  std::vector<std::string> words{program, "--format", common.format};
  if (o.quick) words.emplace_back("--quick");
  if (o.list) words.emplace_back("--list");
  for (auto const& [option, value] : {std::pair{"--suite", o.suite}, {"--write", o.write}, {"--output", common.output}})
    if (!value.empty()) words.emplace_back(option), words.push_back(value);
  std::vector<char*> arguments;
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  throw InputError({{303, fmt::format("'{}' could not be started", program), {}, "", "check that it may be executed"}});
}

}  // namespace mlsysim::cli
