#include "mlsysim/io/files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::io {
namespace {

namespace fs = std::filesystem;

/// Writes and closes; false with `errno` set if any byte is missing.
bool write_to(std::string const& path, std::string_view text) {
  std::FILE* f = std::fopen(path.c_str(), "wb");
  if (!f) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), f) == text.size() && std::fflush(f) == 0;
  const int error = errno;
  const bool closed = std::fclose(f) == 0;
  if (!written) errno = error;
  return written && closed;
}

}  // namespace

void write_whole(std::string const& path, std::string_view text) {
  const auto fail = [&](std::string const& why) {
    throw InputError({{301, fmt::format("cannot write '{}': {}", path, why), {path, 0, 0, 1, {}}, "", "nothing was written; name a file in a folder which you may write to"}});
  };
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (fs::is_directory(status)) fail("it is a directory");
  // Pipes and devices cannot be replaced by a rename.
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    if (!write_to(path, text)) fail(std::strerror(errno));
    return;
  }
  // A link stays a link: its target is replaced.
  std::string target = path;
  if (fs::is_symlink(fs::symlink_status(path, failed))) {
    const auto behind = fs::weakly_canonical(path, failed);
    if (!failed) target = behind.string();
  }
  const std::string temporary = fmt::format("{}.{}.tmp", target, ::getpid());
  const auto give_up = [&] {
    const std::string why = std::strerror(errno);
    std::remove(temporary.c_str());
    fail(why);
  };
  if (!write_to(temporary, text)) give_up();
  if (fs::exists(status)) fs::permissions(temporary, status.permissions(), failed);
  if (std::rename(temporary.c_str(), target.c_str()) != 0) give_up();
}

}  // namespace mlsysim::io
