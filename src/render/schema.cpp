#include "mlsysim/render/render.hpp"

namespace mlsysim::render {
namespace {

constexpr std::string_view report_schema = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "mlsysim.report, version 1",
  "description": "What `mlsysim eval --format json` writes. Numbers are in the base unit which stands beside them; null is a number without bound.",
  "type": "object",
  "required": ["format", "version", "mlsysim", "reports"],
  "properties": {
    "format": {"const": "mlsysim.report"},
    "version": {"const": 1, "description": "raised when a field changes its meaning; within a version fields are only added"},
    "mlsysim": {"type": "string", "description": "version of the program"},
    "reports": {"type": "array", "items": {"$ref": "#/definitions/report"}, "description": "one per scenario, in the order of the command line"}
  },
  "definitions": {
    "verdict": {"enum": ["pass", "fail", "not judged"]},
    "number": {"type": ["number", "null"]},
    "report": {
      "type": "object",
      "required": ["file", "title", "summary", "registry", "scorecard", "warnings", "sections", "assumptions", "sources"],
      "properties": {
        "file": {"type": "string"},
        "title": {"type": "string"},
        "summary": {"type": "string", "description": "workload and system in one line"},
        "registry": {
          "type": "object",
          "required": ["hash", "added"],
          "properties": {
            "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the content of the registry"},
            "added": {"type": "integer", "minimum": 0, "description": "entries added or replaced by --registry"}
          }
        },
        "scorecard": {
          "type": "object",
          "required": ["verdict", "levels", "binding", "next", "headline", "knobs"],
          "properties": {
            "verdict": {"$ref": "#/definitions/verdict", "description": "fail gives exit code 3"},
            "levels": {"type": "array", "items": {"$ref": "#/definitions/level"}, "description": "feasibility, performance, macro; each is judged only if the one before holds"},
            "binding": {"type": "string", "description": "what limits the headline metric"},
            "next": {"type": "string", "description": "what limits once that is removed"},
            "headline": {"type": "string", "description": "path of the metric which the knobs improve; empty if it does not fit"},
            "knobs": {
              "type": "array",
              "description": "single changes with their computed effect, most effective first",
              "items": {
                "type": "object",
                "required": ["change", "factor", "effect"],
                "properties": {
                  "change": {"type": "string"},
                  "factor": {"$ref": "#/definitions/number", "description": "headline after / before; above 1 is better"},
                  "effect": {"type": "string"}
                }
              }
            }
          }
        },
        "warnings": {"type": "array", "items": {"type": "string"}, "description": "legal, but may surprise: old prices and grid factors"},
        "sections": {"type": "object", "additionalProperties": {"$ref": "#/definitions/section"}, "description": "by id; the path of a metric is SECTION.METRIC"},
        "assumptions": {
          "type": "array",
          "description": "every default and assumption which was used",
          "items": {
            "type": "object",
            "required": ["path", "value", "unit", "text", "reason"],
            "properties": {
              "path": {"type": "string"},
              "value": {"$ref": "#/definitions/number"},
              "unit": {"type": "string"},
              "text": {"type": "string", "description": "as people write it"},
              "reason": {"type": "string"}
            }
          }
        },
        "sources": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["id", "title", "kind", "verified"],
            "properties": {
              "id": {"type": "string"},
              "title": {"type": "string"},
              "kind": {"enum": ["datasheet", "paper", "documentation", "measurement", "benchmark", "price_list", "dataset", "derived", "definition", "estimate"]},
              "verified": {"type": "boolean", "description": "somebody opened it and read the numbers there"},
              "url": {"type": "string"},
              "seen": {"type": "string", "description": "the day on which that was"}
            }
          }
        }
      }
    },
    "level": {
      "type": "object",
      "required": ["id", "verdict", "checks", "why_not"],
      "properties": {
        "id": {"enum": ["feasibility", "performance", "macro"]},
        "verdict": {"$ref": "#/definitions/verdict"},
        "checks": {"type": "array", "items": {"$ref": "#/definitions/check"}},
        "why_not": {"type": "string", "description": "why it was not judged"}
      }
    },
    "check": {
      "type": "object",
      "required": ["id", "label", "verdict", "limit", "kind", "unit"],
      "properties": {
        "id": {"type": "string"},
        "label": {"type": "string"},
        "verdict": {"$ref": "#/definitions/verdict"},
        "limit": {"$ref": "#/definitions/number"},
        "kind": {"enum": ["at_most", "at_least"]},
        "unit": {"type": "string"},
        "value": {"$ref": "#/definitions/number", "description": "only where it was judged"},
        "margin": {"$ref": "#/definitions/number", "description": "share of the limit which is left; negative if missed"},
        "detail": {"type": "string"},
        "remedies": {
          "type": "array",
          "description": "computed changes",
          "items": {
            "type": "object",
            "required": ["change", "effect", "sufficient"],
            "properties": {
              "change": {"type": "string"},
              "effect": {"type": "string"},
              "sufficient": {"type": "boolean", "description": "it fits after this change alone"}
            }
          }
        }
      }
    },
    "section": {
      "type": "object",
      "required": ["title", "metrics"],
      "properties": {
        "title": {"type": "string"},
        "metrics": {"type": "object", "additionalProperties": {"$ref": "#/definitions/metric"}, "description": "by id"},
        "tables": {"type": "object", "additionalProperties": {"$ref": "#/definitions/table"}, "description": "by id"},
        "notes": {"type": "array", "items": {"type": "string"}},
        "sections": {"type": "object", "additionalProperties": {"$ref": "#/definitions/section"}}
      }
    },
    "metric": {
      "type": "object",
      "required": ["value", "unit", "label", "origin"],
      "properties": {
        "value": {"$ref": "#/definitions/number"},
        "unit": {"type": "string", "description": "base unit; 1 for a plain number"},
        "label": {"type": "string"},
        "origin": {"enum": ["unknown", "registry", "given", "assumed", "computed"]},
        "confidence": {"enum": ["calibrated", "interpolated", "theoretical"], "description": "of an estimate; exact numbers have none"},
        "interval": {
          "type": "object",
          "required": ["low", "high", "coverage"],
          "properties": {
            "low": {"$ref": "#/definitions/number"},
            "high": {"$ref": "#/definitions/number"},
            "coverage": {"type": "number", "description": "share of measurements expected between low and high"}
          }
        },
        "definition": {"type": "string", "description": "what exactly is meant"},
        "defined": {"type": "string", "description": "id of the definition, see `mlsysim glossary`; the metric's own path where it has no page there"}
      }
    },
    "table": {
      "type": "object",
      "required": ["label", "columns", "rows"],
      "properties": {
        "label": {"type": "string"},
        "columns": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["id", "label", "unit"],
            "properties": {
              "id": {"type": "string"},
              "label": {"type": "string"},
              "unit": {"type": "string", "description": "empty for text"}
            }
          }
        },
        "rows": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}}, "description": "values by column id"}
      }
    }
  }
}
)json";

constexpr std::string_view table_schema = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "mlsysim.table, version 1",
  "description": "What list, search, show, lint, selftest and explain write with --format json.",
  "type": "object",
  "required": ["format", "version", "mlsysim", "id", "label", "columns", "rows"],
  "properties": {
    "format": {"const": "mlsysim.table"},
    "version": {"const": 1, "description": "raised when a field changes its meaning; within a version fields are only added"},
    "mlsysim": {"type": "string", "description": "version of the program"},
    "id": {"type": "string"},
    "label": {"type": "string"},
    "columns": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["id", "label", "unit"],
        "properties": {
          "id": {"type": "string"},
          "label": {"type": "string"},
          "unit": {"type": "string", "description": "empty for text"}
        }
      }
    },
    "rows": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}}, "description": "values by column id"}
  }
}
)json";

constexpr std::string_view errors_schema = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "mlsysim.errors, version 1",
  "description": "What any command writes to standard error with --format json when it exits with code 2.",
  "type": "object",
  "required": ["format", "version", "mlsysim", "errors"],
  "properties": {
    "format": {"const": "mlsysim.errors"},
    "version": {"const": 1, "description": "raised when a field changes its meaning; within a version fields are only added"},
    "mlsysim": {"type": "string", "description": "version of the program"},
    "errors": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["code", "message", "file", "line", "column", "length", "why", "help"],
        "properties": {
          "code": {"type": "string", "pattern": "^E[0-9]{4}$", "description": "`mlsysim explain CODE` gives the page"},
          "message": {"type": "string"},
          "file": {"type": "string", "description": "empty if no file is at fault"},
          "line": {"type": "integer", "minimum": 0, "description": "from 1; 0 means the whole file"},
          "column": {"type": "integer", "minimum": 0, "description": "from 1, in characters"},
          "length": {"type": "integer", "minimum": 0, "description": "characters to underline"},
          "why": {"type": "string"},
          "help": {"type": "string", "description": "what to write instead"}
        }
      }
    }
  }
}
)json";

constexpr std::string_view validation_schema = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "mlsysim.validation, version 1",
  "description": "What `mlsysim validate --format json` writes. Errors are shares of the measured value.",
  "type": "object",
  "required": ["format", "version", "mlsysim", "registry", "overview", "sets"],
  "properties": {
    "format": {"const": "mlsysim.validation"},
    "version": {"const": 1, "description": "raised when a field changes its meaning; within a version fields are only added"},
    "mlsysim": {"type": "string", "description": "version of the program"},
    "registry": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the content of the registry"},
    "overview": {"$ref": "#/definitions/table", "description": "one row per set, and one for all predictions together"},
    "sets": {
      "type": "object",
      "description": "by id; tables accuracy, targets, rows, skipped, by_GROUP, worst, misjudged",
      "additionalProperties": {
        "type": "object",
        "required": ["title", "tables"],
        "properties": {
          "title": {"type": "string"},
          "tables": {"type": "object", "additionalProperties": {"$ref": "#/definitions/table"}},
          "notes": {"type": "array", "items": {"type": "string"}}
        }
      }
    }
  },
  "definitions": {
    "table": {
      "type": "object",
      "required": ["label", "columns", "rows"],
      "properties": {
        "label": {"type": "string"},
        "columns": {"type": "array", "items": {"type": "object", "required": ["id", "label", "unit"]}},
        "rows": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}}, "description": "values by column id"}
      }
    }
  }
}
)json";

constexpr std::string_view derivation_schema = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "mlsysim.derivation, version 1",
  "description": "What `mlsysim explain SCENARIO METRIC --format json` and `mlsysim eval --explain METRIC --format json` write. Numbers are in the base unit which stands beside them.",
  "type": "object",
  "required": ["format", "version", "mlsysim", "derivations"],
  "properties": {
    "format": {"const": "mlsysim.derivation"},
    "version": {"const": 1, "description": "raised when a field changes its meaning; within a version fields are only added"},
    "mlsysim": {"type": "string", "description": "version of the program"},
    "derivations": {
      "type": "array",
      "description": "one per scenario",
      "items": {
        "type": "object",
        "required": ["file", "metric", "label", "value", "unit", "nodes"],
        "properties": {
          "file": {"type": "string"},
          "metric": {"type": "string"},
          "label": {"type": "string"},
          "value": {"$ref": "#/definitions/number"},
          "unit": {"type": "string"},
          "nodes": {"type": "array", "items": {"$ref": "#/definitions/node"}, "description": "the first is the metric itself; an input names its node by its place here"},
          "defined": {"type": "string", "description": "id of the definition, see `mlsysim glossary`"},
          "definition": {"type": "string"},
          "note": {"type": "string"},
          "influences": {"type": "array", "items": {"type": "object", "required": ["path", "elasticity", "kind"], "properties": {"path": {"type": "string"}, "elasticity": {"$ref": "#/definitions/number", "description": "per cent of the result for one per cent of the fact"}, "kind": {"type": "string"}, "verified": {"type": "boolean"}, "swing": {"type": "object", "required": ["low", "high"], "properties": {"low": {"$ref": "#/definitions/number"}, "high": {"$ref": "#/definitions/number"}}}}}, "description": "strongest first"},
          "unexplained": {"$ref": "#/definitions/number", "description": "share of the influence which reaches no recorded fact"},
          "compared": {"type": "array", "items": {"type": "object", "required": ["id", "limit"]}, "description": "checks of the scorecard on this number"},
          "confused": {"type": "array", "items": {"type": "object", "required": ["differs"], "properties": {"differs": {"type": "string"}, "name": {"type": "string"}, "metric": {"type": "string"}, "value": {"$ref": "#/definitions/number"}, "unit": {"type": "string"}}}}
        }
      }
    }
  },
  "definitions": {
    "number": {"type": ["number", "null"]},
    "node": {
      "type": "object",
      "required": ["kind", "value", "unit"],
      "properties": {
        "kind": {"enum": ["equation", "sum", "registry", "given", "assumed", "unknown"]},
        "value": {"$ref": "#/definitions/number"},
        "unit": {"type": "string"},
        "equation": {"type": "string", "description": "id of the equation"},
        "cites": {"type": "string", "description": "where the equation is from"},
        "formula": {"type": "string", "description": "in symbols"},
        "latex": {"type": "string"},
        "label": {"type": "string", "description": "what is summed; of an equation: the part for which it stands, such as an operator"},
        "inputs": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["value", "unit", "node"],
            "properties": {
              "symbol": {"type": "string"},
              "value": {"$ref": "#/definitions/number", "description": "as it is used; a shape which follows from the node's fact alone, such as a head size from the width, differs from it"},
              "unit": {"type": "string"},
              "node": {"type": "integer", "minimum": 0}
            }
          }
        },
        "path": {"type": "string", "description": "of a fact: where it stands in the registry or the scenario"},
        "text": {"type": "string", "description": "as it is written there"},
        "note": {"type": "string", "description": "of an assumption: why"},
        "source": {"type": "string"},
        "verified": {"type": "boolean"},
        "as_of": {"type": "string"},
        "file": {"type": "string"},
        "line": {"type": "integer"}
      }
    }
  }
}
)json";

}  // namespace

std::string json_schema(std::string_view document) {
  if (document == "report") return std::string(report_schema);
  if (document == "table") return std::string(table_schema);
  if (document == "errors") return std::string(errors_schema);
  if (document == "validation") return std::string(validation_schema);
  if (document == "derivation") return std::string(derivation_schema);
  return {};
}

}  // namespace mlsysim::render
