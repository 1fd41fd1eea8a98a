#include "index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

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
                              {"calibration/", EntryKind::calibration},
                              {"techniques/", EntryKind::technique},
                              {"scaling_laws/", EntryKind::scaling_law}};

std::string_view scalar_of(io::Document const& d, io::Node const& map, std::string_view key) {
  io::Node const* n = d.find(map, key);
  return n && n->kind == io::Node::Kind::scalar ? n->text : std::string_view{};
}

/// A node as text which is equal for equal content: lengths in front, so that no text can look like structure; maps by key.
/// Of an entry itself, `source` and `sources` are left out: they may stand in it or beside it.
void canonical(io::Document const& d, io::Node const& n, std::string& out, bool entry = false) {
  const auto text = [&](std::string_view t) { out += fmt::format("{}:{}", t.size(), t); };
  switch (n.kind) {
    case io::Node::Kind::null: out += '~'; break;
    case io::Node::Kind::scalar:
      out += n.quoted ? '"' : '=';
      text(n.text);
      break;
    case io::Node::Kind::list:
      out += '[';
      for (auto const& c : d.children(n)) canonical(d, c, out);
      out += ']';
      break;
    case io::Node::Kind::map: {
      std::vector<io::Node const*> children;
      for (auto const& c : d.children(n))
        if (!entry || (c.key != "source" && c.key != "sources")) children.push_back(&c);
      std::sort(children.begin(), children.end(), [](auto a, auto b) { return a->key < b->key; });
      out += '{';
      for (auto const* c : children) text(c->key), canonical(d, *c, out);
      out += '}';
    }
  }
}

}  // namespace

std::vector<std::string> yaml_files(std::string const& directory, std::vector<Diagnostic>& problems) {
  namespace fs = std::filesystem;
  constexpr std::size_t most_files = 20000;
  std::vector<std::string> files;
  std::error_code failed;
  const auto problem = [&](std::string message, std::string help) { problems.push_back({101, std::move(message), {directory, 0, 0, 1, {}}, "", std::move(help)}); };
  if (!fs::is_directory(directory, failed)) {
    problem(fmt::format("'{}' is not a directory", directory), "name a directory laid out like registry/");
    return files;
  }
  auto i = fs::recursive_directory_iterator(directory, fs::directory_options::skip_permission_denied, failed);
  for (; !failed && i != fs::recursive_directory_iterator(); i.increment(failed)) {
    if (i->path().extension() != ".yaml") continue;
    // What is no regular file is listed too, so that reading it says so.
    if (files.size() == most_files) {
      problem(fmt::format("'{}' holds more than {} files", directory, most_files), "name a directory laid out like registry/");
      break;
    }
    files.push_back(i->path().lexically_relative(directory).generic_string());
  }
  if (failed) problem(fmt::format("cannot read '{}': {}", directory, failed.message()), "check its permissions");
  std::sort(files.begin(), files.end());
  return files;
}

std::string Index::key(EntryKind kind, std::string_view name) { return static_cast<char>('a' + static_cast<int>(kind)) + normalised(name); }

void Index::add(Entry const& entry) {
  ids_[std::string(entry.id)] = entries_.size();
  entries_.push_back(entry);
  history_.push_back({layer_, {}});
}

void Index::add(io::Document document, std::string_view path, std::vector<Diagnostic>& problems) {
  documents_.push_back(std::move(document));
  io::Document const& d = documents_.back();
  io::Node const& root = d.root();
  const std::string file(d.files[0].name);
  // A file which could not be parsed has been complained about.
  if (root.kind == io::Node::Kind::null) return;
  if (root.kind != io::Node::Kind::map) {
    problems.push_back({121, "a registry file must be a map of `key: value` lines", d.location(root), "", "start with `id:` or `entries:`"});
    return;
  }
  io::Node const* sources = d.find(root, "sources");
  if (sources) {
    for (auto& s : io::read_sources(d, *sources, problems)) {
      const auto earlier = source_layers_.find(s.id);
      if (earlier != source_layers_.end() && earlier->second == layer_)
        problems.push_back({165, fmt::format("two sources are called '{}'", s.id), d.key_location(*d.find(*sources, s.id)), "a key must mean one source", "choose another key"});
      source_layers_[s.id] = layer_;
      add(std::move(s));
    }
  }
  if (path.starts_with("sources/")) {
    for (auto const& n : d.children(root))
      if (n.key != "sources") problems.push_back({107, fmt::format("unknown key `{}` in a file of sources", n.key), d.key_location(n), "", "a file in sources/ holds only `sources:`"});
    return;
  }
  const auto folder = std::find_if(std::begin(folders), std::end(folders), [&](Folder const& f) { return path.starts_with(f.name); });
  if (folder == std::end(folders)) {
    problems.push_back({107, fmt::format("'{}' is in no folder of a registry", path), {file, 0, 0, 1, {}}, "the folder says what an entry is",
                        "hardware/, models/, infrastructure/{grids,datacentres,prices}/, systems/{nodes,fabrics,fleets}/, calibration/, techniques/, scaling_laws/ or sources/"});
    return;
  }
  const auto source = scalar_of(d, root, "source");
  io::Node const* list = d.find(root, "entries");
  if (!list) {
    add_entry(folder->kind, d, root, source, problems);
    return;
  }
  for (auto const& n : d.children(root))
    if (n.key != "entries" && n.key != "source" && n.key != "sources" && n.key != "note")
      problems.push_back({107, fmt::format("unknown key `{}` beside `entries`", n.key), d.key_location(n), "", "known here: entries, source, sources, note"});
  if (list->kind != io::Node::Kind::list) {
    problems.push_back({121, "'entries' wants a list", d.location(*list), "", "start each entry with `- `"});
    return;
  }
  for (auto const& n : d.children(*list)) add_entry(folder->kind, d, n, source, problems);
}

void Index::add_entry(EntryKind kind, io::Document const& d, io::Node const& n, std::string_view source, std::vector<Diagnostic>& problems) {
  Entry e;
  e.kind = kind;
  e.id = scalar_of(d, n, "id");
  e.name = scalar_of(d, n, "name");
  e.document = &d;
  e.node = &n;
  e.source = source;
  e.builtin = false;
  aliases_.emplace_back();
  if (io::Node const* a = d.find(n, "aliases"))
    for (auto const& alias : d.children(*a)) aliases_.back().push_back(alias.text);
  e.aliases = aliases_.back();
  if (e.id.empty() || e.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != e.id.npos) {
    io::Node const* id = d.find(n, "id");
    if (id) problems.push_back({136, fmt::format("'{}' cannot be an id", e.id), d.location(*id), "ids are written in scenarios, paths and file names", "use small letters, digits and underscores: an_id_2"});
    else problems.push_back({106, "an entry lacks 'id'", d.location(n), "", "add `id: a_unique_name`"});
    return;
  }
  const auto [place, fresh] = ids_.emplace(std::string(e.id), entries_.size());
  if (fresh) {
    entries_.push_back(e);
    history_.push_back({layer_, {}});
    return;
  }
  Entry& earlier = entries_[place->second];
  History& history = history_[place->second];
  if (history.layer == layer_ || earlier.kind != kind) {
    problems.push_back({165, fmt::format("two entries are called '{}': this and that of {}", e.id, earlier.document->files[0].name), d.location(*d.find(n, "id")), "a name must mean one thing", "choose another id"});
    return;
  }
  e.overrides_builtin = earlier.builtin || earlier.overrides_builtin;
  history.inherited.insert(history.inherited.end(), earlier.aliases.begin(), earlier.aliases.end());
  history.layer = layer_;
  earlier = e;
}

void Index::finish(std::vector<Diagnostic>& problems) {
  std::vector<std::size_t> order(entries_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return entries_[a].kind != entries_[b].kind ? entries_[a].kind < entries_[b].kind : entries_[a].id < entries_[b].id; });
  std::vector<Entry> entries;
  std::vector<History> history;
  for (auto i : order) entries.push_back(entries_[i]), history.push_back(std::move(history_[i]));
  entries_ = std::move(entries);
  history_ = std::move(history);
  for (std::size_t i = 0; i < entries_.size(); ++i) ids_[std::string(entries_[i].id)] = i;
  name_entries(problems);
}

void Index::name_entries(std::vector<Diagnostic>& problems) {
  names_.clear();
  // Within a layer a name means one entry of a kind (a device and its board may share one); a later layer takes names from earlier ones.
  std::map<std::string, std::uint32_t> claimed;
  const auto claim = [&](std::uint32_t i, std::string_view name) {
    const auto [place, fresh] = claimed.emplace(key(entries_[i].kind, name), i);
    if (!fresh && place->second != i) {
      const int own = history_[i].layer, other = history_[place->second].layer;
      Entry const& e = entries_[i];
      if (own == other)
        problems.push_back({165, fmt::format("'{}' names two entries: '{}' and '{}'", name, entries_[place->second].id, e.id), e.document->location(*e.node), "a name must mean one thing", "remove one of the aliases"});
      if (own <= other) return;
      place->second = i;
    }
    names_[key(entries_[i].kind, name)] = i;
  };
  const auto all = [&](auto const& visit) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) visit(i);
  };
  all([&](std::uint32_t i) { claim(i, entries_[i].id); });
  all([&](std::uint32_t i) {
    for (auto a : entries_[i].aliases) claim(i, a);
  });
  // Softer names, each only where it means one entry: aliases of what was replaced, and the names for people.
  all([&](std::uint32_t i) {
    for (auto a : history_[i].inherited) names_.emplace(key(entries_[i].kind, a), i);
  });
  std::map<std::string, std::vector<std::uint32_t>> by_name;
  all([&](std::uint32_t i) {
    if (!entries_[i].name.empty()) by_name[key(entries_[i].kind, entries_[i].name)].push_back(i);
  });
  for (auto const& [name, entries] : by_name)
    if (entries.size() == 1) names_.emplace(name, entries[0]);
}

std::size_t Index::added() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [](Entry const& e) { return !e.builtin; }));
}

std::string Index::hash() const {
  std::string all;
  for (auto const& e : entries_) {
    const auto own_source = scalar_of(*e.document, *e.node, "source");
    all += fmt::format("{} {} {} ", entry_kind_name[static_cast<std::size_t>(e.kind)], e.id, own_source.empty() ? e.source : own_source);
    canonical(*e.document, *e.node, all, true);
    all += '\n';
  }
  for (auto const& [id, s] : sources_)
    for (std::string_view t : {std::string_view(id), std::string_view(s.title), std::string_view(s.publisher), std::string_view(s.url), std::string_view(s.published), std::string_view(s.seen),
                               std::string_view(s.note), source_kind_name[static_cast<std::size_t>(s.kind)]})
      all += fmt::format("{}:{}", t.size(), t);
  return sha256(all);
}

}  // namespace mlsysim::registry
