#include "mlsysim/io/show.hpp"

#include <fmt/format.h>

#include "mlsysim/units/text.hpp"
#include "pathed.hpp"

namespace mlsysim::io {
namespace {

enum Column : std::size_t { field, value, as_written, verified, source, read, note, column_count };
constexpr char const* column_names[column_count] = {"field", "value", "as written", "verified", "source", "read", "note"};

class Shower final : public Pathed {
 public:
  Shower(Ledger const& ledger, std::string_view id) : facts_{ledger, id}, ledger_{ledger} {
    table_.id = "fields";
    for (auto name : column_names) {
      mlsysim::Column c;
      c.id = c.label = name;
      c.text = true;
      table_.columns.push_back(std::move(c));
    }
  }

  void scalar(FieldInfo const& info, Scalar& s) override {
    if (!s.present || (s.kind == Scalar::Kind::text && s.text.empty())) return;
    const std::string path = path_of(info);
    auto& row = add(path, s.kind == Scalar::Kind::quantity ? shown(info, s) : plain_text(s));
    Fact const* f = facts_.of(s.origin, path);
    if (!f) return;
    if (f->as_written != row[value].text) row[as_written].text = f->as_written;
    if (Source const* from = ledger_.source(*f)) {
      row[verified].text = from->verified() ? "yes" : "NO";
      row[source].text = from->id;
      row[read].text = from->seen;
    }
    const auto remark = [&](std::string const& text) {
      if (!text.empty()) row[note].text += (row[note].text.empty() ? "" : "; ") + text;
    };
    if (f->range) remark(fmt::format("range {} to {}", display(f->range->low, s.dimension), display(f->range->high, s.dimension)));
    remark(f->note);
    remark(f->locator);
    if (!f->as_of.empty()) remark("as of " + f->as_of);
  }
  bool begin(FieldInfo const& info, bool present) override {
    if (present) enter(info);
    return present;
  }
  bool reference(FieldInfo const& info, EntryKind kind, std::string& id, bool present, std::function<void(Fields&)> const& describe_entry) override {
    if (!present) return false;
    if (!id.empty()) {
      add(path_of(info), id)[note].text = fmt::format("{}: mlsysim show {}", entry_kind_name[static_cast<std::size_t>(kind)], id);
      return true;
    }
    enter(info);
    describe_entry(*this);
    end();
    return true;
  }
  Table take() { return std::move(table_); }

 private:
  static std::string shown(FieldInfo const& info, Scalar const& s) { return info.bits ? bits_text(s) : display(s.number, s.dimension); }
  std::vector<Cell>& add(std::string const& path, std::string text) {
    table_.rows.emplace_back(column_count);
    table_.rows.back()[field].text = path;
    table_.rows.back()[value].text = std::move(text);
    return table_.rows.back();
  }

  FactsByPath facts_;
  Ledger const& ledger_;
  Table table_;
};

}  // namespace

Table field_table(std::function<void(Fields&)> const& walk, Ledger const& ledger, std::string_view id) {
  Shower shower(ledger, id);
  walk(shower);
  return shower.take();
}

}  // namespace mlsysim::io
