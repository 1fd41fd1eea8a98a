#include "mlsysim/registry/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <unordered_map>

#include "embedded.hpp"
#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/solvers/efficiency.hpp"
#include "mlsysim/systems/system.hpp"
#include "mlsysim/workload/model.hpp"
#include "sha256.hpp"

namespace mlsysim::registry {
namespace {

struct Folder {
  std::string_view name;
  EntryKind kind;
};
constexpr Folder folders[] = {{"hardware/", EntryKind::hardware},
                              {"models/", EntryKind::model},
                              {"infrastructure/grids/", EntryKind::grid},
                              {"infrastructure/datacentres/", EntryKind::datacentre},
                              {"infrastructure/prices/", EntryKind::price},
                              {"systems/nodes/", EntryKind::node},
                              {"systems/fabrics/", EntryKind::fabric},
                              {"systems/fleets/", EntryKind::fleet},
                              {"calibration/", EntryKind::calibration}};

std::string scalar_of(io::Document const& d, io::Node const& map, std::string_view key) {
  io::Node const* n = d.find(map, key);
  return n && n->kind == io::Node::Kind::scalar ? std::string(n->text) : std::string{};
}

std::string index_key(EntryKind kind, std::string_view name) { return static_cast<char>('a' + static_cast<int>(kind)) + normalised(name); }

}  // namespace

struct Catalogue::State {
  std::deque<io::Document> documents;
  std::vector<Entry> entries;
  std::unordered_map<std::string, std::size_t> index;
  std::map<std::string, Source, std::less<>> sources;
  std::string hash;
  std::size_t added = 0;

  void add_sources(io::Document const& d, io::Node const& root, std::vector<Diagnostic>* problems) {
    io::Node const* map = d.find(root, "sources");
    if (!map || map->kind != io::Node::Kind::map) return;
    for (auto const& n : d.children(*map)) {
      Source s;
      s.id = n.key;
      s.title = scalar_of(d, n, "title");
      s.publisher = scalar_of(d, n, "publisher");
      s.url = scalar_of(d, n, "url");
      s.published = scalar_of(d, n, "published");
      s.seen = scalar_of(d, n, "seen");
      s.note = scalar_of(d, n, "note");
      const std::string kind = scalar_of(d, n, "kind");
      const auto known = std::find(source_kind_name.begin(), source_kind_name.end(), kind);
      if (known != source_kind_name.end()) s.kind = static_cast<SourceKind>(known - source_kind_name.begin());
      if (problems) {
        if (s.title.empty()) problems->push_back({106, fmt::format("source '{}' lacks 'title'", n.key), d.key_location(n), "", ""});
        if (known == source_kind_name.end()) problems->push_back({150, fmt::format("source '{}': 'kind' cannot be '{}'", n.key, kind), d.key_location(n), "", "datasheet, paper, documentation, measurement, benchmark, price_list, dataset, derived, definition or estimate"});
      }
      sources[s.id] = std::move(s);
    }
  }

  void add_entry(EntryKind kind, io::Document const& d, io::Node const& n, std::string const& source, bool builtin, std::vector<Diagnostic>* problems) {
    Entry e;
    e.kind = kind;
    e.id = scalar_of(d, n, "id");
    e.name = scalar_of(d, n, "name");
    e.document = &d;
    e.node = &n;
    e.source = source;
    e.builtin = builtin;
    if (io::Node const* a = d.find(n, "aliases"))
      for (auto const& alias : d.children(*a)) e.aliases.emplace_back(alias.text);
    if (e.id.empty()) {
      if (problems) problems->push_back({106, "an entry lacks 'id'", d.location(n), "", "add `id: a_unique_name`"});
      return;
    }
    const auto earlier = index.find(index_key(kind, e.id));
    if (earlier != index.end() && entries[earlier->second].id == e.id && !builtin && entries[earlier->second].builtin) {
      e.overrides_builtin = true;
      const auto at = earlier->second;
      entries[at] = std::move(e);
      add_names(at, problems);
      return;
    }
    if (earlier != index.end() && problems) problems->push_back({165, fmt::format("'{}' names two entries: this and '{}'", e.id, entries[earlier->second].id), d.location(n), "a name must mean one thing", "choose another id"});
    entries.push_back(std::move(e));
    add_names(entries.size() - 1, problems);
  }

  void add_names(std::size_t at, std::vector<Diagnostic>* problems) {
    Entry const& e = entries[at];
    const auto name = [&](std::string_view text, bool must) {
      if (text.empty()) return;
      const auto [place, fresh] = index.emplace(index_key(e.kind, text), at);
      if (fresh || place->second == at) return;
      if (entries[place->second].builtin && !e.builtin) place->second = at;
      else if (must && problems) problems->push_back({165, fmt::format("'{}' names two entries: '{}' and '{}'", text, entries[place->second].id, e.id), e.document->location(*e.node), "a name must mean one thing", "remove one of the aliases"});
    };
    name(e.id, true);
    for (auto const& a : e.aliases) name(a, true);
    name(e.name, false);
  }

  void add(io::Document document, std::string_view path, bool builtin, std::vector<Diagnostic>* problems) {
    documents.push_back(std::move(document));
    io::Document const& d = documents.back();
    io::Node const& root = d.root();
    if (root.kind != io::Node::Kind::map) return;
    add_sources(d, root, problems);
    if (path.starts_with("sources/")) return;
    for (auto const& f : folders) {
      if (!path.starts_with(f.name)) continue;
      io::Node const* list = d.find(root, "entries");
      const std::string source = scalar_of(d, root, "source");
      if (list && list->kind == io::Node::Kind::list) {
        for (auto const& n : d.children(*list)) add_entry(f.kind, d, n, source, builtin, problems);
      } else {
        add_entry(f.kind, d, root, source, builtin, problems);
      }
      return;
    }
    if (problems && !d.find(root, "sources"))
      problems->push_back({107, fmt::format("'{}' is in no folder of a registry", path), {std::string(d.files[0].name), 0, 0, 1, {}}, "the folder says what an entry is",
                           "hardware/, models/, infrastructure/{grids,datacentres,prices}/, systems/{nodes,fabrics,fleets}/, calibration/ or sources/"});
  }
};

Catalogue::Catalogue() : state_{std::make_unique<State>()} {
  auto const& built = embedded();
  state_->entries.reserve(built.documents.size() * 2);
  for (auto const& d : built.documents) state_->add({d.nodes, d.files, nullptr}, d.path, true, nullptr);
  state_->hash = built.hash;
}

Catalogue::Catalogue(std::vector<std::string> const& directories) : Catalogue() {
  namespace fs = std::filesystem;
  std::vector<Diagnostic> problems;
  std::string content = state_->hash;
  for (auto const& directory : directories) {
    std::error_code failed;
    std::vector<std::string> files;
    if (!fs::is_directory(directory, failed)) {
      problems.push_back({101, fmt::format("'{}' is not a directory", directory), {directory, 0, 0, 1, {}}, "", "--registry names a directory laid out like registry/"});
      continue;
    }
    for (auto i = fs::recursive_directory_iterator(directory, fs::directory_options::skip_permission_denied, failed); !failed && i != fs::recursive_directory_iterator(); i.increment(failed)) {
      if (i->is_regular_file(failed) && i->path().extension() == ".yaml") files.push_back(i->path().string());
      if (files.size() > 20000) break;
    }
    std::sort(files.begin(), files.end());
    for (auto const& file : files) {
      io::Document d = io::read_yaml_file(file, problems);
      content += canonical(d);
      const std::string path = fs::path(file).lexically_relative(directory).generic_string();
      const auto before = state_->entries.size();
      state_->add(std::move(d), path, false, &problems);
      state_->added += state_->entries.size() - before;
    }
  }
  for (auto const& e : state_->entries) state_->added += e.overrides_builtin;
  // Every entry of the directories must be readable now, not only when a scenario happens to name it.
  for (auto const& e : state_->entries) {
    if (e.builtin || !problems.empty()) continue;
    Ledger ledger;
    struct Nothing final : Fields {
      void scalar(FieldInfo const&, Scalar&) override {}
      bool begin(FieldInfo const&, bool) override { return false; }
      void end() override {}
      std::size_t begin_list(FieldInfo const&, std::size_t n) override { return n; }
      void item(std::size_t) override {}
      void end_list() override {}
      bool reference(FieldInfo const&, EntryKind, std::string&, bool there, std::function<void(Fields&)> const&) override { return there; }
    } nothing;
    try {
      visit(*this, e, ledger, nothing);
    } catch (InputError const& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  if (!directories.empty()) state_->hash = sha256(content);
}

Catalogue::~Catalogue() = default;
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;

std::vector<Entry> const& Catalogue::entries() const { return state_->entries; }

Entry const* Catalogue::entry(EntryKind kind, std::string_view name) const {
  const auto found = state_->index.find(index_key(kind, name));
  return found == state_->index.end() ? nullptr : &state_->entries[found->second];
}

std::vector<Entry const*> Catalogue::entries_named(std::string_view name) const {
  std::vector<Entry const*> found;
  for (std::size_t k = 0; k < entry_kind_name.size(); ++k)
    if (Entry const* e = entry(static_cast<EntryKind>(k), name)) found.push_back(e);
  return found;
}

io::Library::Found Catalogue::find(EntryKind kind, std::string_view name) const {
  Entry const* e = entry(kind, name);
  return e ? Found{e->document, e->node, e->id, e->source} : Found{};
}

std::vector<std::string> Catalogue::near(EntryKind kind, std::string_view name) const {
  std::vector<std::string_view> names;
  for (auto const& e : state_->entries) {
    if (e.kind != kind) continue;
    names.push_back(e.id);
    if (!e.name.empty()) names.push_back(e.name);
    for (auto const& a : e.aliases) names.push_back(a);
  }
  // Several names of one entry are one suggestion.
  std::vector<std::string> out;
  std::vector<Entry const*> seen;
  for (auto const& n : nearest(name, names, 12)) {
    Entry const* e = entry(kind, n);
    if (!e || std::find(seen.begin(), seen.end(), e) != seen.end()) continue;
    seen.push_back(e);
    out.push_back(e->id);
    if (out.size() == 3) break;
  }
  return out;
}

Source const* Catalogue::source(std::string_view key) const {
  const auto found = state_->sources.find(key);
  return found == state_->sources.end() ? nullptr : &found->second;
}
std::map<std::string, Source, std::less<>> const& Catalogue::sources() const { return state_->sources; }
std::string Catalogue::hash() const { return state_->hash; }
std::size_t Catalogue::added() const { return state_->added; }

std::span<const BuiltinScenario> builtin_scenarios() { return embedded().scenarios; }

BuiltinScenario const* builtin_scenario(std::string_view name) {
  for (auto const& s : embedded().scenarios) {
    const auto file = s.path.substr(s.path.rfind('/') + 1);
    if (s.path == name || file == name || file.substr(0, file.size() - 5) == name) return &s;
  }
  return nullptr;
}

void visit(Catalogue const& c, Entry const& e, Ledger& ledger, Fields& visitor) {
  const auto show = [&](auto value) { describe(value, visitor); };
  switch (e.kind) {
    case EntryKind::hardware: return show(c.read<hardware::Device>(e, ledger));
    case EntryKind::model: return show(c.read<workload::Model>(e, ledger));
    case EntryKind::grid: return show(c.read<infrastructure::Grid>(e, ledger));
    case EntryKind::datacentre: return show(c.read<infrastructure::Datacentre>(e, ledger));
    case EntryKind::price: return show(c.read<infrastructure::Price>(e, ledger));
    case EntryKind::node: return show(c.read<systems::Node>(e, ledger));
    case EntryKind::fabric: return show(c.read<systems::Fabric>(e, ledger));
    case EntryKind::fleet: return show(c.read<systems::Fleet>(e, ledger));
    case EntryKind::calibration: return show(c.read<solvers::Calibration>(e, ledger));
  }
}

}  // namespace mlsysim::registry
