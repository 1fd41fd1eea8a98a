#include <fmt/format.h>

#include <algorithm>

#include "common.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

enum class Ink { plain, bold, dim, good, bad };

/// Colours and UTF-8 marks where the terminal has them; plain ASCII elsewhere.
class Page {
 public:
  explicit Page(TextStyle const& style) : style_{style} {}

  std::string ink(std::string_view text, Ink ink) const {
    if (!style_.colour || ink == Ink::plain) return std::string(text);
    char const* code = ink == Ink::bold ? "1" : ink == Ink::dim ? "2" : ink == Ink::good ? "32" : "31";
    return fmt::format("\033[{}m{}\033[0m", code, text);
  }
  /// UTF-8 from data becomes ASCII where the console has none.
  std::string plain(std::string_view text) const {
    if (style_.unicode) return std::string(text);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x80) out += text[i];
      else if ((c & 0xC0U) == 0xC0U) out += '?';
    }
    return out;
  }
  std::string wrap(std::string_view text, std::size_t indent, std::size_t width = 100) const {
    std::string out, line(indent, ' ');
    std::size_t used = indent;
    std::string word;
    const auto flush = [&] {
      if (word.empty()) return;
      const auto w = display_width(word);
      if (used > indent && used + 1 + w > width) out += line + '\n', line = std::string(indent, ' '), used = indent;
      if (used > indent) line += ' ', ++used;
      line += word, used += w;
      word.clear();
    };
    for (char c : plain(text)) {
      if (c == ' ' || c == '\n') flush();
      else word += c;
    }
    flush();
    return used > indent ? out + line + '\n' : out;
  }
  std::string bar(double share, std::size_t width = 20) const {
    const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width) + 0.5);
    std::string out;
    for (std::size_t i = 0; i < width; ++i) out += style_.unicode ? (i < full ? "█" : "░") : (i < full ? "#" : ".");
    return out;
  }
  TextStyle const& style() const { return style_; }

 private:
  TextStyle const& style_;
};

std::string pad(std::string text, std::size_t width, bool right = false) {
  const auto w = display_width(text);
  if (w >= width) return text;
  const std::string blank(width - w, ' ');
  return right ? blank + text : text + blank;
}

Ink ink_of(Verdict v) { return v == Verdict::pass ? Ink::good : v == Verdict::fail ? Ink::bad : Ink::dim; }

std::string missed_by(double factor) { return factor < 1000 ? fmt::format("a factor of {:.3g}", factor) : fmt::format("a factor of {:.0f}", factor); }

void write_card(Page const& page, Scorecard const& card, std::string& out) {
  const std::string verdict = card.verdict == Verdict::fail ? "FAIL" : card.verdict == Verdict::pass ? "PASS" : "NOT JUDGED";
  out += page.ink("Scorecard", Ink::bold) + "  " + page.ink(verdict, ink_of(card.verdict)) + '\n';
  std::size_t labels = 24, values = 30;
  for (auto const& level : card.levels)
    for (auto const& c : level.checks) labels = std::max(labels, display_width(c.label)), values = std::max(values, display_width(check_text(c, page.style().binary_units)));
  for (std::size_t i = 0; i < card.levels.size(); ++i) {
    auto const& level = card.levels[i];
    const std::string head = fmt::format("  {} {}", i + 1, pad(level.id, 12));
    std::string word(verdict_name[static_cast<std::size_t>(level.verdict)]);
    out += head + page.ink(level.why_not.empty() ? word : pad(word, 11), ink_of(level.verdict));
    if (!level.why_not.empty()) out += page.ink(level.why_not, Ink::dim);
    out += '\n';
    for (auto const& c : level.checks) {
      std::string mark = c.verdict == Verdict::pass ? "ok  " : c.verdict == Verdict::fail ? "FAIL" : "-   ";
      std::string line = fmt::format("      {} {} {}", page.ink(mark, ink_of(c.verdict)), pad(c.label, labels), pad(check_text(c, page.style().binary_units), values) + "  ");
      if (c.verdict != Verdict::not_judged) {
        const double m = c.margin();
        line += m >= 0 ? fmt::format("margin {:.0f} %", 100 * m) : fmt::format("missed by {}", m > -10 ? fmt::format("{:.0f} %", -100 * m) : missed_by(c.at_most ? c.value / c.limit : c.limit / c.value));
      }
      while (!line.empty() && line.back() == ' ') line.pop_back();
      out += line + '\n';
      if (!c.detail.empty()) out += page.ink(page.wrap(c.detail, 11), Ink::dim);
      for (auto const& r : c.remedies) out += fmt::format("           {} {}  {}\n", r.sufficient ? "would fit:" : "would help:", pad(r.change, 32), page.plain(r.effect));
    }
  }
  if (!card.binding.empty()) out += fmt::format("  binds       {}{}\n", card.binding, card.next.empty() ? "" : fmt::format("; next: {}", card.next));
  if (!card.knobs.empty()) {
    auto const& best = card.knobs.front();
    if (best.factor > 1.005) out += fmt::format("  change      {} -> {}\n", best.change, best.effect);
    std::string others;
    for (std::size_t i = best.factor > 1.005 ? 1 : 0; i < card.knobs.size(); ++i) others += fmt::format("{}{} -> {}", others.empty() ? "" : "; ", card.knobs[i].change, card.knobs[i].effect);
    if (!others.empty()) {
      std::string wrapped = page.wrap(others, 14);
      out += page.ink("  other knobs " + wrapped.substr(std::min<std::size_t>(14, wrapped.size())), Ink::dim);
    }
  }
}

void write_section(Page const& page, Section const& s, std::string& out, int depth) {
  out += '\n' + page.ink(s.title, Ink::bold);
  bool estimates = false;
  auto worst = Confidence::calibrated;
  for (auto const& m : s.metrics)
    if (m.estimate) estimates = true, worst = weakest(worst, m.confidence);
  if (estimates) out += page.ink(fmt::format("  ({})", confidence_name[static_cast<std::size_t>(worst)]), Ink::dim);
  out += '\n';
  constexpr std::size_t narrowest = 34, widest = 42;
  std::size_t labels = narrowest;
  for (auto const& m : s.metrics) labels = std::max(labels, std::min(widest, display_width(m.label)));
  for (auto const& m : s.metrics) {
    std::string line = fmt::format("  {} {}", pad(page.plain(m.label), labels), pad(value_text(m.value, m.dimension, m.percent, page.style().binary_units), 16));
    if (m.interval) line += fmt::format(" 90 %: {}", interval_text(*m.interval, m.dimension, m.percent, page.style().binary_units));
    if (!m.note.empty()) line += page.ink(fmt::format("{}{}", m.interval ? "; " : " ", page.plain(m.note)), Ink::dim);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + '\n';
  }
  for (auto const& t : s.tables) {
    if (!page.style().all && t.rows.size() > 14) {
      out += page.ink(fmt::format("  {}: {} rows, shown with --all\n", t.label, t.rows.size()), Ink::dim);
      continue;
    }
    out += '\n' + text(t, page.style());
  }
  for (auto const& n : s.notes) out += page.ink(page.wrap(n, 2), Ink::dim);
  for (auto const& child : s.children) write_section(page, child, out, depth + 1);
}

}  // namespace

std::string text(Table const& table, TextStyle const& style) {
  const Page page(style);
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> cells;
  for (auto const& c : table.columns) widths.push_back(display_width(page.plain(c.label)));
  for (auto const& row : table.rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < table.columns.size() && i < row.size(); ++i) {
      line.push_back(page.plain(cell_text(row[i], table.columns[i], style.binary_units)));
      widths[i] = std::max(widths[i], display_width(line.back()));
    }
  }
  std::string out;
  if (!table.label.empty()) out += "  " + page.ink(page.plain(table.label), Ink::bold) + '\n';
  const auto add = [&](auto&& cell_at, Ink ink) {
    std::string line = " ";
    for (std::size_t i = 0; i < table.columns.size(); ++i) line += ' ' + pad(cell_at(i), widths[i], !table.columns[i].text) + ' ';
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += page.ink(line, ink) + '\n';
  };
  add([&](std::size_t i) { return page.plain(table.columns[i].label); }, Ink::dim);
  for (auto const& line : cells) add([&](std::size_t i) { return i < line.size() ? line[i] : std::string{}; }, Ink::plain);
  return out;
}

std::string text(Section const& section, TextStyle const& style) {
  std::string out;
  write_section(Page(style), section, out, 0);
  return out;
}

std::string text(Report const& r, TextStyle const& style) {
  const Page page(style);
  std::string out = page.ink(page.plain(r.title.empty() ? r.summary : r.title), Ink::bold) + '\n';
  if (!r.title.empty()) out += page.plain(r.summary) + '\n';
  if (!r.about.empty()) out += page.ink(page.wrap(r.about, 0), Ink::dim);
  out += '\n';
  write_card(page, r.card, out);
  for (auto const& s : r.sections) write_section(page, s, out, 0);

  const auto assumed = assumptions(r.ledger);
  if (!assumed.empty()) {
    out += '\n' + page.ink("Defaults and assumptions", Ink::bold) + '\n';
    for (auto const* f : assumed) out += fmt::format("  {} = {}{}\n", page.plain(f->path), page.plain(f->as_written), page.ink(f->note.empty() ? "" : fmt::format("  ({})", page.plain(f->note)), Ink::dim));
  }
  if (!r.warnings.empty()) out += '\n' + page.ink("Warnings", Ink::bold) + '\n';
  for (auto const& w : r.warnings) out += page.wrap(w, 2);
  const auto count = count_sources(r);
  out += '\n';
  out += page.ink(page.wrap(fmt::format("Rests on {} registry numbers ({} from a source nobody here has opened), {} given, {} defaults and assumptions. Registry {}{}.", count.facts, count.unverified, count.given, assumed.size(),
                                        r.registry.substr(0, 12), r.registry_added ? fmt::format(" with {} entries added or replaced by --registry", r.registry_added) : ""), 0), Ink::dim);
  return out;
}

}  // namespace mlsysim::render
