#pragma once
// A scenario file as a list of its values, to be mixed or varied and written back.
#include <string>
#include <vector>

#include "mlsysim/io/document.hpp"

namespace mlsysim::teaching {

using LeafPath = std::vector<std::string>;

/// A value of a scenario file, with everything below it where it is a list.
struct Leaf {
  LeafPath path;
  std::string yaml;  ///< as it is written back
  std::string text;  ///< for people
};

/// All values but `name` and `about`, in the order of the file.
std::vector<Leaf> leaves_of(io::Document const& document);
/// Leaves as YAML, those with the same beginning of their path in one map.
std::string yaml_of(std::vector<Leaf> const& leaves);
/// `workload.batch`.
std::string joined(LeafPath const& path);

}  // namespace mlsysim::teaching
