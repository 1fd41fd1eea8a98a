// Build tool: turns registry/ and scenarios/ into constexpr tables, so that the program starts without parsing any YAML.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "embedded.hpp"
#include "sha256.hpp"

namespace fs = std::filesystem;
using namespace mlsysim;

namespace {

std::vector<std::string> yaml_files(std::string const& root) {
  std::vector<std::string> files;
  for (auto const& e : fs::recursive_directory_iterator(root))
    if (e.is_regular_file() && e.path().extension() == ".yaml") files.push_back(fs::path(e.path()).lexically_relative(root).generic_string());
  std::sort(files.begin(), files.end());
  return files;
}

std::string literal(std::string_view text) {
  std::string out = "\"";
  std::size_t since_break = 0;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (u < 0x20 || u >= 0x7f) out += fmt::format("\\{:03o}", u);
    else out += c;
    // Compilers need not take literals beyond 64 kB in one piece.
    if (++since_break > 8000) out += "\"\n\"", since_break = 0;
  }
  return out + "\"";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: mlsysim_embed REGISTRY_DIR SCENARIOS_DIR OUT.cpp\n", stderr);
    return 2;
  }
  std::vector<Diagnostic> problems;
  std::string out = "// Made by mlsysim_embed from registry/ and scenarios/.\n#include \"embedded.hpp\"\n\nnamespace mlsysim::registry {\nnamespace {\n\n"
                    "using N = io::Node;\nconstexpr auto null = N::Kind::null, scalar = N::Kind::scalar, list = N::Kind::list, map = N::Kind::map;\n\n";
  std::string documents, content;
  std::size_t index = 0;
  for (auto const& path : yaml_files(argv[1])) {
    io::Document d = io::read_yaml_file(std::string(argv[1]) + '/' + path, problems);
    content += path + '\n' + registry::canonical(d);
    out += fmt::format("constexpr io::File file_{}[] = {{{{{}, {{}}}}}};\nconstexpr N nodes_{}[] = {{\n", index, literal("registry/" + path), index);
    constexpr std::string_view kinds[] = {"null", "scalar", "list", "map"};
    for (auto const& n : d.nodes)
      out += fmt::format("{{{},{},0,{},{},{},{},{},{},{},{}}},\n", kinds[static_cast<std::size_t>(n.kind)], n.quoted ? "true" : "false", n.line, n.column, n.key_line, n.key_column,
                         n.first, n.count, literal(n.key), literal(n.text));
    out += "};\n";
    documents += fmt::format("{{{}, nodes_{}, file_{}}},\n", literal(path), index, index);
    ++index;
  }
  std::string scenarios;
  for (auto const& path : yaml_files(argv[2])) {
    const std::string file = std::string(argv[2]) + '/' + path;
    io::Document d = io::read_yaml_file(file, problems);
    io::Node const* name = d.find(d.root(), "name");
    std::ifstream in(file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    scenarios += fmt::format("{{{}, {}, {}}},\n", literal("scenarios/" + path), literal(name ? name->text : ""), literal(text));
  }
  if (!problems.empty()) {
    std::fputs(to_text(problems).c_str(), stderr);
    return 1;
  }
  out += fmt::format("\nconstexpr EmbeddedDocument documents[] = {{\n{}}};\n", documents);
  out += fmt::format("constexpr BuiltinScenario scenarios[] = {{\n{}}};\n", scenarios);
  out += fmt::format("\n}}  // namespace\n\nEmbedded const& embedded() {{\n  static constexpr Embedded all{{documents, scenarios, {}}};\n  return all;\n}}\n\n}}  // namespace mlsysim::registry\n",
                     literal(registry::sha256(content)));
  std::ofstream file(argv[3], std::ios::binary);
  file << out;
  return file.good() ? 0 : 1;
}
