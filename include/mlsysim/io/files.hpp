#pragma once
/// \file
/// Files are written whole or not at all.
#include <cstdio>
#include <string>
#include <string_view>

namespace mlsysim::io {

/// Writes through a temporary file in the same folder and a rename. \throws InputError (E0301)
void write_whole(std::string const& path, std::string_view text);

/// The same for a file which must not exist yet: false, and nothing written, if it does. \throws InputError (E0301)
bool write_new(std::string const& path, std::string_view text);

/// A file which is written piece by piece and appears under its name when it is complete; given up, it leaves nothing behind.
class GrowingFile {
 public:
  /// Opens a temporary file beside `path`, or `path` itself where it is a pipe or a device. \throws InputError (E0301)
  explicit GrowingFile(std::string path);
  ~GrowingFile();
  /// \{
  /// Neither copied nor moved.
  GrowingFile(GrowingFile const&) = delete;
  GrowingFile& operator=(GrowingFile const&) = delete;
  /// \}
  void write(std::string_view text);  ///< \throws InputError (E0301)
  void finish();                      ///< Gives it its name. \throws InputError (E0301)

 private:
  [[noreturn]] void fail();

  std::string path_, target_, temporary_;
  std::FILE* file_ = nullptr;
};

/// Whether the file holds exactly this text.
bool holds(std::string const& path, std::string_view text);

}  // namespace mlsysim::io
