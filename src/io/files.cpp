#include "mlsysim/io/files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::io {

void write_whole(std::string const& path, std::string_view text) {
  const auto fail = [&](std::string const& why) { throw InputError({{301, fmt::format("cannot write '{}': {}", path, why), {path, 0, 0, 1, {}}, "", "nothing was written"}}); };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail("it is a directory");
  const std::string temporary = path + ".tmp";
  std::FILE* f = std::fopen(temporary.c_str(), "wb");
  if (!f) fail(std::strerror(errno));
  const bool written = std::fwrite(text.data(), 1, text.size(), f) == text.size();
  const bool closed = std::fclose(f) == 0;
  if (!written || !closed) {
    std::remove(temporary.c_str());
    fail("the disk is full or the file cannot grow");
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    std::remove(temporary.c_str());
    fail(why);
  }
}

}  // namespace mlsysim::io
