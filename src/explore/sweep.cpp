#include "mlsysim/explore/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/text.hpp"

namespace mlsysim::explore {
namespace {

using scenario::Status;

constexpr std::uint64_t most_recent = 1 << 16;

/// Reasons which differ in their numbers are one reason.
std::string kind_of(std::string_view reason) {
  std::string out;
  for (std::size_t i = 0; i < reason.size(); ++i) {
    const bool digit = reason[i] >= '0' && reason[i] <= '9';
    const bool in_word = i > 0 && (std::isalnum(static_cast<unsigned char>(reason[i - 1])) || reason[i - 1] == '_') && !(reason[i - 1] >= '0' && reason[i - 1] <= '9');
    if (!digit || in_word) out += reason[i];
    else if (out.empty() || out.back() != '#') out += '#';
  }
  return out;
}

std::string status_word(Status s) { return s == Status::evaluated ? "ok" : s == Status::does_not_fit ? "does not fit" : "refused"; }

}  // namespace

void Tally::add(Tally const& next) {
  points += next.points;
  evaluated += next.evaluated;
  const auto take = [](auto& into, auto const& from) {
    for (auto const& [what, count] : from) {
      auto& mine = into[what];
      if (mine.points == 0) mine.first = count.first;
      mine.points += count.points;
    }
  };
  take(reasons, next.reasons);
  take(crossovers, next.crossovers);
}

Question ask(registry::Catalogue const& catalogue, io::Document const& document, Space space, std::vector<std::string> const& metrics) {
  if (space.size() > most_points) throw InputError({{315, fmt::format("more than {:.0e} points", static_cast<double>(most_points)), {}, "", "vary fewer fields, or take larger steps"}});
  Question q;
  q.space = std::move(space);
  auto const& axes = q.space.axes();
  for (std::size_t a = 0; a < axes.size(); ++a)
    if (axes[a].numeric && axes[a].levels.size() > 1) q.crossover_axis = a;
  std::vector<std::string> missing = metrics, known;
  bool headline = metrics.empty();
  q.metrics.resize(metrics.size());
  const auto look = [&](scenario::Evaluator& evaluator, Status status, bool last) {
    if (headline) q.metrics = evaluator.headline(), headline = false;
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      const auto open = std::find(missing.begin(), missing.end(), metrics[m]);
      if (open == missing.end()) continue;
      const auto found = evaluator.find(metrics[m]);
      // A number at hand is known by name; whether the scenario yields it shows only where it is evaluated.
      if (!found || (status == Status::evaluated && std::isnan(evaluator.value(*found)) && !last)) continue;
      q.metrics[m] = *found;
      missing.erase(open);
    }
    if (status == Status::evaluated && known.empty() && !missing.empty()) known = evaluator.metrics();
  };
  // The scenario as written first, then points, evenly spread.
  {
    Design design(catalogue, document);
    const Status status = design.evaluator().evaluate();
    look(design.evaluator(), status, false);
  }
  Runner runner(catalogue, document, q.space);
  constexpr std::uint64_t tries = 64;
  const std::uint64_t all = std::min(tries, q.space.size());
  for (std::uint64_t i = 0; i < all && (headline || !missing.empty()); ++i) {
    const Status status = runner.run(q.space.size() <= tries ? i : q.space.size() / tries * i);
    if (auto* evaluator = runner.evaluator()) look(*evaluator, status, i + 1 == all);
  }
  for (auto const& path : missing) {
    std::vector<std::string_view> names(known.begin(), known.end());
    const auto near = nearest(path, names, 3);
    std::string list;
    for (auto const& n : near) list += (list.empty() ? "" : ", ") + n;
    throw InputError({{313, fmt::format("no point has a metric '{}'{}{}", path, list.empty() ? "" : "; nearest: ", list), {}, known.empty() ? "none of the points which were tried could be evaluated" : "", "`mlsysim eval SCENARIO --format csv` lists the paths"}});
  }
  return q;
}

Sweeper::Sweeper(registry::Catalogue const& catalogue, io::Document const& document, Question const& question) : question_{question}, runner_{catalogue, document, question.space} {
  row_.values.resize(question.metrics.size());
  if (question.crossover_axis < question.space.axes().size()) recent_.resize(static_cast<std::size_t>(std::min(most_recent, question.space.stride(question.crossover_axis))));
}

std::string const& Sweeper::words(scenario::Binding b) {
  auto& text = words_[static_cast<std::uint16_t>(b.first << 8 | b.second)];
  if (text.empty()) text = runner_.evaluator()->binding_text();
  return text;
}

scenario::Binding Sweeper::binding_at(std::uint64_t point) {
  auto const& seen = recent_[static_cast<std::size_t>(point % recent_.size())];
  if (seen.point == point) return seen.binding;
  if (runner_.run(point) != Status::evaluated) return {255, 0};
  const auto b = runner_.evaluator()->binding();
  words(b);
  return b;
}

Row const& Sweeper::run(std::uint64_t point) {
  scenario::Binding before{255, 0};
  const std::size_t axis = question_.crossover_axis;
  const bool follows = axis < question_.space.axes().size() && question_.space.level(point, axis) > 0;
  if (follows) before = binding_at(point - question_.space.stride(axis));
  row_.point = point;
  row_.status = runner_.run(point);
  auto* evaluator = runner_.evaluator();
  for (std::size_t m = 0; m < row_.values.size(); ++m) row_.values[m] = evaluator ? evaluator->value(question_.metrics[m]) : std::numeric_limits<double>::quiet_NaN();
  row_.binding = row_.status == Status::evaluated ? evaluator->binding() : scenario::Binding{255, 0};
  row_.limit = row_.status == Status::evaluated ? words(row_.binding) : runner_.reason();
  row_.crossover = follows && before.first != 255 && row_.binding.first != 255 && !(before == row_.binding);
  if (!recent_.empty()) recent_[static_cast<std::size_t>(point % recent_.size())] = {point, row_.binding};
  ++tally_.points;
  if (row_.status == Status::evaluated) ++tally_.evaluated;
  else count();
  if (row_.crossover) {
    auto& c = tally_.crossovers[fmt::format("{} -> {}", words_[static_cast<std::uint16_t>(before.first << 8 | before.second)], row_.limit)];
    if (c.points++ == 0) c.first = point_text(question_.space, point);
  }
  return row_;
}

void Sweeper::count() {
  auto& c = tally_.reasons[kind_of(row_.limit)];
  if (c.points++ == 0) c.first = row_.limit;
}

std::vector<Column> columns_of(Question const& q) {
  std::vector<Column> out{{"point", "point", {}, false, false, {}}};
  for (auto const& a : q.space.axes()) out.push_back({a.name, a.name, a.numeric ? a.dimension : Dimension(), !(a.numeric && a.in_place), false, {}});
  for (auto const& m : q.metrics) out.push_back({m.path, m.path, m.dimension, false, m.percent, {}});
  out.push_back({"status", "status", {}, true, false, {}});
  out.push_back({"limited_by", "limited by", {}, true, false, {}});
  out.push_back({"crossover", "crossover", {}, true, false, {}});
  return out;
}

void cells_of(Question const& q, Row const& row, std::vector<Cell>& cells) {
  auto const& axes = q.space.axes();
  cells.resize(axes.size() + q.metrics.size() + 4);
  std::size_t i = 0;
  cells[i++].number = static_cast<double>(row.point);
  for (std::size_t a = 0; a < axes.size(); ++a, ++i) {
    auto const& level = axes[a].levels[q.space.level(row.point, a)];
    if (axes[a].numeric && axes[a].in_place) cells[i].number = level.number;
    else cells[i].text = level.text;
  }
  for (double v : row.values) cells[i++].number = v;
  cells[i++].text = status_word(row.status);
  cells[i++].text = row.limit;
  cells[i].text = row.crossover ? "yes" : "";
}

std::string point_text(Space const& space, std::uint64_t point) {
  std::string out;
  for (std::size_t a = 0; a < space.axes().size(); ++a) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", space.axes()[a].name, space.axes()[a].levels[space.level(point, a)].text);
  return out;
}

std::optional<Objective> parse_objective(std::string_view argument, std::string const& option, std::vector<Diagnostic>& problems) {
  const auto colon = argument.rfind(':');
  const std::string_view direction = colon == argument.npos ? std::string_view{} : argument.substr(colon + 1);
  if (colon == argument.npos || colon == 0 || (direction != "min" && direction != "max")) {
    const std::size_t at = colon == argument.npos ? argument.size() : colon + 1;
    problems.push_back({314, fmt::format("'{}' does not say what is best", argument), {option, 1, static_cast<std::uint32_t>(at + 1), static_cast<std::uint32_t>(std::max<std::size_t>(1, direction.size())), std::string(argument)}, "", "write METRIC:min or METRIC:max, e.g. serving.itl:min"});
    return std::nullopt;
  }
  return Objective{std::string(argument.substr(0, colon)), direction == "min"};
}

void Front::add(Row const& row) {
  if (row.status != Status::evaluated) return;
  for (std::size_t m = 0; m < smallest_.size(); ++m)
    if (std::isnan(row.values[m])) return;
  // How two points compare: better in something, worse in something.
  const auto compare = [&](Row const& a, Row const& b) {
    bool better = false, worse = false;
    for (std::size_t m = 0; m < smallest_.size(); ++m) {
      const bool less = a.values[m] < b.values[m], more = a.values[m] > b.values[m];
      better = better || (smallest_[m] ? less : more);
      worse = worse || (smallest_[m] ? more : less);
    }
    return std::pair{better, worse};
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto [better, worse] = compare(rows_[i], row);
    if (better && !worse) {
      ++dominated_;
      return;
    }
    if (worse && !better) {
      ++dominated_;
      continue;
    }
    if (kept != i) rows_[kept] = std::move(rows_[i]);
    ++kept;
  }
  rows_.resize(kept);
  rows_.push_back(row);
}

void Front::add(Front const& other) {
  dominated_ += other.dominated_;
  for (auto const& r : other.rows_) add(r);
}

std::vector<Row> Front::rows() const {
  std::vector<Row> out = rows_;
  std::sort(out.begin(), out.end(), [&](Row const& a, Row const& b) {
    for (std::size_t m = 0; m < smallest_.size(); ++m)
      if (a.values[m] != b.values[m]) return smallest_[m] ? a.values[m] < b.values[m] : a.values[m] > b.values[m];
    return a.point < b.point;
  });
  return out;
}

}  // namespace mlsysim::explore
