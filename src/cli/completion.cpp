#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "application.hpp"
#include "mlsysim/explore/optimize.hpp"
#include "mlsysim/describe/walls.hpp"
#include "mlsysim/labs/lab.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/teaching/audit.hpp"
#include "mlsysim/teaching/explanation.hpp"
#include "mlsysim/teaching/lint.hpp"

namespace mlsysim::cli {
namespace {

constexpr char const* bash = R"(# bash completion for mlsysim: source <(mlsysim completion bash)
_mlsysim() {
  local line current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :file) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current") ;;
      :dir) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$current") ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _mlsysim mlsysim
)";

constexpr char const* zsh = R"(#compdef mlsysim
# zsh completion for mlsysim: a file _mlsysim in a folder of $fpath, or source <(mlsysim completion zsh)
_mlsysim() {
  local line
  local -a names
  for line in "${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :file) _files ;;
      :dir) _files -/ ;;
      ?*) names+=("$line") ;;
    esac
  done
  (( $#names )) && compadd -M 'm:{a-zA-Z}={A-Za-z}' -a names
}
if [ "$funcstack[1]" = _mlsysim ]; then
  _mlsysim "$@"
else
  compdef _mlsysim mlsysim
fi
)";

constexpr char const* fish = R"(# fish completion for mlsysim: ~/.config/fish/completions/mlsysim.fish
function __mlsysim_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  test -z "$current"; and set current ''
  for line in ($words[1] complete -- $words[2..-1] $current 2>/dev/null)
    switch $line
      case ':file'
        __fish_complete_path $current
      case ':dir'
        __fish_complete_directories $current
      case '*'
        echo $line
    end
  end
end
complete -c mlsysim -f -a '(__mlsysim_complete)'
)";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// A name as one word of a shell: blanks become hyphens, which look-up does not mind. Empty if it would need quotes.
std::string as_word(std::string_view name) {
  std::string out;
  for (char c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("-_./+").find(c) != std::string_view::npos;
    if (c == ' ') out += '-';
    else if (plain) out += c;
    else return {};
  }
  return out;
}

std::string stem(std::string_view path) {
  const auto file = path.substr(path.rfind('/') + 1);
  return std::string(file.substr(0, file.rfind('.')));
}

/// Collects what an argument of some type may be.
class Candidates {
 public:
  Candidates(CLI::App const& app, std::vector<std::string> const& words) : app_{app}, words_{words} {}

  std::vector<std::string> take() {
    const std::string& current = words_.back();
    std::vector<std::string> exact, loose, paths;
    for (auto const& c : found_) {
      if (c.starts_with(':')) paths.push_back(c);
      else if (c.starts_with(current)) exact.push_back(c);
      else if (lower(c).starts_with(lower(current))) loose.push_back(c);
    }
    // A shell replaces the word by what all candidates share, so spellings in another case are offered only where no other are.
    auto& out = exact.empty() ? loose : exact;
    out.insert(out.end(), paths.begin(), paths.end());
    return out;
  }

  void add(std::string_view name) {
    if (auto word = as_word(name); !word.empty()) found_.insert(std::move(word));
  }
  void add_path(char const* request) { found_.insert(request); }
  template <class Names>
  void add_all(Names const& names) {
    for (auto const& n : names) add(n);
  }

  void add_type(std::string const& type) {
    using K = EntryKind;
    if (type == "FORMAT") add_all(std::vector<char const*>{"text", "json", "csv", "markdown"});
    else if (type == "WHEN") add_all(std::vector<char const*>{"auto", "always", "never"});
    else if (type == "SEARCH") add_all(explore::search_name);
    else if (type == "SHELL") add_all(std::vector<char const*>{"bash", "zsh", "fish"});
    else if (type == "PHASE") add_all(names_of(scenario::Phase{}));
    else if (type == "EXECUTION") add_all(names_of(workload::Execution{}));
    else if (type == "POLICY") add_all(names_of(solvers::BatchingPolicy{}));
    else if (type == "PRECISION") add_all(names_of(workload::Precision{}));
    else if (type == "KIND") add_all(list_kinds());
    else if (type == "SCHEMA") add_all(schema_kinds());
    else if (type == "MODEL") add_entries({K::model});
    else if (type == "HARDWARE") add_entries({K::hardware, K::node, K::fleet});
    else if (type == "NAME") add_entries({K::hardware, K::model, K::grid, K::datacentre, K::price, K::node, K::fabric, K::fleet, K::calibration, K::technique, K::scaling_law}), add_scenarios();
    else if (type == "BUILTIN") add_scenarios();
    else if (type == "SCENARIO") add_scenarios(), add_path(":file");
    else if (type == "METRIC") add_metrics();
    else if (type == "PRICE") add_entries({K::price});
    else if (type == "LAW") add_entries({K::scaling_law});
    else if (type == "WALL")
      for (auto const& w : mlsysim::walls()) add(w.id);
    else if (type == "FILE") add_path(":file");
    else if (type == "DIR") add_path(":dir");
    else if (type == "ACTION") add_all(std::vector<char const*>{"list", "show", "start", "check", "bundle", "grade", "refresh", "variants"});
    else if (type == "LAB") add_labs(), add_path(":file");
    else if (type == "TRACK") add_all(labs::names_of(labs::Track{}));
    else if (type == "COMMAND") add_commands();
    else if (type == "SUBJECT") add_scenarios(), add_terms(), add_path(":file"), add_codes();
    else if (type == "TERM") add_terms();
    else if (type == "POLICY") add_all(teaching::policy_name);
  }

  void add_commands() {
    for (auto const* c : commands(app_)) add(c->get_name());
  }

 private:
  void add_entries(std::vector<EntryKind> const& kinds) {
    const registry::Catalogue catalogue;
    for (auto const& e : catalogue.entries()) {
      if (std::find(kinds.begin(), kinds.end(), e.kind) == kinds.end()) continue;
      add(e.id);
      add(e.name);
      add_all(e.aliases);
    }
  }
  void add_terms() {
    for (auto const& t : teaching::glossary()) add(t.id);
  }
  void add_codes() {
    for (auto const& p : error_pages()) add(error_name(p.code));
    for (auto const& p : teaching::lint_pages()) add(p.id);
  }
  void add_scenarios() {
    for (auto const& s : registry::builtin_scenarios()) add(stem(s.path));
  }
  void add_labs() {
    for (auto const& l : labs::builtin_labs()) add(l.id);
  }
  /// Of the scenario which the line names already.
  void add_metrics() {
    for (auto const& w : words_) {
      if (!registry::builtin_scenario(w) && !w.ends_with(".yaml")) continue;
      try {
        std::vector<Diagnostic> problems;
        const registry::Catalogue catalogue;
        const auto document = open_scenario(w);
        const auto loaded = scenario::load(catalogue, document, problems);
        if (!problems.empty()) continue;
        const Report report = scenario::evaluate(loaded);
        for (auto const& a : teaching::askable(report))
          if (a.metric || words_[0] == "explain") add(a.path);
      } catch (InputError const&) {
        // A file which cannot be read completes to nothing; `eval` will say why.
      }
    }
  }

  CLI::App const& app_;
  std::vector<std::string> const& words_;
  std::set<std::string> found_;
};

CLI::Option const* option_named(CLI::App const& command, std::string const& word) {
  for (auto const* o : command.get_options())
    if (!o->get_positional() && o->check_name(word)) return o;
  return nullptr;
}

}  // namespace

std::vector<std::string> candidates(CLI::App const& app, std::vector<std::string> const& given) {
  const std::vector<std::string> words = given.empty() ? std::vector<std::string>{""} : given;
  Candidates out(app, words);
  const auto all = commands(app);
  const auto found = std::find_if(all.begin(), all.end(), [&](auto const* c) { return c->get_name() == words[0]; });
  CLI::App const& command = words.size() == 1 || found == all.end() ? app : **found;
  if (words.size() > 1 && found == all.end()) return {};
  if (words.size() == 1) out.add_commands();

  std::size_t positionals_given = 0;
  CLI::Option const* awaits_value = nullptr;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const bool value = awaits_value && !words[i].starts_with('-');
    if (value && awaits_value->get_items_expected_max() == 1) awaits_value = nullptr;
    if (value) continue;
    CLI::Option const* o = words[i].starts_with('-') ? option_named(command, words[i]) : nullptr;
    awaits_value = o && o->get_items_expected_max() > 0 ? o : nullptr;
    if (awaits_value) continue;
    if (!words[i].starts_with('-')) ++positionals_given;
  }
  if (awaits_value && !words.back().starts_with('-')) {
    out.add_type(awaits_value->get_type_name());
  } else if (words.back().starts_with('-')) {
    for (auto const* o : command.get_options())
      for (auto const& n : o->get_lnames()) out.add("--" + n);
  } else {
    std::vector<CLI::Option const*> positionals;
    for (auto const* o : command.get_options())
      if (o->get_positional()) positionals.push_back(o);
    if (!positionals.empty()) {
      auto const* last = positionals.back();
      if (positionals_given < positionals.size()) out.add_type(positionals[positionals_given]->get_type_name());
      else if (last->get_expected_max() > 1) out.add_type(last->get_type_name());
    }
  }
  return out.take();
}

std::string completion_script(std::string const& shell) {
  if (shell == "bash") return bash;
  if (shell == "zsh") return zsh;
  if (shell == "fish") return fish;
  throw InputError({{303, fmt::format("no completion for '{}'", shell), {}, "", "bash, zsh or fish"}});
}

}  // namespace mlsysim::cli
