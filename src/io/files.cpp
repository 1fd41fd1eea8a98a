#include "mlsysim/io/files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "mlsysim/describe/diagnostic.hpp"
#include "mlsysim/io/growing_file.hpp"

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

[[noreturn]] void cannot_write(std::string const& path, std::string const& why) {
  throw InputError({{301, fmt::format("cannot write '{}': {}", path, why), {path, 0, 0, 1, {}}, "", "nothing was written; name a file in a folder which you may write to"}});
}

/// In the same folder, so that a rename is enough.
std::string temporary_beside(std::string const& path) { return fmt::format("{}.{}.tmp", path, ::getpid()); }

}  // namespace

bool write_new(std::string const& path, std::string_view text) {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(path, failed))) return false;
  const std::string temporary = temporary_beside(path);
  const auto give_up = [&] {
    const std::string why = std::strerror(errno);
    std::remove(temporary.c_str());
    cannot_write(path, why);
  };
  if (!write_to(temporary, text)) give_up();
  // Unlike a rename, a link never replaces a file which somebody else has just made.
  fs::create_hard_link(temporary, path, failed);
  const bool exists = failed == std::errc::file_exists;
  // A file system without links, such as that of a memory stick.
  if (failed && !exists && std::rename(temporary.c_str(), path.c_str()) != 0) give_up();
  std::remove(temporary.c_str());
  return !exists;
}

bool holds(std::string const& path, std::string_view text) {
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return false;
  std::string have(text.size() + 1, '\0');
  have.resize(std::fread(have.data(), 1, have.size(), f));
  std::fclose(f);
  return have == text;
}

GrowingFile::GrowingFile(std::string path) : path_{std::move(path)}, target_{path_} {
  std::error_code failed;
  const auto status = fs::status(path_, failed);
  if (fs::is_directory(status)) cannot_write(path_, "it is a directory");
  const bool in_place = fs::exists(status) && !fs::is_regular_file(status);
  // A link stays a link: its target is replaced.
  if (!in_place && fs::is_symlink(fs::symlink_status(path_, failed))) {
    const auto behind = fs::weakly_canonical(path_, failed);
    if (!failed) target_ = behind.string();
  }
  if (!in_place) temporary_ = temporary_beside(target_);
  file_ = std::fopen((in_place ? path_ : temporary_).c_str(), "wb");
  if (!file_) fail();
  if (!in_place && fs::exists(status)) fs::permissions(temporary_, status.permissions(), failed);
}

GrowingFile::~GrowingFile() {
  if (!file_) return;
  std::fclose(file_);
  if (!temporary_.empty()) std::remove(temporary_.c_str());
}

void GrowingFile::fail() {
  const std::string why = std::strerror(errno);
  if (file_) std::fclose(file_);
  file_ = nullptr;
  if (!temporary_.empty()) std::remove(temporary_.c_str());
  cannot_write(path_, why);
}

void GrowingFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
}

void GrowingFile::finish() {
  if (std::fflush(file_) != 0) fail();
  std::FILE* f = file_;
  file_ = nullptr;
  if (std::fclose(f) != 0) fail();
  if (!temporary_.empty() && std::rename(temporary_.c_str(), target_.c_str()) != 0) fail();
}

void write_whole(std::string const& path, std::string_view text) {
  GrowingFile f(path);
  f.write(text);
  f.finish();
}

}  // namespace mlsysim::io
