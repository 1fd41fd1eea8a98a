#pragma once
// What `--help` and the manual pages say beyond the options: one page per command.
#include <span>
#include <string_view>

namespace mlsysim::cli {

/// A command line which works as it stands, in a folder with the `scenario.yaml` which `mlsysim init` writes; a test runs each.
struct Example {
  std::string_view command;
  std::string_view says;
};

struct Page {
  std::string_view command;  ///< empty for the program itself
  std::string_view summary;
  std::span<const Example> examples;
  std::string_view text;     ///< paragraphs, separated by empty lines
};

/// In the order of `mlsysim --help`; the first is the program's.
std::span<const Page> pages();
Page const& page(std::string_view command);

}  // namespace mlsysim::cli
