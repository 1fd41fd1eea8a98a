#pragma once
#include <string>
#include <string_view>

namespace mlsysim::registry {

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits. Own code: a static TLS library for one hash would double the binary.
std::string sha256(std::string_view text);

}  // namespace mlsysim::registry
