#pragma once
/// \file
/// Files which are too long to be held in memory.
#include <cstdio>
#include <string>
#include <string_view>

namespace mlsysim::io {

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

}  // namespace mlsysim::io
