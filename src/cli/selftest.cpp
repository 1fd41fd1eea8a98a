#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "commands.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::cli {
namespace {

constexpr std::string_view vector_folder = "scenarios/vectors/";

std::string number(double value, Dimension const& dimension) { return dimension == Dimension{} ? shortest(value) : fmt::format("{} {}", shortest(value), dimension.unit()); }

class Selftest {
 public:
  /// Each assertion of the vectors; its limits are the worked answer.
  void vectors() {
    for (auto const& s : registry::builtin_scenarios()) {
      if (!s.path.starts_with(vector_folder)) continue;
      const std::string name(s.path.substr(vector_folder.size(), s.path.rfind('.') - vector_folder.size()));
      const Report r = evaluate(s);
      for (auto const& level : r.card.levels)
        for (auto const& c : level.checks) {
          if (c.id.find('.') == c.id.npos) continue;
          // Both limits are the same number; one row is enough.
          if (c.at_most) add(name, c.label, number(c.limit, c.dimension), number(c.value, c.dimension), matches(level, c), std::string(s.about));
        }
    }
  }

  void scenarios() {
    std::size_t all = 0;
    for (auto const& s : registry::builtin_scenarios()) all += !evaluate(s).summary.empty();
    const auto there = registry::builtin_scenarios().size();
    add("scenarios", "evaluated", std::to_string(there), std::to_string(all), all == there, "");
  }

  void entries() {
    std::size_t read = 0;
    for (auto const& e : catalogue_.entries()) {
      (void)registry::facts_of(catalogue_, e);
      ++read;
    }
    add("registry", "entries read", std::to_string(catalogue_.entries().size()), std::to_string(read), read == catalogue_.entries().size(), "");
    const auto findings = registry::lint(catalogue_);
    const auto bad = std::count_if(findings.begin(), findings.end(), [](auto const& f) { return !f.excused; });
    add("registry", "findings of lint", "0", std::to_string(bad), bad == 0, "");
  }

  int finish(Common const& common) {
    if (common.format == "text") {
      // The arithmetic is prose: below the table, and only if wanted.
      table_.columns.pop_back();
      std::string out = render::text(table_, style(common));
      std::string last;
      for (auto const& r : table_.rows) {
        if (!common.all || r.back().text.empty() || r.front().text == last) continue;
        last = r.front().text;
        out += fmt::format("\n{}\n{}", last, wrapped(r.back().text, 2));
      }
      write(out, common);
      std::fputs(fmt::format("{} of {} agree\n", table_.rows.size() - failed_, table_.rows.size()).c_str(), stderr);
    } else {
      write(table_, common);
    }
    return failed_ ? verdict_no : done;
  }

 private:
  Report evaluate(registry::BuiltinScenario const& s) {
    std::vector<Diagnostic> problems;
    const auto document = io::parse_yaml(std::string(s.text), std::string(s.path), problems);
    const auto loaded = scenario::load(catalogue_, document, problems);
    if (!problems.empty()) throw InputError(std::move(problems));
    return scenario::evaluate(loaded);
  }
  static bool matches(Level const& level, Check const& upper) {
    bool lower = false;
    for (auto const& c : level.checks) lower = lower || (!c.at_most && c.id == upper.id && c.verdict == Verdict::pass);
    return lower && upper.verdict == Verdict::pass;
  }
  void add(std::string vector, std::string what, std::string expected, std::string got, bool same, std::string arithmetic) {
    failed_ += !same;
    table_.rows.push_back({{0, std::move(vector)}, {0, std::move(what)}, {0, std::move(expected)}, {0, std::move(got)}, {0, same ? "ok" : "DIFFERS"}, {0, std::move(arithmetic)}});
  }

  registry::Catalogue catalogue_;
  Table table_{"selftest", "", {text_column("vector"), text_column("what"), text_column("by hand"), text_column("computed"), text_column("verdict"), text_column("arithmetic")}, {}};
  std::size_t failed_ = 0;
};

}  // namespace

int selftest(bool everything, Common const& common) {
  Selftest s;
  s.vectors();
  if (everything) s.scenarios(), s.entries();
  return s.finish(common);
}

}  // namespace mlsysim::cli
