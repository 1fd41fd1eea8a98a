#include <fmt/format.h>

#include <algorithm>

#include "application.hpp"
#include "pages.hpp"

namespace mlsysim::cli {
namespace {

constexpr std::string_view exit_codes = "0 done; 1 internal error (please report it); 2 usage or bad input; 3 evaluated, and the verdict is no";

/// An option, argument or command with what is said about it.
struct Item {
  std::string name;
  std::string text;
};
struct Group {
  std::string title;
  std::vector<Item> items;
};

Page const& page_of(CLI::App const& app) { return page(app.get_parent() ? std::string_view(app.get_name()) : std::string_view{}); }

bool takes_value(CLI::Option const& o) { return o.get_items_expected_max() > 0; }

std::string name_of(CLI::Option const& o) {
  if (o.get_positional()) return o.get_type_name() + (o.get_expected_max() > 1 ? "..." : "");
  std::string out;
  for (auto const& n : o.get_snames()) out += "-" + n + ", ";
  for (auto const& n : o.get_lnames()) out += "--" + n + ", ";
  out.resize(out.size() - 2);
  return takes_value(o) ? out + ' ' + o.get_type_name() + (o.get_items_expected_min() != o.get_items_expected_max() ? "..." : "") : out;
}

/// In reading order: what is peculiar to the command first.
std::vector<Group> groups_of(CLI::App const& app) {
  std::vector<Group> groups;
  const auto add = [&](std::string const& title, Item item) {
    auto at = std::find_if(groups.begin(), groups.end(), [&](auto const& g) { return g.title == title; });
    if (at == groups.end()) at = groups.insert(groups.end(), {title, {}});
    at->items.push_back(std::move(item));
  };
  for (auto const* c : commands(app)) add("Commands", {c->get_name(), c->get_description()});
  const auto options = app.get_options();
  for (auto const* o : options)
    if (o->get_positional()) add("Arguments", {name_of(*o), o->get_description()});
  for (bool common : {false, true})
    for (auto const* o : options)
      if (!o->get_positional() && common == (o->get_group() == "Common options")) add(o->get_group(), {name_of(*o), o->get_description()});
  return groups;
}

std::string usage_of(CLI::App const& app) {
  if (!app.get_parent()) return "mlsysim COMMAND [OPTIONS]";
  std::string out = fmt::format("mlsysim {} [OPTIONS]", app.get_name());
  for (auto const* o : app.get_options())
    if (o->get_positional()) out += o->get_required() ? ' ' + name_of(*o) : fmt::format(" [{}]", name_of(*o));
  return out;
}

std::vector<std::string_view> paragraphs(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    out.push_back(text.substr(0, end));
    text = end == text.npos ? std::string_view{} : text.substr(end + 2);
  }
  return out;
}

/// Names in a column of their own; a long one stands on a line of its own.
std::string two_columns(std::string_view name, std::string_view text, std::size_t column) {
  const std::string below = wrapped(text, column);
  const std::string head = fmt::format("  {}", name);
  if (below.empty()) return head + '\n';
  if (head.size() + 2 > column) return head + '\n' + below;
  return fmt::format("{:<{}}{}", head, column, below.substr(column));
}

/// For roff: no hyphens from minus signs, no escapes, no requests.
std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '\'') out += "\\(aq";
    else if (c == '"') out += "\\(dq";
    else if (c == '`') out += "\\(ga";
    else if (c == '~') out += "\\(ti";
    else if (c == '^') out += "\\(ha";
    else out += c;
  }
  return !out.empty() && out[0] == '.' ? "\\&" + out : out;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string full_name(CLI::App const& app, char between) { return app.get_parent() ? fmt::format("mlsysim{}{}", between, app.get_name()) : std::string("mlsysim"); }

}  // namespace

std::string help(CLI::App const& app) {
  Page const& p = page_of(app);
  std::string out = fmt::format("{}: {}\n\nExamples:\n", full_name(app, ' '), p.summary);
  constexpr std::size_t longest_beside = 56, option_column = 30, below = 6;
  std::size_t column = below;
  for (auto const& e : p.examples)
    if (e.command.size() <= longest_beside) column = std::max(column, e.command.size() + 5);
  for (auto const& e : p.examples) out += two_columns(e.command, fmt::format("# {}", e.says), column);
  out += fmt::format("\nUsage: {}\n", usage_of(app));
  for (auto const& paragraph : paragraphs(p.text)) out += '\n' + wrapped(paragraph, 0);
  for (auto const& g : groups_of(app)) {
    out += fmt::format("\n{}:\n", g.title);
    for (auto const& i : g.items) out += two_columns(i.name, i.text, option_column);
  }
  out += fmt::format("\nExit codes: {}.\n", exit_codes);
  if (!app.get_parent()) out += "`mlsysim COMMAND --help` shows the examples and options of a command, `mlsysim man COMMAND` its manual page.\n";
  return out;
}

std::string manual(CLI::App const& app) {
  Page const& p = page_of(app);
  const std::string name = full_name(app, '-');
  std::string out = fmt::format(".TH {} 1 \"\" \"mlsysim {}\" \"mlsysim\"\n.nh\n.SH NAME\n{} \\- {}\n", upper(roff(name)), version(), roff(name), roff(p.summary));
  out += fmt::format(".SH SYNOPSIS\n.B {}\n", roff(usage_of(app)));
  out += ".SH EXAMPLES\n";
  for (auto const& e : p.examples) out += fmt::format(".TP\n.B {}\n{}\n", roff(e.command), roff(e.says));
  out += ".SH DESCRIPTION\n";
  for (auto const& paragraph : paragraphs(p.text)) out += fmt::format(".PP\n{}\n", roff(paragraph));
  for (auto const& g : groups_of(app)) {
    out += fmt::format(".SH {}\n", upper(roff(g.title)));
    for (auto const& i : g.items) out += fmt::format(".TP\n.B {}\n{}\n", roff(i.name), roff(i.text));
  }
  out += fmt::format(".SH EXIT STATUS\n{}.\n.SH SEE ALSO\n", roff(exit_codes));
  if (app.get_parent()) {
    out += ".BR mlsysim (1)\n";
  } else {
    const auto all = commands(app);
    for (std::size_t i = 0; i < all.size(); ++i) out += fmt::format(".BR mlsysim\\-{} (1){}\n", all[i]->get_name(), i + 1 < all.size() ? "," : "");
  }
  return out;
}

}  // namespace mlsysim::cli
