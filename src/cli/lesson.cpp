#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "commands.hpp"
#include "mlsysim/render/lesson.hpp"

namespace mlsysim::cli {
namespace {

scenario::Loaded loaded(io::Document const& document, registry::Catalogue const& catalogue) {
  std::vector<Diagnostic> problems;
  auto l = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  return l;
}

/// Keys one by one, without echo, as long as this lives.
class Keys {
 public:
  Keys() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~Keys() { tcsetattr(STDIN_FILENO, TCSANOW, &before_); }
  Keys(Keys const&) = delete;
  int next() const { return std::getchar(); }

 private:
  termios before_{};
};

}  // namespace

int worksheet(WorksheetCommand const& o, Common const& common) {
  if (common.format == "json" || common.format == "csv") throw InputError({{303, "a worksheet is a page", {}, "", "--format text, markdown or html"}});
  const registry::Catalogue catalogue = open_catalogue(common);
  const auto document = open_scenario(o.scenario);
  const auto sheet = teaching::worksheet(catalogue, document, {o.metrics, o.faded, o.seed});
  write(common.format == "html" ? render::worksheet_html(sheet, o.key) : render::worksheet_markdown(sheet, o.key), common);
  return done;
}

int step(StepOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const auto l = loaded(open_scenario(o.scenario), catalogue);
  const Report report = scenario::evaluate(l);
  const auto stages = teaching::stages(l, report);
  const auto count = stages.size();
  if (common.format != "text") {
    Table t{"stages", "", {text_column("number"), text_column("layer"), text_column("id"), text_column("title"), text_column("about"), text_column("ask"), text_column("verdict")}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      auto const& s = stages[i];
      t.rows.push_back({{0, std::to_string(i + 1)}, {0, s.layer}, {0, s.id}, {0, s.title}, {0, s.about}, {0, s.ask}, {0, s.judged ? std::string(verdict_name[static_cast<std::size_t>(s.level.verdict)]) : ""}});
    }
    write(t, common);
    return done;
  }
  if (o.at > static_cast<int>(count)) throw InputError({{303, fmt::format("there are {} stages", count), {}, "", fmt::format("--at 1 to --at {}", count)}});
  if (o.at > 0) {
    const auto i = static_cast<std::size_t>(o.at - 1);
    write(render::text(stages[i], i + 1, count, style(common)), common);
    return done;
  }
  if (common.all || !common.output.empty() || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += (i ? "\n" : "") + render::text(stages[i], i + 1, count, style(common));
    write(out, common);
    return done;
  }
  const Keys keys;
  for (std::size_t i = 0;;) {
    write('\n' + render::text(stages[i], i + 1, count, style(common)) + "\nn next   b back   q quit ", common);
    for (;;) {
      const int key = keys.next();
      if (key == EOF || key == 'q' || key == 4) {
        write("\n", common);
        return done;
      }
      if ((key == 'n' || key == ' ' || key == '\n') && i + 1 < count) {
        ++i;
        break;
      }
      if ((key == 'b' || key == 'p' || key == 127) && i > 0) {
        --i;
        break;
      }
    }
  }
}

}  // namespace mlsysim::cli
