#pragma once
// Runs the program as a student would: in a folder, with arguments, keeping both outputs apart.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fs = std::filesystem;

inline std::string content(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// A folder of its own, in which `mlsysim` is the program under test.
class Folder {
 public:
  explicit Folder(std::string const& name) : path_{fs::temp_directory_path() / ("mlsysim_cli_" + name + '_' + std::to_string(::getpid()))} {
    fs::remove_all(path_);
    fs::create_directories(path_ / "work");
    fs::create_directories(path_ / "bin");
    fs::create_symlink(MLSYSIM_BINARY, path_ / "bin/mlsysim");
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(Folder const&) = delete;

  /// Any command line of a shell; `environment` like `NO_COLOR=1`.
  Outcome run(std::string const& command, std::string const& environment = "LC_ALL=C") const {
    std::ofstream(path_ / "command") << command << '\n';
    const std::string line = "cd '" + (path_ / "work").string() + "' && env -i HOME=/nowhere PATH='" + (path_ / "bin").string() + "':/usr/bin:/bin " + environment + " bash '" + (path_ / "command").string() +
                             "' >'" + (path_ / "out").string() + "' 2>'" + (path_ / "err").string() + "' </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(path_ / "out"), content(path_ / "err")};
  }
  fs::path operator/(std::string const& name) const { return path_ / "work" / name; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (auto const& e : fs::directory_iterator(path_ / "work")) names.push_back(e.path().filename().string());
    return names;
  }

 private:
  fs::path path_;
};

inline std::vector<std::string> lines(std::string const& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// The commands which a help text lists.
inline std::vector<std::string> commands(Folder const& folder) {
  std::vector<std::string> names;
  bool here = false;
  for (auto const& line : lines(folder.run("mlsysim --help").out)) {
    if (line == "Commands:") here = true;
    else if (line.empty()) here = false;
    else if (here) names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}
