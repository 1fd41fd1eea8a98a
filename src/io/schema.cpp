#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mlsysim/io/show.hpp"
#include "mlsysim/units/text.hpp"
#include "pathed.hpp"
#include "words.hpp"

namespace mlsysim::io {
namespace {

using nlohmann::ordered_json;

constexpr char const* draft = "http://json-schema.org/draft-07/schema#";

/// Any plain word is a text to mlsysim, also 2024 and true.
ordered_json text_type() { return {{"type", {"string", "number", "boolean"}}}; }
ordered_json text_field(char const* description) {
  ordered_json j = text_type();
  j["description"] = description;
  return j;
}

/// Says about any map where the values below it were read.
void add_meta_keys(ordered_json& properties) {
  const std::pair<char const*, char const*> keys[] = {{"source", "key of the source of the values below"}, {"note", "a remark"}, {"as_of", "date of prices and grid factors"}, {"locator", "table or page within the source"}};
  for (auto const& [key, description] : keys)
    if (!properties.contains(key)) properties[key] = text_field(description);
}

ordered_json object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", ordered_json::object()}}; }

/// A number without dimension, or a share in percent.
ordered_json plain_number(FieldInfo const& info) {
  ordered_json number{{"type", "number"}};
  constexpr double nothing = 1e299;
  if (info.minimum > -nothing) number[info.above_minimum ? "exclusiveMinimum" : "minimum"] = info.minimum;
  if (info.maximum < nothing) number["maximum"] = info.maximum;
  return number;
}

ordered_json quantity(FieldInfo const& info, Scalar const& s) {
  const std::string_view unit = example_unit(s.dimension, info.bits);
  return {{"type", "string"}, {"pattern", "^-?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)? ?[^0-9 .].*$"}, {"examples", {fmt::format("1 {}", unit), fmt::format("2.5 {}", unit)}}};
}

class SchemaWriter final : public Fields {
 public:
  using Names = std::function<std::vector<std::string>(EntryKind)>;
  SchemaWriter(Names const& names, ordered_json& definitions) : names_{names}, definitions_{definitions} { stack_.push_back(object()); }

  void scalar(FieldInfo const& info, Scalar& s) override {
    ordered_json value;
    const bool number = s.kind == Scalar::Kind::quantity && s.dimension == Dimension{};
    if (s.kind == Scalar::Kind::text) value = text_type();
    if (s.kind == Scalar::Kind::flag) value["type"] = "boolean";
    if (s.kind == Scalar::Kind::choice)
      for (auto n : s.names) value["enum"].push_back(n);
    if (s.kind == Scalar::Kind::integer || number) value = plain_number(info);
    if (s.kind == Scalar::Kind::integer) value["type"] = "integer";
    if (s.kind == Scalar::Kind::quantity && !number) value = quantity(info, s);

    std::string doc(info.doc);
    if (s.kind == Scalar::Kind::quantity && !number) doc += fmt::format("; {}, e.g. 1 {}", s.dimension.view(), example_unit(s.dimension, info.bits));
    if (info.fallback) {
      s.number = *info.fallback;
      doc += fmt::format("; default {}: {}", plain_text(s), info.fallback_reason);
      if (s.kind == Scalar::Kind::flag) value["default"] = s.number != 0;
      else if (s.kind == Scalar::Kind::integer) value["default"] = static_cast<long long>(s.number);
      else if (number) value["default"] = s.number;
      else value["default"] = plain_text(s);
    }
    ordered_json j{{"description", doc}};
    j["anyOf"].push_back(value);
    if (number) j["anyOf"].push_back({{"type", "string"}, {"pattern", "^[0-9.]+ ?%$"}});
    j["anyOf"].push_back(long_form(value));
    put(info, std::move(j));
    if (s.kind == Scalar::Kind::text && s.text.empty()) s.present = false;
  }

  bool begin(FieldInfo const& info, bool) override {
    infos_.push_back(info);
    stack_.push_back(object());
    return true;
  }
  void end() override {
    ordered_json j = std::move(stack_.back());
    stack_.pop_back();
    const FieldInfo info = infos_.back();
    infos_.pop_back();
    if (j["type"] == "object") add_meta_keys(j["properties"]);
    j["description"] = info.doc;
    put(info, std::move(j));
  }
  std::size_t begin_list(FieldInfo const& info, std::size_t) override {
    infos_.push_back(info);
    stack_.push_back({{"type", "array"}});
    return 1;
  }
  void item(std::size_t) override {}
  void end_list() override { end(); }
  bool reference(FieldInfo const& info, EntryKind kind, std::string&, bool, std::function<void(Fields&)> const& value) override {
    const std::string name(entry_kind_name[static_cast<std::size_t>(kind)]);
    if (!definitions_.contains(name)) {
      definitions_[name] = nullptr;
      SchemaWriter inner(names_, definitions_);
      value(inner);
      ordered_json known{{"title", "a name in the registry"}}, other = text_field("any other spelling of a name: case, blanks and - _ . / do not matter");
      for (auto const& n : names_(kind)) known["enum"].push_back(n);
      ordered_json& definition = definitions_[name] = ordered_json::object();
      if (known.contains("enum")) definition["anyOf"].push_back(known);
      definition["anyOf"].push_back(other);
      definition["anyOf"].push_back(inner.take());
    }
    put(info, {{"description", fmt::format("{}: the name of a {} or its definition", info.doc, name)}, {"allOf", {{{"$ref", "#/definitions/" + name}}}}});
    return false;
  }
  ordered_json take() {
    add_meta_keys(stack_.front()["properties"]);
    return std::move(stack_.front());
  }

 private:
  static ordered_json long_form(ordered_json const& value) {
    ordered_json j = object();
    j["description"] = "the value with where it was read";
    j["required"] = {"value"};
    j["properties"]["value"] = value;
    add_meta_keys(j["properties"]);
    j["properties"]["range"] = {{"type", "array"}, {"minItems", 2}, {"maxItems", 2}, {"description", "where nine of ten values lie: [low, high]"}};
    j["properties"]["default"] = text_field("why this default was taken; written by `mlsysim resolve`");
    return j;
  }
  void put(FieldInfo const& info, ordered_json j) {
    ordered_json& parent = stack_.back();
    if (parent["type"] == "array") {
      parent["items"] = std::move(j);
      return;
    }
    parent["properties"][std::string(info.key)] = std::move(j);
    if (info.required) parent["required"].push_back(info.key);
  }

  Names const& names_;
  ordered_json& definitions_;
  std::vector<ordered_json> stack_;
  std::vector<FieldInfo> infos_;
};

ordered_json sources_map() {
  ordered_json source = object();
  for (auto key : {"title", "publisher", "url", "published", "seen", "note"}) source["properties"][key] = text_type();
  source["properties"]["seen"] = {{"type", "string"}, {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}, {"description", "day on which the numbers were read there; without it they show as unverified"}};
  for (auto kind : source_kind_name) source["properties"]["kind"]["enum"].push_back(kind);
  source["required"] = {"title", "kind"};
  return {{"type", "object"}, {"description", "sources by key"}, {"additionalProperties", source}};
}

std::string finished(std::string const& title, ordered_json const& body) {
  ordered_json j{{"$schema", draft}, {"title", title}};
  j.update(body);
  return j.dump(2) + '\n';
}

}  // namespace

std::string json_schema(std::string const& title, std::function<void(Fields&)> const& walk, std::function<std::vector<std::string>(EntryKind)> const& names, FileForm form) {
  ordered_json definitions = ordered_json::object();
  SchemaWriter writer(names, definitions);
  walk(writer);
  ordered_json entry = writer.take();
  entry["properties"]["sources"] = sources_map();
  ordered_json body;
  if (form == FileForm::scenario) {
    entry["properties"]["overrides"] = {{"type", "object"}, {"description", "single fields of named entries to replace: `system.device.memory.hbm.bandwidth: 4 TB/s`"}};
    body = std::move(entry);
  } else {
    if (!entry["properties"].contains("kind")) entry["properties"]["kind"] = text_field("which kind of system this is");
    entry["required"].push_back("id");
    definitions["entry"] = std::move(entry);
    ordered_json several = object();
    several["required"] = {"entries"};
    several["properties"]["entries"] = {{"type", "array"}, {"items", {{"$ref", "#/definitions/entry"}}}};
    several["properties"]["sources"] = sources_map();
    several["properties"]["source"] = text_field("key of the source of all entries");
    several["properties"]["note"] = text_field("a remark");
    body["anyOf"].push_back({{"$ref", "#/definitions/entry"}});
    body["anyOf"].push_back(several);
  }
  if (!definitions.empty()) body["definitions"] = std::move(definitions);
  return finished(title, body);
}

std::string sources_schema() {
  ordered_json body = object();
  body["required"] = {"sources"};
  body["properties"]["sources"] = sources_map();
  return finished("mlsysim sources", body);
}

}  // namespace mlsysim::io
