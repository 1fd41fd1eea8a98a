#pragma once
// What the build makes of registry/ and scenarios/: see embed_main.cpp.
#include "mlsysim/registry/catalogue.hpp"

namespace mlsysim::registry {

struct EmbeddedDocument {
  std::string_view path;  ///< below registry/
  std::span<const io::Node> nodes;
  std::span<const io::File> files;
};
struct Embedded {
  std::span<const EmbeddedDocument> documents;
  std::span<const BuiltinScenario> scenarios;
  std::string_view hash;
};
Embedded const& embedded();

/// Canonical text of a document for hashing: keys, kinds and scalars, without places and comments.
std::string canonical(io::Document const& document);

}  // namespace mlsysim::registry
