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

/// What a key means.
enum class Key { next, back, quit, other };

/// Keys one by one, without echo, as long as this lives.
class Keys {
 public:
  Keys() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    // Ctrl-C is a key too: the terminal is put back as it was.
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~Keys() { tcsetattr(STDIN_FILENO, TCSANOW, &before_); }
  Keys(Keys const&) = delete;

  Key next() const {
    switch (byte()) {
      case 'n': case ' ': case '\n': case '\r': return Key::next;
      case 'b': case 'p': case 127: return Key::back;
      case EOF: case 'q': case 3: case 4: return Key::quit;
      case 27: break;
      default: return Key::other;
    }
    // Arrows are three bytes: escape, a bracket (or O), a letter.
    if (const int bracket = byte(); bracket != '[' && bracket != 'O') return bracket == EOF ? Key::quit : Key::other;
    switch (byte()) {
      case 'B': case 'C': return Key::next;
      case 'A': case 'D': return Key::back;
      default: return Key::other;
    }
  }

 private:
  /// Unbuffered, so that nothing typed ahead is lost to whoever reads next.
  static int byte() {
    unsigned char c = 0;
    return ::read(STDIN_FILENO, &c, 1) == 1 ? c : EOF;
  }
  termios before_{};
};

/// Stage by stage: first the question, then what there is to see; back without asking again.
int walk(std::vector<teaching::Stage> const& stages, Common const& common) {
  const Keys keys;
  const auto count = stages.size();
  std::vector<bool> seen(count);
  const auto wait = [&](char const* forward, bool last, bool first) {
    write(fmt::format("\n{}{}q quit ", last ? "" : fmt::format("n {}   ", forward), first ? "" : "b back   "), common);
    for (;;) {
      const Key key = keys.next();
      if ((key == Key::next && last) || (key == Key::back && first) || key == Key::other) continue;
      write("\n", common);
      return key;
    }
  };
  for (std::size_t i = 0;;) {
    write('\n' + render::question(stages[i], i + 1, count, style(common)), common);
    Key key = Key::next;
    if (!seen[i] && !stages[i].ask.empty()) key = wait("show", false, i == 0);
    if (key == Key::next) {
      seen[i] = true;
      write(render::answer(stages[i], style(common)), common);
      key = wait("next", i + 1 == count, i == 0);
    }
    if (key == Key::quit) return done;
    i = key == Key::next ? i + 1 : i - 1;
  }
}

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
  Report report = scenario::evaluate(l);
  show_up_to(o.level, report);
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
  return walk(stages, common);
}

}  // namespace mlsysim::cli
