#pragma once
/// \file
/// Files are written whole or not at all.
#include <string>
#include <string_view>

namespace mlsysim::io {

/// Writes through a temporary file in the same folder and a rename. \throws InputError (E0301)
void write_whole(std::string const& path, std::string_view text);

/// The same for a file which must not exist yet: false, and nothing written, if it does. \throws InputError (E0301)
bool write_new(std::string const& path, std::string_view text);

/// Whether the file holds exactly this text.
bool holds(std::string const& path, std::string_view text);

}  // namespace mlsysim::io
