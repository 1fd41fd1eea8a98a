// Build tool: turns registry/, scenarios/ and labs/ into constant tables, so that the program starts without parsing any YAML.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "index.hpp"

using namespace mlsysim;

namespace {

/// A C++ literal; long ones in pieces, since compilers need not take more than 64 kB at once.
std::string literal(std::string_view text) {
  constexpr std::size_t longest_piece = 8000;
  std::string out = "\"";
  std::size_t piece = 0;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (u < 0x20 || u >= 0x7f) out += fmt::format("\\{:03o}", u);
    else out += c;
    if (++piece > longest_piece) out += "\"\n\"", piece = 0;
  }
  return out + '"';
}

/// Views with their lengths written out cost the compiler less than counting them.
std::string view(std::string_view text) { return text.empty() ? "{}" : fmt::format("{{{},{}}}", literal(text), text.size()); }

std::string nodes_of(io::Document const& d) {
  constexpr std::string_view kinds[] = {"null", "scalar", "list", "map"};
  std::string out;
  for (auto const& n : d.nodes)
    out += fmt::format("{{{},{},0,{},{},{},{},{},{},{},{}}},\n", kinds[static_cast<std::size_t>(n.kind)], n.quoted, n.line, n.column, n.key_line, n.key_column, n.first, n.count, view(n.key), view(n.text));
  return out;
}

/// Every file of every lab: YAML, which must parse, and Markdown.
std::string lab_files(std::string const& folder, std::vector<Diagnostic>& problems) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  for (auto const& e : fs::recursive_directory_iterator(folder))
    if (e.is_regular_file() && e.path().parent_path() != fs::path(folder) && (e.path().extension() == ".yaml" || e.path().extension() == ".md")) paths.push_back(fs::relative(e.path(), folder).generic_string());
  std::sort(paths.begin(), paths.end());
  std::string out;
  for (auto const& path : paths) {
    std::ifstream in(folder + '/' + path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    if (path.ends_with(".yaml")) (void)io::parse_yaml(text, "labs/" + path, problems);
    out += fmt::format("{{{}, {}}},\n", view(path), view(text));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: mlsysim_embed REGISTRY_DIR SCENARIOS_DIR LABS_DIR OUT.cpp\n", stderr);
    return 2;
  }
  const std::string registry_folder = argv[1], scenario_folder = argv[2];
  std::vector<Diagnostic> problems;
  registry::Index index;
  const auto paths = registry::yaml_files(registry_folder, problems);
  for (auto const& path : paths) index.add(io::read_yaml_file(registry_folder + '/' + path, problems), path, problems);
  index.finish(problems);

  std::string scenarios;
  for (auto const& path : registry::yaml_files(scenario_folder, problems)) {
    const io::Document d = io::read_yaml_file(scenario_folder + '/' + path, problems);
    const auto text = [&](std::string_view key) {
      io::Node const* n = d.find(d.root(), key);
      return n ? view(n->text) : "{}";
    };
    scenarios += fmt::format("{{{}, {}, {}, {}}},\n", view("scenarios/" + path), text("name"), text("about"), view(d.files[0].text));
  }
  const std::string labs = lab_files(argv[3], problems);
  if (!problems.empty()) {
    std::fputs(to_text(problems).c_str(), stderr);
    return 1;
  }

  std::string out =
      "// Made by mlsysim_embed from registry/, scenarios/ and labs/.\n#include \"embedded.hpp\"\n\nnamespace mlsysim::registry {\nnamespace {\n\n"
      "using N = io::Node;\n[[maybe_unused]] constexpr auto null = N::Kind::null, scalar = N::Kind::scalar, list = N::Kind::list, map = N::Kind::map;\n\n";
  std::string documents;
  for (std::size_t i = 0; i < index.documents().size(); ++i) {
    out += fmt::format("constexpr io::File file_{0}[] = {{{{{1}, {{}}}}}};\nconstexpr N nodes_{0}[] = {{\n{2}}};\n", i, view("registry/" + paths[i]), nodes_of(index.documents()[i]));
    documents += fmt::format("{{nodes_{0}, file_{0}, nullptr}},\n", i);
  }
  out += fmt::format("\nconstinit const io::Document documents[] = {{\n{}}};\n\n", documents);

  std::string aliases, entries;
  std::size_t alias = 0;
  for (auto const& e : index.entries()) {
    std::size_t document = 0;
    while (&index.documents()[document] != e.document) ++document;
    for (auto a : e.aliases) aliases += view(a) + ",\n";
    entries += fmt::format("{{EntryKind::{}, {}, {}, {{aliases + {}, std::size_t({})}}, &documents[{}], &nodes_{}[{}], {}, true, false}},\n", entry_kind_name[static_cast<std::size_t>(e.kind)], view(e.id), view(e.name), alias,
                           e.aliases.size(), document, document, e.node - e.document->nodes.data(), view(e.source));
    alias += e.aliases.size();
  }
  out += fmt::format("constexpr std::string_view aliases[] = {{\n{}{{}}}};\nconstexpr Entry entries[] = {{\n{}}};\n", aliases, entries);
  out += "constexpr NameRecord names[] = {\n";
  for (auto const& [key, entry] : index.names()) out += fmt::format("{{{}, {}}},\n", view(key), entry);
  out += "};\nconstexpr SourceRecord sources[] = {\n";
  for (auto const& [id, s] : index.sources())
    out += fmt::format("{{{}, {}, {}, {}, {}, {}, {}, SourceKind::{}}},\n", view(id), view(s.title), view(s.publisher), view(s.url), view(s.published), view(s.seen), view(s.note), source_kind_name[static_cast<std::size_t>(s.kind)]);
  out += fmt::format("}};\nconstexpr BuiltinScenario scenarios[] = {{\n{}}};\nconstexpr BuiltinFile labs[] = {{\n{}}};\n", scenarios, labs);
  out += fmt::format(
      "\n}}  // namespace\n\nEmbedded const& embedded() {{\n  static constexpr Embedded all{{entries, names, sources, scenarios, labs, {}}};\n  return all;\n}}\n\n}}  // namespace mlsysim::registry\n",
      literal(index.hash()));
  std::ofstream file(argv[4], std::ios::binary);
  file << out;
  return file.flush().good() ? 0 : 1;
}
