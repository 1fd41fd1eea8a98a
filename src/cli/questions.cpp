#include "questions.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <thread>

#include "mlsysim/explore/optimize.hpp"
#include "mlsysim/explore/sensitivity.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/units/text.hpp"
#include "mlsysim/render/chart.hpp"
#include "parallel.hpp"

namespace mlsysim::cli {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

Column number_column(char const* id, char const* label, Dimension d = {}) { return {id, label, d, false, false, {}}; }

Report report_of(scenario::Loaded const& loaded, registry::Catalogue const& catalogue) {
  Report r = scenario::evaluate(loaded);
  r.version = version();
  r.registry = catalogue.hash();
  r.registry_added = catalogue.added();
  return r;
}

std::string verdict(Report const& r) { return r.card.verdict == Verdict::fail ? "FAIL" : r.card.verdict == Verdict::pass ? "PASS" : "NOT JUDGED"; }

std::string number_text(double v, Dimension const& d, bool percent) { return std::isnan(v) ? "-" : percent ? fmt::format("{:.3g} %", 100 * v) : display(v, d); }

/// A bar to the left or to the right of the middle.
std::string bar(double share, std::size_t half) {
  const auto length = std::min(half, static_cast<std::size_t>(std::abs(share) * static_cast<double>(half) + 0.5));
  const std::string mark(length, '#'), blank(half - length, ' ');
  return share < 0 ? blank + mark + "|" + std::string(half, ' ') : std::string(half, ' ') + "|" + mark + blank;
}

std::string percent_text(double ratio) { return std::isnan(ratio) ? "-" : fmt::format("{:+.2f} %", 100 * (ratio - 1)); }

}  // namespace

std::vector<explore::Axis> axes_of(std::vector<std::string> const& arguments, std::string const& option, registry::Catalogue const& catalogue, io::Document const& document) {
  std::vector<Diagnostic> problems;
  const auto read = scenario::load(catalogue, document, problems);
  std::vector<explore::Axis> axes;
  for (auto const& argument : arguments) {
    if (!problems.empty()) break;
    const auto texts = explore::parse_axes(argument, option, problems);
    if (!problems.empty()) break;
    for (auto& axis : explore::bind(texts, argument, option, catalogue, document, problems)) {
      if (std::any_of(axes.begin(), axes.end(), [&](auto const& a) { return a.paths == axis.paths; }))
        problems.push_back({310, fmt::format("'{}' is given twice", axis.name), {option, 1, 1, 1, argument}, "", "write all its values in one place, with | between them"});
      axes.push_back(std::move(axis));
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return axes;
}

std::string summary(explore::Tally const& t, char const* good) {
  using Count = explore::Tally::Count;
  std::string out = fmt::format("{} point{}, {} {}\n", t.points, t.points == 1 ? "" : "s", t.evaluated, good);
  const auto list = [&](std::map<std::string, Count> const& counts, auto&& line) {
    std::vector<std::pair<std::string, Count>> all(counts.begin(), counts.end());
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.second.points > b.second.points; });
    for (auto const& [what, count] : all) out += line(what, count);
  };
  list(t.reasons, [](std::string const& kind, Count const& c) { return fmt::format("  {:>8}  {}{}\n", c.points, c.points > 1 && kind != c.first ? "e.g. " : "", c.first); });
  if (!t.crossovers.empty()) out += "where the limit changes\n";
  list(t.crossovers, [](std::string const& what, Count const& c) { return fmt::format("  {:>8}  {}, first at {}\n", c.points, what, c.first); });
  return out;
}

unsigned threads_for(int jobs) {
#ifdef __EMSCRIPTEN__
  static_cast<void>(jobs);  // a page has one thread
  return 1;
#else
  return jobs > 0 ? static_cast<unsigned>(jobs) : std::max(1U, std::thread::hardware_concurrency());
#endif
}

Progress::Progress(std::uint64_t points) : points_{points}, shown_{isatty(STDERR_FILENO) != 0} {}
Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}
void Progress::at(std::uint64_t done) {
  if (!shown_ || done == 0) return;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (seconds < 1 || seconds - last_ < 0.25) return;
  last_ = seconds;
  drawn_ = true;
  const double rate = static_cast<double>(done) / seconds;
  const auto left = static_cast<long long>(static_cast<double>(points_ - done) / rate);
  const auto text = fmt::format("\r\033[K{:.0f} % of {} points, {:.3g} per second, {}:{:02} left", 100.0 * static_cast<double>(done) / static_cast<double>(points_), points_, rate, left / 60, left % 60);
  std::fputs(text.c_str(), stderr);
}

Table for_people(Table t, explore::Question const& question) {
  auto const& axes = question.space.axes();
  for (std::size_t c = t.columns.size(); c-- > 0;) {
    auto const& id = t.columns[c].id;
    const bool empty = id == "crossover" && std::none_of(t.rows.begin(), t.rows.end(), [&](auto const& r) { return !r[c].text.empty(); });
    const bool unknown = !t.columns[c].text && !t.rows.empty() && std::all_of(t.rows.begin(), t.rows.end(), [&](auto const& r) { return std::isnan(r[c].number); });
    const bool fixed = c > 0 && c <= axes.size() && axes[c - 1].levels.size() == 1;
    if (id != "point" && id != "status" && !empty && !fixed && !unknown) continue;
    t.columns.erase(t.columns.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& r : t.rows) r.erase(r.begin() + static_cast<std::ptrdiff_t>(c));
  }
  // The last part of a path is enough where no other column ends in it.
  const auto last = [](std::string const& id) { return id.substr(id.rfind('.') + 1); };
  for (auto& c : t.columns)
    if (std::count_if(t.columns.begin(), t.columns.end(), [&](Column const& other) { return last(other.id) == last(c.id); }) == 1 && c.id.find('.') != c.id.npos) c.label = last(c.id);
  return t;
}

int what_if(std::string const& file, std::vector<std::string> const& sets, bool exit_zero, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const io::Document document = open_scenario(file);
  auto axes = axes_of(sets, "--set", catalogue, document);
  for (auto const& a : axes)
    if (a.levels.size() != 1) throw InputError({{310, fmt::format("'{}' is set to {} values", a.name, a.levels.size()), {}, "", "`mlsysim sweep` evaluates several values"}});
  const explore::Space space(std::move(axes));
  explore::Design base(catalogue, document);
  const Report before = report_of(base.loaded(), catalogue);
  explore::Runner runner(catalogue, document, space);
  runner.run(0);
  if (!runner.design()) throw InputError({{203, runner.reason(), {before.file, 0, 0, 1, {}}, "", "the scenario cannot be read with these values"}});
  const Report after = report_of(runner.design()->loaded(), catalogue);

  std::vector<std::string> headline;
  for (auto const& m : base.evaluator().headline()) headline.push_back(m.path);
  for (auto const& m : runner.evaluator()->headline()) headline.push_back(m.path);
  const bool people = common.format != "json" && common.format != "csv";
  Table t{"what_if", "", {}, {}};
  if (people) t.columns = {text_column("metric"), text_column("before"), text_column("after"), text_column("change")};
  else t.columns = {text_column("metric"), text_column("unit"), number_column("before", "before"), number_column("after", "after"), number_column("ratio", "ratio")};
  std::vector<std::pair<std::string, Metric const*>> all = after.metrics();
  for (auto const& [path, metric] : before.metrics())
    if (!after.metric(path)) all.emplace_back(path, metric);
  for (auto const& [path, metric] : all) {
    Metric const *was = before.metric(path), *is = after.metric(path);
    const double a = was ? was->value : none, b = is ? is->value : none;
    const bool first = std::find(headline.begin(), headline.end(), path) != headline.end();
    if (!people) {
      t.rows.push_back({{0, path}, {0, std::string(metric->dimension.unit())}, {a, {}}, {b, {}}, {b / a, {}}});
      continue;
    }
    if (!(first || (common.all && !(a == b)))) continue;
    const double ratio = b / a;
    t.rows.push_back({{0, path}, {0, number_text(a, metric->dimension, metric->percent)}, {0, number_text(b, metric->dimension, metric->percent)}, {0, a == b ? "none" : std::isfinite(ratio) ? fmt::format("x {:.3g}", ratio) : ""}});
  }
  if (!people) {
    write(t, common);
  } else {
    std::string out = fmt::format("{}\n", before.title);
    for (auto const& a : space.axes()) {
      std::string was;
      for (auto const& path : a.paths) {
        explore::Field const* f = base.field(path);
        if (!f || !f->value.present) continue;
        auto const& v = f->value;
        const std::string text = v.kind == Scalar::Kind::choice ? std::string(v.names[static_cast<std::size_t>(v.number)]) : v.kind == Scalar::Kind::text ? v.text : v.kind == Scalar::Kind::flag ? (v.number != 0 ? "true" : "false") : display(v.number, v.dimension);
        if (was.find(text) == was.npos) was += (was.empty() ? "" : ", ") + text;
      }
      std::string is = a.levels[0].text;
      if (a.numeric && !is.ends_with('x')) is = display(a.levels[0].number, a.dimension);
      out += fmt::format("  {}: {} -> {}\n", a.name, was.empty() ? "not given" : was, is);
    }
    out += '\n' + (common.format == "markdown" ? render::markdown(t) : render::text(t, style(common)));
    out += fmt::format("\nlimited by  {}\n", before.card.binding);
    out += before.card.binding == after.card.binding ? "       now  the same\n" : fmt::format("       now  {}\n", after.card.binding);
    out += fmt::format("      next  {}\n", after.card.next);
    out += fmt::format("   verdict  {}{}\n", verdict(before), before.card.verdict == after.card.verdict ? "" : " -> " + verdict(after));
    write(out, common);
  }
  return after.card.verdict == Verdict::fail && !exit_zero ? verdict_no : done;
}

int sensitivity(SensitivityOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const io::Document document = open_scenario(o.scenario);
  const auto s = explore::sensitivity(catalogue, document, o.metric);
  constexpr std::size_t shown = 15, half = 12;
  const std::size_t n = common.all ? s.influences.size() : std::min(shown, s.influences.size());
  if (!o.svg.empty()) {
    Tornado picture{fmt::format("What changes {}", s.metric.path), "elasticity: 1 % more of the parameter changes the metric by so many percent", {}};
    for (std::size_t k = 0; k < n; ++k) {
      auto const& i = s.influences[k];
      picture.bars.push_back({i.label.empty() ? i.path : i.label, i.elasticity, fmt::format("{}: {}", i.path, display(i.value, i.dimension))});
    }
    io::write_whole(o.svg, render::svg(picture));
  }
  if (common.format == "json" || common.format == "csv") {
    Table t{"sensitivity", s.metric.path, {text_column("parameter"), text_column("label"), text_column("unit"), number_column("value", "value"), number_column("elasticity", "elasticity"), number_column("smaller", "smaller"), number_column("down", "metric there / as it is"), number_column("larger", "larger"), number_column("up", "metric there / as it is")}, {}};
    for (auto const& i : s.influences)
      t.rows.push_back({{0, i.path}, {0, i.label}, {0, std::string(i.dimension.unit())}, {i.value, {}}, {i.elasticity, {}}, {i.smaller, {}}, {i.down, {}}, {i.larger, {}}, {i.up, {}}});
    write(t, common);
    return done;
  }
  Table t{"sensitivity", "", {text_column("parameter"), text_column("value"), number_column("elasticity", "elasticity"), text_column("smaller"), text_column("picture"), text_column("larger")}, {}};
  t.columns[3].label = "less of it";
  t.columns[4].label = fmt::format("{:^{}}", "less | more", 2 * half + 1);
  t.columns[5].label = "more of it";
  double strongest = 0;
  for (auto const& i : s.influences) strongest = std::max(strongest, std::abs(i.elasticity));
  for (std::size_t k = 0; k < n; ++k) {
    auto const& i = s.influences[k];
    const auto end = [&](double ratio, double v) { return std::isnan(v) ? std::string("-") : i.discrete ? fmt::format("{:.0f}: {}", v, percent_text(ratio)) : percent_text(ratio); };
    t.rows.push_back({{0, i.label.empty() ? i.path : i.label}, {0, display(i.value, i.dimension)}, {i.elasticity, {}}, {0, end(i.down, i.smaller)}, {0, bar(i.elasticity / strongest, half)}, {0, end(i.up, i.larger)}});
  }
  std::string out = fmt::format("What changes {}, now {}, and how much\n\n", s.metric.path, number_text(s.value, s.metric.dimension, s.metric.percent));
  out += common.format == "markdown" ? render::markdown(t) : render::text(t, style(common));
  out += "\nElasticity: change of the metric over change of the parameter, in logarithms. More and less are 1 %, of counts the next whole number.\n";
  if (n < s.influences.size()) out += fmt::format("{} weaker ones are not shown; --all shows them.\n", s.influences.size() - n);
  out += fmt::format("{} parameters have no effect", s.without_effect);
  out += s.not_judged > 0 ? fmt::format("; of {} the neighbours cannot be evaluated.\n", s.not_judged) : ".\n";
  write(out, common);
  return done;
}

int optimize(OptimizeOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const io::Document document = open_scenario(o.scenario);
  const auto kind = static_cast<explore::Search>(std::find(explore::search_name.begin(), explore::search_name.end(), o.search) - explore::search_name.begin());
  std::vector<Diagnostic> problems;
  explore::Hunt hunt;
  auto given = axes_of(o.vary, "--vary", catalogue, document);
  {
    explore::Design design(catalogue, document);
    hunt.objective = explore::usual_objective(kind, design.loaded().scenario);
  }
  if (!o.objective.empty())
    if (auto objective = explore::parse_objective(o.objective, "--objective", problems)) hunt.objective = std::move(*objective);
  for (auto const& text : o.constraints)
    if (auto c = explore::parse_constraint(text, "--subject-to", problems)) hunt.constraints.push_back(std::move(*c));
  if (!problems.empty()) throw InputError(std::move(problems));
  std::vector<std::string> metrics{hunt.objective.metric};
  for (auto const& c : hunt.constraints) metrics.push_back(c.metric);
  for (auto const& m : o.metrics) metrics.push_back(m);
  {
    explore::Design design(catalogue, document);
    design.evaluator().evaluate();
    for (auto const& m : design.evaluator().headline())
      if (std::find(metrics.begin(), metrics.end(), m.path) == metrics.end()) metrics.push_back(m.path);
  }
  hunt.question = explore::ask(catalogue, document, explore::Space(explore::axes_of(kind, catalogue, document, std::move(given))), metrics);
  hunt.question.crossover_axis = static_cast<std::size_t>(-1);
  for (std::size_t i = 0; i < hunt.constraints.size(); ++i) {
    auto const& c = hunt.constraints[i];
    auto const& m = hunt.question.metrics[1 + i];
    if (!(c.dimension == m.dimension))
      problems.push_back({314, fmt::format("'{}' is in {}, but the limit is in {}", m.path, m.dimension == Dimension() ? "plain numbers" : m.dimension.unit(), c.dimension == Dimension() ? "plain numbers" : c.dimension.unit()),
                          {"--subject-to", 1, static_cast<std::uint32_t>(c.at + 1), static_cast<std::uint32_t>(c.text.size() - c.at), c.text}, "", fmt::format("write it in {}", m.dimension.unit())});
  }
  if (!problems.empty()) throw InputError(std::move(problems));

  const std::uint64_t points = hunt.question.space.size();
  const auto top = static_cast<std::size_t>(o.top);
  const unsigned threads = threads_for(o.jobs);
  const std::uint64_t piece = std::clamp<std::uint64_t>(points / (16ULL * threads), 1, 65536), pieces = (points + piece - 1) / piece;
  struct Piece {
    explore::Tally tally;
    std::vector<explore::Row> best;
  };
  explore::Tally tally;
  std::vector<explore::Row> best;
  {
    Progress progress(points);
    in_order(
        pieces, threads, [&] { return std::make_unique<explore::Hunter>(catalogue, document, hunt, top); },
        [&](explore::Hunter& hunter, std::uint64_t i) {
          hunter.tally() = {};
          hunter.best().clear();
          for (std::uint64_t p = i * piece; p < std::min(points, (i + 1) * piece); ++p) hunter.run(p);
          return Piece{hunter.tally(), hunter.best()};
        },
        [&](std::uint64_t i, Piece&& done) {
          tally.add(done.tally);
          explore::keep_best(best, done.best, hunt.objective.smallest, top);
          progress.at(std::min(points, (i + 1) * piece));
        });
  }
  Table table{"plans", "", explore::columns_of(hunt.question), {}};
  std::vector<Cell> cells;
  for (auto const& row : best) {
    explore::cells_of(hunt.question, row, cells);
    table.rows.push_back(cells);
  }
  std::string counted = summary(tally, "which meet every limit");
  if (common.format == "json" || common.format == "csv") {
    write(table, common);
    std::fputs(counted.c_str(), stderr);
  } else {
    const Table shown = for_people(table, hunt.question);
    std::string out = fmt::format("Best {} first{}\n\n", hunt.objective.metric, hunt.objective.smallest ? ", smallest" : ", largest");
    out += common.format == "markdown" ? render::markdown(shown) : render::text(shown, style(common));
    write(out + '\n' + counted, common);
  }
  return best.empty() ? verdict_no : done;
}

}  // namespace mlsysim::cli
