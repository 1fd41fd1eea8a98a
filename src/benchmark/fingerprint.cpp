#include <cblas.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "suite.hpp"

namespace mlsysim::benchmark {
namespace {

std::string first_line(std::string const& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// The text behind `key :` in a file of /proc.
std::string field(std::string const& path, std::string_view key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find(':');
    const auto text = line.find_first_not_of(" \t", colon + 1);
    return colon == line.npos || text == line.npos ? std::string() : line.substr(text);
  }
  return {};
}

}  // namespace

Fingerprint fingerprint() {
  Fingerprint f;
  f.cpu = field("/proc/cpuinfo", "model name");
  if (f.cpu.empty()) f.cpu = "unknown processor";
  f.cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  f.clock = std::strtod(field("/proc/cpuinfo", "cpu MHz").c_str(), nullptr) * 1e6;
  f.memory = std::strtod(field("/proc/meminfo", "MemTotal").c_str(), nullptr) * 1024;
  for (int i = 0;; ++i) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string size = first_line(folder + "size");
    if (size.empty()) break;
    if (first_line(folder + "type") == "Instruction") continue;
    f.caches.emplace_back("L" + first_line(folder + "level"), std::strtod(size.c_str(), nullptr) * (size.back() == 'M' ? 1024. * 1024 : 1024.));
  }
  utsname system{};
  if (uname(&system) == 0) f.kernel = std::string(system.sysname) + ' ' + system.release;
#ifdef __clang__
  f.compiler = "Clang " __clang_version__;
#else
  f.compiler = "GCC " __VERSION__;
#endif
  f.library = openblas_get_config();
  return f;
}

}  // namespace mlsysim::benchmark
