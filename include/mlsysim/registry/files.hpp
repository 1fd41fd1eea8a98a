#pragma once
/// \file
/// Files which the binary carries besides the registry and the scenarios.
#include <span>
#include <string>
#include <string_view>

namespace mlsysim::registry {

/// A file inside the binary.
struct BuiltinFile {
  std::string_view path;  ///< within its folder, e.g. `l1_ridge/lab.yaml`
  std::string_view text;  ///< the whole content
};
/// Every file of the folder `labs` which belongs to a lab, in the order of their paths.
std::span<const BuiltinFile> builtin_labs();

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits: of the registry, and of what draws a student's variant.
std::string sha256_hex(std::string_view text);

}  // namespace mlsysim::registry
