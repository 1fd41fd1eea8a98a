#pragma once
// The part of JSON Schema (draft 7) which mlsysim writes, enough to hold documents against its own schemas.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

class JsonSchema {
 public:
  /// With `strict`, a member of a described object which the schema does not name is a mistake too.
  JsonSchema(nlohmann::json schema, bool strict) : schema_(std::move(schema)), strict_{strict} {}

  std::vector<std::string> mistakes(nlohmann::json const& document) const {
    std::vector<std::string> out;
    check(schema_, document, "", out);
    return out;
  }

 private:
  using Json = nlohmann::json;

  static bool is(std::string const& type, Json const& v) {
    if (type == "object") return v.is_object();
    if (type == "array") return v.is_array();
    if (type == "string") return v.is_string();
    if (type == "boolean") return v.is_boolean();
    if (type == "null") return v.is_null();
    if (type == "number") return v.is_number();
    if (type == "integer") return v.is_number_integer() || (v.is_number() && v.get<double>() == static_cast<double>(static_cast<long long>(v.get<double>())));
    return false;
  }
  bool valid(Json const& schema, Json const& v) const {
    std::vector<std::string> out;
    check(schema, v, "", out);
    return out.empty();
  }

  void check(Json const& s, Json const& v, std::string const& path, std::vector<std::string>& out) const {
    const auto wrong = [&](std::string const& what) { out.push_back((path.empty() ? "/" : path) + ": " + what); };
    if (s.is_boolean()) {
      if (!s.get<bool>()) wrong("is not allowed");
      return;
    }
    if (s.contains("$ref")) check(schema_.at(Json::json_pointer(s["$ref"].get<std::string>().substr(1))), v, path, out);
    if (s.contains("type")) {
      bool any = false;
      for (auto const& t : s["type"].is_array() ? s["type"] : Json::array({s["type"]})) any = any || is(t, v);
      if (!any) return wrong("has the wrong type");
    }
    if (s.contains("const") && s["const"] != v) wrong("is not " + s["const"].dump());
    if (s.contains("enum") && std::find(s["enum"].begin(), s["enum"].end(), v) == s["enum"].end()) wrong(v.dump() + " is none of the choices");
    if (s.contains("pattern") && v.is_string() && !std::regex_search(v.get<std::string>(), std::regex(s["pattern"].get<std::string>()))) wrong(v.dump() + " does not match " + s["pattern"].dump());
    if (s.contains("minimum") && v.is_number() && v < s["minimum"]) wrong("is too small");
    if (s.contains("maximum") && v.is_number() && v > s["maximum"]) wrong("is too large");
    if (s.contains("exclusiveMinimum") && v.is_number() && v <= s["exclusiveMinimum"]) wrong("is too small");
    if (s.contains("anyOf") && std::none_of(s["anyOf"].begin(), s["anyOf"].end(), [&](auto const& one) { return valid(one, v); })) wrong("fits none of the forms");
    if (s.contains("allOf"))
      for (auto const& one : s["allOf"]) check(one, v, path, out);
    if (v.is_object()) {
      if (s.contains("required"))
        for (auto const& key : s["required"])
          if (!v.contains(key.get<std::string>())) wrong("lacks " + key.dump());
      const bool described = s.contains("properties") || s.contains("additionalProperties");
      for (auto const& [key, value] : v.items()) {
        if (s.contains("properties") && s["properties"].contains(key)) check(s["properties"][key], value, path + '/' + key, out);
        else if (s.contains("additionalProperties")) check(s["additionalProperties"], value, path + '/' + key, out);
        else if (strict_ && described) wrong("has " + key + ", which the schema does not describe");
      }
    }
    if (v.is_array()) {
      if (s.contains("minItems") && v.size() < s["minItems"]) wrong("is too short");
      if (s.contains("maxItems") && v.size() > s["maxItems"]) wrong("is too long");
      if (s.contains("items"))
        for (std::size_t i = 0; i < v.size(); ++i) check(s["items"], v[i], path + '/' + std::to_string(i), out);
    }
  }

  Json schema_;
  bool strict_;
};
