#pragma once
/// \file
/// Files are written whole or not at all.
#include <string>
#include <string_view>

namespace mlsysim::io {

/// Writes through a temporary file in the same folder and a rename. \throws InputError (E0301)
void write_whole(std::string const& path, std::string_view text);

}  // namespace mlsysim::io
