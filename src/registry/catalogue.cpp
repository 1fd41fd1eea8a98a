#include "mlsysim/registry/catalogue.hpp"

#include <algorithm>

#include "embedded.hpp"
#include "index.hpp"
#include "mlsysim/infrastructure/site.hpp"
#include "mlsysim/solvers/efficiency.hpp"
#include "mlsysim/systems/system.hpp"
#include "mlsysim/workload/technique.hpp"
#include "sha256.hpp"

namespace mlsysim::registry {
namespace {

Source source_of(SourceRecord const& r) {
  return {std::string(r.id), std::string(r.title), std::string(r.publisher), std::string(r.url), std::string(r.published), std::string(r.seen), std::string(r.note), r.kind};
}

/// Visits nothing: reading an entry is all that is wanted.
struct Nothing final : Fields {
  void scalar(FieldInfo const&, Scalar&) override {}
  bool begin(FieldInfo const&, bool) override { return false; }
  void end() override {}
  std::size_t begin_list(FieldInfo const&, std::size_t n) override { return n; }
  void item(std::size_t) override {}
  void end_list() override {}
  bool reference(FieldInfo const&, EntryKind, std::string&, bool present, std::function<void(Fields&)> const&) override { return present; }
};

}  // namespace

/// Null in a catalogue which is only the built-in registry.
struct Catalogue::State {
  Index index;
  std::string hash;
};

Catalogue::Catalogue() = default;

Catalogue::Catalogue(std::vector<std::string> const& directories) {
  if (directories.empty()) return;
  state_ = std::make_unique<State>();
  Index& index = state_->index;
  for (auto const& e : embedded().entries) index.add(e);
  for (auto const& s : embedded().sources) index.add(source_of(s));
  std::vector<Diagnostic> problems;
  for (auto const& directory : directories) {
    index.begin_layer();
    for (auto const& path : yaml_files(directory, problems)) index.add(io::read_yaml_file(directory + '/' + path, problems), path, problems);
  }
  index.finish(problems);
  state_->hash = index.hash();
  // Every entry must be readable now, not only when a scenario happens to name it.
  if (problems.empty()) {
    for (auto const& e : index.entries()) {
      if (e.builtin) continue;
      try {
        (void)facts_of(*this, e);
      } catch (InputError const& error) {
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
      }
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
}

Catalogue::~Catalogue() = default;
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;

std::span<const Entry> Catalogue::entries() const { return state_ ? state_->index.entries() : embedded().entries; }

Entry const* Catalogue::entry(EntryKind kind, std::string_view name) const {
  const std::string key = Index::key(kind, name);
  if (state_) {
    const auto found = state_->index.names().find(key);
    return found == state_->index.names().end() ? nullptr : &state_->index.entries()[found->second];
  }
  const auto names = embedded().names;
  const auto found = std::lower_bound(names.begin(), names.end(), key, [](NameRecord const& r, std::string const& k) { return r.key < k; });
  return found == names.end() || found->key != key ? nullptr : &embedded().entries[found->entry];
}

std::vector<Entry const*> Catalogue::entries_named(std::string_view name) const {
  std::vector<Entry const*> found;
  for (std::size_t k = 0; k < entry_kind_name.size(); ++k)
    if (Entry const* e = entry(static_cast<EntryKind>(k), name)) found.push_back(e);
  return found;
}

io::Library::Found Catalogue::find(EntryKind kind, std::string_view name) const {
  Entry const* e = entry(kind, name);
  return e ? Found{e->document, e->node, std::string(e->id), std::string(e->source)} : Found{};
}

std::vector<std::string> Catalogue::near(EntryKind kind, std::string_view name) const {
  std::vector<std::string_view> names;
  std::vector<Entry const*> owners;
  for (auto const& e : entries()) {
    if (e.kind != kind) continue;
    const auto add = [&](std::string_view n) { names.push_back(n), owners.push_back(&e); };
    add(e.id);
    if (!e.name.empty()) add(e.name);
    for (auto a : e.aliases) add(a);
  }
  // Several names of one entry are one suggestion.
  constexpr std::size_t most = 3;
  std::vector<std::string> out;
  for (auto const& n : nearest(name, names, 4 * most)) {
    const auto at = std::find(names.begin(), names.end(), n) - names.begin();
    const std::string id(owners[static_cast<std::size_t>(at)]->id);
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
    if (out.size() == most) break;
  }
  return out;
}

std::optional<Source> Catalogue::source(std::string_view key) const {
  if (state_) {
    const auto found = state_->index.sources().find(key);
    return found == state_->index.sources().end() ? std::nullopt : std::optional(found->second);
  }
  const auto all = embedded().sources;
  const auto found = std::lower_bound(all.begin(), all.end(), key, [](SourceRecord const& r, std::string_view k) { return r.id < k; });
  return found == all.end() || found->id != key ? std::nullopt : std::optional(source_of(*found));
}

std::vector<Source> Catalogue::sources() const {
  std::vector<Source> out;
  if (state_)
    for (auto const& [id, s] : state_->index.sources()) out.push_back(s);
  else
    for (auto const& r : embedded().sources) out.push_back(source_of(r));
  return out;
}

std::string Catalogue::hash() const { return state_ ? state_->hash : std::string(embedded().hash); }
std::string Catalogue::date() const {
  std::string_view latest;
  if (state_) {
    for (auto const& [id, s] : state_->index.sources()) latest = std::max(latest, std::string_view(s.seen));
  } else {
    for (auto const& r : embedded().sources) latest = std::max(latest, r.seen);
  }
  return std::string(latest);
}
std::size_t Catalogue::added() const { return state_ ? state_->index.added() : 0; }

std::span<const BuiltinFile> builtin_labs() { return embedded().labs; }
std::string sha256_hex(std::string_view text) { return sha256(text); }

std::span<const BuiltinScenario> builtin_scenarios() { return embedded().scenarios; }

BuiltinScenario const* builtin_scenario(std::string_view name) {
  for (auto const& s : embedded().scenarios) {
    const auto file = s.path.substr(s.path.rfind('/') + 1);
    if (s.path == name || file == name || file.substr(0, file.rfind('.')) == name) return &s;
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
    case EntryKind::technique: return show(c.read<workload::Technique>(e, ledger));
    case EntryKind::scaling_law: return show(c.read<workload::ScalingLaw>(e, ledger));
  }
}

Ledger facts_of(Catalogue const& catalogue, Entry const& entry) {
  Ledger ledger;
  Nothing nothing;
  visit(catalogue, entry, ledger, nothing);
  return ledger;
}

}  // namespace mlsysim::registry
