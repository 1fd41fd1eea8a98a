#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "mlsysim/explore/sweep.hpp"
#include "mlsysim/io/growing_file.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/render/chart.hpp"
#include "mlsysim/render/csv.hpp"
#include "parallel.hpp"
#include "questions.hpp"

namespace mlsysim::cli {
namespace {

constexpr std::size_t rows_on_screen = 60;
constexpr std::uint64_t most_rows_in_memory = 1'000'000;

/// To standard output or, under its name when complete, to a file.
class Output {
 public:
  explicit Output(Common const& common) : common_{common} {
    if (common.output.empty()) return;
    file_.emplace(common.output);
  }
  void write(std::string const& text) {
    if (file_) file_->write(text);
    else cli::write(text, common_);
  }
  void finish() {
    if (file_) file_->finish();
  }

 private:
  Common const& common_;
  std::optional<io::GrowingFile> file_;
};

struct Part {
  std::uint64_t first = 0, last = 0;  ///< points [first, last)
};

/// `2/4`: the second quarter.
Part shard(std::string const& text, std::uint64_t points) {
  if (text.empty()) return {0, points};
  unsigned long long k = 0, n = 0;
  int used = 0;
  const bool read = text.find_first_not_of("0123456789/") == text.npos && std::sscanf(text.c_str(), "%9llu/%9llu%n", &k, &n, &used) == 2 && used == static_cast<int>(text.size());
  if (!read || k < 1 || k > n) throw InputError({{318, fmt::format("'{}' is no part of a sweep", text), {"--shard", 1, 1, static_cast<std::uint32_t>(std::max<std::size_t>(1, text.size())), text}, "", "write K/N with K from 1 to N: the first of four parts is 1/4"}});
  const auto cut = [&](std::uint64_t i) { return points / n * i + points % n * i / n; };
  return {cut(k - 1), cut(k)};
}

struct Piece {
  std::string csv;
  std::vector<std::vector<Cell>> rows;
  std::unique_ptr<explore::Front> front;
  explore::Tally tally;
};

/// A metric over the numeric field with most levels, a line for each choice of the others.
/// \param asked the first metric is one which was asked for; else it is the first which changes
Chart chart_of(explore::Question const& q, Table const& table, bool asked) {
  auto const& axes = q.space.axes();
  std::size_t x = q.crossover_axis, metric = 0;
  for (std::size_t a = 0; a < axes.size(); ++a)
    if (axes[a].numeric && axes[a].in_place && axes[a].levels.size() > axes[x].levels.size()) x = a;
  const auto changes = [&](std::size_t m) {
    const auto value = [&](auto const& cells) { return cells[1 + axes.size() + m].number; };
    return std::any_of(table.rows.begin(), table.rows.end(), [&](auto const& cells) { return std::isfinite(value(cells)) && value(cells) != value(table.rows[0]); });
  };
  for (std::size_t m = 0; !asked && m < q.metrics.size(); ++m)
    if (changes(m)) {
      metric = m;
      break;
    }
  auto const& y = q.metrics[metric];
  Chart c{fmt::format("{} over {}", y.path, axes[x].name), "", axes[x].name, y.path, axes[x].dimension, y.dimension, {}};
  bool rings = false;
  for (auto const& cells : table.rows) {
    const auto point = static_cast<std::uint64_t>(cells[0].number);
    std::string name;
    for (std::size_t a = 0; a < axes.size(); ++a)
      if (a != x) name += fmt::format("{}{} {}", name.empty() ? "" : ", ", axes[a].name, axes[a].levels[q.space.level(point, a)].text);
    auto line = std::find_if(c.series.begin(), c.series.end(), [&](auto const& s) { return s.name == name; });
    if (line == c.series.end()) line = c.series.insert(c.series.end(), {name, {}});
    auto const& limit = cells[cells.size() - 2].text;
    const bool ring = !line->points.empty() && std::isfinite(line->points.back().y) && line->points.back().label != limit;
    rings = rings || ring;
    line->points.push_back({cells[1 + x].number, cells[1 + axes.size() + metric].number, ring, limit});
  }
  if (rings) c.subtitle = "rings: something else limits than at the point before";
  return c;
}

/// No point has all objectives: says which are missing in the first point with numbers.
[[noreturn]] void refuse_objectives(registry::Catalogue const& catalogue, io::Document const& document, explore::Question const& q, std::uint64_t first, std::uint64_t last, std::size_t objectives) {
  explore::Sweeper sweeper(catalogue, document, q);
  std::string missing;
  for (std::uint64_t p = first; p < last; ++p) {
    auto const& row = sweeper.run(p);
    if (row.status != scenario::Status::evaluated) continue;
    for (std::size_t m = 0; m < objectives; ++m)
      if (std::isnan(row.values[m])) missing += (missing.empty() ? "'" : ", '") + q.metrics[m].path + "'";
    break;
  }
  throw InputError({{313, fmt::format("no point has {}", missing.empty() ? "all objectives at once" : missing), {}, "the scenario does not yield it: cost wants `infrastructure.price`, carbon a grid, power a device which states it", "`mlsysim eval SCENARIO --format csv` lists the metrics which it yields"}});
}

int run(SweepOptions const& o, std::vector<explore::Objective> const& objectives, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const io::Document document = open_scenario(o.scenario);
  explore::Space space(axes_of(o.vary, "--vary", catalogue, document));
  std::vector<std::string> metrics;
  std::vector<bool> smallest;
  for (auto const& objective : objectives) metrics.push_back(objective.metric), smallest.push_back(objective.smallest);
  for (auto const& m : o.metrics) metrics.push_back(m);
  const explore::Question question = explore::ask(catalogue, document, std::move(space), metrics);
  const auto columns = explore::columns_of(question);
  const bool front = !objectives.empty(), csv = common.format == "csv" && !front, people = common.format != "csv" && common.format != "json";
  const Part part = shard(o.shard, question.space.size());
  const std::uint64_t points = part.last - part.first;
  if (!csv && !front && (!people || common.all) && points > most_rows_in_memory)
    throw InputError({{315, fmt::format("{} rows are too many for one document", points), {}, "", "--format csv writes rows as they are computed"}});
  if (!o.svg.empty()) {
    constexpr std::uint64_t most_drawn = 20000;
    if (question.crossover_axis >= question.space.axes().size()) throw InputError({{303, "a picture needs a numeric field with several values", {}, "", "--vary workload.batch=1..64"}});
    if (points > most_drawn) throw InputError({{315, fmt::format("{} points are too many for a picture", points), {}, "", "take larger steps, or draw the CSV"}});
  }
  const unsigned threads = threads_for(o.jobs);
  const std::uint64_t piece = std::clamp<std::uint64_t>(points / (16ULL * threads), 1, 4096), pieces = (points + piece - 1) / piece;

  std::optional<Output> output;
  if (csv) output.emplace(common), output->write(render::csv(columns));
  Table table{front ? "front" : "sweep", "", columns, {}};
  explore::Front best(smallest);
  explore::Tally tally;
  Progress progress(points);
  const bool rows = !csv || !o.svg.empty();
  const std::size_t wanted = people && !common.all && o.svg.empty() ? rows_on_screen : static_cast<std::size_t>(-1);
  in_order(
      pieces, threads, [&] { return std::make_unique<explore::Sweeper>(catalogue, document, question); },
      [&](explore::Sweeper& sweeper, std::uint64_t i) {
        Piece out;
        if (front) out.front = std::make_unique<explore::Front>(smallest);
        std::vector<Cell> cells;
        sweeper.tally() = {};
        const std::uint64_t first = part.first + i * piece, last = std::min(part.last, first + piece);
        for (std::uint64_t p = first; p < last; ++p) {
          auto const& row = sweeper.run(p);
          if (front) {
            out.front->add(row);
          } else if (csv || p - part.first < wanted) {
            explore::cells_of(question, row, cells);
            if (csv) render::append_csv(columns, cells, out.csv);
            if (rows) out.rows.push_back(cells);
          }
        }
        out.tally = sweeper.tally();
        return out;
      },
      [&](std::uint64_t i, Piece&& done) {
        if (csv) output->write(done.csv);
        if (front) best.add(*done.front);
        for (auto& r : done.rows) table.rows.push_back(std::move(r));
        tally.add(done.tally);
        progress.at(std::min(points, (i + 1) * piece));
      });
  if (front) {
    if (tally.evaluated > 0 && best.rows().empty()) refuse_objectives(catalogue, document, question, part.first, part.last, objectives.size());
    std::vector<Cell> cells;
    for (auto const& row : best.rows()) {
      explore::cells_of(question, row, cells);
      table.rows.push_back(cells);
    }
  }
  if (!o.svg.empty() && !front) io::write_whole(o.svg, render::svg(chart_of(question, table, !o.metrics.empty())));
  if (people && !common.all && !front && table.rows.size() > rows_on_screen) table.rows.resize(rows_on_screen);
  std::string counted = summary(tally, "with numbers");
  if (front) counted += fmt::format("{} of them on the front, {} beaten\n", table.rows.size(), best.dominated());
  if (people) {
    if (!front && points > table.rows.size()) counted = fmt::format("... {} more rows: --all shows them, --format csv writes them as they are computed\n", points - table.rows.size()) + counted;
    const Table shown = for_people(table, question);
    write(common.format == "markdown" ? render::markdown(shown) + "\n" + counted : render::text(shown, style(common)) + "\n" + counted, common);
  } else {
    if (csv) output->finish();
    else write(table, common);
    std::fputs(counted.c_str(), stderr);
  }
  return tally.evaluated > 0 ? done : verdict_no;
}

}  // namespace

int sweep(SweepOptions const& o, Common const& common) { return run(o, {}, common); }

int pareto(SweepOptions const& o, Common const& common) {
  std::vector<explore::Objective> objectives;
  std::vector<Diagnostic> problems;
  for (auto const& text : o.objectives)
    if (auto objective = explore::parse_objective(text, "--objective", problems)) objectives.push_back(std::move(*objective));
  if (!problems.empty()) throw InputError(std::move(problems));
  return run(o, objectives, common);
}

int merge(std::vector<std::string> const& files, Common const& common) {
  struct Shard {
    std::string file;
    std::FILE* in;
    std::string head;
    std::uint64_t first = 0;
    bool empty = true;

    explicit Shard(std::string name) : file{std::move(name)}, in{std::fopen(file.c_str(), "rb")} {}
    ~Shard() {
      if (in) std::fclose(in);
    }
    Shard(Shard const&) = delete;
  };
  // Lines have no quoted line ends: values are of one line.
  const auto line = [](std::FILE* in, std::string& out) {
    out.clear();
    for (int c = 0; (c = std::getc(in)) != EOF;) {
      out += static_cast<char>(c);
      if (c == '\n') return true;
    }
    return false;
  };
  const auto bad = [](std::string const& file, std::uint64_t at, std::string message, std::string help) {
    throw InputError({{316, std::move(message), {file, static_cast<std::uint32_t>(at), at > 0 ? 1U : 0U, 1, {}}, "", std::move(help)}});
  };
  const auto point_of = [](std::string const& text, std::uint64_t& point) {
    const auto comma = text.find(',');
    if (comma == 0 || comma > 13 || comma == text.npos || text.find_first_not_of("0123456789") != comma) return false;
    point = std::stoull(text.substr(0, comma));
    return true;
  };
  std::vector<std::unique_ptr<Shard>> shards;
  std::string row;
  for (auto const& file : files) {
    Shard& s = *shards.emplace_back(std::make_unique<Shard>(file));
    if (!s.in) throw InputError({{101, fmt::format("cannot read '{}'", file), {file, 0, 0, 1, {}}, "", "`mlsysim sweep S --vary AXES --format csv --shard K/N -o FILE` writes one"}});
    if (!line(s.in, s.head) || !s.head.starts_with("point,")) bad(file, 1, "this is no part of a sweep", "write the parts by `mlsysim sweep S --vary AXES --format csv --shard K/N -o FILE`");
    if (s.head != shards.front()->head) bad(file, 1, fmt::format("its columns differ from those of {}", files[0]), "parts of one sweep have the same --vary and --metric");
    if (line(s.in, row)) {
      if (!point_of(row, s.first)) bad(file, 2, "a row does not begin with the number of its point", "write this part again");
      s.empty = false;
    }
    std::rewind(s.in);
    line(s.in, row);
  }
  std::stable_sort(shards.begin(), shards.end(), [](auto const& a, auto const& b) { return a->first < b->first; });
  Output output(common);
  output.write(shards.front()->head);
  std::uint64_t next = 0;
  std::string buffer;
  for (auto const& s : shards) {
    if (s->empty) continue;
    if (s->first > next) bad(s->file, 2, fmt::format("points {} to {} are in none of the files", next, s->first - 1), "run the part which has them, too");
    if (s->first < next) bad(s->file, 2, fmt::format("point {} is in more than one file", s->first), "name each part once");
    for (std::uint64_t n = 2; line(s->in, row); ++n) {
      std::uint64_t point = 0;
      if (!point_of(row, point)) bad(s->file, n, "a row does not begin with the number of its point", "write this part again");
      if (point != next) bad(s->file, n, fmt::format("point {} follows point {}", point, next - 1), "write this part again");
      ++next;
      buffer += row;
      if (buffer.size() > (1U << 20)) output.write(buffer), buffer.clear();
    }
    if (!row.empty()) bad(s->file, 0, "its last row is cut off", "it was not written to its end; write this part again");
  }
  output.write(buffer);
  output.finish();
  return done;
}

}  // namespace mlsysim::cli
