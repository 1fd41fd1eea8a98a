#include "mlsysim/explore/space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/text.hpp"

namespace mlsysim::explore {
namespace {

constexpr std::size_t most_levels = 1'000'000;  ///< of one axis

bool blank(char c) { return c == ' ' || c == '\t'; }
bool of_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; }

Piece trimmed(std::string_view text, std::size_t at) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1), ++at;
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return {std::string(text), at};
}

Location place(std::string_view argument, std::string const& option, std::size_t at, std::size_t length) {
  return {option, 1, static_cast<std::uint32_t>(at + 1), static_cast<std::uint32_t>(std::max<std::size_t>(1, length)), std::string(argument)};
}

/// Where the next axis begins: behind a comma which a name and `=` follow.
std::size_t end_of_axis(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] != ',') continue;
    std::size_t n = i + 1;
    while (n < text.size() && blank(text[n])) ++n;
    const std::size_t name = n;
    while (n < text.size() && of_name(text[n])) ++n;
    while (n < text.size() && blank(text[n])) ++n;
    if (n > name && n < text.size() && text[n] == '=') return i;
  }
  return text.size();
}

/// `1.5x` gives 1.5, `+10%` gives 1.1; 0 for anything else.
double factor_of(std::string_view text) {
  const bool times = text.size() > 1 && text.back() == 'x';
  const bool percent = text.size() > 2 && text.back() == '%' && (text[0] == '+' || text[0] == '-');
  if (!times && !percent) return 0;
  std::string_view number = text.substr(0, text.size() - 1);
  while (!number.empty() && blank(number.back())) number.remove_suffix(1);
  if (percent && number[0] == '+') number.remove_prefix(1);
  const auto q = parse_quantity(number);
  if (q.error != QuantityTextError::none || q.has_unit) return 0;
  const double f = percent ? 1 + q.number / 100 : q.number;
  return f > 0 ? f : 0;
}

/// Whether `text` has the form of `pattern`, in which `*` stands for anything.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = pattern.npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') star = p++, from = t;
    else if (p < pattern.size() && pattern[p] == text[t]) ++p, ++t;
    else if (star != pattern.npos) p = star + 1, t = ++from;
    else return false;
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

/// Binds one axis.
class Binder {
 public:
  Binder(std::string_view argument, std::string const& option, registry::Catalogue const& catalogue, io::Document const& document, std::vector<Diagnostic>& problems)
      : argument_{argument}, option_{option}, catalogue_{catalogue}, document_{document}, problems_{problems} {
    std::vector<Diagnostic> ignored;
    base_ = scenario::load(catalogue, document, ignored);
    fields_ = fields_of(base_.scenario);
  }

  void bind(AxisText const& text, std::vector<Axis>& out) {
    const auto before = problems_.size();
    Axis axis;
    axis.name = text.name.text;
    axis.paths = paths_of(base_.scenario, axis.name);
    fields_of_axis_.clear();
    for (auto const& path : axis.paths) {
      const auto f = std::find_if(fields_.begin(), fields_.end(), [&](Field const& x) { return x.path == path; });
      if (f != fields_.end()) fields_of_axis_.push_back(&*f);
      else if (!known(path)) return unknown(text.name, path);
    }
    const bool all = fields_of_axis_.size() == axis.paths.size();
    axis.in_place = all && std::all_of(fields_of_axis_.begin(), fields_of_axis_.end(), [](Field const* f) {
      return !f->entry && f->value.kind != Scalar::Kind::text && (f->value.present || !f->inside_entry);
    });
    axis.numeric = all && std::all_of(fields_of_axis_.begin(), fields_of_axis_.end(), [](Field const* f) { return f->number(); });
    if (axis.numeric) axis.dimension = fields_of_axis_[0]->value.dimension;
    for (auto const& level : text.levels) {
      if (level.to.text.empty()) single(axis, level.from);
      else range(axis, level);
      if (problems_.size() > before) return;
    }
    out.push_back(std::move(axis));
  }

 private:
  void say(int code, Piece const& at, std::string message, std::string why, std::string help) {
    problems_.push_back({code, std::move(message), place(argument_, option_, at.at, at.text.size()), std::move(why), std::move(help)});
  }

  /// Fields of structs which the scenario leaves out can be given too: the reader has the last word on them.
  static bool known(std::string_view path) {
    for (std::string_view parent : {"infrastructure.", "reliability.", "tail.", "limits.", "efficiency.", "workload.duty.", "workload.training.", "workload.precision.", "system.parallel."})
      if (path.starts_with(parent) && path.find('.', parent.size()) == path.npos) return true;
    return false;
  }

  void unknown(Piece const& name, std::string const& path) {
    std::vector<std::string_view> names;
    for (auto const& f : fields_) names.push_back(f.path);
    for (auto const& a : aliases())
      if (a.name.find(',') == a.name.npos && a.name.find("FIELD") == a.name.npos) names.push_back(a.name);
    auto near = nearest(name.text, names, 3);
    if (near.empty()) near = nearest(path, names, 3);
    if (near.empty()) {
      for (auto& n : names) n = n.substr(n.rfind('.') + 1);
      near = nearest(name.text, names, 3);
    }
    std::string list;
    for (auto const& n : near) list += (list.empty() ? "" : ", ") + n;
    say(311, name, fmt::format("this scenario has no field '{}'{}{}", name.text, list.empty() ? "" : "; nearest: ", list), "",
        "`mlsysim resolve SCENARIO` shows its fields, `mlsysim show NAME` those of an entry; `mlsysim sweep --help` the short names");
  }

  /// Reads a value as the scenario's reader does. \return its number for each field; empty if there was a problem
  bool read(Axis const& axis, Piece const& value, std::vector<double>& numbers) {
    std::vector<scenario::Edit> edits;
    for (auto const& path : axis.paths) edits.push_back({path, value.text});
    std::vector<Diagnostic> found;
    auto loaded = scenario::load(catalogue_, document_, edits, option_, found);
    // What the point makes of it together with the other axes is judged there.
    std::erase_if(found, [](Diagnostic const& d) { return d.code >= 200 && d.code < 300; });
    if (!found.empty()) {
      for (auto& d : found) {
        const std::size_t into = d.where.file == option_ && d.where.column > 0 ? std::min<std::size_t>(d.where.column - 1, value.text.size()) : 0;
        d.where = place(argument_, option_, value.at + into, value.text.size() - into);
      }
      problems_.push_back(std::move(found.front()));
      return false;
    }
    if (!axis.in_place) return true;
    for (auto const& f : fields_of(loaded.scenario))
      for (std::size_t i = 0; i < axis.paths.size(); ++i)
        if (f.path == axis.paths[i]) numbers.resize(axis.paths.size()), numbers[i] = f.value.number;
    return true;
  }

  bool relative(Axis& axis, Piece const& at, double factor) {
    if (!axis.numeric || !axis.in_place) {
      say(312, at, fmt::format("'{}' changes a number, but '{}' is none here", at.text, axis.name), "", "give values");
      return false;
    }
    Level level;
    for (auto const* f : fields_of_axis_) {
      if (!f->value.present) return say(312, at, fmt::format("'{}' changes a value, but the scenario gives none for '{}'", at.text, f->path), "", "give a value with its unit"), false;
      const double v = f->value.number * factor;
      if (!f->allows(v)) return say(312, at, fmt::format("{} times {} is not allowed for '{}'", shortest(factor), exact(f->value.number, f->value.dimension), f->path), f->value.kind == Scalar::Kind::integer ? "it is a whole number" : "", std::string("it is: ") + std::string(f->doc)), false;
      level.values.push_back(v);
    }
    finish(axis, level, factor);
    return true;
  }

  /// Text and number of a level whose values are known.
  void finish(Axis& axis, Level& level, double factor) const {
    const bool alike = std::all_of(level.values.begin(), level.values.end(), [&](double v) { return v == level.values[0]; });
    level.number = alike ? level.values[0] : factor;
    level.text = alike ? exact(level.values[0], axis.dimension) : shortest(factor) + "x";
    if (!alike) axis.dimension = Dimension();
    axis.levels.push_back(std::move(level));
  }

  void single(Axis& axis, Piece const& value) {
    if (const double factor = factor_of(value.text); factor > 0) {
      relative(axis, value, factor);
      return;
    }
    if (value.text.find('*') != value.text.npos) return pattern(axis, value);
    Level level;
    if (!read(axis, value, level.values)) return;
    if (axis.numeric && axis.in_place) return finish(axis, level, 1);
    level.text = value.text;
    axis.levels.push_back(std::move(level));
  }

  /// `nvidia_*`: every entry, or every word, which looks so.
  void pattern(Axis& axis, Piece const& value) {
    std::vector<std::string_view> names;
    Field const* f = fields_of_axis_.size() == axis.paths.size() && !fields_of_axis_.empty() ? fields_of_axis_[0] : nullptr;
    if (f && f->entry) {
      for (auto const& e : catalogue_.entries())
        if (e.kind == f->of) names.push_back(e.id);
    } else if (f && f->value.kind == Scalar::Kind::choice) {
      names.assign(f->value.names.begin(), f->value.names.end());
    } else if (axis.name == "grid" || axis.name == "infrastructure.grid") {
      for (auto const& e : catalogue_.entries())
        if (e.kind == EntryKind::grid) names.push_back(e.id);
    }
    const auto before = axis.levels.size();
    for (auto name : names) {
      if (!matches(value.text, name)) continue;
      Level level;
      level.text = name;
      if (axis.in_place && !read(axis, {std::string(name), value.at}, level.values)) return;
      axis.levels.push_back(std::move(level));
    }
    if (axis.levels.size() == before) say(310, value, fmt::format("no name looks like '{}'", value.text), "", "`*` stands for any part of an id or of a word");
  }

  void range(Axis& axis, LevelText const& text) {
    if (!axis.numeric) return say(312, text.from, fmt::format("'{}' takes words, which have no range", axis.name), "", "list them: A|B|C");
    const double f0 = factor_of(text.from.text), f1 = factor_of(text.to.text);
    double from = f0, to = f1, scale = 1;
    const bool factors = f0 > 0 && f1 > 0;
    if (!factors) {
      std::vector<double> a, b;
      if (!read(axis, text.from, a) || !read(axis, text.to, b)) return;
      if (a.empty() || b.empty()) return say(312, text.from, fmt::format("'{}' has no value in the scenario from which a range could start", axis.name), "", "list the values: A|B|C");
      from = a[0], to = b[0];
      // In the unit in which both ends are written, so that 1.5 TB/s is the same number as in a file.
      const auto qa = parse_quantity(text.from.text), qb = parse_quantity(text.to.text);
      if (qa.unit_text == qb.unit_text && qa.unit.scale > 0) from = qa.number, to = qb.number, scale = qa.unit.scale;
    }
    double step = 2;
    bool multiply = true;
    if (!text.step.text.empty()) {
      const bool times = text.step.text[0] == 'x';
      const auto q = parse_quantity(times ? std::string_view(text.step.text).substr(1) : factors && text.step.text.back() == 'x' ? std::string_view(text.step.text).substr(0, text.step.text.size() - 1) : std::string_view(text.step.text));
      const bool right = q.error == QuantityTextError::none && (times || factors ? !q.has_unit : q.dimension() == axis.dimension);
      if (!right) return say(310, text.step, fmt::format("'{}' is no step for '{}'", text.step.text, axis.name), "", "what is added, with the unit of the ends, or x and a factor: 1..64:4, 1TB/s..4TB/s:0.5TB/s, 1..64:x2");
      multiply = times;
      step = times || factors ? q.number : q.base_value() / scale;
    }
    if (!(from <= to)) return say(310, text.from, "the range ends before it begins", "", "write the smaller value first");
    if (multiply ? step <= 1 || from <= 0 : step <= 0) return say(310, text.step.text.empty() ? text.from : text.step, "the range would never end", "a factor is more than 1 and starts above 0; a step is more than 0", "");
    const double slack = 1 + 1e-9;
    const double count = multiply ? std::log(to / from) / std::log(step) : (to - from) / step;
    if (!(count < static_cast<double>(most_levels))) return say(315, text.from, fmt::format("the range has more than {} values", most_levels), "", "take a larger step");
    for (std::size_t i = 0;; ++i) {
      const double v = multiply ? from * std::pow(step, static_cast<double>(i)) : from + static_cast<double>(i) * step;
      if (v > to * slack) break;
      if (factors) {
        if (!relative(axis, text.from, v)) return;
        continue;
      }
      Level level;
      level.values.assign(axis.paths.size(), v * scale);
      for (auto const* f : fields_of_axis_)
        if (!f->allows(level.values[0])) return say(310, text.step.text.empty() ? text.from : text.step, fmt::format("the range leads to {}, which '{}' cannot be", exact(level.values[0], axis.dimension), axis.name), f->value.kind == Scalar::Kind::integer ? "it is a whole number" : "", "take another step");
      finish(axis, level, 1);
    }
  }

  std::string_view argument_;
  std::string const& option_;
  registry::Catalogue const& catalogue_;
  io::Document const& document_;
  std::vector<Diagnostic>& problems_;
  scenario::Loaded base_;
  std::vector<Field> fields_;
  std::vector<Field const*> fields_of_axis_;
};

}  // namespace

std::vector<AxisText> parse_axes(std::string_view argument, std::string const& option, std::vector<Diagnostic>& problems) {
  constexpr char const* form = "NAME=VALUES, e.g. workload.batch=1..64 or system.device=H100|A100, several with commas between them";
  std::vector<AxisText> axes;
  const auto say = [&](std::size_t at, std::size_t length, std::string message) {
    problems.push_back({310, std::move(message), place(argument, option, at, length), "", form});
  };
  if (std::any_of(argument.begin(), argument.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; })) {
    say(0, 1, "a value is one line of text");
    return axes;
  }
  for (std::size_t at = 0; at <= argument.size();) {
    const std::size_t end = end_of_axis(argument, at);
    const std::string_view text = argument.substr(at, end - at);
    const auto equals = text.find('=');
    AxisText axis;
    axis.name = trimmed(text.substr(0, equals), at);
    if (equals == text.npos || axis.name.text.empty()) {
      say(at, text.size(), equals == text.npos ? fmt::format("'{}' has no values", trimmed(text, at).text) : "the values have no name in front of them");
      return axes;
    }
    if (std::any_of(axes.begin(), axes.end(), [&](AxisText const& a) { return a.name.text == axis.name.text; })) say(axis.name.at, axis.name.text.size(), fmt::format("'{}' is varied twice", axis.name.text));
    std::size_t from = equals + 1;
    while (from <= text.size()) {
      const auto bar = std::min(text.find('|', from), text.size());
      const std::string_view value = text.substr(from, bar - from);
      LevelText level;
      const auto dots = value.find("..");
      if (dots == value.npos) {
        level.from = trimmed(value, at + from);
      } else {
        level.from = trimmed(value.substr(0, dots), at + from);
        const auto colon = value.find(':', dots);
        level.to = trimmed(value.substr(dots + 2, colon == value.npos ? colon : colon - dots - 2), at + from + dots + 2);
        if (colon != value.npos) level.step = trimmed(value.substr(colon + 1), at + from + colon + 1);
        if (level.to.text.empty() || level.from.text.empty()) {
          say(at + from, value.size(), "a range has two ends");
          return axes;
        }
        if (colon != value.npos && level.step.text.empty()) {
          say(at + from + colon, 1, "a step is missing behind the colon");
          return axes;
        }
      }
      if (level.from.text.empty()) {
        say(at + std::min(from, text.size() ? text.size() - 1 : 0), 1, fmt::format("'{}' has an empty value", axis.name.text));
        return axes;
      }
      axis.levels.push_back(std::move(level));
      from = bar + 1;
    }
    axes.push_back(std::move(axis));
    at = end + 1;
  }
  return axes;
}

Space::Space(std::vector<Axis> axes) : axes_{std::move(axes)}, strides_(axes_.size(), 1) {
  for (std::size_t i = axes_.size(); i-- > 0;) {
    strides_[i] = size_;
    const std::uint64_t n = axes_[i].levels.size();
    size_ = n > 0 && size_ > most_points / n ? most_points + 1 : size_ * n;
  }
}

std::vector<Axis> bind(std::vector<AxisText> const& axes, std::string_view argument, std::string const& option, registry::Catalogue const& catalogue, io::Document const& document,
                       std::vector<Diagnostic>& problems) {
  Binder binder(argument, option, catalogue, document, problems);
  std::vector<Axis> out;
  for (auto const& a : axes) binder.bind(a, out);
  return out;
}

}  // namespace mlsysim::explore
